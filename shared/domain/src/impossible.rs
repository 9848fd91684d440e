//! What is stored in the form of an aggregate, and that the aggregate can never have been.

use std::fmt;

/// How the text of an [`Impossible`] begins, by which a reader of rows knows that it quotes nothing
/// of the row.
pub const IMPOSSIBLE: &str = "an impossible row: ";

/// An invariant that a stored aggregate breaks, in words that quote nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Impossible(pub &'static str);

impl fmt::Display for Impossible {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{IMPOSSIBLE}{}", self.0)
    }
}

impl std::error::Error for Impossible {}
