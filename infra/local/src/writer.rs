//! Writes `scenario.json`: one working day of a province, the same on every run.
//!
//! A dossier that began before the day comes from an integrator, as events that carry the time of the
//! happening; one that begins on the day comes over HTTP, where the clock decides. Days are counted
//! back from the day of play: the player takes the calendar day so many days before it and, where
//! that is no working day, the working day before that one. Two different days can fall together in
//! this way (Tết), so the times of day within a dossier always grow as well. The order is checked
//! for a player that counts working days, too.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::{Date, date};
use serde_json::Value;

use crate::demo::{DemoError, WorkingDays};

mod faults;
mod head;
mod moves;
mod people;
mod plan;
mod row;
mod tables;
mod twister;

use plan::Plan;
use row::Row;
use tables::{DESKS, Desk, PLANS, REFUSED_PLANS};
use twister::Random;

const SEED: u32 = 20_250_701;

/// First and last day on which the scenario is checked to play: sixty days back, every agency and
/// procedure exists.
const FIRST_DAY: Date = date(2025, 10, 15);
const LAST_DAY: Date = date(2027, 11, 30);

/// Why the scenario cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// A dossier of it could not be played.
    #[error("{0}")]
    Fault(String),
    /// A file of the catalogue cannot be read.
    #[error(transparent)]
    Unreadable(#[from] DemoError),
    /// It is no JSON.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
}

/// What the scenario is made for.
struct Catalogue {
    agencies: BTreeMap<String, Value>,
    procedures: BTreeMap<String, Value>,
    /// For whom each integrator acts.
    integrators: BTreeMap<String, BTreeSet<String>>,
}

impl Catalogue {
    fn read() -> Result<Self, WriteError> {
        let by = |file: &str, key: &str| -> Result<BTreeMap<String, Value>, WriteError> {
            let document = crate::demo::data(&format!("{file}.json"))?;
            let entries = document[file].as_array().into_iter().flatten();
            let named = entries.filter_map(|e| Some((e[key].as_str()?.to_owned(), e.clone())));
            Ok(named.collect())
        };
        let agencies = |entry: &Value| {
            let codes = entry["agencies"].as_array().into_iter().flatten();
            codes.filter_map(Value::as_str).map(str::to_owned).collect()
        };
        let integrators = by("integrators", "source")?;
        Ok(Self {
            agencies: by("agencies", "code")?,
            procedures: by("procedures", "code")?,
            integrators: integrators.iter().map(|(k, v)| (k.clone(), agencies(v))).collect(),
        })
    }

    fn agency(&self, code: &str) -> Result<&Value, WriteError> {
        self.agencies.get(code).ok_or_else(|| WriteError::Fault(format!("no agency {code}")))
    }

    fn procedure(&self, code: &str) -> Result<&Value, WriteError> {
        self.procedures.get(code).ok_or_else(|| WriteError::Fault(format!("no procedure {code}")))
    }

    fn acts_for(&self, source: &str, agency: &str) -> bool {
        self.integrators.get(source).is_some_and(|agencies| agencies.contains(agency))
    }
}

/// The text of `scenario.json`.
///
/// # Errors
/// If a dossier could not be played on some day, or the catalogue cannot be read.
pub fn scenario() -> Result<String, WriteError> {
    let catalogue = Catalogue::read()?;
    let files = ["calendar.provisional.json", "calendar.json"].map(crate::demo::data);
    let files: Vec<Value> = files.into_iter().collect::<Result<_, _>>()?;
    let calendar = faults::Calendar::new(&WorkingDays::read(&files)?)?;
    let (mut random, mut people) = (Random::seeded(SEED), people::People::default());
    let mut rows = Vec::new();
    for (number, (desk, plan)) in turns(&mut random).into_iter().enumerate() {
        let what = (number + 1, desk, plan);
        rows.push(Row::new(&mut random, &mut people, &catalogue, what)?);
    }
    let mut found = Vec::new();
    for row in &rows {
        let faults = faults::faults(row, &catalogue, &calendar)?;
        found.extend(faults.iter().map(|fault| format!("{}: {fault}", row.reference)));
    }
    if !found.is_empty() {
        return Err(WriteError::Fault(found.join("\n")));
    }
    let mut text = String::from("{\n");
    for (name, value) in head::head(&rows)? {
        text.push_str(&format!("  \"{name}\": {value},\n"));
    }
    text.push_str("  \"dossiers\": [\n");
    let lines: Vec<String> = rows
        .iter()
        .map(|row| Ok(format!("    {}", serde_json::to_string(row)?)))
        .collect::<Result<_, WriteError>>()?;
    text.push_str(&lines.join(",\n"));
    text.push_str("\n  ]\n}\n");
    Ok(text)
}

/// Every plan as often as every agency takes it, in an order by chance.
fn turns(random: &mut Random) -> Vec<(&'static Desk, &'static Plan)> {
    let each = DESKS.iter().flat_map(|desk| PLANS.iter().map(move |plan| (desk, plan)));
    let mut turns: Vec<(&Desk, &Plan)> =
        each.flat_map(|turn| std::iter::repeat_n(turn, turn.1.count)).collect();
    turns.extend(DESKS.iter().cycle().zip(&REFUSED_PLANS));
    random.shuffle(&mut turns);
    turns
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scenario_in_the_repository_is_the_one_that_is_written() {
        let kept = include_str!("../scenario.json");
        let written = scenario().unwrap();
        for (kept, written) in kept.lines().zip(written.lines()) {
            assert_eq!(kept, written);
        }
        assert!(kept == written, "cargo run -p local --bin scenario");
    }
}
