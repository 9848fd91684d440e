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

/// An apology excuses nothing: whether a later decree counts against the new date is not known.
const DUE_BASIS: DueBasis = DueBasis::Original;

/// What the schedule says.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {
    /// The day to count; yesterday in Viet Nam if it says nothing.
    #[serde(default)]
    pub day: Option<Date>,
}

/// What a run came to.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    /// The day counted.
    pub day: Date,
    /// Rows written.
    pub rows: usize,
    /// Dossiers received that day.
    pub received: u64,
    /// Dossiers settled that day.
    pub resolved: u64,
    /// Against which due dates, where there was an apology.
    pub due_basis: DueBasis,
}

/// Counts one day.
pub async fn roll_up(
    order: &Order,
    dossiers: &Dossiers,
    figures: &Figures,
    catalogue: &Catalogue,
    now: Timestamp,
) -> Result<Outcome, Failure> {
    let today = date_of(now);
    let day = order.day.unwrap_or_else(|| today.saturating_sub(1.day()));
    if day > today {
        return Err(Violation::new("day", "not-in-the-future", "lies in the future").into());
    }
    let agencies: Vec<AgencyCode> =
        catalogue.agencies().filter(|agency| agency.valid_from <= day).map(|agency| agency.code.clone()).collect();
    // Open now, received on the day, or closed on the day or since: nothing else can matter to the day. A dossier can
    // stand in several of the lists; it counts once.
    let mut facts: BTreeMap<DossierCode, DossierFacts> = BTreeMap::new();
    let mut keep = |found: Vec<DossierFacts>| facts.extend(found.into_iter().map(|facts| (facts.code.clone(), facts)));
    let mut open = stream::iter(&agencies).map(|agency| dossiers.open(agency)).buffer_unordered(WIDTH);
    while let Some(found) = open.try_next().await? {
        keep(found);
    }
    keep(dossiers.received_on(day).await?);
    let mut closed = day;
    while closed <= today {
        keep(dossiers.closed_on(closed).await?);
        closed = next(closed);
    }
    let rows = tally(facts.values(), day, DUE_BASIS);
    let total = |figure: fn(&KpiRow) -> u64| rows.values().map(figure).sum();
    let outcome = Outcome {
        day,
        rows: rows.len(),
        received: total(KpiRow::received),
        resolved: total(|row| row.resolved),
        due_basis: DUE_BASIS,
    };
    write(figures, day, rows).await?;
    tracing::info!(%day, rows = outcome.rows, received = outcome.received, resolved = outcome.resolved, "day counted");
    Ok(outcome)
}

async fn write(
    figures: &Figures,
    day: Date,
    rows: BTreeMap<(AgencyCode, domain::id::ProcedureCode), KpiRow>,
) -> Result<(), Failure> {
    let mut stale: BTreeMap<String, KpiRecord> =
        figures.of(day).await?.into_iter().map(|row| (row.cell.clone(), row)).collect();
    for ((agency, procedure), row) in rows {
        let cell = format!("{agency}#{procedure}");
        let record = KpiRecord { day, cell: cell.clone(), agency, procedure, figures: row };
        if stale.remove(&cell).as_ref() != Some(&record) {
            figures.put(&record).await?;
        }
    }
    for row in stale.values() {
        figures.remove(row).await?;
    }
    Ok(())
}
