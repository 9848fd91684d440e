//! What a system must have of feedback that was given at it: the answer, and how far it is.

use serde::Deserialize;

use super::{Delivery, System};
use crate::feedback::{Feedback, FeedbackEntry, FeedbackNews};

/// Longest name of a service, in bytes.
const SERVICE_BYTES_MAX: usize = 64;

/// Who tells the authors of feedback that was given at another system.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum AuthorsToldBy {
    /// That system, which has their address and is told by us.
    #[default]
    Them,
    /// We, as we tell every author of whom we have a telephone.
    Us,
}

/// What is agreed with a system at which people give feedback, too. Names of services are the
/// system's own.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FeedbackTerms {
    /// The source of the integrator that the system is: it brings what was given there.
    pub integrator: String,
    /// The service that takes answers, and why there is none.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = r"^[A-Za-z][A-Za-z0-9]{0,63}$")))]
    pub answers: String,
    /// The service that says which answers it has: it is asked before one is brought again.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = r"^[A-Za-z][A-Za-z0-9]{0,63}$")))]
    pub asked: String,
    /// The service that takes how far it is before and after its answer; where the file says nothing
    /// the system is told of answers alone.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(regex(pattern = r"^[A-Za-z][A-Za-z0-9]{0,63}$")))]
    pub progress: Option<String>,
    /// Who tells their authors; the system where the file says nothing.
    #[serde(default)]
    pub authors_told_by: AuthorsToldBy,
}

/// Whether the news ends the wait of its author: they get an answer, or hear that none comes.
fn is_answer(news: FeedbackNews) -> bool {
    match news {
        FeedbackNews::Answered
        | FeedbackNews::Refused
        | FeedbackNews::Joined
        | FeedbackNews::Withdrawn => true,
        FeedbackNews::Received
        | FeedbackNews::Routed
        | FeedbackNews::TakenUp
        | FeedbackNews::Returned
        | FeedbackNews::Closed
        | FeedbackNews::Reopened => false,
    }
}

/// A step of a feedback that a system must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeedbackStep<'a> {
    /// The entry of its history.
    pub entry: &'a FeedbackEntry,
    /// What it tells the author.
    pub news: FeedbackNews,
    /// The service that takes it.
    pub service: &'a str,
}

impl FeedbackStep<'_> {
    /// Whether the system can be asked if it has it.
    pub fn is_answer(&self) -> bool {
        is_answer(self.news)
    }
}

impl FeedbackTerms {
    /// The services, each with its field.
    pub(super) fn services(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let required = [("feedback.answers", &self.answers), ("feedback.asked", &self.asked)];
        let progress = self.progress.iter().map(|name| ("feedback.progress", name));
        required.into_iter().chain(progress).map(|(field, name)| (field, name.as_str()))
    }

    /// Whether a service may have this name.
    pub(super) fn is_service(name: &str) -> bool {
        let begins = name.starts_with(|first: char| first.is_ascii_alphabetic());
        let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric());
        begins && plain && name.len() <= SERVICE_BYTES_MAX
    }

    fn step<'a>(&'a self, entry: &'a FeedbackEntry) -> Option<FeedbackStep<'a>> {
        let news = entry.news()?;
        let service = if is_answer(news) { Some(&self.answers) } else { self.progress.as_ref() }?;
        Some(FeedbackStep { entry, news, service })
    }
}

impl System {
    /// What is agreed about feedback that was given under `source`, as long as anything is owed to
    /// the system; none where that is another's.
    pub fn feedback_of(&self, source: &str) -> Option<&FeedbackTerms> {
        let terms = self.feedback.as_ref().filter(|_| self.connected);
        terms.filter(|terms| terms.integrator == source)
    }

    /// The steps of `feedback` that it must have, oldest first; none where it was not given there.
    pub fn steps_of<'a>(
        &'a self,
        feedback: &'a Feedback,
    ) -> impl Iterator<Item = FeedbackStep<'a>> {
        let terms = feedback.origin.as_ref().and_then(|origin| self.feedback_of(&origin.source));
        let steps = move |terms: &'a FeedbackTerms| {
            feedback.history.iter().filter_map(move |entry| terms.step(entry))
        };
        terms.into_iter().flat_map(steps)
    }

    /// The last version of `feedback` that it must have; 0 where it must have none.
    pub fn owed_of_feedback(&self, feedback: &Feedback) -> u64 {
        self.steps_of(feedback).last().map_or(0, |step| step.entry.version)
    }

    /// The steps of `feedback` that it must have and has not acknowledged, oldest first.
    pub fn steps_behind<'a>(
        &'a self,
        feedback: &'a Feedback,
        line: &Delivery,
    ) -> impl Iterator<Item = FeedbackStep<'a>> {
        let acknowledged = line.acknowledged();
        self.steps_of(feedback).filter(move |step| step.entry.version > acknowledged)
    }
}
