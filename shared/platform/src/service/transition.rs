//! Moving a dossier: one set of rules for the officers' desk and the integrators' queue.

use domain::catalogue::Catalogue;
use domain::deadline::DueRule;
use domain::dossier::{Actor, Command, Decision, Dossier, DossierStatus, HistoryEntry};
use domain::id::DossierCode;
use domain::law::Law;
use domain::outcome::{GivenResult, ResultKind};
use domain::submission::{move_violations, priced};
use jiff::Timestamp;
use serde::Serialize;

use crate::claiming::{taken_result, taken_violations};
use crate::failure::{Failure, Retry};
use crate::form::add_unnamed;
use crate::port::{Advance, DossierStore, UploadClaims};

/// The most attempts to decide a command without a version when other writers are faster.
const DECIDED_MAX: u32 = 5;

/// The answer to a command: the state after it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Moved {
    /// The code of the dossier.
    pub code: DossierCode,
    /// The status after the command.
    pub status: DossierStatus,
    /// The national name of the status.
    pub status_name: &'static str,
    /// The version after the command.
    pub version: u64,
    /// The due date, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Timestamp>,
    /// Whether the due date was counted in an undecided year; it is counted again after the
    /// decision.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub due_provisional: bool,
    /// By which rule, where the command started the clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_rule: Option<DueRule>,
    /// What kind of result the command gave.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<ResultKind>,
}

impl Moved {
    fn to(dossier: &Dossier, entry: &HistoryEntry, law: &Law) -> Self {
        let provisional =
            entry.due_at.is_some_and(|due| law.is_provisional(&dossier.agency, entry.at, due));
        Self {
            code: dossier.code.clone(),
            status: entry.status,
            status_name: entry.status.name(),
            version: entry.version,
            due_at: entry.due_at,
            due_provisional: provisional,
            due_rule: entry.due_rule.clone(),
            result: entry.result,
        }
    }
}

/// Carries out `command` on the dossier `code`: reads, decides, and writes if no other writer was
/// faster; otherwise decides again. What is decided first may be a moment behind, which the write
/// would not take; so a refusal is told only of the dossier as it is.
pub async fn change(
    store: &impl DossierStore,
    uploads: &impl UploadClaims,
    catalogue: &Catalogue,
    code: &DossierCode,
    command: Command,
    by: &Actor,
    now: Timestamp,
) -> Result<Moved, Failure> {
    let least = command.expected_version.unwrap_or_default();
    let recent = store.recent_dossier(code, least).await?.ok_or(Failure::DossierNotFound)?;
    let order = (&command, by, catalogue, now);
    match decided(store, uploads, &recent, order).await {
        Ok(Some(moved)) => return Ok(moved),
        Ok(None) => {}
        Err(failure) => match failure.retryable() {
            Retry::Never | Retry::PerhapsSoon => {}
            Retry::Yes | Retry::In(_) => return Err(failure),
        },
    }
    for _ in 0..DECIDED_MAX {
        let dossier = store.dossier(code).await?.ok_or(Failure::DossierNotFound)?;
        if let Some(moved) = decided(store, uploads, &dossier, order).await? {
            return Ok(moved);
        }
    }
    Err(Failure::Held("the dossier"))
}

/// Decides the command over `dossier`, and stores what comes of it; none where another writer was
/// faster.
async fn decided(
    store: &impl DossierStore,
    uploads: &impl UploadClaims,
    dossier: &Dossier,
    (command, by, catalogue, now): (&Command, &Actor, &Catalogue, Timestamp),
) -> Result<Option<Moved>, Failure> {
    let priced = priced(command.clone(), dossier, by, catalogue, now);
    let command = priced.map_err(|broken| {
        let mut found = command.clone().violations(now);
        add_unnamed(&mut found, broken);
        Failure::Invalid(found)
    })?;
    let next = match dossier.decide(command.clone(), by, catalogue.law(), now)? {
        Decision::Repeated(entry) => {
            return Ok(Some(Moved::to(dossier, &entry, catalogue.law())));
        }
        Decision::Moved(next) => next,
    };
    let entry =
        next.history.last().ok_or_else(|| Failure::Defect("a history is empty".to_owned()))?;
    let found = move_violations(&next, entry, by, catalogue);
    if !found.is_empty() {
        return Err(Failure::Invalid(found));
    }
    uploads.keep(next.uploads_of(entry)).await?;
    match store.advance(&next).await? {
        Advance::Stored => Ok(Some(Moved::to(&next, entry, catalogue.law()))),
        Advance::UploadsTaken(taken) => {
            let mut found = taken_violations(&command.documents, &taken);
            let result = command.result.as_ref().and_then(GivenResult::document);
            found.extend(taken_result(result, &taken));
            Err(Failure::Invalid(found))
        }
        Advance::AnotherWasFirst => Ok(None),
    }
}
