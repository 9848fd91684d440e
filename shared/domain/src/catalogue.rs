//! Agencies, procedures, calendar, message templates and integrators: law and organisation as dated
//! data.

mod assemble;
mod change;
mod integrator;

use std::collections::{BTreeMap, BTreeSet};

use jiff::ToSpan;
use jiff::civil::{Date, Time, time};

pub use assemble::{AgenciesFile, CatalogueFiles, IntegratorsFile, ProceduresFile};
pub use integrator::{BackDays, Integrator, PortalCodes, Replies, Sender, SenderId};

use crate::agency::{Agency, Remit};
use crate::calendar::{Calendar, MissingYear, date_of, instant};
use crate::delivery::Systems;
use crate::document::DocumentHosts;
use crate::dossier::{Actor, Dossier};
use crate::feedback_rule::FeedbackRules;
use crate::id::{AgencyCode, ProcedureCode};
use crate::identity::Identities;
use crate::index::Indexes;
use crate::intake::IntakeRules;
use crate::law::Law;
use crate::leader::Leaders;
use crate::limit::Limits;
use crate::notice::Templates;
use crate::notice::codes::Codes;
use crate::notice::policy::{NoticePolicies, NoticePolicy};
use crate::notice::provider::Providers;
use crate::phone::Telephones;
use crate::printed::FormLayouts;
use crate::procedure::{Channel, Procedure};
use crate::register::Register;
use crate::signature::{ResultSignatures, TrustedAuthorities};
use crate::survey::SurveyRules;
use crate::term::Term;
use crate::upload::DocumentTypes;

/// Everything that law and organisation decide, in one consistent set.
#[derive(Debug)]
pub struct Catalogue {
    register: Register,
    /// The position of each version in its file, for error messages.
    procedure_places: BTreeMap<(ProcedureCode, u32), usize>,
    law: Law,
    templates: Templates,
    form_layouts: FormLayouts,
    integrators: BTreeMap<String, Integrator>,
    notice_policies: NoticePolicies,
    providers: Providers,
    codes: Codes,
    leaders: Leaders,
    indexes: Indexes,
    intake: IntakeRules,
    systems: Systems,
}

/// When a dossier of the morning comes: while offices are open everywhere, and before every
/// hand-over hour.
const MORNING: Time = time(8, 0, 0, 0);

impl Catalogue {
    /// The agencies and procedures.
    pub fn register(&self) -> &Register {
        &self.register
    }

    /// The agency with this code, whether or not it still exists.
    pub fn agency(&self, code: &AgencyCode) -> Option<&Agency> {
        self.register.agency(code)
    }

    /// Every agency, old and new.
    pub fn agencies(&self) -> impl Iterator<Item = &Agency> + Clone {
        self.register.agencies()
    }

    /// The version of a procedure in force on `day`.
    pub fn procedure(&self, code: &ProcedureCode, day: Date) -> Option<&Procedure> {
        self.register.procedure(code, day)
    }

    /// The version of the procedure that a dossier keeps, which may not be in force any more; none
    /// where the catalogue does not have it.
    pub fn procedure_of(&self, dossier: &Dossier) -> Option<&Procedure> {
        self.version_of(&dossier.procedure, dossier.procedure_version)
    }

    /// This version of a procedure, by its number: another one may be entered later for days of
    /// before.
    fn version_of(&self, code: &ProcedureCode, version: u32) -> Option<&Procedure> {
        self.register.versions(code).find(|procedure| procedure.version == version)
    }

    /// The last day on which the content of `dossier` is kept: so many years after its end as the
    /// version of the procedure says that it keeps, or the rule of that day. None while it is open,
    /// and where nothing says for how long.
    pub fn content_until(&self, dossier: &Dossier) -> Option<Date> {
        let ended = date_of(dossier.ended_at()?);
        self.kept_until((&dossier.procedure, dossier.procedure_version), ended)
    }

    /// The same of a dossier with this version of a procedure that ended on `ended`.
    pub fn kept_until(
        &self,
        (procedure, version): (&ProcedureCode, u32),
        ended: Date,
    ) -> Option<Date> {
        let kept = self.version_of(procedure, version);
        let of_procedure = kept.and_then(|kept| kept.retention.as_ref());
        let of_all = || self.law.rule_on(ended).retention.as_ref();
        of_procedure.or_else(of_all).map(|kept| kept.until(ended))
    }

    /// The last day on which a dossier can have ended whose content is not kept on `day` any more;
    /// none where nothing says for how long any content is kept.
    pub fn last_expired_end(&self, day: Date) -> Option<Date> {
        let of_procedures = self.procedures().filter_map(|kept| kept.retention.as_ref());
        let all = of_procedures.chain(self.law.rules().filter_map(|rule| rule.retention.as_ref()));
        all.map(|kept| kept.ended_before(day)).max()
    }

    /// Every version of every procedure.
    pub fn procedures(&self) -> impl Iterator<Item = &Procedure> {
        self.register.procedures()
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
        for code in self.register.procedure_codes() {
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
        let in_force =
            self.register.procedure_codes().filter_map(|code| self.procedure(code, today));
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

    /// How the forms are laid out that are printed.
    pub fn form_layouts(&self) -> &FormLayouts {
        &self.form_layouts
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

    /// The systems that must have dossiers of ours.
    pub fn systems(&self) -> &Systems {
        &self.systems
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

    /// The types of files that are accepted.
    pub fn document_types(&self) -> &DocumentTypes {
        &self.intake.types
    }

    /// The authorities whose certificates are trusted.
    pub fn trusted_authorities(&self) -> &TrustedAuthorities {
        &self.intake.authorities
    }

    /// Whether electronic results have to be signed.
    pub fn result_signatures(&self) -> &ResultSignatures {
        &self.intake.result_signatures
    }

    /// How feedback is handled, by day.
    pub fn feedback(&self) -> &FeedbackRules {
        &self.intake.feedback
    }

    /// How satisfaction is asked about after a result, by day.
    pub fn survey(&self) -> &SurveyRules {
        self.notice_policies.survey()
    }

    /// How often what may be asked for, by day.
    pub fn limits(&self) -> &Limits {
        &self.intake.limits
    }

    /// When and how much is sent on `day`, with the providers that may be asked then.
    pub fn notice_policy(&self, day: Date) -> NoticePolicy {
        self.notice_policies.on(day).clone().with_providers(self.providers.on(day))
    }

    /// Every integrator, in the order of their sources.
    pub fn integrators(&self) -> impl Iterator<Item = &Integrator> {
        self.integrators.values()
    }

    /// The integrator that signs its events with `source`.
    pub fn integrator(&self, source: &str) -> Option<&Integrator> {
        self.integrators.get(source)
    }

    /// As whom `integrator` acts on `day`: for its agencies, and for those that they carry on for.
    pub fn acting(&self, integrator: &Integrator, day: Date) -> Actor {
        let own = || integrator.agencies.iter();
        let predecessors = own().flat_map(|agency| self.register().predecessors(agency, day));
        let agencies = own().cloned().map(Remit::whole).chain(predecessors).collect();
        Actor::Integrator { id: integrator.source.clone(), agencies }
    }
}
