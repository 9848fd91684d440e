//! What we have proved of a message's sender, sealed beside the message: the queue that takes it
//! from us names us as its sender, and no longer who we had it from.

use std::fmt;

use domain::catalogue::Sender;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::config::Setting;
use crate::keyed_hash::KeyedHash;
use crate::webhook::Secret;
use crate::wire::hex;

/// The attribute that names the sender of a message that was passed on.
pub const SENDER: &str = "sender";

/// The attribute that proves it.
pub const SENDER_SEAL: &str = "sender-seal";

/// The key with which senders are sealed, and from which the secrets of those are made that sign.
#[derive(Clone)]
pub struct SealKey {
    hash: KeyedHash,
}

impl fmt::Debug for SealKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealKey(***)")
    }
}

impl SealKey {
    /// With this secret. What was sealed with another one proves nothing any more.
    pub fn new(secret: String) -> Self {
        Self { hash: KeyedHash::new(secret) }
    }

    /// The seal of `body` as sent by `sender`, in hexadecimal.
    pub fn seal(&self, sender: &Sender, body: &str) -> String {
        let body = hex(Sha256::digest(body.as_bytes()));
        hex(self.hash.bytes_of("sender", &format!("{body} {sender}")))
    }

    /// The secret with the number `key` of the integrator with this source: made of ours, so that
    /// none is stored.
    pub fn secret(&self, source: &str, key: u32) -> Secret {
        Secret::new(self.hash.bytes_of("webhook", &format!("{source}#{key}")).to_vec())
    }

    /// The secret with the number `key` with which we sign what goes to the webhook of the
    /// subscriber with this id. It is no integrator's own, so that nobody can send us our own
    /// requests.
    pub fn subscriber_secret(&self, system: &str, key: u32) -> Secret {
        Secret::new(self.hash.bytes_of("subscriber", &format!("{system}#{key}")).to_vec())
    }

    /// Whether `seal` proves that `sender` sent `body`.
    pub fn is_proven(&self, seal: &str, sender: &Sender, body: &str) -> bool {
        self.seal(sender, body).as_bytes().ct_eq(seal.as_bytes()).into()
    }
}

/// A secret, in variables whose names end in `_KEY`.
impl Setting for SealKey {
    fn read(text: Option<&str>) -> Option<Self> {
        KeyedHash::read(text).map(|hash| Self { hash })
    }
}
