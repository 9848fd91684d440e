//! An entry of a history as subscribers are told of it: a CloudEvent with ids and codes, and nobody's
//! data.

use domain::delivery::System;
use domain::dossier::HistoryEntry;
use domain::notice::notice_id;
use serde_json::{Value, json};

use crate::port::Case;

/// Type of the event "a dossier's history has an entry".
pub const DOSSIER_ENTRY: &str = "vn.motcua.dossier.entry.v1";

/// Version of the structure of its data.
const SCHEMA_VERSION: u32 = 1;

/// The id of the event about `entry`, the same whenever it is sent; and the event.
pub(super) fn entry_event(
    system: &System,
    case: Case<'_>,
    entry: &HistoryEntry,
) -> (String, Value) {
    let dossier = case.dossier;
    let id = notice_id(&dossier.code, entry.version);
    let mut event = json!({
        "specversion": "1.0",
        "id": id,
        "source": "urn:motcua:dossiers",
        "type": DOSSIER_ENTRY,
        "subject": dossier.code,
        "time": entry.at,
        "data": {
            "schemaVersion": SCHEMA_VERSION,
            "code": dossier.code,
            "version": entry.version,
            "agency": dossier.agency,
            "procedure": dossier.procedure,
            "action": entry.action,
            "status": entry.status,
            "at": entry.at,
        },
    });
    if let Some(word) = transfer_word(system, case, entry) {
        event["data"]["transfer"] = word.into();
    }
    (id, event)
}

/// What `entry` means to a system that has to process the dossier: that it is offered to it, or no
/// longer its own. None where nothing of that changes.
fn transfer_word(system: &System, case: Case<'_>, entry: &HistoryEntry) -> Option<&'static str> {
    let dossier = case.dossier;
    let place = dossier.history.iter().position(|known| known.version == entry.version)?;
    let offer_by = |places: usize| {
        system.offer_of((&dossier.agency, &dossier.procedure), dossier.history.get(..places)?)
    };
    let (before, after) = (offer_by(place), offer_by(place + 1));
    match (before, after) {
        (_, Some(offer)) if offer.offered == entry.version => Some("offered"),
        (Some(_), None) => Some("over"),
        (None | Some(_), Some(_)) | (None, None) => None,
    }
}
