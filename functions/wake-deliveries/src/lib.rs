//! Every minute: wakes what systems are still owed, by one message to the national queue for each
//! dossier whose time has come.
//!
//! As many as the system takes in a minute, and one while it is away. A line that is woken is first
//! postponed, so that the next minute does not wake it again while it is on its way; a lost message
//! is sent again after that.

mod settings;

use domain::calendar::date_of;
use domain::catalogue::Catalogue;
use domain::delivery::System;
use futures::{StreamExt, TryStreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use platform::dynamo::{Deliveries, DueDelivery};
use platform::message::CloudEvent;
use platform::port::{DeliveryLedger, MessageSender};
use platform::wire;
use platform::{Failure, LogLine};
use serde::{Deserialize, Serialize};

pub use settings::Settings;

/// The most lines of a system that one minute wakes.
const WOKEN_MAX: usize = 3_000;

/// For how long a line that was woken is left alone: longer than a batch may take.
const LEFT_ALONE: SignedDuration = SignedDuration::from_mins(5);

/// Lines postponed at a time.
const WIDTH: usize = 16;

/// The schedule's payload, which has no fields.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {}

/// The answer of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    /// Lines whose time had come, as far as they were looked at.
    pub due: usize,
    /// Lines that were woken.
    pub woken: usize,
    /// For how many seconds the one that has waited longest among the due ones has been behind; 0
    /// if there is none.
    pub oldest_behind_seconds: i64,
}

/// Wakes what is due at `now`.
pub async fn wake(
    _order: &Order,
    ledger: &Deliveries,
    queue: &impl MessageSender,
    catalogue: &Catalogue,
    now: Timestamp,
) -> Result<Outcome, Failure> {
    let mut outcome = Outcome { due: 0, woken: 0, oldest_behind_seconds: 0 };
    for system in catalogue.systems().on(date_of(now)) {
        let room = room(system, ledger, now).await?;
        if room == 0 {
            continue;
        }
        let due = ledger.due(&system.id, now, room).await?;
        outcome.due += due.len();
        let oldest = due.iter().filter_map(|line| line.behind_since).min();
        let waited = oldest.map_or(0, |since| since.duration_until(now).as_secs());
        outcome.oldest_behind_seconds = outcome.oldest_behind_seconds.max(waited);
        let ours: Vec<Option<DueDelivery>> = stream::iter(due)
            .map(|line| async move {
                let postponed = ledger.postpone(&line, now, LEFT_ALONE).await?;
                Ok::<_, Failure>(postponed.then_some(line))
            })
            .buffered(WIDTH)
            .try_collect()
            .await?;
        let bodies: Vec<String> = ours
            .iter()
            .flatten()
            .map(|line| wire::json(&CloudEvent::deliver(&line.code, &line.system, now)))
            .collect::<Result<_, _>>()?;
        queue.send_all(&bodies).await?;
        outcome.woken += bodies.len();
    }
    let Outcome { due, woken, oldest_behind_seconds } = outcome;
    tracing::info!(due, woken, oldest_behind_seconds, "{}", LogLine::DeliveriesWoken);
    Ok(outcome)
}

/// How many dossiers may be woken for `system` in this minute.
async fn room(system: &System, ledger: &Deliveries, now: Timestamp) -> Result<usize, Failure> {
    let pace = ledger.pace(&system.id).await?;
    // Switched off: until somebody has everything sent to it again.
    if pace.off_since().is_some() {
        return Ok(0);
    }
    Ok(match pace.resting_until() {
        Some(until) if now < until => 0,
        // Whether it is back is for one of them to find out.
        Some(_) => 1,
        None => {
            // Dossiers that are known go several a request; whoever finds no room has a time again.
            let each = (system.items_per_request / 4).max(1);
            let room = pace.rate(system.requests_per_minute).saturating_mul(each);
            usize::try_from(room).unwrap_or(WOKEN_MAX).min(WOKEN_MAX)
        }
    })
}
