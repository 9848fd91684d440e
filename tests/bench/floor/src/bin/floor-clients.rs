//! The smallest function that could call a table and a queue.

use floor::{Error, clients};
use lambda_runtime::{LambdaEvent, service_fn};
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let (tables, queues) = &clients()?;
    lambda_runtime::run(service_fn(async |event: LambdaEvent<Value>| {
        // Both are there for every invocation, as they would be for one that calls them.
        std::hint::black_box((tables, queues));
        Ok::<Value, Error>(event.payload)
    }))
    .await
}
