//! What a night costs by how much history lies behind it: time, capacity units and memory of
//! `count-agency` as it is deployed.
//!
//! Two provinces have the same open dossiers and the same last week; one has 10,000 dossiers in
//! all, the other a million. The function's own program works off the messages of a night over
//! them, ten at a time, from a Lambda Runtime API of the benchmark's own; the tables are an
//! embedded DynamoDB on disk, behind a proxy that asks for and adds up the capacity that each call
//! consumes. It ends with 1 if the larger province costs more than a fifth more, or the function
//! needs more than 128 MB.
//!
//! Run it with `make bench-night`; `DOSSIERS=100000` makes the larger one smaller. What it tells
//! stands in `docs/figures.md` afterwards.

#[path = "bench/document.rs"]
mod document;
#[path = "night_cost/load.rs"]
mod load;
#[path = "night_cost/proxy.rs"]
mod proxy;
#[path = "night_cost/runtime.rs"]
mod runtime;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use domain::catalogue::Catalogue;
use jiff::Timestamp;
use platform::catalogue::UndecidedYears;
use platform::dynamo::Figures;
use replay::night::ordered;
use rollup_kpi::Order;

use crate::proxy::Proxy;
use crate::runtime::Function;

/// Dossiers of the smaller province.
const SMALL: usize = 10_000;

/// Dossiers of the larger one, without a word.
const LARGE: usize = 1_000_000;

/// Nights that are measured, besides the first, which finds the tables as loading left them, in no
/// cache. Each finds no figures and writes every row; then as many count the same days again and
/// find nothing to change. Medians are told.
const NIGHTS: usize = 5;

/// The most that the larger province may cost, in hundredths of the smaller one.
const RATIO_MAX: u64 = 120;

/// The most memory that the function may need, in KiB.
const MEMORY_KIB_MAX: u64 = 128 * 1_024;

/// 00:30 in Viet Nam, in the night after the last day.
const NIGHT: &str = "2026-11-17T17:30:00Z";

/// What one night costs.
#[derive(Clone, Copy)]
struct Night {
    time: Duration,
    units: u64,
    calls: u64,
}

/// What one province's nights cost.
struct Cost {
    /// The first night after loading.
    first: Night,
    /// The median of those that write every row.
    written: Night,
    /// The median of those that find nothing to change.
    again: Night,
    /// The most memory the function had, in KiB.
    memory_kib: u64,
}

fn main() -> ExitCode {
    let large = match std::env::args().nth(1).map(|text| text.parse()) {
        None => LARGE,
        Some(Ok(count)) if count >= SMALL => count,
        Some(_) => {
            eprintln!("how many dossiers the larger province has: {SMALL} or more");
            return ExitCode::from(2);
        }
    };
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let catalogue = Arc::new(
        platform::catalogue::load(UndecidedYears::Refused).expect("the shipped catalogue"),
    );
    let costs =
        [SMALL, large].map(|dossiers| runtime.block_on(measure(&root, dossiers, &catalogue)));
    let (text, held) = told(large, &costs);
    println!("{text}");
    let day = Timestamp::now().to_string();
    let day = day.split('T').next().unwrap_or_default();
    let section = format!("Measured {day} by `make bench-night`; medians.\n\n{text}");
    document::replace(&root.join("docs/figures.md"), "night", &section);
    if held { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

async fn measure(root: &std::path::Path, dossiers: usize, catalogue: &Arc<Catalogue>) -> Cost {
    let scratch = load::Scratch::new(root);
    let database = load::province(&scratch, dossiers, catalogue);
    let proxy = Proxy::before(database.clone()).await;
    let mut bench = Bench {
        figures: Figures::new(proxy.client(), "KpiTable".to_owned()),
        function: Function::start(root, &proxy.endpoint).await,
        proxy,
        catalogue: Arc::clone(catalogue),
    };
    let first = bench.night().await;
    let (mut written, mut again) = (Vec::new(), Vec::new());
    for _ in 0..NIGHTS {
        load::forget_figures(&database);
        written.push(bench.night().await);
        again.push(bench.night().await);
    }
    let closed = bench.figures.count("2026-11-17").await.expect("the table answers");
    assert!(closed.is_some(), "the last day was not closed: the function has failed");
    Cost {
        first,
        written: median(written),
        again: median(again),
        memory_kib: bench.function.memory_kib_max(),
    }
}

struct Bench {
    proxy: Proxy,
    figures: Figures,
    function: Function,
    catalogue: Arc<Catalogue>,
}

impl Bench {
    /// One night. What the plan itself costs is the same for both provinces: it knows agencies and
    /// no dossiers.
    async fn night(&mut self) -> Night {
        let now: Timestamp = NIGHT.parse().expect("a time");
        let messages = ordered(&Order::default(), &self.figures, &self.catalogue, now).await;
        let before = self.proxy.spent();
        let mut time = Duration::ZERO;
        for batch in messages.expect("the night is ordered").chunks(10) {
            time += self.function.work_off(batch).await;
        }
        let after = self.proxy.spent();
        Night { time, units: after.units - before.units, calls: after.calls - before.calls }
    }
}

fn median(mut nights: Vec<Night>) -> Night {
    nights.sort_by_key(|night| night.time);
    nights[nights.len() / 2]
}

fn hundredths(large: u128, small: u128) -> u64 {
    u64::try_from(large * 100 / small.max(1)).unwrap_or(u64::MAX)
}

/// The outcome as a table, and whether it held.
fn told(large: usize, [small, big]: &[Cost; 2]) -> (String, bool) {
    let mut text = format!(
        "| count-agency, a night | {SMALL} dossiers | {large} dossiers | ratio |\n|---|---|---|---|\n"
    );
    let mut row = |name: &str, small: u128, big: u128| {
        let ratio = hundredths(big, small);
        let (whole, rest) = (ratio / 100, ratio % 100);
        text.push_str(&format!("| {name} | {small} | {big} | {whole}.{rest:02} |\n"));
        ratio <= RATIO_MAX
    };
    let mut held = true;
    for (kind, small, big) in [
        ("writing every row", small.written, big.written),
        ("finding nothing to change", small.again, big.again),
    ] {
        held &= row(&format!("{kind}, ms"), small.time.as_millis(), big.time.as_millis());
        held &= row(&format!("{kind}, capacity units"), small.units.into(), big.units.into());
        held &= row(&format!("{kind}, calls of the tables"), small.calls.into(), big.calls.into());
    }
    held &= row("most memory of the function, KiB", small.memory_kib.into(), big.memory_kib.into());
    row(
        "the first after loading, ms (not judged)",
        small.first.time.as_millis(),
        big.first.time.as_millis(),
    );
    held &= small.memory_kib.max(big.memory_kib) <= MEMORY_KIB_MAX;
    text.push_str(&format!(
        "\n{}: at most {}.{:02} times the cost, and 128 MB.\n",
        if held { "HELD" } else { "NOT HELD" },
        RATIO_MAX / 100,
        RATIO_MAX % 100
    ));
    (text, held)
}
