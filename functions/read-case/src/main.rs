//! Wires `read-case`.

use platform::dynamo::{self, Dossiers, Reads};
use platform::entry::{self, http};
use read_case::Settings;

#[tokio::main]
async fn main() -> Result<(), entry::Error> {
    let settings: Settings = entry::start()?;
    let client = dynamo::client().await;
    let live = &entry::catalogue(&client, settings.catalogue).await?;
    let dossiers = &Dossiers::new(client.clone(), settings.dossiers_table);
    let reads = &Reads::new(client, settings.reads_table);
    http::run(async |request, now| {
        read_case::handle(request, (dossiers, reads), &*live.current(now).await, now).await
    })
    .await
}
