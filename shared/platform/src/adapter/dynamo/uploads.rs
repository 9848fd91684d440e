//! The documents table: each document that was asked for, with how far it has come.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{TransactWriteItem, Update};
use domain::id::DossierCode;
use domain::upload::{Upload, UploadId, UploadState, UploadedDocument};

use super::{down, read, stored, text, write};
use crate::Failure;
use crate::port::{Stored, Uploads};

/// The writes of a transaction by which `dossier` claims these documents, in order, in the table of
/// that name. A repeated claim of the same dossier changes nothing.
pub(super) fn claims<'a>(
    table: Option<&str>,
    dossier: &DossierCode,
    documents: impl Iterator<Item = &'a UploadedDocument>,
) -> Result<Vec<TransactWriteItem>, Failure> {
    let each = documents.map(|document| {
        let table = table.ok_or_else(|| Failure::Defect("no table of uploads".to_owned()))?;
        let claim = Update::builder()
            .table_name(table)
            .key("document", text(document.upload.as_str()))
            .update_expression("SET claimedBy = :dossier REMOVE expiresAt")
            // The version, so that a row that has expired does not come back as a stump.
            .condition_expression(
                "objectVersion = :version AND (attribute_not_exists(claimedBy) OR claimedBy = :dossier)",
            )
            .expression_attribute_values(":dossier", text(dossier.as_str()))
            .expression_attribute_values(":version", text(&document.object_version))
            .build()
            .map_err(|error| Failure::Defect(error.to_string()))?;
        Ok(TransactWriteItem::builder().update(claim).build())
    });
    each.collect()
}

/// Reads and writes the documents table.
#[derive(Debug, Clone)]
pub struct UploadTable {
    client: Client,
    table: String,
}

impl UploadTable {
    /// The table named `table`.
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }
}

impl Uploads for UploadTable {
    async fn upload(&self, id: &UploadId) -> Result<Option<Upload>, Failure> {
        let got = self
            .client
            .get_item()
            .table_name(&self.table)
            .key("document", text(id.as_str()))
            .consistent_read(true);
        got.send().await.map_err(down)?.item.map(read).transpose()
    }

    async fn open(&self, upload: &Upload) -> Result<(), Failure> {
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(write(upload)?))
            .condition_expression("attribute_not_exists(document)");
        match stored(put.send().await)? {
            Stored::Yes => Ok(()),
            // Of two draws of 128 bits none is equal: a try of this call whose answer was lost.
            Stored::AnotherWasFirst => Ok(()),
        }
    }

    async fn conclude(&self, id: &UploadId, state: &UploadState) -> Result<Stored, Failure> {
        let mut update = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("document", text(id.as_str()))
            // The first verdict stays, and a row that has expired does not come back.
            .condition_expression("#state = :awaited")
            .expression_attribute_values(":awaited", text(UploadState::Awaited.name()));
        let mut sets = Vec::new();
        for (name, value) in write(state)? {
            sets.push(format!("#{name} = :{name}"));
            update = update
                .expression_attribute_names(format!("#{name}"), &name)
                .expression_attribute_values(format!(":{name}"), value);
        }
        let update = update.update_expression(format!("SET {}", sets.join(", ")));
        stored(update.send().await)
    }
}
