//! The streams of the tables of dossiers and of feedback: every new history entry of a dossier becomes
//! one message to each queue that is interested, and every change of a feedback one message to the
//! queue of notices and one to the national queue.
//!
//! The stream is the outbox. What can be retried fails the whole invocation: the stream delivers it
//! again, and a message sent twice has one effect. What can never be read, panics or does not end
//! goes to the failures queue, so that no dossier waits behind another's poison; what kills the
//! process is found by halving the batch (`infra/template.yaml`). What is given up all the same is
//! sent by `repair-relay`.
//!
//! Of feedback the stream has keys alone: beside each state lies what was written and by whom, which
//! no stream is to carry (ADR 114).

mod settings;

use std::collections::BTreeSet;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use aws_lambda_events::dynamodb::{Event, EventRecord};
use domain::dossier::HistoryEntry;
use domain::id::{AgencyCode, DossierCode, FeedbackCode};
use domain::kpi::LiveNews;
use jiff::Timestamp;
use platform::Failure;
use platform::batch::Interruption;
use platform::dynamo::LiveTable;
use platform::message::CloudEvent;
use platform::port::{DeadLetters, MessageSender};
use platform::record;
use platform::wire;
use serde::{Deserialize, Serialize};

pub use settings::Settings;

/// The longest that counting a batch may take, of the thirty seconds of an invocation: some two
/// hundred calls of a table.
const COUNTING_MAX: Duration = Duration::from_secs(5);

/// A queue and what it wants to hear of. The next consumer is one more line where this is built.
pub struct Route<'a, Q> {
    /// The queue that the route sends to.
    pub queue: &'a Q,
    /// Whether the route takes a history entry.
    pub wants: fn(&HistoryEntry) -> bool,
    /// Whether the route takes that a feedback has changed.
    pub wants_feedback: bool,
}

/// What a route takes, for a thread that outlives the route's borrow.
#[derive(Clone, Copy)]
struct Wants {
    entry: fn(&HistoryEntry) -> bool,
    feedback: bool,
}

/// What the relay reads of a dossier's image.
#[derive(Deserialize)]
struct Image {
    code: DossierCode,
    version: u64,
    history: Vec<HistoryEntry>,
    /// None in no image that we write; without it the change is relayed and not counted.
    #[serde(default)]
    agency: Option<AgencyCode>,
    #[serde(default, rename = "receivedAt")]
    received_at: Option<Timestamp>,
}

#[derive(Deserialize)]
struct OldImage {
    version: u64,
}

/// The messages for each route about one change.
type Bodies = Vec<Vec<String>>;

/// What one change comes to: messages, and how the dossier stands after it.
type Read = (Bodies, Option<LiveNews>);

/// Why a change is parked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParkReason {
    /// The record's image is none of a dossier.
    UnreadableImage,
    /// Reading it was interrupted.
    Interrupted(Interruption),
}

impl ParkReason {
    /// The reasons, in the order of `infra/asyncapi.yaml`.
    pub const ALL: [Self; 3] = [
        Self::UnreadableImage,
        Self::Interrupted(Interruption::Panicked),
        Self::Interrupted(Interruption::TimedOut),
    ];

    /// The name of the reason in the parked message.
    pub const fn name(self) -> &'static str {
        match self {
            Self::UnreadableImage => "unreadable-image",
            Self::Interrupted(by) => by.name(),
        }
    }
}

/// Why a change is parked: the reason, and one sentence without values.
type Unfit = (ParkReason, &'static str);

/// Where a parked change is found again: nothing of the image itself.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Place {
    code: String,
    sequence_number: String,
}

impl Place {
    fn of(record: &EventRecord) -> Self {
        let code = serde_dynamo::from_item::<_, Key>(record.change.keys.clone())
            .map_or_else(|_| String::new(), |key| key.code);
        Self { code, sequence_number: record.change.sequence_number.clone().unwrap_or_default() }
    }
}

#[derive(Deserialize)]
struct Key {
    code: String,
}

/// Relays a batch of changes as [`relay`] does, then counts it in the figures of the day. Nobody is
/// told later for their sake: where they cannot be counted the log says so, and the next change of
/// the dossier or the night makes it up.
pub async fn relay_and_count<Q: MessageSender>(
    event: Event,
    (routes, failures, record_timeout): (&[Route<'_, Q>], &impl DeadLetters, Duration),
    live: &LiveTable,
) -> Result<(), Failure> {
    let news = relay(event, routes, failures, record_timeout).await?;
    let counted = tokio::time::timeout(COUNTING_MAX, live.follow(news)).await;
    let cause = match counted {
        Ok(Ok(())) => return Ok(()),
        Ok(Err(failure)) => failure.chain(),
        Err(_) => "it did not end".to_owned(),
    };
    tracing::warn!(cause, "changes were not counted in the live figures");
    Ok(())
}

/// Relays a batch of changes; none may take longer than `record_timeout` to be read. Gives how the
/// dossiers stand.
pub async fn relay<Q: MessageSender>(
    event: Event,
    routes: &[Route<'_, Q>],
    failures: &impl DeadLetters,
    record_timeout: Duration,
) -> Result<Vec<LiveNews>, Failure> {
    let mut messages: Bodies = vec![Vec::new(); routes.len()];
    let wants: Vec<_> = routes
        .iter()
        .map(|route| Wants { entry: route.wants, feedback: route.wants_feedback })
        .collect();
    let places: Vec<Place> = event.records.iter().map(Place::of).collect();
    let codes: BTreeSet<&str> = places.iter().map(|place| place.code.as_str()).collect();
    let dossiers = codes.into_iter().collect::<Vec<_>>().join(" ");
    let read = read_together(event.records, wants, record_timeout).await;
    let mut news = Vec::new();
    for (place, read) in places.into_iter().zip(read) {
        match read {
            Ok((bodies, stands)) => {
                messages.iter_mut().zip(bodies).for_each(|(all, bodies)| all.extend(bodies));
                news.extend(stands);
            }
            Err((reason, detail)) => {
                let reason = reason.name();
                tracing::error!(
                    code = place.code,
                    sequence = place.sequence_number,
                    reason,
                    detail,
                    "change parked"
                );
                failures.park(&wire::json(&place)?, reason, detail).await?;
            }
        }
    }
    for (route, bodies) in routes.iter().zip(&messages) {
        route.queue.send_all(bodies).await?;
    }
    let messages = messages.iter().map(Vec::len).sum::<usize>();
    tracing::info!(messages, dossiers, "changes relayed");
    Ok(news)
}

/// Reads changes on one thread of their own, since one of them may never end; where they do not end
/// within the time of one, each on its own, so that it keeps no other waiting.
async fn read_together(
    records: Vec<EventRecord>,
    wants: Vec<Wants>,
    record_timeout: Duration,
) -> Vec<Result<Read, Unfit>> {
    let records = Arc::new(records);
    let (shared, all) = (Arc::clone(&records), wants.clone());
    let reading = tokio::task::spawn_blocking(move || {
        shared.iter().map(|record| read_guarded(record.clone(), &all)).collect()
    });
    if let Ok(Ok(read)) = tokio::time::timeout(record_timeout, reading).await {
        return read;
    }
    let mut read = Vec::with_capacity(records.len());
    for record in records.iter() {
        read.push(read_alone(record.clone(), wants.clone(), record_timeout).await);
    }
    read
}

/// Reads one change on a thread of its own.
async fn read_alone(
    record: EventRecord,
    wants: Vec<Wants>,
    record_timeout: Duration,
) -> Result<Read, Unfit> {
    let reading = tokio::task::spawn_blocking(move || read_guarded(record, &wants));
    match tokio::time::timeout(record_timeout, reading).await {
        Ok(Ok(read)) => read,
        Ok(Err(_)) => Err(PANICKED),
        Err(_) => {
            Err((ParkReason::Interrupted(Interruption::TimedOut), "reading the change did not end"))
        }
    }
}

/// Why a change is parked whose reading panicked.
const PANICKED: Unfit =
    (ParkReason::Interrupted(Interruption::Panicked), "reading the change panicked");

/// Reads one change; one that panics fails alone.
fn read_guarded(record: EventRecord, wants: &[Wants]) -> Result<Read, Unfit> {
    let reading = AssertUnwindSafe(|| bodies(record, wants));
    match std::panic::catch_unwind(reading) {
        Ok(read) => read.map_err(|detail| (ParkReason::UnreadableImage, detail)),
        Err(_) => Err(PANICKED),
    }
}

/// The messages for each route about one record of the stream.
fn bodies(record: EventRecord, wants: &[Wants]) -> Result<Read, &'static str> {
    if let Some(code) = changed_feedback(&record) {
        let at = record.change.approximate_creation_date_time;
        let at = Timestamp::from_millisecond(at.timestamp_millis());
        let at = at.map_err(|_| "the change has no time")?;
        let body = serde_json::to_string(&CloudEvent::wake(&code.into(), at));
        let body = body.map_err(|_| "the message does not write")?;
        let each = wants.iter().map(|wants| wants.feedback.then(|| body.clone()));
        return Ok((each.map(|body| body.into_iter().collect()).collect(), None));
    }
    let Some((code, entries, stands)) = new_entries(record)? else {
        return Ok((vec![Vec::new(); wants.len()], None));
    };
    let bodies = wants.iter().map(|wants| {
        entries
            .iter()
            .filter(|entry| (wants.entry)(entry))
            .map(|entry| body(&code, entry))
            .collect()
    });
    Ok((bodies.collect::<Result<_, _>>()?, stands))
}

/// The feedback whose state was written; none where it went by its time to live, and for the other
/// rows of its table: contents, receipts, counters.
fn changed_feedback(record: &EventRecord) -> Option<FeedbackCode> {
    let key: Key = serde_dynamo::from_item(record.change.keys.clone()).ok()?;
    let code = key.code.parse().ok()?;
    (record.event_name != "REMOVE").then_some(code)
}

/// A dossier with what was added to its history, and where its live figures are to count it.
type Changed = (DossierCode, Vec<HistoryEntry>, Option<LiveNews>);

/// The entries that the new image has and the old one has not; none for a deletion.
///
/// The decoder's own text is not forwarded: it may quote a value, which may be personal data.
fn new_entries(record: EventRecord) -> Result<Option<Changed>, &'static str> {
    let is_page = |key: Key| record::is_page(&key.code);
    let of_page = serde_dynamo::from_item(record.change.keys).is_ok_and(is_page);
    // What is in a page was new when it was in a state.
    if record.change.new_image.is_empty() || of_page {
        return Ok(None);
    }
    let new: Image = serde_dynamo::from_item(record.change.new_image)
        .map_err(|_| "the new image does not read")?;
    let seen = if record.change.old_image.is_empty() {
        0
    } else {
        let old: OldImage = serde_dynamo::from_item(record.change.old_image)
            .map_err(|_| "the old image does not read")?;
        old.version
    };
    let stands = new
        .agency
        .and_then(|agency| LiveNews::of((new.code.clone(), agency), &new.history, new.received_at));
    let entries: Vec<HistoryEntry> =
        new.history.into_iter().filter(|entry| entry.version > seen).collect();
    if entries.last().is_some_and(|last| last.version != new.version) {
        return Err("version and history disagree");
    }
    Ok(Some((new.code, entries, stands)))
}

fn body(code: &DossierCode, entry: &HistoryEntry) -> Result<String, &'static str> {
    serde_json::to_string(&CloudEvent::changed(code, entry))
        .map_err(|_| "the message does not write")
}
