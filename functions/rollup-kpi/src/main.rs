//! Wires `rollup-kpi`.

use jiff::Timestamp;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use platform::catalogue::{LiveCatalogue, UndecidedYears};
use platform::dynamo::{self, Figures, Shelf};
use platform::sqs::{self, Queue};
use platform::{config, telemetry};
use rollup_kpi::{Order, Outcome};

#[tokio::main]
async fn main() -> Result<(), Error> {
    telemetry::start();
    let client = dynamo::client().await;
    let shelf = Shelf::new(client.clone(), config::text("CATALOGUE_TABLE")?);
    let live = &LiveCatalogue::from_settings(shelf, UndecidedYears::Refused, Timestamp::now()).await?;
    let figures = &Figures::new(client, config::text("KPI_TABLE")?);
    let queue = &Queue::new(sqs::client().await, config::text("COUNTS_QUEUE_URL")?);
    lambda_runtime::run(service_fn(|event: LambdaEvent<Order>| async move {
        let now = Timestamp::now();
        let catalogue = &*live.current(now).await;
        let outcome = rollup_kpi::plan(&event.payload, figures, queue, catalogue, now).await;
        outcome.map_err(Error::from) as Result<Outcome, Error>
    }))
    .await
}
