//! Wires `receive-event`.

use platform::cloud::Cloud;
use platform::dynamo::EventTable;
use platform::entry::{self, http};
use platform::sqs::Queue;
use receive_event::{Desk, Settings};

fn main() -> Result<(), entry::Error> {
    entry::on_one_thread(wire)
}

async fn wire() -> Result<(), entry::Error> {
    let settings: Settings = entry::start().await?;
    let cloud = &Cloud::open()?;
    let client = cloud.tables();
    let live = &entry::catalogue(&client, settings.catalogue).await?;
    let records = &EventTable::new(client, settings.events_table);
    let queue = &Queue::new(cloud.queues(), settings.queue_url);
    let desk = &Desk { records, queue, key: &settings.seal_key };
    http::run(async |request, now| {
        receive_event::handle(request, desk, &*live.current(now).await?, now).await
    })
    .await
}
