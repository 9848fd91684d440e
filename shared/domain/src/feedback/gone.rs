//! The end of what was written: by time, or because somebody with the power to do so has ordered it.

use jiff::Timestamp;

use super::{Feedback, FeedbackRefusal, invalid};
use crate::RuleName;
use crate::dossier::{ContentGone, GoneBy, moment};

impl Feedback {
    /// The feedback without what was written, by an order that is carried out at `at`: its author,
    /// words, place, photographs, what was said at its moves, and what was published of it, since
    /// that stands by its author's consent. Code, agencies, dates, statuses, accounts and
    /// satisfaction stay: figures are counted from them. Fails while it is not over, when somebody
    /// still works on it or owes its author an answer.
    pub fn without_content(&self, at: Timestamp) -> Result<Self, FeedbackRefusal> {
        if !self.status.is_ended() {
            let detail = "what was written is kept until the feedback is over";
            return Err(invalid("code", RuleName::EndedFeedback, detail));
        }
        let gone = self.content_gone.unwrap_or(ContentGone { at: moment(at), by: GoneBy::Order });
        let until = self.content_until.map_or(gone.at, |until| until.min(gone.at));
        let (content_gone, content_until) = (Some(gone), Some(until));
        Ok(Self { content_gone, content_until, published: None, ..self.clone() })
    }

    /// Since when what was written is gone at `now`, and by what; none while it is kept.
    pub fn content_gone(&self, now: Timestamp) -> Option<ContentGone> {
        let over = self.content_until.filter(|until| *until <= now);
        let expired = || over.map(|at| ContentGone { at, by: GoneBy::Expiry });
        self.content_gone.or_else(expired)
    }
}
