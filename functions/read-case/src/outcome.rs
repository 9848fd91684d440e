//! What came of a case: each end of the work with its result, and each handing over.

use domain::applicant::FullName;
use domain::dossier::{Action, Actor, Dossier, HistoryEntry, Rule};
use domain::outcome::{Handover, HandoverWay, ResultDocument, ResultKind};
use domain::signature::SignatureVerdict;
use domain::upload::{DocumentType, UploadId};
use jiff::Timestamp;
use serde::Serialize;

/// An end of the work, or the handing over of its result.
#[derive(Serialize)]
pub(crate) struct Outcome<'a> {
    version: u64,
    action: Action,
    at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    /// The result that the work ended with.
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<Given<'a>>,
    /// How the result was handed over, where that was said.
    #[serde(skip_serializing_if = "Option::is_none")]
    handover: Option<HandedOver<'a>>,
}

#[derive(Serialize)]
struct Given<'a> {
    kind: Kind,
    /// Whether it is the dossier's result at the version shown: it was not sent back.
    holds: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    document: Option<Fetchable<'a>>,
}

/// What kind of result was given.
#[derive(Serialize)]
#[serde(untagged)]
enum Kind {
    /// As it was declared.
    Declared(ResultKind),
    /// Nobody declared which one.
    Not(NotDeclared),
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
enum NotDeclared {
    /// An integrator did not say, or a release of before results were declared.
    NotDeclared,
}

/// An electronic result: `GET /v1/dossiers/{code}/documents/{id}` says how to fetch it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Fetchable<'a> {
    id: &'a UploadId,
    media_type: DocumentType,
    bytes: u64,
    sha256: &'a str,
    inspected_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    signature: Option<&'a SignatureVerdict>,
}

#[derive(Serialize)]
struct HandedOver<'a> {
    how: HandoverWay,
    /// Who took it; none where that was the applicant.
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<&'a FullName>,
}

impl<'a> Outcome<'a> {
    /// What came of `entry` of `dossier` for `by`, at a version where the result of the version
    /// `holds` is the dossier's; none where it ended nothing.
    pub(crate) fn of(
        dossier: &'a Dossier,
        entry: &'a HistoryEntry,
        by: &Actor,
        holds: Option<u64>,
    ) -> Option<Self> {
        let ends =
            entry.action == Action::ReturnResult || entry.action.rule().is_some_and(Rule::closes);
        let result = (entry.action == Action::Finish).then(|| Given {
            kind: entry.result.map_or(Kind::Not(NotDeclared::NotDeclared), Kind::Declared),
            holds: holds == Some(entry.version),
            document: dossier.result_document_for(entry, by).map(Fetchable::of),
        });
        ends.then_some(Self {
            version: entry.version,
            action: entry.action,
            at: entry.at,
            reason: entry.reason.as_deref(),
            result,
            handover: dossier.handover_of(entry).map(HandedOver::of),
        })
    }
}

impl<'a> Fetchable<'a> {
    fn of(document: &'a ResultDocument) -> Self {
        let content = &document.content;
        Self {
            id: &content.upload,
            media_type: content.declared.media_type,
            bytes: content.declared.bytes,
            sha256: &content.declared.sha256,
            inspected_at: content.inspected_at,
            signature: document.signature.as_ref(),
        }
    }
}

impl<'a> HandedOver<'a> {
    fn of(Handover { version: _, how, to }: &'a Handover) -> Self {
        Self { how: *how, to: to.as_ref() }
    }
}
