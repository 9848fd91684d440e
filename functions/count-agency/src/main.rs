//! Wires `count-agency`.

use aws_lambda_events::sqs::SqsBatchResponse;
use count_agency::{Ledger, Named};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use platform::batch::{self, Arrived, Plan};
use platform::catalogue::{LiveCatalogue, UndecidedYears};
use platform::dynamo::{self, CatalogueStore, Dossiers, Figures};
use platform::payload::Payload;
use platform::sqs::{self, SourceQueue};
use platform::{clock, config, telemetry};

/// Agencies at a time: each holds its open dossiers in memory.
const WIDTH: usize = 2;

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
    let dossiers = &Dossiers::new(client.clone(), config::text("DOSSIERS_TABLE")?);
    let figures = &Figures::new(client, config::text("KPI_TABLE")?);
    let queue =
        SourceQueue::new(sqs::client().await, config::text("QUEUE_URL")?, config::text("DLQ_URL")?);
    let queue = &Named::new(&queue, figures, clock::now);
    let plan = Plan {
        width: WIDTH,
        record_timeout: config::millis("RECORD_TIMEOUT_MS")?,
        receives_max: config::number("MAX_RECEIVE_COUNT")?,
        patience: batch::SHORT_PATIENCE,
    };
    lambda_runtime::run(service_fn(|event: LambdaEvent<Payload>| async move {
        let ledger = &Ledger::default();
        let work = |Arrived { body, .. }: Arrived| async move {
            let catalogue = &*live.current(clock::now()).await;
            count_agency::work_off(&body, dossiers, figures, ledger, catalogue, clock::now()).await
        };
        let messages = event.payload.event("a batch of a queue")?;
        Ok::<SqsBatchResponse, Error>(batch::run(messages, plan, queue, clock::now(), work).await)
    }))
    .await
}
