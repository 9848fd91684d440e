//! Closes what was counted: the province's row of every day concerned, the identities between all
//! rows, the months, and last, in one write, the edition that is published. Until that write no
//! reader sees any of it.
//!
//! What there is to close is read from the table: how far agencies have committed, how far they are
//! published, and which runs are complete. So a close may run at any time, and several may run at
//! once: the last one to claim the edition publishes it.

use std::collections::{BTreeMap, BTreeSet};

use domain::catalogue::Catalogue;
use domain::id::{AgencyCode, DossierCode};
use domain::kpi::{KpiCell, KpiRow, KpiRows};
use futures::{StreamExt, TryStreamExt, stream};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use platform::Failure;
use platform::dynamo::{Consistency, Figures};
use platform::edition::{Head, Versions};
use platform::record::{CorrectionRecord, CountRecord, CountRun};

use crate::write::{NAMED_MAX, correct, first};
use crate::{TRIES_MAX, basis, is_held, month, pause};

/// Rows written at the same time.
const WIDTH: usize = 8;

/// The result of a close.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Closed {
    /// The number of days examined.
    pub days: usize,
    /// Rows of the province's days that were written or removed.
    pub changed: usize,
    /// Of these, figures that had been published before.
    pub corrected: usize,
}

/// Closes what agencies have committed, and the days of those of `runs` that are whole. Done again
/// it changes nothing.
pub(crate) async fn close(
    by: &str,
    runs: &[CountRun],
    figures: &Figures,
    catalogue: &Catalogue,
    now: Timestamp,
) -> Result<Closed, Failure> {
    let mut outcome = close_once(by, runs, (figures, catalogue), now).await;
    for tried in 1..TRIES_MAX {
        if !is_held(&outcome) {
            break;
        }
        pause(tried).await;
        outcome = close_once(by, runs, (figures, catalogue), now).await;
    }
    let closed = outcome?;
    let Closed { days, changed, corrected } = closed;
    tracing::info!(run = by, days, changed, corrected, "days closed");
    Ok(closed)
}

/// What is to be published, before anything of it is written.
pub(crate) struct Draft<'a> {
    pub(crate) figures: &'a Figures,
    pub(crate) catalogue: &'a Catalogue,
    pub(crate) now: Timestamp,
    /// What is published now.
    pub(crate) head: Head,
    /// The same, with agencies as far as they have committed.
    pub(crate) next: Head,
    /// Days that will be published with it, though they are not yet.
    pub(crate) opened: BTreeSet<Date>,
    pub(crate) rows: Vec<(String, KpiCell, Versions<KpiRow>, KpiRow)>,
    pub(crate) counts: Vec<(CountRecord, Versions<CountRecord>)>,
    /// The rows of the days that were put together, and of the published days beside them.
    pub(crate) evenings: BTreeMap<Date, KpiRows>,
    /// Agencies of which something does not hold, and from which day to which.
    pub(crate) doubtful: BTreeMap<AgencyCode, (Date, Date)>,
    corrections: Vec<CorrectionRecord>,
    closed: Closed,
}

async fn close_once(
    by: &str,
    runs: &[CountRun],
    (figures, catalogue): (&Figures, &Catalogue),
    now: Timestamp,
) -> Result<Closed, Failure> {
    let head = figures.head().await?;
    let mut next = head.clone();
    let mut moved = BTreeSet::new();
    for (agency, state) in figures.agencies(Consistency::Strong).await? {
        let mark = state.writer.mark();
        if mark.upto > head.of(&agency).upto {
            moved.extend(state.days);
            next.agencies.insert(agency, mark);
        }
    }
    let mut draft = Draft {
        figures,
        catalogue,
        now,
        head,
        next,
        opened: BTreeSet::new(),
        rows: Vec::new(),
        counts: Vec::new(),
        evenings: BTreeMap::new(),
        doubtful: BTreeMap::new(),
        corrections: Vec::new(),
        closed: Closed::default(),
    };
    let whole = runs.iter().filter(|run| run.remaining.is_empty());
    let days_of = |run: &CountRun| {
        run.first.series(1.day()).take_while(|day| *day <= run.last).collect::<Vec<_>>()
    };
    let asked: BTreeSet<Date> =
        whole.clone().filter(|run| run.id == by).flat_map(days_of).collect();
    // Of runs whose own close died, what was never published.
    let left: BTreeSet<Date> = whole.filter(|run| run.id != by).flat_map(days_of).collect();
    let mut days = BTreeSet::new();
    for day in moved.iter().chain(&asked).chain(&left).copied().collect::<BTreeSet<_>>() {
        let is_whole = asked.contains(&day) || left.contains(&day);
        let concerned = moved.contains(&day) || asked.contains(&day);
        if draft.day(day, is_whole, concerned, moved.contains(&day)).await? {
            days.insert(day);
        }
    }
    if let (Some(from), Some(to)) = (days.first(), days.last()) {
        month::sum_months(&mut draft, (*from, *to)).await?;
    }
    draft.closed.days = days.len();
    draft.compare().await?;
    draft.mark(by).await?;
    draft.publish(by).await
}

impl Draft<'_> {
    /// Puts a day together, if it is published or, because every agency was counted on it, may be;
    /// one that is published only if it is `concerned`. Gives whether it was put together.
    async fn day(
        &mut self,
        day: Date,
        is_whole: bool,
        concerned: bool,
        moved: bool,
    ) -> Result<bool, Failure> {
        let name = day.to_string();
        let counts = self.figures.stored_count(&name).await?;
        let count = counts.shown(&self.head.writer.mark()).cloned();
        if if count.is_some() { !concerned } else { !is_whole } {
            return Ok(false);
        }
        let (mut rows, mut province) = (KpiRows::new(), Versions::default());
        let stored = self.figures.stored_rows(&name).await?;
        for row in stored.rows {
            if row.cell == KpiCell::Province {
                province = row.versions;
            } else if let Some(figures) = row.versions.shown(&self.next.mark(&name, &row.cell)) {
                rows.insert(row.cell, *figures);
            }
        }
        let before = province.shown(&self.head.writer.mark()).copied().unwrap_or_default();
        let mut after = KpiRow::default();
        for (_, row) in rows.iter().filter(|(cell, _)| matches!(cell, KpiCell::Work { .. })) {
            after.add(row);
        }
        self.keep(day, rows, stored.left_out);
        if before != after {
            if let Some(count) = &count {
                let (day, of, at) = (name.clone(), KpiCell::Province, self.now);
                let because = because(self.figures, &name, count.counted_at).await?;
                self.corrections.push(CorrectionRecord { day, of, at, before, after, because });
                self.closed.corrected += 1;
            }
            self.rows.push((name.clone(), KpiCell::Province, province, after));
            self.closed.changed += 1;
        }
        let due_basis = basis(self.catalogue, day);
        if moved
            || before != after
            || count.as_ref().is_none_or(|count| count.due_basis != due_basis)
        {
            let record = CountRecord {
                day: name,
                counted_at: self.now,
                due_basis,
                first: day,
                last: day,
                days: 1,
            };
            self.counts.push((record, counts));
        }
        if count.is_none() {
            self.opened.insert(day);
        }
        Ok(true)
    }

    /// Writes all rows beside the published ones and then publishes them, unless another close
    /// claimed the edition in the meantime.
    async fn publish(self, by: &str) -> Result<Closed, Failure> {
        let nothing = self.rows.is_empty() && self.counts.is_empty();
        if nothing && self.next.agencies == self.head.agencies {
            return Ok(self.closed);
        }
        let (figures, seen) = (self.figures, &self.head.writer);
        if !seen.is_free(by, self.now) {
            return Err(Failure::Held("the edition of the figures"));
        }
        let claimed = figures.claim_edition(seen, by, self.now).await?;
        let writer = claimed.ok_or(Failure::Held("the edition of the figures"))?;
        let (published, number) = (seen.mark(), writer.claimed);
        for correction in &self.corrections {
            correct(figures, correction).await?;
        }
        let (published, void) = (&published, &writer.void);
        let rows = stream::iter(self.rows).map(|(name, cell, versions, row)| async move {
            let versions = versions.with(published, void, number, row);
            first(figures.put_row(&name, &cell, number, &versions).await?)
        });
        rows.buffered(WIDTH).try_collect::<()>().await?;
        for (count, versions) in self.counts {
            let name = count.day.clone();
            let versions = versions.with(published, void, number, count);
            first(figures.put_count_row(&name, number, &versions).await?)?;
        }
        first(figures.publish(number, self.next.agencies.iter()).await?)?;
        Ok(self.closed)
    }
}

/// What moved the province: what moved its agencies since it was closed.
async fn because(
    figures: &Figures,
    day: &str,
    counted: Timestamp,
) -> Result<Vec<DossierCode>, Failure> {
    let corrections = figures.corrections(day).await?.into_iter();
    let since = corrections
        .filter(|correction| correction.at > counted && correction.of != KpiCell::Province);
    let named: BTreeSet<DossierCode> = since.flat_map(|correction| correction.because).collect();
    Ok(named.into_iter().take(NAMED_MAX).collect())
}
