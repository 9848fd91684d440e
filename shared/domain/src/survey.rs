//! The one question after a result: how satisfied who applied is. Who may still answer, when they
//! are asked, and which counts are shown (`notices.json`).

use std::collections::BTreeSet;

use jiff::civil::{Date, Time};
use jiff::{SignedDuration, Timestamp, ToSpan};
use serde::Deserialize;

use crate::calendar::{date_of, instant};
use crate::dated::{Dated, ValidFrom};
use crate::dossier::{Action, DossierStatus, HistoryEntry};
use crate::provenance::Trust;
use crate::row::RowChecks;
use crate::{RuleName, Violation};

/// The most hours after a return at which a question is asked: a month.
const HOURS_MAX: u16 = 720;

/// The most days after a return for which an answer counts.
const DAYS_MAX: u16 = 365;

/// The most answers that a province may want before it shows any.
const SHOWN_FROM_MAX: u64 = 1_000;

/// How satisfaction is asked about, of results handed over from a day on.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SurveyRule {
    /// The first day of the results that it is about.
    pub valid_from: Date,
    /// Whether a message asks. Where none does, whoever applied may say it all the same.
    pub asked: bool,
    /// Hours after we learned of the return at which the message is due; 0 to 720.
    #[cfg_attr(feature = "schema", schemars(range(max = HOURS_MAX)))]
    after_hours: u16,
    /// Days after that of the return on which an answer still counts; 1 to 365.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = DAYS_MAX)))]
    answers_days: u16,
    /// The share of the month's budget in percent, 0 to 100, from which on no question is sent: the
    /// money is for notices.
    #[cfg_attr(feature = "schema", schemars(range(max = 100)))]
    budget_percent: u32,
    /// The fewest answers of an agency or procedure that are shown, 1 to 1,000: of fewer it could be
    /// told who said what.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = SHOWN_FROM_MAX)))]
    pub shown_from: u64,
    /// How well it is vouched for.
    pub trust: Trust,
    /// Where it is written, or who has chosen it.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = r"\S")))]
    source: String,
}

impl ValidFrom for SurveyRule {
    fn valid_from(&self) -> Date {
        self.valid_from
    }
}

/// A result that was handed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Returned {
    /// When it was handed over.
    pub at: Timestamp,
    /// When we learned of it.
    pub recorded_at: Timestamp,
    /// The version of the entry that says so.
    pub version: u64,
}

impl Returned {
    /// That of a dossier in `status` with this history; none while no result was handed over.
    pub fn of(status: DossierStatus, history: &[HistoryEntry]) -> Option<Self> {
        let last = history.last().filter(|_| status == DossierStatus::Returned)?;
        let Action::ReturnResult = last.action else { return None };
        Some(Self { at: last.at, recorded_at: last.recorded_at, version: last.version })
    }

    /// The day of the return in Viet Nam, by which answers are counted.
    pub fn day(&self) -> Date {
        date_of(self.at)
    }
}

impl SurveyRule {
    /// From when on the message is due.
    pub fn ask_from(&self, returned: &Returned) -> Timestamp {
        let wait = SignedDuration::from_hours(self.after_hours.into());
        returned.recorded_at.saturating_add(wait).unwrap_or(returned.recorded_at)
    }

    /// The first moment at which an answer counts no more: the end of a day in Viet Nam.
    pub fn until(&self, returned: &Returned) -> Timestamp {
        instant(self.last_day(returned.day()).saturating_add(1.day()), Time::midnight())
    }

    /// The last day on which an answer counts to a result of `day`.
    pub fn last_day(&self, day: Date) -> Date {
        day.saturating_add(i64::from(self.answers_days).days())
    }

    /// Whether what was `spent_vnd` of `budget_vnd` leaves nothing for questions.
    pub fn budget_is_short(&self, spent_vnd: u64, budget_vnd: u64) -> bool {
        let share = budget_vnd.saturating_mul(self.budget_percent.into());
        spent_vnd.saturating_mul(100) >= share
    }
}

/// How satisfaction is asked about, by day. Without any rule nobody is asked, and no answer counts.
#[derive(Debug, Clone, Default)]
pub struct SurveyRules(Option<Dated<SurveyRule>>);

impl SurveyRules {
    /// Puts the rows together; refused whole, with every reason.
    pub(crate) fn assemble(rows: Vec<SurveyRule>) -> Result<Self, Vec<Violation>> {
        let mut found = Vec::new();
        for (place, row) in rows.iter().enumerate() {
            let (at, name) = (format!("survey[{place}]"), row.valid_from.to_string());
            let mut checks = RowChecks::of(&at, &name);
            let days = (1..=DAYS_MAX).contains(&row.answers_days);
            let shown = (1..=SHOWN_FROM_MAX).contains(&row.shown_from);
            for (field, holds, detail) in [
                ("afterHours", row.after_hours <= HOURS_MAX, "must be 0 to 720 hours"),
                ("answersDays", days, "must be 1 to 365 days"),
                ("budgetPercent", row.budget_percent <= 100, "must be 0 to 100 percent"),
                ("shownFrom", shown, "must be 1 to 1000 answers"),
            ] {
                checks.check(field, RuleName::Range, holds, detail);
            }
            checks.sourced(&row.source);
            let unique = !rows[..place].iter().any(|other| other.valid_from == row.valid_from);
            checks.check("validFrom", RuleName::UniqueStart, unique, "begins twice on this day");
            found.append(&mut checks.found());
        }
        if found.is_empty() { Ok(Self(Dated::new(rows))) } else { Err(found) }
    }

    /// The rule of results that were handed over on `day`; none before the first.
    pub fn on(&self, day: Date) -> Option<&SurveyRule> {
        self.0.as_ref()?.on(day)
    }

    /// What an answer given at `now` is about. Fails before a result was handed over, and once its
    /// time is over.
    pub fn open(
        &self,
        returned: Option<Returned>,
        now: Timestamp,
    ) -> Result<OpenSurvey, Violation> {
        let broken = |rule, detail| Violation::new("satisfaction", rule, detail);
        let early = || broken(RuleName::AfterResult, "is said once the result was handed over");
        let returned = returned.ok_or_else(early)?;
        let open = self.on(returned.day()).map(|rule| rule.until(&returned));
        let open = open.filter(|until| now < *until).map(|until| OpenSurvey { returned, until });
        open.ok_or_else(|| broken(RuleName::AnswersUntil, "came after the last day for answers"))
    }
}

/// A result about which an answer counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenSurvey {
    /// The result that was handed over.
    pub returned: Returned,
    /// The first moment at which an answer counts no more.
    pub until: Timestamp,
}

/// The lines, by place, of which the count of answers is not shown: each with fewer than `least`,
/// and further ones, the smallest first, until nobody finds less than `least` by subtracting what
/// is shown from the whole.
pub fn hidden_lines(counts: &[u64], least: u64) -> BTreeSet<usize> {
    let mut by_size: Vec<usize> = (0..counts.len()).filter(|place| counts[*place] > 0).collect();
    by_size.sort_by_key(|place| counts[*place]);
    let (mut hidden, mut sum) = (BTreeSet::new(), 0);
    for place in by_size {
        if counts[place] >= least && (hidden.is_empty() || sum >= least) {
            break;
        }
        sum += counts[place];
        hidden.insert(place);
    }
    hidden
}
