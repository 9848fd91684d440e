//! What is asked for of a feedback, and what it comes to.

use crate::Violation;
use crate::calendar::MissingYear;
use crate::id::{AgencyCode, CommandId};
use crate::upload::UploadedDocument;

use super::{
    Feedback, FeedbackAction, FeedbackChannel, FeedbackContent, FeedbackStatus, Given, Publication,
    Satisfaction, Wishes,
};

/// What is asked for when somebody sends feedback.
#[derive(Debug, Clone)]
pub struct Filing {
    /// The channel by which it comes.
    pub channel: FeedbackChannel,
    /// Where it was given, where that was at another system.
    pub given: Option<Given>,
    /// What it is about.
    pub category: String,
    /// Whether its author lets an answer be published.
    pub consent: bool,
    /// How its author wants to be told of it.
    pub wishes: Wishes,
    /// What is written, and by whom.
    pub content: FeedbackContent,
    /// The id of the command.
    pub command: CommandId,
}

/// One move that is asked for.
#[derive(Clone)]
pub struct FeedbackCommand {
    /// What is to be done.
    pub action: FeedbackAction,
    /// The version that the caller saw, where they say it.
    pub expected: Option<u64>,
    /// The id by which a repetition is known.
    pub command: CommandId,
    /// Why, or the answer itself.
    pub words: Option<String>,
    /// Of `route`: the competent agency.
    pub agency: Option<AgencyCode>,
    /// Of `route`: another category than the author's.
    pub category: Option<String>,
    /// Of `join`: what is handled in its place, as it is now.
    pub with: Option<Box<Feedback>>,
    /// Of `publish`: what everybody may read.
    pub publication: Option<Publication>,
    /// Of `rate`: how satisfied the author is.
    pub satisfaction: Option<Satisfaction>,
    /// Of `add-photos`: what was uploaded and inspected.
    pub photos: Vec<UploadedDocument>,
}

/// What a command comes to.
#[derive(Debug, Clone, PartialEq)]
pub enum FeedbackDecision {
    /// The feedback after one more entry, not yet stored, with its content.
    Moved(Box<(Feedback, FeedbackContent)>),
    /// The same command was carried out before.
    Repeated,
}

/// Why a command is not carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FeedbackRefusal {
    /// The actor may not do this to this feedback.
    NotAllowed,
    /// The command names another version than the current one.
    Stale {
        /// The current version, from 1.
        current: u64,
    },
    /// The status does not allow it.
    Illegal {
        /// The action that was asked for.
        action: FeedbackAction,
        /// The status that it has now.
        status: FeedbackStatus,
        /// What this actor may do instead.
        allowed: Vec<FeedbackAction>,
    },
    /// Fields of the command break rules.
    Invalid(Vec<Violation>),
    /// A date is in a year without a calendar.
    Missing(MissingYear),
}
