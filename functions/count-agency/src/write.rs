//! Makes the stored rows of an agency equal to those that were counted: what will be touched is
//! recorded first, then rows are written beside those that are published, then all of them are
//! committed at once.

use std::collections::BTreeSet;

use domain::id::DossierCode;
use domain::kpi::{KpiCell, KpiRow, KpiRows, moved_since};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use platform::Failure;
use platform::dynamo::{Claim, Figures};
use platform::edition::{AgencyState, Versions};
use platform::port::Stored;
use platform::record::CorrectionRecord;
use platform::wire::hex;
use sha2::{Digest, Sha256};

use crate::AgencyDays;
use crate::ledger::AgencyRows;

/// The most dossiers that a correction names.
pub(crate) const NAMED_MAX: usize = 20;

/// Time after the order within which a figure that fell without a history to explain it is not
/// trusted: in a lagging index a dossier that has just ended can be missing from both of its
/// places.
const LAG_MAX: SignedDuration = SignedDuration::from_secs(120);

/// What is to be written for a day.
#[derive(Debug)]
pub(crate) struct DayChange {
    day: Date,
    /// Whether the change replaces a published figure.
    published: bool,
    /// The agency's rows as they are known.
    known: std::sync::Arc<AgencyRows>,
    changes: Vec<Change>,
}

#[derive(Debug)]
struct Change {
    cell: KpiCell,
    versions: Versions<KpiRow>,
    after: KpiRow,
    /// What is published, where it is another figure.
    corrects: Option<KpiRow>,
    because: Vec<DossierCode>,
}

impl DayChange {
    /// Rows that are to be written.
    pub(crate) fn len(&self) -> usize {
        self.changes.len()
    }

    /// Of these, figures that had been published before.
    pub(crate) fn corrected(&self) -> usize {
        self.changes.iter().filter(|change| change.corrects.is_some()).count()
    }
}

impl AgencyDays<'_> {
    /// What of the stored rows of `day` is to be written, so that they are equal to `rows`.
    pub(crate) async fn changes(&self, day: Date, rows: &KpiRows) -> Result<DayChange, Failure> {
        let stored = self.ledger.day(self.figures, day).await?;
        let (known, committed, closed) =
            (stored.of(self.agency), self.state.writer.mark(), self.head.of(self.agency));
        let nothing = KpiRow::default();
        let gone =
            known.keys().filter(|cell| !rows.contains_key(cell)).map(|cell| (cell, &nothing));
        let mut changes = Vec::new();
        for (cell, after) in rows.iter().chain(gone) {
            let versions = known.get(cell).cloned().unwrap_or_default();
            let before = versions.shown(&committed).copied().unwrap_or_default();
            if before == *after {
                continue;
            }
            let (mut corrects, mut because) = (None, Vec::new());
            if let Some(count) = &stored.count {
                because = self.because(cell, day, count.counted_at);
                self.believe(cell, (&before, after), because.len())?;
                let published = versions.shown(&closed).copied().unwrap_or_default();
                corrects = (published != *after).then_some(published);
                because.truncate(NAMED_MAX);
            }
            changes.push(Change { cell: cell.clone(), versions, after: *after, corrects, because });
        }
        Ok(DayChange { day, published: stored.count.is_some(), known, changes })
    }

    /// Writes `days` and commits them: all of it, or nothing that is ever shown if another count
    /// claimed the number in the meantime.
    pub(crate) async fn write(&self, days: Vec<DayChange>) -> Result<(), Failure> {
        let touched = days.iter().filter(|day| day.len() > 0);
        let corrected = touched.clone().filter(|day| day.published);
        let (mut touches, mut corrects): (BTreeSet<Date>, BTreeSet<Date>) =
            (touched.map(|day| day.day).collect(), corrected.map(|day| day.day).collect());
        let (seen, closed) = (&self.state.writer, self.head.of(self.agency));
        if touches.is_empty() && !seen.is_open() {
            return self.leave_out().await;
        }
        if !seen.is_free(self.run, self.now) {
            return Err(Failure::Held("the agency's figures"));
        }
        // What an earlier count touched waits to be closed as well.
        if seen.claimed != closed.upto {
            touches.extend(&self.state.days);
            corrects.extend(&self.state.corrects);
        }
        let claim = Claim { by: self.run, at: self.now, days: &touches, corrects: &corrects };
        let claimed = self.figures.claim(self.agency, seen, &claim).await?;
        let mut writer = claimed.ok_or(Failure::Held("the agency's figures"))?;
        let mut written = Vec::new();
        for day in days {
            let mut rows = AgencyRows::clone(&day.known);
            for change in day.changes {
                let name = day.day.to_string();
                if let Some(before) = change.corrects {
                    let (of, at, after, because) =
                        (change.cell.clone(), self.now, change.after, change.because);
                    let correction =
                        CorrectionRecord { day: name.clone(), of, at, before, after, because };
                    correct(self.figures, &correction).await?;
                }
                let versions =
                    change.versions.with(&closed, &writer.void, writer.claimed, change.after);
                first(self.figures.put_row(&name, &change.cell, writer.claimed, &versions).await?)?;
                rows.insert(change.cell, versions);
            }
            written.push((day.day, rows));
        }
        first(self.figures.commit(self.agency, writer.claimed, &self.unreadable).await?)?;
        writer.committed = writer.claimed;
        let unreadable = self.unreadable.clone();
        let state = AgencyState {
            writer,
            days: touches,
            corrects,
            unreadable,
            trouble: self.state.trouble.clone(),
        };
        self.ledger.written(self.agency, state, written).await;
        Ok(())
    }

    /// Keeps which dossiers were left out, where that is all there is to keep.
    async fn leave_out(&self) -> Result<(), Failure> {
        if self.state.unreadable == self.unreadable {
            return Ok(());
        }
        self.figures.left_out(self.agency, &self.unreadable).await
    }

    /// Dossiers of a cell of which something became known since `counted` that happened by the end
    /// of `day`.
    fn because(&self, cell: &KpiCell, day: Date, counted: Timestamp) -> Vec<DossierCode> {
        let of_cell = self.facts.values().filter(|dossier| match cell {
            KpiCell::Province | KpiCell::Officer { .. } | KpiCell::TakenBack { .. } => true,
            KpiCell::Work { procedure, channel, .. } => {
                (&dossier.procedure, &dossier.channel) == (procedure, channel)
            }
        });
        let moved = of_cell.filter(|dossier| moved_since(dossier, day, counted));
        moved.map(|dossier| dossier.code.clone()).collect()
    }

    /// Checks a published figure that fell by more than the histories explain. That may be a
    /// lagging index, so soon after the order the count is repeated instead.
    fn believe(
        &self,
        cell: &KpiCell,
        (before, after): (&KpiRow, &KpiRow),
        moved: usize,
    ) -> Result<(), Failure> {
        let fell = present(before).saturating_sub(present(after));
        let fell = fell.max(before.carried_over.saturating_sub(after.carried_over));
        let known = u64::try_from(moved + self.unreadable.len()).unwrap_or(u64::MAX);
        let is_work = matches!(cell, KpiCell::Work { .. });
        if is_work && fell > known {
            let (agency, cell) = (self.agency.as_str(), cell.to_string());
            tracing::warn!(
                agency,
                cell,
                fell,
                known,
                "a published figure fell, and no history says why"
            );
            if self.now.duration_since(self.ordered_at) < LAG_MAX {
                return Err(Failure::Held("an index of the dossiers"));
            }
        }
        Ok(())
    }
}

/// How many dossiers a row speaks of at the end of its day, or as ended on it.
fn present(row: &KpiRow) -> u64 {
    let ended = row.resolved
        + row.refused
        + row.withdrawn
        + row.refused_unreceived
        + row.withdrawn_unreceived;
    row.waiting + row.open() + ended
}

/// An error where another was first: it is counted again.
pub(crate) fn first(stored: Stored) -> Result<(), Failure> {
    match stored {
        Stored::Yes => Ok(()),
        Stored::AnotherWasFirst => Err(Failure::Held("the figures")),
    }
}

/// Keeps a correction. The same one found again, by a count after one that died, is the same
/// record.
pub(crate) async fn correct(
    figures: &Figures,
    correction: &CorrectionRecord,
) -> Result<(), Failure> {
    let digest =
        Sha256::digest(format!("{:?}{:?}", correction.before, correction.after).as_bytes());
    figures.put_correction(correction, &hex(&digest[..6])).await
}
