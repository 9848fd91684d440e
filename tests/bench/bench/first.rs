//! The first invocation of a process against the next ones, with TLS.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::Bench;
use crate::engine::Engine;
use crate::figure::{Figure, Target, median};
use crate::programs::{Job, Side};
use crate::runtime::{Program, Worker, text};
use crate::size::Peaks;

/// Processes of each program; medians are told.
const PROCESSES: usize = 9;

/// Invocations of each process after the first; the first of them are not yet warm.
const INVOCATIONS: usize = 12;
const WARMING: usize = 4;

/// The most times that a first invocation may take what a warm one takes.
const FIRST_MAX: f64 = 1.3;

/// Readers, each with the example that it is invoked with.
const READERS: [(&str, &str); 2] =
    [("track-dossier", "track-dossier.public.json"), ("read-kpi", "read-kpi.month.json")];

/// Times of the processes of one program, in milliseconds.
#[derive(Debug, Default)]
struct Times {
    /// Of the first invocation.
    first: Vec<f64>,
    /// The median of the warm ones.
    warm: Vec<f64>,
}

/// What came of it.
pub struct First {
    /// The figures themselves.
    pub figures: Vec<Figure>,
    /// The most memory of each program, in KiB.
    pub memory: Peaks,
}

/// First and warm invocations of the jobs and of the readers.
pub async fn measured(bench: &Bench) -> First {
    let mut made = First { figures: Vec::new(), memory: Peaks::new() };
    let mut events = Events { bench, made: 0 };
    for job in [Job::Submit, Job::Change, Job::Relay] {
        let mut times: BTreeMap<Side, Times> = BTreeMap::new();
        let mut engines = BTreeMap::new();
        for side in [Side::Ours, Side::Python, Side::Node] {
            engines.insert(side, Engine::new(&bench.root, &bench.trust).await);
        }
        for _ in 0..PROCESSES {
            for (side, engine) in &engines {
                let invocations = events.of(*side, job, engine).await;
                let program = bench.programs.of(*side, job, &engine.secure, &bench.trust);
                let (first, warm, memory) = one(&program, &invocations).await;
                let kept = times.entry(*side).or_default();
                kept.first.push(first);
                kept.warm.push(warm);
                made.memory.note(*side, job.function(), memory);
            }
        }
        made.figures.extend(figures(job.function(), &times));
    }
    let engine = Engine::new(&bench.root, &bench.trust).await;
    let known = bench.programs.functions();
    for (name, example) in READERS.iter().filter(|(name, _)| known.contains(&(*name).to_owned())) {
        let path = bench.root.join("events").join(example);
        let event = std::fs::read(&path).expect("an example");
        let program = bench.programs.function(name, &engine.secure, &bench.trust);
        let mut times: BTreeMap<Side, Times> = BTreeMap::new();
        for _ in 0..PROCESSES {
            let invocations = vec![event.clone(); INVOCATIONS + 1];
            let (first, warm, memory) = one(&program, &invocations).await;
            let kept = times.entry(Side::Ours).or_default();
            kept.first.push(first);
            kept.warm.push(warm);
            made.memory.note(Side::Ours, name, memory);
        }
        made.figures.extend(figures(name, &times));
    }
    made
}

/// The first invocation and the median of the warm ones in milliseconds, and the memory.
async fn one(program: &Program, events: &[Vec<u8>]) -> (f64, f64, u64) {
    let mut worker = Worker::start(program).await;
    let mut times = Vec::new();
    for event in events {
        let answer = worker.invoke(event).await;
        assert!(!answer.failed, "{}: {}", program.name, text(&answer.body));
        times.push(answer.took.as_secs_f64() * 1_000.0);
    }
    let warm = times.split_off(WARMING);
    (times[0], median(warm), worker.memory_kib_max())
}

fn figures(name: &str, times: &BTreeMap<Side, Times>) -> Vec<Figure> {
    let of = |side: Side, which: fn(&Times) -> &[f64]| {
        times.get(&side).map(|times| median(which(times).to_vec()))
    };
    let line = |group, kind: &str, which: fn(&Times) -> &[f64]| Figure {
        group,
        name: format!("{name}, {kind}"),
        unit: "ms",
        ours: of(Side::Ours, which).expect("ours is measured"),
        others: [Side::Python, Side::Node]
            .into_iter()
            .filter_map(|side| Some((side, of(side, which)?)))
            .collect(),
        targets: Vec::new(),
    };
    let first = line(GROUP, "first", |times| &times.first);
    let warm = line(GROUP, "warm", |times| &times.warm);
    let others = [Side::Python, Side::Node].into_iter().filter_map(|side| {
        let ratio = first.of(side)? / warm.of(side)?;
        Some((side, ratio))
    });
    let ratio = Figure {
        group: GROUP,
        name: format!("{name}, first ÷ warm"),
        unit: "×",
        ours: first.ours / warm.ours,
        others: others.collect(),
        targets: vec![Target::AtMost(FIRST_MAX)],
    };
    vec![first, warm, ratio]
}

const GROUP: &str = "one invocation, with TLS";

/// Makes events that can be done, each once.
struct Events<'a> {
    bench: &'a Bench,
    made: usize,
}

impl Events<'_> {
    /// Events for one process of a side, whose dossiers that side has taken in.
    async fn of(&mut self, side: Side, job: Job, engine: &Engine) -> Vec<Vec<u8>> {
        let mut events = Vec::new();
        let work = &self.bench.work;
        if job == Job::Submit {
            for _ in 0..=INVOCATIONS {
                self.made += 1;
                events.push(work.submit(&format!("first-{}", self.made)));
            }
        } else {
            let at = &engine.plain;
            let program = self.bench.programs.of(side, Job::Submit, at, &self.bench.trust);
            let mut intake = Worker::start(&program).await;
            for _ in 0..=INVOCATIONS {
                self.made += 1;
                let key = format!("first-{}", self.made);
                let event = work.submit(&key).to_string();
                let answer = intake.invoke(event.as_bytes()).await;
                let code = crate::warm::code_of(&answer);
                events.push(match job {
                    Job::Relay => {
                        let item = engine.item("DossiersTable", "code", &code).expect("a dossier");
                        work.relay(&[item])
                    }
                    Job::Submit | Job::Change | Job::IngestSubmit | Job::IngestTransition => {
                        work.change(&code, &format!("{key}-change"))
                    }
                });
            }
        }
        events.iter().map(Value::to_string).map(String::into_bytes).collect()
    }
}
