//! Authorities that receive and settle dossiers, with the time in which each exists.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Deserialize;

use crate::Violation;
use crate::id::AgencyCode;

/// Tier of government. Districts ended on 1 July 2025 (NQ 202/2025/QH15) and stay readable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AgencyLevel {
    /// The people's committee of a province.
    Province,
    /// A department of a province (sở).
    Department,
    /// A district, before 1 July 2025.
    District,
    /// A commune or ward.
    Commune,
}

/// An authority.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Agency {
    /// Its code, never reused.
    pub code: AgencyCode,
    /// Its name in Vietnamese.
    pub name: String,
    /// Its tier.
    pub level: AgencyLevel,
    /// The authority above it.
    pub parent: Option<AgencyCode>,
    /// First day on which it takes dossiers in.
    pub valid_from: Date,
    /// Last such day; none while it exists.
    pub valid_to: Option<Date>,
    /// Who carries on after the last day.
    pub successor: Option<AgencyCode>,
}

impl Agency {
    /// Whether the authority exists on `day`.
    pub fn exists_on(&self, day: Date) -> bool {
        self.valid_from <= day && self.valid_to.is_none_or(|last| day <= last)
    }

    /// Whether its last day lies before `day`.
    pub fn has_ended_by(&self, day: Date) -> bool {
        self.valid_to.is_some_and(|last| last < day)
    }
}

/// Who carries on for `agency` on `day`: itself as long as it has not ended, else the first of its successors that has
/// not; the last of the line where all have ended.
pub(crate) fn carried_on_by<'a>(
    known: &'a BTreeMap<AgencyCode, Agency>,
    agency: &'a Agency,
    day: Date,
) -> &'a AgencyCode {
    let mut heir = agency;
    // A line of successors is never longer than the list, and has no cycle: see `successor_violations`.
    for _ in 0..known.len() {
        let next = heir.successor.as_ref().filter(|_| heir.has_ended_by(day)).and_then(|code| known.get(code));
        let Some(next) = next else { break };
        heir = next;
    }
    &heir.code
}

/// What is wrong with the successors: nobody may come after himself, nor carry on for somebody who outlived him.
/// `at` says where a field of an agency stands.
pub(crate) fn successor_violations(
    known: &BTreeMap<AgencyCode, Agency>,
    at: impl Fn(&AgencyCode, &str) -> String,
) -> Vec<Violation> {
    let next = |agency: &Agency| agency.successor.as_ref().and_then(|code| known.get(code));
    let mut found = Vec::new();
    for agency in known.values() {
        let line: Vec<&Agency> = std::iter::successors(next(agency), |heir| next(heir)).take(known.len()).collect();
        // Each agency of a cycle meets itself again; the first by code says so for all.
        if line.iter().any(|heir| heir.code == agency.code) && line.iter().all(|heir| agency.code <= heir.code) {
            let detail = format!("{} comes after itself", agency.code);
            found.push(Violation::new(at(&agency.code, "successor"), "successor-cycle", detail));
        }
        let ended_first = |heir: &&Agency| agency.valid_to.is_some_and(|last| heir.has_ended_by(last));
        if let Some(heir) = next(agency).filter(ended_first) {
            let detail = format!("{}: its successor {} ended before it did", agency.code, heir.code);
            found.push(Violation::new(at(&agency.code, "successor"), "successor-order", detail));
        }
    }
    found
}
