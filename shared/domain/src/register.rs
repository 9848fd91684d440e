//! The agencies of the province and the procedures that they settle, each as it was on any day.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use crate::agency::{Agency, Matter, Matters, Remit, carried_on_by};
use crate::dated::Dated;
use crate::id::{AgencyCode, ProcedureCode};
use crate::procedure::Procedure;

/// The agencies of the province and the procedures that they settle.
#[derive(Debug)]
pub struct Register {
    agencies: BTreeMap<AgencyCode, Agency>,
    /// The versions of each procedure, oldest first; at least one.
    procedures: BTreeMap<ProcedureCode, Dated<Procedure>>,
}

impl Register {
    /// Of `agencies`, and `procedures` with their versions, oldest first. The catalogue has checked
    /// both.
    pub(crate) fn new(
        agencies: BTreeMap<AgencyCode, Agency>,
        procedures: BTreeMap<ProcedureCode, Dated<Procedure>>,
    ) -> Self {
        Self { agencies, procedures }
    }

    /// The agency with this code, whether or not it still exists.
    pub fn agency(&self, code: &AgencyCode) -> Option<&Agency> {
        self.agencies.get(code)
    }

    /// Every agency, past and present.
    pub fn agencies(&self) -> impl Iterator<Item = &Agency> + Clone {
        self.agencies.values()
    }

    /// Agencies that ended by `day` and that `agency` succeeds, directly or through other
    /// successors, each with all of its dossiers or a part. An agency that has itself ended
    /// succeeds none, since its own successors do.
    pub fn predecessors(&self, agency: &AgencyCode, day: Date) -> Vec<Remit> {
        let ended =
            self.agencies.values().filter(|other| other.code != *agency && other.has_ended_by(day));
        ended.filter_map(|other| Remit::inherited(&self.agencies, other, agency, day)).collect()
    }

    /// Who carries on with `matter` of `agency` on `day`: itself while it exists, or where the
    /// catalogue does not know it.
    pub fn carried_on_by(&self, agency: &AgencyCode, matter: Matter<'_>, day: Date) -> AgencyCode {
        let known = self.agencies.get(agency);
        known.map_or_else(
            || agency.clone(),
            |known| carried_on_by(&self.agencies, known, matter, day).clone(),
        )
    }

    /// The agency under which the figures of `agency` (and of one procedure, where given) are shown
    /// when merged with its successors. With several successors it is the agency itself, since
    /// figures have no wards, and those of officers no procedures.
    pub fn shown_under(
        &self,
        agency: &AgencyCode,
        procedure: Option<&ProcedureCode>,
        day: Date,
    ) -> AgencyCode {
        let Some(known) = self.agencies.get(agency) else {
            return agency.clone();
        };
        let matters = Matters::of(&self.agencies, known);
        let heirs: BTreeSet<&AgencyCode> = matters
            .each(procedure)
            .map(|matter| carried_on_by(&self.agencies, known, matter, day))
            .collect();
        match heirs.first() {
            Some(heir) if heirs.len() == 1 => (*heir).clone(),
            _ => agency.clone(),
        }
    }

    /// The version of a procedure in force on `day`.
    pub fn procedure(&self, code: &ProcedureCode, day: Date) -> Option<&Procedure> {
        self.procedures.get(code)?.on(day)
    }

    /// Every version of every procedure.
    pub fn procedures(&self) -> impl Iterator<Item = &Procedure> {
        self.procedures.values().flat_map(Dated::iter)
    }

    /// The codes of all procedures.
    pub(crate) fn procedure_codes(&self) -> impl Iterator<Item = &ProcedureCode> {
        self.procedures.keys()
    }

    /// Every version of the procedure with this code, oldest first; none where it is not listed.
    pub(crate) fn versions(&self, code: &ProcedureCode) -> impl Iterator<Item = &Procedure> {
        self.procedures.get(code).into_iter().flat_map(Dated::iter)
    }
}
