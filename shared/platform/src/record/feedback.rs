//! What is kept of a request to send feedback.

use domain::feedback::{FeedbackCode, FeedbackStatus};
use serde::{Deserialize, Serialize};

use crate::fingerprint::Fingerprint;

/// What a request to send feedback was answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FeedbackReceipt {
    /// The code that was given.
    pub feedback: FeedbackCode,
    /// The request, so that another one under the same key is told apart.
    pub fingerprint: Fingerprint,
    /// The status that it had first.
    pub status: FeedbackStatus,
    /// When it may be forgotten, in seconds since 1970.
    pub expires_at: i64,
}
