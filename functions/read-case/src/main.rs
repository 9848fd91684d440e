//! Wires `read-case`.

use platform::cloud::Cloud;
use platform::dynamo::{CopyTable, Deliveries, Dossiers, Reads};
use platform::entry::{self, http};
use platform::objects::Bucket;
use read_case::{Settings, Tables};

fn main() -> Result<(), entry::Error> {
    entry::on_one_thread(wire)
}

async fn wire() -> Result<(), entry::Error> {
    let settings: Settings = entry::start().await?;
    let cloud = &Cloud::open()?;
    let client = cloud.tables();
    let live = &entry::catalogue(&client, settings.catalogue).await?;
    let tables = &Tables {
        dossiers: Dossiers::new(client.clone(), settings.dossiers),
        reads: Reads::new(client.clone(), settings.reads_table),
        copies: CopyTable::new(client.clone(), settings.documents_table),
        ledger: Deliveries::new(client, settings.deliveries_table),
    };
    let bucket = &Bucket::open(cloud, &settings.documents_url)?;
    let (key, public_url) = (&settings.proof_key, &settings.public_url);
    http::run(async |request, now| {
        let request = request.proven(key, now)?;
        let catalogue = &*live.current(now).await?;
        let doors = (bucket, public_url, &settings.seal_key);
        read_case::handle(request, tables, doors, catalogue, now).await
    })
    .await
}
