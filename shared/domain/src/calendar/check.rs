//! What contradicts itself in a calendar.

use std::collections::BTreeSet;

use jiff::civil::{Date, Time};

use super::{Calendar, is_weekend};
use crate::{RuleName, Violation};

impl Calendar {
    /// The rules that the calendar breaks: a day in the wrong year, a worked weekday, a day both
    /// off and worked, hours that run backwards or are repeated, or hours that start after the
    /// first day of the calendar.
    pub fn violations(&self) -> Vec<Violation> {
        let mut found = Vec::new();
        if self.years.is_empty() {
            found.push(Violation::new("years", RuleName::Present, "at least one year is needed"));
        }
        for (year, days) in &self.years {
            if days.source.trim().is_empty() {
                found.push(Violation::new(
                    format!("years.{year}.source"),
                    RuleName::Source,
                    "needs a source",
                ));
            }
            let mut check = |list: &str, day: &Date, rule: RuleName, broken: bool, detail: &str| {
                if broken {
                    let field = format!("years.{year}.{list}[\"{day}\"]");
                    found.push(Violation::new(field, rule, format!("{day} {detail}")));
                }
            };
            for (list, day) in days
                .off
                .iter()
                .map(|day| ("off", day))
                .chain(days.worked.iter().map(|day| ("worked", day)))
            {
                check(
                    list,
                    day,
                    RuleName::DayInYear,
                    day.year() != *year,
                    "stands under another year",
                );
            }
            for day in &days.worked {
                let free = !is_weekend(*day);
                check(
                    "worked",
                    day,
                    RuleName::WorkedWeekend,
                    free,
                    "is worked anyway: only a weekend day can be made up",
                );
                check(
                    "worked",
                    day,
                    RuleName::OffOrWorked,
                    days.off.contains(day),
                    "is both off and worked",
                );
            }
            for day in &days.off {
                check(
                    "off",
                    day,
                    RuleName::OffWeekday,
                    is_weekend(*day),
                    "is a weekend day and off anyway",
                );
            }
        }
        let places: Vec<String> =
            (0..self.hours.len()).map(|nth| format!("hours[{nth}]")).collect();
        found.extend(self.hours_violations("hours", &places));
        found
    }

    /// The rules that the office hours in `field` break, each with its position.
    pub(super) fn hours_violations(&self, field: &str, places: &[String]) -> Vec<Violation> {
        let mut found = Vec::new();
        let mut starts = BTreeSet::new();
        for (hours, place) in self.hours.iter().zip(places) {
            if !starts.insert(hours.valid_from) {
                let detail = format!("from {} stand twice", hours.valid_from);
                found.push(Violation::new(
                    format!("{place}.validFrom"),
                    RuleName::UniqueStart,
                    detail,
                ));
            }
            let times: Vec<Time> =
                hours.slots.iter().flat_map(|(open, close)| [*open, *close]).collect();
            if times.is_empty() || times.windows(2).any(|pair| pair[0] >= pair[1]) {
                found.push(Violation::new(
                    format!("{place}.slots"),
                    RuleName::OrderedSlots,
                    format!("from {} do not run forward", hours.valid_from),
                ));
            }
        }
        if self.hours.is_empty() {
            found.push(Violation::new(
                field,
                RuleName::Present,
                "at least one set of office hours is needed",
            ));
        }
        // Without hours a working day would close at midnight, as it begins.
        if let (Some(year), Some(start)) = (self.years.keys().next(), starts.first())
            && (start.year(), start.day_of_year()) > (*year, 1)
        {
            found.push(Violation::new(
                field,
                RuleName::CoverYears,
                format!("begin on {start}, after the first day of {year}"),
            ));
        }
        found
    }
}
