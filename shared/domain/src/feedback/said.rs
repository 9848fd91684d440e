//! How a feedback comes, and what everybody may read of it.

use serde::{Deserialize, Serialize};

use crate::language::Language;

/// How a feedback came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FeedbackChannel {
    /// The website of the province.
    Web,
    /// An application on a telephone.
    App,
    /// A call that an operator wrote down (1022).
    Hotline,
    /// A social network, as an officer passed it on.
    Social,
    /// A system at which people give feedback, too, by its event: the province's 1022, the national
    /// portal.
    Central,
}

impl FeedbackChannel {
    /// Every channel, so that the contract can be compared with the code.
    pub const ALL: [Self; 5] = [Self::Web, Self::App, Self::Hotline, Self::Social, Self::Central];

    /// The channels of the HTTP doors.
    pub const OF_DOORS: [Self; 4] = [Self::Web, Self::App, Self::Hotline, Self::Social];

    /// Whether an officer writes it down, who has asked for name and number.
    pub fn is_by_officer(self) -> bool {
        match self {
            Self::Hotline | Self::Social => true,
            Self::Web | Self::App | Self::Central => false,
        }
    }
}

/// How its author wants to be told of it. There is no other place to keep that in: an author has no
/// identity number, under which the wishes of applicants are kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Wishes {
    /// The language that they prefer.
    #[serde(default)]
    pub language: Language,
    /// Whether they want nothing but what the law wants: the answer, or why there is none.
    #[serde(default)]
    pub legal_only: bool,
}

impl Wishes {
    /// Whether they are those of whoever says nothing.
    pub(super) fn are_none(&self) -> bool {
        *self == Self::default()
    }
}

/// What everybody may read of a feedback: written by an officer, without a name in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Publication {
    /// What it is about, 1 to 200 characters.
    pub title: String,
    /// What the authorities say to it, 1 to 2,000 characters.
    pub answer: String,
}
