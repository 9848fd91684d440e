//! How far a dossier is: what everybody may see of it, and all that is read for them.

use serde::{Deserialize, Serialize};

use super::{Action, DossierStatus, HistoryEntry};
use crate::id::DossierCode;
use crate::impossible::Impossible;

/// Degree of completion, the most that the public may see besides the status (TT 01/2018 Đ.16.2.d).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Completion {
    /// Steps behind it, 0 to `steps_total`.
    pub steps_done: u8,
    /// The total number of steps.
    pub steps_total: u8,
    /// Whether the dossier has ended.
    pub closed: bool,
}

impl Completion {
    /// That of a dossier in `status` with this whole history.
    pub fn of(status: DossierStatus, history: &[HistoryEntry]) -> Self {
        let had = |wanted: fn(&HistoryEntry) -> bool| history.iter().any(wanted);
        let steps_done = if status == DossierStatus::Returned {
            4
        } else if status == DossierStatus::Finished {
            3
        } else if had(|entry| entry.status == DossierStatus::Processing) {
            2
        } else {
            u8::from(had(|entry| entry.action == Action::Receive))
        };
        Self { steps_done, steps_total: 4, closed: status.is_end() }
    }
}

/// Code, status and completion of a dossier, without who applies for what.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "StoredState")]
pub struct Progress {
    /// The code of the dossier.
    pub code: DossierCode,
    /// The national status, 1 to 10.
    pub status: DossierStatus,
    /// How far it is.
    pub completion: Completion,
}

/// What is read of a stored state.
#[derive(Deserialize)]
struct StoredState {
    code: DossierCode,
    version: u64,
    status: DossierStatus,
    history: Vec<HistoryEntry>,
}

impl TryFrom<StoredState> for Progress {
    type Error = Impossible;

    fn try_from(state: StoredState) -> Result<Self, Impossible> {
        let StoredState { code, version, status, history } = state;
        check(version, status, &history)?;
        Ok(Self { code, status, completion: Completion::of(status, &history) })
    }
}

/// Refuses what no decision can have led to: a whole `history` that is not that of a dossier with
/// this version and status.
pub(super) fn check(
    version: u64,
    status: DossierStatus,
    history: &[HistoryEntry],
) -> Result<(), Impossible> {
    let Some(last) = history.last() else {
        return Err(Impossible("a dossier has no history"));
    };
    if !(1..).zip(history).all(|(version, entry)| entry.version == version) {
        return Err(Impossible("the versions of a history are not 1, 2, 3 and so on"));
    }
    if version != last.version {
        return Err(Impossible("a dossier's version is not that of its last entry"));
    }
    let mut submits = history.iter().map(|entry| entry.action == Action::Submit);
    if submits.next() != Some(true) || submits.any(|submit| submit) {
        return Err(Impossible("a history does not begin, or begins twice, with handing in"));
    }
    if status != last.status {
        return Err(Impossible("a dossier's status is not that of its last entry"));
    }
    if !history.is_sorted_by_key(|entry| entry.at) {
        return Err(Impossible("an entry happened before the one that it follows"));
    }
    Ok(())
}
