//! The days as they were counted before, read once for all messages of an invocation.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::id::AgencyCode;
use domain::kpi::KpiRows;
use jiff::civil::Date;
use platform::Failure;
use platform::dynamo::Figures;
use platform::record::CountRecord;
use tokio::sync::Mutex;

/// Days that were read. An agency's rows are written by its own count alone, so that what was read of it stays true while an
/// invocation lasts; where it does not, because the same agency is counted twice at once, both write the same rows.
#[derive(Debug, Default)]
pub struct Ledger(Mutex<BTreeMap<Date, Arc<CountedDay>>>);

/// A day as it lies in the table.
#[derive(Debug, Default)]
pub(crate) struct CountedDay {
    /// When it was closed; none before.
    pub(crate) count: Option<CountRecord>,
    agencies: BTreeMap<AgencyCode, KpiRows>,
}

static NOTHING: KpiRows = KpiRows::new();

impl CountedDay {
    /// The rows of one agency.
    pub(crate) fn of(&self, agency: &AgencyCode) -> &KpiRows {
        self.agencies.get(agency).unwrap_or(&NOTHING)
    }
}

impl Ledger {
    /// A day, read from `figures` the first time.
    pub(crate) async fn day(&self, figures: &Figures, day: Date) -> Result<Arc<CountedDay>, Failure> {
        let mut days = self.0.lock().await;
        if let Some(known) = days.get(&day) {
            return Ok(Arc::clone(known));
        }
        let name = day.to_string();
        let mut read = CountedDay { count: figures.count(&name).await?, ..CountedDay::default() };
        for record in figures.of(&name).await? {
            if let Some(agency) = record.cell.agency().cloned() {
                read.agencies.entry(agency).or_default().insert(record.cell, record.figures);
            }
        }
        let read = Arc::new(read);
        days.insert(day, Arc::clone(&read));
        Ok(read)
    }
}
