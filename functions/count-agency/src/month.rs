//! Sums days up to months, so that a year is read in a dozen steps.

use std::collections::BTreeMap;

use domain::calendar::next;
use domain::kpi::{FigureKind, KpiCell, KpiRow};
use domain::period::Period;
use futures::{StreamExt, TryStreamExt, stream};
use jiff::ToSpan;
use jiff::civil::Date;
use platform::Failure;
use platform::edition::Versions;
use platform::gather::longest;
use platform::record::CountRecord;

use crate::basis;
use crate::close::Draft;

/// Days read at the same time.
const WIDTH: usize = 8;

/// Sums up the months of the days from `first` to `last`, from the rows of their days as they will
/// be published.
pub(crate) async fn sum_months(
    draft: &mut Draft<'_>,
    (first, last): (Date, Date),
) -> Result<(), Failure> {
    let mut month = Period::month_of(first);
    loop {
        let counted = counted(draft, &month).await?;
        sum(draft, &month, &counted).await?;
        if month.last() >= last {
            return Ok(());
        }
        month = Period::month_of(next(month.last()));
    }
}

/// The days of a month that will be published: the longest stretch of them, since over a day that
/// was not counted nothing adds up.
async fn counted(draft: &Draft<'_>, month: &Period) -> Result<Vec<Date>, Failure> {
    let published = &draft.head.writer.mark();
    let days: Vec<Date> =
        month.first().series(1.day()).take_while(|day| *day <= month.last()).collect();
    let counts = stream::iter(days).map(|day| async move {
        let opened = draft.opened.contains(&day);
        let known = opened
            || draft.figures.stored_count(&day.to_string()).await?.shown(published).is_some();
        Ok::<_, Failure>(known.then_some(day))
    });
    let found: Vec<Option<Date>> = counts.buffered(WIDTH).try_collect().await?;
    Ok(longest(found.into_iter().flatten().collect(), |day| (*day, *day)))
}

async fn sum(draft: &mut Draft<'_>, month: &Period, counted: &[Date]) -> Result<(), Failure> {
    let mut sums: BTreeMap<KpiCell, KpiRow> = BTreeMap::new();
    let mut province = KpiRow::default();
    let (figures, next) = (draft.figures, &draft.next);
    let days = counted.iter().map(|day| async move {
        let name = day.to_string();
        let rows = figures.stored(&name).await?;
        Ok::<_, Failure>((name, rows))
    });
    let mut days = stream::iter(days).buffer_unordered(WIDTH);
    while let Some((name, rows)) = days.try_next().await? {
        // The province's own row of a day may not be written yet: it is the sum of its work.
        for row in rows.into_iter().filter(|row| row.cell != KpiCell::Province) {
            if let Some(figures) = row.versions.shown(&next.mark(&name, &row.cell)) {
                if matches!(row.cell, KpiCell::Work { .. }) {
                    province.add_kind(FigureKind::Flow, figures);
                }
                sums.entry(row.cell).or_default().add_kind(FigureKind::Flow, figures);
            }
        }
    }
    sums.insert(KpiCell::Province, province);
    let (name, published) = (month.to_string(), draft.head.writer.mark());
    let stored = figures.stored(&name).await?.into_iter().map(|row| (row.cell, row.versions));
    let mut stored: BTreeMap<KpiCell, Versions<KpiRow>> = stored.collect();
    for cell in stored.keys() {
        sums.entry(cell.clone()).or_default();
    }
    let before = draft.rows.len();
    for (cell, sum) in sums {
        let versions = stored.remove(&cell).unwrap_or_default();
        if versions.shown(&published).copied().unwrap_or_default() != sum {
            draft.rows.push((name.clone(), cell, versions, sum));
        }
    }
    let (Some(first), Some(last)) = (counted.first().copied(), counted.last().copied()) else {
        return Ok(());
    };
    let counts = draft.figures.stored_count(&name).await?;
    let days = u32::try_from(counted.len()).unwrap_or(u32::MAX);
    let as_before =
        |count: &CountRecord| (count.first, count.last, count.days) == (first, last, days);
    if draft.rows.len() > before || !counts.shown(&published).is_some_and(as_before) {
        let due_basis = basis(draft.catalogue, last);
        let record = CountRecord { day: name, counted_at: draft.now, due_basis, first, last, days };
        draft.counts.push((record, counts));
    }
    Ok(())
}
