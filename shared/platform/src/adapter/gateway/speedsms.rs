//! SMS under a brand name by SpeedSMS: `POST /index.php/sms/send`, with the token as the user of
//! Basic authentication.

use domain::applicant::Phone;
use domain::notice::Notice;
use serde_json::json;

use super::{Address, Gateway, Verdict, exchange, message_name, whole_number};

/// What the vendor calls a message under a brand name.
const BRAND_NAME: u8 = 2;

/// The SpeedSMS gateway. It has no name for a request, so that one sent twice goes out twice.
#[derive(Debug)]
pub struct SpeedSms {
    /// The HTTP client, made by [`http_client`](super::http_client).
    pub http: reqwest::Client,
    /// Base address, without a trailing slash.
    pub url: Address,
    /// The token of the account.
    pub token: String,
    /// Sender's name, registered with the carriers.
    pub sender: String,
}

impl Gateway for SpeedSms {
    async fn send(&self, notice: &Notice, phone: &Phone) -> Verdict {
        let body = json!({
            "to": [phone.domestic()],
            "content": notice.sms,
            "sms_type": BRAND_NAME,
            "sender": self.sender,
        });
        let request = self
            .http
            .post(format!("{}/index.php/sms/send", self.url))
            .basic_auth(&self.token, Some("x"));
        let answer = match exchange(request.json(&body)).await {
            Ok(answer) => answer,
            Err(verdict) => return verdict,
        };
        let refused =
            answer["data"]["invalidPhone"].as_array().is_some_and(|numbers| !numbers.is_empty());
        match (answer["status"].as_str(), whole_number(&answer["code"])) {
            // The one number is the invalid one: nothing was sent.
            (Some("success"), _) if refused => Verdict::Declined { code: INVALID_PHONE },
            (Some("success"), _) => match message_name(&answer["data"]["tranId"]) {
                Some(message) => Verdict::Accepted { message: Some(message) },
                None => Verdict::Unknown { instead: "unreadable".to_owned() },
            },
            (Some("error"), Some(code)) => {
                Verdict::Declined { code: i32::try_from(code).unwrap_or(i32::MIN) }
            }
            _ => Verdict::Unknown { instead: "unreadable".to_owned() },
        }
    }
}

/// A code of ours for an answer that the vendor gives as a list instead of a code.
const INVALID_PHONE: i32 = -1;
