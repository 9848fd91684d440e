//! Which days and hours count. Days are those of Viet Nam (UTC+7, no daylight saving).

mod check;
mod exception;
mod mark;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jiff::civil::{Date, Time, Weekday};
use jiff::tz::{self, TimeZone};
use jiff::{Timestamp, ToSpan};
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use exception::Exception;
pub use mark::CalendarMark;

use crate::data_file::data_file;
use crate::dated::{ValidFrom, in_force};

/// The date in Viet Nam at `instant`.
pub fn date_of(instant: Timestamp) -> Date {
    tz::offset(7).to_datetime(instant).date()
}

/// The time of day in Viet Nam at `instant`.
pub fn time_of(instant: Timestamp) -> Time {
    tz::offset(7).to_datetime(instant).time()
}

/// The instant at which `time` strikes in Viet Nam on `day`. Both are bounded by the calendar's
/// years, so that the conversion cannot leave the range of instants.
pub fn instant(day: Date, time: Time) -> Timestamp {
    day.to_datetime(time)
        .to_zoned(TimeZone::fixed(tz::offset(7)))
        .map_or(Timestamp::MAX, |zoned| zoned.timestamp())
}

/// A rule needs a year that has no calendar. Such a year is never guessed: the government decides
/// holidays and swapped days in the year before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the working calendar has no data for {year}")]
pub struct MissingYear {
    /// The year without a calendar.
    pub year: i16,
}

/// Why a day counts or does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DayKind {
    /// Monday to Friday, without an exception.
    Working,
    /// A Saturday worked in exchange for a day off.
    MadeUp,
    /// A Saturday or Sunday that is not worked.
    Weekend,
    /// A public holiday, or a day off in exchange for a worked Saturday.
    Holiday,
}

impl DayKind {
    /// Whether offices are open on such a day.
    pub fn is_working(self) -> bool {
        matches!(self, Self::Working | Self::MadeUp)
    }
}

#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct Year {
    #[serde(deserialize_with = "each_once")]
    off: BTreeSet<Date>,
    #[serde(deserialize_with = "each_once")]
    worked: BTreeSet<Date>,
    /// Whether the government has not decided the year yet: dates counted in it are marked, and
    /// counted again once it is decided.
    #[serde(default)]
    provisional: bool,
    #[cfg_attr(feature = "schema", schemars(regex(pattern = r"\S")))]
    source: String,
}

/// How a term in days treats a dossier that arrives on a day off or after closing. NĐ 61/2018 Đ.18
/// covers only arrivals after the hand-over hour of a working day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ClosedReceipt {
    /// Received on the next working day, which is not counted: Saturday and one working day are
    /// Tuesday.
    #[default]
    ReceivedNextDay,
    /// Received as it comes, so that the next working day is the first that counts: Saturday and
    /// one working day are Monday.
    CountedNextDay,
}

/// Office hours from one day on.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OfficeHours {
    valid_from: Date,
    /// Opening and closing of each half-day, in order.
    #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
    slots: Vec<(Time, Time)>,
    /// What arrives after this hour is handed over on the next working day (NĐ 61/2018 Đ.18).
    hand_over_cut_off: Time,
    /// What it is that comes while offices are closed.
    #[serde(default)]
    closed_receipt: ClosedReceipt,
}

impl ValidFrom for OfficeHours {
    fn valid_from(&self) -> Date {
        self.valid_from
    }
}

data_file! {
    /// `calendar.json`: days off, worked Saturdays and office hours, as decided year by year.
    Calendar {
        #[serde(deserialize_with = "by_year")]
        #[cfg_attr(feature = "schema", schemars(with = "BTreeMap<String, Year>", extend("minProperties" = 1, "propertyNames" = {"pattern": r"^20\d{2}$"})))]
        years: BTreeMap<i16, Year>,
        #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
        hours: Vec<OfficeHours>,
        #[serde(default)]
        exceptions: Vec<Exception>,
    }
}

/// The years of which something can be known here.
const YEARS: std::ops::RangeInclusive<i16> = 2000..=2099;

/// A year as the key of an entry; an error names its position.
#[derive(Deserialize)]
#[serde(try_from = "String")]
struct YearKey(i16);

impl TryFrom<String> for YearKey {
    type Error = String;

    fn try_from(key: String) -> Result<Self, String> {
        let year = key.parse().ok().filter(|year| key.len() == 4 && YEARS.contains(year));
        year.map(Self).ok_or_else(|| format!("{key} is no year from 2000 to 2099"))
    }
}

/// Reads years of which each occurs once, since two entries for a year would be ambiguous.
fn by_year<'de, D: Deserializer<'de>>(source: D) -> Result<BTreeMap<i16, Year>, D::Error> {
    struct Years;

    impl<'de> Visitor<'de> for Years {
        type Value = BTreeMap<i16, Year>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("days off and worked by year")
        }

        fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
            let mut years = BTreeMap::new();
            while let Some((YearKey(year), days)) = map.next_entry::<YearKey, Year>()? {
                if years.insert(year, days).is_some() {
                    return Err(M::Error::custom(format!("the year {year} stands twice")));
                }
            }
            Ok(years)
        }
    }

    source.deserialize_map(Years)
}

/// Reads days of which each occurs once: a repeated day is a mistyped one.
fn each_once<'de, D: Deserializer<'de>>(source: D) -> Result<BTreeSet<Date>, D::Error> {
    let mut days = BTreeSet::new();
    for day in Vec::<Date>::deserialize(source)? {
        if !days.insert(day) {
            return Err(D::Error::custom(format!("{day} stands twice")));
        }
    }
    Ok(days)
}

impl Calendar {
    /// Adds the years that only `other` has.
    #[must_use]
    pub fn completed_by(mut self, other: Self) -> Self {
        for (year, days) in other.years {
            self.years.entry(year).or_insert(days);
        }
        self
    }

    /// The years with a calendar, decided or provisional.
    pub fn years(&self) -> impl Iterator<Item = i16> {
        self.years.keys().copied()
    }

    /// Whether a date that was counted from `from` to `to` was counted in a year that is not
    /// decided.
    pub fn is_provisional(&self, from: Date, to: Date) -> bool {
        let (first, last) = (from.min(to).year(), from.max(to).year());
        self.years.range(first..=last).any(|(_, year)| year.provisional)
    }

    /// The years that are decided.
    pub(crate) fn decided_years(&self) -> impl Iterator<Item = i16> {
        self.years.iter().filter(|(_, year)| !year.provisional).map(|(number, _)| *number)
    }

    /// Why `day` counts or does not.
    pub fn kind(&self, day: Date) -> Result<DayKind, MissingYear> {
        let year = self.years.get(&day.year()).ok_or(MissingYear { year: day.year() })?;
        Ok(if year.worked.contains(&day) {
            DayKind::MadeUp
        } else if year.off.contains(&day) {
            DayKind::Holiday
        } else if is_weekend(day) {
            DayKind::Weekend
        } else {
            DayKind::Working
        })
    }

    /// Next year, if `today` is in the quarter in which it is decided and the calendar lacks it.
    pub(crate) fn missing_next_year(&self, today: Date) -> Option<MissingYear> {
        let year = today.year() + 1;
        (today.month() >= 10 && !self.years.contains_key(&year)).then_some(MissingYear { year })
    }

    /// The first working day on or after `day`.
    pub fn working_day_from(&self, day: Date) -> Result<Date, MissingYear> {
        self.working_day_passing(day, |_| {})
    }

    /// The same, telling `passed` each day off on the way.
    pub(crate) fn working_day_passing(
        &self,
        mut day: Date,
        mut passed: impl FnMut(Date),
    ) -> Result<Date, MissingYear> {
        while !self.kind(day)?.is_working() {
            passed(day);
            day = next(day);
        }
        Ok(day)
    }

    /// The number of working days after `from`, up to and including `to`.
    pub fn working_days_between(&self, from: Date, to: Date) -> Result<i64, MissingYear> {
        let (mut count, mut day) = (0, from);
        while day < to {
            day = next(day);
            count += i64::from(self.kind(day)?.is_working());
        }
        Ok(count)
    }

    /// Whether there are at least `least` working days from `first` on before `end`.
    pub(crate) fn has_working_days(
        &self,
        first: Date,
        end: Date,
        least: u16,
    ) -> Result<bool, MissingYear> {
        let (mut left, mut day) = (least, first);
        while left > 0 && day < end {
            left -= u16::from(self.kind(day)?.is_working());
            day = next(day);
        }
        Ok(left == 0)
    }

    /// The office hours in force on `day`.
    fn hours_on(&self, day: Date) -> Option<&OfficeHours> {
        in_force(&self.hours, day)
    }

    /// Opening and closing of each half-day of `day`, by the clock of Viet Nam; none on a day off.
    pub fn hours(&self, day: Date) -> Result<&[(Time, Time)], MissingYear> {
        let open = self.kind(day)?.is_working();
        let hours = self.hours_on(day).filter(|_| open);
        Ok(hours.map(|hours| hours.slots.as_slice()).unwrap_or_default())
    }

    /// Opening and closing instants of each half-day of `day`; none on a day off.
    pub(crate) fn slots(&self, day: Date) -> Result<Vec<(Timestamp, Timestamp)>, MissingYear> {
        let slots = self.hours(day)?;
        Ok(slots.iter().map(|(open, close)| (instant(day, *open), instant(day, *close))).collect())
    }

    /// The closing time of offices on `day`.
    pub(crate) fn closing(&self, day: Date) -> Timestamp {
        let close = self
            .hours_on(day)
            .and_then(|hours| hours.slots.last())
            .map_or(Time::midnight(), |(_, close)| *close);
        instant(day, close)
    }

    /// How what comes on `day` while offices are closed is read by the hours of that day.
    pub(crate) fn closed_receipt_on(&self, day: Date) -> ClosedReceipt {
        self.hours_on(day).map(|hours| hours.closed_receipt).unwrap_or_default()
    }

    /// Whether what arrives at `at` comes on a day off or after closing.
    pub(crate) fn is_closed_at(&self, at: Timestamp) -> Result<bool, MissingYear> {
        let day = date_of(at);
        Ok(!self.kind(day)?.is_working() || at > self.closing(day))
    }

    /// Whether what arrives at `at` is handed over only on a later working day.
    pub(crate) fn is_after_hand_over(&self, at: Timestamp) -> bool {
        self.hours_on(date_of(at)).is_some_and(|hours| time_of(at) > hours.hand_over_cut_off)
    }
}

fn is_weekend(day: Date) -> bool {
    matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday)
}

/// The day before `day`; the first day that a date can be is its own.
pub fn previous(day: Date) -> Date {
    day.saturating_sub(1.day())
}

/// The day after `day`. The last day that a date can be (31 December 9999) is its own successor; no
/// calendar reaches it, so every loop over days ends with [`MissingYear`] first.
pub fn next(day: Date) -> Date {
    day.saturating_add(1.day())
}
