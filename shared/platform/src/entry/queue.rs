//! The entry of a function that works off a queue.

use jiff::Timestamp;

use super::{Error, Invoked, serve};
use crate::batch::{self, Arrived, Backoff, Plan};
use crate::{Failure, clock};

/// Works off messages by `work`.
///
/// The clock is read once for each message, when its work begins: a batch may take minutes, and
/// each of its messages is judged, timed and repeated on its own.
pub async fn run(
    plan: Plan,
    queue: &impl Backoff,
    work: impl AsyncFn(Arrived, Timestamp) -> Result<(), Failure>,
) -> Result<(), Error> {
    run_sharing(plan, queue, || (), async |(), message, now| work(message, now).await).await
}

/// As [`run`], with something that all messages of one batch share, made by `shared`.
pub async fn run_sharing<S>(
    plan: Plan,
    queue: &impl Backoff,
    shared: impl Fn() -> S,
    work: impl AsyncFn(&S, Arrived, Timestamp) -> Result<(), Failure>,
) -> Result<(), Error> {
    serve(async |payload, Invoked { at: came, .. }| {
        let shared = &shared();
        let work = async |message| work(shared, message, clock::now()).await;
        Ok(batch::run(payload.event("a batch of a queue")?, plan, queue, came, work).await)
    })
    .await
}

/// Works off all messages of a batch in one go by `work`, which gives an outcome for each of them,
/// in their order, or fails for all: for work that is cheaper together.
pub async fn run_together(
    plan: Plan,
    queue: &impl Backoff,
    work: impl AsyncFn(Vec<Arrived>) -> Result<Vec<Result<(), Failure>>, Failure>,
) -> Result<(), Error> {
    let work = &work;
    serve(async |payload, Invoked { at: came, .. }| {
        let work = async |messages| work(messages).await;
        Ok(batch::run_together(payload.event("a batch of a queue")?, plan, queue, came, work).await)
    })
    .await
}
