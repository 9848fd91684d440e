//! Wires `remind-deadline`.

use jiff::Timestamp;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use platform::catalogue::{LiveCatalogue, UndecidedYears};
use platform::dynamo::{self, Dossiers, Shelf};
use platform::{config, telemetry};
use remind_deadline::{Order, Outcome};

#[tokio::main]
async fn main() -> Result<(), Error> {
    telemetry::start();
    let client = dynamo::client().await;
    let shelf = Shelf::new(client.clone(), config::text("CATALOGUE_TABLE")?);
    let live = &LiveCatalogue::from_settings(shelf, UndecidedYears::from_setting()?, Timestamp::now()).await?;
    let dossiers = &Dossiers::new(client, config::text("DOSSIERS_TABLE")?);
    lambda_runtime::run(service_fn(|event: LambdaEvent<Order>| async move {
        let catalogue = &*live.current(Timestamp::now()).await;
        let outcome = remind_deadline::remind(&event.payload, dossiers, dossiers, catalogue, Timestamp::now()).await;
        outcome.and_then(Outcome::settled).map_err(Error::from) as Result<Outcome, Error>
    }))
    .await
}
