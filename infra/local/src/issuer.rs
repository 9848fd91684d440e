//! Stand-in OIDC issuer: what the HTTP API's JWT authorizer needs, and a door that mints tokens.
//!
//! ```text
//! GET  /.well-known/openid-configuration, /jwks.json, /health
//! POST /token {"role", "agency"?, "counter"?, "idNumber"?, "sub"?, "ttlSeconds"?, "validInSeconds"?,
//!              "audience"?, "issuer"?} -> {"access_token", ...}
//! ```
//!
//! It grants whatever it is asked for, so it listens on loopback only.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hyper::{Method, StatusCode};
use jiff::Timestamp;
use ring::rand::SystemRandom;
use ring::rsa::{KeyPair, PublicKeyComponents};
use ring::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::hex;
use crate::http::{Answer, Dropped, Handler, Request};

/// For whom its tokens are: the audience that the template asks for.
const AUDIENCE: &str = "motcua";

/// A working day: a developer's token should outlive the session it was made for.
const TTL_SECONDS: i64 = 8 * 3600;

/// Whom a token makes of its bearer.
#[derive(Debug, Clone, Copy, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Role {
    Portal,
    Citizen,
    Officer,
    Administrator,
    Auditor,
    /// Opens no door: their events come by the queue. A test sees each door refuse them.
    Integrator,
}

impl Role {
    fn name(self) -> &'static str {
        match self {
            Self::Portal => "portal",
            Self::Citizen => "citizen",
            Self::Officer => "officer",
            Self::Administrator => "administrator",
            Self::Auditor => "auditor",
            Self::Integrator => "integrator",
        }
    }
}

/// The body of `POST /token`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct TokenRequest {
    role: Role,
    agency: Option<String>,
    /// Whether an officer also takes dossiers in.
    #[serde(default)]
    counter: bool,
    id_number: Option<String>,
    sub: Option<String>,
    /// Zero and below are allowed: a test needs a token that has expired.
    #[serde(default = "ttl_seconds")]
    ttl_seconds: i64,
    /// In how many seconds the token begins to count; at once without it. This and what follows make
    /// tokens that no door may take.
    valid_in_seconds: Option<i64>,
    /// For whom the token is, if not for the API.
    audience: Option<String>,
    /// Who says that they made it, if not this issuer.
    issuer: Option<String>,
}

fn ttl_seconds() -> i64 {
    TTL_SECONDS
}

impl TokenRequest {
    /// Stable for one person and agency, and not the id number itself: histories and logs have it.
    fn subject(&self) -> String {
        if let Some(sub) = self.sub.as_ref().filter(|sub| !sub.is_empty()) {
            return sub.clone();
        }
        let (role, none) = (self.role.name(), String::new());
        let agency = self.agency.as_ref().unwrap_or(&none);
        let number = self.id_number.as_ref().unwrap_or(&none);
        format!("{role}-{}", first_digits(&Sha256::digest(format!("{role}|{agency}|{number}")), 12))
    }
}

/// The claims of a token, as the functions read them.
#[derive(Debug, Serialize)]
struct Claims<'a> {
    iss: &'a str,
    sub: String,
    aud: &'a str,
    iat: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    nbf: Option<i64>,
    exp: i64,
    role: Role,
    #[serde(skip_serializing_if = "Option::is_none")]
    agency: Option<&'a str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    counter: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    id_number: Option<&'a str>,
}

/// Why the issuer cannot work.
#[derive(Debug, thiserror::Error)]
pub enum IssuerError {
    /// The key is not an RSA key in PKCS #8, of 2048 bits or more.
    #[error("the key: {0}")]
    Key(String),
}

/// The issuer: its name, and the key with which it signs.
#[derive(Debug)]
pub struct Issuer {
    url: String,
    key: KeyPair,
    jwk: Value,
    key_id: String,
}

impl Issuer {
    /// An issuer that is called `url` and signs with `key`, PKCS #8 in DER.
    ///
    /// # Errors
    /// If the key is none.
    pub fn new(url: String, key: &[u8]) -> Result<Self, IssuerError> {
        let key = KeyPair::from_pkcs8(key).map_err(|error| IssuerError::Key(error.to_string()))?;
        let public = PublicKeyComponents::<Vec<u8>>::from(key.public_key());
        let modulus = URL_SAFE_NO_PAD.encode(&public.n);
        // Derived from the key, so that no issuer ever answers for another key's id.
        let key_id = first_digits(&Sha256::digest(&modulus), 16);
        let jwk = json!({
            "kty": "RSA", "use": "sig", "alg": "RS256", "kid": key_id,
            "n": modulus, "e": URL_SAFE_NO_PAD.encode(&public.e),
        });
        Ok(Self { url, key, jwk, key_id })
    }

    fn discovery(&self) -> Value {
        json!({
            "issuer": self.url,
            "jwks_uri": format!("{}/jwks.json", self.url),
            "token_endpoint": format!("{}/token", self.url),
            "response_types_supported": ["token"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
        })
    }

    fn mint(&self, body: &[u8]) -> Answer {
        let request: TokenRequest = match serde_json::from_slice(body) {
            Ok(request) => request,
            Err(error) => return invalid(&error.to_string()),
        };
        let now = Timestamp::now().as_second();
        let claims = Claims {
            iss: request.issuer.as_deref().unwrap_or(&self.url),
            sub: request.subject(),
            aud: request.audience.as_deref().unwrap_or(AUDIENCE),
            iat: now,
            nbf: request.valid_in_seconds.map(|seconds| now.saturating_add(seconds)),
            exp: now.saturating_add(request.ttl_seconds),
            role: request.role,
            agency: request.agency.as_deref().filter(|agency| !agency.is_empty()),
            counter: request.counter,
            id_number: request.id_number.as_deref().filter(|number| !number.is_empty()),
        };
        let Some(token) = self.sign(&json!(claims)) else {
            let document = json!({ "error": "server_error" });
            return Answer::with(StatusCode::INTERNAL_SERVER_ERROR, &document);
        };
        let seconds = request.ttl_seconds;
        let granted =
            json!({ "access_token": token, "token_type": "Bearer", "expires_in": seconds });
        Answer::ok(&granted)
    }

    /// `claims` as a signed token; none if the key cannot sign.
    fn sign(&self, claims: &Value) -> Option<String> {
        let header = json!({ "alg": "RS256", "typ": "JWT", "kid": self.key_id });
        let part = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
        let signed = format!("{}.{}", part(&header), part(claims));
        let mut signature = vec![0; self.key.public().modulus_len()];
        let random = SystemRandom::new();
        self.key.sign(&RSA_PKCS1_SHA256, &random, signed.as_bytes(), &mut signature).ok()?;
        Some(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

fn invalid(reason: &str) -> Answer {
    let document = json!({ "error": "invalid_request", "error_description": reason });
    Answer::with(StatusCode::BAD_REQUEST, &document)
}

/// The first `digits` hexadecimal digits of `bytes`.
fn first_digits(bytes: &[u8], digits: usize) -> String {
    hex(bytes).chars().take(digits).collect()
}

impl Handler for Issuer {
    async fn handle(&self, request: Request) -> Result<Answer, Dropped> {
        Ok(match (&request.method, request.path.as_str()) {
            (&Method::GET, "/health") => Answer::ok(&json!({ "status": "ok" })),
            (&Method::GET, "/.well-known/openid-configuration") => Answer::ok(&self.discovery()),
            (&Method::GET, "/jwks.json") => Answer::ok(&json!({ "keys": [self.jwk] })),
            (&Method::POST, "/token") => self.mint(&request.body),
            (_, _) => Answer::not_found(),
        })
    }
}
