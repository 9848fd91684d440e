//! Signatures of requests by Standard Webhooks: over id, time and body, with a secret that both
//! sides have, and only for five minutes.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::Mac;
use jiff::{SignedDuration, Timestamp};
use subtle::ConstantTimeEq;

use crate::Failure;
use crate::keyed_hash::hmac_of;

/// The header that names the message.
pub const ID: &str = "webhook-id";
/// The header with the time of sending, in seconds since 1970.
pub const TIMESTAMP: &str = "webhook-timestamp";
/// The header with signatures, blanks between them.
pub const SIGNATURE: &str = "webhook-signature";

/// How far a request's time may be from ours, before and after.
pub const TOLERANCE: SignedDuration = SignedDuration::from_mins(5);

/// How a signature begins: the version of the scheme, HMAC-SHA256.
const V1: &str = "v1,";

/// The most signatures of one request that are looked at: one for each key, while keys change.
const SIGNATURES_MAX: usize = 8;

/// A secret with which requests are signed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Vec<u8>);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

impl Secret {
    /// The secret of these bytes.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// As its owner is given it: `whsec_` and base64.
    pub fn reveal(&self) -> String {
        format!("whsec_{}", STANDARD.encode(&self.0))
    }

    /// The signature of a request with this id and body, sent at `timestamp` in seconds since 1970.
    pub fn sign(&self, id: &str, timestamp: i64, body: &[u8]) -> String {
        let mut mac = hmac_of(&self.0);
        mac.update(format!("{id}.{timestamp}.").as_bytes());
        mac.update(body);
        format!("{V1}{}", STANDARD.encode(mac.finalize().into_bytes()))
    }
}

/// What a request says of its signature.
#[derive(Debug, Clone, Copy)]
pub struct Signed<'a> {
    /// The name of the message.
    pub id: &'a str,
    timestamp: i64,
    signatures: &'a str,
}

impl<'a> Signed<'a> {
    /// Reads the three headers by `header`. Fails as without a proven identity where one is missing
    /// or has not its form.
    pub fn read(header: impl Fn(&str) -> Option<&'a str>) -> Result<Self, Failure> {
        let id = header(ID).ok_or(Failure::Unauthorized("no webhook-id"))?;
        let timestamp = header(TIMESTAMP).and_then(|seconds| seconds.parse().ok());
        let timestamp = timestamp.ok_or(Failure::Unauthorized("no webhook-timestamp"))?;
        let signatures = header(SIGNATURE).ok_or(Failure::Unauthorized("no webhook-signature"))?;
        Ok(Self { id, timestamp, signatures })
    }

    /// Whether one of `secrets` signed `body`, within [`TOLERANCE`] of `now`. Fails as without a
    /// proven identity.
    pub fn prove(
        &self,
        secrets: impl Iterator<Item = Secret>,
        body: &[u8],
        now: Timestamp,
    ) -> Result<(), Failure> {
        let apart = now.as_second().checked_sub(self.timestamp).and_then(i64::checked_abs);
        if apart.is_none_or(|seconds| seconds > TOLERANCE.as_secs()) {
            return Err(Failure::Unauthorized("the webhook-timestamp is not of these minutes"));
        }
        let given = || self.signatures.split(' ').take(SIGNATURES_MAX);
        let mut is_signed = false;
        for secret in secrets {
            let own = secret.sign(self.id, self.timestamp, body);
            for signature in given() {
                is_signed |= bool::from(own.as_bytes().ct_eq(signature.as_bytes()));
            }
        }
        if is_signed { Ok(()) } else { Err(Failure::Unauthorized("no webhook-signature holds")) }
    }
}
