//! What histories and assignments store in few bytes (ADR 61): instants, who acted, and the ids of
//! commands.

use std::fmt;

use jiff::Timestamp;
use serde::de::{Error, IntoDeserializer, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Role, Signature};
use crate::id::{AgencyCode, CommandId};
use crate::impossible::Impossible;

/// The id that is stored as `digest`, or as the text `command`.
pub(super) fn command_of(
    digest: Option<&Digest>,
    command: Option<CommandId>,
) -> Result<CommandId, Impossible> {
    match (digest, command) {
        (Some(digest), None) => digest.named(),
        (None, Some(command)) => Ok(command),
        (Some(_), Some(_)) | (None, None) => Err(Impossible("an entry has no command, or two")),
    }
}

/// An instant as its milliseconds since 1970, where it is one of whole milliseconds, as every one
/// is that is decided today; else as text.
#[derive(Clone, Copy)]
pub(super) struct Instant(pub(super) Timestamp);

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
pub(super) struct StoredSignature(pub(super) Signature);

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
pub(super) struct Digest([u8; 32]);

impl Digest {
    /// That of a command whose id is one; none of another.
    pub(super) fn of(command: &CommandId) -> Option<Self> {
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
