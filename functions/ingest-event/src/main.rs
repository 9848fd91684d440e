//! Wires `ingest-event`.

use domain::dossier::Holds;
use ingest_event::{Desk, Settings, WIDTH};
use platform::batch::Plan;
use platform::cloud::Cloud;
use platform::dynamo::{Deliveries, Dossiers, EventTable, FeedbackTable, IntakeTable};
use platform::entry::{self, queue};
use platform::sqs::{Replies, SourceQueue};

fn main() -> Result<(), entry::Error> {
    entry::on_one_thread(wire)
}

async fn wire() -> Result<(), entry::Error> {
    let settings: Settings = entry::start().await?;
    let cloud = &Cloud::open()?;
    let client = cloud.tables();
    let live = &entry::catalogue(&client, settings.catalogue).await?;
    let store = Dossiers::new(client.clone(), settings.dossiers.clone());
    let store = &store.finding(settings.people.clone());
    let records = &EventTable::new(client.clone(), settings.events_table);
    let ledger = &Deliveries::new(client.clone(), settings.deliveries_table);
    let feedback = &FeedbackTable::new(client.clone(), settings.feedback_table);
    let intake =
        &IntakeTable::new(client, settings.dossiers, settings.intake_table, settings.people);
    let plan = Plan {
        width: WIDTH,
        record_timeout: settings.record_timeout,
        receives_max: settings.queue.receives_max,
        patience: settings.patience,
    };
    let queue = &SourceQueue::open(cloud.queues(), settings.queue);
    let holds = Holds::settling(settings.settle);
    let replies = &Replies::new(cloud.queues(), settings.replies_url_prefix);
    let key = &settings.seal_key;
    let desk = &Desk { store, intake, ledger, feedback, records, queue, replies, key, holds };
    queue::run(plan, desk, async |message, now| {
        desk.receive(&message, &*live.current(now).await?, now).await
    })
    .await
}
