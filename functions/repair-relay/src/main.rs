//! Wires `repair-relay`.

use platform::cloud::Cloud;
use platform::dynamo::{Dossiers, LiveTable, Notices};
use platform::entry::{self, schedule};
use platform::sqs::Queue;
use repair_relay::{Order, Settings, repair};

fn main() -> Result<(), entry::Error> {
    entry::on_one_thread(wire())
}

async fn wire() -> Result<(), entry::Error> {
    let settings: Settings = entry::start()?;
    let cloud = &Cloud::open()?;
    let client = cloud.tables();
    let catalogue = &entry::catalogue(&client, settings.catalogue).await?;
    let dossiers = &Dossiers::states(client.clone(), settings.dossiers_table);
    let notices = &Notices::new(client.clone(), settings.notices_table);
    let live = &LiveTable::new(client, settings.live_table);
    let queue = &Queue::new(cloud.queues(), settings.notices_queue_url);
    schedule::run(async |order: Order, now| {
        let tables = (dossiers, notices, live);
        repair(&order, tables, queue, &*catalogue.current(now).await?, now).await
    })
    .await
}
