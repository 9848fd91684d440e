//! Every night, and whenever an operator asks: compares the delivery ledger with the histories and
//! with the systems themselves, has mended what differs, and publishes how far each system is.
//!
//! What the relay or a queue lost is in the histories: a line that is owed less than its history
//! says is woken, and raised by whoever brings it. What a system acknowledged since is asked for,
//! one message each, at the system's own rate; what it does not have is sent again. The figures are
//! of the ledger, before what this night finds. Feedback that was given at another system is compared
//! with its line, and sent again in the same way.

mod feedback;
mod replay;
mod settings;

use std::collections::BTreeMap;

use domain::calendar::date_of;
use domain::catalogue::Catalogue;
use domain::delivery::{Delivery, Offer, Protocol, System, SystemId, Transfer};
use domain::dossier::{Action, HistoryEntry};
use domain::id::{AgencyCode, ProcedureCode};
use domain::kpi::DossierFacts;
use domain::violation::{Fact, Unit};
use domain::{RuleName, Violation};
use futures::{StreamExt, TryStreamExt, stream};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan};
use platform::Failure;
use platform::dynamo::{
    Deliveries, Dossiers, FeedbackTable, InStep, OpenTransfers, SystemStanding,
};
use platform::message::CloudEvent;
use platform::national::Connected;
use platform::port::{DeliveryLedger, MessageSender};
use platform::recorded::{UNDER_WAY, recorded};
use platform::wire;
use serde::{Deserialize, Serialize};

pub use feedback::FeedbackStanding;
pub use settings::Settings;

/// How far back a night looks: as far as figures are counted again.
const LOOKED_BACK: SignedDuration = SignedDuration::from_hours(7 * 24);

/// The most messages about dossiers that one run sends for a system, and as many about feedback;
/// those left over are the next run's.
pub const SENT_MAX: usize = 20_000;

/// Agencies read at the same time.
const WIDTH: usize = 4;

/// Lines looked up at a time.
const LOOKED_UP_AT_ONCE: usize = 16;

/// The payload: of the schedule, or of an operator.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Order {
    /// The time of recording from which on changes are compared; seven days back if absent.
    #[serde(default)]
    pub since: Option<Timestamp>,
    /// A subscriber that has lost what it had: it gets everything again that was recorded since, and
    /// is switched on. Nothing is compared then.
    #[serde(default)]
    pub replay: Option<SystemId>,
    /// The most messages about dossiers for a system, and as many about feedback, 1 to
    /// [`SENT_MAX`]; that many if absent.
    #[serde(default)]
    pub at_most: Option<usize>,
}

/// The answer of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    /// From when on was looked at.
    pub since: Timestamp,
    /// How far each connected system is, by its name.
    pub systems: BTreeMap<SystemId, Standing>,
    /// Dossiers that a subscriber gets again; none where nothing was to be replayed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replayed: Option<usize>,
}

/// How far a system is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Standing {
    /// Dossiers of which something was recorded since, and that it must have.
    pub changed: usize,
    /// Of these, those of which it has all that it must have.
    pub in_step: usize,
    /// The same in percent, with two decimals; 100.00 where it must have none.
    pub in_step_percent: String,
    /// Of the changed ones, those that the ledger did not know to be owed: a message is sent for each,
    /// as far as the run may send.
    pub unknown: usize,
    /// Dossiers that it will be asked for, with what messages were left.
    pub asked: usize,
    /// All that it is owed now, however old.
    pub behind: u64,
    /// For how many seconds the one that has waited longest has been owed; 0 if there is none.
    pub oldest_behind_seconds: i64,
    /// What it has to process and does not say that it has; none of a system that only has to know.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transfers: Option<OpenTransfers>,
    /// How far it is with feedback that was given at it; none of a system without any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub feedback: Option<FeedbackStanding>,
}

impl Standing {
    /// The same, as reports read it.
    fn stored(&self, now: Timestamp) -> SystemStanding {
        let waited = SignedDuration::from_secs(self.oldest_behind_seconds);
        let behind_since = now.saturating_sub(waited).unwrap_or(now);
        let count = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        SystemStanding {
            compared_at: now,
            changed: count(self.changed),
            in_step: count(self.in_step),
            behind: self.behind,
            behind_since: (self.behind > 0).then_some(behind_since),
            transfers: self.transfers,
        }
    }
}

/// Compares, sends and publishes at `now`.
pub async fn reconcile(
    order: &Order,
    (dossiers, ledger, given): (&Dossiers, &Deliveries, &FeedbackTable),
    queue: &impl MessageSender,
    (catalogue, connected): (&Catalogue, &Connected),
    now: Timestamp,
) -> Result<Outcome, Failure> {
    let since = order.since.unwrap_or(now.saturating_sub(LOOKED_BACK).unwrap_or(now));
    if since > now {
        return Err(Violation::new("since", RuleName::NotInTheFuture, "lies in the future").into());
    }
    let at_most = order.at_most.unwrap_or(SENT_MAX);
    if !(1..=SENT_MAX).contains(&at_most) {
        let bounds = Fact::between(1, SENT_MAX, Unit::Number);
        return Err(Violation::unless("atMost", RuleName::Range, bounds).into());
    }
    let until =
        if order.since.is_some() { now } else { now.saturating_sub(UNDER_WAY).unwrap_or(now) };
    let systems: Vec<&System> =
        catalogue.systems().on(date_of(now)).filter(|system| connected.has(system)).collect();
    let systems = match &order.replay {
        Some(id) => vec![replay::subscriber(systems, id)?],
        None => systems,
    };
    let mut outcome = Outcome { since, systems: BTreeMap::new(), replayed: None };
    if systems.is_empty() {
        return Ok(outcome);
    }
    let agencies: Vec<AgencyCode> =
        catalogue.agencies().map(|agency| agency.code.clone()).collect();
    let read = stream::iter(&agencies).map(|agency| recorded(dossiers, agency, since, now));
    let mut changed: BTreeMap<_, DossierFacts> = BTreeMap::new();
    let mut read = read.buffer_unordered(WIDTH);
    while let Some(found) = read.try_next().await? {
        for facts in found {
            // An index may lag: what shows the longer history is right.
            let longer = |known: &DossierFacts| known.history.len() >= facts.history.len();
            if !changed.get(&facts.code).is_some_and(longer) {
                changed.insert(facts.code.clone(), facts);
            }
        }
    }
    if let (Some(_), [system]) = (&order.replay, &systems[..]) {
        outcome.replayed = Some(replay::replayed(system, &changed, ledger, (since, now)).await?);
        return Ok(outcome);
    }
    let tables = (given, ledger);
    let times = (since, until, now);
    let mut given = feedback::compared(&systems, tables, (queue, at_most), times).await?;
    for system in systems {
        let compared = compared(system, &changed, ledger, (since, until)).await?;
        let mut standing =
            mended(system, &compared, (ledger, queue, at_most), (since, now)).await?;
        standing.feedback = given.remove(&system.id);
        publish(system, &compared, ledger, (since, now)).await?;
        // Of a week, and of no other time that an operator asks for: reports say so.
        if order.since.is_none() {
            ledger.publish_standing(&system.id, &standing.stored(now)).await?;
        }
        let Standing { changed, in_step, unknown, asked, behind, .. } = &standing;
        let (oldest, percent) = (standing.oldest_behind_seconds, &standing.in_step_percent);
        let open = standing.transfers.unwrap_or_default();
        tracing::info!(
            system = system.id.as_str(),
            changed,
            in_step,
            in_step_percent = percent,
            unknown,
            asked,
            behind,
            oldest_behind_seconds = oldest,
            transfers_overdue = open.overdue,
            transfers_refused = open.refused,
            "system compared with the histories"
        );
        outcome.systems.insert(system.id.clone(), standing);
    }
    Ok(outcome)
}

/// A dossier that a system must have, and its line.
struct Compared<'a> {
    facts: &'a DossierFacts,
    owed: u64,
    /// Whether the system has to process it now.
    offer: Option<Offer>,
    line: Option<Delivery>,
}

impl Compared<'_> {
    fn is_known(&self) -> bool {
        let begun = |line: &Delivery| line.transfer().map_or(0, Transfer::begun_at);
        self.line.as_ref().is_some_and(|line| {
            line.owed() >= self.owed && self.offer.is_none_or(|offer| offer.begun <= begun(line))
        })
    }

    fn is_in_step(&self) -> bool {
        self.is_known()
            && self
                .line
                .as_ref()
                .is_some_and(|line| line.acknowledged() >= self.owed && !line.is_transfer_open())
    }
}

async fn compared<'a>(
    system: &System,
    changed: &'a BTreeMap<domain::id::DossierCode, DossierFacts>,
    ledger: &Deliveries,
    (since, until): (Timestamp, Timestamp),
) -> Result<Vec<Compared<'a>>, Failure> {
    let owed = changed.values().filter_map(|facts| {
        // What may still be on its way is at the end: times of recording never decrease much.
        let known: Vec<HistoryEntry> =
            facts.history.iter().filter(|entry| entry.recorded_at <= until).cloned().collect();
        let recorded = known.iter().any(|entry| entry.recorded_at >= since);
        let owed = system.owed_of((&facts.agency, &facts.procedure), &known);
        let offer = system.offer_of((&facts.agency, &facts.procedure), &known);
        (recorded && owed > 0).then_some((facts, owed, offer))
    });
    stream::iter(owed.collect::<Vec<_>>())
        .map(|(facts, owed, offer)| async move {
            let line = ledger.line(&facts.code, &system.id).await?;
            Ok::<_, Failure>(Compared { facts, owed, offer, line })
        })
        .buffered(LOOKED_UP_AT_ONCE)
        .try_collect()
        .await
}

/// Has brought what the ledger did not know, and asked for what was acknowledged since.
async fn mended(
    system: &System,
    compared: &[Compared<'_>],
    (ledger, queue, at_most): (&Deliveries, &impl MessageSender, usize),
    (since, now): (Timestamp, Timestamp),
) -> Result<Standing, Failure> {
    let unknown: Vec<&Compared<'_>> = compared.iter().filter(|one| !one.is_known()).collect();
    let acknowledged_since = |one: &&Compared<'_>| {
        let at = one.line.as_ref().and_then(Delivery::acknowledged_at);
        one.is_in_step() && at.is_some_and(|at| at >= since)
    };
    let left = at_most.saturating_sub(unknown.len());
    let asked: Vec<&Compared<'_>> = match system.protocol {
        Protocol::Dvcqg | Protocol::Vnpost => {
            compared.iter().filter(acknowledged_since).take(left).collect()
        }
        // They can be asked nothing.
        Protocol::Lgsp | Protocol::Queue | Protocol::Webhook => Vec::new(),
    };
    let owed = unknown.iter().take(at_most);
    let owed = owed.map(|one| wire::json(&CloudEvent::deliver(&one.facts.code, &system.id, now)));
    let questions = asked.iter();
    let questions =
        questions.map(|one| wire::json(&CloudEvent::check(&one.facts.code, &system.id, now)));
    let bodies: Vec<String> = owed.chain(questions).collect::<Result<_, _>>()?;
    queue.send_all(&bodies).await?;
    let behind = ledger.behind(&system.id).await?;
    let transfers = match &system.transfer {
        Some(_) => Some(ledger.open_transfers(&system.id, now).await?),
        None => None,
    };
    let (changed, in_step) =
        (compared.len(), compared.iter().filter(|one| one.is_in_step()).count());
    let oldest = behind.since.map_or(0, |since| since.duration_until(now).as_secs().max(0));
    Ok(Standing {
        changed,
        in_step,
        in_step_percent: percent(in_step, changed),
        unknown: unknown.len(),
        asked: asked.len(),
        behind: behind.lines,
        oldest_behind_seconds: oldest,
        transfers,
        feedback: None,
    })
}

/// A share in percent with two decimals, never rounded up: all of it is 100.00 alone.
fn percent(part: usize, whole: usize) -> String {
    let hundredths = (part * 10_000).checked_div(whole).unwrap_or(10_000);
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

/// How many dossiers of an agency's procedure a system must have, and has.
type Cells = BTreeMap<(AgencyCode, ProcedureCode), (u64, u64)>;

/// Publishes, for each of the days that figures are counted of again, how many of the dossiers
/// received on it the system has.
async fn publish(
    system: &System,
    compared: &[Compared<'_>],
    ledger: &Deliveries,
    (since, now): (Timestamp, Timestamp),
) -> Result<(), Failure> {
    let today = date_of(now);
    let mut cells: BTreeMap<Date, Cells> = BTreeMap::new();
    // Of the day on which the look back begins only a part was looked at.
    let first = today.saturating_sub(6.days()).max(date_of(since).saturating_add(1.day()));
    let days = first.series(1.day()).take_while(|day| *day < today);
    cells.extend(days.map(|day| (day, Cells::new())));
    for one in compared {
        let received = one.facts.history.iter().rfind(|entry| entry.action == Action::Receive);
        let Some(received) = received.map(|entry| date_of(entry.at)) else { continue };
        let Some(of_day) = cells.get_mut(&received) else { continue };
        let cell = of_day.entry((one.facts.agency.clone(), one.facts.procedure.clone()));
        let (owed, in_step) = cell.or_default();
        *owed += 1;
        *in_step += u64::from(one.is_in_step());
    }
    for (day, cells) in cells {
        let cells = cells.into_iter().map(|((agency, procedure), (owed, in_step))| InStep {
            agency,
            procedure,
            owed,
            in_step,
        });
        ledger.publish(&system.id, day, cells.collect()).await?;
    }
    Ok(())
}
