//! Every quarter of an hour: renews the access token of the Zalo official account before it
//! expires.
//!
//! A refresh token works once. So one process renews at a time, under a lease stored before the
//! call, and the new pair is stored in one write before it is used. A process that dies before the
//! call loses nothing. One that dies between the call and the write loses the pair for good: the
//! next run learns it from the issuer, and an alarm asks a person to sign in, while the old access
//! token works on for its remaining hours.

mod settings;

use std::time::Duration;

use jiff::Timestamp;
use platform::Failure;
use platform::account::{AccountTokens, Due, Token};
use platform::port::{Renewal, Stored, TokenIssuer, TokenStore};
use serde::{Deserialize, Serialize};

pub use settings::Settings;

/// How often a new pair is tried to be stored, waiting twice as long each time: some 25 s, which
/// most failures of a table do not last.
const STORED_MAX: u32 = 8;

/// The first wait between two tries.
const FIRST_WAIT: Duration = Duration::from_millis(200);

/// The payload: of the schedule, or of an operator.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Order {
    /// A refresh token that a person has brought by signing in.
    #[serde(default)]
    pub refresh_token: Option<Token>,
}

/// The state of the account's tokens after a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// The access token is good for hours.
    Fresh,
    /// The token was renewed.
    Renewed,
    /// Another process is renewing it.
    ByAnother,
    /// The issuer did not answer; the next run asks again.
    Unanswered,
    /// A person has to sign in.
    SignInNeeded,
}

/// The answer of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    /// The state of the account's tokens.
    pub standing: Standing,
    /// Until when the access token works.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_until: Option<Timestamp>,
}

impl Outcome {
    fn of(standing: Standing, tokens: Option<&AccountTokens>) -> Self {
        Self {
            standing,
            access_until: tokens.and_then(|tokens| tokens.access()).map(|access| access.until),
        }
    }
}

/// Renews what is due at `now`.
pub async fn refresh(
    order: Order,
    store: &impl TokenStore,
    issuer: &impl TokenIssuer,
    now: Timestamp,
) -> Result<Outcome, Failure> {
    let signed_in = order.refresh_token.is_some();
    let present = match order.refresh_token {
        Some(token) => Some(sign_in(token, store).await?),
        None => store.tokens().await?,
    };
    let Some(tokens) = present else {
        return Ok(sign_in_needed(None));
    };
    match tokens.due(now) {
        Due::Nothing if !signed_in => return Ok(Outcome::of(Standing::Fresh, Some(&tokens))),
        Due::ByAnother => return Ok(Outcome::of(Standing::ByAnother, Some(&tokens))),
        // Who has just signed in wants to know that it worked.
        Due::Nothing | Due::Renewal => {}
    }
    let holder = format!("{:032x}", fastrand::u128(..));
    let leased = tokens.leased(&holder, now);
    if !is_kept(&leased, store).await? {
        return Ok(Outcome::of(Standing::ByAnother, Some(&leased)));
    }
    match issuer.renew(leased.refresh()).await {
        Renewal::Granted { access, lives, refresh } => {
            let renewed = leased.renewed(access, lives, refresh, now);
            keep_for_sure(&renewed, store).await?;
            tracing::info!("access token renewed");
            Ok(Outcome::of(Standing::Renewed, Some(&renewed)))
        }
        Renewal::Refused { code } => {
            tracing::error!(code, "the refresh token was refused");
            // The next run asks again: what was wrong with the application and not with the token
            // heals by itself.
            let refused = leased.refused(now);
            // Who signed in meanwhile was faster, and better.
            store.keep(&refused).await?;
            Ok(sign_in_needed(Some(&refused)))
        }
        Renewal::Unanswered { instead } => {
            let released = leased.released();
            store.keep(&released).await?;
            let works = released.access().is_some_and(|access| access.until > now);
            if works {
                tracing::warn!(instead, "the token's issuer does not answer");
            } else {
                tracing::error!(
                    instead,
                    "the token's issuer does not answer, and the access token has run out"
                );
            }
            Ok(Outcome::of(Standing::Unanswered, Some(&released)))
        }
    }
}

fn sign_in_needed(tokens: Option<&AccountTokens>) -> Outcome {
    // Any error of this function rings an alarm; logged in every run until somebody does it.
    tracing::error!("an administrator has to sign in to Zalo again");
    Outcome::of(Standing::SignInNeeded, tokens)
}

/// Stores what a person has brought.
async fn sign_in(token: Token, store: &impl TokenStore) -> Result<AccountTokens, Failure> {
    for _ in 0..STORED_MAX {
        let tokens = AccountTokens::signed_in(store.tokens().await?, token.clone());
        if is_kept(&tokens, store).await? {
            return Ok(tokens);
        }
    }
    Err(Failure::Held("the account's tokens"))
}

/// Stores a pair that exists nowhere else.
async fn keep_for_sure(renewed: &AccountTokens, store: &impl TokenStore) -> Result<(), Failure> {
    let mut wait = FIRST_WAIT;
    for _ in 1..STORED_MAX {
        match keep_once(renewed, store).await {
            Ok(()) => return Ok(()),
            Err(failure) => {
                tracing::warn!(cause = failure.chain(), "the new tokens are not stored yet")
            }
        }
        tokio::time::sleep(wait).await;
        wait *= 2;
    }
    keep_once(renewed, store).await.inspect_err(|failure| {
        tracing::error!(cause = failure.chain(), "the new tokens could not be stored and are lost");
    })
}

async fn keep_once(renewed: &AccountTokens, store: &impl TokenStore) -> Result<(), Failure> {
    if !is_kept(renewed, store).await? {
        // Under our lease nobody stores but a person who signs in, and what they brought is newer.
        tracing::warn!("somebody signed in during a renewal; their tokens stay");
    }
    Ok(())
}

/// Stores `tokens`; whether they are stored then. Where the store says that another was first, that
/// may have been our own write, whose answer was lost and which the client has made again.
async fn is_kept(tokens: &AccountTokens, store: &impl TokenStore) -> Result<bool, Failure> {
    if store.keep(tokens).await? == Stored::Yes {
        return Ok(true);
    }
    Ok(store.tokens().await?.as_ref() == Some(tokens))
}
