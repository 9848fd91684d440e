//! How well what the catalogue says is vouched for.

use serde::Deserialize;

/// How well an entry of the catalogue is vouched for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Trust {
    /// Read in a first-hand source.
    Confirmed,
    /// Quoted by another source.
    Secondary,
    /// From memory; a province replaces it with its own published list.
    Unverified,
}

impl Trust {
    /// The name in the contract and the catalogue's files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::Secondary => "secondary",
            Self::Unverified => "unverified",
        }
    }
}
