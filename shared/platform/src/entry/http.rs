//! The entry of a function behind the API gateway.

use jiff::Timestamp;

use super::{Error, Invoked, serve};
use crate::Failure;
use crate::http::{HttpReply, HttpRequest, answer, within};

/// Answers requests by `handler`, each at the time when it came. One that takes nearly as long as
/// the platform allows is answered with a problem document, before the process is ended for it.
pub async fn run(
    handler: impl AsyncFn(HttpRequest, Timestamp) -> Result<HttpReply, Failure>,
) -> Result<(), Error> {
    let handler = &handler;
    serve(async |payload, invoked: Invoked| {
        let (at, left) = (invoked.at, invoked.left());
        Ok(answer(&payload, |request| within(left, handler(request, at))).await)
    })
    .await
}
