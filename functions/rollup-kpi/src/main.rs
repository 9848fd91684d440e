//! Wires `rollup-kpi`.

use jiff::Timestamp;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use platform::catalogue::{self, UndecidedYears};
use platform::dynamo::{self, Dossiers, Figures};
use platform::{config, telemetry};
use rollup_kpi::{Order, Outcome};

#[tokio::main]
async fn main() -> Result<(), Error> {
    telemetry::start();
    let catalogue = &catalogue::load(UndecidedYears::Refused)?;
    let client = dynamo::client().await;
    let dossiers = &Dossiers::new(client.clone(), config::text("DOSSIERS_TABLE")?);
    let figures = &Figures::new(client, config::text("KPI_TABLE")?);
    lambda_runtime::run(service_fn(|event: LambdaEvent<Order>| async move {
        let outcome = rollup_kpi::roll_up(&event.payload, dossiers, figures, catalogue, Timestamp::now()).await;
        outcome.map_err(Error::from) as Result<Outcome, Error>
    }))
    .await
}
