//! `GET /v1/dossiers…`: the public sees how far a dossier is, its owner and the agencies that work
//! on it see its history, an agency sees its worklist.

mod deadline;
mod deliveries;
mod settings;
mod worklist;

use domain::agency::Remit;
use domain::calendar::date_of;
use domain::catalogue::Catalogue;
use domain::deadline::DueRule;
use domain::document::AskedDocument;
use domain::dossier::{
    self, Action, Actor, Assignment, Completion, Dossier, DossierStatus, HistoryEntry, NoteReaders,
    Role,
};
use domain::id::{AgencyCode, DossierCode};
use domain::law::Law;
use domain::outcome::ResultKind;
use jiff::Timestamp;
use platform::Failure;
use platform::dynamo::{Deliveries, Dossiers};
use platform::gate::Gate;
use platform::http::{HttpReply, HttpRequest};
use platform::notice_list::NoticeList;
use platform::port::{Counts, DossierStore, NoticeBook};
use serde::Serialize;

use deadline::Deadline;
use deliveries::Shown;
use worklist::{WorklistQuery, worklist};

pub use settings::Settings;

/// Answers one HTTP request; failures become problem documents.
pub async fn handle(
    request: HttpRequest,
    (dossiers, book, ledger): (&Dossiers, &impl NoticeBook, &Deliveries),
    gate: &Gate<impl Counts>,
    catalogue: &Catalogue,
    now: Timestamp,
) -> Result<HttpReply, Failure> {
    match request.route.as_str() {
        "GET /v1/dossiers/{code}" => {
            request.no_parameters()?;
            // Nothing is read for everybody that not everybody may see.
            let code = request.path("code")?;
            let (limits, find) = (catalogue.limits(), dossiers.progress(&code));
            let found = gate.look_up(limits, request.source(), now, find).await?;
            let progress = found.ok_or(Failure::DossierNotFound)?;
            let dossier::Progress { code, status, completion } = &progress;
            HttpReply::json(200, &Progress::of(code, *status, *completion))
        }
        "GET /v1/dossiers/{code}/history" => {
            let by = request.actor(catalogue, now)?;
            request.no_parameters()?;
            let dossier = find(dossiers, &request).await?;
            if !by.may_read(&dossier) {
                return Err(Failure::Forbidden);
            }
            HttpReply::json(200, &History::of(&dossier, &by, catalogue.law()))
        }
        "GET /v1/dossiers/{code}/deadline" => {
            let by = request.actor(catalogue, now)?;
            request.no_parameters()?;
            let dossier = find(dossiers, &request).await?;
            if !by.may_read(&dossier) {
                return Err(Failure::Forbidden);
            }
            HttpReply::json(200, &Deadline::of(&dossier, catalogue.law())?)
        }
        "GET /v1/dossiers/{code}/notices" => {
            let by = request.actor(catalogue, now)?;
            request.no_parameters()?;
            let dossier = find(dossiers, &request).await?;
            if !by.takes_part(&dossier) {
                return Err(Failure::Forbidden);
            }
            let subject = dossier.code.clone().into();
            let mut thread = book.thread(&subject).await?;
            // As it is now: nobody wakes a thread for what time alone has decided.
            if let Some(thread) = &mut thread {
                thread.settle(&catalogue.notice_policy(date_of(now)), now);
            }
            let applicant = dossier.applicant.as_ref();
            let phone = applicant.and_then(|applicant| applicant.phone.as_ref());
            HttpReply::json(200, &NoticeList::of(&subject, phone, thread.as_ref()))
        }
        "GET /v1/dossiers/{code}/deliveries" => {
            let by = request.actor(catalogue, now)?;
            request.no_parameters()?;
            let dossier = find(dossiers, &request).await?;
            if !by.takes_part(&dossier) {
                return Err(Failure::Forbidden);
            }
            let lines = ledger.of(&dossier.code).await?;
            HttpReply::json(200, &Shown::of(&dossier.code, &lines, catalogue, now))
        }
        "GET /v1/dossiers" => {
            let Actor::Officer { id, agency, predecessors, .. } = request.actor(catalogue, now)?
            else {
                return Err(Failure::Forbidden);
            };
            let remits: Vec<Remit> =
                std::iter::once(Remit::whole(agency)).chain(predecessors).collect();
            let query = WorklistQuery::read(&request, &id, now)?;
            HttpReply::json(200, &worklist(dossiers, &remits, &query, catalogue).await?)
        }
        _ => Err(Failure::RouteNotFound),
    }
}

async fn find(dossiers: &Dossiers, request: &HttpRequest) -> Result<Dossier, Failure> {
    let code: DossierCode = request.path("code")?;
    dossiers.dossier(&code).await?.ok_or(Failure::DossierNotFound)
}

/// What everybody may see (TT 01/2018/TT-VPCP Đ.16.2.d): code and degree of completion.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Progress<'a> {
    code: &'a DossierCode,
    status: DossierStatus,
    status_name: &'static str,
    completion: Completion,
}

impl<'a> Progress<'a> {
    fn of(code: &'a DossierCode, status: DossierStatus, completion: Completion) -> Self {
        Self { code, status, status_name: status.name(), completion }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct History<'a> {
    #[serde(flatten)]
    progress: Progress<'a>,
    version: u64,
    procedure: &'a str,
    agency: &'a AgencyCode,
    #[serde(skip_serializing_if = "Option::is_none")]
    handler: Option<&'a AgencyCode>,
    submitted_at: jiff::Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    received_at: Option<jiff::Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    due_at: Option<jiff::Timestamp>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    due_provisional: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    due_rule: Option<&'a DueRule>,
    history: Vec<Happening<'a>>,
    /// In whose hands it was, for officers of the agency at which that was so.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    assignments: Vec<Hands<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Happening<'a> {
    version: u64,
    action: domain::dossier::Action,
    status: DossierStatus,
    status_name: &'static str,
    at: jiff::Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    claimed_at: Option<jiff::Timestamp>,
    by_role: Role,
    #[serde(skip_serializing_if = "Option::is_none")]
    by_agency: Option<&'a AgencyCode>,
    /// The account of the officer, for officers of the same agency.
    #[serde(skip_serializing_if = "Option::is_none")]
    by_account: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    handler: Option<&'a AgencyCode>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    asked_late: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    late_letter: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    /// The documents that the applicant was asked for, each with the reason.
    #[serde(skip_serializing_if = "<[AskedDocument]>::is_empty")]
    asked_for: &'a [AskedDocument],
    /// The codes of the documents that came with a supplement.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    documents: Vec<&'a str>,
    /// What kind of result it gave.
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<ResultKind>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note_readers: Option<NoteReaders>,
    #[serde(skip_serializing_if = "Option::is_none")]
    due_at: Option<jiff::Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    due_rule: Option<&'a DueRule>,
}

/// One assignment, as its agency sees it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Hands<'a> {
    number: u64,
    /// The version of the dossier at which it was made.
    version: u64,
    at: jiff::Timestamp,
    agency: &'a AgencyCode,
    /// The account that made it.
    by: &'a str,
    /// The account in whose hands it was then; none where it was given back.
    #[serde(skip_serializing_if = "Option::is_none")]
    holder: Option<&'a str>,
    /// The code of the step that it was in from then on, where the agency divides the work.
    #[serde(skip_serializing_if = "Option::is_none")]
    step: Option<&'a str>,
}

impl<'a> History<'a> {
    /// The history with the notes that `by` may read.
    fn of(dossier: &'a Dossier, by: &Actor, law: &Law) -> Self {
        let note = |entry: &'a HistoryEntry| {
            entry.note.as_deref().filter(|_| by.may_read_note(entry, dossier))
        };
        let supplied = |entry: &'a HistoryEntry| {
            let came = dossier.documents_of(entry).map(|document| document.code.as_str());
            came.filter(|_| entry.action == Action::Supplement).collect()
        };
        // No applicant is told which officer it was, and no other agency.
        let colleague = |entry: &'a HistoryEntry| {
            let agency = entry.by.agency.as_ref()?;
            by.speaks_for(agency, dossier.matter()).then_some(entry.by.id.as_str())
        };
        let happening = |entry: &'a HistoryEntry| Happening {
            version: entry.version,
            action: entry.action,
            status: entry.status,
            status_name: entry.status.name(),
            at: entry.at,
            claimed_at: entry.claimed_at,
            by_role: entry.by.role,
            by_agency: entry.by.agency.as_ref(),
            by_account: colleague(entry),
            handler: entry.handler.as_ref(),
            asked_late: entry.asked_late,
            late_letter: entry.late_letter,
            reason: entry.reason.as_deref(),
            asked_for: &entry.asked_for,
            documents: supplied(entry),
            result: entry.result,
            note: note(entry),
            note_readers: note(entry).map(|_| entry.by.note_readers()),
            due_at: entry.due_at,
            due_rule: entry.due_rule.as_ref(),
        };
        // No applicant is told in whose hands a dossier is, and no other agency.
        let own = |made: &&Assignment| by.speaks_for(&made.agency, dossier.matter());
        let hands = |made: &'a Assignment| Hands {
            number: made.number,
            version: made.version,
            at: made.at,
            agency: &made.agency,
            by: &made.by.id,
            holder: made.holder.as_deref(),
            step: made.step.as_ref().map(|step| step.code.as_str()),
        };
        Self {
            progress: Progress::of(&dossier.code, dossier.status, dossier.completion()),
            version: dossier.version,
            procedure: dossier.procedure.as_str(),
            agency: &dossier.agency,
            handler: dossier.handler.as_ref(),
            submitted_at: dossier.submitted_at,
            received_at: dossier.received_at,
            due_at: dossier.due_at,
            due_provisional: dossier.is_due_provisional(law),
            // The last that started the clock, as long as it runs.
            due_rule: dossier
                .due_at
                .and_then(|_| dossier.history.iter().rev().find_map(|e| e.due_rule.as_ref())),
            history: dossier.history.iter().map(happening).collect(),
            assignments: dossier.assignments.iter().filter(own).map(hands).collect(),
        }
    }
}
