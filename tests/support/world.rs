//! A world in one process: the tables of `infra/template.yaml` in an embedded DynamoDB, the shipped
//! catalogue, and a clock that stands where the test puts it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, LazyLock, Mutex};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::announcement::PublicUrl;
use domain::applicant::Phone;
use domain::catalogue::Catalogue;
use domain::dossier::{Dossier, Standing};
use domain::id::{AgencyCode, CommandId, DossierCode, SubjectCode};
use domain::notice::{Notice, Provider};
use domain::thread::{NoticeRecord, NoticeState, NoticeThread};
use domain::upload::{Upload, UploadId, UploadState};
use jiff::Timestamp;
use jiff::civil::Date;
use platform::Failure;
use platform::account::{AccountTokens, Token};
use platform::batch::Backoff;
use platform::catalogue::{self, UndecidedYears};
use platform::claiming::Claiming;
use platform::cloud::{Cloud, CloudSettings};
use platform::config::Setting;
use platform::dynamo::{
    AccountTable, CatalogueStore, ContactBook, CopyTable, CountTable, Deliveries, DossierItems,
    DossierTables, Dossiers, EventTable, FeedbackTable, Figures, IntakeTable, LiveTable, Notices,
    Payments, People, ProofTable, Reads, Removals, UploadTable,
};
use platform::gate::{Gate, Times};
use platform::gateway::Verdict;
use platform::keyed_hash::KeyedHash;
use platform::objects::Bucket;
use platform::port::{
    AccessTokens, Admission, Advance, Counts, DeadLetters, DossierStore, EventRecords, Intake,
    MessageGateways, MessagePasser, MessageSender, NoticeBook, PostBook, ReplyQueues, Stored,
    TokenStore, Uploads,
};
use platform::proof::ProofKey;
use platform::record::standing::{EventName, EventRecord, EventState};
use platform::record::{DossierRecord, SubmissionReceipt};
use platform::seal::SealKey;
use platform::trust::Roots;
use replay::tables::{self, embedded};
use serde_json::Value;

use super::meter::Meter;
use super::shelf::Shelf;

/// A working Tuesday morning in Viet Nam, far from every holiday.
pub const NOW: &str = "2026-11-17T02:00:00Z";

/// An instant.
pub fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// Hashes the numbers of people in the tests.
pub fn people() -> KeyedHash {
    KeyedHash::new("a key for people in tests".to_owned())
}

/// Where the page of the tests' province is found.
pub fn public_url() -> PublicUrl {
    PublicUrl::try_from("https://motcua.example.vn".to_owned()).unwrap()
}

/// Makes the one-time codes of the tests.
pub fn proof_key() -> ProofKey {
    ProofKey::new("a key for proofs in tests".to_owned())
}

/// What does away with contents, in the tables of `client`.
pub fn removals(client: &Client) -> Removals {
    Removals::new(client.clone(), dossier_tables(), "DocumentsTable".to_owned())
}

/// A gate of a process of its own, through which so many times as much passes.
pub fn gate(client: &Client, times: u32) -> Gate<CountTable> {
    gate_over(CountTable::new(client.clone(), "ProofsTable".to_owned()), times)
}

/// The same over these counts.
pub fn gate_over<C: Counts>(counts: C, times: u32) -> Gate<C> {
    Gate::new(counts, KeyedHash::new("a key for limits in tests".to_owned()), Times(times))
}

/// The tables that hold dossiers.
pub fn dossier_tables() -> DossierTables {
    tables::dossiers()
}

/// The tables and what reads and writes them.
pub struct World {
    pub client: Client,
    pub dossiers: Dossiers,
    pub intake: IntakeTable,
    pub events: EventTable,
    /// Seals who sent an event.
    pub seal_key: SealKey,
    pub notices: Notices,
    pub deliveries: Deliveries,
    /// Of `take-payment` and `settle-payments`.
    pub payments: Payments,
    pub contacts: ContactBook,
    /// One-time codes that were asked for.
    pub proofs: ProofTable,
    /// How many one-time codes a number has had.
    pub counts: CountTable,
    /// What limits pass through at the doors, as wide as they are.
    pub gate: Gate<CountTable>,
    /// The same of submissions, so wide that tests of something else hand in as many as they like.
    pub intake_gate: Gate<CountTable>,
    /// Of `take-feedback`.
    pub office: take_feedback::Office<Claiming<UploadTable, Shelf>>,
    /// What `prove-owner` had sent.
    pub asked: Kept,
    pub accounts: AccountTable,
    pub figures: Figures,
    /// The figures of the day.
    pub live: LiveTable,
    pub reads: Reads,
    pub uploads: UploadTable,
    /// Copies of documents that other systems keep.
    pub copies: CopyTable,
    pub bucket: Bucket,
    /// The uploads that requests may claim, and what the bucket would hold of them.
    pub claims: Claiming<UploadTable, Shelf>,
    /// Of `find-dossier`.
    pub finders: find_dossier::Tables,
    /// Of `erase-content`; its eraser is [`Claiming::keeper`].
    pub erasures: erase_content::Tables,
    pub catalogue_store: CatalogueStore,
    pub catalogue: Arc<Catalogue>,
}

/// A bucket that addresses are signed for, and that nobody calls.
pub fn bucket() -> Bucket {
    bucket_at("https://motcua-documents.s3.ap-southeast-1.amazonaws.com")
}

/// A bucket at `place`.
pub fn bucket_at(place: &str) -> Bucket {
    Bucket::open(&Cloud::of(cloud(None)).unwrap(), place).unwrap()
}

/// What a platform tells a function whose engines are at `endpoint`, or at Amazon.
pub fn cloud(endpoint: Option<&str>) -> CloudSettings {
    CloudSettings {
        region: "ap-southeast-1".to_owned(),
        key_id: "AKIDEXAMPLE".to_owned(),
        key: "a secret of nobody".to_owned(),
        session: None,
        endpoint: endpoint.map(str::to_owned),
        tables: None,
        queues: None,
        secrets: None,
        roots: Roots::read(None).unwrap(),
    }
}

/// The shipped catalogue, read once for all tests.
static SHIPPED: LazyLock<Arc<Catalogue>> =
    LazyLock::new(|| Arc::new(catalogue::load(UndecidedYears::Refused).unwrap()));

/// The shipped catalogue.
pub fn shipped() -> &'static Catalogue {
    &SHIPPED
}

impl World {
    /// Empty tables, made as the template declares them, and the shipped catalogue.
    pub async fn new() -> Self {
        Self::of(Arc::clone(&SHIPPED)).await
    }

    /// Empty tables, and this catalogue.
    pub async fn of(catalogue: Arc<Catalogue>) -> Self {
        Self::over(embedded().await, catalogue)
    }

    /// Empty tables whose calls `meter` counts, and the shipped catalogue.
    pub async fn metered(meter: &Meter) -> Self {
        Self::over(meter.on(&embedded().await), Arc::clone(&SHIPPED))
    }

    /// The tables of `client`, and this catalogue.
    pub fn over(client: Client, catalogue: Arc<Catalogue>) -> Self {
        let table = |logical: &str| logical.to_owned();
        Self {
            dossiers: Dossiers::new(client.clone(), dossier_tables())
                .claiming(table("DocumentsTable")),
            intake: IntakeTable::new(
                client.clone(),
                dossier_tables(),
                table("IntakeTable"),
                people(),
            )
            .claiming(table("DocumentsTable")),
            finders: find_dossier::Tables {
                people: People::new(client.clone(), table("DossiersTable"), people()),
                dossiers: Dossiers::new(client.clone(), dossier_tables()),
                reads: Reads::new(client.clone(), table("ReadsTable")),
                gate: gate(&client, 1),
            },
            erasures: erase_content::Tables {
                dossiers: Dossiers::new(client.clone(), dossier_tables()),
                feedback: FeedbackTable::new(client.clone(), table("FeedbackTable")),
                removals: removals(&client),
                reads: Reads::new(client.clone(), table("ReadsTable")),
            },
            events: EventTable::new(client.clone(), table("EventsTable")),
            seal_key: super::desk::seal_key(),
            notices: Notices::new(client.clone(), table("NoticesTable")),
            deliveries: Deliveries::new(client.clone(), table("DeliveriesTable")),
            payments: Payments::new(
                client.clone(),
                table("PaymentsTable"),
                Dossiers::new(client.clone(), dossier_tables()),
            ),
            contacts: ContactBook::new(
                client.clone(),
                table("ContactsTable"),
                KeyedHash::new("a key for tests".to_owned()),
            ),
            asked: Kept::default(),
            gate: gate(&client, 1),
            intake_gate: gate(&client, 1_000),
            office: take_feedback::Office {
                feedback: FeedbackTable::new(client.clone(), table("FeedbackTable"))
                    .claiming(table("DocumentsTable")),
                gate: gate(&client, 1),
                ledger: Deliveries::new(client.clone(), table("DeliveriesTable")),
                notices: Notices::new(client.clone(), table("NoticesTable")),
                reads: Reads::new(client.clone(), table("ReadsTable")),
                uploads: Claiming {
                    uploads: UploadTable::new(client.clone(), table("DocumentsTable")),
                    keeper: Shelf::default(),
                },
                key: proof_key(),
                dossiers: Dossiers::states(client.clone(), table("DossiersTable")),
                people: people(),
            },
            proofs: ProofTable::new(client.clone(), table("ProofsTable")),
            counts: CountTable::new(client.clone(), table("ProofsTable")),
            accounts: AccountTable::new(client.clone(), table("AccountsTable")),
            uploads: UploadTable::new(client.clone(), table("DocumentsTable")),
            copies: CopyTable::new(client.clone(), table("DocumentsTable")),
            bucket: bucket(),
            claims: Claiming {
                uploads: UploadTable::new(client.clone(), table("DocumentsTable")),
                keeper: Shelf::default(),
            },
            reads: Reads::new(client.clone(), table("ReadsTable")),
            figures: Figures::new(client.clone(), table("KpiTable")),
            live: LiveTable::new(client.clone(), table("LiveTable")),
            catalogue_store: CatalogueStore::new(client.clone(), table("CatalogueTable")),
            catalogue,
            client,
        }
    }

    /// What `read-case` reads, and where it records that it did.
    pub fn case_tables(&self) -> read_case::Tables {
        read_case::Tables {
            dossiers: self.dossiers.clone(),
            reads: self.reads.clone(),
            copies: self.copies.clone(),
            ledger: self.deliveries.clone(),
        }
    }

    /// What `read-kpi` reads.
    pub fn kpi_tables(&self) -> read_kpi::Tables<'_> {
        read_kpi::Tables {
            figures: &self.figures,
            dossiers: &self.dossiers,
            ledger: &self.deliveries,
            feedback: &self.office.feedback,
            live: &self.live,
            notices: &self.notices,
        }
    }

    /// What the nightly comparison reads and publishes.
    pub fn repair_tables(&self) -> repair_relay::Tables<'_> {
        repair_relay::Tables {
            dossiers: &self.dossiers,
            notices: &self.notices,
            ledger: &self.deliveries,
            live: &self.live,
            feedback: &self.office.feedback,
        }
    }

    /// The dossier with this code.
    pub async fn dossier(&self, code: &str) -> Dossier {
        self.dossiers.dossier(&code.parse().unwrap()).await.unwrap().expect("no such dossier")
    }

    /// Stores `dossier` over whatever there is, as no function would.
    pub async fn overwrite(&self, dossier: &Dossier) {
        let DossierItems { state, content } = DossierItems::of(dossier).unwrap();
        for (table, item) in [("DossiersTable", state), ("ContentsTable", content)] {
            self.client.put_item().table_name(table).set_item(Some(item)).send().await.unwrap();
        }
    }

    /// Stores the dossier as releases did before contents lay apart: in one item.
    pub async fn store_in_one_item(&self, dossier: &Dossier) {
        let whole = serde_dynamo::to_item(DossierRecord::from(dossier)).unwrap();
        let states = self.client.put_item().table_name("DossiersTable");
        states.set_item(Some(whole)).send().await.unwrap();
        let key = AttributeValue::S(dossier.code.to_string());
        let content = self.client.delete_item().table_name("ContentsTable").key("code", key);
        content.send().await.unwrap();
    }

    /// How many items a table holds.
    pub async fn count(&self, table: &str) -> usize {
        let scanned =
            self.client.scan().table_name(table).consistent_read(true).send().await.unwrap();
        usize::try_from(scanned.count()).unwrap()
    }

    /// Puts another row into `table`, like that of `code` but for these texts: as other releases,
    /// or nobody of ours, would.
    pub async fn plant<const N: usize>(&self, table: &str, code: &str, texts: [(&str, &str); N]) {
        let found = self
            .client
            .get_item()
            .table_name(table)
            .key("code", AttributeValue::S(code.to_owned()));
        let mut item = found.send().await.unwrap().item.expect("nothing to plant from");
        for (name, text) in texts {
            item.insert(name.to_owned(), AttributeValue::S(text.to_owned()));
        }
        self.client.put_item().table_name(table).set_item(Some(item)).send().await.unwrap();
    }

    /// The notice about entry `version` of a dossier.
    pub async fn notice(&self, code: &str, version: u64) -> NoticeRecord {
        let thread =
            self.notices.thread(&code.parse().unwrap()).await.unwrap().expect("nothing was told");
        thread.notice(version).expect("no such notice").clone()
    }
}

/// Where a process dies.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Death {
    /// Before the write reaches the store.
    Before,
    /// After the store has written, before the answer comes back.
    After,
}

fn dead() -> Failure {
    Failure::unavailable("test", "the process dies here")
}

/// A store whose process dies around its writes, until [`Mortal::revive`].
pub struct Mortal<S> {
    pub inner: S,
    death: Mutex<Option<Death>>,
}

impl<S> Mortal<S> {
    pub fn new(inner: S, death: Death) -> Self {
        Self { inner, death: Mutex::new(Some(death)) }
    }

    /// The next process lives.
    pub fn revive(&self) {
        *self.death.lock().unwrap() = None;
    }

    async fn write<T>(
        &self,
        write: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        let death = *self.death.lock().unwrap();
        match death {
            None => write.await,
            Some(Death::Before) => Err(dead()),
            Some(Death::After) => {
                write.await?;
                Err(dead())
            }
        }
    }
}

impl<S: DossierStore> DossierStore for Mortal<S> {
    async fn dossier(&self, code: &DossierCode) -> Result<Option<Dossier>, Failure> {
        self.inner.dossier(code).await
    }

    async fn advance(&self, dossier: &Dossier) -> Result<Advance, Failure> {
        self.write(self.inner.advance(dossier)).await
    }

    async fn assign(&self, dossier: &Dossier) -> Result<Stored, Failure> {
        self.write(self.inner.assign(dossier)).await
    }
}

impl<S: PostBook> PostBook for Mortal<S> {
    async fn keep_post(&self, dossier: &Dossier) -> Result<Stored, Failure> {
        self.write(self.inner.keep_post(dossier)).await
    }
}

impl<S: Intake> Intake for Mortal<S> {
    async fn receipt(&self, key: &CommandId) -> Result<Option<SubmissionReceipt>, Failure> {
        self.inner.receipt(key).await
    }

    async fn next_sequence(
        &self,
        agency: &AgencyCode,
        day: Date,
        step: u32,
    ) -> Result<u32, Failure> {
        self.inner.next_sequence(agency, day, step).await
    }

    async fn wait(
        &self,
        code: &DossierCode,
        key: &CommandId,
        claimed: (Standing, Timestamp),
        now: Timestamp,
    ) -> Result<bool, Failure> {
        self.inner.wait(code, key, claimed, now).await
    }

    async fn waited(&self, code: &DossierCode, key: &CommandId) -> Result<(), Failure> {
        self.inner.waited(code, key).await
    }

    async fn admit(
        &self,
        dossier: &Dossier,
        key: &CommandId,
        receipt: &SubmissionReceipt,
    ) -> Result<Admission, Failure> {
        self.write(self.inner.admit(dossier, key, receipt)).await
    }
}

/// It dies where it records what became of an event.
impl<S: EventRecords> EventRecords for Mortal<S> {
    async fn event(&self, name: &EventName) -> Result<Option<EventRecord>, Failure> {
        self.inner.event(name).await
    }

    async fn open(
        &self,
        name: &EventName,
        body: &str,
        now: Timestamp,
    ) -> Result<EventRecord, Failure> {
        self.inner.open(name, body, now).await
    }

    async fn reopen(&self, name: &EventName, body: &str, now: Timestamp) -> Result<(), Failure> {
        self.inner.reopen(name, body, now).await
    }

    async fn settle(
        &self,
        name: &EventName,
        state: &EventState,
        now: Timestamp,
    ) -> Result<(), Failure> {
        self.write(self.inner.settle(name, state, now)).await
    }
}

impl<S: Uploads> Uploads for Mortal<S> {
    async fn upload(&self, id: &UploadId) -> Result<Option<Upload>, Failure> {
        self.inner.upload(id).await
    }

    async fn open(&self, upload: &Upload) -> Result<(), Failure> {
        self.write(self.inner.open(upload)).await
    }

    async fn conclude(&self, id: &UploadId, state: &UploadState) -> Result<Stored, Failure> {
        self.write(self.inner.conclude(id, state)).await
    }
}

impl<S: NoticeBook> NoticeBook for Mortal<S> {
    async fn thread(&self, code: &SubjectCode) -> Result<Option<NoticeThread>, Failure> {
        self.inner.thread(code).await
    }

    async fn keep(&self, thread: &NoticeThread) -> Result<Stored, Failure> {
        // The write before the call is the lease, the one after it the record: death takes the
        // record.
        if thread.notices().iter().any(|notice| matches!(notice.state, NoticeState::Leased { .. }))
        {
            return self.inner.keep(thread).await;
        }
        self.write(self.inner.keep(thread)).await
    }
}

impl<S: TokenStore> TokenStore for Mortal<S> {
    async fn tokens(&self) -> Result<Option<AccountTokens>, Failure> {
        self.inner.tokens().await
    }

    async fn keep(&self, tokens: &AccountTokens) -> Result<Stored, Failure> {
        // As with notices, the lease before the call is not what death takes, but the record after
        // it.
        if tokens.is_leased() {
            return self.inner.keep(tokens).await;
        }
        self.write(self.inner.keep(tokens)).await
    }
}

/// An access token that never changes.
#[derive(Debug)]
pub struct FixedToken(pub Token);

impl AccessTokens for FixedToken {
    async fn token(&self, refused: Option<&Token>) -> Result<Option<Token>, Failure> {
        Ok(Some(self.0.clone()).filter(|token| refused != Some(token)))
    }
}

/// Gateways that answer as told and remember what they were asked.
pub struct Scripted {
    answers: Mutex<BTreeMap<Provider, VecDeque<Verdict>>>,
    asked: Mutex<Vec<(Provider, Notice)>>,
}

impl Scripted {
    /// Each provider answers in its order; the last answer stays. A provider without answers is
    /// none of ours.
    pub fn new(answers: impl IntoIterator<Item = (Provider, Vec<Verdict>)>) -> Self {
        let answers =
            answers.into_iter().map(|(provider, verdicts)| (provider, verdicts.into())).collect();
        Self { answers: Mutex::new(answers), asked: Mutex::default() }
    }

    /// Zalo and eSMS, in this order.
    pub fn pair(zalo: impl Into<Vec<Verdict>>, esms: impl Into<Vec<Verdict>>) -> Self {
        Self::new([(Provider::Zalo, zalo.into()), (Provider::Esms, esms.into())])
    }

    /// Who was asked to carry what, in order.
    pub fn asked(&self) -> Vec<(&'static str, String)> {
        self.asked
            .lock()
            .unwrap()
            .iter()
            .map(|(provider, notice)| (provider.name(), notice.id.clone()))
            .collect()
    }

    /// The messages, in order.
    pub fn messages(&self) -> Vec<Notice> {
        self.asked.lock().unwrap().iter().map(|(_, notice)| notice.clone()).collect()
    }
}

impl MessageGateways for Scripted {
    async fn send(&self, provider: Provider, notice: &Notice, _: &Phone) -> Verdict {
        self.asked.lock().unwrap().push((provider, notice.clone()));
        let mut answers = self.answers.lock().unwrap();
        let left = answers.get_mut(&provider).unwrap();
        if left.len() > 1 { left.pop_front().unwrap() } else { left[0].clone() }
    }

    fn has(&self, provider: Provider) -> bool {
        self.answers.lock().unwrap().contains_key(&provider)
    }
}

/// A queue that keeps what it gets; it can refuse the next sends.
#[derive(Default)]
pub struct Kept {
    pub sent: Mutex<Vec<Value>>,
    pub parked: Mutex<Vec<(String, String, String)>>,
    /// What was parked beside each of them, by name.
    pub beside: Mutex<Vec<BTreeMap<String, String>>>,
    pub hidden: Mutex<Vec<(String, u32)>>,
    /// What was replied, to whom.
    pub replies: Mutex<Vec<(String, Value)>>,
    /// What was passed on as it came, with what was put beside it, by name.
    pub passed_on: Mutex<Vec<(String, BTreeMap<String, String>)>>,
    pub refusals: Mutex<u32>,
    /// Since how many seconds the messages have been received.
    pub held_for: Mutex<u32>,
}

impl Kept {
    /// Reasons of the parked messages, in order.
    pub fn reasons(&self) -> Vec<String> {
        self.parked.lock().unwrap().iter().map(|(_, reason, _)| reason.clone()).collect()
    }

    /// The dossiers and reports of the sent messages.
    pub fn subjects(&self) -> BTreeSet<String> {
        let sent = self.sent.lock().unwrap();
        sent.iter().map(|message| message["subject"].as_str().unwrap().to_owned()).collect()
    }

    fn refuse(&self) -> Result<(), Failure> {
        let mut left = self.refusals.lock().unwrap();
        if *left > 0 {
            *left -= 1;
            return Err(Failure::unavailable("queue", "refused by the test"));
        }
        Ok(())
    }
}

impl MessageSender for Kept {
    async fn send_all(&self, bodies: &[String]) -> Result<(), Failure> {
        self.refuse()?;
        self.sent
            .lock()
            .unwrap()
            .extend(bodies.iter().map(|body| serde_json::from_str::<Value>(body).unwrap()));
        Ok(())
    }
}

impl MessagePasser for Kept {
    async fn pass_on(&self, body: &str, beside: &[(&str, &str)]) -> Result<(), Failure> {
        self.refuse()?;
        let beside = beside.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        self.passed_on.lock().unwrap().push((body.to_owned(), beside.collect()));
        Ok(())
    }
}

impl ReplyQueues for Kept {
    async fn reply(&self, name: &str, body: &str) -> Result<(), Failure> {
        self.refuse()?;
        let reply = serde_json::from_str(body).unwrap();
        self.replies.lock().unwrap().push((name.to_owned(), reply));
        Ok(())
    }
}

impl DeadLetters for Kept {
    async fn park_with(
        &self,
        body: &str,
        (reason, detail): (&str, &str),
        beside: &[(&str, &str)],
    ) -> Result<(), Failure> {
        self.refuse()?;
        self.parked.lock().unwrap().push((body.to_owned(), reason.to_owned(), detail.to_owned()));
        let beside = beside.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        self.beside.lock().unwrap().push(beside.collect());
        Ok(())
    }
}

impl Backoff for Kept {
    /// As SQS does: what reaches beyond twelve hours from the receive is refused, and a function
    /// has had the message for a while.
    async fn hide(&self, receipt: &str, seconds: u32) -> Result<(), Failure> {
        if seconds + *self.held_for.lock().unwrap() > 12 * 3_600 {
            return Err(Failure::unavailable(
                "queue",
                "the total visibility timeout is beyond the limit",
            ));
        }
        self.hidden.lock().unwrap().push((receipt.to_owned(), seconds));
        Ok(())
    }
}
