//! Wires `publish-catalogue`.

use platform::cloud::Cloud;
use platform::dynamo::CatalogueStore;
use platform::entry::{self, http};
use publish_catalogue::Settings;

fn main() -> Result<(), entry::Error> {
    entry::on_one_thread(wire)
}

async fn wire() -> Result<(), entry::Error> {
    let settings: Settings = entry::start().await?;
    let store = &CatalogueStore::new(Cloud::open()?.tables(), settings.catalogue_table);
    http::run(async |request, now| publish_catalogue::handle(request, store, now).await).await
}
