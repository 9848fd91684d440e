//! `GET /v1/dossiers/{code}/deliveries`: which other systems have which version, and why one has
//! not.

use domain::calendar::date_of;
use domain::catalogue::Catalogue;
use domain::delivery::{Delivery, DeliveryError, SystemId};
use domain::id::DossierCode;
use jiff::Timestamp;
use platform::transfer_standing::TransferStanding;
use serde::Serialize;

/// Every line of the ledger about a dossier.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Shown<'a> {
    code: &'a DossierCode,
    /// Whether every system has all that it must have, and says so of what it has to process.
    in_step: bool,
    systems: Vec<Standing<'a>>,
}

/// How far one system is.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Standing<'a> {
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

impl<'a> Shown<'a> {
    /// The lines of `code` at `now`, with the names that their systems have then.
    pub(crate) fn of(
        code: &'a DossierCode,
        lines: &'a [Delivery],
        catalogue: &'a Catalogue,
        now: Timestamp,
    ) -> Self {
        let known = |line: &Delivery| catalogue.systems().system(line.system(), date_of(now));
        let standing = |line: &'a Delivery| Standing {
            system: line.system(),
            name: known(line).map(|known| known.name.as_str()),
            transfer: TransferStanding::of(line, known(line), now),
            owed: line.owed(),
            acknowledged: line.acknowledged(),
            behind_since: line.behind_since(),
            acknowledged_at: line.acknowledged_at(),
            due_at: line.due_at(),
            tries: line.tries(),
            reopened: line.reopened(),
            last_error: line.last_error(),
        };
        let systems: Vec<Standing<'_>> = lines.iter().map(standing).collect();
        let open = |of: &Standing<'_>| of.transfer.as_ref().is_some_and(TransferStanding::is_open);
        Self {
            code,
            in_step: !lines.iter().any(Delivery::is_behind) && !systems.iter().any(open),
            systems,
        }
    }
}
