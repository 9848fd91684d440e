//! The counts queue: counts the days of one agency, rebuilt from history as of the end of each day.
//! The message that counts the last agency of a run also closes the run's days for the province.
//!
//! A count computes every difference before it writes a row. Then it records which days it will
//! change, writes new rows beside the published ones, and commits them. A close publishes what all
//! agencies have committed in one write; until then no reader sees any of it (ADR 26). Both start
//! from what the tables hold, so that a repeated message changes nothing, and one that died
//! half-way is completed by the next of its run, by another night or by an order to close.
//!
//! A published figure that changes leaves a correction. Consecutive days have to agree: what is
//! open in the evening is carried over in the morning. Where they do not agree, because an event
//! became known late, the count continues backwards and forwards until they do. Its reads grow with
//! the days counted and the agency's open dossiers, not with the years before them.

mod close;
mod doubt;
mod ledger;
mod month;
mod named;
mod settings;
mod write;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use domain::calendar::{date_of, next, previous};
use domain::catalogue::Catalogue;
use domain::id::{AgencyCode, DossierCode};
use domain::kpi::{
    DossierFacts, DueBasis, KpiCell, KpiRow, KpiRows, Rulings, broken_identities, tally,
};
use domain::{RuleName, Violation};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use platform::Failure;
use platform::dynamo::{Dossiers, Figures, Histories};
use platform::edition::{AgencyState, Head, Trouble};
use platform::message::{
    self, AGENCY_COUNT, AgencyCount, CloudEvent, FIGURES_CLOSE, FiguresClose, read_data,
};
use platform::request::read_json;
use serde_json::Value;

pub use settings::Settings;

/// Agencies at a time: each holds its open dossiers in memory.
pub const WIDTH: usize = 2;

pub use close::Closed;
pub use ledger::Ledger;
pub use named::Named;

use crate::ledger::AgencyRows;
use crate::write::DayChange;

/// The most days that a count adds on each side of those it was asked for, before it fails.
const FURTHER_DAYS_MAX: u32 = 62;

/// How many days back a close looks for runs that are whole and were not closed.
const LEFT_DAYS: i64 = 14;

/// Attempts of a count or close, with growing pauses, when another one writes at the same time.
const TRIES_MAX: u32 = 8;
const PAUSE_MS: u64 = 20;

/// The result of one message.
#[derive(Debug, PartialEq, Eq)]
pub struct Counted {
    /// The first day that was counted.
    pub first: Date,
    /// The last day, included in the range.
    pub last: Date,
    /// Rows of any day that were written or removed because they differed from the stored ones.
    pub changed: usize,
    /// Of these, figures that had been published before.
    pub corrected: usize,
    /// The result of the close, if this was the last agency of its run.
    pub closed: Option<Closed>,
}

/// Works off one message of the queue: counts an agency, or closes what was counted.
pub async fn work_off(
    message: &str,
    dossiers: &Dossiers,
    figures: &Figures,
    ledger: &Ledger,
    catalogue: &Catalogue,
    now: Timestamp,
) -> Result<(), Failure> {
    let event: CloudEvent<Value> = read_json(message.as_bytes())?;
    if event.kind != FIGURES_CLOSE {
        return count(message, dossiers, figures, ledger, catalogue, now).await.map(drop);
    }
    let order: FiguresClose = read_data(&event.data)?;
    close::close(&order.by, &figures.runs(order.since).await?, figures, catalogue, now)
        .await
        .map(drop)
}

/// Counts what one message names. `ledger` may be shared by the messages of one invocation, and
/// must not outlive it.
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
        return Err(message::unknown_type().into());
    }
    let order: AgencyCount = read_data(&event.data)?;
    if catalogue.agency(&order.agency).is_none() {
        return Err(Violation::new(
            "data.agency",
            RuleName::KnownAgency,
            "is not an agency of this province",
        )
        .into());
    }
    if order.first > order.last || order.last > date_of(now) {
        return Err(Violation::new(
            "data.last",
            RuleName::DayOrder,
            "must not lie before first or in the future",
        )
        .into());
    }
    let tables = (dossiers, figures, catalogue);
    let mut outcome = count_agency(&order, tables, ledger, (event.time, now)).await;
    for tried in 1..TRIES_MAX {
        if !is_held(&outcome) {
            break;
        }
        pause(tried).await;
        // What this invocation knows of the agency is no longer so.
        outcome = count_agency(&order, tables, &Ledger::default(), (event.time, now)).await;
    }
    let (mut counted, unreadable) = outcome?;
    let run = figures.report(&order.run, &order.agency, &unreadable).await?;
    let run =
        run.ok_or_else(|| Violation::new("data.run", RuleName::KnownRun, "was never begun"))?;
    tracing::info!(
        run = run.id,
        agency = order.agency.as_str(),
        changed = counted.changed,
        corrected = counted.corrected,
        unreadable = unreadable.len(),
        remaining = run.remaining.len(),
        "agency counted"
    );
    if run.remaining.is_empty() {
        let mut runs = figures.runs(date_of(now).saturating_sub(LEFT_DAYS.days())).await?;
        runs.retain(|other| other.id != run.id);
        let by = run.id.clone();
        runs.push(run);
        counted.closed = Some(close::close(&by, &runs, figures, catalogue, now).await?);
    }
    Ok(counted)
}

/// Records why an agency could not be counted, once its message is given up: reports of its days
/// show it from now on. Other messages leave no record.
pub async fn give_up(
    message: &str,
    figures: &Figures,
    (reason, detail): (&str, &str),
    now: Timestamp,
) -> Result<(), Failure> {
    let order = read_json::<CloudEvent<Value>>(message.as_bytes()).and_then(|event| {
        match event.kind.as_str() {
            AGENCY_COUNT => read_data::<AgencyCount>(&event.data),
            _ => Err(Failure::Malformed),
        }
    });
    // Nothing is wrong with the agency of an order that is wrong itself.
    let wrong = [Failure::Malformed.slug(), Failure::Invalid(Vec::new()).slug()].contains(&reason);
    let Some(order) = order.ok().filter(|_| !wrong) else {
        return Ok(());
    };
    let (run, reason, detail) = (order.run, reason.to_owned(), detail.to_owned());
    let trouble = Trouble { run, reason, detail, at: now, first: order.first, last: order.last };
    let (agency, Trouble { run, reason, .. }) = (order.agency.as_str(), &trouble);
    tracing::error!(agency, run, reason, "an agency could not be counted");
    figures.trouble(&order.agency, Some(&trouble)).await
}

fn is_held<T>(outcome: &Result<T, Failure>) -> bool {
    matches!(outcome, Err(Failure::Held(_)))
}

/// Waits a little, longer each time and not as long as others do.
async fn pause(tried: u32) {
    let pause = PAUSE_MS * u64::from(tried);
    tokio::time::sleep(Duration::from_millis(pause + fastrand::u64(0..=pause))).await;
}

/// Counts an agency's days and commits them; gives the dossiers that it left out, too.
async fn count_agency(
    order: &AgencyCount,
    (dossiers, figures, catalogue): (&Dossiers, &Figures, &Catalogue),
    ledger: &Ledger,
    (ordered_at, now): (Timestamp, Timestamp),
) -> Result<(Counted, BTreeSet<String>), Failure> {
    let (head, state) = ledger.standing(figures, &order.agency).await?;
    let mut count = AgencyDays {
        agency: &order.agency,
        run: &order.run,
        dossiers,
        figures,
        ledger,
        catalogue,
        ordered_at,
        now,
        head,
        state,
        facts: BTreeMap::new(),
        unreadable: BTreeSet::new(),
    };
    let (counted, days) = count.run(order.first, order.last).await?;
    count.write(days).await?;
    // Mended, where the days that it could not be counted on are among those that it was counted on
    // now.
    let mended =
        |trouble: &&Trouble| counted.first <= trouble.first && trouble.last <= counted.last;
    if count.state.trouble.as_ref().filter(mended).is_some() {
        figures.trouble(&order.agency, None).await?;
    }
    Ok((counted, count.unreadable))
}

/// What the province counted against on `day`, whatever it counts against since.
fn basis(catalogue: &Catalogue, day: Date) -> DueBasis {
    catalogue.law().rule_on(day).kpi_due
}

/// The count of one agency over its days.
struct AgencyDays<'a> {
    agency: &'a AgencyCode,
    /// The run that it is counted for.
    run: &'a str,
    dossiers: &'a Dossiers,
    figures: &'a Figures,
    ledger: &'a Ledger,
    catalogue: &'a Catalogue,
    /// When the count was ordered.
    ordered_at: Timestamp,
    now: Timestamp,
    /// What is published now.
    head: Arc<Head>,
    /// How far this agency's counts had come before anything else was read.
    state: AgencyState,
    /// What can matter to a day from the first on: whatever is open now, or ended since then.
    facts: BTreeMap<DossierCode, DossierFacts>,
    /// Dossiers that could not be read.
    unreadable: BTreeSet<String>,
}

impl AgencyDays<'_> {
    /// Counts from `asked_first` to `asked_last`, and as far around as it takes; gives what is to
    /// be written. Nothing is, before all of it is known: an agency that cannot be counted leaves
    /// everything as it was.
    async fn run(
        &mut self,
        asked_first: Date,
        asked_last: Date,
    ) -> Result<(Counted, Vec<DayChange>), Failure> {
        let today = date_of(self.now);
        // In this order: a dossier that ends meanwhile is in both, and not in neither.
        self.keep(self.dossiers.open(self.agency).await?);
        self.keep(self.dossiers.ended(self.agency, asked_first, today).await?);
        let first = self.back_to_agreement(asked_first).await?;
        let mut counted =
            Counted { first, last: asked_last, changed: 0, corrected: 0, closed: None };
        let mut days = Vec::new();
        let mut day = first;
        loop {
            let rows = self.count(day)?;
            let change = self.changes(day, &rows).await?;
            counted.changed += change.len();
            counted.corrected += change.corrected();
            counted.last = day.max(asked_last);
            if change.len() > 0 {
                days.push(change);
            }
            // Today, too, may have been ordered to be counted: it has to go along.
            if day >= asked_last && (next(day) > today || self.next_agrees(day, &rows).await?) {
                return Ok((counted, days));
            }
            day = next(day);
            if day > asked_last.saturating_add(i64::from(FURTHER_DAYS_MAX).days()) {
                return Err(self.no_agreement(day));
            }
        }
    }

    /// Keeps what was read. Where a dossier was read twice, because it moved meanwhile, the longer
    /// history is the later one.
    fn keep(&mut self, found: Histories) {
        self.unreadable.extend(found.unreadable);
        for facts in found.facts {
            let known = self.facts.get(&facts.code).map_or(0, |known| known.history.len());
            if facts.history.len() > known {
                self.facts.insert(facts.code.clone(), facts);
            }
        }
    }

    /// The agency's rows of a day; an error, if what must hold in them does not.
    fn count(&self, day: Date) -> Result<KpiRows, Failure> {
        let law = self.catalogue.law();
        let receive_by =
            |dossier: &DossierFacts, submitted| law.receive_by(&dossier.agency, submitted);
        let due_next =
            |dossier: &DossierFacts, day, due| law.is_due_next(&dossier.agency, day, due);
        let basis_on = |day| basis(self.catalogue, day);
        let rulings = Rulings { basis_on: &basis_on, receive_by: &receive_by, due_next: &due_next };
        let mut rows = tally(self.facts.values(), day, &rulings);
        add_up(day, &rows)?;
        rows.remove(&KpiCell::Province);
        Ok(rows)
    }

    /// The first day, searched backwards from `first`, whose morning agrees with the evening before
    /// as it was counted.
    async fn back_to_agreement(&mut self, mut first: Date) -> Result<Date, Failure> {
        for _ in 0..FURTHER_DAYS_MAX {
            let evening = previous(first);
            let (known, rows) = self.known(evening).await?;
            if !known || agree(&rows, &self.count(first)?) {
                return Ok(first);
            }
            first = evening;
            self.keep(self.dossiers.ended(self.agency, first, first).await?);
        }
        Err(self.no_agreement(first))
    }

    /// Whether the day after `day`, if it was counted, carries over what `rows` leave open.
    async fn next_agrees(&self, day: Date, rows: &KpiRows) -> Result<bool, Failure> {
        let (known, next) = self.known(next(day)).await?;
        Ok(!known || agree(rows, &next))
    }

    /// The rows of a day as last counted, published or not, and whether they can be compared: a day
    /// that was never closed and has no rows is unknown.
    async fn known(&self, day: Date) -> Result<(bool, KpiRows), Failure> {
        let stored = self.ledger.day(self.figures, day).await?;
        let rows = committed(&stored.of(self.agency), &self.state);
        Ok((stored.count.is_some() || !rows.is_empty(), rows))
    }

    fn no_agreement(&self, day: Date) -> Failure {
        tracing::error!(%day, agency = self.agency.as_str(), "days do not agree with each other however far they are counted");
        Failure::Defect("days do not agree with each other".to_owned())
    }
}

/// The rows as the counts of the agency have left them.
fn committed(rows: &AgencyRows, state: &AgencyState) -> KpiRows {
    let mark = state.writer.mark();
    let shown =
        rows.iter().filter_map(|(cell, versions)| Some((cell.clone(), *versions.shown(&mark)?)));
    shown.filter(|(_, row)| !row.is_empty()).collect()
}

/// Fails with the identities that the rows of `day` break.
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
