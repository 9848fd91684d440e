//! Keyed hashes of telephone and identity numbers. A plain hash of one is no secret: whoever has it
//! tries every number there is.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use crate::config::{SECRET_CHARACTERS_MIN, Setting};
use crate::wire::hex;

/// Hashes numbers of people with a secret, which may have several keys, one on each line. The first is
/// in force: what is written is hashed by it. What is looked for may have been hashed by any of them,
/// so that a key can be changed and nothing is forgotten (ADR 113).
#[derive(Clone)]
pub struct KeyedHash {
    in_force: String,
    others: Vec<String>,
}

impl fmt::Debug for KeyedHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyedHash(***)")
    }
}

impl KeyedHash {
    /// With this secret. By a key that it does not have nothing is found that was kept before.
    pub fn new(secret: String) -> Self {
        let mut keys = secret.lines().map(str::trim).filter(|key| !key.is_empty());
        let in_force = keys.next().unwrap_or_default().to_owned();
        Self { in_force, others: keys.map(str::to_owned).collect() }
    }

    /// One for each key, that in force first: what was kept may be under any of them.
    pub fn each(&self) -> impl Iterator<Item = Self> {
        let keys = std::iter::once(&self.in_force).chain(&self.others);
        keys.map(|key| Self { in_force: key.clone(), others: Vec::new() })
    }

    /// The hash of `value` as `kind#<64 hexadecimal digits>`: equal values of two kinds differ in
    /// their digits, too.
    pub fn of(&self, kind: &str, value: &str) -> String {
        format!("{kind}#{}", hex(self.bytes_of(kind, value)))
    }

    /// The same hash as 32 bytes, without its kind.
    pub fn bytes_of(&self, kind: &str, value: &str) -> [u8; 32] {
        let mut mac = hmac_of(self.in_force.as_bytes());
        mac.update(kind.as_bytes());
        mac.update(b"#");
        mac.update(value.as_bytes());
        mac.finalize().into_bytes().into()
    }
}

/// HMAC-SHA256 under a key of any length (RFC 2104: what is longer than a block is hashed first).
pub(crate) fn hmac_of(key: &[u8]) -> Hmac<Sha256> {
    let mut block = [0_u8; 64];
    let hashed = Sha256::digest(key);
    let key = if key.len() > block.len() { hashed.as_slice() } else { key };
    block[..key.len()].copy_from_slice(key);
    Hmac::new(&block.into())
}

/// A secret, in variables whose names end in `_KEY`: each of its keys is long enough.
impl Setting for KeyedHash {
    fn read(text: Option<&str>) -> Option<Self> {
        let hash = Self::new(text?.to_owned());
        let long = |key: &String| key.chars().count() >= SECRET_CHARACTERS_MIN;
        (long(&hash.in_force) && hash.others.iter().all(long)).then_some(hash)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_of_a_secret_is_short_and_there_is_one() {
        for refused in ["", "\n", "short", "long enough for a key\nshort"] {
            assert!(KeyedHash::read(Some(refused)).is_none(), "{refused:?}");
        }
        for taken in ["long enough for a key", "long enough for a key\n", "sixteen letters!\n\n"] {
            assert!(KeyedHash::read(Some(taken)).is_some(), "{taken:?}");
        }
        assert!(KeyedHash::read(None).is_none());
    }
}
