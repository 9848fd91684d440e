//! The form of a kind of number: a small subset of regular expressions for the catalogue.

use serde::Deserialize;
use std::str::FromStr;

/// The characters allowed at one position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    /// One decimal digit, `\d`.
    Digit,
    /// A capital letter, `[A-Z]`.
    Letter,
    /// A digit or capital letter, `[0-9A-Z]`.
    Either,
    /// Exactly this ASCII character.
    Plain(u8),
}

impl Class {
    fn holds(self, byte: u8) -> bool {
        match self {
            Self::Digit => byte.is_ascii_digit(),
            Self::Letter => byte.is_ascii_uppercase(),
            Self::Either => byte.is_ascii_digit() || byte.is_ascii_uppercase(),
            Self::Plain(own) => byte == own,
        }
    }
}

/// A form: `\d`, `[A-Z]`, `[0-9A-Z]` and plain digits, capitals and hyphens, each with `{n}` or
/// `{n,m}` behind it or once.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(try_from = "String")]
#[cfg_attr(feature = "schema", schemars(with = "String", extend("pattern" = r"^(?:(?:\\d|\[A-Z\]|\[0-9A-Z\]|[0-9A-Z-])(?:\{\d{1,2}(?:,\d{1,2})?\})?)+$")))]
pub(crate) struct Form(Vec<(Class, usize, usize)>);

/// Longest number of any kind, in characters (QĐ 20/2020/QĐ-TTg Đ.4).
const LENGTH_MAX: usize = 35;

impl Form {
    /// Whether `number` is written so, from its first character to its last.
    pub(crate) fn fits(&self, number: &str) -> bool {
        number.len() <= LENGTH_MAX && rest_fits(&self.0, number.as_bytes())
    }
}

fn rest_fits(places: &[(Class, usize, usize)], rest: &[u8]) -> bool {
    let Some(((class, fewest, most), later)) = places.split_first() else {
        return rest.is_empty();
    };
    let held = rest.iter().take(*most).take_while(|byte| class.holds(**byte)).count();
    (*fewest..=held).rev().any(|taken| rest.get(taken..).is_some_and(|rest| rest_fits(later, rest)))
}

impl TryFrom<String> for Form {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl FromStr for Form {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let refused = || {
            format!(
                "{text} is not made of \\d, [A-Z], [0-9A-Z], plain characters, {{n}} and {{n,m}}"
            )
        };
        let (mut places, mut rest) = (Vec::new(), text);
        while let Some(first) = rest.bytes().next() {
            let classes =
                [("\\d", Class::Digit), ("[A-Z]", Class::Letter), ("[0-9A-Z]", Class::Either)];
            let named =
                classes.iter().find_map(|(name, class)| Some((*class, rest.strip_prefix(name)?)));
            let plain = first.is_ascii_digit() || first.is_ascii_uppercase() || first == b'-';
            let (class, after) = named
                .or_else(|| plain.then(|| (Class::Plain(first), &rest[1..])))
                .ok_or_else(refused)?;
            let (fewest, most, after) = times(after).ok_or_else(refused)?;
            places.push((class, fewest, most));
            rest = after;
        }
        if places.is_empty() { Err(refused()) } else { Ok(Self(places)) }
    }
}

/// How often, and what comes after.
fn times(text: &str) -> Option<(usize, usize, &str)> {
    let Some(counted) = text.strip_prefix('{') else {
        return Some((1, 1, text));
    };
    let (counted, after) = counted.split_once('}')?;
    let (fewest, most) = counted.split_once(',').unwrap_or((counted, counted));
    let (fewest, most) = (fewest.parse().ok()?, most.parse().ok()?);
    (fewest <= most && (1..=LENGTH_MAX).contains(&most)).then_some((fewest, most, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_holds_what_it_says_and_nothing_else() {
        for (form, good, bad) in [
            (
                r"\d{12}",
                &["087199055501"][..],
                &["08719905550", "0871990555011", "08719905550A", ""][..],
            ),
            (r"\d{10}-\d{3}", &["0300588569-001"], &["0300588569001", "0300588569-01"]),
            (r"Z\d{2}[0-9A-Z]{1,32}", &["Z01A", "Z99123456"], &["Z01", "Y01A", "Z0A1", "Z01-1"]),
            (r"[A-Z]\d{7}", &["C1234567"], &["c1234567", "1234567", "CC123456"]),
            (r"[0-9A-Z]{2,3}\d", &["AB1", "ABC1", "1234"], &["A1", "ABCD1", "ABC"]),
        ] {
            let form: Form = form.parse().unwrap();
            for number in good {
                assert!(form.fits(number), "{form:?} {number}");
            }
            for number in bad {
                assert!(!form.fits(number), "{form:?} {number}");
            }
        }
    }

    #[test]
    fn what_is_no_form_is_refused() {
        for text in [
            "", r"\w", "a", r"\d{", r"\d{}", r"\d{3,2}", r"\d{0}", r"\d{36}", "[a-z]", ".*", "é",
            "{3}",
        ] {
            assert!(text.parse::<Form>().is_err(), "{text}");
        }
    }
}
