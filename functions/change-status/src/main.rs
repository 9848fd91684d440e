//! Wires `change-status`.

use change_status::Settings;
use platform::dynamo::{self, Dossiers};
use platform::entry::{self, http};

#[tokio::main]
async fn main() -> Result<(), entry::Error> {
    let settings: Settings = entry::start()?;
    let client = dynamo::client().await;
    let live = &entry::catalogue(&client, settings.catalogue).await?;
    let dossiers = &Dossiers::new(client, settings.dossiers_table);
    http::run(async |request, now| {
        change_status::handle(request, dossiers, &*live.current(now).await, now).await
    })
    .await
}
