//! Messages are sent ten a call, and each one that a call refuses is seen to.

use std::sync::{Arc, Mutex};

use platform::port::MessageSender;
use serde_json::Value;

use crate::support::cut::{self, Fate, TableCall};

/// What the queue was asked: the call, and the messages in it.
type Asked = Arc<Mutex<Vec<(String, Vec<String>)>>>;

fn remember(asked: &Asked, call: &TableCall) {
    let body: Value = serde_json::from_str(&call.body).unwrap();
    let text = |entry: &Value| entry["MessageBody"].as_str().unwrap().to_owned();
    let bodies = match body["Entries"].as_array() {
        Some(entries) => entries.iter().map(text).collect(),
        None => vec![text(&body)],
    };
    asked.lock().unwrap().push((call.operation.clone(), bodies));
}

const SENT: Fate = Fate::Answered(r#"{ "MessageId": "m", "MD5OfMessageBody": "x" }"#);

/// The answer of a call whose second message was refused.
const REFUSED: &str = r#"{
    "Successful": [
        { "Id": "0", "MessageId": "m", "MD5OfMessageBody": "x" },
        { "Id": "2", "MessageId": "m", "MD5OfMessageBody": "x" }
    ],
    "Failed": [{ "Id": "1", "SenderFault": false, "Code": "InternalError" }]
}"#;

/// The answer of a call all of whose messages were taken.
const TAKEN: &str = r#"{ "Failed": [], "Successful": [
    { "Id": "0", "MessageId": "m", "MD5OfMessageBody": "x" },
    { "Id": "1", "MessageId": "m", "MD5OfMessageBody": "x" },
    { "Id": "2", "MessageId": "m", "MD5OfMessageBody": "x" },
    { "Id": "3", "MessageId": "m", "MD5OfMessageBody": "x" },
    { "Id": "4", "MessageId": "m", "MD5OfMessageBody": "x" },
    { "Id": "5", "MessageId": "m", "MD5OfMessageBody": "x" },
    { "Id": "6", "MessageId": "m", "MD5OfMessageBody": "x" },
    { "Id": "7", "MessageId": "m", "MD5OfMessageBody": "x" },
    { "Id": "8", "MessageId": "m", "MD5OfMessageBody": "x" },
    { "Id": "9", "MessageId": "m", "MD5OfMessageBody": "x" }
] }"#;

fn bodies(count: usize, bytes: usize) -> Vec<String> {
    (0..count).map(|place| format!("{place:02}{}", "x".repeat(bytes - 2))).collect()
}

/// Sends `bodies` over a queue that answers batches so; gives what it was asked.
async fn sent(bodies: &[String], batches: &'static str) -> Vec<(String, Vec<String>)> {
    let asked = Asked::default();
    let heard = Arc::clone(&asked);
    let queue = cut::queue(move |call| {
        remember(&heard, call);
        if call.operation == "SendMessageBatch" { Fate::Answered(batches) } else { SENT }
    });
    queue.send_all(bodies).await.unwrap();
    let mut asked = asked.lock().unwrap().clone();
    asked.sort();
    asked
}

#[tokio::test]
async fn ten_messages_go_in_one_call_and_one_goes_alone() {
    let asked = sent(&bodies(21, 2), TAKEN).await;
    let calls: Vec<(&str, usize)> =
        asked.iter().map(|(call, bodies)| (call.as_str(), bodies.len())).collect();
    assert_eq!(calls, [("SendMessage", 1), ("SendMessageBatch", 10), ("SendMessageBatch", 10)]);
    let mut all: Vec<String> = asked.into_iter().flat_map(|(_, bodies)| bodies).collect();
    all.sort();
    assert_eq!(all, bodies(21, 2), "each once");
    assert!(sent(&[], TAKEN).await.is_empty(), "nothing is no call");
}

#[tokio::test]
async fn a_call_holds_no_more_bytes_than_a_queue_takes() {
    let asked = sent(&bodies(5, 100 * 1024), TAKEN).await;
    let calls: Vec<usize> = asked.iter().map(|(_, bodies)| bodies.len()).collect();
    assert_eq!(calls, [1, 2, 2]);
}

#[tokio::test]
async fn a_message_that_a_call_refuses_is_sent_alone() {
    let asked = sent(&bodies(3, 2), REFUSED).await;
    assert_eq!(asked[0], ("SendMessage".to_owned(), vec!["01".to_owned()]));
    assert_eq!((asked.len(), asked[1].1.len()), (2, 3));
}

#[tokio::test]
async fn a_message_that_an_answer_does_not_name_is_sent_alone() {
    let asked = sent(&bodies(2, 2), r#"{ "Failed": [], "Successful": [] }"#).await;
    let alone: Vec<&str> = asked[..2].iter().map(|(call, _)| call.as_str()).collect();
    assert_eq!(alone, ["SendMessage", "SendMessage"]);
}

#[tokio::test]
async fn a_message_that_is_refused_alone_too_fails_the_whole() {
    let queue = cut::queue(|call| match call.operation.as_str() {
        "SendMessageBatch" => Fate::Answered(REFUSED),
        _ => Fate::LostBefore,
    });
    let failure = queue.send_all(&bodies(3, 2)).await.unwrap_err();
    assert_eq!(failure.slug(), "unavailable");
}

/// Requests that a queue got for these messages.
async fn requests(count: usize) -> usize {
    sent(&bodies(count, 400), TAKEN).await.len()
}

#[tokio::test]
async fn an_event_costs_a_tenth_of_a_request_at_each_hop_of_a_full_batch() {
    // Batches as the template hands them over: of the stream and of the minute's wake, and shares
    // of them.
    for (events, calls) in [(100, 10), (50, 5), (27, 3), (20, 2), (10, 1), (7, 1)] {
        assert_eq!(requests(events).await, calls, "{events} events");
        assert!(calls * 100 <= events * 15, "{calls} requests for {events} events");
    }
    // Where nothing else happens, one change is one request: nothing waits for company.
    assert_eq!(requests(1).await, 1);
}
