//! The official account's tokens (Zalo, OAuth v4): a refresh token works once and brings the next
//! pair.

use hyper::body::Bytes;
use hyper::header::HeaderMap;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::memory::Memory;
use super::vendor::{Accepted, GatewayName, Json, Refused, Vendor, fresh_id, text};

/// How long an access token opens, in seconds.
const ACCESS_TOKEN_SECONDS: i64 = 90_000;

const INVALID_APP: Refused = Refused(-14002);
const INVALID_SECRET: Refused = Refused(-14003);
const INVALID_TOKEN: Refused = Refused(-14014);
const USED: Refused = Refused(-14020);

/// Which access tokens open.
#[derive(Debug, Clone)]
pub(super) struct Tokens {
    memory: Memory,
    /// One that a test may know besides those that were granted.
    fixed: String,
}

impl Tokens {
    pub(super) fn new(memory: Memory, fixed: String) -> Self {
        Self { memory, fixed }
    }

    pub(super) fn opens(&self, token: &str) -> bool {
        let until = self.memory.tables().zalo_access_tokens.get(token).copied();
        token == self.fixed || until.is_some_and(|until| until > Timestamp::now().as_second())
    }
}

/// Where tokens are renewed.
pub(super) struct ZaloLogin {
    app_id: String,
    secret: String,
    memory: Memory,
}

impl ZaloLogin {
    /// A door that grants the first pair for `first_refresh_token`.
    pub(super) fn new(
        app_id: String,
        secret: String,
        first_refresh_token: String,
        memory: Memory,
    ) -> Self {
        memory.change(|tables| {
            tables.zalo_refresh_tokens.entry(first_refresh_token).or_insert(true);
        });
        Self { app_id, secret, memory }
    }
}

impl Vendor for ZaloLogin {
    fn name(&self) -> GatewayName {
        GatewayName::ZaloLogin
    }

    fn decode(&self, body: &Bytes) -> Option<Json> {
        let pairs = url::form_urlencoded::parse(body);
        let form: Json =
            pairs.map(|(name, value)| (name.into_owned(), value.into_owned().into())).collect();
        Some(form).filter(|form| !form.is_empty())
    }

    fn accept(
        &mut self,
        request: &Json,
        headers: &HeaderMap,
        _accepted_before: u64,
    ) -> Result<Accepted, Refused> {
        let secret = headers.get("secret_key").and_then(|secret| secret.to_str().ok());
        if secret != Some(self.secret.as_str()) {
            return Err(INVALID_SECRET);
        }
        let grant = text(request, "grant_type");
        if text(request, "app_id") != self.app_id || grant != "refresh_token" {
            return Err(INVALID_APP);
        }
        let shown = text(request, "refresh_token");
        let (access, refresh) = (fresh_id(), fresh_id());
        self.memory.change(|tables| {
            match tables.zalo_refresh_tokens.get_mut(&shown) {
                None => return Err(INVALID_TOKEN),
                Some(false) => return Err(USED),
                Some(good) => *good = false,
            }
            let until = Timestamp::now().as_second() + ACCESS_TOKEN_SECONDS;
            tables.zalo_access_tokens.insert(access.clone(), until);
            tables.zalo_refresh_tokens.insert(refresh.clone(), true);
            Ok(())
        })?;
        let answer = json!({
            "access_token": access,
            "refresh_token": refresh,
            "expires_in": ACCESS_TOKEN_SECONDS.to_string(),
        });
        Ok(Accepted { message_id: String::new(), answer, trial: true })
    }

    fn unreadable(&self, _body: &Bytes) -> Refused {
        INVALID_APP
    }

    fn refused_answer(&self, refused: Refused) -> Value {
        let message = match refused {
            INVALID_APP => "Invalid app_id".to_owned(),
            INVALID_SECRET => "Invalid secret_key".to_owned(),
            INVALID_TOKEN => "Invalid refresh token".to_owned(),
            USED => "Used".to_owned(),
            Refused(code) => format!("Error {code}"),
        };
        json!({ "error": refused.0, "error_name": message, "error_reason": message })
    }

    fn tracking(&self, _request: &Json) -> String {
        String::new()
    }

    fn phone(&self, _request: &Json) -> String {
        String::new()
    }

    fn without_secrets(&self, mut request: Json) -> Json {
        request.retain(|name, _| name == "grant_type");
        request
    }
}
