//! How long a procedure may take, as a number of units. When that ends is counted in
//! `deadline`.

use serde::{Deserialize, Serialize};

/// What a term is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum TermUnit {
    /// Days on which offices are open (ngày làm việc).
    WorkingDay,
    /// All days; the last one is moved to a working day (ngày).
    CalendarDay,
    /// Hours within office hours (giờ làm việc).
    WorkingHour,
}

impl TermUnit {
    /// The Vietnamese name for people.
    pub fn vietnamese(self) -> &'static str {
        match self {
            Self::WorkingDay => "ngày làm việc",
            Self::CalendarDay => "ngày",
            Self::WorkingHour => "giờ làm việc",
        }
    }
}

/// How long a procedure may take: at least one, at most 1,000 units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(try_from = "TermWire", into = "TermWire")]
pub struct Term {
    amount: u16,
    unit: TermUnit,
}

#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
struct TermWire {
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 1_000)))]
    amount: u16,
    unit: TermUnit,
}

impl From<Term> for TermWire {
    fn from(term: Term) -> Self {
        Self { amount: term.amount, unit: term.unit }
    }
}

impl TryFrom<TermWire> for Term {
    type Error = &'static str;

    fn try_from(wire: TermWire) -> Result<Self, Self::Error> {
        Self::new(wire.amount, wire.unit)
    }
}

impl Term {
    /// A term of `amount` units. Fails if `amount` is out of range for the unit.
    pub fn new(amount: u16, unit: TermUnit) -> Result<Self, &'static str> {
        if (1..=1_000).contains(&amount) {
            Ok(Self { amount, unit })
        } else {
            Err("a term is 1 to 1,000 units")
        }
    }

    /// The number of units.
    pub fn amount(self) -> u16 {
        self.amount
    }

    /// The unit of the term.
    pub fn unit(self) -> TermUnit {
        self.unit
    }
}
