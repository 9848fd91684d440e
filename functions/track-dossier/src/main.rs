//! Wires `track-dossier`.

use platform::dynamo::{self, Dossiers, Notices};
use platform::entry::{self, http};
use track_dossier::Settings;

fn main() -> Result<(), entry::Error> {
    entry::on_one_thread(wire())
}

async fn wire() -> Result<(), entry::Error> {
    let settings: Settings = entry::start()?;
    let client = dynamo::client().await;
    let live = &entry::catalogue(&client, settings.catalogue).await?;
    let dossiers = &Dossiers::new(client.clone(), settings.dossiers);
    let book = &Notices::new(client, settings.notices_table);
    http::run(async |request, now| {
        track_dossier::handle(request, (dossiers, book), &*live.current(now).await?, now).await
    })
    .await
}
