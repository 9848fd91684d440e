//! Authorities that receive and settle dossiers, with the time in which each exists.

use jiff::civil::Date;
use serde::Deserialize;

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
}
