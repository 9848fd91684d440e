//! Sums days up to months, so that a year is read in a dozen steps.

use std::collections::BTreeMap;

use domain::calendar::next;
use domain::catalogue::Catalogue;
use domain::kpi::{FigureKind, KpiCell, KpiRow, Period};
use futures::{StreamExt, TryStreamExt, stream};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use platform::Failure;
use platform::dynamo::Figures;
use platform::record::{CountRecord, KpiRecord};

use crate::basis;

/// Days read at a time.
const WIDTH: usize = 8;

/// How often a month is summed up anew while others count its days.
const SUMMED_MAX: u32 = 10;

/// Sums up the months of the days from `first` to `last`, from the rows of their days as they are stored.
pub(crate) async fn sum_months(
    figures: &Figures,
    catalogue: &Catalogue,
    (first, last): (Date, Date),
    now: Timestamp,
) -> Result<(), Failure> {
    let mut month = Period::month_of(first);
    loop {
        sum(figures, catalogue, &month, now).await?;
        if month.last() >= last {
            return Ok(());
        }
        month = Period::month_of(next(month.last()));
    }
}

/// Sums a month up, and again if one of its days was counted meanwhile by somebody else: whoever writes last has read last.
async fn sum(figures: &Figures, catalogue: &Catalogue, month: &Period, now: Timestamp) -> Result<(), Failure> {
    let mut read = counted(figures, month).await?;
    for _ in 0..SUMMED_MAX {
        sum_of((figures, catalogue, now), month, &read).await?;
        let meanwhile = counted(figures, month).await?;
        if meanwhile == read {
            return Ok(());
        }
        read = meanwhile;
    }
    Err(Failure::Held("the month"))
}

/// Which days of a month were counted, and when.
async fn counted(figures: &Figures, month: &Period) -> Result<BTreeMap<Date, Timestamp>, Failure> {
    let days: Vec<Date> = month.first().series(1.day()).take_while(|day| *day <= month.last()).collect();
    let counts = stream::iter(days).map(|day| async move {
        let count = figures.count(&day.to_string()).await?;
        Ok::<_, Failure>(count.map(|count| (day, count.counted_at)))
    });
    let found: Vec<_> = counts.buffered(WIDTH).try_collect().await?;
    Ok(found.into_iter().flatten().collect())
}

async fn sum_of(
    (figures, catalogue, now): (&Figures, &Catalogue, Timestamp),
    month: &Period,
    counted: &BTreeMap<Date, Timestamp>,
) -> Result<(), Failure> {
    let mut sums: BTreeMap<KpiCell, KpiRow> = BTreeMap::new();
    let days = counted.keys().map(|day| async move { figures.of(&day.to_string()).await });
    let mut rows = stream::iter(days).buffer_unordered(WIDTH);
    while let Some(records) = rows.try_next().await? {
        for record in records {
            sums.entry(record.cell).or_default().add_kind(FigureKind::Flow, &record.figures);
        }
    }
    sums.retain(|_, row| !row.is_empty());
    let name = month.to_string();
    let mut changed = false;
    let stored = figures.of(&name).await?;
    let mut stored: BTreeMap<KpiCell, KpiRecord> = stored.into_iter().map(|row| (row.cell.clone(), row)).collect();
    for (cell, sum) in sums {
        if stored.remove(&cell).is_none_or(|before| before.figures != sum) {
            figures.put(&KpiRecord { day: name.clone(), cell, figures: sum }).await?;
            changed = true;
        }
    }
    for row in stored.values() {
        figures.remove(row).await?;
        changed = true;
    }
    let (Some((first, _)), Some((last, _))) = (counted.first_key_value(), counted.last_key_value()) else {
        return Ok(());
    };
    let (first, last, before) = (*first, *last, figures.count(&name).await?);
    let days = u32::try_from(counted.len()).unwrap_or(u32::MAX);
    if changed || before.is_none_or(|before| (before.first, before.last, before.days) != (first, last, days)) {
        let due_basis = basis(catalogue, last);
        let count = CountRecord { day: name, counted_at: now, due_basis, first, last, days };
        figures.put_count(&count).await?;
    }
    Ok(())
}
