//! `GET /v1/dossiers/{code}/documents/{id}`: an address by which whoever may see the case fetches an
//! uploaded document of it, handed in or given as a result, in the version that was inspected.

use domain::catalogue::Catalogue;
use domain::document::Document;
use domain::dossier::{Actor, Dossier};
use domain::upload::{DocumentType, UploadId, UploadedDocument};
use jiff::Timestamp;
use platform::Failure;
use platform::document_copy::copy_id;
use platform::dynamo::{CopyTable, Dossiers, Reads};
use platform::http::{HttpReply, HttpRequest};
use platform::objects::{Bucket, SignedDownload};
use platform::port::Copies;
use platform::record::{ReadOf, ReadRecord};
use serde::Serialize;

/// What was inspected, and where it can be fetched. The content never passes through here.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown<'a> {
    id: &'a UploadId,
    media_type: DocumentType,
    bytes: u64,
    sha256: &'a str,
    #[serde(flatten)]
    download: SignedDownload,
}

pub(crate) async fn show(
    request: &HttpRequest,
    (dossiers, reads, copies): (&Dossiers, &Reads, &CopyTable),
    bucket: &Bucket,
    catalogue: &Catalogue,
    now: Timestamp,
) -> Result<HttpReply, Failure> {
    let by = request.actor(catalogue, now)?;
    request.no_parameters()?;
    let id: UploadId = request.path("id")?;
    let dossier = super::find(dossiers, request).await?;
    let version = super::version_seen(&by, &dossier).ok_or(Failure::DossierNotFound)?;
    let found = match seen(&dossier, version, &id, &by) {
        Some((document, what)) => Some((document.clone(), what)),
        None => copied((&dossier, version), &id, copies).await?,
    };
    let (document, what) = found.ok_or(Failure::DocumentNotFound)?;
    let document = &document;
    // Signed first: what cannot be shown was not read.
    let download = bucket.download(document, now).await?;
    let what = (what, version);
    let read = ReadRecord::new(dossier.code.clone(), by.signature(), what, &request.id, now);
    super::record(reads, &read.of_document(id)).await?;
    let shown = Shown {
        id: &document.upload,
        media_type: document.declared.media_type,
        bytes: document.declared.bytes,
        sha256: &document.declared.sha256,
        download,
    };
    HttpReply::json(200, &shown)
}

/// The copy `id` of a document that another system keeps, of those that came up to `version`.
async fn copied(
    (dossier, version): (&Dossier, u64),
    id: &UploadId,
    copies: &CopyTable,
) -> Result<Option<(UploadedDocument, ReadOf)>, Failure> {
    let came = dossier.documents.iter().filter(|document| document.version <= version);
    let mut kept = came.filter_map(Document::kept_elsewhere);
    if !kept.any(|kept| copy_id(&dossier.code, &kept.sha256) == *id) {
        return Ok(None);
    }
    let copy = copies.copy(id).await?.and_then(|copy| copy.usable());
    Ok(copy.map(|copy| (copy, ReadOf::Document)))
}

/// The document `id` that `by` may see at `version`, and what it is of the dossier.
fn seen<'a>(
    dossier: &'a Dossier,
    version: u64,
    id: &UploadId,
    by: &Actor,
) -> Option<(&'a UploadedDocument, ReadOf)> {
    let came = dossier.documents.iter().filter(|document| document.version <= version);
    let handed_in = came.filter_map(|document| document.uploaded());
    let entries = dossier.history.iter().filter(|entry| entry.version <= version);
    let results = entries.filter_map(|entry| dossier.result_document_for(entry, by));
    let results = results.map(|document| (&document.content, ReadOf::Result));
    let mut all = handed_in.map(|document| (document, ReadOf::Document)).chain(results);
    all.find(|(uploaded, _)| uploaded.upload == *id)
}
