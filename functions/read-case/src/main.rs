//! Wires `read-case`.

use platform::cloud::Cloud;
use platform::dynamo::{CopyTable, Dossiers, Reads};
use platform::entry::{self, http};
use platform::objects::Bucket;
use read_case::Settings;

fn main() -> Result<(), entry::Error> {
    entry::on_one_thread(wire)
}

async fn wire() -> Result<(), entry::Error> {
    let settings: Settings = entry::start().await?;
    let cloud = &Cloud::open()?;
    let client = cloud.tables();
    let live = &entry::catalogue(&client, settings.catalogue).await?;
    let dossiers = &Dossiers::new(client.clone(), settings.dossiers);
    let reads = &Reads::new(client.clone(), settings.reads_table);
    let copies = &CopyTable::new(client, settings.documents_table);
    let bucket = &Bucket::open(cloud, &settings.documents_url)?;
    let (key, public_url) = (&settings.proof_key, &settings.public_url);
    http::run(async |request, now| {
        let request = request.proven(key, now)?;
        let catalogue = &*live.current(now).await?;
        let tables = (dossiers, reads, copies);
        read_case::handle(request, tables, (bucket, public_url), catalogue, now).await
    })
    .await
}
