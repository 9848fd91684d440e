//! Numbers of the secrets with which requests are signed: the secrets themselves are made of them
//! and of a key of the deployment.

use serde::Deserialize;

/// The numbers of the secrets that one side signs with: two while it changes from one to the other.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(try_from = "Vec<u32>")]
#[cfg_attr(
    feature = "schema",
    schemars(
        with = "Vec<u32>",
        extend("maxItems" = 2, "uniqueItems" = true,
            "items" = {"type": "integer", "minimum": 1, "maximum": 1_000})
    )
)]
pub struct KeyNumbers(Vec<u32>);

impl KeyNumbers {
    /// The numbers, from 1, at most two of them.
    pub fn numbers(&self) -> &[u32] {
        &self.0
    }
}

impl TryFrom<Vec<u32>> for KeyNumbers {
    type Error = &'static str;

    fn try_from(numbers: Vec<u32>) -> Result<Self, &'static str> {
        let differ = !matches!(numbers[..], [one, other] if one == other);
        if numbers.len() <= 2 && differ && numbers.iter().all(|key| (1..=1_000).contains(key)) {
            Ok(Self(numbers))
        } else {
            Err("must be at most two numbers of 1 to 1000")
        }
    }
}
