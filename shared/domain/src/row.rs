//! Rows of data files: the days on which each is in force, and what is checked of many kinds of
//! them.

use jiff::civil::Date;

use crate::{RuleName, Violation};

/// The days on which a row is in force: from a first one to a last one, both included, or until
/// further notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lasting {
    /// The first day on which the row is in force.
    pub first: Date,
    /// The last day on which it is in force; none: until further notice.
    pub last: Option<Date>,
}

impl Lasting {
    /// Whether the row is in force on `day`.
    pub fn covers(self, day: Date) -> bool {
        self.first <= day && self.last.is_none_or(|last| day <= last)
    }

    /// Whether it does not end before it begins.
    pub fn is_forward(self) -> bool {
        self.last.is_none_or(|last| self.first <= last)
    }

    /// Whether its last day is before `day`.
    pub fn has_ended_by(self, day: Date) -> bool {
        self.last.is_some_and(|last| last < day)
    }

    /// Whether there is a day on which both are in force.
    pub fn meets(self, other: Self) -> bool {
        self.covers(other.first) || other.covers(self.first)
    }
}

/// Collects what is wrong with one row of a data file.
pub(crate) struct RowChecks<'a> {
    /// The row's place in its file: `leaders[3]`.
    at: &'a str,
    /// What people know it by; every detail begins with it.
    name: &'a str,
    found: Vec<Violation>,
}

impl<'a> RowChecks<'a> {
    pub(crate) fn of(at: &'a str, name: &'a str) -> Self {
        Self { at, name, found: Vec::new() }
    }

    /// Notes that `field` breaks `rule`, unless that `holds`.
    pub(crate) fn check(&mut self, field: &str, rule: RuleName, holds: bool, detail: &str) {
        if !holds {
            let field = format!("{}.{field}", self.at);
            self.found.push(Violation::new(field, rule, format!("{}: {detail}", self.name)));
        }
    }

    /// Checks that the row does not end before it begins.
    pub(crate) fn forward(&mut self, days: Lasting) {
        self.check("validTo", RuleName::ValidRange, days.is_forward(), "ends before it begins");
    }

    /// Checks that the row names its source.
    pub(crate) fn sourced(&mut self, source: &str) {
        let named = !source.trim().is_empty();
        self.check("source", RuleName::Source, named, "a source is left out");
    }

    pub(crate) fn found(self) -> Vec<Violation> {
        self.found
    }
}
