//! Agencies, procedures, calendar, message templates and integrators: law and organisation as dated data.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Deserialize;

use crate::Violation;
use crate::agency::{Agency, carried_on_by, successor_violations};
use crate::calendar::Calendar;
use crate::id::{AgencyCode, ProcedureCode};
use crate::kpi::index::{IndexFile, Indexes};
use crate::law::{Law, RulesFile};
use crate::notice::codes::{Codes, CodesFile};
use crate::notice::policy::{NoticePolicies, NoticePolicy, PoliciesFile};
use crate::notice::provider::{Providers, ProvidersFile};
use crate::notice::{Templates, TemplatesFile};
use crate::procedure::Procedure;

/// A line-of-business system that may push events, and for whom.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Integrator {
    /// The `source` of its CloudEvents.
    pub source: String,
    /// What people call it.
    pub name: String,
    /// Agencies in whose name it acts.
    pub agencies: Vec<AgencyCode>,
}

/// `agencies.json`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AgenciesFile {
    agencies: Vec<Agency>,
}

/// `procedures.json`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProceduresFile {
    procedures: Vec<Procedure>,
}

/// `integrators.json`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IntegratorsFile {
    integrators: Vec<Integrator>,
}

/// The files that a catalogue is put together from.
#[derive(Debug)]
pub struct CatalogueFiles {
    /// `agencies.json`.
    pub agencies: AgenciesFile,
    /// `procedures.json`.
    pub procedures: ProceduresFile,
    /// `calendar.json`.
    pub calendar: Calendar,
    /// `rules.json`.
    pub rules: RulesFile,
    /// `templates.json`.
    pub templates: TemplatesFile,
    /// `integrators.json`.
    pub integrators: IntegratorsFile,
    /// `notices.json`.
    pub notices: PoliciesFile,
    /// `providers.json`.
    pub providers: ProvidersFile,
    /// `codes.json`.
    pub codes: CodesFile,
    /// `index.json`.
    pub index: IndexFile,
}

/// Everything that law and organisation decide, in one consistent set.
#[derive(Debug)]
pub struct Catalogue {
    agencies: BTreeMap<AgencyCode, Agency>,
    /// Versions of each procedure, oldest first.
    procedures: BTreeMap<ProcedureCode, Vec<Procedure>>,
    law: Law,
    templates: Templates,
    integrators: BTreeMap<String, Integrator>,
    notice_policies: NoticePolicies,
    providers: Providers,
    codes: Codes,
    indexes: Indexes,
}

/// Keeps what was put together, or notes why it could not be.
fn kept<T>(assembled: Result<T, Vec<Violation>>, found: &mut Vec<Violation>) -> Option<T> {
    assembled.map_err(|reasons| found.extend(reasons)).ok()
}

impl Catalogue {
    /// Puts the files together; refused whole, with every reason, if one contradicts itself or another.
    pub fn assemble(files: CatalogueFiles) -> Result<Self, Vec<Violation>> {
        let mut found = Vec::new();
        let law = kept(Law::assemble(files.calendar, files.rules), &mut found);
        let templates = kept(Templates::assemble(files.templates), &mut found);
        let notice_policies = kept(NoticePolicies::assemble(files.notices), &mut found);
        let providers = kept(Providers::assemble(files.providers), &mut found);
        let codes = kept(Codes::assemble(files.codes), &mut found);
        let indexes = kept(Indexes::assemble(files.index), &mut found);
        let mut known = BTreeMap::new();
        for agency in files.agencies.agencies {
            if let Some(twice) = known.insert(agency.code.clone(), agency) {
                found.push(Violation::new("agencies", "unique-code", format!("{} stands twice", twice.code)));
            }
        }
        for agency in known.values() {
            for other in [&agency.parent, &agency.successor].into_iter().flatten() {
                if !known.contains_key(other) {
                    found.push(Violation::new(
                        "agencies",
                        "known-agency",
                        format!("{}: {other} is not listed", agency.code),
                    ));
                }
            }
            if agency.valid_to.is_some_and(|last| last < agency.valid_from) {
                found.push(Violation::new("agencies", "valid-range", format!("{} ends before it begins", agency.code)));
            }
        }
        found.extend(successor_violations(&known));
        let excepted = law.iter().flat_map(Law::agencies_with_exceptions);
        for agency in excepted.filter(|agency| !known.contains_key(*agency)) {
            found.push(Violation::new("exceptions", "known-agency", format!("{agency} is not listed")));
        }
        let declaring = indexes.iter().flat_map(Indexes::agencies);
        for agency in declaring.filter(|agency| !known.contains_key(*agency)) {
            found.push(Violation::new("declared", "known-agency", format!("{agency} is not listed")));
        }
        let mut versions: BTreeMap<ProcedureCode, Vec<Procedure>> = BTreeMap::new();
        for procedure in files.procedures.procedures {
            versions.entry(procedure.code.clone()).or_default().push(procedure);
        }
        for (code, list) in &mut versions {
            list.sort_by_key(|procedure| procedure.valid_from);
            if list
                .windows(2)
                .any(|pair| pair[0].valid_from == pair[1].valid_from || pair[0].version >= pair[1].version)
            {
                found.push(Violation::new(
                    "procedures",
                    "ordered-versions",
                    format!("{code}: versions must grow with their dates"),
                ));
            }
        }
        let mut sources = BTreeMap::new();
        for integrator in files.integrators.integrators {
            for agency in integrator.agencies.iter().filter(|agency| !known.contains_key(agency)) {
                found.push(Violation::new(
                    "integrators",
                    "known-agency",
                    format!("{}: {agency} is not listed", integrator.source),
                ));
            }
            if let Some(twice) = sources.insert(integrator.source.clone(), integrator) {
                found.push(Violation::new("integrators", "unique-source", format!("{} stands twice", twice.source)));
            }
        }
        // Without reasons there is everything.
        let whole = (|| {
            Some(Self {
                agencies: known,
                procedures: versions,
                law: law?,
                templates: templates?,
                integrators: sources,
                notice_policies: notice_policies?,
                providers: providers?,
                codes: codes?,
                indexes: indexes?,
            })
        })();
        whole.filter(|_| found.is_empty()).ok_or(found)
    }

    /// The agency with this code, whether or not it still exists.
    pub fn agency(&self, code: &AgencyCode) -> Option<&Agency> {
        self.agencies.get(code)
    }

    /// Every agency, old and new.
    pub fn agencies(&self) -> impl Iterator<Item = &Agency> {
        self.agencies.values()
    }

    /// Agencies that have ended by `day` and that `agency` carries on for, directly or as a successor's successor. An
    /// agency that has ended itself carries on for nobody, since its own successor does.
    pub fn predecessors(&self, agency: &AgencyCode, day: Date) -> Vec<AgencyCode> {
        let ended = self.agencies.values().filter(|other| other.code != *agency && other.has_ended_by(day));
        ended
            .filter(|other| carried_on_by(&self.agencies, other, day) == agency)
            .map(|other| other.code.clone())
            .collect()
    }

    /// Who carries on for `agency` on `day`: itself while it exists, or where the catalogue does not know it.
    pub fn carried_on_by(&self, agency: &AgencyCode, day: Date) -> AgencyCode {
        let known = self.agencies.get(agency);
        known.map_or_else(|| agency.clone(), |known| carried_on_by(&self.agencies, known, day).clone())
    }

    /// The version of a procedure in force on `day`.
    pub fn procedure(&self, code: &ProcedureCode, day: Date) -> Option<&Procedure> {
        self.procedures.get(code)?.iter().rfind(|procedure| procedure.valid_from <= day)
    }

    /// Every version of every procedure.
    pub fn procedures(&self) -> impl Iterator<Item = &Procedure> {
        self.procedures.values().flatten()
    }

    /// The rules of the clock, with the calendar that they count in.
    pub fn law(&self) -> &Law {
        &self.law
    }

    /// The working calendar.
    pub fn calendar(&self) -> &Calendar {
        self.law.calendar()
    }

    /// What applicants are told.
    pub fn templates(&self) -> &Templates {
        &self.templates
    }

    /// What providers cost, and how much of the work each gets.
    pub fn providers(&self) -> &Providers {
        &self.providers
    }

    /// What the gateways' codes ask of us.
    pub fn codes(&self) -> &Codes {
        &self.codes
    }

    /// The national indices, with what was declared for them.
    pub fn indexes(&self) -> &Indexes {
        &self.indexes
    }

    /// When and how much is sent on `day`, with the providers that may be asked then.
    pub fn notice_policy(&self, day: Date) -> NoticePolicy {
        self.notice_policies.on(day).clone().with_providers(self.providers.on(day))
    }

    /// The integrator that signs its events with `source`.
    pub fn integrator(&self, source: &str) -> Option<&Integrator> {
        self.integrators.get(source)
    }
}
