//! Wires `publish-catalogue`.

use platform::dynamo::{self, CatalogueStore};
use platform::entry::{self, http};
use publish_catalogue::Settings;

fn main() -> Result<(), entry::Error> {
    entry::on_one_thread(wire())
}

async fn wire() -> Result<(), entry::Error> {
    let settings: Settings = entry::start()?;
    let store = &CatalogueStore::new(dynamo::client().await, settings.catalogue_table);
    http::run(async |request, now| publish_catalogue::handle(request, store, now).await).await
}
