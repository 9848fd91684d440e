//! How an entry of a history is stored: in few bytes, since every move pays for the item in which it
//! lies. Names have one letter, an instant is its milliseconds, a command's digest its 32 bytes, and
//! what follows from the rest is left out. Entries of releases before this form (ADR 61) have whole
//! names and texts, and are read by the same fields.

use serde::{Deserialize, Serialize};

use super::HistoryEntry;
use crate::deadline::DueRule;
use crate::document::AskedDocument;
use crate::dossier::compact::{Digest, Instant, StoredSignature, command_of};
use crate::dossier::{Action, CountedBy, DossierStatus};
use crate::id::{AgencyCode, CommandId};
use crate::impossible::Impossible;
use crate::outcome::ResultKind;

/// An entry as the store has it.
#[derive(Serialize, Deserialize)]
pub(super) struct StoredEntry {
    #[serde(rename = "v", alias = "version")]
    version: u64,
    #[serde(rename = "a", alias = "action")]
    action: Action,
    #[serde(rename = "s", alias = "status")]
    status: DossierStatus,
    #[serde(rename = "t", alias = "at")]
    at: Instant,
    /// None where it was recorded as it happened.
    #[serde(rename = "r", alias = "recordedAt", default, skip_serializing_if = "Option::is_none")]
    recorded_at: Option<Instant>,
    #[serde(rename = "c", alias = "claimedAt", default, skip_serializing_if = "Option::is_none")]
    claimed_at: Option<Instant>,
    #[serde(rename = "b", alias = "by")]
    by: StoredSignature,
    /// The id of the command, where it is a digest, as most are.
    #[serde(rename = "i", default, skip_serializing_if = "Option::is_none")]
    digest: Option<Digest>,
    /// The same, where it is another text; always so before this form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    command: Option<CommandId>,
    #[serde(rename = "w", alias = "reason", default, skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(rename = "n", alias = "note", default, skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    #[serde(rename = "d", alias = "dueAt", default, skip_serializing_if = "Option::is_none")]
    due_at: Option<Instant>,
    #[serde(rename = "q", alias = "dueRule", default, skip_serializing_if = "Option::is_none")]
    due_rule: Option<DueRule>,
    #[serde(
        rename = "o",
        alias = "originalDueAt",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    original_due_at: Option<Instant>,
    #[serde(rename = "k", alias = "countedBy", default, skip_serializing_if = "Option::is_none")]
    counted_by: Option<CountedBy>,
    #[serde(
        rename = "l",
        alias = "askedLate",
        default,
        skip_serializing_if = "std::ops::Not::not"
    )]
    asked_late: bool,
    #[serde(
        rename = "y",
        alias = "lateLetter",
        default,
        skip_serializing_if = "std::ops::Not::not"
    )]
    late_letter: bool,
    #[serde(rename = "e", alias = "stepDueAt", default, skip_serializing_if = "Option::is_none")]
    step_due_at: Option<Instant>,
    #[serde(rename = "h", alias = "handler", default, skip_serializing_if = "Option::is_none")]
    handler: Option<AgencyCode>,
    #[serde(rename = "f", alias = "askedFor", default, skip_serializing_if = "Vec::is_empty")]
    asked_for: Vec<AskedDocument>,
    #[serde(rename = "p", alias = "byPost", default, skip_serializing_if = "std::ops::Not::not")]
    by_post: bool,
    #[serde(rename = "x", alias = "result", default, skip_serializing_if = "Option::is_none")]
    result: Option<ResultKind>,
}

impl From<HistoryEntry> for StoredEntry {
    fn from(entry: HistoryEntry) -> Self {
        let digest = Digest::of(&entry.command);
        Self {
            version: entry.version,
            action: entry.action,
            status: entry.status,
            at: Instant(entry.at),
            recorded_at: Some(entry.recorded_at).filter(|it| *it != entry.at).map(Instant),
            claimed_at: entry.claimed_at.map(Instant),
            by: StoredSignature(entry.by),
            command: if digest.is_none() { Some(entry.command) } else { None },
            digest,
            reason: entry.reason,
            note: entry.note,
            due_at: entry.due_at.map(Instant),
            due_rule: entry.due_rule,
            original_due_at: entry.original_due_at.map(Instant),
            counted_by: entry.counted_by,
            asked_late: entry.asked_late,
            late_letter: entry.late_letter,
            step_due_at: entry.step_due_at.map(Instant),
            handler: entry.handler,
            asked_for: entry.asked_for,
            by_post: entry.by_post,
            result: entry.result,
        }
    }
}

impl TryFrom<StoredEntry> for HistoryEntry {
    type Error = Impossible;

    fn try_from(stored: StoredEntry) -> Result<Self, Impossible> {
        let command = command_of(stored.digest.as_ref(), stored.command)?;
        Ok(Self {
            version: stored.version,
            action: stored.action,
            status: stored.status,
            at: stored.at.0,
            recorded_at: stored.recorded_at.map_or(stored.at.0, |recorded| recorded.0),
            claimed_at: stored.claimed_at.map(|claimed| claimed.0),
            by: stored.by.0,
            command,
            reason: stored.reason,
            note: stored.note,
            due_at: stored.due_at.map(|due| due.0),
            due_rule: stored.due_rule,
            original_due_at: stored.original_due_at.map(|due| due.0),
            counted_by: stored.counted_by,
            asked_late: stored.asked_late,
            late_letter: stored.late_letter,
            step_due_at: stored.step_due_at.map(|due| due.0),
            handler: stored.handler,
            asked_for: stored.asked_for,
            by_post: stored.by_post,
            result: stored.result,
        })
    }
}
