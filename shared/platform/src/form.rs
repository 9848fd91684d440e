//! Reads a client's JSON so that one answer names every error in it.
//!
//! serde stops at the first field that does not fit. Here reading starts again with that field
//! repaired: an unknown field is removed, and a missing or ill-typed one is replaced by a value
//! that its type accepts. What is read in the end only serves to find further errors; as soon as
//! there is one, none of it is used.
//!
//! A repeated name in an object is refused at every depth, even where it is not read: readers
//! differ in which of the two they take.

mod json;
mod source;

use domain::language::Language;
use domain::violation::Fact;
use domain::{RuleName, Violation};
use serde::de::DeserializeOwned;

use crate::Failure;
use json::Json;
use source::{Broken, Fault, Source, Step};

/// The most fields that one answer names. An honest body has fewer, and the bound ends the reading
/// of nonsense.
pub const NAMED_MAX: usize = 100;

/// What Windows puts before a text in UTF-8, and no reader of JSON has to take (RFC 8259 §8.1).
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The JSON without a byte order mark.
pub(crate) fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes)
}

/// The fields of a body that are malformed: what was read in their place means nothing.
#[derive(Clone, Copy)]
pub struct Faults<'a>(&'a [Violation]);

impl Faults<'_> {
    /// That no field is.
    pub const NONE: Self = Self(&[]);

    /// Whether `field`, or what it is a part of, is malformed.
    pub fn name(&self, field: &str) -> bool {
        self.0.iter().any(|broken| is_within(field, &broken.field))
    }

    /// Whether of any item of `list` the field that ends with `ending` is malformed, or the whole
    /// item, or the list.
    pub fn hide(&self, list: &str, ending: &str) -> bool {
        self.0.iter().any(|broken| {
            let within = is_within(&broken.field, list);
            within && (broken.field.ends_with(ending) || !broken.field.contains('.'))
        })
    }
}

/// A client's body read as a `T`, with every field that is malformed.
pub struct Draft<T> {
    /// As far as it can be read: what is broken in it holds something of the right type.
    read: Option<T>,
    found: Vec<Violation>,
}

impl<T: DeserializeOwned> Draft<T> {
    /// Reads the text; an error where it is no JSON.
    pub fn of(bytes: &[u8]) -> Result<Self, Failure> {
        Ok(Self::of_json(Json::parse(without_mark(bytes))?))
    }

    /// Reads what was read as any JSON before.
    pub fn of_value(value: serde_json::Value) -> Self {
        Self::of_json(Json::from(value))
    }

    fn of_json(mut json: Json) -> Self {
        let mut found = Vec::new();
        json.without_repetitions(&mut Vec::new(), &mut |path| {
            found.push(Violation::new(name(path), RuleName::DuplicateField, "stands twice"));
        });
        found.truncate(NAMED_MAX);
        loop {
            let broken = match T::deserialize(Source::of(&json)) {
                Ok(read) => return Self { read: Some(read), found },
                Err(broken) => broken,
            };
            let known = found.len();
            if !json.holds_substitute(&broken.path) {
                found.push(violation(&broken));
            }
            // What is no object has no fields of which more could be said.
            if broken.path.is_empty() {
                return Self { read: None, found };
            }
            if found.len() > NAMED_MAX || !json.mend(&broken) {
                found.truncate(NAMED_MAX.max(known));
                return Self { read: None, found };
            }
        }
    }
}

impl<T> Draft<T> {
    /// What was read, where every field has its form.
    pub fn whole(self) -> Result<T, Failure> {
        self.and(Ok)
    }

    /// What was read, where every field has its form; otherwise every field without it, and what
    /// `judge` finds wrong with the others.
    pub fn whole_or_all(
        self,
        judge: impl FnOnce(T, &Faults<'_>) -> Vec<Violation>,
    ) -> Result<T, Failure> {
        if self.found.is_empty() {
            return self.whole();
        }
        let named = self.found.clone();
        self.and(|read| Err(Failure::Invalid(judge(read, &Faults(&named)))))
    }

    /// What is malformed, and what `judge` finds wrong with the rest.
    pub fn all(self, judge: impl FnOnce(T, &Faults<'_>) -> Vec<Violation>) -> Vec<Violation> {
        let Self { read, mut found } = self;
        let more = read.map(|read| judge(read, &Faults(&found))).unwrap_or_default();
        add_unnamed(&mut found, more);
        found
    }

    /// Whether `field`, or what it is a part of, is broken.
    pub fn is_broken(&self, field: &str) -> bool {
        self.found.iter().any(|broken| is_within(field, &broken.field))
    }

    /// Applies `next`. If fields are malformed, `next` only adds the errors of the others.
    pub fn and<U>(self, next: impl FnOnce(T) -> Result<U, Failure>) -> Result<U, Failure> {
        let Self { read, mut found } = self;
        match read.map(next) {
            Some(outcome) if found.is_empty() => outcome,
            Some(Err(Failure::Invalid(more))) => {
                add_unnamed(&mut found, more);
                Err(Failure::Invalid(found))
            }
            Some(_) | None => Err(Failure::Invalid(found)),
        }
    }
}

/// Adds to `found` what `more` says of fields that it does not name yet, whole or as a part.
pub(crate) fn add_unnamed(found: &mut Vec<Violation>, more: Vec<Violation>) {
    let unnamed: Vec<Violation> = more
        .into_iter()
        .filter(|more| !found.iter().any(|known| is_within(&more.field, &known.field)))
        .collect();
    found.extend(unnamed);
}

/// Whether `field` is `outer` or a part of it.
fn is_within(field: &str, outer: &str) -> bool {
    field.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

/// The name of a place as an answer writes it: `documents[2].sha256`.
fn name(path: &[Step]) -> String {
    let mut text = String::new();
    for step in path {
        match step {
            Step::Key(key) if text.is_empty() => text.push_str(key),
            Step::Key(key) => {
                text.push('.');
                text.push_str(key);
            }
            Step::Place(place) => text.push_str(&format!("[{place}]")),
        }
    }
    if text.is_empty() { "body".to_owned() } else { text }
}

/// The broken rule, without the value.
fn violation(broken: &Broken) -> Violation {
    let (rule, detail) = match broken.fault {
        Fault::Unknown => (RuleName::UnknownField, "is not a field of this request"),
        Fault::Missing => (RuleName::Required, "is required"),
        Fault::NoSuchValue => (RuleName::KnownValue, "is none of the known values"),
        Fault::Type => (RuleName::WrongType, "has the wrong type"),
        Fault::Form => (RuleName::Format, "has the wrong form"),
    };
    let named = Violation::new(name(&broken.path), rule, detail);
    if broken.known.is_empty() {
        return named;
    }
    let named = named.about(Fact::choices(broken.known));
    Violation { detail: named.stated(Language::En), ..named }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(rename_all = "kebab-case")]
    enum Kind {
        Citizen,
        Business,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    struct Body {
        #[serde(rename = "agency")]
        _agency: domain::id::AgencyCode,
        version: u64,
        person: Person,
        documents: Vec<Paper>,
        #[serde(default, rename = "note")]
        _note: Option<String>,
        #[serde(default, rename = "day")]
        _day: Option<jiff::civil::Date>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Person {
        kind: Kind,
        #[serde(rename = "name")]
        _name: String,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Paper {
        #[serde(rename = "code")]
        _code: String,
        #[serde(rename = "size")]
        _size: u8,
    }

    fn broken(json: &str) -> Vec<(String, &'static str)> {
        match Draft::<Body>::of(json.as_bytes()).and_then(Draft::whole) {
            Ok(_) => Vec::new(),
            Err(Failure::Invalid(found)) => {
                found.into_iter().map(|broken| (broken.field, broken.rule.slug())).collect()
            }
            Err(other) => vec![(String::new(), other.slug())],
        }
    }

    fn named(expected: &[(&str, &'static str)]) -> Vec<(String, &'static str)> {
        expected.iter().map(|(field, rule)| ((*field).to_owned(), *rule)).collect()
    }

    const GOOD: &str = r#"{"agency": "H20.12", "version": 1.0, "person": {"kind": "business", "name": "A"},
        "documents": [{"code": "1", "size": 2}], "note": null, "day": "2026-11-20"}"#;

    #[test]
    fn what_fits_is_read() {
        let read = Draft::<Body>::of(GOOD.as_bytes()).unwrap().whole().unwrap();
        assert_eq!((read.version, read.person.kind, read.documents.len()), (1, Kind::Business, 1));
    }

    #[test]
    fn everything_that_is_wrong_is_named_at_once() {
        let required =
            ["agency", "version", "person", "documents"].map(|field| (field, "required"));
        assert_eq!(broken("{}"), named(&required));
        let mess = r#"{"colour": {"red": [1]}, "agency": "20h", "version": "1", "person": {"kind": "king", "age": 3},
            "documents": [{"code": 1}, {"size": 300, "code": "1"}, 7, ["1", 2]], "note": 5, "day": "mai"}"#;
        let expected = [
            ("colour", "unknown-field"),
            ("agency", "format"),
            ("version", "type"),
            ("person.kind", "known-value"),
            ("person.age", "unknown-field"),
            ("person.name", "required"),
            ("documents[0].code", "type"),
            ("documents[0].size", "required"),
            ("documents[1].size", "format"),
            ("documents[2]", "type"),
            ("documents[3]", "type"),
            ("note", "type"),
            ("day", "format"),
        ];
        assert_eq!(broken(mess), named(&expected));
    }

    #[test]
    fn a_name_that_stands_twice_is_refused_at_every_depth() {
        let twice = GOOD
            .replace(r#""size": 2"#, r#""size": 2, "size": 3"#)
            .replace(r#""day""#, r#""note": "x", "day""#);
        assert_eq!(
            broken(&twice),
            named(&[("note", "duplicate-field"), ("documents[0].size", "duplicate-field")])
        );
        let unread = r#"{"a": [{"b": {"c": 1, "c": 1}}]}"#;
        let draft = Draft::<serde_json::Value>::of(unread.as_bytes()).unwrap();
        assert!(draft.is_broken("a[0].b.c") && !draft.is_broken("a[0].b"));
    }

    #[test]
    fn only_an_object_is_read_as_one() {
        assert_eq!(broken("[]"), named(&[("body", "type")]));
        assert_eq!(broken(r#""planted""#), named(&[("body", "type")]));
        assert_eq!(broken("null"), named(&[("body", "type")]));
    }

    #[test]
    fn what_is_no_json_is_malformed() {
        for text in ["", "{", "{} {}", "{'a': 1}", "\u{1}", &"[".repeat(200)] {
            assert_eq!(broken(text), named(&[("", "malformed-body")]), "{text}");
        }
        assert_eq!(broken(r#"{"version": 1e999}"#), named(&[("", "malformed-body")]));
    }

    #[test]
    fn whole_numbers_may_be_written_with_a_point_and_no_others() {
        for (number, rules) in
            [("1.0", vec![]), ("1e2", vec![]), ("1.5", vec!["type"]), ("-1", vec!["format"])]
        {
            let found = broken(&GOOD.replace("1.0", number));
            assert_eq!(
                found.into_iter().map(|(_, rule)| rule).collect::<Vec<_>>(),
                rules,
                "{number}"
            );
        }
    }

    #[test]
    fn a_body_of_nonsense_is_not_read_for_ever() {
        let nonsense: Vec<String> = (0..20_000).map(|number| format!("\"f{number}\":1")).collect();
        assert_eq!(broken(&format!("{{{}}}", nonsense.join(","))).len(), NAMED_MAX);
        let twice = "\"a\":1,".repeat(20_000);
        assert_eq!(broken(&format!("{{{twice}\"a\":1}}")).len(), NAMED_MAX);
    }

    #[test]
    fn rules_of_values_are_named_with_the_form_of_the_others() {
        let draft = Draft::<Person>::of(br#"{"name": "", "age": 1}"#).unwrap();
        let judged = draft.and(|_| -> Result<(), Failure> {
            Err(Failure::Invalid(vec![
                Violation::new("kind", RuleName::CitizenId, "is said of what is missing"),
                Violation::new("name", RuleName::FullName, "must be a name"),
            ]))
        });
        let Err(Failure::Invalid(found)) = judged else { panic!("{judged:?}") };
        let found: Vec<(&str, &str)> =
            found.iter().map(|broken| (broken.field.as_str(), broken.rule.slug())).collect();
        assert_eq!(found, [("age", "unknown-field"), ("kind", "required"), ("name", "full-name")]);
    }
}
