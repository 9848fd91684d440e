//! What a morning asks of an open dossier: whether it is due soon or overdue, and what the agency
//! owes the applicant by itself.

use jiff::civil::Date;

use crate::calendar::{Calendar, MissingYear, date_of, next};
use crate::dossier::{
    Action, DossierStatus, HistoryEntry, apologies, is_over, last_day_for_supplement, redated,
    waiting_since,
};
use crate::id::AgencyCode;
use crate::law::{ClockRule, Law, LetterPolicy};

/// How near a dossier in process is to its due date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lateness {
    /// Due today or on the next working day.
    DueSoon,
    /// The dossier is past its due date.
    Overdue,
}

/// What the agency owes the applicant by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Duty {
    /// A letter of apology with a new date: NĐ 61/2018/NĐ-CP Đ.19.9, at least a day before the due
    /// date.
    Apologise,
    /// The due date that the calendar in force gives, where it was changed since the date was
    /// given.
    Redate,
    /// To close the dossier, since the documents never came.
    RefuseExpired,
    /// To tell the applicant that the dossier still waits for its receipt, and where to ask.
    AnnounceDelay,
}

/// How near the dossier with this history is on `day` to the due date that it has now.
pub fn nearness(
    history: &[HistoryEntry],
    day: Date,
    calendar: &Calendar,
) -> Result<Option<Lateness>, MissingYear> {
    let Some(due) = due_in_process(history) else {
        return Ok(None);
    };
    if due < day {
        return Ok(Some(Lateness::Overdue));
    }
    // Counted up to the due date and not from it, so that the last days of a year need no calendar
    // of the next.
    Ok((calendar.working_days_between(day, due)? <= 1).then_some(Lateness::DueSoon))
}

/// What `agency` owes first on `day` for the dossier with this history, by the law of that day.
pub fn duty(
    history: &[HistoryEntry],
    day: Date,
    law: &Law,
    agency: &AgencyCode,
) -> Result<Option<Duty>, MissingYear> {
    duty_made_up(history, day, day, law, agency)
}

/// As [`duty`], where the morning of `day` is made up for on `today`: a due date is counted anew as
/// of today, since it cannot move to a day that has passed meanwhile.
pub fn duty_made_up(
    history: &[HistoryEntry],
    day: Date,
    today: Date,
    law: &Law,
    agency: &AgencyCode,
) -> Result<Option<Duty>, MissingYear> {
    if redated(history, today, law, agency)?.is_some() {
        return Ok(Some(Duty::Redate));
    }
    if is_delayed(history, day, law, agency)? {
        return Ok(Some(Duty::AnnounceDelay));
    }
    let (calendar, rule) = (law.calendar_of(agency), law.rule_on(day));
    if let Some(near) = nearness(history, day, calendar)? {
        let exhausted = apologies(history) >= usize::from(rule.extensions_max);
        let by_officers = match (rule.letter, near) {
            (LetterPolicy::EveryDue, _) | (LetterPolicy::OverdueOnly, Lateness::Overdue) => false,
            (LetterPolicy::OverdueOnly, Lateness::DueSoon) | (LetterPolicy::Off, _) => true,
        };
        let early = near == Lateness::DueSoon && is_short(history, calendar, rule)?;
        return Ok((!exhausted && !by_officers && !early).then_some(Duty::Apologise));
    }
    let last = last_day_for_supplement(history, law);
    let expired = last.map_or(Ok(false), |last| is_over(last, day, calendar))?;
    Ok(expired.then_some(Duty::RefuseExpired))
}

/// Whether the dossier with this history waits on `day` for a receipt by `agency` that is late.
pub fn is_received_late(
    history: &[HistoryEntry],
    day: Date,
    law: &Law,
    agency: &AgencyCode,
) -> Result<bool, MissingYear> {
    waits_beyond(history, 1, day, law, agency)
}

/// Whether it waits for twice the time, and the applicant was not told since it began to wait.
fn is_delayed(
    history: &[HistoryEntry],
    day: Date,
    law: &Law,
    agency: &AgencyCode,
) -> Result<bool, MissingYear> {
    let since = waiting_since(history);
    let told = |entry: &HistoryEntry| {
        entry.action == Action::AnnounceDelay && since.is_some_and(|since| entry.at >= since)
    };
    Ok(waits_beyond(history, 2, day, law, agency)? && !history.iter().any(told))
}

/// Whether it waits on `day` for longer than so many times the hours of reception.
fn waits_beyond(
    history: &[HistoryEntry],
    times: u16,
    day: Date,
    law: &Law,
    agency: &AgencyCode,
) -> Result<bool, MissingYear> {
    let Some(since) = waiting_since(history) else {
        return Ok(false);
    };
    Ok(law.reception_ends(agency, since, times)?.is_some_and(|last| last < day))
}

/// The new date that a letter of `agency` of `day` gives the dossier with this history; none
/// without a due date.
pub fn new_due_on(
    history: &[HistoryEntry],
    day: Date,
    law: &Law,
    agency: &AgencyCode,
) -> Result<Option<Date>, MissingYear> {
    let Some(due) = due_in_process(history) else {
        return Ok(None);
    };
    let mut promised = due.max(day);
    for _ in 0..law.rule_on(day).extension_working_days {
        promised = law.calendar_of(agency).working_day_from(next(promised))?;
    }
    Ok(Some(promised))
}

/// Whether the clock was started, for the last time, for a short term. Documents after which it
/// only goes on start nothing.
fn is_short(
    history: &[HistoryEntry],
    calendar: &Calendar,
    rule: &ClockRule,
) -> Result<bool, MissingYear> {
    let started = history.iter().rfind(|entry| entry.due_rule.is_some());
    match (started, due_in_process(history)) {
        (Some(started), Some(due)) => {
            let days = calendar.working_days_between(date_of(started.at), due)?;
            Ok(days < i64::from(rule.short_term_working_days))
        }
        _ => Ok(false),
    }
}

/// The due date of a dossier on which the agency works; `None` where the clock is paused or has
/// stopped.
fn due_in_process(history: &[HistoryEntry]) -> Option<Date> {
    let last = history.last()?;
    let in_process = matches!(last.status, DossierStatus::Received | DossierStatus::Processing);
    last.due_at.filter(|_| in_process).map(date_of)
}
