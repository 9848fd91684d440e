//! Copies of documents that other systems keep, in the documents table beside what was uploaded.

use aws_sdk_dynamodb::Client;
use domain::upload::{Upload, UploadId};

use super::{Item, down, read, stored, text, write};
use crate::Failure;
use crate::document_copy::{DocumentCopy, Missed};
use crate::port::{Copies, Stored};

/// Reads and writes copies.
#[derive(Debug, Clone)]
pub struct CopyTable {
    client: Client,
    table: String,
}

impl CopyTable {
    /// The table named `table`.
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    /// Stores a row where there is none, or one that says only that nothing was fetched.
    async fn begin_row(&self, row: Item) -> Result<Stored, Failure> {
        let put = self.client.put_item().table_name(&self.table).set_item(Some(row));
        let nothing_fetched = "attribute_not_exists(document) OR attribute_exists(missed)";
        stored(put.condition_expression(nothing_fetched).send().await)
    }
}

impl Copies for CopyTable {
    async fn copy(&self, id: &UploadId) -> Result<Option<DocumentCopy>, Failure> {
        let got = self
            .client
            .get_item()
            .table_name(&self.table)
            .key("document", text(id.as_str()))
            .consistent_read(true);
        got.send().await.map_err(down)?.item.map(read).transpose()
    }

    async fn fetched(&self, upload: &Upload) -> Result<Stored, Failure> {
        self.begin_row(write(upload)?).await
    }

    async fn missed(&self, missed: &Missed) -> Result<Stored, Failure> {
        self.begin_row(write(missed)?).await
    }
}
