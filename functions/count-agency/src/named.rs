//! The way on which messages are parked: what is given up names its agency in the figures.

use jiff::Timestamp;
use platform::Failure;
use platform::batch::Backoff;
use platform::dynamo::Figures;
use platform::port::DeadLetters;

/// A queue that keeps, before it parks a message, which agency could not be counted and why.
#[derive(Debug)]
pub struct Named<'a, Q> {
    queue: &'a Q,
    figures: &'a Figures,
    clock: fn() -> Timestamp,
}

impl<'a, Q> Named<'a, Q> {
    /// Dead letters on `queue`; what is given up is also recorded in `figures`, at the time of
    /// `clock`.
    pub fn new(queue: &'a Q, figures: &'a Figures, clock: fn() -> Timestamp) -> Self {
        Self { queue, figures, clock }
    }
}

impl<Q: DeadLetters + Sync> DeadLetters for Named<'_, Q> {
    async fn park_with(
        &self,
        body: &str,
        why: (&str, &str),
        beside: &[(&str, &str)],
    ) -> Result<(), Failure> {
        crate::give_up(body, self.figures, why, (self.clock)()).await?;
        self.queue.park_with(body, why, beside).await
    }
}

impl<Q: Backoff + Sync> Backoff for Named<'_, Q> {
    async fn hide(&self, receipt: &str, seconds: u32) -> Result<(), Failure> {
        self.queue.hide(receipt, seconds).await
    }
}
