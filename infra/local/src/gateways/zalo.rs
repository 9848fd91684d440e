//! ZNS template messages (Zalo: developers.zalo.me/docs/zalo-notification-service, sending and error
//! codes).

use std::collections::BTreeSet;

use hyper::body::Bytes;
use hyper::header::HeaderMap;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::vendor::{
    Accepted, GatewayName, Json, Refused, Vendor, canonical_phone, fresh_id, is_zalo_phone, text,
};
use super::zalo_login::Tokens;

/// Zalo asks for a POST.
pub(super) const METHOD_UNSUPPORTED: Refused = Refused(-106);

/// Error codes and what Zalo says with them: those that a check gives, or that a test is likely to
/// ask for.
const MESSAGES: [(i64, &str); 17] = [
    (-100, "Unknown error"),
    (-106, "Method is unsupported"),
    (-108, "Phone number is invalid"),
    (-109, "Template ID is invalid"),
    (-111, "Template data is empty"),
    (-112, "Template data type is not defined"),
    (
        -114,
        "User is inactive, or reject the message, or using an outdated Zalo version, or other \
         internal errors",
    ),
    (-115, "Out of quota"),
    (-118, "Zalo account is not existed"),
    (-119, "Account can not receive"),
    (-121, "Body data is empty"),
    (-122, "Body format is invalid"),
    (-124, "Access token is invalid"),
    (-132, "Parameter is invalid"),
    (-133, "Can not send at night"),
    (-144, "OA has reached its daily quota"),
    (-147, "Template has reached its daily quota"),
];

/// The door for messages.
pub(super) struct Zalo {
    templates: BTreeSet<String>,
    daily_quota: u64,
    tokens: Tokens,
}

impl Zalo {
    /// A door that knows these templates, and takes so many messages a day.
    pub(super) fn new(templates: BTreeSet<String>, daily_quota: u64, tokens: Tokens) -> Self {
        Self { templates, daily_quota, tokens }
    }

    /// Zalo: the token travels in the header `access_token`.
    fn check_credentials(&self, headers: &HeaderMap) -> Result<(), Refused> {
        let token = headers.get("access_token").and_then(|token| token.to_str().ok());
        let opens = self.tokens.opens(token.unwrap_or_default());
        if opens { Ok(()) } else { Err(Refused(-124)) }
    }

    /// Zalo: phone as 84…, a registered template, its data, a tracking id of the sender's.
    fn check_body(&self, request: &Json) -> Result<(), Refused> {
        if !is_zalo_phone(&text(request, "phone")) {
            return Err(Refused(-108));
        }
        if !self.templates.contains(&text(request, "template_id")) {
            return Err(Refused(-109));
        }
        let data = request.get("template_data").unwrap_or(&Value::Null);
        let is_empty = data.is_null() || data.as_object().is_some_and(Json::is_empty);
        if is_empty {
            return Err(Refused(-111));
        }
        let scalar = |value: &Value| value.is_string() || value.is_number();
        if !data.as_object().is_some_and(|data| data.values().all(scalar)) {
            return Err(Refused(-112));
        }
        let tracking = request.get("tracking_id").and_then(Value::as_str).unwrap_or_default();
        // Zalo: sending_mode 1 (default) or 3.
        let mode = text(request, "sending_mode");
        if tracking.trim().is_empty() || !["", "1", "3"].contains(&mode.as_str()) {
            return Err(Refused(-132));
        }
        Ok(())
    }
}

impl Vendor for Zalo {
    fn name(&self) -> GatewayName {
        GatewayName::Zalo
    }

    fn accept(
        &mut self,
        request: &Json,
        headers: &HeaderMap,
        accepted_before: u64,
    ) -> Result<Accepted, Refused> {
        self.check_credentials(headers)?;
        self.check_body(request)?;
        let trial = text(request, "mode") == "development";
        let remaining = self.daily_quota.checked_sub(accepted_before + u64::from(!trial));
        let remaining = remaining.ok_or(Refused(-144))?;
        let message_id: String = fresh_id().chars().take(20).collect();
        let mode = text(request, "sending_mode");
        let answer = json!({
            "error": 0,
            "message": "Success",
            "data": {
                "msg_id": message_id,
                "sent_time": Timestamp::now().as_millisecond().to_string(),
                "sending_mode": if mode.is_empty() { "1" } else { mode.as_str() },
                // Zalo shows both figures; it sends them as strings.
                "quota": {
                    "dailyQuota": self.daily_quota.to_string(),
                    "remainingQuota": remaining.to_string(),
                },
            },
        });
        Ok(Accepted { message_id, answer, trial })
    }

    fn unreadable(&self, body: &Bytes) -> Refused {
        Refused(if body.trim_ascii().is_empty() { -121 } else { -122 })
    }

    fn refused_answer(&self, refused: Refused) -> Value {
        let known = MESSAGES.iter().find(|(code, _)| *code == refused.0);
        let message =
            known.map_or_else(|| format!("Error {}", refused.0), |(_, text)| (*text).to_owned());
        json!({ "error": refused.0, "message": message })
    }

    fn tracking(&self, request: &Json) -> String {
        text(request, "tracking_id")
    }

    fn phone(&self, request: &Json) -> String {
        canonical_phone(&text(request, "phone"))
    }
}
