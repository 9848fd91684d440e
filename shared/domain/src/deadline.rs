//! When a dossier is due.
//!
//! The clock starts when a complete dossier is received (NĐ 61/2018 Đ.17–19). For terms in days the day of
//! receipt is not counted; what arrives after the hand-over hour, or on a day off, is received on the next working
//! day (Đ.18). Early, on time and late are told by date alone (see [`crate::kpi`]).

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

use crate::calendar::{Calendar, MissingYear, date_of, next};

/// What a term is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TermUnit {
    /// Days on which offices are open (ngày làm việc).
    WorkingDay,
    /// All days; the last one is moved to a working day (ngày).
    CalendarDay,
    /// Hours within office hours (giờ làm việc).
    WorkingHour,
}

/// How long a procedure may take: at least one, at most 1,000 units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "TermWire", into = "TermWire")]
pub struct Term {
    amount: u16,
    unit: TermUnit,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TermWire {
    amount: u16,
    unit: TermUnit,
}

impl From<Term> for TermWire {
    fn from(term: Term) -> Self {
        Self { amount: term.amount, unit: term.unit }
    }
}

impl TryFrom<TermWire> for Term {
    type Error = &'static str;

    fn try_from(wire: TermWire) -> Result<Self, Self::Error> {
        Self::new(wire.amount, wire.unit)
    }
}

impl Term {
    /// A term of `amount` units.
    pub fn new(amount: u16, unit: TermUnit) -> Result<Self, &'static str> {
        if (1..=1_000).contains(&amount) { Ok(Self { amount, unit }) } else { Err("a term is 1 to 1,000 units") }
    }

    /// The instant at which a dossier received at `received` is due.
    pub fn due(self, calendar: &Calendar, received: Timestamp) -> Result<Timestamp, MissingYear> {
        match self.unit {
            TermUnit::WorkingDay => {
                let mut day = effective_receipt(calendar, received)?;
                for _ in 0..self.amount {
                    day = calendar.working_day_from(next(day))?;
                }
                Ok(calendar.closing(day))
            }
            TermUnit::CalendarDay => {
                let last = effective_receipt(calendar, received)?.saturating_add(i64::from(self.amount).days());
                Ok(calendar.closing(calendar.working_day_from(last)?))
            }
            TermUnit::WorkingHour => advance(calendar, received, SignedDuration::from_hours(i64::from(self.amount))),
        }
    }

    /// Moves `due` on by the time in which the clock stood still, from `paused` to `resumed`.
    ///
    /// Days count in days: a dossier suspended and resumed on the same day loses nothing and gains nothing.
    pub fn resumed(
        self,
        calendar: &Calendar,
        due: Timestamp,
        paused: Timestamp,
        resumed: Timestamp,
    ) -> Result<Timestamp, MissingYear> {
        let (from, to) = (date_of(paused), date_of(resumed));
        match self.unit {
            TermUnit::WorkingDay => {
                let mut day = date_of(due);
                for _ in 0..calendar.working_days_between(from, to)? {
                    day = calendar.working_day_from(next(day))?;
                }
                Ok(calendar.closing(day))
            }
            TermUnit::CalendarDay => {
                let stood: i64 = from.until(to).map_or(0, |span| i64::from(span.get_days()));
                Ok(calendar.closing(calendar.working_day_from(date_of(due).saturating_add(stood.days()))?))
            }
            TermUnit::WorkingHour => advance(calendar, due, business_time(calendar, paused, resumed)?),
        }
    }
}

/// The working day on which a dossier that came at `received` counts as received.
fn effective_receipt(calendar: &Calendar, received: Timestamp) -> Result<Date, MissingYear> {
    let day = date_of(received);
    if calendar.kind(day)?.is_working() && calendar.is_after_hand_over(received) {
        return calendar.working_day_from(next(day));
    }
    calendar.working_day_from(day)
}

/// Walks `length` of office time forward from `start`.
fn advance(calendar: &Calendar, start: Timestamp, length: SignedDuration) -> Result<Timestamp, MissingYear> {
    let (mut left, mut day) = (length, date_of(start));
    if left.is_zero() {
        return Ok(start);
    }
    loop {
        for (open, close) in calendar.slots(day)? {
            let begin = open.max(start);
            if begin < close {
                let room = begin.duration_until(close);
                if left <= room {
                    return Ok(begin.saturating_add(left).unwrap_or(close));
                }
                left -= room;
            }
        }
        day = next(day);
    }
}

/// Office time between two instants.
fn business_time(calendar: &Calendar, from: Timestamp, to: Timestamp) -> Result<SignedDuration, MissingYear> {
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
