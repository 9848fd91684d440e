//! Who gets the morning report (`infra/data/leaders.json`), and of which days.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Deserialize;

use crate::calendar::{Calendar, MissingYear, previous};
use crate::data_file::data_file;
use crate::id::{AgencyCode, LeaderKey};
use crate::notice::Language;
use crate::period::Period;
use crate::phone::{Phone, Telephones};
use crate::row::{Lasting, RowChecks};
use crate::{RuleName, Violation};

/// The period that a leader's report covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ReportSpan {
    /// From the last working day to yesterday.
    Day,
    /// The month of yesterday, as far as it has come.
    Month,
}

impl ReportSpan {
    /// The days reported on the working day `morning`. The periods of successive mornings are
    /// adjacent: Monday's covers Friday to Sunday, and the first one after Tết starts at the last
    /// working day before it, so that each day is reported once.
    pub fn period(self, morning: Date, calendar: &Calendar) -> Result<Period, MissingYear> {
        let last = previous(morning);
        match self {
            Self::Month => Ok(Period::month_of(last)),
            Self::Day => {
                let mut first = last;
                while !calendar.kind(first)?.is_working() {
                    first = previous(first);
                }
                Ok(Period::between(first, last))
            }
        }
    }
}

/// A leader's office that gets the morning report, from a day on.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Leader {
    /// Its name in codes and logs.
    pub key: LeaderKey,
    /// What people call it; an office, and no person.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = r"\S")))]
    pub office: String,
    /// Where it belongs: its messages count among those of this agency.
    pub agency: AgencyCode,
    /// The telephone number that gets the report.
    pub phone: Phone,
    /// The language that is preferred.
    #[serde(default)]
    pub language: Language,
    /// The period of the report.
    pub report: ReportSpan,
    /// The first day on which the entry is in force.
    pub valid_from: Date,
    /// Last day; none: until further notice.
    pub valid_to: Option<Date>,
}

impl Leader {
    fn lasting(&self) -> Lasting {
        Lasting { first: self.valid_from, last: self.valid_to }
    }

    fn is_listed_on(&self, day: Date) -> bool {
        self.lasting().covers(day)
    }
}

data_file! {
    /// The data file `leaders.json`: offices that get the morning report, each entry from a day on.
    LeadersFile {
        leaders: Vec<Leader>,
    }
}

/// Everybody who gets the morning report, or did.
#[derive(Debug, Default)]
pub struct Leaders(Vec<Leader>);

impl Leaders {
    /// Puts them together; refused whole, with every reason: an agency that is not `known`, an
    /// office without a name or with a land line or a foreign telephone, one that ends before it
    /// begins, or a key that two entries have on one day.
    pub fn assemble(
        file: LeadersFile,
        known: impl Fn(&AgencyCode) -> bool,
    ) -> Result<Self, Vec<Violation>> {
        let mut found = Vec::new();
        let mut by_key: BTreeMap<&LeaderKey, Vec<&Leader>> = BTreeMap::new();
        for (place, leader) in file.leaders.iter().enumerate() {
            let (at, name) = (format!("leaders[{place}]"), leader.key.to_string());
            let mut row = RowChecks::of(&at, &name);
            let unlisted = format!("{} is not listed", leader.agency);
            row.check("agency", RuleName::KnownAgency, known(&leader.agency), &unlisted);
            let named = !leader.office.trim().is_empty();
            row.check("office", RuleName::Office, named, "an office has a name");
            row.forward(leader.lasting());
            let reachable = leader.phone.has_mobile_shape();
            row.check(
                "phone",
                RuleName::Phone,
                reachable,
                "no message can be sent to its telephone",
            );
            let earlier = by_key.entry(&leader.key).or_default();
            let at_once = |other: &&Leader| other.lasting().meets(leader.lasting());
            let alone = !earlier.iter().any(at_once);
            row.check("key", RuleName::UniqueKey, alone, "stands twice on one day");
            found.extend(row.found());
            earlier.push(leader);
        }
        if found.is_empty() { Ok(Self(file.leaders)) } else { Err(found) }
    }

    /// Offices whose telephone number cannot get messages on their first day.
    pub(crate) fn unreachable(&self, telephones: &Telephones) -> Vec<Violation> {
        let reason =
            |leader: &Leader| telephones.unreachable(Some(&leader.phone), leader.valid_from);
        let violation = |(place, leader): (usize, &Leader)| {
            let detail = format!(
                "{}: no message can be sent to its telephone: {}",
                leader.key,
                reason(leader)?.name()
            );
            Some(Violation::new(format!("leaders[{place}].phone"), RuleName::Phone, detail))
        };
        self.0.iter().enumerate().filter_map(violation).collect()
    }

    /// Whether no leader is listed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Those who get the report of the morning of `day`.
    pub fn on(&self, day: Date) -> impl Iterator<Item = &Leader> {
        self.0.iter().filter(move |leader| leader.is_listed_on(day))
    }

    /// The one with this key on `day`.
    pub fn leader(&self, key: &LeaderKey, day: Date) -> Option<&Leader> {
        self.on(day).find(|leader| leader.key == *key)
    }
}
