//! Wires `record-delivery`.

use platform::cloud::Cloud;
use platform::dynamo::{AccountTable, ContactBook, Dossiers, FeedbackTable, Notices};
use platform::entry::{self, http};
use platform::gateway::report::ZaloSigner;
use platform::gateway::zalo::OfficialAccount;
use platform::gateway::{Gateways, http_client};
use platform::live_token::LiveToken;
use record_delivery::{Answering, Reporters, Settings};

fn main() -> Result<(), entry::Error> {
    entry::on_one_thread(wire)
}

async fn wire() -> Result<(), entry::Error> {
    let settings: Settings = entry::start().await?;
    let client = Cloud::open()?.tables();
    let live = &entry::catalogue(&client, settings.catalogue).await?;
    let book = &Notices::new(client.clone(), settings.notices_table);
    let reporters = &Reporters {
        zalo: ZaloSigner { app_id: settings.zalo_app_id, oa_secret: settings.zalo_oa_secret },
        esms_secret: settings.esms_report_secret.0,
        sms_secret: settings.sms_inbound_secret.0,
    };
    let dossiers = &Dossiers::states(client.clone(), settings.dossiers_table);
    let contacts =
        &ContactBook::new(client.clone(), settings.contacts_table, settings.contacts_key);
    let tokens =
        || LiveToken::new(AccountTable::new(client.clone(), settings.accounts_table.clone()));
    let account = &OfficialAccount {
        http: http_client(settings.gateways.timeout)?,
        url: settings.zalo_oa_url,
        tokens: tokens(),
    };
    let gateways = &Gateways::open(settings.gateways, tokens())?;
    let people = &settings.people;
    let feedback = &FeedbackTable::new(client, settings.feedback_table);
    let answering = &Answering { dossiers, people, book: contacts, gateways, account, feedback };
    http::run(async |request, now| {
        let catalogue = &*live.current(now).await?;
        record_delivery::handle(request, book, answering, catalogue, reporters, now).await
    })
    .await
}
