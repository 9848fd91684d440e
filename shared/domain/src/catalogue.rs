//! Agencies, procedures, calendar, message templates and integrators: law and organisation as dated data.

use std::collections::{BTreeMap, BTreeSet};

use jiff::ToSpan;
use jiff::civil::{Date, Time, time};
use serde::Deserialize;

use crate::Violation;
use crate::agency::{Agency, carried_on_by, successor_violations};
use crate::announcement::{Leaders, LeadersFile};
use crate::calendar::{Calendar, MissingYear, instant};
use crate::deadline::Term;
use crate::id::{AgencyCode, ProcedureCode};
use crate::kpi::index::{IndexFile, Indexes};
use crate::law::{Law, RulesFile};
use crate::notice::codes::{Codes, CodesFile};
use crate::notice::policy::{NoticePolicies, NoticePolicy, PoliciesFile};
use crate::notice::provider::{Providers, ProvidersFile};
use crate::notice::{Templates, TemplatesFile};
use crate::procedure::{Channel, Procedure};

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
#[serde(deny_unknown_fields)]
pub struct AgenciesFile {
    #[serde(rename = "schemaVersion", default)]
    _schema_version: u32,
    #[serde(rename = "note", default)]
    _note: String,
    agencies: Vec<Agency>,
}

/// `procedures.json`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProceduresFile {
    #[serde(rename = "schemaVersion", default)]
    _schema_version: u32,
    #[serde(rename = "note", default)]
    _note: String,
    procedures: Vec<Procedure>,
}

/// `integrators.json`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IntegratorsFile {
    #[serde(rename = "schemaVersion", default)]
    _schema_version: u32,
    #[serde(rename = "note", default)]
    _note: String,
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
    /// `leaders.json`.
    pub leaders: LeadersFile,
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
    leaders: Leaders,
    indexes: Indexes,
}

/// When a dossier of the morning comes: while offices are open everywhere, and before every hand-over hour.
const MORNING: Time = time(8, 0, 0, 0);

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
        if files.agencies.agencies.is_empty() {
            found.push(Violation::new("agencies", "present", "at least one agency is needed"));
        }
        for agency in files.agencies.agencies {
            if agency.name.trim().is_empty() {
                found.push(Violation::new("agencies", "name", format!("{}: has no name", agency.code)));
            }
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
        if files.procedures.procedures.is_empty() {
            found.push(Violation::new("procedures", "present", "at least one procedure is needed"));
        }
        for procedure in files.procedures.procedures {
            found.extend(procedure.violations());
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
        let leaders = kept(Leaders::assemble(files.leaders, |agency| known.contains_key(agency)), &mut found);
        if let (Some(leaders), Some(templates)) = (&leaders, &templates)
            && !leaders.is_empty()
            && templates.report().is_none()
        {
            found.push(Violation::new("report", "report-owed", "there are leaders to be told, and no text"));
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
                leaders: leaders?,
                indexes: indexes?,
            })
        })();
        whole.filter(|_| found.is_empty()).ok_or(found)
    }

    /// What `next` would take away from the record, seen on `today`: an agency or a year of the calendar that it does not
    /// list, a version of a procedure that has begun and that it leaves out or says otherwise.
    ///
    /// Dossiers are in their agencies and keep the version that they were submitted under; dates already given were counted
    /// in their years. What ends is given a last day, and what changes a new version.
    pub fn forgotten_by(&self, next: &Self, today: Date) -> Vec<Violation> {
        let agencies = self.agencies.keys().filter(|code| !next.agencies.contains_key(*code));
        let agencies = agencies.map(|code| {
            let detail = format!("{code} is left out: an agency that ends gets a last day and a successor");
            Violation::new("agencies", "kept-agency", detail)
        });
        let years = self.calendar().years().filter(|year| next.calendar().years().all(|other| other != *year));
        let years = years.map(|year| {
            Violation::new("years", "kept-year", format!("{year} is left out, and dates were counted in it"))
        });
        let undone = self.calendar().decided_years().filter(|year| {
            next.calendar().years().any(|other| other == *year)
                && next.calendar().decided_years().all(|other| other != *year)
        });
        let years = years.chain(undone.map(|year| {
            Violation::new("years", "decided-year", format!("{year} is decided, and cannot become provisional again"))
        }));
        let begun = self.procedures().filter(|procedure| procedure.valid_from <= today);
        let procedures = begun.filter_map(|procedure| {
            let same = next.procedures.get(&procedure.code).into_iter().flatten();
            let what = match same.clone().find(|other| other.version == procedure.version) {
                None => "is left out",
                Some(other) if !procedure.says_the_same_as(other) => "says something else than before",
                Some(_) => return None,
            };
            let detail = format!("{}: version {} {what}: a change is a new version", procedure.code, procedure.version);
            Some(Violation::new("procedures", "kept-version", detail))
        });
        agencies.chain(years).chain(procedures).collect()
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

    /// Procedures that can no longer be received on some day from `today` to the end of the year, since their term reaches into a year that
    /// the calendar lacks: the first such day, with those that stop on it, in the order of the days.
    ///
    /// A procedure stops on the first day on which a dossier that comes as offices open has no due date any more, by any channel.
    pub fn stopping(&self, today: Date) -> BTreeMap<Date, BTreeSet<&ProcedureCode>> {
        let mut stops = BTreeMap::new();
        let mut first_of: BTreeMap<Term, Option<Date>> = BTreeMap::new();
        for code in self.procedures.keys() {
            let Some(procedure) = self.procedure(code, today) else { continue };
            let terms = Channel::ALL.into_iter().filter_map(|channel| procedure.term(channel));
            let days = terms.filter_map(|term| *first_of.entry(term).or_insert_with(|| self.stops_on(term, today)));
            if let Some(day) = days.min() {
                stops.entry(day).or_insert_with(BTreeSet::new).insert(code);
            }
        }
        stops
    }

    /// The first day of this year from `today` on on which a dossier with `term` has no due date.
    fn stops_on(&self, term: Term, today: Date) -> Option<Date> {
        let days = today.series(1.day()).take_while(|day| day.year() == today.year());
        days.into_iter().find(|day| term.due(self.calendar(), instant(*day, MORNING)).is_err())
    }

    /// Next year, where the calendar has it and the government has not decided it.
    pub fn provisional_next_year(&self, today: Date) -> Option<i16> {
        let year = today.year() + 1;
        let known = self.calendar().years().any(|known| known == year);
        (known && self.calendar().decided_years().all(|decided| decided != year)).then_some(year)
    }

    /// A year that the calendar lacks and that is needed soon: next year from October on, or as soon as the longest term that
    /// somebody can apply for `today` reaches into it.
    pub fn missing_year(&self, today: Date) -> Option<MissingYear> {
        let evening = instant(today, Time::MAX);
        let in_force = self.procedures.keys().filter_map(|code| self.procedure(code, today));
        let terms: BTreeSet<Term> =
            in_force.flat_map(|procedure| Channel::ALL.map(|channel| procedure.term(channel))).flatten().collect();
        let reached = terms.into_iter().filter_map(|term| term.due(self.calendar(), evening).err());
        reached.min_by_key(|missing| missing.year).or_else(|| self.calendar().missing_next_year(today))
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

    /// Who gets the morning report.
    pub fn leaders(&self) -> &Leaders {
        &self.leaders
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
