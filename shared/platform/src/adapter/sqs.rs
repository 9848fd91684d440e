//! Queues.

use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::SdkError;
use aws_sdk_sqs::types::MessageAttributeValue;
use aws_smithy_runtime_api::client::result::CreateUnhandledError;
use futures::{StreamExt, TryStreamExt, stream};

use crate::Failure;
use crate::batch::Backoff;
use crate::port::{DeadLetters, MessageSender};

/// Messages under way to a queue at a time.
const SENDS_AT_ONCE: usize = 10;

/// Longest detail that is parked with a message, in bytes.
const DETAIL_BYTES_MAX: usize = 1_024;

/// A client, configured from the environment.
pub async fn client() -> Client {
    Client::new(&crate::dynamo::aws_config().await)
}

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
}

impl MessageSender for Queue {
    /// One call a message: a batch call may succeed and still refuse some of its entries, and a
    /// province's changes cost less than a dollar a year either way.
    async fn send_all(&self, bodies: &[String]) -> Result<(), Failure> {
        let sends: Vec<_> = bodies.iter().map(|body| self.send(body)).collect();
        stream::iter(sends).buffer_unordered(SENDS_AT_ONCE).try_collect().await
    }
}

impl DeadLetters for Queue {
    async fn park(&self, body: &str, reason: &str, detail: &str) -> Result<(), Failure> {
        let attribute = |value: &str| {
            let value = printable(value);
            let end = value.floor_char_boundary(value.len().min(DETAIL_BYTES_MAX));
            // SQS takes no empty attribute.
            let value = if end == 0 { "-" } else { &value[..end] };
            MessageAttributeValue::builder().data_type("String").string_value(value).build()
        };
        let attribute =
            |value| attribute(value).map_err(|error| Failure::Defect(error.to_string()));
        // SQS takes no empty body either, and an empty message has nothing to lose.
        let body = if body.is_empty() { "(empty)" } else { body };
        self.client
            .send_message()
            .queue_url(&self.url)
            .message_body(body)
            .message_attributes("reason", attribute(reason)?)
            .message_attributes("detail", attribute(detail)?)
            .send()
            .await
            .map_err(|error| down("dead-letter queue", error))?;
        Ok(())
    }
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
    async fn park(&self, body: &str, reason: &str, detail: &str) -> Result<(), Failure> {
        self.dead_letters.park(body, reason, detail).await
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
