//! The entry of a function that reads a table's stream.

use aws_lambda_events::dynamodb::Event;

use super::{Error, serve};
use crate::Failure;

/// Hands each batch of changes to `handler`. After a failure the invocation fails, so that the
/// batch is repeated. No time is read: changes carry their own.
pub async fn run(handler: impl AsyncFn(Event) -> Result<(), Failure>) -> Result<(), Error> {
    serve(async |payload, _| Ok(handler(payload.event("a batch of a table's stream")?).await?))
        .await
}
