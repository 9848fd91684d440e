//! Wires `keep-preference`.

use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use jiff::Timestamp;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use platform::catalogue::{LiveCatalogue, UndecidedYears};
use platform::dynamo::{self, ContactBook, Shelf};
use platform::{config, http, telemetry};

#[tokio::main]
async fn main() -> Result<(), Error> {
    telemetry::start();
    let client = dynamo::client().await;
    let shelf = Shelf::new(client.clone(), config::text("CATALOGUE_TABLE")?);
    // No due date is found here, so that years without a calendar do not matter.
    let live = &LiveCatalogue::from_settings(shelf, UndecidedYears::Refused, Timestamp::now()).await?;
    let contacts = &ContactBook::new(client, config::text("CONTACTS_TABLE")?, config::text("CONTACTS_KEY")?);
    lambda_runtime::run(service_fn(|event: LambdaEvent<ApiGatewayV2httpRequest>| async move {
        let catalogue = &*live.current(Timestamp::now()).await;
        let answer = |request| keep_preference::handle(request, contacts, catalogue);
        Ok::<ApiGatewayV2httpResponse, Error>(http::serve(event.payload, answer).await)
    }))
    .await
}
