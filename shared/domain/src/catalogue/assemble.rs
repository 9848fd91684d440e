//! The files that a catalogue is put together from, and what they must not say together.

use std::collections::BTreeMap;

use super::{Catalogue, Integrator};
use crate::agency::{Agency, successor_violations};
use crate::calendar::Calendar;
use crate::data_file::{Checks, data_file};
use crate::dated::Dated;
use crate::delivery::{Systems, SystemsFile};
use crate::id::{AgencyCode, ProcedureCode};
use crate::index::{IndexFile, Indexes};
use crate::intake::{IntakeFile, IntakeRules};
use crate::law::{Law, RulesFile};
use crate::leader::{Leaders, LeadersFile};
use crate::notice::codes::{Codes, CodesFile};
use crate::notice::policy::{NoticePolicies, PoliciesFile};
use crate::notice::provider::{Providers, ProvidersFile};
use crate::notice::{Templates, TemplatesFile};
use crate::printed::FormLayouts;
use crate::procedure::Procedure;
use crate::register::Register;
use crate::{RuleName, Violation};

data_file! {
    /// The data file `agencies.json`: authorities, past and present.
    AgenciesFile {
        #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
        agencies: Vec<Agency>,
    }
}

data_file! {
    /// The data file `procedures.json`: administrative procedures (thủ tục hành chính).
    ProceduresFile {
        #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
        procedures: Vec<Procedure>,
    }
}

data_file! {
    /// The data file `integrators.json`: systems that may push events, and for whom.
    IntegratorsFile {
        #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
        integrators: Vec<Integrator>,
    }
}

/// The files that a catalogue is put together from.
#[derive(Debug)]
pub struct CatalogueFiles {
    /// The data file `agencies.json`.
    pub agencies: AgenciesFile,
    /// The data file `procedures.json`.
    pub procedures: ProceduresFile,
    /// The data file `calendar.json`.
    pub calendar: Calendar,
    /// The data file `rules.json`.
    pub rules: RulesFile,
    /// The data file `templates.json`.
    pub templates: TemplatesFile,
    /// The data file `integrators.json`.
    pub integrators: IntegratorsFile,
    /// The data file `notices.json`.
    pub notices: PoliciesFile,
    /// The data file `providers.json`.
    pub providers: ProvidersFile,
    /// The data file `codes.json`.
    pub codes: CodesFile,
    /// The data file `leaders.json`.
    pub leaders: LeadersFile,
    /// The data file `index.json`.
    pub index: IndexFile,
    /// The data file `intake.json`.
    pub intake: IntakeFile,
    /// The data file `systems.json`.
    pub systems: SystemsFile,
}

/// Keeps what was put together, or notes why it could not be.
fn kept<T>(assembled: Result<T, Vec<Violation>>, found: &mut Vec<Violation>) -> Option<T> {
    assembled.map_err(|reasons| found.extend(reasons)).ok()
}

impl Catalogue {
    /// Puts the files together; refused whole, with every reason, if one contradicts itself or
    /// another.
    pub fn assemble(files: CatalogueFiles) -> Result<Self, Vec<Violation>> {
        Self::put_together(files, Checks::All)
    }

    /// The same of files of which everything was checked before, as the tests of a release check
    /// what it has built in: what takes time is not checked again.
    pub fn assemble_again(files: CatalogueFiles) -> Result<Self, Vec<Violation>> {
        Self::put_together(files, Checks::DoneBefore)
    }

    fn put_together(files: CatalogueFiles, checks: Checks) -> Result<Self, Vec<Violation>> {
        let mut found = Vec::new();
        let excepted = files.calendar.agencies_of_exceptions();
        let declaring = files.index.agencies_of_declarations();
        let law = kept(Law::assemble(files.calendar, files.rules), &mut found);
        let mut texts = files.templates;
        let form_layouts = kept(FormLayouts::assemble(texts.take_forms()), &mut found);
        let templates = kept(Templates::put_together(texts, checks), &mut found);
        found.extend(files.notices.unknown_systems(|system| files.systems.has(system)));
        let notice_policies = kept(NoticePolicies::assemble(files.notices), &mut found);
        let providers = kept(Providers::assemble(files.providers), &mut found);
        let codes = kept(Codes::assemble(files.codes), &mut found);
        let indexes = kept(Indexes::assemble(files.index), &mut found);
        let (mut known, mut places) = (BTreeMap::new(), BTreeMap::new());
        if files.agencies.agencies.is_empty() {
            found.push(Violation::new(
                "agencies",
                RuleName::Present,
                "at least one agency is needed",
            ));
        }
        for (place, agency) in files.agencies.agencies.into_iter().enumerate() {
            let at = format!("agencies[{place}]");
            if checks == Checks::All {
                found.extend(agency.violations(&at));
            }
            places.insert(agency.code.clone(), place);
            if let Some(twice) = known.insert(agency.code.clone(), agency) {
                found.push(Violation::new(
                    format!("{at}.code"),
                    RuleName::UniqueCode,
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
                        RuleName::KnownAgency,
                        format!("{}: {other} is not listed", agency.code),
                    ));
                }
            }
        }
        if checks == Checks::All {
            found.extend(successor_violations(&known, at));
        }
        for (part, agencies) in [("exceptions", &excepted), ("declared", &declaring)] {
            for (place, agency) in agencies.iter().filter(|(_, agency)| !known.contains_key(agency))
            {
                let field = format!("{part}[{place}].agency");
                found.push(Violation::new(
                    field,
                    RuleName::KnownAgency,
                    format!("{agency} is not listed"),
                ));
            }
        }
        let mut versions: BTreeMap<ProcedureCode, Vec<(usize, Procedure)>> = BTreeMap::new();
        if files.procedures.procedures.is_empty() {
            found.push(Violation::new(
                "procedures",
                RuleName::Present,
                "at least one procedure is needed",
            ));
        }
        for (place, procedure) in files.procedures.procedures.into_iter().enumerate() {
            if checks == Checks::All {
                found.extend(procedure.violations(place));
            }
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
                        RuleName::OrderedVersions,
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
                    found.push(Violation::new(field, RuleName::KnownProcedure, detail));
                }
            }
        }
        let intake = kept(IntakeRules::assemble(files.intake), &mut found);
        let reserved = format!(".{}", crate::id::FEEDBACK_GROUP);
        for code in known.keys().filter(|code| code.as_str().ends_with(&reserved)) {
            let detail = format!("{code}: codes of feedback end so, and no agency's");
            found.push(Violation::new(at(code, "code"), RuleName::AgencyCode, detail));
        }
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
                    RuleName::KnownAgency,
                    format!("{}: {agency} is not listed", integrator.source),
                ));
            }
            if let Some(twice) = sources.insert(integrator.source.clone(), integrator) {
                found.push(Violation::new(
                    format!("integrators[{place}].source"),
                    RuleName::UniqueSource,
                    format!("{} stands twice", twice.source),
                ));
            }
        }
        let leaders =
            kept(Leaders::assemble(files.leaders, |agency| known.contains_key(agency)), &mut found);
        let systems = kept(
            Systems::assemble(
                files.systems,
                |agency| known.contains_key(agency),
                |procedure| versions.contains_key(procedure),
                |source| sources.contains_key(source),
            ),
            &mut found,
        );
        if let (Some(leaders), Some(templates)) = (&leaders, &templates)
            && !leaders.is_empty()
            && templates.report().is_none()
        {
            found.push(Violation::new(
                "report",
                RuleName::ReportOwed,
                "there are leaders to be notified, and no text",
            ));
        }
        let listed = versions.values().flatten();
        let procedure_places = listed
            .map(|(place, procedure)| ((procedure.code.clone(), procedure.version), *place))
            .collect();
        let listed = versions.into_values().flatten().map(|(_, procedure)| procedure).collect();
        let procedures = Dated::grouped(listed, |procedure: &Procedure| procedure.code.clone());
        // Without reasons there is everything.
        let whole = (|| {
            Some(Self {
                register: Register::new(known, procedures),
                procedure_places,
                law: law?,
                templates: templates?,
                form_layouts: form_layouts?,
                integrators: sources,
                notice_policies: notice_policies?,
                providers: providers?,
                codes: codes?,
                leaders: leaders?,
                indexes: indexes?,
                intake: intake?,
                systems: systems?,
            })
        })();
        whole.filter(|_| found.is_empty()).ok_or(found)
    }
}
