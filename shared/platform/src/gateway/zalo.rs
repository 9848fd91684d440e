//! Zalo ZNS template messages: `POST /message/template`; errors come with HTTP 200.

use domain::applicant::Phone;
use domain::notice::Notice;
use serde_json::{Value, json};

use super::{Gateway, Verdict, exchange};

/// The Zalo gateway. `tracking_id` comes back in delivery reports but does not keep a second message from going out.
#[derive(Debug)]
pub struct Zalo {
    /// HTTP client.
    pub http: reqwest::Client,
    /// Base address, without a trailing slash.
    pub url: String,
    /// Access token of the official account.
    pub access_token: String,
}

impl Gateway for Zalo {
    async fn send(&self, notice: &Notice, phone: &Phone) -> Verdict {
        let body = json!({
            "phone": phone.zalo(),
            "template_id": notice.zalo_template_id,
            "template_data": { "code": notice.code, "status": notice.status, "date": notice.date },
            "tracking_id": notice.id,
        });
        let request =
            self.http.post(format!("{}/message/template", self.url)).header("access_token", &self.access_token);
        let answer = match exchange(request.json(&body)).await {
            Ok(answer) => answer,
            Err(verdict) => return verdict,
        };
        match (answer["error"].as_i64(), &answer["data"]["msg_id"]) {
            (Some(0), Value::String(message)) => Verdict::Accepted { message: message.clone() },
            (Some(code), _) if code != 0 => Verdict::Declined { code: i32::try_from(code).unwrap_or(i32::MIN) },
            _ => Verdict::Unknown { instead: "unreadable".to_owned() },
        }
    }
}
