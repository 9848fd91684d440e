//! The morning report: its recipients (`infra/data/leaders.json`), its period and its content.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::Violation;
use crate::calendar::{Calendar, MissingYear, previous};
use crate::data_file::data_file;
use crate::id::{AgencyCode, LeaderKey};
use crate::kpi::report::share;
use crate::kpi::{KpiRow, Period};
use crate::notice::Language;
use crate::phone::{Phone, Telephones};

/// The longest address under which a province may publish its reports. With the longest name of a
/// period it leaves a text of two parts room for its words.
pub const PUBLIC_URL_CHARACTERS_MAX: usize = 64;

/// The longest link to a report: `/v1/reports/` and a time from one day to another besides the
/// address.
pub const LINK_CHARACTERS_MAX: usize = PUBLIC_URL_CHARACTERS_MAX + 12 + 22;

/// Where the reports of the province are published: `https://motcua.example.vn`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl(String);

impl TryFrom<String> for PublicUrl {
    type Error = Violation;

    fn try_from(text: String) -> Result<Self, Violation> {
        // What takes one septet of an SMS each, and no mark that a telephone ends a link at.
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '/' | ':' | '_');
        let host = text
            .strip_prefix("https://")
            .or_else(|| text.strip_prefix("http://"))
            .unwrap_or_default();
        let whole = !host.is_empty() && !host.ends_with('/') && host.chars().all(plain);
        if whole && text.len() <= PUBLIC_URL_CHARACTERS_MAX {
            return Ok(Self(text));
        }
        let detail = format!(
            "must be an http address without a slash at its end, of {PUBLIC_URL_CHARACTERS_MAX} at most"
        );
        Err(Violation::new("publicUrl", "public-url", detail))
    }
}

impl PublicUrl {
    /// The address of the report of `period`.
    pub fn report(&self, period: &Period) -> String {
        format!("{}/v1/reports/{period}", self.0)
    }
}

/// The period that a leader's report covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
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
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Leader {
    /// Its name in codes and logs.
    pub key: LeaderKey,
    /// What people call it; an office, and no person.
    pub office: String,
    /// Where it belongs: its messages count among those of this agency.
    pub agency: AgencyCode,
    /// The telephone number that gets the report.
    pub phone: Phone,
    /// The preferred language.
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
    fn is_listed_on(&self, day: Date) -> bool {
        self.valid_from <= day && self.valid_to.is_none_or(|last| day <= last)
    }
}

data_file! {
    /// The file `leaders.json`.
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
            let mut broken = |field: &str, rule, detail: &str| {
                let detail = format!("{}: {detail}", leader.key);
                found.push(Violation::new(format!("leaders[{place}].{field}"), rule, detail));
            };
            if !known(&leader.agency) {
                broken("agency", "known-agency", &format!("{} is not listed", leader.agency));
            }
            if leader.office.trim().is_empty() {
                broken("office", "office", "an office has a name");
            }
            if leader.valid_to.is_some_and(|last| last < leader.valid_from) {
                broken("validTo", "valid-range", "ends before it begins");
            }
            if !leader.phone.has_mobile_shape() {
                broken("phone", "phone", "no message can be sent to its telephone");
            }
            let earlier = by_key.entry(&leader.key).or_default();
            let at_once = |other: &&Leader| {
                other.is_listed_on(leader.valid_from) || leader.is_listed_on(other.valid_from)
            };
            if earlier.iter().any(at_once) {
                broken("key", "unique-key", "stands twice on one day");
            }
            earlier.push(leader);
        }
        if found.is_empty() { Ok(Self(file.leaders)) } else { Err(found) }
    }

    /// Offices whose telephone number cannot get messages on their first day.
    pub(crate) fn unreachable(&self, telephones: &Telephones) -> Vec<Violation> {
        let reason = |leader: &Leader| telephones.unreachable(&leader.phone, leader.valid_from);
        let told = |(place, leader): (usize, &Leader)| {
            let detail = format!(
                "{}: no message can be sent to its telephone: {}",
                leader.key,
                reason(leader)?.name()
            );
            Some(Violation::new(format!("leaders[{place}].phone"), "phone", detail))
        };
        self.0.iter().enumerate().filter_map(told).collect()
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

/// A report's headline. It is stored as sent: later corrections of the figures do not change it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Headline {
    /// The first day that was counted.
    pub first: Date,
    /// The last: the figures are as of its end.
    pub last: Date,
    /// Dossiers received in the period.
    pub received: u64,
    /// Dossiers settled in the period.
    pub resolved: u64,
    /// Settled early or on time, of these, in hundredths of a percent; none where nothing was
    /// settled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_time_share: Option<u64>,
    /// Past their due date at the end.
    pub overdue: u64,
    /// The address of the whole report.
    pub link: String,
}

impl Headline {
    /// Of the province's `row` for the days from `first` to `last`.
    pub fn of((first, last): (Date, Date), row: &KpiRow, link: String) -> Self {
        let on_time_share = share(row.early + row.on_time, row.resolved);
        Self {
            first,
            last,
            received: row.received,
            resolved: row.resolved,
            on_time_share,
            overdue: row.overdue,
            link,
        }
    }
}
