//! Wires `wake-notices`.

use jiff::Timestamp;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use platform::dynamo::{self, Notices};
use platform::sqs::{self, Queue};
use platform::{config, telemetry};
use wake_notices::{Order, Outcome};

#[tokio::main]
async fn main() -> Result<(), Error> {
    telemetry::start();
    let notices = &Notices::new(dynamo::client().await, config::text("NOTICES_TABLE")?);
    let queue = &Queue::new(sqs::client().await, config::text("NOTICES_QUEUE_URL")?);
    lambda_runtime::run(service_fn(|event: LambdaEvent<Order>| async move {
        let outcome = wake_notices::wake(&event.payload, notices, queue, Timestamp::now()).await;
        outcome.map_err(Error::from) as Result<Outcome, Error>
    }))
    .await
}
