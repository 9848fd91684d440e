//! Where it is kept how far each event of an integrator has come.

use jiff::Timestamp;

use crate::Failure;
use crate::record::standing::{EventName, EventRecord, EventState};

/// The records of integrators' events, each kept for 30 days from when it was first read.
pub trait EventRecords: Sync {
    /// The record of this event as of the last completed write; none before it was read, and after
    /// its time.
    fn event(
        &self,
        name: &EventName,
    ) -> impl Future<Output = Result<Option<EventRecord>, Failure>> + Send;

    /// Records that the event was read, if nothing is recorded of it, and returns its record.
    fn open(
        &self,
        name: &EventName,
        body: &str,
        now: Timestamp,
    ) -> impl Future<Output = Result<EventRecord, Failure>> + Send;

    /// Records that an event that was refused is judged anew, by what came now under its name.
    fn reopen(
        &self,
        name: &EventName,
        body: &str,
        now: Timestamp,
    ) -> impl Future<Output = Result<(), Failure>> + Send;

    /// Records how far the event has come. What was applied stays so.
    fn settle(
        &self,
        name: &EventName,
        state: &EventState,
        now: Timestamp,
    ) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// The queues on which integrators find what became of their events: one for each, which no other
/// reads.
pub trait ReplyQueues: Sync {
    /// Puts `body` on the queue of the integrator with this name.
    fn reply(&self, name: &str, body: &str) -> impl Future<Output = Result<(), Failure>> + Send;
}
