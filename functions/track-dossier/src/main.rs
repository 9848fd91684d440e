//! Wires `track-dossier`.

use platform::cloud::Cloud;
use platform::dynamo::{Deliveries, Dossiers, Notices};
use platform::entry::{self, http};
use track_dossier::Settings;

fn main() -> Result<(), entry::Error> {
    entry::on_one_thread(wire)
}

async fn wire() -> Result<(), entry::Error> {
    let settings: Settings = entry::start().await?;
    let client = Cloud::open()?.tables();
    let live = &entry::catalogue(&client, settings.catalogue).await?;
    let gate = &entry::gate(&client, settings.gate);
    let dossiers = &Dossiers::new(client.clone(), settings.dossiers);
    let book = &Notices::new(client.clone(), settings.notices_table);
    let ledger = &Deliveries::new(client, settings.deliveries_table);
    let key = &settings.proof_key;
    http::run(async |request, now| {
        let request = request.proven(key, now)?;
        let tables = (dossiers, book, ledger);
        track_dossier::handle(request, tables, gate, &*live.current(now).await?, now).await
    })
    .await
}
