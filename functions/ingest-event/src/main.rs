//! Wires `ingest-event`.

use aws_lambda_events::sqs::SqsBatchResponse;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use platform::batch::{self, Plan};
use platform::catalogue::{LiveCatalogue, UndecidedYears};
use platform::dynamo::{self, Dossiers, Reception, Shelf};
use platform::payload::Payload;
use platform::sqs::{self, SourceQueue};
use platform::{clock, config, telemetry};

/// One at a time: a sender's events about one dossier mostly lie side by side and in order.
const WIDTH: usize = 1;

#[tokio::main]
async fn main() -> Result<(), Error> {
    telemetry::start();
    let client = dynamo::client().await;
    let shelf = Shelf::new(client.clone(), config::text("CATALOGUE_TABLE")?);
    let live = &LiveCatalogue::from_settings(shelf, UndecidedYears::from_setting()?, clock::now()).await?;
    let table = config::text("DOSSIERS_TABLE")?;
    let store = &Dossiers::new(client.clone(), table.clone());
    let intake = &Reception::new(client, table, config::text("INTAKE_TABLE")?);
    let queue = &SourceQueue::new(sqs::client().await, config::text("QUEUE_URL")?, config::text("DLQ_URL")?);
    let plan = Plan {
        width: WIDTH,
        record_timeout: config::millis("RECORD_TIMEOUT_MS")?,
        receives_max: config::number("MAX_RECEIVE_COUNT")?,
    };
    lambda_runtime::run(service_fn(|event: LambdaEvent<Payload>| async move {
        let catalogue = &*live.current(clock::now()).await;
        let work =
            |body: String| async move { ingest_event::ingest(&body, store, intake, catalogue, clock::now()).await };
        let messages = event.payload.event("a batch of a queue")?;
        Ok::<SqsBatchResponse, Error>(batch::run(messages, plan, queue, work).await)
    }))
    .await
}
