//! Every night, and whenever an operator asks: compares the dossiers' histories with the entry up
//! to which each consumer of the relay is informed, and sends what is owed. The figures of the day
//! that the relay keeps are compared by the same read, and mended (ADR 103).
//!
//! A relay that failed for longer than its retries leaves no trace in a queue; what it owes is in
//! the histories. The consumer compared here is the thread of notices, which records its last history
//! entry; what other systems must have is compared by `reconcile-deliveries`. A woken consumer reads
//! the whole history, so that one message per dossier is enough and one too many changes nothing.

mod settings;

use std::collections::BTreeMap;

use domain::catalogue::Catalogue;
use domain::id::{AgencyCode, DossierCode};
use domain::kpi::{DossierFacts, LiveNews};
use domain::{RuleName, Violation};
use futures::{StreamExt, TryStreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use platform::dynamo::{Dossiers, Histories, LiveTable, Notices};
use platform::message::CloudEvent;
use platform::port::MessageSender;
use platform::recorded::{UNDER_WAY, at_hand, is_recorded_since};
use platform::wire;
use platform::{Failure, LogLine};
use serde::{Deserialize, Serialize};

pub use settings::Settings;

/// How far back a night looks: a night that failed, and the one after it, are made up for by the
/// next.
const LOOKED_BACK: SignedDuration = SignedDuration::from_hours(3 * 24);

/// The most dossiers that one run sends; those left over are the next run's.
const SENT_MAX: usize = 20_000;

/// Agencies read at the same time.
const WIDTH: usize = 4;

/// Threads looked up at a time.
const LOOKED_UP_AT_ONCE: usize = 16;

/// The payload: of the schedule, or of an operator.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {
    /// The time of recording from which on changes are compared; three days back if absent.
    #[serde(default)]
    pub since: Option<Timestamp>,
}

/// The answer of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    /// From when on was looked at.
    pub since: Timestamp,
    /// Dossiers of which something was recorded since.
    pub changed: usize,
    /// Of these, dossiers with an entry that no consumer has.
    pub owed: usize,
    /// Of these, those for which a message was sent: fewer only where there are too many for one
    /// run.
    pub sent: usize,
    /// Agencies whose live figures were not as their dossiers stand; they are now.
    pub live_differences: usize,
}

/// Sends what is owed at `now`.
pub async fn repair(
    order: &Order,
    (dossiers, notices, live): (&Dossiers, &Notices, &LiveTable),
    queue: &impl MessageSender,
    catalogue: &Catalogue,
    now: Timestamp,
) -> Result<Outcome, Failure> {
    let since = order.since.unwrap_or(now.saturating_sub(LOOKED_BACK).unwrap_or(now));
    if since > now {
        return Err(Violation::new("since", RuleName::NotInTheFuture, "lies in the future").into());
    }
    // Whoever asks by name wants everything: what is under way comes twice, which has one effect.
    let until =
        if order.since.is_some() { now } else { now.saturating_sub(UNDER_WAY).unwrap_or(now) };
    let agencies: Vec<AgencyCode> =
        catalogue.agencies().map(|agency| agency.code.clone()).collect();
    let mut changed: BTreeMap<DossierCode, u64> = BTreeMap::new();
    let read = stream::iter(&agencies)
        .map(|agency| versions((dossiers, live), agency, (since, until), now));
    let mut read = read.buffer_unordered(WIDTH);
    let mut live_differences = 0;
    while let Some((found, differs)) = read.try_next().await? {
        live_differences += usize::from(differs);
        for (code, version) in found {
            // An index may lag: what shows the longer history is right.
            let known = changed.entry(code).or_default();
            *known = version.max(*known);
        }
    }
    let count = changed.len();
    let owed: Vec<Option<DossierCode>> = stream::iter(changed)
        .map(|(code, version)| async move {
            let noted = notices.noted(&code).await?;
            Ok::<_, Failure>((noted < version).then_some(code))
        })
        .buffered(LOOKED_UP_AT_ONCE)
        .try_collect()
        .await?;
    let owed: Vec<DossierCode> = owed.into_iter().flatten().collect();
    let bodies =
        owed.iter().take(SENT_MAX).map(|code| body(code, now)).collect::<Result<Vec<_>, _>>()?;
    queue.send_all(&bodies).await?;
    let (owed, sent) = (owed.len(), bodies.len());
    let outcome = Outcome { since, changed: count, owed, sent, live_differences };
    if outcome.owed > 0 {
        tracing::error!(owed = outcome.owed, sent = outcome.sent, "{}", LogLine::ChangesOwed);
    }
    tracing::info!(%since, changed = outcome.changed, owed = outcome.owed, sent = outcome.sent, "relay compared");
    Ok(outcome)
}

/// Dossiers of `agency` of which something was recorded in a time, with the last version recorded
/// in it; and whether its live figures were not as its dossiers stand.
async fn versions(
    (dossiers, live): (&Dossiers, &LiveTable),
    agency: &AgencyCode,
    (since, until): (Timestamp, Timestamp),
    now: Timestamp,
) -> Result<(Vec<(DossierCode, u64)>, bool), Failure> {
    let last = |facts: &DossierFacts| {
        let entry =
            facts.history.iter().rfind(|entry| (since..=until).contains(&entry.recorded_at))?;
        Some((facts.code.clone(), entry.version))
    };
    let found = at_hand(dossiers, agency, since, now).await?;
    let differs = settle(live, agency, &found, now).await;
    let lately = found.facts.iter().filter(|facts| is_recorded_since(facts, since));
    Ok((lately.filter_map(last).collect(), differs))
}

/// Makes the live figures of an agency what its dossiers say; whether they were not. Nothing that a
/// citizen is owed waits for them: where this fails the log says so, and the next night tries again.
async fn settle(live: &LiveTable, agency: &AgencyCode, found: &Histories, now: Timestamp) -> bool {
    let news = found.facts.iter().filter_map(LiveNews::of_facts);
    let mut newest: BTreeMap<DossierCode, LiveNews> = BTreeMap::new();
    for one in news {
        if newest.get(&one.code).is_none_or(|known| known.version < one.version) {
            newest.insert(one.code.clone(), one);
        }
    }
    let news = newest.into_values().collect();
    match live.settle(agency, news, &found.unreadable, now).await {
        Ok(Some(found)) if found.is_any() => {
            let (agency, missed, wrong) = (agency.as_str(), found.missed, found.wrong);
            tracing::warn!(agency, missed, wrong, "{}", LogLine::LiveFiguresDiffer);
            true
        }
        Ok(_) => false,
        Err(failure) => {
            let (agency, cause) = (agency.as_str(), failure.chain());
            tracing::error!(agency, cause, "live figures were not compared");
            false
        }
    }
}

fn body(code: &DossierCode, now: Timestamp) -> Result<String, Failure> {
    wire::json(&CloudEvent::wake(&code.clone().into(), now))
}
