//! The integrators' queue as `ingest-event` works it off.

use std::time::Duration;

use aws_lambda_events::sqs::SqsBatchResponse;
use domain::dossier::Holds;
use ingest_event::Desk;
use jiff::{SignedDuration, Timestamp};
use platform::batch::{self, Plan};
use platform::dynamo::{Deliveries, Dossiers, EventTable, IntakeTable};
use platform::port::EventRecords;
use platform::record::standing::{EventName, EventRecord};
use platform::seal::SealKey;
use receive_event::Desk as Receiving;
use serde_json::{Value, json};

use super::world::{Kept, World};

/// As the template has it.
pub const PLAN: Plan = Plan {
    width: ingest_event::WIDTH,
    record_timeout: Duration::from_secs(60),
    receives_max: 11,
    patience: SignedDuration::from_hours(12),
};

/// The key with which senders are sealed in the tests.
pub fn seal_key() -> SealKey {
    SealKey::new("a key for senders in tests".to_owned())
}

/// A desk over the tables of `world` on which nothing is held back.
pub fn desk<'a>(
    world: &'a World,
    queue: &'a Kept,
) -> Desk<'a, Dossiers, IntakeTable, Deliveries, EventTable, Kept, Kept> {
    Desk {
        store: &world.dossiers,
        intake: &world.intake,
        ledger: &world.deliveries,
        feedback: &world.office.feedback,
        records: &world.events,
        queue,
        replies: queue,
        key: &world.seal_key,
        holds: Holds::NONE,
    }
}

/// What `receive-event` works with over the records of `world`, which passes on to `queue`.
pub fn receiving<'a>(world: &'a World, queue: &'a Kept) -> Receiving<'a, EventTable, Kept> {
    Receiving { records: &world.events, queue, key: &world.seal_key }
}

/// A message of the queue that `sender` sent, received for the first time when it was sent.
pub fn message(body: &str, sender: Option<&str>, sent: Timestamp) -> Value {
    let mut message = json!({
        "messageId": "m", "receiptHandle": "r", "body": body, "awsRegion": "x", "messageAttributes": {},
        "attributes": { "ApproximateReceiveCount": "1",
            "SentTimestamp": sent.as_millisecond().to_string() },
        "eventSource": "aws:sqs", "eventSourceARN": "arn", "md5OfBody": "",
    });
    if let Some(sender) = sender {
        message["attributes"]["SenderId"] = sender.into();
    }
    message
}

/// The same message as it is on the queue again, sent by `operator` with what was parked beside it.
pub fn sent_back(body: &str, operator: &str, queue: &Kept, sent: Timestamp) -> Value {
    let mut back = message(body, Some(operator), sent);
    for (name, value) in queue.beside.lock().unwrap().last().expect("nothing was parked") {
        back["messageAttributes"][name] = json!({ "stringValue": value, "dataType": "String" });
    }
    back
}

/// Works off one message at `now`.
pub async fn work(
    world: &World,
    queue: &Kept,
    message: &Value,
    now: Timestamp,
) -> SqsBatchResponse {
    let desk = desk(world, queue);
    let event = serde_json::from_value(json!({ "Records": [message] })).unwrap();
    let work = async |arrived| desk.receive(&arrived, &world.catalogue, now).await;
    batch::run(event, PLAN, &desk, now, work).await
}

/// What is recorded of the event `id` of `source`.
pub async fn record_of(world: &World, source: &str, id: &str) -> Option<EventRecord> {
    world.events.event(&EventName::of(source, id).unwrap()).await.unwrap()
}
