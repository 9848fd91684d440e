//! The entry of a function behind the API gateway.

use jiff::Timestamp;

use super::{Error, serve};
use crate::Failure;
use crate::http::{HttpReply, HttpRequest, answer};

/// Answers requests by `handler`, each at the time when it came.
pub async fn run(
    handler: impl AsyncFn(HttpRequest, Timestamp) -> Result<HttpReply, Failure>,
) -> Result<(), Error> {
    serve(async |payload, now| Ok(answer(&payload, |request| handler(request, now)).await)).await
}
