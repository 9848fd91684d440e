//! What has happened to a dossier, entry by entry, and what a history says by itself.

mod stored;

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Action, CountedBy, DossierStatus, Signature};
use crate::deadline::DueRule;
use crate::document::AskedDocument;
use crate::id::{AgencyCode, CommandId};
use crate::outcome::ResultKind;

/// One thing that happened. Entry `n` of a history has version `n`, counted from one.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "stored::StoredEntry", into = "stored::StoredEntry")]
pub struct HistoryEntry {
    /// The dossier's version after the entry, from 1.
    pub version: u64,
    /// The action that the entry records.
    pub action: Action,
    /// The status after the entry.
    pub status: DossierStatus,
    /// The time of the event.
    pub at: Timestamp,
    /// The time at which we recorded it.
    pub recorded_at: Timestamp,
    /// When it happened by its sender's clock, where that was set right: it ran ahead of ours, or a
    /// little behind the entry before.
    pub claimed_at: Option<Timestamp>,
    /// The account or system that acted.
    pub by: Signature,
    /// The id of the command.
    pub command: CommandId,
    /// The reason given to the applicant.
    pub reason: Option<String>,
    /// A note of the actor; [`Actor::may_read_note`] decides who reads it.
    pub note: Option<String>,
    /// When the dossier is due after it.
    pub due_at: Option<Timestamp>,
    /// The rule by which that date was found, where this entry started the clock.
    pub due_rule: Option<DueRule>,
    /// The due date that figures follow, where it is another: the one without the apology, or
    /// before documents were asked for late.
    pub original_due_at: Option<Timestamp>,
    /// What the dates were counted by, where this entry counted them; None on entries of before it
    /// was kept.
    pub counted_by: Option<CountedBy>,
    /// Whether documents were asked for later or more often than the rule of the day allows, or
    /// after the due date.
    pub asked_late: bool,
    /// Whether this letter of apology no longer came before the due date, as the rule of the day
    /// wants.
    pub late_letter: bool,
    /// When the step that the dossier is in is due after it; none outside a step, and while it waits
    /// for somebody outside.
    pub step_due_at: Option<Timestamp>,
    /// The agency that it was forwarded to, where this entry did so.
    pub handler: Option<AgencyCode>,
    /// The documents that the applicant was asked for, where this entry did so.
    pub asked_for: Vec<AskedDocument>,
    /// Whether the result is wanted by post, where this entry said so: not where to, which is content.
    pub by_post: bool,
    /// What kind of result this entry gave; none of another entry, and where nobody declared it.
    pub result: Option<ResultKind>,
}

/// What officers write may name people.
impl fmt::Debug for HistoryEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (version, action, status, at) =
            (self.version, self.action.name(), self.status.code(), self.at);
        write!(f, "HistoryEntry({version}: {action} -> {status} at {at})")
    }
}

/// The last entry of `history` that had happened at `instant`.
pub fn as_of(history: &[HistoryEntry], instant: Timestamp) -> Option<&HistoryEntry> {
    history.iter().rfind(|entry| entry.at <= instant)
}

/// Since when a dossier with this history waits for its receipt: since it was handed in, or since
/// the documents came that it was asked for before. None once it is received or has ended, and while
/// it waits for documents.
pub fn waiting_since(history: &[HistoryEntry]) -> Option<Timestamp> {
    history.last().filter(|last| last.status == DossierStatus::Registered)?;
    let came = |entry: &&HistoryEntry| matches!(entry.action, Action::Submit | Action::Supplement);
    history.iter().rfind(came).map(|entry| entry.at)
}
