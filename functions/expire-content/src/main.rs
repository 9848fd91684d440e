//! Wires `expire-content`.

use expire_content::{Order, Outcome, Settings, expire};
use platform::clock;
use platform::cloud::Cloud;
use platform::dynamo::{Dossiers, FeedbackTable, Removals};
use platform::entry::{self, schedule};
use platform::objects::{ANSWER_WITHIN, Bucket, Objects};

fn main() -> Result<(), entry::Error> {
    entry::on_one_thread(wire)
}

async fn wire() -> Result<(), entry::Error> {
    let settings: Settings = entry::start().await?;
    let cloud = &Cloud::open()?;
    let client = cloud.tables();
    let live = &entry::catalogue(&client, settings.catalogue).await?;
    let bucket = Bucket::open(cloud, &settings.documents_url)?;
    let objects = &Objects::new(bucket, ANSWER_WITHIN, clock::now);
    let dossiers = &Dossiers::new(client.clone(), settings.dossiers.clone());
    let feedback = &FeedbackTable::new(client.clone(), settings.feedback_table);
    let removals = &Removals::new(client, settings.dossiers, settings.documents_table);
    schedule::run(async |order: Order, now| {
        let catalogue = &live.latest().await?;
        let tables = (dossiers, removals, feedback);
        expire(&order, tables, objects, catalogue, now).await.and_then(Outcome::settled)
    })
    .await
}
