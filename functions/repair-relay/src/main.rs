//! Wires `repair-relay`.

use lambda_runtime::{Error, LambdaEvent, service_fn};
use platform::catalogue::{LiveCatalogue, UndecidedYears};
use platform::dynamo::{self, CatalogueStore, Dossiers, Notices};
use platform::payload::{Payload, Reported};
use platform::sqs::{self, Queue};
use platform::{clock, config, telemetry};
use repair_relay::{Order, Outcome};

#[tokio::main]
async fn main() -> Result<(), Error> {
    telemetry::start();
    let client = dynamo::client().await;
    let catalogue_store = CatalogueStore::new(client.clone(), config::text("CATALOGUE_TABLE")?);
    let live =
        &LiveCatalogue::from_settings(catalogue_store, UndecidedYears::Refused, clock::now())
            .await?;
    let dossiers = &Dossiers::new(client.clone(), config::text("DOSSIERS_TABLE")?);
    let notices = &Notices::new(client, config::text("NOTICES_TABLE")?);
    let queue = &Queue::new(sqs::client().await, config::text("NOTICES_QUEUE_URL")?);
    lambda_runtime::run(service_fn(|event: LambdaEvent<Payload>| async move {
        let now = clock::now();
        let catalogue = &*live.current(now).await;
        let order: Order = event.payload.order()?;
        let outcome = repair_relay::repair(&order, dossiers, notices, queue, catalogue, now).await;
        Ok::<Outcome, Error>(outcome.map_err(Reported::from)?)
    }))
    .await
}
