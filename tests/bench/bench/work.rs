//! What is worked off: the examples of `events`, as often as they are wanted, each once.

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

/// The first code of the integrators' own block, as the example has it.
const INTEGRATORS: usize = 9_000;

/// Events for all jobs.
pub struct Work {
    submit: Value,
    change: Value,
    ingest_submit: Value,
    ingest_transition: Value,
    relay: Value,
}

impl Work {
    /// The examples of the repository at `root`.
    pub fn new(root: &Path) -> Self {
        let read = |name: &str| -> Value {
            let path = root.join("events").join(name);
            let text = std::fs::read_to_string(&path)
                .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            serde_json::from_str(&text).expect("an example is JSON")
        };
        Self {
            submit: read("submit-dossier.citizen.json"),
            change: read("change-status.receive.json"),
            ingest_submit: read("ingest-event.submit.json"),
            ingest_transition: read("ingest-event.transition.json"),
            relay: read("relay-changes.insert.json"),
        }
    }

    /// A submission under a key of its own, by an account and with a telephone of its own: of one that
    /// hands in thousands a day most would be refused.
    pub fn submit(&self, key: &str) -> Value {
        let mut event = self.submit.clone();
        let number =
            key.bytes().fold(7_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte)));
        event["requestContext"]["authorizer"]["jwt"]["claims"]["sub"] =
            json!(format!("citizen-{number}"));
        let phone = format!("0912{:06}", number % 1_000_000);
        alter(&mut event, |body| body["applicant"]["phone"] = json!(phone));
        event["headers"]["idempotency-key"] = json!(key);
        event["requestContext"]["requestId"] = json!(key);
        event
    }

    /// The same with another body, made by `change`.
    pub fn submit_with(&self, key: &str, change: impl FnOnce(&mut Value)) -> Value {
        let mut event = self.submit(key);
        alter(&mut event, change);
        event
    }

    /// The receipt of a dossier at the counter, under a key of its own.
    pub fn change(&self, code: &str, key: &str) -> Value {
        let mut event = self.change.clone();
        event["rawPath"] = json!(format!("/v1/dossiers/{code}/transitions"));
        event["requestContext"]["http"]["path"] = event["rawPath"].clone();
        event["pathParameters"]["code"] = json!(code);
        event["headers"]["idempotency-key"] = json!(key);
        event["requestContext"]["requestId"] = json!(key);
        event
    }

    /// The same with another body, made by `change`.
    pub fn change_with(&self, code: &str, key: &str, change: impl FnOnce(&mut Value)) -> Value {
        let mut event = self.change(code, key);
        alter(&mut event, change);
        event
    }

    /// The code under which an integrator submits its dossier of this number.
    pub fn integrators_code(number: usize) -> String {
        format!("H20.12-261116-{}", INTEGRATORS + number)
    }

    /// A batch of submissions of an integrator.
    pub fn ingest_submit(&self, numbers: std::ops::Range<usize>) -> Value {
        self.batch(&self.ingest_submit, numbers, |event, number| {
            event["data"]["code"] = json!(Self::integrators_code(number));
        })
    }

    /// A batch of receipts of an integrator, each of which names the version that it saw.
    pub fn ingest_transition(&self, numbers: std::ops::Range<usize>) -> Value {
        self.batch(&self.ingest_transition, numbers, |event, number| {
            event["subject"] = json!(Self::integrators_code(number));
            event["data"]["expectedVersion"] = json!(1);
        })
    }

    fn batch(
        &self,
        example: &Value,
        numbers: std::ops::Range<usize>,
        change: impl Fn(&mut Value, usize),
    ) -> Value {
        let record = &example["Records"][0];
        let body: Value = serde_json::from_str(record["body"].as_str().expect("a body"))
            .expect("an event is JSON");
        let kind = body["type"].as_str().expect("a type").to_owned();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_millis();
        let records = numbers.map(|number| {
            let (mut record, mut body) = (record.clone(), body.clone());
            body["id"] = json!(format!("{kind}-{number}"));
            change(&mut body, number);
            record["messageId"] = json!(format!("message-{number}"));
            record["receiptHandle"] = json!(format!("receipt-{number}"));
            // An hour in the queue: nothing is waited for any more.
            record["attributes"]["SentTimestamp"] = json!((now - 3_600_000).to_string());
            record["body"] = json!(body.to_string());
            record
        });
        json!({ "Records": records.collect::<Vec<Value>>() })
    }

    /// A batch of the table's stream: these items are new.
    pub fn relay(&self, items: &[Value]) -> Value {
        let record = &self.relay["Records"][0];
        let records = items.iter().enumerate().map(|(place, item)| {
            let mut record = record.clone();
            record["eventID"] = json!(format!("{place:032x}"));
            record["dynamodb"]["Keys"]["code"] = item["code"].clone();
            record["dynamodb"]["SequenceNumber"] = json!(format!("{:021}", place + 1));
            record["dynamodb"]["NewImage"] = item.clone();
            record
        });
        json!({ "Records": records.collect::<Vec<Value>>() })
    }
}

fn alter(event: &mut Value, change: impl FnOnce(&mut Value)) {
    let body = event["body"].as_str().expect("a body");
    let mut body = serde_json::from_str(body).expect("a body is JSON");
    change(&mut body);
    event["body"] = json!(body.to_string());
}
