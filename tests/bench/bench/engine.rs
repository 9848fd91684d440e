//! The tables of the template in an embedded DynamoDB, and queues that take what is sent: on
//! loopback, plain and behind TLS. Each competitor has an engine of its own.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};

use dynoxide::Database;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::declared::declared;
use crate::trust::Trust;
use crate::wire::{answer, header, message};

/// One call of a table or queue, as it went over the wire.
#[derive(Clone)]
pub struct Call {
    /// The operation with its service, as `DynamoDB_20120810.GetItem`.
    pub target: String,
    /// Its parameters.
    pub body: Value,
}

/// What one message was sent with.
#[derive(Clone)]
pub struct Sent {
    /// The queue by its logical name.
    pub queue: String,
    /// Its body.
    pub body: String,
    /// Its attributes, by name.
    pub attributes: Value,
}

/// Where tables and queues are reached.
#[derive(Clone)]
pub struct Endpoints {
    /// The address of the tables.
    pub tables: String,
    /// The address of the queues.
    pub queues: String,
}

/// Tables and queues.
pub struct Engine {
    /// The tables themselves, for looks past the network.
    pub database: Database,
    /// Without TLS, past everything else.
    pub plain: Endpoints,
    /// Behind TLS.
    pub secure: Endpoints,
    /// Without TLS, by a way on which every call is written down.
    pub recorded: Endpoints,
    calls: Arc<Mutex<Vec<Call>>>,
    sent: Arc<Mutex<Vec<Sent>>>,
}

impl Engine {
    /// Empty tables, as the template declares them, with one besides for the idempotency of
    /// Powertools.
    pub async fn new(root: &Path, trust: &Trust) -> Self {
        let database = Database::memory().expect("an embedded database");
        for (name, definition) in declared(root).into_iter().chain([powertools()]) {
            database
                .create_table(serde_json::from_value(definition).expect("a table"))
                .unwrap_or_else(|error| panic!("{name}: {error}"));
        }
        let (calls, sent) = (Arc::default(), Arc::default());
        let (listener, tables) = listen().await;
        tokio::spawn(dynoxide::server::serve_on(listener, database.clone()));
        let (listener, queues) = listen().await;
        tokio::spawn(serve_queues(listener, Arc::clone(&sent), None));
        let (listener, recorded_tables) = listen().await;
        tokio::spawn(record(listener, tables, Arc::clone(&calls)));
        let (listener, recorded_queues) = listen().await;
        tokio::spawn(serve_queues(listener, Arc::clone(&sent), Some(Arc::clone(&calls))));
        let secure_tables = secured(tables, trust.acceptor()).await;
        let secure_queues = secured(queues, trust.acceptor()).await;
        let at = |scheme: &str, tables: SocketAddr, queues: SocketAddr| Endpoints {
            tables: format!("{scheme}://{tables}"),
            queues: format!("{scheme}://{queues}"),
        };
        Self {
            database,
            plain: at("http", tables, queues),
            secure: at("https", secure_tables, secure_queues),
            recorded: at("http", recorded_tables, recorded_queues),
            calls,
            sent,
        }
    }

    /// The calls since the last look.
    pub fn calls(&self) -> Vec<Call> {
        std::mem::take(&mut *self.calls.lock().expect("no thread panicked"))
    }

    /// The messages since the last look.
    pub fn sent(&self) -> Vec<Sent> {
        std::mem::take(&mut *self.sent.lock().expect("no thread panicked"))
    }

    /// The item under this key; none where there is none.
    pub fn item(&self, table: &str, key: &str, value: &str) -> Option<Value> {
        let request =
            json!({ "TableName": table, "Key": { key: { "S": value } }, "ConsistentRead": true });
        let request = serde_json::from_value(request).expect("a request");
        let found = self.database.get_item(request).expect("the tables answer");
        let found = serde_json::to_value(found).expect("an answer");
        found.get("Item").filter(|item| !item.is_null()).cloned()
    }

    /// How many items a table holds, of those that a page holds.
    pub fn count(&self, table: &str) -> usize {
        let request = serde_json::from_value(json!({ "TableName": table })).expect("a request");
        let found = self.database.scan(request).expect("the tables answer");
        let found = serde_json::to_value(found).expect("an answer");
        found["Items"].as_array().map_or(0, Vec::len)
    }
}

/// The table in which Powertools keeps what was answered.
fn powertools() -> (String, Value) {
    let name = "IdempotencyTable".to_owned();
    let definition = json!({
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{ "AttributeName": "id", "AttributeType": "S" }],
        "KeySchema": [{ "AttributeName": "id", "KeyType": "HASH" }],
    });
    (name, definition)
}

async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    (listener, address)
}

/// Ends TLS, and hands the bytes on.
async fn secured(upstream: SocketAddr, acceptor: TlsAcceptor) -> SocketAddr {
    let (listener, address) = listen().await;
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let _ = client.set_nodelay(true);
                // A client that breaks off, or does not trust us, is told of where it fails.
                let Ok(mut client) = acceptor.accept(client).await else { return };
                let Ok(mut server) = TcpStream::connect(upstream).await else { return };
                let _ = server.set_nodelay(true);
                let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
            });
        }
    });
    address
}

/// Hands calls on to the tables, and writes them down.
async fn record(listener: TcpListener, upstream: SocketAddr, calls: Arc<Mutex<Vec<Call>>>) {
    while let Ok((mut client, _)) = listener.accept().await {
        let calls = Arc::clone(&calls);
        tokio::spawn(async move {
            let mut tables = TcpStream::connect(upstream).await.expect("the tables listen");
            while let Some((head, body)) = message(&mut client).await {
                note(&calls, &head, &body);
                let asked = [head.as_bytes(), b"\r\n\r\n", &body].concat();
                if tables.write_all(&asked).await.is_err() {
                    return;
                }
                let Some((head, body)) = message(&mut tables).await else { return };
                let answered = [head.as_bytes(), b"\r\n\r\n", &body].concat();
                if client.write_all(&answered).await.is_err() {
                    return;
                }
            }
        });
    }
}

fn note(calls: &Mutex<Vec<Call>>, head: &str, body: &[u8]) {
    let target = header(head, "x-amz-target").expect("a call has a target").to_owned();
    let body = serde_json::from_slice(body).expect("a call is JSON");
    calls.lock().expect("no thread panicked").push(Call { target, body });
}

/// Takes messages, one and in batches, and answers what hides or deletes others.
async fn serve_queues(
    listener: TcpListener,
    sent: Arc<Mutex<Vec<Sent>>>,
    calls: Option<Arc<Mutex<Vec<Call>>>>,
) {
    while let Ok((mut client, _)) = listener.accept().await {
        let (sent, calls) = (Arc::clone(&sent), calls.clone());
        let _ = client.set_nodelay(true);
        tokio::spawn(async move {
            while let Some((head, body)) = message(&mut client).await {
                if let Some(calls) = &calls {
                    note(calls, &head, &body);
                }
                let target = header(&head, "x-amz-target").unwrap_or_default();
                let asked: Value = serde_json::from_slice(&body).unwrap_or_default();
                let (status, said) = take(target, &asked, &sent);
                if !answer(&mut client, status, "", &said.to_string()).await {
                    return;
                }
            }
        });
    }
}

fn take(target: &str, asked: &Value, sent: &Mutex<Vec<Sent>>) -> (&'static str, Value) {
    let queue = asked["QueueUrl"].as_str().unwrap_or_default();
    let queue = queue.rsplit('/').next().unwrap_or_default().to_owned();
    let keep = |entry: &Value| {
        let mut sent = sent.lock().expect("no thread panicked");
        sent.push(Sent {
            queue: queue.clone(),
            body: entry["MessageBody"].as_str().unwrap_or_default().to_owned(),
            attributes: entry["MessageAttributes"].clone(),
        });
        format!("message-{}", sent.len())
    };
    match target {
        "AmazonSQS.SendMessage" => {
            ("200 OK", json!({ "MessageId": keep(asked), "MD5OfMessageBody": "unasked" }))
        }
        "AmazonSQS.SendMessageBatch" => {
            let entries = asked["Entries"].as_array().map_or(&[][..], Vec::as_slice);
            let taken: Vec<Value> = entries
                .iter()
                .map(|entry| {
                    json!({
                        "Id": entry["Id"], "MessageId": keep(entry),
                        "MD5OfMessageBody": "unasked",
                    })
                })
                .collect();
            ("200 OK", json!({ "Successful": taken, "Failed": [] }))
        }
        "AmazonSQS.ChangeMessageVisibility" | "AmazonSQS.DeleteMessage" => ("200 OK", json!({})),
        // What primes a connection may ask for anything that changes nothing.
        "AmazonSQS.GetQueueAttributes" | "AmazonSQS.GetQueueUrl" => {
            ("200 OK", json!({ "Attributes": {}, "QueueUrl": asked["QueueUrl"] }))
        }
        _ => (
            "400 Bad Request",
            json!({ "__type": "com.amazonaws.sqs#UnsupportedOperation", "message": target }),
        ),
    }
}
