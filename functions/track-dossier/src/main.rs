//! Wires `track-dossier`.

use platform::cloud::Cloud;
use platform::dynamo::{Dossiers, Notices};
use platform::entry::{self, http};
use track_dossier::Settings;

fn main() -> Result<(), entry::Error> {
    entry::on_one_thread(wire())
}

async fn wire() -> Result<(), entry::Error> {
    let settings: Settings = entry::start()?;
    let client = Cloud::open()?.tables();
    let live = &entry::catalogue(&client, settings.catalogue).await?;
    let dossiers = &Dossiers::new(client.clone(), settings.dossiers);
    let book = &Notices::new(client, settings.notices_table);
    http::run(async |request, now| {
        track_dossier::handle(request, (dossiers, book), &*live.current(now).await?, now).await
    })
    .await
}
