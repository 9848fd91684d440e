//! How the portal meets the next requests, as `PUT /fault` asks.

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use crate::http::Request;

/// What goes wrong with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Mode {
    /// The connection ends without an answer, and nothing was done.
    Outage,
    /// Neither acts nor says why.
    #[serde(rename = "http-500")]
    Http500,
    /// Turns the request away unread: too many.
    #[serde(rename = "http-429")]
    Http429,
    /// Acts, and answers after a delay.
    Slow,
    /// Acts, and the connection ends without an answer.
    DropAfter,
    /// Every session has expired.
    Expire,
    /// Answers 200 with a code that refuses everything.
    WrongCode,
    /// Acknowledges, and keeps nothing.
    Lost,
    /// The request comes twice.
    Duplicate,
    /// The request is answered, and carried out behind the next one.
    Late,
    /// One dossier is refused, the others are taken.
    RefuseItem,
    /// The receipts are of a dossier that nobody sent.
    Strangers,
}

/// What goes wrong, with which requests, and how often.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Fault {
    pub(super) mode: Mode,
    /// The service that it concerns; all, and signing in, where it says nothing.
    service: Option<String>,
    /// The dossier that it concerns; all where it says nothing.
    dossier: Option<String>,
    /// The code with which something is refused.
    pub(super) code: Option<String>,
    /// How often; until it is mended where it says nothing.
    times: Option<u32>,
    delay_ms: Option<u64>,
    pub(super) retry_after: Option<String>,
}

impl Fault {
    /// Whether the request meets it.
    pub(super) fn meets(&self, request: &Request) -> bool {
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let service = self.service.as_ref().is_none_or(|wanted| body["service"] == wanted.as_str());
        let named = |wanted: &String| {
            let text = String::from_utf8_lossy(&request.body);
            text.contains(wanted.as_str())
        };
        service && self.dossier.as_ref().is_none_or(named)
    }

    /// Whether it concerns this dossier.
    pub(super) fn is_about(&self, code: &str) -> bool {
        self.dossier.as_deref().is_none_or(|wanted| wanted == code)
    }

    /// How long the answer waits.
    pub(super) fn delay(&self) -> Duration {
        Duration::from_millis(self.delay_ms.unwrap_or(0))
    }
}

impl crate::faults::Fault for Fault {
    fn times(&mut self) -> &mut Option<u32> {
        &mut self.times
    }
}
