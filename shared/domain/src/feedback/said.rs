//! How a feedback comes, and what everybody may read of it.

use serde::{Deserialize, Serialize};

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
}

impl FeedbackChannel {
    /// Every channel, so that the contract can be compared with the code.
    pub const ALL: [Self; 4] = [Self::Web, Self::App, Self::Hotline, Self::Social];

    /// Whether an officer writes it down, who has asked for name and number.
    pub fn is_by_officer(self) -> bool {
        match self {
            Self::Hotline | Self::Social => true,
            Self::Web | Self::App => false,
        }
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
