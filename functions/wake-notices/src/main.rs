//! Wires `wake-notices`.

use lambda_runtime::{Error, LambdaEvent, service_fn};
use platform::dynamo::{self, Notices};
use platform::payload::{Payload, Reported};
use platform::sqs::{self, Queue};
use platform::{clock, config, telemetry};
use wake_notices::{Order, Outcome};

#[tokio::main]
async fn main() -> Result<(), Error> {
    telemetry::start();
    let notices = &Notices::new(dynamo::client().await, config::text("NOTICES_TABLE")?);
    let queue = &Queue::new(sqs::client().await, config::text("NOTICES_QUEUE_URL")?);
    lambda_runtime::run(service_fn(|event: LambdaEvent<Payload>| async move {
        let order: Order = event.payload.order()?;
        let outcome = wake_notices::wake(&order, notices, queue, clock::now()).await;
        Ok::<Outcome, Error>(outcome.map_err(Reported::from)?)
    }))
    .await
}
