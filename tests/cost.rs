//! What a dossier's life costs: the calls, units, messages and log bytes of real handlers over
//! tables that report what each call consumes. `make cost` prints the tables below.

use std::collections::BTreeMap;
use std::fmt::Write;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{SignedDuration, Timestamp};
use platform::dynamo::LiveTable;
use relay_changes::{Route, relay};
use serde_json::{Value, json};

use crate::support::bytes::plain;
use crate::support::call::{Call, with_outcome, zalo_report};
use crate::support::log::Log;
use crate::support::meter::{Consumed, Meter, UNIT, Units};
use crate::support::teller::{accepted, tell};
use crate::support::world::{Kept, NOW, Scripted, World, at};
use crate::support::{file, root};

mod common;

/// The moves of the life after its submission.
const MOVES: [&str; 8] = [
    "receive",
    "process",
    "suspend",
    "resume",
    "request-payment",
    "confirm-payment",
    "finish",
    "return-result",
];

/// Look-ups by the public address in the life.
const LOOK_UPS: usize = 10;

/// What operations of one kind consumed.
#[derive(Debug, Clone, Default)]
struct Spent {
    times: u64,
    consumed: Consumed,
    queue_requests: u64,
    invocations: u64,
    http_requests: u64,
    gateway_calls: u64,
    log_bytes: u64,
}

impl Spent {
    fn units(&self) -> Units {
        self.consumed.units()
    }

    fn add(&mut self, other: &Self) {
        self.times += other.times;
        self.consumed.calls += other.consumed.calls;
        for (place, units) in &other.consumed.by_place {
            *self.consumed.by_place.entry(place.clone()).or_default() += *units;
        }
        self.queue_requests += other.queue_requests;
        self.invocations += other.invocations;
        self.http_requests += other.http_requests;
        self.gateway_calls += other.gateway_calls;
        self.log_bytes += other.log_bytes;
    }
}

/// What was spent, by kind of operation.
type Bill = BTreeMap<&'static str, Spent>;

fn total(bill: &Bill) -> Spent {
    bill.values().fold(Spent::default(), |mut sum, spent| {
        sum.add(spent);
        sum
    })
}

/// A price or an assumption of `infra/prices.json`.
struct Prices(Value);

impl Prices {
    fn read() -> Self {
        Self(serde_json::from_str(&file("infra/prices.json")).unwrap())
    }

    fn of(&self, name: &str) -> f64 {
        let price = &self.0["prices"][name];
        price["usd"].as_f64().unwrap() / price["per"].as_f64().unwrap()
    }

    fn assumed(&self, name: &str) -> f64 {
        self.0["assumed"][name]["value"].as_f64().unwrap()
    }

    /// US dollars for tables, queues and compute.
    fn core(&self, spent: &Spent) -> f64 {
        self.tables(spent)
            + spent.queue_requests as f64 * self.of("queueRequest")
            + self.compute(spent)
    }

    fn tables(&self, spent: &Spent) -> f64 {
        let Units { read, written } = spent.units();
        written as f64 / UNIT as f64 * self.of("writeUnit")
            + read as f64 / UNIT as f64 * self.of("readUnit")
    }

    /// As if every call waited for the one before it, which is dearer than what happens.
    fn compute(&self, spent: &Spent) -> f64 {
        let invocations = spent.invocations as f64;
        let ms = invocations * self.assumed("ownMs")
            + spent.consumed.calls as f64 * self.assumed("tableCallMs")
            + spent.queue_requests as f64 * self.assumed("queueCallMs")
            + spent.gateway_calls as f64 * self.assumed("gatewayCallMs")
            + invocations * self.assumed("startMs") * self.assumed("startsPerThousand") / 1_000.0;
        let gigabyte_seconds = ms / 1_000.0 * self.assumed("memoryMegabytes") / 1_024.0;
        invocations * self.of("invocation") + gigabyte_seconds * self.of("gigabyteSecond")
    }

    fn http(&self, spent: &Spent) -> f64 {
        spent.http_requests as f64 * self.of("httpRequest")
    }

    fn logs(&self, spent: &Spent) -> f64 {
        let platform = spent.invocations as f64 * self.assumed("platformLogBytes");
        (spent.log_bytes as f64 + platform) / 1e9 * self.of("logGigabyte")
    }
}

/// A world that is played while everything it spends is written down.
struct Ledger {
    world: World,
    meter: Meter,
    bill: Bill,
    /// What counting the changes in the figures of the day consumes.
    live: Spent,
    now: Timestamp,
}

impl Ledger {
    async fn opened() -> Self {
        let meter = Meter::default();
        let world = World::metered(&meter).await;
        Self { world, meter, bill: Bill::new(), live: Spent::default(), now: at(NOW) }
    }

    /// Writes down what was spent since the last time.
    fn book(&mut self, kind: &'static str, log: &Log, spent: Spent) {
        let spent =
            Spent { times: 1, consumed: self.meter.read(), log_bytes: log.bytes(), ..spent };
        self.bill.entry(kind).or_default().add(&spent);
    }

    async fn state(&self, code: &str) -> Value {
        let key = AttributeValue::S(code.to_owned());
        let got = self.world.client.get_item().table_name("DossiersTable").key("code", key);
        let item = got.send().await.unwrap().item.unwrap_or_default();
        // The look is ours, and no function's.
        self.meter.read();
        plain(&item)
    }

    /// The change is relayed, the applicant is told, and Zalo reports that the message arrived.
    async fn told(&mut self, before: Option<&Value>, code: &str) {
        let after = self.state(code).await;
        let (sent, log) = (Kept::default(), Log::kept());
        let event = crate::redelivery::stream(Some(&after), before);
        let routes = [Route { queue: &sent, wants: |_| true, wants_feedback: false }];
        let news = relay(event, &routes, &sent, std::time::Duration::from_secs(5)).await.unwrap();
        self.book("relay", &log, Spent { queue_requests: 1, invocations: 1, ..Spent::default() });
        // In the same invocation.
        let live = LiveTable::new(self.world.client.clone(), "LiveTable".to_owned());
        live.follow(news).await.unwrap();
        self.live.add(&Spent { times: 1, consumed: self.meter.read(), ..Spent::default() });
        let messages = sent.sent.lock().unwrap().clone();
        assert_eq!(messages.len(), 1, "one entry is one message");

        self.now += SignedDuration::from_secs(1);
        let now = self.now.to_string();
        let gateway = Scripted::pair([accepted(&format!("message-{now}"))], []);
        let log = Log::kept();
        tell(&self.world, &self.world.notices, &gateway, &messages[0].to_string(), &now)
            .await
            .unwrap();
        let asked = gateway.asked();
        assert_eq!(asked.len(), 1, "each change is told once: {asked:?}");
        // Received and deleted.
        let spent =
            Spent { queue_requests: 2, invocations: 1, gateway_calls: 1, ..Spent::default() };
        self.book("notify", &log, spent);

        self.now += SignedDuration::from_secs(5);
        let (now, log) = (self.now.to_string(), Log::kept());
        let message = format!("message-{}", self.now - SignedDuration::from_secs(5));
        let answer = zalo_report(&self.world, &asked[0].1, &message, &now).await;
        assert_eq!(answer.body["taken"], true, "{answer:?}");
        self.book("report", &log, http());
    }

    /// A whole life: submission, eight moves, nine notices with their reports, ten look-ups.
    async fn live(&mut self, key: &str) -> String {
        let log = Log::kept();
        let answer = Call::submit(key).at_submit(&self.world.intake, &self.world, self.now).await;
        self.book("submit", &log, http());
        let code = answer.code();
        self.told(None, &code).await;
        for (version, action) in (1..).zip(MOVES) {
            // Later on a working day: the first three moves on one, the rest on the next.
            self.now += SignedDuration::from_mins(40);
            let before = self.state(&code).await;
            let body = json!({ "action": action, "expectedVersion": version, "reason": "lý do" });
            let call = Call::transition(&code, action, version).body(&with_outcome(body));
            let log = Log::kept();
            let answer = call.at_change(&self.world.dossiers, &self.world, self.now).await;
            assert_eq!(answer.status, 200, "{action}: {answer:?}");
            self.book("move", &log, http());
            self.told(Some(&before), &code).await;
        }
        for _ in 0..LOOK_UPS {
            let call = Call::new("GET /v1/dossiers/{code}").code(&code);
            let log = Log::kept();
            let answer = call.at_track_on(&self.world, self.now).await;
            assert_eq!(answer.status, 200, "{answer:?}");
            self.book("look-up", &log, http());
        }
        code
    }
}

/// One request of the API and its invocation.
fn http() -> Spent {
    Spent { http_requests: 1, invocations: 1, ..Spent::default() }
}

fn units(hundredths: u64) -> String {
    let (whole, part) = (hundredths / UNIT, hundredths % UNIT);
    if part == 0 { whole.to_string() } else { format!("{whole}.{part:02}") }
}

/// The rows of a bill, in Markdown, for a thousand lives.
fn shown(bill: &Bill, prices: &Prices) -> String {
    let mut text = String::from(
        "| operation | times | write units | read units | calls | queue | invocations | USD |\n\
         |---|---|---|---|---|---|---|---|\n",
    );
    let sum = total(bill);
    let rows = bill.iter().map(|(kind, spent)| (*kind, spent)).chain([("**a life**", &sum)]);
    for (kind, spent) in rows {
        let Units { read, written } = spent.units();
        writeln!(
            text,
            "| {kind} | {} | {} | {} | {} | {} | {} | {:.4} |",
            spent.times,
            units(written),
            units(read),
            spent.consumed.calls,
            spent.queue_requests,
            spent.invocations,
            prices.core(spent) * 1_000.0,
        )
        .unwrap();
    }
    text
}

fn by_place(bill: &Bill) -> String {
    let mut text = String::from("| table, index | write units | read units |\n|---|---|---|\n");
    for (place, Units { read, written }) in &total(bill).consumed.by_place {
        writeln!(text, "| {place} | {} | {} |", units(*written), units(*read)).unwrap();
    }
    text
}

/// A month in which nothing happens: the minutes that look for what is due, and the pollers of the
/// queues.
async fn idle_month(prices: &Prices) -> Spent {
    let meter = Meter::default();
    let world = World::metered(&meter).await;
    let log = Log::kept();
    let order = wake_notices::Order::default();
    wake_notices::wake(&order, &world.notices, &Kept::default(), at(NOW)).await.unwrap();
    let mut consumed = meter.read();
    for units in consumed.by_place.values_mut() {
        units.read *= MINUTES_OF_A_MONTH;
    }
    consumed.calls *= MINUTES_OF_A_MONTH;
    let queues = file("infra/template.yaml").matches("Type: SQS\n          Properties").count();
    let polls = prices.assumed("pollsPerMinute") as u64 * queues as u64 * MINUTES_OF_A_MONTH;
    Spent {
        times: MINUTES_OF_A_MONTH,
        consumed,
        queue_requests: polls,
        invocations: MINUTES_OF_A_MONTH,
        log_bytes: log.bytes() * MINUTES_OF_A_MONTH,
        ..Spent::default()
    }
}

/// Of thirty days.
const MINUTES_OF_A_MONTH: u64 = 30 * 24 * 60;

/// What stands in `docs/figures.md`.
fn section(prices: &Prices, ours: &Bill, live: &Spent, common: &Bill, idle: &Spent) -> String {
    let Units { read, written } = live.units();
    let (sum, of_common) = (total(ours), total(common));
    let (core, common_core) = (prices.core(&sum), prices.core(&of_common));
    // Pollers wait for messages, and nobody pays for their time.
    let idle_polls = idle.queue_requests as f64 * prices.of("queueRequest");
    let idle_rest = prices.tables(idle)
        + prices.compute(&Spent { queue_requests: 0, ..idle.clone() })
        + prices.logs(idle);
    format!(
        "One life: a submission, eight moves, nine notices with their delivery reports, ten \
         look-ups.\nUS dollars for 1,000 lives, at the prices and assumptions of \
         `infra/prices.json`, as if each call\nwaited for the last.\n\n{}\n{}\n\
         The common design (an item for each entry and notice, transactions, records of \
         idempotency), by the\nsame tool:\n\n{}\n\
         | USD for 1,000 lives | ours | common design | ratio |\n|---|---|---|---|\n\
         | tables, queues, compute | {:.4} | {:.4} | {:.2} |\n\
         | of these, tables | {:.4} | {:.4} | {:.2} |\n\
         | HTTP requests, beside them | {:.4} | {:.4} | |\n\
         | figures of the day, beside them ({} write units, {} read units) | {:.4} | | |\n\
         | logs, beside them ({} bytes a life and the platform's) | {:.4} | | |\n\n\
         A month in which nothing happens: ${:.2} for the pollers of the queues,\n${:.2} for the \
         minutes that look for what is due.\n",
        shown(ours, prices),
        by_place(ours),
        shown(common, prices),
        core * 1_000.0,
        common_core * 1_000.0,
        core / common_core,
        prices.tables(&sum) * 1_000.0,
        prices.tables(&of_common) * 1_000.0,
        prices.tables(&sum) / prices.tables(&of_common),
        prices.http(&sum) * 1_000.0,
        prices.http(&of_common) * 1_000.0,
        units(written),
        units(read),
        prices.core(live) * 1_000.0,
        sum.log_bytes,
        prices.logs(&sum) * 1_000.0,
        idle_polls,
        idle_rest,
    )
}

/// Puts the section between its marks.
fn write(section: &str) {
    let path = root().join("docs/figures.md");
    let document = std::fs::read_to_string(&path).unwrap();
    let (begin, end) = ("<!-- cost: begin -->\n", "<!-- cost: end -->");
    let (before, rest) = document.split_once(begin).expect("the mark of make cost");
    let (_, after) = rest.split_once(end).expect("the mark of make cost");
    std::fs::write(&path, format!("{before}{begin}\n{section}\n{end}{after}")).unwrap();
}

/// Write units of a whole life at most, in units: what the last redesign came to. A change that
/// needs more says so here, and why.
const LIFE_WRITES_MAX: u64 = 85;

/// Those of the figures of the day, which are counted beside it.
const LIVE_WRITES_MAX: u64 = 26;

#[tokio::test]
async fn a_life_costs_no_more_than_the_last_redesign_came_to() {
    let prices = Prices::read();
    let mut ledger = Ledger::opened().await;
    // The second life meets what the first has left behind: counters, the agency's number.
    ledger.live("first").await;
    (ledger.bill, ledger.live) = (Bill::new(), Spent::default());
    ledger.now = at(NOW) + SignedDuration::from_hours(24);
    let code = ledger.live("second").await;
    let sum = total(&ledger.bill);
    let common = common::life(&code).await;
    let idle = idle_month(&prices).await;
    let section = section(&prices, &ledger.bill, &ledger.live, &common, &idle);
    println!("{section}");
    if std::env::var_os("COST_WRITE").is_some() {
        write(&section);
    } else {
        let known = file("docs/figures.md").contains(&shown(&ledger.bill, &prices));
        assert!(known, "docs/figures.md says something else: make cost");
    }
    let common = total(&common);
    let written = sum.units().written / UNIT;
    assert!(written <= LIFE_WRITES_MAX, "{written} write units a life");
    let written = ledger.live.units().written / UNIT;
    assert!(written <= LIVE_WRITES_MAX, "{written} write units for the figures of the day");
    assert!(prices.core(&sum) < prices.core(&common), "dearer than the common design");
}
