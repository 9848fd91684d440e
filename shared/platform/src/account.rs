//! The tokens of the Zalo official account: one item, renewed by one process at a time.
//!
//! An access token is valid for 25 hours. It is renewed with a refresh token that works once and
//! expires after three months; the answer has the next pair. If that pair is lost, a person has to
//! sign in again (OAuth v4, developers.zalo.me).

use std::fmt;
use std::sync::{PoisonError, RwLock};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::Failure;
use crate::port::{AccessTokens, TokenStore};

/// How long before its end an access token is renewed: five hours of tries, every quarter of an
/// hour.
const RENEWED_BEFORE_END: SignedDuration = SignedDuration::from_hours(5);

/// For how long one process has the renewal to itself: longer than its function may run.
const LEASE: SignedDuration = SignedDuration::from_mins(2);

/// A token. It prints as `***`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Token(String);

impl Token {
    /// Wraps a token as received.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The token itself, to be shown to its issuer alone.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// An access token with the end of its validity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccessToken {
    /// The access token.
    pub token: Token,
    /// The end of its validity.
    pub until: Timestamp,
}

/// The lease of the process that renews the tokens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Lease {
    /// Who; no other process has this name.
    pub holder: String,
    /// Until when; after that it is taken for dead.
    pub until: Timestamp,
}

/// The account's tokens as they are kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountTokens {
    /// The number of times that the tokens were stored, from 1.
    pub version: u64,
    /// What opens the gateway; none before the first renewal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access: Option<AccessToken>,
    /// The refresh token, which works once.
    pub refresh: Token,
    /// The lease of the renewing process, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease: Option<Lease>,
    /// Whether the gateway refused the access token before its end: it was withdrawn, and is
    /// renewed at once.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub access_refused: bool,
    /// When the issuer last refused the refresh token: a person has to sign in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused_at: Option<Timestamp>,
}

/// What is to be done about an account's tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// Nothing is due.
    Nothing,
    /// Nothing by us: another process is at it.
    ByAnother,
    /// Renew the tokens.
    Renewal,
}

impl AccountTokens {
    /// After a person has signed in and brought `refresh`; the access token that there was stays in
    /// use meanwhile.
    #[must_use]
    pub fn signed_in(before: Option<Self>, refresh: Token) -> Self {
        let (version, access) = before.map_or((0, None), |tokens| (tokens.version, tokens.access));
        Self {
            version: version + 1,
            access,
            access_refused: false,
            refresh,
            lease: None,
            refused_at: None,
        }
    }

    /// What is to be done at `now`.
    pub fn due(&self, now: Timestamp) -> Due {
        let works = !self.access_refused;
        if self
            .access
            .as_ref()
            .is_some_and(|access| works && now.duration_until(access.until) > RENEWED_BEFORE_END)
        {
            return Due::Nothing;
        }
        if self.lease.as_ref().is_some_and(|lease| lease.until > now) {
            Due::ByAnother
        } else {
            Due::Renewal
        }
    }

    /// The tokens with a lease for `holder` from `now` on.
    #[must_use]
    pub fn leased(mut self, holder: &str, now: Timestamp) -> Self {
        let until = now.saturating_add(LEASE).unwrap_or(now);
        self.lease = Some(Lease { holder: holder.to_owned(), until });
        self.version += 1;
        self
    }

    /// The same with what the issuer granted.
    #[must_use]
    pub fn renewed(
        self,
        access: Token,
        lives: SignedDuration,
        refresh: Token,
        now: Timestamp,
    ) -> Self {
        let until = now.saturating_add(lives).unwrap_or(now);
        let access = Some(AccessToken { token: access, until });
        Self {
            version: self.version + 1,
            access,
            access_refused: false,
            refresh,
            lease: None,
            refused_at: None,
        }
    }

    /// The same after the issuer has refused the refresh token.
    #[must_use]
    pub fn refused(self, now: Timestamp) -> Self {
        Self { version: self.version + 1, lease: None, refused_at: Some(now), ..self }
    }

    /// The same, when the gateway has refused the access token.
    #[must_use]
    pub fn withdrawn(self) -> Self {
        Self { version: self.version + 1, access_refused: true, ..self }
    }

    /// The tokens without a lease.
    #[must_use]
    pub fn released(self) -> Self {
        Self { version: self.version + 1, lease: None, ..self }
    }
}

/// The access token in force. It is read once, and again when the gateway refuses it: so no clock
/// is needed, and a process that slept through a renewal loses one call. Where there is no other,
/// it is marked as refused, and the next run of the renewal does not wait for its end.
#[derive(Debug)]
pub struct LiveToken<S> {
    store: S,
    held: RwLock<Option<Token>>,
}

impl<S> LiveToken<S> {
    /// The access tokens of the account in `store`.
    pub fn new(store: S) -> Self {
        Self { store, held: RwLock::new(None) }
    }
}

impl<S: TokenStore> AccessTokens for LiveToken<S> {
    async fn token(&self, refused: Option<&Token>) -> Result<Option<Token>, Failure> {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(held) = held.filter(|held| refused != Some(held)) {
            return Ok(Some(held));
        }
        let Some(tokens) = self.store.tokens().await? else {
            return Ok(None);
        };
        let stored = tokens.access.as_ref().map(|access| access.token.clone());
        if stored.is_some() && stored.as_ref() == refused {
            if !tokens.access_refused {
                // Whoever else moves the item is renewing it, or has seen the same.
                let _another_was_first = self.store.keep(&tokens.withdrawn()).await?;
            }
            return Ok(None);
        }
        self.held.write().unwrap_or_else(PoisonError::into_inner).clone_from(&stored);
        Ok(stored)
    }
}
