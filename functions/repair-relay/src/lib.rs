//! Every night, and whenever an operator asks: compares the dossiers' histories with the entry up
//! to which each consumer of the relay is informed, and sends what is owed. The figures of the day
//! that the relay keeps are compared by the same read, and mended (ADR 103).
//!
//! A relay that failed for longer than its retries leaves no trace in a queue; what it owes is in
//! the histories. The consumer compared here is the thread of notices, which records its last history
//! entry; what other systems must have is compared by `reconcile-deliveries`. A woken consumer reads
//! the whole history, so that one message per dossier is enough and one too many changes nothing.
//!
//! Whoever copies documents records nothing where there is nothing to copy: where the catalogue has
//! any host copied, its message is sent for each dossier to which documents came; what was copied is
//! not copied again.
//!
//! Of feedback the threads are compared by an index of the days on which it was changed last.
//!
//! The same threads say who told applicants of what; that is published by day and agency.

mod settings;
mod told;

use std::collections::BTreeMap;

use domain::calendar::date_of;
use domain::catalogue::Catalogue;
use domain::dossier::HistoryEntry;
use domain::id::{AgencyCode, DossierCode, SubjectCode};
use domain::kpi::{DossierFacts, LiveNews};
use domain::thread::ToldCount;
use domain::{RuleName, Violation};
use futures::{StreamExt, TryStreamExt, stream};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan};
use platform::dynamo::{Deliveries, Dossiers, FeedbackTable, Histories, LiveTable, Notices};
use platform::message::CloudEvent;
use platform::port::MessageSender;
use platform::recorded::{UNDER_WAY, at_hand, is_recorded_since};
use platform::wire;
use platform::{Failure, LogLine};
use serde::{Deserialize, Serialize};

pub use settings::Settings;
use told::{Telling, told};

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
    /// Feedback that was changed since, of which its author has yet to be told, and for which a message
    /// was sent.
    pub feedback: usize,
    /// Dossiers of which the documents of other systems are looked for again: those to which any
    /// came since.
    pub fetches: usize,
    /// Who told applicants of the changes of each day that was counted, of the whole province.
    pub told: BTreeMap<Date, ToldCount>,
    /// Agencies whose live figures were not as their dossiers stand; they are now.
    pub live_differences: usize,
}

/// What is compared, and where it is published.
#[derive(Debug, Clone, Copy)]
pub struct Tables<'a> {
    /// The states of dossiers.
    pub dossiers: &'a Dossiers,
    /// The threads of notices.
    pub notices: &'a Notices,
    /// The delivery ledger, which also has who told applicants.
    pub ledger: &'a Deliveries,
    /// Feedback, by the days on which it was changed.
    pub feedback: &'a FeedbackTable,
    /// The live figures, which the night compares and mends.
    pub live: &'a LiveTable,
}

/// Where what is owed is sent.
#[derive(Debug)]
pub struct Queues<'a, N, F> {
    /// The queue of notices.
    pub notices: &'a N,
    /// The queue of documents to be copied.
    pub fetches: &'a F,
}

/// Sends what is owed at `now`, and publishes who told applicants.
pub async fn repair(
    order: &Order,
    tables: Tables<'_>,
    queues: &Queues<'_, impl MessageSender, impl MessageSender>,
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
    let Tables { dossiers, notices, ledger, live, feedback } = tables;
    let (changed, live_differences) = changed((dossiers, live), catalogue, (since, now)).await?;
    let compared = stream::iter(changed.values()).map(|facts| async move {
        let (noted, thread) = notices.looked_at(&facts.code).await?;
        let known = (noted, thread.as_ref());
        let told = told(facts, known, (ledger, catalogue), since).await?;
        Ok::<_, Failure>((facts, noted, told))
    });
    let mut compared = compared.buffered(LOOKED_UP_AT_ONCE);
    let mut brought_to = Vec::new();
    let (mut telling, mut owed, mut count) = (Telling::since(since, now), Vec::new(), 0);
    while let Some((facts, noted, told)) = compared.try_next().await? {
        telling.count(facts, told);
        // What may still be on its way is owed by nobody.
        let recorded = |entry: &&HistoryEntry| (since..=until).contains(&entry.recorded_at);
        let Some(last) = facts.history.iter().rfind(recorded) else { continue };
        count += 1;
        if noted < last.version {
            owed.push(&facts.code);
        }
        let brought = |entry: &&HistoryEntry| recorded(entry) && entry.action.brings_documents();
        brought_to.extend(facts.history.iter().rfind(brought).map(|entry| (&facts.code, entry)));
    }
    if !catalogue.document_hosts().copies_any(date_of(now)) {
        brought_to.clear();
    }
    let fetches = brought_to.iter().take(SENT_MAX);
    let fetches = fetches.map(|(code, entry)| wire::json(&CloudEvent::changed(code, entry)));
    let fetches = fetches.collect::<Result<Vec<_>, _>>()?;
    queues.fetches.send_all(&fetches).await?;
    let bodies =
        owed.iter().take(SENT_MAX).map(|code| body(code, now)).collect::<Result<Vec<_>, _>>()?;
    queues.notices.send_all(&bodies).await?;
    let untold = untold((feedback, notices), catalogue, (since, until)).await?;
    let to_tell = untold.iter().take(SENT_MAX);
    let to_tell = to_tell.map(|code| wire::json(&CloudEvent::wake(code, now)));
    queues.notices.send_all(&to_tell.collect::<Result<Vec<_>, _>>()?).await?;
    let told = telling.publish(ledger, now).await?;
    let outcome = Outcome {
        since,
        changed: count,
        owed: owed.len(),
        sent: bodies.len(),
        feedback: untold.len().min(SENT_MAX),
        fetches: fetches.len(),
        told,
        live_differences,
    };
    let owed = outcome.owed + untold.len();
    if owed > 0 {
        let sent = outcome.sent + outcome.feedback;
        tracing::error!(owed, sent, "{}", LogLine::ChangesOwed);
    }
    tracing::info!(%since, changed = outcome.changed, owed = outcome.owed, sent = outcome.sent, "relay compared");
    Ok(outcome)
}

/// Feedback that was changed in this time and whose thread does not know it; none where the
/// catalogue has no texts for it, since then no thread begins.
async fn untold(
    (feedback, notices): (&FeedbackTable, &Notices),
    catalogue: &Catalogue,
    (since, until): (Timestamp, Timestamp),
) -> Result<Vec<SubjectCode>, Failure> {
    let mut untold = Vec::new();
    if catalogue.templates().feedback().is_none() {
        return Ok(untold);
    }
    for day in date_of(since).series(1.day()).take_while(|day| *day <= date_of(until)) {
        let moved = feedback.moved_on(day).await?;
        let compared = stream::iter(moved).map(|moved| async move {
            let (noted, _) = notices.looked_at(moved.code.shared()).await?;
            Ok::<_, Failure>((moved, noted))
        });
        let mut compared = compared.buffered(LOOKED_UP_AT_ONCE);
        while let Some((moved, noted)) = compared.try_next().await? {
            let told_there = moved.origin.as_ref().is_some_and(|origin| {
                catalogue.systems().tells_authors(&origin.source, date_of(until))
            });
            let told_by_us = !moved.anonymous && !told_there;
            if told_by_us && (since..=until).contains(&moved.at) && noted < moved.version {
                untold.push(moved.code.into());
            }
        }
    }
    Ok(untold)
}

/// Every dossier of which something was recorded since, by its code; and of how many agencies the
/// live figures were not as their dossiers stand.
async fn changed(
    (dossiers, live): (&Dossiers, &LiveTable),
    catalogue: &Catalogue,
    (since, now): (Timestamp, Timestamp),
) -> Result<(BTreeMap<DossierCode, DossierFacts>, usize), Failure> {
    let agencies: Vec<AgencyCode> =
        catalogue.agencies().map(|agency| agency.code.clone()).collect();
    let read = stream::iter(&agencies).map(|agency| async move {
        let found = at_hand(dossiers, agency, since, now).await?;
        let differs = settle(live, agency, &found, now).await;
        Ok::<_, Failure>((found.facts, differs))
    });
    let mut changed: BTreeMap<_, DossierFacts> = BTreeMap::new();
    let mut live_differences = 0;
    let mut read = read.buffer_unordered(WIDTH);
    while let Some((found, differs)) = read.try_next().await? {
        live_differences += usize::from(differs);
        for facts in found.into_iter().filter(|facts| is_recorded_since(facts, since)) {
            // An index may lag: what shows the longer history is right.
            let longer = |known: &DossierFacts| known.history.len() >= facts.history.len();
            if !changed.get(&facts.code).is_some_and(longer) {
                changed.insert(facts.code.clone(), facts);
            }
        }
    }
    Ok((changed, live_differences))
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
