//! Brandname SMS by VNPT: the operator has the text as a template, and its parameters are sent.
//!
//! Its codes but 0 are ours, since no list of them was seen.

use hyper::body::Bytes;
use hyper::header::HeaderMap;
use serde_json::{Value, json};

use super::vendor::{
    Accepted, GatewayName, Json, REQUEST_ID_CHARS, Refused, Vendor, canonical_phone, is_zalo_phone,
    text,
};

/// What a request has to name.
const OWED: [&str; 8] = [
    "REQID",
    "LABELID",
    "CONTRACTTYPEID",
    "CONTRACTID",
    "TEMPLATEID",
    "AGENTID",
    "APIUSER",
    "USERNAME",
];

/// The door for messages.
pub(super) struct Vnpt {
    password: String,
}

impl Vnpt {
    /// A door that this password opens.
    pub(super) fn new(password: String) -> Self {
        Self { password }
    }
}

/// What is in the envelope of a request.
fn asked(request: &Json) -> Json {
    request.get("RQST").and_then(Value::as_object).cloned().unwrap_or_default()
}

impl Vendor for Vnpt {
    fn name(&self) -> GatewayName {
        GatewayName::Vnpt
    }

    fn accept(
        &mut self,
        request: &Json,
        _headers: &HeaderMap,
        _accepted_before: u64,
    ) -> Result<Accepted, Refused> {
        let asked = asked(request);
        if text(&asked, "APIPASS") != self.password {
            return Err(Refused(1));
        }
        let id = text(&asked, "REQID");
        let owed = OWED.iter().any(|name| text(&asked, name).is_empty());
        if owed || id.chars().count() > REQUEST_ID_CHARS {
            return Err(Refused(2));
        }
        if !is_zalo_phone(&text(&asked, "MOBILELIST")) {
            return Err(Refused(3));
        }
        let parameters = asked.get("PARAMS").and_then(Value::as_array).cloned().unwrap_or_default();
        let empty = |parameter: &Value| {
            parameter.as_object().is_none_or(|parameter| text(parameter, "CONTENT").is_empty())
        };
        if parameters.is_empty() || parameters.iter().any(empty) {
            return Err(Refused(4));
        }
        let reply = json!({ "name": asked.get("name"), "ERROR": "0", "ERROR_DESC": "success" });
        Ok(Accepted { message_id: id, answer: json!({ "RPLY": reply }), trial: false })
    }

    fn unreadable(&self, _body: &Bytes) -> Refused {
        Refused(2)
    }

    fn refused_answer(&self, Refused(code): Refused) -> Value {
        let description = format!("Error {code}");
        let code = code.to_string();
        json!({ "RPLY": { "name": "send_sms_list", "ERROR": code, "ERROR_DESC": description } })
    }

    fn tracking(&self, request: &Json) -> String {
        text(&asked(request), "REQID")
    }

    fn phone(&self, request: &Json) -> String {
        canonical_phone(&text(&asked(request), "MOBILELIST"))
    }

    fn without_secrets(&self, request: Json) -> Json {
        let mut asked = asked(&request);
        asked.remove("APIPASS");
        [("RQST".to_owned(), Value::Object(asked))].into_iter().collect()
    }
}
