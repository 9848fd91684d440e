//! The night: counts a day per agency and procedure, rebuilt from history as of the end of that day.
//!
//! A run for a day writes the rows that the day's history gives and takes away those it no longer gives, so that a
//! second run changes nothing. What it reads follows the day and the open dossiers, not the years behind them.

use std::collections::BTreeMap;

use domain::Violation;
use domain::calendar::{date_of, next};
use domain::catalogue::Catalogue;
use domain::id::{AgencyCode, DossierCode};
use domain::kpi::{DossierFacts, DueBasis, KpiRow, tally};
use futures::{StreamExt, TryStreamExt, stream};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use platform::Failure;
use platform::dynamo::{Dossiers, Figures};
use platform::record::KpiRecord;
use serde::{Deserialize, Serialize};

/// Agencies read at a time.
const WIDTH: usize = 8;

/// Days that a night without an order counts again besides the one that has just ended: integrators report what happened
/// days ago, and a message may be tried again for the better part of a day.
const TRAILING_DAYS: i64 = 6;

/// What the schedule says.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {
    /// The one day to count. If it says nothing: yesterday in Viet Nam, and the days before it again.
    #[serde(default)]
    pub day: Option<Date>,
}

/// What a run came to.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    /// The last day counted.
    pub day: Date,
    /// Its rows.
    pub rows: usize,
    /// Dossiers received on it.
    pub received: u64,
    /// Dossiers settled on it.
    pub resolved: u64,
    /// Rows of any day that were written or taken away, because they differed from what was there.
    pub changed: usize,
    /// Against which due dates, where there was an apology.
    pub due_basis: DueBasis,
}

/// Counts one day, or the days of a night.
pub async fn roll_up(
    order: &Order,
    dossiers: &Dossiers,
    figures: &Figures,
    catalogue: &Catalogue,
    now: Timestamp,
) -> Result<Outcome, Failure> {
    let today = date_of(now);
    // Said every night, before anything can fail: the template's alarm looks for these words.
    if let Some(missing) = catalogue.calendar().missing_next_year(today) {
        tracing::error!(year = missing.year, "next year's calendar is missing");
    }
    let last = order.day.unwrap_or_else(|| today.saturating_sub(1.day()));
    if last > today {
        return Err(Violation::new("day", "not-in-the-future", "lies in the future").into());
    }
    let first = if order.day.is_some() { last } else { last.saturating_sub(TRAILING_DAYS.days()) };
    // What the province counted against on that day, whatever it counts against since.
    let basis_on = |day: Date| catalogue.law().rule_on(day).kpi_due;
    let facts = facts_for(first, last, today, dossiers, catalogue).await?;
    let mut outcome = Outcome { day: last, rows: 0, received: 0, resolved: 0, changed: 0, due_basis: basis_on(last) };
    let mut day = first;
    while day <= last {
        let rows = tally(facts.values(), day, basis_on(day));
        let total = |figure: fn(&KpiRow) -> u64| rows.values().map(figure).sum();
        (outcome.rows, outcome.received, outcome.resolved) =
            (rows.len(), total(KpiRow::received), total(|row| row.resolved));
        outcome.changed += write(figures, day, rows).await?;
        day = next(day);
    }
    let Outcome { rows, received, resolved, changed, .. } = outcome;
    tracing::info!(day = %last, rows, received, resolved, changed, "night counted");
    Ok(outcome)
}

/// Every dossier that can matter to a day from `first` to `last`: received then, closed then or since, or open now. A
/// dossier can stand in several of the lists; it counts once.
async fn facts_for(
    first: Date,
    last: Date,
    today: Date,
    dossiers: &Dossiers,
    catalogue: &Catalogue,
) -> Result<BTreeMap<DossierCode, DossierFacts>, Failure> {
    let agencies: Vec<AgencyCode> =
        catalogue.agencies().filter(|agency| agency.valid_from <= today).map(|agency| agency.code.clone()).collect();
    let mut facts: BTreeMap<DossierCode, DossierFacts> = BTreeMap::new();
    let mut keep = |found: Vec<DossierFacts>| facts.extend(found.into_iter().map(|facts| (facts.code.clone(), facts)));
    let mut day = first;
    while day <= today {
        if day <= last {
            keep(dossiers.received_on(day).await?);
        }
        keep(dossiers.closed_on(day).await?);
        day = next(day);
    }
    let mut open = stream::iter(&agencies).map(|agency| dossiers.open(agency)).buffer_unordered(WIDTH);
    while let Some(found) = open.try_next().await? {
        keep(found);
    }
    Ok(facts)
}

/// Makes the stored rows of `day` equal to `rows`, and gives how many differed.
async fn write(
    figures: &Figures,
    day: Date,
    rows: BTreeMap<(AgencyCode, domain::id::ProcedureCode), KpiRow>,
) -> Result<usize, Failure> {
    let mut changed = 0;
    let mut stale: BTreeMap<String, KpiRecord> =
        figures.of(day).await?.into_iter().map(|row| (row.cell.clone(), row)).collect();
    for ((agency, procedure), row) in rows {
        let cell = format!("{agency}#{procedure}");
        let record = KpiRecord { day, cell: cell.clone(), agency, procedure, figures: row };
        if stale.remove(&cell).as_ref() != Some(&record) {
            figures.put(&record).await?;
            changed += 1;
        }
    }
    for row in stale.values() {
        figures.remove(row).await?;
        changed += 1;
    }
    Ok(changed)
}
