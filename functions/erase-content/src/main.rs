//! Wires `erase-content`.

use erase_content::{Settings, Tables};
use platform::clock;
use platform::cloud::Cloud;
use platform::dynamo::{Dossiers, FeedbackTable, Reads, Removals};
use platform::entry::{self, http};
use platform::objects::{ANSWER_WITHIN, Bucket, Objects};

fn main() -> Result<(), entry::Error> {
    entry::on_one_thread(wire)
}

async fn wire() -> Result<(), entry::Error> {
    let settings: Settings = entry::start().await?;
    let cloud = &Cloud::open()?;
    let client = cloud.tables();
    let bucket = Bucket::open(cloud, &settings.documents_url)?;
    let objects = &Objects::new(bucket, ANSWER_WITHIN, clock::now);
    let tables = &Tables {
        dossiers: Dossiers::new(client.clone(), settings.dossiers.clone()),
        feedback: FeedbackTable::new(client.clone(), settings.feedback_table),
        removals: Removals::new(client.clone(), settings.dossiers, settings.documents_table),
        reads: Reads::new(client, settings.reads_table),
    };
    http::run(async |request, now| erase_content::handle(request, tables, objects, now).await).await
}
