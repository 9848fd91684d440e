//! The end of a dossier's content: what was handed in goes, and what figures need stays.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Dossier, HistoryEntry, Refusal, Rule, Target, moment};
use crate::post::Post;
use crate::{RuleName, Violation};

/// Why the content of a dossier is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GoneBy {
    /// It was kept for as long as the catalogue says.
    Expiry,
    /// Somebody with the power to do so has ordered it.
    Order,
}

/// That the content of a dossier is gone: applicant, documents, forms, results, who took them, and
/// what people wrote into its history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContentGone {
    /// When that was decided.
    pub at: Timestamp,
    /// By what it is gone.
    pub by: GoneBy,
}

impl HistoryEntry {
    /// The entry without what people wrote: free text may name somebody.
    fn without_words(self) -> Self {
        Self { reason: None, note: None, asked_for: Vec::new(), ..self }
    }
}

impl Dossier {
    /// When the last thing happened to it, where it has ended; none while it is open.
    pub fn ended_at(&self) -> Option<Timestamp> {
        self.history.last().filter(|_| self.status.is_closed()).map(|entry| entry.at)
    }

    /// The dossier without its content, which is gone from `at` on. Code, agencies, procedure, dates,
    /// statuses, accounts and the number of documents stay: figures are counted from them. Fails for
    /// a dossier that has not ended, of which nobody could go on with the work.
    pub fn without_content(&self, by: GoneBy, at: Timestamp) -> Result<Self, Refusal> {
        if !self.status.is_closed() {
            let detail = "what was handed in is kept until the dossier has ended";
            return Err(Refusal::invalid(Violation::new("code", RuleName::EndedDossier, detail)));
        }
        let mut next = self.clone().into_state();
        (next.applicant, next.documents, next.forms) = (None, Vec::new(), Vec::new());
        (next.results, next.handovers) = (Vec::new(), Vec::new());
        (next.demands, next.receipts) = (Vec::new(), Vec::new());
        (next.result_to, next.post) = (None, Post::default());
        next.corrected = Vec::new();
        next.history = next.history.into_iter().map(HistoryEntry::without_words).collect();
        next.content_gone = Some(self.content_gone.unwrap_or(ContentGone { at: moment(at), by }));
        Ok(Self::of(next))
    }

    /// Whether the move would go on with work for which there is no content any more.
    pub(super) fn lacks_content_for(&self, rule: &Rule) -> bool {
        let ends = match rule.target {
            Target::To(status) => status.is_closed(),
            Target::WhereItWas | Target::Stays => false,
        };
        self.content_gone.is_some() && !ends
    }

    /// Refuses a move for which there is no content any more.
    pub(super) fn check_content(&self, rule: &Rule) -> Result<(), Refusal> {
        if !self.lacks_content_for(rule) {
            return Ok(());
        }
        let detail = "what was handed in is gone, so that nobody can go on with the work";
        Err(Refusal::invalid(Violation::new("action", RuleName::ContentGone, detail)))
    }
}
