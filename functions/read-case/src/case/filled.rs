//! What was filled in, as the case shows it.

use domain::dossier::{Dossier, HistoryEntry, Role};
use domain::eform::FormFields;
use domain::procedure::Procedure;
use jiff::Timestamp;
use serde::Serialize;

/// One version of the form.
#[derive(Serialize)]
pub(super) struct Filled<'a> {
    /// The version of the dossier with which it came.
    version: u64,
    at: Timestamp,
    by: Role,
    fields: &'a FormFields,
}

/// Where what was filled in is.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum FormKeptBy {
    /// We have what was filled in.
    Us,
    /// The integrator that handed the dossier in did not send it.
    Sender,
    /// Nobody sent one: the application is a document.
    Nobody,
}

/// The form that came with each of the entries that are `seen`.
pub(super) fn forms<'a>(dossier: &'a Dossier, seen: &[&'a HistoryEntry]) -> Vec<Filled<'a>> {
    let of = |entry: &&'a HistoryEntry| {
        let form = dossier.form_of(entry)?;
        Some(Filled {
            version: form.version,
            at: entry.at,
            by: entry.by.role,
            fields: &form.fields,
        })
    };
    seen.iter().filter_map(of).collect()
}

impl FormKeptBy {
    pub(super) fn of(
        dossier: &Dossier,
        seen: &[&HistoryEntry],
        procedure: Option<&Procedure>,
    ) -> Option<Self> {
        if seen.iter().any(|entry| dossier.form_of(entry).is_some()) {
            return Some(Self::Us);
        }
        procedure.filter(|_| dossier.content_gone.is_none())?.form.as_ref()?;
        let by_integrator = seen.first().is_some_and(|entry| entry.by.role == Role::Integrator);
        Some(if by_integrator { Self::Sender } else { Self::Nobody })
    }
}
