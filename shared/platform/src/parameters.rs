//! Query parameters. An undocumented name and a repeated value are refused: an answer about one of
//! two agencies would be misleading.
//!
//! They are read from the query as it was sent. The gateway's own map joins repetitions with
//! commas, so that two values look like one with a comma.

use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use domain::violation::{Fact, Unit};
use domain::{RuleName, Violation};
use jiff::civil::Date;
use url::form_urlencoded;

use crate::Failure;

/// Names and values as they were sent, in order.
pub(crate) fn sent(event: &ApiGatewayV2httpRequest) -> Vec<(String, String)> {
    match event.raw_query_string.as_deref() {
        // The gateway always says how the query was written; where somebody invokes the function by
        // hand, the map is all there is.
        None | Some("") => {
            let pairs = event.query_string_parameters.iter();
            pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
        }
        Some(raw) => form_urlencoded::parse(raw.as_bytes()).into_owned().collect(),
    }
}

/// The parameters of one request while they are read; those that nothing has read by the end are
/// unknown. One answer names every error.
#[must_use = "what is wrong is told by `end`"]
pub struct Parameters<'a> {
    sent: &'a [(String, String)],
    known: Vec<&'static str>,
    found: Vec<Violation>,
}

impl<'a> Parameters<'a> {
    pub(crate) fn of(sent: &'a [(String, String)]) -> Self {
        Self { sent, known: Vec::new(), found: Vec::new() }
    }

    /// The values of `name`, which is known from now on.
    fn values(&mut self, name: &'static str) -> Vec<&'a str> {
        self.known.push(name);
        self.sent.iter().filter(|(sent, _)| sent == name).map(|(_, value)| value.as_str()).collect()
    }

    /// The value of `name` by `read`, if it was sent.
    pub fn one<T>(
        &mut self,
        name: &'static str,
        read: impl Fn(&str) -> Result<T, Violation>,
    ) -> Option<T> {
        match self.values(name)[..] {
            [] => None,
            [value] => self.kept(name, read(value)),
            [_, _, ..] => {
                self.refuse(name, RuleName::Once, "is given more than once, and takes one value");
                None
            }
        }
    }

    /// The required value of `name`, read by `read`. A missing one is refused like an empty one, by
    /// the rule of its form.
    pub fn owed<T>(
        &mut self,
        name: &'static str,
        read: impl Fn(&str) -> Result<T, Violation>,
    ) -> Option<T> {
        if self.sent.iter().any(|(sent, _)| sent == name) {
            return self.one(name, read);
        }
        self.known.push(name);
        self.kept(name, read(""))
    }

    /// The values of `name`, which is repeated for each, in the order sent; none where it was not
    /// sent.
    pub fn each<T: PartialEq>(
        &mut self,
        name: &'static str,
        read: impl Fn(&str) -> Result<T, Violation>,
    ) -> Vec<T> {
        let mut values = Vec::new();
        for value in self.values(name) {
            match self.kept(name, read(value)) {
                Some(value) if values.contains(&value) => {
                    self.refuse(name, RuleName::Once, "names a value twice")
                }
                Some(value) => values.push(value),
                None => {}
            }
        }
        values
    }

    fn kept<T>(&mut self, name: &'static str, read: Result<T, Violation>) -> Option<T> {
        let named = |violation: Violation| Violation { field: name.to_owned(), ..violation };
        read.map_err(|violation| self.found.push(named(violation))).ok()
    }

    /// Notes that `name` breaks a rule that no single value shows.
    pub fn refuse(&mut self, name: &'static str, rule: RuleName, detail: &'static str) {
        // One thing is said of a name.
        if !self.found.iter().any(|known| known.field == name) {
            self.found.push(Violation::new(name, rule, detail));
        }
    }

    /// Refuses these, which other addresses have: who sends one wants what is not here.
    pub fn none_of(&mut self, names: &[&'static str]) {
        for name in names.iter().filter(|name| self.sent.iter().any(|(sent, _)| sent == *name)) {
            self.refuse(name, RuleName::UnknownField, "is not a parameter of this request");
        }
    }

    /// Everything that is wrong, with every parameter that is none of this route's.
    pub fn end(self) -> Result<(), Failure> {
        self.end_with(Some(()))
    }

    /// As [`Parameters::end`], of a page that people open by a link: whoever passes the link on adds
    /// parameters of their own (`fbclid`, `utm_source`), which say nothing to us.
    pub fn end_of_page(self) -> Result<(), Failure> {
        if self.found.is_empty() { Ok(()) } else { Err(Failure::Invalid(self.found)) }
    }

    /// As [`Parameters::end`], with what was owed where nothing is wrong.
    pub fn end_with<T>(mut self, owed: Option<T>) -> Result<T, Failure> {
        for (name, _) in self.sent {
            if !self.known.contains(&name.as_str())
                && !self.found.iter().any(|known| known.field == *name)
            {
                self.found.push(Violation::new(
                    name,
                    RuleName::UnknownField,
                    "is not a parameter of this request",
                ));
            }
        }
        // What was owed and is not there was found wrong.
        match owed {
            Some(owed) if self.found.is_empty() => Ok(owed),
            _ => Err(Failure::Invalid(self.found)),
        }
    }
}

/// A whole number from 1 to `most`, written as people write it.
pub fn number<T: TryFrom<u64>>(most: u64) -> impl Fn(&str) -> Result<T, Violation> {
    move |text| {
        let plain = !text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit());
        let number = text.parse::<u64>().ok().filter(|number| plain && (1..=most).contains(number));
        number.and_then(|number| T::try_from(number).ok()).ok_or_else(|| {
            Violation::unless("", RuleName::Range, Fact::between(1, most, Unit::Number))
        })
    }
}

/// One of `values`, by its name.
pub fn named<T: Copy>(values: &[(&'static str, T)]) -> impl Fn(&str) -> Result<T, Violation> {
    move |text| {
        let found = values.iter().find(|(name, _)| *name == text).map(|(_, value)| *value);
        found.ok_or_else(|| {
            let names = values.iter().map(|(name, _)| *name);
            Violation::unless("", RuleName::KnownValue, Fact::choices(names))
        })
    }
}

/// Reads a date as `YYYY-MM-DD`, the one form of the contract.
pub fn day(text: &str) -> Result<Date, Violation> {
    let read = text.parse::<Date>().ok().filter(|day| day.to_string() == text);
    read.ok_or_else(|| Violation::new("", RuleName::Date, "must be a date, YYYY-MM-DD"))
}

/// Reads `true` or `false`.
pub fn flag(text: &str) -> Result<bool, Violation> {
    named(&[("true", true), ("false", false)])(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken(query: &str) -> Vec<(String, &'static str)> {
        let sent: Vec<(String, String)> =
            form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let mut parameters = Parameters::of(&sent);
        parameters.one("limit", number::<u32>(200));
        parameters.each("status", number::<u8>(10));
        parameters.owed("period", number::<u16>(2_100));
        match parameters.end() {
            Ok(()) => Vec::new(),
            Err(Failure::Invalid(found)) => found
                .into_iter()
                .map(|violation| (violation.field, violation.rule.slug()))
                .collect(),
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn a_parameter_is_given_once_or_is_a_list_and_anything_else_is_named() {
        let named = |field: &str, rule| (field.to_owned(), rule);
        assert_eq!(broken("period=2026"), []);
        assert_eq!(broken("period=2026&status=2&status=4&limit=200"), []);
        assert_eq!(broken("period=2026&status=2,4"), [named("status", "range")]);
        assert_eq!(broken("period=2026&status=2&status=2"), [named("status", "once")]);
        assert_eq!(broken("period=2026&limit=3,200"), [named("limit", "range")]);
        assert_eq!(broken("period=2026&limit=3%2C200"), [named("limit", "range")]);
        assert_eq!(broken("period=2026&limit=3&limit=3"), [named("limit", "once")]);
        assert_eq!(broken("period=2026&period=2027"), [named("period", "once")]);
        assert_eq!(broken(""), [named("period", "range")]);
        let all = [named("limit", "range"), named("status", "range"), named("period", "range")];
        let unknown = [named("colour", "unknown-field"), named("Limit", "unknown-field")];
        assert_eq!(
            broken("limit=0&status=11&colour=red&colour=blue&Limit=3"),
            [&all[..], &unknown[..]].concat()
        );
        for limit in [
            "",
            "+3",
            "03",
            "3.0",
            "1e1",
            "-1",
            "201",
            "99999999999999999999999",
            "٣",
            "3 ",
            "3%00",
        ] {
            assert_eq!(
                broken(&format!("period=2026&limit={limit}")),
                [named("limit", "range")],
                "{limit}"
            );
        }
    }
}
