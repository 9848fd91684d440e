//! Wires `read-kpi`.

use aws_lambda_events::apigw::ApiGatewayV2httpResponse;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use platform::catalogue::{LiveCatalogue, UndecidedYears};
use platform::dynamo::{self, CatalogueStore, Dossiers, Figures};
use platform::payload::Payload;
use platform::{clock, config, http, telemetry};

#[tokio::main]
async fn main() -> Result<(), Error> {
    telemetry::start();
    let client = dynamo::client().await;
    let catalogue_store = CatalogueStore::new(client.clone(), config::text("CATALOGUE_TABLE")?);
    let live =
        &LiveCatalogue::from_settings(catalogue_store, UndecidedYears::Refused, clock::now())
            .await?;
    let figures = &Figures::new(client.clone(), config::text("KPI_TABLE")?);
    let dossiers = &Dossiers::new(client, config::text("DOSSIERS_TABLE")?);
    lambda_runtime::run(service_fn(|event: LambdaEvent<Payload>| async move {
        let now = clock::now();
        let catalogue = &*live.current(now).await;
        let answer = |request| read_kpi::handle(request, (figures, dossiers), catalogue, now);
        Ok::<ApiGatewayV2httpResponse, Error>(http::answer(&event.payload, answer).await)
    }))
    .await
}
