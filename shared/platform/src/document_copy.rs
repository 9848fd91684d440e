//! Copies of documents that other systems keep: what is known of each, under an id that follows from
//! the dossier and the hash that was declared. Nothing in the dossier has to be written for them.

use domain::document::DocumentReference;
use domain::dossier::Dossier;
use domain::id::DossierCode;
use domain::upload::{Upload, UploadId, UploadedDocument};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The owner of copies, in the form of an account: nobody signs in as it, so that no request can
/// claim one.
pub const COPIED_BY: &str = "system#fetch-document";

/// What is known of a copy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum DocumentCopy {
    /// It was fetched, and is inspected like an upload.
    Fetched(Upload),
    /// It was not fetched, or is not what was declared.
    Missed(Missed),
}

impl DocumentCopy {
    /// The copy as a document of its dossier, once it was inspected and nothing was found in it.
    pub fn usable(&self) -> Option<UploadedDocument> {
        match self {
            Self::Fetched(upload) => upload.usable(),
            Self::Missed(_) => None,
        }
    }
}

/// Why there is no copy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Missed {
    /// The id that the copy would have.
    pub document: UploadId,
    /// The dossier that it is of.
    pub claimed_by: DossierCode,
    /// The reason in one word: [`UNREACHABLE`], or the rule of the inspection that it breaks.
    pub missed: String,
    /// When it was tried last.
    pub at: Timestamp,
}

/// The reason of a copy whose host did not give it: it is tried again for some hours.
pub const UNREACHABLE: &str = "unreachable";

/// The id of the copy of what has this SHA-256 in `dossier`.
pub fn copy_id(dossier: &DossierCode, sha256: &str) -> UploadId {
    let digest = Sha256::digest(format!("copy\n{dossier}\n{sha256}"));
    let bits = digest.iter().take(16).fold(0_u128, |bits, byte| bits << 8 | u128::from(*byte));
    UploadId::of_bits(bits)
}

/// The documents of `dossier` that other systems keep, in any of its versions, each hash once, with
/// the ids of their copies.
pub fn kept_elsewhere(dossier: &Dossier) -> Vec<(UploadId, &DocumentReference)> {
    let mut found: Vec<(UploadId, &DocumentReference)> = Vec::new();
    for reference in dossier.documents.iter().filter_map(|document| document.kept_elsewhere()) {
        let id = copy_id(&dossier.code, &reference.sha256);
        if !found.iter().any(|(known, _)| *known == id) {
            found.push((id, reference));
        }
    }
    found
}
