//! A dossier's share in a day's figures.

use jiff::Timestamp;
use jiff::civil::Date;

use super::{DossierFacts, DueBasis, KpiCell, KpiRow, KpiRows, end_of};
use crate::calendar::{date_of, previous};
use crate::dossier::{
    Action, DossierStatus, HistoryEntry, Role, as_of, assignments_by, holder, step, waiting_since,
};
use crate::outcome::ResultKind;

/// What the province has decided about the count of a day.
pub struct Rulings<'a> {
    /// Against which due date a day counts where there was an apology.
    pub basis_on: &'a dyn Fn(Date) -> DueBasis,
    /// The last day on which a dossier that waits for its receipt since that time is received in
    /// time; `None` without a rule or where it cannot be computed.
    pub receive_by: &'a dyn Fn(&DossierFacts, Timestamp) -> Option<Date>,
    /// Whether there is no working day between a day and a due date after it: a dossier due on
    /// Monday is nearly due from Friday on.
    pub due_next: &'a dyn Fn(&DossierFacts, Date, Date) -> bool,
}

/// Counts `facts` for `day`. The same facts give the same rows, in whatever order they come; a
/// dossier that comes twice is the caller's mistake and counts twice.
pub fn tally<'a>(
    facts: impl IntoIterator<Item = &'a DossierFacts>,
    day: Date,
    rulings: &Rulings<'_>,
) -> KpiRows {
    let mut rows = KpiRows::new();
    for dossier in facts {
        let share = share(dossier, day, rulings);
        let work = KpiCell::Work {
            agency: dossier.agency.clone(),
            procedure: dossier.procedure.clone(),
            channel: dossier.channel,
        };
        let of_officer = |officer| KpiCell::Officer { agency: dossier.agency.clone(), officer };
        for (officer, done) in share.officers {
            rows.entry(of_officer(officer)).or_default().add(&done);
        }
        if let Some(TakenBack { ended, done, officer }) = share.taken_back {
            for of in [work.clone()].into_iter().chain(officer.map(of_officer)) {
                rows.entry(KpiCell::TakenBack { ended, of: Box::new(of) }).or_default().add(&done);
            }
        }
        rows.entry(work).or_default().add(&share.row);
        rows.entry(KpiCell::Province).or_default().add(&share.row);
    }
    rows.retain(|_, row| !row.is_empty());
    rows
}

/// Whether something is known of the dossier since `counted` that happened by the end of `day`: why
/// a figure moved.
pub fn moved_since(dossier: &DossierFacts, day: Date, counted: Timestamp) -> bool {
    dossier.history.iter().any(|entry| entry.recorded_at > counted && entry.at <= end_of(day))
}

/// The state of a dossier at an instant.
pub(super) enum Standing<'a> {
    /// It was not handed in yet.
    Unknown,
    /// Handed in and not received.
    Waiting,
    /// Received and not ended.
    Open(&'a HistoryEntry),
    /// Ended by this entry.
    Ended(&'a HistoryEntry, DossierStatus),
}

/// What has happened by the end of `day`: a later event does not exist yet.
pub(super) fn known(history: &[HistoryEntry], end: Timestamp) -> &[HistoryEntry] {
    let Some(latest) = as_of(history, end) else {
        return &[];
    };
    &history[..usize::try_from(latest.version).unwrap_or(usize::MAX).min(history.len())]
}

fn is_received(known: &[HistoryEntry]) -> bool {
    known.iter().any(|entry| entry.action == Action::Receive)
}

pub(super) fn standing(known: &[HistoryEntry]) -> Standing<'_> {
    let Some(latest) = known.last() else {
        return Standing::Unknown;
    };
    match latest.status {
        // Settled is when work ended (9), not when the applicant came for the result (10).
        DossierStatus::Finished | DossierStatus::Returned => {
            let end = known.iter().rfind(|entry| entry.action == Action::Finish).unwrap_or(latest);
            Standing::Ended(end, DossierStatus::Finished)
        }
        status @ (DossierStatus::Refused | DossierStatus::Withdrawn) => {
            Standing::Ended(latest, status)
        }
        DossierStatus::Registered => Standing::Waiting,
        // Documents can be asked for before receipt, and then the dossier is nobody's yet.
        DossierStatus::SupplementRequested if !is_received(known) => Standing::Waiting,
        DossierStatus::SupplementRequested
        | DossierStatus::Received
        | DossierStatus::Processing
        | DossierStatus::PaymentRequested
        | DossierStatus::Suspended => Standing::Open(latest),
    }
}

struct Share {
    row: KpiRow,
    /// The figures of each officer.
    officers: Vec<(String, KpiRow)>,
    /// What the day takes back of an earlier one.
    taken_back: Option<TakenBack>,
}

/// An end of an earlier day that holds no longer.
struct TakenBack {
    /// The day of the earlier end.
    ended: Date,
    /// The figures that the day counted.
    done: KpiRow,
    officer: Option<String>,
}

/// An end as its day counts it, with the officer who settled it.
fn settled(end: &HistoryEntry, rulings: &Rulings<'_>) -> (KpiRow, Option<String>) {
    let day = date_of(end.at);
    let electronic = u64::from(end.result == Some(ResultKind::Electronic));
    let mut done = KpiRow { resolved: 1, results_electronic: electronic, ..KpiRow::default() };
    match (rulings.basis_on)(day).due(end) {
        Some(due) if day < due => done.early = 1,
        Some(due) if day > due => done.late = 1,
        _ => done.on_time = 1,
    }
    (done, (end.by.role == Role::Officer).then(|| end.by.id.clone()))
}

fn share(dossier: &DossierFacts, day: Date, rulings: &Rulings<'_>) -> Share {
    let basis = (rulings.basis_on)(day);
    let (before, now) =
        (known(&dossier.history, end_of(previous(day))), known(&dossier.history, end_of(day)));
    let (began, ended) = (standing(before), standing(now));
    let mut row =
        KpiRow { carried_over: u64::from(matches!(began, Standing::Open(_))), ..KpiRow::default() };
    let mut officers = Vec::new();
    for entry in &now[before.len().min(now.len())..] {
        let late = basis.due(entry).is_some_and(|due| due < day);
        match entry.action {
            Action::Submit => row.submitted += 1,
            Action::Receive => {
                row.received += 1;
                row.digitised += u64::from(dossier.document_count > 0);
                let in_time = dossier
                    .history
                    .first()
                    .and_then(|first| (rulings.receive_by)(dossier, first.at));
                row.received_late += u64::from(in_time.is_some_and(|last| last < day));
            }
            Action::ReturnResult => {
                row.returned += 1;
                row.returned_late += u64::from(late);
            }
            Action::ConfirmPayment => {
                row.paid += 1;
                row.paid_online += u64::from(entry.by.role == Role::Portal);
            }
            Action::SendBack => row.sent_back += u64::from(is_settled_before(now, entry)),
            Action::RequestSupplement => {
                let done = KpiRow {
                    asked: 1,
                    asked_late: u64::from(entry.asked_late),
                    ..KpiRow::default()
                };
                row.add(&done);
                if entry.by.role == Role::Officer {
                    officers.push((entry.by.id.clone(), done));
                }
            }
            Action::Refuse
            | Action::Supplement
            | Action::RefuseExpired
            | Action::Process
            | Action::RequestPayment
            | Action::Suspend
            | Action::Resume
            | Action::Finish
            | Action::Recall
            | Action::Apologise
            | Action::Withdraw
            | Action::Forward
            | Action::HandBack
            | Action::Redate
            | Action::AnnounceDelay
            | Action::Correct => {}
        }
    }
    match ended {
        Standing::Unknown => {}
        Standing::Waiting => {
            row.waiting += 1;
            let by = waiting_since(now).and_then(|since| (rulings.receive_by)(dossier, since));
            row.waiting_late += u64::from(by.is_some_and(|last| last < day));
        }
        Standing::Open(latest) => {
            let made = assignments_by(&dossier.assignments, end_of(day));
            row.held += u64::from(holder(now, made).is_some());
            if latest.status == DossierStatus::SupplementRequested {
                row.supplement += 1;
            } else if latest.status == DossierStatus::PaymentRequested {
                row.payment += 1;
            } else if latest.status == DossierStatus::Suspended {
                row.suspended += 1;
            } else {
                row.in_process += 1;
                let due = basis.due(latest);
                row.overdue += u64::from(due.is_some_and(|due| due < day));
                let step = step(now, made);
                row.step_overdue +=
                    u64::from(step.is_some_and(|step| step.is_overdue(end_of(day))));
                row.due_tomorrow +=
                    u64::from(due.is_some_and(|due| (rulings.due_next)(dossier, day, due)));
            }
        }
        Standing::Ended(end, status) if date_of(end.at) == day => {
            match (status, is_received(now)) {
                (DossierStatus::Refused, true) => row.refused += 1,
                (DossierStatus::Refused, false) => row.refused_unreceived += 1,
                (DossierStatus::Withdrawn, true) => row.withdrawn += 1,
                (DossierStatus::Withdrawn, false) => row.withdrawn_unreceived += 1,
                _ => {
                    let (done, by) = settled(end, rulings);
                    row.add(&done);
                    officers.extend(by.map(|officer| (officer, done)));
                }
            }
        }
        // Nothing moved: it had ended before.
        Standing::Ended(..) => return Share { row, officers, taken_back: None },
    }
    let taken_back = match began {
        Standing::Ended(end, _) => {
            row.reopened += 1;
            let (done, officer) = settled(end, rulings);
            Some(TakenBack { ended: date_of(end.at), done, officer })
        }
        Standing::Unknown | Standing::Waiting | Standing::Open(_) => None,
    };
    Share { row, officers, taken_back }
}

/// Whether the dossier was settled when `entry` came.
fn is_settled_before(known: &[HistoryEntry], entry: &HistoryEntry) -> bool {
    let before = known.iter().rfind(|other| other.version < entry.version);
    before.is_some_and(|before| before.status == DossierStatus::Finished)
}
