//! The dated rules of the clock, with the calendar in which they count.
//!
//! Decrees change these rules. So they are data (`infra/data/rules.json`) with article and trust
//! mark, and the next decree is an entry and not a release. An event is judged by the rule in force
//! on its own day.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::{Date, date};
use serde::{Deserialize, Serialize};

use crate::calendar::{Calendar, date_of, previous};
use crate::data_file::data_file;
use crate::dated::{Dated, ValidFrom};
use crate::id::{AgencyCode, BLOCK_DIGITS, CodeFormat, SEQUENCE_DIGITS};
use crate::provenance::Trust;
use crate::retention::Retention;
use crate::term::TermUnit;
use crate::text::REMARK_CHARACTERS_MAX;
use crate::{RuleName, Violation};

/// The first day of which anything is known here; a rule must be in force on it.
pub const KNOWN_FROM: Date = date(2019, 1, 1);

/// What becomes of the term when documents that were missing have come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum OnSupplement {
    /// It is counted again from the beginning (NĐ 61/2018 Đ.19.4).
    #[default]
    Restart,
    /// What was left of it goes on.
    Resume,
}

/// What becomes of a request for documents that comes later, or once more, than [`SupplementBound`]
/// allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum LateRequest {
    /// Nothing: the agency works with what it has, or refuses.
    Refused,
    /// It is taken, with its reason, and the dossier is counted against the due date before it.
    Taken,
}

/// How late and how often an agency may ask for documents (NĐ 61/2018 Đ.17, Đ.19.4).
#[derive(Debug, Clone, Copy, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SupplementBound {
    /// The last working day on which documents may be asked for, counted from receipt like a term;
    /// 1 to 60.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 60)))]
    pub within_working_days: u16,
    /// How many requests one dossier may have; 1 to 10.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 10)))]
    pub times_max: u8,
    /// The treatment of a request outside the bound. No law gives one.
    pub late: LateRequest,
}

/// How pauses are counted in a term of days. No article gives a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum PauseCounting {
    /// By dates: a day for each midnight in it, however little office time it took.
    #[default]
    Dates,
    /// By closings: each day at whose closing the clock was paused. Closed hours give nothing back.
    Closings,
}

/// How pauses are counted that end from one day on.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PauseRule {
    /// The way of counting.
    pub count: PauseCounting,
    /// Where it is written, or who has chosen it.
    #[cfg_attr(feature = "schema", schemars(length(max = REMARK_CHARACTERS_MAX), regex(pattern = r"\S")))]
    pub source: String,
}

/// Who may write a letter of apology that no longer comes before the due date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum LateLetter {
    /// The morning alone, so that every applicant gets a letter; officers too where the morning
    /// writes none.
    BySchedule,
    /// Officers and systems as well.
    ByAnybody,
}

/// When a letter of apology comes, and how far it may move the date (NĐ 61/2018 Đ.19.9).
#[derive(Debug, Clone, Copy, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LetterBound {
    /// How many working days before the due date at the latest, the day of the letter counted; 0 to
    /// 30.
    #[cfg_attr(feature = "schema", schemars(range(max = 30)))]
    pub notice_working_days: u16,
    /// The most working days between the present due date, or the day of a later letter, and the
    /// new one; 1 to 250. No law gives a number.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 250)))]
    pub extension_working_days_max: u16,
    /// Who may write a later one.
    pub late: LateLetter,
}

/// To which applicants the morning writes a letter of apology by itself. No law defines how a
/// schedule predicts a missed due date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum LetterPolicy {
    /// To applicants whose dossier is due on the next working day or overdue.
    #[default]
    EveryDue,
    /// To applicants whose dossier is overdue; officers write earlier letters.
    OverdueOnly,
    /// To none; officers write all letters.
    Off,
}

/// Against which due date work is early, on time, late or overdue, where the applicant was
/// apologised to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum DueBasis {
    /// The date that would hold without the apology: an apology excuses nothing.
    #[default]
    Original,
    /// The date that the apology promised.
    Extended,
}

/// The articles by which each unit is counted.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Counting {
    #[cfg_attr(feature = "schema", schemars(length(max = REMARK_CHARACTERS_MAX), regex(pattern = r"\S")))]
    working_day: String,
    #[cfg_attr(feature = "schema", schemars(length(max = REMARK_CHARACTERS_MAX), regex(pattern = r"\S")))]
    calendar_day: String,
    #[cfg_attr(feature = "schema", schemars(length(max = REMARK_CHARACTERS_MAX), regex(pattern = r"\S")))]
    working_hour: String,
}

/// What holds from one day on.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ClockRule {
    /// The first day on which the entry is in force.
    pub valid_from: Date,
    /// What a supplement does to the clock.
    #[serde(default)]
    pub supplement: OnSupplement,
    /// How late and how often documents may be asked for; no bound in editions of before there was
    /// one.
    #[serde(default)]
    pub supplement_bound: Option<SupplementBound>,
    /// How pauses are counted that end then; by dates in editions of before it was a rule.
    #[serde(default)]
    pub pauses: Option<PauseRule>,
    /// When letters of apology come and how far they reach; without bound in editions of before
    /// there was one.
    #[serde(default)]
    pub letter_bound: Option<LetterBound>,
    /// The format of issued dossier codes.
    pub dossier_code: CodeFormat,
    /// How often a dossier may be given another date with an apology (NĐ 61/2018 Đ.19.9).
    pub extensions_max: u8,
    /// Working days from the old due date to the new one in a letter, or from the day of the letter
    /// if it comes too late. No law gives a number.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 60)))]
    pub extension_working_days: u16,
    /// How long an applicant has for the documents that were asked for (`ThoiHanBoSung` in
    /// production systems).
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 365)))]
    pub supplement_calendar_days: u16,
    /// A term of fewer working days gets no letter before it has run out: it is open on most
    /// mornings of its life and done by the evening.
    #[cfg_attr(feature = "schema", schemars(range(max = 30)))]
    pub short_term_working_days: u16,
    /// To whom the morning writes by itself.
    #[serde(default)]
    pub letter: LetterPolicy,
    /// What the morning's letter gives as the reason: all that a schedule knows.
    #[cfg_attr(feature = "schema", schemars(length(max = REMARK_CHARACTERS_MAX), regex(pattern = r"\S")))]
    pub letter_reason: String,
    /// The reason given to an applicant whose supplement never came.
    #[cfg_attr(feature = "schema", schemars(length(max = REMARK_CHARACTERS_MAX), regex(pattern = r"\S")))]
    pub expired_reason: String,
    /// The reason given to an applicant whose due date is counted again after a change of the
    /// calendar.
    #[serde(default = "redate_reason")]
    #[cfg_attr(feature = "schema", schemars(length(max = REMARK_CHARACTERS_MAX), regex(pattern = r"\S")))]
    pub redate_reason: String,
    /// The reason with which a delayed receipt is announced.
    #[serde(default = "delay_reason")]
    #[cfg_attr(feature = "schema", schemars(length(max = REMARK_CHARACTERS_MAX), regex(pattern = r"\S")))]
    pub delay_reason: String,
    /// Against which date figures are counted on the days from then on.
    #[serde(default)]
    pub kpi_due: DueBasis,
    /// Office hours from submission within which a dossier is received in time; `None` if the entry
    /// has no bound.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 240)))]
    pub reception_working_hours: Option<u16>,
    /// The share of results in time that the province has set itself, in hundredths of a percent
    /// (9500 is 95 %); `None` where it has set none.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 10_000)))]
    pub on_time_target: Option<u16>,
    /// Whether the published list of late dossiers also has what their histories give as causes.
    /// Without it the list has codes and days.
    #[serde(default)]
    pub publish_late_causes: bool,
    /// How long what was handed in is kept after the end of a dossier, unless its procedure says
    /// otherwise; for ever in editions of before it was a rule.
    #[serde(default)]
    pub retention: Option<Retention>,
    counting: Counting,
    /// How well this entry is vouched for.
    pub trust: Trust,
    /// The source of the entry.
    #[cfg_attr(feature = "schema", schemars(length(max = REMARK_CHARACTERS_MAX), regex(pattern = r"\S")))]
    pub source: String,
}

/// The default of editions older than the action `redate`.
fn redate_reason() -> String {
    "Lịch làm việc đã thay đổi, ngày hẹn trả kết quả được tính lại.".to_owned()
}

/// The default of editions older than the action `announce-delay`.
fn delay_reason() -> String {
    "Hồ sơ chưa được tiếp nhận trong thời gian quy định. Ông/Bà có thể hỏi Bộ phận Một cửa của cơ \
     quan giải quyết hoặc Tổng đài 1022."
        .to_owned()
}

impl ValidFrom for ClockRule {
    fn valid_from(&self) -> Date {
        self.valid_from
    }
}

impl ClockRule {
    /// The articles by which a term in `unit` is counted.
    pub fn counting(&self, unit: TermUnit) -> &str {
        match unit {
            TermUnit::WorkingDay => &self.counting.working_day,
            TermUnit::CalendarDay => &self.counting.calendar_day,
            TermUnit::WorkingHour => &self.counting.working_hour,
        }
    }
}

data_file! {
    /// The data file `rules.json`: rules of the clock, each from a day on.
    RulesFile {
        #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
        rules: Vec<ClockRule>,
    }
}

/// Calendar and rules of the clock, in one consistent set.
#[derive(Debug)]
pub struct Law {
    calendar: Calendar,
    /// Whole calendars of those agencies that have exceptions.
    of_agencies: BTreeMap<AgencyCode, Calendar>,
    /// The first is in force from [`KNOWN_FROM`] at the latest.
    rules: Dated<ClockRule>,
}

impl Law {
    /// Joins calendar and rules. Fails with all rules that they break: two rules from one day, none
    /// on the first day, a code with an unreadable sequence, a missing article.
    pub fn assemble(calendar: Calendar, file: RulesFile) -> Result<Self, Vec<Violation>> {
        let (of_agencies, mut found) = calendar.of_agencies();
        found.splice(0..0, calendar.violations());
        let mut starts = BTreeSet::new();
        let mut kept_too_long = Vec::new();
        for (place, rule) in file.rules.iter().enumerate() {
            let from = rule.valid_from;
            let mut check = |field: &str, name: RuleName, broken: bool, detail: &str| {
                if broken {
                    found.push(Violation::new(
                        format!("rules[{place}].{field}"),
                        name,
                        format!("from {from}: {detail}"),
                    ));
                }
            };
            check(
                "validFrom",
                RuleName::UniqueStart,
                !starts.insert(from),
                "two rules begin on this day",
            );
            let block = rule
                .dossier_code
                .integrator_digit
                .is_some_and(|digit| !BLOCK_DIGITS.contains(&digit));
            check(
                "dossierCode.integratorDigit",
                RuleName::IntegratorDigit,
                block,
                "must be 1 to 9",
            );
            check(
                "dossierCode.digits",
                RuleName::SequenceDigits,
                !SEQUENCE_DIGITS.contains(&rule.dossier_code.digits),
                "digits must be 4 to 7",
            );
            for (field, days, least, most) in [
                ("extensionWorkingDays", rule.extension_working_days, 1, 60),
                ("supplementCalendarDays", rule.supplement_calendar_days, 1, 365),
                ("shortTermWorkingDays", rule.short_term_working_days, 0, 30),
                ("receptionWorkingHours", rule.reception_working_hours.unwrap_or(1), 1, 240),
                ("onTimeTarget", rule.on_time_target.unwrap_or(1), 1, 10_000),
            ] {
                check(
                    field,
                    RuleName::DaysRange,
                    !(least..=most).contains(&days),
                    &format!("must be {least} to {most}"),
                );
            }
            let mut bounded = |field: &str, rule, number: u16, least: u16, most: u16| {
                check(
                    field,
                    rule,
                    !(least..=most).contains(&number),
                    &format!("must be {least} to {most}"),
                );
            };
            if let Some(bound) = rule.supplement_bound {
                bounded(
                    "supplementBound.withinWorkingDays",
                    RuleName::SupplementBound,
                    bound.within_working_days,
                    1,
                    60,
                );
                bounded(
                    "supplementBound.timesMax",
                    RuleName::SupplementBound,
                    bound.times_max.into(),
                    1,
                    10,
                );
            }
            if let Some(bound) = rule.letter_bound {
                bounded(
                    "letterBound.noticeWorkingDays",
                    RuleName::LetterBound,
                    bound.notice_working_days,
                    0,
                    30,
                );
                // No shorter than what the morning itself gives.
                let (longest, own) =
                    (bound.extension_working_days_max, rule.extension_working_days);
                bounded(
                    "letterBound.extensionWorkingDaysMax",
                    RuleName::LetterBound,
                    longest,
                    own,
                    250,
                );
            }
            if let Some(kept) = &rule.retention {
                let at = format!("rules[{place}].retention");
                kept_too_long.extend(kept.violations(&at, &format!("from {from}")));
            }
            let fits = |text: &str| {
                !text.trim().is_empty() && text.chars().count() <= REMARK_CHARACTERS_MAX
            };
            for (field, text) in [
                ("letterReason", &rule.letter_reason),
                ("expiredReason", &rule.expired_reason),
                ("redateReason", &rule.redate_reason),
                ("delayReason", &rule.delay_reason),
            ] {
                check(
                    field,
                    RuleName::ReasonLength,
                    !fits(text),
                    "a reason has 1 to 300 characters",
                );
            }
            let pauses =
                rule.pauses.as_ref().map(|pauses| ("pauses.source", pauses.source.as_str()));
            for (field, article) in [
                ("counting.working-day", rule.counting(TermUnit::WorkingDay)),
                ("counting.calendar-day", rule.counting(TermUnit::CalendarDay)),
                ("counting.working-hour", rule.counting(TermUnit::WorkingHour)),
                ("source", &rule.source),
            ]
            .into_iter()
            .chain(pauses)
            {
                check(
                    field,
                    RuleName::Source,
                    !fits(article),
                    "a source is left out, or has more than 300 characters",
                );
            }
        }
        found.extend(kept_too_long);
        let rules = Dated::new(file.rules).filter(|rules| rules.covers(KNOWN_FROM));
        if rules.is_none() {
            let detail = format!("no rule is in force on {KNOWN_FROM}");
            found.push(Violation::new("rules", RuleName::CoverYears, detail));
        }
        let whole = rules.map(|rules| Self { calendar, of_agencies, rules });
        whole.filter(|_| found.is_empty()).ok_or(found)
    }

    /// The common working calendar.
    pub fn calendar(&self) -> &Calendar {
        &self.calendar
    }

    /// The working calendar of `agency`: the common one, unless it has exceptions.
    pub fn calendar_of(&self, agency: &AgencyCode) -> &Calendar {
        self.of_agencies.get(agency).unwrap_or(&self.calendar)
    }

    /// The agencies with exceptions from the calendar.
    pub fn agencies_with_exceptions(&self) -> impl Iterator<Item = &AgencyCode> {
        self.of_agencies.keys()
    }

    /// Whether a due date of `agency` that was counted from `from` on was counted in a year that
    /// the government has not decided.
    pub fn is_provisional(&self, agency: &AgencyCode, from: Timestamp, due: Timestamp) -> bool {
        self.calendar_of(agency).is_provisional(date_of(from), date_of(due))
    }

    /// Whether `due` is after `day` with no working day of `agency` in between. It never needs a
    /// year that the dates do not reach.
    pub fn is_due_next(&self, agency: &AgencyCode, day: Date, due: Date) -> bool {
        let between = || self.calendar_of(agency).working_days_between(day, previous(due));
        due > day && between() == Ok(0)
    }

    /// The rule in force on `day`; before the first, the first.
    pub fn rule_on(&self, day: Date) -> &ClockRule {
        self.rules.on_or_first(day)
    }

    /// How a pause is counted that ended at `at`.
    pub fn pause_counting(&self, at: Timestamp) -> PauseCounting {
        self.rule_on(date_of(at))
            .pauses
            .as_ref()
            .map_or(PauseCounting::default(), |pauses| pauses.count)
    }

    /// All rules, oldest first.
    pub fn rules(&self) -> impl Iterator<Item = &ClockRule> {
        self.rules.iter()
    }
}
