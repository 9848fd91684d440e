//! Counts by name, as the scenario and the tables are compared.

use std::collections::BTreeMap;

/// An agency and a procedure, by their codes.
pub(super) type Cell = (String, String);

/// How often each name was counted; what was never counted is 0.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Counts(BTreeMap<String, u64>);

impl Counts {
    pub(super) fn of(&self, name: &str) -> u64 {
        self.0.get(name).copied().unwrap_or(0)
    }

    pub(super) fn add(&mut self, name: &str, count: u64) {
        *self.0.entry(name.to_owned()).or_default() += count;
    }

    pub(super) fn add_all(&mut self, other: &Self) {
        for (name, count) in &other.0 {
            self.add(name, *count);
        }
    }

    pub(super) fn total(&self) -> u64 {
        self.0.values().sum()
    }

    /// Everything of several put together.
    pub(super) fn sum<'a>(all: impl IntoIterator<Item = &'a Self>) -> Self {
        let mut sum = Self::default();
        all.into_iter().for_each(|counts| sum.add_all(counts));
        sum
    }

    /// What was received over all three channels.
    pub(super) fn received(&self) -> u64 {
        ["receivedOnline", "receivedCounter", "receivedPostal"]
            .map(|name| self.of(name))
            .iter()
            .sum()
    }

    /// Each name with its count.
    pub(super) fn each(&self) -> impl Iterator<Item = (&str, u64)> {
        self.0.iter().map(|(name, count)| (name.as_str(), *count))
    }
}
