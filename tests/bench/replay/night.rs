//! A whole night in one process: what the schedule, the queue and the counter do one after the
//! other.

use std::sync::Mutex;

use count_agency::{Counted, Ledger};
use domain::catalogue::Catalogue;
use jiff::Timestamp;
use platform::Failure;
use platform::dynamo::{Dossiers, Figures};
use platform::port::MessageSender;
use rollup_kpi::{Order, plan};

/// A queue that keeps what it gets.
#[derive(Debug, Default)]
struct Ordered(Mutex<Vec<String>>);

impl MessageSender for Ordered {
    async fn send_all(&self, bodies: &[String]) -> Result<(), Failure> {
        self.0.lock().unwrap().extend_from_slice(bodies);
        Ok(())
    }
}

/// The messages that an order comes to.
pub async fn ordered(
    order: &Order,
    figures: &Figures,
    catalogue: &Catalogue,
    now: Timestamp,
) -> Result<Vec<String>, Failure> {
    let queue = Ordered::default();
    plan(order, figures, &queue, catalogue, now).await?;
    Ok(queue.0.into_inner().unwrap())
}

/// Has the days of an order counted, each agency after the other, as one invocation of the counter
/// would.
pub async fn night(
    order: &Order,
    (dossiers, figures): (&Dossiers, &Figures),
    catalogue: &Catalogue,
    now: Timestamp,
) -> Result<Vec<Counted>, Failure> {
    let ledger = Ledger::default();
    let mut counted = Vec::new();
    for message in ordered(order, figures, catalogue, now).await? {
        counted
            .push(count_agency::count(&message, dossiers, figures, &ledger, catalogue, now).await?);
    }
    Ok(counted)
}
