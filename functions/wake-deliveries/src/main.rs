//! Wires `wake-deliveries`.

use platform::cloud::Cloud;
use platform::dynamo::Deliveries;
use platform::entry::{self, schedule};
use platform::sqs::Queue;
use wake_deliveries::{Order, Settings, wake};

fn main() -> Result<(), entry::Error> {
    entry::on_one_thread(wire)
}

async fn wire() -> Result<(), entry::Error> {
    let settings: Settings = entry::start().await?;
    let cloud = &Cloud::open()?;
    let client = cloud.tables();
    let live = &entry::catalogue(&client, settings.catalogue).await?;
    let ledger = &Deliveries::new(client, settings.deliveries_table);
    let queue = &Queue::new(cloud.queues(), settings.national_queue_url);
    schedule::run(async |order: Order, now| {
        wake(&order, ledger, queue, &*live.current(now).await?, now).await
    })
    .await
}
