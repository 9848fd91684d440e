//! Every minute: wakes the notices that are due, by one message to the notices queue for each
//! dossier and each report.
//!
//! A notice that waits for the morning, a retry or the end of a doubt is in the notices table under
//! its time. A thread that is woken is first postponed by some minutes,
//! so that the next minute does not wake it again while it is processed; processing it sets its
//! next time. A lost message is sent again after those minutes.

mod settings;

use std::collections::{BTreeMap, VecDeque};

use domain::id::AgencyCode;
use futures::{StreamExt, TryStreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use platform::dynamo::{DueThread, Notices};
use platform::message::CloudEvent;
use platform::port::MessageSender;
use platform::wire;
use platform::{Failure, LogLine};
use serde::{Deserialize, Serialize};

pub use settings::Settings;

/// The most threads that one minute wakes: some thirty a second, which the gateways take.
const WOKEN_MAX: usize = 2_000;

/// The most threads read, so that an agency with a bulk of due notices does not hide the others.
const SEEN_MAX: usize = 20_000;

/// For how long a thread that was woken is left alone.
const LEFT_ALONE: SignedDuration = SignedDuration::from_mins(5);

/// Threads postponed at a time.
const WIDTH: usize = 16;

/// The schedule's payload, which has no fields.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {}

/// The answer of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    /// Threads that were due.
    pub due: usize,
    /// Threads that were woken.
    pub woken: usize,
    /// The age in seconds of the oldest unsent notice among the due ones that may be sent; 0 if
    /// there is none.
    pub oldest_unsent_seconds: i64,
}

/// Wakes what is due at `now`.
pub async fn wake(
    _order: &Order,
    notices: &Notices,
    queue: &impl MessageSender,
    now: Timestamp,
) -> Result<Outcome, Failure> {
    let threads = notices.due_threads(now, SEEN_MAX).await?;
    let due = threads.len();
    let oldest = threads.iter().filter_map(|thread| thread.unsent_since).min();
    // What is held back until later is not late.
    let oldest_unsent_seconds =
        oldest.map_or(0, |since| (now.as_millisecond().saturating_sub(since) / 1_000).max(0));
    let chosen = in_turn(threads, WOKEN_MAX);
    let ours: Vec<Option<DueThread>> = stream::iter(chosen)
        .map(|thread| async move {
            Ok::<_, Failure>(notices.postpone(&thread, now, LEFT_ALONE).await?.then_some(thread))
        })
        .buffered(WIDTH)
        .try_collect()
        .await?;
    let bodies: Vec<String> = ours
        .iter()
        .flatten()
        .map(|thread| wire::json(&CloudEvent::wake(&thread.code, now)))
        .collect::<Result<_, _>>()?;
    queue.send_all(&bodies).await?;
    let outcome = Outcome { due, woken: bodies.len(), oldest_unsent_seconds };
    tracing::info!(due, woken = outcome.woken, oldest_unsent_seconds, "{}", LogLine::NoticesWoken);
    Ok(outcome)
}

/// The first `most` of `threads`, one of each agency in turn, each agency's in their order: one
/// agency's bulk does not delay another's notice.
pub fn in_turn(threads: Vec<DueThread>, most: usize) -> Vec<DueThread> {
    let mut by_agency: BTreeMap<AgencyCode, VecDeque<DueThread>> = BTreeMap::new();
    for thread in threads {
        by_agency.entry(thread.agency.clone()).or_default().push_back(thread);
    }
    let mut chosen = Vec::new();
    while chosen.len() < most && !by_agency.is_empty() {
        by_agency.retain(|_, waiting| {
            chosen.extend(waiting.pop_front());
            !waiting.is_empty()
        });
    }
    chosen.truncate(most);
    chosen
}
