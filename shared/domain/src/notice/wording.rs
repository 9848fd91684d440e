//! In which wording a notice goes out.

use serde::{Deserialize, Serialize};

/// In which wording a notice goes out; stored as whether it is the repetition's.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "bool", into = "bool")]
pub enum Wording {
    /// As it is sent to an applicant who certainly does not have it yet.
    #[default]
    First,
    /// Marked as a repetition, since the applicant may have it already.
    Repetition,
}

impl Wording {
    /// Whether it is the first one, which a record leaves out.
    pub fn is_first(&self) -> bool {
        match self {
            Self::First => true,
            Self::Repetition => false,
        }
    }
}

impl From<bool> for Wording {
    fn from(is_repetition: bool) -> Self {
        if is_repetition { Self::Repetition } else { Self::First }
    }
}

impl From<Wording> for bool {
    fn from(wording: Wording) -> Self {
        !wording.is_first()
    }
}
