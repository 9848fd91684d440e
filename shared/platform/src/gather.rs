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
    /// The province's, of each part that was counted: whole months, and days at both ends.
    pub parts: Vec<(Period, KpiRow)>,
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
        Ok(Some((part, count, rows(figures, &name).await?)))
    });
    let found: Vec<(Period, CountRecord, KpiRows)> =
        read.buffered(WIDTH).try_filter_map(|part| async { Ok(part) }).try_collect().await?;
    let (first, last) = (found.first().map(|(_, count, _)| count.first), found.last().map(|(_, count, _)| count.last));
    let days = found.iter().map(|(_, count, _)| count.days).sum();
    let basis = found.first().map(|(_, count, _)| count.due_basis);
    let due_basis = basis.filter(|basis| found.iter().all(|(_, count, _)| count.due_basis == *basis));
    let parts = found.iter().map(|(part, count, rows)| (part.clone(), province(count.first, rows))).collect();
    let (opening, stocks) = match (first, last) {
        (Some(first), Some(last)) => {
            (rows(figures, &first.to_string()).await?, rows(figures, &last.to_string()).await?)
        }
        _ => (KpiRows::new(), KpiRows::new()),
    };
    let from = first.unwrap_or_else(|| period.first());
    let rows = joined(from, &opening, found.into_iter().map(|(_, _, rows)| rows), &stocks);
    check(period, &rows)?;
    Ok(Gathered { rows, parts, days, first, last, due_basis })
}

/// What happened in the province in a part of which `rows` are the sum, counted by itself.
fn province(first: Date, rows: &KpiRows) -> KpiRow {
    let none = KpiRows::new();
    joined(first, &none, [rows.clone()], &none).remove(&KpiCell::Province).unwrap_or_default()
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

/// The province's figures of the points of a period up to the last that was counted, for its trend: days, or months where these are
/// too many. A point that was not counted has none.
pub async fn trend(
    period: &Period,
    gathered: &Gathered,
    figures: &Figures,
) -> Result<Vec<(Period, Option<KpiRow>)>, Failure> {
    let Some(last) = gathered.last else {
        return Ok(Vec::new());
    };
    let days = || period.first().series(jiff::ToSpan::day(1)).take_while(|day| *day <= period.last());
    if days().count() > POINTS_MAX {
        let points = parts(period).into_iter().take_while(|part| part.first() <= last);
        let known = |point: &Period| gathered.parts.iter().find(|(part, _)| part == point).map(|(_, row)| *row);
        return Ok(points.map(|point| (known(&point), point)).map(|(row, point)| (point, row)).collect());
    }
    let province = KpiCell::Province.to_string();
    let province = &province;
    let points = days().take_while(|day| *day <= last).map(Period::day);
    let read = stream::iter(points).map(|point| async move {
        let row = figures.row(&point.to_string(), province).await?;
        let counted = figures.count(&point.to_string()).await?.is_some();
        Ok::<_, Failure>((point, counted.then(|| row.map(|row| row.figures).unwrap_or_default())))
    });
    read.buffered(WIDTH).try_collect().await
}
