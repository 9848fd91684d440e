//! How a clock ran: where a term began, when it stood still, and which day was promised instead.
//!
//! What stood still is given back: office time for office time, and of a term in days the days at
//! whose closing the clock stood still, or those between the dates, as the rule of the day says on
//! which the pause ended ([`PauseCounting`]). The day of receipt is not counted, so that nothing is
//! lost before it: of what came after the hand-over hour, not until the next working day.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

use super::Reckoning;
use crate::calendar::{Calendar, MissingYear, date_of, next, previous};
use crate::law::PauseCounting;

/// A time in which the clock stood still.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pause {
    /// Since when.
    pub from: Timestamp,
    /// Until when.
    pub to: Timestamp,
    /// How it is counted of a term in days.
    pub by: PauseCounting,
}

/// Another due date than the term gives, by a letter of apology.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Promise {
    /// When the letter was written.
    pub at: Timestamp,
    /// The due date that it gave.
    pub due: Timestamp,
}

/// What a due date is counted from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// When the term began, for the last time.
    pub started: Timestamp,
    /// The last promise since.
    pub promise: Option<Promise>,
    /// Every pause since, oldest first.
    pub pauses: Vec<Pause>,
}

impl From<Timestamp> for Run {
    /// A term that began at `started` and has run ever since.
    fn from(started: Timestamp) -> Self {
        Self { started, promise: None, pauses: Vec::new() }
    }
}

impl Pause {
    /// The days that it gives back of a dossier whose day of receipt is `received`: after the first
    /// of the two, up to and with the second. A day is lost at its closing: one that was worked to
    /// its end is not, and one that began again after it is.
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

/// Working days that passed while the clock stood still, of a dossier whose day of receipt is
/// `received`.
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

/// All days that passed.
pub(super) fn days_stood(calendar: &Calendar, received: Date, pauses: &[Pause]) -> i64 {
    let lengths = pauses.iter().map(|pause| {
        let (after, last) = pause.days(calendar, received);
        after.until(last).map_or(0, |span| i64::from(span.get_days()).max(0))
    });
    lengths.sum()
}

/// Office time that passed.
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
