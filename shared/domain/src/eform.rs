//! Electronic forms (biểu mẫu điện tử, NĐ 42/2022): what an applicant fills in beside the documents,
//! and the schema that it is checked by.

mod judge;
mod schema;

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize as DeserializeFields, Serialize};

use crate::violation::{Fact, Unit};
use crate::{RuleName, Violation, text};

pub use schema::FieldSchema;

/// The most bytes that one filled form takes in the store.
pub const FORM_BYTES_MAX: usize = 32_768;

/// The most bytes that all filled forms of a dossier take together, of the 400 KiB that its content
/// may have; its documents take [`DOCUMENTS_BYTES_MAX`](crate::document::DOCUMENTS_BYTES_MAX).
pub const FORMS_BYTES_MAX: usize = 100_000;

/// That a form takes more than [`FORM_BYTES_MAX`].
pub(crate) fn form_too_large() -> Violation {
    let detail = format!("may take {FORM_BYTES_MAX} bytes");
    let most = Fact::at_most(FORM_BYTES_MAX, Unit::Bytes);
    Violation::new("form", RuleName::FormBytesMax, detail).about(most)
}

/// What a list or an object takes in the store itself, in bytes.
const NESTED_BYTES: usize = 3;

/// The most bytes that a number takes in the store.
const NUMBER_BYTES: usize = 21;

/// What one field of a form holds.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum FormValue {
    /// An answer of yes or no.
    Flag(bool),
    /// A whole number of 64 bits.
    Number(i64),
    /// One line of text, a day, or one of several choices.
    Text(String),
    /// Several of one kind.
    List(Vec<Self>),
    /// Fields that belong together.
    Fields(FormFields),
    /// What no field takes and no form keeps: null, or a number that is not whole.
    Nothing,
}

/// The fields of a form, or of a part of one, by name.
#[derive(Clone, PartialEq, Eq, Default, Serialize, DeserializeFields)]
#[serde(transparent)]
pub struct FormFields(BTreeMap<String, FormValue>);

/// A form as it came with one version of its dossier.
#[derive(Clone, PartialEq, Eq, Serialize, DeserializeFields)]
pub struct FilledForm {
    /// The version of the dossier with which it came, from 1.
    pub version: u64,
    /// Everything that was filled in.
    pub fields: FormFields,
}

/// Forms are about people.
impl fmt::Debug for FormValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FormValue(***)")
    }
}

/// Forms are about people.
impl fmt::Debug for FormFields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FormFields(***)")
    }
}

/// Forms are about people.
impl fmt::Debug for FilledForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FilledForm({}: ***)", self.version)
    }
}

impl FormValue {
    fn cleaned(self) -> Self {
        match self {
            Self::Text(given) => Self::Text(text::line(&given)),
            Self::List(items) => Self::List(items.into_iter().map(Self::cleaned).collect()),
            Self::Fields(fields) => Self::Fields(fields.cleaned()),
            Self::Flag(_) | Self::Number(_) | Self::Nothing => self,
        }
    }

    fn bytes(&self) -> usize {
        match self {
            Self::Flag(_) | Self::Nothing => 1,
            Self::Number(_) => NUMBER_BYTES,
            Self::Text(text) => text.len(),
            Self::List(items) => {
                NESTED_BYTES + items.iter().map(|item| item.bytes() + 1).sum::<usize>()
            }
            Self::Fields(fields) => fields.bytes(),
        }
    }
}

impl FormFields {
    /// The same through the text gate: each text is one line. Names of fields stay as they came,
    /// since the schema knows which there are.
    #[must_use]
    pub fn cleaned(self) -> Self {
        Self(self.0.into_iter().map(|(name, value)| (name, value.cleaned())).collect())
    }

    /// The most bytes that the fields take in the store.
    pub fn bytes(&self) -> usize {
        let each = self.0.iter().map(|(name, value)| name.len() + value.bytes() + 1);
        NESTED_BYTES + each.sum::<usize>()
    }
}

impl<'de> Deserialize<'de> for FormValue {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        source.deserialize_any(Reader)
    }
}

/// Reads any JSON, so that what fits no form is named by the form's rules and not by a type's.
struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = FormValue;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("what a form holds")
    }

    fn visit_unit<E>(self) -> Result<FormValue, E> {
        Ok(FormValue::Nothing)
    }

    fn visit_none<E>(self) -> Result<FormValue, E> {
        Ok(FormValue::Nothing)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<FormValue, E> {
        Ok(FormValue::Flag(flag))
    }

    fn visit_i64<E>(self, number: i64) -> Result<FormValue, E> {
        Ok(FormValue::Number(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<FormValue, E> {
        Ok(i64::try_from(number).map_or(FormValue::Nothing, FormValue::Number))
    }

    fn visit_f64<E>(self, _: f64) -> Result<FormValue, E> {
        Ok(FormValue::Nothing)
    }

    fn visit_str<E>(self, text: &str) -> Result<FormValue, E> {
        Ok(FormValue::Text(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<FormValue, E> {
        Ok(FormValue::Text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<FormValue, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(FormValue::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<FormValue, A::Error> {
        let mut fields = BTreeMap::new();
        while let Some((name, value)) = entries.next_entry()? {
            fields.insert(name, value);
        }
        Ok(FormValue::Fields(FormFields(fields)))
    }
}
