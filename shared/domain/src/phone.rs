//! Telephone numbers: how people write them, what they are, and which of them messages can be sent
//! to.

use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::provenance::Trust;
use crate::row::{Lasting, RowChecks};
use crate::violation::Fact;
use crate::{RuleName, Violation, text};

/// A telephone number in E.164 (`+84912345678`). Not every number can get messages: see
/// [`Telephones::unreachable`].
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(feature = "schema", schemars(extend("pattern" = r"^[0-9+ .()\- ]{10,40}$")))]
pub struct Phone(String);

impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Phone(***)")
    }
}

impl From<Phone> for String {
    fn from(phone: Phone) -> Self {
        phone.0
    }
}

/// 11-digit prefixes of before 15 September 2018 and what each became (Ministry of Information's
/// conversion).
pub const CONVERTED_2018: [(&str, &str); 22] = [
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

/// Longest text that is read as one number, in characters.
const PHONE_CHARACTERS_MAX: usize = 40;

impl TryFrom<String> for Phone {
    type Error = Violation;

    fn try_from(text: String) -> Result<Self, Violation> {
        let refused = |detail: &str| {
            let forms = Fact::said(
                "10 chữ số của số di động, 11 chữ số của số cố định bắt đầu bằng 02, hoặc số nước ngoài với mã nước sau dấu +",
                "10 digits of a mobile, 11 of a land line from 02, or a foreign number with its country code after +",
            );
            Err(Violation::new("phone", RuleName::MobilePhone, detail).about(forms))
        };
        if text.chars().count() > PHONE_CHARACTERS_MAX {
            return refused("must be one telephone number of at most 40 characters");
        }
        let compact: String = text::bare(&text)
            .chars()
            .filter(|c| !matches!(c, '.' | '-' | '(' | ')' | '/'))
            .collect();
        if let Some(domestic) = in_domestic_form(&compact) {
            let Some(national) = national(domestic) else {
                return refused(
                    "must be a Vietnamese number: 10 digits of a mobile, or 11 of a land line from 02",
                );
            };
            return Ok(Self(format!("+84{national}")));
        }
        match foreign(&compact) {
            Some(digits) => Ok(Self(format!("+{digits}"))),
            None => refused(
                "must be a Vietnamese telephone number, or a foreign one with its country code after +",
            ),
        }
    }
}

/// The number with a 0 in front, where it is a Vietnamese one.
fn in_domestic_form(compact: &str) -> Option<String> {
    for international in ["+84", "0084", "84"] {
        // A bare 84 is a country code only where a whole number follows it: 84 is also inside 084.
        if let Some(rest) = compact.strip_prefix(international)
            && rest.len() >= 9
        {
            return Some(format!("0{}", rest.strip_prefix('0').unwrap_or(rest)));
        }
    }
    (compact.starts_with('0') && !compact.starts_with("00")).then(|| compact.to_owned())
}

/// The digits after the 0, in today's numbering, where they have the shape of a mobile's or a land
/// line's.
fn national(mut domestic: String) -> Option<String> {
    if domestic.len() == 11
        && let Some((old, new)) = CONVERTED_2018.iter().find(|(old, _)| domestic.starts_with(old))
    {
        domestic.replace_range(..old.len(), new);
    }
    let digits = domestic.bytes().all(|byte| byte.is_ascii_digit());
    // Shapes of the numbering plan, not lists of prefixes: carriers are given new ones every year.
    // 1900 and 1800 are services; nine digits and one too many are a misprint of somebody else's
    // number.
    let shaped = match domestic.as_bytes().get(1) {
        Some(b'2') => domestic.len() == 11,
        Some(b'3' | b'5' | b'7' | b'8' | b'9') => domestic.len() == 10,
        _ => false,
    };
    (digits && shaped).then(|| domestic.split_off(1))
}

/// The digits of a foreign number with its country code.
fn foreign(compact: &str) -> Option<&str> {
    let (digits, fewest) = match compact.strip_prefix('+') {
        Some(digits) => (digits, 8),
        // 00912345678 is a mobile's number with one 0 too many.
        None => (compact.strip_prefix("00")?, 10),
    };
    let whole =
        (fewest..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    // A + in place of the 0 makes nobody's number of a mobile's.
    let misprint = digits.len() == 9 && digits.starts_with(['3', '5', '7', '8', '9']);
    (whole && !misprint && !digits.starts_with('0') && !digits.starts_with("84")).then_some(digits)
}

impl Phone {
    /// The number, for the one place that needs it.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// The digits after Vietnam's country code; none of a foreign number.
    fn national(&self) -> Option<&str> {
        self.0.strip_prefix("+84")
    }

    /// Whether it is written as mobiles' numbers are, whether or not a carrier has such.
    pub fn has_mobile_shape(&self) -> bool {
        self.national().is_some_and(|national| !national.starts_with('2'))
    }

    /// The form for Zalo: `84912345678`.
    pub fn zalo(&self) -> &str {
        &self.0[1..]
    }

    /// `09*****678`: enough to recognise a number that one knows.
    pub fn masked(&self) -> String {
        let tail = &self.0[self.0.len() - 3..];
        match self.national() {
            Some(national) => format!("0{}*****{tail}", &national[..1]),
            None => format!("+*****{tail}"),
        }
    }

    /// The form for domestic SMS gateways: `0912345678`. A foreign number keeps its `+`, so that it
    /// never becomes a domestic one.
    pub fn domestic(&self) -> String {
        self.national().map_or_else(|| self.0.clone(), |national| format!("0{national}"))
    }
}

/// Why no message can reach somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unreachable {
    /// A land line, which gets no messages.
    LandLine,
    /// It has the shape of a mobile's, and no carrier has such numbers.
    NoMobileRange,
    /// It is another country's, where none of our providers sends.
    ForeignNumber,
    /// They gave no number: they are told by letter, or at the counter.
    NoPhone,
}

impl Unreachable {
    /// The word in records and answers.
    pub fn name(self) -> &'static str {
        match self {
            Self::LandLine => "land-line",
            Self::NoMobileRange => "no-mobile-range",
            Self::ForeignNumber => "foreign-number",
            Self::NoPhone => "no-phone",
        }
    }
}

/// Numbers that certainly are no mobile's, from a day on.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NoMobileRange {
    /// What the numbers begin with, written with the 0: `073`.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = r"^0\d{2,9}$")))]
    pub prefix: String,
    /// The first day on which the entry is in force.
    pub valid_from: Date,
    /// Last day; none: until further notice. A range that is given to a carrier ends the day
    /// before.
    pub valid_to: Option<Date>,
    /// The source of the entry.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = r"\S")))]
    pub source: String,
    /// How well it is vouched for.
    pub trust: Trust,
}

impl NoMobileRange {
    fn lasting(&self) -> Lasting {
        Lasting { first: self.valid_from, last: self.valid_to }
    }
}

/// Which numbers messages can be sent to.
#[derive(Debug, Default)]
pub struct Telephones(Vec<NoMobileRange>);

impl Telephones {
    /// Puts the ranges together; refused whole, with every reason.
    pub(crate) fn assemble(ranges: Vec<NoMobileRange>) -> Result<Self, Vec<Violation>> {
        let mut found = Vec::new();
        for (place, range) in ranges.iter().enumerate() {
            let at = format!("noMobileRanges[{place}]");
            let mut row = RowChecks::of(&at, &range.prefix);
            let digits = range.prefix.bytes().all(|byte| byte.is_ascii_digit());
            let long = (3..=10).contains(&range.prefix.len());
            row.check(
                "prefix",
                RuleName::Prefix,
                digits && long && range.prefix.starts_with('0'),
                "must be 0 and 2 to 9 digits more",
            );
            row.forward(range.lasting());
            row.sourced(&range.source);
            found.extend(row.found());
        }
        if found.is_empty() { Ok(Self(ranges)) } else { Err(found) }
    }

    /// The reason why whoever has `phone` cannot get messages on `day`; `None` if they can. No gateway
    /// is asked, or paid, where they cannot.
    pub fn unreachable(&self, phone: Option<&Phone>, day: Date) -> Option<Unreachable> {
        let Some(phone) = phone else {
            return Some(Unreachable::NoPhone);
        };
        let Some(national) = phone.national() else {
            return Some(Unreachable::ForeignNumber);
        };
        if !phone.has_mobile_shape() {
            return Some(Unreachable::LandLine);
        }
        let none = self.0.iter().any(|range| {
            range.lasting().covers(day)
                && range.prefix.strip_prefix('0').is_some_and(|prefix| national.starts_with(prefix))
        });
        none.then_some(Unreachable::NoMobileRange)
    }
}
