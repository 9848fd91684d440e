//! Wires `read-kpi`.

use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use jiff::Timestamp;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use platform::catalogue::{LiveCatalogue, UndecidedYears};
use platform::dynamo::{self, Dossiers, Figures, Shelf};
use platform::{config, http, telemetry};

#[tokio::main]
async fn main() -> Result<(), Error> {
    telemetry::start();
    let client = dynamo::client().await;
    let shelf = Shelf::new(client.clone(), config::text("CATALOGUE_TABLE")?);
    let live = &LiveCatalogue::from_settings(shelf, UndecidedYears::Refused, Timestamp::now()).await?;
    let figures = &Figures::new(client.clone(), config::text("KPI_TABLE")?);
    let dossiers = &Dossiers::new(client, config::text("DOSSIERS_TABLE")?);
    lambda_runtime::run(service_fn(|event: LambdaEvent<ApiGatewayV2httpRequest>| async move {
        let now = Timestamp::now();
        let catalogue = &*live.current(now).await;
        let answer = |request| read_kpi::handle(request, (figures, dossiers), catalogue, now);
        Ok::<ApiGatewayV2httpResponse, Error>(http::serve(event.payload, answer).await)
    }))
    .await
}
