//! The table of figures: the rows of a day or month, when they were counted, what of them was
//! corrected, counts under way, and how far each of those who write is taken.

mod claim;
mod run;

use std::collections::BTreeSet;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use domain::id::AgencyCode;
use domain::impossible::Impossible;
use domain::kpi::{KpiCell, KpiRow};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

pub use claim::Claim;

use super::{Item, down, number, read, rows, stored, text, write};
use crate::Failure;
use crate::edition::{AgencyState, Head, Stored as StoredVersions, Versions, is_month};
use crate::port::Stored;
use crate::record::{CorrectionRecord, CountRecord, KpiRecord};

/// How new what is read has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consistency {
    /// As of now, with every write that was confirmed.
    Strong,
    /// Perhaps as of a moment ago, at half the price.
    Eventual,
}

/// Sort before every cell, so that a query for cells does not meet them.
const COUNT: &str = "!count";
const CORRECTION: &str = "!corrected#";

/// What names an item of the table.
const KEYS: [&str; 2] = ["day", "cell"];

/// In the place of a day: the counts, each under its name. They stay, as the record of what was
/// counted when.
const RUNS: &str = "run";

/// In the place of a day: each agency, and how far its counts have come.
const AGENCIES: &str = "agency";

/// In the place of a day, and of a cell: what is published.
const HEAD: (&str, &str) = ("head", "!closed");

/// Reads and writes the figures table.
#[derive(Debug, Clone)]
pub struct Figures {
    client: Client,
    table: String,
}

/// A row with its versions.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "RowItem")]
pub struct StoredRow {
    /// The cell of the row.
    pub cell: KpiCell,
    /// The versions of its figures.
    pub versions: Versions<KpiRow>,
}

#[derive(Deserialize)]
struct RowItem {
    day: String,
    cell: KpiCell,
    #[serde(flatten)]
    figures: StoredVersions<KpiRow>,
}

impl TryFrom<RowItem> for StoredRow {
    type Error = Impossible;

    fn try_from(item: RowItem) -> Result<Self, Impossible> {
        let versions = Versions::from(item.figures);
        // Of a month there are only flows, and the province is judged by its sum.
        let judged = matches!(item.cell, KpiCell::Work { .. }) && !is_month(&item.day);
        if judged && !versions.all().all(KpiRow::is_sound) {
            return Err(Impossible("a row of figures does not account for what was there"));
        }
        Ok(Self { cell: item.cell, versions })
    }
}

/// The rows of a day or month.
#[derive(Debug, Default)]
pub struct StoredRows {
    /// Those that can be read, by cell.
    pub rows: Vec<StoredRow>,
    /// The cells of those that cannot, as far as their names can be.
    pub left_out: BTreeSet<KpiCell>,
}

/// Figures as one edition publishes them, whatever is written meanwhile.
#[derive(Debug)]
pub struct Closed<'a> {
    figures: &'a Figures,
    head: Head,
}

impl Closed<'_> {
    /// The edition that is published.
    pub fn head(&self) -> &Head {
        &self.head
    }

    /// The rows of a day or month, by cell.
    pub async fn of(&self, day: &str) -> Result<Vec<KpiRecord>, Failure> {
        let rows = self.figures.stored(day).await?;
        Ok(rows.into_iter().filter_map(|row| self.shown(day, row)).collect())
    }

    /// One row of a day or month.
    pub async fn row(&self, day: &str, cell: &str) -> Result<Option<KpiRecord>, Failure> {
        let row: Option<StoredRow> = self.figures.get(day, cell).await?;
        Ok(row.and_then(|row| self.shown(day, row)))
    }

    /// When a day was counted, or how much of a month; none before.
    pub async fn count(&self, day: &str) -> Result<Option<CountRecord>, Failure> {
        Ok(self.figures.stored_count(day).await?.shown(&self.head.writer.mark()).cloned())
    }

    fn shown(&self, day: &str, row: StoredRow) -> Option<KpiRecord> {
        let figures = *row.versions.shown(&self.head.mark(day, &row.cell))?;
        (!figures.is_empty()).then(|| KpiRecord { day: day.to_owned(), cell: row.cell, figures })
    }
}

impl Figures {
    /// The table named `table`.
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    /// The figures as they are published now.
    pub async fn closed(&self) -> Result<Closed<'_>, Failure> {
        Ok(Closed { figures: self, head: self.head().await? })
    }

    /// Reads the published edition.
    pub async fn head(&self) -> Result<Head, Failure> {
        Ok(self.get(HEAD.0, HEAD.1).await?.unwrap_or_default())
    }

    /// Published rows of a day or month, by cell.
    pub async fn of(&self, day: &str) -> Result<Vec<KpiRecord>, Failure> {
        self.closed().await?.of(day).await
    }

    /// One published row of a day or month.
    pub async fn row(&self, day: &str, cell: &str) -> Result<Option<KpiRecord>, Failure> {
        self.closed().await?.row(day, cell).await
    }

    /// When a day was counted, or how much of a month, as it is published; none before.
    pub async fn count(&self, day: &str) -> Result<Option<CountRecord>, Failure> {
        self.closed().await?.count(day).await
    }

    /// The rows of a day or month by cell, with all their versions. One that cannot be read, or
    /// says what cannot be so, is left out and named in the log; the next count of that day writes
    /// it again.
    pub async fn stored(&self, day: &str) -> Result<Vec<StoredRow>, Failure> {
        Ok(self.stored_rows(day).await?.rows)
    }

    /// The same, with the cells of what was left out.
    pub async fn stored_rows(&self, day: &str) -> Result<StoredRows, Failure> {
        let mut found = StoredRows::default();
        for item in self.query(day, ("a", "~"), Consistency::Strong).await? {
            let cell = item.get("cell").and_then(|cell| cell.as_s().ok()?.parse().ok());
            match rows::readable(item, &KEYS) {
                Some(row) => found.rows.push(row),
                None => found.left_out.extend(cell),
            }
        }
        // What is taken back of a row that is left out is taken from nothing.
        let StoredRows { rows, left_out } = &mut found;
        rows.retain(|row| match &row.cell {
            KpiCell::TakenBack { of, .. } => !left_out.contains(of.as_ref()),
            KpiCell::Province | KpiCell::Work { .. } | KpiCell::Officer { .. } => true,
        });
        Ok(found)
    }

    /// When a day was counted, or how much of a month, with all that was written of it.
    pub async fn stored_count(&self, day: &str) -> Result<Versions<CountRecord>, Failure> {
        let stored: Option<StoredVersions<CountRecord>> = self.get(day, COUNT).await?;
        Ok(stored.map(Versions::from).unwrap_or_default())
    }

    /// What was corrected of a day.
    pub async fn corrections(&self, day: &str) -> Result<Vec<CorrectionRecord>, Failure> {
        self.between(day, CORRECTION, "!corrected#~", Consistency::Strong).await
    }

    /// How far the counts of each agency have come.
    pub async fn agencies(
        &self,
        consistency: Consistency,
    ) -> Result<Vec<(AgencyCode, AgencyState)>, Failure> {
        #[derive(Deserialize)]
        struct AgencyItem {
            cell: AgencyCode,
            #[serde(flatten)]
            state: AgencyState,
        }
        let found = self.between::<AgencyItem>(AGENCIES, "!", "~", consistency).await?;
        Ok(found.into_iter().map(|item| (item.cell, item.state)).collect())
    }

    async fn between<T: DeserializeOwned>(
        &self,
        day: &str,
        first: &str,
        last: &str,
        consistency: Consistency,
    ) -> Result<Vec<T>, Failure> {
        let found = self.query(day, (first, last), consistency).await?;
        Ok(found.into_iter().filter_map(|item| rows::readable(item, &KEYS)).collect())
    }

    async fn query(
        &self,
        day: &str,
        (first, last): (&str, &str),
        consistency: Consistency,
    ) -> Result<Vec<Item>, Failure> {
        self.client
            .query()
            .table_name(&self.table)
            .key_condition_expression("#day = :day AND cell BETWEEN :first AND :last")
            .expression_attribute_names("#day", "day")
            .expression_attribute_values(":day", text(day))
            .expression_attribute_values(":first", text(first))
            .expression_attribute_values(":last", text(last))
            .consistent_read(consistency == Consistency::Strong)
            .into_paginator()
            .items()
            .send()
            .try_collect()
            .await
            .map_err(down)
    }

    async fn get<T: DeserializeOwned>(&self, day: &str, cell: &str) -> Result<Option<T>, Failure> {
        let got = self
            .client
            .get_item()
            .table_name(&self.table)
            .key("day", text(day))
            .key("cell", text(cell));
        got.consistent_read(true).send().await.map_err(down)?.item.map(read).transpose()
    }

    fn update(&self, (day, cell): (&str, &str)) -> UpdateItemFluentBuilder {
        self.client
            .update_item()
            .table_name(&self.table)
            .key("day", text(day))
            .key("cell", text(cell))
    }

    /// Writes a row under `version`, the newest of its `versions`, unless a later one is stored.
    /// Idempotent.
    pub async fn put_row(
        &self,
        day: &str,
        cell: &KpiCell,
        version: u64,
        versions: &Versions<KpiRow>,
    ) -> Result<Stored, Failure> {
        self.put_version(day, cell.to_string(), version, versions).await
    }

    /// Writes the time at which a day was counted, or the counted part of a month, under `version`,
    /// unless a later one is stored. Idempotent.
    pub async fn put_count_row(
        &self,
        day: &str,
        version: u64,
        versions: &Versions<CountRecord>,
    ) -> Result<Stored, Failure> {
        self.put_version(day, COUNT.to_owned(), version, versions).await
    }

    async fn put_version<T: Clone + Serialize>(
        &self,
        day: &str,
        cell: String,
        version: u64,
        versions: &Versions<T>,
    ) -> Result<Stored, Failure> {
        let row =
            versions.stored().ok_or_else(|| Failure::Defect("a row has no version".to_owned()))?;
        let mut item = keyed(&row, cell)?;
        item.insert("day".to_owned(), text(day));
        let put = self.client.put_item().table_name(&self.table).set_item(Some(item));
        let put = put
            .condition_expression("attribute_not_exists(version) OR version <= :version")
            .expression_attribute_values(":version", number(version));
        stored(put.send().await)
    }

    /// Writes a row in the form without versions: it is shown at once, in place of the stored one.
    pub async fn put(&self, row: &KpiRecord) -> Result<(), Failure> {
        self.write(write(row)?).await
    }

    /// The same for when a day was counted, or how much of a month.
    pub async fn put_count(&self, count: &CountRecord) -> Result<(), Failure> {
        self.write(keyed(count, COUNT.to_owned())?).await
    }

    /// Keeps a correction under a `name` that is the same for the same correction.
    pub async fn put_correction(
        &self,
        correction: &CorrectionRecord,
        name: &str,
    ) -> Result<(), Failure> {
        self.write(keyed(correction, format!("{CORRECTION}{}#{name}", correction.of))?).await
    }

    async fn write(&self, item: Item) -> Result<(), Failure> {
        super::put(&self.client, &self.table, item).await
    }
}

fn keyed(record: &impl Serialize, cell: String) -> Result<Item, Failure> {
    let mut item = write(record)?;
    item.insert("cell".to_owned(), text(cell));
    Ok(item)
}
