//! How far the parts carry: the busiest minute of a province and of the country, second by second,
//! against what each part takes at most. `docs/capacity.md` shows the outcome.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde::Deserialize;

use crate::support::file;

/// Minutes that are played; the second is the busiest.
const MINUTES: usize = 12;

/// Load in percent of a limit from which on a part is close to it.
const CLOSE_PERCENT: f64 = 70.0;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Load {
    #[serde(rename = "note")]
    _note: String,
    places: Vec<Place>,
    time: Time,
    /// How often each step happens to one dossier.
    life: BTreeMap<String, f64>,
    parts: Vec<Part>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Place {
    name: String,
    dossiers_a_year: f64,
    largest_agency_percent: f64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Time {
    working_days: f64,
    minutes_a_day: f64,
    peak_times_mean: f64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Part {
    name: String,
    /// The most in one second.
    limit: f64,
    unit: String,
    as_of: String,
    source: String,
    #[serde(default)]
    of_largest_agency: bool,
    /// What one step needs of it, by the step's name.
    needs: BTreeMap<String, f64>,
}

/// What a part came to.
struct Outcome {
    /// The busiest second, in units.
    second: f64,
    /// The mean of the busiest minute, in units a second.
    minute: f64,
    /// The most that waited.
    waiting: f64,
    /// Seconds after the busiest minute until nothing waits; None where that was not seen.
    drained_after: Option<usize>,
}

fn load() -> Load {
    serde_json::from_str(&file("tests/capacity/load.json")).unwrap()
}

/// How many of something that comes `mean` times a second on average come in one second.
fn arrived(random: &mut fastrand::Rng, mean: f64) -> f64 {
    let (floor, mut product, mut count) = ((-mean).exp(), random.f64(), 0.0);
    while product > floor {
        product *= random.f64();
        count += 1.0;
    }
    count
}

/// Plays the minutes of a place; the outcomes of the parts, in their order.
fn played(load: &Load, place: &Place) -> Vec<Outcome> {
    let mut random = fastrand::Rng::with_seed(12);
    let Time { working_days, minutes_a_day, peak_times_mean } = load.time;
    let mean = place.dossiers_a_year / (working_days * minutes_a_day * 60.0);
    let outcome = || Outcome { second: 0.0, minute: 0.0, waiting: 0.0, drained_after: None };
    let mut outcomes: Vec<Outcome> = load.parts.iter().map(|_| outcome()).collect();
    let mut waiting = vec![0.0; load.parts.len()];
    for second in 0..MINUTES * 60 {
        let busiest = second / 60 == 1;
        let times = if busiest { peak_times_mean } else { 1.0 };
        let mut steps = |share: f64| -> BTreeMap<&str, f64> {
            let each = load.life.iter().map(|(step, often)| {
                (step.as_str(), arrived(&mut random, mean * times * often * share))
            });
            each.collect()
        };
        let (all, largest) = (steps(1.0), steps(place.largest_agency_percent / 100.0));
        for ((part, outcome), waiting) in load.parts.iter().zip(&mut outcomes).zip(&mut waiting) {
            let came = if part.of_largest_agency { &largest } else { &all };
            let need: f64 =
                part.needs.iter().map(|(step, units)| came[step.as_str()] * units).sum();
            outcome.second = outcome.second.max(need);
            if busiest {
                outcome.minute += need / 60.0;
            }
            *waiting = f64::max(0.0, *waiting + need - part.limit);
            outcome.waiting = outcome.waiting.max(*waiting);
            if second >= 119 && *waiting == 0.0 && outcome.drained_after.is_none() {
                outcome.drained_after = Some(second - 119);
            }
        }
    }
    outcomes
}

/// The outcome as `docs/capacity.md` shows it, the part that gives first on top.
fn table(load: &Load, place: &Place) -> String {
    let outcomes = played(load, place);
    let percent = |part: &Part, outcome: &Outcome| 100.0 * outcome.minute / part.limit;
    let mut rows: Vec<(&Part, &Outcome)> = load.parts.iter().zip(&outcomes).collect();
    rows.sort_by(|a, b| percent(b.0, b.1).total_cmp(&percent(a.0, a.1)));
    let mut text = format!(
        "| {} | of its limit | busiest minute, a second | busiest second | limit | waiting at most | \
         gone after |\n|---|---|---|---|---|---|---|\n",
        place.name
    );
    for (part, outcome) in rows {
        let gone = match outcome.drained_after {
            Some(0) => "–".to_owned(),
            Some(seconds) => format!("{seconds} s"),
            None => "not seen".to_owned(),
        };
        let _ = writeln!(
            text,
            "| {} | {:.1} % | {:.1} | {:.0} | {} {} | {:.0} | {gone} |",
            part.name,
            percent(part, outcome),
            outcome.minute,
            outcome.second,
            part.limit,
            part.unit,
            outcome.waiting,
        );
    }
    text
}

#[test]
fn the_document_shows_what_the_busiest_minutes_come_to() {
    let (load, document) = (load(), file("docs/capacity.md"));
    for place in &load.places {
        let table = table(&load, place);
        assert!(document.contains(&table), "docs/capacity.md does not show this:\n\n{table}");
    }
}

#[test]
fn each_limit_has_its_source_and_day_in_the_document() {
    let (load, document) = (load(), file("docs/capacity.md"));
    for part in &load.parts {
        assert!(part.as_of.parse::<jiff::civil::Date>().is_ok(), "{}: {}", part.name, part.as_of);
        let row = format!(
            "| {} | {} {} | {} | {} |",
            part.name, part.limit, part.unit, part.source, part.as_of
        );
        assert!(document.contains(&row), "docs/capacity.md does not show this:\n{row}");
        for step in part.needs.keys() {
            assert!(load.life.contains_key(step), "{}: no step {step}", part.name);
        }
    }
}

#[test]
fn a_province_is_far_from_every_limit() {
    let load = load();
    let province = load.places.iter().find(|place| place.name == "a province").unwrap();
    for (part, outcome) in load.parts.iter().zip(played(&load, province)) {
        let percent = 100.0 * outcome.minute / part.limit;
        assert!(percent < CLOSE_PERCENT, "{} is at {percent:.0} % of its limit", part.name);
        assert!(outcome.drained_after.is_some(), "{}: what waited is not worked off", part.name);
    }
}

#[test]
fn what_waits_when_the_whole_country_comes_is_worked_off_within_minutes() {
    let load = load();
    for place in &load.places {
        for (part, outcome) in load.parts.iter().zip(played(&load, place)) {
            let name = format!("{}: {}", place.name, part.name);
            assert!(outcome.drained_after.is_some(), "{name} is not worked off");
        }
    }
}

#[test]
fn what_the_limits_take_from_the_template_stands_there() {
    let template = file("infra/template.yaml");
    let held = |function: &str, line: &str| {
        let begins = format!("\n  {function}:\n");
        let (_, rest) = template.split_once(&begins).unwrap();
        let end = rest.find("\n  # ---").unwrap_or(rest.len());
        assert!(rest[..end].contains(line), "{function} has no {line}");
    };
    held("NotifyApplicantFunction", "ScalingConfig: {MaximumConcurrency: 5}");
    held("NotifyApplicantFunction", "BatchSize: 10");
    held("IngestEventFunction", "ScalingConfig: {MaximumConcurrency: 10}");
    held("RelayChangesFunction", "BatchSize: 100");
    assert_eq!((notify_applicant::WIDTH, ingest_event::WIDTH), (10, 1));
}
