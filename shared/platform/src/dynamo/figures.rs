//! The table of figures: the rows of a day or month, when they were counted, what of them was
//! corrected, counts under way, and how far each of those who write is taken.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use domain::id::AgencyCode;
use domain::kpi::{KpiCell, KpiRow};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{Item, down, number, read, rows, text, write};
use crate::Failure;
use crate::edition::{
    AgencyState, Head, Mark, Stored as StoredVersions, Trouble, Versions, Writer,
};
use crate::port::Stored;
use crate::record::{CorrectionRecord, CountRecord, CountRun, KpiRecord};

/// Sort before every cell, so that a query for cells does not meet them.
const COUNT: &str = "!count";
const CORRECTION: &str = "!corrected#";

/// In the place of a day: the counts, each under its name. They stay, as the record of what was
/// counted when.
const RUNS: &str = "run";

/// In the place of a day: each agency, and how far its counts have come.
const AGENCIES: &str = "agency";

/// In the place of a day, and of a cell: what is published.
const HEAD: (&str, &str) = ("head", "!closed");

/// The figures table.
#[derive(Debug, Clone)]
pub struct Figures {
    client: Client,
    table: String,
}

/// A row with its versions.
#[derive(Debug, Clone)]
pub struct StoredRow {
    /// The cell of the row.
    pub cell: KpiCell,
    /// The versions of its figures.
    pub versions: Versions<KpiRow>,
}

#[derive(Deserialize)]
struct RowItem {
    cell: KpiCell,
    #[serde(flatten)]
    figures: StoredVersions<KpiRow>,
}

impl From<RowItem> for StoredRow {
    fn from(item: RowItem) -> Self {
        Self { cell: item.cell, versions: item.figures.into() }
    }
}

/// Figures as one edition publishes them, whatever is written meanwhile.
#[derive(Debug)]
pub struct Closed<'a> {
    figures: &'a Figures,
    head: Head,
}

impl Closed<'_> {
    /// The published edition.
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
        let row: Option<RowItem> = self.figures.get(day, cell).await?;
        Ok(row.and_then(|row| self.shown(day, row.into())))
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

/// What a count records of itself before it changes a row.
#[derive(Debug, Clone)]
pub struct Claim<'a> {
    /// The run that it is made for.
    pub by: &'a str,
    /// The time at which it was counted.
    pub at: Timestamp,
    /// Days of which rows will be changed, with those that wait to be closed.
    pub days: &'a BTreeSet<Date>,
    /// Those of them that were published.
    pub corrects: &'a BTreeSet<Date>,
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

    /// The rows of a day or month by cell, with all their versions. An unreadable one is left out
    /// and named in the log; the next count of that day writes it again.
    pub async fn stored(&self, day: &str) -> Result<Vec<StoredRow>, Failure> {
        Ok(self
            .between::<RowItem>(day, "a", "~", true)
            .await?
            .into_iter()
            .map(StoredRow::from)
            .collect())
    }

    /// When a day was counted, or how much of a month, with all that was written of it.
    pub async fn stored_count(&self, day: &str) -> Result<Versions<CountRecord>, Failure> {
        let stored: Option<StoredVersions<CountRecord>> = self.get(day, COUNT).await?;
        Ok(stored.map(Versions::from).unwrap_or_default())
    }

    /// What was corrected of a day.
    pub async fn corrections(&self, day: &str) -> Result<Vec<CorrectionRecord>, Failure> {
        self.between(day, CORRECTION, "!corrected#~", true).await
    }

    /// How far the counts of each agency have come; `surely` as of now, else perhaps as of a moment
    /// ago, at half the price.
    pub async fn agencies(&self, surely: bool) -> Result<Vec<(AgencyCode, AgencyState)>, Failure> {
        #[derive(Deserialize)]
        struct AgencyItem {
            cell: AgencyCode,
            #[serde(flatten)]
            state: AgencyState,
        }
        let found = self.between::<AgencyItem>(AGENCIES, "!", "~", surely).await?;
        Ok(found.into_iter().map(|item| (item.cell, item.state)).collect())
    }

    /// Runs whose first day is `since` or later.
    pub async fn runs(&self, since: Date) -> Result<Vec<CountRun>, Failure> {
        let found = self.between::<RunItem>(RUNS, &since.to_string(), "~", true).await?;
        Ok(found.into_iter().map(CountRun::from).collect())
    }

    async fn between<T: DeserializeOwned>(
        &self,
        day: &str,
        first: &str,
        last: &str,
        surely: bool,
    ) -> Result<Vec<T>, Failure> {
        let found = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("#day = :day AND cell BETWEEN :first AND :last")
            .expression_attribute_names("#day", "day")
            .expression_attribute_values(":day", text(day))
            .expression_attribute_values(":first", text(first))
            .expression_attribute_values(":last", text(last))
            .consistent_read(surely)
            .into_paginator()
            .items()
            .send()
            .try_collect()
            .await
            .map_err(down)?;
        Ok(found.into_iter().filter_map(|item| rows::readable(item, &["day", "cell"])).collect())
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

    /// Claims the next number of `agency` for a count that read the state `seen`; `None` if the
    /// state has changed.
    pub async fn claim(
        &self,
        agency: &AgencyCode,
        seen: &Writer,
        claim: &Claim<'_>,
    ) -> Result<Option<Writer>, Failure> {
        let dates = |days: &BTreeSet<Date>| {
            AttributeValue::L(days.iter().map(|day| text(day.to_string())).collect())
        };
        let update = self
            .update((AGENCIES, agency.as_str()))
            .expression_attribute_values(":days", dates(claim.days))
            .expression_attribute_values(":corrects", dates(claim.corrects));
        claimed(update, ", days = :days, corrects = :corrects", seen, (claim.by, claim.at)).await
    }

    /// Commits what was written under the newest claim of `agency`, with the dossiers left out. If
    /// another claim was made in the meantime, nothing is committed.
    pub async fn commit(
        &self,
        agency: &AgencyCode,
        claim: u64,
        unreadable: &BTreeSet<String>,
    ) -> Result<Stored, Failure> {
        let left_out = AttributeValue::L(unreadable.iter().map(text).collect());
        let update = self
            .update((AGENCIES, agency.as_str()))
            .update_expression("SET committed = :claim, unreadable = :unreadable")
            .condition_expression("claimed = :claim")
            .expression_attribute_values(":claim", number(claim))
            .expression_attribute_values(":unreadable", left_out);
        kept(update).await
    }

    /// Records why an agency could not be counted; `None` clears the record.
    pub async fn trouble(
        &self,
        agency: &AgencyCode,
        trouble: Option<&Trouble>,
    ) -> Result<(), Failure> {
        let update = self.update((AGENCIES, agency.as_str()));
        let update = match trouble {
            Some(trouble) => update
                .update_expression("SET trouble = :trouble")
                .expression_attribute_values(":trouble", AttributeValue::M(write(trouble)?)),
            None => update.update_expression("REMOVE trouble"),
        };
        update.send().await.map_err(down)?;
        Ok(())
    }

    /// Records the dossiers that the last count of an agency left out.
    pub async fn left_out(
        &self,
        agency: &AgencyCode,
        unreadable: &BTreeSet<String>,
    ) -> Result<(), Failure> {
        let left_out = AttributeValue::L(unreadable.iter().map(text).collect());
        let update = self
            .update((AGENCIES, agency.as_str()))
            .update_expression("SET unreadable = :unreadable");
        update.expression_attribute_values(":unreadable", left_out).send().await.map_err(down)?;
        Ok(())
    }

    /// Claims the next edition for a close that read the state `seen`; `None` if the state has
    /// changed.
    pub async fn claim_edition(
        &self,
        seen: &Writer,
        by: &str,
        at: Timestamp,
    ) -> Result<Option<Writer>, Failure> {
        claimed(self.update(HEAD), "", seen, (by, at)).await
    }

    /// Publishes what was written under the newest claim, with `agencies` as far as they are taken,
    /// in one write. Another close may have claimed meanwhile: then nothing is published.
    pub async fn publish(
        &self,
        claim: u64,
        agencies: impl Iterator<Item = (&AgencyCode, &Mark)>,
    ) -> Result<Stored, Failure> {
        let marks = agencies
            .map(|(agency, mark)| Ok((agency.to_string(), AttributeValue::M(write(mark)?))));
        let marks = marks.collect::<Result<Item, Failure>>()?;
        let update = self
            .update(HEAD)
            .update_expression("SET committed = :claim, agencies = :agencies")
            .condition_expression("claimed = :claim")
            .expression_attribute_values(":claim", number(claim))
            .expression_attribute_values(":agencies", AttributeValue::M(marks));
        kept(update).await
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
        let stored =
            versions.stored().ok_or_else(|| Failure::Defect("a row has no version".to_owned()))?;
        let mut item = keyed(&stored, cell)?;
        item.insert("day".to_owned(), text(day));
        let put = self.client.put_item().table_name(&self.table).set_item(Some(item));
        let put = put
            .condition_expression("attribute_not_exists(version) OR version <= :version")
            .expression_attribute_values(":version", number(version));
        match put.send().await {
            Ok(_) => Ok(Stored::Yes),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(|e| e.is_conditional_check_failed_exception()) =>
            {
                Ok(Stored::AnotherWasFirst)
            }
            Err(error) => Err(down(error)),
        }
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

    /// Begins a count: from now on its agencies can be reported.
    pub async fn begin(&self, run: &CountRun) -> Result<(), Failure> {
        let agencies = run.remaining.iter().map(ToString::to_string).collect();
        let mut item = write(&RunItem {
            cell: run.id.clone(),
            first: run.first,
            last: run.last,
            ..RunItem::default()
        })?;
        item.insert("day".to_owned(), text(RUNS));
        item.insert("remaining".to_owned(), AttributeValue::Ss(agencies));
        self.write(item).await
    }

    /// Records that `agency` was counted without the dossiers `unreadable`, and returns the run
    /// after that; `None` for an unknown run. Idempotent.
    pub async fn report(
        &self,
        run: &str,
        agency: &AgencyCode,
        unreadable: &BTreeSet<String>,
    ) -> Result<Option<CountRun>, Failure> {
        let mut update = "DELETE remaining :agency".to_owned();
        let mut values =
            Item::from([(":agency".to_owned(), AttributeValue::Ss(vec![agency.to_string()]))]);
        // No set is empty.
        if !unreadable.is_empty() {
            update.push_str(" ADD unreadable :unreadable");
            values.insert(
                ":unreadable".to_owned(),
                AttributeValue::Ss(unreadable.iter().cloned().collect()),
            );
        }
        let reported = self
            .update((RUNS, run))
            .update_expression(update)
            .condition_expression("attribute_exists(cell)")
            .set_expression_attribute_values(Some(values))
            .return_values(ReturnValue::AllNew);
        match reported.send().await {
            Ok(updated) => {
                updated.attributes.map(|item| read::<RunItem>(item).map(CountRun::from)).transpose()
            }
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(|e| e.is_conditional_check_failed_exception()) =>
            {
                Ok(None)
            }
            Err(error) => Err(down(error)),
        }
    }

    async fn write(&self, item: Item) -> Result<(), Failure> {
        self.client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item))
            .send()
            .await
            .map_err(down)?;
        Ok(())
    }
}

/// Claims the number after the one that was `seen`. An open claim that is taken over is void from
/// then on.
async fn claimed(
    update: UpdateItemFluentBuilder,
    besides: &str,
    seen: &Writer,
    (by, at): (&str, Timestamp),
) -> Result<Option<Writer>, Failure> {
    let mut next =
        Writer { claimed: seen.claimed + 1, by: by.to_owned(), at: Some(at), ..seen.clone() };
    let mut expression = format!("SET claimed = :next, #by = :by, #at = :at{besides}");
    let mut update = update
        .expression_attribute_names("#by", "by")
        .expression_attribute_names("#at", "at")
        .expression_attribute_values(":next", number(next.claimed))
        .expression_attribute_values(":by", text(by))
        .expression_attribute_values(":at", text(at.to_string()));
    if seen.is_open() {
        next.void.insert(seen.claimed);
        expression.push_str(" ADD #void :void");
        update = update.expression_attribute_names("#void", "void");
        update = update.expression_attribute_values(
            ":void",
            AttributeValue::Ns(vec![seen.claimed.to_string()]),
        );
    }
    let as_seen = |name: &str, value: u64| match value {
        0 => format!("attribute_not_exists({name})"),
        _ => format!("{name} = :{name}"),
    };
    for (name, value) in [("claimed", seen.claimed), ("committed", seen.committed)] {
        if value > 0 {
            update = update.expression_attribute_values(format!(":{name}"), number(value));
        }
    }
    let condition = format!(
        "{} AND {}",
        as_seen("claimed", seen.claimed),
        as_seen("committed", seen.committed)
    );
    match kept(update.update_expression(expression).condition_expression(condition)).await? {
        Stored::Yes => Ok(Some(next)),
        Stored::AnotherWasFirst => Ok(None),
    }
}

async fn kept(update: UpdateItemFluentBuilder) -> Result<Stored, Failure> {
    match update.send().await {
        Ok(_) => Ok(Stored::Yes),
        Err(error)
            if error
                .as_service_error()
                .is_some_and(|e| e.is_conditional_check_failed_exception()) =>
        {
            Ok(Stored::AnotherWasFirst)
        }
        Err(error) => Err(down(error)),
    }
}

/// A run as stored; empty sets are not stored.
#[derive(Debug, Default, Serialize, Deserialize)]
struct RunItem {
    cell: String,
    first: Date,
    last: Date,
    #[serde(default, skip_serializing)]
    remaining: BTreeSet<AgencyCode>,
    #[serde(default, skip_serializing)]
    unreadable: BTreeSet<String>,
}

impl From<RunItem> for CountRun {
    fn from(item: RunItem) -> Self {
        let RunItem { cell: id, first, last, remaining, unreadable } = item;
        Self { id, first, last, remaining, unreadable }
    }
}

fn keyed(record: &impl Serialize, cell: String) -> Result<Item, Failure> {
    let mut item = write(record)?;
    item.insert("cell".to_owned(), text(cell));
    Ok(item)
}
