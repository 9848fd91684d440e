//! Queues.

use std::collections::BTreeSet;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sqs::operation::send_message::SendMessageError;
use aws_sdk_sqs::types::{MessageAttributeValue, SendMessageBatchRequestEntry};
use aws_smithy_runtime_api::client::result::CreateUnhandledError;
use futures::{StreamExt, TryStreamExt, stream};

use crate::Failure;
use crate::batch::Backoff;
use crate::port::{DeadLetters, MessagePasser, MessageSender, ReplyQueues};

/// Calls under way to a queue at a time.
const SENDS_AT_ONCE: usize = 10;

/// The most messages that one call takes.
const BATCH_MESSAGES_MAX: usize = 10;

/// The most bytes of messages that one call takes: a quarter of what SQS allows today, and all that
/// it allowed until 2025 and others may still.
const BATCH_BYTES_MAX: usize = 256 * 1024;

/// Longest detail that is parked with a message, in bytes.
const DETAIL_BYTES_MAX: usize = 1_024;

fn down<E>(part: &'static str, error: SdkError<E>) -> Failure
where
    E: std::error::Error + CreateUnhandledError + Send + Sync + 'static,
{
    Failure::unavailable(part, error.into_service_error())
}

/// SQS takes the characters that XML takes, and a key that a client invented may hold others.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// A queue that messages are sent to.
#[derive(Debug, Clone)]
pub struct Queue {
    client: Client,
    url: String,
}

impl Queue {
    /// The queue at `url`.
    pub fn new(client: Client, url: String) -> Self {
        Self { client, url }
    }

    async fn send(&self, body: &str) -> Result<(), Failure> {
        let sent = self.client.send_message().queue_url(&self.url).message_body(body).send().await;
        sent.map(drop).map_err(|error| down("queue", error))
    }

    /// Sends what one call takes. A call may succeed and still refuse some of its messages: those
    /// are sent once more, each alone, and the first one that is refused then is the failure.
    async fn send_batch(&self, bodies: &[String]) -> Result<(), Failure> {
        if let [body] = bodies {
            return self.send(body).await;
        }
        let entry = |(place, body): (usize, &String)| {
            let entry = SendMessageBatchRequestEntry::builder().id(place.to_string());
            entry.message_body(body).build().map_err(|error| Failure::Defect(error.to_string()))
        };
        let entries = bodies.iter().enumerate().map(entry).collect::<Result<Vec<_>, _>>()?;
        let batch = self.client.send_message_batch().queue_url(&self.url);
        let answer = batch.set_entries(Some(entries)).send().await;
        let answer = answer.map_err(|error| down("queue", error))?;
        let taken: BTreeSet<&str> = answer.successful().iter().map(|entry| entry.id()).collect();
        for refused in answer.failed() {
            let (code, ours) = (refused.code(), refused.sender_fault());
            tracing::warn!(code, ours, "message of a batch refused, and sent alone");
        }
        // What the answer does not name was not taken either.
        let left = bodies.iter().enumerate().filter(|(place, _)| {
            let id = place.to_string();
            !taken.contains(id.as_str())
        });
        for (_, body) in left {
            self.send(body).await?;
        }
        Ok(())
    }
}

/// `bodies` in as many parts as calls are needed for them, in their order.
fn batches(bodies: &[String]) -> Vec<&[String]> {
    let mut batches = Vec::new();
    let (mut first, mut bytes) = (0, 0);
    for (place, body) in bodies.iter().enumerate() {
        let full = place - first == BATCH_MESSAGES_MAX || bytes + body.len() > BATCH_BYTES_MAX;
        if full && place > first {
            batches.push(&bodies[first..place]);
            (first, bytes) = (place, 0);
        }
        bytes += body.len();
    }
    if first < bodies.len() {
        batches.push(&bodies[first..]);
    }
    batches
}

impl MessageSender for Queue {
    async fn send_all(&self, bodies: &[String]) -> Result<(), Failure> {
        let sends: Vec<_> = batches(bodies).into_iter().map(|part| self.send_batch(part)).collect();
        stream::iter(sends).buffer_unordered(SENDS_AT_ONCE).try_collect().await
    }
}

/// An attribute of a message, as SQS takes it: text of limited length, and never empty.
fn attribute(value: &str) -> Result<MessageAttributeValue, Failure> {
    let value = printable(value);
    let end = value.floor_char_boundary(value.len().min(DETAIL_BYTES_MAX));
    let value = if end == 0 { "-" } else { &value[..end] };
    let made = MessageAttributeValue::builder().data_type("String").string_value(value).build();
    made.map_err(|error| Failure::Defect(error.to_string()))
}

impl MessagePasser for Queue {
    async fn pass_on(&self, body: &str, beside: &[(&str, &str)]) -> Result<(), Failure> {
        let mut sent = self.client.send_message().queue_url(&self.url).message_body(body);
        for (name, value) in beside {
            sent = sent.message_attributes(*name, attribute(value)?);
        }
        sent.send().await.map(drop).map_err(|error| down("queue", error))
    }
}

impl DeadLetters for Queue {
    async fn park_with(
        &self,
        body: &str,
        (reason, detail): (&str, &str),
        beside: &[(&str, &str)],
    ) -> Result<(), Failure> {
        // SQS takes no empty body either, and an empty message has nothing to lose.
        let body = if body.is_empty() { "(empty)" } else { body };
        let named = [("reason", reason), ("detail", detail)];
        let mut parked = self.client.send_message().queue_url(&self.url).message_body(body);
        for (name, value) in named.iter().chain(beside) {
            parked = parked.message_attributes(*name, attribute(value)?);
        }
        parked.send().await.map_err(|error| down("dead-letter queue", error))?;
        Ok(())
    }
}

/// The queues of replies, one for each integrator; their addresses differ by its name at the end.
#[derive(Debug, Clone)]
pub struct Replies {
    client: Client,
    url_prefix: String,
}

impl Replies {
    /// The queues whose addresses begin with `url_prefix`.
    pub fn new(client: Client, url_prefix: String) -> Self {
        Self { client, url_prefix }
    }
}

impl Replies {
    /// Puts `bodies` on the queue of the integrator with this name, in their order. Fails where
    /// there is no such queue too: whoever owes them goes on owing them.
    pub async fn reply_all(&self, name: &str, bodies: &[String]) -> Result<(), Failure> {
        let queue = Queue::new(self.client.clone(), format!("{}{name}", self.url_prefix));
        for part in batches(bodies) {
            queue.send_batch(part).await?;
        }
        Ok(())
    }
}

impl ReplyQueues for Replies {
    async fn reply(&self, name: &str, body: &str) -> Result<(), Failure> {
        let url = format!("{}{name}", self.url_prefix);
        match self.client.send_message().queue_url(url).message_body(body).send().await {
            Ok(_) => Ok(()),
            // Nothing that a later try would mend: the catalogue has an integrator that the
            // template has not.
            Err(error) if error.as_service_error().is_some_and(has_no_queue) => {
                tracing::error!(name, "an integrator has no queue of replies");
                Ok(())
            }
            Err(error) => Err(down("replies queue", error)),
        }
    }
}

fn has_no_queue(error: &SendMessageError) -> bool {
    error.is_queue_does_not_exist()
        || error.code().is_some_and(|code| code.ends_with("NonExistentQueue"))
}

crate::settings! {
    /// The settings of every function that works off a queue.
    pub struct QueueSettings {
        /// The address of the queue.
        url: String = "QUEUE_URL",
        /// The address of its dead-letter queue.
        dead_letters_url: String = "DLQ_URL",
        /// After how many receives a message is parked that fails on our side.
        receives_max: u32 = "MAX_RECEIVE_COUNT",
    }
}

/// A queue that messages are received from, with its dead-letter queue.
#[derive(Debug, Clone)]
pub struct SourceQueue {
    source: Queue,
    dead_letters: Queue,
}

impl SourceQueue {
    /// The queue that `settings` name, with its dead-letter queue.
    pub fn open(client: Client, settings: QueueSettings) -> Self {
        Self {
            source: Queue::new(client.clone(), settings.url),
            dead_letters: Queue::new(client, settings.dead_letters_url),
        }
    }
}

impl DeadLetters for SourceQueue {
    async fn park_with(
        &self,
        body: &str,
        why: (&str, &str),
        beside: &[(&str, &str)],
    ) -> Result<(), Failure> {
        self.dead_letters.park_with(body, why, beside).await
    }
}

impl Backoff for SourceQueue {
    async fn hide(&self, receipt: &str, seconds: u32) -> Result<(), Failure> {
        self.source
            .client
            .change_message_visibility()
            .queue_url(&self.source.url)
            .receipt_handle(receipt)
            .visibility_timeout(i32::try_from(seconds).unwrap_or(i32::MAX))
            .send()
            .await
            .map_err(|error| down("queue", error))?;
        Ok(())
    }
}
