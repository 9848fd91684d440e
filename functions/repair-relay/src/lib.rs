//! Every night, and whenever an operator asks: compares the dossiers' histories with the entry up
//! to which each consumer of the relay is informed, and sends what is owed.
//!
//! A relay that failed for longer than its retries leaves no trace in a queue; what it owes is in
//! the histories. The consumer compared here is the thread of notices, which records its last history
//! entry; what other systems must have is compared by `reconcile-deliveries`. A woken consumer reads
//! the whole history, so that one message per dossier is enough and one too many changes nothing.

mod settings;

use std::collections::BTreeMap;

use domain::catalogue::Catalogue;
use domain::id::{AgencyCode, DossierCode};
use domain::kpi::DossierFacts;
use domain::{RuleName, Violation};
use futures::{StreamExt, TryStreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use platform::dynamo::{Dossiers, Notices};
use platform::message::CloudEvent;
use platform::port::MessageSender;
use platform::recorded::{UNDER_WAY, recorded};
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
}

/// Sends what is owed at `now`.
pub async fn repair(
    order: &Order,
    dossiers: &Dossiers,
    notices: &Notices,
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
    let read =
        stream::iter(&agencies).map(|agency| versions(dossiers, agency, (since, until), now));
    let mut read = read.buffer_unordered(WIDTH);
    while let Some(found) = read.try_next().await? {
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
    let outcome = Outcome { since, changed: count, owed: owed.len(), sent: bodies.len() };
    if outcome.owed > 0 {
        tracing::error!(owed = outcome.owed, sent = outcome.sent, "{}", LogLine::ChangesOwed);
    }
    tracing::info!(%since, changed = outcome.changed, owed = outcome.owed, sent = outcome.sent, "relay compared");
    Ok(outcome)
}

/// Dossiers of `agency` of which something was recorded in a time, with the last version recorded
/// in it.
async fn versions(
    dossiers: &Dossiers,
    agency: &AgencyCode,
    (since, until): (Timestamp, Timestamp),
    now: Timestamp,
) -> Result<Vec<(DossierCode, u64)>, Failure> {
    let last = |facts: DossierFacts| {
        let entry =
            facts.history.iter().rfind(|entry| (since..=until).contains(&entry.recorded_at))?;
        Some((facts.code, entry.version))
    };
    let found = recorded(dossiers, agency, since, now).await?;
    Ok(found.into_iter().filter_map(last).collect())
}

fn body(code: &DossierCode, now: Timestamp) -> Result<String, Failure> {
    wire::json(&CloudEvent::wake(&code.clone().into(), now))
}
