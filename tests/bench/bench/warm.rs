//! Processor time of warm invocations, each side held to the behaviour first.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::Bench;
use crate::checks;
use crate::engine::{Call, Endpoints, Engine};
use crate::figure::{Figure, Target, median};
use crate::floor::Floor;
use crate::programs::{Job, Side};
use crate::runtime::{Answer, Worker, text};
use crate::size::Peaks;

/// Rounds that count; the one before them warms up.
const ROUNDS: usize = 7;

/// Records of each job in one round.
const RECORDS: usize = 60;

/// The most times that ours may need what the bare calls need.
const FLOOR_MAX: f64 = 1.5;

/// How many times less than Python ours should need for a request, for a record of a batch, and for
/// one that is sent in batches.
const REQUEST_MIN: f64 = 5.0;
const BATCH_MIN: f64 = 8.0;
const BATCHED_SENDS_MIN: f64 = 2.5;

/// What came of it.
pub struct Warm {
    /// The figures themselves.
    pub figures: Vec<Figure>,
    /// The most memory of each program, in KiB.
    pub memory: Peaks,
    /// Calls of tables and queues of one invocation, by job and side.
    pub calls: Vec<(String, Vec<(Side, f64)>)>,
}

/// One side at work, on tables of its own.
struct Contender {
    side: Side,
    engine: Engine,
    workers: BTreeMap<Job, Worker>,
    done: usize,
    codes: Vec<String>,
}

impl Contender {
    async fn new(bench: &Bench, side: Side, recorded: bool) -> Self {
        let engine = Engine::new(&bench.root, &bench.trust).await;
        let at: Endpoints = if recorded { engine.recorded.clone() } else { engine.plain.clone() };
        let mut workers = BTreeMap::new();
        for job in Job::ALL.into_iter().filter(|job| job.is_of(side)) {
            let program = bench.programs.of(side, job, &at, &bench.trust);
            workers.insert(job, Worker::start(&program).await);
        }
        // What the starts looked up is no work of an invocation.
        engine.calls();
        Self { side, engine, workers, done: 0, codes: Vec::new() }
    }

    /// The events of the next round of a job. Those of its dossiers have been taken in before.
    fn events(&self, bench: &Bench, job: Job) -> Vec<Vec<u8>> {
        let numbers = self.done..self.done + RECORDS;
        let batches = || numbers.clone().step_by(job.records()).map(|n| n..n + job.records());
        let work = &bench.work;
        let events: Vec<Value> = match job {
            Job::Submit => {
                numbers.clone().map(|number| work.submit(&format!("warm-{number}"))).collect()
            }
            Job::Change => {
                let codes = self.codes.iter();
                codes.map(|code| work.change(code, &format!("warm-{code}"))).collect()
            }
            Job::IngestSubmit => batches().map(|batch| work.ingest_submit(batch)).collect(),
            Job::IngestTransition => batches().map(|batch| work.ingest_transition(batch)).collect(),
            Job::Relay => {
                let batches = self.codes.chunks(job.records());
                let items = batches.map(|codes| {
                    let items: Vec<Value> = codes
                        .iter()
                        .map(|code| self.engine.item("DossiersTable", "code", code))
                        .map(|item| item.expect("the dossier is there"))
                        .collect();
                    work.relay(&items)
                });
                items.collect()
            }
        };
        events.iter().map(Value::to_string).map(String::into_bytes).collect()
    }

    /// Works off the next round of a job: processor time of each record, in microseconds, and the
    /// calls of each invocation.
    async fn round(&mut self, bench: &Bench, job: Job) -> (f64, Vec<Vec<Call>>) {
        let events = self.events(bench, job);
        let worker = self.workers.get_mut(&job).expect("the side has the job");
        let before = worker.cpu_ns();
        let (mut answers, mut calls) = (Vec::new(), Vec::new());
        for event in &events {
            answers.push(worker.invoke(event).await);
            calls.push(self.engine.calls());
        }
        let used = worker.cpu_ns() - before;
        for answer in &answers {
            assert!(!answer.failed, "{}: {}", self.side.name(), text(&answer.body));
        }
        match job {
            Job::Submit => self.codes = answers.iter().map(code_of).collect(),
            Job::Change => answers.iter().for_each(|answer| done(answer, 200)),
            Job::IngestSubmit | Job::IngestTransition | Job::Relay => {}
        }
        self.kept(job);
        (used as f64 / 1_000.0 / RECORDS as f64, calls)
    }

    /// What the round has left is what it should have left.
    fn kept(&self, job: Job) {
        let version = |code: &str| {
            let item = self.engine.item("DossiersTable", "code", code);
            item.and_then(|item| item["version"]["N"].as_str().map(str::to_owned))
        };
        let numbers = self.done..self.done + RECORDS;
        let integrators = numbers.map(crate::work::Work::integrators_code);
        let (codes, want): (Vec<String>, &str) = match job {
            Job::Submit => (self.codes.clone(), "1"),
            Job::Change => (self.codes.clone(), "2"),
            Job::IngestSubmit => (integrators.collect(), "1"),
            Job::IngestTransition => (integrators.collect(), "2"),
            Job::Relay => {
                let sent = self.engine.sent();
                let told = sent.iter().filter(|sent| sent.queue == "NoticesQueue").count();
                assert_eq!(told, RECORDS, "{} has relayed less, or more", self.side.name());
                return;
            }
        };
        for code in codes {
            assert_eq!(version(&code).as_deref(), Some(want), "{}: {code}", self.side.name());
        }
    }
}

/// The order of a round: the relay reads dossiers as they were taken in.
const ORDER: [Job; 5] =
    [Job::Submit, Job::Relay, Job::Change, Job::IngestSubmit, Job::IngestTransition];

/// The peers, beside ours.
const SIDES: [Side; 4] = [Side::Ours, Side::Python, Side::PythonOther, Side::Node];

/// Processor time of every job, with the floor and the peers.
pub async fn measured(bench: &Bench) -> Warm {
    for side in SIDES {
        behave(bench, side).await;
    }
    let mut calls = BTreeMap::new();
    for side in SIDES {
        let mut contender = Contender::new(bench, side, true).await;
        // Only of ours all are needed: for the floor to carry them out.
        let rounds = if side == Side::Ours { ROUNDS + 1 } else { 2 };
        for _ in 0..rounds {
            for job in ORDER.into_iter().filter(|job| job.is_of(side)) {
                let (_, round) = contender.round(bench, job).await;
                calls.entry((job, side)).or_insert_with(Vec::new).extend(round);
            }
            contender.done += RECORDS;
        }
    }
    let times = rounds(bench, &calls).await;
    let counted = Job::ALL.map(|job| {
        let of = SIDES.into_iter().filter_map(|side| {
            let all: &Vec<Vec<Call>> = calls.get(&(job, side))?;
            // The first may prime or look something up.
            let last = all.last()?.len();
            Some((side, last as f64))
        });
        let name = match job.records() {
            1 => job.name().to_owned(),
            records => format!("{records} × {}", job.name()),
        };
        (name, of.collect())
    });
    let figures = Job::ALL.map(|job| figure(job, &times.0)).into();
    Warm { figures, memory: times.1, calls: counted.into() }
}

/// Each job of a side does what it should, on tables of its own.
async fn behave(bench: &Bench, side: Side) {
    let mut contender = Contender::new(bench, side, false).await;
    for job in Job::ALL.into_iter().filter(|job| job.is_of(side)) {
        let worker = contender.workers.get_mut(&job).expect("the side has the job");
        checks::held(side, job, worker, &contender.engine, &bench.work).await;
    }
    crate::say(&format!("{} does what it should", side.name()));
}

type Times = BTreeMap<(Job, Side), Vec<f64>>;

async fn rounds(bench: &Bench, calls: &BTreeMap<(Job, Side), Vec<Vec<Call>>>) -> (Times, Peaks) {
    let bare = Engine::new(&bench.root, &bench.trust).await;
    let mut floors: BTreeMap<Job, Floor> = Job::ALL
        .into_iter()
        .map(|job| (job, Floor::start(bench, job, &calls[&(job, Side::Ours)], &bare.plain)))
        .collect();
    let mut contenders = Vec::new();
    for side in SIDES {
        contenders.push(Contender::new(bench, side, false).await);
    }
    let mut times = Times::new();
    for round in 0..=ROUNDS {
        for job in ORDER {
            let floor = floors.get_mut(&job).expect("each job has a floor");
            let used = floor.carry_out(RECORDS / job.records()) / 1_000.0 / RECORDS as f64;
            let mut used = vec![(Side::Floor, used)];
            for contender in contenders.iter_mut().filter(|contender| job.is_of(contender.side)) {
                used.push((contender.side, contender.round(bench, job).await.0));
            }
            if round > 0 {
                for (side, time) in used {
                    times.entry((job, side)).or_default().push(time);
                }
            }
        }
        contenders.iter_mut().for_each(|contender| contender.done += RECORDS);
        bare.sent();
    }
    let mut memory = Peaks::new();
    for contender in &contenders {
        for (job, worker) in &contender.workers {
            memory.note(contender.side, job.function(), worker.memory_kib_max());
        }
    }
    (times, memory)
}

fn figure(job: Job, times: &Times) -> Figure {
    let of = |side: Side| times.get(&(job, side)).map(|times| median(times.clone()));
    let others = [Side::Floor, Side::Python, Side::PythonOther, Side::Node];
    let python = match job {
        Job::Submit | Job::Change => REQUEST_MIN,
        Job::IngestSubmit | Job::IngestTransition | Job::Relay => BATCH_MIN,
    };
    let mut targets = vec![
        Target::TimesAtMost(Side::Floor, FLOOR_MAX),
        Target::LessAtLeast(Side::Python, python),
    ];
    if job == Job::Relay {
        targets.push(Target::LessAtLeast(Side::PythonOther, BATCHED_SENDS_MIN));
    }
    Figure {
        group: "processor time of a warm record",
        name: match job.records() {
            1 => job.name().to_owned(),
            records => format!("{}, of {records}", job.name()),
        },
        unit: "µs",
        ours: of(Side::Ours).expect("ours is measured"),
        others: others.into_iter().filter_map(|side| Some((side, of(side)?))).collect(),
        targets,
    }
}

/// The code of the dossier that was taken in.
pub fn code_of(answer: &Answer) -> String {
    let (status, body) = checks::http(answer);
    assert_eq!(status, 201, "{body}");
    body["code"].as_str().expect("a code").to_owned()
}

fn done(answer: &Answer, want: i64) {
    let (status, body) = checks::http(answer);
    assert_eq!(status, want, "{body}");
}
