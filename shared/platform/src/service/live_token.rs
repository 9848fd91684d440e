//! The access token in force, as a process that sends messages needs it.

use std::sync::{PoisonError, RwLock};

use crate::Failure;
use crate::account::Token;
use crate::port::{AccessTokens, TokenStore};

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
        let stored = tokens.access().map(|access| access.token.clone());
        if stored.is_some() && stored.as_ref() == refused {
            if !tokens.is_access_refused() {
                // Whoever else moves the item is renewing it, or has seen the same.
                let _another_was_first = self.store.keep(&tokens.withdrawn()).await?;
            }
            return Ok(None);
        }
        self.held.write().unwrap_or_else(PoisonError::into_inner).clone_from(&stored);
        Ok(stored)
    }
}
