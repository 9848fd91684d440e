//! What one due date costs: `cargo run --release -p domain --example deadline_cost`.
#![allow(clippy::print_stdout, reason = "a program for people at a terminal")]

use std::error::Error;
use std::hint::black_box;
use std::time::Instant;

use domain::deadline::{Term, TermUnit};
use domain::law::Law;
use jiff::{SignedDuration, Timestamp};

/// Enough for a steady mean, and done in a second.
const COMPUTATIONS: u32 = 100_000;

fn main() -> Result<(), Box<dyn Error>> {
    let calendar = serde_json::from_str(include_str!("../../../infra/data/calendar.json"))?;
    let rules = serde_json::from_str(include_str!("../../../infra/data/rules.json"))?;
    let law = Law::assemble(calendar, rules).map_err(|found| format!("{found:?}"))?;
    let first: Timestamp = "2024-01-01T01:00:00Z".parse()?;
    for (amount, unit) in [
        (5, TermUnit::WorkingDay),
        (30, TermUnit::WorkingDay),
        (30, TermUnit::CalendarDay),
        (4, TermUnit::WorkingHour),
    ] {
        let term = Term::new(amount, unit)?;
        // Spread over two years, so that weekends and Tết are among the starts.
        let start = |number: u32| first + SignedDuration::from_mins(i64::from(number) * 10);
        let mean = |compute: &dyn Fn(Timestamp)| {
            let begin = Instant::now();
            (0..COMPUTATIONS).for_each(|number| compute(start(black_box(number))));
            begin.elapsed().as_nanos() / u128::from(COMPUTATIONS)
        };
        let due = mean(&|received| _ = black_box(term.due(law.calendar(), received)));
        let explained = mean(&|received| _ = black_box(term.explained(&law, received)));
        println!("{amount:>3} {unit:?}: {due} ns, explained {explained} ns");
    }
    Ok(())
}
