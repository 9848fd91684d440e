//! Keyed hashes of telephone and identity numbers. A plain hash of one is no secret: whoever has it
//! tries every number there is.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use crate::config::Setting;
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

/// A secret, in variables whose names end in `_KEY`.
impl Setting for KeyedHash {
    fn read(text: Option<&str>) -> Option<Self> {
        text.map(|secret| Self::new(secret.to_owned()))
    }
}
