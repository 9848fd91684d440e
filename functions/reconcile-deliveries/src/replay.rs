//! A subscriber that has lost what it had gets it again, from a moment on: the lines of the ledger
//! are reopened, and brought as everything is that is owed, at the subscriber's own rate.

use std::collections::BTreeMap;

use domain::delivery::{Delivery, System, SystemId, TransferTerms};
use domain::id::DossierCode;
use domain::kpi::DossierFacts;
use domain::{RuleName, Violation};
use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use platform::Failure;
use platform::dynamo::Deliveries;
use platform::port::{DeliveryLedger, Stored};

use crate::LOOKED_UP_AT_ONCE;

/// Attempts to store a line or a rate that other writers change.
const STORED_MAX: u32 = 12;

/// The subscriber `id` among the `systems` that are connected. A portal is none: it would show each
/// step twice, and is asked for what it has.
pub(crate) fn subscriber<'a>(
    systems: Vec<&'a System>,
    id: &SystemId,
) -> Result<&'a System, Failure> {
    let mut known = systems.into_iter().filter(|system| system.protocol.is_subscription());
    known.find(|system| system.id == *id).ok_or_else(|| {
        Violation::new("replay", RuleName::KnownSystem, "is no subscriber that is connected").into()
    })
}

/// Reopens the lines of `changed` up to what was recorded before `since`, and switches the
/// subscriber on. Returns how many dossiers it gets again. A second run reopens what came since.
pub(crate) async fn replayed(
    system: &System,
    changed: &BTreeMap<DossierCode, DossierFacts>,
    ledger: &Deliveries,
    (since, now): (Timestamp, Timestamp),
) -> Result<usize, Failure> {
    let reopened: Vec<bool> = stream::iter(changed.values())
        .map(|facts| reopened(system, facts, ledger, (since, now)))
        .buffer_unordered(LOOKED_UP_AT_ONCE)
        .try_collect()
        .await?;
    // Last, so that nothing goes before everything is owed.
    switch_on(system, ledger).await?;
    let replayed = reopened.into_iter().filter(|is| *is).count();
    tracing::info!(system = system.id.as_str(), replayed, "a subscriber gets changes again");
    Ok(replayed)
}

async fn reopened(
    system: &System,
    facts: &DossierFacts,
    ledger: &Deliveries,
    (since, now): (Timestamp, Timestamp),
) -> Result<bool, Failure> {
    // An integrator may report late: what was recorded since may have an older entry behind it,
    // which then comes too.
    let first = facts.history.iter().find(|entry| since <= entry.recorded_at);
    let Some(has) = first.map(|entry| entry.version.saturating_sub(1)) else {
        return Ok(false);
    };
    for _ in 0..STORED_MAX {
        let stored = ledger.line(&facts.code, &system.id).await?;
        let mut line =
            stored.unwrap_or_else(|| Delivery::begun(facts.code.clone(), system.id.clone()));
        // What the relay has lost is owed too.
        let owed = system.owed_of((&facts.agency, &facts.procedure), &facts.history);
        let within = system.transfer.as_ref().map(TransferTerms::within);
        let offered = within.is_some_and(|within| line.offer_again(has, within, now));
        if !(line.replay(has, now) | offered | line.owe(owed, now)) {
            return Ok(false);
        }
        line.advance();
        if ledger.keep(&line).await? == Stored::Yes {
            return Ok(true);
        }
    }
    Err(Failure::Held("a line of the delivery ledger"))
}

async fn switch_on(system: &System, ledger: &Deliveries) -> Result<(), Failure> {
    for _ in 0..STORED_MAX {
        let mut pace = ledger.pace(&system.id).await?;
        if !pace.switch_on() {
            return Ok(());
        }
        pace.advance();
        if ledger.keep_pace(&system.id, &pace).await? == Stored::Yes {
            return Ok(());
        }
    }
    Err(Failure::Held("the rate of a system"))
}
