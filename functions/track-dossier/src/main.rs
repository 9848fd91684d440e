//! Wires `track-dossier`.

use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use jiff::Timestamp;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use platform::catalogue::{self, UndecidedYears};
use platform::dynamo::{self, Dossiers};
use platform::{config, http, telemetry};

#[tokio::main]
async fn main() -> Result<(), Error> {
    telemetry::start();
    // No due date is found here, so that years without a calendar do not matter.
    let catalogue = &catalogue::load(UndecidedYears::Refused)?;
    let dossiers = &Dossiers::new(dynamo::client().await, config::text("DOSSIERS_TABLE")?);
    lambda_runtime::run(service_fn(|event: LambdaEvent<ApiGatewayV2httpRequest>| async move {
        let answer = |request| track_dossier::handle(request, dossiers, catalogue, Timestamp::now());
        Ok::<ApiGatewayV2httpResponse, Error>(http::serve(event.payload, answer).await)
    }))
    .await
}
