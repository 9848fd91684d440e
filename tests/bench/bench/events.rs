//! Events on their way in and out: `make bench-events`.
//!
//! Processor time of an integrator's event and of a change that is relayed, ours beside Python in
//! turns, and the requests to queues of full batches, counted on the wire. What the way to the
//! national portal takes is measured by an example of the tests (`tests/bench/events.rs`), which
//! writes it where this finds it.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::Bench;
use crate::checks;
use crate::engine::{Call, Engine};
use crate::figure::{Figure, Target, median, shown};
use crate::programs::{Job, Side};
use crate::report::row;
use crate::runtime::{Worker, text};

/// Rounds that count; the one before them warms up.
const ROUNDS: usize = 7;

/// Events of each job in one round.
const RECORDS: usize = 100;

/// Changes that the stream hands over at most.
const STREAM_BATCH: usize = 100;

/// Processor time of an event of which 2,000 go in a second of one core, in microseconds.
const EVENT_US_MAX: f64 = 500.0;

/// How many times less than Python ours should need.
const PYTHON_MIN: f64 = 3.0;

/// The most requests to queues of an event at a hop.
const REQUESTS_MAX: f64 = 0.15;

/// The jobs, in the order in which one makes what the next needs.
const JOBS: [Job; 3] = [Job::IngestSubmit, Job::Relay, Job::IngestTransition];

/// Who is measured.
const SIDES: [Side; 3] = [Side::Ours, Side::Python, Side::PythonOther];

/// One side, on tables of its own.
struct Contender {
    side: Side,
    engine: Engine,
    workers: Vec<(Job, Worker)>,
    done: usize,
}

impl Contender {
    async fn new(bench: &Bench, side: Side, recorded: bool) -> Self {
        let engine = Engine::new(&bench.root, &bench.trust).await;
        let at = if recorded { engine.recorded.clone() } else { engine.plain.clone() };
        let mut workers = Vec::new();
        for job in JOBS {
            // Who sends in batches takes events in as the other does.
            let of = if job.is_of(side) { side } else { Side::Python };
            let program = bench.programs.of(of, job, &at, &bench.trust);
            workers.push((job, Worker::start(&program).await));
        }
        engine.calls();
        Self { side, engine, workers, done: 0 }
    }

    fn events(&self, bench: &Bench, job: Job, batch: usize) -> Vec<Vec<u8>> {
        let numbers = self.done..self.done + RECORDS;
        let batches = numbers.step_by(batch).map(|first| first..first + batch);
        let of = |batch: std::ops::Range<usize>| match job {
            Job::IngestSubmit => bench.work.ingest_submit(batch),
            Job::IngestTransition => bench.work.ingest_transition(batch),
            Job::Relay => {
                let codes = batch.map(crate::work::Work::integrators_code);
                let items = codes.map(|code| self.engine.item("DossiersTable", "code", &code));
                let items: Vec<Value> = items.map(|item| item.expect("it is there")).collect();
                bench.work.relay(&items)
            }
            Job::Submit | Job::Change => unreachable!("no job of events"),
        };
        batches.map(|batch| of(batch).to_string().into_bytes()).collect()
    }

    /// Works off the next events of a job: microseconds of processor time each, and the calls.
    async fn round(&mut self, bench: &Bench, job: Job, batch: usize) -> (f64, Vec<Call>) {
        let events = self.events(bench, job, batch);
        self.engine.sent();
        let (_, worker) =
            self.workers.iter_mut().find(|(of, _)| *of == job).expect("each has its own");
        let before = worker.cpu_ns();
        for event in &events {
            let answer = worker.invoke(event).await;
            let said = text(&answer.body);
            assert!(!answer.failed, "{}: {said}", self.side.name());
            if job != Job::Relay {
                let said: Value = serde_json::from_str(&said).expect("an answer is JSON");
                assert_eq!(said["batchItemFailures"], json!([]), "{}", self.side.name());
            }
        }
        let used = (worker.cpu_ns() - before) as f64 / 1_000.0 / RECORDS as f64;
        self.kept(job);
        (used, self.engine.calls())
    }

    /// What the round has left is what it should have left.
    fn kept(&self, job: Job) {
        let sent = self.engine.sent();
        let version = match job {
            Job::Relay => {
                let told = sent.iter().filter(|sent| sent.queue == "NoticesQueue").count();
                assert_eq!(told, RECORDS, "{} has relayed less, or more", self.side.name());
                return;
            }
            Job::IngestSubmit => "1",
            Job::IngestTransition => "2",
            Job::Submit | Job::Change => unreachable!("no job of events"),
        };
        assert_eq!(sent.len(), 0, "{} has parked some", self.side.name());
        for number in self.done..self.done + RECORDS {
            let code = crate::work::Work::integrators_code(number);
            let item = self.engine.item("DossiersTable", "code", &code).expect("it is there");
            assert_eq!(item["version"]["N"], version, "{}: {code}", self.side.name());
        }
    }
}

/// Requests to queues of each event at each hop: of `events`, to each queue that got any.
fn requests(calls: &[Call], events: usize) -> f64 {
    let sends = calls.iter().filter(|call| call.target.starts_with("AmazonSQS.SendMessage"));
    let queues: Vec<&str> =
        sends.map(|call| call.body["QueueUrl"].as_str().unwrap_or_default()).collect();
    let hops = queues.iter().collect::<BTreeSet<_>>().len();
    queues.len() as f64 / events as f64 / hops.max(1) as f64
}

/// Everything that was measured.
pub struct Events {
    figures: Vec<Figure>,
    /// What the way to the portal takes, as the example of the tests has left it.
    outbound: Value,
    load: String,
}

/// Measures ours and the peers, and reads what the example has left.
pub async fn measured(bench: &Bench) -> Events {
    let left = std::fs::read_to_string(bench.scratch.join("outbound.json"));
    let outbound = left.map_or(Value::Null, |text| {
        serde_json::from_str(&text).expect("what the example has left is JSON")
    });
    for side in [Side::Ours, Side::Python] {
        let mut contender = Contender::new(bench, side, false).await;
        for (job, worker) in &mut contender.workers {
            if *job != Job::Relay {
                checks::held(side, *job, worker, &contender.engine, &bench.work).await;
            }
        }
        crate::say(&format!("{} does what it should with events", side.name()));
    }
    let mut figures = Vec::new();
    let mut contenders = Vec::new();
    for side in SIDES {
        contenders.push(Contender::new(bench, side, false).await);
    }
    let mut times: Vec<(Job, Side, Vec<f64>)> = Vec::new();
    for round in 0..=ROUNDS {
        for job in JOBS {
            for contender in contenders.iter_mut().filter(|one| job.is_of(one.side)) {
                let (time, _) = contender.round(bench, job, job.records()).await;
                let side = contender.side;
                if round > 0 {
                    match times.iter_mut().find(|(of, by, _)| (*of, *by) == (job, side)) {
                        Some((_, _, all)) => all.push(time),
                        None => times.push((job, side, vec![time])),
                    }
                }
            }
            // Who has no events of its own needs the dossiers of the round all the same.
            for contender in contenders.iter_mut().filter(|one| !job.is_of(one.side)) {
                contender.round(bench, job, job.records()).await;
            }
        }
        contenders.iter_mut().for_each(|one| one.done += RECORDS);
    }
    for job in JOBS {
        let of = |side: Side| {
            let all = times.iter().find(|(of, by, _)| (*of, *by) == (job, side));
            all.map(|(_, _, all)| median(all.clone()))
        };
        let mut targets = vec![Target::LessAtLeast(Side::Python, PYTHON_MIN)];
        if job != Job::Relay {
            targets.insert(0, Target::AtMost(EVENT_US_MAX));
        }
        figures.push(Figure {
            group: "processor time of a warm event, without the engine",
            name: format!("{}, of {}", job.name(), job.records()),
            unit: "µs",
            ours: of(Side::Ours).expect("ours is measured"),
            others: SIDES[1..].iter().filter_map(|side| Some((*side, of(*side)?))).collect(),
            targets,
        });
    }
    figures.extend(counted(bench).await);
    Events { figures, outbound, load: load() }
}

/// Requests to queues, counted on the wire.
async fn counted(bench: &Bench) -> Vec<Figure> {
    let mut counts = Vec::new();
    for side in SIDES {
        let mut contender = Contender::new(bench, side, true).await;
        contender.round(bench, Job::IngestSubmit, Job::IngestSubmit.records()).await;
        let (_, calls) = contender.round(bench, Job::Relay, STREAM_BATCH).await;
        let (_, of_ten) = contender.round(bench, Job::Relay, Job::Relay.records()).await;
        counts.push((side, requests(&calls, RECORDS), requests(&of_ten, RECORDS)));
    }
    let figure = |name: String, of: &dyn Fn(&(Side, f64, f64)) -> f64| Figure {
        group: "requests to queues, of an event at a hop",
        name,
        unit: "",
        ours: of(&counts[0]),
        others: counts[1..].iter().map(|count| (count.0, of(count))).collect(),
        targets: vec![Target::AtMost(REQUESTS_MAX)],
    };
    vec![
        figure(format!("relayed change, of {STREAM_BATCH}"), &|count| count.1),
        figure("relayed change, of 10".to_owned(), &|count| count.2),
    ]
}

/// How busy the machine was: its average of a minute.
fn load() -> String {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    load.split(' ').next().unwrap_or("unknown").to_owned()
}

impl Events {
    /// Everything as data.
    pub fn data(&self) -> Value {
        json!({
            "day": crate::day(),
            "machine": crate::machine(),
            "load": self.load,
            "figures": self.figures.iter().map(Figure::data).collect::<Vec<Value>>(),
            "outbound": self.outbound,
        })
    }

    /// The section of `docs/figures.md`.
    pub fn section(&self) -> String {
        let mut text = format!(
            "Measured {} by `make bench-events` on {}, whose load was {}; medians, ours\nand the \
             peers in turns.\n\n",
            crate::day(),
            crate::machine(),
            self.load
        );
        let mut group = "";
        for figure in &self.figures {
            if figure.group != group {
                group = figure.group;
                let _ = writeln!(
                    text,
                    "\n| {group} | ours | floor | Python | Python otherwise | Node |\n\
                     |---|---|---|---|---|---|"
                );
            }
            let _ = writeln!(text, "{}", row(figure));
        }
        let rates = self.figures.iter().filter(|figure| figure.unit == "µs").map(|figure| {
            let python = figure.of(Side::Python).map_or_else(String::new, |us| shown(1e6 / us));
            format!("| {} | {} | {python} |\n", figure.name, shown(1e6 / figure.ours))
        });
        let _ = writeln!(
            text,
            "\n| events in a second of processor time | ours | Python |\n|---|---|---|\n{}",
            rates.collect::<String>()
        );
        if let Some(rows) = self.outbound["rows"].as_array() {
            let _ = writeln!(
                text,
                "| {} | |\n|---|---|",
                self.outbound["title"].as_str().unwrap_or_default()
            );
            for line in rows {
                let (name, value) = (&line[0], &line[1]);
                let text_of = |value: &Value| value.as_str().unwrap_or_default().to_owned();
                let _ = writeln!(text, "| {} | {} |", text_of(name), text_of(value));
            }
        }
        text
    }
}
