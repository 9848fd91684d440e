//! Seeds of bad luck, as many as there is time for: `make prove [SEEDS=5000] [FIRST=0]`.
//!
//! Worlds of forty seeds go side by side, one on each core. Ends with 101 at the first seed that
//! does not hold, which it names.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use replay::hook::Hook;
use replay::luck::{OF_A_WORLD, catalogue, hours_of_bad_luck};
use replay::play::Stage;

/// How many seeds lie between two lines of progress.
const TOLD_EVERY: u64 = 200;

fn main() {
    let number = |name: &str, otherwise: u64| {
        let said = std::env::var(name).ok().filter(|said| !said.is_empty());
        said.map_or(otherwise, |said| said.parse().expect("a number of seeds"))
    };
    let (first, seeds) = (number("FIRST", 0), number("SEEDS", 5_000));
    let (began, next, held) = (Instant::now(), Arc::<AtomicU64>::default(), Arc::default());
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let workers = (0..cores).map(|_| {
        let (next, held) = (Arc::clone(&next), Arc::clone(&held));
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let runtime = runtime.expect("a runtime");
            loop {
                let place = next.fetch_add(OF_A_WORLD, Ordering::Relaxed);
                if place >= seeds {
                    return;
                }
                let all = first + place..first + seeds.min(place + OF_A_WORLD);
                runtime.block_on(world(all, &held, seeds));
            }
        })
    });
    let workers: Vec<_> = workers.collect();
    let failed = workers.into_iter().map(std::thread::JoinHandle::join).filter(Result::is_err);
    let failed = failed.count();
    let spent = began.elapsed().as_secs_f64();
    let held = AtomicU64::load(&held, Ordering::Relaxed);
    assert!(failed == 0, "{held} of {seeds} seeds held before one did not");
    println!("HELD: {seeds} seeds from {first} on, {spent:.0} s");
}

/// One world, and what its seeds hold.
async fn world(seeds: std::ops::Range<u64>, held: &AtomicU64, of: u64) {
    let (stage, hook) = (Stage::new(catalogue()).await, Hook::lasting().await);
    for seed in seeds {
        hours_of_bad_luck(&stage, &hook, seed).await;
        let done = held.fetch_add(1, Ordering::Relaxed) + 1;
        if done.is_multiple_of(TOLD_EVERY) {
            println!("{done} of {of} seeds hold");
        }
    }
}
