//! Wires `record-delivery`.

use aws_lambda_events::apigw::ApiGatewayV2httpResponse;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use platform::catalogue::{LiveCatalogue, UndecidedYears};
use platform::dynamo::{self, CatalogueStore, Notices};
use platform::gateway::report::ZaloSigner;
use platform::payload::Payload;
use platform::{clock, config, http, telemetry};
use record_delivery::Reporters;

#[tokio::main]
async fn main() -> Result<(), Error> {
    telemetry::start();
    let client = dynamo::client().await;
    let catalogue_store = CatalogueStore::new(client.clone(), config::text("CATALOGUE_TABLE")?);
    // No due date is found here, so that years without a calendar do not matter.
    let live =
        &LiveCatalogue::from_settings(catalogue_store, UndecidedYears::Refused, clock::now())
            .await?;
    let book = &Notices::new(client, config::text("NOTICES_TABLE")?);
    let reporters = &Reporters {
        zalo: ZaloSigner {
            app_id: config::text("ZALO_APP_ID")?,
            oa_secret: config::text("ZALO_OA_SECRET")?,
        },
        esms_secret: config::text("ESMS_REPORT_SECRET")?,
    };
    lambda_runtime::run(service_fn(|event: LambdaEvent<Payload>| async move {
        let catalogue = &*live.current(clock::now()).await;
        let answer =
            |request| record_delivery::handle(request, book, catalogue, reporters, clock::now());
        Ok::<ApiGatewayV2httpResponse, Error>(http::answer(&event.payload, answer).await)
    }))
    .await
}
