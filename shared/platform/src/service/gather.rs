//! Reads the figures of a period: whole months as they were summed up, the rest day by day.
//!
//! All that one answer is made of belongs to one edition of the figures (ADR 26), whatever is
//! written meanwhile.

use std::collections::{BTreeMap, BTreeSet};

use domain::calendar::next;
use domain::id::AgencyCode;
use domain::kpi::report::joined;
use domain::kpi::{DueBasis, KpiCell, KpiRow, KpiRows, broken_identities, broken_rows};
use domain::period::Period;
use futures::{StreamExt, TryStreamExt, stream};
use jiff::civil::Date;

use crate::Failure;
use crate::dynamo::{Closed, Consistency, Figures};
use crate::edition::{Head, Trouble};
use crate::record::CountRecord;

/// Days or months read at a time.
const WIDTH: usize = 12;

/// The most points of a trend.
const POINTS_MAX: usize = 62;

/// How often figures are read again of which a new edition was published meanwhile.
const READ_MAX: u32 = 5;

/// The figures of a period.
#[derive(Debug)]
pub struct Gathered {
    /// The rows by cell.
    pub rows: KpiRows,
    /// The province's, of each part that was counted: whole months, and days at both ends.
    pub parts: Vec<(Period, KpiRow)>,
    /// The last day that was counted, beyond a day that was not, too.
    pub reaches: Option<Date>,
    /// How many days of the period were counted: of the longest stretch, since over a day that was
    /// not nothing adds up.
    pub days: u32,
    /// The first of them, if there is any.
    pub first: Option<Date>,
    /// The last: the figures are as of its end.
    pub last: Option<Date>,
    /// Against which due dates was counted, where every day was counted alike.
    pub due_basis: Option<DueBasis>,
    /// What is known to be wrong with them.
    pub doubts: Doubts,
}

/// What is known to be wrong with published figures of a period.
#[derive(Debug, Default)]
pub struct Doubts {
    /// Agencies that were to be counted on days of it and could not be, and why.
    pub uncounted: BTreeMap<AgencyCode, Trouble>,
    /// Agencies of which figures were found to be otherwise; the correction is not closed yet.
    pub moving: BTreeSet<AgencyCode>,
    /// Dossiers that the last count left out because they could not be read, by their agency.
    pub unreadable: BTreeMap<AgencyCode, BTreeSet<String>>,
}

impl Doubts {
    /// Whether figures that are published may soon be others.
    pub fn being_corrected(&self) -> bool {
        !self.uncounted.is_empty() || !self.moving.is_empty()
    }

    /// What is wrong with the figures of the days from `first` to `last`, as `head` publishes them.
    async fn of(
        figures: &Figures,
        head: &Head,
        (first, last): (Date, Date),
    ) -> Result<Self, Failure> {
        let mut doubts = Self::default();
        for (agency, state) in figures.agencies(Consistency::Eventual).await? {
            if state.correcting(&head.of(&agency)).any(|day| first <= day && day <= last) {
                doubts.moving.insert(agency.clone());
            }
            if let Some(trouble) =
                state.trouble.filter(|trouble| trouble.first <= last && first <= trouble.last)
            {
                doubts.uncounted.insert(agency.clone(), trouble);
            }
            if !state.unreadable.is_empty() {
                doubts.unreadable.insert(agency, state.unreadable);
            }
        }
        Ok(doubts)
    }
}

impl Gathered {
    /// Whether every day of the period was counted.
    pub fn is_whole(&self, period: &Period) -> bool {
        i64::from(self.days) == i64::from((period.last() - period.first()).get_days()) + 1
    }

    /// Whether every day of the period was counted and is over on the day `today`: what is counted of
    /// a day that goes on is counted again by its night.
    pub fn is_complete(&self, period: &Period, today: Date) -> bool {
        self.is_whole(period) && period.last() < today
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

/// Reads by `read` from one edition, and again from the next where that was published meanwhile:
/// what the older one shows may be gone by then.
async fn of_one_edition<T>(
    figures: &Figures,
    read: impl AsyncFn(&Closed<'_>) -> Result<T, Failure>,
) -> Result<T, Failure> {
    for _ in 0..READ_MAX {
        let closed = figures.closed().await?;
        let found = read(&closed).await;
        if figures.head().await?.writer.committed == closed.head().writer.committed {
            return found;
        }
    }
    Err(Failure::Held("the edition of the figures"))
}

/// Reads the figures of `period`; an error, if they do not add up to those of the province.
pub async fn gather(period: &Period, figures: &Figures) -> Result<Gathered, Failure> {
    of_one_edition(figures, async |closed| {
        let mut gathered = gathered(period, closed).await?;
        if let (Some(first), Some(last)) = (gathered.first, gathered.last) {
            let left_out = std::mem::take(&mut gathered.doubts.moving);
            gathered.doubts = Doubts::of(figures, closed.head(), (first, last)).await?;
            gathered.doubts.moving.extend(left_out);
        }
        Ok(gathered)
    })
    .await
}

async fn gathered(period: &Period, figures: &Closed<'_>) -> Result<Gathered, Failure> {
    let read = stream::iter(parts(period)).map(|part| async move {
        let name = part.to_string();
        let Some(count) = figures.count(&name).await? else {
            return Ok::<_, Failure>(None);
        };
        Ok(Some((part, count, rows(figures, &name).await?)))
    });
    let found: Vec<(Period, CountRecord, KpiRows)> =
        read.buffered(WIDTH).try_filter_map(|part| async { Ok(part) }).try_collect().await?;
    let reaches = found.last().map(|(_, count, _)| count.last);
    let parts = found
        .iter()
        .map(|(part, count, rows)| (part.clone(), province(count.first, rows)))
        .collect();
    let found = longest(found, |(_, count, _)| (count.first, count.last));
    let (first, last) = (
        found.first().map(|(_, count, _)| count.first),
        found.last().map(|(_, count, _)| count.last),
    );
    let days = found.iter().map(|(_, count, _)| count.days).sum();
    let basis = found.first().map(|(_, count, _)| count.due_basis);
    let due_basis =
        basis.filter(|basis| found.iter().all(|(_, count, _)| count.due_basis == *basis));
    let (opening, stocks) = match (first, last) {
        (Some(first), Some(last)) => {
            (rows(figures, &first.to_string()).await?, rows(figures, &last.to_string()).await?)
        }
        _ => (KpiRows::new(), KpiRows::new()),
    };
    let from = first.unwrap_or_else(|| period.first());
    let mut rows = joined(from, &opening, found.into_iter().map(|(_, _, rows)| rows), &stocks);
    let doubts = Doubts { moving: leave_out(period, &mut rows), ..Doubts::default() };
    check(period, &rows)?;
    Ok(Gathered { rows, parts, reaches, days, first, last, due_basis, doubts })
}

/// The longest stretch of parts that follow each other, of two the later: over a day that was not
/// counted nothing can be added up, since what happened on it is missing.
pub fn longest<T>(parts: Vec<T>, span: impl Fn(&T) -> (Date, Date)) -> Vec<T> {
    let (mut best, mut stretch): (Vec<T>, Vec<T>) = (Vec::new(), Vec::new());
    let days = |parts: &[T]| match (parts.first(), parts.last()) {
        (Some(first), Some(last)) => (span(last).1 - span(first).0).get_days() + 1,
        _ => 0,
    };
    for part in parts {
        if stretch.last().is_some_and(|last| next(span(last).1) != span(&part).0) {
            let ended = std::mem::take(&mut stretch);
            if days(&ended) >= days(&best) {
                best = ended;
            }
        }
        stretch.push(part);
    }
    if days(&stretch) >= days(&best) { stretch } else { best }
}

/// What happened in the province in a part of which `rows` are the sum, counted by itself.
fn province(first: Date, rows: &KpiRows) -> KpiRow {
    let none = KpiRows::new();
    joined(first, &none, [rows.clone()], &none).remove(&KpiCell::Province).unwrap_or_default()
}

/// Leaves out the rows of work that do not hold by themselves, because a row of one of their days
/// is missing, and gives their agencies. The province has what is left, if it had the sum of all.
fn leave_out(period: &Period, rows: &mut KpiRows) -> BTreeSet<AgencyCode> {
    let whole = |rows: &KpiRows| {
        let mut whole = KpiRow::default();
        for (_, row) in rows.iter().filter(|(cell, _)| matches!(cell, KpiCell::Work { .. })) {
            whole.add(row);
        }
        whole
    };
    let mut agencies = BTreeSet::new();
    if rows.get(&KpiCell::Province).copied().unwrap_or_default() != whole(rows) {
        return agencies;
    }
    for (cell, identity) in broken_rows(rows) {
        if let KpiCell::Work { agency, .. } = &cell {
            tracing::error!(%period, %cell, identity, "a row is left out of figures");
            agencies.insert(agency.clone());
            rows.remove(&cell);
        }
    }
    if !agencies.is_empty() {
        let rest = whole(rows);
        rows.insert(KpiCell::Province, rest);
    }
    agencies
}

/// What must hold between the figures of a time.
fn check(period: &Period, rows: &KpiRows) -> Result<(), Failure> {
    let mut broken = broken_identities(rows);
    match broken.pop() {
        None => Ok(()),
        Some(identity) => {
            tracing::error!(%period, identity, "stored figures do not add up");
            Err(Failure::Defect(format!("the figures of {period} do not add up: {identity}")))
        }
    }
}

async fn rows(figures: &Closed<'_>, name: &str) -> Result<KpiRows, Failure> {
    Ok(figures.of(name).await?.into_iter().map(|record| (record.cell, record.figures)).collect())
}

/// The province's figures of the points of a period up to the last that was counted, for its trend:
/// days, or months where these are too many. A point that was not counted has none.
pub async fn trend(
    period: &Period,
    gathered: &Gathered,
    figures: &Figures,
) -> Result<Vec<(Period, Option<KpiRow>)>, Failure> {
    of_one_edition(figures, async |closed| points(period, gathered, closed).await).await
}

async fn points(
    period: &Period,
    gathered: &Gathered,
    figures: &Closed<'_>,
) -> Result<Vec<(Period, Option<KpiRow>)>, Failure> {
    let Some(last) = gathered.reaches else {
        return Ok(Vec::new());
    };
    let days =
        || period.first().series(jiff::ToSpan::day(1)).take_while(|day| *day <= period.last());
    if days().count() > POINTS_MAX {
        let points = parts(period).into_iter().take_while(|part| part.first() <= last);
        let known = |point: &Period| {
            gathered.parts.iter().find(|(part, _)| part == point).map(|(_, row)| *row)
        };
        return Ok(points
            .map(|point| (known(&point), point))
            .map(|(row, point)| (point, row))
            .collect());
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
