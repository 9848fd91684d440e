//! The stored forms: those of the domain with the keys that queries need.

mod feedback;
pub mod standing;

use std::collections::BTreeSet;

use domain::agency::WardCode;
use domain::calendar::date_of;
use domain::dossier::{ContentGone, Dossier, DossierStatus, GoneBy, InStep, Signature};
use domain::id::{AgencyCode, DossierCode, ProcedureCode};
use domain::kpi::{DueBasis, KpiCell, KpiRow};
use domain::phone::Unreachable;
use domain::upload::UploadId;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::fingerprint::Fingerprint;
use crate::wire::hex;
pub use feedback::FeedbackReceipt;

/// What was recorded so lately may still be on its way to whoever makes something of it.
pub const UNDER_WAY: SignedDuration = SignedDuration::from_mins(15);

/// A dossier with the keys of its indexes; that of `by-handler` is the dossier's own `handler`,
/// which only a dossier that is forwarded has.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DossierRecord<'a> {
    /// The dossier as the domain has it.
    #[serde(flatten)]
    pub dossier: &'a Dossier,
    /// Key of `by-work`: agency, and whether there is anything left to settle.
    pub work: String,
    /// Order in `by-work`: status, due date, code.
    pub work_due: String,
    /// Order in `by-ended`, behind the agency: the day of the last thing that happened, where there
    /// is nothing left to settle.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_on: Option<Date>,
    /// How many electronic documents it was handed in with, since an index holds none.
    pub document_count: usize,
    /// Key of `by-content`: the month in which it ended, in Viet Nam, while its content is kept;
    /// [`GOING`] while some of it is left.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_of: Option<String>,
    /// How many assignments there were; none without any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assignment: Option<u64>,
    /// Key of `by-holder`: the agency that has custody, and the account of its officer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held_by: Option<String>,
    /// The step that it is in, where its agency divides the work.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<StepOfWork>,
}

/// The step of the work that a dossier is in, as lists show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StepOfWork {
    /// Its code within the procedure.
    pub code: String,
    /// When it is due; none while the dossier waits for somebody outside.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Timestamp>,
}

impl From<InStep<'_>> for StepOfWork {
    fn from(now: InStep<'_>) -> Self {
        Self { code: now.step.code.clone(), due_at: now.due_at }
    }
}

impl<'a> From<&'a Dossier> for DossierRecord<'a> {
    fn from(dossier: &'a Dossier) -> Self {
        let due =
            dossier.due_at.map_or_else(|| NO_DUE_DATE.to_owned(), |due| date_of(due).to_string());
        Self {
            dossier,
            work: work_key(&dossier.agency, dossier.status.into()),
            work_due: format!("{:02}#{due}#{}", dossier.status.code(), dossier.code),
            ended_on: dossier.ended_at().map(date_of),
            content_of: dossier.ended_at().map(|ended| match dossier.content_gone {
                Some(_) => GOING.to_owned(),
                None => month_key(date_of(ended)),
            }),
            document_count: dossier.documents.iter().filter(|kept| kept.is_electronic()).count(),
            assignment: Some(dossier.assignment()).filter(|number| *number > 0),
            held_by: dossier.holder().map(|hold| holder_key(hold.agency, hold.holder)),
            step: dossier.step().map(StepOfWork::from),
        }
    }
}

/// Sorts after every due date: what has none is shown last.
const NO_DUE_DATE: &str = "9999-12-31";

/// Whether an agency has work left with a dossier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// It is still to be settled.
    Open,
    /// There is nothing left to settle.
    Closed,
}

impl From<DossierStatus> for Work {
    fn from(status: DossierStatus) -> Self {
        if status.is_closed() { Self::Closed } else { Self::Open }
    }
}

/// Key of one agency's dossiers that are still to be settled, or no longer.
pub fn work_key(agency: &AgencyCode, work: Work) -> String {
    let word = match work {
        Work::Open => "open",
        Work::Closed => "closed",
    };
    format!("{agency}#{word}")
}

/// Key of the contents that nobody sees any more and that are being done away with.
pub const GOING: &str = "going";

/// Key of the contents of what ended in the month of `day`.
pub fn month_key(day: Date) -> String {
    day.strftime("%Y-%m").to_string()
}

/// Key of page `number` of the history of the dossier with this code, counted from one.
pub fn page_key(code: &str, number: usize) -> String {
    format!("{code}{PAGE_MARK}{number}")
}

/// Whether a key of the dossiers table is that of a page of a history.
pub fn is_page(key: &str) -> bool {
    key.contains(PAGE_MARK)
}

/// Stands before the number of a page, and in no code of a dossier.
const PAGE_MARK: char = '#';

/// Key of what an officer of an agency holds.
pub fn holder_key(agency: &AgencyCode, account: &str) -> String {
    format!("{agency}#{account}")
}

/// A line of an agency's worklist.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WorklistItem {
    /// The code of the dossier.
    pub code: DossierCode,
    /// The agency that settles it; left out for that agency's officers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agency: Option<AgencyCode>,
    /// The agency that it is forwarded to; left out for that agency's officers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handler: Option<AgencyCode>,
    /// The national status, 1 to 10.
    pub status: DossierStatus,
    /// The national name of the status; no index holds this.
    #[serde(default, skip_deserializing)]
    pub status_name: &'static str,
    /// The procedure applied for.
    pub procedure: ProcedureCode,
    /// What the procedure was called when the dossier was handed in; no index holds this.
    #[serde(default, skip_deserializing, skip_serializing_if = "Option::is_none")]
    pub procedure_name: Option<String>,
    /// The ward of the matter, which decides its successor agency and is not shown.
    #[serde(default, skip_serializing)]
    pub ward: Option<WardCode>,
    /// Its version, for the next command.
    pub version: u64,
    /// How many assignments there were, for the next one.
    #[serde(default)]
    pub assignment: u64,
    /// The account of the officer who holds it; left out for officers of other agencies than
    /// theirs.
    #[serde(default, skip_deserializing, skip_serializing_if = "Option::is_none")]
    pub holder: Option<String>,
    /// Key of `by-holder`, which is not shown.
    #[serde(default, skip_serializing)]
    pub held_by: Option<String>,
    /// The step that it is in; left out for officers of other agencies than the one that has
    /// custody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<StepOfWork>,
    /// The time of submission.
    pub submitted_at: Timestamp,
    /// The due date, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Timestamp>,
    /// Whether the due date was counted in an undecided year; no index holds this.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub due_provisional: bool,
}

/// Since when the content of a dossier is gone, and by what, as answers show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct GoneSince {
    /// The day in Viet Nam.
    pub on: Date,
    /// By what it is gone.
    pub by: GoneBy,
}

impl From<ContentGone> for GoneSince {
    fn from(gone: ContentGone) -> Self {
        Self { on: date_of(gone.at), by: gone.by }
    }
}

/// What of a dossier was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReadOf {
    /// The case: applicant, documents, supplements, fees and results.
    Case,
    /// A form with the applicant's name, to be printed.
    Form,
    /// The line of a search by person: code, state, and the applicant's name.
    Search,
    /// The content of an uploaded document: an address by which to fetch it was given.
    Document,
    /// The content of an electronic result: an address by which to fetch it was given.
    Result,
    /// Nothing was shown: the content was erased on order.
    Erasure,
}

/// By what somebody was ordered to erase the content of a dossier or a feedback.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErasureOrder {
    /// The number of the order, as its issuer gave it.
    pub number: String,
    /// The office that issued it.
    pub issuer: String,
    /// Why, in the order's words.
    pub reason: String,
}

/// That somebody has read personal data of a dossier, without anything of what they read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadRecord {
    /// The code of the dossier that was read.
    pub code: DossierCode,
    /// Its place among the reads of the dossier: the time, and a mark of request and reader, see
    /// [`ReadRecord::new`].
    pub read: String,
    /// When it was read.
    pub at: Timestamp,
    /// The role and account that read, with the agency of an officer.
    pub by: Signature,
    /// Key of `by-reader`: the account that read.
    pub reader: String,
    /// Key of `by-day`: the day in Viet Nam.
    pub day: Date,
    /// The part of the dossier that was shown.
    pub what: ReadOf,
    /// The uploaded document that was shown, where it was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<UploadId>,
    /// The order that was carried out, where it was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<ErasureOrder>,
    /// The version that the reader saw, from 1.
    pub version: u64,
    /// The gateway's id of the request, which the logs have, too.
    pub request: String,
}

impl ReadRecord {
    /// A read of `code` at `at` in the request with this id. The same reader in the same request
    /// at the same time is the same read.
    pub fn new(
        code: DossierCode,
        by: Signature,
        (what, version): (ReadOf, u64),
        request: &str,
        at: Timestamp,
    ) -> Self {
        // The time of one length, so that the table's order is that of time; the rest as a hash,
        // since the place goes into cursors, also of those who may not see request and account.
        let mark = Sha256::digest(format!("{request}#{}", by.id));
        let read = format!("{at:.3}#{}", hex(&mark[..16]));
        Self {
            code,
            read,
            at,
            reader: by.id.clone(),
            day: date_of(at),
            by,
            what,
            document: None,
            order: None,
            version,
            request: request.to_owned(),
        }
    }
}

impl ReadRecord {
    /// The same, of this uploaded document. Several may be read in one moment.
    #[must_use]
    pub fn of_document(self, document: UploadId) -> Self {
        let read = format!("{}#{document}", self.read);
        Self { read, document: Some(document), ..self }
    }

    /// The same, on this order.
    #[must_use]
    pub fn by_order(self, order: ErasureOrder) -> Self {
        Self { order: Some(order), ..self }
    }
}

/// What a submission was answered, kept so that the same answer can be given again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SubmissionReceipt {
    /// The SHA-256 of the request in its first form, by which earlier releases tell a repetition
    /// from another use of the key ([`fingerprint`](crate::fingerprint)); empty if the request
    /// could not be made to them.
    pub request_hash: String,
    /// The same in the form of the release that answered; none in receipts of before there were
    /// forms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<Fingerprint>,
    /// Why no message can be sent to the applicant, where none can.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_reachable: Option<Unreachable>,
    /// The code of the dossier.
    pub code: DossierCode,
    /// The time of submission.
    pub submitted_at: Timestamp,
    /// When the receipt may be forgotten, in seconds since 1970 (the table's time to live).
    pub expires_at: i64,
}

/// One row of figures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KpiRecord {
    /// The day (`2026-11-17`), or the month (`2026-11`) of which it is the sum.
    pub day: String,
    /// The cell of the figures.
    pub cell: KpiCell,
    /// The figures of the cell.
    #[serde(flatten)]
    pub figures: KpiRow,
}

/// That a day was counted, or how much of a month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CountRecord {
    /// The day or month.
    pub day: String,
    /// When a count last changed something: a second run leaves it as it is.
    pub counted_at: Timestamp,
    /// The due dates against which it was counted.
    pub due_basis: DueBasis,
    /// The first day counted; of a day, itself.
    pub first: Date,
    /// The last day, included in the range.
    pub last: Date,
    /// The number of days.
    pub days: u32,
}

/// A count in progress: its days, and the agencies that are not counted yet. The message that
/// counts the last one closes the days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountRun {
    /// The id of the run.
    pub id: String,
    /// The first day of the range.
    pub first: Date,
    /// The last day, included in the range.
    pub last: Date,
    /// Agencies that are not counted yet.
    pub remaining: BTreeSet<AgencyCode>,
    /// Dossiers that were left out because they could not be read.
    pub unreadable: BTreeSet<String>,
}

/// That a figure of the past was moved, and by what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CorrectionRecord {
    /// The day of the figure.
    pub day: String,
    /// The cell of the figure.
    pub of: KpiCell,
    /// The time of the correction.
    pub at: Timestamp,
    /// The published figures before.
    pub before: KpiRow,
    /// The figures that replace them.
    pub after: KpiRow,
    /// Dossiers of the cell of which something became known since the count before.
    pub because: Vec<DossierCode>,
}
