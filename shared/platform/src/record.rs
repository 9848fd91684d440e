//! The stored forms: those of the domain with the keys that queries need.

use std::collections::BTreeSet;

use domain::agency::WardCode;
use domain::calendar::date_of;
use domain::dossier::{Dossier, DossierStatus};
use domain::id::{AgencyCode, DossierCode, ProcedureCode};
use domain::kpi::{DueBasis, KpiCell, KpiRow};
use domain::phone::Unreachable;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::fingerprint::Fingerprint;

/// A dossier with the keys of its indexes; that of `by-handler` is the dossier's own `handler`,
/// which only a dossier that is forwarded has.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DossierRecord<'a> {
    /// The dossier.
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
    /// The number of its documents, since an index holds no documents.
    pub document_count: usize,
}

impl<'a> From<&'a Dossier> for DossierRecord<'a> {
    fn from(dossier: &'a Dossier) -> Self {
        let due =
            dossier.due_at.map_or_else(|| NO_DUE_DATE.to_owned(), |due| date_of(due).to_string());
        Self {
            dossier,
            work: work_key(&dossier.agency, dossier.status.is_closed()),
            work_due: format!("{:02}#{due}#{}", dossier.status.code(), dossier.code),
            ended_on: dossier
                .history
                .last()
                .filter(|_| dossier.status.is_closed())
                .map(|entry| date_of(entry.at)),
            document_count: dossier.documents.len(),
        }
    }
}

/// Sorts after every due date: what has none is shown last.
const NO_DUE_DATE: &str = "9999-12-31";

/// Key of one agency's dossiers that are still to be settled, or no longer.
pub fn work_key(agency: &AgencyCode, closed: bool) -> String {
    format!("{agency}#{}", if closed { "closed" } else { "open" })
}

/// A line of an agency's worklist.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WorklistItem {
    /// The dossier's code.
    pub code: DossierCode,
    /// The agency that settles it; left out for that agency's officers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agency: Option<AgencyCode>,
    /// The agency that it is forwarded to; left out for that agency's officers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handler: Option<AgencyCode>,
    /// The national status.
    pub status: DossierStatus,
    /// The procedure applied for.
    pub procedure: ProcedureCode,
    /// The ward of the matter, which decides its successor agency and is not shown.
    #[serde(default, skip_serializing)]
    pub ward: Option<WardCode>,
    /// Its version, for the next command.
    pub version: u64,
    /// The time of submission.
    pub submitted_at: Timestamp,
    /// The due date, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Timestamp>,
    /// Whether the due date was counted in an undecided year; no index holds this.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub due_provisional: bool,
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
    /// Why no message can be sent to the applicant's telephone, where none can.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_reachable: Option<Unreachable>,
    /// The dossier's code.
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
    /// The last day.
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
    /// The first day.
    pub first: Date,
    /// The last day.
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
    /// The figures after.
    pub after: KpiRow,
    /// Dossiers of the cell of which something became known since the count before.
    pub because: Vec<DossierCode>,
}
