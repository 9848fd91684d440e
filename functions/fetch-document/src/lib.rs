//! The fetches queue: copies what other systems keep of a dossier's documents into our object
//! storage, once, from the hosts that the catalogue names for it. A copy is inspected as an upload
//! is, and officers open it whatever becomes of the host.
//!
//! A message only says that documents may have come. What is to be copied is in the dossier, what
//! was copied is in the documents table: a message that is repeated, late or lost copies nothing
//! twice, and each later one makes up for it.

mod settings;

use domain::calendar::date_of;
use domain::catalogue::Catalogue;
use domain::document::DocumentReference;
use domain::id::DossierCode;
use domain::upload::{DOCUMENT_BYTES_MAX, Declared, DocumentType, Upload, UploadId, UploadState};
use inspection::{Kind, Rule, kind_of, sha256};
use jiff::Timestamp;
use platform::document_copy::{COPIED_BY, DocumentCopy, Missed, UNREACHABLE, kept_elsewhere};
use platform::message::{self, CloudEvent, DOSSIER_CHANGED, DossierChanged, read_data};
use platform::port::{Copies, DocumentSources, DossierStore, Shelves};
use platform::request::read_json;
use platform::{Failure, LogLine};
use serde_json::Value;

pub use settings::Settings;

/// Messages worked off at a time: each may take a document of thirty megabytes.
pub const WIDTH: usize = 1;

/// Everything that copying documents takes.
#[derive(Debug)]
pub struct Desk<'a, D, C, S, O> {
    /// Where dossiers are read.
    pub dossiers: &'a D,
    /// What is known of each copy.
    pub copies: &'a C,
    /// The hosts that keep documents.
    pub sources: &'a S,
    /// Where copies are put.
    pub shelves: &'a O,
    /// The catalogue in force.
    pub catalogue: &'a Catalogue,
}

/// Copies what is not copied yet of the documents of one dossier. Fails, so that the message is
/// repeated, if a host does not give one; the others are copied all the same.
pub async fn fetch<D: DossierStore, C: Copies, S: DocumentSources, O: Shelves>(
    message: &str,
    desk: &Desk<'_, D, C, S, O>,
    now: Timestamp,
) -> Result<(), Failure> {
    let event: CloudEvent<Value> = read_json(message.as_bytes())?;
    if event.kind != DOSSIER_CHANGED {
        return Err(message::unknown_type().into());
    }
    let code = read_data::<DossierChanged>(&event.data)?.code;
    let dossier = desk.dossiers.dossier(&code).await?.ok_or(Failure::DossierNotFound)?;
    let hosts = desk.catalogue.document_hosts();
    let mut failed = None;
    for (id, reference) in kept_elsewhere(&dossier) {
        if hosts.is_copied(reference, date_of(now))
            && let Err(failure) = desk.copy(&code, &id, reference, now).await
        {
            failed = failed.or(Some(failure));
        }
    }
    failed.map_or(Ok(()), Err)
}

impl<D: DossierStore, C: Copies, S: DocumentSources, O: Shelves> Desk<'_, D, C, S, O> {
    async fn copy(
        &self,
        code: &DossierCode,
        id: &UploadId,
        reference: &DocumentReference,
        now: Timestamp,
    ) -> Result<(), Failure> {
        match self.copies.copy(id).await? {
            // What was fetched and never got to its place is fetched again.
            None | Some(DocumentCopy::Fetched(Upload { state: UploadState::Awaited, .. })) => {}
            Some(DocumentCopy::Missed(missed)) if missed.missed == UNREACHABLE => {}
            Some(DocumentCopy::Missed(_) | DocumentCopy::Fetched(_)) => return Ok(()),
        }
        let miss = async |reason: &str| {
            let (document, reason) = (id.clone(), reason.to_owned());
            let missed = Missed { document, claimed_by: code.clone(), missed: reason, at: now };
            self.copies.missed(&missed).await
        };
        let content = match self.sources.fetch(&reference.url, DOCUMENT_BYTES_MAX).await {
            Ok(content) => content,
            Err(failure) => {
                miss(UNREACHABLE).await?;
                return Err(failure);
            }
        };
        let declared = match self.declared(&content, &reference.sha256, now) {
            Ok(declared) => declared,
            // Whoever handed it in has to send another one: asking the host again does not help.
            Err(rule) => {
                let (dossier, reason) = (code.as_str(), rule.name());
                tracing::warn!(dossier, reason, "{}", LogLine::DocumentNotAsDeclared);
                return miss(reason).await.map(drop);
            }
        };
        let upload = Upload {
            id: id.clone(),
            owner: COPIED_BY.to_owned(),
            declared,
            state: UploadState::Awaited,
            asked_at: now,
            expires_at: None,
            claimed_by: Some(code.clone()),
        };
        // The row first: the inspection looks for it as soon as the content is there.
        self.copies.fetched(&upload).await?;
        self.shelves.put(id, &upload.declared, content).await?;
        tracing::info!(dossier = code.as_str(), document = id.as_str(), "document copied");
        Ok(())
    }

    /// What `content` is, where it is what was declared of it by its hash and is accepted.
    fn declared(&self, content: &[u8], hash: &str, now: Timestamp) -> Result<Declared, Rule> {
        let bytes = u64::try_from(content.len()).map_err(|_| Rule::TooLarge)?;
        if bytes == 0 {
            return Err(Rule::EmptyDocument);
        }
        if bytes > DOCUMENT_BYTES_MAX {
            return Err(Rule::TooLarge);
        }
        if sha256(content) != hash {
            return Err(Rule::HashDiffers);
        }
        let media_type = kind_of(content).map(media_type).ok_or(Rule::TypeNotAccepted)?;
        let mut accepted = self.catalogue.document_types().on(date_of(now));
        let (_, most) =
            accepted.find(|(accepted, _)| *accepted == media_type).ok_or(Rule::TypeNotAccepted)?;
        if bytes > most {
            return Err(Rule::TooLarge);
        }
        Ok(Declared { media_type, bytes, sha256: hash.to_owned() })
    }
}

/// How the domain calls a kind of the inspection, which knows nothing of it (ADR 38).
fn media_type(kind: Kind) -> DocumentType {
    match kind {
        Kind::Pdf => DocumentType::Pdf,
        Kind::Jpeg => DocumentType::Jpeg,
        Kind::Png => DocumentType::Png,
        Kind::Docx => DocumentType::Docx,
        Kind::Xlsx => DocumentType::Xlsx,
    }
}
