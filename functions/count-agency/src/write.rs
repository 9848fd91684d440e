//! Makes the stored rows of an agency equal to those that were counted.

use domain::kpi::{KpiCell, KpiRow, KpiRows, moved_since};
use jiff::Timestamp;
use jiff::civil::Date;
use platform::Failure;
use platform::dynamo::Figures;
use platform::record::{CorrectionRecord, KpiRecord};
use sha2::{Digest, Sha256};

use crate::AgencyDays;

/// The most dossiers that a correction names.
pub(crate) const NAMED_MAX: usize = 20;

/// What was written for a day.
#[derive(Debug, Default)]
pub(crate) struct Written {
    /// Rows that were written or taken away.
    pub(crate) changed: usize,
    /// Of these, figures that had been published before.
    pub(crate) corrected: usize,
}

impl AgencyDays<'_> {
    /// Makes the stored rows of `day` equal to `rows`. Each correction is written before its row: a count that dies in between is
    /// made good by the next, which comes to the same.
    pub(crate) async fn write(&self, day: Date, rows: &KpiRows) -> Result<Written, Failure> {
        let stored = self.ledger.day(self.figures, day).await?;
        let before = stored.of(self.agency);
        let nothing = KpiRow::default();
        let gone = before.keys().filter(|cell| !rows.contains_key(cell)).map(|cell| (cell, &nothing));
        let mut written = Written::default();
        for (cell, after) in rows.iter().chain(gone) {
            let before = before.get(cell).copied().unwrap_or_default();
            if before == *after {
                continue;
            }
            if let Some(counted) = &stored.count {
                let correction = CorrectionRecord {
                    day: day.to_string(),
                    of: cell.clone(),
                    at: self.now,
                    before,
                    after: *after,
                    because: self.because(cell, day, counted.counted_at),
                };
                correct(self.figures, &correction).await?;
                written.corrected += 1;
            }
            settle(self.figures, KpiRecord { day: day.to_string(), cell: cell.clone(), figures: *after }).await?;
            written.changed += 1;
        }
        Ok(written)
    }

    /// Dossiers of a cell of which something became known since `counted` that happened by the end of `day`.
    fn because(&self, cell: &KpiCell, day: Date, counted: Timestamp) -> Vec<domain::id::DossierCode> {
        let of_cell = self.facts.values().filter(|dossier| match cell {
            KpiCell::Province | KpiCell::Officer { .. } | KpiCell::TakenBack { .. } => true,
            KpiCell::Work { procedure, channel, .. } => (&dossier.procedure, &dossier.channel) == (procedure, channel),
        });
        let moved = of_cell.filter(|dossier| moved_since(dossier, day, counted));
        moved.map(|dossier| dossier.code.clone()).take(NAMED_MAX).collect()
    }
}

/// Writes a row, or takes it away where it has nothing left to count.
pub(crate) async fn settle(figures: &Figures, record: KpiRecord) -> Result<(), Failure> {
    if record.figures.is_empty() { figures.remove(&record).await } else { figures.put(&record).await }
}

/// Keeps a correction. The same one found again, by a count after one that died, is the same record.
pub(crate) async fn correct(figures: &Figures, correction: &CorrectionRecord) -> Result<(), Failure> {
    let digest = Sha256::digest(format!("{:?}{:?}", correction.before, correction.after).as_bytes());
    let hash = digest.iter().take(6).fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
    figures.put_correction(correction, &hash).await
}
