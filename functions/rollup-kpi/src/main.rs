//! Wires `rollup-kpi`.

use platform::cloud::Cloud;
use platform::dynamo::Figures;
use platform::entry::{self, schedule};
use platform::sqs::Queue;
use rollup_kpi::{Order, Settings, plan};

fn main() -> Result<(), entry::Error> {
    entry::on_one_thread(wire)
}

async fn wire() -> Result<(), entry::Error> {
    let settings: Settings = entry::start().await?;
    let cloud = &Cloud::open()?;
    let client = cloud.tables();
    let live = &entry::catalogue(&client, settings.catalogue).await?;
    let figures = &Figures::new(client, settings.kpi_table);
    let queue = &Queue::new(cloud.queues(), settings.counts_queue_url);
    schedule::run(async |order: Order, now| {
        plan(&order, figures, queue, &*live.current(now).await?, now).await
    })
    .await
}
