//! Wires `publish-catalogue`.

use aws_lambda_events::apigw::ApiGatewayV2httpResponse;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use platform::dynamo::{self, CatalogueStore};
use platform::payload::Payload;
use platform::{clock, config, http, telemetry};

#[tokio::main]
async fn main() -> Result<(), Error> {
    telemetry::start();
    let catalogue_store =
        &CatalogueStore::new(dynamo::client().await, config::text("CATALOGUE_TABLE")?);
    lambda_runtime::run(service_fn(|event: LambdaEvent<Payload>| async move {
        let answer = |request| publish_catalogue::handle(request, catalogue_store, clock::now());
        Ok::<ApiGatewayV2httpResponse, Error>(http::answer(&event.payload, answer).await)
    }))
    .await
}
