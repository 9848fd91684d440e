//! Reads the figures of a period: whole months as they were summed up, the rest day by day.

use domain::calendar::next;
use domain::kpi::report::joined;
use domain::kpi::{DueBasis, KpiCell, KpiRow, KpiRows, Period};
use futures::{StreamExt, TryStreamExt, stream};
use jiff::civil::Date;

use crate::Failure;
use crate::dynamo::Figures;
use crate::record::CountRecord;

/// Days or months read at a time.
const WIDTH: usize = 12;

/// The most points of a trend.
const POINTS_MAX: usize = 62;

/// The figures of a period.
#[derive(Debug)]
pub struct Gathered {
    /// The rows.
    pub rows: KpiRows,
    /// How many days of the period were counted.
    pub days: u32,
    /// The first of them, if there is any.
    pub first: Option<Date>,
    /// The last: the figures are as of its end.
    pub last: Option<Date>,
    /// Against which due dates was counted, where every day was counted alike.
    pub due_basis: Option<DueBasis>,
}

impl Gathered {
    /// Whether every day of the period was counted.
    pub fn is_whole(&self, period: &Period) -> bool {
        i64::from(self.days) == i64::from((period.last() - period.first()).get_days()) + 1
    }
}

/// The parts of a period: whole months, and the days at both ends.
fn parts(period: &Period) -> Vec<Period> {
    let mut parts = Vec::new();
    let mut day = period.first();
    while day <= period.last() {
        let month = Period::month_of(day);
        let whole = month.first() == day && month.last() <= period.last();
        let part = if whole { month } else { Period::day(day) };
        let end = part.last();
        parts.push(part);
        if end >= period.last() {
            break;
        }
        day = next(end);
    }
    parts
}

/// Reads the figures of `period`; an error, if they do not add up to those of the province.
pub async fn gather(period: &Period, figures: &Figures) -> Result<Gathered, Failure> {
    let read = stream::iter(parts(period)).map(|part| async move {
        let name = part.to_string();
        let Some(count) = figures.count(&name).await? else {
            return Ok::<_, Failure>(None);
        };
        Ok(Some((count, rows(figures, &name).await?)))
    });
    let found: Vec<(CountRecord, KpiRows)> =
        read.buffered(WIDTH).try_filter_map(|part| async { Ok(part) }).try_collect().await?;
    let (first, last) = (found.first().map(|(count, _)| count.first), found.last().map(|(count, _)| count.last));
    let days = found.iter().map(|(count, _)| count.days).sum();
    let basis = found.first().map(|(count, _)| count.due_basis);
    let due_basis = basis.filter(|basis| found.iter().all(|(count, _)| count.due_basis == *basis));
    let (opening, stocks) = match (first, last) {
        (Some(first), Some(last)) => {
            (rows(figures, &first.to_string()).await?, rows(figures, &last.to_string()).await?)
        }
        _ => (KpiRows::new(), KpiRows::new()),
    };
    let rows = joined(&opening, found.into_iter().map(|(_, rows)| rows), &stocks);
    check(period, &rows)?;
    Ok(Gathered { rows, days, first, last, due_basis })
}

/// What must hold between the figures of a time.
fn check(period: &Period, rows: &KpiRows) -> Result<(), Failure> {
    let mut broken = domain::kpi::broken_identities(rows);
    match broken.pop() {
        None => Ok(()),
        Some(identity) => {
            tracing::error!(%period, identity, "stored figures do not add up");
            Err(Failure::Defect(format!("the figures of {period} do not add up: {identity}")))
        }
    }
}

async fn rows(figures: &Figures, name: &str) -> Result<KpiRows, Failure> {
    Ok(figures.of(name).await?.into_iter().map(|record| (record.cell, record.figures)).collect())
}

/// The province's figures of the parts of a period, for its trend: days, or months where these are too many.
pub async fn trend(period: &Period, figures: &Figures) -> Result<Vec<(Period, KpiRow)>, Failure> {
    let days: Vec<Period> =
        period.first().series(jiff::ToSpan::day(1)).take_while(|day| *day <= period.last()).map(Period::day).collect();
    let points = if days.len() > POINTS_MAX { parts(period) } else { days };
    let province = KpiCell::Province.to_string();
    let province = &province;
    let read = stream::iter(points).map(|point| async move {
        let row = figures.row(&point.to_string(), province).await?;
        let counted = figures.count(&point.to_string()).await?.is_some();
        Ok::<_, Failure>(counted.then(|| (point, row.map(|row| row.figures).unwrap_or_default())))
    });
    read.buffered(WIDTH).try_filter_map(|point| async { Ok(point) }).try_collect().await
}
