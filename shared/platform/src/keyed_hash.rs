//! Keyed hashes of telephone and identity numbers. A plain hash of one is no secret: whoever has it
//! tries every number there is.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

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
        // A key of any length is taken.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(self.secret.as_bytes()) else {
            return String::new();
        };
        mac.update(kind.as_bytes());
        mac.update(b"#");
        mac.update(value.as_bytes());
        format!("{kind}#{}", hex(mac.finalize().into_bytes()))
    }
}

/// A secret, in variables whose names end in `_KEY`.
impl Setting for KeyedHash {
    fn read(text: Option<&str>) -> Option<Self> {
        text.map(|secret| Self::new(secret.to_owned()))
    }
}
