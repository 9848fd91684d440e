//! Wires `relay-changes`.

use lambda_runtime::{Error, LambdaEvent, service_fn};
use platform::payload::{Payload, Reported};
use platform::sqs::{self, Queue};
use platform::{config, telemetry};
use relay_changes::Route;

#[tokio::main]
async fn main() -> Result<(), Error> {
    telemetry::start();
    let client = sqs::client().await;
    let notices = Queue::new(client.clone(), config::text("NOTICES_QUEUE_URL")?);
    let failures = &Queue::new(client, config::text("FAILURES_QUEUE_URL")?);
    let record_timeout = config::millis("RECORD_TIMEOUT_MS")?;
    let routes: &[Route<'_, Queue>] = &[Route { queue: &notices, wants: |_| true }];
    lambda_runtime::run(service_fn(|event: LambdaEvent<Payload>| async move {
        let changes = event.payload.event("a batch of a table's stream")?;
        relay_changes::relay(changes, routes, failures, record_timeout)
            .await
            .map_err(Reported::from)?;
        Ok::<(), Error>(())
    }))
    .await
}
