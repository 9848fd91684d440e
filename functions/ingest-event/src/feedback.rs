//! Feedback that was given at another system becomes feedback here, once for each of its numbers.

use domain::RuleName;
use domain::Violation;
use domain::calendar::date_of;
use domain::catalogue::{Catalogue, Integrator};
use domain::dossier::{Actor, CLOCK_SKEW_MAX};
use jiff::{SignedDuration, Timestamp};
use platform::Failure;
use platform::filing::{NewFeedback, repeated};
use platform::fingerprint::Fingerprint;
use platform::inbound::{FeedbackBody, Inbound};
use platform::message::read_data;
use platform::port::FeedbackIntake;
use platform::record::standing::{EventName, EventState};

/// How long a number is known to have come: no event may be later than ten years (`backDays`).
const NUMBER_KEPT: SignedDuration = SignedDuration::from_hours(24 * 3_660);

/// Takes in what was given at a system of `integrator`. Under whichever id of an event: a number of
/// the system is one feedback here.
pub(crate) async fn given(
    inbound: &Inbound,
    (integrator, by): (&Integrator, &Actor),
    store: &impl FeedbackIntake,
    catalogue: &Catalogue,
    now: Timestamp,
) -> Result<EventState, Failure> {
    let Inbound { event, came, .. } = inbound;
    let source = &integrator.source;
    // Nothing is taken from where no answer goes; what only tests goes nowhere.
    let mut systems = catalogue.systems().giving(source, date_of(now));
    if systems.next().is_none() && !integrator.test {
        return Err(Failure::Forbidden);
    }
    if now.duration_until(event.time) > CLOCK_SKEW_MAX {
        let broken = Violation::new("time", RuleName::NotInTheFuture, "lies in the future");
        return Err(broken.into());
    }
    let within = |broken: Vec<Violation>| {
        Failure::Invalid(broken.into_iter().map(|violation| violation.within("data")).collect())
    };
    let body: FeedbackBody = read_data(&event.data)?;
    let number = body.number().map_err(|broken| within(vec![broken]))?;
    let key = EventName::of(source, &format!("feedback {number}"))?.key;
    let fingerprint = Fingerprint::of(came, None);
    let kept = match store.receipt(&key, now).await? {
        Some(kept) => repeated(kept, &fingerprint)?,
        None => {
            let filing = body.judged(source, event.time, key).map_err(within)?;
            let by = by.signature();
            let new = NewFeedback { filing, by, fingerprint, kept: NUMBER_KEPT };
            let filed = new.file(store, catalogue, now).await;
            filed.map_err(|failure| failure.within("data"))?
        }
    };
    // It is received with its first version.
    Ok(EventState::Applied { dossier: kept.feedback.shared().clone(), version: 1 })
}
