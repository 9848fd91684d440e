//! Replies of the official account (Zalo: official account, `POST /v3.0/oa/message/cs`), and what
//! people write to the account and to the short code.

use hyper::body::Bytes;
use hyper::header::HeaderMap;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::vendor::{Accepted, GatewayName, Json, Refused, Vendor, fresh_id, text};
use super::zalo_login::Tokens;

const INVALID_TOKEN: Refused = Refused(-216);
const INVALID_BODY: Refused = Refused(-201);

/// The door for replies.
pub(super) struct ZaloOa {
    tokens: Tokens,
}

impl ZaloOa {
    /// A door that these tokens open.
    pub(super) fn new(tokens: Tokens) -> Self {
        Self { tokens }
    }
}

impl Vendor for ZaloOa {
    fn name(&self) -> GatewayName {
        GatewayName::ZaloOa
    }

    fn accept(&mut self, request: &Json, headers: &HeaderMap, _: u64) -> Result<Accepted, Refused> {
        let token = headers.get("access_token").and_then(|token| token.to_str().ok());
        if !self.tokens.opens(token.unwrap_or_default()) {
            return Err(INVALID_TOKEN);
        }
        let says = request.get("message").and_then(|message| message["text"].as_str());
        if self.phone(request).is_empty() || says.unwrap_or_default().is_empty() {
            return Err(INVALID_BODY);
        }
        let message_id: String = fresh_id().chars().take(20).collect();
        let data = json!({ "message_id": message_id, "user_id": self.phone(request) });
        let answer = json!({ "error": 0, "message": "Success", "data": data });
        Ok(Accepted { message_id, answer, trial: false })
    }

    fn unreadable(&self, _: &Bytes) -> Refused {
        INVALID_BODY
    }

    fn refused_answer(&self, refused: Refused) -> Value {
        json!({ "error": refused.0, "message": format!("Error {}", refused.0) })
    }

    fn tracking(&self, _: &Json) -> String {
        String::new()
    }

    fn phone(&self, request: &Json) -> String {
        let recipient = request.get("recipient").and_then(Value::as_object);
        recipient.map(|recipient| text(recipient, "user_id")).unwrap_or_default()
    }
}

/// What somebody writes, as a test or a demonstration has it written.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Written {
    /// Where it is passed on to: for the short code with the secret in it.
    pub(super) url: String,
    /// Zalo's user, or the number that wrote to the short code.
    pub(super) from: String,
    /// The short code; without one it was written to the official account.
    #[serde(default)]
    pub(super) short_code: Option<String>,
    /// What was written.
    pub(super) text: String,
    /// The gateway's name of the message: the same for one that comes again.
    pub(super) id: String,
    /// Signed by somebody who does not have the account's secret.
    #[serde(default)]
    pub(super) forged: bool,
}

impl Written {
    /// The body as the gateway sends it, and the time that it is signed with.
    pub(super) fn body(&self, app_id: &str) -> (String, String) {
        let timestamp = Timestamp::now().as_millisecond().to_string();
        let body = match &self.short_code {
            Some(to) => {
                json!({ "id": self.id, "from": self.from, "to": to, "text": self.text })
            }
            None => json!({
                "event_name": "user_send_text",
                "app_id": app_id,
                "sender": { "id": self.from },
                "recipient": { "id": "oa-stand-in" },
                "message": { "msg_id": self.id, "text": self.text },
                "timestamp": timestamp,
            }),
        };
        (body.to_string(), timestamp)
    }
}
