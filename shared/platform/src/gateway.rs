//! Message gateways: how each is asked, and what its answers mean.

pub mod codes;
pub mod esms;
pub mod zalo;

use std::time::Duration;

use domain::applicant::Phone;
use domain::notice::Notice;
use reqwest::StatusCode;

use crate::Failure;

/// What a gateway made of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It took the message and gave it this id.
    Accepted {
        /// The gateway's id.
        message: String,
    },
    /// It said no, with this code of its own.
    Declined {
        /// Its code.
        code: i32,
    },
    /// It has not taken the message: no connection came about, or it turned the request away unread.
    NotTaken {
        /// What came instead, e.g. `unreachable`, `http-429`.
        instead: String,
    },
    /// It may or may not have got the message: the answer never came, or was no answer.
    Unknown {
        /// What came instead, e.g. `timed-out`, `http-500`.
        instead: String,
    },
}

/// Something that carries a message to a phone.
pub trait Gateway: Sync {
    /// The name in records: `zalo` or `sms`.
    const CHANNEL: &'static str;

    /// Whether the gateway recognises a message sent twice, so that asking again is harmless.
    const REPEATABLE: bool;

    /// Asks the gateway to carry `notice` to `phone`, once.
    fn send(&self, notice: &Notice, phone: &Phone) -> impl Future<Output = Verdict> + Send;

    /// What a code of this gateway asks of us.
    fn treatment(&self, code: i32) -> codes::Treatment;
}

/// An HTTP client for gateways: TLS by `ring`, one time-out over the whole exchange, and a fresh connection for each: a
/// function is frozen between invocations, and a connection that died meanwhile cannot be told from an answer that was
/// lost.
pub fn http_client(timeout: Duration) -> Result<reqwest::Client, Failure> {
    // Installing twice fails harmlessly: the first provider stays.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .timeout(timeout)
        .pool_max_idle_per_host(0)
        .build()
        .map_err(|error| Failure::Defect(error.to_string()))
}

/// Sends a request whose answer is JSON, and sorts out what can go wrong on the way.
async fn exchange(request: reqwest::RequestBuilder) -> Result<serde_json::Value, Verdict> {
    let unknown = |error: &reqwest::Error| {
        let instead = if error.is_timeout() { "timed-out" } else { "broken-off" };
        Verdict::Unknown { instead: instead.to_owned() }
    };
    let response = request.send().await.map_err(|error| {
        if error.is_connect() || error.is_builder() {
            Verdict::NotTaken { instead: "unreachable".to_owned() }
        } else {
            unknown(&error)
        }
    })?;
    let status = response.status();
    if !status.is_success() {
        let instead = format!("http-{}", status.as_u16());
        // Turned away before it was read: not authorised, too many, closed. A time-out (408) and the other 5xx may come
        // after the message was taken.
        let unread = status.is_client_error() && status != StatusCode::REQUEST_TIMEOUT;
        let not_taken = unread || status == StatusCode::SERVICE_UNAVAILABLE;
        return Err(if not_taken { Verdict::NotTaken { instead } } else { Verdict::Unknown { instead } });
    }
    response.json().await.map_err(|error| unknown(&error))
}
