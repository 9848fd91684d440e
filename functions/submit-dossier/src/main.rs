//! Wires `submit-dossier`.

use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use jiff::Timestamp;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use platform::catalogue::{self, UndecidedYears};
use platform::dynamo::{self, Reception};
use platform::{config, http, telemetry};

#[tokio::main]
async fn main() -> Result<(), Error> {
    telemetry::start();
    let catalogue = &catalogue::load(UndecidedYears::Refused)?;
    let reception =
        &Reception::new(dynamo::client().await, config::text("DOSSIERS_TABLE")?, config::text("INTAKE_TABLE")?);
    lambda_runtime::run(service_fn(|event: LambdaEvent<ApiGatewayV2httpRequest>| async move {
        let answer = |request| submit_dossier::handle(request, reception, catalogue, Timestamp::now());
        Ok::<ApiGatewayV2httpResponse, Error>(http::serve(event.payload, answer).await)
    }))
    .await
}
