//! Brandname SMS by SpeedSMS (speedsms.vn/sms-api-service): Basic authentication, no name for a
//! request, so that one sent twice goes out twice.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hyper::body::Bytes;
use hyper::header::{AUTHORIZATION, HeaderMap};
use serde_json::{Value, json};

use super::vendor::{
    Accepted, GatewayName, Json, Refused, Vendor, canonical_phone, is_brandname, is_sms_phone,
    plain, text,
};

/// The door for messages.
pub(super) struct SpeedSms {
    authorization: String,
}

impl SpeedSms {
    /// A door that this token opens.
    pub(super) fn new(token: &str) -> Self {
        Self { authorization: format!("Basic {}", STANDARD.encode(format!("{token}:x"))) }
    }
}

impl Vendor for SpeedSms {
    fn name(&self) -> GatewayName {
        GatewayName::Speedsms
    }

    fn accept(
        &mut self,
        request: &Json,
        headers: &HeaderMap,
        _accepted_before: u64,
    ) -> Result<Accepted, Refused> {
        let shown = headers.get(AUTHORIZATION).and_then(|shown| shown.to_str().ok());
        if shown != Some(self.authorization.as_str()) {
            return Err(Refused(101));
        }
        let numbers = request.get("to").and_then(Value::as_array).ok_or(Refused(300))?;
        let kind = request.get("sms_type").and_then(Value::as_u64);
        if !kind.is_some_and(|kind| (2..=5).contains(&kind))
            || text(request, "content").trim().is_empty()
            || !is_brandname(&text(request, "sender"))
        {
            return Err(Refused(300));
        }
        let invalid: Vec<&Value> =
            numbers.iter().filter(|number| !is_sms_phone(&plain(number))).collect();
        let id = fastrand::u32(..1_000_000_000);
        let data =
            json!({ "tranId": id, "totalSMS": 1, "totalPrice": 850, "invalidPhone": invalid });
        let answer = json!({ "status": "success", "code": "00", "data": data });
        Ok(Accepted { message_id: id.to_string(), answer, trial: !invalid.is_empty() })
    }

    fn unreadable(&self, _body: &Bytes) -> Refused {
        Refused(300)
    }

    fn refused_answer(&self, Refused(code): Refused) -> Value {
        let message = format!("Error {code}");
        json!({ "status": "error", "code": code.to_string(), "message": message })
    }

    fn tracking(&self, _request: &Json) -> String {
        String::new()
    }

    fn phone(&self, request: &Json) -> String {
        let first = request.get("to").and_then(|numbers| numbers.get(0));
        canonical_phone(&first.map(plain).unwrap_or_default())
    }
}
