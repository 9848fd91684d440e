//! Wires `ingest-event`.

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use jiff::Timestamp;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use platform::batch::{self, Plan};
use platform::catalogue::{LiveCatalogue, UndecidedYears};
use platform::dynamo::{self, Dossiers, Reception, Shelf};
use platform::sqs::{self, SourceQueue};
use platform::{config, telemetry};

/// One at a time: a sender's events about one dossier mostly lie side by side and in order.
const WIDTH: usize = 1;

#[tokio::main]
async fn main() -> Result<(), Error> {
    telemetry::start();
    let client = dynamo::client().await;
    let shelf = Shelf::new(client.clone(), config::text("CATALOGUE_TABLE")?);
    let live = &LiveCatalogue::from_settings(shelf, UndecidedYears::from_setting()?, Timestamp::now()).await?;
    let table = config::text("DOSSIERS_TABLE")?;
    let store = &Dossiers::new(client.clone(), table.clone());
    let intake = &Reception::new(client, table, config::text("INTAKE_TABLE")?);
    let queue = &SourceQueue::new(sqs::client().await, config::text("QUEUE_URL")?, config::text("DLQ_URL")?);
    let plan = Plan {
        width: WIDTH,
        record_timeout: config::millis("RECORD_TIMEOUT_MS")?,
        receives_max: config::number("MAX_RECEIVE_COUNT")?,
    };
    lambda_runtime::run(service_fn(|event: LambdaEvent<SqsEvent>| async move {
        let catalogue = &*live.current(Timestamp::now()).await;
        let work =
            |body: String| async move { ingest_event::ingest(&body, store, intake, catalogue, Timestamp::now()).await };
        Ok::<SqsBatchResponse, Error>(batch::run(event.payload, plan, queue, work).await)
    }))
    .await
}
