//! Delivery reports in the vendors' formats: the sender is verified before the content is read.

use domain::notice::price::StatedPrice;
use domain::notice::{DeliveryOutcome, DeliveryReport, Provider};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::message_name;
use crate::Failure;
use crate::form::without_mark;
use crate::port::{AccountUser, Asked, Asker};
use crate::wire::hex;

/// The greatest age of a report. Zalo repeats a report for up to 12 hours; one older than a day is
/// a replay.
const REPLAY_MAX: SignedDuration = SignedDuration::from_hours(24);

/// How far the vendor's clock may be ahead of ours: what is dated later would otherwise be good for
/// a repetition until then.
const AHEAD_MAX: SignedDuration = SignedDuration::from_mins(5);

/// A report and the name under which the message was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedReport {
    /// The message id that we gave.
    pub name: String,
    /// The report about the message.
    pub report: DeliveryReport,
}

/// The secrets of Zalo's signature.
#[derive(Clone)]
pub struct ZaloSigner {
    /// The id of the application.
    pub app_id: String,
    /// The secret key of the official account.
    pub oa_secret: String,
}

/// What vendors write as text, and not always.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) if number.is_u64() || number.is_i64() => Some(number.to_string()),
        Value::Number(_) | Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
            None
        }
    }
}

fn instant(value: &Value) -> Option<Timestamp> {
    Timestamp::from_millisecond(text(value)?.parse().ok()?).ok()
}

/// What a gateway tells us that concerns us.
pub enum GatewayEvent {
    /// A message of ours arrived.
    Report(NamedReport),
    /// Somebody wrote to the official account.
    Asked(Asked),
}

/// Reads what Zalo posts, signed by `X-ZEvent-Signature: mac=<hex>` over the raw bytes; none for
/// what is neither a delivery report nor a text for us, too old to be anything but a replay, or
/// dated ahead. An error unless Zalo signed it.
pub fn zalo(
    body: &[u8],
    signature: Option<&str>,
    signer: &ZaloSigner,
    now: Timestamp,
) -> Result<Option<GatewayEvent>, Failure> {
    let unproven = || Failure::Unauthorized("no signature of Zalo's");
    let claimed = signature
        .and_then(|signature| signature.trim().strip_prefix("mac="))
        .ok_or_else(unproven)?;
    // Only the time is believed before the signature is, and only to check it.
    let event: Value = serde_json::from_slice(without_mark(body)).map_err(|_| unproven())?;
    let timestamp = text(&event["timestamp"]).ok_or_else(unproven)?;
    let digest = Sha256::new()
        .chain_update(signer.app_id.as_bytes())
        .chain_update(body)
        .chain_update(timestamp.as_bytes())
        .chain_update(signer.oa_secret.as_bytes())
        .finalize();
    let expected = hex(digest);
    if !same(expected.as_bytes(), claimed.to_ascii_lowercase().as_bytes()) {
        return Err(unproven());
    }
    let name = event["event_name"].as_str();
    if !matches!(name, Some(RECEIVED | WRITTEN)) {
        return Ok(None);
    }
    let age = instant(&event["timestamp"]).map(|sent| sent.duration_until(now));
    if !age.is_some_and(|age| (-AHEAD_MAX..=REPLAY_MAX).contains(&age)) {
        tracing::warn!(
            provider = Provider::Zalo.name(),
            "a signed report is a day old, or dated ahead"
        );
        return Ok(None);
    }
    Ok(if name == Some(WRITTEN) {
        asked_of(&event).map(GatewayEvent::Asked)
    } else {
        report_of(&event, now).map(GatewayEvent::Report)
    })
}

/// The event of a message that arrived.
const RECEIVED: &str = "user_received_message";
/// The event of a text that somebody wrote to the account.
const WRITTEN: &str = "user_send_text";

fn report_of(event: &Value, now: Timestamp) -> Option<NamedReport> {
    let message = &event["message"];
    let (name, id) = (text(&message["tracking_id"])?, message_name(&message["msg_id"])?);
    let at = instant(&message["delivery_time"]).unwrap_or(now);
    let report = DeliveryReport {
        provider: Provider::Zalo,
        message: id,
        outcome: DeliveryOutcome::Delivered,
        at,
        price: None,
    };
    Some(NamedReport { name, report })
}

fn asked_of(event: &Value) -> Option<Asked> {
    let message = &event["message"];
    let user = message_name(&event["sender"]["id"])?;
    Some(Asked {
        id: message_name(&message["msg_id"])?,
        from: Asker::User(AccountUser::new(user)),
        to: None,
        text: message["text"].as_str()?.to_owned(),
    })
}

/// Whether the secret in the address of a call-back is ours.
pub fn is_secret(given: &str, expected: &str) -> bool {
    same(given.as_bytes(), expected.as_bytes())
}

/// A gateway's name of a message, if it can be one: 1 to 100 visible characters of ASCII.
pub fn message_id(text: &str) -> Option<String> {
    message_name(&Value::from(text))
}

/// Reads an eSMS call-back, which is a GET without a signature; a secret in the address replaces
/// it. `None` while the outcome is open, and if nothing is counted: a status alone does not give
/// the outcome for our one number.
pub fn esms<'a>(
    query: impl Fn(&str) -> Option<&'a str>,
    secret: &str,
    expected: &str,
    now: Timestamp,
) -> Result<Option<NamedReport>, Failure> {
    if !is_secret(secret, expected) {
        return Err(Failure::RouteNotFound);
    }
    let name_of = |text: &str| message_name(&Value::from(text));
    let (Some(message), Some(name)) = (query("SMSID").and_then(name_of), query("RequestId")) else {
        return Ok(None);
    };
    let count = |field| query(field).and_then(|count: &str| count.trim().parse::<u64>().ok());
    let failed = |status: &str| {
        // A code is kept and shown; free text, which may hold anything, is not.
        let is_code = |text: &&str| {
            (1..=20).contains(&text.len())
                && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
        };
        let code = query("error_info").filter(is_code);
        DeliveryOutcome::Failed {
            code: code.map_or_else(|| format!("status-{status}"), str::to_owned),
        }
    };
    let outcome =
        match (query("SendStatus").map(str::trim), count("SendSuccess"), count("SendFailed")) {
            // All was sent, to one number: one of the counts says whether it arrived.
            (Some("5"), Some(1..), None | Some(0)) => DeliveryOutcome::Delivered,
            (Some(status @ "5"), None | Some(0), Some(1..)) => failed(status),
            // Turned away before it was sent.
            (Some(status @ "4"), None | Some(0), Some(_)) | (Some(status @ "4"), Some(0), None) => {
                failed(status)
            }
            // 1 waits for approval, 2 waits to be sent, 7 waits for the carrier; the rest counts
            // nothing, or contradicts itself.
            _ => return Ok(None),
        };
    let price = query("TotalPrice").and_then(StatedPrice::read);
    let report = DeliveryReport { provider: Provider::Esms, message, outcome, at: now, price };
    Ok(Some(NamedReport { name: name.to_owned(), report }))
}

/// Compares two secrets in constant time.
fn same(one: &[u8], other: &[u8]) -> bool {
    one.ct_eq(other).into()
}
