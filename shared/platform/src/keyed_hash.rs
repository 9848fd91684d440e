//! Keyed hashes of telephone and identity numbers. A plain hash of one is no secret: whoever has it
//! tries every number there is.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use crate::config::Setting;
use crate::wire::hex;

/// Hashes numbers of people with a secret.
#[derive(Clone)]
pub struct KeyedHash {
    secret: String,
}

impl fmt::Debug for KeyedHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyedHash(***)")
    }
}

impl KeyedHash {
    /// With this secret. With another one nothing is found that was kept before.
    pub fn new(secret: String) -> Self {
        Self { secret }
    }

    /// The hash of `value` as `kind#<64 hexadecimal digits>`: equal values of two kinds differ in
    /// their digits, too.
    pub fn of(&self, kind: &str, value: &str) -> String {
        format!("{kind}#{}", hex(self.bytes_of(kind, value)))
    }

    /// The same hash as 32 bytes, without its kind.
    pub fn bytes_of(&self, kind: &str, value: &str) -> [u8; 32] {
        let mut mac = hmac_of(self.secret.as_bytes());
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
