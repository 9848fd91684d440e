//! `POST /v1/events` and `GET /v1/events/{id}`: events of integrators that have no identity at AWS,
//! and what became of each; `GET /v1/integrators/{name}/events/{id}` shows the same to operators.
//!
//! A sender proves its source with a signature by Standard Webhooks under a secret of that source.
//! What has its form is recorded, put on the integrators' queue with the sealed name of its sender,
//! and decided by `ingest-event` like any other. The id of the request is that of the event: who
//! sends it again, or records it on the way and plays it again, changes nothing.

mod settings;

use domain::catalogue::{Catalogue, Integrator, Sender};
use domain::{RuleName, Violation, text};
use jiff::Timestamp;
use platform::Failure;
use platform::http::{HttpReply, HttpRequest};
use platform::inbound::{self, Named};
use platform::port::{EventRecords, MessagePasser};
use platform::record::standing::{EventName, EventRecord, EventState, body_hash};
use platform::seal::{SENDER, SENDER_SEAL, SealKey};
use platform::webhook::Signed;
use platform::wire;
use serde::Serialize;

pub use settings::Settings;

/// Largest event, in bytes: with its attributes it fits a message of the queue (256 KiB).
pub const EVENT_BYTES_MAX: usize = 240 * 1024;

/// The media types of an event: plain JSON, and what CloudEvents call their structured mode.
const MEDIA_TYPES: [&str; 2] = ["application/json", "application/cloudevents+json"];

/// What a JSON text may hold, and no message of the queue: characters that are none.
const NOT_OF_A_MESSAGE: [char; 2] = ['\u{fffe}', '\u{ffff}'];

/// What events are received with.
#[derive(Debug)]
pub struct Desk<'a, R, Q> {
    /// The records of events.
    pub records: &'a R,
    /// The queue of integrators' events, to which they are passed on.
    pub queue: &'a Q,
    /// The key with which senders are sealed, and from which their secrets are made.
    pub key: &'a SealKey,
}

/// What is known of an event.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EventStanding<'a> {
    /// Its id, as it was asked for.
    pub id: &'a str,
    /// The source that it names.
    pub source: &'a str,
    /// When it was first read.
    pub received_at: Timestamp,
    /// Since when it has been as it is.
    pub since: Timestamp,
    /// When its record ends.
    pub kept_until: Timestamp,
    /// How far it has come.
    #[serde(flatten)]
    pub state: &'a EventState,
}

impl<'a> EventStanding<'a> {
    fn of(id: &'a str, record: &'a EventRecord) -> Self {
        Self {
            id,
            source: &record.source,
            received_at: record.received_at,
            since: record.since,
            kept_until: Timestamp::from_second(record.expires_at).unwrap_or(Timestamp::MAX),
            state: &record.state,
        }
    }
}

/// The id of the event that is asked for, through the same gate as the event.
fn asked(request: &HttpRequest) -> Result<String, Failure> {
    let id = request.path_text("id");
    if id.is_empty() {
        return Err(Violation::new("id", RuleName::Required, "must name an event").into());
    }
    Ok(text::line(id))
}

/// Answers one HTTP request; failures become problem documents.
pub async fn handle<R: EventRecords, Q: MessagePasser>(
    request: HttpRequest,
    desk: &Desk<'_, R, Q>,
    catalogue: &Catalogue,
    now: Timestamp,
) -> Result<HttpReply, Failure> {
    match request.route.as_str() {
        "POST /v1/events" => desk.take(&request, catalogue, now).await,
        "GET /v1/events/{id}" => desk.show(&request, catalogue, now).await,
        "GET /v1/integrators/{name}/events/{id}" => desk.show_operator(&request).await,
        _ => Err(Failure::RouteNotFound),
    }
}

impl<R: EventRecords, Q: MessagePasser> Desk<'_, R, Q> {
    /// Takes an event in; the answer is the same as often as it is sent.
    async fn take(
        &self,
        request: &HttpRequest,
        catalogue: &Catalogue,
        now: Timestamp,
    ) -> Result<HttpReply, Failure> {
        request.no_parameters()?;
        let signed = Signed::read(|name| request.header(name))?;
        let bytes = request.body_declared(&MEDIA_TYPES)?;
        if bytes.len() > EVENT_BYTES_MAX {
            return Err(Failure::TooLarge);
        }
        let body = std::str::from_utf8(bytes).map_err(|_| Failure::Malformed)?;
        if body.contains(NOT_OF_A_MESSAGE) {
            return Err(Failure::Malformed);
        }
        // Whose signature it would have to be is not known without a name.
        let Some(named) = Named::in_message(body) else {
            return Err(inbound::read(body).err().unwrap_or(Failure::Malformed));
        };
        let integrator = self.proven(&named.source, &signed, bytes, catalogue, now)?;
        if signed.id != named.id {
            let detail = "must be the id of the event";
            return Err(Violation::new("webhook-id", RuleName::SameId, detail).into());
        }
        inbound::read_by(body, catalogue, now)?;
        let (name, hash) = (EventName::of(&named.source, &named.id)?, body_hash(body));
        let mut record = self.records.open(&name, &hash, now).await?;
        let is_on_its_way = match record.state {
            EventState::Received => false,
            EventState::Waiting { .. } | EventState::Applied { .. } | EventState::Judged => true,
            EventState::Refused { .. } => {
                self.records.reopen(&name, &hash, now).await?;
                record = EventRecord { body: hash.clone(), state: EventState::Received, ..record };
                false
            }
        };
        if record.body != hash {
            return Err(Failure::IdempotencyKeyReused);
        }
        if !is_on_its_way {
            let sender = Sender::Signed(integrator.source.clone());
            let (seal, sender) = (self.key.seal(&sender, body), sender.to_string());
            let beside = [(SENDER, sender.as_str()), (SENDER_SEAL, seal.as_str())];
            self.queue.pass_on(body, &beside).await?;
        }
        let place = format!(
            "/v1/events/{}?source={}",
            wire::percent_encoded(&named.id),
            wire::percent_encoded(&named.source)
        );
        let standing = EventStanding::of(&named.id, &record);
        Ok(HttpReply::json(202, &standing)?.with_header("location", place))
    }

    /// Shows an event to its sender, who signs its id and nothing else.
    async fn show(
        &self,
        request: &HttpRequest,
        catalogue: &Catalogue,
        now: Timestamp,
    ) -> Result<HttpReply, Failure> {
        let id = asked(request)?;
        let mut parameters = request.parameters();
        let source = parameters.owed("source", |source| {
            let missing = || Violation::new("source", RuleName::Required, "is required");
            Some(source.to_owned()).filter(|source| !source.is_empty()).ok_or_else(missing)
        });
        let source = parameters.end_with(source)?;
        let signed = Signed::read(|name| request.header(name))?;
        self.proven(&source, &signed, b"", catalogue, now)?;
        if signed.id != request.path_text("id") {
            return Err(Failure::Unauthorized("the webhook-id is another event's"));
        }
        let record = self.records.event(&EventName::of(&source, &id)?).await?;
        let record = record.ok_or(Failure::EventNotFound)?;
        HttpReply::json(200, &EventStanding::of(&id, &record))
    }

    /// Shows an event to an operator, also one that only says it were of the integrator.
    async fn show_operator(&self, request: &HttpRequest) -> Result<HttpReply, Failure> {
        request.administrator()?;
        request.no_parameters()?;
        let id = asked(request)?;
        let source = Integrator::source_of(request.path_text("name"));
        if Integrator::name_in(&source).is_none() {
            let detail = "is not the name of an integrator";
            return Err(Violation::new("name", RuleName::KnownSource, detail).into());
        }
        let mut record = self.records.event(&EventName::of(&source, &id)?).await?;
        if record.is_none() {
            record = self.records.event(&EventName::claimed(&source, &id)?).await?;
        }
        let record = record.ok_or(Failure::EventNotFound)?;
        HttpReply::json(200, &EventStanding::of(&id, &record))
    }

    /// The integrator with this source, where one of its secrets signed the request. Of a source
    /// that nobody has, the answer is that of a wrong signature.
    fn proven<'c>(
        &self,
        source: &str,
        signed: &Signed<'_>,
        body: &[u8],
        catalogue: &'c Catalogue,
        now: Timestamp,
    ) -> Result<&'c Integrator, Failure> {
        let integrator = catalogue.integrator(source);
        let integrator = integrator.ok_or(Failure::Unauthorized("no integrator of that source"))?;
        let keys = integrator.keys.numbers().iter();
        let secrets = keys.map(|key| self.key.secret(&integrator.source, *key));
        signed.prove(secrets, body, now)?;
        Ok(integrator)
    }
}
