//! Wires `notify-applicant`.

use std::sync::Mutex;

use aws_lambda_events::sqs::SqsBatchResponse;
use domain::calendar::date_of;
use domain::notice::NoticeChannel;
use jiff::SignedDuration;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use notify_applicant::{Desk, Limits};
use platform::account::LiveToken;
use platform::batch::{self, Arrived, Plan};
use platform::catalogue::{LiveCatalogue, UndecidedYears};
use platform::dynamo::{self, AccountTable, CatalogueStore, ContactBook, Dossiers, Notices};
use platform::gateway::{
    self, Client, Gateways, esms::Esms, speedsms::SpeedSms, vnpt::Vnpt, zalo::Zalo,
};
use platform::payload::Payload;
use platform::sqs::{self, SourceQueue};
use platform::{clock, config, telemetry};

/// Messages at a time: the gateways are slow, and each message waits on its own.
const WIDTH: usize = 10;

#[tokio::main]
async fn main() -> Result<(), Error> {
    telemetry::start();
    let client = dynamo::client().await;
    let catalogue_store = CatalogueStore::new(client.clone(), config::text("CATALOGUE_TABLE")?);
    let live =
        &LiveCatalogue::from_settings(catalogue_store, UndecidedYears::Refused, clock::now())
            .await?;
    let dossiers = &Dossiers::new(client.clone(), config::text("DOSSIERS_TABLE")?);
    let book = &Notices::new(client.clone(), config::text("NOTICES_TABLE")?);
    let contacts = &ContactBook::new(
        client.clone(),
        config::text("CONTACTS_TABLE")?,
        config::text("CONTACTS_KEY")?,
    );
    let queue = &SourceQueue::new(
        sqs::client().await,
        config::text("QUEUE_URL")?,
        config::text("DLQ_URL")?,
    );
    let timeout = config::millis("GATEWAY_TIMEOUT_MS")?;
    let http = gateway::http_client(timeout)?;
    let gateways = &Gateways {
        zalo: Some(Zalo {
            http: http.clone(),
            url: config::address("ZALO_URL")?,
            tokens: LiveToken::new(AccountTable::new(
                client.clone(),
                config::text("ACCOUNTS_TABLE")?,
            )),
        }),
        esms: Some(Esms {
            http: http.clone(),
            url: config::address("ESMS_URL")?,
            api_key: config::text("ESMS_API_KEY")?,
            secret_key: config::text("ESMS_SECRET_KEY")?,
            brandname: config::text("ESMS_BRANDNAME")?,
            callback_url: config::account("ESMS_CALLBACK_URL"),
        }),
        speedsms: speedsms(&http)?,
        vnpt: vnpt(&http)?,
    };
    let pool = &Mutex::new(
        live.current(clock::now())
            .await
            .providers()
            .pool(NoticeChannel::Sms, date_of(clock::now())),
    );
    // A step is a call and the tables around it; a message may set off two of them, and as much
    // again for the rest.
    let record_timeout = timeout * 4;
    let lease = SignedDuration::try_from(record_timeout)?;
    let limits = match config::text("LIMITS")?.as_str() {
        "ignored" => Limits::Ignored,
        _ => Limits::Kept,
    };
    let receives_max = config::number("MAX_RECEIVE_COUNT")?;
    let plan = Plan { width: WIDTH, record_timeout, receives_max, patience: batch::SHORT_PATIENCE };
    lambda_runtime::run(service_fn(|event: LambdaEvent<Payload>| async move {
        let work = |Arrived { body, .. }: Arrived| async move {
            let catalogue = &*live.current(clock::now()).await;
            let desk = &Desk { dossiers, book, contacts, gateways, catalogue, pool, lease, limits };
            notify_applicant::tell(&body, desk, clock::now).await
        };
        let messages = event.payload.event("a batch of a queue")?;
        Ok::<SqsBatchResponse, Error>(batch::run(messages, plan, queue, clock::now(), work).await)
    }))
    .await
}

/// SpeedSMS, where there is an account.
fn speedsms(http: &Client) -> Result<Option<SpeedSms>, Error> {
    let Some(token) = config::account("SPEEDSMS_TOKEN") else {
        return Ok(None);
    };
    let (url, sender) = (config::address("SPEEDSMS_URL")?, config::text("SPEEDSMS_SENDER")?);
    Ok(Some(SpeedSms { http: http.clone(), url, token, sender }))
}

/// VNPT, where there is an account.
fn vnpt(http: &Client) -> Result<Option<Vnpt>, Error> {
    let Some(api_user) = config::account("VNPT_API_USER") else {
        return Ok(None);
    };
    Ok(Some(Vnpt {
        http: http.clone(),
        url: config::address("VNPT_URL")?,
        label_id: config::text("VNPT_LABEL_ID")?,
        contract_id: config::text("VNPT_CONTRACT_ID")?,
        template_id: config::text("VNPT_TEMPLATE_ID")?,
        agent_id: config::text("VNPT_AGENT_ID")?,
        api_user,
        api_password: config::text("VNPT_API_PASSWORD")?,
        user_name: config::text("VNPT_USER_NAME")?,
    }))
}
