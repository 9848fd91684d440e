//! Makes the stored rows equal to those that were counted.

use std::collections::BTreeMap;

use domain::kpi::{KpiCell, KpiRow, KpiRows, moved_since};
use jiff::Timestamp;
use jiff::civil::Date;
use platform::Failure;
use platform::record::{CorrectionRecord, CountRecord, KpiRecord};
use sha2::{Digest, Sha256};

use crate::Night;

/// The most dossiers that a correction names.
const NAMED_MAX: usize = 20;

/// What was written for a day.
#[derive(Debug, Default)]
pub(crate) struct Written {
    /// Rows that were written or taken away.
    pub(crate) changed: usize,
    /// Of these, figures that had been counted before.
    pub(crate) corrected: usize,
}

impl Night<'_> {
    /// Makes the stored rows of `day` equal to `rows`. Each correction is written before its row, and the day is said to be counted
    /// last: a run that dies in between is made good by the next, which comes to the same.
    pub(crate) async fn write(&self, day: Date, rows: &KpiRows) -> Result<Written, Failure> {
        let name = day.to_string();
        let counted = self.figures.count(&name).await?;
        let mut stored: BTreeMap<KpiCell, KpiRecord> =
            self.figures.of(&name).await?.into_iter().map(|row| (row.cell.clone(), row)).collect();
        let mut written = Written::default();
        let mut moved: Vec<(&KpiCell, KpiRow, KpiRow)> = Vec::new();
        for (cell, row) in rows {
            let before = stored.remove(cell).map(|record| record.figures).unwrap_or_default();
            if before != *row {
                moved.push((cell, before, *row));
            }
        }
        moved.extend(stored.iter().map(|(cell, record)| (cell, record.figures, KpiRow::default())));
        for (cell, before, after) in moved {
            if let Some(counted) = &counted {
                self.correct((&name, day), cell, (before, after), counted.counted_at).await?;
                written.corrected += 1;
            }
            let record = KpiRecord { day: name.clone(), cell: cell.clone(), figures: after };
            if after.is_empty() {
                self.figures.remove(&record).await?
            } else {
                self.figures.put(&record).await?
            }
            written.changed += 1;
        }
        let due_basis = self.basis(day);
        if written.changed > 0 || counted.is_none_or(|counted| counted.due_basis != due_basis) {
            let count = CountRecord { day: name, counted_at: self.now, due_basis, first: day, last: day, days: 1 };
            self.figures.put_count(&count).await?;
        }
        Ok(written)
    }

    async fn correct(
        &self,
        (name, day): (&str, Date),
        cell: &KpiCell,
        (before, after): (KpiRow, KpiRow),
        counted: Timestamp,
    ) -> Result<(), Failure> {
        let of_cell = self.facts.values().filter(|dossier| match cell {
            KpiCell::Province => true,
            KpiCell::Work { agency, procedure, channel } => {
                (&dossier.agency, &dossier.procedure, &dossier.channel) == (agency, procedure, channel)
            }
            KpiCell::Officer { agency, .. } => dossier.agency == *agency,
        });
        let because = of_cell.filter(|dossier| moved_since(dossier, day, counted));
        let because = because.map(|dossier| dossier.code.clone()).take(NAMED_MAX).collect();
        let correction =
            CorrectionRecord { day: name.to_owned(), of: cell.clone(), at: self.now, before, after, because };
        // The same correction found again, by a run after one that died, is the same record.
        let digest = Sha256::digest(format!("{before:?}{after:?}").as_bytes());
        let hash = digest.iter().take(6).fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
        self.figures.put_correction(&correction, &hash).await
    }
}
