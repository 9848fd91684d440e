//! What a close finds wrong in figures that were counted. It is named in the log, where an alarm
//! listens, and with its agency, which the next night counts again; everything else is closed.

use std::collections::{BTreeMap, BTreeSet};

use domain::calendar::{next, previous};
use domain::id::AgencyCode;
use domain::kpi::{KpiCell, KpiRow, KpiRows, broken_rows};
use jiff::civil::Date;
use platform::dynamo::Consistency;
use platform::edition::Trouble;
use platform::{Failure, LogLine};

use crate::agree;
use crate::close::Draft;

impl Draft<'_> {
    /// Keeps the rows of a day that is put together, and which of its agencies have rows that are
    /// left out, or that do not hold by themselves.
    pub(crate) fn keep(&mut self, day: Date, rows: KpiRows, left_out: BTreeSet<KpiCell>) {
        for cell in &left_out {
            self.doubt(cell, (day, day));
        }
        for (cell, identity) in broken_rows(&rows) {
            tracing::error!(%day, %cell, identity, "a count does not add up");
            self.doubt(&cell, (day, day));
        }
        self.evenings.insert(day, rows);
    }

    /// Compares each day that is put together with the published days beside it: what an agency
    /// left open in the evening it carries over in the morning.
    pub(crate) async fn compare(&mut self) -> Result<(), Failure> {
        let days: Vec<Date> = self.evenings.keys().copied().collect();
        for day in &days {
            for beside in [previous(*day), next(*day)] {
                if !self.evenings.contains_key(&beside)
                    && let Some(rows) = self.published(beside).await?
                {
                    self.evenings.insert(beside, rows);
                }
            }
        }
        let mut disagree = Vec::new();
        for (evening, rows) in &self.evenings {
            let morning = next(*evening);
            let (before, after) = (by_agency(rows), self.evenings.get(&morning).map(by_agency));
            let Some(after) = after else {
                continue;
            };
            let none = KpiRows::new();
            for agency in before.keys().chain(after.keys()) {
                let of = |rows: &BTreeMap<AgencyCode, KpiRows>| rows.get(agency).cloned();
                let (before, after) = (of(&before), of(&after));
                if !agree(before.as_ref().unwrap_or(&none), after.as_ref().unwrap_or(&none)) {
                    disagree.push((agency.clone(), (*evening, morning)));
                }
            }
        }
        disagree.dedup();
        for (agency, (evening, morning)) in disagree {
            let named = agency.as_str();
            tracing::error!(%evening, %morning, agency = named, "days do not agree with each other");
            self.widen(agency, (evening, morning));
        }
        Ok(())
    }

    /// Marks the agencies in doubt, so that reports name them and the next night counts their days
    /// again.
    pub(crate) async fn mark(&self, by: &str) -> Result<(), Failure> {
        if self.doubtful.is_empty() {
            return Ok(());
        }
        let states: BTreeMap<_, _> =
            self.figures.agencies(Consistency::Strong).await?.into_iter().collect();
        for (agency, (first, last)) in &self.doubtful {
            let named = agency.as_str();
            tracing::error!(agency = named, %first, %last, "{}", LogLine::FiguresInDoubt);
            let known = states.get(agency).and_then(|state| state.trouble.clone());
            let found = Trouble {
                run: by.to_owned(),
                reason: Failure::Defect(String::new()).slug().to_owned(),
                detail: "figures that were counted do not hold".to_owned(),
                at: self.now,
                first: *first,
                last: *last,
            };
            let trouble = match known {
                Some(known) if known.first <= *first && *last <= known.last => continue,
                Some(known) => {
                    Trouble { first: known.first.min(*first), last: known.last.max(*last), ..known }
                }
                None => found,
            };
            self.figures.trouble(agency, Some(&trouble)).await?;
        }
        Ok(())
    }

    fn doubt(&mut self, cell: &KpiCell, days: (Date, Date)) {
        if let Some(agency) = cell.agency() {
            self.widen(agency.clone(), days);
        }
    }

    fn widen(&mut self, agency: AgencyCode, (first, last): (Date, Date)) {
        let days = self.doubtful.entry(agency).or_insert((first, last));
        *days = (days.0.min(first), days.1.max(last));
    }

    /// The rows of a day as they will be published; none of a day that will not.
    async fn published(&self, day: Date) -> Result<Option<KpiRows>, Failure> {
        let (name, closed) = (day.to_string(), self.head.writer.mark());
        if self.figures.stored_count(&name).await?.shown(&closed).is_none() {
            return Ok(None);
        }
        let rows = self.figures.stored(&name).await?.into_iter();
        let shown = rows.filter_map(|row| {
            let figures = *row.versions.shown(&self.next.mark(&name, &row.cell))?;
            Some((row.cell, figures))
        });
        Ok(Some(shown.collect()))
    }
}

/// The rows of work, by agency.
fn by_agency(rows: &KpiRows) -> BTreeMap<AgencyCode, KpiRows> {
    let mut found: BTreeMap<AgencyCode, BTreeMap<KpiCell, KpiRow>> = BTreeMap::new();
    for (cell, row) in rows {
        if let KpiCell::Work { agency, .. } = cell {
            found.entry(agency.clone()).or_default().insert(cell.clone(), *row);
        }
    }
    found
}
