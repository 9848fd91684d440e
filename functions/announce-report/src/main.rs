//! Wires `announce-report`.

use announce_report::{Order, Outcome};
use domain::announcement::PublicUrl;
use jiff::Timestamp;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use platform::catalogue::{LiveCatalogue, UndecidedYears};
use platform::dynamo::{self, Figures, Notices, Shelf};
use platform::{config, telemetry};

#[tokio::main]
async fn main() -> Result<(), Error> {
    telemetry::start();
    let client = dynamo::client().await;
    let shelf = Shelf::new(client.clone(), config::text("CATALOGUE_TABLE")?);
    let live = &LiveCatalogue::from_settings(shelf, UndecidedYears::from_setting()?, Timestamp::now()).await?;
    let figures = &Figures::new(client.clone(), config::text("KPI_TABLE")?);
    let book = &Notices::new(client, config::text("NOTICES_TABLE")?);
    let public_url = &PublicUrl::try_from(config::text("PUBLIC_URL")?)?;
    lambda_runtime::run(service_fn(|event: LambdaEvent<Order>| async move {
        let now = Timestamp::now();
        let catalogue = &*live.current(now).await;
        let outcome = announce_report::announce(&event.payload, figures, book, catalogue, public_url, now).await;
        outcome.map_err(Error::from) as Result<Outcome, Error>
    }))
    .await
}
