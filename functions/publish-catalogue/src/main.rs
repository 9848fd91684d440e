//! Wires `publish-catalogue`.

use platform::dynamo::{self, CatalogueStore};
use platform::entry::{self, http};
use publish_catalogue::Settings;

#[tokio::main]
async fn main() -> Result<(), entry::Error> {
    let settings: Settings = entry::start()?;
    let store = &CatalogueStore::new(dynamo::client().await, settings.catalogue_table);
    http::run(async |request, now| publish_catalogue::handle(request, store, now).await).await
}
