//! What a notice says, and of what something has happened.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::dossier::Action;
use crate::feedback::FeedbackNews;
use crate::notice::NoticeClass;
use crate::notice::headline::Headline;

/// The content of a notice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Content {
    /// What was done to the dossier.
    #[serde(rename = "action")]
    Change(Action),
    /// Figures of the province, as they were on the morning of the report.
    #[serde(rename = "headline")]
    Figures(Headline),
    /// What became of a feedback.
    #[serde(rename = "news")]
    News(FeedbackNews),
    /// How satisfied who applied is with the result that they have.
    #[serde(rename = "question")]
    Question,
}

/// Something that has happened to what the thread speaks of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Happening {
    /// The version that it made, from 1.
    pub version: u64,
    /// What is sent, and whether the law requires it; none where nothing is.
    pub said: Option<(Content, NoticeClass)>,
    /// When it was recorded.
    pub at: Timestamp,
}
