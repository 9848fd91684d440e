//! What a night costs by how much history lies behind it: time, capacity units and memory of `count-agency` as it is deployed.
//!
//! Two provinces have the same open dossiers and the same last week; one has 10,000 dossiers in all, the other a million. The
//! function's own program works off the messages of a night over them, ten at a time, from a Lambda Runtime API of the benchmark's own;
//! the tables are an embedded DynamoDB on disk, behind a proxy that asks for and adds up the capacity that each call consumes. It
//! ends with 1 if the larger province costs more than a fifth more, or the function needs more than 128 MB.
//!
//! Run it with `make bench-night`; `DOSSIERS=100000` makes the larger one smaller.

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

/// Nights that are measured; the first writes every row, the others find nothing to change. The median of the others is told.
const NIGHTS: usize = 6;

/// The most that the larger province may cost, in hundredths of the smaller one.
const RATIO_MAX: u64 = 120;

/// The most memory that the function may need, in KiB.
const MEMORY_KIB_MAX: u64 = 128 * 1_024;

/// 00:30 in Viet Nam, in the night after the last day.
const NIGHT: &str = "2026-11-17T17:30:00Z";

/// What one province's nights cost.
struct Cost {
    /// The first night.
    first: Duration,
    /// The median of the others.
    again: Duration,
    /// Capacity units of the first night, and of another.
    units: (u64, u64),
    /// Calls of the tables, in another night.
    calls: u64,
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
    let catalogue = Arc::new(platform::catalogue::load(UndecidedYears::Refused).expect("the shipped catalogue"));
    let costs = [SMALL, large].map(|dossiers| runtime.block_on(measure(&root, dossiers, &catalogue)));
    tell(large, &costs)
}

async fn measure(root: &std::path::Path, dossiers: usize, catalogue: &Arc<Catalogue>) -> Cost {
    let scratch = load::Scratch::new(root);
    let database = load::province(&scratch, dossiers, catalogue);
    let proxy = Proxy::before(database).await;
    let figures = Figures::new(proxy.client(), "KpiTable".to_owned());
    let now: Timestamp = NIGHT.parse().expect("a time");
    let mut function = Function::start(root, &proxy.endpoint).await;
    let mut nights = Vec::new();
    for _ in 0..NIGHTS {
        // What the plan itself costs is the same for both: it knows agencies and no dossiers.
        let messages = ordered(&Order::default(), &figures, catalogue, now).await.expect("the night is ordered");
        let before = proxy.spent();
        let mut time = Duration::ZERO;
        for batch in messages.chunks(10) {
            time += function.work_off(batch).await;
        }
        let after = proxy.spent();
        nights.push((time, after.units - before.units, after.calls - before.calls));
    }
    let closed = figures.count("2026-11-17").await.expect("the table answers");
    assert!(closed.is_some(), "the last day was not closed: the function has failed");
    let mut again: Vec<Duration> = nights[1..].iter().map(|(time, ..)| *time).collect();
    again.sort();
    let last = nights.last().expect("a night");
    Cost {
        first: nights[0].0,
        again: again[again.len() / 2],
        units: (nights[0].1, last.1),
        calls: last.2,
        memory_kib: function.memory_kib_max(),
    }
}

fn hundredths(large: u128, small: u128) -> u64 {
    u64::try_from(large * 100 / small.max(1)).unwrap_or(u64::MAX)
}

fn tell(large: usize, [small, big]: &[Cost; 2]) -> ExitCode {
    let rows = [
        ("first night, ms", small.first.as_millis(), big.first.as_millis()),
        ("another night, ms (median)", small.again.as_millis(), big.again.as_millis()),
        ("first night, capacity units", small.units.0.into(), big.units.0.into()),
        ("another night, capacity units", small.units.1.into(), big.units.1.into()),
        ("calls of the tables", small.calls.into(), big.calls.into()),
        ("most memory of the function, KiB", small.memory_kib.into(), big.memory_kib.into()),
    ];
    println!("{:<36} {:>14} {:>14} {:>8}", "count-agency, a night", format!("{SMALL} dossiers"), large, "ratio");
    let mut held = true;
    for (name, small, big) in rows {
        let ratio = hundredths(big, small);
        held &= ratio <= RATIO_MAX;
        println!("{name:<36} {small:>14} {big:>14} {:>5}.{:02}", ratio / 100, ratio % 100);
    }
    held &= small.memory_kib.max(big.memory_kib) <= MEMORY_KIB_MAX;
    println!(
        "{}: at most {}.{:02} times the cost, and 128 MB",
        if held { "HELD" } else { "NOT HELD" },
        RATIO_MAX / 100,
        RATIO_MAX % 100
    );
    if held { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
