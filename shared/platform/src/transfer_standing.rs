//! How far the transfer of a dossier to a system is, as officers see it in the case and in the
//! ledger.

use domain::delivery::{Delivery, System, SystemId, TransferState};
use domain::dossier::Action;
use jiff::Timestamp;
use serde::Serialize;

/// The transfer of a dossier to a system that has to process it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TransferStanding {
    state: TransferState,
    since: Timestamp,
    until: Timestamp,
    /// Since when it is in this state.
    at: Timestamp,
    overdue: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    taken_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// What officers go on doing here meanwhile.
    still_here: Vec<Action>,
}

impl TransferStanding {
    /// That of `line` at `now`, with what is agreed with `system`; none where the dossier never was
    /// the system's to process. Over where the catalogue does not have it process dossiers any more:
    /// then nobody looks at its line.
    pub fn of(line: &Delivery, system: Option<&System>, now: Timestamp) -> Option<Self> {
        let transfer = line.transfer()?;
        let terms = system.and_then(System::processes);
        Some(Self {
            state: terms.map_or(TransferState::Over, |_| transfer.state()),
            since: transfer.since(),
            until: transfer.until(),
            at: transfer.at(),
            overdue: terms.is_some() && transfer.is_overdue(now),
            taken_at: transfer.taken_at(),
            reference: transfer.reference().map(str::to_owned),
            reason: transfer.reason().map(str::to_owned),
            still_here: terms.map(|terms| terms.still_here.clone()).unwrap_or_default(),
        })
    }

    /// Whether somebody still has to do something before the dossier is where it is processed.
    pub fn is_open(&self) -> bool {
        self.state.is_open()
    }

    /// The same for who may make only the moves `next`.
    #[must_use]
    pub fn for_moves(mut self, next: &[Action]) -> Self {
        self.still_here.retain(|action| next.contains(action));
        self
    }
}

/// The transfer of a dossier to one of several systems, for the case.
#[derive(Debug, Serialize)]
pub struct CaseTransfer<'a> {
    /// The system that has to process it.
    pub system: &'a SystemId,
    /// What people call it.
    pub name: &'a str,
    /// How far it is.
    #[serde(flatten)]
    pub standing: TransferStanding,
}
