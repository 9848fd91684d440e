//! Wires `reconcile-deliveries`.

use platform::cloud::Cloud;
use platform::dynamo::{Deliveries, Dossiers, FeedbackTable};
use platform::entry::{self, schedule};
use platform::national::Connected;
use platform::sqs::Queue;
use reconcile_deliveries::{Order, Settings, reconcile};

fn main() -> Result<(), entry::Error> {
    entry::on_one_thread(wire)
}

async fn wire() -> Result<(), entry::Error> {
    let settings: Settings = entry::start().await?;
    let cloud = &Cloud::open()?;
    let client = cloud.tables();
    let live = &entry::catalogue(&client, settings.catalogue).await?;
    let connected = &Connected {
        dvcqg: settings.national_url.is_some(),
        lgsp: settings.lgsp_url.is_some(),
        vnpost: settings.vnpost_url.is_some(),
        subscribers: settings.replies_url_prefix.is_some().then_some(settings.webhook_hosts),
    };
    let dossiers = &Dossiers::states(client.clone(), settings.dossiers_table);
    let given = &FeedbackTable::new(client.clone(), settings.feedback_table);
    let ledger = &Deliveries::new(client, settings.deliveries_table);
    let queue = &Queue::new(cloud.queues(), settings.national_queue_url);
    schedule::run(async |order: Order, now| {
        let law = (&*live.current(now).await?, connected);
        reconcile(&order, (dossiers, ledger, given), queue, law, now).await
    })
    .await
}
