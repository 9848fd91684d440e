//! The secrets of a process: read at its start, and looked at again while it lives, so that a new
//! value takes effect without a deployment (ADR 113).

use std::cell::RefCell;
use std::time::Instant;

use jiff::SignedDuration;

use super::Error;
use crate::cloud::Cloud;
use crate::config::{self, BadSettings, Settings};
use crate::secret_store::{SecretStore, Secrets};
use crate::{LogLine, clock};

crate::settings! {
    /// How old the secrets of a process may grow.
    struct SecretsSettings {
        /// The age at which the store is asked again; five minutes where nothing is said.
        max_age: Option<SignedDuration> = "SECRETS_MAX_AGE_S",
    }
}

/// The age at which the store is asked again.
const MAX_AGE: SignedDuration = SignedDuration::from_mins(5);

thread_local! {
    /// Those of the process; none where no setting refers to one.
    static HELD: RefCell<Option<Held>> = const { RefCell::new(None) };
}

struct Held {
    store: SecretStore,
    names: Vec<String>,
    secrets: Secrets,
    read_at: Instant,
    max_age: SignedDuration,
    /// Whether the function's settings can be read with these; if not, which cannot.
    suit: fn(&Secrets) -> Result<(), BadSettings>,
}

/// Reads the settings `T`, with the secrets that they refer to.
pub(super) async fn read<T: Settings>() -> Result<T, Error> {
    let names = config::secrets_of::<T>();
    if names.is_empty() {
        return Ok(config::read()?);
    }
    let held = match HELD.take() {
        // The function is wired anew, with what was found then.
        Some(held) => held,
        None => {
            let SecretsSettings { max_age } = config::read()?;
            let store = SecretStore::open(Cloud::open()?)?;
            let secrets = store.read(&names, clock::now()).await?;
            let suit = |secrets: &Secrets| config::read_with::<T>(secrets).map(drop);
            let (read_at, max_age) = (Instant::now(), max_age.unwrap_or(MAX_AGE));
            Held { store, names, secrets, read_at, max_age, suit }
        }
    };
    let settings = config::read_with(&held.secrets)?;
    HELD.set(Some(held));
    Ok(settings)
}

/// Whether the store has other secrets than those that the function was wired with, and ones that
/// it can work with. Asked at the begin of each invocation, and answered without a call as long as
/// they are young.
pub(super) async fn changed() -> bool {
    let Some(mut held) = HELD.take() else {
        return false;
    };
    let changed = held.look().await;
    HELD.set(Some(held));
    changed
}

impl Held {
    async fn look(&mut self) -> bool {
        if SignedDuration::try_from(self.read_at.elapsed()).is_ok_and(|age| age < self.max_age) {
            return false;
        }
        // Also after a failure: a store that is away must not slow each invocation down.
        self.read_at = Instant::now();
        let secrets = match self.store.read(&self.names, clock::now()).await {
            Ok(secrets) => secrets,
            Err(failure) => {
                tracing::error!(cause = %failure.chain(), "{}", LogLine::SecretsUnreadable);
                return false;
            }
        };
        if secrets == self.secrets {
            return false;
        }
        if let Err(bad) = (self.suit)(&secrets) {
            tracing::error!(cause = %bad, "{}", LogLine::SecretsUnreadable);
            return false;
        }
        self.secrets = secrets;
        tracing::info!("secrets have changed, the function is wired anew");
        true
    }
}
