//! The result of a dossier: what finishing it gives, what holds of it later, and how it is handed
//! over.

use super::{Action, Actor, Command, Dossier, DossierStatus, HistoryEntry, Refusal};
use crate::document::uploads_in;
use crate::outcome::{Handover, HandoverWay, ResultDocument, ResultKind};
use crate::post::PostalOrder;
use crate::upload::UploadedDocument;
use crate::{RuleName, Violation};

impl Command {
    /// That nothing but finishing gives a result, and nothing but returning it hands one over.
    pub(super) fn check_result(&self) -> Vec<Violation> {
        let mut found = Vec::new();
        if self.result.is_some() && self.action != Action::Finish {
            let detail = "only finishing a dossier gives a result";
            found.push(Violation::new("result", RuleName::FinishOnly, detail));
        }
        if self.handover.is_some() && self.action != Action::ReturnResult {
            let detail = "only returning the result hands it over";
            found.push(Violation::new("handover", RuleName::ReturnOnly, detail));
        }
        found
    }

    /// That an officer ends the work with its result. An integrator may not know of one; what it
    /// leaves out is not declared.
    pub(super) fn result_owed(&self, by: &Actor) -> Option<Violation> {
        let by_officer = matches!(by, Actor::Officer { .. });
        let owed = by_officer && self.action == Action::Finish && self.result.is_none();
        owed.then(|| {
            let detail = "must say whether the result is electronic, on paper, or none";
            Violation::new("result", RuleName::ResultOwed, detail)
        })
    }

    /// Whether `entry` of `dossier` has the result and the handover of this command.
    pub(super) fn has_the_result_of(&self, entry: &HistoryEntry, dossier: &Dossier) -> bool {
        let document = self.result.as_ref().and_then(|result| result.document());
        // Of what is gone, nobody can tell any more.
        let gone = dossier.content_gone.is_some();
        let as_given = || {
            both(document, dossier.result_document_of(entry), ResultDocument::is_like)
                && both(self.handover.as_ref(), dossier.handover_of(entry), Handover::is_like)
        };
        self.result.as_ref().map(|result| result.kind()) == entry.result && (gone || as_given())
    }
}

/// Whether both are there and alike, or neither is there.
fn both<T>(one: Option<&T>, other: Option<&T>, alike: impl Fn(&T, &T) -> bool) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => alike(one, other),
        (None, None) => true,
        (Some(_), None) | (None, Some(_)) => false,
    }
}

impl Dossier {
    /// The electronic document that `entry` gave as the result.
    pub fn result_document_of(&self, entry: &HistoryEntry) -> Option<&ResultDocument> {
        self.results.iter().find(|document| document.version == entry.version)
    }

    /// The electronic document that `entry` gave, where `by`, who may see the entry, may fetch it:
    /// the applicant's side one that holds, since another may not have been for them.
    pub fn result_document_for(&self, entry: &HistoryEntry, by: &Actor) -> Option<&ResultDocument> {
        let holds = self.finished_by().is_some_and(|last| last.version == entry.version);
        let may = holds || !by.is_on_applicants_side(self);
        self.result_document_of(entry).filter(|_| may)
    }

    /// How the result was handed over with `entry`, where that was said.
    pub fn handover_of(&self, entry: &HistoryEntry) -> Option<&Handover> {
        self.handovers.iter().find(|handover| handover.version == entry.version)
    }

    /// The uploaded documents that came with `entry`, each once: what was handed in with it, and
    /// the result that it gave.
    pub fn uploads_of(&self, entry: &HistoryEntry) -> Vec<UploadedDocument> {
        let mut uploads = uploads_in(self.documents_of(entry));
        let result = self.result_document_of(entry).map(|document| &document.content);
        let other = |result: &&UploadedDocument| {
            uploads.iter().all(|upload| upload.upload != result.upload)
        };
        let result: Option<UploadedDocument> = result.filter(other).cloned();
        uploads.extend(result);
        uploads
    }

    /// The entry whose result holds: none before the work ended, and none once it was sent back.
    pub fn finished_by(&self) -> Option<&HistoryEntry> {
        match self.status {
            DossierStatus::Finished | DossierStatus::Returned => {
                self.history.iter().rfind(|entry| entry.action == Action::Finish)
            }
            DossierStatus::Registered
            | DossierStatus::Received
            | DossierStatus::Refused
            | DossierStatus::Processing
            | DossierStatus::SupplementRequested
            | DossierStatus::PaymentRequested
            | DossierStatus::Withdrawn
            | DossierStatus::Suspended => None,
        }
    }

    /// What the post is asked to fetch and bring now: the result that holds, where it is wanted so.
    /// None where there is no document to carry, and where it was handed over another way before.
    pub fn postal_order(&self) -> Option<PostalOrder<'_>> {
        let to = self.result_to.as_ref()?;
        let finish = self.finished_by().filter(|_| self.owes_handover())?;
        let elsewhere = |handover: &Handover| match handover.how {
            HandoverWay::Post => false,
            HandoverWay::InPerson | HandoverWay::Online => handover.version > finish.version,
        };
        let number = format!("{}-{}", self.code, finish.version);
        (!self.handovers.iter().any(elsewhere)).then_some(PostalOrder { number, to })
    }

    /// What kind of result holds; none without one, and where nobody declared it: an integrator, or
    /// a release of before results were declared.
    pub fn result_kind(&self) -> Option<ResultKind> {
        self.finished_by().and_then(|entry| entry.result)
    }

    /// Whether returning the result has to say how: there is one to be handed over.
    pub(super) fn owes_handover(&self) -> bool {
        self.result_kind() != Some(ResultKind::Nothing)
    }

    /// Refuses an officer's handing over without saying how, and one on-line of what is on paper. An
    /// integrator may not know; what it leaves out is not declared.
    pub(super) fn check_handover(&self, command: &Command, by: &Actor) -> Result<(), Refusal> {
        let mut found = Vec::new();
        if command.action == Action::ReturnResult {
            let by_officer = matches!(by, Actor::Officer { .. });
            if by_officer && command.handover.is_none() && self.owes_handover() {
                let detail = "must say how the result was handed over";
                found.push(Violation::new("handover", RuleName::HandoverOwed, detail));
            }
            let online = |handover: &Handover| handover.how == HandoverWay::Online;
            let on_paper =
                matches!(self.result_kind(), Some(ResultKind::Paper | ResultKind::Nothing));
            if command.handover.as_ref().is_some_and(online) && on_paper {
                let detail = "only an electronic result is handed over on-line";
                found.push(Violation::new("handover.how", RuleName::OnlineHandover, detail));
            }
        }
        if found.is_empty() { Ok(()) } else { Err(Refusal::Invalid(found)) }
    }
}
