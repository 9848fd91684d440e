//! A small province in one process: every function over tables, queues, storage and peers behind
//! one [`Seam`], and a platform that delivers again what was not worked off, on a clock that stands
//! until it is put forward.

pub mod peers;

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use aws_lambda_events::apigw::ApiGatewayV2httpResponse;
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use domain::catalogue::Catalogue;
use domain::dossier::Holds;
use inspect_document::MalwareScan;
use jiff::{SignedDuration, Timestamp};
use platform::batch::{self, Plan, SHORT_PATIENCE};
use platform::dynamo::{Deliveries, Dossiers};
use platform::http;
use platform::paying::Till;
use platform::sqs::{Queue, QueueSettings, Replies, SourceQueue};
use relay_changes::Route;
use serde_json::{Value, json};

use super::call::{Answer, Call, reporters};
use super::engines::{Change, Clock, Contents, Message, Queues, Tables};
use super::seam::{Crossing, Mode, Seam};
use super::shelf::Shelved;
use super::template::{template, yaml};
use super::world::{World, people, proof_key, public_url, removals};
use peers::{Outside, Peers};

/// The queues that functions work off, with who does, how many messages come at once, and for how
/// many seconds they are hidden meanwhile, as in the template.
pub const CONSUMED: [(&str, &str, usize, i64); 6] = [
    ("IntegratorsQueue", "ingest-event", 10, 180),
    ("NoticesQueue", "notify-applicant", 10, 180),
    ("NationalQueue", "sync-national", 50, 720),
    ("CountsQueue", "count-agency", 10, 900),
    ("DocumentsQueue", "inspect-document", 2, 360),
    ("FetchesQueue", "fetch-document", 1, 720),
];

/// The name of a function by its logical name in the template.
fn name(logical: &str) -> String {
    let mut name = String::new();
    for letter in logical.trim_end_matches("Integration").trim_end_matches("Function").chars() {
        if letter.is_ascii_uppercase() && !name.is_empty() {
            name.push('-');
        }
        name.push(letter.to_ascii_lowercase());
    }
    name
}

/// The function of each route, by the template.
static ROUTES: LazyLock<BTreeMap<String, String>> = LazyLock::new(|| {
    let routes = yaml("infra/template.yaml")["Mappings"]["Routes"].clone();
    let routes = routes.as_object().unwrap().values();
    let row = |row: &Value| {
        let (key, function) = (row["Key"].as_str().unwrap(), row["Integration"].as_str().unwrap());
        (key.to_owned(), name(function))
    };
    routes.map(row).collect()
});

/// Routes of the template with the function of each.
pub fn routes() -> &'static BTreeMap<String, String> {
    &ROUTES
}

/// The functions that the template has schedules call.
pub fn scheduled() -> Vec<String> {
    let maps = yaml("infra/template.yaml")["Mappings"].clone();
    let rows = ["Daily", "Intervals"]
        .into_iter()
        .flat_map(|map| maps[map].as_object().unwrap().values().cloned().collect::<Vec<_>>());
    rows.map(|row| name(row["Function"].as_str().unwrap())).collect()
}

/// Logical names of the queues that the template has functions work off.
pub fn worked_off() -> Vec<String> {
    let template = template();
    let resources = template["Resources"].as_object().unwrap().values();
    let sources = resources.filter_map(|it| it["Properties"]["Events"].as_object());
    let events = sources.flat_map(|events| events.values().cloned().collect::<Vec<_>>());
    let queues = events.filter(|event| event["Type"] == "SQS");
    let named = |event: Value| {
        let arn = &event["Properties"]["Queue"]["Fn::GetAtt"];
        arn.as_str().unwrap().trim_end_matches(".Arn").to_owned()
    };
    queues.map(named).collect()
}

/// Everything that there is at a moment.
#[derive(Clone)]
pub struct State {
    pub tables: Contents,
    pub messages: Vec<Message>,
    pub outside: Outside,
    pub shelved: Shelved,
    pub stream: Vec<Change>,
    pub now: Timestamp,
}

/// The province.
pub struct Town {
    pub world: World,
    pub seam: Seam,
    pub tables: Arc<Tables>,
    pub queues: Arc<Queues>,
    pub peers: Peers,
    pub clock: Clock,
    /// How long the integrators' events wait for others.
    pub holds: Holds,
    /// Changes that wait to be relayed.
    stream: std::sync::Mutex<Vec<Change>>,
    /// By how many seconds the clock of the process at work is wrong.
    pub skew: std::sync::Mutex<i64>,
    sqs: aws_sdk_sqs::Client,
}

fn url(queue: &str) -> String {
    format!("http://localhost/{queue}")
}

/// The longest work on one message.
const RECORD_TIMEOUT: Duration = Duration::from_secs(60);

/// How long a lease on a notice is.
const LEASE: SignedDuration = SignedDuration::from_secs(40);

impl Town {
    /// An empty one under `catalogue`, whose clock stands at `now`.
    pub fn new(catalogue: Arc<Catalogue>, now: Timestamp) -> Self {
        let (seam, clock, tables) = (Seam::default(), Clock::at(now), Arc::new(Tables::new()));
        let queues = Arc::new(Queues::new(&clock));
        let mut world = World::over(tables.client(&seam), catalogue);
        world.claims.keeper.seam = seam.clone();
        world.payments = platform::dynamo::Payments::new(
            world.client.clone(),
            "PaymentsTable".to_owned(),
            world.dossiers.clone(),
        );
        let peers = Peers { seam: seam.clone(), ..Peers::default() };
        // What the submissions of the tests declare.
        let place = "https://files.example/don-de-nghi.pdf".to_owned();
        peers.hosts.lock().unwrap().insert(place, b"test".to_vec());
        Self {
            sqs: queues.client(&seam),
            peers,
            holds: Holds::NONE,
            stream: std::sync::Mutex::default(),
            skew: std::sync::Mutex::default(),
            world,
            seam,
            tables,
            queues,
            clock,
        }
    }

    /// The time by the clock of the process at work.
    pub fn now(&self) -> Timestamp {
        self.clock.now() + SignedDuration::from_secs(*self.skew.lock().unwrap())
    }

    /// Puts the clock forward.
    pub fn pass(&self, time: SignedDuration) {
        self.clock.set(self.clock.now() + time);
    }

    fn queue(&self, name: &str) -> Queue {
        Queue::new(self.sqs.clone(), url(name))
    }

    /// Everything that there is now.
    pub fn state(&self) -> State {
        State {
            tables: self.tables.contents(),
            messages: self.queues.held(),
            outside: self.peers.have(),
            shelved: self.world.claims.keeper.contents(),
            stream: self.stream.lock().unwrap().clone(),
            now: self.clock.now(),
        }
    }

    /// Goes back to `state`.
    pub fn restore(&self, state: &State) {
        self.tables.restore(&state.tables);
        self.queues.restore(&state.messages);
        self.peers.restore(&state.outside);
        self.world.claims.keeper.restore(&state.shelved);
        self.stream.lock().unwrap().clone_from(&state.stream);
        self.clock.set(state.now);
    }

    /// A request; nothing where the process ended before it answered.
    pub async fn request(&self, call: Call) -> Option<ApiGatewayV2httpResponse> {
        let event = call.clone().event();
        let route = event.route_key.clone().unwrap();
        let function = ROUTES.get(&route).unwrap_or_else(|| panic!("nobody serves {route}"));
        let (world, now) = (&self.world, self.now());
        let catalogue = &*world.catalogue;
        let work = async {
            if route.contains("/proof") {
                let (queue, key) = (&self.queue("NoticesQueue"), &proof_key());
                let (proofs, gate) = (&world.proofs, &world.gate);
                let office = prove_owner::Office { proofs, gate, queue, key };
                let handler = |request| prove_owner::handle(request, &office, catalogue, now);
                http::serve(event, handler).await
            } else if function == "receive-event" {
                let queue = self.queue("IntegratorsQueue");
                let (records, key) = (&world.events, &world.seal_key);
                let desk = receive_event::Desk { records, queue: &queue, key };
                let handler = |request| receive_event::handle(request, &desk, catalogue, now);
                http::serve(event, handler).await
            } else if function == "take-payment" {
                let till = self.till();
                http::serve(event, |request| take_payment::handle(request, &till, now)).await
            } else if function == "record-delivery" {
                let (reporters, people) = (reporters(), people());
                let answering = record_delivery::Answering {
                    dossiers: &world.dossiers,
                    people: &people,
                    book: &world.contacts,
                    gateways: &self.peers,
                    account: &self.peers,
                    feedback: &world.office.feedback,
                };
                let book = &world.notices;
                let handler = |request| {
                    record_delivery::handle(request, book, &answering, catalogue, &reporters, now)
                };
                http::serve(event, handler).await
            } else {
                call.at_its_function_on(world, now).await
            }
        };
        let answer = self.seam.process(function, work).await;
        self.gather();
        answer
    }

    /// What the gateway answers: 502 where the process ended.
    pub async fn answer(&self, call: Call) -> Answer {
        match self.request(call).await {
            Some(answer) => answer.into(),
            None => Answer { status: 502, body: Value::Null },
        }
    }

    /// As a client who was told to: again while the answer is that something is broken, at most six
    /// times.
    pub async fn insisting(&self, call: Call) -> Answer {
        for _ in 0..6 {
            let answer = self.answer(call.clone()).await;
            if answer.status < 500 {
                return answer;
            }
        }
        self.answer(call).await
    }

    fn till(&self) -> Till<'_, platform::dynamo::Payments, Dossiers, Peers> {
        let World { payments, dossiers, catalogue, .. } = &self.world;
        Till { book: payments, store: dossiers, gateway: &self.peers, catalogue }
    }

    /// A run of a schedule: whether it ended well.
    pub async fn run(&self, function: &str) -> bool {
        let (world, now) = (&self.world, self.now());
        let catalogue = &*world.catalogue;
        let states = || Dossiers::states(world.client.clone(), "DossiersTable".to_owned());
        let work = async {
            match function {
                "wake-notices" => {
                    let (order, queue) =
                        (wake_notices::Order::default(), self.queue("NoticesQueue"));
                    wake_notices::wake(&order, &world.notices, &queue, now).await.map(drop)
                }
                "wake-deliveries" => {
                    let order = wake_deliveries::Order::default();
                    let queue = self.queue("NationalQueue");
                    let ledger = &world.deliveries;
                    wake_deliveries::wake(&order, ledger, &queue, catalogue, now).await.map(drop)
                }
                "settle-payments" => {
                    let order = settle_payments::Order {};
                    settle_payments::settle(&order, &self.till(), now).await.map(drop)
                }
                "refresh-token" => {
                    let order = refresh_token::Order::default();
                    let accounts = &world.accounts;
                    refresh_token::refresh(order, accounts, &self.peers, now).await.map(drop)
                }
                "rollup-kpi" => {
                    let order = rollup_kpi::Order::default();
                    let queue = self.queue("CountsQueue");
                    let figures = &world.figures;
                    rollup_kpi::plan(&order, figures, &queue, catalogue, now).await.map(drop)
                }
                "repair-relay" => {
                    let order = repair_relay::Order::default();
                    let (dossiers, notices) = (states(), self.queue("NoticesQueue"));
                    let fetches = self.queue("FetchesQueue");
                    let queues = repair_relay::Queues { notices: &notices, fetches: &fetches };
                    let tables =
                        repair_relay::Tables { dossiers: &dossiers, ..world.repair_tables() };
                    repair_relay::repair(&order, tables, &queues, catalogue, now).await.map(drop)
                }
                "reconcile-deliveries" => {
                    let order = reconcile_deliveries::Order::default();
                    let connected =
                        platform::national::Connected { dvcqg: true, ..Default::default() };
                    let (dossiers, queue) = (states(), self.queue("NationalQueue"));
                    let tables = (&dossiers, &world.deliveries, &world.office.feedback);
                    let law = (catalogue, &connected);
                    reconcile_deliveries::reconcile(&order, tables, &queue, law, now)
                        .await
                        .map(drop)
                }
                "expire-content" => {
                    let order = expire_content::Order::default();
                    let gone = removals(&world.client);
                    let tables = (&world.dossiers, &gone, &world.office.feedback);
                    let eraser = &world.claims.keeper;
                    let run = expire_content::expire(&order, tables, eraser, catalogue, now).await;
                    run.and_then(expire_content::Outcome::settled).map(drop)
                }
                "remind-deadline" => {
                    let (order, store) = (remind_deadline::Order::default(), &world.dossiers);
                    let run = remind_deadline::remind(&order, store, store, catalogue, now).await;
                    run.and_then(remind_deadline::Outcome::settled).map(drop)
                }
                "announce-report" => {
                    let (order, figures) = (announce_report::Order::default(), &world.figures);
                    let (book, url) = (&world.notices, public_url());
                    announce_report::announce(&order, figures, book, catalogue, &url, now)
                        .await
                        .map(drop)
                }
                other => panic!("no schedule calls {other}"),
            }
        };
        let end = self.seam.process(function, work).await;
        self.gather();
        matches!(end, Some(Ok(())))
    }

    /// Delivers one batch of `queue`, if something on it is due; whether there was something.
    pub async fn deliver(&self, queue: &str) -> bool {
        let row = CONSUMED.iter().find(|(name, ..)| *name == queue);
        let (_, function, most, hidden) = *row.expect("nobody works that off");
        let received = self.queues.receive(queue, most, SignedDuration::from_secs(hidden));
        if received.is_empty() {
            return false;
        }
        let records: Vec<Value> = received.iter().map(record).collect();
        let event: SqsEvent = serde_json::from_value(json!({ "Records": records })).unwrap();
        let end = self.seam.process(function, self.work(function, queue, event)).await;
        self.gather();
        if let Some(response) = end {
            let failed = response.batch_item_failures;
            let failed: Vec<&str> = failed.iter().map(|one| one.item_identifier.as_str()).collect();
            for one in received {
                if !failed.contains(&one.id.to_string().as_str()) {
                    self.queues.delete(one.id);
                }
            }
        }
        true
    }

    async fn work(&self, function: &str, queue: &str, event: SqsEvent) -> SqsBatchResponse {
        let (world, now) = (&self.world, self.now());
        let catalogue = &*world.catalogue;
        let source = &SourceQueue::open(
            self.sqs.clone(),
            QueueSettings {
                url: url(queue),
                dead_letters_url: url(&queue.replace("Queue", "DeadLetters")),
                receives_max: 40,
            },
        );
        let plan = |width| Plan {
            width,
            record_timeout: RECORD_TIMEOUT,
            receives_max: 40,
            patience: SHORT_PATIENCE,
        };
        match function {
            "ingest-event" => {
                let replies = &Replies::new(self.sqs.clone(), url("replies-"));
                let desk = &ingest_event::Desk {
                    store: &world.dossiers,
                    intake: &world.intake,
                    ledger: &world.deliveries,
                    feedback: &world.office.feedback,
                    records: &world.events,
                    queue: source,
                    replies,
                    key: &world.seal_key,
                    holds: self.holds,
                };
                let plan =
                    Plan { patience: SignedDuration::from_hours(12), ..plan(ingest_event::WIDTH) };
                let work = async |arrived| desk.receive(&arrived, catalogue, now).await;
                batch::run(event, plan, desk, now, work).await
            }
            "notify-applicant" => {
                let pool = &super::teller::pool(catalogue, &now.to_string());
                let (key, page) = (proof_key(), public_url());
                let answers = &world.office.feedback;
                let questions = &notify_applicant::Questions { answers, key: &key, page: &page };
                let desk = &notify_applicant::Desk {
                    dossiers: &world.dossiers,
                    feedback: &world.office.feedback,
                    book: &world.notices,
                    contacts: &world.contacts,
                    gateways: &self.peers,
                    ledger: &world.deliveries,
                    catalogue,
                    pool,
                    lease: LEASE,
                    limits: notify_applicant::Limits::Kept,
                    questions: Some(questions),
                };
                let codes = &notify_applicant::Codes {
                    proofs: &world.proofs,
                    counts: &world.counts,
                    key: &key,
                };
                let work = async |arrived: batch::Arrived| {
                    notify_applicant::work(&arrived.body, desk, codes, || now).await
                };
                batch::run(event, plan(notify_applicant::WIDTH), source, now, work).await
            }
            "sync-national" => {
                let (dossiers, ledger): (&Dossiers, &Deliveries) =
                    (&world.dossiers, &world.deliveries);
                let work = async |messages: Vec<batch::Arrived>| {
                    let desk = &sync_national::Desk {
                        dossiers,
                        feedback: &world.office.feedback,
                        ledger,
                        systems: &self.peers,
                        catalogue,
                        lease: SignedDuration::from_secs(100),
                        patience: sync_national::PATIENCE,
                    };
                    Ok(sync_national::sync(&messages, desk, || now).await)
                };
                let plan = Plan {
                    record_timeout: sync_national::BATCH_TIMEOUT,
                    ..plan(sync_national::WIDTH)
                };
                batch::run_together(event, plan, source, now, work).await
            }
            "count-agency" => {
                let dossiers = Dossiers::states(world.client.clone(), "DossiersTable".to_owned());
                let (figures, ledger) = (&world.figures, count_agency::Ledger::default());
                let clock = || super::world::at(super::world::NOW);
                let named = &count_agency::Named::new(source, figures, clock);
                let work = async |arrived: batch::Arrived| {
                    let body = &arrived.body;
                    count_agency::work_off(body, &dossiers, figures, &ledger, catalogue, now).await
                };
                batch::run(event, plan(count_agency::WIDTH), named, now, work).await
            }
            "inspect-document" => {
                let (uploads, shelf) = (&world.uploads, &world.claims.keeper);
                let law = (catalogue, MalwareScan::Optional);
                let work = async |arrived: batch::Arrived| {
                    inspect_document::inspect(&arrived.body, uploads, shelf, law, now).await
                };
                batch::run(event, plan(inspect_document::WIDTH), source, now, work).await
            }
            "fetch-document" => {
                let desk = &fetch_document::Desk {
                    dossiers: &world.dossiers,
                    copies: &world.copies,
                    sources: &self.peers,
                    shelves: &world.claims.keeper,
                    catalogue,
                };
                let work = async |arrived: batch::Arrived| {
                    fetch_document::fetch(&arrived.body, desk, now).await
                };
                batch::run(event, plan(fetch_document::WIDTH), source, now, work).await
            }
            other => panic!("{other} works nothing off"),
        }
    }

    /// Loses what waits to be relayed, as a stream does after a day.
    pub fn forget_changes(&self) {
        self.stream.lock().unwrap().clear();
    }

    /// Takes over what the last process has left on the stream and in storage.
    fn gather(&self) {
        self.stream.lock().unwrap().extend(self.tables.changes());
        let said = std::mem::take(&mut *self.world.claims.keeper.said.lock().unwrap());
        for body in said {
            self.queues.put("DocumentsQueue", &body, "s3", json!({}));
        }
    }

    /// Whether changes wait to be relayed.
    pub fn is_streaming(&self) -> bool {
        !self.stream.lock().unwrap().is_empty()
    }

    /// Relays what waits; what fails stays, as a shard waits for its oldest record.
    pub async fn relay(&self) -> bool {
        let waiting = self.stream.lock().unwrap().clone();
        if waiting.is_empty() {
            return true;
        }
        let records: Vec<Value> = waiting.iter().map(changed).collect();
        let event = serde_json::from_value(json!({ "Records": records })).unwrap();
        let (notices, fetches, national) =
            (self.queue("NoticesQueue"), self.queue("FetchesQueue"), self.queue("NationalQueue"));
        let failures = self.queue("RelayFailuresQueue");
        let routes = [
            Route { queue: &notices, wants: |_| true, wants_feedback: true },
            Route {
                queue: &fetches,
                wants: |entry| entry.action.brings_documents(),
                wants_feedback: false,
            },
            Route { queue: &national, wants: |_| true, wants_feedback: true },
        ];
        let work = relay_changes::relay(event, &routes, &failures, RECORD_TIMEOUT);
        let end = self.seam.process("relay-changes", work).await;
        let is_done = matches!(end, Some(Ok(_)));
        if is_done {
            self.stream.lock().unwrap().drain(..waiting.len());
        }
        is_done
    }

    /// Whatever goes on by itself, until nothing is left to do now. What has to wait is left.
    pub async fn quiet(&self) {
        for _ in 0..500 {
            let mut went_on = false;
            if self.is_streaming() {
                self.relay().await;
                went_on = true;
            }
            for (queue, ..) in CONSUMED {
                while self.deliver(queue).await {
                    went_on = true;
                }
            }
            if !went_on {
                return;
            }
        }
        panic!("it never ends");
    }

    /// What has crossed the seam since this was asked last.
    pub fn crossings(&self) -> Vec<Crossing> {
        self.seam.crossings()
    }

    /// From now on the `nth` call that crosses, counted from 0, fares so; all others go through.
    pub fn strike(&self, nth: usize, mode: Mode) {
        let mut crossed = 0;
        self.seam.obey(move |_| {
            crossed += 1;
            if crossed == nth + 1 { mode } else { Mode::Passes }
        });
    }
}

/// A message as Lambda hands it over.
fn record(message: &Message) -> Value {
    json!({
        "messageId": message.id.to_string(), "receiptHandle": message.id.to_string(),
        "body": message.body, "awsRegion": "x", "messageAttributes": message.beside,
        "attributes": {
            "ApproximateReceiveCount": message.receives.to_string(),
            "SentTimestamp": message.sent.as_millisecond().to_string(),
            "SenderId": message.sender,
        },
        "eventSource": "aws:sqs", "eventSourceARN": "arn", "md5OfBody": "",
    })
}

/// A change as Lambda hands it over; of a stream of keys no image is more than its key.
fn changed((old, new): &Change) -> Value {
    let is_whole = |image: &&Value| image.as_object().is_some_and(|row| row.len() > 1);
    let image = |image: &Option<Value>| {
        image.as_ref().filter(is_whole).cloned().unwrap_or_else(|| json!({}))
    };
    let code = new.as_ref().or(old.as_ref()).map_or(Value::Null, |item| item["code"].clone());
    json!({
        "eventID": "1", "eventName": "MODIFY", "eventVersion": "1.1",
        "eventSource": "aws:dynamodb", "awsRegion": "ap-southeast-1", "eventSourceARN": "arn",
        "dynamodb": {
            "SizeBytes": 0, "SequenceNumber": "1", "Keys": { "code": code },
            "NewImage": image(new), "OldImage": image(old),
        },
    })
}
