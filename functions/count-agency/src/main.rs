//! Wires `count-agency`.

use count_agency::{Ledger, Named, Settings, WIDTH, work_off};
use platform::batch::{Plan, SHORT_PATIENCE};
use platform::clock;
use platform::cloud::Cloud;
use platform::dynamo::{Dossiers, Figures};
use platform::entry::{self, queue};
use platform::sqs::SourceQueue;

fn main() -> Result<(), entry::Error> {
    entry::on_one_thread(wire)
}

async fn wire() -> Result<(), entry::Error> {
    let settings: Settings = entry::start().await?;
    let cloud = &Cloud::open()?;
    let client = cloud.tables();
    let live = &entry::catalogue(&client, settings.catalogue).await?;
    let dossiers = &Dossiers::states(client.clone(), settings.dossiers_table);
    let figures = &Figures::new(client, settings.kpi_table);
    let plan = Plan {
        width: WIDTH,
        record_timeout: settings.record_timeout,
        receives_max: settings.queue.receives_max,
        patience: SHORT_PATIENCE,
    };
    let source = SourceQueue::open(cloud.queues(), settings.queue);
    let source = &Named::new(&source, figures, clock::now);
    queue::run_sharing(plan, source, Ledger::default, async |ledger, message, now| {
        let catalogue = &*live.current(now).await?;
        work_off(&message.body, dossiers, figures, ledger, catalogue, now).await
    })
    .await
}
