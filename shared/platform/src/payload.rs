//! The payload of an invocation as it came. The runtime would log a payload that does not fit the
//! function's type, values included; so each function takes any JSON and reads it here, where an
//! error names place and kind and never quotes.

use std::fmt;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::Failure;
use crate::request::read_json;

/// A payload: any JSON, byte by byte.
#[derive(Deserialize)]
#[serde(transparent)]
pub struct Payload(Box<RawValue>);

/// A payload may hold anything, and prints as nothing.
impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Payload(***)")
    }
}

impl Payload {
    /// The order of a schedule, or of a person who invokes the function: every field counts, and
    /// what does not fit is named.
    pub fn order<T: DeserializeOwned>(&self) -> Result<T, Reported> {
        Ok(read_json(self.0.get().as_bytes())?)
    }

    /// What the platform hands over, in the form that `kind` has there. It may hold more than we
    /// read.
    pub fn event<T: DeserializeOwned>(&self, kind: &'static str) -> Result<T, Reported> {
        Ok(self.read(kind)?)
    }

    /// Like [`Payload::event`], for callers that answer failures themselves.
    pub(crate) fn read<T: DeserializeOwned>(&self, kind: &'static str) -> Result<T, Failure> {
        // serde's own text may quote what it read.
        serde_json::from_str(self.0.get())
            .map_err(|_| Failure::Defect(format!("the payload does not read as {kind}")))
    }
}

/// A failure as the runtime logs it: without fields and values.
pub struct Reported(String);

impl From<Failure> for Reported {
    fn from(failure: Failure) -> Self {
        Self(failure.chain())
    }
}

impl fmt::Debug for Reported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Reported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Reported {}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    struct Order {
        #[serde(default, rename = "refreshToken")]
        _refresh_token: Option<String>,
    }

    /// As the runtime reads what Lambda hands it.
    fn payload(text: &str) -> Payload {
        serde_path_to_error::deserialize(&mut serde_json::Deserializer::from_str(text)).unwrap()
    }

    #[test]
    fn any_json_is_a_payload_and_an_order_reads_from_it() {
        assert!(payload(r#"{"refreshToken": "a token"}"#).order::<Order>().is_ok());
        assert!(payload("{}").order::<Order>().is_ok());
    }

    #[test]
    fn what_does_not_fit_is_never_quoted() {
        for text in [
            r#""plantedtoken""#,
            r#"["plantedtoken"]"#,
            r#"{"plantedtoken": 1}"#,
            r#"{"refreshToken": ["plantedtoken"]}"#,
            r#"{"refreshToken": "plantedtoken", "refreshToken": "plantedtoken"}"#,
            r#"{"plantedtoken": 1, "plantedtoken": 2}"#,
            r#"{"a": {"plantedtoken": {"plantedtoken": 1, "plantedtoken": 2}}}"#,
        ] {
            let payload = payload(text);
            for told in [payload.order::<Order>().err(), payload.event::<Vec<u8>>("a list").err()] {
                let told = told.unwrap();
                assert!(
                    !format!("{told} {told:?} {payload:?}").contains("plantedtoken"),
                    "{text}: {told:?}"
                );
            }
        }
    }
}
