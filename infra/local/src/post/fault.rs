//! How the post meets the next calls, as `PUT /fault` asks.

use serde::Deserialize;
use serde_json::Value;

/// The status of a refusal that names none.
const REFUSED: &str = "99";

/// What goes wrong with a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Mode {
    /// The connection ends without an answer, and nothing was done.
    Outage,
    /// Neither acts nor says why.
    #[serde(rename = "http-500")]
    Http500,
    /// Answers 200 with a status that refuses, and does nothing.
    Refuse,
    /// Acts, and the connection ends without an answer.
    DropAfter,
    /// The call comes twice, and the second time is answered.
    Duplicate,
}

/// What goes wrong, with which calls, and how often.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Fault {
    pub(super) mode: Mode,
    /// The call that it concerns, as `PostOrder`; all where it says nothing.
    call: Option<String>,
    /// What the call has somewhere, as the code of a dossier.
    about: Option<String>,
    /// The status with which something is refused.
    status: Option<String>,
    /// How often; until it is mended where it says nothing.
    times: Option<u32>,
}

impl Fault {
    /// Whether the call meets it.
    pub(super) fn meets(&self, path: &str, body: &Value) -> bool {
        let call = self.call.as_deref().is_none_or(|call| path.trim_start_matches('/') == call);
        let has = |wanted: &String| body.to_string().contains(wanted.as_str());
        call && self.about.as_ref().is_none_or(has)
    }

    pub(super) fn status(&self) -> &str {
        self.status.as_deref().unwrap_or(REFUSED)
    }
}

impl crate::faults::Fault for Fault {
    fn times(&mut self) -> &mut Option<u32> {
        &mut self.times
    }
}
