//! Computes due dates.
//!
//! The clock starts when a complete dossier is received (NĐ 61/2018 Đ.17–19). In terms of days the
//! day of receipt is not counted. What arrives after the hand-over hour, or on a day off, is
//! received on the next working day (Đ.18), unless the calendar reads the closed hours otherwise.
//! Early, on time and late are decided by date alone (see [`crate::kpi`]).

mod run;

use std::fmt;

use jiff::civil::{Date, Time};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::calendar::{Calendar, ClosedReceipt, DayKind, MissingYear, date_of, next, time_of};
use crate::id::AgencyCode;
use crate::law::{Law, PauseRule};
pub use crate::term::{Term, TermUnit};

pub use run::{Pause, Promise, Run};
use run::{days_stood, give_back_days, give_back_working_days, hours_stood, working_days_stood};

impl Term {
    /// The instant at which a dossier received at `received` is due.
    pub fn due(self, calendar: &Calendar, received: Timestamp) -> Result<Timestamp, MissingYear> {
        self.walk(calendar, &Run::from(received), &mut |_, _| {})
    }

    /// The due date of a dossier whose clock ran like `run`. Fails if a year that it reaches has no
    /// calendar.
    ///
    /// It is counted from the start of the term, and not from the due date that the last pause
    /// gave: that one may have been moved off a day off, and those days would be given back twice.
    pub fn due_of(self, calendar: &Calendar, run: &Run) -> Result<Timestamp, MissingYear> {
        let mut silent = |_: Date, _: Reckoning| {};
        let Some(promise) = run.promise else {
            return self.walk(calendar, run, &mut silent);
        };
        let since: Vec<Pause> =
            run.pauses.iter().copied().filter(|pause| pause.from >= promise.at).collect();
        // A day that was promised may have become a day off since.
        let promised = calendar.working_day_from(date_of(promise.due))?;
        match self.unit() {
            TermUnit::WorkingDay => {
                let received = effective_receipt(calendar, run, &mut silent)?;
                let stood = working_days_stood(calendar, received, &since)?;
                Ok(calendar.closing(give_back_working_days(
                    calendar,
                    promised,
                    stood,
                    &mut silent,
                )?))
            }
            TermUnit::CalendarDay => {
                let received = effective_receipt(calendar, run, &mut silent)?;
                let stood = days_stood(calendar, received, promised, &since)?;
                let last = give_back_days(promised, stood, &mut silent);
                close(calendar, last, &mut silent)
            }
            TermUnit::WorkingHour => advance(
                calendar,
                calendar.closing(promised),
                hours_stood(calendar, &since)?,
                &mut silent,
            ),
        }
    }

    /// The same instant as [`Self::due`], with every day on the way to it and the article by which
    /// they were counted.
    pub fn explained(self, law: &Law, received: Timestamp) -> Result<Explanation, MissingYear> {
        self.explained_in(law.calendar(), law, &Run::from(received))
    }

    /// The same of a clock that ran like `run`, by the common calendar.
    pub fn explained_run(self, law: &Law, run: &Run) -> Result<Explanation, MissingYear> {
        self.explained_in(law.calendar(), law, run)
    }

    /// The due date of a dossier of `agency` by the count of the term alone, without any promise,
    /// for a clock that ran like `run`; with the days given back for pauses.
    pub fn explained_of(
        self,
        law: &Law,
        agency: &AgencyCode,
        run: &Run,
    ) -> Result<Explanation, MissingYear> {
        self.explained_in(law.calendar_of(agency), law, run)
    }

    fn explained_in(
        self,
        calendar: &Calendar,
        law: &Law,
        run: &Run,
    ) -> Result<Explanation, MissingYear> {
        let mut days = Vec::new();
        let due = self.walk(calendar, run, &mut |date, reckoning| {
            let provisional = calendar.is_provisional(date, date);
            days.push(DayReckoned { date, kind: calendar.kind(date).ok(), reckoning, provisional });
        })?;
        let pauses =
            run.pauses.last().and_then(|pause| law.rule_on(date_of(pause.to)).pauses.clone());
        let provisional = calendar.is_provisional(date_of(run.started), date_of(due));
        Ok(Explanation { due, days, rule: self.rule(law, run.started), pauses, provisional })
    }

    /// The term as a rule that an applicant can look up, in the words of the law in force at
    /// `started`.
    pub fn rule(self, law: &Law, started: Timestamp) -> DueRule {
        let source = law.rule_on(date_of(started)).counting(self.unit()).to_owned();
        DueRule { amount: self.amount(), unit: self.unit(), source }
    }

    /// Walks from the start of `run` to the due date, including the time given back for pauses, and
    /// calls `note` for each day.
    fn walk(
        self,
        calendar: &Calendar,
        run: &Run,
        note: &mut impl FnMut(Date, Reckoning),
    ) -> Result<Timestamp, MissingYear> {
        let (of, pauses) = (self.amount(), &run.pauses);
        match self.unit() {
            TermUnit::WorkingDay => {
                let received = effective_receipt(calendar, run, note)?;
                let mut day = received;
                for number in 1..=of {
                    day =
                        calendar.working_day_passing(next(day), |off| note(off, Reckoning::Off))?;
                    note(day, Reckoning::Counted { number, of });
                }
                let stood = working_days_stood(calendar, received, pauses)?;
                Ok(calendar.closing(give_back_working_days(calendar, day, stood, note)?))
            }
            TermUnit::CalendarDay => {
                let received = effective_receipt(calendar, run, note)?;
                let mut last = received;
                for number in 1..=of {
                    last = next(last);
                    note(last, Reckoning::Counted { number, of });
                }
                let stood = days_stood(calendar, received, last, pauses)?;
                let last = give_back_days(last, stood, note);
                close(calendar, last, note)
            }
            TermUnit::WorkingHour => {
                let length =
                    SignedDuration::from_hours(i64::from(of)) + hours_stood(calendar, pauses)?;
                advance(calendar, run.started, length, note)
            }
        }
    }
}

impl Law {
    /// The last day on which a dossier that waits for its receipt since `since` is received in time;
    /// `None` if the rule of that day has no bound, or the calendar does not reach so far.
    pub fn receive_by(&self, agency: &AgencyCode, since: Timestamp) -> Option<Date> {
        self.reception_ends(agency, since, 1).ok().flatten()
    }

    /// The day on which so many times the hours of reception have passed since `since`; `None` if
    /// the rule of that day has no bound. Fails if the calendar does not reach so far.
    pub(crate) fn reception_ends(
        &self,
        agency: &AgencyCode,
        since: Timestamp,
        times: u16,
    ) -> Result<Option<Date>, MissingYear> {
        let hours = self.rule_on(date_of(since)).reception_working_hours;
        let hours = hours.and_then(|hours| hours.checked_mul(times));
        let term = hours.and_then(|hours| Term::new(hours, TermUnit::WorkingHour).ok());
        term.map(|term| term.due(self.calendar_of(agency), since).map(date_of)).transpose()
    }
}

/// The rule by which a due date was found, for the applicant's slip.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DueRule {
    /// The number of units.
    pub amount: u16,
    /// The unit of the term.
    pub unit: TermUnit,
    /// The articles by which they are counted.
    pub source: String,
}

/// A due instant that can be checked against a wall calendar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// The instant at which the dossier is due.
    pub due: Timestamp,
    /// Every day from receipt to the due date, in order; a day has one line for each half-day that
    /// is counted in hours.
    pub days: Vec<DayReckoned>,
    /// What was counted, and by which articles.
    pub rule: DueRule,
    /// The rule by which the last pause was counted; `None` without pauses, or if no rule was in
    /// force.
    pub pauses: Option<PauseRule>,
    /// Whether the count used a year that the government has not decided; it is then counted again
    /// after the decision.
    pub provisional: bool,
}

/// One day on the way to a due date. `Display` is one sentence for a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayReckoned {
    /// The day in Viet Nam.
    pub date: Date,
    /// The day's kind; `None` in a year without a calendar, which a term in calendar days may
    /// cross.
    pub kind: Option<DayKind>,
    /// What it was to the term.
    pub reckoning: Reckoning,
    /// Whether the government has not decided its year.
    pub provisional: bool,
}

/// What a day was to a term.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reckoning {
    /// The working day of receipt, which is not counted.
    Received,
    /// It came on a day off or after closing, and counts as received then.
    ReceivedWhileClosed,
    /// It came after the hand-over hour and is received on the next working day.
    AfterHandOver,
    /// Offices are closed; the kind of the day is the reason.
    Off,
    /// Counted as day `number` of the term.
    Counted {
        /// The position of the day, from 1.
        number: u16,
        /// The total number of days.
        of: u16,
    },
    /// A day given back at the end for a day on which the clock was paused.
    GivenBack {
        /// The position of the day, from 1.
        number: i64,
        /// The total number of days given back.
        of: i64,
    },
    /// Not counted, but due: the term ended on a day off before it.
    MovedHere,
    /// Office time of one half-day, counted.
    Open {
        /// The start of the span.
        from: Time,
        /// The end of the span.
        to: Time,
        /// How much has been counted so far.
        counted: SignedDuration,
        /// Of how much: the term, and what is given back for pauses.
        of: SignedDuration,
    },
    /// A working day with no office time left.
    Closed,
}

impl Reckoning {
    /// The name in JSON and in addresses.
    pub fn name(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::ReceivedWhileClosed => "received-while-closed",
            Self::AfterHandOver => "after-hand-over",
            Self::Off => "off",
            Self::Counted { .. } => "counted",
            Self::GivenBack { .. } => "given-back",
            Self::MovedHere => "moved-here",
            Self::Open { .. } => "open",
            Self::Closed => "closed",
        }
    }
}

impl fmt::Display for DayReckoned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_explanation(f)?;
        if self.provisional { f.write_str(", by a provisional calendar") } else { Ok(()) }
    }
}

impl DayReckoned {
    fn write_explanation(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.reckoning {
            Reckoning::Received => f.write_str("received"),
            Reckoning::ReceivedWhileClosed => f.write_str("received while offices are closed"),
            Reckoning::AfterHandOver => return f.write_str("came after the hand-over hour"),
            Reckoning::Off => return f.write_str(self.closed().unwrap_or("day off")),
            Reckoning::Counted { number, of } => write!(f, "counted {number} of {of}"),
            Reckoning::GivenBack { number, of } => write!(f, "given back {number} of {of}"),
            Reckoning::MovedHere => f.write_str("due, as the term ended on a day off"),
            Reckoning::Open { from, to, counted, of } => {
                let (from, to) = (from.strftime("%H:%M"), to.strftime("%H:%M"));
                write!(f, "{from}–{to}, counted {} of {}", hours(counted), hours(of))
            }
            Reckoning::Closed => f.write_str("came after closing"),
        }?;
        match self.kind {
            Some(DayKind::MadeUp) => write!(f, ", a made-up {}", self.date.strftime("%A")),
            _ => self.closed().map_or(Ok(()), |kind| write!(f, ", a {kind}")),
        }
    }

    /// Why offices are closed, if they are.
    fn closed(&self) -> Option<&'static str> {
        match self.kind? {
            DayKind::Weekend => Some("weekend"),
            DayKind::Holiday => Some("holiday"),
            DayKind::Working | DayKind::MadeUp => None,
        }
    }
}

/// `3 h 30 min`; seconds only where there are any.
fn hours(length: SignedDuration) -> String {
    let seconds = length.as_secs();
    let parts = [(seconds / 3_600, "h"), (seconds / 60 % 60, "min"), (seconds % 60, "s")];
    let parts: Vec<String> = parts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, unit)| format!("{count} {unit}"))
        .collect();
    if parts.is_empty() { "0 h".to_owned() } else { parts.join(" ") }
}

/// The working day on which a dossier whose clock ran like `run` counts as received.
fn effective_receipt(
    calendar: &Calendar,
    run: &Run,
    note: &mut impl FnMut(Date, Reckoning),
) -> Result<Date, MissingYear> {
    let received = run.started;
    let mut day = date_of(received);
    let reading = run.closed_receipt.unwrap_or_else(|| calendar.closed_receipt_on(day));
    if reading == ClosedReceipt::CountedNextDay && calendar.is_closed_at(received)? {
        note(day, Reckoning::ReceivedWhileClosed);
        return Ok(day);
    }
    if calendar.kind(day)?.is_working() && calendar.is_after_hand_over(received) {
        note(day, Reckoning::AfterHandOver);
        day = next(day);
    }
    let day = calendar.working_day_passing(day, |off| note(off, Reckoning::Off))?;
    note(day, Reckoning::Received);
    Ok(day)
}

/// Whether more than `within` working days have passed by `day` since a dossier came at `received`,
/// which counts as received by the same rule as for a term.
pub(crate) fn passed_since_receipt(
    calendar: &Calendar,
    received: Timestamp,
    day: Date,
    within: u16,
) -> Result<bool, MissingYear> {
    let mut last = effective_receipt(calendar, &Run::from(received), &mut |_, _| {})?;
    for _ in 0..within {
        // Days are asked for no further than `day`, so that a year that nobody needs yet is not
        // missed.
        if last >= day {
            return Ok(false);
        }
        last = next(last);
        while last < day && !calendar.kind(last)?.is_working() {
            last = next(last);
        }
    }
    Ok(last < day)
}

/// The closing of `last`, or of the first working day after it (BLDS 2015 Đ.148.5).
fn close(
    calendar: &Calendar,
    last: Date,
    note: &mut impl FnMut(Date, Reckoning),
) -> Result<Timestamp, MissingYear> {
    if calendar.kind(last)?.is_working() {
        return Ok(calendar.closing(last));
    }
    let day = calendar.working_day_passing(next(last), |off| note(off, Reckoning::Off))?;
    note(day, Reckoning::MovedHere);
    Ok(calendar.closing(day))
}

/// Walks `length` of office time forward from `start`.
fn advance(
    calendar: &Calendar,
    start: Timestamp,
    length: SignedDuration,
    note: &mut impl FnMut(Date, Reckoning),
) -> Result<Timestamp, MissingYear> {
    let (mut left, mut day) = (length, date_of(start));
    if left.is_zero() {
        return Ok(start);
    }
    loop {
        let before = left;
        for (open, close) in calendar.slots(day)? {
            let begin = open.max(start);
            if begin < close {
                let taken = left.min(begin.duration_until(close));
                let end = begin.saturating_add(taken).unwrap_or(close);
                left -= taken;
                let (from, to) = (time_of(begin), time_of(end));
                note(day, Reckoning::Open { from, to, counted: length - left, of: length });
                if left.is_zero() {
                    return Ok(end);
                }
            }
        }
        if left == before {
            note(
                day,
                if calendar.kind(day)?.is_working() { Reckoning::Closed } else { Reckoning::Off },
            );
        }
        day = next(day);
    }
}
