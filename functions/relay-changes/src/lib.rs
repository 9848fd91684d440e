//! The dossiers table's stream: every new history entry becomes one message to each queue that is interested.
//!
//! The stream is the outbox. What can be retried fails the whole invocation: the stream delivers it again, and a
//! message sent twice has one effect. What can never be read goes to the failures queue, so that no dossier waits
//! behind another's poison.

use aws_lambda_events::dynamodb::{Event, EventRecord};
use domain::dossier::HistoryEntry;
use domain::id::DossierCode;
use platform::Failure;
use platform::message::CloudEvent;
use platform::port::{Outlet, Siding};
use serde::{Deserialize, Serialize};

/// A queue and what it wants to hear of. The next consumer is one more line where this is built.
pub struct Route<'a, Q> {
    /// Where to.
    pub queue: &'a Q,
    /// Which entries.
    pub wants: fn(&HistoryEntry) -> bool,
}

/// What the relay reads of a dossier's image.
#[derive(Deserialize)]
struct Image {
    code: DossierCode,
    version: u64,
    history: Vec<HistoryEntry>,
}

#[derive(Deserialize)]
struct OldImage {
    version: u64,
}

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

/// Relays a batch of changes.
pub async fn relay<Q: Outlet>(event: Event, routes: &[Route<'_, Q>], failures: &impl Siding) -> Result<(), Failure> {
    let mut news: Vec<(DossierCode, HistoryEntry)> = Vec::new();
    for record in event.records {
        let place = Place::of(&record);
        match new_entries(record) {
            Ok(None) => {}
            Ok(Some((code, entries))) => news.extend(entries.into_iter().map(|entry| (code.clone(), entry))),
            Err(detail) => {
                tracing::error!(code = place.code, sequence = place.sequence_number, detail, "change parked");
                let body = serde_json::to_string(&place).map_err(|error| Failure::Defect(error.to_string()))?;
                failures.park(&body, "unreadable-image", detail).await?;
            }
        }
    }
    for route in routes {
        let wanted = news.iter().filter(|(_, entry)| (route.wants)(entry));
        let bodies = wanted.map(|(code, entry)| body(code, entry)).collect::<Result<Vec<_>, _>>()?;
        route.queue.send_all(&bodies).await?;
    }
    tracing::info!(entries = news.len(), "changes relayed");
    Ok(())
}

/// The entries that the new image has and the old one has not; none for a deletion.
///
/// The decoder's own text is not passed on: it may quote a value, which may be personal data.
fn new_entries(record: EventRecord) -> Result<Option<(DossierCode, Vec<HistoryEntry>)>, &'static str> {
    if record.change.new_image.is_empty() {
        return Ok(None);
    }
    let new: Image = serde_dynamo::from_item(record.change.new_image).map_err(|_| "the new image does not read")?;
    let seen = if record.change.old_image.is_empty() {
        0
    } else {
        let old: OldImage =
            serde_dynamo::from_item(record.change.old_image).map_err(|_| "the old image does not read")?;
        old.version
    };
    let entries: Vec<HistoryEntry> = new.history.into_iter().filter(|entry| entry.version > seen).collect();
    if entries.last().is_some_and(|last| last.version != new.version) {
        return Err("version and history disagree");
    }
    Ok(Some((new.code, entries)))
}

fn body(code: &DossierCode, entry: &HistoryEntry) -> Result<String, Failure> {
    serde_json::to_string(&CloudEvent::changed(code, entry)).map_err(|error| Failure::Defect(error.to_string()))
}
