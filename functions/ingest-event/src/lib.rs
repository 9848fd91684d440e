//! The integrators' queue: events of line-of-business systems, under the same rules as the HTTP
//! API.
//!
//! An event carries the time at which it happened. An event that can never be valid is parked at
//! once with its reason. One whose dossier does not exist yet waits for hours, since an earlier
//! event may still arrive. One that can be decided is held back for some minutes, so that events
//! sent with it can come first (`domain::dossier::Holds`).

mod settings;

use std::collections::BTreeMap;

use domain::agency::Remit;
use domain::calendar::date_of;
use domain::catalogue::Catalogue;
use domain::dossier::{Actor, Holds, Standing};
use domain::id::{CommandId, DossierCode};
use domain::upload::Claimable;
use domain::{RuleName, Violation, text};
use jiff::{SignedDuration, Timestamp};
use platform::Failure;
use platform::claiming::NoUploads;
use platform::failure::Retry;
use platform::form::Draft;
use platform::message::{self, CloudEvent, SPEC_VERSION, SUBMIT, TRANSITION, read_data};
use platform::port::{DossierStore, Intake};
use platform::request::{Came, SubmissionBody, TransitionBody};
use platform::submission::{SubmissionRequest, command_id, submit};
use platform::transition::change;
use serde::Deserialize;
use serde_json::Value;

pub use settings::Settings;

/// One record at a time: a sender's events about one dossier are mostly adjacent and in order.
pub const WIDTH: usize = 1;

/// Longest id of an event, in characters. It is kept as a hash alone.
const EVENT_ID_CHARACTERS_MAX: usize = 1_024;

/// Takes in one message for which nothing is waited any more.
pub async fn ingest(
    message: &str,
    store: &impl DossierStore,
    intake: &impl Intake,
    catalogue: &Catalogue,
    now: Timestamp,
) -> Result<(), Failure> {
    take(message, (Holds::NONE, SignedDuration::MAX), store, intake, catalogue, now).await
}

/// Takes in one message that has been in the queue for `age`, or holds it back.
pub async fn take(
    message: &str,
    (holds, age): (Holds, SignedDuration),
    store: &impl DossierStore,
    intake: &impl Intake,
    catalogue: &Catalogue,
    now: Timestamp,
) -> Result<(), Failure> {
    let event: CloudEvent<Value> = Draft::of(message.as_bytes())?.and(whole)?;
    if event.specversion != SPEC_VERSION {
        return Err(Violation::new("specversion", RuleName::CloudEvents10, "must be 1.0").into());
    }
    let event_id = text::line(&event.id);
    if event_id.is_empty() {
        return Err(Violation::new(
            "id",
            RuleName::Required,
            "must name the event within its source",
        )
        .into());
    }
    if let Some(flaw) = text::flaw(&event_id) {
        return Err(Violation::new("id", flaw.rule(), flaw.detail()).into());
    }
    if event_id.chars().count() > EVENT_ID_CHARACTERS_MAX {
        return Err(Violation::new("id", RuleName::Length, "must be 1 to 1024 characters").into());
    }
    let integrator = catalogue.integrator(&text::line(&event.source)).ok_or_else(|| {
        Violation::new("source", RuleName::KnownSource, "is not a known integrator")
    })?;
    let today = date_of(now);
    let predecessors = integrator
        .agencies
        .iter()
        .flat_map(|agency| catalogue.register().predecessors(agency, today));
    let agencies =
        integrator.agencies.iter().cloned().map(Remit::whole).chain(predecessors).collect();
    let by = Actor::Integrator { id: integrator.source.clone(), agencies };
    let key = command_id(&["event", &integrator.source, &event_id])?;
    match text::line(&event.kind).as_str() {
        SUBMIT => take_in(event, key, by, intake, catalogue, now).await,
        TRANSITION => move_on(event, key, &by, (holds, age), (store, intake), catalogue, now).await,
        _ => Err(message::unknown_type()),
    }
}

async fn take_in(
    event: CloudEvent<Value>,
    key: CommandId,
    by: Actor,
    intake: &impl Intake,
    catalogue: &Catalogue,
    now: Timestamp,
) -> Result<(), Failure> {
    let mut data = event.data;
    let code = data.as_object_mut().and_then(|fields| fields.remove("code"));
    let code: Option<DossierCode> = code.as_ref().map(read_data).transpose()?;
    let came = data.clone();
    let body: Came<SubmissionBody> = Came { read: read_data(&data)?, came };
    let request = SubmissionRequest { body, key, by, at: Some(event.time), code };
    submit(intake, &NoUploads, catalogue, request, now).await.map(drop)
}

async fn move_on(
    event: CloudEvent<Value>,
    key: CommandId,
    by: &Actor,
    (holds, age): (Holds, SignedDuration),
    (store, intake): (&impl DossierStore, &impl Intake),
    catalogue: &Catalogue,
    now: Timestamp,
) -> Result<(), Failure> {
    let code: DossierCode = event
        .subject
        .ok_or_else(|| Violation::new("subject", RuleName::Required, "must be the dossier's code"))?
        .parse()
        .map_err(|_| {
            Violation::new("subject", RuleName::DossierCode, "must be the dossier's code")
        })?;
    let data: TransitionBody<Option<u64>> = read_data(&event.data)?;
    // An integrator has no account by which to upload.
    let account = by.signature().account();
    let none = BTreeMap::new();
    let claimable = Claimable { known: &none, account: &account, dossier: Some(&code), now };
    let command = data.command(key, Some(event.time), &claimable);
    let command = command.map_err(|failure| failure.within("data"))?;
    let (key, action) = (command.id.clone(), command.action);
    let read = store.dossier(&code).await?;
    let standing = read.as_ref().map_or(Standing::Owner, |dossier| by.standing(action, dossier));
    // Who names the version that they saw, names what comes before.
    if holds == Holds::NONE || command.expected_version.is_some() {
        let outcome = change(store, &NoUploads, catalogue, &code, command, by, now).await;
        return outcome.map(drop).map_err(|failure| patient(failure, standing));
    }
    let earlier_waits = intake.wait(&code, &key, (standing, event.time), now).await?;
    let dossier = read.ok_or(Failure::DossierNotFound)?;
    // A repetition is answered as it was.
    let is_known = dossier.history.iter().any(|entry| entry.command == key);
    let left = holds.left(action, dossier.status, earlier_waits, age).filter(|_| !is_known);
    if let Some(left) = left {
        return Err(Failure::HeldBack(left));
    }
    let outcome = change(store, &NoUploads, catalogue, &code, command, by, now).await;
    let outcome = outcome.map(drop).map_err(|failure| patient(failure, standing));
    if outcome.as_ref().map_or_else(|failure| failure.retryable() == Retry::Never, |()| true) {
        intake.waited(&code, &key).await?;
    }
    outcome
}

/// The failure of who may not act: as long as the dossier may still be forwarded to them, the
/// forward may be on its way.
fn patient(failure: Failure, standing: Standing) -> Failure {
    match (failure, standing) {
        (Failure::Forbidden, Standing::MayBeForwardedTo) => Failure::NotForwarded,
        (failure, _) => failure,
    }
}

/// The event, where envelope and data have their form; else everything that is wrong with either,
/// named at once.
fn whole(event: CloudEvent<Value>) -> Result<CloudEvent<Value>, Failure> {
    /// What an integrator's submission has besides.
    #[derive(Deserialize)]
    struct Numbered {
        #[serde(default, rename = "code")]
        _code: Option<DossierCode>,
    }
    let mut data = event.data.clone();
    let mut found = Vec::new();
    // A draft of something that was JSON fails for no other reason.
    let mut note = |read: Result<(), Failure>| {
        if let Err(Failure::Invalid(broken)) = read.map_err(|failure| failure.within("data")) {
            found.extend(broken);
        }
    };
    match text::line(&event.kind).as_str() {
        SUBMIT => {
            note(Draft::<Numbered>::of_value(data.clone()).whole().map(drop));
            if let Some(fields) = data.as_object_mut() {
                fields.remove("code");
                note(Draft::<SubmissionBody>::of_value(data).whole().map(drop));
            }
        }
        TRANSITION => {
            note(Draft::<TransitionBody<Option<u64>>>::of_value(data).whole().map(drop));
            if event.subject.is_none() {
                found.insert(
                    0,
                    Violation::new("subject", RuleName::Required, "must be the dossier's code"),
                );
            }
        }
        // Nobody knows what form its data have.
        _ => {}
    }
    if found.is_empty() { Ok(event) } else { Err(Failure::Invalid(found)) }
}
