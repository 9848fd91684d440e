//! Wires `keep-preference`.

use aws_lambda_events::apigw::ApiGatewayV2httpResponse;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use platform::dynamo::{self, ContactBook};
use platform::payload::Payload;
use platform::{config, http, telemetry};

#[tokio::main]
async fn main() -> Result<(), Error> {
    telemetry::start();
    let client = dynamo::client().await;
    let contacts = &ContactBook::new(client, config::text("CONTACTS_TABLE")?, config::text("CONTACTS_KEY")?);
    lambda_runtime::run(service_fn(|event: LambdaEvent<Payload>| async move {
        let answer = |request| keep_preference::handle(request, contacts);
        Ok::<ApiGatewayV2httpResponse, Error>(http::answer(&event.payload, answer).await)
    }))
    .await
}
