//! JSON as it was written: names in their order, repetitions included.

use std::collections::BTreeSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Number, Value};

use super::source::{Broken, Fault, SAMPLES, Step};
use crate::Failure;

/// A JSON value of any type.
pub(super) enum Json {
    Null,
    Flag(bool),
    Number(Number),
    Text(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
    /// Replaces a broken value and reads as whatever type is asked for; a text reads as this one of
    /// [`SAMPLES`].
    Substitute(usize),
}

impl Json {
    /// Reads the whole text, and nothing behind it.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, Failure> {
        let mut source = serde_json::Deserializer::from_slice(bytes);
        let json = Self::deserialize(&mut source).map_err(|_| Failure::Malformed)?;
        source.end().map_err(|_| Failure::Malformed)?;
        Ok(json)
    }

    /// Removes repeated names and returns the place of each.
    pub(super) fn without_repetitions(
        &mut self,
        path: &mut Vec<Step>,
        told: &mut impl FnMut(&[Step]),
    ) {
        match self {
            Self::List(items) => {
                for (place, item) in items.iter_mut().enumerate() {
                    path.push(Step::Place(place));
                    item.without_repetitions(path, told);
                    path.pop();
                }
            }
            Self::Object(entries) => {
                let mut seen = BTreeSet::new();
                entries.retain(|(key, _)| {
                    let first = seen.insert(key.clone());
                    if !first {
                        path.push(Step::Key(key.clone()));
                        told(path);
                        path.pop();
                    }
                    first
                });
                for (key, entry) in entries {
                    path.push(Step::Key(key.clone()));
                    entry.without_repetitions(path, told);
                    path.pop();
                }
            }
            Self::Null | Self::Flag(_) | Self::Number(_) | Self::Text(_) | Self::Substitute(_) => {}
        }
    }

    fn part(&mut self, path: &[Step]) -> Option<&mut Self> {
        path.iter().try_fold(self, |json, step| match (json, step) {
            (Self::List(items), Step::Place(place)) => items.get_mut(*place),
            (Self::Object(entries), Step::Key(key)) => {
                entries.iter_mut().find(|(known, _)| known == key).map(|(_, entry)| entry)
            }
            _ => None,
        })
    }

    /// Whether the place or one of its parents was repaired before.
    pub(super) fn holds_substitute(&mut self, path: &[Step]) -> bool {
        (0..=path.len())
            .any(|length| matches!(self.part(&path[..length]), Some(Self::Substitute(_))))
    }

    /// Puts right what is broken, so that the next reading gets further. Whether that could be
    /// done.
    pub(super) fn mend(&mut self, broken: &Broken) -> bool {
        // What lies in a substitute is a substitute too, and the outer one is changed.
        if let Some(outer) = (0..=broken.path.len())
            .find(|length| matches!(self.part(&broken.path[..*length]), Some(Self::Substitute(_))))
        {
            return match self.part(&broken.path[..outer]) {
                Some(Self::Substitute(sample)) if *sample + 1 < SAMPLES.len() => {
                    *sample += 1;
                    true
                }
                _ => false,
            };
        }
        match (&broken.fault, broken.path.split_last()) {
            (Fault::Unknown, Some((Step::Key(key), outer))) => match self.part(outer) {
                Some(Self::Object(entries)) => {
                    let before = entries.len();
                    entries.retain(|(known, _)| known != key);
                    entries.len() < before
                }
                _ => false,
            },
            (Fault::Missing, Some((Step::Key(key), outer))) => match self.part(outer) {
                Some(Self::Object(entries)) => {
                    entries.push((key.clone(), Self::Substitute(0)));
                    true
                }
                _ => false,
            },
            _ => match self.part(&broken.path) {
                Some(part) => {
                    *part = Self::Substitute(0);
                    true
                }
                None => false,
            },
        }
    }
}

impl From<Value> for Json {
    fn from(value: Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(flag) => Self::Flag(flag),
            Value::Number(number) => Self::Number(number),
            Value::String(text) => Self::Text(text),
            Value::Array(items) => Self::List(items.into_iter().map(Self::from).collect()),
            Value::Object(entries) => Self::Object(
                entries.into_iter().map(|(key, value)| (key, Self::from(value))).collect(),
            ),
        }
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        source.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Json, E> {
        Ok(Json::Flag(flag))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Json, E> {
        Ok(Json::Number(number.into()))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Json, E> {
        Ok(Json::Number(number.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<Json, E> {
        Number::from_f64(number).map(Json::Number).ok_or_else(|| E::custom("no number"))
    }

    fn visit_str<E>(self, text: &str) -> Result<Json, E> {
        Ok(Json::Text(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Json, E> {
        Ok(Json::Text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Json::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Json, A::Error> {
        let mut object = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            object.push(entry);
        }
        Ok(Json::Object(object))
    }
}
