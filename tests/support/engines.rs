//! Tables and queues in this process: the tables are the embedded DynamoDB, called without a wire;
//! the queues are a model that delivers at least once, hides, and forgets nothing.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use aws_sdk_dynamodb::config::StalledStreamProtectionConfig;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use dynoxide::Database;
use jiff::{SignedDuration, Timestamp};
use platform::cloud::Cloud;
use replay::tables::{client, declared};
use serde_json::{Value, json};

use super::seam::{Engine, Line, Seam};
use super::world::cloud;

/// The clock of a world: it stands until it is put forward.
#[derive(Clone)]
pub struct Clock(Arc<Mutex<Timestamp>>);

impl Clock {
    /// One that stands at `now`.
    pub fn at(now: Timestamp) -> Self {
        Self(Arc::new(Mutex::new(now)))
    }

    pub fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }

    /// Puts it to `now`.
    pub fn set(&self, now: Timestamp) {
        *self.0.lock().unwrap() = now;
    }
}

/// Items of all tables, by table and key.
pub type Contents = BTreeMap<String, BTreeMap<String, Value>>;

/// A change of a row, as the stream of its table has it: before and after, or the key alone.
pub type Change = (Option<Value>, Option<Value>);

/// The tables whose streams are relayed, with whether these have images.
const STREAMED: [(&str, bool); 2] = [("DossiersTable", true), ("FeedbackTable", false)];

/// What is in one table, by key.
type Rows = BTreeMap<String, Value>;

/// The tables.
pub struct Tables {
    database: Database,
    /// The names of the attributes of each table's key.
    keys: BTreeMap<String, Vec<String>>,
    streamed: Mutex<([Rows; 2], Vec<Change>)>,
}

/// Calls one operation of the database.
macro_rules! called {
    ($database:expr, $operation:ident, $body:expr) => {
        match serde_json::from_str($body) {
            Ok(request) => match $database.$operation(request) {
                Ok(answer) => (200, serde_json::to_string(&answer).unwrap()),
                Err(error) => (error.status_code(), error.to_json()),
            },
            Err(error) => panic!("the tables cannot read {}: {error}", $body),
        }
    };
}

impl Tables {
    /// Empty ones, as the template declares them.
    pub fn new() -> Self {
        let database = Database::memory().unwrap();
        let mut keys = BTreeMap::new();
        for (name, definition) in declared() {
            let schema = definition["KeySchema"].as_array().unwrap();
            let names = schema.iter().map(|key| key["AttributeName"].as_str().unwrap().to_owned());
            keys.insert(name, names.collect());
            database.create_table(serde_json::from_value(definition).unwrap()).unwrap();
        }
        Self { database, keys, streamed: Mutex::default() }
    }

    /// A client of these tables, through `seam`; what fails is not tried again.
    pub fn client(self: &Arc<Self>, seam: &Seam) -> aws_sdk_dynamodb::Client {
        let engine: Arc<dyn Engine> = Arc::clone(self) as _;
        let line = SharedHttpClient::new(Line::new(seam, engine));
        let config = client("http://localhost").config().to_builder().http_client(line);
        // As on AWS; and a clock that jumps would take every answer for a stalled one.
        let config = config.stalled_stream_protection(StalledStreamProtectionConfig::disabled());
        aws_sdk_dynamodb::Client::from_conf(config.retry_config(RetryConfig::disabled()).build())
    }

    fn key(&self, table: &str, item: &Value) -> Value {
        let names = self.keys[table].iter();
        names.map(|name| (name.clone(), item[name].clone())).collect()
    }

    fn items(&self, table: &str) -> BTreeMap<String, Value> {
        let (_, found) = called!(self.database, scan, &json!({ "TableName": table }).to_string());
        let found: Value = serde_json::from_str(&found).unwrap();
        assert!(found["LastEvaluatedKey"].is_null(), "{table} is too long for one look");
        let items = found["Items"].as_array().cloned().unwrap_or_default();
        items.into_iter().map(|item| (self.key(table, &item).to_string(), item)).collect()
    }

    /// Everything that is there.
    pub fn contents(&self) -> Contents {
        self.keys.keys().map(|table| (table.clone(), self.items(table))).collect()
    }

    /// Makes them hold this and nothing else, with nothing on the stream.
    pub fn restore(&self, contents: &Contents) {
        for (table, wanted) in contents {
            let present = self.items(table);
            for (key, item) in &present {
                if !wanted.contains_key(key) {
                    let gone = json!({ "TableName": table, "Key": self.key(table, item) });
                    assert_eq!(called!(self.database, delete_item, &gone.to_string()).0, 200);
                }
            }
            for (key, item) in wanted {
                if present.get(key) != Some(item) {
                    let put = json!({ "TableName": table, "Item": item });
                    assert_eq!(called!(self.database, put_item, &put.to_string()).0, 200);
                }
            }
        }
        let present = STREAMED.map(|(table, _)| contents[table].clone());
        *self.streamed.lock().unwrap() = (present, Vec::new());
    }

    /// What the stream has, which is taken from it.
    pub fn changes(&self) -> Vec<Change> {
        std::mem::take(&mut self.streamed.lock().unwrap().1)
    }

    /// Puts on the stream what the last call has changed.
    fn stream(&self, body: &str) {
        let mut streamed = self.streamed.lock().unwrap();
        let (present, changes) = &mut *streamed;
        for ((table, has_images), before) in STREAMED.into_iter().zip(present) {
            if !body.contains(table) {
                continue;
            }
            let now = self.items(table);
            for (key, item) in now.iter().filter(|(key, item)| before.get(*key) != Some(*item)) {
                changes.push(match has_images {
                    true => (before.get(key).cloned(), Some(item.clone())),
                    false => (None, Some(self.key(table, item))),
                });
            }
            *before = now;
        }
    }
}

/// The tables that a call names, in their order, with their indexes.
fn named(body: &Value) -> Vec<String> {
    let mut names = Vec::new();
    if let Some(table) = body["TableName"].as_str() {
        let index = body["IndexName"].as_str();
        names.push(index.map_or(table.to_owned(), |index| format!("{table}/index/{index}")));
    }
    if let Some(of_batch) = body["RequestItems"].as_object() {
        names.extend(of_batch.keys().cloned());
    }
    for part in body["TransactItems"].as_array().into_iter().flatten() {
        let part = part.as_object().unwrap();
        let of =
            |(kind, it): (&String, &Value)| format!("{kind}:{}", it["TableName"].as_str().unwrap());
        names.extend(part.iter().map(of));
    }
    names.dedup();
    names
}

impl Engine for Tables {
    fn name(&self, operation: &str, body: &str) -> String {
        let body = serde_json::from_str(body).unwrap_or_default();
        format!("{operation} {}", named(&body).join("+"))
    }

    fn answer(&self, operation: &str, body: &str, in_part: bool) -> (u16, String) {
        let database = &self.database;
        let answer = match operation {
            "GetItem" => called!(database, get_item, body),
            "PutItem" => called!(database, put_item, body),
            "UpdateItem" => called!(database, update_item, body),
            "DeleteItem" => called!(database, delete_item, body),
            "Query" => called!(database, query, body),
            "Scan" => called!(database, scan, body),
            "BatchGetItem" if in_part => self.half(body),
            "BatchGetItem" => called!(database, batch_get_item, body),
            "BatchWriteItem" => called!(database, batch_write_item, body),
            "TransactWriteItems" => called!(database, transact_write_items, body),
            other => panic!("the tables do not know {other}"),
        };
        if !operation.contains("Get") && operation != "Query" {
            self.stream(body);
        }
        answer
    }

    fn turned_away(&self, operation: &str, body: &str) -> (u16, String) {
        let of = |kind: &str| format!("com.amazonaws.dynamodb.v20120810#{kind}");
        if operation == "TransactWriteItems" {
            let parts: Value = serde_json::from_str(body).unwrap();
            let parts = parts["TransactItems"].as_array().unwrap().len();
            let mut reasons = vec![json!({ "Code": "None" }); parts];
            reasons[0] = json!({ "Code": "TransactionConflict", "Message": "in conflict" });
            let said = json!({
                "__type": of("TransactionCanceledException"), "CancellationReasons": reasons,
                "Message": "Transaction cancelled [TransactionConflict]",
            });
            return (400, said.to_string());
        }
        let kind = of("ProvisionedThroughputExceededException");
        (400, json!({ "__type": kind, "message": "too much" }).to_string())
    }
}

impl Tables {
    /// Answers the first half of a batch's keys and gives the rest back.
    fn half(&self, body: &str) -> (u16, String) {
        let mut asked: Value = serde_json::from_str(body).unwrap();
        let (table, of_table) = asked["RequestItems"].as_object().unwrap().iter().next().unwrap();
        let (table, mut left) = (table.clone(), of_table.clone());
        let keys = of_table["Keys"].as_array().unwrap().clone();
        let (first, rest) = keys.split_at(keys.len() / 2);
        left["Keys"] = rest.into();
        if first.is_empty() {
            let answer =
                json!({ "Responses": { &table: [] }, "UnprocessedKeys": { &table: left } });
            return (200, answer.to_string());
        }
        asked["RequestItems"][&table]["Keys"] = first.into();
        let (status, answer) = called!(self.database, batch_get_item, &asked.to_string());
        let mut answer: Value = serde_json::from_str(&answer).unwrap();
        answer["UnprocessedKeys"] = json!({ table: left });
        (status, answer.to_string())
    }
}

/// A message of a queue.
#[derive(Debug, Clone)]
pub struct Message {
    /// Its place among all that were ever sent.
    pub id: usize,
    pub queue: String,
    pub body: String,
    /// The attributes beside it, as they are delivered.
    pub beside: Value,
    pub sender: String,
    pub sent: Timestamp,
    /// From when on it is delivered again.
    pub visible: Timestamp,
    pub receives: u32,
}

/// Messages that are there, and bodies of all that ever were, by queue.
#[derive(Default)]
struct Held {
    messages: Vec<Message>,
    ever: Vec<(String, String)>,
}

/// The queues.
pub struct Queues {
    clock: Clock,
    held: Mutex<Held>,
}

impl Queues {
    /// Empty ones.
    pub fn new(clock: &Clock) -> Self {
        Self { clock: clock.clone(), held: Mutex::default() }
    }

    /// A client of these queues, through `seam`; what fails is not tried again.
    pub fn client(self: &Arc<Self>, seam: &Seam) -> aws_sdk_sqs::Client {
        let engine: Arc<dyn Engine> = Arc::clone(self) as _;
        let line = SharedHttpClient::new(Line::new(seam, engine));
        let cloud = Cloud::of(cloud(Some("http://localhost"))).unwrap();
        let config = cloud.queues().config().to_builder().http_client(line);
        aws_sdk_sqs::Client::from_conf(config.retry_config(RetryConfig::disabled()).build())
    }

    /// Puts a message on `queue`, as somebody outside does.
    pub fn put(&self, queue: &str, body: &str, sender: &str, beside: Value) {
        let mut held = self.held.lock().unwrap();
        let (id, now) = (held.ever.len(), self.clock.now());
        held.ever.push((queue.to_owned(), body.to_owned()));
        held.messages.push(Message {
            id,
            queue: queue.to_owned(),
            body: body.to_owned(),
            beside,
            sender: sender.to_owned(),
            sent: now,
            visible: now,
            receives: 0,
        });
    }

    /// Delivers at most `most` messages of `queue` and hides them for `hidden`.
    pub fn receive(&self, queue: &str, most: usize, hidden: SignedDuration) -> Vec<Message> {
        let now = self.clock.now();
        let mut held = self.held.lock().unwrap();
        let due = held.messages.iter_mut().filter(|one| one.queue == queue && one.visible <= now);
        let deliver = |one: &mut Message| {
            one.receives += 1;
            one.visible = now + hidden;
            one.clone()
        };
        due.take(most).map(deliver).collect()
    }

    /// Forgets what was worked off.
    pub fn delete(&self, id: usize) {
        self.held.lock().unwrap().messages.retain(|one| one.id != id);
    }

    /// What lies on a queue, seen by nobody.
    pub fn on(&self, queue: &str) -> Vec<Message> {
        let held = self.held.lock().unwrap();
        held.messages.iter().filter(|one| one.queue == queue).cloned().collect()
    }

    /// Everything that is there.
    pub fn held(&self) -> Vec<Message> {
        self.held.lock().unwrap().messages.clone()
    }

    /// Bodies of everything that was ever sent, with their queues.
    pub fn ever(&self) -> Vec<(String, String)> {
        self.held.lock().unwrap().ever.clone()
    }

    /// Makes them hold this and nothing else.
    pub fn restore(&self, messages: &[Message]) {
        let mut held = self.held.lock().unwrap();
        held.messages = messages.to_vec();
        let past = messages.iter().map(|one| one.id + 1).max().unwrap_or(0);
        held.ever.clear();
        held.ever.resize(past, (String::new(), String::new()));
        for one in messages {
            held.ever[one.id] = (one.queue.clone(), one.body.clone());
        }
    }
}

/// The last part of a queue's address.
fn queue_of(body: &Value) -> String {
    let url = body["QueueUrl"].as_str().unwrap_or_default();
    url.rsplit('/').next().unwrap_or_default().to_owned()
}

/// What SQS says of a message that it has taken.
fn taken() -> Value {
    json!({ "MessageId": "m", "MD5OfMessageBody": "x" })
}

impl Engine for Queues {
    fn name(&self, operation: &str, body: &str) -> String {
        format!("{operation} {}", queue_of(&serde_json::from_str(body).unwrap_or_default()))
    }

    fn answer(&self, operation: &str, body: &str, in_part: bool) -> (u16, String) {
        let body: Value = serde_json::from_str(body).unwrap();
        let queue = queue_of(&body);
        let answer = match operation {
            "SendMessage" => {
                let beside = attributes(&body["MessageAttributes"]);
                self.put(&queue, body["MessageBody"].as_str().unwrap(), "ours", beside);
                taken()
            }
            "SendMessageBatch" => {
                let entries = body["Entries"].as_array().unwrap();
                let whole = if in_part { entries.len() / 2 } else { entries.len() };
                let (done, left) = entries.split_at(whole);
                for entry in done {
                    let text = entry["MessageBody"].as_str().unwrap();
                    self.put(&queue, text, "ours", json!({}));
                }
                let ok = |entry: &Value| {
                    let mut said = taken();
                    said["Id"] = entry["Id"].clone();
                    said
                };
                let no = |entry: &Value| {
                    let code = "ServiceUnavailable";
                    json!({ "Id": entry["Id"], "SenderFault": false, "Code": code })
                };
                let (done, left): (Vec<_>, Vec<_>) =
                    (done.iter().map(ok).collect(), left.iter().map(no).collect());
                json!({ "Successful": done, "Failed": left })
            }
            "ChangeMessageVisibility" => {
                let id: usize = body["ReceiptHandle"].as_str().unwrap().parse().unwrap();
                let seconds = body["VisibilityTimeout"].as_i64().unwrap();
                let visible = self.clock.now() + SignedDuration::from_secs(seconds);
                let mut held = self.held.lock().unwrap();
                held.messages.iter_mut().filter(|one| one.id == id).for_each(|one| {
                    one.visible = visible;
                });
                json!({})
            }
            other => panic!("the queues do not know {other}"),
        };
        (200, answer.to_string())
    }

    fn turned_away(&self, _: &str, _: &str) -> (u16, String) {
        let said = json!({ "__type": "com.amazonaws.sqs#RequestThrottled", "message": "too much" });
        (400, said.to_string())
    }
}

/// The attributes of a message as they are delivered.
fn attributes(sent: &Value) -> Value {
    let sent = sent.as_object().into_iter().flatten();
    let delivered = |it: &Value| json!({ "stringValue": it["StringValue"], "dataType": "String" });
    sent.map(|(name, it)| (name.clone(), delivered(it))).collect()
}
