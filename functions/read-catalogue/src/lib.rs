//! `GET /v1/procedures`, `/v1/procedures/{code}` and `/v1/agencies`: what can be asked for, with
//! what, how long it takes and of whom, from the catalogue in force. Public: it is law and
//! organisation, and nobody's data.

mod agencies;
mod procedures;
mod settings;

use domain::catalogue::Catalogue;
use jiff::Timestamp;
use platform::Failure;
use platform::http::{Caches, HttpReply, HttpRequest};
use serde::Serialize;

pub use settings::Settings;

/// How long an answer may be kept before it is asked for again by its tag, in seconds: editions
/// and the versions of procedures change seldom, and whoever hands in by what was in force five
/// minutes ago is told by `submit-dossier` what has changed.
const KEPT_SECONDS: u32 = 300;

/// Answers one request from the `catalogue` in force at `now`.
pub fn handle(
    request: &HttpRequest,
    catalogue: &Catalogue,
    now: Timestamp,
) -> Result<HttpReply, Failure> {
    match request.route.as_str() {
        "GET /v1/procedures" => kept(&procedures::list(request, catalogue, now)?, request),
        "GET /v1/procedures/{code}" => kept(&procedures::one(request, catalogue, now)?, request),
        "GET /v1/agencies" => kept(&agencies::list(request, catalogue, now)?, request),
        _ => Err(Failure::RouteNotFound),
    }
}

fn kept(answer: &impl Serialize, request: &HttpRequest) -> Result<HttpReply, Failure> {
    let known = request.header("if-none-match");
    Ok(HttpReply::json(200, answer)?.kept_for(KEPT_SECONDS, Caches::Shared, known))
}
