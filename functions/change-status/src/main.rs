//! Wires `change-status`.

use aws_lambda_events::apigw::ApiGatewayV2httpResponse;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use platform::catalogue::{LiveCatalogue, UndecidedYears};
use platform::dynamo::{self, CatalogueStore, Dossiers};
use platform::payload::Payload;
use platform::{clock, config, http, telemetry};

#[tokio::main]
async fn main() -> Result<(), Error> {
    telemetry::start();
    let client = dynamo::client().await;
    let catalogue_store = CatalogueStore::new(client.clone(), config::text("CATALOGUE_TABLE")?);
    let live = &LiveCatalogue::from_settings(
        catalogue_store,
        UndecidedYears::from_setting()?,
        clock::now(),
    )
    .await?;
    let dossiers = &Dossiers::new(client, config::text("DOSSIERS_TABLE")?);
    lambda_runtime::run(service_fn(|event: LambdaEvent<Payload>| async move {
        let catalogue = &*live.current(clock::now()).await;
        let answer = |request| change_status::handle(request, dossiers, catalogue, clock::now());
        Ok::<ApiGatewayV2httpResponse, Error>(http::answer(&event.payload, answer).await)
    }))
    .await
}
