//! Codes that identify things, each a type that cannot hold nonsense. What people and systems write
//! goes through the text gate first: small letters, blanks and a typographer's dashes make no other
//! code.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{RuleName, Violation, text};

/// Gives a checked string type its conversions and its printing.
macro_rules! code_type {
    ($name:ident) => {
        impl $name {
            /// The code as it is written.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<$name> for String {
            fn from(code: $name) -> Self {
                code.0
            }
        }

        impl std::str::FromStr for $name {
            type Err = Violation;

            fn from_str(text: &str) -> Result<Self, Violation> {
                Self::try_from(text.to_owned())
            }
        }
    };
}

mod dossier;
mod feedback;
mod number;
mod subject;

pub use dossier::DossierCode;
pub use feedback::{FEEDBACK_GROUP, FeedbackCode};
pub use number::{BLOCK_DIGITS, CodeFormat, CodeGrammar, NoNumberLeft, SEQUENCE_DIGITS};
pub use subject::{LeaderKey, QuestionCode, ReportCode, SubjectCode};

/// A code of capitals and digits, as it is meant.
fn written(text: &str) -> String {
    text::bare(text).to_ascii_uppercase()
}

/// The code of an authority (mã định danh).
///
/// Present grammar, left to right, at most 35 characters: `H20.12` (QĐ 20/2020/QĐ-TTg Đ.4). The
/// former grammar, right to left, `000.00.15.H58` (QCVN 102:2016), stays readable.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(feature = "schema", schemars(extend("maxLength" = 35, "pattern" = r"^([A-Y]\d{2}(\.[0-9A-Z]+)*|\d{3}\.\d{2}\.\d{2}\.[A-Y]\d{2})$")))]
pub struct AgencyCode(String);
code_type!(AgencyCode);

impl TryFrom<String> for AgencyCode {
    type Error = Violation;

    fn try_from(text: String) -> Result<Self, Violation> {
        let text = written(&text);
        if text.len() <= 35 && (is_new_agency(&text) || is_old_agency(&text)) {
            return Ok(Self(text));
        }
        Err(Violation::new(
            "agency",
            RuleName::AgencyCode,
            "must look like H20.12 or 000.00.15.H58",
        ))
    }
}

/// Whether `group` is the code of a province or ministry: `H20`.
pub(crate) fn is_level_one(group: &str) -> bool {
    let bytes = group.as_bytes();
    bytes.len() == 3
        && (b'A'..=b'Y').contains(&bytes[0])
        && bytes[1..].iter().all(u8::is_ascii_digit)
}

fn is_new_agency(text: &str) -> bool {
    let mut groups = text.split('.');
    groups.next().is_some_and(is_level_one)
        && groups.all(|group| {
            !group.is_empty()
                && group.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase())
        })
}

impl AgencyCode {
    /// The code in the old grammar, right to left: `H58.15` is `000.00.15.H58`. A code that the old
    /// grammar has no room for stays as it is.
    pub fn right_to_left(&self) -> Self {
        let groups: Vec<&str> = self.0.split('.').collect();
        let group = |place: usize| groups.get(place).copied().unwrap_or("0");
        let old = format!("{:0>3}.{:0>2}.{:0>2}.{}", group(3), group(2), group(1), group(0));
        if groups.len() <= 4 && is_old_agency(&old) { Self(old) } else { self.clone() }
    }
}

fn is_old_agency(text: &str) -> bool {
    let groups: Vec<&str> = text.split('.').collect();
    let digits = |group: &str, count: usize| {
        group.len() == count && group.bytes().all(|byte| byte.is_ascii_digit())
    };
    matches!(groups[..], [four, three, two, one]
        if digits(four, 3) && digits(three, 2) && digits(two, 2) && is_level_one(one))
}

/// Code of a procedure (mã thủ tục hành chính): `1.005129`, or a province's own
/// `1.002835.000.00.00.H56`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(feature = "schema", schemars(extend("pattern" = r"^\d\.\d{6}(\.\d{3}\.\d{2}\.\d{2}\.[A-Y]\d{2})?$")))]
pub struct ProcedureCode(String);
code_type!(ProcedureCode);

impl TryFrom<String> for ProcedureCode {
    type Error = Violation;

    fn try_from(text: String) -> Result<Self, Violation> {
        let text = written(&text);
        let bytes = text.as_bytes();
        let national = bytes.len() >= 8
            && bytes[0].is_ascii_digit()
            && bytes[1] == b'.'
            && bytes[2..8].iter().all(u8::is_ascii_digit);
        let local =
            || text.get(8..).and_then(|rest| rest.strip_prefix('.')).is_some_and(is_old_agency);
        if national && (bytes.len() == 8 || local()) {
            return Ok(Self(text));
        }
        Err(Violation::new(
            "procedure",
            RuleName::ProcedureCode,
            "must look like 1.005129 or 1.002835.000.00.00.H56",
        ))
    }
}

/// The permanent id of one command, by which a repetition is recognised.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CommandId(String);
code_type!(CommandId);

impl TryFrom<String> for CommandId {
    type Error = Violation;

    fn try_from(text: String) -> Result<Self, Violation> {
        if (1..=200).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Ok(Self(text));
        }
        Err(Violation::new(
            "Idempotency-Key",
            RuleName::CommandId,
            "must be 1 to 200 visible ASCII characters",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_found_however_it_was_copied() {
        for text in [
            "h20.12-261120-0001",
            "H20.12\u{2013}261120\u{2011}0001",
            "\n H20.12-261120-0001 \r\n",
            "H20.12 - 261120 - 0001",
            "\u{feff}Ｈ２０．１２－２６１１２０－０００１\u{200b}",
        ] {
            assert_eq!(
                text.parse::<DossierCode>().as_ref().map(DossierCode::as_str),
                Ok("H20.12-261120-0001"),
                "{text}"
            );
        }
        assert_eq!(" h20.12 ".parse::<AgencyCode>().as_ref().map(AgencyCode::as_str), Ok("H20.12"));
        let local = "1.002835.000.00.00.h56\n".parse::<ProcedureCode>();
        assert_eq!(local.as_ref().map(ProcedureCode::as_str), Ok("1.002835.000.00.00.H56"));
    }

    #[test]
    fn procedure_codes_are_national_or_of_a_province() {
        for good in ["1.005129", "2.000635", "1.002835.000.00.00.H56"] {
            assert!(good.parse::<ProcedureCode>().is_ok(), "{good}");
        }
        for bad in ["", "1.00512", "1.0051290", "1,005129", "1.002835.H56", "1.00é129"] {
            assert!(bad.parse::<ProcedureCode>().is_err(), "{bad}");
        }
    }
}
