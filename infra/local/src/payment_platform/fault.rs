//! How the payment platform meets the next messages, as `PUT /fault` asks.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The code of a refusal that names none.
const REFUSED: &str = "99";

/// What goes wrong with a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Mode {
    /// The connection ends without an answer, and nothing was done.
    Outage,
    /// Neither acts nor says why.
    #[serde(rename = "http-500")]
    Http500,
    /// Answers 200 with a code that refuses, and does nothing.
    WrongCode,
    /// Acts, and answers after a delay.
    Slow,
    /// Acts, and the connection ends without an answer.
    DropAfter,
    /// Acknowledges, and forgets the attempt.
    Lost,
    /// The message comes twice.
    Duplicate,
}

/// What goes wrong, with which messages, and how often.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Fault {
    pub(super) mode: Mode,
    /// The type of message that it concerns; all where it says nothing.
    message: Option<String>,
    /// What the message has somewhere, as the code of a dossier or the name of an attempt.
    about: Option<String>,
    /// The code with which something is refused.
    code: Option<String>,
    /// How often; until it is mended where it says nothing.
    times: Option<u32>,
    delay_ms: Option<u64>,
}

impl Fault {
    /// With each message, so many times.
    pub(super) fn so_often(mode: Mode, times: u32) -> Self {
        let times = Some(times);
        Self { mode, message: None, about: None, code: None, times, delay_ms: None }
    }

    /// Whether the message meets it.
    pub(super) fn meets(&self, message: &Value) -> bool {
        let kind = &message["LoaiBanTin"];
        let is_of_kind = self.message.as_ref().is_none_or(|wanted| kind == wanted.as_str());
        let has = |wanted: &String| message.to_string().contains(wanted.as_str());
        is_of_kind && self.about.as_ref().is_none_or(has)
    }

    pub(super) fn code(&self) -> &str {
        self.code.as_deref().unwrap_or(REFUSED)
    }

    pub(super) fn delay(&self) -> Duration {
        Duration::from_millis(self.delay_ms.unwrap_or(0))
    }
}

impl crate::faults::Fault for Fault {
    fn times(&mut self) -> &mut Option<u32> {
        &mut self.times
    }
}
