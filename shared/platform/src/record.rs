//! How things lie in the tables: the domain's own form plus the keys that queries need.

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
    /// The dossier itself.
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
    /// How many documents it was handed in with: all that an index, which holds no documents, says
    /// of them.
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
    /// The dossier.
    pub code: DossierCode,
    /// The agency that settles it; left out for that agency's officers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agency: Option<AgencyCode>,
    /// The agency that it is forwarded to; left out for that agency's officers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handler: Option<AgencyCode>,
    /// Where it stands.
    pub status: DossierStatus,
    /// What is asked for.
    pub procedure: ProcedureCode,
    /// In which ward the matter lies: decides who carries on with it, and is not shown.
    #[serde(default, skip_serializing)]
    pub ward: Option<WardCode>,
    /// Its version, for the next command.
    pub version: u64,
    /// When it was handed in.
    pub submitted_at: Timestamp,
    /// When it is due.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Timestamp>,
    /// Whether that was counted in a year that the government has not decided; no index says so.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub due_provisional: bool,
}

/// What a submission was answered, kept so that the same answer can be given again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SubmissionReceipt {
    /// SHA-256 of the request in its first form, by which releases of before
    /// [`fingerprint`](crate::fingerprint) tell a repetition from another use of the key; empty
    /// where the request could not have been made to them.
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
    /// When it was handed in.
    pub submitted_at: Timestamp,
    /// When the receipt may be forgotten, in seconds since 1970 (the table's time to live).
    pub expires_at: i64,
}

/// One row of figures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KpiRecord {
    /// The day (`2026-11-17`), or the month (`2026-11`) whose flows it sums up.
    pub day: String,
    /// Whose figures they are.
    pub cell: KpiCell,
    /// The figures.
    #[serde(flatten)]
    pub figures: KpiRow,
}

/// That a day was counted, or how much of a month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CountRecord {
    /// The day, or the month.
    pub day: String,
    /// When a count last changed something: a second run leaves it as it is.
    pub counted_at: Timestamp,
    /// Against which due dates.
    pub due_basis: DueBasis,
    /// The first day counted; of a day, itself.
    pub first: Date,
    /// The last.
    pub last: Date,
    /// How many days.
    pub days: u32,
}

/// A count that is under way: its days, and the agencies that have not been counted yet. Whoever
/// counts the last of them closes the days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountRun {
    /// Its name.
    pub id: String,
    /// The first day.
    pub first: Date,
    /// The last.
    pub last: Date,
    /// Agencies still to be counted.
    pub remaining: BTreeSet<AgencyCode>,
    /// Dossiers that were left out because they could not be read.
    pub unreadable: BTreeSet<String>,
}

/// That a figure of the past was moved, and by what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CorrectionRecord {
    /// The day whose figure it is.
    pub day: String,
    /// Whose.
    pub of: KpiCell,
    /// When it was found.
    pub at: Timestamp,
    /// What was published before.
    pub before: KpiRow,
    /// What is true now.
    pub after: KpiRow,
    /// Dossiers of the cell of which something became known since the count before.
    pub because: Vec<DossierCode>,
}
