//! A real province's year, played again: `make replay [SCALE=0.002] [PLACE=hai-duong|…]`.
//!
//! Prints what was published beside what comes out when every event of as many dossiers goes
//! through the queue's door, the nights count it and the read side tells it; ends with 1 where a
//! figure is another. See `replay/hai-duong-2019.json`.

use std::io::{IsTerminal, Write};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use domain::calendar::{instant, next};
use jiff::ToSpan;
use jiff::civil::time;
use replay::edition::catalogue;
use replay::model::{Quotas, Replayed, Scale};
use replay::plan::plan;
use replay::play::{Progress, Stage, play};
use replay::portal::Bridge;
use replay::told::{Compared, answer, compare, figures, grouped, period, synchronised};

/// How often progress is told: on a terminal the line is rewritten, elsewhere each is a line of its
/// own.
const TOLD_EVERY: [Duration; 2] = [Duration::from_millis(200), Duration::from_secs(5)];

#[tokio::main]
async fn main() -> ExitCode {
    let setting = |name: &str, otherwise: &str| {
        std::env::var(name)
            .ok()
            .filter(|value| !value.is_empty())
            .unwrap_or_else(|| otherwise.to_owned())
    };
    let place = setting("PLACE", "hai-duong");
    let scale = setting("SCALE", "0.002").parse::<Scale>();
    let (replayed, scale) = match (Replayed::named(&place), scale) {
        (Some(replayed), Ok(scale)) => (replayed, scale),
        (None, _) => {
            return refused(&format!(
                "PLACE is {place}, and must be hai-duong, tay-ninh or tien-giang"
            ));
        }
        (_, Err(wrong)) => return refused(&wrong),
    };
    let started = Instant::now();
    let catalogue = catalogue(&replayed);
    let quotas = Quotas::of(&replayed.model, scale);
    let lives = plan(&replayed, &catalogue, &quotas);
    let events = lives.iter().map(|life| life.steps.len() as u64).sum();
    let (first, last) = (replayed.first, replayed.last);
    println!(
        "{}, {first} to {last}, at scale {scale}: {} dossiers, {} events",
        replayed.place,
        lives.len(),
        grouped(events)
    );
    let stage = Arc::new(Stage::new(catalogue).await);
    let progress = Arc::new(Progress::default());
    let teller = std::thread::spawn({
        let progress = progress.clone();
        move || tell(&progress, events)
    });
    // Of a place whose statuses were to be on the portal.
    let bridge = match replayed.published.synchronised {
        Some(_) => Some(Bridge::new().await),
        None => None,
    };
    let codes: Vec<String> = lives.iter().map(|life| life.code.clone()).collect();
    play(&stage, bridge.as_ref(), lives, (first, last), &progress).await;
    teller.join().expect("the teller ends");

    let now = instant(next(last), time(7, 0, 0, 0));
    let told = answer(&stage, &period(&replayed), "agency", now).await;
    months(&stage, &replayed).await;
    let mut lines = compare(&replayed, &quotas, &told, &stage);
    if let Some(bridge) = &bridge {
        lines.extend(synchronised(&replayed, &codes, &stage, bridge).await);
    }
    println!("\nPublished: {}", replayed.published.source);
    print_lines(&lines);
    let rate =
        events * 1_000 / u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX).max(1);
    let differing: Vec<&str> =
        lines.iter().filter(|line| !line.holds()).map(|line| line.figure).collect();
    println!(
        "\n{} events in {:.1} s, {rate}/s, nights included",
        grouped(events),
        started.elapsed().as_secs_f64()
    );
    if differing.is_empty() {
        println!("PROVED: every figure is what the published ones come to at scale {scale}");
        return ExitCode::SUCCESS;
    }
    println!("DIFFERENT: {}", differing.join(", "));
    ExitCode::FAILURE
}

fn refused(why: &str) -> ExitCode {
    eprintln!("{why}");
    ExitCode::from(2)
}

/// Tells how far it is until it is done.
fn tell(progress: &Progress, events: u64) {
    let terminal = std::io::stdout().is_terminal();
    let started = Instant::now();
    let mut told = started;
    loop {
        std::thread::sleep(TOLD_EVERY[0]);
        let (done, day) = (progress.done.load(Ordering::Relaxed), *progress.day.lock().unwrap());
        let over = done >= events;
        if !over && !terminal && told.elapsed() < TOLD_EVERY[1] {
            continue;
        }
        told = Instant::now();
        let spent = started.elapsed().as_millis().max(1);
        let rate = u128::from(done) * 1_000 / spent;
        let left = u128::from(events - done)
            .checked_div(rate)
            .map_or_else(String::new, |left| format!("{left} s left"));
        let counted = day.map_or_else(String::new, |day| format!("counted up to {day}"));
        let line = format!(
            "{:>9} of {} events  {:>3} %  {rate}/s  {left}  {counted}",
            grouped(done),
            grouped(events),
            done * 100 / events.max(1)
        );
        if terminal {
            print!("\r\x1b[2K  {line}");
            let _ = std::io::stdout().flush();
        } else {
            println!("  {line}");
        }
        if over {
            if terminal {
                println!();
            }
            return;
        }
    }
}

/// What each month came to.
async fn months(stage: &Stage, replayed: &Replayed) {
    println!(
        "\n{:<8} {:>9} {:>9} {:>8} {:>10} {:>8}",
        "month", "received", "resolved", "on time", "open", "overdue"
    );
    let mut month = replayed.first.first_of_month();
    while month <= replayed.last {
        let name = month.strftime("%Y-%m").to_string();
        let now = instant(next(replayed.last), time(7, 0, 0, 0));
        let told = answer(stage, &name, "channel", now).await;
        let row = figures(&told["total"]);
        println!(
            "{name:<8} {:>9} {:>9} {:>7}% {:>10} {:>8}",
            grouped(row.received),
            grouped(row.resolved),
            told["total"]["onTimePercent"].as_str().unwrap_or("–"),
            grouped(row.open()),
            grouped(row.overdue)
        );
        month += 1.month();
    }
}

fn print_lines(lines: &[Compared]) {
    println!("{:<24} {:<28} {:>14} {:>20}", "", "published", "at this scale", "computed");
    for line in lines {
        let mark = if line.expected.is_none() {
            " "
        } else if line.holds() {
            "✓"
        } else {
            "✗"
        };
        println!(
            "{:<24} {:<28} {:>14} {:>20} {mark}",
            line.figure,
            line.published,
            line.expected.as_deref().unwrap_or(""),
            line.computed
        );
    }
}
