//! When offices are open, by the official calendar: read from its files a second time, and not by the
//! domain.

use std::collections::{BTreeMap, BTreeSet};

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};
use serde::Deserialize;
use serde_json::Value;

use super::error::DemoError;

/// The years of the official calendar: when offices are open.
#[derive(Debug)]
pub struct WorkingDays(BTreeMap<i16, Year>);

#[derive(Debug, Deserialize)]
struct Year {
    /// Days on which offices are closed, weekends apart.
    off: BTreeSet<Date>,
    /// Days of weekends on which they are open.
    worked: BTreeSet<Date>,
}

impl WorkingDays {
    /// The years of these files; a later file's year replaces an earlier one's.
    ///
    /// # Errors
    /// If one cannot be read.
    pub fn read(files: &[Value]) -> Result<Self, DemoError> {
        let mut years = BTreeMap::new();
        for (year, days) in files.iter().filter_map(|file| file["years"].as_object()).flatten() {
            let year = year.parse().map_err(|_| DemoError::CannotGoOn(format!("year {year}")))?;
            years.insert(year, Year::deserialize(days)?);
        }
        Ok(Self(years))
    }

    fn is_worked(&self, day: Date) -> Result<bool, DemoError> {
        let missing = || {
            DemoError::CannotGoOn(format!("the working calendar has no data for {}", day.year()))
        };
        let year = self.0.get(&day.year()).ok_or_else(missing)?;
        let is_weekend = matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
        Ok(year.worked.contains(&day) || (!is_weekend && !year.off.contains(&day)))
    }

    /// The day so many calendar days before `play_day`, or the working day before that one.
    pub(crate) fn back(&self, play_day: Date, count: u32) -> Result<Date, DemoError> {
        let mut day = before(play_day, count)?;
        while !self.is_worked(day)? {
            day = before(day, 1)?;
        }
        Ok(day)
    }
}

fn before(day: Date, count: u32) -> Result<Date, DemoError> {
    day.checked_sub(i64::from(count).days())
        .map_err(|error| DemoError::CannotGoOn(error.to_string()))
}
