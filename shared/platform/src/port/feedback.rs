//! What feedback needs of the world: a place to be taken in, and the systems at which it was given.

use std::fmt;

use domain::delivery::{FeedbackStep, FeedbackTerms, System};
use domain::feedback::{Feedback, FeedbackContent, ForeignNumber};
use domain::id::{AgencyCode, CommandId};
use jiff::Timestamp;
use jiff::civil::Date;

use super::{Admission, Trouble};
use crate::Failure;
use crate::record::FeedbackReceipt;

/// Where feedback is taken in.
pub trait FeedbackIntake: Sync {
    /// What a request under this key was answered; none where there was none, or its time is over.
    fn receipt(
        &self,
        key: &CommandId,
        now: Timestamp,
    ) -> impl Future<Output = Result<Option<FeedbackReceipt>, Failure>> + Send;

    /// The next number of `under` on `day`, from 1.
    fn next(
        &self,
        under: &AgencyCode,
        day: Date,
    ) -> impl Future<Output = Result<u32, Failure>> + Send;

    /// Stores what was sent with its receipt: all or nothing.
    fn admit(
        &self,
        whole: &(Feedback, FeedbackContent),
        key: &CommandId,
        receipt: &FeedbackReceipt,
    ) -> impl Future<Output = Result<Admission, Failure>> + Send;
}

/// A step of a feedback as the system hears of it at which it was given.
#[derive(Clone, Copy)]
pub struct ToldStep<'a> {
    /// The step, with its service.
    pub step: FeedbackStep<'a>,
    /// The number that the system has for the feedback.
    pub number: &'a ForeignNumber,
    /// The agency that had it then.
    pub agency: &'a AgencyCode,
    /// What the agency is called.
    pub agency_name: &'a str,
    /// What is said to the author.
    pub words: &'a str,
}

impl fmt::Debug for ToldStep<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ToldStep({} {}, ***)", self.number, self.step.entry.version)
    }
}

/// The systems at which people give feedback, too.
pub trait FeedbackSystems: Sync {
    /// What `system` has as answers to its feedback `number`, in its order.
    fn answers(
        &self,
        system: &System,
        terms: &FeedbackTerms,
        number: &ForeignNumber,
    ) -> impl Future<Output = Result<Vec<String>, Trouble>> + Send;

    /// Tells `system` of a step; the code of the other side where it does not take it.
    fn tell(
        &self,
        system: &System,
        told: ToldStep<'_>,
    ) -> impl Future<Output = Result<Result<(), String>, Trouble>> + Send;
}
