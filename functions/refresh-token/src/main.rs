//! Wires `refresh-token`.

use lambda_runtime::{Error, LambdaEvent, service_fn};
use platform::dynamo::{self, AccountTable};
use platform::gateway::{self, zalo::ZaloLogin};
use platform::payload::{Payload, Reported};
use platform::{clock, config, telemetry};
use refresh_token::{Order, Outcome};

#[tokio::main]
async fn main() -> Result<(), Error> {
    telemetry::start();
    let accounts = &AccountTable::new(dynamo::client().await, config::text("ACCOUNTS_TABLE")?);
    let login = &ZaloLogin {
        http: gateway::http_client(config::millis("GATEWAY_TIMEOUT_MS")?)?,
        url: config::address("ZALO_LOGIN_URL")?,
        app_id: config::text("ZALO_APP_ID")?,
        secret_key: config::text("ZALO_APP_SECRET")?,
    };
    lambda_runtime::run(service_fn(|event: LambdaEvent<Payload>| async move {
        let order: Order = event.payload.order()?;
        let outcome = refresh_token::refresh(order, accounts, login, clock::now()).await;
        Ok::<Outcome, Error>(outcome.map_err(Reported::from)?)
    }))
    .await
}
