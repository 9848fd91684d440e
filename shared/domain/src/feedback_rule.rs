//! What the catalogue says of feedback (phản ánh, kiến nghị): who classifies it and in how many
//! days, which categories there are and how long each may take, who may stay unnamed.

use jiff::civil::Date;
use serde::Deserialize;

use crate::dated::{ValidFrom, in_force};
use crate::id::AgencyCode;
use crate::provenance::Trust;
use crate::row::RowChecks;
use crate::{RuleName, Violation};

/// The most working days that a category may give.
const DAYS_MAX: u16 = 90;

/// The most years for which the words of a feedback are kept after its end.
const YEARS_MAX: u8 = 100;

/// A category of feedback.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FeedbackCategory {
    /// The code by which programs name it.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = r"^[a-z][a-z0-9-]{0,39}$")))]
    pub code: String,
    /// The name that is displayed.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = r"\S")))]
    pub name: String,
    /// In how many working days from its receipt it is answered; 1 to 90.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = DAYS_MAX)))]
    pub handling_working_days: u16,
    /// Whether it is taken from somebody who does not say who they are. Not where it is left out.
    #[serde(default)]
    pub anonymous: bool,
}

/// How feedback is handled from a day on.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FeedbackRule {
    /// The first day on which feedback is received by it.
    pub valid_from: Date,
    /// The agency that receives and classifies what comes.
    pub desk: AgencyCode,
    /// In how many working days from its receipt it is with the competent agency; 1 to 90.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = DAYS_MAX)))]
    pub routing_working_days: u16,
    /// How often its author may have an answer looked at again.
    pub reopens_max: u8,
    /// For how many years after its end words and names are kept; 1 to 100.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = YEARS_MAX)))]
    pub keep_years: u8,
    /// What feedback may be about.
    #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
    pub categories: Vec<FeedbackCategory>,
    /// Where it is written, or who has chosen it.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = r"\S")))]
    source: String,
    /// How well it is vouched for.
    pub trust: Trust,
}

impl ValidFrom for FeedbackRule {
    fn valid_from(&self) -> Date {
        self.valid_from
    }
}

impl FeedbackRule {
    /// The category with this code, if there is one.
    pub fn category(&self, code: &str) -> Option<&FeedbackCategory> {
        self.categories.iter().find(|category| category.code == code)
    }
}

fn is_category_code(code: &str) -> bool {
    let known = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=40).contains(&code.len())
        && code.bytes().all(known)
        && code.bytes().next().is_some_and(|first| first.is_ascii_lowercase())
}

/// Every rule of feedback. Without any, none is taken.
#[derive(Debug, Clone, Default)]
pub struct FeedbackRules(Vec<FeedbackRule>);

impl FeedbackRules {
    /// Puts the rows together; refused whole, with every reason.
    pub(crate) fn assemble(rows: Vec<FeedbackRule>) -> Result<Self, Vec<Violation>> {
        let mut found = Vec::new();
        for (place, row) in rows.iter().enumerate() {
            let (at, name) = (format!("feedback[{place}]"), row.valid_from.to_string());
            let mut checks = RowChecks::of(&at, &name);
            let days = |days: u16| (1..=DAYS_MAX).contains(&days);
            let range = format!("must be 1 to {DAYS_MAX} working days");
            let routing = days(row.routing_working_days);
            checks.check("routingWorkingDays", RuleName::Range, routing, &range);
            let years = (1..=YEARS_MAX).contains(&row.keep_years);
            let most = format!("must be 1 to {YEARS_MAX} years");
            checks.check("keepYears", RuleName::Range, years, &most);
            let some = !row.categories.is_empty();
            checks.check("categories", RuleName::Present, some, "has no category");
            checks.sourced(&row.source);
            let unique = !rows[..place].iter().any(|other| other.valid_from == row.valid_from);
            checks.check("validFrom", RuleName::UniqueStart, unique, "begins twice on this day");
            for (nth, category) in row.categories.iter().enumerate() {
                let field = |name: &str| format!("categories[{nth}].{name}");
                let code = is_category_code(&category.code);
                let small = "must be small letters, digits and hyphens";
                checks.check(&field("code"), RuleName::Format, code, small);
                let twice = row.categories[..nth].iter().any(|other| other.code == category.code);
                checks.check(&field("code"), RuleName::UniqueCode, !twice, "stands twice");
                let named = !category.name.trim().is_empty();
                checks.check(&field("name"), RuleName::Present, named, "a name is left out");
                let handled = days(category.handling_working_days);
                checks.check(&field("handlingWorkingDays"), RuleName::Range, handled, &range);
            }
            found.extend(checks.found());
        }
        if found.is_empty() { Ok(Self(rows)) } else { Err(found) }
    }

    /// What is taken in on `day`, and how; none before the first rule.
    pub fn on(&self, day: Date) -> Option<&FeedbackRule> {
        in_force(&self.0, day)
    }
}
