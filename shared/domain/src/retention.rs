//! How long what was handed in is kept after the end of its dossier (lưu trữ; Luật Lưu trữ 33/2024).

use jiff::ToSpan;
use jiff::civil::Date;
use serde::Deserialize;

use crate::provenance::Trust;
use crate::{RuleName, Violation};

/// The most years for which content is kept: what has to be kept for ever is the archive's, which is
/// another system.
const YEARS_MAX: u8 = 100;

/// For how long content is kept: of one procedure, or of all that say nothing else.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Retention {
    /// Years from the day on which the dossier ended; 1 to 100.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = YEARS_MAX)))]
    years: u8,
    /// Where it is written, or who has chosen it.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = r"\S")))]
    source: String,
    /// How well it is vouched for.
    pub trust: Trust,
}

impl Retention {
    /// The rules that the entry at `at` breaks, which people know as `name`.
    pub(crate) fn violations(&self, at: &str, name: &str) -> Vec<Violation> {
        let mut found = Vec::new();
        if !(1..=YEARS_MAX).contains(&self.years) {
            let detail = format!("{name}: must be 1 to {YEARS_MAX} years");
            found.push(Violation::new(format!("{at}.years"), RuleName::Range, detail));
        }
        if self.source.trim().is_empty() {
            let detail = format!("{name}: a source is left out");
            found.push(Violation::new(format!("{at}.source"), RuleName::Source, detail));
        }
        found
    }

    /// The same years, however well they are vouched for.
    pub(crate) fn unvouched(&self, other: &Self) -> Self {
        Self { years: self.years, source: other.source.clone(), trust: other.trust }
    }

    /// Whether content is kept for fewer years than by `other`.
    pub(crate) fn is_shorter_than(&self, other: &Self) -> bool {
        self.years < other.years
    }

    /// A day before which a dossier ended whose content is not kept on `day` any more.
    pub(crate) fn ended_before(&self, day: Date) -> Date {
        day.saturating_sub(i64::from(self.years).years())
    }

    /// The last day on which the content is kept of a dossier that ended on `ended`.
    pub fn until(&self, ended: Date) -> Date {
        ended.saturating_add(i64::from(self.years).years())
    }
}
