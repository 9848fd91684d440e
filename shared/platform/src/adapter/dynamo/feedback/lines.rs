//! What is read of the feedback table besides feedback itself.

use domain::feedback::{FeedbackCode, FeedbackStatus, Origin, Publication, Satisfaction};
use domain::id::AgencyCode;
use domain::upload::UploadId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A line of the worklist of an agency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FeedbackLine {
    /// The code of the feedback.
    pub code: FeedbackCode,
    /// How far it is.
    pub status: FeedbackStatus,
    /// What it is about.
    pub category: String,
    /// How often it was changed.
    pub version: u64,
    /// By when the competent agency has to have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub routing_due_at: Option<Timestamp>,
    /// By when it is to be answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Timestamp>,
    /// The officer who works on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holder: Option<String>,
    /// Its place in the list.
    #[serde(rename(serialize = "place"))]
    #[serde(rename(deserialize = "workDue"))]
    pub place: String,
}

/// What everybody may read of a feedback.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PublishedLine {
    /// The code of the feedback.
    pub code: FeedbackCode,
    /// What it is about.
    pub category: String,
    /// The agency that answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agency: Option<AgencyCode>,
    /// Title and answer, as an officer wrote them.
    pub published: Publication,
    /// When it was answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered_at: Option<Timestamp>,
    /// How satisfied its author is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub satisfaction: Option<Satisfaction>,
    /// Its place in the list.
    #[serde(rename(serialize = "place"))]
    #[serde(rename(deserialize = "shownAt"))]
    pub place: String,
}

/// A feedback of which somebody is to be told what becomes of it: its author, or the system where it
/// was given.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MovedFeedback {
    /// The code of the feedback.
    pub code: FeedbackCode,
    /// How often it was changed.
    pub version: u64,
    /// When it was changed the last time.
    #[serde(rename = "movedAt")]
    pub at: Timestamp,
    /// Whether nobody has said who they are.
    #[serde(default)]
    pub anonymous: bool,
    /// Where it was given; none where that was here.
    #[serde(default)]
    pub origin: Option<Origin>,
}

/// The photographs of a feedback whose words are gone.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ExpiredPhotos {
    /// The code of the feedback.
    pub code: FeedbackCode,
    /// The uploads that are to go.
    pub photo_ids: Vec<UploadId>,
}
