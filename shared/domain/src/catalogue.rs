//! Agencies, procedures, calendar, message templates and integrators: law and organisation as dated
//! data.

use std::collections::{BTreeMap, BTreeSet};

use jiff::ToSpan;
use jiff::civil::{Date, Time, time};
use serde::Deserialize;

use crate::Violation;
use crate::agency::{Agency, Matter, Matters, Remit, carried_on_by, successor_violations};
use crate::announcement::{Leaders, LeadersFile};
use crate::calendar::{Calendar, MissingYear, instant};
use crate::deadline::Term;
use crate::document::DocumentHosts;
use crate::id::{AgencyCode, ProcedureCode};
use crate::identity::Identities;
use crate::intake::{IntakeFile, IntakeRules};
use crate::kpi::index::{IndexFile, Indexes};
use crate::law::{Law, RulesFile};
use crate::notice::codes::{Codes, CodesFile};
use crate::notice::policy::{NoticePolicies, NoticePolicy, PoliciesFile};
use crate::notice::provider::{Providers, ProvidersFile};
use crate::notice::{Templates, TemplatesFile};
use crate::phone::Telephones;
use crate::procedure::{Channel, Procedure};

/// A line-of-business system that may push events, and for whom.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Integrator {
    /// The `source` of the integrator's CloudEvents.
    pub source: String,
    /// The display name.
    pub name: String,
    /// The agencies for which the integrator may act.
    pub agencies: Vec<AgencyCode>,
}

/// The file `agencies.json`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgenciesFile {
    #[serde(rename = "schemaVersion", default)]
    _schema_version: u32,
    #[serde(rename = "note", default)]
    _note: String,
    agencies: Vec<Agency>,
}

/// The file `procedures.json`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProceduresFile {
    #[serde(rename = "schemaVersion", default)]
    _schema_version: u32,
    #[serde(rename = "note", default)]
    _note: String,
    procedures: Vec<Procedure>,
}

/// The file `integrators.json`.
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
    /// The file `agencies.json`.
    pub agencies: AgenciesFile,
    /// The file `procedures.json`.
    pub procedures: ProceduresFile,
    /// The file `calendar.json`.
    pub calendar: Calendar,
    /// The file `rules.json`.
    pub rules: RulesFile,
    /// The file `templates.json`.
    pub templates: TemplatesFile,
    /// The file `integrators.json`.
    pub integrators: IntegratorsFile,
    /// The file `notices.json`.
    pub notices: PoliciesFile,
    /// The file `providers.json`.
    pub providers: ProvidersFile,
    /// The file `codes.json`.
    pub codes: CodesFile,
    /// The file `leaders.json`.
    pub leaders: LeadersFile,
    /// The file `index.json`.
    pub index: IndexFile,
    /// The file `intake.json`.
    pub intake: IntakeFile,
}

/// Everything that law and organisation decide, in one consistent set.
#[derive(Debug)]
pub struct Catalogue {
    agencies: BTreeMap<AgencyCode, Agency>,
    /// Versions of each procedure, oldest first.
    procedures: BTreeMap<ProcedureCode, Vec<Procedure>>,
    /// The position of each version in its file, for error messages.
    procedure_places: BTreeMap<(ProcedureCode, u32), usize>,
    law: Law,
    templates: Templates,
    integrators: BTreeMap<String, Integrator>,
    notice_policies: NoticePolicies,
    providers: Providers,
    codes: Codes,
    leaders: Leaders,
    indexes: Indexes,
    intake: IntakeRules,
}

/// When a dossier of the morning comes: while offices are open everywhere, and before every
/// hand-over hour.
const MORNING: Time = time(8, 0, 0, 0);

/// Keeps what was put together, or notes why it could not be.
fn kept<T>(assembled: Result<T, Vec<Violation>>, found: &mut Vec<Violation>) -> Option<T> {
    assembled.map_err(|reasons| found.extend(reasons)).ok()
}

impl Catalogue {
    /// Puts the files together; refused whole, with every reason, if one contradicts itself or
    /// another.
    pub fn assemble(files: CatalogueFiles) -> Result<Self, Vec<Violation>> {
        let mut found = Vec::new();
        let excepted = files.calendar.agencies_of_exceptions();
        let declaring = files.index.agencies_of_declarations();
        let law = kept(Law::assemble(files.calendar, files.rules), &mut found);
        let templates = kept(Templates::assemble(files.templates), &mut found);
        let notice_policies = kept(NoticePolicies::assemble(files.notices), &mut found);
        let providers = kept(Providers::assemble(files.providers), &mut found);
        let codes = kept(Codes::assemble(files.codes), &mut found);
        let indexes = kept(Indexes::assemble(files.index), &mut found);
        let (mut known, mut places) = (BTreeMap::new(), BTreeMap::new());
        if files.agencies.agencies.is_empty() {
            found.push(Violation::new("agencies", "present", "at least one agency is needed"));
        }
        for (place, agency) in files.agencies.agencies.into_iter().enumerate() {
            let at = format!("agencies[{place}]");
            found.extend(agency.violations(&at));
            places.insert(agency.code.clone(), place);
            if let Some(twice) = known.insert(agency.code.clone(), agency) {
                found.push(Violation::new(
                    format!("{at}.code"),
                    "unique-code",
                    format!("{} stands twice", twice.code),
                ));
            }
        }
        let at = |code: &AgencyCode, field: &str| {
            places
                .get(code)
                .map_or_else(|| "agencies".to_owned(), |place| format!("agencies[{place}].{field}"))
        };
        for agency in known.values() {
            let parent = agency.parent.iter().map(|parent| ("parent".to_owned(), parent));
            for (field, other) in parent.chain(agency.successor_fields()) {
                if !known.contains_key(other) {
                    found.push(Violation::new(
                        at(&agency.code, &field),
                        "known-agency",
                        format!("{}: {other} is not listed", agency.code),
                    ));
                }
            }
        }
        found.extend(successor_violations(&known, at));
        for (part, agencies) in [("exceptions", &excepted), ("declared", &declaring)] {
            for (place, agency) in agencies.iter().filter(|(_, agency)| !known.contains_key(agency))
            {
                let field = format!("{part}[{place}].agency");
                found.push(Violation::new(
                    field,
                    "known-agency",
                    format!("{agency} is not listed"),
                ));
            }
        }
        let mut versions: BTreeMap<ProcedureCode, Vec<(usize, Procedure)>> = BTreeMap::new();
        if files.procedures.procedures.is_empty() {
            found.push(Violation::new("procedures", "present", "at least one procedure is needed"));
        }
        for (place, procedure) in files.procedures.procedures.into_iter().enumerate() {
            found.extend(procedure.violations(place));
            versions.entry(procedure.code.clone()).or_default().push((place, procedure));
        }
        for (code, list) in &mut versions {
            list.sort_by_key(|(_, procedure)| procedure.valid_from);
            for pair in list.windows(2) {
                let ((_, earlier), (place, later)) = (&pair[0], &pair[1]);
                let one_day = earlier.valid_from == later.valid_from;
                if one_day || earlier.version >= later.version {
                    found.push(Violation::new(
                        format!(
                            "procedures[{place}].{}",
                            if one_day { "validFrom" } else { "version" }
                        ),
                        "ordered-versions",
                        format!("{code}: versions must grow with their dates"),
                    ));
                }
            }
        }
        for agency in known.values() {
            for (place, part) in agency.division.iter().enumerate() {
                for procedure in
                    part.procedures.iter().filter(|procedure| !versions.contains_key(*procedure))
                {
                    let field = at(&agency.code, &format!("division[{place}].procedures"));
                    let detail = format!("{}: {procedure} is not listed", agency.code);
                    found.push(Violation::new(field, "known-procedure", detail));
                }
            }
        }
        let intake = kept(IntakeRules::assemble(files.intake), &mut found);
        let mut sources = BTreeMap::new();
        for (place, integrator) in files.integrators.integrators.into_iter().enumerate() {
            for (nth, agency) in integrator
                .agencies
                .iter()
                .enumerate()
                .filter(|(_, agency)| !known.contains_key(agency))
            {
                found.push(Violation::new(
                    format!("integrators[{place}].agencies[{nth}]"),
                    "known-agency",
                    format!("{}: {agency} is not listed", integrator.source),
                ));
            }
            if let Some(twice) = sources.insert(integrator.source.clone(), integrator) {
                found.push(Violation::new(
                    format!("integrators[{place}].source"),
                    "unique-source",
                    format!("{} stands twice", twice.source),
                ));
            }
        }
        let leaders =
            kept(Leaders::assemble(files.leaders, |agency| known.contains_key(agency)), &mut found);
        if let (Some(leaders), Some(templates)) = (&leaders, &templates)
            && !leaders.is_empty()
            && templates.report().is_none()
        {
            found.push(Violation::new(
                "report",
                "report-owed",
                "there are leaders to be told, and no text",
            ));
        }
        let listed = versions.values().flatten();
        let procedure_places = listed
            .map(|(place, procedure)| ((procedure.code.clone(), procedure.version), *place))
            .collect();
        let procedures = versions
            .into_iter()
            .map(|(code, list)| (code, list.into_iter().map(|(_, procedure)| procedure).collect()))
            .collect();
        // Without reasons there is everything.
        let whole = (|| {
            Some(Self {
                agencies: known,
                procedures,
                procedure_places,
                law: law?,
                templates: templates?,
                integrators: sources,
                notice_policies: notice_policies?,
                providers: providers?,
                codes: codes?,
                leaders: leaders?,
                indexes: indexes?,
                intake: intake?,
            })
        })();
        whole.filter(|_| found.is_empty()).ok_or(found)
    }

    /// What `next` would remove from the record, as of `today`: an agency or a calendar year that
    /// it does not list, or a version of a procedure in force that it omits or changes.
    ///
    /// Dossiers stay with their agencies and keep the version under which they were submitted, and
    /// due dates were counted in those years. To end something, give it a last day; to change it,
    /// add a version.
    pub fn forgotten_by(&self, next: &Self, today: Date) -> Vec<Violation> {
        let agencies = self.agencies.keys().filter(|code| !next.agencies.contains_key(*code));
        let agencies = agencies.map(|code| {
            let detail =
                format!("{code} is left out: an agency that ends gets a last day and a successor");
            Violation::new("agencies", "kept-agency", detail)
        });
        let kept = self
            .agencies
            .values()
            .filter_map(|agency| Some((agency, next.agencies.get(&agency.code)?)));
        let other_names = kept.clone().filter(|(before, after)| {
            let days = before.named_on().chain(after.named_on()).filter(|day| *day <= today);
            days.into_iter().any(|day| before.name_on(day) != after.name_on(day))
        });
        let other_names = other_names.map(|(agency, _)| {
            let detail = format!(
                "{} had another name: a rename stands under `renamed`, with its day",
                agency.code
            );
            Violation::new("agencies", "kept-name", detail)
        });
        let other_levels = kept
            .filter(|(before, after)| before.valid_from <= today && before.level != after.level);
        let other_levels = other_levels.map(|(agency, _)| {
            let detail = format!(
                "{} was of another tier: what becomes of it has a code of its own",
                agency.code
            );
            Violation::new("agencies", "kept-level", detail)
        });
        let years = self
            .calendar()
            .years()
            .filter(|year| next.calendar().years().all(|other| other != *year));
        let years = years.map(|year| {
            Violation::new(
                "years",
                "kept-year",
                format!("{year} is left out, and dates were counted in it"),
            )
        });
        let undone = self.calendar().decided_years().filter(|year| {
            next.calendar().years().any(|other| other == *year)
                && next.calendar().decided_years().all(|other| other != *year)
        });
        let years = years.chain(undone.map(|year| {
            Violation::new(
                "years",
                "decided-year",
                format!("{year} is decided, and cannot become provisional again"),
            )
        }));
        let begun = self.procedures().filter(|procedure| procedure.valid_from <= today);
        let procedures = begun.filter_map(|procedure| {
            let same = next.procedures.get(&procedure.code).into_iter().flatten();
            let place = next.procedure_places.get(&(procedure.code.clone(), procedure.version));
            let at = || {
                place
                    .map_or_else(|| "procedures".to_owned(), |place| format!("procedures[{place}]"))
            };
            let (field, what) = match same.clone().find(|other| other.version == procedure.version)
            {
                None => ("procedures".to_owned(), "is left out"),
                Some(other) if !procedure.says_the_same_as(other) => {
                    (at(), "says something else than before")
                }
                Some(_) => return None,
            };
            let detail = format!(
                "{}: version {} {what}: a change is a new version",
                procedure.code, procedure.version
            );
            Some(Violation::new(field, "kept-version", detail))
        });
        agencies.chain(other_names).chain(other_levels).chain(years).chain(procedures).collect()
    }

    /// The rules that a newly published edition must keep although older editions that break them
    /// are still read: identity kinds name existing procedures, and telephones of the morning
    /// report can get messages.
    pub fn unsound(&self) -> Vec<Violation> {
        let mut found =
            self.identities().unknown_procedures(|code| self.procedures.contains_key(code));
        found.extend(self.leaders.unreachable(self.telephones()));
        found
    }

    /// The agency with this code, whether or not it still exists.
    pub fn agency(&self, code: &AgencyCode) -> Option<&Agency> {
        self.agencies.get(code)
    }

    /// Every agency, past and present.
    pub fn agencies(&self) -> impl Iterator<Item = &Agency> {
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
    pub fn told_under(
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
        self.procedures.get(code)?.iter().rfind(|procedure| procedure.valid_from <= day)
    }

    /// Every version of every procedure.
    pub fn procedures(&self) -> impl Iterator<Item = &Procedure> {
        self.procedures.values().flatten()
    }

    /// Procedures that can no longer be received on some day from `today` to the end of the year,
    /// since their term reaches into a year that the calendar lacks: the first such day, with those
    /// that stop on it, in the order of the days.
    ///
    /// A procedure stops on the first day on which a dossier that comes as offices open has no due
    /// date any more, by any channel.
    pub fn stopping(&self, today: Date) -> BTreeMap<Date, BTreeSet<&ProcedureCode>> {
        let mut stops = BTreeMap::new();
        let mut first_of: BTreeMap<Term, Option<Date>> = BTreeMap::new();
        for code in self.procedures.keys() {
            let Some(procedure) = self.procedure(code, today) else { continue };
            let terms = Channel::ALL.into_iter().filter_map(|channel| procedure.term(channel));
            let days = terms.filter_map(|term| {
                *first_of.entry(term).or_insert_with(|| self.stops_on(term, today))
            });
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

    /// A year that the calendar lacks and that is needed soon: next year from October on, or as
    /// soon as the longest term of a procedure open `today` reaches into it.
    pub fn missing_year(&self, today: Date) -> Option<MissingYear> {
        let evening = instant(today, Time::MAX);
        let in_force = self.procedures.keys().filter_map(|code| self.procedure(code, today));
        let terms: BTreeSet<Term> = in_force
            .flat_map(|procedure| Channel::ALL.map(|channel| procedure.term(channel)))
            .flatten()
            .collect();
        let reached = terms.into_iter().filter_map(|term| term.due(self.calendar(), evening).err());
        reached
            .min_by_key(|missing| missing.year)
            .or_else(|| self.calendar().missing_next_year(today))
    }

    /// The rules of the clock, with the calendar that they count in.
    pub fn law(&self) -> &Law {
        &self.law
    }

    /// The common working calendar.
    pub fn calendar(&self) -> &Calendar {
        self.law.calendar()
    }

    /// The texts of notices.
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

    /// The recipients of the morning report.
    pub fn leaders(&self) -> &Leaders {
        &self.leaders
    }

    /// The national indices, with what was declared for them.
    pub fn indexes(&self) -> &Indexes {
        &self.indexes
    }

    /// Which numbers applicants are known by.
    pub fn identities(&self) -> &Identities {
        &self.intake.identities
    }

    /// The ranges of numbers that can get messages.
    pub fn telephones(&self) -> &Telephones {
        &self.intake.telephones
    }

    /// The hosts that may hold documents.
    pub fn document_hosts(&self) -> &DocumentHosts {
        &self.intake.hosts
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
