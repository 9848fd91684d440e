//! The night: counts days per agency, procedure and channel, rebuilt from history as of the end of each day.
//!
//! A run writes the rows that history gives and takes away those that it no longer gives, so that a second run changes nothing.
//! A figure that was there before and has moved leaves a correction. Days that follow each other have to agree: what is open in
//! the evening is carried over in the morning; where they do not, because something became known late, the run counts on, backwards
//! and forwards, until they do. What it reads follows the days and the open dossiers, not the years behind them.

mod month;
mod write;

use std::collections::BTreeMap;

use domain::Violation;
use domain::calendar::{date_of, next, previous};
use domain::catalogue::Catalogue;
use domain::id::{AgencyCode, DossierCode};
use domain::kpi::{DossierFacts, DueBasis, KpiCell, KpiRow, KpiRows, Rulings, broken_identities, tally};
use futures::{StreamExt, TryStreamExt, stream};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use platform::Failure;
use platform::dynamo::{Dossiers, Figures};
use serde::{Deserialize, Serialize};

/// Agencies read at a time.
const WIDTH: usize = 8;

/// Days that a night without an order counts again besides the one that has just ended: integrators report what happened
/// days ago, and a message may be tried again for the better part of a day.
const TRAILING_DAYS: i64 = 6;

/// The most days that a run counts besides those that it was asked for, to each side, before it says that something is wrong.
const FURTHER_DAYS_MAX: u32 = 62;

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
    /// The day that was asked for, or the last of the night.
    pub day: Date,
    /// Its rows.
    pub rows: usize,
    /// Dossiers received on it.
    pub received: u64,
    /// Dossiers settled on it.
    pub resolved: u64,
    /// The first day that was counted.
    pub first: Date,
    /// The last.
    pub last: Date,
    /// Rows of any day that were written or taken away, because they differed from what was there.
    pub changed: usize,
    /// Of these, figures that had been counted before.
    pub corrected: usize,
    /// Against which due dates, where there was an apology.
    pub due_basis: DueBasis,
}

/// What a count works with.
struct Night<'a> {
    dossiers: &'a Dossiers,
    figures: &'a Figures,
    catalogue: &'a Catalogue,
    now: Timestamp,
    facts: BTreeMap<DossierCode, DossierFacts>,
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
    if let Some(missing) = catalogue.missing_year(today) {
        tracing::error!(year = missing.year, "next year's calendar is missing");
    }
    let asked = order.day.unwrap_or_else(|| previous(today));
    if asked > today {
        return Err(Violation::new("day", "not-in-the-future", "lies in the future").into());
    }
    let first = if order.day.is_some() { asked } else { asked.saturating_sub(TRAILING_DAYS.days()) };
    let mut night = Night { dossiers, figures, catalogue, now, facts: BTreeMap::new() };
    night.read(first, asked).await?;
    let first = night.back_to_agreement(first).await?;
    let basis = night.basis(asked);
    let mut outcome = Outcome {
        day: asked,
        rows: 0,
        received: 0,
        resolved: 0,
        first,
        last: asked,
        changed: 0,
        corrected: 0,
        due_basis: basis,
    };
    let mut day = first;
    loop {
        let rows = night.count(day)?;
        let written = night.write(day, &rows).await?;
        outcome.changed += written.changed;
        outcome.corrected += written.corrected;
        outcome.last = day;
        if day == asked {
            let province = rows.get(&KpiCell::Province).copied().unwrap_or_default();
            (outcome.rows, outcome.received, outcome.resolved) = (rows.len(), province.received, province.resolved);
        }
        if day >= asked && (next(day) >= today || night.next_agrees(day, &rows).await?) {
            break;
        }
        day = next(day);
        if day > asked.saturating_add(i64::from(FURTHER_DAYS_MAX).days()) {
            tracing::error!(%day, "days do not agree with each other however far they are counted again");
            return Err(Failure::Defect("days do not agree with each other".to_owned()));
        }
        if day > asked {
            night.keep(dossiers.received_on(day).await?);
        }
    }
    night.sum_months(outcome.first, outcome.last).await?;
    let Outcome { rows, received, resolved, changed, corrected, .. } = outcome;
    tracing::info!(day = %asked, rows, received, resolved, changed, corrected, "night counted");
    Ok(outcome)
}

impl Night<'_> {
    /// What the province counted against on that day, whatever it counts against since.
    fn basis(&self, day: Date) -> DueBasis {
        self.catalogue.law().rule_on(day).kpi_due
    }

    fn keep(&mut self, found: Vec<DossierFacts>) {
        self.facts.extend(found.into_iter().map(|facts| (facts.code.clone(), facts)));
    }

    /// Reads every dossier that can matter to a day from `first` to `last`: received then, closed then or since, or open now. A
    /// dossier can stand in several of the lists; it counts once.
    async fn read(&mut self, first: Date, last: Date) -> Result<(), Failure> {
        let today = date_of(self.now);
        let mut day = first;
        while day <= today {
            if day <= last {
                let received = self.dossiers.received_on(day).await?;
                self.keep(received);
            }
            let closed = self.dossiers.closed_on(day).await?;
            self.keep(closed);
            day = next(day);
        }
        let agencies = self.catalogue.agencies().filter(|agency| agency.valid_from <= today);
        let agencies: Vec<AgencyCode> = agencies.map(|agency| agency.code.clone()).collect();
        let dossiers = self.dossiers;
        let mut open = stream::iter(&agencies).map(|agency| dossiers.open(agency)).buffer_unordered(WIDTH);
        while let Some(found) = open.try_next().await? {
            self.facts.extend(found.into_iter().map(|facts| (facts.code.clone(), facts)));
        }
        Ok(())
    }

    /// The rows of a day; an error, if what must hold in them does not.
    fn count(&self, day: Date) -> Result<KpiRows, Failure> {
        let law = self.catalogue.law();
        let receive_by = |dossier: &DossierFacts, submitted| law.receive_by(&dossier.agency, submitted);
        let rows = tally(self.facts.values(), day, &Rulings { basis: self.basis(day), receive_by: &receive_by });
        let broken = broken_identities(&rows);
        for identity in &broken {
            tracing::error!(%day, identity, "a count does not add up");
        }
        match broken.into_iter().next() {
            None => Ok(rows),
            Some(first) => Err(Failure::Defect(format!("the count of {day} does not add up: {first}"))),
        }
    }

    /// The first day, from `first` backwards, whose morning agrees with the evening before, as it was counted.
    async fn back_to_agreement(&mut self, mut first: Date) -> Result<Date, Failure> {
        for _ in 0..FURTHER_DAYS_MAX {
            let evening = previous(first);
            if self.figures.count(&evening.to_string()).await?.is_none() {
                return Ok(first);
            }
            let stored = self.figures.of(&evening.to_string()).await?;
            let stored: KpiRows = stored.into_iter().map(|record| (record.cell, record.figures)).collect();
            if agree(&stored, &self.count(first)?) {
                return Ok(first);
            }
            first = evening;
            for found in [self.dossiers.received_on(first).await?, self.dossiers.closed_on(first).await?] {
                self.keep(found);
            }
        }
        tracing::error!(%first, "days do not agree with each other however far they are counted again");
        Err(Failure::Defect("days do not agree with each other".to_owned()))
    }

    /// Whether the day after `day`, if it was counted, carries over what `rows` leave open.
    async fn next_agrees(&self, day: Date, rows: &KpiRows) -> Result<bool, Failure> {
        let after = next(day).to_string();
        if self.figures.count(&after).await?.is_none() {
            return Ok(true);
        }
        let stored = self.figures.of(&after).await?;
        Ok(agree(rows, &stored.into_iter().map(|record| (record.cell, record.figures)).collect()))
    }
}

/// Whether a morning carries over what the evening before left open, cell by cell.
fn agree(evening: &KpiRows, morning: &KpiRows) -> bool {
    let part = |rows: &KpiRows, figure: fn(&KpiRow) -> u64| -> BTreeMap<KpiCell, u64> {
        let parts = rows.iter().map(|(cell, row)| (cell.clone(), figure(row)));
        parts.filter(|(_, count)| *count > 0).collect()
    };
    part(evening, KpiRow::open) == part(morning, |row| row.carried_over)
}
