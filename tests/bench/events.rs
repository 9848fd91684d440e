//! What the way to the national portal takes, for `make bench-events [CHANGES=10000]`: a day's
//! outage with so many changes waiting, and the time until a change is acknowledged.
//!
//! Tables and the stand-in have threads of their own, so that the processor time of ours is that of
//! one thread. The outage is played on a clock that is set, acknowledgements by the machine's
//! clock: the stream is looked at four times a second, as the platform does, and the national queue
//! hands over what a second has brought, as the template says. Writes
//! `target/bench/outbound.json`.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_lambda_events::dynamodb::Event;
use domain::dossier::{Action, Dossier};
use domain::id::{AgencyCode, DossierCode};
use domain::procedure::Channel;
use jiff::SignedDuration;
use platform::Failure;
use platform::port::{DeadLetters, DeliveryLedger};
use relay_changes::{Route, relay};
use replay::edition::catalogue;
use replay::model::Replayed;
use replay::outage::{CHANGES, Recovered, outage};
use replay::plan::{Life, Step};
use replay::play::{Stage, send};
use replay::portal::{Bridge, Kept, portal_id};
use replay::tables;
use serde_json::{Value, json};

/// How long changes come, and how long between two of them.
const SPELL: Duration = Duration::from_secs(60);
const BETWEEN: Duration = Duration::from_millis(200);

/// How often the platform looks at a stream.
const STREAM_LOOK: Duration = Duration::from_millis(250);

/// How long the national queue collects, as the template says.
const WINDOW: Duration = Duration::from_secs(1);

/// How long after the last change its acknowledgement may take.
const PATIENCE: Duration = Duration::from_secs(180);

/// What happens to a dossier while changes come.
const LIFE: [Action; 4] = [Action::Submit, Action::Receive, Action::Process, Action::Finish];

/// Dossiers that are open at a time.
const OPEN: usize = 20;

fn main() {
    let asked = std::env::var("CHANGES").ok().filter(|said| !said.is_empty());
    let changes: usize = asked.map_or(10_000, |said| said.parse().expect("a number of changes"));
    let engines = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let engines = engines.expect("a runtime");
    let ours = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let ours = ours.expect("a runtime");
    let place = Replayed::named("tien-giang").expect("the place is there");
    let ground = || {
        let client = engines.block_on(tables::embedded());
        (Stage::over(client, catalogue(&place)), engines.block_on(Bridge::new()))
    };
    let (stage, bridge) = ground();
    let away = ours.block_on(outage(&stage, &bridge, changes / CHANGES, 1, cpu_ns));
    println!("{away:?}");
    let (stage, bridge) = ground();
    let mut times = ours.block_on(visible(&stage, &bridge));
    times.sort();
    let rows = rows(&away, &times);
    let built = if cfg!(debug_assertions) { ", unoptimised" } else { "" };
    let told = json!({
        "title": format!("to the national portal, at most 600 requests a minute{built}"),
        "rows": rows,
        "inStep": away.in_step, "of": away.dossiers,
    });
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../target/bench");
    std::fs::create_dir_all(&folder).expect("a folder");
    let text = serde_json::to_string_pretty(&told).expect("it is written");
    std::fs::write(folder.join("outbound.json"), text + "\n").expect("the folder takes it");
    println!("{told:#}");
    assert_eq!(away.in_step, away.dossiers, "not everything is in step");
}

/// Processor time of this thread, in nanoseconds.
fn cpu_ns() -> u64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    text.split(' ').next().and_then(|used| used.parse().ok()).unwrap_or(0)
}

fn rows(away: &Recovered, times: &[Duration]) -> Value {
    let at = |percent: usize| {
        let place = (times.len() * percent).div_ceil(100).max(1) - 1;
        format!("{:.2} s", times[place].as_secs_f64())
    };
    let changes = away.changes;
    let per_minute = away.asked_since / u64::try_from(away.minutes.max(1)).unwrap_or(1);
    json!([
        [
            "waiting after 24 hours without it",
            format!("{changes} changes of {} dossiers", away.dossiers)
        ],
        ["dossiers in step afterwards, each step in order", percent(away.in_step, away.dossiers)],
        ["minutes by the day's clock until then", away.minutes.to_string()],
        ["requests a minute of these, on average", per_minute.to_string()],
        ["requests while it was away", away.asked_while_away.to_string()],
        ["steps out of order; items refused", format!("{}; {}", away.disorders, away.refused)],
        [
            "processor time of catching up, without tables and portal",
            format!("{:.1} s", away.caught_up_cpu_s)
        ],
        [
            "changes in a second of it",
            format!("{:.0}", changes as f64 / away.caught_up_cpu_s.max(0.001))
        ],
        ["the machine's clock while it caught up", format!("{:.1} s", away.caught_up_s)],
        [format!("stream to acknowledged, {} changes, five a second: p50", times.len()), at(50)],
        ["the same: p99", at(99)],
    ])
}

fn percent(part: usize, of: usize) -> String {
    format!("{:.2} %", part as f64 * 100.0 / of as f64)
}

/// A change on its way.
struct OnItsWay {
    before: Option<Dossier>,
    after: Dossier,
    since: Instant,
}

/// Nobody's dead letters.
struct NoFailures;

impl DeadLetters for NoFailures {
    async fn park_with(
        &self,
        body: &str,
        _why: (&str, &str),
        _beside: &[(&str, &str)],
    ) -> Result<(), Failure> {
        panic!("parked: {body}")
    }
}

/// How long each of the changes of a while took until the portal had acknowledged it.
async fn visible(stage: &Stage, bridge: &Bridge) -> Vec<Duration> {
    let stream: RefCell<Vec<OnItsWay>> = RefCell::default();
    let waiting: RefCell<BTreeMap<(DossierCode, u64), Instant>> = RefCell::default();
    let times: RefCell<Vec<Duration>> = RefCell::default();
    let queue = Arc::new(Kept::default());
    let end = Instant::now() + SPELL;
    let happens = async {
        let (mut lives, mut made): (Vec<Life>, u32) = (Vec::new(), 0);
        let mut turn = 0;
        while Instant::now() < end {
            lives.retain(|life| life.steps.len() < LIFE.len());
            if lives.len() < OPEN {
                made += 1;
                lives.push(begun(stage, made));
            }
            turn = (turn + 1) % lives.len();
            let life = &mut lives[turn];
            let place = life.steps.len();
            let seen = if place == 0 { None } else { Some(stage.dossier(&life.code).await) };
            life.steps.push(step(LIFE[place]));
            send(stage, life, place).await;
            let since = Instant::now();
            let after = stage.dossier(&life.code).await;
            waiting.borrow_mut().insert((after.code.clone(), after.version), since);
            stream.borrow_mut().push(OnItsWay { before: seen, after, since });
            tokio::time::sleep(BETWEEN).await;
        }
    };
    let relays = async {
        while Instant::now() < end + PATIENCE {
            tokio::time::sleep(STREAM_LOOK).await;
            let news = std::mem::take(&mut *stream.borrow_mut());
            if !news.is_empty() {
                let routes = [Route { queue: &*queue, wants: |_| true, wants_feedback: false }];
                let relayed = relay(batch(&news), &routes, &NoFailures, Duration::from_secs(2));
                relayed.await.unwrap_or_else(|failure| panic!("{}", failure.chain()));
            }
            if Instant::now() > end && waiting.borrow().is_empty() {
                return;
            }
        }
        panic!("{} changes are not acknowledged", waiting.borrow().len());
    };
    let brings = async {
        while Instant::now() < end || !waiting.borrow().is_empty() {
            tokio::time::sleep(WINDOW).await;
            let again = bridge.bring(stage, queue.take(), platform::clock::now).await;
            assert!(again.is_empty(), "the tables were there: {again:?}");
            let open: Vec<(DossierCode, u64)> = waiting.borrow().keys().cloned().collect();
            for (code, version) in open {
                let line = stage.deliveries.line(&code, &portal_id()).await;
                let line = line.unwrap_or_else(|failure| panic!("{}", failure.chain()));
                if line.is_some_and(|line| line.acknowledged() >= version)
                    && let Some(since) = waiting.borrow_mut().remove(&(code, version))
                {
                    times.borrow_mut().push(since.elapsed());
                }
            }
        }
    };
    let minutes = async {
        while Instant::now() < end || !waiting.borrow().is_empty() {
            tokio::time::sleep(Duration::from_secs(5)).await;
            bridge.minute(stage, platform::clock::now()).await;
        }
    };
    tokio::join!(happens, relays, brings, minutes);
    times.into_inner()
}

fn step(action: Action) -> Step {
    // An event is read some seconds after it happened.
    let at = platform::clock::now() - SignedDuration::from_secs(20);
    Step { at, action, new_due_on: None, to_agency: None }
}

/// A dossier to which nothing has happened yet, with a code of the integrators' block.
fn begun(stage: &Stage, line: u32) -> Life {
    let (agency, day) = ("H58.03", domain::calendar::date_of(platform::clock::now()));
    let format = stage.catalogue.law().rule_on(day).dossier_code;
    let of: AgencyCode = agency.parse().expect("a code");
    Life {
        code: DossierCode::issue(format, &of, day, 9_000 + line).expect("a code").to_string(),
        agency: agency.to_owned(),
        procedure: "1.000382".to_owned(),
        channel: Channel::Online,
        steps: Vec::new(),
    }
}

/// What the stream hands over.
fn batch(news: &[OnItsWay]) -> Event {
    let record = json!({
        "eventID": "1", "eventName": "MODIFY", "eventVersion": "1.1", "eventSource": "aws:dynamodb",
        "awsRegion": "ap-southeast-1", "eventSourceARN": "arn", "dynamodb": { "SizeBytes": 0 },
    });
    let mut event: Event =
        serde_json::from_value(json!({ "Records": vec![record; news.len()] })).expect("an event");
    for (record, one) in event.records.iter_mut().zip(news) {
        assert!(one.since.elapsed() < PATIENCE, "a change has lain in the stream");
        record.change.new_image = serde_dynamo::to_item(&one.after).expect("it is written");
        if let Some(before) = &one.before {
            record.change.old_image = serde_dynamo::to_item(before).expect("it is written");
        }
    }
    event
}
