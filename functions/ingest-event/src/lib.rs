//! The integrators' queue: what line-of-business systems report, under the same rules as at the HTTP door.
//!
//! An event carries the time of the happening. One that cannot be right is parked at once with its reason; one whose
//! dossier is not there, or not there yet, is tried again for half a minute, since an earlier event may be on its way.

use domain::Violation;
use domain::agency::Remit;
use domain::calendar::date_of;
use domain::catalogue::Catalogue;
use domain::dossier::{Action, Actor, Command};
use domain::id::{AgencyCode, CommandId, DossierCode};
use jiff::Timestamp;
use jiff::civil::Date;
use platform::Failure;
use platform::form::Draft;
use platform::message::{CloudEvent, SPEC_VERSION, SUBMIT, TRANSITION};
use platform::port::{DossierStore, Intake};
use platform::request::{SubmissionBody, day, read_json};
use platform::submission::{SubmissionRequest, command_id, submit};
use platform::transition::change;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Takes in one message.
pub async fn ingest(
    message: &str,
    store: &impl DossierStore,
    intake: &impl Intake,
    catalogue: &Catalogue,
    now: Timestamp,
) -> Result<(), Failure> {
    let event: CloudEvent<Value> = Draft::of(message.as_bytes())?.and(whole)?;
    if event.specversion != SPEC_VERSION {
        return Err(Violation::new("specversion", "cloudevents-1.0", "must be 1.0").into());
    }
    if event.id.is_empty() {
        return Err(Violation::new("id", "required", "must name the event within its source").into());
    }
    let integrator = catalogue
        .integrator(&event.source)
        .ok_or_else(|| Violation::new("source", "known-source", "is not a known integrator"))?;
    let today = date_of(now);
    let predecessors = integrator.agencies.iter().flat_map(|agency| catalogue.predecessors(agency, today));
    let agencies = integrator.agencies.iter().cloned().map(Remit::whole).chain(predecessors).collect();
    let by = Actor::Integrator { id: integrator.source.clone(), agencies };
    let key = command_id(&["event", &event.source, &event.id])?;
    match event.kind.as_str() {
        SUBMIT => take_in(event, key, by, intake, catalogue, now).await,
        TRANSITION => move_on(event, key, &by, store, catalogue, now).await,
        _ => Err(Violation::new("type", "known-type", "is not a type of event taken here").into()),
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
    let code: Option<DossierCode> = code.map(read_data).transpose()?;
    let body: SubmissionBody = read_data(data)?;
    submit(intake, catalogue, SubmissionRequest { body, key, by, at: Some(event.time), code }, now).await?;
    Ok(())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct TransitionData {
    action: Action,
    #[serde(default)]
    expected_version: Option<u64>,
    #[serde(default)]
    reason: Option<String>,
    #[serde(default)]
    note: Option<String>,
    #[serde(default, deserialize_with = "day")]
    new_due_on: Option<Date>,
    #[serde(default)]
    to_agency: Option<AgencyCode>,
}

async fn move_on(
    event: CloudEvent<Value>,
    key: CommandId,
    by: &Actor,
    store: &impl DossierStore,
    catalogue: &Catalogue,
    now: Timestamp,
) -> Result<(), Failure> {
    let code: DossierCode = event
        .subject
        .ok_or_else(|| Violation::new("subject", "required", "must be the dossier's code"))?
        .parse()
        .map_err(|_| Violation::new("subject", "dossier-code", "must be the dossier's code"))?;
    let data: TransitionData = read_data(event.data)?;
    let command = Command {
        id: key,
        action: data.action,
        expected_version: data.expected_version,
        reason: data.reason,
        note: data.note,
        at: Some(event.time),
        new_due_on: data.new_due_on,
        to_agency: data.to_agency,
    };
    change(store, catalogue, &code, command, by, now).await?;
    Ok(())
}

/// Reads the event's data; fields are named from the event.
fn read_data<T: DeserializeOwned>(data: Value) -> Result<T, Failure> {
    let text = serde_json::to_vec(&data).map_err(|error| Failure::Defect(error.to_string()))?;
    read_json(&text).map_err(|failure| failure.within("data"))
}

/// The event, where envelope and data have their form; else everything that is wrong with either, named at once.
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
    match event.kind.trim() {
        SUBMIT => {
            note(Draft::<Numbered>::of_value(data.clone()).whole().map(drop));
            if let Some(fields) = data.as_object_mut() {
                fields.remove("code");
                note(Draft::<SubmissionBody>::of_value(data).whole().map(drop));
            }
        }
        TRANSITION => {
            note(Draft::<TransitionData>::of_value(data).whole().map(drop));
            if event.subject.is_none() {
                found.insert(0, Violation::new("subject", "required", "must be the dossier's code"));
            }
        }
        // Nobody knows what form its data have.
        _ => {}
    }
    if found.is_empty() { Ok(event) } else { Err(Failure::Invalid(found)) }
}
