//! Wires `relay-changes`.

use platform::cloud::Cloud;
use platform::dynamo::LiveTable;
use platform::entry::{self, stream};
use platform::sqs::Queue;
use relay_changes::{Route, Settings, relay_and_count};

fn main() -> Result<(), entry::Error> {
    entry::on_one_thread(wire)
}

async fn wire() -> Result<(), entry::Error> {
    let settings: Settings = entry::start().await?;
    let cloud = Cloud::open()?;
    let live = &LiveTable::new(cloud.tables(), settings.live_table);
    let client = cloud.queues_at_hand().await;
    let notices = Queue::new(client.clone(), settings.notices_queue_url);
    let national = settings.national_queue_url.map(|url| Queue::new(client.clone(), url));
    let fetches = Queue::new(client.clone(), settings.fetches_queue_url);
    let failures = &Queue::new(client, settings.failures_queue_url);
    let mut routes = vec![
        Route { queue: &notices, wants: |_| true, wants_feedback: true },
        Route {
            queue: &fetches,
            wants: |entry| entry.action.brings_documents(),
            wants_feedback: false,
        },
    ];
    routes.extend(national.iter().map(|queue| Route {
        queue,
        wants: |_| true,
        wants_feedback: true,
    }));
    let most = settings.record_timeout;
    stream::run(async |changes| relay_and_count(changes, (&routes, failures, most), live).await)
        .await
}
