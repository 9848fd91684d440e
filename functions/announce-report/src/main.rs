//! Wires `announce-report`.

use announce_report::{Order, Outcome};
use domain::announcement::PublicUrl;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use platform::catalogue::{LiveCatalogue, UndecidedYears};
use platform::dynamo::{self, CatalogueStore, Figures, Notices};
use platform::payload::{Payload, Reported};
use platform::{clock, config, telemetry};

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
    let figures = &Figures::new(client.clone(), config::text("KPI_TABLE")?);
    let book = &Notices::new(client, config::text("NOTICES_TABLE")?);
    let public_url = &PublicUrl::try_from(config::text("PUBLIC_URL")?)?;
    lambda_runtime::run(service_fn(|event: LambdaEvent<Payload>| async move {
        let now = clock::now();
        let catalogue = &*live.current(now).await;
        let order: Order = event.payload.order()?;
        let outcome =
            announce_report::announce(&order, figures, book, catalogue, public_url, now).await;
        Ok::<Outcome, Error>(outcome.map_err(Reported::from)?)
    }))
    .await
}
