//! Wires `read-catalogue`.

use std::future::ready;

use aws_lambda_events::apigw::ApiGatewayV2httpResponse;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use platform::catalogue::{LiveCatalogue, UndecidedYears};
use platform::dynamo::{self, CatalogueStore};
use platform::payload::Payload;
use platform::{clock, config, http, telemetry};

#[tokio::main]
async fn main() -> Result<(), Error> {
    telemetry::start();
    let store = CatalogueStore::new(dynamo::client().await, config::text("CATALOGUE_TABLE")?);
    let live = &LiveCatalogue::from_settings(store, UndecidedYears::Refused, clock::now()).await?;
    lambda_runtime::run(service_fn(|event: LambdaEvent<Payload>| async move {
        let now = clock::now();
        let catalogue = &*live.current(now).await;
        let answer = |request| ready(read_catalogue::handle(&request, catalogue, now));
        Ok::<ApiGatewayV2httpResponse, Error>(http::answer(&event.payload, answer).await)
    }))
    .await
}
