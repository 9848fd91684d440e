//! Who called a gateway, as it is stored.

use std::fmt;

use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Who called a gateway: sixteen hexadecimal digits as their eight bytes, and any other name as it
/// is.
pub(super) struct CompactHolder(pub(super) String);

impl CompactHolder {
    fn bytes(&self) -> Option<[u8; 8]> {
        let number = u64::from_str_radix(&self.0, 16).ok()?;
        (self.0 == format!("{number:016x}")).then(|| number.to_be_bytes())
    }
}

impl Serialize for CompactHolder {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.bytes() {
            Some(bytes) => serializer.serialize_bytes(&bytes),
            None => serializer.serialize_str(&self.0),
        }
    }
}

impl<'de> Deserialize<'de> for CompactHolder {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;

        impl<'de> Visitor<'de> for Either {
            type Value = CompactHolder;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a holder, as eight bytes or as text")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<CompactHolder, E> {
                Ok(CompactHolder(text.to_owned()))
            }

            fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<CompactHolder, E> {
                let length = bytes.len();
                let bytes = bytes.try_into().map_err(|_| E::invalid_length(length, &self))?;
                Ok(CompactHolder(format!("{:016x}", u64::from_be_bytes(bytes))))
            }

            // Formats without bytes of their own, as JSON, write a list.
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<CompactHolder, A::Error> {
                let mut bytes = Vec::new();
                while let Some(byte) = list.next_element()? {
                    bytes.push(byte);
                }
                self.visit_bytes(&bytes)
            }
        }

        deserializer.deserialize_any(Either)
    }
}
