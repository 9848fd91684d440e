//! The entry of a function that a schedule, or an operator by hand, invokes with an order.

use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Error, Invoked, serve};
use crate::Failure;

/// Carries out orders by `handler`, each at the time when it came, and answers with its outcome.
/// After a failure the invocation fails, so that it is repeated.
pub async fn run<Order: DeserializeOwned, Outcome: Serialize>(
    handler: impl AsyncFn(Order, Timestamp) -> Result<Outcome, Failure>,
) -> Result<(), Error> {
    serve(async |payload, Invoked { at, .. }| Ok(handler(payload.order()?, at).await?)).await
}
