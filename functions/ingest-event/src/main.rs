//! Wires `ingest-event`.

use domain::dossier::Holds;
use ingest_event::{Settings, WIDTH, take};
use platform::batch::Plan;
use platform::cloud::Cloud;
use platform::dynamo::{Dossiers, IntakeTable};
use platform::entry::{self, queue};
use platform::sqs::SourceQueue;

fn main() -> Result<(), entry::Error> {
    entry::on_one_thread(wire())
}

async fn wire() -> Result<(), entry::Error> {
    let settings: Settings = entry::start()?;
    let cloud = &Cloud::open()?;
    let client = cloud.tables();
    let live = &entry::catalogue(&client, settings.catalogue).await?;
    let store = &Dossiers::new(client.clone(), settings.dossiers.clone());
    let intake =
        &IntakeTable::new(client, settings.dossiers, settings.intake_table, settings.people);
    let plan = Plan {
        width: WIDTH,
        record_timeout: settings.record_timeout,
        receives_max: settings.queue.receives_max,
        patience: settings.patience,
    };
    let source = &SourceQueue::open(cloud.queues(), settings.queue);
    let holds = Holds::settling(settings.settle);
    queue::run(plan, source, async |message, now| {
        let catalogue = &*live.current(now).await?;
        take(&message.body, (holds, message.age), store, intake, catalogue, now).await
    })
    .await
}
