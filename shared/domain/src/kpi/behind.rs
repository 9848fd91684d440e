//! Late dossiers: settled late in a period or overdue at its end, with the causes that their
//! history shows.

use jiff::civil::Date;

use super::count::{Standing, known, standing};
use super::{DossierFacts, DueBasis, end_of};
use crate::calendar::date_of;
use crate::dossier::{Action, DossierStatus, HistoryEntry};

/// A cause of lateness that the history shows. Several may apply, and none has to be the whole
/// reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// Received, and the work has not begun.
    NotBegun,
    /// The applicant was asked for documents.
    Supplement,
    /// The applicant was asked for a payment.
    Payment,
    /// The work was suspended.
    Suspended,
    /// It was forwarded to another agency.
    Forwarded,
    /// It was sent back for more work.
    SentBack,
    /// The applicant was apologised to, with a new date.
    Apologised,
}

/// A dossier that is late, with its causes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Behind {
    /// The due date that was missed.
    pub due: Date,
    /// When it was settled; none while it is overdue.
    pub settled: Option<Date>,
    /// Days, all of them, from the due date to that day, or to the last of the time.
    pub days: u64,
    /// Why, in the order of [`Cause`].
    pub causes: Vec<Cause>,
}

/// Whether a dossier was settled late on a day from `first` to `last`, or is overdue at the end of
/// `last`: by the same count as the figures `late` and `overdue`.
pub fn behind(
    dossier: &DossierFacts,
    first: Date,
    last: Date,
    basis_on: impl Fn(Date) -> DueBasis,
) -> Option<Behind> {
    let known = known(&dossier.history, end_of(last));
    let (entry, day, settled) = match standing(known) {
        Standing::Ended(end, DossierStatus::Finished) => {
            let day = date_of(end.at);
            (first <= day).then_some((end, day, Some(day)))?
        }
        Standing::Open(latest)
            if matches!(latest.status, DossierStatus::Received | DossierStatus::Processing) =>
        {
            (latest, last, None)
        }
        Standing::Open(_) | Standing::Ended(..) | Standing::Unknown | Standing::Waiting => {
            return None;
        }
    };
    let due = basis_on(day).due(entry).filter(|due| *due < day)?;
    let days = u64::try_from((day - due).get_days()).unwrap_or_default();
    Some(Behind { due, settled, days, causes: causes(known, settled) })
}

/// The causes in the history of a dossier that was `settled` then, or is still open.
fn causes(known: &[HistoryEntry], settled: Option<Date>) -> Vec<Cause> {
    let mut causes: Vec<Cause> = known.iter().filter_map(|entry| cause(entry.action)).collect();
    let received = known.last().is_some_and(|latest| latest.status == DossierStatus::Received);
    if settled.is_none() && received {
        causes.push(Cause::NotBegun);
    }
    causes.sort_unstable();
    causes.dedup();
    causes
}

fn cause(action: Action) -> Option<Cause> {
    match action {
        Action::RequestSupplement => Some(Cause::Supplement),
        Action::RequestPayment => Some(Cause::Payment),
        Action::Suspend => Some(Cause::Suspended),
        Action::Forward => Some(Cause::Forwarded),
        Action::SendBack => Some(Cause::SentBack),
        Action::Apologise => Some(Cause::Apologised),
        Action::Submit
        | Action::Receive
        | Action::Refuse
        | Action::Supplement
        | Action::RefuseExpired
        | Action::Process
        | Action::ConfirmPayment
        | Action::Resume
        | Action::Finish
        | Action::ReturnResult
        | Action::Recall
        | Action::Withdraw
        | Action::HandBack
        | Action::Redate
        | Action::AnnounceDelay
        | Action::Correct => None,
    }
}
