//! Where messages are received: their sender is proven, and what becomes of each is recorded.

use domain::catalogue::{Catalogue, Integrator, Replies, Sender};
use domain::dossier::Holds;
use jiff::Timestamp;
use platform::batch::{Arrived, Backoff};
use platform::dynamo::FeedbackTable;
use platform::failure::Retry;
use platform::inbound::Named;
use platform::message::CloudEvent;
use platform::port::{
    DeadLetters, DeliveryLedger, DossierStore, EventRecords, Intake, PostBook, ReplyQueues,
};
use platform::record::standing::{EventName, EventState, WaitsFor, body_hash};
use platform::seal::{SENDER, SENDER_SEAL, SealKey};
use platform::{Failure, LogLine, wire};

use crate::apply::apply;
use crate::nowhere::judge;

/// What messages are received with.
#[derive(Debug)]
pub struct Desk<'a, S, I, L, R, Q, P> {
    /// Where dossiers are read and moved.
    pub store: &'a S,
    /// Where dossiers are admitted.
    pub intake: &'a I,
    /// What systems say of dossiers that were transferred to them.
    pub ledger: &'a L,
    /// Where feedback is taken in that was given elsewhere.
    pub feedback: &'a FeedbackTable,
    /// The records of events.
    pub records: &'a R,
    /// The queue that messages come from, with its dead letters.
    pub queue: &'a Q,
    /// Where integrators find what became of their events.
    pub replies: &'a P,
    /// The key with which senders are sealed.
    pub key: &'a SealKey,
    /// How long events are held back.
    pub holds: Holds,
}

impl<S, I, L, R, Q, P> Desk<'_, S, I, L, R, Q, P>
where
    S: DossierStore + PostBook,
    I: Intake,
    L: DeliveryLedger,
    R: EventRecords,
    Q: Backoff,
    P: ReplyQueues,
{
    /// Takes in one message as the queue delivered it at `now`. What was applied before is not
    /// looked at again.
    pub async fn receive(
        &self,
        arrived: &Arrived,
        catalogue: &Catalogue,
        now: Timestamp,
    ) -> Result<(), Failure> {
        let held = (self.holds, arrived.age);
        let stores = (self.store, self.intake, self.ledger, self.feedback);
        let work =
            |heard: Option<Timestamp>| apply(&arrived.body, (held, heard), stores, catalogue, now);
        let named = Named::in_message(&arrived.body);
        let known = named.as_ref().and_then(|named| catalogue.integrator(&named.source));
        // What has no name, or that of nobody, is refused for its form.
        let (Some(named), Some(integrator)) = (named, known) else {
            return work(None).await.map(drop);
        };
        let sender = self.sender(arrived);
        if !sender.as_ref().is_some_and(|sender| integrator.is_proven_by(sender)) {
            let sender = sender.map(|sender| sender.to_string());
            let source = &integrator.source;
            tracing::error!(source, sender, "{}", LogLine::SenderNotProven);
            return Err(Failure::SenderNotProven);
        }
        let name = EventName::of(&named.source, &named.id)?;
        let hash = body_hash(&arrived.body);
        let record = self.records.open(&name, &hash, now).await?;
        let wants_all = match integrator.replies {
            Replies::All => true,
            Replies::Refusals => false,
        };
        match record.state {
            // Another event of the same name is for the dossier to refuse.
            EventState::Applied { .. } if record.body == hash => {
                // Whoever recorded it may have died before they said so.
                return if wants_all {
                    self.tell(&named, &record.state, now).await
                } else {
                    Ok(())
                };
            }
            // Sent once more, mended or after what stood in its way.
            EventState::Refused { .. } => self.records.reopen(&name, &hash, now).await?,
            EventState::Applied { .. }
            | EventState::Judged
            | EventState::Waiting { .. }
            | EventState::Received => {}
        }
        let outcome = if integrator.test {
            judge(&arrived.body, catalogue, now).await.map(|()| EventState::Judged)
        } else {
            work(Some(record.received_at)).await
        };
        match outcome {
            Ok(done) => {
                self.records.settle(&name, &done, now).await?;
                if wants_all { self.tell(&named, &done, now).await } else { Ok(()) }
            }
            Err(failure) => {
                let waits = waits_for(&failure).map(|waits_for| EventState::Waiting { waits_for });
                if let Some(waits) = waits.filter(|waits| *waits != record.state) {
                    self.records.settle(&name, &waits, now).await?;
                }
                Err(failure)
            }
        }
    }

    /// Reports to its integrator what became of the event, once it is recorded.
    async fn tell(&self, named: &Named, state: &EventState, now: Timestamp) -> Result<(), Failure> {
        let Some(name) = Integrator::name_in(&named.source) else {
            return Ok(());
        };
        let reply = CloudEvent::outcome((&named.source, &named.id), state, now)?;
        self.replies.reply(name, &wire::json(&reply)?).await
    }

    /// Who sent the message: by our seal where it was passed on, else by the queue.
    fn sender(&self, arrived: &Arrived) -> Option<Sender> {
        let attribute = |name: &str| arrived.attributes.get(name);
        let sealed = attribute(SENDER).and_then(|sender| Sender::of_text(sender));
        let sealed = sealed.zip(attribute(SENDER_SEAL));
        let proven =
            sealed.filter(|(sender, seal)| self.key.is_proven(seal, sender, &arrived.body));
        let by_queue = || arrived.sender.clone().map(Sender::Principal);
        proven.map(|(sender, _)| sender).or_else(by_queue)
    }
}

/// What an event waits for that was not decided; none where it is refused, or where the failure is
/// ours.
fn waits_for(failure: &Failure) -> Option<WaitsFor> {
    match failure.retryable() {
        Retry::Never | Retry::Yes => None,
        Retry::In(_) => Some(WaitsFor::Settling),
        Retry::PerhapsSoon if matches!(failure, Failure::DossierNotFound) => {
            Some(WaitsFor::Dossier)
        }
        Retry::PerhapsSoon if matches!(failure, Failure::NotForwarded) => Some(WaitsFor::Forward),
        Retry::PerhapsSoon => Some(WaitsFor::EarlierEvent),
    }
}

impl<S: Sync, I: Sync, L: Sync, R: Sync, Q: Backoff, P: Sync> DeadLetters
    for Desk<'_, S, I, L, R, Q, P>
{
    async fn park_with(
        &self,
        body: &str,
        why: (&str, &str),
        beside: &[(&str, &str)],
    ) -> Result<(), Failure> {
        self.queue.park_with(body, why, beside).await
    }
}

impl<S, I, L, R, Q, P> Backoff for Desk<'_, S, I, L, R, Q, P>
where
    S: DossierStore + PostBook,
    I: Intake,
    L: DeliveryLedger,
    R: EventRecords,
    Q: Backoff,
    P: ReplyQueues,
{
    async fn hide(&self, receipt: &str, seconds: u32) -> Result<(), Failure> {
        self.queue.hide(receipt, seconds).await
    }

    /// Records first that the event is refused, reports it, and parks it then with its sender: who
    /// sends it back to the queue is another.
    async fn give_up(
        &self,
        arrived: &Arrived,
        reason: &'static str,
        failure: &Failure,
        now: Timestamp,
    ) -> Result<(), Failure> {
        if let Some(named) = Named::in_message(&arrived.body) {
            let refused = EventState::refused(reason, failure);
            let unproven = matches!(failure, Failure::SenderNotProven);
            let name_of = if unproven { EventName::claimed } else { EventName::of };
            self.records.settle(&name_of(&named.source, &named.id)?, &refused, now).await?;
            // Nobody reads of an event that is not proven to be theirs.
            if !unproven {
                self.tell(&named, &refused, now).await?;
            }
        }
        let detail = failure.to_string();
        let why = (reason, detail.as_str());
        let Some(sender) = self.sender(arrived) else {
            return self.queue.park_with(&arrived.body, why, &[]).await;
        };
        let (seal, sender) = (self.key.seal(&sender, &arrived.body), sender.to_string());
        let beside = [(SENDER, sender.as_str()), (SENDER_SEAL, seal.as_str())];
        self.queue.park_with(&arrived.body, why, &beside).await
    }
}
