//! How far an integrator's event has come, as it is stored and shown: ids, codes and names of rules,
//! and nothing of what the event says.

use domain::Violation;
use domain::id::{CommandId, DossierCode};
use domain::language::Language;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::Failure;
use crate::fingerprint::command_id;
use crate::wire::hex;

/// How long the record of an event is kept, from when it was first read.
pub const EVENT_KEPT: SignedDuration = SignedDuration::from_hours(24 * 30);

/// The most fields that a record names. What is broken in more places is read again when those are
/// mended.
pub const ERRORS_MAX: usize = 100;

/// Longest name of a field that is recorded, in bytes: ours are shorter, and a longer one is a
/// sender's text.
const FIELD_BYTES_MAX: usize = 60;

/// What an event is recorded under: its source and its id, of which a hash alone is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventName {
    /// The name of the event's command, and of its record.
    pub key: CommandId,
    /// The source that the event names.
    pub source: String,
}

impl EventName {
    /// The event with this id of `source`, of which it is proven that it comes from there.
    pub fn of(source: &str, id: &str) -> Result<Self, Failure> {
        Ok(Self { key: command_id(&["event", source, id])?, source: source.to_owned() })
    }

    /// The event with this id that only says it were of `source`: no true event of that source has
    /// the same name.
    pub fn claimed(source: &str, id: &str) -> Result<Self, Failure> {
        Ok(Self { key: command_id(&["claimed", source, id])?, source: source.to_owned() })
    }
}

/// The record of one event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EventRecord {
    /// The name of the event's command.
    pub event: CommandId,
    /// The source that the event names.
    pub source: String,
    /// The SHA-256 of the event as it came, in hexadecimal; empty where it was refused unread.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub body: String,
    /// When it was first read.
    pub received_at: Timestamp,
    /// When the record is forgotten, in seconds since 1970.
    pub expires_at: i64,
    /// Since when it has been as it is.
    pub since: Timestamp,
    /// How far it has come.
    #[serde(flatten)]
    pub state: EventState,
}

/// How far an event has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum EventState {
    /// It was read; what became of it is not known yet.
    Received,
    /// It waits, and is looked at again by itself.
    Waiting {
        /// What it waits for.
        waits_for: WaitsFor,
    },
    /// It has had its effect.
    Applied {
        /// The dossier that it made or moved.
        dossier: DossierCode,
        /// The dossier's version after it, from 1.
        version: u64,
    },
    /// It is of a source that tests: nothing was wrong with it, and it has no effect.
    Judged,
    /// It was given up, and has had no effect.
    Refused {
        /// The last part of a problem type, or how the work on it broke off.
        problem: String,
        /// Each broken rule with the field that breaks it, where it was refused for its content.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        errors: Vec<BrokenField>,
    },
}

/// What an event waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WaitsFor {
    /// The event that brings its dossier.
    Dossier,
    /// An event that has to come before it, since the dossier's status does not allow it yet.
    EarlierEvent,
    /// What was sent with it and happened before, for some minutes.
    Settling,
    /// That the dossier is forwarded to an agency of its sender.
    Forward,
}

impl WaitsFor {
    /// All of them, so that the contract can be compared with the code.
    pub const ALL: [Self; 4] = [Self::Dossier, Self::EarlierEvent, Self::Settling, Self::Forward];
}

/// A field and the rule that it breaks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BrokenField {
    /// The field, from the top of the event; `?` where its name is none of ours.
    pub field: String,
    /// The name of the rule.
    pub rule: String,
    /// What the rule says, with its limits, in English; records of before there were such have
    /// none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

impl From<&Violation> for BrokenField {
    fn from(violation: &Violation) -> Self {
        let ours = |field: &str| {
            field.len() <= FIELD_BYTES_MAX
                && field
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b".[]-_".contains(&byte))
        };
        let field = if ours(&violation.field) { violation.field.as_str() } else { "?" };
        // The detail may quote what was sent; what is stated is of our own words.
        let detail = Some(violation.stated(Language::En));
        Self { field: field.to_owned(), rule: violation.rule.slug().to_owned(), detail }
    }
}

impl EventState {
    /// The event is given up for `reason`.
    pub fn refused(reason: &str, failure: &Failure) -> Self {
        let broken: &[Violation] =
            if let Failure::Invalid(broken) = failure { broken } else { &[] };
        let errors = broken.iter().take(ERRORS_MAX).map(BrokenField::from).collect();
        Self::Refused { problem: reason.to_owned(), errors }
    }

    /// Whether nothing more happens to it by itself.
    pub fn is_final(&self) -> bool {
        match self {
            Self::Applied { .. } | Self::Judged | Self::Refused { .. } => true,
            Self::Received | Self::Waiting { .. } => false,
        }
    }
}

/// The SHA-256 of a message as it came, in hexadecimal.
pub fn body_hash(body: &str) -> String {
    hex(Sha256::digest(body.as_bytes()))
}
