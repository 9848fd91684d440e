//! Wires `wake-notices`.

use platform::dynamo::{self, Notices};
use platform::entry::{self, schedule};
use platform::sqs::{self, Queue};
use wake_notices::{Order, Settings, wake};

fn main() -> Result<(), entry::Error> {
    entry::on_one_thread(wire())
}

async fn wire() -> Result<(), entry::Error> {
    let settings: Settings = entry::start()?;
    let notices = &Notices::new(dynamo::client().await, settings.notices_table);
    let queue = &Queue::new(sqs::client().await, settings.notices_queue_url);
    schedule::run(async |order: Order, now| wake(&order, notices, queue, now).await).await
}
