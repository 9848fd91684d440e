//! Where a feedback was given that came from another system.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{RuleName, Violation};

/// Longest number of another system, in bytes: longer than any that was seen.
const NUMBER_BYTES_MAX: usize = 64;

/// The number that a feedback has at the system where it was given: letters, digits and `. _ / -`,
/// so that nothing of a person fits into it by mistake.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ForeignNumber(String);

impl ForeignNumber {
    /// The number as it is written there.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ForeignNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<ForeignNumber> for String {
    fn from(number: ForeignNumber) -> Self {
        number.0
    }
}

impl TryFrom<String> for ForeignNumber {
    type Error = Violation;

    fn try_from(text: String) -> Result<Self, Violation> {
        let begins = text.starts_with(|first: char| first.is_ascii_alphanumeric());
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._/-".contains(&byte);
        if begins && text.len() <= NUMBER_BYTES_MAX && text.bytes().all(plain) {
            return Ok(Self(text));
        }
        let detail = "must be 1 to 64 of A to Z, a to z, 0 to 9 and ._/-, a letter or digit first";
        Err(Violation::new("number", RuleName::Format, detail))
    }
}

/// The system where a feedback was given, and its number there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The source of the integrator that brought it.
    pub source: String,
    /// The number that it has there.
    pub number: ForeignNumber,
}

/// That a feedback was given at another system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// Where, and under which number.
    pub origin: Origin,
    /// When its author gave it there.
    pub at: Timestamp,
}
