//! Inspects what was uploaded: that it is what was declared and nothing else, that it opens, what
//! the platform's scanner says of it, and whether a PDF is signed as a result has to be. The first
//! verdict stays, with the version of the object that was inspected.
//!
//! Nothing is kept between reading and writing: a process that dies leaves the document awaited, and
//! the message that comes again inspects it anew.

mod settings;
mod signature;

use domain::calendar::date_of;
use domain::catalogue::Catalogue;
use domain::upload::{DocumentType, ScanRefusal, Upload, UploadId, UploadState};
use domain::{RuleName, Violation};
use inspection::{Accepted, Kind};
use jiff::Timestamp;
use platform::Failure;
use platform::port::{Contents, Uploads};
use platform::request::read_json;
use serde::Deserialize;

pub use settings::{MalwareScan, Settings};

/// Messages worked off at a time: each may take a document and a hundred megabytes of memory.
pub const WIDTH: usize = 1;

/// What the bucket sends to the queue (event structure 2.x of Amazon S3), as far as it is read.
#[derive(Deserialize)]
struct Notification {
    #[serde(rename = "Records", default)]
    records: Vec<Record>,
    /// What the storage sends once, when the bucket is connected to the queue.
    #[serde(rename = "Event", default)]
    event: Option<String>,
}

#[derive(Deserialize)]
struct Record {
    s3: Stored,
}

#[derive(Deserialize)]
struct Stored {
    object: Object,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Object {
    key: String,
    version_id: String,
}

/// The event that says only that the bucket is connected.
const CONNECTED: &str = "s3:TestEvent";

/// Works off one message of the bucket. What was inspected before is left as it is.
pub async fn inspect(
    body: &str,
    uploads: &impl Uploads,
    contents: &impl Contents,
    (catalogue, scan): (&Catalogue, MalwareScan),
    now: Timestamp,
) -> Result<(), Failure> {
    let sent: Notification = read_json(body.as_bytes())?;
    if sent.records.is_empty() && sent.event.as_deref() != Some(CONNECTED) {
        return Err(Violation::new("Records", RuleName::Required, "is required").into());
    }
    for Record { s3: Stored { object: Object { key, version_id } } } in sent.records {
        let unknown = || Violation::new("key", RuleName::DocumentId, "is no document's object");
        let id = UploadId::of_object(&key).ok_or_else(unknown)?;
        let Some(upload) = uploads.upload(&id).await? else {
            tracing::warn!(document = id.as_str(), "a document's time has ended");
            continue;
        };
        match upload.state {
            UploadState::Awaited => {}
            // The same bytes once more: nothing else could be uploaded.
            UploadState::Usable { .. } | UploadState::Refused { .. } => continue,
        }
        let declared = upload.declared.bytes;
        let content = contents.content(&upload.id, &version_id, declared).await?;
        let found = (&upload, version_id.as_str(), content.as_slice());
        let refusal = refusal(found, contents, (catalogue, scan)).await?;
        let state = match refusal {
            None => {
                let signature = signature::verdict(&upload, &content, catalogue, now)?;
                UploadState::Usable { object_version: version_id, inspected_at: now, signature }
            }
            Some(reason) => UploadState::Refused { reason: reason.to_owned(), inspected_at: now },
        };
        uploads.conclude(&id, &state).await?;
        let fault = signature::fault(&state);
        let (document, state) = (id.as_str(), state.name());
        tracing::info!(document, state, reason = refusal, fault, "document inspected");
    }
    Ok(())
}

/// The name of the first rule that the document breaks with this content; none where it is usable.
async fn refusal(
    (upload, version, content): (&Upload, &str, &[u8]),
    contents: &impl Contents,
    (catalogue, scan): (&Catalogue, MalwareScan),
) -> Result<Option<&'static str>, Failure> {
    let declared = &upload.declared;
    // What was accepted when it was asked for.
    let accepted: Vec<Accepted> = catalogue
        .document_types()
        .on(date_of(upload.asked_at))
        .map(|(of, bytes_max)| Accepted { kind: kind(of), bytes_max })
        .collect();
    let declared = inspection::Declared {
        media_type: declared.media_type.media_type(),
        bytes: declared.bytes,
        sha256: &declared.sha256,
    };
    if let Err(rule) = inspection::inspect(content, &declared, &accepted) {
        return Ok(Some(rule.name()));
    }
    let verdict = contents.scanned(&upload.id, version).await?;
    match (verdict.as_deref(), scan) {
        (None, MalwareScan::Optional) | (Some("NO_THREATS_FOUND"), _) => Ok(None),
        (None, MalwareScan::Required) => Err(Failure::Held("the verdict on malware")),
        (Some("THREATS_FOUND"), _) => Ok(Some(ScanRefusal::Malware.name())),
        (Some("UNSUPPORTED"), _) => Ok(Some(ScanRefusal::NotScanned.name())),
        // It could not read the object or failed: its affair, and perhaps over soon.
        (Some(_), _) => Err(Failure::unavailable("the scanner for malware", "it failed")),
    }
}

/// How the inspection, which knows nothing of the domain, calls a type of the catalogue (ADR 38).
fn kind(of: DocumentType) -> Kind {
    match of {
        DocumentType::Pdf => Kind::Pdf,
        DocumentType::Jpeg => Kind::Jpeg,
        DocumentType::Png => Kind::Png,
        DocumentType::Docx => Kind::Docx,
        DocumentType::Xlsx => Kind::Xlsx,
    }
}
