//! Handing a dossier in: what must be true before it becomes one.

mod known;

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::agency::{Matter, WardCode};
use crate::applicant::Applicant;
use crate::calendar::date_of;
use crate::catalogue::Catalogue;
pub use crate::document::{
    AskedDocument, DOCUMENTS_BYTES_MAX, DOCUMENTS_MAX, Document, DocumentContent,
    DocumentReference, DocumentsKeptBy, PaperKind, amount_violations,
};
use crate::dossier::{
    Action, Actor, Command, Dossier, DossierState, DossierStatus, Duty, HistoryEntry,
};
use crate::eform::{FilledForm, FormFields};
use crate::id::{AgencyCode, CommandId, DossierCode, ProcedureCode};
use crate::payment::FeesAsked;
use crate::post::{Post, ResultTo};
use crate::procedure::{Channel, Procedure};
use crate::violation::Fact;
use crate::{RuleName, Violation};
pub use known::KnownOfSubmission;

/// Why the agency that `field` names cannot be given a dossier on `day`, if so.
pub fn agency_violation(
    field: &str,
    agency: &AgencyCode,
    catalogue: &Catalogue,
    day: Date,
) -> Option<Violation> {
    let Some(known) = catalogue.agency(agency) else {
        return Some(Violation::new(
            field,
            RuleName::KnownAgency,
            "is not an agency of this province",
        ));
    };
    if known.exists_on(day) {
        return None;
    }
    let mut detail = format!("did not take dossiers in on {day}");
    let successors: BTreeSet<&str> = known.successors().map(AgencyCode::as_str).collect();
    if successors.is_empty() {
        return Some(Violation::new(field, RuleName::AgencyInForce, detail));
    }
    let are = if successors.len() == 1 { "successor is" } else { "successors are" };
    let names = successors.into_iter().collect::<Vec<_>>().join(", ");
    detail.push_str(&format!("; its {are} {names}"));
    let broken = Violation::new(field, RuleName::AgencyInForce, detail);
    Some(broken.about(Fact::code(names)))
}

/// A well-formed request to take a dossier in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission {
    /// The procedure applied for.
    pub procedure: ProcedureCode,
    /// The agency to which it is addressed.
    pub agency: AgencyCode,
    /// The channel by which the dossier came.
    pub channel: Channel,
    /// The ward of the matter, if the sender names one.
    pub ward: Option<WardCode>,
    /// The person or business that applies.
    pub applicant: Applicant,
    /// The documents handed in.
    pub documents: Vec<Document>,
    /// What was filled in, cleaned, where a form came.
    pub form: Option<FormFields>,
    /// Where the result is wanted by post, if it is.
    pub result_to: Option<ResultTo>,
    /// Who has the documents: we, or the integrator that hands them in.
    pub kept_by: DocumentsKeptBy,
}

/// When a dossier was handed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    /// The time of the event.
    pub at: Timestamp,
    /// The time at which we recorded it.
    pub recorded_at: Timestamp,
    /// When it happened by the sender's clock, where that ran ahead of ours.
    pub claimed_at: Option<Timestamp>,
}

impl From<Timestamp> for Times {
    /// An event recorded at the time at which it happened.
    fn from(at: Timestamp) -> Self {
        Self { at, recorded_at: at, claimed_at: None }
    }
}

/// Why the dossier cannot be forwarded as `entry` does, if so: the agency has to exist on that day,
/// and to be another than the one that carries on for the owner.
fn forward_violation(
    dossier: &Dossier,
    entry: &HistoryEntry,
    catalogue: &Catalogue,
) -> Option<Violation> {
    let to = entry.handler.as_ref()?;
    let day = date_of(entry.at);
    agency_violation("toAgency", to, catalogue, day).or_else(|| {
        let own = catalogue.register().carried_on_by(&dossier.agency, dossier.matter(), day) == *to;
        own.then(|| {
            Violation::new(
                "toAgency",
                RuleName::AnotherAgency,
                "carries on for the agency of the dossier",
            )
        })
    })
}

/// Each of the `codes` of a list `field` that is no document of the procedure.
fn unknown<'a>(
    field: &str,
    codes: impl Iterator<Item = &'a str>,
    procedure: &Procedure,
) -> Vec<Violation> {
    let known: BTreeSet<&str> =
        procedure.documents.iter().map(|document| document.code.as_str()).collect();
    let foreign = codes.enumerate().filter(|(_, code)| !known.contains(code));
    let names = || known.iter().copied().collect::<Vec<_>>().join(", ");
    foreign
        .map(|(place, _)| {
            let detail = format!("is no document of the procedure, which has {}", names());
            Violation::new(format!("{field}[{place}].code"), RuleName::KnownDocument, detail)
                .about(Fact::choices(&known))
        })
        .collect()
}

/// Each document whose address is on a host where no documents are kept on `day`.
fn elsewhere(documents: &[Document], catalogue: &Catalogue, day: Date) -> Vec<Violation> {
    let each = documents.iter().enumerate().filter_map(|(place, document)| {
        let violation = catalogue.document_hosts().violation(document, day)?;
        Some(violation.within(&format!("documents[{place}]")))
    });
    each.collect()
}

/// Each document that is said to be on paper, where nobody took paper from the applicant: on-line,
/// or from an applicant who acts on their own.
fn papers_nobody_took(documents: &[Document]) -> Vec<Violation> {
    let each = documents.iter().enumerate();
    let on_paper =
        each.filter(|(_, document)| matches!(document.content, DocumentContent::Paper { .. }));
    on_paper
        .map(|(place, _)| {
            Violation::new(
                format!("documents[{place}].paper"),
                RuleName::PaperDocument,
                "paper comes at the counter or by post, to whoever takes it in",
            )
        })
        .collect()
}

/// What the catalogue does not allow of the result that `entry`, the last of `dossier`, gives: a kind
/// that the procedure does not have, or an electronic one whose signature does not hold.
fn result_violations(
    dossier: &Dossier,
    entry: &HistoryEntry,
    catalogue: &Catalogue,
) -> Vec<Violation> {
    let Some(kind) = entry.result else {
        return Vec::new();
    };
    let mut found = Vec::new();
    let procedure = catalogue.procedure_of(dossier);
    if let Some(procedure) = procedure.filter(|procedure| !procedure.results.contains(&kind)) {
        let names: Vec<&str> = procedure.results.iter().map(|kind| kind.name()).collect();
        let detail = format!("is no result of this procedure, which gives {}", names.join(", "));
        let broken = Violation::new("kind", RuleName::ResultOfProcedure, detail);
        found.push(broken.about(Fact::choices(names)));
    }
    let duty = catalogue.result_signatures().on(date_of(entry.at));
    found.extend(dossier.result_document_of(entry).and_then(|document| document.violation(duty)));
    found.into_iter().map(|violation| violation.within("result")).collect()
}

/// What is wrong with the form that `entry` brings, by the version of the procedure that the dossier
/// was received under. Where the catalogue does not have that version there is no form to check it
/// by.
fn form_violations(
    dossier: &Dossier,
    entry: &HistoryEntry,
    catalogue: &Catalogue,
) -> Vec<Violation> {
    let Some(form) = dossier.form_of(entry) else {
        return Vec::new();
    };
    match catalogue.procedure_of(dossier) {
        Some(procedure) => procedure.form_violations(&form.fields),
        None => {
            let detail = "the catalogue does not have the form of this version any more";
            vec![Violation::new("form", RuleName::ProcedureForm, detail)]
        }
    }
}

/// What the catalogue does not allow of `entry`, the last of `dossier`, which `by` makes: where it
/// forwards to, the documents that it asks for or brings, and the result that it gives.
pub fn move_violations(
    dossier: &Dossier,
    entry: &HistoryEntry,
    by: &Actor,
    catalogue: &Catalogue,
) -> Vec<Violation> {
    let mut found: Vec<Violation> =
        forward_violation(dossier, entry, catalogue).into_iter().collect();
    if entry.action == Action::Supplement {
        let brought: Vec<Document> = dossier.documents_of(entry).cloned().collect();
        found.extend(elsewhere(&brought, catalogue, date_of(entry.at)));
        if matches!(by, Actor::Citizen { .. } | Actor::Proven { .. }) {
            found.extend(papers_nobody_took(&brought));
        }
        if let Some(procedure) = catalogue.procedure_of(dossier) {
            let codes = brought.iter().map(|document| document.code.as_str());
            found.extend(unknown("documents", codes, procedure));
        }
        found.extend(form_violations(dossier, entry, catalogue));
    }
    if let Some(procedure) = catalogue.procedure_of(dossier) {
        let codes = entry.asked_for.iter().map(|asked| asked.code.as_str());
        found.extend(unknown("askedFor", codes, procedure));
    }
    found.extend(result_violations(dossier, entry, catalogue));
    found
}

/// `command` with the fees that it asks for at the prices of `catalogue`, by the version of the
/// procedure that `dossier` keeps and the exemptions of the day. An officer who names no items asks
/// for each once; of another system that names none, we do not know what it asks for. Fails with
/// each choice that there is not, and where nothing is left to be paid.
pub fn priced(
    command: Command,
    dossier: &Dossier,
    by: &Actor,
    catalogue: &Catalogue,
    now: Timestamp,
) -> Result<Command, Vec<Violation>> {
    let asks = command.action == Action::RequestPayment;
    let by_officer = matches!(by, Actor::Officer { .. });
    // What was carried out before keeps its prices.
    let known = dossier.history.iter().any(|entry| entry.command == command.id);
    let Some(fees) = command.fees.clone().or_else(|| by_officer.then(FeesAsked::default)) else {
        return Ok(command);
    };
    if !asks || known {
        return Ok(command);
    }
    let (procedure, channel) = (catalogue.procedure_of(dossier), dossier.channel);
    let day = date_of(command.at.unwrap_or(now));
    let within = |broken: Vec<Violation>| {
        broken.into_iter().map(|broken| broken.within("fees")).collect::<Vec<_>>()
    };
    let fees = fees.cleaned();
    let broken = fees.violations();
    let priced = fees.priced(procedure, channel, day);
    if !broken.is_empty() {
        // Of what breaks a rule of its own the prices say which items there are, and no sum.
        let mut found = priced.err().unwrap_or_default();
        found.retain(|more| more.rule != RuleName::AmountOwed);
        return if found.is_empty() { Ok(command) } else { Err(within(found)) };
    }
    let priced = priced.map_err(within)?;
    if !priced.items.is_empty() && priced.sum_vnd() == 0 {
        let detail = "nothing is left to be paid: nobody is asked for it";
        let broken = Violation::new("fees", RuleName::AmountOwed, detail);
        return Err(vec![broken.about(Fact::owed(0))]);
    }
    Ok(Command { fees: Some(priced), ..command })
}

impl Submission {
    /// Whether `by` may hand this in: the portal for every applicant, a citizen for themselves, an
    /// integrator for its agencies, and an officer of the counter what was brought or sent to their
    /// own agency.
    pub fn may_be_handed_in_by(&self, by: &Actor) -> bool {
        match by {
            Actor::Portal { .. } => true,
            Actor::Citizen { id_number, .. } => *id_number == self.applicant.id_number,
            Actor::Integrator { .. } => by.speaks_for(&self.agency, self.matter()),
            Actor::Officer { duty: Duty::Counter, .. } => {
                self.channel.is_brought() && by.speaks_for(&self.agency, self.matter())
            }
            Actor::Officer { duty: Duty::Desk, .. }
            | Actor::Proven { .. }
            | Actor::System { .. } => false,
        }
    }

    /// What decides who carries on with it when its agency has ended.
    pub fn matter(&self) -> Matter<'_> {
        Matter { procedure: Some(&self.procedure), ward: self.ward.as_ref() }
    }

    /// What the catalogue does not allow on `day` where `by` hands it in.
    pub fn violations(&self, by: &Actor, catalogue: &Catalogue, day: Date) -> Vec<Violation> {
        let codes = self.documents.iter().map(|document| document.code.as_str()).collect();
        let known = KnownOfSubmission {
            procedure: Some(&self.procedure),
            agency: Some(&self.agency),
            channel: Some(self.channel),
            id_number: Some(&self.applicant.id_number),
            has_phone: Some(self.applicant.phone.is_some()),
            documents: Some(&self.documents),
            codes: Some(codes),
            form: self.form.as_ref(),
            kept_by: Some(self.kept_by),
        };
        known.violations(by, catalogue, day)
    }

    /// The new dossier. Call only when [`Submission::violations`] found nothing.
    pub fn into_dossier(
        self,
        code: DossierCode,
        command: CommandId,
        by: &Actor,
        Times { at, recorded_at, claimed_at }: Times,
        catalogue: &Catalogue,
    ) -> Dossier {
        let procedure = catalogue.procedure(&self.procedure, date_of(at));
        let entry = HistoryEntry {
            version: 1,
            action: Action::Submit,
            status: DossierStatus::Registered,
            at,
            recorded_at,
            claimed_at,
            by: by.signature(),
            command,
            reason: None,
            note: None,
            due_at: None,
            due_rule: None,
            original_due_at: None,
            counted_by: None,
            asked_late: false,
            late_letter: false,
            step_due_at: None,
            handler: None,
            asked_for: Vec::new(),
            by_post: self.result_to.is_some(),
            result: None,
        };
        Dossier::of(DossierState {
            code,
            version: 1,
            status: DossierStatus::Registered,
            procedure_version: procedure.map_or(0, |procedure| procedure.version),
            term: procedure.and_then(|procedure| procedure.term(self.channel)),
            procedure: self.procedure,
            agency: self.agency,
            handler: None,
            channel: self.channel,
            ward: self.ward,
            applicant: Some(self.applicant),
            documents: self.documents,
            results: Vec::new(),
            handovers: Vec::new(),
            demands: Vec::new(),
            receipts: Vec::new(),
            result_to: self.result_to,
            corrected: Vec::new(),
            post: Post::default(),
            forms: self.form.map(|fields| FilledForm { version: 1, fields }).into_iter().collect(),
            documents_kept_by: self.kept_by,
            submitted_at: at,
            received_at: None,
            due_at: None,
            original_due_at: None,
            closed_at: None,
            paused_at: None,
            status_before: None,
            content_gone: None,
            history: vec![entry],
            assignments: Vec::new(),
        })
    }
}
