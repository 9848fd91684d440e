//! Wires `remind-deadline`.

use jiff::Timestamp;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use platform::catalogue::{self, UndecidedYears};
use platform::dynamo::{self, Dossiers};
use platform::{config, telemetry};
use remind_deadline::{Order, Outcome};

#[tokio::main]
async fn main() -> Result<(), Error> {
    telemetry::start();
    let catalogue = &catalogue::load(UndecidedYears::from_setting()?)?;
    let dossiers = &Dossiers::new(dynamo::client().await, config::text("DOSSIERS_TABLE")?);
    lambda_runtime::run(service_fn(|event: LambdaEvent<Order>| async move {
        let outcome = remind_deadline::remind(&event.payload, dossiers, dossiers, catalogue, Timestamp::now()).await;
        outcome.and_then(Outcome::settled).map_err(Error::from) as Result<Outcome, Error>
    }))
    .await
}
