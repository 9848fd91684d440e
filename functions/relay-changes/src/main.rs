//! Wires `relay-changes`.

use aws_lambda_events::dynamodb::Event;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use platform::sqs::{self, Queue};
use platform::{config, telemetry};
use relay_changes::Route;

#[tokio::main]
async fn main() -> Result<(), Error> {
    telemetry::start();
    let client = sqs::client().await;
    let notices = Queue::new(client.clone(), config::text("NOTICES_QUEUE_URL")?);
    let failures = &Queue::new(client, config::text("FAILURES_QUEUE_URL")?);
    let routes: &[Route<'_, Queue>] = &[Route { queue: &notices, wants: |_| true }];
    lambda_runtime::run(service_fn(|event: LambdaEvent<Event>| async move {
        relay_changes::relay(event.payload, routes, failures).await.map_err(Error::from)
    }))
    .await
}
