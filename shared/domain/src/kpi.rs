//! What leaders count, rebuilt from history as of the end of a day. All comparisons are by date in Viet Nam.

use std::collections::BTreeMap;

use jiff::civil::{Date, Time};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::calendar::{date_of, instant, next};
use crate::dossier::{Action, DossierStatus, HistoryEntry, as_of};
use crate::id::{AgencyCode, DossierCode, ProcedureCode};
use crate::procedure::Channel;

/// What the count needs to know of a dossier: no personal data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DossierFacts {
    /// The dossier.
    pub code: DossierCode,
    /// Who settles it.
    pub agency: AgencyCode,
    /// What is asked for.
    pub procedure: ProcedureCode,
    /// How it came.
    pub channel: Channel,
    /// Everything that happened.
    pub history: Vec<HistoryEntry>,
}

/// Against which due date work is early, on time, late or overdue, where the applicant was apologised to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DueBasis {
    /// The date that would hold without the apology: an apology excuses nothing.
    #[default]
    Original,
    /// The date that the apology promised.
    Extended,
}

impl DueBasis {
    fn due(self, entry: &HistoryEntry) -> Option<Date> {
        let due = match self {
            Self::Original => entry.original_due_at.or(entry.due_at),
            Self::Extended => entry.due_at,
        };
        due.map(date_of)
    }
}

/// The figures of one agency and procedure for one day: flows of the day, stocks at its end.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KpiRow {
    /// Received that day, handed in on-line.
    pub received_online: u64,
    /// Received that day, handed in at the counter.
    pub received_counter: u64,
    /// Received that day, handed in by post.
    pub received_postal: u64,
    /// Settled that day.
    pub resolved: u64,
    /// – before the due date.
    pub early: u64,
    /// – on the due date, or without one.
    pub on_time: u64,
    /// – after the due date.
    pub late: u64,
    /// Refused that day.
    pub refused: u64,
    /// Taken back that day.
    pub withdrawn: u64,
    /// Received and not settled at the end of the day, the clock running.
    pub in_process: u64,
    /// – of these, past the due date.
    pub overdue: u64,
    /// Waiting for the applicant's papers at the end of the day.
    pub supplement: u64,
    /// Waiting for a payment, or suspended, at the end of the day.
    pub paused: u64,
}

impl KpiRow {
    /// Received that day, by any channel.
    pub fn received(&self) -> u64 {
        self.received_online + self.received_counter + self.received_postal
    }

    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// The last instant of `day` in Viet Nam.
pub fn end_of(day: Date) -> Timestamp {
    instant(next(day), Time::midnight()).saturating_sub(SignedDuration::from_nanos(1)).unwrap_or(Timestamp::MAX)
}

/// Counts `facts` for `day`, against the due dates that `basis` names. The same facts give the same rows, in whatever order they come; a dossier that comes
/// twice is the caller's mistake and counts twice.
pub fn tally<'a>(
    facts: impl IntoIterator<Item = &'a DossierFacts>,
    day: Date,
    basis: DueBasis,
) -> BTreeMap<(AgencyCode, ProcedureCode), KpiRow> {
    let mut rows: BTreeMap<_, KpiRow> = BTreeMap::new();
    for dossier in facts {
        count(rows.entry((dossier.agency.clone(), dossier.procedure.clone())).or_default(), dossier, day, basis);
    }
    rows.retain(|_, row| !row.is_empty());
    rows
}

fn count(row: &mut KpiRow, dossier: &DossierFacts, day: Date, basis: DueBasis) {
    // A later event does not exist yet: the count is as of the end of the day.
    let Some(latest) = as_of(&dossier.history, end_of(day)) else {
        return;
    };
    let known: &[HistoryEntry] =
        &dossier.history[..usize::try_from(latest.version).unwrap_or(usize::MAX).min(dossier.history.len())];
    let received = known.iter().find(|entry| entry.action == Action::Receive);
    if received.is_some_and(|entry| date_of(entry.at) == day) {
        match dossier.channel {
            Channel::Online => row.received_online += 1,
            Channel::Counter => row.received_counter += 1,
            Channel::Postal => row.received_postal += 1,
        }
    }
    match latest.status {
        DossierStatus::Finished | DossierStatus::Returned => {
            // Settled is when work ended (9), not when the applicant came for the result (10).
            let end = known.iter().rfind(|entry| entry.action == Action::Finish).unwrap_or(latest);
            if date_of(end.at) == day {
                row.resolved += 1;
                match basis.due(end) {
                    Some(due) if day < due => row.early += 1,
                    Some(due) if day > due => row.late += 1,
                    _ => row.on_time += 1,
                }
            }
        }
        DossierStatus::Refused => row.refused += u64::from(date_of(latest.at) == day),
        DossierStatus::Withdrawn => row.withdrawn += u64::from(date_of(latest.at) == day),
        DossierStatus::Received | DossierStatus::Processing => {
            row.in_process += 1;
            row.overdue += u64::from(basis.due(latest).is_some_and(|due| due < day));
        }
        // Papers can be asked for before receipt, and then the dossier is nobody's yet.
        DossierStatus::SupplementRequested => row.supplement += u64::from(received.is_some()),
        DossierStatus::PaymentRequested | DossierStatus::Suspended => row.paused += 1,
        DossierStatus::Registered => {}
    }
}
