//! Wires `rollup-kpi`.

use platform::dynamo::{self, Figures};
use platform::entry::{self, schedule};
use platform::sqs::{self, Queue};
use rollup_kpi::{Order, Settings, plan};

fn main() -> Result<(), entry::Error> {
    entry::on_one_thread(wire())
}

async fn wire() -> Result<(), entry::Error> {
    let settings: Settings = entry::start()?;
    let client = dynamo::client().await;
    let live = &entry::catalogue(&client, settings.catalogue).await?;
    let figures = &Figures::new(client, settings.kpi_table);
    let queue = &Queue::new(sqs::client().await, settings.counts_queue_url);
    schedule::run(async |order: Order, now| {
        plan(&order, figures, queue, &*live.current(now).await?, now).await
    })
    .await
}
