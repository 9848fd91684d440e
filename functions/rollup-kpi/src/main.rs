//! Wires `rollup-kpi`.

use lambda_runtime::{Error, LambdaEvent, service_fn};
use platform::catalogue::{LiveCatalogue, UndecidedYears};
use platform::dynamo::{self, CatalogueStore, Figures};
use platform::payload::{Payload, Reported};
use platform::sqs::{self, Queue};
use platform::{clock, config, telemetry};
use rollup_kpi::{Order, Outcome};

#[tokio::main]
async fn main() -> Result<(), Error> {
    telemetry::start();
    let client = dynamo::client().await;
    let catalogue_store = CatalogueStore::new(client.clone(), config::text("CATALOGUE_TABLE")?);
    let live =
        &LiveCatalogue::from_settings(catalogue_store, UndecidedYears::Refused, clock::now())
            .await?;
    let figures = &Figures::new(client, config::text("KPI_TABLE")?);
    let queue = &Queue::new(sqs::client().await, config::text("COUNTS_QUEUE_URL")?);
    lambda_runtime::run(service_fn(|event: LambdaEvent<Payload>| async move {
        let now = clock::now();
        let catalogue = &*live.current(now).await;
        let order: Order = event.payload.order()?;
        let outcome = rollup_kpi::plan(&order, figures, queue, catalogue, now).await;
        Ok::<Outcome, Error>(outcome.map_err(Reported::from)?)
    }))
    .await
}
