//! Wires `ingest-event`.

use aws_lambda_events::sqs::SqsBatchResponse;
use domain::dossier::Holds;
use jiff::SignedDuration;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use platform::batch::{self, Arrived, Plan};
use platform::catalogue::{LiveCatalogue, UndecidedYears};
use platform::dynamo::{self, CatalogueStore, Dossiers, IntakeTable};
use platform::payload::Payload;
use platform::sqs::{self, SourceQueue};
use platform::{clock, config, telemetry};

/// One record at a time: a sender's events about one dossier are mostly adjacent and in order.
const WIDTH: usize = 1;

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
    let table = config::text("DOSSIERS_TABLE")?;
    let store = &Dossiers::new(client.clone(), table.clone());
    let intake = &IntakeTable::new(client, table, config::text("INTAKE_TABLE")?);
    let queue = &SourceQueue::new(
        sqs::client().await,
        config::text("QUEUE_URL")?,
        config::text("DLQ_URL")?,
    );
    let plan = Plan {
        width: WIDTH,
        record_timeout: config::millis("RECORD_TIMEOUT_MS")?,
        receives_max: config::number("MAX_RECEIVE_COUNT")?,
        patience: SignedDuration::from_secs(i64::from(config::number("PATIENCE_S")?)),
    };
    let holds = Holds::settling(SignedDuration::from_secs(i64::from(config::number("SETTLE_S")?)));
    lambda_runtime::run(service_fn(|event: LambdaEvent<Payload>| async move {
        let work = |arrived: Arrived| async move {
            let catalogue = &*live.current(clock::now()).await;
            ingest_event::take(
                &arrived.body,
                (holds, arrived.age),
                store,
                intake,
                catalogue,
                clock::now(),
            )
            .await
        };
        let messages = event.payload.event("a batch of a queue")?;
        Ok::<SqsBatchResponse, Error>(batch::run(messages, plan, queue, clock::now(), work).await)
    }))
    .await
}
