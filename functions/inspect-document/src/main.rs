//! Wires `inspect-document`.

use inspect_document::{Settings, WIDTH, inspect};
use platform::batch::{Plan, SHORT_PATIENCE};
use platform::clock;
use platform::cloud::Cloud;
use platform::dynamo::UploadTable;
use platform::entry::{self, queue};
use platform::objects::{Bucket, Objects};
use platform::sqs::SourceQueue;

fn main() -> Result<(), entry::Error> {
    entry::on_one_thread(wire)
}

async fn wire() -> Result<(), entry::Error> {
    let settings: Settings = entry::start().await?;
    let cloud = &Cloud::open()?;
    let client = cloud.tables();
    let live = &entry::catalogue(&client, settings.catalogue).await?;
    let uploads = &UploadTable::new(client, settings.documents_table);
    let bucket = Bucket::open(cloud, &settings.documents_url)?;
    let contents = &Objects::new(bucket, settings.record_timeout, clock::now);
    let plan = Plan {
        width: WIDTH,
        record_timeout: settings.record_timeout,
        receives_max: settings.queue.receives_max,
        patience: SHORT_PATIENCE,
    };
    let source = &SourceQueue::open(cloud.queues(), settings.queue);
    let scan = settings.malware_scan;
    queue::run(plan, source, async |message, now| {
        let catalogue = &*live.current(now).await?;
        inspect(&message.body, uploads, contents, (catalogue, scan), now).await
    })
    .await
}
