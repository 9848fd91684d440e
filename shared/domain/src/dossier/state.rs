//! A dossier as only its own decisions make it.

use std::ops::Deref;

use serde::{Deserialize, Serialize, Serializer};

use super::progress::check;
use super::{Action, DossierState, HistoryEntry, Replaced};
use crate::impossible::Impossible;
use crate::outcome::{ResultDocument, ResultKind};

/// A dossier with its history.
///
/// Its fields are read as those of [`DossierState`] and cannot be written: it changes by
/// [`Dossier::decide`] alone, and is read from a store only where its decisions can have led there.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "DossierState")]
pub struct Dossier(DossierState);

impl Dossier {
    /// The dossier in a state that a decision, or handing in, has led to.
    pub(crate) fn of(state: DossierState) -> Self {
        Self(state)
    }

    /// Gives up the dossier for what it holds.
    pub fn into_state(self) -> DossierState {
        self.0
    }
}

impl Deref for Dossier {
    type Target = DossierState;

    fn deref(&self) -> &DossierState {
        &self.0
    }
}

impl Serialize for Dossier {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl TryFrom<DossierState> for Dossier {
    type Error = Impossible;

    fn try_from(mut state: DossierState) -> Result<Self, Impossible> {
        // Some of them lie with the state, and some with the content.
        state.demands.sort_by_key(|demand| demand.version);
        state.handovers.sort_by_key(|handover| handover.version);
        check(state.version, state.status, &state.history)?;
        let (Some(first), Some(last)) = (state.history.first(), state.history.last()) else {
            return Err(Impossible("a dossier has no history"));
        };
        if state.submitted_at != first.at {
            return Err(Impossible("a dossier was not handed in at the time of its first entry"));
        }
        if (state.due_at, state.original_due_at) != (last.due_at, last.original_due_at) {
            return Err(Impossible("a dossier's due dates are not those of its last entry"));
        }
        let received = state.history.iter().rfind(|entry| entry.action == Action::Receive);
        if state.received_at != received.map(|entry| entry.at) {
            return Err(Impossible("a dossier was not received at the time of that entry"));
        }
        if state.closed_at.is_some() != state.status.is_closed() {
            return Err(Impossible("a dossier is closed and open at a time"));
        }
        if state.applicant.is_some() == state.content_gone.is_some() {
            return Err(Impossible("a dossier has an applicant exactly while its content is kept"));
        }
        if state.content_gone.is_some() && !state.status.is_closed() {
            return Err(Impossible("a dossier without content is worked on"));
        }
        let gave = |document: &ResultDocument| {
            let gives = |entry: &&HistoryEntry| entry.result == Some(ResultKind::Electronic);
            state.history.iter().filter(gives).any(|entry| entry.version == document.version)
        };
        if !state.results.iter().all(gave) {
            return Err(Impossible("a result came with an entry that gave none"));
        }
        if state.result_to.is_some() && !state.history.iter().any(|entry| entry.by_post) {
            return Err(Impossible("a result goes by post, and nobody wanted it"));
        }
        let corrects = |replaced: &Replaced| {
            let mut entries = state.history.iter().filter(|entry| entry.action == Action::Correct);
            entries.any(|entry| entry.version == replaced.version)
        };
        if !state.corrected.iter().all(corrects) {
            return Err(Impossible("something was replaced by an entry that corrects nothing"));
        }
        if let Some(reason) = state.impossible_money() {
            return Err(Impossible(reason));
        }
        if let Some(reason) = state.impossible_assignments() {
            return Err(Impossible(reason));
        }
        Ok(Self(state))
    }
}
