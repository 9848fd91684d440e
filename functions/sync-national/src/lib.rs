//! The national queue: brings the systems that must have a dossier up to its history, subscribers
//! among them, which must have what happened to it; and tells the system at which a feedback was
//! given what becomes of it.
//!
//! A message only says that there is something to bring. What is owed and what is acknowledged is
//! in the ledger, what is sent is in the dossier: a message that is repeated, late or lost changes
//! nothing of it. A message has done its part once what is owed is in the ledger; what a system
//! does not take then has a time there, at which `wake-deliveries` sends another message. So an
//! outage of any length ends by itself, and delays neither the notices nor another system.

mod bring;
mod check;
mod deliver;
mod feedback;
mod settings;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use domain::calendar::date_of;
use domain::catalogue::Catalogue;
use domain::delivery::{System, SystemId};
use domain::dossier::Dossier;
use domain::id::{DossierCode, FeedbackCode, SubjectCode};
use futures::future::join_all;
use futures::{StreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use platform::Failure;
use platform::batch::Arrived;
use platform::dynamo::FeedbackTable;
use platform::message::{
    self, CloudEvent, DELIVERIES_WAKE, DOSSIER_CHANGED, DeliveriesWake, DossierChanged,
    NOTICES_WAKE, NoticesWake, read_data,
};
use platform::port::{CaseSystems, DeliveryLedger, DossierStore, FeedbackSystems};
use platform::request::read_json;
use serde_json::Value;

pub use settings::Settings;

/// Dossiers and lines read at a time.
pub const WIDTH: usize = 10;

/// How long the work on one batch may take: some ten calls, and the tables around them, within the
/// 120 s of the function.
pub const BATCH_TIMEOUT: Duration = Duration::from_secs(100);

/// How long one subscriber may take in a round: one that answers slowly gets what is left in the
/// next minutes, and nobody waits for it.
pub const PATIENCE: SignedDuration = SignedDuration::from_secs(20);

/// When those come again that a probe, or the rest of a minute, has no room for.
const NEXT_TURN: SignedDuration = SignedDuration::from_mins(1);

/// The longest that a question waits for its turn in the queue.
const WAIT_MAX: SignedDuration = SignedDuration::from_hours(1);

/// Who takes a line for a round. No two rounds draw the same.
fn holder() -> String {
    format!("{:016x}", fastrand::u64(..))
}

/// What the work needs.
#[derive(Debug)]
pub struct Desk<'a, D, L, S> {
    /// Where dossiers are read.
    pub dossiers: &'a D,
    /// Where feedback is read that was given at another system.
    pub feedback: &'a FeedbackTable,
    /// What is owed and acknowledged.
    pub ledger: &'a L,
    /// The systems, each by its protocol.
    pub systems: &'a S,
    /// The catalogue in force.
    pub catalogue: &'a Catalogue,
    /// How long a line is taken for: longer than the work on one batch may take.
    pub lease: SignedDuration,
    /// How long one subscriber may take in a round, see [`PATIENCE`].
    pub patience: SignedDuration,
}

/// Works off messages of the queue in one go; gives an outcome for each, in their order. One fails,
/// so that it is repeated, if a store does, or if its dossier is not there or cannot be read.
pub async fn sync<D: DossierStore, L: DeliveryLedger, S: CaseSystems + FeedbackSystems>(
    messages: &[Arrived],
    desk: &Desk<'_, D, L, S>,
    clock: impl Fn() -> Timestamp + Sync,
) -> Vec<Result<(), Failure>> {
    let mut outcomes = BTreeMap::new();
    let orders: Vec<Result<Order, Failure>> =
        messages.iter().map(|message| Order::of(&message.body)).collect();
    let wanted: BTreeSet<&DossierCode> = orders.iter().flatten().map(|order| &order.code).collect();
    let checks: BTreeSet<(&SystemId, &DossierCode)> =
        orders.iter().flatten().filter_map(Order::check).collect();
    let day = date_of(clock());
    let connected = |system: &&System| desk.systems.has(system);
    let systems: Vec<&System> = desk.catalogue.systems().on(day).filter(connected).collect();
    // Nothing is owed where nobody is connected: no dossier is read for nobody.
    let wanted = if systems.is_empty() { BTreeSet::new() } else { wanted };
    let (given, wanted): (BTreeSet<_>, BTreeSet<_>) =
        wanted.into_iter().partition(|code| FeedbackCode::of(code).is_some());
    let read: Vec<(&DossierCode, Result<Option<Dossier>, Failure>)> = stream::iter(wanted)
        .map(|code| async move { (code, desk.dossiers.dossier(code).await) })
        .buffered(WIDTH)
        .collect()
        .await;
    let mut dossiers = Vec::new();
    for (code, found) in read {
        match found {
            Ok(Some(dossier)) => dossiers.push(dossier),
            Ok(None) => drop(outcomes.insert(code.clone(), Failure::DossierNotFound)),
            Err(failure) => drop(outcomes.insert(code.clone(), failure)),
        }
    }
    let of_feedback = given.into_iter().filter_map(FeedbackCode::of).map(async |code| {
        let asked = |system: &System| checks.contains(&(&system.id, code.shared()));
        let brought = desk.bring_feedback(&code, (&systems, asked), &clock).await;
        (code.shared().clone(), brought)
    });
    for (code, brought) in join_all(of_feedback).await {
        outcomes.extend(brought.err().map(|failure| (code, failure)));
    }
    // Side by side: one that does not answer keeps no other waiting.
    let rounds = systems.into_iter().map(async |system| {
        let mut failed = desk.bring(system, &dossiers, &clock).await;
        let asked = dossiers.iter().filter(|one| checks.contains(&(&system.id, &one.code)));
        failed.extend(desk.check(system, asked.collect(), &clock).await);
        failed
    });
    for failed in join_all(rounds).await {
        outcomes.extend(failed);
    }
    let outcome = |order: Result<Order, Failure>| {
        let Order { code, .. } = order?;
        // Of two messages about one dossier the first one comes again, and does for both.
        match outcomes.remove(&code) {
            Some(failure) => Err(failure),
            None => Ok(()),
        }
    };
    orders.into_iter().map(outcome).collect()
}

/// What a message asks for.
struct Order {
    code: DossierCode,
    /// The system that is to be asked whether it has the dossier, where one is.
    asked: Option<SystemId>,
}

impl Order {
    fn of(message: &str) -> Result<Self, Failure> {
        let event: CloudEvent<Value> = read_json(message.as_bytes())?;
        match event.kind.as_str() {
            DOSSIER_CHANGED => {
                let changed: DossierChanged = read_data(&event.data)?;
                Ok(Self { code: changed.code, asked: None })
            }
            DELIVERIES_WAKE => {
                let wake: DeliveriesWake = read_data(&event.data)?;
                Ok(Self { code: wake.code, asked: wake.check.then_some(wake.system) })
            }
            NOTICES_WAKE => match read_data::<NoticesWake>(&event.data)?.code {
                SubjectCode::Feedback(code) => {
                    Ok(Self { code: code.shared().clone(), asked: None })
                }
                // Of a dossier there is a message that says what has changed.
                SubjectCode::Dossier(_) | SubjectCode::Report(_) | SubjectCode::Question(_) => {
                    Err(message::unknown_type().into())
                }
            },
            _ => Err(message::unknown_type().into()),
        }
    }

    fn check(&self) -> Option<(&SystemId, &DossierCode)> {
        self.asked.as_ref().map(|system| (system, &self.code))
    }
}
