//! Wires `publish-catalogue`.

use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use jiff::Timestamp;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use platform::dynamo::{self, Shelf};
use platform::{config, http, telemetry};

#[tokio::main]
async fn main() -> Result<(), Error> {
    telemetry::start();
    let shelf = &Shelf::new(dynamo::client().await, config::text("CATALOGUE_TABLE")?);
    lambda_runtime::run(service_fn(|event: LambdaEvent<ApiGatewayV2httpRequest>| async move {
        let answer = |request| publish_catalogue::handle(request, shelf, Timestamp::now());
        Ok::<ApiGatewayV2httpResponse, Error>(http::serve(event.payload, answer).await)
    }))
    .await
}
