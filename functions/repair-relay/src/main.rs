//! Wires `repair-relay`.

use platform::cloud::Cloud;
use platform::dynamo::{Deliveries, Dossiers, Notices};
use platform::entry::{self, schedule};
use platform::sqs::Queue;
use repair_relay::{Order, Queues, Settings, repair};

fn main() -> Result<(), entry::Error> {
    entry::on_one_thread(wire)
}

async fn wire() -> Result<(), entry::Error> {
    let settings: Settings = entry::start().await?;
    let cloud = &Cloud::open()?;
    let client = cloud.tables();
    let live = &entry::catalogue(&client, settings.catalogue).await?;
    let dossiers = &Dossiers::states(client.clone(), settings.dossiers_table);
    let notices = &Notices::new(client.clone(), settings.notices_table);
    let ledger = &Deliveries::new(client, settings.deliveries_table);
    let queues = &Queues {
        notices: &Queue::new(cloud.queues(), settings.notices_queue_url),
        fetches: &Queue::new(cloud.queues(), settings.fetches_queue_url),
    };
    schedule::run(async |order: Order, now| {
        let tables = (dossiers, notices, ledger);
        repair(&order, tables, queues, &*live.current(now).await?, now).await
    })
    .await
}
