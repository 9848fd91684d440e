//! A batch of queue messages, each on its own: what fails, panics or hangs fails alone.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent, SqsMessage};
use futures::{FutureExt, StreamExt, stream};

use crate::Failure;
use crate::failure::Retry;
use crate::port::Siding;

/// How many times a message is received that waits for something else to happen first: about half a minute.
const PERHAPS_RECEIVES_MAX: u32 = 5;

/// Seconds before the next try, by how often a message has been received: 20 hours in all.
const BACKOFF_SECONDS: [u32; 10] = [2, 4, 8, 16, 60, 300, 1_800, 7_200, 21_600, 43_200];

/// The longest that SQS can hide a message, in seconds: 12 hours.
const HIDDEN_SECONDS_MAX: u32 = 43_200;

/// Hides a received message for a while, and parks what can never succeed.
pub trait Backoff: Siding {
    /// Hides the message for `seconds`, counted from now.
    fn hide(&self, receipt: &str, seconds: u32) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// How a batch is worked off.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// Messages at a time.
    pub width: usize,
    /// How long one message may take.
    pub record_timeout: Duration,
    /// After how many receives a message is given up and parked with its reason.
    pub receives_max: u32,
}

/// Works off `event` with `work`, and answers which messages the queue has to deliver again.
pub async fn run<F>(event: SqsEvent, plan: Plan, queue: &impl Backoff, work: impl Fn(String) -> F) -> SqsBatchResponse
where
    F: Future<Output = Result<(), Failure>>,
{
    let failures: Vec<String> = stream::iter(event.records)
        .map(|message| one(message, plan, queue, &work))
        .buffer_unordered(plan.width)
        .filter_map(|failed| async { failed })
        .collect()
        .await;
    let mut response = SqsBatchResponse::default();
    response.batch_item_failures = failures
        .into_iter()
        .map(|id| {
            let mut failure = BatchItemFailure::default();
            failure.item_identifier = id;
            failure
        })
        .collect();
    response
}

/// Works off one message; gives its id back if the queue has to deliver it again.
async fn one<F>(message: SqsMessage, plan: Plan, queue: &impl Backoff, work: impl Fn(String) -> F) -> Option<String>
where
    F: Future<Output = Result<(), Failure>>,
{
    // SQS names every message. An empty name in the answer makes it deliver the whole batch again: nothing is lost.
    let id = message.message_id.clone().unwrap_or_default();
    let body = message.body.clone().unwrap_or_default();
    let guarded = AssertUnwindSafe(async { work(body.clone()).await }).catch_unwind();
    let outcome = match tokio::time::timeout(plan.record_timeout, guarded).await {
        Ok(Ok(outcome)) => outcome.map_err(|failure| (failure.slug(), failure)),
        Ok(Err(_)) => Err(("panicked", Failure::Defect("the handler panicked".to_owned()))),
        Err(_) => Err(("timed-out", Failure::Held("the time of this message"))),
    };
    let Err((reason, failure)) = outcome else {
        return None;
    };
    let receives = message.attributes.get("ApproximateReceiveCount").and_then(|count| count.parse().ok()).unwrap_or(1);
    let receives_max = match failure.retryable() {
        Retry::Never => 0,
        Retry::PerhapsSoon => PERHAPS_RECEIVES_MAX.min(plan.receives_max),
        Retry::Yes => plan.receives_max,
    };
    if receives >= receives_max {
        tracing::error!(message_id = id, receives, reason, cause = failure.chain(), "message parked");
        let parked = queue.park(&body, reason, &failure.to_string()).await;
        return parked.err().map(|failure| {
            tracing::error!(message_id = id, cause = failure.chain(), "message could not be parked");
            id
        });
    }
    let seconds = backoff_seconds(receives);
    tracing::warn!(message_id = id, receives, reason, cause = failure.chain(), seconds, "message will be tried again");
    if let (Some(receipt), true) = (&message.receipt_handle, seconds > 0)
        && let Err(failure) = queue.hide(receipt, seconds).await
    {
        // The queue's own visibility timeout then decides when it comes back.
        tracing::warn!(message_id = id, cause = failure.chain(), "message could not be hidden");
    }
    Some(id)
}

fn backoff_seconds(receives: u32) -> u32 {
    let step = usize::try_from(receives.saturating_sub(1)).unwrap_or(usize::MAX).min(BACKOFF_SECONDS.len() - 1);
    let base = BACKOFF_SECONDS[step];
    // Jitter of a quarter: a queue's worth of messages that failed together does not come back together.
    (base + fastrand::u32(0..=base / 4)).min(HIDDEN_SECONDS_MAX)
}
