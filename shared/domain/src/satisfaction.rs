//! How satisfied people are, in five levels, and how many said which.

use serde::{Deserialize, Serialize};

/// How satisfied somebody is with what was done for them, in five levels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Satisfaction {
    /// The lowest of the levels.
    VeryUnsatisfied,
    /// The second lowest level.
    Unsatisfied,
    /// Neither of both sides.
    Neutral,
    /// The second highest level.
    Satisfied,
    /// The highest of the levels.
    VerySatisfied,
}

impl Satisfaction {
    /// Every level, the lowest first.
    pub const ALL: [Self; 5] = [
        Self::VeryUnsatisfied,
        Self::Unsatisfied,
        Self::Neutral,
        Self::Satisfied,
        Self::VerySatisfied,
    ];

    /// The name in JSON, in addresses and in stored counts.
    pub fn name(self) -> &'static str {
        match self {
            Self::VeryUnsatisfied => "very-unsatisfied",
            Self::Unsatisfied => "unsatisfied",
            Self::Neutral => "neutral",
            Self::Satisfied => "satisfied",
            Self::VerySatisfied => "very-satisfied",
        }
    }

    /// The level of this name, if there is one.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.name() == name)
    }

    /// Its place among the levels, from 0.
    fn place(self) -> usize {
        match self {
            Self::VeryUnsatisfied => 0,
            Self::Unsatisfied => 1,
            Self::Neutral => 2,
            Self::Satisfied => 3,
            Self::VerySatisfied => 4,
        }
    }

    /// The level that somebody means who writes a digit, from 1 for the lowest to 5.
    pub fn of_digit(digit: &str) -> Option<Self> {
        let place: usize = digit.parse().ok().filter(|_| digit.len() == 1)?;
        Self::ALL.get(place.checked_sub(1)?).copied()
    }
}

/// How many said which level.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally([u64; 5]);

impl Tally {
    /// Counts `count` more who said `level`.
    pub fn add(&mut self, level: Satisfaction, count: u64) {
        self.0[level.place()] += count;
    }

    /// Counts those of another tally, too.
    pub fn join(&mut self, other: &Self) {
        for level in Satisfaction::ALL {
            self.add(level, other.of(level));
        }
    }

    /// How many said `level`.
    pub fn of(&self, level: Satisfaction) -> u64 {
        self.0[level.place()]
    }

    /// How many answered at all.
    pub fn all(&self) -> u64 {
        self.0.iter().sum()
    }

    /// How many said one of the two levels that are satisfied. Who is neither of both sides counts
    /// among those who answered, and not here.
    pub fn satisfied(&self) -> u64 {
        self.of(Satisfaction::Satisfied) + self.of(Satisfaction::VerySatisfied)
    }
}
