//! The schema of a form: a closed subset of JSON Schema (draft 2020-12). What the subset has means
//! here what it means there, so that a portal may use any library; what it does not have is refused
//! with the edition of the catalogue.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::identity::NumberForm;
use crate::{RuleName, Violation, text};

/// How deep a form goes: the form itself, a part of it, a list in that, an item with fields.
const DEPTH_MAX: usize = 5;

/// The most fields of a form, parts and items included.
const FIELDS_MAX: usize = 200;

/// The most items of a list.
const ITEMS_MAX: u16 = 100;

/// The most characters of a text.
const TEXT_CHARACTERS_MAX: u16 = 2_000;

/// The largest whole number that every reader of JSON holds exactly.
const NUMBER_MAX: i64 = 9_007_199_254_740_991;

/// The most characters of the name of a field.
const NAME_CHARACTERS_MAX: usize = 40;

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub(super) enum FieldKind {
    /// Fields that belong together, by name.
    Object,
    /// Several of one kind, in an order.
    Array,
    /// One line of text.
    String,
    /// A whole number within bounds.
    Integer,
    /// An answer of yes or no.
    Boolean,
}

/// How a text is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub(super) enum TextFormat {
    /// A day, written `YYYY-MM-DD`.
    Date,
}

/// That an object has no other fields than those that are named: always `false`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(try_from = "bool", into = "bool")]
#[cfg_attr(feature = "schema", schemars(with = "bool", extend("const" = false)))]
pub(super) struct Closed;

impl TryFrom<bool> for Closed {
    type Error = &'static str;

    fn try_from(open: bool) -> Result<Self, Self::Error> {
        if open { Err("a form has no fields but those that it names") } else { Ok(Self) }
    }
}

impl From<Closed> for bool {
    fn from(_: Closed) -> Self {
        false
    }
}

/// How a text is written, from its first character to its last: `^`, then `\d`, `[A-Z]`,
/// `[0-9A-Z]` and plain digits, capitals and hyphens, each with `{n}` or `{n,m}` behind it or once,
/// then `$`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(feature = "schema", schemars(with = "String", extend("pattern" = r"^\^(?:(?:\\d|\[A-Z\]|\[0-9A-Z\]|[0-9A-Z-])(?:\{\d{1,2}(?:,\d{1,2})?\})?)+\$$")))]
pub(super) struct Pattern {
    written: String,
    form: NumberForm,
}

impl Pattern {
    pub(super) fn fits(&self, text: &str) -> bool {
        self.form.fits(text)
    }
}

impl TryFrom<String> for Pattern {
    type Error = String;

    fn try_from(written: String) -> Result<Self, String> {
        let inside = written.strip_prefix('^').and_then(|rest| rest.strip_suffix('$'));
        let form = inside.ok_or("must be of the form ^…$")?.parse()?;
        Ok(Self { written, form })
    }
}

impl From<Pattern> for String {
    fn from(pattern: Pattern) -> Self {
        pattern.written
    }
}

/// One of several texts that may be chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Choice {
    /// What the field holds then.
    #[serde(rename = "const")]
    #[cfg_attr(feature = "schema", schemars(regex(pattern = r"\S")))]
    pub(super) value: String,
    /// What people read, in Vietnamese.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = r"\S")))]
    title: String,
    /// What people read, in English.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = r"\S")))]
    title_en: String,
}

/// The fields of an object, in the order in which a person fills them in. In another order they ask
/// for the same.
#[derive(Debug, Clone, Eq)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(with = "BTreeMap<String, FieldSchema>", extend("minProperties" = 1, "propertyNames" = {"pattern": "^[a-z][A-Za-z0-9]{0,39}$"})))]
pub(super) struct Properties(Vec<(String, FieldSchema)>);

impl PartialEq for Properties {
    fn eq(&self, other: &Self) -> bool {
        fn by_name(properties: &Properties) -> BTreeMap<&str, &FieldSchema> {
            properties.0.iter().map(|(name, field)| (name.as_str(), field)).collect()
        }
        by_name(self) == by_name(other)
    }
}

impl Serialize for Properties {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, field) in &self.0 {
            map.serialize_entry(name, field)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Properties {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        struct InOrder;

        impl<'de> Visitor<'de> for InOrder {
            type Value = Properties;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("fields by name")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Properties, A::Error> {
                let mut found = Vec::new();
                while let Some(field) = fields.next_entry()? {
                    found.push(field);
                }
                Ok(Properties(found))
            }
        }

        source.deserialize_map(InOrder)
    }
}

/// The schema of a form, or of a field of one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FieldSchema {
    /// What the field holds.
    #[serde(rename = "type")]
    pub(super) kind: FieldKind,
    /// Its label, in Vietnamese.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = r"\S")))]
    title: String,
    /// Its label, in English.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = r"\S")))]
    title_en: String,
    /// The fields of an object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    properties: Option<Properties>,
    /// The fields without which an object is incomplete, by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schema", schemars(extend("uniqueItems" = true)))]
    pub(super) required: Vec<String>,
    /// That an object has no other fields: each object says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    additional_properties: Option<Closed>,
    /// What each item of a list holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) items: Option<Box<Self>>,
    /// The fewest items of a list; none is 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(range(max = ITEMS_MAX)))]
    min_items: Option<u16>,
    /// The most items of a list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = ITEMS_MAX)))]
    max_items: Option<u16>,
    /// The fewest characters of a text; none is 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(range(max = TEXT_CHARACTERS_MAX)))]
    min_length: Option<u16>,
    /// The most characters of a text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = TEXT_CHARACTERS_MAX)))]
    max_length: Option<u16>,
    /// How a text is written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) pattern: Option<Pattern>,
    /// What a text is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) format: Option<TextFormat>,
    /// The texts of which one is chosen.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) one_of: Vec<Choice>,
    /// The smallest number that is taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(range(min = -NUMBER_MAX, max = NUMBER_MAX)))]
    pub(super) minimum: Option<i64>,
    /// The largest number that is taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(range(min = -NUMBER_MAX, max = NUMBER_MAX)))]
    pub(super) maximum: Option<i64>,
}

/// Whether `name` may be that of a field: it stands in paths of fields, and is never a person's
/// text.
pub(super) fn is_field_name(name: &str) -> bool {
    name.len() <= NAME_CHARACTERS_MAX
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && name.bytes().next().is_some_and(|first| first.is_ascii_lowercase())
}

/// What is wrong with a schema, as it is walked through.
struct Walk<'a> {
    /// What people know the form by; every detail begins with it.
    name: &'a str,
    fields: usize,
    found: Vec<Violation>,
}

impl Walk<'_> {
    fn check(&mut self, at: &str, rule: RuleName, holds: bool, detail: &str) {
        if !holds {
            self.found.push(Violation::new(at, rule, format!("{}: {detail}", self.name)));
        }
    }
}

impl FieldSchema {
    /// What is wrong with the schema of the form at `at` that people know as `name`.
    pub(crate) fn violations(&self, at: &str, name: &str) -> Vec<Violation> {
        let mut walk = Walk { name, fields: 0, found: Vec::new() };
        let is_object = self.kind == FieldKind::Object;
        walk.check(&format!("{at}.type"), RuleName::FormSchema, is_object, "a form is an object");
        self.walk(at, 1, &mut walk);
        let fits = walk.fields <= FIELDS_MAX;
        walk.check(at, RuleName::FormSchema, fits, "a form has at most 200 fields");
        walk.found
    }

    /// The field with this name, of an object.
    pub(super) fn property(&self, name: &str) -> Option<&Self> {
        let fields = self.properties.iter().flat_map(|properties| &properties.0);
        fields.into_iter().find(|(known, _)| known == name).map(|(_, field)| field)
    }

    /// The fewest and the most items of a list.
    pub(super) fn items_bounds(&self) -> (usize, usize) {
        (self.min_items.unwrap_or(0).into(), self.max_items.unwrap_or(ITEMS_MAX).into())
    }

    /// The fewest and the most characters of a text.
    pub(super) fn length_bounds(&self) -> (usize, usize) {
        (self.min_length.unwrap_or(0).into(), self.max_length.unwrap_or(TEXT_CHARACTERS_MAX).into())
    }

    fn walk(&self, at: &str, depth: usize, walk: &mut Walk<'_>) {
        walk.fields += 1;
        if depth > DEPTH_MAX {
            walk.check(at, RuleName::FormSchema, false, "a form is at most 5 levels deep");
            return;
        }
        for (field, title) in [("title", &self.title), ("titleEn", &self.title_en)] {
            let named = !title.trim().is_empty();
            walk.check(&format!("{at}.{field}"), RuleName::Name, named, "a field has no label");
        }
        self.walk_keywords(at, walk);
        match self.kind {
            FieldKind::Object => self.walk_object(at, depth, walk),
            FieldKind::Array => self.walk_array(at, depth, walk),
            FieldKind::String => self.walk_string(at, walk),
            FieldKind::Integer => self.walk_integer(at, walk),
            FieldKind::Boolean => {}
        }
    }

    /// Each keyword that says nothing of a value of this type.
    fn walk_keywords(&self, at: &str, walk: &mut Walk<'_>) {
        let kind = self.kind;
        for (keyword, given, of) in [
            ("properties", self.properties.is_some(), FieldKind::Object),
            ("required", !self.required.is_empty(), FieldKind::Object),
            ("additionalProperties", self.additional_properties.is_some(), FieldKind::Object),
            ("items", self.items.is_some(), FieldKind::Array),
            ("minItems", self.min_items.is_some(), FieldKind::Array),
            ("maxItems", self.max_items.is_some(), FieldKind::Array),
            ("minLength", self.min_length.is_some(), FieldKind::String),
            ("maxLength", self.max_length.is_some(), FieldKind::String),
            ("pattern", self.pattern.is_some(), FieldKind::String),
            ("format", self.format.is_some(), FieldKind::String),
            ("oneOf", !self.one_of.is_empty(), FieldKind::String),
            ("minimum", self.minimum.is_some(), FieldKind::Integer),
            ("maximum", self.maximum.is_some(), FieldKind::Integer),
        ] {
            let at = format!("{at}.{keyword}");
            let belongs = !given || of == kind;
            walk.check(&at, RuleName::FormSchema, belongs, "says nothing of this type");
        }
    }

    fn walk_object(&self, at: &str, depth: usize, walk: &mut Walk<'_>) {
        let closed = self.additional_properties.is_some();
        let detail = "an object says additionalProperties: false";
        walk.check(at, RuleName::FormSchema, closed, detail);
        let fields: &[(String, Self)] =
            self.properties.as_ref().map_or(&[], |properties| &properties.0);
        walk.check(at, RuleName::FormSchema, !fields.is_empty(), "an object has no field");
        for (place, (name, field)) in fields.iter().enumerate() {
            let at = format!("{at}.properties.{name}");
            let once = fields[..place].iter().all(|(other, _)| other != name);
            walk.check(&at, RuleName::FormSchema, once, "two fields have one name");
            let detail = "a field's name is a small letter and at most 39 letters and digits";
            walk.check(&at, RuleName::FormSchema, is_field_name(name), detail);
            field.walk(&at, depth + 1, walk);
        }
        let mut seen = BTreeSet::new();
        for (place, name) in self.required.iter().enumerate() {
            let at = format!("{at}.required[{place}]");
            let known = self.property(name).is_some() && seen.insert(name);
            walk.check(&at, RuleName::FormSchema, known, "names no field, or one twice");
        }
    }

    fn walk_array(&self, at: &str, depth: usize, walk: &mut Walk<'_>) {
        walk.check(
            at,
            RuleName::FormSchema,
            self.items.is_some(),
            "a list says what its items are",
        );
        walk.check(
            at,
            RuleName::FormSchema,
            self.max_items.is_some(),
            "a list has a most of items",
        );
        let (least, most) = self.items_bounds();
        let bounded = (1..=usize::from(ITEMS_MAX)).contains(&most);
        walk.check(&format!("{at}.maxItems"), RuleName::Range, bounded, "must be 1 to 100");
        let forward = least <= most;
        walk.check(&format!("{at}.minItems"), RuleName::Range, forward, "is more than maxItems");
        if let Some(items) = &self.items {
            items.walk(&format!("{at}.items"), depth + 1, walk);
        }
    }

    fn walk_string(&self, at: &str, walk: &mut Walk<'_>) {
        let bounded = self.max_length.is_some()
            || self.pattern.is_some()
            || self.format.is_some()
            || !self.one_of.is_empty();
        let detail = "a text has a maxLength, a pattern, a format or a oneOf";
        walk.check(at, RuleName::FormSchema, bounded, detail);
        let (least, most) = self.length_bounds();
        let known = (1..=usize::from(TEXT_CHARACTERS_MAX)).contains(&most);
        walk.check(&format!("{at}.maxLength"), RuleName::Range, known, "must be 1 to 2,000");
        let forward = least <= most;
        walk.check(&format!("{at}.minLength"), RuleName::Range, forward, "is more than maxLength");
        let alone = self.one_of.is_empty()
            || (self.min_length, self.max_length, self.format) == (None, None, None)
                && self.pattern.is_none();
        walk.check(&format!("{at}.oneOf"), RuleName::FormSchema, alone, "says everything itself");
        let mut seen = BTreeSet::new();
        for (place, choice) in self.one_of.iter().enumerate() {
            let at = format!("{at}.oneOf[{place}]");
            let clean = text::says_something(&choice.value)
                && text::line(&choice.value) == choice.value
                && text::flaw(&choice.value).is_none();
            walk.check(&format!("{at}.const"), RuleName::FormSchema, clean, "nobody could send it");
            let once = seen.insert(&choice.value);
            walk.check(&format!("{at}.const"), RuleName::UniqueCode, once, "can be chosen twice");
            for (field, title) in [("title", &choice.title), ("titleEn", &choice.title_en)] {
                let named = !title.trim().is_empty();
                let at = format!("{at}.{field}");
                walk.check(&at, RuleName::Name, named, "a choice has no label");
            }
        }
    }

    fn walk_integer(&self, at: &str, walk: &mut Walk<'_>) {
        let (Some(least), Some(most)) = (self.minimum, self.maximum) else {
            let detail = "a number has a minimum and a maximum";
            walk.check(at, RuleName::FormSchema, false, detail);
            return;
        };
        for (keyword, bound) in [("minimum", least), ("maximum", most)] {
            let exact = (-NUMBER_MAX..=NUMBER_MAX).contains(&bound);
            let detail = "lies beyond what every reader of JSON holds";
            walk.check(&format!("{at}.{keyword}"), RuleName::Range, exact, detail);
        }
        let at = format!("{at}.minimum");
        walk.check(&at, RuleName::Range, least <= most, "is more than maximum");
    }
}
