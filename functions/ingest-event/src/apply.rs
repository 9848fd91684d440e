//! What an event does: it takes a dossier in, or moves one.

use std::collections::BTreeMap;

use domain::calendar::date_of;
use domain::catalogue::{Catalogue, Integrator, PortalCodes};
use domain::dossier::{Actor, CLOCK_SKEW_MAX, Holds, Sight, Standing, too_long_ago};
use domain::id::{CommandId, DossierCode};
use domain::upload::Claimable;
use domain::{RuleName, Violation};
use jiff::{SignedDuration, Timestamp};
use platform::claiming::NoUploads;
use platform::failure::Retry;
use platform::gate::NoGate;
use platform::inbound::{self, Filed, Inbound};
use platform::message::{
    CloudEvent, FEEDBACK, POSTAL, SUBMIT, TRANSFER, TRANSITION, read_data, unknown_type,
};
use platform::port::{DeliveryLedger, DossierStore, FeedbackIntake, Intake, PostBook, Stored};
use platform::record::standing::{EventName, EventState};
use platform::request::{Came, PostalBody, SubmissionBody, TransitionBody};
use platform::submission::{SubmissionRequest, submit};
use platform::transition::{Moved, change};
use platform::{Failure, LogLine};
use serde_json::Value;

use crate::nowhere::Nowhere;
use crate::{feedback, transfer};

/// Takes in one message of a proven sender for which nothing is waited any more.
pub async fn ingest(
    message: &str,
    store: &(impl DossierStore + PostBook),
    intake: &impl Intake,
    catalogue: &Catalogue,
    now: Timestamp,
) -> Result<(), Failure> {
    take(message, (Holds::NONE, SignedDuration::MAX), store, intake, catalogue, now).await
}

/// Takes in one message of a proven sender that has been in the queue for `age`, or holds it back.
/// What a system says of a dossier that was transferred to it, and feedback that was given elsewhere,
/// is judged, and written down nowhere.
pub async fn take(
    message: &str,
    held: (Holds, SignedDuration),
    store: &(impl DossierStore + PostBook),
    intake: &impl Intake,
    catalogue: &Catalogue,
    now: Timestamp,
) -> Result<(), Failure> {
    let stores = (store, intake, &Nowhere, &Nowhere);
    apply(message, (held, None), stores, catalogue, now).await.map(drop)
}

/// The same, with what became of the event; one that was first read at `heard` may not lie too long
/// before that.
pub(crate) async fn apply(
    message: &str,
    (held, heard): ((Holds, SignedDuration), Option<Timestamp>),
    (store, intake, ledger, given): (
        &(impl DossierStore + PostBook),
        &impl Intake,
        &impl DeliveryLedger,
        &impl FeedbackIntake,
    ),
    catalogue: &Catalogue,
    now: Timestamp,
) -> Result<EventState, Failure> {
    let inbound = inbound::read_by(message, catalogue, now)?;
    let event = &inbound.event;
    let integrator = catalogue.integrator(&event.source).ok_or_else(|| {
        Violation::new("source", RuleName::KnownSource, "is not a known integrator")
    })?;
    let back_days = integrator.back_days.days();
    if let Some(broken) = heard.and_then(|heard| too_long_ago(event.time, heard, back_days)) {
        let failure = broken.into();
        return Err(match &inbound.filed {
            Some(filed) => of_the_portal(failure, filed),
            None => failure,
        });
    }
    let by = catalogue.acting(integrator, date_of(now));
    let mut key = EventName::of(&integrator.source, &event.id)?.key;
    if let Some(filed) = &inbound.filed {
        // Under whichever id of an event: a dossier of the portal is one dossier here.
        key = of_portal(integrator, &filed.number)?;
    }
    if inbound.ignored > 0 {
        let (source, fields) = (&integrator.source, inbound.ignored);
        tracing::info!(source, fields, "{}", LogLine::FieldsIgnored);
    }
    match event.kind.as_str() {
        SUBMIT => take_in(inbound, (integrator, key, by), (store, intake), catalogue, now).await,
        TRANSITION => move_on(inbound.event, key, &by, held, (store, intake), catalogue, now).await,
        POSTAL => post_moved(&inbound.event, &by, store, now).await,
        TRANSFER => {
            let source = &integrator.source;
            transfer::heard(&inbound.event, source, (store, ledger), catalogue, now).await
        }
        FEEDBACK => feedback::given(&inbound, (integrator, &by), given, catalogue, now).await,
        // Of a move under a name of its own nothing is left but the move.
        _ => Err(unknown_type().into()),
    }
}

async fn take_in(
    inbound: Inbound,
    (integrator, key, by): (&Integrator, CommandId, Actor),
    (store, intake): (&impl DossierStore, &impl Intake),
    catalogue: &Catalogue,
    now: Timestamp,
) -> Result<EventState, Failure> {
    let Inbound { event, mut came, filed, .. } = inbound;
    if let Some(filed) = filed {
        let whose = integrator.portal_codes.ok_or(Failure::Forbidden)?;
        let code = portal_code(&filed, whose, &key, (store, intake)).await?;
        let body: Came<SubmissionBody> = Came { read: read_data(&event.data)?, came };
        let request = SubmissionRequest { body, key, by, at: Some(event.time), code };
        let receipt = submit((intake, &NoGate), &NoUploads, catalogue, request, now).await;
        let receipt = receipt.map_err(|failure| of_the_portal(named(failure), &filed))?;
        return Ok(EventState::Applied { dossier: receipt.code, version: receipt.version });
    }
    let mut data = event.data;
    let code = data.as_object_mut().and_then(|fields| fields.remove("code"));
    let code: Option<DossierCode> = code.as_ref().map(read_data).transpose()?;
    if let Some(fields) = came.as_object_mut() {
        fields.remove("code");
    }
    // A portal's dossier that came in the portal's form is here already, under whichever code.
    if let (Some(code), Some(_)) = (&code, integrator.portal_codes)
        && intake.receipt(&of_portal(integrator, code.as_str())?).await?.is_some()
    {
        return Err(taken("data.code"));
    }
    let body: Came<SubmissionBody> = Came { read: read_data(&data)?, came };
    let request = SubmissionRequest { body, key, by, at: Some(event.time), code };
    let receipt =
        submit((intake, &NoGate), &NoUploads, catalogue, request, now).await.map_err(named)?;
    Ok(EventState::Applied { dossier: receipt.code, version: receipt.version })
}

/// The name under which a dossier with this number of the integrator's portal is handed in.
fn of_portal(integrator: &Integrator, number: &str) -> Result<CommandId, Failure> {
    Ok(EventName::of(&integrator.source, &format!("MaHoSo {number}"))?.key)
}

/// The code that a dossier of a portal keeps; none where it gets one of ours. Refused where a
/// dossier with the portal's number came before in another way.
async fn portal_code(
    filed: &Filed,
    whose: PortalCodes,
    key: &CommandId,
    (store, intake): (&impl DossierStore, &impl Intake),
) -> Result<Option<DossierCode>, Failure> {
    let code = filed.number.parse::<DossierCode>();
    match whose {
        PortalCodes::Theirs => Ok(Some(code.map_err(|broken| broken.named("data.MaHoSo"))?)),
        PortalCodes::Ours => {
            let known = match code {
                Ok(code) if intake.receipt(key).await?.is_none() => store.dossier(&code).await?,
                Ok(_) | Err(_) => None,
            };
            if known.is_some() { Err(taken("data.MaHoSo")) } else { Ok(None) }
        }
    }
}

/// That the number in `field` is another dossier's.
fn taken(field: &str) -> Failure {
    Violation::new(field, RuleName::CodeFree, "is another dossier's code").into()
}

/// The failure with its fields named as the portal has them.
fn of_the_portal(failure: Failure, filed: &Filed) -> Failure {
    let Failure::Invalid(broken) = failure else { return failure };
    let theirs = broken.into_iter().map(|violation| {
        let name = filed.name(&violation.field);
        violation.named(&name)
    });
    Failure::Invalid(theirs.collect())
}

async fn move_on(
    event: CloudEvent<Value>,
    key: CommandId,
    by: &Actor,
    (holds, age): (Holds, SignedDuration),
    (store, intake): (&(impl DossierStore + PostBook), &impl Intake),
    catalogue: &Catalogue,
    now: Timestamp,
) -> Result<EventState, Failure> {
    let code = inbound::dossier_of(&event)?;
    let data: TransitionBody<Option<u64>> = read_data(&event.data)?;
    // An integrator has no account by which to upload.
    let account = by.signature().account();
    let none = BTreeMap::new();
    let claimable = Claimable { known: &none, account: &account, dossier: Some(&code), now };
    let command = data.command(key, Some(event.time), &claimable, catalogue);
    let command = command.map_err(|failure| failure.within("data"))?;
    let (key, action) = (command.id.clone(), command.action);
    let read = store.dossier(&code).await?;
    let standing = read.as_ref().map_or(Standing::Owner, |dossier| by.standing(action, dossier));
    // Who names the version that they saw, names what comes before.
    if holds == Holds::NONE || command.expected_version.is_some() {
        let outcome = change(store, &NoUploads, catalogue, &code, command, by, now).await;
        return outcome.map(applied).map_err(|failure| patient(named(failure), standing));
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
    let outcome = outcome.map(applied).map_err(|failure| patient(named(failure), standing));
    if outcome.as_ref().map_or_else(|failure| failure.retryable() == Retry::Never, |_| true) {
        intake.waited(&code, &key).await?;
    }
    outcome
}

/// Stores where an order of the post is. It moves no dossier, and waits for nothing but its own.
async fn post_moved(
    event: &CloudEvent<Value>,
    by: &Actor,
    store: &(impl DossierStore + PostBook),
    now: Timestamp,
) -> Result<EventState, Failure> {
    /// The most attempts to store it when other orders of the dossier move meanwhile.
    const DECIDED_MAX: u32 = 5;

    let code = inbound::dossier_of(event)?;
    let body: PostalBody = read_data(&event.data)?;
    if now.duration_until(event.time) > CLOCK_SKEW_MAX {
        let broken = Violation::new("time", RuleName::NotInTheFuture, "lies in the future");
        return Err(broken.into());
    }
    for _ in 0..DECIDED_MAX {
        let dossier = store.dossier(&code).await?.ok_or(Failure::DossierNotFound)?;
        if by.sight_of(&dossier) != Some(Sight::Whole) {
            return Err(Failure::Forbidden);
        }
        let heard = body.clone().at(event.time);
        let next = dossier.with_post(heard).map_err(|broken| broken.within("data"))?;
        let stored = match next {
            Some(next) => store.keep_post(&next).await?,
            None => Stored::Yes,
        };
        match stored {
            Stored::Yes => {
                return Ok(EventState::Applied { dossier: code, version: dossier.version });
            }
            Stored::AnotherWasFirst => {}
        }
    }
    Err(Failure::Held("the post of a dossier"))
}

fn applied(moved: Moved) -> EventState {
    EventState::Applied { dossier: moved.code, version: moved.version }
}

/// The failure with its fields named from the top of the event: all but the time are data.
fn named(failure: Failure) -> Failure {
    let Failure::Invalid(broken) = failure else { return failure };
    let from_the_top = broken.into_iter().map(|violation| {
        if violation.field == "time" { violation } else { violation.within("data") }
    });
    Failure::Invalid(from_the_top.collect())
}

/// The failure of who may not act: as long as the dossier may still be forwarded to them, the
/// forward may be on its way.
fn patient(failure: Failure, standing: Standing) -> Failure {
    match (failure, standing) {
        (Failure::Forbidden, Standing::MayBeForwardedTo) => Failure::NotForwarded,
        (failure, _) => failure,
    }
}
