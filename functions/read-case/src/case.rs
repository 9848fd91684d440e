//! The case: what was handed in, what was asked for, what came of it, and what its reader may do
//! next.

mod corrected;
mod fees;
mod filled;
mod names;
mod sent_to;

use std::collections::BTreeMap;

use domain::agency::WardCode;
use domain::applicant::{Applicant, ApplicantKind, Email, FullName, Phone};
use domain::catalogue::Catalogue;
use domain::document::{AskedDocument, Document, DocumentContent, DocumentsKeptBy, PaperKind};
use domain::dossier::{Action, Actor, Dossier, DossierStatus, HistoryEntry, Move, Role, Signature};
use domain::id::{AgencyCode, DossierCode, ProcedureCode};
use domain::law::Law;
use domain::post::PostalItem;
use domain::procedure::{Channel, Procedure, Step};
use domain::survey::Returned;
use domain::upload::{DocumentType, UploadId, UploadState, UploadedDocument};
use jiff::Timestamp;
use jiff::civil::Date;
use platform::document_copy::{DocumentCopy, copy_id};
use platform::record::GoneSince;
use platform::transfer_standing::CaseTransfer;
use serde::Serialize;

use crate::outcome::Outcome;
use corrected::Was;
use fees::Fees;
use filled::{Filled, FormKeptBy};
use sent_to::SentTo;

/// A dossier with its content, as of one of its versions.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Case<'a> {
    code: &'a DossierCode,
    /// The version shown, which is the newest unless the reader's part of the work has ended.
    version: u64,
    status: DossierStatus,
    status_name: &'static str,
    procedure: &'a ProcedureCode,
    procedure_version: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    procedure_name: Option<&'a str>,
    agency: &'a AgencyCode,
    /// What its agencies are called, by their codes.
    agency_names: BTreeMap<&'a AgencyCode, &'a str>,
    /// The agency that works on it, where it is not the owner.
    #[serde(skip_serializing_if = "Option::is_none")]
    handler: Option<&'a AgencyCode>,
    channel: Channel,
    #[serde(skip_serializing_if = "Option::is_none")]
    ward: Option<&'a WardCode>,
    submitted_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    received_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    due_at: Option<Timestamp>,
    /// Whether that was counted in a year whose days off are not decided.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    due_provisional: bool,
    /// As written down at that version; missing where the content is gone, like everything else that
    /// was handed in.
    #[serde(skip_serializing_if = "Option::is_none")]
    applicant: Option<Person<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content_gone: Option<GoneSince>,
    /// The last day on which the content is kept; missing while the dossier is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    content_until: Option<Date>,
    /// Until when the applicant may say how satisfied they are; for them and the portal alone, once a
    /// result was handed over. Whether they have said it is not told.
    #[serde(skip_serializing_if = "Option::is_none")]
    satisfaction_until: Option<Timestamp>,
    documents: Vec<HandedIn<'a>>,
    /// What its documents are called, by their codes.
    document_names: BTreeMap<&'a str, &'a str>,
    /// Who has the documents: `sender` where an integrator could not send them.
    documents_kept_by: DocumentsKeptBy,
    /// What was filled in, each time whole, oldest first.
    forms: Vec<Filled<'a>>,
    /// Where the newest form is; none where the procedure has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    form_kept_by: Option<FormKeptBy>,
    supplements: Vec<Supplement<'a>>,
    fees: Fees<'a>,
    results: Vec<Outcome<'a>>,
    /// Where the result is wanted by post, for officers and the applicant's side; none where it is not,
    /// and for a former handler.
    #[serde(skip_serializing_if = "Option::is_none")]
    result_to: Option<SentTo<'a>>,
    /// What corrections replaced, oldest first, for officers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    corrected: Vec<Was<'a>>,
    /// What goes by post; nothing of it for a former handler.
    post: &'a [PostalItem],
    /// In whose hands it is, for officers of the agency that has custody.
    #[serde(skip_serializing_if = "Option::is_none")]
    assignment: Option<InHands<'a>>,
    next: Vec<Next>,
    /// The systems that have to process it, for officers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) transfers: Vec<CaseTransfer<'a>>,
}

/// In whose hands a dossier is.
#[derive(Serialize)]
struct InHands<'a> {
    /// The number of the last assignment, for the next one; 0 before the first.
    number: u64,
    /// The account of the officer; none where nobody holds the dossier.
    #[serde(skip_serializing_if = "Option::is_none")]
    holder: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<Timestamp>,
    /// The step that it is in, where the agency divides the work.
    #[serde(skip_serializing_if = "Option::is_none")]
    step: Option<StepOfCase<'a>>,
    /// The steps of the procedure, by the version that the dossier keeps.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    steps: Vec<StepOfProcedure<'a>>,
}

/// The step that a dossier is in.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct StepOfCase<'a> {
    code: &'a str,
    since: Timestamp,
    /// None while the dossier waits for somebody outside.
    #[serde(skip_serializing_if = "Option::is_none")]
    due_at: Option<Timestamp>,
}

/// A step that an assignment may name.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct StepOfProcedure<'a> {
    code: &'a str,
    name: &'a str,
    by: &'a str,
    working_hours: u16,
}

/// What the reader may do next, at which door and with what.
#[derive(Serialize)]
#[serde(untagged)]
enum Next {
    /// A move of the table, at `…/transitions`.
    Move(Move),
    /// Putting it into an officer's hands, at `…/assignment`.
    Assign(Assigning),
}

#[derive(Serialize)]
struct Assigning {
    action: &'static str,
    needs: [&'static str; 1],
}

/// The applicant in full: this is the one answer that shows them.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Person<'a> {
    kind: ApplicantKind,
    full_name: &'a FullName,
    id_kind: &'a str,
    id_number: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<&'a Phone>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'a Email>,
}

/// One version of a document.
#[derive(Serialize)]
struct HandedIn<'a> {
    code: &'a str,
    /// The name of the file; paper has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    /// The version of the dossier with which it came.
    version: u64,
    source: Source<'a>,
    /// Paper is looked at by a person, and by no program.
    #[serde(skip_serializing_if = "Option::is_none")]
    inspection: Option<Inspection>,
    #[serde(rename = "inspectedAt", skip_serializing_if = "Option::is_none")]
    inspected_at: Option<Timestamp>,
}

/// Where a document is.
#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case", rename_all_fields = "camelCase")]
enum Source<'a> {
    /// At an address of another system, of which we may keep a copy.
    Reference {
        url: &'a str,
        sha256: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        copy: Option<CopyOf<'a>>,
    },
    /// On paper, with whoever took the dossier in.
    Paper { form: PaperKind, received_by: PaperReceiver<'a> },
    /// In our object storage: `GET /v1/dossiers/{code}/documents/{id}` says how to fetch it.
    Upload { id: &'a UploadId, media_type: DocumentType, bytes: u64, sha256: &'a str },
}

/// Our copy of what another system keeps, or why there is none.
#[derive(Serialize)]
#[serde(tag = "state", rename_all = "kebab-case", rename_all_fields = "camelCase")]
enum CopyOf<'a> {
    /// It was fetched, and is not inspected yet.
    Awaited,
    /// It can be opened: `GET /v1/dossiers/{code}/documents/{id}`.
    Usable { id: &'a UploadId, media_type: DocumentType, bytes: u64 },
    /// It breaks a rule of the inspection, which is the reason.
    Refused { reason: &'a str, at: Timestamp },
    /// Its host did not give it, or gave something else than was declared.
    Missed { reason: &'a str, at: Timestamp },
}

impl<'a> CopyOf<'a> {
    fn of(copy: &'a DocumentCopy) -> Self {
        match copy {
            DocumentCopy::Missed(missed) => Self::Missed { reason: &missed.missed, at: missed.at },
            DocumentCopy::Fetched(upload) => match &upload.state {
                UploadState::Awaited => Self::Awaited,
                UploadState::Usable { .. } => Self::Usable {
                    id: &upload.id,
                    media_type: upload.declared.media_type,
                    bytes: upload.declared.bytes,
                },
                UploadState::Refused { reason, inspected_at } => {
                    Self::Refused { reason, at: *inspected_at }
                }
            },
        }
    }
}

/// Who took paper in: an agency through its officer, or the portal or an integrator.
#[derive(Serialize)]
struct PaperReceiver<'a> {
    role: Role,
    #[serde(skip_serializing_if = "Option::is_none")]
    agency: Option<&'a AgencyCode>,
}

/// Whether a document was inspected, and how that ended.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
enum Inspection {
    /// Its content is elsewhere: nobody of ours has seen it.
    NotOurs,
    /// It is what it was declared to be, it opens, and nothing was found in it.
    Usable,
}

/// What was asked for, and whether it came.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Supplement<'a> {
    version: u64,
    asked_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    asked_by: Option<&'a AgencyCode>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    asked_late: bool,
    /// The documents that were named, each with the reason.
    #[serde(skip_serializing_if = "<[AskedDocument]>::is_empty")]
    asked_for: &'a [AskedDocument],
    #[serde(skip_serializing_if = "Option::is_none")]
    came: Option<Arrival>,
}

/// With which version a supplement came.
#[derive(Serialize)]
struct Arrival {
    version: u64,
    at: Timestamp,
    by: Role,
}

impl<'a> Case<'a> {
    /// The case at `version` for `by`, with what is known of copies.
    pub(crate) fn of(
        (dossier, copies): (&'a Dossier, &'a BTreeMap<UploadId, DocumentCopy>),
        version: u64,
        by: &Actor,
        (catalogue, now): (&'a Catalogue, Timestamp),
    ) -> Self {
        let seen: Vec<&HistoryEntry> =
            dossier.history.iter().filter(|entry| entry.version <= version).collect();
        let last = seen.last();
        let (status, due_at) =
            last.map_or((dossier.status, None), |entry| (entry.status, entry.due_at));
        let newest = version == dossier.version;
        let settled = matches!(status, DossierStatus::Finished | DossierStatus::Returned);
        let finish = seen.iter().rfind(|entry| settled && entry.action == Action::Finish);
        let holds = finish.map(|entry| entry.version);
        // As the dossier keeps it: what is in force by now is another one.
        let procedure = catalogue.procedure_of(dossier);
        Self {
            code: &dossier.code,
            version,
            status,
            status_name: status.name(),
            procedure: &dossier.procedure,
            procedure_version: dossier.procedure_version,
            procedure_name: procedure.map(|procedure| procedure.name.as_str()),
            agency: &dossier.agency,
            agency_names: names::of_agencies(dossier, &seen, catalogue),
            handler: dossier.handler.as_ref().filter(|_| newest),
            channel: dossier.channel,
            ward: dossier.ward.as_ref(),
            submitted_at: dossier.submitted_at,
            received_at: dossier.received_at,
            due_at: if newest { dossier.due_at } else { due_at },
            due_provisional: newest && dossier.is_due_provisional(catalogue.law()),
            applicant: dossier.applicant_at(version).map(Person::of),
            content_gone: dossier.content_gone.map(GoneSince::from),
            content_until: catalogue
                .content_until(dossier)
                .filter(|_| dossier.content_gone.is_none()),
            satisfaction_until: satisfaction_until(dossier, by, catalogue),
            documents: documents((dossier, copies), &seen),
            document_names: names::of_documents(dossier, &seen, procedure),
            documents_kept_by: dossier.documents_kept_by,
            forms: filled::forms(dossier, &seen),
            form_kept_by: FormKeptBy::of(dossier, &seen, procedure),
            supplements: supplements(&seen),
            fees: Fees::of(dossier, &seen, procedure),
            results: seen
                .iter()
                .filter_map(|entry| Outcome::of(dossier, entry, by, holds))
                .collect(),
            result_to: SentTo::of(dossier, by).filter(|_| newest),
            corrected: Was::all_of(dossier, version, by),
            post: if newest { &dossier.post.items } else { &[] },
            assignment: InHands::of(dossier, by, procedure),
            next: next(dossier, by, catalogue.law(), now),
            transfers: Vec::new(),
        }
    }
}

fn satisfaction_until(dossier: &Dossier, by: &Actor, catalogue: &Catalogue) -> Option<Timestamp> {
    let returned = Returned::of(dossier.status, &dossier.history)?;
    let rule = catalogue.survey().on(returned.day());
    rule.filter(|_| by.is_on_applicants_side(dossier)).map(|rule| rule.until(&returned))
}

fn next(dossier: &Dossier, by: &Actor, law: &Law, now: Timestamp) -> Vec<Next> {
    let may = dossier.may_be_assigned_by(by);
    let assign = may.then_some(Next::Assign(Assigning { action: "assign", needs: ["assignee"] }));
    dossier.next_moves(by, law, now).into_iter().map(Next::Move).chain(assign).collect()
}

impl<'a> InHands<'a> {
    fn of(dossier: &'a Dossier, by: &Actor, procedure: Option<&'a Procedure>) -> Option<Self> {
        let hold = dossier.holder();
        let steps = procedure.map_or(&[][..], |procedure| &procedure.steps);
        dossier.may_be_assigned_by(by).then(|| Self {
            number: dossier.assignment(),
            holder: hold.map(|hold| hold.holder),
            since: hold.map(|hold| hold.since),
            step: dossier.step().map(|now| StepOfCase {
                code: &now.step.code,
                since: now.step.since,
                due_at: now.due_at,
            }),
            steps: steps.iter().map(StepOfProcedure::of).collect(),
        })
    }
}

impl<'a> StepOfProcedure<'a> {
    fn of(step: &'a Step) -> Self {
        let Step { code, name, by, working_hours } = step;
        Self { code, name, by, working_hours: *working_hours }
    }
}

impl<'a> Person<'a> {
    fn of(applicant: &'a Applicant) -> Self {
        Self {
            kind: applicant.kind,
            full_name: &applicant.full_name,
            id_kind: applicant.id_number.kind(),
            id_number: applicant.id_number.reveal(),
            phone: applicant.phone.as_ref(),
            email: applicant.email.as_ref(),
        }
    }
}

/// What came with each of the entries that are `seen`, in that order, with whoever made the entry.
fn documents<'a>(
    (dossier, copies): (&'a Dossier, &'a BTreeMap<UploadId, DocumentCopy>),
    seen: &[&'a HistoryEntry],
) -> Vec<HandedIn<'a>> {
    let copy = |document: &'a Document| {
        let kept = document.kept_elsewhere()?;
        copies.get(&copy_id(&dossier.code, &kept.sha256))
    };
    let of = |entry: &&'a HistoryEntry| {
        let entry: &'a HistoryEntry = entry;
        let handed_in = move |document| HandedIn::of(document, copy(document), &entry.by);
        dossier.documents_of(entry).map(handed_in)
    };
    seen.iter().flat_map(of).collect()
}

impl<'a> HandedIn<'a> {
    fn of(document: &'a Document, copy: Option<&'a DocumentCopy>, taken_by: &'a Signature) -> Self {
        let copied = copy.and_then(DocumentCopy::usable);
        let (source, inspection) = match &document.content {
            DocumentContent::Reference(kept) => (
                Source::Reference {
                    url: &kept.url,
                    sha256: &kept.sha256,
                    copy: copy.map(CopyOf::of),
                },
                Some(copied.as_ref().map_or(Inspection::NotOurs, |_| Inspection::Usable)),
            ),
            DocumentContent::Upload(UploadedDocument { upload, declared, .. }) => (
                Source::Upload {
                    id: upload,
                    media_type: declared.media_type,
                    bytes: declared.bytes,
                    sha256: &declared.sha256,
                },
                Some(Inspection::Usable),
            ),
            DocumentContent::Paper { paper } => {
                let received_by =
                    PaperReceiver { role: taken_by.role, agency: taken_by.agency.as_ref() };
                (Source::Paper { form: *paper, received_by }, None)
            }
        };
        let name = match &document.content {
            DocumentContent::Reference(kept) => Some(kept.name.as_str()),
            DocumentContent::Upload(_) | DocumentContent::Paper { .. } => None,
        };
        Self {
            code: &document.code,
            name,
            version: document.version,
            source,
            inspection,
            inspected_at: document
                .uploaded()
                .map(|uploaded| uploaded.inspected_at)
                .or(copied.map(|copied| copied.inspected_at)),
        }
    }
}

/// The entry after `place` that does `action`, before `other` is done again.
fn answered<'a>(
    seen: &[&'a HistoryEntry],
    place: usize,
    (action, other): (Action, Action),
) -> Option<&'a HistoryEntry> {
    let later = seen.iter().skip(place + 1).take_while(|entry| entry.action != other);
    later.copied().find(|entry| entry.action == action)
}

fn supplements<'a>(seen: &[&'a HistoryEntry]) -> Vec<Supplement<'a>> {
    let asked = seen.iter().enumerate();
    let asked = asked.filter(|(_, entry)| entry.action == Action::RequestSupplement);
    asked
        .map(|(place, entry)| Supplement {
            version: entry.version,
            asked_at: entry.at,
            asked_by: entry.by.agency.as_ref(),
            reason: entry.reason.as_deref(),
            asked_late: entry.asked_late,
            asked_for: &entry.asked_for,
            came: answered(seen, place, (Action::Supplement, Action::RequestSupplement))
                .map(|came| Arrival { version: came.version, at: came.at, by: came.by.role }),
        })
        .collect()
}
