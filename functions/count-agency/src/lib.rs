//! The counts queue: counts the days of one agency, rebuilt from history as of the end of each day; whoever counts the last
//! agency of a run closes its days for the province.
//!
//! A count writes the rows that history gives and takes away those that it no longer gives, so that a message that comes twice
//! changes nothing. A figure that was published before and has moved leaves a correction. Days that follow each other have to
//! agree: what is open in the evening is carried over in the morning; where they do not, because something became known late, the
//! count goes on, backwards and forwards, until they do. What it reads follows the days and the agency's open dossiers, not the
//! years behind them.

mod close;
mod ledger;
mod month;
mod write;

use std::collections::{BTreeMap, BTreeSet};

use domain::Violation;
use domain::calendar::{date_of, next, previous};
use domain::catalogue::Catalogue;
use domain::id::{AgencyCode, DossierCode};
use domain::kpi::{DossierFacts, DueBasis, KpiCell, KpiRow, KpiRows, Rulings, broken_identities, tally};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use platform::Failure;
use platform::dynamo::{Dossiers, Figures};
use platform::message::{AGENCY_COUNT, AgencyCount, CloudEvent};
use platform::request::read_json;
use serde_json::Value;

pub use close::Closed;
pub use ledger::Ledger;

/// The most days that a count takes besides those that it was asked for, to each side, before it says that something is wrong.
const FURTHER_DAYS_MAX: u32 = 62;

/// What a message came to.
#[derive(Debug, PartialEq, Eq)]
pub struct Counted {
    /// The first day that was counted.
    pub first: Date,
    /// The last.
    pub last: Date,
    /// Rows of any day that were written or taken away, because they differed from what was there.
    pub changed: usize,
    /// Of these, figures that had been published before.
    pub corrected: usize,
    /// What closing the days came to, if this was the last agency of its run.
    pub closed: Option<Closed>,
}

/// Works off one message. `ledger` may be shared by the messages of one invocation, and must not outlive it.
pub async fn count(
    message: &str,
    dossiers: &Dossiers,
    figures: &Figures,
    ledger: &Ledger,
    catalogue: &Catalogue,
    now: Timestamp,
) -> Result<Counted, Failure> {
    let event: CloudEvent<Value> = read_json(message.as_bytes())?;
    if event.kind != AGENCY_COUNT {
        return Err(Violation::new("type", "known-type", "is not a type of event taken here").into());
    }
    let order: AgencyCount =
        read_json(event.data.to_string().as_bytes()).map_err(|failure: Failure| failure.within("data"))?;
    if catalogue.agency(&order.agency).is_none() {
        return Err(Violation::new("data.agency", "known-agency", "is not an agency of this province").into());
    }
    if order.first > order.last || order.last > date_of(now) {
        return Err(Violation::new("data.last", "day-order", "must not lie before first or in the future").into());
    }
    let facts = BTreeMap::new();
    let mut count = AgencyDays { agency: &order.agency, dossiers, figures, ledger, catalogue, now, facts };
    let (mut counted, days) = count.run(order.first, order.last).await?;
    let run = figures.report(&order.run, &order.agency, &days).await?;
    let run = run.ok_or_else(|| Violation::new("data.run", "known-run", "was never begun"))?;
    tracing::info!(
        run = run.id,
        agency = order.agency.as_str(),
        changed = counted.changed,
        corrected = counted.corrected,
        remaining = run.remaining.len(),
        "agency counted"
    );
    if run.remaining.is_empty() {
        counted.closed = Some(close::close(&run, figures, catalogue, now).await?);
    }
    Ok(counted)
}

/// What the province counted against on `day`, whatever it counts against since.
fn basis(catalogue: &Catalogue, day: Date) -> DueBasis {
    catalogue.law().rule_on(day).kpi_due
}

/// The count of one agency.
struct AgencyDays<'a> {
    agency: &'a AgencyCode,
    dossiers: &'a Dossiers,
    figures: &'a Figures,
    ledger: &'a Ledger,
    catalogue: &'a Catalogue,
    now: Timestamp,
    /// What can matter to a day from the first on: whatever is open now, or ended since then.
    facts: BTreeMap<DossierCode, DossierFacts>,
}

impl AgencyDays<'_> {
    /// Counts from `asked_first` to `asked_last`, and as far around as it takes; gives the days of which a row was changed.
    async fn run(&mut self, asked_first: Date, asked_last: Date) -> Result<(Counted, BTreeSet<Date>), Failure> {
        let today = date_of(self.now);
        self.keep(self.dossiers.open(self.agency).await?);
        self.keep(self.dossiers.ended(self.agency, asked_first, today).await?);
        let first = self.back_to_agreement(asked_first).await?;
        let mut counted = Counted { first, last: asked_last, changed: 0, corrected: 0, closed: None };
        let mut days = BTreeSet::new();
        let mut day = first;
        loop {
            let rows = self.count(day)?;
            let written = self.write(day, &rows).await?;
            counted.changed += written.changed;
            counted.corrected += written.corrected;
            counted.last = day.max(asked_last);
            if written.changed > 0 {
                days.insert(day);
            }
            if day >= asked_last && (next(day) >= today || self.next_agrees(day, &rows).await?) {
                return Ok((counted, days));
            }
            day = next(day);
            if day > asked_last.saturating_add(i64::from(FURTHER_DAYS_MAX).days()) {
                return Err(self.no_agreement(day));
            }
        }
    }

    fn keep(&mut self, found: Vec<DossierFacts>) {
        self.facts.extend(found.into_iter().map(|facts| (facts.code.clone(), facts)));
    }

    /// The agency's rows of a day; an error, if what must hold in them does not.
    fn count(&self, day: Date) -> Result<KpiRows, Failure> {
        let law = self.catalogue.law();
        let receive_by = |dossier: &DossierFacts, submitted| law.receive_by(&dossier.agency, submitted);
        let due_next = |dossier: &DossierFacts, day, due| law.is_due_next(&dossier.agency, day, due);
        let basis_on = |day| basis(self.catalogue, day);
        let rulings = Rulings { basis_on: &basis_on, receive_by: &receive_by, due_next: &due_next };
        let mut rows = tally(self.facts.values(), day, &rulings);
        add_up(day, &rows)?;
        rows.remove(&KpiCell::Province);
        Ok(rows)
    }

    /// The first day, from `first` backwards, whose morning agrees with the evening before, as it was counted.
    async fn back_to_agreement(&mut self, mut first: Date) -> Result<Date, Failure> {
        for _ in 0..FURTHER_DAYS_MAX {
            let evening = previous(first);
            let stored = self.ledger.day(self.figures, evening).await?;
            if stored.count.is_none() || agree(stored.of(self.agency), &self.count(first)?) {
                return Ok(first);
            }
            first = evening;
            self.keep(self.dossiers.ended(self.agency, first, first).await?);
        }
        Err(self.no_agreement(first))
    }

    /// Whether the day after `day`, if it was counted, carries over what `rows` leave open.
    async fn next_agrees(&self, day: Date, rows: &KpiRows) -> Result<bool, Failure> {
        let stored = self.ledger.day(self.figures, next(day)).await?;
        Ok(stored.count.is_none() || agree(rows, stored.of(self.agency)))
    }

    fn no_agreement(&self, day: Date) -> Failure {
        tracing::error!(%day, agency = self.agency.as_str(), "days do not agree with each other however far they are counted");
        Failure::Defect("days do not agree with each other".to_owned())
    }
}

/// Says what must hold in the rows of `day` and does not.
fn add_up(day: Date, rows: &KpiRows) -> Result<(), Failure> {
    let broken = broken_identities(rows);
    for identity in &broken {
        tracing::error!(%day, identity, "a count does not add up");
    }
    match broken.into_iter().next() {
        None => Ok(()),
        Some(first) => Err(Failure::Defect(format!("the count of {day} does not add up: {first}"))),
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
