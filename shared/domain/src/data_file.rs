//! The head that every data file of the catalogue has (`infra/data/*.json`), and its strictness.

use serde::Deserialize;

/// The form of the data files that this code reads.
pub const SCHEMA_VERSION: u32 = 1;

/// `schemaVersion` of a data file: the form that this code reads, and no other.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(try_from = "u32")]
#[cfg_attr(feature = "schema", schemars(with = "u32", extend("const" = SCHEMA_VERSION)))]
pub struct SchemaVersion;

impl TryFrom<u32> for SchemaVersion {
    type Error = String;

    fn try_from(version: u32) -> Result<Self, String> {
        if version == SCHEMA_VERSION { Ok(Self) } else { Err(format!("must be {SCHEMA_VERSION}")) }
    }
}

/// What is checked of the entries of files before they are a catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Checks {
    /// Everything that can be wrong.
    All,
    /// Not again what takes time at every start and was done on these very files.
    DoneBefore,
}

/// Declares the struct of a data file: its own fields behind the common head `schemaVersion` and
/// `note`, with `$schema`, and no others, so that a misspelt top-level field is an error in every file.
macro_rules! data_file {
    (
        $(#[$about:meta])*
        $name:ident {
            $($(#[$field_about:meta])* $field:ident: $kind:ty,)+
        }
    ) => {
        $(#[$about])*
        #[derive(Debug, Clone, serde::Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[serde(rename_all = "camelCase", deny_unknown_fields)]
        pub struct $name {
            #[serde(rename = "schemaVersion", default)]
            _schema_version: $crate::data_file::SchemaVersion,
            /// For editors: the address of the file's schema, from the file's own folder.
            #[serde(rename = "$schema", default)]
            _schema: String,
            /// For people: what the file is, where its content is from.
            #[serde(rename = "note", default)]
            _note: String,
            $($(#[$field_about])* $field: $kind,)+
        }
    };
}

pub(crate) use data_file;
