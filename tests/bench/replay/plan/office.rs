//! Days and hours of offices, as the planner needs them.

use domain::calendar::{Calendar, DayKind, date_of, instant, next, previous, time_of};
use fastrand::Rng;
use jiff::civil::{Date, Time};
use jiff::{Timestamp, ToSpan};

use crate::model::Replayed;

/// Opening and closing of each half-day, in seconds since midnight.
const HALF_DAYS: [(i64, i64); 2] =
    [(7 * 3_600, 11 * 3_600 + 1_800), (13 * 3_600 + 1_800, 17 * 3_600)];

/// Least time between two things that happen to a dossier, in seconds.
const APART: i64 = 60;

/// The calendar up to the last day that is played.
pub(super) struct Office<'a> {
    pub(super) calendar: &'a Calendar,
    pub(super) last: Date,
}

impl Office<'_> {
    fn is_open(&self, day: Date) -> bool {
        self.calendar.kind(day).unwrap().is_working()
    }

    /// Every day on which dossiers are received, with its weight.
    pub(super) fn weighted_days(&self, replayed: &Replayed) -> Vec<(Date, u64)> {
        let model = &replayed.model;
        let days = replayed.first.series(1.day()).take_while(|day| *day <= replayed.last);
        let weighted = days.filter_map(|day| {
            let of_month = model.months[usize::try_from(day.month() - 1).unwrap()];
            let of_day = match self.calendar.kind(day).unwrap() {
                DayKind::Working => {
                    model.weekdays[usize::try_from(day.weekday().to_monday_zero_offset()).unwrap()]
                }
                DayKind::MadeUp => model.made_up_saturday,
                DayKind::Weekend | DayKind::Holiday => return None,
            };
            Some((day, of_month * of_day))
        });
        weighted.collect()
    }

    /// The working days from `first` to `last`.
    pub(super) fn working_days(&self, first: Date, last: Date) -> Vec<Date> {
        first
            .series(1.day())
            .take_while(|day| *day <= last)
            .filter(|day| self.is_open(*day))
            .collect()
    }

    /// The working day that is `count` of them behind `day`; `day` itself for none.
    pub(super) fn next_day(&self, day: Date, count: usize) -> Date {
        let mut found = day;
        for _ in 0..count {
            found = self.calendar.working_day_from(next(found)).unwrap();
        }
        found
    }

    /// The working day before `day`.
    pub(super) fn day_before(&self, day: Date) -> Date {
        let mut found = previous(day);
        while !self.is_open(found) {
            found = previous(found);
        }
        found
    }

    /// The first day behind `due` on which a dossier can be settled that can be from `first` on.
    pub(super) fn first_late(&self, due: Date, first: Date) -> Date {
        self.calendar.working_day_from(next(due).max(first)).unwrap()
    }

    /// The first working day on which offices are open after `at`.
    pub(super) fn first_day_after(&self, at: Timestamp) -> Date {
        let day = date_of(at);
        let (_, close) = HALF_DAYS[1];
        let left = seconds(at) + APART < close;
        self.calendar.working_day_from(if left { day } else { next(day) }).unwrap()
    }

    /// Any instant of `day` at which offices are open, after `after`; none where there is none
    /// left.
    pub(super) fn instant_on(
        &self,
        day: Date,
        after: Timestamp,
        random: &mut Rng,
    ) -> Option<Timestamp> {
        let from = if day == date_of(after) { seconds(after) + APART } else { 0 };
        if day < date_of(after) || !self.is_open(day) {
            return None;
        }
        let left = HALF_DAYS.map(|(open, close)| (open.max(from), (close - open.max(from)).max(0)));
        let open: i64 = left.iter().map(|(_, length)| length).sum();
        let mut place = if open == 0 { return None } else { random.i64(0..open) };
        for (begin, length) in left {
            if place < length {
                return Some(instant(day, Time::midnight()) + (begin + place).seconds());
            }
            place -= length;
        }
        None
    }
}

fn seconds(at: Timestamp) -> i64 {
    let time = time_of(at);
    i64::from(time.hour()) * 3_600 + i64::from(time.minute()) * 60 + i64::from(time.second())
}
