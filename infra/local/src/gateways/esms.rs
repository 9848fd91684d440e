//! Customer-care brandname SMS by eSMS (`SendMultipleMessage_V4`; developers.esms.vn, source
//! devesms/gitbook_esms_for_develop_v2_en).

use hyper::body::Bytes;
use hyper::header::HeaderMap;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::memory::Memory;
use super::vendor::{
    Accepted, GatewayName, Json, REQUEST_ID_CHARS, Refused, Vendor, canonical_phone, fresh_id,
    is_brandname, is_sms_phone, text,
};

/// eSMS: a RequestId is unique for 24 h.
const REQUEST_ID_SECONDS: i64 = 24 * 3600;

/// A RequestId came a second time.
const KNOWN: Refused = Refused(124);

/// `CodeResult`, and what eSMS says with it.
const MESSAGES: [(i64, &str); 12] = [
    (99, "The phone number is blocked"),
    (101, "Authorize Failed"),
    (103, "Not enough balance to send message"),
    (104, "Brand name code is not exist"),
    (108, "Phone number is not in correct format"),
    (110, "The requested data is incorrect"),
    (118, "Message type is not supported"),
    (124, "Request exist 1"),
    (146, "Sai template Brandname CSKH"),
    (160, "TPS exceeded"),
    (177, "The network is not registered"),
    (300, "Missing message type"),
];

/// The door for messages.
pub(super) struct Esms {
    memory: Memory,
}

impl Esms {
    /// A door that knows a RequestId again.
    pub(super) fn new(memory: Memory) -> Self {
        Self { memory }
    }

    fn check(request: &Json) -> Result<(), Refused> {
        if text(request, "ApiKey").is_empty() || text(request, "SecretKey").is_empty() {
            return Err(Refused(101));
        }
        match text(request, "SmsType").as_str() {
            // eSMS: 2 = customer care; this door sends nothing else.
            "2" => {}
            "" => return Err(Refused(300)),
            _ => return Err(Refused(118)),
        }
        if !is_brandname(&text(request, "Brandname")) {
            return Err(Refused(104));
        }
        if !is_sms_phone(&text(request, "Phone")) {
            return Err(Refused(108));
        }
        let unicode = text(request, "IsUnicode");
        if text(request, "Content").trim().is_empty()
            || !["", "0", "1"].contains(&unicode.as_str())
            || text(request, "RequestId").chars().count() > REQUEST_ID_CHARS
        {
            return Err(Refused(110));
        }
        Ok(())
    }

    /// Without a RequestId there is no protection.
    fn check_first_time(&self, request_id: String) -> Result<(), Refused> {
        if request_id.is_empty() {
            return Ok(());
        }
        let now = Timestamp::now().as_second();
        self.memory.change(|tables| {
            let came = tables.esms_request_ids.get(&request_id);
            if came.is_some_and(|came| *came > now - REQUEST_ID_SECONDS) {
                return Err(KNOWN);
            }
            tables.esms_request_ids.insert(request_id, now);
            Ok(())
        })
    }
}

impl Vendor for Esms {
    fn name(&self) -> GatewayName {
        GatewayName::Esms
    }

    fn accept(
        &mut self,
        request: &Json,
        _headers: &HeaderMap,
        _accepted_before: u64,
    ) -> Result<Accepted, Refused> {
        Self::check(request)?;
        let trial = text(request, "Sandbox") == "1";
        if !trial {
            self.check_first_time(text(request, "RequestId"))?;
        }
        let message_id = fresh_id();
        let answer = json!({ "CodeResult": "100", "CountRegenerate": 0, "SMSID": message_id });
        Ok(Accepted { message_id, answer, trial })
    }

    fn unreadable(&self, _body: &Bytes) -> Refused {
        Refused(110)
    }

    fn refused_answer(&self, refused: Refused) -> Value {
        let known = MESSAGES.iter().find(|(code, _)| *code == refused.0);
        let message =
            known.map_or_else(|| format!("Error {}", refused.0), |(_, text)| (*text).to_owned());
        let code = refused.0.to_string();
        let mut answer =
            json!({ "CodeResult": code, "CountRegenerate": 0, "ErrorMessage": message });
        // eSMS's page of the call shows this field for a duplicate alone.
        if refused == KNOWN {
            answer["SendStatus"] = "5".into();
        }
        answer
    }

    fn tracking(&self, request: &Json) -> String {
        text(request, "RequestId")
    }

    fn phone(&self, request: &Json) -> String {
        canonical_phone(&text(request, "Phone"))
    }

    fn without_secrets(&self, mut request: Json) -> Json {
        request.retain(|name, _| name != "ApiKey" && name != "SecretKey");
        request
    }

    fn forget(&mut self) {
        self.memory.change(|tables| tables.esms_request_ids.clear());
    }
}
