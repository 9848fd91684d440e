//! Wires `submit-dossier`.

use platform::dynamo::{self, IntakeTable};
use platform::entry::{self, http};
use submit_dossier::Settings;

#[tokio::main]
async fn main() -> Result<(), entry::Error> {
    let settings: Settings = entry::start()?;
    let client = dynamo::client().await;
    let live = &entry::catalogue(&client, settings.catalogue).await?;
    let intake =
        &IntakeTable::new(client, settings.dossiers_table, settings.intake_table, settings.people);
    http::run(async |request, now| {
        submit_dossier::handle(request, intake, &*live.current(now).await, now).await
    })
    .await
}
