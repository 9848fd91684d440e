//! When and how much is sent, from a day on: what a province decides about its messages, as data
//! (`infra/data/notices.json`).

mod budget;

use std::collections::BTreeSet;

use jiff::civil::{Date, Time};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use super::teller::TellerRule;
use super::{Language, NoticeChannel, NoticeClass, Provider};
use crate::calendar::{date_of, instant, next, time_of};
use crate::data_file::data_file;
use crate::dated::{Dated, ValidFrom};
use crate::delivery::SystemId;
use crate::dossier::{Dossier, HistoryEntry};
use crate::law::KNOWN_FROM;
use crate::procedure::Channel;
use crate::provenance::Trust;
use crate::survey::{SurveyRule, SurveyRules};
use crate::{RuleName, Violation};

/// From one hour of the day to another; over midnight where the first is the later one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Hours {
    from: Time,
    to: Time,
}

impl Hours {
    fn hold(self, time: Time) -> bool {
        if self.from <= self.to {
            self.from <= time && time < self.to
        } else {
            time >= self.from || time < self.to
        }
    }

    /// When the hours end that hold `now`; none if they do not hold it.
    fn end(self, now: Timestamp) -> Option<Timestamp> {
        let time = time_of(now);
        if !self.hold(time) {
            return None;
        }
        let day = if time < self.to { date_of(now) } else { next(date_of(now)) };
        Some(instant(day, self.to))
    }
}

#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct ByChannel {
    zalo: Hours,
    sms: Hours,
}

#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct ByClass<T> {
    legal: T,
    information: T,
}

impl<T> ByClass<T> {
    fn of(&self, class: NoticeClass) -> &T {
        match class {
            NoticeClass::Legal => &self.legal,
            NoticeClass::Information => &self.information,
        }
    }
}

/// The default of editions older than the field, in minutes.
fn usual_patience() -> ByClass<u32> {
    ByClass { legal: 15, information: 120 }
}

/// The default of editions older than the field, in percent.
fn half_as_much_again() -> u32 {
    150
}

/// What holds from one day on.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NoticePolicy {
    /// The first day on which the entry is in force.
    pub valid_from: Date,
    /// In which order the channels are tried.
    #[cfg_attr(feature = "schema", schemars(length(min = 1), extend("uniqueItems" = true)))]
    channels: Vec<NoticeChannel>,
    /// The hours in which no message is sent.
    quiet: ByClass<ByChannel>,
    /// Seconds over which what waited for an opening is spread.
    #[cfg_attr(feature = "schema", schemars(range(max = 3_600)))]
    opening_spread_seconds: u32,
    /// Seconds within which changes become one message.
    #[cfg_attr(feature = "schema", schemars(range(max = 3_600)))]
    coalesce_seconds: u32,
    /// Seconds before the first repetition of a failed call; each further wait is twice as long.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 3_600)))]
    retry_first_seconds: u32,
    /// The longest such wait, in seconds.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 21_600)))]
    retry_max_seconds: u32,
    /// Minutes for which a channel that takes nothing is waited for before the next one is asked.
    #[serde(default = "usual_patience")]
    #[cfg_attr(feature = "schema", schemars(extend("properties" = {"legal": {"maximum": 1_440}, "information": {"maximum": 1_440}})))]
    channel_patience_minutes: ByClass<u32>,
    /// For how many hours sending is tried.
    #[cfg_attr(feature = "schema", schemars(range(min = 24, max = 240)))]
    retry_hours: u32,
    /// Days for which a given-up notice stays with the operators.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 60)))]
    held_days: u32,
    /// Minutes until it is decided what to do about a message of which nothing is known.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 1_440)))]
    unknown_minutes: u32,
    /// Hours within which a delivery report is awaited.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 240)))]
    report_hours: u32,
    /// How many messages that the law does not want a number gets a day.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 1_000)))]
    per_number_daily: u32,
    /// How many messages of one agency leave a minute before the rest waits for the next.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 100_000)))]
    per_agency_minute: u32,
    /// Đồng a month, after which only what the law wants is sent.
    monthly_budget_vnd: u64,
    /// The share of the budget at which a warning is raised, in percent.
    #[serde(default = "budget::four_fifths")]
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 100)))]
    budget_warning_percent: u32,
    /// The share of the budget, in percent, from which on what is left of it is divided among the
    /// agencies.
    #[serde(default = "budget::seven_tenths")]
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 100)))]
    budget_shared_from_percent: u32,
    /// The most that one agency may have of what is divided, in percent; what the law requires
    /// counts and goes nevertheless.
    #[serde(default = "budget::a_tenth")]
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 100)))]
    agency_share_percent: u32,
    /// The most that a delivery report may state as a message's price and be believed, in percent
    /// of the list price.
    #[serde(default = "half_as_much_again")]
    #[cfg_attr(feature = "schema", schemars(range(min = 100, max = 1_000)))]
    reported_price_max_percent: u32,
    /// Who tells, by the way in which a dossier came in: the first entry that covers it decides,
    /// and where none does, we tell.
    #[serde(default)]
    tellers: Vec<TellerRule>,
    /// How well this entry is vouched for.
    pub trust: Trust,
    /// The source of the entry.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = r"\S")))]
    pub source: String,
    /// Who may be asked at all; filled in from the providers' entries.
    #[serde(skip)]
    providers: BTreeSet<Provider>,
}

/// What is known of how an applicant can be reached, and wants to be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reach {
    /// The channels that the applicant chose, in that order; none chosen: the policy's.
    pub preferred: Vec<NoticeChannel>,
    /// The language that is preferred.
    pub language: Language,
    /// Whether the applicant wants nothing but what the law wants.
    pub legal_only: bool,
    /// Channels that do not reach this number, and until when that is remembered.
    pub unreachable: Vec<(NoticeChannel, Timestamp)>,
    /// How many messages the number got today that the law does not want.
    pub sent_today: u32,
    /// What the province has spent this month, in đồng.
    pub spent_vnd: u64,
    /// What its agency has spent this month since the budget is divided, in đồng.
    pub agency_spent_vnd: u64,
}

impl NoticePolicy {
    /// Of several changes within this time one message is made.
    pub fn coalesce(&self) -> SignedDuration {
        SignedDuration::from_secs(i64::from(self.coalesce_seconds))
    }

    /// For how long sending is tried.
    pub fn try_for(&self) -> SignedDuration {
        SignedDuration::from_hours(i64::from(self.retry_hours))
    }

    /// How long a given-up notice stays with the operators.
    pub fn held_for(&self) -> SignedDuration {
        SignedDuration::from_hours(i64::from(self.held_days) * 24)
    }

    /// For how long nothing is decided about a message of which nothing is known.
    pub fn unknown_wait(&self) -> SignedDuration {
        SignedDuration::from_mins(i64::from(self.unknown_minutes))
    }

    /// Until when a report of `provider` about a message accepted at `now` is awaited; none where
    /// it sends none.
    pub fn report_until(&self, provider: Provider, now: Timestamp) -> Option<Timestamp> {
        let wait = SignedDuration::from_hours(i64::from(self.report_hours));
        provider.reports().then(|| now.saturating_add(wait).unwrap_or(now))
    }

    /// How long to wait after the failure number `failures`, up to a quarter longer by `draw`, so
    /// that what failed together does not come back together.
    pub fn backoff(&self, failures: u32, draw: u32) -> SignedDuration {
        let doublings = failures.saturating_sub(1).min(16);
        let seconds = (u64::from(self.retry_first_seconds) << doublings)
            .min(u64::from(self.retry_max_seconds));
        let jitter = u64::from(draw) % (seconds / 4 + 1);
        SignedDuration::from_secs(i64::try_from(seconds + jitter).unwrap_or(i64::MAX))
    }

    /// The most that a delivery report may state as a message's price and be believed, in percent
    /// of the list price.
    pub fn reported_price_max_percent(&self) -> u32 {
        self.reported_price_max_percent
    }

    /// How long the `place`-th message of an agency within a minute waits, counted from 1.
    pub fn share_wait(&self, place: u32) -> SignedDuration {
        SignedDuration::from_mins(i64::from(
            place.saturating_sub(1) / self.per_agency_minute.max(1),
        ))
    }

    /// The rule by which another system may tell the applicant of `dossier`; none where we do.
    pub fn teller_of(&self, dossier: &Dossier) -> Option<&TellerRule> {
        self.teller_for(dossier.channel, &dossier.history)
    }

    /// The same of a dossier that came by `channel`, with this history from its first entry on.
    pub fn teller_for(&self, channel: Channel, history: &[HistoryEntry]) -> Option<&TellerRule> {
        self.tellers.iter().find(|rule| rule.covers(channel, history.first()))
    }

    /// The same policy without quiet hours, caps, shares and coalescing: for a demonstration, which
    /// plays a month in a minute and at any hour.
    #[must_use]
    pub fn without_limits(mut self) -> Self {
        let never = Hours { from: Time::midnight(), to: Time::midnight() };
        let both = ByChannel { zalo: never, sms: never };
        self.quiet = ByClass { legal: both.clone(), information: both };
        (self.coalesce_seconds, self.per_number_daily, self.per_agency_minute) =
            (0, u32::MAX, u32::MAX);
        self
    }

    /// The same policy with `providers` to choose from.
    #[must_use]
    pub fn with_providers(mut self, providers: impl IntoIterator<Item = Provider>) -> Self {
        self.providers = providers.into_iter().collect();
        self
    }

    /// Who may be asked at all.
    pub fn providers(&self) -> impl Iterator<Item = Provider> {
        self.providers.iter().copied()
    }

    /// Those of them who carry by `channel`.
    pub fn providers_of(&self, channel: NoticeChannel) -> impl Iterator<Item = Provider> {
        self.providers().filter(move |provider| provider.channel() == channel)
    }

    /// In which order the channels are tried, where the applicant chose none.
    pub fn channels(&self) -> &[NoticeChannel] {
        &self.channels
    }

    /// For how long a channel that takes nothing is waited for before the next one is asked.
    pub fn channel_patience(&self, class: NoticeClass) -> SignedDuration {
        SignedDuration::from_mins(i64::from(*self.channel_patience_minutes.of(class)))
    }

    /// Whether what was `spent_vnd` this month leaves nothing for questions by `rule`.
    pub fn budget_is_short(&self, rule: &SurveyRule, spent_vnd: u64) -> bool {
        rule.budget_is_short(spent_vnd, self.monthly_budget_vnd)
    }

    /// How many messages that the law does not want a number gets a day.
    pub fn per_number_daily(&self) -> u32 {
        self.per_number_daily
    }

    /// The end of the quiet hours that hold `now`, a little later by `draw`; none if it is not
    /// quiet.
    pub fn quiet_until(
        &self,
        channel: NoticeChannel,
        class: NoticeClass,
        now: Timestamp,
        draw: u32,
    ) -> Option<Timestamp> {
        let by_channel = self.quiet.of(class);
        let hours = match channel {
            NoticeChannel::Zalo => by_channel.zalo,
            NoticeChannel::Sms => by_channel.sms,
        };
        let end = hours.end(now)?;
        let spread = SignedDuration::from_secs(i64::from(draw % (self.opening_spread_seconds + 1)));
        Some(end.saturating_add(spread).unwrap_or(end))
    }

    /// When to ask a gateway again that refuses at night: at the end of the quiet hours, or soon if
    /// our clock says that they are over.
    pub fn opening(
        &self,
        channel: NoticeChannel,
        class: NoticeClass,
        now: Timestamp,
        draw: u32,
    ) -> Timestamp {
        let soon = SignedDuration::from_secs(120);
        self.quiet_until(channel, class, now, draw)
            .unwrap_or_else(|| now.saturating_add(soon).unwrap_or(now))
    }

    /// When a daily quota is filled up again: tomorrow's opening.
    pub fn tomorrow(
        &self,
        channel: NoticeChannel,
        class: NoticeClass,
        now: Timestamp,
        draw: u32,
    ) -> Timestamp {
        let midnight = instant(next(date_of(now)), Time::midnight());
        self.quiet_until(channel, class, midnight, draw).unwrap_or(midnight)
    }

    /// What is wrong with the one at `place` of its list, from 0.
    fn violations(&self, place: usize) -> Vec<Violation> {
        let mut found = Vec::new();
        let from = self.valid_from;
        let mut check = |field: &str, rule: RuleName, broken: bool, detail: &str| {
            if broken {
                found.push(Violation::new(
                    format!("policies[{place}].{field}"),
                    rule,
                    format!("from {from}: {detail}"),
                ));
            }
        };
        let twice = self.channels.iter().collect::<BTreeSet<_>>().len() != self.channels.len();
        check(
            "channels",
            RuleName::Channels,
            self.channels.is_empty() || twice,
            "each channel at most once, at least one",
        );
        check("source", RuleName::Source, self.source.trim().is_empty(), "a source is left out");
        for (field, value, least, most) in [
            ("openingSpreadSeconds", self.opening_spread_seconds, 0, 3_600),
            ("coalesceSeconds", self.coalesce_seconds, 0, 3_600),
            ("retryFirstSeconds", self.retry_first_seconds, 1, 3_600),
            ("retryMaxSeconds", self.retry_max_seconds, self.retry_first_seconds, 21_600),
            ("channelPatienceMinutes.legal", self.channel_patience_minutes.legal, 0, 1_440),
            (
                "channelPatienceMinutes.information",
                self.channel_patience_minutes.information,
                0,
                1_440,
            ),
            ("retryHours", self.retry_hours, 24, 240),
            ("heldDays", self.held_days, 1, 60),
            ("unknownMinutes", self.unknown_minutes, 1, 1_440),
            ("reportHours", self.report_hours, 1, 240),
            ("budgetWarningPercent", self.budget_warning_percent, 1, 100),
            ("budgetSharedFromPercent", self.budget_shared_from_percent, 1, 100),
            ("agencySharePercent", self.agency_share_percent, 1, 100),
            ("reportedPriceMaxPercent", self.reported_price_max_percent, 100, 1_000),
            ("perNumberDaily", self.per_number_daily, 1, 1_000),
            ("perAgencyMinute", self.per_agency_minute, 1, 100_000),
        ] {
            check(
                field,
                RuleName::Range,
                !(least..=most).contains(&value),
                &format!("must be {least} to {most}"),
            );
        }
        for (nth, rule) in self.tellers.iter().enumerate() {
            for (field, detail) in rule.flaws() {
                check(&format!("tellers[{nth}].{field}"), RuleName::Range, true, &detail);
            }
        }
        found
    }
}

data_file! {
    /// The data file `notices.json`: when and how much is sent to applicants, each entry from a day on.
    PoliciesFile {
        #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
        policies: Vec<NoticePolicy>,
        /// How satisfaction is asked about after a result; nobody is asked before the first entry.
        #[serde(default)]
        survey: Vec<SurveyRule>,
    }
}

impl PoliciesFile {
    /// What is wrong with the systems that are to tell: each that `is_known` does not know.
    pub(crate) fn unknown_systems(&self, is_known: impl Fn(&SystemId) -> bool) -> Vec<Violation> {
        let mut found = Vec::new();
        for (place, policy) in self.policies.iter().enumerate() {
            for (nth, rule) in policy.tellers.iter().enumerate() {
                if let Some(system) = rule.system().filter(|system| !is_known(system)) {
                    found.push(Violation::new(
                        format!("policies[{place}].tellers[{nth}].system"),
                        RuleName::KnownSystem,
                        format!("{system} is not listed"),
                    ));
                }
            }
        }
        found
    }
}

impl ValidFrom for NoticePolicy {
    fn valid_from(&self) -> Date {
        self.valid_from
    }
}

/// All policies in their dated order, and how satisfaction is asked about.
#[derive(Debug, Clone)]
pub struct NoticePolicies {
    policies: Dated<NoticePolicy>,
    survey: SurveyRules,
}

impl NoticePolicies {
    /// Puts them in order; refused whole, with every reason, if one is out of range, two begin on
    /// one day, or none is in force on the first day.
    pub fn assemble(file: PoliciesFile) -> Result<Self, Vec<Violation>> {
        let (mut found, mut starts) = (Vec::new(), BTreeSet::new());
        for (place, policy) in file.policies.iter().enumerate() {
            found.extend(policy.violations(place));
            if !starts.insert(policy.valid_from) {
                let detail = format!("two policies begin on {}", policy.valid_from);
                found.push(Violation::new(
                    format!("policies[{place}].validFrom"),
                    RuleName::UniqueStart,
                    detail,
                ));
            }
        }
        let policies = Dated::new(file.policies).filter(|policies| policies.covers(KNOWN_FROM));
        if policies.is_none() {
            let detail = format!("no policy is in force on {KNOWN_FROM}");
            found.push(Violation::new("policies", RuleName::CoverYears, detail));
        }
        let survey = SurveyRules::assemble(file.survey).unwrap_or_else(|mut flaws| {
            found.append(&mut flaws);
            SurveyRules::default()
        });
        let whole = policies.map(|policies| Self { policies, survey });
        whole.filter(|_| found.is_empty()).ok_or(found)
    }

    /// The policy in force on `day`; before the first, the first.
    pub fn on(&self, day: Date) -> &NoticePolicy {
        self.policies.on_or_first(day)
    }

    /// How satisfaction is asked about after a result, by day.
    pub fn survey(&self) -> &SurveyRules {
        &self.survey
    }
}
