//! What every gateway has: a door that takes, refuses and answers as its vendor documents it.

use hyper::body::Bytes;
use hyper::header::HeaderMap;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A JSON object.
pub(super) type Json = Map<String, Value>;

/// The longest name of a request that the SMS gateways take, in characters.
pub(super) const REQUEST_ID_CHARS: usize = 50;

/// One of the gateways that there are here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum GatewayName {
    /// ZNS template messages.
    Zalo,
    /// What the official account answers those who wrote to it.
    ZaloOa,
    /// The tokens of Zalo's official account.
    ZaloLogin,
    /// SMS by eSMS.
    Esms,
    /// SMS by SpeedSMS.
    Speedsms,
    /// SMS by VNPT.
    Vnpt,
}

impl GatewayName {
    /// All of them.
    pub(super) const ALL: [Self; 6] =
        [Self::Zalo, Self::ZaloOa, Self::ZaloLogin, Self::Esms, Self::Speedsms, Self::Vnpt];
}

/// The vendor's documented refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Refused(pub(super) i64);

/// What a gateway takes.
#[derive(Debug)]
pub(super) struct Accepted {
    /// The vendor's name for the message; empty where there is no message.
    pub(super) message_id: String,
    /// What the vendor answers.
    pub(super) answer: Value,
    /// ZNS `mode: development` and eSMS `Sandbox: 1` are checked and answered, and reach nobody.
    pub(super) trial: bool,
}

/// One door of a vendor's: what it takes, what it refuses, and how it says so.
pub(super) trait Vendor: Send {
    /// Which gateway this is.
    fn name(&self) -> GatewayName;

    /// The body as an object; none if it cannot be read.
    fn decode(&self, body: &Bytes) -> Option<Json> {
        serde_json::from_slice(body).ok()
    }

    /// Takes a request; `accepted_before` counts those of the day.
    ///
    /// # Errors
    /// If the vendor would refuse it.
    fn accept(
        &mut self,
        request: &Json,
        headers: &HeaderMap,
        accepted_before: u64,
    ) -> Result<Accepted, Refused>;

    /// The refusal of a body that cannot be read.
    fn unreadable(&self, body: &Bytes) -> Refused;

    /// What is answered to a request that is refused.
    fn refused_answer(&self, refused: Refused) -> Value;

    /// The sender's name for the message; empty without one.
    fn tracking(&self, request: &Json) -> String;

    /// To whom the message goes, as `84…`; empty without a number.
    fn phone(&self, request: &Json) -> String;

    /// The request as it may be shown.
    fn without_secrets(&self, request: Json) -> Json {
        request
    }

    /// A fresh day.
    fn forget(&mut self) {}
}

/// A member as text: as it is, or as JSON writes it; empty for none.
pub(super) fn text(object: &Json, name: &str) -> String {
    object.get(name).map(plain).unwrap_or_default()
}

/// A value as text: as it is, or as JSON writes it; empty for null.
pub(super) fn plain(value: &Value) -> String {
    match value.as_str() {
        Some(text) => text.to_owned(),
        None if value.is_null() => String::new(),
        None => value.to_string(),
    }
}

/// `84…` whatever was sent, so that one filter finds a person's messages at all gateways.
pub(super) fn canonical_phone(phone: &str) -> String {
    let digits: String = phone.chars().filter(char::is_ascii_digit).collect();
    match digits.strip_prefix('0') {
        Some(rest) => format!("84{rest}"),
        None => digits,
    }
}

/// Nine digits of a mobile number, the first of them that of a mobile network; no narrower table of
/// prefixes, they are still being opened.
fn is_mobile(national: &str) -> bool {
    national.len() == 9
        && national.starts_with(['3', '5', '7', '8', '9'])
        && national.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether Zalo and VNPT would take the number: `84…` alone.
pub(super) fn is_zalo_phone(phone: &str) -> bool {
    phone.strip_prefix("84").is_some_and(is_mobile)
}

/// Whether the other SMS gateways would take the number.
pub(super) fn is_sms_phone(phone: &str) -> bool {
    let prefixes = ["0", "84", "+84"].into_iter();
    prefixes.filter_map(|prefix| phone.strip_prefix(prefix)).any(is_mobile)
}

/// NĐ 91/2020 Đ.23: at most 11 Latin letters, digits, `-_. `, not digits alone.
pub(super) fn is_brandname(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_. ".contains(&byte);
    (1..=11).contains(&name.len())
        && name.bytes().all(allowed)
        && !name.bytes().all(|byte| byte.is_ascii_digit())
}

/// A name that no other message has.
pub(super) fn fresh_id() -> String {
    format!("{:032x}", fastrand::u128(..))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_known_again_however_it_was_sent() {
        for sent in ["0912345678", "+84 912 345 678", "84912345678"] {
            assert_eq!(canonical_phone(sent), "84912345678");
        }
    }

    #[test]
    fn numbers_and_brandnames_are_taken_as_the_vendors_take_them() {
        assert!(is_zalo_phone("84912345678") && !is_zalo_phone("0912345678"));
        assert!(!is_zalo_phone("84212345678") && !is_zalo_phone("8491234567"));
        assert!(["0912345678", "84912345678", "+84912345678"].into_iter().all(is_sms_phone));
        assert!(!is_sms_phone("912345678") && !is_sms_phone("+0912345678"));
        assert!(is_brandname("MOTCUA") && is_brandname("1022 VN"));
        assert!(!is_brandname("1022") && !is_brandname("MOT CUA DIEN TU") && !is_brandname(""));
    }
}
