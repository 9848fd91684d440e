//! JSON for serde, with errors that name place and kind, and never the value.

use std::fmt;

use serde::de::value::StrDeserializer;
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error, Expected, IntoDeserializer, MapAccess,
    SeqAccess, Unexpected, VariantAccess, Visitor,
};

use super::json::Json;

/// Texts of which each checked text of our bodies takes one: any, a code of each kind, a day, an
/// instant, a random name.
pub(super) const SAMPLES: [&str; 7] = [
    "",
    "H20",
    "H20-260101-0001",
    "2026-01-01",
    "2026-01-01T00:00:00Z",
    "1.000001",
    "00000000000000000000000000000000",
];

/// One step from an object or a list to a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// A member of an object, by name.
    Key(String),
    /// The item of a list, from zero.
    Place(usize),
}

/// What kind of thing is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    Unknown,
    Missing,
    NoSuchValue,
    Type,
    Form,
}

/// What ended a reading, and where.
#[derive(Debug)]
pub(super) struct Broken {
    pub(super) path: Vec<Step>,
    pub(super) fault: Fault,
    /// The names that there are instead, of a field or a value that is none.
    pub(super) known: &'static [&'static str],
}

impl Broken {
    fn here(fault: Fault) -> Self {
        Self { path: Vec::new(), fault, known: &[] }
    }

    fn at(fault: Fault, key: &str) -> Self {
        Self { path: vec![Step::Key(key.to_owned())], ..Self::here(fault) }
    }

    fn of(self, known: &'static [&'static str]) -> Self {
        Self { known, ..self }
    }

    fn within(mut self, step: Step) -> Self {
        self.path.insert(0, step);
        self
    }
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a field does not fit")
    }
}

impl std::error::Error for Broken {}

impl Error for Broken {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self::here(Fault::Form)
    }

    fn invalid_type(_: Unexpected<'_>, _: &dyn Expected) -> Self {
        Self::here(Fault::Type)
    }

    fn unknown_variant(_: &str, known: &'static [&'static str]) -> Self {
        Self::here(Fault::NoSuchValue).of(known)
    }

    fn unknown_field(field: &str, known: &'static [&'static str]) -> Self {
        Self::at(Fault::Unknown, field).of(known)
    }

    fn missing_field(field: &'static str) -> Self {
        Self::at(Fault::Missing, field)
    }
}

/// A value to be read.
pub(super) struct Source<'a>(Read<'a>);

#[derive(Clone, Copy)]
enum Read<'a> {
    Written(&'a Json),
    /// What is read as whatever is asked for.
    Substitute(usize),
}

impl<'a> Source<'a> {
    pub(super) fn of(json: &'a Json) -> Self {
        if let Json::Substitute(sample) = json {
            return Self(Read::Substitute(*sample));
        }
        Self(Read::Written(json))
    }

    fn wrong_type<T>() -> Result<T, Broken> {
        Err(Broken::here(Fault::Type))
    }
}

/// Reads a replaced value as the requested type.
macro_rules! substituted {
    ($($method:ident => $visit:ident($value:expr)),* $(,)?) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Broken> {
            match self.0 {
                Read::Substitute(_) => visitor.$visit($value),
                Read::Written(_) => self.deserialize_any(visitor),
            }
        })*
    };
}

/// Reads a replaced value as a sample text.
macro_rules! sampled {
    ($($method:ident),* $(,)?) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Broken> {
            match self.0 {
                Read::Substitute(sample) => visitor.visit_str(SAMPLES[sample]),
                Read::Written(_) => self.deserialize_any(visitor),
            }
        })*
    };
}

impl<'de> Deserializer<'de> for Source<'_> {
    type Error = Broken;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Broken> {
        let json = match self.0 {
            Read::Substitute(_) => return visitor.visit_unit(),
            Read::Written(json) => json,
        };
        match json {
            Json::Null => visitor.visit_unit(),
            Json::Flag(flag) => visitor.visit_bool(*flag),
            Json::Number(number) => match (number.as_u64(), number.as_i64(), number.as_f64()) {
                (Some(whole), _, _) => visitor.visit_u64(whole),
                (_, Some(whole), _) => visitor.visit_i64(whole),
                // `1.0` is a whole number in JSON Schema, and so in the contract.
                (_, _, Some(fraction)) => match whole(fraction) {
                    Some(whole) => visitor.visit_i64(whole),
                    None => visitor.visit_f64(fraction),
                },
                _ => Self::wrong_type(),
            },
            Json::Text(text) => visitor.visit_str(text),
            Json::List(items) => visitor.visit_seq(Items { items: items.iter(), place: 0 }),
            Json::Object(entries) => {
                let entries = entries.iter().map(|(key, entry)| (key.as_str(), Source::of(entry)));
                visitor.visit_map(Entries { entries, next: None })
            }
            Json::Substitute(_) => visitor.visit_unit(),
        }
    }

    substituted! {
        deserialize_bool => visit_bool(false),
        deserialize_i8 => visit_i8(1),
        deserialize_i16 => visit_i16(1),
        deserialize_i32 => visit_i32(1),
        deserialize_i64 => visit_i64(1),
        deserialize_u8 => visit_u8(1),
        deserialize_u16 => visit_u16(1),
        deserialize_u32 => visit_u32(1),
        deserialize_u64 => visit_u64(1),
        deserialize_f32 => visit_f32(1.0),
        deserialize_f64 => visit_f64(1.0),
    }

    sampled! { deserialize_char, deserialize_str, deserialize_string, deserialize_bytes, deserialize_byte_buf, deserialize_identifier }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Broken> {
        self.deserialize_any(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Broken> {
        match self.0 {
            Read::Substitute(_) | Read::Written(Json::Null) => visitor.visit_none(),
            Read::Written(_) => visitor.visit_some(self),
        }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Broken> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Broken> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Broken> {
        match self.0 {
            Read::Substitute(_) => visitor.visit_seq(Items { items: [].iter(), place: 0 }),
            Read::Written(_) => self.deserialize_any(visitor),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Broken> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Broken> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Broken> {
        match self.0 {
            Read::Substitute(_) => {
                visitor.visit_map(Entries { entries: std::iter::empty(), next: None })
            }
            Read::Written(_) => self.deserialize_any(visitor),
        }
    }

    /// serde would read a list as an object, field by field.
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Broken> {
        match self.0 {
            Read::Substitute(sample) => {
                let entries = fields.iter().map(|field| (*field, Source(Read::Substitute(sample))));
                visitor.visit_map(Entries { entries, next: None })
            }
            Read::Written(Json::Object(_)) => self.deserialize_any(visitor),
            Read::Written(_) => Self::wrong_type(),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Broken> {
        match (self.0, variants) {
            (Read::Written(Json::Text(text)), _) => visitor.visit_enum(Choice(text)),
            (Read::Substitute(_), [first, ..]) => visitor.visit_enum(Choice(first)),
            _ => Self::wrong_type(),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Broken> {
        visitor.visit_unit()
    }
}

/// The whole number written with a point or an exponent, within the precision of `f64`.
fn whole(number: f64) -> Option<i64> {
    const EXACT_MAX: f64 = 9_007_199_254_740_991.0;
    if number.abs() > EXACT_MAX || number.fract() != 0.0 {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "it is whole, and far from the ends")]
    let whole = number as i64;
    Some(whole)
}

struct Items<'a> {
    items: std::slice::Iter<'a, Json>,
    place: usize,
}

impl<'de> SeqAccess<'de> for Items<'_> {
    type Error = Broken;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Broken> {
        let Some(item) = self.items.next() else {
            return Ok(None);
        };
        let place = self.place;
        self.place += 1;
        seed.deserialize(Source::of(item))
            .map(Some)
            .map_err(|broken| broken.within(Step::Place(place)))
    }
}

struct Entries<'a, I> {
    entries: I,
    next: Option<(&'a str, Source<'a>)>,
}

impl<'de, 'a, I: Iterator<Item = (&'a str, Source<'a>)>> MapAccess<'de> for Entries<'a, I> {
    type Error = Broken;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Broken> {
        self.next = self.entries.next();
        let Some((key, _)) = &self.next else {
            return Ok(None);
        };
        let key: StrDeserializer<'_, Broken> = key.into_deserializer();
        seed.deserialize(key).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Broken> {
        let Some((key, entry)) = self.next.take() else {
            return Err(Broken::here(Fault::Form));
        };
        seed.deserialize(entry).map_err(|broken| broken.within(Step::Key(key.to_owned())))
    }
}

/// One of a type's known values, by its name.
struct Choice<'a>(&'a str);

impl<'de> EnumAccess<'de> for Choice<'_> {
    type Error = Broken;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self), Broken> {
        let name: StrDeserializer<'_, Broken> = self.0.into_deserializer();
        Ok((seed.deserialize(name)?, self))
    }
}

/// None of our known values holds anything.
impl<'de> VariantAccess<'de> for Choice<'_> {
    type Error = Broken;

    fn unit_variant(self) -> Result<(), Broken> {
        Ok(())
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, _: S) -> Result<S::Value, Broken> {
        Source::wrong_type()
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value, Broken> {
        Source::wrong_type()
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Broken> {
        Source::wrong_type()
    }
}
