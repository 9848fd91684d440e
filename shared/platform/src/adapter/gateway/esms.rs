//! SMS under a brand name by eSMS: `SendMultipleMessage_V4_post_json`; the result is `CodeResult`
//! in the body.

use domain::applicant::Phone;
use domain::notice::Notice;
use domain::notice::text::Encoding;
use serde_json::json;

use super::{Address, Gateway, Verdict, exchange, message_name, request_id, whole_number};

/// The eSMS gateway. The same `RequestId` within 24 hours is answered with 124 and not sent again.
#[derive(Debug)]
pub struct Esms {
    /// The HTTP client, made by [`http_client`](super::http_client).
    pub http: reqwest::Client,
    /// Base address, without a trailing slash.
    pub url: Address,
    /// The key of the account.
    pub api_key: String,
    /// The secret of the account.
    pub secret_key: String,
    /// Sender's name, registered with the carriers (NĐ 91/2020 Đ.23).
    pub brandname: String,
    /// Where delivery reports are to be sent; it holds a secret, since eSMS does not sign them.
    pub callback_url: Option<String>,
}

impl Gateway for Esms {
    async fn send(&self, notice: &Notice, phone: &Phone) -> Verdict {
        let mut body = json!({
            "ApiKey": self.api_key,
            "SecretKey": self.secret_key,
            "Phone": phone.domestic(),
            "Content": notice.sms,
            "Brandname": self.brandname,
            "SmsType": "2",
            "IsUnicode": if notice.encoding == Encoding::Ucs2 { "1" } else { "0" },
            "RequestId": request_id(notice),
        });
        if let Some(url) = &self.callback_url {
            body["CallbackUrl"] = url.as_str().into();
        }
        let address =
            format!("{}/MainService.svc/json/SendMultipleMessage_V4_post_json/", self.url);
        let answer = match exchange(self.http.post(address).json(&body)).await {
            Ok(answer) => answer,
            Err(verdict) => return verdict,
        };
        match whole_number(&answer["CodeResult"]) {
            Some(100) => Verdict::Accepted { message: message_name(&answer["SMSID"]) },
            Some(code) => Verdict::Declined { code: i32::try_from(code).unwrap_or(i32::MIN) },
            None => Verdict::Unknown { instead: "unreadable".to_owned() },
        }
    }
}
