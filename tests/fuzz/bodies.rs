//! What programs send: bodies, events, requests as the gateway passes them on.

use std::iter::once;

use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use domain::calendar::date_of;
use domain::dossier::Actor;
use domain::id::{CommandId, DossierCode};
use futures::executor::block_on;
use jiff::Timestamp;
use platform::Failure;
use platform::form::Faults;
use platform::http::HttpRequest;
use platform::parameters::{day, flag, number};
use platform::proof::ProofKey;
use platform::request::{Came, SubmissionBody, TransitionBody};
use platform::webhook::{ID, SIGNATURE, Secret, Signed, TIMESTAMP};

use crate::words::{CATALOGUE, text_of};

/// A moment of a working day, at which every input is judged.
fn now() -> Timestamp {
    Timestamp::constant(1_795_662_000, 0)
}

/// Whoever is refused is told at least one field with its rule, and no more than can be read.
fn told<T>(outcome: Result<T, Failure>) {
    if let Err(Failure::Invalid(found)) = outcome {
        assert!(!found.is_empty(), "a refusal names what is wrong");
        assert!(found.iter().all(|broken| !broken.detail.is_empty()));
    }
}

/// An integrator's event.
pub(crate) fn event(input: &[u8]) {
    let Some(message) = text_of(input) else { return };
    told(block_on(ingest_event::judge(message, &CATALOGUE, now())));
}

/// A dossier that is handed in.
pub(crate) fn submission(input: &[u8]) {
    let by = Actor::Portal { id: "portal".to_owned() };
    let judge = |body: SubmissionBody, faults: &Faults<'_>| {
        body.violations(&by, &CATALOGUE, date_of(now()), faults)
    };
    told(Came::<SubmissionBody>::read(input, judge).map(|_| ()));
}

/// A change of status.
pub(crate) fn transition(input: &[u8]) {
    let Ok(id) = CommandId::try_from("generated".to_owned()) else { return };
    let judge =
        |body: TransitionBody<u64>, _: &Faults<'_>| body.violations(id.clone(), &CATALOGUE, now());
    told(Came::<TransitionBody<u64>>::read(input, judge).map(|_| ()));
}

/// A request as the gateway passes it on, and what is read of any of them.
pub(crate) fn request(input: &[u8]) {
    let Ok(event) = serde_json::from_slice::<ApiGatewayV2httpRequest>(input) else { return };
    let request = HttpRequest::from(event);
    told(request.actor(&CATALOGUE, now()));
    told(request.applicant(&CATALOGUE));
    told(request.administrator());
    told(request.path::<DossierCode>("code"));
    told(request.no_parameters());
    let mut parameters = request.parameters();
    let _read = (
        parameters.one("limit", number::<u32>(100)),
        parameters.one("from", day),
        parameters.one("open", flag),
    );
    told(parameters.end());
    told(request.raw_body().map(|_| ()));
    let key = ProofKey::new("a key of sixteen characters".to_owned());
    told(request.proven(&key, now()).map(|_| ()));
}

/// The headers and the body of a signed request: three lines, and what is behind them.
pub(crate) fn webhook(input: &[u8]) {
    let mut parts = input.splitn(4, |byte| *byte == b'\n');
    let mut line = || parts.next().and_then(text_of).unwrap_or_default();
    let (id, timestamp, signature) = (line(), line(), line());
    let body = parts.next().unwrap_or_default();
    let header = |name: &str| match name {
        ID => Some(id),
        TIMESTAMP => Some(timestamp),
        SIGNATURE => Some(signature),
        _ => None,
    };
    let Ok(signed) = Signed::read(header) else { return };
    let secret = Secret::new(b"nobody who fuzzes knows it".to_vec());
    let proven = signed.prove(once(secret.clone()), body, now());
    let seconds = timestamp.parse().unwrap_or_default();
    let is_ours = signature.contains(&secret.sign(id, seconds, body));
    assert!(proven.is_err() || is_ours, "a request is proven by its signature alone");
}
