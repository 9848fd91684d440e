//! Wires `wake-notices`.

use platform::cloud::Cloud;
use platform::dynamo::Notices;
use platform::entry::{self, schedule};
use platform::sqs::Queue;
use wake_notices::{Order, Settings, wake};

fn main() -> Result<(), entry::Error> {
    entry::on_one_thread(wire)
}

async fn wire() -> Result<(), entry::Error> {
    let settings: Settings = entry::start().await?;
    let cloud = &Cloud::open()?;
    let notices = &Notices::new(cloud.tables(), settings.notices_table);
    let queue = &Queue::new(cloud.queues(), settings.notices_queue_url);
    schedule::run(async |order: Order, now| wake(&order, notices, queue, now).await).await
}
