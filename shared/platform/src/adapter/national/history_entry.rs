//! An entry of a history as subscribers are told of it: a CloudEvent with ids and codes, and nobody's
//! data.

use domain::dossier::HistoryEntry;
use domain::notice::notice_id;
use serde_json::{Value, json};

use crate::port::Case;

/// Type of the event "a dossier's history has an entry".
pub const DOSSIER_ENTRY: &str = "vn.motcua.dossier.entry.v1";

/// Version of the structure of its data.
const SCHEMA_VERSION: u32 = 1;

/// The id of the event about `entry`, the same whenever it is sent; and the event.
pub(super) fn entry_event(case: Case<'_>, entry: &HistoryEntry) -> (String, Value) {
    let dossier = case.dossier;
    let id = notice_id(&dossier.code, entry.version);
    let event = json!({
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
    (id, event)
}
