//! What the author of a feedback is told, as its entries say.

use serde::{Deserialize, Serialize};

use super::{Feedback, FeedbackAction, FeedbackEntry, FeedbackStatus};
use crate::id::AgencyCode;

/// What the author of a feedback is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum FeedbackNews {
    /// It was received, and has a day.
    Received,
    /// The competent agency has it.
    Routed,
    /// An officer of that agency has begun to work on it.
    TakenUp,
    /// That agency was not competent: the desk classifies it anew.
    Returned,
    /// It has an answer.
    Answered,
    /// It is not handled, and the desk says why.
    Refused,
    /// Another feedback is handled in its place.
    Joined,
    /// It is over, and nobody opened it again.
    Closed,
    /// Its author has had the answer looked at again, and it has a new day.
    Reopened,
    /// Its author has taken it back.
    Withdrawn,
}

impl FeedbackNews {
    /// Everything that an author is told, in the order in which it comes.
    pub const ALL: [Self; 10] = [
        Self::Received,
        Self::Routed,
        Self::TakenUp,
        Self::Returned,
        Self::Answered,
        Self::Refused,
        Self::Joined,
        Self::Closed,
        Self::Reopened,
        Self::Withdrawn,
    ];

    /// The name in the contract, in kebab-case.
    pub fn name(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Routed => "routed",
            Self::TakenUp => "taken-up",
            Self::Returned => "returned",
            Self::Answered => "answered",
            Self::Refused => "refused",
            Self::Joined => "joined",
            Self::Closed => "closed",
            Self::Reopened => "reopened",
            Self::Withdrawn => "withdrawn",
        }
    }
}

impl FeedbackEntry {
    /// What the entry tells the author; nothing where they did it in the same breath (a rating,
    /// photographs), where it is for everybody (a publication), and before the telephone is proved.
    pub fn news(&self) -> Option<FeedbackNews> {
        let Some(action) = self.action else {
            return (self.status == FeedbackStatus::Received).then_some(FeedbackNews::Received);
        };
        match action {
            FeedbackAction::Verify => Some(FeedbackNews::Received),
            FeedbackAction::Route => Some(FeedbackNews::Routed),
            FeedbackAction::TakeUp => Some(FeedbackNews::TakenUp),
            FeedbackAction::Return => Some(FeedbackNews::Returned),
            FeedbackAction::Answer => Some(FeedbackNews::Answered),
            FeedbackAction::Refuse => Some(FeedbackNews::Refused),
            FeedbackAction::Join => Some(FeedbackNews::Joined),
            FeedbackAction::Close => Some(FeedbackNews::Closed),
            FeedbackAction::Reopen => Some(FeedbackNews::Reopened),
            FeedbackAction::Withdraw => Some(FeedbackNews::Withdrawn),
            FeedbackAction::Publish | FeedbackAction::Rate | FeedbackAction::AddPhotos => None,
        }
    }
}

impl Feedback {
    /// The agency that had it after the entry of `version`: the competent one, else the desk.
    pub fn agency_at(&self, version: u64) -> &AgencyCode {
        let until = self.history.iter().take_while(|entry| entry.version <= version);
        let last = until.filter_map(|entry| match entry.action {
            Some(FeedbackAction::Route) => Some(entry.agency.as_ref()),
            Some(FeedbackAction::Return) => Some(None),
            Some(
                FeedbackAction::Verify
                | FeedbackAction::Refuse
                | FeedbackAction::Join
                | FeedbackAction::TakeUp
                | FeedbackAction::Answer
                | FeedbackAction::Publish
                | FeedbackAction::Close
                | FeedbackAction::Rate
                | FeedbackAction::Reopen
                | FeedbackAction::AddPhotos
                | FeedbackAction::Withdraw,
            )
            | None => None,
        });
        last.last().flatten().unwrap_or(&self.desk)
    }
}
