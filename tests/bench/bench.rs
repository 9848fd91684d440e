//! How fast and how lean the functions are, each figure beside a floor and beside what others would
//! write, measured in turns in one run.
//!
//! Release binaries get their invocations from a Lambda Runtime API of the benchmark's own; tables
//! are an embedded DynamoDB, queues a stand-in, both on loopback, and behind TLS where it says so.
//! Floors are the smallest function there is, the same with clients of tables and queues, and the
//! very calls that ours makes, carried out by the SDK alone. Peers are the same work in Python and
//! Node (`peers`), held to the same behaviour before anything is measured. Run it with
//! `make bench`.
//!
//! Arguments: the folder of the release binaries. `BENCH_WRITE=1` writes `docs/figures.md`, its
//! chart and what the README quotes. `BENCH_ONLY=events` measures events alone, for
//! `make bench-events`.

#[path = "bench/checks.rs"]
mod checks;
#[path = "replay/declared.rs"]
mod declared;
#[path = "bench/document.rs"]
mod document;
#[path = "bench/engine.rs"]
mod engine;
#[path = "bench/events.rs"]
mod events;
#[path = "bench/figure.rs"]
mod figure;
#[path = "bench/first.rs"]
mod first;
#[path = "bench/floor.rs"]
mod floor;
#[path = "bench/programs.rs"]
mod programs;
#[path = "bench/report.rs"]
mod report;
#[path = "bench/runtime.rs"]
mod runtime;
#[path = "bench/size.rs"]
mod size;
#[path = "bench/start.rs"]
mod start;
#[path = "bench/trust.rs"]
mod trust;
#[path = "bench/warm.rs"]
mod warm;
#[path = "bench/wire.rs"]
mod wire;
#[path = "bench/work.rs"]
mod work;

use std::path::{Path, PathBuf};

use crate::programs::Programs;
use crate::report::Report;
use crate::trust::Trust;
use crate::work::Work;

/// What every measurement stands on.
struct Bench {
    root: PathBuf,
    scratch: PathBuf,
    trust: Trust,
    programs: Programs,
    work: Work,
}

fn main() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let root = root.canonicalize().expect("the repository is there");
    let built = std::env::args().nth(1).map_or_else(|| root.join("target/release"), PathBuf::from);
    let scratch = root.join("target/bench");
    std::fs::create_dir_all(&scratch).expect("a scratch folder");
    let bench = Bench {
        trust: Trust::new(&root, &scratch),
        programs: Programs::new(&root, &built),
        work: Work::new(&root),
        root,
        scratch,
    };
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    if std::env::var("BENCH_ONLY").is_ok_and(|only| only == "events") {
        let events = runtime.block_on(events::measured(&bench));
        return told(&bench, &events);
    }
    let report = runtime.block_on(measured(&bench));
    written(&bench, &report);
}

async fn measured(bench: &Bench) -> Report {
    say("behaviour, and warm invocations");
    let warm = warm::measured(bench).await;
    tell(&warm.figures);
    say("starts");
    let mut figures = start::measured(bench).await;
    tell(&figures);
    say("first invocations");
    let first = first::measured(bench).await;
    figures.extend(first.figures);
    figures.extend(warm.figures);
    figures.extend(size::memory(&[&warm.memory, &first.memory]));
    figures.extend(size::binaries(bench));
    Report { figures, machine: machine(), day: day(), calls: warm.calls }
}

fn written(bench: &Bench, report: &Report) {
    let mut data = serde_json::to_string_pretty(&report.data()).expect("data");
    data.push('\n');
    save(&bench.scratch.join("figures.json"), &data);
    save(&bench.scratch.join("figures.svg"), &report.chart());
    println!("{}", report.section());
    if std::env::var_os("BENCH_WRITE").is_some() {
        document::replace(&bench.root.join("docs/figures.md"), "bench", &report.section());
        save(&bench.root.join("docs/figures.svg"), &report.chart());
        document::replace(&bench.root.join("README.md"), "figures", &report.short());
    }
}

/// The same for events.
fn told(bench: &Bench, events: &events::Events) {
    let mut data = serde_json::to_string_pretty(&events.data()).expect("data");
    data.push('\n');
    save(&bench.scratch.join("events.json"), &data);
    println!("{}", events.section());
    if std::env::var_os("BENCH_WRITE").is_some() {
        document::replace(&bench.root.join("docs/figures.md"), "events", &events.section());
    }
}

fn save(path: &Path, text: &str) {
    std::fs::write(path, text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
}

/// Tells the person at the terminal what was measured so far.
fn tell(figures: &[figure::Figure]) {
    figures.iter().for_each(|figure| eprintln!("{}", report::row(figure)));
}

/// Tells the person at the terminal what goes on.
fn say(what: &str) {
    eprintln!("bench: {what}");
}

fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    format!("{cores} {} cores", std::env::consts::ARCH)
}

fn day() -> String {
    jiff::Timestamp::now().to_string().split('T').next().unwrap_or_default().to_owned()
}
