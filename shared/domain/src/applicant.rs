//! Whoever asks for something. The types here hold personal data and print as `***`.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Violation;

/// Hides a type's content from `Debug`, and so from logs, spans and panics.
macro_rules! personal {
    ($name:ident) => {
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(***)"))
            }
        }

        impl $name {
            /// The content, for the one place that needs it.
            pub fn reveal(&self) -> &str {
                &self.0
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.0
            }
        }
    };
}

/// A person or a business: decides how the id number is read. National codes "1" and "2" (`LoaiDoiTuong`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ApplicantKind {
    /// A person (cá nhân).
    Citizen,
    /// An enterprise, co-operative or household business (doanh nghiệp).
    Business,
}

/// A person's or a business's name, 1 to 200 characters.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct FullName(String);
personal!(FullName);

impl TryFrom<String> for FullName {
    type Error = Violation;

    fn try_from(text: String) -> Result<Self, Violation> {
        let name = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if !(1..=200).contains(&name.chars().count()) || name.chars().any(char::is_control) {
            return Err(Violation::new("fullName", "full-name", "must be 1 to 200 characters of text"));
        }
        Ok(Self(name))
    }
}

/// A citizen's 12-digit number (số định danh), or a business's 10-digit code with an optional branch `-001`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct IdNumber(String);
personal!(IdNumber);

impl IdNumber {
    /// Reads an id number by the rule of its `kind` of applicant.
    pub fn parse(kind: ApplicantKind, text: &str) -> Result<Self, Violation> {
        let digits = |part: &str, count: usize| part.len() == count && part.bytes().all(|byte| byte.is_ascii_digit());
        let text = text.trim();
        match kind {
            ApplicantKind::Citizen if digits(text, 12) => Ok(Self(text.to_owned())),
            ApplicantKind::Citizen => {
                Err(Violation::new("idNumber", "citizen-id", "must be the 12 digits of a citizen's identity number"))
            }
            ApplicantKind::Business => {
                let (main, branch) = text.split_once('-').unwrap_or((text, "000"));
                if digits(main, 10) && digits(branch, 3) {
                    return Ok(Self(text.to_owned()));
                }
                Err(Violation::new(
                    "idNumber",
                    "business-id",
                    "must be the 10 digits of an enterprise code, with -NNN for a branch",
                ))
            }
        }
    }
}

/// A Vietnamese mobile number that can get messages, kept as E.164 (`+84912345678`).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Phone(String);
personal!(Phone);

/// 11-digit prefixes of before 15 September 2018 and what each became (Ministry of Information's conversion).
const CONVERTED_2018: [(&str, &str); 22] = [
    ("0120", "070"),
    ("0121", "079"),
    ("0122", "077"),
    ("0126", "076"),
    ("0128", "078"),
    ("0123", "083"),
    ("0124", "084"),
    ("0125", "085"),
    ("0127", "081"),
    ("0129", "082"),
    ("0162", "032"),
    ("0163", "033"),
    ("0164", "034"),
    ("0165", "035"),
    ("0166", "036"),
    ("0167", "037"),
    ("0168", "038"),
    ("0169", "039"),
    ("0182", "052"),
    ("0186", "056"),
    ("0188", "058"),
    ("0199", "059"),
];

impl TryFrom<String> for Phone {
    type Error = Violation;

    fn try_from(text: String) -> Result<Self, Violation> {
        let refused = |detail: &str| Err(Violation::new("phone", "mobile-phone", detail));
        if text.len() > 40 {
            return refused("must be one telephone number");
        }
        let mut compact: String =
            text.chars().filter(|c| !matches!(c, ' ' | '.' | '-' | '(' | ')' | '\u{a0}')).collect();
        for international in ["+84", "0084", "84"] {
            // A bare 84 is a country code only where a whole number follows it: 84 is also inside 084.
            if let Some(rest) = compact.strip_prefix(international)
                && rest.len() >= 9
            {
                compact = format!("0{}", rest.strip_prefix('0').unwrap_or(rest));
                break;
            }
        }
        if compact.len() == 11
            && let Some((old, new)) = CONVERTED_2018.iter().find(|(old, _)| compact.starts_with(old))
        {
            compact.replace_range(..old.len(), new);
        }
        if compact.starts_with("02") {
            return refused("is a land line, which cannot get messages; a mobile number is needed");
        }
        // The mobile shape of the numbering plan, not a list of prefixes: carriers are given new ones every year.
        let shaped = compact.len() == 10
            && compact.bytes().all(|byte| byte.is_ascii_digit())
            // 1900 and 1800 are services; nine digits and one too many are a misprint of somebody else's number.
            && compact.starts_with('0')
            && matches!(compact.as_bytes()[1], b'3' | b'5' | b'7' | b'8' | b'9');
        if !shaped {
            return refused("must be a Vietnamese mobile number of 10 digits");
        }
        Ok(Self(format!("+84{}", &compact[1..])))
    }
}

impl Phone {
    /// `84912345678`, as Zalo wants it.
    pub fn zalo(&self) -> &str {
        &self.0[1..]
    }

    /// `09*****678`: enough to recognise a number that one knows.
    pub fn masked(&self) -> String {
        let (head, tail) = (&self.0[3..4], &self.0[self.0.len() - 3..]);
        format!("0{head}*****{tail}")
    }

    /// `0912345678`, as the domestic SMS gateways want it.
    pub fn domestic(&self) -> String {
        format!("0{}", &self.0[3..])
    }
}

/// Whoever hands a dossier in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Applicant {
    /// Person or business.
    pub kind: ApplicantKind,
    /// Name as on the identity paper.
    pub full_name: FullName,
    /// Identity number, by kind.
    pub id_number: IdNumber,
    /// Where messages go.
    pub phone: Phone,
    /// Optional address for letters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<Email>,
}

/// An e-mail address: one `@`, no blanks, at most 254 characters (RFC 5321 §4.5.3.1.3).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Email(String);
personal!(Email);

impl TryFrom<String> for Email {
    type Error = Violation;

    fn try_from(text: String) -> Result<Self, Violation> {
        let whole = text.len() <= 254 && !text.chars().any(|c| c.is_whitespace() || c.is_control());
        let (local, host) = text.split_once('@').unwrap_or_default();
        if whole
            && !local.is_empty()
            && host.contains('.')
            && !host.contains('@')
            && !host.starts_with('.')
            && !host.ends_with('.')
        {
            return Ok(Self(text));
        }
        Err(Violation::new("email", "email", "must be an e-mail address"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phone(text: &str) -> Result<String, Violation> {
        Phone::try_from(text.to_owned()).map(String::from)
    }

    #[test]
    fn what_citizens_type_becomes_one_number() {
        for typed in
            ["0912345678", "+84912345678", "0084 912 345 678", "84.912.345.678", "(091) 234-5678", "+84 0912345678"]
        {
            assert_eq!(phone(typed).as_deref(), Ok("+84912345678"), "{typed}");
        }
    }

    #[test]
    fn numbers_of_before_2018_are_converted() {
        for (old, new) in CONVERTED_2018 {
            assert_eq!(phone(&format!("{old}3456789")), Ok(format!("+84{}3456789", &new[1..])), "{old}");
        }
        assert_eq!(phone("+841681234567").as_deref(), Ok("+84381234567"));
    }

    #[test]
    fn a_number_that_cannot_get_messages_is_refused() {
        for typed in [
            "",
            "0273 3872 582",
            "113",
            "+1 202 555 0123",
            "091234567",
            "09123456789",
            "09123456x8",
            "٠٩١٢٣٤٥٦٧٨",
            "1900545415",
            "9812345678",
            "8491234567",
            &"9".repeat(400),
        ] {
            assert!(phone(typed).is_err(), "{typed}");
        }
    }

    #[test]
    fn a_number_is_written_as_each_gateway_wants_it() {
        let phone = Phone::try_from("0912345678".to_owned()).unwrap();
        assert_eq!((phone.zalo(), phone.domestic().as_str()), ("84912345678", "0912345678"));
        assert_eq!(phone.masked(), "09*****678");
    }

    #[test]
    fn id_numbers_follow_the_kind_of_applicant() {
        assert!(IdNumber::parse(ApplicantKind::Citizen, "079085001234").is_ok());
        assert!(IdNumber::parse(ApplicantKind::Citizen, "0790850012").is_err());
        assert!(IdNumber::parse(ApplicantKind::Business, "0312345678").is_ok());
        assert!(IdNumber::parse(ApplicantKind::Business, "0312345678-001").is_ok());
        assert!(IdNumber::parse(ApplicantKind::Business, "0312345678-01").is_err());
    }

    #[test]
    fn personal_data_does_not_print() {
        let name = FullName::try_from("Nguyễn Văn An".to_owned()).unwrap();
        let id = IdNumber::parse(ApplicantKind::Citizen, "079085001234").unwrap();
        assert_eq!(format!("{name:?} {id:?}"), "FullName(***) IdNumber(***)");
    }
}
