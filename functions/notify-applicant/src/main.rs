//! Wires `notify-applicant`.

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use jiff::{SignedDuration, Timestamp};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use platform::batch::{self, Plan};
use platform::catalogue::{self, UndecidedYears};
use platform::dynamo::{self, Dossiers, Notices};
use platform::gateway::{self, esms::Esms, zalo::Zalo};
use platform::sqs::{self, SourceQueue};
use platform::{config, telemetry};

/// Messages at a time: the gateways are slow, and each message waits on its own.
const WIDTH: usize = 10;

#[tokio::main]
async fn main() -> Result<(), Error> {
    telemetry::start();
    let catalogue = &catalogue::load(UndecidedYears::Refused)?;
    let client = dynamo::client().await;
    let store = &Dossiers::new(client.clone(), config::text("DOSSIERS_TABLE")?);
    let ledger = &Notices::new(client, config::text("NOTICES_TABLE")?);
    let queue = &SourceQueue::new(sqs::client().await, config::text("QUEUE_URL")?, config::text("DLQ_URL")?);
    let timeout = config::millis("GATEWAY_TIMEOUT_MS")?;
    let http = gateway::http_client(timeout)?;
    let zalo =
        &Zalo { http: http.clone(), url: config::text("ZALO_URL")?, access_token: config::text("ZALO_ACCESS_TOKEN")? };
    let esms = &Esms {
        http,
        url: config::text("ESMS_URL")?,
        api_key: config::text("ESMS_API_KEY")?,
        secret_key: config::text("ESMS_SECRET_KEY")?,
        brandname: config::text("ESMS_BRANDNAME")?,
    };
    // Two calls, and as much again for the table around them.
    let record_timeout = timeout * 4;
    let lease = SignedDuration::try_from(record_timeout)?;
    let plan = Plan { width: WIDTH, record_timeout, receives_max: config::number("MAX_RECEIVE_COUNT")? };
    lambda_runtime::run(service_fn(|event: LambdaEvent<SqsEvent>| async move {
        let work = |body: String| async move {
            notify_applicant::tell(&body, store, ledger, (zalo, esms), catalogue, lease, Timestamp::now).await
        };
        Ok::<SqsBatchResponse, Error>(batch::run(event.payload, plan, queue, work).await)
    }))
    .await
}
