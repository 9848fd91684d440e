//! Wires `sync-national`.

use jiff::SignedDuration;
use platform::batch::{Arrived, Plan, SHORT_PATIENCE};
use platform::clock;
use platform::cloud::Cloud;
use platform::dynamo::{Deliveries, Dossiers, FeedbackTable};
use platform::entry::{self, queue};
use platform::national::{NationalSystems, Subscribers};
use platform::sqs::{Replies, SourceQueue};
use sync_national::{BATCH_TIMEOUT, Desk, PATIENCE, Settings, WIDTH, sync};

fn main() -> Result<(), entry::Error> {
    entry::on_one_thread(wire)
}

async fn wire() -> Result<(), entry::Error> {
    let settings: Settings = entry::start().await?;
    let cloud = &Cloud::open()?;
    let client = cloud.tables();
    let live = &entry::catalogue(&client, settings.catalogue).await?;
    let dossiers = &Dossiers::new(client.clone(), settings.dossiers);
    let feedback = &FeedbackTable::new(client.clone(), settings.feedback_table);
    let ledger = &Deliveries::new(client, settings.deliveries_table);
    let systems = NationalSystems::open(settings.systems)?;
    let systems = &match settings.subscribers {
        Some(known) => {
            let replies = Replies::new(cloud.queues(), known.replies_url_prefix.clone());
            systems.with(Subscribers::new(replies, known, clock::now))
        }
        None => systems,
    };
    let plan = Plan {
        width: WIDTH,
        record_timeout: BATCH_TIMEOUT,
        receives_max: settings.queue.receives_max,
        patience: SHORT_PATIENCE,
    };
    let source = &SourceQueue::open(cloud.queues(), settings.queue);
    let lease = SignedDuration::try_from(BATCH_TIMEOUT)?;
    queue::run_together(plan, source, async |messages: Vec<Arrived>| {
        let catalogue = &*live.current(clock::now()).await?;
        let patience = PATIENCE;
        let desk = &Desk { dossiers, feedback, ledger, systems, catalogue, lease, patience };
        Ok(sync(&messages, desk, clock::now).await)
    })
    .await
}
