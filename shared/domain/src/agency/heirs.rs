//! Who carries on for an agency that has ended: one agency for all of its dossiers, or several,
//! each for some procedures or wards.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde::Deserialize;

use super::{Agency, WardCode};
use crate::id::{AgencyCode, ProcedureCode};
use crate::{RuleName, Violation};

/// What of a dossier decides who carries on with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Matter<'a> {
    /// What is asked for; none for a procedure that no division names.
    pub procedure: Option<&'a ProcedureCode>,
    /// The ward of the matter; `None` if the applicant did not name it, or if no division names it.
    pub ward: Option<&'a WardCode>,
}

/// A part of an ended agency's dossiers that another agency than the successor carries on with.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", schemars(extend("anyOf" = [{"required": ["procedures"]}, {"required": ["wards"]}])))]
pub struct Part {
    /// The code of the successor.
    pub successor: AgencyCode,
    /// With dossiers of these procedures; of all, where none is named.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
    pub procedures: BTreeSet<ProcedureCode>,
    /// With matters in these wards; in all, where none is named.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
    pub wards: BTreeSet<WardCode>,
}

impl Part {
    fn takes(&self, matter: Matter<'_>) -> bool {
        (self.procedures.is_empty()
            || matter.procedure.is_some_and(|procedure| self.procedures.contains(procedure)))
            && (self.wards.is_empty() || matter.ward.is_some_and(|ward| self.wards.contains(ward)))
    }

    /// Whether it names nothing, so that no part is left for another.
    fn takes_all(&self) -> bool {
        self.procedures.is_empty() && self.wards.is_empty()
    }

    /// Whether it is in doubt what `later` takes besides this part: where both are told by the same
    /// and share a procedure or ward, or where nothing is left for `later`.
    fn overlaps(&self, later: &Self) -> bool {
        let alike = self.procedures.is_empty() == later.procedures.is_empty()
            && self.wards.is_empty() == later.wards.is_empty();
        let shared = (self.procedures.is_empty()
            || !self.procedures.is_disjoint(&later.procedures))
            && (self.wards.is_empty() || !self.wards.is_disjoint(&later.wards));
        let nothing_left = (self.procedures.is_empty()
            || (!later.procedures.is_empty() && later.procedures.is_subset(&self.procedures)))
            && (self.wards.is_empty()
                || (!later.wards.is_empty() && later.wards.is_subset(&self.wards)));
        (alike && shared) || nothing_left
    }
}

impl Agency {
    /// Every agency that carries on with something after the last day, the one for the rest last.
    pub fn successors(&self) -> impl Iterator<Item = &AgencyCode> {
        self.division.iter().map(|part| &part.successor).chain(&self.successor)
    }

    /// The same, each with the field that names it.
    pub(crate) fn successor_fields(&self) -> impl Iterator<Item = (String, &AgencyCode)> {
        let parts = self.division.iter().enumerate();
        let parts =
            parts.map(|(place, part)| (format!("division[{place}].successor"), &part.successor));
        parts.chain(self.successor.iter().map(|code| ("successor".to_owned(), code)))
    }

    /// Who carries on with `matter`: the first part that takes it, else the successor.
    fn successor_of(&self, matter: Matter<'_>) -> Option<&AgencyCode> {
        let part = self.division.iter().find(|part| part.takes(matter));
        part.map(|part| &part.successor).or(self.successor.as_ref())
    }
}

/// Who carries on with `matter` of `agency` on `day`: itself as long as it has not ended, else the
/// first of its successors that has not; the last of the line where all have ended.
pub(crate) fn carried_on_by<'a>(
    known: &'a BTreeMap<AgencyCode, Agency>,
    agency: &'a Agency,
    matter: Matter<'_>,
    day: Date,
) -> &'a AgencyCode {
    let mut heir = agency;
    // A line of successors is never longer than the list, and has no cycle: see
    // `successor_violations`.
    for _ in 0..known.len() {
        let next = heir
            .successor_of(matter)
            .filter(|_| heir.has_ended_by(day))
            .and_then(|code| known.get(code));
        let Some(next) = next else { break };
        heir = next;
    }
    &heir.code
}

/// The matters that the divisions of an agency and of its successors distinguish; each represents
/// all dossiers like it.
pub(crate) struct Matters {
    procedures: BTreeSet<ProcedureCode>,
    wards: BTreeSet<WardCode>,
}

impl Matters {
    pub(crate) fn of(known: &BTreeMap<AgencyCode, Agency>, agency: &Agency) -> Self {
        let (mut procedures, mut wards) = (BTreeSet::new(), BTreeSet::new());
        for part in
            line(known, agency).iter().flat_map(|heir| &heir.division).chain(&agency.division)
        {
            procedures.extend(part.procedures.iter().cloned());
            wards.extend(part.wards.iter().cloned());
        }
        Self { procedures, wards }
    }

    /// Each of them; those of one procedure, where it is given.
    pub(crate) fn each<'a>(
        &'a self,
        only: Option<&'a ProcedureCode>,
    ) -> impl Iterator<Item = Matter<'a>> {
        let named = self
            .procedures
            .iter()
            .filter(move |procedure| only.is_none_or(|only| only == *procedure))
            .map(Some);
        let others = only.is_none_or(|only| !self.procedures.contains(only)).then_some(None);
        named.chain(others).flat_map(|procedure| {
            self.wards.iter().map(Some).chain([None]).map(move |ward| Matter { procedure, ward })
        })
    }
}

/// An agency on whose dossiers a successor acts: all of them or a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remit {
    agency: AgencyCode,
    /// `None` means all dossiers.
    part: Option<Share>,
}

/// A successor's share of the matters that a division distinguishes.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Share {
    procedures: BTreeSet<ProcedureCode>,
    wards: BTreeSet<WardCode>,
    held: BTreeSet<(Option<ProcedureCode>, Option<WardCode>)>,
}

impl Remit {
    /// All dossiers of an agency.
    pub fn whole(agency: AgencyCode) -> Self {
        Self { agency, part: None }
    }

    /// What `heir` carries on with on `day` of the dossiers of `agency`; none, where that is
    /// nothing.
    pub(crate) fn inherited(
        known: &BTreeMap<AgencyCode, Agency>,
        agency: &Agency,
        heir: &AgencyCode,
        day: Date,
    ) -> Option<Self> {
        let matters = Matters::of(known, agency);
        let (held, others): (Vec<_>, Vec<_>) = matters
            .each(None)
            .partition(|matter| carried_on_by(known, agency, *matter, day) == heir);
        if held.is_empty() {
            return None;
        }
        let held =
            held.iter().map(|matter| (matter.procedure.cloned(), matter.ward.cloned())).collect();
        let part = (!others.is_empty()).then_some(held);
        let Matters { procedures, wards } = matters;
        Some(Self {
            agency: agency.code.clone(),
            part: part.map(|held| Share { procedures, wards, held }),
        })
    }

    /// The agency that owns the dossiers.
    pub fn agency(&self) -> &AgencyCode {
        &self.agency
    }

    /// Whether a dossier of `agency` is among them.
    pub fn covers(&self, agency: &AgencyCode, matter: Matter<'_>) -> bool {
        let held = |share: &Share| {
            let procedure =
                matter.procedure.filter(|procedure| share.procedures.contains(*procedure));
            let ward = matter.ward.filter(|ward| share.wards.contains(*ward));
            share.held.contains(&(procedure.cloned(), ward.cloned()))
        };
        self.agency == *agency && self.part.as_ref().is_none_or(held)
    }
}

/// Every agency that comes after `agency`, directly or as a successor's successor.
fn line<'a>(known: &'a BTreeMap<AgencyCode, Agency>, agency: &'a Agency) -> Vec<&'a Agency> {
    let (mut found, mut seen): (Vec<&Agency>, BTreeSet<&AgencyCode>) =
        (Vec::new(), BTreeSet::new());
    let mut next: Vec<&AgencyCode> = agency.successors().collect();
    while let Some(code) = next.pop() {
        if let Some(heir) = known.get(code).filter(|_| seen.insert(code)) {
            next.extend(heir.successors());
            found.push(heir);
        }
    }
    found
}

/// The rules that the successors break: no agency succeeds itself or an agency that outlived it,
/// and a division names its criterion and who takes the rest. `at` gives the position of an
/// agency's field.
pub(crate) fn successor_violations(
    known: &BTreeMap<AgencyCode, Agency>,
    at: impl Fn(&AgencyCode, &str) -> String,
) -> Vec<Violation> {
    let mut found = Vec::new();
    let leads_to = |code: &AgencyCode, to: &AgencyCode| {
        code == to
            || known
                .get(code)
                .is_some_and(|heir| line(known, heir).iter().any(|after| after.code == *to))
    };
    for agency in known.values() {
        let code = &agency.code;
        let mut wrong =
            |field: &str, rule, detail| found.push(Violation::new(at(code, field), rule, detail));
        // Each agency of a cycle meets itself again; the first by code says so for all.
        let cycle = line(known, agency).into_iter().filter(|heir| leads_to(&heir.code, code));
        let first = cycle.min_by_key(|heir| &heir.code).is_some_and(|first| first.code == *code);
        let back =
            agency.successor_fields().find(|(_, heir)| leads_to(heir, code)).filter(|_| first);
        if let Some((field, _)) = back {
            wrong(&field, RuleName::SuccessorCycle, format!("{code} comes after itself"));
        }
        for (field, heir) in agency.successor_fields() {
            let ended = known
                .get(heir)
                .is_some_and(|heir| agency.valid_to.is_some_and(|last| heir.has_ended_by(last)));
            if ended {
                wrong(
                    &field,
                    RuleName::SuccessorOrder,
                    format!("{code}: its successor {heir} ended before it did"),
                );
            }
        }
        for (place, part) in agency.division.iter().enumerate() {
            if part.takes_all() {
                let detail = format!("{code}: a part names neither procedures nor wards");
                wrong(&format!("division[{place}]"), RuleName::DivisionPart, detail);
            }
            let before = agency.division.get(..place).unwrap_or_default();
            if before.iter().any(|earlier| !earlier.takes_all() && earlier.overlaps(part)) {
                let detail = format!("{code}: a part names what an earlier one has");
                wrong(&format!("division[{place}]"), RuleName::DivisionOverlap, detail);
            }
        }
        if !agency.division.is_empty() && agency.successor.is_none() {
            wrong(
                "division",
                RuleName::DivisionRest,
                format!("{code} is divided, and nobody carries on with the rest"),
            );
        }
    }
    found
}
