//! Wires `show-page`.

use platform::cloud::Cloud;
use platform::dynamo::Dossiers;
use platform::entry::{self, http};
use show_page::Settings;

fn main() -> Result<(), entry::Error> {
    entry::on_one_thread(wire)
}

async fn wire() -> Result<(), entry::Error> {
    let settings: Settings = entry::start().await?;
    let dossiers = &Dossiers::new(Cloud::open()?.tables(), settings.dossiers);
    let storage = &settings.storage_origin;
    http::run(async |request, _| show_page::handle(request, dossiers, storage).await).await
}
