//! Wires `repair-relay`.

use platform::cloud::Cloud;
use platform::dynamo::{Deliveries, Dossiers, FeedbackTable, LiveTable, Notices};
use platform::entry::{self, schedule};
use platform::sqs::Queue;
use repair_relay::{Order, Queues, Settings, Tables, repair};

fn main() -> Result<(), entry::Error> {
    entry::on_one_thread(wire)
}

async fn wire() -> Result<(), entry::Error> {
    let settings: Settings = entry::start().await?;
    let cloud = &Cloud::open()?;
    let client = cloud.tables();
    let catalogue = &entry::catalogue(&client, settings.catalogue).await?;
    let dossiers = &Dossiers::states(client.clone(), settings.dossiers_table);
    let notices = &Notices::new(client.clone(), settings.notices_table);
    let queues = &Queues {
        notices: &Queue::new(cloud.queues(), settings.notices_queue_url),
        fetches: &Queue::new(cloud.queues(), settings.fetches_queue_url),
    };
    let tables = Tables {
        dossiers,
        notices,
        ledger: &Deliveries::new(client.clone(), settings.deliveries_table),
        feedback: &FeedbackTable::new(client.clone(), settings.feedback_table),
        live: &LiveTable::new(client, settings.live_table),
    };
    schedule::run(async |order: Order, now| {
        repair(&order, tables, queues, &*catalogue.current(now).await?, now).await
    })
    .await
}
