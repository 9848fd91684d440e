//! Uploaded documents that a request names: looked up before it is judged, and kept before their
//! dossier is stored.

use std::collections::{BTreeMap, BTreeSet};

use domain::Violation;
use domain::document::Document;
use domain::outcome::ResultDocument;
use domain::upload::{Upload, UploadId, UploadedDocument, unclaimed_violation};
use futures::future::try_join_all;

use crate::Failure;
use crate::port::{Keeper, UploadClaims, Uploads};

/// Documents of `uploads`, whose content `keeper` keeps.
#[derive(Debug)]
pub struct Claiming<U, K> {
    /// Where documents are looked up.
    pub uploads: U,
    /// What keeps their content.
    pub keeper: K,
}

impl<U: Uploads, K: Keeper> UploadClaims for Claiming<U, K> {
    async fn named(&self, ids: &BTreeSet<UploadId>) -> Result<BTreeMap<UploadId, Upload>, Failure> {
        let found = try_join_all(ids.iter().map(|id| self.uploads.upload(id))).await?;
        Ok(found.into_iter().flatten().map(|upload| (upload.id.clone(), upload)).collect())
    }

    async fn keep(&self, documents: Vec<UploadedDocument>) -> Result<(), Failure> {
        let each = documents.iter();
        let kept =
            each.map(|document| self.keeper.keep(&document.upload, &document.object_version));
        try_join_all(kept).await.map(drop)
    }
}

/// What is wrong with those of a request's `documents` that another dossier has `taken` meanwhile.
pub(super) fn taken_violations(
    documents: &[Document],
    taken: &BTreeSet<UploadId>,
) -> Vec<Violation> {
    let gone = |document: &Document| {
        document.uploaded().is_some_and(|uploaded| taken.contains(&uploaded.upload))
    };
    let each = documents.iter().enumerate().filter(|(_, document)| gone(document));
    each.map(|(place, _)| unclaimed_violation().within(&format!("documents[{place}]"))).collect()
}

/// The same of the electronic `result` that a request gives.
pub(super) fn taken_result(
    result: Option<&ResultDocument>,
    taken: &BTreeSet<UploadId>,
) -> Option<Violation> {
    let gone = |result: &&ResultDocument| taken.contains(&result.content.upload);
    result.filter(gone).map(|_| unclaimed_violation().within("result"))
}

/// For callers who cannot upload: none of the documents that they name is there.
#[derive(Debug, Clone, Copy)]
pub struct NoUploads;

impl UploadClaims for NoUploads {
    async fn named(&self, _: &BTreeSet<UploadId>) -> Result<BTreeMap<UploadId, Upload>, Failure> {
        Ok(BTreeMap::new())
    }

    async fn keep(&self, _: Vec<UploadedDocument>) -> Result<(), Failure> {
        Ok(())
    }
}
