//! What contradicts itself in a calendar.

use std::collections::BTreeSet;

use jiff::civil::{Date, Time};

use super::{Calendar, is_weekend};
use crate::Violation;

impl Calendar {
    /// The rules that the calendar breaks: a day in the wrong year, a worked weekday, a day both
    /// off and worked, hours that run backwards or are repeated, or hours that start after the
    /// first day of the calendar.
    pub fn violations(&self) -> Vec<Violation> {
        let mut found = Vec::new();
        if self.years.is_empty() {
            found.push(Violation::new("years", "present", "at least one year is needed"));
        }
        for (year, days) in &self.years {
            if days.source.trim().is_empty() {
                found.push(Violation::new(
                    format!("years.{year}.source"),
                    "source",
                    "needs a source",
                ));
            }
            let mut check =
                |list: &str, day: &Date, rule: &'static str, broken: bool, detail: &str| {
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
                check(list, day, "day-in-year", day.year() != *year, "stands under another year");
            }
            for day in &days.worked {
                let free = !is_weekend(*day);
                check(
                    "worked",
                    day,
                    "worked-weekend",
                    free,
                    "is worked anyway: only a weekend day can be made up",
                );
                check(
                    "worked",
                    day,
                    "off-or-worked",
                    days.off.contains(day),
                    "is both off and worked",
                );
            }
            for day in &days.off {
                check(
                    "off",
                    day,
                    "off-weekday",
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
                found.push(Violation::new(format!("{place}.validFrom"), "unique-start", detail));
            }
            let times: Vec<Time> =
                hours.slots.iter().flat_map(|(open, close)| [*open, *close]).collect();
            if times.is_empty() || times.windows(2).any(|pair| pair[0] >= pair[1]) {
                found.push(Violation::new(
                    format!("{place}.slots"),
                    "ordered-slots",
                    format!("from {} do not run forward", hours.valid_from),
                ));
            }
        }
        if self.hours.is_empty() {
            found.push(Violation::new(
                field,
                "present",
                "at least one set of office hours is needed",
            ));
        }
        // Without hours a working day would close at midnight, as it begins.
        if let (Some(year), Some(start)) = (self.years.keys().next(), starts.first())
            && (start.year(), start.day_of_year()) > (*year, 1)
        {
            found.push(Violation::new(
                field,
                "cover-years",
                format!("begin on {start}, after the first day of {year}"),
            ));
        }
        found
    }
}
