//! Zalo: ZNS template messages (`POST /message/template`; errors come with HTTP 200), and the
//! renewal of the official account's tokens (OAuth v4, `POST /v4/oa/access_token`).

use domain::applicant::Phone;
use domain::notice::Notice;
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{Address, Gateway, Verdict, exchange, message_name, whole_number};
use crate::account::Token;
use crate::port::{AccessTokens, AccountReplies, AccountUser, Renewal, TokenIssuer};

/// Zalo's code for an access token that is no longer any good.
const TOKEN_INVALID: i32 = -124;

/// The longest that an access token is taken to live; Zalo's live 25 hours.
const ACCESS_LIVES_MAX: SignedDuration = SignedDuration::from_hours(30 * 24);

/// The Zalo gateway. `tracking_id` comes back in delivery reports but does not keep a second
/// message from going out.
#[derive(Debug)]
pub struct Zalo<T> {
    /// The HTTP client, made by [`http_client`](super::http_client).
    pub http: reqwest::Client,
    /// Base address, without a trailing slash.
    pub url: Address,
    /// Access tokens of the official account.
    pub tokens: T,
}

impl<T: AccessTokens> Zalo<T> {
    async fn ask(&self, body: &Value, token: &Token) -> Verdict {
        let request = self
            .http
            .post(format!("{}/message/template", self.url))
            .header("access_token", token.reveal());
        let answer = match exchange(request.json(body)).await {
            Ok(answer) => answer,
            Err(verdict) => return verdict,
        };
        match (whole_number(&answer["error"]), message_name(&answer["data"]["msg_id"])) {
            (Some(0), Some(message)) => Verdict::Accepted { message: Some(message) },
            (Some(code), _) if code != 0 => {
                Verdict::Declined { code: i32::try_from(code).unwrap_or(i32::MIN) }
            }
            _ => Verdict::Unknown { instead: "unreadable".to_owned() },
        }
    }
}

impl<T: AccessTokens + Send> Gateway for Zalo<T> {
    async fn send(&self, notice: &Notice, phone: &Phone) -> Verdict {
        let body = json!({
            "phone": phone.zalo(),
            "template_id": notice.zalo_template_id,
            "template_data": notice.fields,
            "tracking_id": notice.id,
        });
        let mut refused = None;
        loop {
            match self.tokens.token(refused.as_ref()).await {
                // Nobody was asked, or everything we have was refused: the channel is closed until
                // somebody has signed in.
                Ok(None) => return Verdict::Declined { code: TOKEN_INVALID },
                Err(failure) => {
                    tracing::warn!(cause = failure.chain(), "the access token cannot be read");
                    return Verdict::NotTaken { instead: "no-token".to_owned(), retry_after: None };
                }
                Ok(Some(token)) => {
                    let verdict = self.ask(&body, &token).await;
                    // A token that was renewed meanwhile is tried once.
                    if verdict != (Verdict::Declined { code: TOKEN_INVALID }) || refused.is_some() {
                        return verdict;
                    }
                    refused = Some(token);
                }
            }
        }
    }
}

/// The official account, as it answers those who wrote to it (`POST /v3.0/oa/message/cs`).
#[derive(Debug)]
pub struct OfficialAccount<T> {
    /// The HTTP client, made by [`http_client`](super::http_client).
    pub http: reqwest::Client,
    /// Base address, without a trailing slash.
    pub url: Address,
    /// Access tokens of the official account.
    pub tokens: T,
}

impl<T: AccessTokens + Send> AccountReplies for OfficialAccount<T> {
    async fn reply(&self, user: &AccountUser, text: &str) -> Verdict {
        let token = match self.tokens.token(None).await {
            Ok(Some(token)) => token,
            Ok(None) => return Verdict::Declined { code: TOKEN_INVALID },
            Err(failure) => {
                tracing::warn!(cause = failure.chain(), "the access token cannot be read");
                return Verdict::NotTaken { instead: "no-token".to_owned(), retry_after: None };
            }
        };
        let body = json!({
            "recipient": { "user_id": user.reveal() },
            "message": { "text": text },
        });
        let request = self
            .http
            .post(format!("{}/v3.0/oa/message/cs", self.url))
            .header("access_token", token.reveal());
        let answer = match exchange(request.json(&body)).await {
            Ok(answer) => answer,
            Err(verdict) => return verdict,
        };
        match whole_number(&answer["error"]) {
            Some(0) => Verdict::Accepted { message: message_name(&answer["data"]["message_id"]) },
            Some(code) => Verdict::Declined { code: i32::try_from(code).unwrap_or(i32::MIN) },
            None => Verdict::Unknown { instead: "unreadable".to_owned() },
        }
    }
}

/// Where the official account's tokens are renewed.
#[derive(Debug)]
pub struct ZaloLogin {
    /// The HTTP client, made by [`http_client`](super::http_client).
    pub http: reqwest::Client,
    /// Base address, without a trailing slash.
    pub url: Address,
    /// The id of the application.
    pub app_id: String,
    /// The secret key of the application.
    pub secret_key: String,
}

impl TokenIssuer for ZaloLogin {
    async fn renew(&self, refresh: &Token) -> Renewal {
        let form = [
            ("refresh_token", refresh.reveal()),
            ("app_id", &self.app_id),
            ("grant_type", "refresh_token"),
        ];
        let request = self
            .http
            .post(format!("{}/v4/oa/access_token", self.url))
            .header("secret_key", &self.secret_key)
            .form(&form);
        let answer = match exchange(request).await {
            Ok(answer) => answer,
            Err(Verdict::NotTaken { instead, .. } | Verdict::Unknown { instead }) => {
                return Renewal::Unanswered { instead };
            }
            Err(Verdict::Accepted { .. } | Verdict::Declined { .. }) => {
                return Renewal::Unanswered { instead: "unreadable".to_owned() };
            }
        };
        let token =
            |name: &str| answer[name].as_str().filter(|text| !text.is_empty()).map(Token::new);
        match (token("access_token"), token("refresh_token"), whole_number(&answer["expires_in"])) {
            (Some(access), Some(refresh), lives) => {
                // A day, where it does not say how long; nothing that it says keeps us from asking
                // again within a month.
                let seconds = lives.filter(|seconds| *seconds > 0).unwrap_or(86_400);
                let lives = SignedDuration::from_secs(seconds).min(ACCESS_LIVES_MAX);
                Renewal::Granted { access, lives, refresh }
            }
            _ => match whole_number(&answer["error"]) {
                Some(code) if code != 0 => Renewal::Refused { code },
                _ => Renewal::Unanswered { instead: "unreadable".to_owned() },
            },
        }
    }
}
