//! SMS under a brand name by eSMS: `SendMultipleMessage_V4_post_json`; the result is `CodeResult` in the body.

use domain::applicant::Phone;
use domain::notice::Notice;
use serde_json::json;

use super::{Gateway, Verdict, codes, exchange};
use crate::submission::command_id;

/// Longest `RequestId` that eSMS takes, in characters.
const REQUEST_ID_CHARACTERS_MAX: usize = 50;

/// The eSMS gateway.
#[derive(Debug)]
pub struct Esms {
    /// HTTP client.
    pub http: reqwest::Client,
    /// Base address, without a trailing slash.
    pub url: String,
    /// Account key.
    pub api_key: String,
    /// Account secret.
    pub secret_key: String,
    /// Sender's name, registered with the carriers (NĐ 91/2020 Đ.23).
    pub brandname: String,
}

impl Gateway for Esms {
    const CHANNEL: &'static str = "sms";
    /// The same `RequestId` within 24 hours is answered with 124 and not sent again.
    const REPEATABLE: bool = true;

    async fn send(&self, notice: &Notice, phone: &Phone) -> Verdict {
        let Ok(id) = command_id(&["notice", &notice.id]) else {
            return Verdict::NotTaken { instead: "no-request-id".to_owned() };
        };
        let request_id: String = id.as_str().chars().take(REQUEST_ID_CHARACTERS_MAX).collect();
        let body = json!({
            "ApiKey": self.api_key,
            "SecretKey": self.secret_key,
            "Phone": phone.domestic(),
            "Content": notice.sms,
            "Brandname": self.brandname,
            "SmsType": "2",
            "IsUnicode": "0",
            "RequestId": request_id,
        });
        let address = format!("{}/MainService.svc/json/SendMultipleMessage_V4_post_json/", self.url);
        let answer = match exchange(self.http.post(address).json(&body)).await {
            Ok(answer) => answer,
            Err(verdict) => return verdict,
        };
        // The vendor writes numbers as text, and not always.
        let result = &answer["CodeResult"];
        let code: Option<i64> = result.as_str().map_or_else(|| result.as_i64(), |code| code.trim().parse().ok());
        match code {
            Some(100) => Verdict::Accepted { message: answer["SMSID"].as_str().unwrap_or(&request_id).to_owned() },
            Some(code) => Verdict::Declined { code: i32::try_from(code).unwrap_or(i32::MIN) },
            None => Verdict::Unknown { instead: "unreadable".to_owned() },
        }
    }

    fn treatment(&self, code: i32) -> codes::Treatment {
        codes::esms(code)
    }
}
