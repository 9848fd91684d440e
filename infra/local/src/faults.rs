//! What goes wrong with the next requests of a stand-in, each as often as it says.

use hyper::StatusCode;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::http::Answer;

/// Something that goes wrong for a while.
pub(crate) trait Fault: Clone {
    /// How often still; until it is mended where it says nothing.
    fn times(&mut self) -> &mut Option<u32>;
}

/// Those of one stand-in, in the order in which they were asked for.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
pub(crate) struct Faults<F>(Vec<F>);

impl<F> Default for Faults<F> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<F: Fault + DeserializeOwned> Faults<F> {
    /// One more.
    pub(crate) fn add(&mut self, fault: F) {
        self.0.push(fault);
    }

    /// One more, as `PUT /fault` asks. Fails where it is none of this stand-in's.
    pub(crate) fn ask(&mut self, document: &Value) -> Result<(), serde_json::Error> {
        self.add(serde_json::from_value(document.clone())?);
        Ok(())
    }

    /// Back to answering.
    pub(crate) fn mend(&mut self) {
        self.0.clear();
    }

    /// The first that is not spent and `meets` the request, which spends one of its times.
    pub(crate) fn met(&mut self, meets: impl Fn(&F) -> bool) -> Option<F> {
        self.0.iter_mut().filter(|fault| meets(fault)).find_map(|fault| {
            if *fault.times() == Some(0) {
                return None;
            }
            let left = fault.times().map(|times| times.saturating_sub(1));
            *fault.times() = left;
            Some(fault.clone())
        })
    }

    /// The answer to `PUT /fault` with this body.
    pub(crate) fn put(&mut self, body: &[u8]) -> Answer {
        let document = serde_json::from_slice::<Value>(body);
        match document.and_then(|document| self.ask(&document)) {
            Ok(()) => Answer::with(StatusCode::NO_CONTENT, &Value::Null),
            Err(error) => {
                Answer::with(StatusCode::BAD_REQUEST, &json!({ "error": error.to_string() }))
            }
        }
    }
}
