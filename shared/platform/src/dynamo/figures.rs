//! The table of figures.

use aws_sdk_dynamodb::Client;
use jiff::civil::Date;

use super::{down, read, text, write};
use crate::Failure;
use crate::record::KpiRecord;

/// The table of figures.
#[derive(Debug, Clone)]
pub struct Figures {
    client: Client,
    table: String,
}

impl Figures {
    /// Over `table`.
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    /// The rows of `day`, by cell.
    pub async fn of(&self, day: Date) -> Result<Vec<KpiRecord>, Failure> {
        let rows = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("#day = :day")
            .expression_attribute_names("#day", "day")
            .expression_attribute_values(":day", text(day.to_string()))
            .consistent_read(true)
            .into_paginator()
            .items()
            .send()
            .try_collect()
            .await
            .map_err(down)?;
        rows.into_iter().map(read).collect()
    }

    /// Writes one row over whatever stood there.
    pub async fn put(&self, row: &KpiRecord) -> Result<(), Failure> {
        self.client.put_item().table_name(&self.table).set_item(Some(write(row)?)).send().await.map_err(down)?;
        Ok(())
    }

    /// Takes a row away that no longer has anything to count.
    pub async fn remove(&self, row: &KpiRecord) -> Result<(), Failure> {
        self.client
            .delete_item()
            .table_name(&self.table)
            .key("day", text(row.day.to_string()))
            .key("cell", text(&row.cell))
            .send()
            .await
            .map_err(down)?;
        Ok(())
    }
}
