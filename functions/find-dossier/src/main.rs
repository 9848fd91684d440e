//! Wires `find-dossier`.

use find_dossier::{Settings, Tables};
use platform::cloud::Cloud;
use platform::dynamo::{Dossiers, People, Reads};
use platform::entry::{self, http};

fn main() -> Result<(), entry::Error> {
    entry::on_one_thread(wire)
}

async fn wire() -> Result<(), entry::Error> {
    let settings: Settings = entry::start().await?;
    let client = Cloud::open()?.tables();
    let live = &entry::catalogue(&client, settings.catalogue).await?;
    let tables = &Tables {
        gate: entry::gate(&client, settings.gate),
        people: People::new(client.clone(), settings.dossiers.states.clone(), settings.people),
        dossiers: Dossiers::new(client.clone(), settings.dossiers),
        reads: Reads::new(client, settings.reads_table),
    };
    http::run(async |request, now| {
        find_dossier::handle(request, tables, &*live.current(now).await?, now).await
    })
    .await
}
