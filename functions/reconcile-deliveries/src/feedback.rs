//! Feedback that was given at another system: what the relay lost of it is sent again.

use std::collections::BTreeMap;

use domain::calendar::date_of;
use domain::delivery::{System, SystemId};
use domain::feedback::Feedback;
use futures::{StreamExt, TryStreamExt, stream};
use jiff::{Timestamp, ToSpan};
use platform::Failure;
use platform::dynamo::{Deliveries, FeedbackTable};
use platform::message::CloudEvent;
use platform::port::{DeliveryLedger, MessageSender};
use platform::wire;
use serde::Serialize;

use crate::LOOKED_UP_AT_ONCE;

/// How far a system is with feedback that was given at it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FeedbackStanding {
    /// Feedback that changed since, and that it must have.
    pub changed: usize,
    /// Of this, what it has as it must have it.
    pub in_step: usize,
    /// Of this, what the ledger did not know to be owed: a message is sent for each, as far as the
    /// run may send.
    pub unknown: usize,
    /// Feedback of which the system will be asked whether it has what it acknowledged since, with
    /// what messages were left.
    pub asked: usize,
}

/// The messages that a run owes a system.
#[derive(Default)]
struct Owing {
    /// For what the ledger did not know.
    unknown: Vec<String>,
    /// For what is to be asked.
    questions: Vec<String>,
}

/// Compares the ledger with what was changed in this time, sends what it does not know, and has asked
/// for what was acknowledged since, at most `at_most` messages for a system. Gives how far each
/// system is at which people give feedback.
pub(crate) async fn compared(
    systems: &[&System],
    (table, ledger): (&FeedbackTable, &Deliveries),
    (queue, at_most): (&impl MessageSender, usize),
    (since, until, now): (Timestamp, Timestamp, Timestamp),
) -> Result<BTreeMap<SystemId, FeedbackStanding>, Failure> {
    let mut found: BTreeMap<SystemId, FeedbackStanding> = systems
        .iter()
        .filter(|system| system.feedback.is_some())
        .map(|system| (system.id.clone(), FeedbackStanding::default()))
        .collect();
    if found.is_empty() {
        return Ok(found);
    }
    let mut owing: BTreeMap<&SystemId, Owing> = BTreeMap::new();
    for feedback in changed(table, (since, until), now).await? {
        for system in systems {
            let owed = system.owed_of_feedback(&feedback);
            let Some(standing) = found.get_mut(&system.id).filter(|_| owed > 0) else { continue };
            let code = feedback.code.shared();
            let line = ledger.line(code, &system.id).await?;
            let owing = owing.entry(&system.id).or_default();
            standing.changed += 1;
            if line.as_ref().is_none_or(|line| line.owed() < owed) {
                standing.unknown += 1;
                owing.unknown.push(wire::json(&CloudEvent::deliver(code, &system.id, now))?);
            } else if let Some(line) = line.filter(|line| line.acknowledged() >= owed) {
                standing.in_step += 1;
                if line.acknowledged_at().is_some_and(|at| at >= since) {
                    owing.questions.push(wire::json(&CloudEvent::check(code, &system.id, now))?);
                }
            }
        }
    }
    for (id, Owing { mut unknown, mut questions }) in owing {
        // What nobody knows to be owed comes first: what was acknowledged is most likely there.
        unknown.truncate(at_most);
        questions.truncate(at_most.saturating_sub(unknown.len()));
        if let Some(standing) = found.get_mut(id) {
            standing.asked = questions.len();
        }
        unknown.append(&mut questions);
        queue.send_all(&unknown).await?;
    }
    Ok(found)
}

/// What was given at another system and changed in this time; what may still be on its way is owed
/// by nobody.
async fn changed(
    table: &FeedbackTable,
    (since, until): (Timestamp, Timestamp),
    now: Timestamp,
) -> Result<Vec<Feedback>, Failure> {
    let mut codes = Vec::new();
    for day in date_of(since).series(1.day()).take_while(|day| *day <= date_of(until)) {
        let moved = table.moved_on(day).await?.into_iter();
        let known = moved.filter(|moved| (since..=until).contains(&moved.at));
        codes.extend(known.filter(|moved| moved.origin.is_some()).map(|moved| moved.code));
    }
    let read = stream::iter(&codes).map(|code| table.feedback(code, now));
    let read: Vec<Option<Feedback>> = read.buffered(LOOKED_UP_AT_ONCE).try_collect().await?;
    Ok(read.into_iter().flatten().collect())
}
