//! What was counted before, read once for all messages of an invocation.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::id::AgencyCode;
use domain::kpi::{KpiCell, KpiRow};
use jiff::civil::Date;
use platform::Failure;
use platform::dynamo::{Consistency, Figures};
use platform::edition::{AgencyState, Head, Versions};
use platform::record::CountRecord;
use tokio::sync::Mutex;

/// What was read from the figures table. It holds for an agency as long as no other count writes:
/// each writer claims the number after the last one it knows, and starts over if that number is
/// taken.
#[derive(Debug, Default)]
pub struct Ledger {
    known: Mutex<Option<Known>>,
    days: Mutex<BTreeMap<Date, Arc<CountedDay>>>,
}

#[derive(Debug)]
struct Known {
    head: Arc<Head>,
    agencies: BTreeMap<AgencyCode, AgencyState>,
}

/// The rows of an agency on a day.
pub(crate) type AgencyRows = BTreeMap<KpiCell, Versions<KpiRow>>;

/// A day as stored in the table.
#[derive(Debug, Default, Clone)]
pub(crate) struct CountedDay {
    /// When it was closed; none before.
    pub(crate) count: Option<CountRecord>,
    agencies: BTreeMap<AgencyCode, Arc<AgencyRows>>,
}

impl CountedDay {
    /// The rows of one agency on this day.
    pub(crate) fn of(&self, agency: &AgencyCode) -> Arc<AgencyRows> {
        self.agencies.get(agency).cloned().unwrap_or_default()
    }
}

impl Ledger {
    /// What is published, and how far the counts of `agency` have come. Read before anything else,
    /// so that what is read later is not older.
    pub(crate) async fn standing(
        &self,
        figures: &Figures,
        agency: &AgencyCode,
    ) -> Result<(Arc<Head>, AgencyState), Failure> {
        let mut known = self.known.lock().await;
        if let Some(known) = &*known {
            return Ok((
                Arc::clone(&known.head),
                known.agencies.get(agency).cloned().unwrap_or_default(),
            ));
        }
        let head = Arc::new(figures.head().await?);
        let agencies: BTreeMap<_, _> =
            figures.agencies(Consistency::Eventual).await?.into_iter().collect();
        let state = agencies.get(agency).cloned().unwrap_or_default();
        *known = Some(Known { head: Arc::clone(&head), agencies });
        Ok((head, state))
    }

    /// A day, read from `figures` the first time.
    pub(crate) async fn day(
        &self,
        figures: &Figures,
        day: Date,
    ) -> Result<Arc<CountedDay>, Failure> {
        let head = self
            .known
            .lock()
            .await
            .as_ref()
            .map(|known| Arc::clone(&known.head))
            .unwrap_or_default();
        let mut days = self.days.lock().await;
        if let Some(known) = days.get(&day) {
            return Ok(Arc::clone(known));
        }
        let name = day.to_string();
        let count = figures.stored_count(&name).await?.shown(&head.writer.mark()).cloned();
        let mut agencies: BTreeMap<AgencyCode, AgencyRows> = BTreeMap::new();
        for row in figures.stored(&name).await? {
            if let Some(agency) = row.cell.agency().cloned() {
                agencies.entry(agency).or_default().insert(row.cell, row.versions);
            }
        }
        let agencies =
            agencies.into_iter().map(|(agency, rows)| (agency, Arc::new(rows))).collect();
        let read = Arc::new(CountedDay { count, agencies });
        days.insert(day, Arc::clone(&read));
        Ok(read)
    }

    /// Takes note of what was written for `agency`, for the messages after this one.
    pub(crate) async fn written(
        &self,
        agency: &AgencyCode,
        state: AgencyState,
        rows: Vec<(Date, AgencyRows)>,
    ) {
        if let Some(known) = &mut *self.known.lock().await {
            known.agencies.insert(agency.clone(), state);
        }
        let mut days = self.days.lock().await;
        for (day, rows) in rows {
            let mut read = days.get(&day).map(|read| CountedDay::clone(read)).unwrap_or_default();
            read.agencies.insert(agency.clone(), Arc::new(rows));
            days.insert(day, Arc::new(read));
        }
    }
}
