//! The entry of a function: one module for each kind of trigger, and the one place where the Lambda
//! runtime is started and the clock is read.
//!
//! A `main.rs` goes on one thread ([`on_one_thread`]), reads its settings ([`start`]), opens what
//! it needs, and hands its handler to the `run` of its trigger. The handler gets the time of its
//! work as an argument (ADR 41).

pub mod http;
mod inbox;
pub mod queue;
pub mod schedule;
mod secrets;
pub mod stream;

use std::time::{Duration, SystemTime};

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use tokio::task::LocalSet;

pub use lambda_runtime::Error;

use crate::catalogue::UndecidedYears;
use crate::config::Settings;
use crate::dynamo::{CatalogueStore, Client, CountTable};
use crate::gate::{Gate, GateSettings};
use crate::live_catalogue::LiveCatalogue;
use crate::payload::{Payload, Reported};
use crate::{Failure, clock, telemetry};

use inbox::Inbox;

crate::settings! {
    /// The settings of every function that reads the catalogue. Undecided years are the same for
    /// all of them: a due date that one has counted another must be able to explain.
    pub struct CatalogueSettings {
        /// The name of the catalogue table.
        table: String = "CATALOGUE_TABLE",
        /// The age at which a newer edition is looked for.
        max_age: SignedDuration = "CATALOGUE_MAX_AGE_S",
        /// The treatment of years without decided holidays.
        undecided: UndecidedYears = "UNDECIDED_YEARS",
    }
}

/// Runs the function that `wire` wires on this thread alone: a process has one invocation at a time,
/// and what waits for tables and queues needs no second thread (ADR 59). What may block or never end
/// gets a thread of its own, and is left behind when the function ends. It is wired again after its
/// secrets have changed (ADR 113). Fails as `wire` does, or where the machine gives no timer and no
/// sockets.
pub fn on_one_thread(mut wire: impl AsyncFnMut() -> Result<(), Error>) -> Result<(), Error> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let ended = LocalSet::new().block_on(&runtime, async {
        wire().await?;
        while Inbox::waits() {
            wire().await?;
        }
        Ok(())
    });
    runtime.shutdown_background();
    ended
}

/// Starts logging and reads the function's settings, and from the secret store what they refer to
/// there. Fails with the names of all that are missing or unreadable, or where the store does not
/// answer.
pub async fn start<T: Settings>() -> Result<T, Error> {
    telemetry::start();
    secrets::read().await
}

/// The catalogue in force at the cold start, which looks for newer editions while the function
/// runs. Fails if no edition can be put together; where the table does not answer, requests do.
pub async fn catalogue(
    client: &Client,
    settings: CatalogueSettings,
) -> Result<LiveCatalogue<CatalogueStore>, Failure> {
    let CatalogueSettings { table, max_age, undecided } = settings;
    let catalogue_store = CatalogueStore::new(client.clone(), table);
    LiveCatalogue::open(catalogue_store, undecided, max_age, clock::now()).await
}

/// The gate that limits pass through, over the tables of `client`.
pub fn gate(client: &Client, settings: GateSettings) -> Gate<CountTable> {
    let GateSettings { table, key, times } = settings;
    Gate::new(CountTable::new(client.clone(), table), key, times)
}

/// When an invocation came, and when the platform ends the process over it.
#[derive(Debug, Clone, Copy)]
struct Invoked {
    at: Timestamp,
    deadline: SystemTime,
}

impl Invoked {
    fn now(deadline: SystemTime) -> Self {
        Self { at: clock::now(), deadline }
    }

    /// How long it may still take: it may have waited for secrets.
    fn left(&self) -> Duration {
        self.deadline.duration_since(SystemTime::now()).unwrap_or_default()
    }
}

/// Answers invocations by `answer`, each at the time when it came, until the process is ended, or
/// until the function is to be wired anew since its secrets have changed.
async fn serve<R: Serialize>(
    answer: impl AsyncFn(Payload, Invoked) -> Result<R, Reported>,
) -> Result<(), Error> {
    let mut inbox = Inbox::open();
    while let Some(invocation) = inbox.next().await {
        if secrets::changed().await {
            inbox.lay_aside(invocation);
            return Ok(());
        }
        // Boxed, since the compiler's depth for a type is used up by one future inside another.
        Box::pin(invocation.answer_by(&answer)).await;
    }
    inbox.ended().await
}
