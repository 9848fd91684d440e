//! Wires `rollup-kpi`.

use jiff::Timestamp;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use platform::catalogue::{LiveCatalogue, UndecidedYears};
use platform::dynamo::{self, Dossiers, Figures, Shelf};
use platform::{config, telemetry};
use rollup_kpi::{Order, Outcome};

#[tokio::main]
async fn main() -> Result<(), Error> {
    telemetry::start();
    let client = dynamo::client().await;
    let shelf = Shelf::new(client.clone(), config::text("CATALOGUE_TABLE")?);
    let live = &LiveCatalogue::from_settings(shelf, UndecidedYears::Refused, Timestamp::now()).await?;
    let dossiers = &Dossiers::new(client.clone(), config::text("DOSSIERS_TABLE")?);
    let figures = &Figures::new(client, config::text("KPI_TABLE")?);
    lambda_runtime::run(service_fn(|event: LambdaEvent<Order>| async move {
        let catalogue = &*live.current(Timestamp::now()).await;
        let outcome = rollup_kpi::roll_up(&event.payload, dossiers, figures, catalogue, Timestamp::now()).await;
        outcome.map_err(Error::from) as Result<Outcome, Error>
    }))
    .await
}
