//! How far a system is with a dossier or a feedback, as officers see it.

use domain::calendar::date_of;
use domain::catalogue::Catalogue;
use domain::delivery::{Delivery, DeliveryError, SystemId};
use jiff::Timestamp;
use serde::Serialize;

use crate::transfer_standing::TransferStanding;

/// How far one system is.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LineStanding<'a> {
    system: &'a SystemId,
    /// What people call it; none where the catalogue does not list it any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    owed: u64,
    acknowledged: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    behind_since: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    acknowledged_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    due_at: Option<Timestamp>,
    tries: u32,
    /// How often an acknowledgement turned out to be false.
    reopened: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_error: Option<&'a DeliveryError>,
    /// Of a system that has to process the dossier.
    #[serde(skip_serializing_if = "Option::is_none")]
    transfer: Option<TransferStanding>,
}

impl<'a> LineStanding<'a> {
    /// The standing of `line` at `now`, with the name that its system has then.
    pub fn of(line: &'a Delivery, catalogue: &'a Catalogue, now: Timestamp) -> Self {
        let known = catalogue.systems().system(line.system(), date_of(now));
        Self {
            system: line.system(),
            name: known.map(|known| known.name.as_str()),
            transfer: TransferStanding::of(line, known, now),
            owed: line.owed(),
            acknowledged: line.acknowledged(),
            behind_since: line.behind_since(),
            acknowledged_at: line.acknowledged_at(),
            due_at: line.due_at(),
            tries: line.tries(),
            reopened: line.reopened(),
            last_error: line.last_error(),
        }
    }

    /// Whether a dossier that the system has to process is not, or not yet, with it.
    pub fn is_transfer_open(&self) -> bool {
        self.transfer.as_ref().is_some_and(TransferStanding::is_open)
    }
}
