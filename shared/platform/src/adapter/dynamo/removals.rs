//! Contents whose time has ended: found by the month in which their dossiers ended, and done away
//! with. No other code deletes what was handed in.

use std::collections::{BTreeSet, HashMap};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::dossier::{ContentGone, Dossier};
use domain::id::{DossierCode, ProcedureCode};
use domain::upload::UploadId;
use jiff::civil::Date;
use serde::Deserialize;

use super::change::Change;
use super::contents::{CONTENT, DOCUMENTS, GONE, RECEIPTS};
use super::pages::{self, HISTORY};
use super::{
    Cancelled, DossierItems, DossierTables, Item, down, number, people, rows, stored, text,
};
use crate::Failure;
use crate::document_copy::copy_id;
use crate::port::{Removal, Stored};

/// The key of a row.
const KEY: &[&str] = &["code"];

/// Does away with contents, in the tables of dossiers and of uploaded documents.
#[derive(Debug, Clone)]
pub struct Removals {
    client: Client,
    dossiers: DossierTables,
    uploads: String,
}

/// A row of the index of contents: whose content it is, and what decides for how long it is kept.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ContentRow {
    /// The code of the dossier.
    pub code: DossierCode,
    /// The procedure applied for.
    pub procedure: ProcedureCode,
    /// The version of the procedure that the dossier keeps.
    pub procedure_version: u32,
    /// The day on which the dossier ended, in Viet Nam.
    pub ended_on: Date,
    /// Whether its end was decided, and something of it is left.
    #[serde(default)]
    pub content_gone: Option<ContentGone>,
}

/// A page of the contents of one month.
#[derive(Debug)]
pub struct Expiring {
    /// In the order of the days on which the dossiers ended. What cannot be read is left out and
    /// named in the log.
    pub rows: Vec<ContentRow>,
    /// Where the next page begins, if there may be one.
    pub next: Option<Item>,
}

impl Removals {
    /// Over these tables, the uploaded documents in the one named `uploads`.
    pub fn new(client: Client, dossiers: DossierTables, uploads: String) -> Self {
        Self { client, dossiers, uploads }
    }

    /// At most `limit` dossiers whose content is kept and that ended in `month` (`2026-11`), or
    /// those whose content is [`GOING`](crate::record::GOING), after the place `after`.
    pub async fn of_month(
        &self,
        month: &str,
        limit: u32,
        after: Option<Item>,
    ) -> Result<Expiring, Failure> {
        let page = self
            .client
            .query()
            .table_name(&self.dossiers.states)
            .index_name("by-content")
            .key_condition_expression("contentOf = :month")
            .expression_attribute_values(":month", text(month))
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .set_exclusive_start_key(after)
            .send()
            .await
            .map_err(down)?;
        let found = page.items.unwrap_or_default().into_iter();
        let rows = found.filter_map(|item| rows::readable(item, KEY)).collect();
        Ok(Expiring { rows, next: page.last_evaluated_key })
    }
}

impl Removal for Removals {
    async fn forget(&self, dossier: &Dossier) -> Result<Stored, Failure> {
        let mut state = DossierItems::of(dossier)?.state;
        let mut value = |name: &str| {
            let missing = || Failure::Defect(format!("a dossier without content has no {name}"));
            state.remove(name).ok_or_else(missing)
        };
        let (history, gone) = (value(HISTORY)?, value(GONE)?);
        let going = value("contentOf")?;
        let AttributeValue::L(history) = history else {
            return Err(Failure::Defect("a dossier has no history".to_owned()));
        };
        let paged = pages::paged(&self.client, &self.dossiers.states, &dossier.code).await?;
        let (pages, history) = pages::parts(&paged, history);
        // The documents of a state of before contents lay apart say which objects are to go.
        let content = CONTENT.into_iter().filter(|name| *name != DOCUMENTS);
        let gone_too: Vec<&str> = content.chain(people::KEYS).chain([RECEIPTS]).collect();
        let table = &self.dossiers.states;
        let change = Change {
            table,
            code: &dossier.code,
            update: format!(
                "SET history = :history, {GONE} = :gone, contentOf = :going REMOVE {}",
                gone_too.join(", ")
            ),
            // Whoever moves it meanwhile may open it again: then nothing is forgotten.
            condition: format!("#version = :version AND attribute_not_exists({GONE})"),
            names: HashMap::from([("#version".to_owned(), "version".to_owned())]),
            values: HashMap::from([
                (":history".to_owned(), AttributeValue::L(history)),
                (":gone".to_owned(), gone),
                (":going".to_owned(), going),
                (":version".to_owned(), number(dossier.version)),
            ]),
        };
        if pages.is_empty() {
            return change.alone(&self.client).await;
        }
        // The words go from the state and from each page in one: nobody sees some of them.
        let mut writes = vec![change.with_others()?];
        for (place, page) in (1..).zip(pages) {
            writes.push(pages::write(table, &dossier.code, place, page, false)?);
        }
        let transaction = self.client.transact_write_items().set_transact_items(Some(writes));
        let Err(error) = transaction.send().await else { return Ok(Stored::Yes) };
        let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) =
            error.as_service_error()
        else {
            return Err(down(error));
        };
        let cancelled = Cancelled::of(cancelled);
        if cancelled.is_refused(0) || cancelled.is_conflict() {
            return Ok(Stored::AnotherWasFirst);
        }
        Err(down(error))
    }

    async fn uploads_of(&self, code: &DossierCode) -> Result<BTreeSet<UploadId>, Failure> {
        let mut ids = BTreeSet::new();
        for table in [&self.dossiers.contents, &self.dossiers.states] {
            let found = self
                .client
                .get_item()
                .table_name(table)
                .key("code", text(code.as_str()))
                .consistent_read(true)
                .send()
                .await
                .map_err(down)?;
            for value in found.item.unwrap_or_default().values() {
                named_uploads(code, value, &mut ids);
            }
        }
        Ok(ids)
    }

    async fn forget_upload(&self, id: &UploadId) -> Result<(), Failure> {
        let gone = self.client.delete_item().table_name(&self.uploads);
        gone.key("document", text(id.as_str())).send().await.map_err(down)?;
        Ok(())
    }

    async fn clear(&self, code: &DossierCode) -> Result<(), Failure> {
        let key = || text(code.as_str());
        let gone = self.client.delete_item().table_name(&self.dossiers.contents);
        gone.key("code", key()).send().await.map_err(down)?;
        // Last: a row that is in the index is looked at again.
        let cleared = self
            .client
            .update_item()
            .table_name(&self.dossiers.states)
            .key("code", key())
            .update_expression(format!("REMOVE contentOf, {DOCUMENTS}"))
            .condition_expression(format!("attribute_exists({GONE})"));
        stored(cleared.send().await).map(drop)
    }
}

/// Every uploaded document that the content of `code` names, wherever in it, and the copy of every
/// one that another system keeps: whatever a later release keeps there goes, too.
fn named_uploads(code: &DossierCode, value: &AttributeValue, ids: &mut BTreeSet<UploadId>) {
    if let AttributeValue::L(items) = value {
        items.iter().for_each(|item| named_uploads(code, item, ids));
    }
    if let AttributeValue::M(fields) = value {
        let text = |name: &str| fields.get(name).and_then(|field| field.as_s().ok());
        ids.extend(text("upload").and_then(|id| id.parse().ok()));
        ids.extend(text("url").and(text("sha256")).map(|sha256| copy_id(code, sha256)));
        fields.values().for_each(|field| named_uploads(code, field, ids));
    }
}
