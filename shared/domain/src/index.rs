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

use crate::Violation;
use crate::data_file::data_file;
use crate::dated::{Dated, ValidFrom};
use crate::id::AgencyCode;
use crate::period::Period;
use crate::provenance::Trust;

pub use measure::{FEEDBACK, Measure, Measures, SATISFIED, SYNCHRONISED, Scope};
pub use score::{Input, Missing, Origin, ScoredCriterion, ScoredGroup, ScoredIndex, score};

/// All of something, as a share.
pub const WHOLE: u64 = 10_000;

/// The most that can be declared of something: keeps every product of the arithmetic far within 64
/// bits.
pub const DECLARED_MAX: u64 = 1_000_000_000;

data_file! {
    /// The data file `index.json`: national indices, each version from a day on, and what was declared
    /// for them.
    IndexFile {
        #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
        indexes: Vec<Index>,
        declared: Vec<Declared>,
    }
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
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Index {
    /// What it is called by; the versions of an index share it.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = r"^[A-Z0-9-]+$")))]
    pub code: String,
    /// The index's name in Vietnamese.
    #[cfg_attr(feature = "schema", schemars(length(max = 200), regex(pattern = r"\S")))]
    pub name: String,
    /// The first day on which this version is in force.
    pub valid_from: Date,
    /// The most points, in hundredths of a point.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 10_000)))]
    pub hundredths: u64,
    /// The step in hundredths that scores are rounded to, half up: 10 is one decimal.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 100)))]
    pub round_to: u64,
    /// The groups of criteria.
    #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
    pub groups: Vec<Group>,
    /// What points are called, the best first.
    #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
    pub grades: Vec<Grade>,
    /// How well this entry is vouched for.
    pub trust: Trust,
    /// The source of the entry.
    #[cfg_attr(feature = "schema", schemars(length(max = 300), regex(pattern = r"\S")))]
    pub source: String,
}

impl ValidFrom for Index {
    fn valid_from(&self) -> Date {
        self.valid_from
    }
}

/// A group of criteria: a row of the national report.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Group {
    /// Its field in the national report (`CODE`).
    #[cfg_attr(feature = "schema", schemars(regex(pattern = r"^[A-Z0-9.]+$")))]
    pub code: String,
    /// The group's name in Vietnamese.
    #[cfg_attr(feature = "schema", schemars(length(max = 200), regex(pattern = r"\S")))]
    pub name: String,
    /// The most points, in hundredths of a point.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 10_000)))]
    pub hundredths: u64,
    /// The criteria of the group.
    #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
    pub criteria: Vec<Criterion>,
}

/// One criterion of an index.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Criterion {
    /// The code of the criterion.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = r"^[A-Z0-9.]+$")))]
    pub code: String,
    /// The criterion's name in Vietnamese.
    #[cfg_attr(feature = "schema", schemars(length(max = 200), regex(pattern = r"\S")))]
    pub name: String,
    /// The most points, in hundredths of a point.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 10_000)))]
    pub hundredths: u64,
    /// How its points are computed.
    pub formula: Formula,
}

/// How points are computed from measures.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum Formula {
    /// All points from a share on, below it so much of them as there is of the share.
    Proportional {
        /// The share that is measured.
        of: Ratio,
        /// From where on there are all points.
        #[cfg_attr(feature = "schema", schemars(range(min = 1, max = WHOLE)))]
        full_at: u64,
    },
    /// The points of the first rung that is reached; none below the last.
    Steps {
        /// The rungs, highest first.
        #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
        rungs: Vec<Rung>,
    },
    /// The average of points per dossier.
    Average {
        /// What each gets; those that are not named get nothing.
        #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
        of: Vec<Weight>,
        /// The dossiers among which the average is taken.
        among: Measure,
    },
    /// What dossiers got on average, as it was declared: the sum of the points, and how many
    /// dossiers they were given to.
    DeclaredAverage {
        /// The name of the declared input.
        #[cfg_attr(
            feature = "schema",
            schemars(length(max = 64), regex(pattern = r"^[a-z0-9]+(-[a-z0-9]+)*$"))
        )]
        input: String,
    },
}

impl Formula {
    /// The name in JSON.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Proportional { .. } => "proportional",
            Self::Steps { .. } => "steps",
            Self::Average { .. } => "average",
            Self::DeclaredAverage { .. } => "declared-average",
        }
    }
}

/// A share of two numbers.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Ratio {
    /// Of two measures from the figures and the catalogue.
    Measured {
        /// The numerator of the share.
        part: Measure,
        /// The denominator of the share.
        whole: Measure,
    },
    /// Of two declared numbers.
    Declared {
        /// The name of the declared input.
        #[cfg_attr(
            feature = "schema",
            schemars(length(max = 64), regex(pattern = r"^[a-z0-9]+(-[a-z0-9]+)*$"))
        )]
        input: String,
    },
}

/// One rung of a stepped formula.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Rung {
    /// The points of the rung, in hundredths.
    #[cfg_attr(feature = "schema", schemars(range(max = 10_000)))]
    pub hundredths: u64,
    /// The conditions, all of which must hold.
    pub when: Vec<Condition>,
}

/// What must hold for a rung.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Condition {
    /// A share is at least this high.
    AtLeast {
        /// The share that is compared.
        of: Ratio,
        /// The threshold, in hundredths of a percent.
        #[cfg_attr(feature = "schema", schemars(range(min = 1, max = WHOLE)))]
        share: u64,
    },
    /// A measure is 0.
    NoneOf {
        /// The measure that is compared.
        measure: Measure,
    },
}

/// What one dossier of a kind gets.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Weight {
    /// The dossiers that get the points.
    pub measure: Measure,
    /// The points of each, in hundredths.
    #[cfg_attr(feature = "schema", schemars(range(max = 10_000)))]
    pub hundredths: u64,
}

/// A grade by points.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Grade {
    /// From so many points on, in hundredths.
    #[cfg_attr(feature = "schema", schemars(range(max = 10_000)))]
    pub from: u64,
    /// The grade's name in Vietnamese.
    #[cfg_attr(feature = "schema", schemars(length(max = 200), regex(pattern = r"\S")))]
    pub name: String,
}

/// A number that only people or other systems know, as declared.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Declared {
    /// The period of the declaration.
    pub period: Period,
    /// Of which agency; of the province where none is named.
    #[serde(default)]
    pub agency: Option<AgencyCode>,
    /// The name of the input.
    #[cfg_attr(
        feature = "schema",
        schemars(length(max = 64), regex(pattern = r"^[a-z0-9]+(-[a-z0-9]+)*$"))
    )]
    pub input: String,
    /// The numerator of the declared share.
    pub part: u64,
    /// The denominator of the declared share.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = DECLARED_MAX)))]
    pub whole: u64,
    /// The source of the declaration.
    #[cfg_attr(feature = "schema", schemars(length(max = 300), regex(pattern = r"\S")))]
    pub source: String,
}

/// The indices and what was declared for them, in one consistent set.
#[derive(Debug)]
pub struct Indexes {
    versions: BTreeMap<String, Dated<Index>>,
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
        let versions = Dated::grouped(file.indexes, |index| index.code.clone());
        Ok(Self { versions, declared: file.declared })
    }

    /// The indices in force on `day`.
    pub fn on(&self, day: Date) -> impl Iterator<Item = &Index> {
        self.versions.values().filter_map(move |versions| versions.on(day))
    }

    /// The declaration of `input` for exactly this period and agency: a month's is not used for the
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
