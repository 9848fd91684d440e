//! What people call the codes of a case.

use std::collections::BTreeMap;

use domain::calendar::date_of;
use domain::catalogue::Catalogue;
use domain::dossier::{Dossier, HistoryEntry};
use domain::id::AgencyCode;
use domain::procedure::Procedure;

/// What the version of the procedure that a dossier keeps calls the documents that came or were
/// asked for in the entries that are `seen`, by their codes.
pub(super) fn of_documents<'a>(
    dossier: &'a Dossier,
    seen: &[&'a HistoryEntry],
    procedure: Option<&'a Procedure>,
) -> BTreeMap<&'a str, &'a str> {
    let came = seen.iter().flat_map(|entry| dossier.documents_of(entry));
    let came = came.map(|document| document.code.as_str());
    let asked = seen.iter().flat_map(|entry| &entry.asked_for).map(|asked| asked.code.as_str());
    let named = |code: &'a str| {
        let known = procedure?.documents.iter().find(|known| known.code == code)?;
        Some((code, known.name.as_str()))
    };
    came.chain(asked).filter_map(named).collect()
}

/// What the agencies of a dossier were called when it was handed in, by their codes: its owner, and
/// those to which it was forwarded in the entries that are `seen`.
pub(super) fn of_agencies<'a>(
    dossier: &'a Dossier,
    seen: &[&'a HistoryEntry],
    catalogue: &'a Catalogue,
) -> BTreeMap<&'a AgencyCode, &'a str> {
    let handlers = seen.iter().filter_map(|entry| entry.handler.as_ref());
    let day = date_of(dossier.submitted_at);
    let named = |code: &'a AgencyCode| Some((code, catalogue.agency(code)?.name_on(day)));
    [&dossier.agency].into_iter().chain(handlers).filter_map(named).collect()
}
