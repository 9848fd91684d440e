//! Wires `fetch-document`.

use fetch_document::{Desk, Settings, WIDTH, fetch};
use platform::batch::{Plan, SHORT_PATIENCE};
use platform::clock;
use platform::cloud::Cloud;
use platform::document_hosts::DocumentHosts;
use platform::dynamo::{CopyTable, Dossiers};
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
    let dossiers = &Dossiers::new(client.clone(), settings.dossiers);
    let copies = &CopyTable::new(client, settings.documents_table);
    let sources = &DocumentHosts::new(settings.document_timeout);
    let bucket = Bucket::open(cloud, &settings.documents_url)?;
    let shelves = &Objects::new(bucket, settings.document_timeout, clock::now);
    let plan = Plan {
        width: WIDTH,
        record_timeout: settings.record_timeout,
        receives_max: settings.queue.receives_max,
        patience: SHORT_PATIENCE,
    };
    let source = &SourceQueue::open(cloud.queues(), settings.queue);
    queue::run(plan, source, async |message, now| {
        let catalogue = &*live.current(now).await?;
        let desk = &Desk { dossiers, copies, sources, shelves, catalogue };
        fetch(&message.body, desk, now).await
    })
    .await
}
