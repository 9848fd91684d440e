//! How a clock ran: where a term started, when it was paused, and which day was promised instead.
//!
//! Paused time is given back. A term in hours gets office time; a term in days gets the days at
//! whose closing the clock was paused, or the days between the dates, by the rule of the day on
//! which the pause ended ([`PauseCounting`]). The day of receipt is not counted, so that a pause
//! before its end costs nothing; for arrivals after the hand-over hour this extends to the next
//! working day.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan};

use super::Reckoning;
use crate::calendar::{Calendar, ClosedReceipt, MissingYear, date_of, next, previous};
use crate::law::PauseCounting;

/// A time in which the clock was paused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pause {
    /// The start of the pause.
    pub from: Timestamp,
    /// The end of the pause.
    pub to: Timestamp,
    /// How it is counted of a term in days.
    pub by: PauseCounting,
}

/// Another due date than the term gives, by a letter of apology.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Promise {
    /// The time of the letter.
    pub at: Timestamp,
    /// The due date that it gave.
    pub due: Timestamp,
}

/// What a due date is counted from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// When the term began, for the last time.
    pub started: Timestamp,
    /// The last promise since the start of the term.
    pub promise: Option<Promise>,
    /// Every pause since the start of the term, oldest first.
    pub pauses: Vec<Pause>,
    /// How a start while offices are closed is read; by the calendar, where that is not kept.
    pub closed_receipt: Option<ClosedReceipt>,
}

impl From<Timestamp> for Run {
    /// A term that began at `started` and has run ever since.
    fn from(started: Timestamp) -> Self {
        Self { started, promise: None, pauses: Vec::new(), closed_receipt: None }
    }
}

impl Pause {
    /// The days that the pause gives back to a dossier with day of receipt `received`: after the
    /// first date, up to and including the second. A day is lost at its closing: a day worked to
    /// its end is not lost, and one on which the clock resumed after closing is.
    fn days(&self, calendar: &Calendar, received: Date) -> (Date, Date) {
        let (from, to) = (date_of(self.from), date_of(self.to));
        let (after, last) = match self.by {
            PauseCounting::Dates => (from, to),
            PauseCounting::Closings => (
                if self.from < calendar.closing(from) { previous(from) } else { from },
                if self.to < calendar.closing(to) { previous(to) } else { to },
            ),
        };
        (after.max(received), last)
    }
}

/// Working days within the pauses of a dossier with day of receipt `received`.
pub(super) fn working_days_stood(
    calendar: &Calendar,
    received: Date,
    pauses: &[Pause],
) -> Result<i64, MissingYear> {
    pauses.iter().try_fold(0, |stood, pause| {
        let (after, last) = pause.days(calendar, received);
        Ok(stood + calendar.working_days_between(after, last)?)
    })
}

/// The days that `pauses` give back to a term that ends on `last` without them.
///
/// Of a pause that began when the due date had passed, only as many as leave it passed: the next
/// working day after a day off could be one that has not come yet, and what was overdue would be so
/// no more.
pub(super) fn days_stood(
    calendar: &Calendar,
    received: Date,
    last: Date,
    pauses: &[Pause],
) -> Result<i64, MissingYear> {
    let mut end = last;
    for pause in pauses {
        let (after, until) = pause.days(calendar, received);
        let days = after.until(until).map_or(0, |span| span.get_days().max(0));
        let mut then = end.saturating_add(days.days());
        if ended_before(calendar, end, date_of(pause.from))? {
            while then > end && !ended_before(calendar, then, date_of(pause.to))? {
                then = previous(then);
            }
        }
        end = then;
    }
    Ok(last.until(end).map_or(0, |span| i64::from(span.get_days())))
}

/// Whether a term that ends on `last` was due before `day`, on `last` itself or on the first working
/// day after it.
fn ended_before(calendar: &Calendar, last: Date, day: Date) -> Result<bool, MissingYear> {
    Ok(last < day && calendar.working_day_from(last)? < day)
}

/// Office time within the pauses.
pub(super) fn hours_stood(
    calendar: &Calendar,
    pauses: &[Pause],
) -> Result<SignedDuration, MissingYear> {
    pauses.iter().try_fold(SignedDuration::ZERO, |stood, pause| {
        Ok(stood + office_time(calendar, pause.from, pause.to)?)
    })
}

/// Walks `of` working days on from `day`.
pub(super) fn give_back_working_days(
    calendar: &Calendar,
    mut day: Date,
    of: i64,
    note: &mut impl FnMut(Date, Reckoning),
) -> Result<Date, MissingYear> {
    for number in 1..=of {
        day = calendar.working_day_passing(next(day), |off| note(off, Reckoning::Off))?;
        note(day, Reckoning::GivenBack { number, of });
    }
    Ok(day)
}

/// Walks `of` days on from `day`.
pub(super) fn give_back_days(
    mut day: Date,
    of: i64,
    note: &mut impl FnMut(Date, Reckoning),
) -> Date {
    for number in 1..=of {
        day = next(day);
        note(day, Reckoning::GivenBack { number, of });
    }
    day
}

/// Office time between two instants.
fn office_time(
    calendar: &Calendar,
    from: Timestamp,
    to: Timestamp,
) -> Result<SignedDuration, MissingYear> {
    let (mut total, mut day) = (SignedDuration::ZERO, date_of(from));
    while day <= date_of(to) {
        for (open, close) in calendar.slots(day)? {
            let (begin, end) = (open.max(from), close.min(to));
            if begin < end {
                total += begin.duration_until(end);
            }
        }
        day = next(day);
    }
    Ok(total)
}
