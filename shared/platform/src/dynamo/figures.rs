//! The table of figures: the rows of a day or month, when they were counted, what of them was corrected, and counts under way.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use domain::id::AgencyCode;
use jiff::civil::Date;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{Item, down, read, rows, text, write};
use crate::Failure;
use crate::record::{CorrectionRecord, CountRecord, CountRun, KpiRecord};

/// Sort before every cell, so that a query for cells does not meet them.
const COUNT: &str = "!count";
const CORRECTION: &str = "!corrected#";

/// In the place of a day: the counts, each under its name. They stay, as the record of what was counted when.
const RUNS: &str = "run";

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

    /// The rows of a day or month, by cell. One that cannot be read is left out and named in the log; a count of that day writes
    /// it anew.
    pub async fn of(&self, day: &str) -> Result<Vec<KpiRecord>, Failure> {
        self.between(day, "a", "~").await
    }

    /// What was corrected of a day.
    pub async fn corrections(&self, day: &str) -> Result<Vec<CorrectionRecord>, Failure> {
        self.between(day, CORRECTION, "!corrected#~").await
    }

    async fn between<T: DeserializeOwned>(&self, day: &str, first: &str, last: &str) -> Result<Vec<T>, Failure> {
        let found = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("#day = :day AND cell BETWEEN :first AND :last")
            .expression_attribute_names("#day", "day")
            .expression_attribute_values(":day", text(day))
            .expression_attribute_values(":first", text(first))
            .expression_attribute_values(":last", text(last))
            .consistent_read(true)
            .into_paginator()
            .items()
            .send()
            .try_collect()
            .await
            .map_err(down)?;
        Ok(found.into_iter().filter_map(|item| rows::readable(item, &["day", "cell"])).collect())
    }

    /// One row of a day or month.
    pub async fn row(&self, day: &str, cell: &str) -> Result<Option<KpiRecord>, Failure> {
        self.get(day, cell).await
    }

    /// When a day was counted, or how much of a month; none before.
    pub async fn count(&self, day: &str) -> Result<Option<CountRecord>, Failure> {
        self.get(day, COUNT).await
    }

    async fn get<T: DeserializeOwned>(&self, day: &str, cell: &str) -> Result<Option<T>, Failure> {
        let got = self.client.get_item().table_name(&self.table).key("day", text(day)).key("cell", text(cell));
        got.consistent_read(true).send().await.map_err(down)?.item.map(read).transpose()
    }

    /// Writes one row over whatever stood there.
    pub async fn put(&self, row: &KpiRecord) -> Result<(), Failure> {
        self.write(write(row)?).await
    }

    /// Says that a day was counted, or how much of a month.
    pub async fn put_count(&self, count: &CountRecord) -> Result<(), Failure> {
        self.write(keyed(count, COUNT.to_owned())?).await
    }

    /// Keeps a correction under a `name` that is the same for the same correction.
    pub async fn put_correction(&self, correction: &CorrectionRecord, name: &str) -> Result<(), Failure> {
        self.write(keyed(correction, format!("{CORRECTION}{}#{name}", correction.of))?).await
    }

    /// Begins a count: from now on its agencies can be reported.
    pub async fn begin(&self, run: &CountRun) -> Result<(), Failure> {
        let agencies = run.remaining.iter().map(ToString::to_string).collect();
        let mut item =
            write(&RunItem { cell: run.id.clone(), first: run.first, last: run.last, ..RunItem::default() })?;
        item.insert("day".to_owned(), text(RUNS));
        item.insert("remaining".to_owned(), AttributeValue::Ss(agencies));
        self.write(item).await
    }

    /// Says that `agency` was counted and rows of the days `changed` were changed, and gives how the run stands after it; none
    /// where there is no such run. Said twice, it comes to the same.
    pub async fn report(
        &self,
        run: &str,
        agency: &AgencyCode,
        changed: &BTreeSet<Date>,
    ) -> Result<Option<CountRun>, Failure> {
        let mut update = "DELETE remaining :agency".to_owned();
        let mut values = Item::from([(":agency".to_owned(), AttributeValue::Ss(vec![agency.to_string()]))]);
        // No set is empty.
        if !changed.is_empty() {
            update.push_str(" ADD changed :changed");
            let days = changed.iter().map(ToString::to_string).collect();
            values.insert(":changed".to_owned(), AttributeValue::Ss(days));
        }
        let reported = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("day", text(RUNS))
            .key("cell", text(run))
            .update_expression(update)
            .condition_expression("attribute_exists(cell)")
            .set_expression_attribute_values(Some(values))
            .return_values(ReturnValue::AllNew);
        match reported.send().await {
            Ok(updated) => updated.attributes.map(|item| read::<RunItem>(item).map(CountRun::from)).transpose(),
            Err(error) if error.as_service_error().is_some_and(|e| e.is_conditional_check_failed_exception()) => {
                Ok(None)
            }
            Err(error) => Err(down(error)),
        }
    }

    async fn write(&self, item: Item) -> Result<(), Failure> {
        self.client.put_item().table_name(&self.table).set_item(Some(item)).send().await.map_err(down)?;
        Ok(())
    }

    /// Takes a row away that no longer has anything to count.
    pub async fn remove(&self, row: &KpiRecord) -> Result<(), Failure> {
        self.client
            .delete_item()
            .table_name(&self.table)
            .key("day", text(&row.day))
            .key("cell", text(row.cell.to_string()))
            .send()
            .await
            .map_err(down)?;
        Ok(())
    }
}

/// A run as it lies in the table; an empty set lies nowhere.
#[derive(Debug, Default, Serialize, Deserialize)]
struct RunItem {
    cell: String,
    first: Date,
    last: Date,
    #[serde(default, skip_serializing)]
    remaining: BTreeSet<AgencyCode>,
    #[serde(default, skip_serializing)]
    changed: BTreeSet<Date>,
}

impl From<RunItem> for CountRun {
    fn from(item: RunItem) -> Self {
        let RunItem { cell: id, first, last, remaining, changed } = item;
        Self { id, first, last, remaining, changed }
    }
}

fn keyed(record: &impl Serialize, cell: String) -> Result<Item, Failure> {
    let mut item = write(record)?;
    item.insert("cell".to_owned(), text(cell));
    Ok(item)
}
