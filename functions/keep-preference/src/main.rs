//! Wires `keep-preference`.

use aws_lambda_events::apigw::ApiGatewayV2httpResponse;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use platform::catalogue::{LiveCatalogue, UndecidedYears};
use platform::dynamo::{self, CatalogueStore, ContactBook};
use platform::payload::Payload;
use platform::{clock, config, http, telemetry};

#[tokio::main]
async fn main() -> Result<(), Error> {
    telemetry::start();
    let client = dynamo::client().await;
    let catalogue_store = CatalogueStore::new(client.clone(), config::text("CATALOGUE_TABLE")?);
    // No due date is found here, so that years without a calendar do not matter.
    let live =
        &LiveCatalogue::from_settings(catalogue_store, UndecidedYears::Refused, clock::now())
            .await?;
    let contacts =
        &ContactBook::new(client, config::text("CONTACTS_TABLE")?, config::text("CONTACTS_KEY")?);
    lambda_runtime::run(service_fn(|event: LambdaEvent<Payload>| async move {
        let catalogue = &*live.current(clock::now()).await;
        let answer = |request| keep_preference::handle(request, contacts, catalogue);
        Ok::<ApiGatewayV2httpResponse, Error>(http::answer(&event.payload, answer).await)
    }))
    .await
}
