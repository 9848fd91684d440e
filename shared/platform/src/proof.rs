//! How an applicant proves without an account that a dossier is theirs: by a one-time code that was
//! sent to the telephone of the dossier, for which they get a token that opens this dossier alone.
//!
//! Neither code nor token is stored. The code is made of the proof's name and our key, so that
//! it can be made again where it is sent and where it is compared; the token is a time with a seal.

use std::fmt;

use domain::dossier::Actor;
use domain::id::{CommandId, DossierCode};
use domain::{RuleName, Violation};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

use crate::Failure;
use crate::config::Setting;
use crate::keyed_hash::KeyedHash;
use crate::wire::hex;

/// For how long a one-time code counts.
pub const CODE_COUNTS: SignedDuration = SignedDuration::from_mins(10);

/// How often a code may be guessed.
pub const TRIES_MAX: u64 = 5;

/// For how long a token opens its dossier: long enough to photograph what is owed.
pub const TOKEN_COUNTS: SignedDuration = SignedDuration::from_mins(30);

/// The name of one proof, which nobody can guess: 128 bits in hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ProofId(String);

impl TryFrom<String> for ProofId {
    type Error = Violation;

    fn try_from(text: String) -> Result<Self, Violation> {
        let digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if text.len() == 32 && text.bytes().all(digit) {
            return Ok(Self(text));
        }
        Err(Violation::new("proof", RuleName::KnownValue, "must be the name of a proof"))
    }
}

impl std::str::FromStr for ProofId {
    type Err = Violation;

    fn from_str(text: &str) -> Result<Self, Violation> {
        Self::try_from(text.to_owned())
    }
}

impl From<ProofId> for String {
    fn from(id: ProofId) -> Self {
        id.0
    }
}

impl fmt::Display for ProofId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What is stored of a proof.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProofRecord {
    /// The name of the proof.
    pub proof: ProofId,
    /// The dossier that was asked about, whether or not there is one.
    pub code: DossierCode,
    /// Until when its code counts, in seconds since 1970.
    pub expires_at: i64,
    /// How often the code was guessed.
    #[serde(default)]
    pub tries: u64,
    /// To which number the code was sent, masked; none before it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent_to: Option<String>,
}

/// The key that makes codes and seals tokens.
#[derive(Clone)]
pub struct ProofKey {
    hash: KeyedHash,
}

impl fmt::Debug for ProofKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ProofKey(***)")
    }
}

impl ProofKey {
    /// With this secret. Under another one every open proof and token counts for nothing.
    pub fn new(secret: String) -> Self {
        Self { hash: KeyedHash::new(secret) }
    }

    /// The name of the proof that `command` asks for: the same one however often it comes, and one
    /// that nobody can guess.
    pub fn proof(&self, command: &CommandId) -> ProofId {
        ProofId(hex(&self.hash.bytes_of("proof", command.as_str())[..16]))
    }

    /// The one-time code of `proof`: six digits.
    pub fn digits(&self, proof: &ProofId) -> String {
        let bytes = self.hash.bytes_of("one-time-code", &proof.0);
        let drawn = bytes.iter().fold(0_u64, |sum, byte| {
            // Of all bytes, so that no six digits are likelier than others by more than a millionth.
            (sum * 256 + u64::from(*byte)) % 1_000_000
        });
        format!("{drawn:06}")
    }

    /// Whether `said` is the code of `proof`.
    pub fn is_right(&self, proof: &ProofId, said: &str) -> bool {
        self.digits(proof).as_bytes().ct_eq(said.as_bytes()).into()
    }

    /// A number or an address as it is counted: nobody reads it from the count.
    pub fn hidden(&self, kind: &str, value: &str) -> String {
        self.hash.of(kind, value)
    }

    fn seal(&self, code: &DossierCode, until: i64) -> String {
        hex(self.hash.bytes_of("owner-token", &format!("{code}#{until}")))
    }

    /// A token that opens the dossier `code` to its owner until `until`, and nothing else.
    pub fn token(&self, code: &DossierCode, until: Timestamp) -> String {
        let until = until.as_second();
        format!("{until}.{}", self.seal(code, until))
    }

    /// Who shows `token` for the dossier `code` at `now`. Fails where it is another's, of another
    /// dossier, or over; which of them is not said.
    pub fn proven(
        &self,
        token: &str,
        code: &DossierCode,
        now: Timestamp,
    ) -> Result<Actor, Failure> {
        let refused = || Failure::Unauthorized("the token of the proof does not count");
        let (until, seal) = token.split_once('.').ok_or_else(refused)?;
        let until: i64 = until.parse().map_err(|_| refused())?;
        let sealed: bool = self.seal(code, until).as_bytes().ct_eq(seal.as_bytes()).into();
        if !sealed || until <= now.as_second() {
            return Err(refused());
        }
        Ok(proven(code))
    }

    fn survey_seal(hash: &KeyedHash, code: &DossierCode, until: &str) -> String {
        let bytes = hash.bytes_of("survey-token", &format!("{code}#{until}"));
        hex(&bytes[..16])
    }

    /// A token by which one question about the dossier `code` is answered until `until`, and nothing
    /// else is done: 128 bits of a seal behind the time, short enough for an address in a message.
    pub fn survey_token(&self, code: &DossierCode, until: Timestamp) -> String {
        let until = format!("{:x}", until.as_second());
        format!("{until}.{}", Self::survey_seal(&self.hash, code, &until))
    }

    /// Who shows the token of the question about the dossier `code` at `now`. Fails as
    /// [`ProofKey::proven`] does. It counts for weeks, and so under each key that is still known.
    pub fn surveyed(
        &self,
        token: &str,
        code: &DossierCode,
        now: Timestamp,
    ) -> Result<Actor, Failure> {
        let refused = || Failure::Unauthorized("the token of the question does not count");
        let (until, seal) = token.split_once('.').ok_or_else(refused)?;
        let over = i64::from_str_radix(until, 16).map_or(true, |until| until <= now.as_second());
        let mut seals = self.hash.each().map(|hash| Self::survey_seal(&hash, code, until));
        if over || !seals.any(|sealed| sealed.as_bytes().ct_eq(seal.as_bytes()).into()) {
            return Err(refused());
        }
        Ok(proven(code))
    }
}

/// Who is on the applicant's side of one dossier. One account for each: what was uploaded under one
/// token is claimed under the next.
fn proven(code: &DossierCode) -> Actor {
    Actor::Proven { id: format!("proven-{code}"), code: code.clone() }
}

/// A secret, in variables whose names end in `_KEY`.
impl Setting for ProofKey {
    fn read(text: Option<&str>) -> Option<Self> {
        KeyedHash::read(text).map(|hash| Self { hash })
    }
}
