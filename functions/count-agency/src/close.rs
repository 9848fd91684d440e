//! Closes the days of a run once each of its agencies was counted: the province's row, what must hold between all of them, and the
//! months. Until then nobody is shown that the day was counted.

use std::collections::BTreeSet;

use domain::catalogue::Catalogue;
use domain::id::DossierCode;
use domain::kpi::{KpiCell, KpiRow, KpiRows};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use platform::Failure;
use platform::dynamo::Figures;
use platform::record::{CorrectionRecord, CountRecord, CountRun, KpiRecord};

use crate::month::sum_months;
use crate::write::{NAMED_MAX, correct, settle};
use crate::{add_up, basis};

/// What closing a run came to.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Closed {
    /// Days that were closed.
    pub days: usize,
    /// Rows of the province that were written or taken away.
    pub changed: usize,
    /// Of these, figures that had been published before.
    pub corrected: usize,
}

/// Closes every day of `run`, and every other of which a row was changed. Done again it changes nothing.
pub(crate) async fn close(
    run: &CountRun,
    figures: &Figures,
    catalogue: &Catalogue,
    now: Timestamp,
) -> Result<Closed, Failure> {
    let asked = run.first.series(1.day()).take_while(|day| *day <= run.last);
    let days: BTreeSet<Date> = asked.chain(run.changed.iter().copied()).collect();
    let mut closed = Closed::default();
    for day in &days {
        closed.days += 1;
        close_day(*day, run.changed.contains(day), (figures, catalogue, now), &mut closed).await?;
    }
    let (first, last) = (days.first().copied().unwrap_or(run.first), days.last().copied().unwrap_or(run.last));
    sum_months(figures, catalogue, (first, last), now).await?;
    let Closed { days, changed, corrected } = closed;
    tracing::info!(run = run.id, days, changed, corrected, "days closed");
    Ok(closed)
}

async fn close_day(
    day: Date,
    moved: bool,
    (figures, catalogue, now): (&Figures, &Catalogue, Timestamp),
    closed: &mut Closed,
) -> Result<(), Failure> {
    let name = day.to_string();
    let count = figures.count(&name).await?;
    let stored = figures.of(&name).await?.into_iter();
    let mut rows: KpiRows = stored.map(|record| (record.cell, record.figures)).collect();
    let before = rows.remove(&KpiCell::Province).unwrap_or_default();
    let mut after = KpiRow::default();
    for (_, row) in rows.iter().filter(|(cell, _)| matches!(cell, KpiCell::Work { .. })) {
        after.add(row);
    }
    rows.insert(KpiCell::Province, after);
    add_up(day, &rows)?;
    if before != after {
        if let Some(count) = &count {
            let (day, of) = (name.clone(), KpiCell::Province);
            let because = because(figures, &name, count.counted_at).await?;
            correct(figures, &CorrectionRecord { day, of, at: now, before, after, because }).await?;
            closed.corrected += 1;
        }
        settle(figures, KpiRecord { day: name.clone(), cell: KpiCell::Province, figures: after }).await?;
        closed.changed += 1;
    }
    let due_basis = basis(catalogue, day);
    // Last: a day that is said to be counted has all its rows.
    if moved || before != after || count.is_none_or(|count| count.due_basis != due_basis) {
        let count = CountRecord { day: name, counted_at: now, due_basis, first: day, last: day, days: 1 };
        figures.put_count(&count).await?;
    }
    Ok(())
}

/// What moved the province: what moved its agencies since it was closed.
async fn because(figures: &Figures, day: &str, counted: Timestamp) -> Result<Vec<DossierCode>, Failure> {
    let corrections = figures.corrections(day).await?.into_iter();
    let since = corrections.filter(|correction| correction.at > counted && correction.of != KpiCell::Province);
    let named: BTreeSet<DossierCode> = since.flat_map(|correction| correction.because).collect();
    Ok(named.into_iter().take(NAMED_MAX).collect())
}
