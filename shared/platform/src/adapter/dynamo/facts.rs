//! What counts, the morning, reports and repairs read of an agency's dossiers: which they are from an
//! index, and the histories from the items themselves, a batch at a time. So no index carries a
//! history, and a move does not pay for one (ADR 60).

use std::collections::{BTreeSet, HashMap};

use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::KeysAndAttributes;
use domain::id::AgencyCode;
use domain::kpi::DossierFacts;
use futures::{StreamExt, TryStreamExt, stream};
use jiff::civil::Date;

use super::pages::{self, HISTORY, PAGED};
use super::{Dossiers, Item, down, rows, text};
use crate::Failure;
use crate::record::{Work, work_key};

/// The key of a row.
const KEY: &[&str] = &["code"];

/// The most items that one call reads.
const BATCH: usize = 100;

/// Batches of one agency at a time: what they hold is in memory together.
const BATCHES_AT_ONCE: usize = 4;

/// What is read of an item, and may be read of it by the roles that count: a count's facts, and by
/// what it is seen that the item is no older than the row by which it was found.
pub const FACTS: [&str; 11] = [
    "code",
    "agency",
    "procedure",
    "channel",
    "ward",
    "documentCount",
    HISTORY,
    PAGED,
    "assignments",
    "version",
    "endedOn",
];

/// The dossiers that a count read.
#[derive(Debug, Default)]
pub struct Histories {
    /// Dossiers without the words in their histories.
    pub facts: Vec<DossierFacts>,
    /// Codes of those that could not be read, as far as they have one.
    pub unreadable: BTreeSet<String>,
}

impl Dossiers {
    /// Every dossier of `agency` that is still to be settled, without the words in its history.
    /// What cannot be read is left out and named in the log.
    pub async fn open(&self, agency: &AgencyCode) -> Result<Histories, Failure> {
        self.histories(self.all_open(agency)).await
    }

    /// Every dossier of `agency` that has nothing left to settle and to which something last
    /// happened from `first` to `last`, without the words in its history. What ended before `first`
    /// has no part in any figure since. What cannot be read is left out and named in the log.
    pub async fn ended(
        &self,
        agency: &AgencyCode,
        first: Date,
        last: Date,
    ) -> Result<Histories, Failure> {
        let ended = self
            .index(
                ("by-ended", "agency"),
                "#key = :key AND endedOn BETWEEN :first AND :last",
                agency.to_string(),
            )
            .expression_attribute_values(":first", text(first.to_string()))
            .expression_attribute_values(":last", text(last.to_string()));
        self.histories(ended).await
    }

    /// All dossiers of `agency` that are not settled, each read on its own: an unreadable one is a
    /// failure among the others and is named in the log.
    pub async fn open_each(
        &self,
        agency: &AgencyCode,
    ) -> Result<Vec<Result<DossierFacts, Failure>>, Failure> {
        let mut found = Vec::new();
        self.facts(self.all_open(agency), |_, facts| found.push(facts)).await?;
        Ok(found)
    }

    fn all_open(&self, agency: &AgencyCode) -> QueryFluentBuilder {
        self.index(("by-work", "work"), "#key = :key", work_key(agency, Work::Open))
            .projection_expression("code, version")
    }

    fn index(
        &self,
        (index, name): (&str, &str),
        condition: &str,
        key: String,
    ) -> QueryFluentBuilder {
        self.client
            .query()
            .table_name(&self.tables.states)
            .index_name(index)
            .key_condition_expression(condition)
            .expression_attribute_names("#key", name)
            .expression_attribute_values(":key", text(key))
    }

    /// Keeps of each dossier only what a count needs: reasons and notes are most of a history.
    async fn histories(&self, query: QueryFluentBuilder) -> Result<Histories, Failure> {
        let mut found = Histories::default();
        self.facts(query, |code, facts| {
            let Ok(mut facts) = facts else {
                found.unreadable.insert(code);
                return;
            };
            for entry in &mut facts.history {
                (entry.reason, entry.note) = (None, None);
            }
            facts.history.shrink_to_fit();
            found.facts.push(facts);
        })
        .await?;
        Ok(found)
    }

    /// Hands over the facts of each dossier that `query` finds in an index, in its order, page by
    /// page.
    async fn facts(
        &self,
        query: QueryFluentBuilder,
        mut each: impl FnMut(String, Result<DossierFacts, Failure>),
    ) -> Result<(), Failure> {
        let mut pages = query.into_paginator().send();
        while let Some(page) = pages.next().await {
            let rows = page.map_err(down)?.items.unwrap_or_default();
            // A dossier that moves while it is read may be in a page twice; a batch names it once.
            let mut known = BTreeSet::new();
            let rows: Vec<Item> =
                rows.into_iter().filter(|row| known.insert(code_of(row).to_owned())).collect();
            let batches = stream::iter(rows.chunks(BATCH)).map(|rows| self.batch(rows));
            let mut batches = batches.buffered(BATCHES_AT_ONCE);
            while let Some(items) = batches.try_next().await? {
                for (code, item) in items {
                    each(code, item.and_then(|item| rows::one(item, KEY)));
                }
            }
        }
        Ok(())
    }

    /// The items of these rows of an index, in their order, each with its key as a log may show it.
    ///
    /// They may lag behind the table by a moment, as the index does. One that lags behind its own
    /// row is read again as of the last completed write.
    async fn batch(&self, rows: &[Item]) -> Result<Vec<(String, Result<Item, Failure>)>, Failure> {
        let codes: Vec<&str> = rows.iter().map(code_of).collect();
        let mut items = self.items(&codes, false).await?;
        let behind = |row: &&Item| items.get(code_of(row)).is_none_or(|item| is_older(item, row));
        let late: Vec<&str> = rows.iter().filter(behind).map(code_of).collect();
        if !late.is_empty() {
            items.extend(self.items(&late, true).await?);
        }
        self.add_pages(&mut items).await?;
        let each = rows.iter().map(|row| {
            let code = rows::key_of(row, KEY);
            // Nothing deletes a dossier: a row without one is for a person to look at.
            let item = items.remove(code_of(row)).ok_or_else(|| {
                tracing::error!(code, "an index names a dossier that is not there");
                Failure::DossierNotFound
            });
            (code, item)
        });
        Ok(each.collect())
    }

    /// Puts before the entries of each of `items` those that it has in pages.
    async fn add_pages(&self, items: &mut HashMap<String, Item>) -> Result<(), Failure> {
        let keys: Vec<String> = items.values().flat_map(pages::keys_of).collect();
        let mut found = HashMap::new();
        for keys in keys.chunks(BATCH) {
            let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
            found.extend(self.items(&keys, false).await?);
            // Of a moment ago, and not everywhere yet.
            let late = keys.into_iter().filter(|key| !found.contains_key(*key));
            let late: Vec<&str> = late.collect();
            if !late.is_empty() {
                found.extend(self.items(&late, true).await?);
            }
        }
        for item in items.values_mut() {
            let pages = pages::keys_of(item).into_iter().filter_map(|key| found.remove(&key));
            if pages::join(item, pages.collect()).is_err() {
                // It is left out and named, as whatever else cannot be read.
                item.remove(HISTORY);
            }
        }
        Ok(())
    }

    /// What the table has of `codes`, at most [`BATCH`] of them, each under its code.
    async fn items(
        &self,
        codes: &[&str],
        consistent: bool,
    ) -> Result<HashMap<String, Item>, Failure> {
        let key = |code: &&str| Item::from([("code".to_owned(), text(*code))]);
        let asked = KeysAndAttributes::builder()
            .set_keys(Some(codes.iter().map(key).collect()))
            .consistent_read(consistent)
            .projection_expression(FACTS.map(|name| format!("#{name}")).join(", "))
            .set_expression_attribute_names(Some(
                FACTS.map(|name| (format!("#{name}"), name.to_owned())).into(),
            ));
        let items = rows::together(&self.client, &self.tables.states, asked).await?;
        Ok(items.into_iter().map(|item| (code_of(&item).to_owned(), item)).collect())
    }
}

/// The code of an item or row: its key, which every one has.
fn code_of(item: &Item) -> &str {
    item.get("code").and_then(|code| code.as_s().ok()).map_or("", String::as_str)
}

/// Whether `item` is of before the write that `row` of an index shows.
fn is_older(item: &Item, row: &Item) -> bool {
    let version = |of: &Item| of.get("version")?.as_n().ok()?.parse::<u64>().ok();
    let ended = |of: &Item| of.get("endedOn")?.as_s().ok().cloned();
    version(item) < version(row) || ended(item) < ended(row)
}
