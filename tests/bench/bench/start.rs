//! From process start to the first poll.

use std::collections::BTreeMap;

use crate::Bench;
use crate::engine::{Endpoints, Engine};
use crate::figure::{Figure, Target, median};
use crate::programs::{Job, Side};
use crate::runtime::{Program, Worker};

/// Starts of each program; medians are told.
const STARTS: usize = 21;

/// The most times that a function may need what the floor with clients needs.
const FLOOR_MAX: f64 = 1.15;

/// How many times faster than Python and Node a start should be.
const PYTHON_MIN: f64 = 40.0;
const NODE_MIN: f64 = 20.0;

/// The functions whose start is measured with TLS too: those that are measured warm.
const DEEP: [&str; 4] = ["submit-dossier", "change-status", "ingest-event", "relay-changes"];

/// Starts of every function that is built, in turns with the floors and the peers.
pub async fn measured(bench: &Bench) -> Vec<Figure> {
    let engine = Engine::new(&bench.root, &bench.trust).await;
    let mut figures = group(bench, &engine.plain, &bench.programs.functions(), START).await;
    let deep: Vec<String> = DEEP.map(str::to_owned).into();
    let known = bench.programs.functions();
    let deep: Vec<String> = deep.into_iter().filter(|name| known.contains(name)).collect();
    figures.extend(group(bench, &engine.secure, &deep, START_TLS).await);
    figures
}

const START: &str = "start → first poll";
const START_TLS: &str = "start → first poll, all calls with TLS";

async fn group(
    bench: &Bench,
    at: &Endpoints,
    functions: &[String],
    title: &'static str,
) -> Vec<Figure> {
    let (programs, trust) = (&bench.programs, &bench.trust);
    let mut all: Vec<Program> =
        functions.iter().map(|name| programs.function(name, at, trust)).collect();
    all.push(programs.floor("floor-runtime", at, trust));
    all.push(programs.floor("floor-clients", at, trust));
    for job in [Job::Submit, Job::Relay] {
        all.push(programs.of(Side::Python, job, at, trust));
        all.push(programs.of(Side::Node, job, at, trust));
    }
    let mut times: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for turn in 0..STARTS {
        for place in 0..all.len() {
            let program = &all[(place + turn) % all.len()];
            let worker = Worker::start(program).await;
            let time = worker.start.as_secs_f64() * 1_000.0;
            times.entry(program.name.clone()).or_default().push(time);
        }
    }
    let of = |name: &str| median(times[name].clone());
    let mut figures: Vec<Figure> = functions
        .iter()
        .map(|name| {
            // Of the peers, what has only a queue is lighter than what has tables.
            let job = if name == "relay-changes" { Job::Relay } else { Job::Submit };
            Figure {
                group: title,
                name: name.clone(),
                unit: "ms",
                ours: of(name),
                others: vec![
                    (Side::Floor, of("floor-clients")),
                    (Side::Python, of(&format!("{} in Python", job.name()))),
                    (Side::Node, of(&format!("{} in Node", job.name()))),
                ],
                targets: vec![
                    Target::TimesAtMost(Side::Floor, FLOOR_MAX),
                    Target::LessAtLeast(Side::Python, PYTHON_MIN),
                    Target::LessAtLeast(Side::Node, NODE_MIN),
                ],
            }
        })
        .collect();
    figures.push(Figure {
        group: title,
        name: "(a function without clients)".to_owned(),
        unit: "ms",
        ours: of("floor-runtime"),
        others: vec![(Side::Floor, of("floor-clients"))],
        targets: Vec::new(),
    });
    figures
}
