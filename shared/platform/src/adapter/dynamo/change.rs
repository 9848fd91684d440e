//! The write of a state by which a dossier changes: alone, or in a transaction with what belongs to
//! it.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{TransactWriteItem, Update};
use domain::id::DossierCode;

use super::{Item, stored, text};
use crate::Failure;
use crate::port::Stored;

/// A conditional write of one state.
pub(super) struct Change<'a> {
    /// The table of states.
    pub(super) table: &'a str,
    /// The dossier whose state it is.
    pub(super) code: &'a DossierCode,
    /// What is set and removed.
    pub(super) update: String,
    /// What has to hold of the state as it is stored.
    pub(super) condition: String,
    /// The names in both.
    pub(super) names: HashMap<String, String>,
    /// The values in both.
    pub(super) values: Item,
}

impl Change<'_> {
    /// Makes the change in a write of its own.
    pub(super) async fn alone(self, client: &Client) -> Result<Stored, Failure> {
        let outcome = client
            .update_item()
            .table_name(self.table)
            .key("code", text(self.code.as_str()))
            .update_expression(self.update)
            .condition_expression(self.condition)
            .set_expression_attribute_names(Some(self.names))
            .set_expression_attribute_values(Some(self.values))
            .send()
            .await;
        stored(outcome)
    }

    /// The change as the write of a transaction.
    pub(super) fn with_others(self) -> Result<TransactWriteItem, Failure> {
        let update = Update::builder()
            .table_name(self.table)
            .key("code", text(self.code.as_str()))
            .update_expression(self.update)
            .condition_expression(self.condition)
            .set_expression_attribute_names(Some(self.names))
            .set_expression_attribute_values(Some(self.values))
            .build()
            .map_err(|error| Failure::Defect(error.to_string()))?;
        Ok(TransactWriteItem::builder().update(update).build())
    }
}
