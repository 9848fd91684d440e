//! `GET /v1/dossiers/{code}/case`, `…/documents/{id}`, `…/forms/{form}`, `…/reads` and
//! `GET /v1/reads`: what was handed in, for those who decide on it and for its owner, the forms that
//! are printed of it, and who has read it; the first two also for a system that has to process the
//! dossier, at `/v1/integrators/{name}/dossiers/{code}/…`. A read that cannot be recorded is not
//! answered.

mod case;
mod document;
mod form;
mod integrator;
mod outcome;
mod qr;
mod readers;
mod settings;
mod transfers;

use std::collections::BTreeMap;

use domain::announcement::PublicUrl;
use domain::catalogue::Catalogue;
use domain::dossier::{Actor, Dossier, Sight};
use domain::id::DossierCode;
use domain::upload::{UploadId, UploadState};
use futures::future::try_join_all;
use jiff::Timestamp;
use platform::Failure;
use platform::document_copy::{DocumentCopy, kept_elsewhere};
use platform::dynamo::{CopyTable, Deliveries, Dossiers, Reads};
use platform::http::{HttpReply, HttpRequest};
use platform::objects::Bucket;
use platform::port::{Copies, DossierStore};
use platform::record::{ReadOf, ReadRecord};
use platform::seal::SealKey;

use case::Case;

pub use settings::Settings;

/// The tables that cases are read from and reads written to.
#[derive(Debug, Clone)]
pub struct Tables {
    /// The dossiers with their contents.
    pub dossiers: Dossiers,
    /// Who has read what.
    pub reads: Reads,
    /// What is known of copies of documents.
    pub copies: CopyTable,
    /// Which dossiers are transferred to other systems.
    pub ledger: Deliveries,
}

/// Answers one HTTP request; failures become problem documents.
pub async fn handle(
    request: HttpRequest,
    Tables { dossiers, reads, copies, ledger }: &Tables,
    (bucket, public_url, key): (&Bucket, &PublicUrl, &SealKey),
    catalogue: &Catalogue,
    now: Timestamp,
) -> Result<HttpReply, Failure> {
    let doors = (dossiers, ledger);
    let request = integrator::admitted(request, doors, key, catalogue, now).await?;
    match request.route.as_str() {
        "GET /v1/dossiers/{code}/documents/{id}" => {
            document::show(&request, (dossiers, reads, copies), bucket, catalogue, now).await
        }
        "GET /v1/dossiers/{code}/case" => {
            case(&request, (dossiers, reads, copies, ledger), catalogue, now).await
        }
        "GET /v1/dossiers/{code}/forms/{form}" => {
            form::print(&request, (dossiers, reads), (catalogue, public_url), now).await
        }
        "GET /v1/dossiers/{code}/reads" => {
            readers::list(&request, (dossiers, reads), catalogue, now).await
        }
        "GET /v1/reads" => readers::audit(&request, reads, now).await,
        _ => Err(Failure::RouteNotFound),
    }
}

async fn case(
    request: &HttpRequest,
    (dossiers, reads, copies, ledger): (&Dossiers, &Reads, &CopyTable, &Deliveries),
    catalogue: &Catalogue,
    now: Timestamp,
) -> Result<HttpReply, Failure> {
    let by = request.actor(catalogue, now)?;
    request.no_parameters()?;
    let dossier = find(dossiers, request).await?;
    // A stranger does not learn from the answer that there is such a dossier.
    let version = version_seen(&by, &dossier).ok_or(Failure::DossierNotFound)?;
    // In whose hands it is changes without the version, and is for the agency that has custody.
    let tag = match dossier.assignment() {
        assignment @ 1.. if dossier.may_be_assigned_by(&by) => {
            format!("\"{version}.{assignment}\"")
        }
        // Its content goes without a version.
        _ if dossier.content_gone.is_some() => format!("\"{version}-gone\""),
        _ => format!("\"{version}\""),
    };
    let copies = copies_of(&dossier, copies, catalogue).await?;
    let whole = by.sight_of(&dossier) == Some(Sight::Whole);
    let post = &dossier.post;
    let tag = with_post(with_copies(tag, &copies), if whole { post.version } else { 0 });
    let lines = transfers::lines(&by, &dossier, ledger, catalogue, now).await?;
    let tag = transfers::with_lines(tag, &lines);
    // Nothing of the content leaves with a 304: the read that fetched it was recorded.
    if request.has(&tag) {
        return Ok(tagged(HttpReply::unchanged(), tag));
    }
    let what = (ReadOf::Case, version);
    let read = ReadRecord::new(dossier.code.clone(), by.signature(), what, &request.id, now);
    record(reads, &read).await?;
    let mut shown = Case::of((&dossier, &copies), version, &by, (catalogue, now));
    shown.transfers = transfers::shown(&lines, &dossier.next_moves(&by, catalogue.law(), now), now);
    Ok(tagged(HttpReply::json(200, &shown)?, tag))
}

/// What is known of the copies of documents that other systems keep.
async fn copies_of(
    dossier: &Dossier,
    copies: &CopyTable,
    catalogue: &Catalogue,
) -> Result<BTreeMap<UploadId, DocumentCopy>, Failure> {
    let hosts = catalogue.document_hosts();
    let kept = kept_elsewhere(dossier).into_iter();
    let kept = kept.filter(|(_, reference)| hosts.may_be_copied(reference));
    let reads = kept.map(async |(id, _)| Ok::<_, Failure>((id.clone(), copies.copy(&id).await?)));
    let read = try_join_all(reads).await?.into_iter();
    Ok(read.filter_map(|(id, copy)| Some((id, copy?))).collect())
}

/// `tag` with how far each copy has come: it changes without the version.
fn with_copies(tag: String, copies: &BTreeMap<UploadId, DocumentCopy>) -> String {
    let letter = |copy: &DocumentCopy| match copy {
        DocumentCopy::Missed(_) => 'm',
        DocumentCopy::Fetched(upload) => match upload.state {
            UploadState::Awaited => 'a',
            UploadState::Usable { .. } => 'u',
            UploadState::Refused { .. } => 'r',
        },
    };
    let letters: String = copies.values().map(letter).collect();
    if letters.is_empty() { tag } else { format!("{}-{letters}\"", tag.trim_end_matches('"')) }
}

/// `tag` with how often the post has moved, which it does without the version.
fn with_post(tag: String, version: u64) -> String {
    if version == 0 { tag } else { format!("{}-p{version}\"", tag.trim_end_matches('"')) }
}

/// The newest version that `by` may see of the content; none where they may see nothing.
fn version_seen(by: &Actor, dossier: &Dossier) -> Option<u64> {
    by.sight_of(dossier).map(|sight| match sight {
        Sight::Whole => dossier.version,
        Sight::UpTo(version) => version,
    })
}

/// Records the read. Whatever is wrong with the table: the caller may come again, and sees nothing
/// until then.
async fn record(reads: &Reads, read: &ReadRecord) -> Result<(), Failure> {
    let unrecorded = |failure| Failure::unavailable("the record of reads", failure);
    reads.record(read).await.map_err(unrecorded)
}

fn tagged(reply: HttpReply, tag: String) -> HttpReply {
    // It names a person: no browser of an office keeps it on its disk. Whoever holds it asks by its
    // tag, since who may see it today may not tomorrow. And each caller for themselves: two may
    // share a browser, and what they may see and do next differs at one version.
    reply
        .with_header("cache-control", "private, no-store")
        .with_header("vary", "authorization")
        .with_header("etag", tag)
}

async fn find(dossiers: &Dossiers, request: &HttpRequest) -> Result<Dossier, Failure> {
    let code: DossierCode = request.path("code")?;
    dossiers.dossier(&code).await?.ok_or(Failure::DossierNotFound)
}
