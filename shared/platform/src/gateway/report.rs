//! Delivery reports, as the vendors send them: who says it is checked before what it says is read.

use domain::notice::{DeliveryOutcome, DeliveryReport, Provider};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::Failure;
use crate::request::without_mark;

/// Zalo repeats a report for up to 12 hours; what is older than a day is somebody else's repetition.
const REPLAY_MAX: SignedDuration = SignedDuration::from_hours(24);

/// A report and the name under which the message was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedReport {
    /// Our name for the message.
    pub name: String,
    /// What is reported of it.
    pub report: DeliveryReport,
}

/// What Zalo signs with.
#[derive(Clone)]
pub struct ZaloSigner {
    /// The application.
    pub app_id: String,
    /// The official account's secret.
    pub oa_secret: String,
}

/// Vendors write numbers as text, and not always.
#[derive(Deserialize)]
#[serde(untagged)]
enum Loose {
    Text(String),
    Number(i64),
}

impl Loose {
    fn text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Number(number) => number.to_string(),
        }
    }

    fn instant(&self) -> Option<Timestamp> {
        Timestamp::from_millisecond(self.text().parse().ok()?).ok()
    }
}

#[derive(Deserialize)]
struct ZaloEvent {
    event_name: String,
    timestamp: Loose,
    #[serde(default)]
    message: Option<ZaloMessage>,
}

#[derive(Deserialize)]
struct ZaloMessage {
    msg_id: Option<String>,
    tracking_id: Option<String>,
    delivery_time: Option<Loose>,
}

/// Reads what Zalo posts, signed by `X-ZEvent-Signature: mac=<hex>` over the raw bytes; none for what is no delivery report, or
/// too old to be anything but a replay. An error unless Zalo signed it.
pub fn zalo(
    body: &[u8],
    signature: Option<&str>,
    signer: &ZaloSigner,
    now: Timestamp,
) -> Result<Option<NamedReport>, Failure> {
    let unproven = || Failure::Unauthorized("no signature of Zalo's");
    let claimed = signature.and_then(|signature| signature.trim().strip_prefix("mac=")).ok_or_else(unproven)?;
    // Only the time is believed before the signature is, and only to check it.
    let event: ZaloEvent = serde_json::from_slice(without_mark(body)).map_err(|_| unproven())?;
    let timestamp = event.timestamp.text();
    let digest = Sha256::new()
        .chain_update(signer.app_id.as_bytes())
        .chain_update(body)
        .chain_update(timestamp.as_bytes())
        .chain_update(signer.oa_secret.as_bytes())
        .finalize();
    let expected = digest.iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
    if !same(expected.as_bytes(), claimed.to_ascii_lowercase().as_bytes()) {
        return Err(unproven());
    }
    let fresh = event.timestamp.instant().is_some_and(|sent| sent.duration_until(now) <= REPLAY_MAX);
    let (true, true, Some(message)) = (fresh, event.event_name == "user_received_message", event.message) else {
        return Ok(None);
    };
    let (Some(name), Some(id)) = (message.tracking_id, message.msg_id) else {
        return Ok(None);
    };
    let at = message.delivery_time.and_then(|time| time.instant()).unwrap_or(now);
    let report = DeliveryReport {
        provider: Provider::Zalo,
        message: id,
        outcome: DeliveryOutcome::Delivered,
        at,
        price_vnd: None,
    };
    Ok(Some(NamedReport { name, report }))
}

/// Reads what eSMS asks for by GET. It signs nothing: the address holds a secret instead. None for what is not decided yet.
pub fn esms<'a>(
    query: impl Fn(&str) -> Option<&'a str>,
    secret: &str,
    expected: &str,
    now: Timestamp,
) -> Result<Option<NamedReport>, Failure> {
    if !same(secret.as_bytes(), expected.as_bytes()) {
        return Err(Failure::RouteNotFound);
    }
    let (Some(message), Some(name)) = (query("SMSID"), query("RequestId")) else {
        return Ok(None);
    };
    let some_sent = query("SendSuccess").and_then(|count| count.trim().parse::<u64>().ok()).unwrap_or(0) > 0;
    let failed = |status: &str| {
        // A code is kept and shown; free text, which may hold anything, is not.
        let is_code = |text: &&str| {
            (1..=20).contains(&text.len())
                && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
        };
        let code = query("error_info").filter(is_code);
        DeliveryOutcome::Failed { code: code.map_or_else(|| format!("status-{status}"), str::to_owned) }
    };
    let outcome = match query("SendStatus").map(str::trim) {
        Some("5") if some_sent => DeliveryOutcome::Delivered,
        Some(status @ ("4" | "5")) => failed(status),
        // 1 waits for approval, 2 waits to be sent, 7 waits for the carrier.
        _ => return Ok(None),
    };
    // Whole đồng, written with decimals.
    let price_vnd = query("TotalPrice").and_then(|price| price.split('.').next()?.trim().parse().ok());
    let report = DeliveryReport { provider: Provider::Esms, message: message.to_owned(), outcome, at: now, price_vnd };
    Ok(Some(NamedReport { name: name.to_owned(), report }))
}

/// Whether two secrets are the same, in a time that tells nothing about where they differ.
fn same(one: &[u8], other: &[u8]) -> bool {
    one.ct_eq(other).into()
}
