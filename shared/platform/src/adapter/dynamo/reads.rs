//! The reads table: who has read what of a dossier. Rows are added, and never changed or removed.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use domain::id::DossierCode;

use super::{down, rows, text, unless_refused, write};
use crate::Failure;
use crate::record::ReadRecord;

/// The key of a row.
const KEY: &[&str] = &["code", "read"];

/// Adds to the reads table and lists what is in it.
#[derive(Debug, Clone)]
pub struct Reads {
    client: Client,
    table: String,
}

/// A page of the reads of a dossier.
#[derive(Debug)]
pub struct ReadsPage {
    /// The reads of the page, the newest first.
    pub items: Vec<ReadRecord>,
    /// The place after which the next page begins, if there may be one.
    pub next: Option<String>,
}

impl Reads {
    /// The table named `table`.
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    /// Adds `read`. A failure means that it may not be recorded; nothing is ever overwritten.
    pub async fn record(&self, read: &ReadRecord) -> Result<(), Failure> {
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(write(read)?))
            .condition_expression("attribute_not_exists(code)");
        // What is there already was written by a try of this call whose answer was lost.
        unless_refused(put.send().await)?;
        Ok(())
    }

    /// At most `limit` reads of a dossier, the newest first, after the place `after`. What cannot be
    /// read is left out and named in the log.
    pub async fn of(
        &self,
        code: &DossierCode,
        limit: u32,
        after: Option<&str>,
    ) -> Result<ReadsPage, Failure> {
        let start = after.map(|place| {
            HashMap::from([
                ("code".to_owned(), text(code.as_str())),
                ("read".to_owned(), text(place)),
            ])
        });
        let page = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("#code = :code")
            .expression_attribute_names("#code", "code")
            .expression_attribute_values(":code", text(code.as_str()))
            .scan_index_forward(false)
            .consistent_read(true)
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .set_exclusive_start_key(start)
            .send()
            .await
            .map_err(down)?;
        let next = page.last_evaluated_key.and_then(|key| key.get("read")?.as_s().ok().cloned());
        let items = page.items.unwrap_or_default().into_iter();
        Ok(ReadsPage { items: items.filter_map(|item| rows::readable(item, KEY)).collect(), next })
    }
}
