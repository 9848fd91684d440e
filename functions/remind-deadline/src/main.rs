//! Wires `remind-deadline`.

use lambda_runtime::{Error, LambdaEvent, service_fn};
use platform::catalogue::{LiveCatalogue, UndecidedYears};
use platform::dynamo::{self, CatalogueStore, Dossiers};
use platform::payload::{Payload, Reported};
use platform::{clock, config, telemetry};
use remind_deadline::{Order, Outcome};

#[tokio::main]
async fn main() -> Result<(), Error> {
    telemetry::start();
    let client = dynamo::client().await;
    let catalogue_store = CatalogueStore::new(client.clone(), config::text("CATALOGUE_TABLE")?);
    let live = &LiveCatalogue::from_settings(
        catalogue_store,
        UndecidedYears::from_setting()?,
        clock::now(),
    )
    .await?;
    let dossiers = &Dossiers::new(client, config::text("DOSSIERS_TABLE")?);
    lambda_runtime::run(service_fn(|event: LambdaEvent<Payload>| async move {
        let catalogue = &*live.current(clock::now()).await;
        let order: Order = event.payload.order()?;
        let outcome =
            remind_deadline::remind(&order, dossiers, dossiers, catalogue, clock::now()).await;
        Ok::<Outcome, Error>(outcome.and_then(Outcome::settled).map_err(Reported::from)?)
    }))
    .await
}
