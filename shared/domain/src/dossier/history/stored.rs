//! How an entry of a history is stored: in few bytes, since every move pays for the item in which it
//! lies. Names have one letter, an instant is its milliseconds, a command's digest its 32 bytes, and
//! what follows from the rest is left out. Entries of releases before this form (ADR 61) have whole
//! names and texts, and are read by the same fields.

use std::fmt;

use jiff::Timestamp;
use serde::de::{Error, IntoDeserializer, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::HistoryEntry;
use crate::deadline::DueRule;
use crate::document::AskedDocument;
use crate::dossier::{Action, CountedBy, DossierStatus, Role, Signature};
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
            result: entry.result,
        }
    }
}

impl TryFrom<StoredEntry> for HistoryEntry {
    type Error = Impossible;

    fn try_from(stored: StoredEntry) -> Result<Self, Impossible> {
        let command = match (stored.digest, stored.command) {
            (Some(digest), None) => digest.named()?,
            (None, Some(command)) => command,
            (Some(_), Some(_)) | (None, None) => {
                return Err(Impossible("an entry has no command, or two"));
            }
        };
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
            result: stored.result,
        })
    }
}

/// An instant as its milliseconds since 1970, where it is one of whole milliseconds, as every one
/// is that is decided today; else as text.
#[derive(Clone, Copy)]
struct Instant(Timestamp);

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let milliseconds = self.0.as_millisecond();
        if Timestamp::from_millisecond(milliseconds).is_ok_and(|whole| whole == self.0) {
            return serializer.serialize_i64(milliseconds);
        }
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;

        impl Visitor<'_> for Either {
            type Value = Instant;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an instant, as milliseconds or as text")
            }

            fn visit_i64<E: Error>(self, milliseconds: i64) -> Result<Instant, E> {
                Timestamp::from_millisecond(milliseconds).map(Instant).map_err(E::custom)
            }

            fn visit_u64<E: Error>(self, milliseconds: u64) -> Result<Instant, E> {
                self.visit_i64(i64::try_from(milliseconds).map_err(E::custom)?)
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Instant, E> {
                text.parse().map(Instant).map_err(E::custom)
            }
        }

        deserializer.deserialize_any(Either)
    }
}

/// Who acted, in one text: role, agency and account. Neither a role nor an agency has a blank.
struct StoredSignature(Signature);

/// Stands for the agency of those who have none: no code of an agency is so.
const NO_AGENCY: &str = "-";

impl Serialize for StoredSignature {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Signature { role, id, agency } = &self.0;
        let agency = agency.as_ref().map_or(NO_AGENCY, AgencyCode::as_str);
        serializer.collect_str(&format_args!("{} {agency} {id}", role.name()))
    }
}

impl<'de> Deserialize<'de> for StoredSignature {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Either {
            Text(String),
            Whole(Signature),
        }

        let text = match Either::deserialize(deserializer)? {
            Either::Text(text) => text,
            Either::Whole(signature) => return Ok(Self(signature)),
        };
        let mut parts = text.splitn(3, ' ');
        let (Some(role), Some(agency), Some(id)) = (parts.next(), parts.next(), parts.next())
        else {
            return Err(D::Error::custom("a signature is not of three parts"));
        };
        let role = Role::deserialize(role.into_deserializer())?;
        let agency = match agency {
            NO_AGENCY => None,
            code => Some(code.parse().map_err(D::Error::custom)?),
        };
        Ok(Self(Signature { role, id: id.to_owned(), agency }))
    }
}

/// A command's id that is a SHA-256 in lower-case hexadecimal, as its bytes.
struct Digest([u8; 32]);

impl Digest {
    fn of(command: &CommandId) -> Option<Self> {
        let text = command.as_str().as_bytes();
        let digit = |byte: u8| match byte {
            b'0'..=b'9' => Some(byte - b'0'),
            b'a'..=b'f' => Some(byte - b'a' + 10),
            _ => None,
        };
        let mut bytes = [0; 32];
        if text.len() != 2 * bytes.len() {
            return None;
        }
        for (byte, pair) in bytes.iter_mut().zip(text.chunks_exact(2)) {
            *byte = digit(*pair.first()?)? << 4 | digit(*pair.last()?)?;
        }
        Some(Self(bytes))
    }

    fn named(&self) -> Result<CommandId, Impossible> {
        let text: String = self.0.iter().map(|byte| format!("{byte:02x}")).collect();
        CommandId::try_from(text).map_err(|_| Impossible("a digest names no command"))
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Bytes;

        impl<'de> Visitor<'de> for Bytes {
            type Value = Digest;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the 32 bytes of a digest")
            }

            fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Digest, E> {
                let length = bytes.len();
                bytes.try_into().map(Digest).map_err(|_| E::invalid_length(length, &self))
            }

            // Formats without bytes of their own, as JSON, write a list.
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Digest, A::Error> {
                let mut bytes = Vec::new();
                while let Some(byte) = list.next_element()? {
                    bytes.push(byte);
                }
                self.visit_bytes(&bytes)
            }
        }

        deserializer.deserialize_any(Bytes)
    }
}
