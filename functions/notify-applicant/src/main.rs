//! Wires `notify-applicant`.

use std::sync::{Mutex, OnceLock};

use domain::calendar::date_of;
use domain::notice::NoticeChannel;
use jiff::SignedDuration;
use notify_applicant::{Codes, Desk, GATEWAY_TIMEOUTS_MAX, Questions, Settings, WIDTH, work};
use platform::batch::{Plan, SHORT_PATIENCE};
use platform::clock;
use platform::cloud::Cloud;
use platform::dynamo::{
    AccountTable, ContactBook, CountTable, Deliveries, Dossiers, FeedbackTable, Notices, ProofTable,
};
use platform::entry::{self, queue};
use platform::gateway::Gateways;
use platform::live_token::LiveToken;
use platform::sqs::SourceQueue;

fn main() -> Result<(), entry::Error> {
    entry::on_one_thread(wire)
}

async fn wire() -> Result<(), entry::Error> {
    let settings: Settings = entry::start().await?;
    let cloud = &Cloud::open()?;
    let client = cloud.tables();
    let live = &entry::catalogue(&client, settings.catalogue).await?;
    let dossiers = &Dossiers::new(client.clone(), settings.dossiers);
    let book = &Notices::new(client.clone(), settings.notices_table);
    let contacts =
        &ContactBook::new(client.clone(), settings.contacts_table, settings.contacts_key);
    let plan = Plan {
        width: WIDTH,
        record_timeout: settings.gateways.timeout * GATEWAY_TIMEOUTS_MAX,
        receives_max: settings.queue.receives_max,
        patience: SHORT_PATIENCE,
    };
    let ledger = &Deliveries::new(client.clone(), settings.deliveries_table);
    let counts = &CountTable::new(client.clone(), settings.proofs_table.clone());
    let proofs = &ProofTable::new(client.clone(), settings.proofs_table);
    let feedback = &FeedbackTable::new(client.clone(), settings.feedback_table);
    let codes = &Codes { proofs, counts, key: &settings.proof_key };
    let (key, page) = (&settings.proof_key, &settings.public_url);
    let questions = Some(&Questions { answers: feedback, key, page });
    let tokens = LiveToken::new(AccountTable::new(client, settings.accounts_table));
    let gateways = &Gateways::open(settings.gateways, tokens)?;
    let source = &SourceQueue::open(cloud.queues(), settings.queue);
    let (lease, limits) = (SignedDuration::try_from(plan.record_timeout)?, settings.limits);
    // Of the first catalogue that is there: it may not answer at the start.
    let pool = OnceLock::new();
    queue::run(plan, source, async |message, now| {
        let catalogue = &*live.current(now).await?;
        let pool = pool.get_or_init(|| {
            Mutex::new(catalogue.providers().pool(NoticeChannel::Sms, date_of(now)))
        });
        let desk = &Desk {
            dossiers,
            feedback,
            book,
            contacts,
            gateways,
            ledger,
            catalogue,
            pool,
            lease,
            limits,
            questions,
        };
        work(&message.body, desk, codes, clock::now).await
    })
    .await
}
