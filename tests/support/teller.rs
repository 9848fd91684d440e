//! Telling applicants in a test: the handler of the notices queue, on a clock that stands.

use std::collections::BTreeMap;
use std::sync::Mutex;

use domain::calendar::date_of;
use domain::catalogue::Catalogue;
use domain::delivery::SystemId;
use domain::id::DossierCode;
use domain::notice::NoticeChannel;
use domain::notice::pool::ProviderPool;
use jiff::SignedDuration;
use notify_applicant::{Codes, Desk, Limits, Questions};
use platform::Failure;
use platform::catalogue::{Texts, UndecidedYears};
use platform::dynamo::FeedbackTable;
use platform::gateway::Verdict;
use platform::message::CloudEvent;
use platform::port::{Acknowledgements, Contacts, DossierStore, MessageGateways, NoticeBook};

use serde_json::Value;

use super::file;
use super::world::{World, at, proof_key, public_url};

/// How long a lease of the tests is.
pub const LEASE: SignedDuration = SignedDuration::from_mins(1);

/// A ledger that nobody asks: the shipped catalogue leaves no notice to another system.
pub struct NobodyElse;

impl Acknowledgements for NobodyElse {
    async fn acknowledged(&self, code: &DossierCode, system: &SystemId) -> Result<u64, Failure> {
        panic!("{system} is asked about {code}, and we tell");
    }
}

/// A gateway's yes.
pub fn accepted(message: &str) -> Verdict {
    Verdict::Accepted { message: Some(message.to_owned()) }
}

/// A gateway's no.
pub fn declined(code: i32) -> Verdict {
    Verdict::Declined { code }
}

/// A gateway that nobody reached.
pub fn not_taken() -> Verdict {
    Verdict::NotTaken { instead: "unreachable".to_owned(), retry_after: None }
}

/// A gateway that took the question and gave no answer.
pub fn silent() -> Verdict {
    Verdict::Unknown { instead: "timed-out".to_owned() }
}

/// The message that says that entry `version` of a dossier was added.
pub async fn changed(world: &World, code: &str, version: usize) -> String {
    let dossier = world.dossier(code).await;
    serde_json::to_string(&CloudEvent::changed(&dossier.code, &dossier.history[version - 1]))
        .unwrap()
}

/// The message that a time has come.
pub fn woken(code: &str) -> String {
    serde_json::to_string(&CloudEvent::wake(&code.parse().unwrap(), at("2026-01-01T00:00:00Z")))
        .unwrap()
}

/// The shipped catalogue, in which SpeedSMS has a share beside eSMS.
pub fn with_speedsms() -> Catalogue {
    let mut providers: Value = serde_json::from_str(&file("infra/data/providers.json")).unwrap();
    for terms in providers["providers"].as_array_mut().unwrap() {
        if terms["provider"] == "speedsms" {
            terms["weight"] = 10.into();
        }
    }
    let changed = BTreeMap::from([("providers.json".to_owned(), providers.to_string())]);
    Texts::built_in().with(changed).unwrap().assemble(UndecidedYears::Refused).unwrap()
}

/// The message by which an operator sends back what was given up.
pub fn sent_back(code: &str) -> String {
    let mut event = CloudEvent::wake(&code.parse().unwrap(), at("2026-01-01T00:00:00Z"));
    event.data.take_up = true;
    serde_json::to_string(&event).unwrap()
}

/// A table of feedback that nobody reads.
pub fn no_feedback() -> FeedbackTable {
    FeedbackTable::new(replay::tables::client("http://localhost:9"), "FeedbackTable".to_owned())
}

/// A desk over these parts, everybody well.
pub fn pool(catalogue: &Catalogue, now: &str) -> Mutex<ProviderPool> {
    Mutex::new(catalogue.providers().pool(NoticeChannel::Sms, date_of(at(now))))
}

/// Works off what `prove-owner` has asked for, as the consumer of the queue does.
pub async fn send_codes(world: &World, gateways: &impl MessageGateways, now: &str) {
    let asked: Vec<Value> = world.asked.sent.lock().unwrap().clone();
    for message in asked {
        work(world, gateways, &message.to_string(), now).await.unwrap();
    }
}

/// Works any message of the queue off at `now`.
pub async fn work(
    world: &World,
    gateways: &impl MessageGateways,
    message: &str,
    now: &str,
) -> Result<(), Failure> {
    work_over(world, &world.notices, gateways, message, now).await
}

/// The same over another book of notices.
pub async fn work_over(
    world: &World,
    book: &impl NoticeBook,
    gateways: &impl MessageGateways,
    message: &str,
    now: &str,
) -> Result<(), Failure> {
    let pool = &pool(&world.catalogue, now);
    let (key, page) = (&proof_key(), &public_url());
    let questions = Questions { answers: &world.office.feedback, key, page };
    let desk = Desk {
        dossiers: &world.dossiers,
        feedback: &world.office.feedback,
        book,
        contacts: &world.contacts,
        gateways,
        ledger: &NobodyElse,
        catalogue: &world.catalogue,
        pool,
        lease: LEASE,
        limits: Limits::Kept,
        questions: Some(&questions),
    };
    let codes = Codes { proofs: &world.proofs, counts: &world.counts, key: &proof_key() };
    notify_applicant::work(message, &desk, &codes, || at(now)).await
}

/// Works one message off at `now`.
pub async fn tell(
    world: &World,
    book: &impl NoticeBook,
    gateways: &impl MessageGateways,
    message: &str,
    now: &str,
) -> Result<(), Failure> {
    tell_with(&world.dossiers, (book, &world.contacts), gateways, &world.catalogue, message, now)
        .await
}

/// The same over any stores.
pub async fn tell_with(
    dossiers: &impl DossierStore,
    (book, contacts): (&impl NoticeBook, &impl Contacts),
    gateways: &impl MessageGateways,
    catalogue: &Catalogue,
    message: &str,
    now: &str,
) -> Result<(), Failure> {
    let pool = &pool(catalogue, now);
    let desk = Desk {
        dossiers,
        feedback: &no_feedback(),
        book,
        contacts,
        gateways,
        ledger: &NobodyElse,
        catalogue,
        pool,
        lease: LEASE,
        limits: Limits::Kept,
        questions: None,
    };
    notify_applicant::tell(message, &desk, || at(now)).await
}
