//! What a dossier's life costs: the calls, units, messages and log bytes of real handlers over
//! tables that report what each call consumes. `make cost` prints the tables below.

use std::collections::BTreeMap;
use std::fmt::Write;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::{SignedDuration, Timestamp};
use relay_changes::{Route, relay};
use serde_json::{Value, json};

use crate::support::bytes::plain;
use crate::support::call::{Call, with_outcome, zalo_report};
use crate::support::file;
use crate::support::log::Log;
use crate::support::meter::{Consumed, Meter, UNIT, Units};
use crate::support::teller::{accepted, tell};
use crate::support::world::{Kept, NOW, Scripted, World, at};

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
    now: Timestamp,
}

impl Ledger {
    async fn opened() -> Self {
        let meter = Meter::default();
        let world = World::metered(&meter).await;
        Self { world, meter, bill: Bill::new(), now: at(NOW) }
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
        let routes = [Route { queue: &sent, wants: |_| true }];
        relay(event, &routes, &sent, std::time::Duration::from_secs(5)).await.unwrap();
        self.book("relay", &log, Spent { queue_requests: 1, invocations: 1, ..Spent::default() });
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

/// Write units of a whole life at most, in units: what the last redesign came to. A change that
/// needs more says so here, and why.
const LIFE_WRITES_MAX: u64 = 201;

#[tokio::test]
async fn a_life_costs_no_more_than_the_last_redesign_came_to() {
    let prices = Prices::read();
    let mut ledger = Ledger::opened().await;
    // The second life meets what the first has left behind: counters, the agency's number.
    ledger.live("first").await;
    ledger.bill.clear();
    ledger.now = at(NOW) + SignedDuration::from_hours(24);
    let code = ledger.live("second").await;
    let sum = total(&ledger.bill);
    let common = common::life(&code).await;
    println!("## Cost\n\nUS dollars for 1,000 lives, prices of infra/prices.json.\n");
    println!("{}", shown(&ledger.bill, &prices));
    println!("{}", by_place(&ledger.bill));
    println!("The common design, by the same tool:\n\n{}", shown(&common, &prices));
    let common = total(&common);
    println!(
        "Tables, queues and compute: ${:.4}; the common design ${:.4} ({:.2} of it). Beside it HTTP \
         requests ${:.4} and logs ${:.4} ({} bytes a life).\n",
        prices.core(&sum) * 1_000.0,
        prices.core(&common) * 1_000.0,
        prices.core(&sum) / prices.core(&common),
        prices.http(&sum) * 1_000.0,
        prices.logs(&sum) * 1_000.0,
        sum.log_bytes,
    );
    let written = sum.units().written / UNIT;
    assert!(written <= LIFE_WRITES_MAX, "{written} write units a life");
    assert!(prices.core(&sum) < prices.core(&common) * 1.5, "dearer than the common design");
}
