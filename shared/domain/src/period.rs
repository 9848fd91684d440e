//! A time that is reported on: a day, a week, a month, a quarter, half a year, a year, or from one
//! day to another.

use std::fmt;
use std::str::FromStr;

use jiff::ToSpan;
use jiff::civil::{Date, ISOWeekDate, Weekday, date};
use serde::Deserialize;

use crate::calendar::{Calendar, MissingYear, next, previous};
use crate::{RuleName, Violation};

/// Longest time that is reported on at once, in days: a leap year.
const DAYS_MAX: i32 = 366;

/// A time that is reported on: `2026-11-17`, `2026-W47`, `2026-11`, `2026-Q4`, `2026-H2`, `2026`,
/// `2026-01-15..2026-02-20`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(try_from = "String")]
#[cfg_attr(feature = "schema", schemars(with = "String", extend("pattern" = r"^\d{4}(-(H[12]|Q[1-4]|W\d{2}|\d{2}|\d{2}-\d{2}|\d{2}-\d{2}\.\.\d{4}-\d{2}-\d{2}))?$")))]
pub struct Period {
    text: String,
    first: Date,
    last: Date,
}

impl Period {
    /// The first day of the period.
    pub fn first(&self) -> Date {
        self.first
    }

    /// The last day of the period.
    pub fn last(&self) -> Date {
        self.last
    }

    /// The month that contains `day`.
    pub fn month_of(day: Date) -> Self {
        Self {
            text: day.strftime("%Y-%m").to_string(),
            first: day.first_of_month(),
            last: day.last_of_month(),
        }
    }

    /// A period of one day.
    pub fn day(day: Date) -> Self {
        Self { text: day.to_string(), first: day, last: day }
    }

    /// From `first` to `last`, at most a year, under its shortest name.
    pub fn between(first: Date, last: Date) -> Self {
        Self { text: Self::named(first, last), first, last }
    }

    /// The time of the same kind just before: last month before this one; as many days before a
    /// range.
    #[must_use]
    pub fn before(&self) -> Self {
        let last = self.first.yesterday().unwrap_or(self.first);
        let first = match self.months() {
            Some(months) => self.first.saturating_sub(months.months()),
            None => self.first.saturating_sub(self.days().days()),
        };
        Self::between(first, last)
    }

    /// The time of the same kind just after, as [`Period::before`] has the one before.
    #[must_use]
    pub fn after(&self) -> Self {
        let first = self.last.tomorrow().unwrap_or(self.last);
        let beyond = match self.months() {
            Some(months) => first.saturating_add(months.months()),
            None => first.saturating_add(self.days().days()),
        };
        Self::between(first, beyond.yesterday().unwrap_or(first))
    }

    /// Whether it is a day, week, month, quarter, half or whole year, of which there are few, and
    /// not one of the many times from some day to another.
    pub fn is_of_the_calendar(&self) -> bool {
        !self.text.contains("..")
    }

    /// Whether it is a month, a quarter, half a year or a year.
    pub fn is_of_whole_months(&self) -> bool {
        self.months().is_some()
    }

    /// How many whole months its kind has; none of a kind that is counted in days.
    fn months(&self) -> Option<i32> {
        match self.text.split_once('-').map(|(_, rest)| rest) {
            None => Some(12),
            Some(rest)
                if self.text.contains("..") || rest.contains('-') || rest.starts_with('W') =>
            {
                None
            }
            Some(rest) if rest.starts_with('Q') => Some(3),
            Some(rest) if rest.starts_with('H') => Some(6),
            Some(_) => Some(1),
        }
    }

    fn days(&self) -> i32 {
        (self.last - self.first).get_days().saturating_add(1)
    }

    /// The time that this one is compared with, its days from its first to `last` having been
    /// counted; none where none is like it.
    ///
    /// Like is compared with like. A working day has the working day before it, and a day off
    /// nothing. A whole month has the whole month before, and so has whatever is named; of one that
    /// is not over as many working days are compared, from its first day on. A range is compared
    /// with as many working days that end the day before it begins.
    pub fn like_it(&self, last: Date, calendar: &Calendar) -> Result<Option<Self>, MissingYear> {
        let working = |day| Ok(calendar.kind(day)?.is_working());
        if self.first == self.last {
            let mut day = previous(self.first);
            if last != self.last || !working(self.first)? {
                return Ok(None);
            }
            while !working(day)? {
                day = previous(day);
            }
            return Ok(Some(Self::day(day)));
        }
        let mut counted = calendar.working_days_between(previous(self.first), last)?;
        if last < self.first || counted == 0 {
            return Ok(None);
        }
        if self.text.contains("..") {
            let end = previous(self.first);
            let mut first = end;
            loop {
                counted -= i64::from(working(first)?);
                if counted == 0 {
                    return Ok(Some(Self::between(first, end)));
                }
                first = previous(first);
            }
        }
        let before = self.before();
        if last == self.last {
            return Ok(Some(before));
        }
        let mut end = before.first;
        loop {
            counted -= i64::from(working(end)?);
            if counted == 0 {
                return Ok(Some(Self::between(before.first, end)));
            }
            if end == before.last {
                return Ok(None);
            }
            end = next(end);
        }
    }

    /// The shortest name of the time from `first` to `last`.
    fn named(first: Date, last: Date) -> String {
        let year = first.year();
        let kinds = [
            format!("{year:04}"),
            format!("{year:04}-H{}", (first.month() + 5) / 6),
            format!("{year:04}-Q{}", (first.month() + 2) / 3),
            format!("{year:04}-{:02}", first.month()),
            first.to_string(),
        ];
        let fits = |text: &String| {
            text.parse().is_ok_and(|known: Self| (known.first, known.last) == (first, last))
        };
        kinds.into_iter().find(fits).unwrap_or_else(|| {
            let week = ISOWeekDate::from(first);
            let text = format!("{:04}-W{:02}", week.year(), week.week());
            if fits(&text) { text } else { format!("{first}..{last}") }
        })
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl TryFrom<String> for Period {
    type Error = Violation;

    fn try_from(text: String) -> Result<Self, Violation> {
        text.parse()
    }
}

impl FromStr for Period {
    type Err = Violation;

    fn from_str(text: &str) -> Result<Self, Violation> {
        let wrong = || {
            Violation::new(
                "period",
                RuleName::Period,
                "must look like 2026, 2026-H2, 2026-Q4, 2026-11, 2026-W47, 2026-11-17 or 2026-01-15..2026-02-20, of a year at most",
            )
        };
        let (first, last) = span(text).ok_or_else(wrong)?;
        if first > last || (last - first).get_days() >= DAYS_MAX {
            return Err(wrong());
        }
        Ok(Self { text: text.to_owned(), first, last })
    }
}

/// First and last day that a text names.
fn span(text: &str) -> Option<(Date, Date)> {
    let whole_day = |text: &str| text.parse::<Date>().ok().filter(|day| day.to_string() == text);
    if let Some((first, last)) = text.split_once("..") {
        return Some((whole_day(first)?, whole_day(last)?));
    }
    if let Some(day) = whole_day(text) {
        return Some((day, day));
    }
    let digits = |part: &str, count: usize| {
        part.len() == count && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    let (year, part) = text.split_once('-').unwrap_or((text, ""));
    let year: i16 = digits(year, 4).then(|| year.parse().ok())??;
    let months = |first: i8, count: i8| {
        let first = Date::new(year, first, 1).ok()?;
        let last = Date::new(year, first.month() + count - 1, 1).ok()?.last_of_month();
        Some((first, last))
    };
    match part.split_at_checked(1) {
        None => Some((date(year, 1, 1), date(year, 12, 31))),
        Some(("Q", number)) => {
            let number: i8 =
                number.parse().ok().filter(|number| (1..=4).contains(number) && part.len() == 2)?;
            months(3 * number - 2, 3)
        }
        Some(("H", number)) => {
            let number: i8 =
                number.parse().ok().filter(|number| (1..=2).contains(number) && part.len() == 2)?;
            months(6 * number - 5, 6)
        }
        Some(("W", number)) if digits(number, 2) => {
            let monday = ISOWeekDate::new(year, number.parse().ok()?, Weekday::Monday).ok()?.date();
            Some((monday, monday.saturating_add(6.days())))
        }
        _ if digits(part, 2) => {
            months(part.parse().ok().filter(|month| (1..=12).contains(month))?, 1)
        }
        _ => None,
    }
}
