//! Courses of things, as the tables write them.

use serde::Serialize;

/// Who asks for a procedure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A citizen.
    Citizen,
    /// A business that exports.
    Export,
    /// A business that trades.
    Trade,
    /// A law firm.
    Law,
    /// An auctioneer.
    Auction,
}

/// Which procedures fit a plan, so that its timing holds under every calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Term {
    /// All.
    Any,
    /// Those that take five working days or less.
    Short,
    /// Those that take three working days or more.
    Days,
    /// Those that cost a fee.
    Fee,
}

/// What is foretold of the due date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Timing {
    /// Work ended before it.
    Early,
    /// Work ended after it.
    Late,
    /// It has passed, and work goes on.
    Overdue,
    /// It has not come yet.
    Within,
}

/// A command that the platform must refuse, and how.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Refusal {
    pub(super) action: &'static str,
    pub(super) expected_version: usize,
    pub(super) problem: &'static str,
    pub(super) status: u16,
}

/// A course of things. `action@n` is an event n days before the day of play, `@n+` up to nine days
/// earlier, `action!` HTTP on the day.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plan {
    pub(super) course: &'static str,
    /// How many dossiers of an agency take it.
    pub(super) count: usize,
    pub(super) term: Term,
    pub(super) timing: Option<Timing>,
    pub(super) refused: Option<Refusal>,
}

impl Plan {
    pub(super) const fn new(course: &'static str, count: usize) -> Self {
        Self { course, count, term: Term::Any, timing: None, refused: None }
    }

    pub(super) const fn within(mut self, term: Term) -> Self {
        self.term = term;
        self
    }

    pub(super) const fn timed(mut self, timing: Timing) -> Self {
        self.timing = Some(timing);
        self
    }

    pub(super) const fn then_refused(mut self, refused: Refusal) -> Self {
        self.refused = Some(refused);
        self
    }
}
