//! The reads table: who has read what of a dossier. Rows are added, and never changed or removed.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use domain::calendar::{date_of, instant, next};
use domain::id::DossierCode;
use jiff::Timestamp;
use jiff::civil::{Date, Time};

use super::{Item, down, rows, text, unless_refused, write};
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
    pub next: Option<ReadPlace>,
}

/// The key of a read, after which a page begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadPlace {
    /// The code of the dossier, as the row has it.
    pub code: String,
    /// Its place among the dossier's reads, see [`ReadRecord::read`].
    pub read: String,
    /// The account, in a list of its reads alone.
    pub reader: Option<String>,
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
        let query = self
            .client
            .query()
            .key_condition_expression("#key = :key")
            .expression_attribute_names("#key", "code")
            .expression_attribute_values(":key", text(code.as_str()))
            .consistent_read(true);
        let start = after.map(|read| key_of(code.as_str(), read));
        self.page(query, limit, start).await
    }

    /// The same over all dossiers: what one account read, on one day or ever, or what everybody
    /// read on a day. A read of this moment may be missing still.
    pub async fn among(
        &self,
        range: &ReadRange,
        limit: u32,
        after: Option<&ReadPlace>,
    ) -> Result<ReadsPage, Failure> {
        let (index, key, value, condition) = match range {
            ReadRange::OfReader(id) => ("by-reader", "reader", id.clone(), "#key = :key"),
            ReadRange::OfReaderOn(id, _) => {
                let condition = "#key = :key AND #read BETWEEN :first AND :end";
                ("by-reader", "reader", id.clone(), condition)
            }
            ReadRange::On(day) => ("by-day", "day", day.to_string(), "#key = :key"),
        };
        let mut query = self
            .client
            .query()
            .index_name(index)
            .key_condition_expression(condition)
            .expression_attribute_names("#key", key)
            .expression_attribute_values(":key", text(&value));
        if let ReadRange::OfReaderOn(_, day) = range {
            query = query
                .expression_attribute_names("#read", "read")
                .expression_attribute_values(":first", text(midnight(*day)))
                .expression_attribute_values(":end", text(midnight(next(*day))));
        }
        let start = after.map(|place| {
            let mut start = key_of(&place.code, &place.read);
            start.insert(key.to_owned(), text(&value));
            start
        });
        self.page(query, limit, start).await
    }

    async fn page(
        &self,
        query: QueryFluentBuilder,
        limit: u32,
        start: Option<Item>,
    ) -> Result<ReadsPage, Failure> {
        let page = query
            .table_name(&self.table)
            .scan_index_forward(false)
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .set_exclusive_start_key(start)
            .send()
            .await
            .map_err(down)?;
        let next = page.last_evaluated_key.and_then(|key| {
            let part = |name: &str| key.get(name)?.as_s().ok().cloned();
            Some(ReadPlace { code: part("code")?, read: part("read")?, reader: part("reader") })
        });
        let items = page.items.unwrap_or_default().into_iter();
        Ok(ReadsPage { items: items.filter_map(|item| rows::readable(item, KEY)).collect(), next })
    }
}

fn key_of(code: &str, read: &str) -> Item {
    HashMap::from([("code".to_owned(), text(code)), ("read".to_owned(), text(read))])
}

/// The beginning of a day in Viet Nam as the order of reads has it: before each read of that day,
/// and after each of the day before.
fn midnight(day: Date) -> String {
    format!("{:.3}", instant(day, Time::midnight()))
}

/// Which reads are asked for, whatever the dossier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReadRange {
    /// All that one account read.
    OfReader(String),
    /// What one account read on a day in Viet Nam.
    OfReaderOn(String, Date),
    /// What everybody read on a day in Viet Nam.
    On(Date),
}

impl ReadRange {
    /// Whether a list of these reads can go on after `place`.
    pub fn holds(&self, place: &ReadPlace) -> bool {
        let by = |id: Option<&str>| place.reader.as_deref() == id;
        let on = |day: Date| {
            let at = place.read.split('#').next().and_then(|at| at.parse::<Timestamp>().ok());
            at.is_some_and(|at| date_of(at) == day)
        };
        match self {
            Self::OfReader(id) => by(Some(id)),
            Self::OfReaderOn(id, day) => by(Some(id)) && on(*day),
            Self::On(day) => by(None) && on(*day),
        }
    }
}
