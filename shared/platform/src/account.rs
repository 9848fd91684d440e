//! The tokens of the Zalo official account: one item, renewed by one process at a time.
//!
//! An access token is valid for 25 hours. It is renewed with a refresh token that works once and
//! expires after three months; the answer has the next pair. If that pair is lost, a person has to
//! sign in again (OAuth v4, developers.zalo.me).

use std::fmt;

use domain::impossible::Impossible;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

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
    /// The access token itself.
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

/// The account's tokens as they are kept. They change by their own methods alone, each of which
/// gives the next version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", try_from = "StoredTokens")]
pub struct AccountTokens {
    version: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    access: Option<AccessToken>,
    refresh: Token,
    #[serde(skip_serializing_if = "Option::is_none")]
    lease: Option<Lease>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    access_refused: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    refused_at: Option<Timestamp>,
}

/// The tokens as they are stored, before they are judged.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StoredTokens {
    version: u64,
    #[serde(default)]
    access: Option<AccessToken>,
    refresh: Token,
    #[serde(default)]
    lease: Option<Lease>,
    #[serde(default)]
    access_refused: bool,
    #[serde(default)]
    refused_at: Option<Timestamp>,
}

impl TryFrom<StoredTokens> for AccountTokens {
    type Error = Impossible;

    fn try_from(stored: StoredTokens) -> Result<Self, Impossible> {
        let StoredTokens { version, access, refresh, lease, access_refused, refused_at } = stored;
        if version == 0 {
            return Err(Impossible("tokens are stored with version 0"));
        }
        if access_refused && access.is_none() {
            return Err(Impossible("an access token is refused that there is not"));
        }
        if lease.as_ref().is_some_and(|lease| lease.holder.is_empty()) {
            return Err(Impossible("tokens are leased to nobody"));
        }
        Ok(Self { version, access, refresh, lease, access_refused, refused_at })
    }
}

/// What is to be done about an account's tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// There is nothing to do.
    Nothing,
    /// Nothing by us: another process is at it.
    ByAnother,
    /// The tokens are to be renewed.
    Renewal,
}

impl AccountTokens {
    /// After a person has signed in and brought `refresh`; the access token that there was stays in
    /// use meanwhile.
    #[must_use]
    pub fn signed_in(before: Option<Self>, refresh: Token) -> Self {
        let (version, access) = before.map_or((0, None), |tokens| (tokens.version, tokens.access));
        Self { version, access, access_refused: false, refresh, lease: None, refused_at: None }
            .advanced()
    }

    /// The next version, for the tokens to be stored: a store takes no other.
    fn advanced(mut self) -> Self {
        self.version += 1;
        self
    }

    /// How often the tokens were stored, this time included; from 1.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// What opens the gateway; none before the first renewal.
    pub fn access(&self) -> Option<&AccessToken> {
        self.access.as_ref()
    }

    /// The refresh token, which works once.
    pub fn refresh(&self) -> &Token {
        &self.refresh
    }

    /// Whether a process has them under lease, or had when it died.
    pub fn is_leased(&self) -> bool {
        self.lease.is_some()
    }

    /// Whether the gateway refused the access token before its end: it was withdrawn, and is
    /// renewed at once.
    pub fn is_access_refused(&self) -> bool {
        self.access_refused
    }

    /// When the issuer last refused the refresh token: a person has to sign in.
    pub fn refused_at(&self) -> Option<Timestamp> {
        self.refused_at
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
        self.advanced()
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
        Self { access, access_refused: false, refresh, lease: None, refused_at: None, ..self }
            .advanced()
    }

    /// The same after the issuer has refused the refresh token.
    #[must_use]
    pub fn refused(self, now: Timestamp) -> Self {
        Self { lease: None, refused_at: Some(now), ..self }.advanced()
    }

    /// The same, when the gateway has refused the access token that there is.
    #[must_use]
    pub fn withdrawn(self) -> Self {
        Self { access_refused: self.access.is_some(), ..self }.advanced()
    }

    /// The tokens without a lease.
    #[must_use]
    pub fn released(self) -> Self {
        Self { lease: None, ..self }.advanced()
    }
}
