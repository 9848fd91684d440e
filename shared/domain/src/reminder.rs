//! What a morning asks of an open dossier: whether it is due soon or overdue, and what the agency owes the applicant
//! by itself.

use jiff::ToSpan;
use jiff::civil::Date;

use crate::calendar::{Calendar, MissingYear, date_of, next};
use crate::dossier::{APOLOGIES_MAX, Action, DossierStatus, HistoryEntry, apologies};

/// How many working days the new date lies behind the old one, or behind the day of a letter that comes too late. No
/// law gives a number; the agency's officers can give another day themselves before the morning does.
pub const EXTENSION_WORKING_DAYS: u32 = 3;

/// A term of fewer working days gets no letter before it has run out: it is open on most mornings of its life and done by
/// the evening, and a day before its due date it had hardly come in. The number is ours.
pub const SHORT_TERM_WORKING_DAYS: i64 = 3;

/// How long an applicant has for the papers asked for. Production systems keep it as a setting (`ThoiHanBoSung`); the
/// number is ours and unverified.
pub const SUPPLEMENT_CALENDAR_DAYS: i64 = 30;

/// How near a dossier in process is to its due date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nearness {
    /// Due today or on the next working day.
    DueSoon,
    /// Past its due date.
    Overdue,
}

/// What the agency owes the applicant by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Duty {
    /// A letter of apology with a new date: NĐ 61/2018/NĐ-CP Đ.19.9, at least a day before the due date.
    Apologise,
    /// To close the dossier, since the papers never came.
    RefuseExpired,
}

/// How near the dossier with this history is on `day` to the due date that it has now.
pub fn nearness(history: &[HistoryEntry], day: Date, calendar: &Calendar) -> Result<Option<Nearness>, MissingYear> {
    let Some(due) = due_in_process(history) else {
        return Ok(None);
    };
    if due < day {
        return Ok(Some(Nearness::Overdue));
    }
    // Counted up to the due date and not from it, so that the last days of a year need no calendar of the next.
    Ok((calendar.working_days_between(day, due)? <= 1).then_some(Nearness::DueSoon))
}

/// What is owed on `day`.
pub fn duty(history: &[HistoryEntry], day: Date, calendar: &Calendar) -> Result<Option<Duty>, MissingYear> {
    if let Some(near) = nearness(history, day, calendar)? {
        let told = apologies(history) >= APOLOGIES_MAX;
        let early = near == Nearness::DueSoon && is_short(history, calendar)?;
        return Ok((!told && !early).then_some(Duty::Apologise));
    }
    let waiting = history.last().is_some_and(|entry| entry.status == DossierStatus::SupplementRequested);
    let asked = history.iter().rfind(|entry| entry.action == Action::RequestSupplement).filter(|_| waiting);
    let Some(asked) = asked.map(|entry| date_of(entry.at)) else {
        return Ok(None);
    };
    let last = asked.saturating_add(SUPPLEMENT_CALENDAR_DAYS.days());
    // A term that ends on a day off ends with the next working day (Bộ luật Dân sự 2015 Đ.148.5).
    Ok((last < day && calendar.working_day_from(last)? < day).then_some(Duty::RefuseExpired))
}

/// The new date that a letter of `day` gives the dossier with this history; none without a due date.
pub fn new_due_on(history: &[HistoryEntry], day: Date, calendar: &Calendar) -> Result<Option<Date>, MissingYear> {
    let Some(due) = due_in_process(history) else {
        return Ok(None);
    };
    let mut promised = due.max(day);
    for _ in 0..EXTENSION_WORKING_DAYS {
        promised = calendar.working_day_from(next(promised))?;
    }
    Ok(Some(promised))
}

/// Whether the clock was started for a short term.
fn is_short(history: &[HistoryEntry], calendar: &Calendar) -> Result<bool, MissingYear> {
    let started = history.iter().rfind(|entry| matches!(entry.action, Action::Receive | Action::Supplement));
    match (started, due_in_process(history)) {
        (Some(started), Some(due)) => {
            Ok(calendar.working_days_between(date_of(started.at), due)? < SHORT_TERM_WORKING_DAYS)
        }
        _ => Ok(false),
    }
}

/// The due date of a dossier on which the agency works; elsewhere the clock stands still or has stopped.
fn due_in_process(history: &[HistoryEntry]) -> Option<Date> {
    let last = history.last()?;
    let in_process = matches!(last.status, DossierStatus::Received | DossierStatus::Processing);
    last.due_at.filter(|_| in_process).map(date_of)
}
