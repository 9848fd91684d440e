//! Many rows at a time: one that cannot be read takes no other down.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::types::builders::KeysAndAttributesBuilder;
use serde::de::DeserializeOwned;

use super::{Item, down, read};
use crate::{Failure, LogLine};

/// Longest part of a key that is named in a log, in characters: longer than any that is written
/// here.
const KEY_CHARACTERS_MAX: usize = 120;

/// How often what the table left out of an answer is asked for again, before it is an outage.
const TRIES_MAX: u32 = 8;

/// Base of the pause between such tries, in milliseconds.
const PAUSE_MS: u64 = 20;

/// The items of `table` that `asked` names, in any order: every one that is there, in one call where
/// the table answers as much at once.
pub(super) async fn together(
    client: &Client,
    table: &str,
    asked: KeysAndAttributesBuilder,
) -> Result<Vec<Item>, Failure> {
    let asked = asked.build().map_err(|error| Failure::Defect(error.to_string()))?;
    let mut asked = HashMap::from([(table.to_owned(), asked)]);
    let mut items = Vec::new();
    for tried in 1..=TRIES_MAX {
        let call = client.batch_get_item().set_request_items(Some(asked));
        let answer = call.send().await.map_err(down)?;
        items.extend(answer.responses.unwrap_or_default().into_values().flatten());
        // The table answers as much as it will at once, and says what it left out.
        asked = answer.unprocessed_keys.unwrap_or_default();
        if asked.is_empty() {
            return Ok(items);
        }
        let pause = PAUSE_MS * u64::from(tried);
        tokio::time::sleep(Duration::from_millis(pause + fastrand::u64(0..=pause))).await;
    }
    Err(Failure::unavailable("table", "a batch of items is not read to its end"))
}

/// Reads one row of many. One that cannot be read is named in the log by its key alone.
pub(super) fn one<T: DeserializeOwned>(item: Item, keys: &[&str]) -> Result<T, Failure> {
    let key = key_of(&item, keys);
    read(item).inspect_err(|failure| {
        tracing::error!(key, cause = failure.chain(), "{}", LogLine::RowUnreadable)
    })
}

/// The same for lists that go on without what cannot be read.
pub(super) fn readable<T: DeserializeOwned>(item: Item, keys: &[&str]) -> Option<T> {
    one(item, keys).ok()
}

/// The first rows of `query`, at most `limit`; one that cannot be read is left out.
pub(super) async fn first<T: DeserializeOwned>(
    query: QueryFluentBuilder,
    limit: usize,
    keys: &[&str],
) -> Result<Vec<T>, Failure> {
    let mut rows = query.into_paginator().items().send();
    let mut found = Vec::new();
    while found.len() < limit {
        let Some(item) = rows.try_next().await.map_err(down)? else {
            break;
        };
        found.extend(readable::<T>(item, keys));
    }
    Ok(found)
}

/// The key of a row as a log may show it: in one line, and nothing else of the row.
pub(super) fn key_of(item: &Item, keys: &[&str]) -> String {
    let part = |name: &&str| -> String {
        let value = item.get(*name).and_then(|value| value.as_s().ok()).map_or("?", String::as_str);
        value
            .chars()
            .take(KEY_CHARACTERS_MAX)
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect()
    };
    keys.iter().map(part).collect::<Vec<_>>().join(" ")
}
