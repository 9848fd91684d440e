//! A batch of queue messages, each on its own: what fails, panics or hangs fails alone.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent, SqsMessage};
use futures::{FutureExt, StreamExt, stream};
use jiff::{SignedDuration, Timestamp};

use crate::Failure;
use crate::failure::Retry;
use crate::port::DeadLetters;

/// Seconds before the next try of what fails on our side, by how often a message has been received:
/// 20 hours in all.
pub const BACKOFF_SECONDS: [u32; 10] = [2, 4, 8, 16, 60, 300, 1_800, 7_200, 21_600, 41_000];

/// Seconds before the next try of what waits for something else to happen first, by how often it
/// has been received; the last stays. Half an hour at most, since what is waited for may come at
/// any time.
pub const WAITING_SECONDS: [u32; 10] = [2, 4, 8, 16, 30, 60, 120, 300, 900, 1_800];

/// The least number of receipts before a waiting message is parked, however old it is: in a queue
/// that was stopped, messages can be older than any limit.
const WAITING_RECEIVES_MIN: u32 = 5;

/// The patience of a queue on which nothing waits for anything else for long.
pub const SHORT_PATIENCE: SignedDuration = SignedDuration::from_secs(30);

/// The longest that a message is hidden, in seconds. SQS counts twelve hours from the receive and
/// refuses what reaches beyond; a function's time is a quarter of an hour at most.
pub const HIDDEN_SECONDS_MAX: u32 = 43_200 - 900;

/// How long hiding or parking one message may take, beside [`Plan::record_timeout`].
pub const SETTLED_WITHIN: Duration = Duration::from_secs(1);

/// Hides a received message for a while, and parks what can never succeed.
pub trait Backoff: DeadLetters {
    /// Hides the message for `seconds`, counted from now.
    fn hide(&self, receipt: &str, seconds: u32)
    -> impl Future<Output = Result<(), Failure>> + Send;

    /// Parks a message that is given up at `now` for `reason`, with what has to be kept of it.
    fn give_up(
        &self,
        arrived: &Arrived,
        reason: &'static str,
        failure: &Failure,
        _now: Timestamp,
    ) -> impl Future<Output = Result<(), Failure>> + Send {
        async move { self.park(&arrived.body, reason, &failure.to_string()).await }
    }
}

/// How a batch is worked off.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// The number of messages handled at the same time.
    pub width: usize,
    /// How long the work on one message may take, whatever it looks up; hiding or parking it has
    /// [`SETTLED_WITHIN`] besides.
    pub record_timeout: Duration,
    /// After how many receives a message is given up and parked with its reason, where it fails on
    /// our side.
    pub receives_max: u32,
    /// How old a message may become that waits for something else to happen first.
    pub patience: SignedDuration,
}

/// A message as received from the queue.
#[derive(Debug, Clone)]
pub struct Arrived {
    /// The body as text.
    pub body: String,
    /// The principal that sent it (`SenderId`), as the queue says.
    pub sender: Option<String>,
    /// Its attributes that are text, by name.
    pub attributes: BTreeMap<String, String>,
    /// Its age in the queue; [`SignedDuration::MAX`] if the queue does not report one.
    pub age: SignedDuration,
}

/// How work on a message ended that gave no outcome of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interruption {
    /// The handler panicked: the message would make it panic again.
    Panicked,
    /// The work did not end in its time.
    TimedOut,
}

impl Interruption {
    /// Both of them, so that the contract can be compared with the code.
    pub const ALL: [Self; 2] = [Self::Panicked, Self::TimedOut];

    /// The reason that a parked message is given.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Panicked => "panicked",
            Self::TimedOut => "timed-out",
        }
    }
}

/// Works off `event`, which came at `now`, with `work`, and answers which messages the queue has to
/// deliver again.
pub async fn run(
    event: SqsEvent,
    plan: Plan,
    queue: &impl Backoff,
    now: Timestamp,
    work: impl AsyncFn(Arrived) -> Result<(), Failure>,
) -> SqsBatchResponse {
    let failures: Vec<String> = stream::iter(event.records)
        .map(|message| one(message, plan, queue, now, &work))
        .buffer_unordered(plan.width)
        .filter_map(|failed| async { failed })
        .collect()
        .await;
    response(failures)
}

/// Works off all messages of `event`, which came at `now`, in one go with `work`, which gives an
/// outcome for each of them, in their order, or fails for all. Where it panics, each is worked off
/// alone, so that one takes no other along; where it does not end in the time of one message, all
/// come again.
pub async fn run_together(
    event: SqsEvent,
    plan: Plan,
    queue: &impl Backoff,
    now: Timestamp,
    work: impl AsyncFn(Vec<Arrived>) -> Result<Vec<Result<(), Failure>>, Failure>,
) -> SqsBatchResponse {
    let arrived: Vec<Arrived> =
        event.records.iter().map(|message| Arrived::of(message, now)).collect();
    let guarded = AssertUnwindSafe(async { work(arrived).await }).catch_unwind();
    let outcomes = match tokio::time::timeout(plan.record_timeout, guarded).await {
        Ok(Ok(Ok(outcomes))) if outcomes.len() == event.records.len() => outcomes,
        Ok(Ok(Ok(_)) | Err(_)) => {
            let alone = async |message: Arrived| {
                let outcome = work(vec![message]).await?.pop();
                outcome.unwrap_or_else(|| Err(Failure::Defect("no outcome".to_owned())))
            };
            return run(event, Plan { width: 1, ..plan }, queue, now, alone).await;
        }
        Ok(Ok(Err(failure))) => {
            let why = failure.chain();
            let shared = || Err(Failure::unavailable("what a batch shares", why.clone()));
            event.records.iter().map(|_| shared()).collect()
        }
        Err(_) => event.records.iter().map(|_| Err(out_of_time())).collect(),
    };
    let ends = event.records.into_iter().zip(outcomes).map(|(message, outcome)| async move {
        let outcome = outcome.map_err(|failure| (failure.slug(), failure));
        settle(&message, outcome, plan, queue, now).await
    });
    let failures: Vec<String> = stream::iter(ends)
        .buffer_unordered(plan.width)
        .filter_map(|failed| async { failed })
        .collect()
        .await;
    response(failures)
}

/// The answer by which the queue delivers the messages with these ids again.
fn response(failures: Vec<String>) -> SqsBatchResponse {
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

fn out_of_time() -> Failure {
    Failure::Held("the time of this message")
}

/// Works off one message; gives its id back if the queue has to deliver it again.
async fn one(
    message: SqsMessage,
    plan: Plan,
    queue: &impl Backoff,
    now: Timestamp,
    work: &impl AsyncFn(Arrived) -> Result<(), Failure>,
) -> Option<String> {
    let arrived = Arrived::of(&message, now);
    let guarded = AssertUnwindSafe(async { work(arrived).await }).catch_unwind();
    let outcome = match tokio::time::timeout(plan.record_timeout, guarded).await {
        Ok(Ok(outcome)) => outcome.map_err(|failure| (failure.slug(), failure)),
        Ok(Err(_)) => {
            let failure = Failure::Defect("the handler panicked".to_owned());
            Err((Interruption::Panicked.name(), failure))
        }
        Err(_) => Err((Interruption::TimedOut.name(), out_of_time())),
    };
    settle(&message, outcome, plan, queue, now).await
}

/// Hides or parks a message that failed; gives its id back if the queue has to deliver it again.
async fn settle(
    message: &SqsMessage,
    outcome: Result<(), (&'static str, Failure)>,
    plan: Plan,
    queue: &impl Backoff,
    now: Timestamp,
) -> Option<String> {
    let Err((reason, failure)) = outcome else {
        return None;
    };
    // SQS names every message. An empty name in the answer makes it deliver the whole batch again:
    // nothing is lost.
    let id = message.message_id.clone().unwrap_or_default();
    let arrived = Arrived::of(message, now);
    let receives = message
        .attributes
        .get("ApproximateReceiveCount")
        .and_then(|count| count.parse().ok())
        .unwrap_or(1);
    let Some(seconds) = next_try(&failure, receives, arrived.age, plan) else {
        tracing::error!(id, receives, reason, cause = failure.chain(), "message parked");
        return match tokio::time::timeout(
            SETTLED_WITHIN,
            queue.give_up(&arrived, reason, &failure, now),
        )
        .await
        {
            Ok(Ok(())) => None,
            Ok(Err(failure)) => {
                tracing::error!(id, cause = failure.chain(), "message could not be parked");
                Some(id)
            }
            Err(_) => {
                tracing::error!(id, "message could not be parked in time");
                Some(id)
            }
        };
    };
    tracing::warn!(
        id,
        receives,
        reason,
        cause = failure.chain(),
        seconds,
        "message will be tried again"
    );
    if let (Some(receipt), true) = (&message.receipt_handle, seconds > 0) {
        // Where it is not hidden, the queue's own visibility timeout decides when it comes back.
        match tokio::time::timeout(SETTLED_WITHIN, queue.hide(receipt, seconds)).await {
            Ok(Ok(())) => {}
            Ok(Err(failure)) => {
                tracing::warn!(id, cause = failure.chain(), "message could not be hidden")
            }
            Err(_) => tracing::warn!(id, "message could not be hidden in time"),
        }
    }
    Some(id)
}

impl Arrived {
    /// What is read of a message, at `now`.
    pub fn of(message: &SqsMessage, now: Timestamp) -> Self {
        let text = message.message_attributes.iter().filter_map(|(name, value)| {
            value.string_value.as_ref().map(|value| (name.clone(), value.clone()))
        });
        Self {
            body: message.body.clone().unwrap_or_default(),
            sender: message.attributes.get("SenderId").cloned(),
            attributes: text.collect(),
            age: age(message, now),
        }
    }
}

/// For how long the message has been in the queue.
fn age(message: &SqsMessage, now: Timestamp) -> SignedDuration {
    let sent = message.attributes.get("SentTimestamp").and_then(|sent| sent.parse().ok());
    let sent = sent.and_then(|millis| Timestamp::from_millisecond(millis).ok());
    sent.map_or(SignedDuration::MAX, |sent| sent.duration_until(now).max(SignedDuration::ZERO))
}

/// In how many seconds a message is tried again that has failed; none where it is given up.
fn next_try(failure: &Failure, receives: u32, age: SignedDuration, plan: Plan) -> Option<u32> {
    let (schedule, given_up): (&[u32], bool) = match failure.retryable() {
        Retry::Never => return None,
        // To the second: there is nothing to spread.
        Retry::In(wait) => {
            return Some(u32::try_from(wait.as_secs()).unwrap_or(0).clamp(1, HIDDEN_SECONDS_MAX));
        }
        Retry::PerhapsSoon => {
            (&WAITING_SECONDS, receives >= WAITING_RECEIVES_MIN && age >= plan.patience)
        }
        // What has waited for something else before has its whole time for our failures all the
        // same.
        Retry::Yes => {
            (&BACKOFF_SECONDS, receives >= plan.receives_max && age >= tried_for(plan.receives_max))
        }
    };
    if given_up {
        return None;
    }
    // A receive after which the message was held back is no failure: the pauses that fit into its
    // age are the most that it can have had.
    let step = usize::try_from(receives.saturating_sub(1))
        .unwrap_or(usize::MAX)
        .min(pauses_within(schedule, age))
        .min(schedule.len() - 1);
    let base = schedule[step];
    // Jitter of a quarter: a queue's worth of messages that failed together does not come back
    // together.
    Some((base + fastrand::u32(0..=base / 4)).min(HIDDEN_SECONDS_MAX))
}

/// How many pauses of `schedule` have fitted into `age`.
fn pauses_within(schedule: &[u32], age: SignedDuration) -> usize {
    let ends = schedule.iter().scan(0_i64, |sum, pause| {
        *sum += i64::from(*pause);
        Some(*sum)
    });
    ends.take_while(|end| *end <= age.as_secs()).count()
}

/// How long so many receives take, where nothing but us fails.
fn tried_for(receives: u32) -> SignedDuration {
    let steps = usize::try_from(receives.saturating_sub(1))
        .unwrap_or(usize::MAX)
        .min(BACKOFF_SECONDS.len());
    SignedDuration::from_secs(BACKOFF_SECONDS[..steps].iter().copied().map(i64::from).sum())
}
