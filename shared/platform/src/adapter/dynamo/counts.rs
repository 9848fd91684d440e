//! Counts of what is asked for, in the proofs table beside one-time codes: all of them go by
//! themselves.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use jiff::Timestamp;

use super::{down, number, text, unless_refused};
use crate::Failure;
use crate::port::Counts;

/// Counts in a table.
#[derive(Debug, Clone)]
pub struct CountTable {
    client: Client,
    table: String,
}

impl CountTable {
    /// Over the table named `table`.
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    fn update(&self, name: &str, end: Timestamp) -> UpdateItemFluentBuilder {
        self.client
            .update_item()
            .table_name(&self.table)
            .key("proof", text(format!("count#{name}")))
            .expression_attribute_values(":end", number(end.as_second()))
    }
}

impl Counts for CountTable {
    async fn add(&self, name: &str, more: u32, end: Timestamp) -> Result<u64, Failure> {
        let counted = self
            .update(name, end)
            .update_expression("ADD #count :more SET expiresAt = :end")
            .expression_attribute_names("#count", "count")
            .expression_attribute_values(":more", number(more))
            .return_values(ReturnValue::UpdatedNew)
            .send()
            .await
            .map_err(down)?;
        let item = counted.attributes.unwrap_or_default();
        let count = item.get("count").and_then(|value| value.as_n().ok()?.parse().ok());
        count.ok_or_else(|| Failure::Defect("a count was raised and not told".to_owned()))
    }

    async fn enter(
        &self,
        name: &str,
        once: &str,
        most: u32,
        end: Timestamp,
    ) -> Result<bool, Failure> {
        let entered = self
            .update(name, end)
            .update_expression("ADD #names :these SET expiresAt = :end")
            .condition_expression(
                "attribute_not_exists(#names) OR contains(#names, :this) OR size(#names) < :most",
            )
            .expression_attribute_names("#names", "names")
            .expression_attribute_values(":these", AttributeValue::Ss(vec![once.to_owned()]))
            .expression_attribute_values(":this", text(once))
            .expression_attribute_values(":most", number(most));
        Ok(unless_refused(entered.send().await)?.is_some())
    }
}
