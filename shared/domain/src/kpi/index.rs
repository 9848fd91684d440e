//! The national indices of service quality: the index of QĐ 766/QĐ-TTg and the nine indices of TT
//! 01/2018/TT-VPCP.
//!
//! What is measured, what it weighs and from where on it counts in full is data
//! (`infra/data/index.json`), each from a day on: the texts change, and developers who built on
//! them disagree even about the names of the groups. All arithmetic is in whole numbers: points in
//! hundredths, shares in hundredths of a percent.

mod check;
mod measure;
mod score;

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Deserialize;

use super::Period;
use crate::Violation;
use crate::id::AgencyCode;
use crate::procedure::Trust;

pub use measure::{Measure, Measures, Scope};
pub use score::{Input, Missing, Origin, ScoredCriterion, ScoredGroup, ScoredIndex, score};

/// All of something, as a share.
pub const WHOLE: u64 = 10_000;

/// The most that can be declared of something: keeps every product of the arithmetic far within 64
/// bits.
pub const DECLARED_MAX: u64 = 1_000_000_000;

/// `index.json`.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IndexFile {
    indexes: Vec<Index>,
    declared: Vec<Declared>,
}

impl IndexFile {
    /// Agencies that something was declared of, each with the place of its declaration in the list.
    pub(crate) fn agencies_of_declarations(&self) -> Vec<(usize, AgencyCode)> {
        let entries = self.declared.iter().enumerate();
        entries.filter_map(|(place, entry)| Some((place, entry.agency.clone()?))).collect()
    }
}

/// One index, from one day on.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Index {
    /// What it is called by; the versions of an index share it.
    pub code: String,
    /// Its name in Vietnamese.
    pub name: String,
    /// First day of this version.
    pub valid_from: Date,
    /// The most points, in hundredths.
    pub hundredths: u64,
    /// The step in hundredths that scores are rounded to, half up: 10 is one decimal.
    pub round_to: u64,
    /// What it is made of.
    pub groups: Vec<Group>,
    /// What points are called, the best first.
    pub grades: Vec<Grade>,
    /// How well this entry is vouched for.
    pub trust: Trust,
    /// Where it is written.
    pub source: String,
}

/// A group of criteria: a row of the national report.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Group {
    /// Its field in the national report (`CODE`).
    pub code: String,
    /// Its name in Vietnamese.
    pub name: String,
    /// The most points, in hundredths.
    pub hundredths: u64,
    /// What it is made of.
    pub criteria: Vec<Criterion>,
}

/// One thing that is measured.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Criterion {
    /// What it is called by.
    pub code: String,
    /// Its name in Vietnamese.
    pub name: String,
    /// The most points, in hundredths.
    pub hundredths: u64,
    /// How points come of what is measured.
    pub formula: Formula,
}

/// How points come of what is measured.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum Formula {
    /// All points from a share on, below it so much of them as there is of the share.
    Proportional {
        /// The share that is measured.
        of: Ratio,
        /// From where on there are all points.
        full_at: u64,
    },
    /// The points of the first rung that is reached; none below the last.
    Steps {
        /// The rungs, highest first.
        rungs: Vec<Rung>,
    },
    /// What dossiers get on average.
    Average {
        /// What each gets; those that are not named get nothing.
        of: Vec<Weight>,
        /// Of which dossiers.
        among: Measure,
    },
    /// What dossiers got on average, as it was declared: the sum of the points, and how many
    /// dossiers they were given to.
    DeclaredAverage {
        /// The declaration.
        input: String,
    },
}

impl Formula {
    /// The word for it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Proportional { .. } => "proportional",
            Self::Steps { .. } => "steps",
            Self::Average { .. } => "average",
            Self::DeclaredAverage { .. } => "declared-average",
        }
    }
}

/// A share of something.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Ratio {
    /// Of what the figures and the catalogue say.
    Measured {
        /// So much.
        part: Measure,
        /// Of so much.
        whole: Measure,
    },
    /// Of what somebody has declared.
    Declared {
        /// The declaration.
        input: String,
    },
}

/// A step of a formula.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Rung {
    /// Its points, in hundredths.
    pub hundredths: u64,
    /// All that must hold.
    pub when: Vec<Condition>,
}

/// What must hold for a rung.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Condition {
    /// A share is reached.
    AtLeast {
        /// What is measured.
        of: Ratio,
        /// The share.
        share: u64,
    },
    /// There is none of it.
    NoneOf {
        /// What is measured.
        measure: Measure,
    },
}

/// What one dossier of a kind gets.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Weight {
    /// Which dossiers.
    pub measure: Measure,
    /// The points of each, in hundredths.
    pub hundredths: u64,
}

/// What points are called.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Grade {
    /// From so many points on, in hundredths.
    pub from: u64,
    /// In Vietnamese.
    pub name: String,
}

/// What only people or other systems know, as they said it.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Declared {
    /// Of what time.
    pub period: Period,
    /// Of which agency; of the province where none is named.
    #[serde(default)]
    pub agency: Option<AgencyCode>,
    /// What it is.
    pub input: String,
    /// So much.
    pub part: u64,
    /// Of so much.
    pub whole: u64,
    /// Who says so.
    pub source: String,
}

/// The indices and what was declared for them, in one consistent set.
#[derive(Debug)]
pub struct Indexes {
    /// Versions of each index, oldest first.
    versions: BTreeMap<String, Vec<Index>>,
    declared: Vec<Declared>,
}

impl Indexes {
    /// Puts them together; refused whole, with every reason, if an index contradicts itself:
    /// weights that do not add up, thresholds out of order, a declaration that nothing asks for or
    /// that two entries make.
    pub fn assemble(file: IndexFile) -> Result<Self, Vec<Violation>> {
        let found = check::violations(&file.indexes, &file.declared);
        if !found.is_empty() {
            return Err(found);
        }
        let mut versions: BTreeMap<String, Vec<Index>> = BTreeMap::new();
        for index in file.indexes {
            versions.entry(index.code.clone()).or_default().push(index);
        }
        for list in versions.values_mut() {
            list.sort_by_key(|index| index.valid_from);
        }
        Ok(Self { versions, declared: file.declared })
    }

    /// The indices in force on `day`.
    pub fn on(&self, day: Date) -> impl Iterator<Item = &Index> {
        self.versions
            .values()
            .filter_map(move |list| list.iter().rfind(|index| index.valid_from <= day))
    }

    /// What was declared of `input` for exactly this time and agency: a month says nothing of the
    /// quarter.
    pub fn declared(
        &self,
        period: &Period,
        agency: Option<&AgencyCode>,
        input: &str,
    ) -> Option<&Declared> {
        let asked = (period.first(), period.last());
        let of_them = |declared: &&Declared| {
            declared.input == input
                && declared.agency.as_ref() == agency
                && (declared.period.first(), declared.period.last()) == asked
        };
        self.declared.iter().find(of_them)
    }
}
