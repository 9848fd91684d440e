//! Wires `refresh-token`.

use jiff::Timestamp;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use platform::dynamo::{self, Accounts};
use platform::gateway::{self, zalo::ZaloLogin};
use platform::{config, telemetry};
use refresh_token::{Order, Outcome};

#[tokio::main]
async fn main() -> Result<(), Error> {
    telemetry::start();
    let accounts = &Accounts::new(dynamo::client().await, config::text("ACCOUNTS_TABLE")?);
    let login = &ZaloLogin {
        http: gateway::http_client(config::millis("GATEWAY_TIMEOUT_MS")?)?,
        url: config::address("ZALO_LOGIN_URL")?,
        app_id: config::text("ZALO_APP_ID")?,
        secret_key: config::text("ZALO_APP_SECRET")?,
    };
    lambda_runtime::run(service_fn(|event: LambdaEvent<Order>| async move {
        let outcome = refresh_token::refresh(event.payload, accounts, login, Timestamp::now()).await;
        outcome.map_err(Error::from) as Result<Outcome, Error>
    }))
    .await
}
