//! Message gateways: how each is asked, and what its answers mean.

mod accounts;
mod address;
pub mod esms;
pub mod report;
pub mod speedsms;
pub mod vnpt;
pub mod zalo;

use std::time::Duration;

use domain::applicant::Phone;
use domain::notice::{Notice, Provider};
use jiff::SignedDuration;
pub use reqwest::Client;
use reqwest::header::HeaderValue;
use reqwest::redirect::Policy;
use reqwest::{Response, StatusCode};
use rustls::ClientConfig;
use sha2::{Digest, Sha256};

pub use accounts::GatewaySettings;
pub use address::{Address, BadAddress};

use crate::Failure;
pub use crate::port::Verdict;
use crate::port::{AccessTokens, MessageGateways};
use crate::trust;
use crate::wire::hex;

/// The longest that a gateway's `Retry-After` is believed.
const RETRY_AFTER_MAX: SignedDuration = SignedDuration::from_hours(6);

/// The longest answer that is read, in bytes: those of the gateways have some hundred.
const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// The longest name that a gateway may give a message, in characters.
const MESSAGE_NAME_CHARACTERS_MAX: usize = 100;

/// Something that carries a message to a phone.
pub trait Gateway: Sync {
    /// Asks the gateway to carry `notice` to `phone`, once.
    fn send(&self, notice: &Notice, phone: &Phone) -> impl Future<Output = Verdict> + Send;
}

/// All gateways, each where the deployment has an account with it.
#[derive(Debug)]
pub struct Gateways<T> {
    /// Zalo, if the deployment has an account.
    pub zalo: Option<zalo::Zalo<T>>,
    /// eSMS, if the deployment has an account.
    pub esms: Option<esms::Esms>,
    /// SpeedSMS, if the deployment has an account.
    pub speedsms: Option<speedsms::SpeedSms>,
    /// VNPT, if the deployment has an account.
    pub vnpt: Option<vnpt::Vnpt>,
}

impl<T: AccessTokens + Send> MessageGateways for Gateways<T> {
    async fn send(&self, provider: Provider, notice: &Notice, phone: &Phone) -> Verdict {
        async fn ask(gateway: Option<&impl Gateway>, notice: &Notice, phone: &Phone) -> Verdict {
            match gateway {
                Some(gateway) => gateway.send(notice, phone).await,
                None => Verdict::NotTaken { instead: "no-account".to_owned(), retry_after: None },
            }
        }
        match provider {
            Provider::Zalo => ask(self.zalo.as_ref(), notice, phone).await,
            Provider::Esms => ask(self.esms.as_ref(), notice, phone).await,
            Provider::Speedsms => ask(self.speedsms.as_ref(), notice, phone).await,
            Provider::Vnpt => ask(self.vnpt.as_ref(), notice, phone).await,
        }
    }

    fn has(&self, provider: Provider) -> bool {
        match provider {
            Provider::Zalo => self.zalo.is_some(),
            Provider::Esms => self.esms.is_some(),
            Provider::Speedsms => self.speedsms.is_some(),
            Provider::Vnpt => self.vnpt.is_some(),
        }
    }
}

/// Longest name of a request that the SMS gateways take, in characters.
const REQUEST_ID_CHARACTERS_MAX: usize = 50;

/// The name under which an SMS gateway gets a notice: the notice's own, which the delivery report
/// brings back. The few codes that are too long for that are hashed, and their reports name the
/// message alone.
fn request_id(notice: &Notice) -> String {
    if notice.id.len() <= REQUEST_ID_CHARACTERS_MAX {
        return notice.id.clone();
    }
    let digest = hex(Sha256::digest(notice.id.as_bytes()));
    digest.chars().take(REQUEST_ID_CHARACTERS_MAX).collect()
}

/// A number that vendors write as text, and not always.
fn whole_number(value: &serde_json::Value) -> Option<i64> {
    value.as_str().map_or_else(|| value.as_i64(), |text| text.trim().parse().ok())
}

/// A gateway's name for a message: text or, as some vendors write it, a number. None for what is no
/// name: empty, too long, or with anything in it but visible ASCII.
fn message_name(value: &serde_json::Value) -> Option<String> {
    let name = match value {
        serde_json::Value::String(text) => text.trim().to_owned(),
        serde_json::Value::Number(number) if number.is_u64() || number.is_i64() => {
            number.to_string()
        }
        serde_json::Value::Number(_)
        | serde_json::Value::Null
        | serde_json::Value::Bool(_)
        | serde_json::Value::Array(_)
        | serde_json::Value::Object(_) => return None,
    };
    let is_name = (1..=MESSAGE_NAME_CHARACTERS_MAX).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_graphic());
    is_name.then_some(name)
}

/// An HTTP client for gateways. TLS by `ring`; one time-out for the whole exchange, and a third of
/// it for connecting, since a request without a connection was certainly not sent. Each request has
/// a new connection: a function is frozen between invocations, and a connection that died in the
/// meantime looks like a lost answer. Redirects are not followed, since requests carry our tokens,
/// which are for the configured address only. The public roots vouch for gateways.
pub fn http_client(timeout: Duration) -> Result<reqwest::Client, Failure> {
    http_client_over(trust::public()?, timeout)
}

/// The same with whom `tls` believes.
pub fn http_client_over(tls: ClientConfig, timeout: Duration) -> Result<reqwest::Client, Failure> {
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .timeout(timeout)
        .connect_timeout(timeout / 3)
        .pool_max_idle_per_host(0)
        .redirect(Policy::none())
        .referer(false)
        .build()
        .map_err(|error| Failure::Defect(error.to_string()))
}

/// How long a gateway asks not to be called: `Retry-After` in seconds, or as a date relative to the
/// gateway's own `date`, so that our clock does not matter (RFC 9110 §10.2.3). `None` if it is
/// missing or unreadable.
fn retry_after(after: Option<&str>, date: Option<&str>) -> Option<SignedDuration> {
    let after = after?.trim();
    let wait = match after.parse::<u32>() {
        Ok(seconds) => SignedDuration::from_secs(i64::from(seconds)),
        Err(_) => {
            let read = |text| jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok();
            read(date?.trim())?.duration_until(read(after)?)
        }
    };
    Some(wait.clamp(SignedDuration::ZERO, RETRY_AFTER_MAX))
}

/// How long the sender of an answer asks not to be called.
pub(super) fn waited(response: &Response) -> Option<SignedDuration> {
    let header =
        |name| response.headers().get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    retry_after(header("retry-after"), header("date"))
}

/// Sends a request with a JSON answer and classifies the failures on the way.
pub(super) async fn exchange(
    request: reqwest::RequestBuilder,
) -> Result<serde_json::Value, Verdict> {
    let unknown = |error: &reqwest::Error| {
        let instead = if error.is_timeout() { "timed-out" } else { "broken-off" };
        Verdict::Unknown { instead: instead.to_owned() }
    };
    let mut response = request.send().await.map_err(|error| {
        if error.is_connect() || error.is_builder() {
            Verdict::NotTaken { instead: "unreachable".to_owned(), retry_after: None }
        } else {
            unknown(&error)
        }
    })?;
    let status = response.status();
    if !status.is_success() {
        let instead = format!("http-{}", status.as_u16());
        if is_unread(status) {
            return Err(Verdict::NotTaken { instead, retry_after: waited(&response) });
        }
        return Err(Verdict::Unknown { instead });
    }
    let body = bounded(&mut response).await.map_err(|error| unknown(&error))?;
    let body = body.ok_or_else(|| Verdict::Unknown { instead: "too-long".to_owned() })?;
    serde_json::from_slice(&body).map_err(|_| Verdict::Unknown { instead: "unreadable".to_owned() })
}

/// Whether this status means that the request was refused unread: not authorised, too many, closed,
/// or to be sent elsewhere (307, 308). After a time-out (408), the other 5xx and the other
/// redirects the message may have been accepted.
fn is_unread(status: StatusCode) -> bool {
    let elsewhere =
        status == StatusCode::TEMPORARY_REDIRECT || status == StatusCode::PERMANENT_REDIRECT;
    let refused = status.is_client_error() && status != StatusCode::REQUEST_TIMEOUT;
    elsewhere || refused || status == StatusCode::SERVICE_UNAVAILABLE
}

/// The body of an answer; none where it is longer than an answer can be, of which no more is read.
async fn bounded(response: &mut Response) -> Result<Option<Vec<u8>>, reqwest::Error> {
    let mut body = Vec::new();
    while let Some(piece) = response.chunk().await? {
        if body.len() + piece.len() > ANSWER_BYTES_MAX {
            return Ok(None);
        }
        body.extend_from_slice(&piece);
    }
    Ok(Some(body))
}
