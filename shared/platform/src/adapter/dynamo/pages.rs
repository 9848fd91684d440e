//! The oldest entries of a long history, in pages apart from the state that every move rewrites: a
//! move costs the same whatever has happened before (ADR 62). A page is an item of the dossiers
//! table that no index holds, written once, in the transaction of the move that took its entries out
//! of the state.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem, Update};
use domain::id::DossierCode;

use super::{Item, down, number, text};
use crate::Failure;
use crate::record::page_key;

/// The attribute of a state that says how many entries each of its pages holds, oldest first.
pub(super) const PAGED: &str = "paged";

/// The entries, of a state and of a page.
pub(super) const HISTORY: &str = "history";

/// The most bytes of entries that a state keeps: more than an ordinary life has, so that most
/// dossiers never have a page.
const HOT_BYTES_MAX: usize = 2 * 1024;

/// The most bytes of them that stay behind when a page is made, the newest entry besides.
const KEPT_BYTES_MAX: usize = 512;

/// The fewest entries of a state of which a page is made. However long the words in it are, the
/// pages of a dossier are fewer than a transaction takes.
const HOT_ENTRIES_MIN: usize = 4;

/// The entries of a state after one more, and what of them becomes a page.
#[derive(Debug)]
pub(super) struct Cut {
    /// The entries of the next page; empty where none is made.
    pub(super) page: Vec<AttributeValue>,
    /// The entries that stay, the newest last.
    pub(super) hot: Vec<AttributeValue>,
}

impl Cut {
    /// Of a whole `history`, of which the oldest are in pages of so many entries already.
    pub(super) fn of(mut history: Vec<AttributeValue>, paged: &[usize]) -> Self {
        let mut hot = history.split_off(paged.iter().sum::<usize>().min(history.len()));
        let sizes: Vec<usize> = hot.iter().map(bytes).collect();
        if sizes.iter().sum::<usize>() <= HOT_BYTES_MAX || hot.len() < HOT_ENTRIES_MIN {
            return Self { page: Vec::new(), hot };
        }
        let mut kept = 0;
        let fits = |size: &&usize| {
            kept += **size;
            kept <= KEPT_BYTES_MAX
        };
        let staying = sizes.iter().rev().take_while(fits).count().max(1);
        let rest = hot.split_off(hot.len().saturating_sub(staying));
        Self { page: hot, hot: rest }
    }
}

/// Whether a whole `history` may want a page more: most never do, and nobody has to ask how many
/// pages they have.
pub(super) fn may_be_due(history: &[AttributeValue]) -> bool {
    history.iter().map(bytes).sum::<usize>() > HOT_BYTES_MAX
}

/// How many entries each page of the dossier with this code holds, as of the last completed write.
pub(super) async fn paged(
    client: &Client,
    table: &str,
    code: &DossierCode,
) -> Result<Vec<usize>, Failure> {
    let get = client.get_item().table_name(table).key("code", text(code.as_str()));
    let get = get.projection_expression(PAGED).consistent_read(true);
    let found = get.send().await.map_err(down)?.item.unwrap_or_default();
    let counts = found.get(PAGED).and_then(|paged| paged.as_l().ok()).into_iter().flatten();
    counts
        .map(|count| count.as_n().ok().and_then(|count| count.parse().ok()))
        .collect::<Option<Vec<usize>>>()
        .ok_or_else(|| Failure::Defect("the pages of a history are not counted".to_owned()))
}

/// The parts of a whole `history` as they are stored: pages of so many entries, and what the state
/// has.
pub(super) fn parts(
    paged: &[usize],
    mut history: Vec<AttributeValue>,
) -> (Vec<Vec<AttributeValue>>, Vec<AttributeValue>) {
    let pages = paged.iter().map(|count| {
        let rest = history.split_off((*count).min(history.len()));
        std::mem::replace(&mut history, rest)
    });
    (pages.collect(), history)
}

/// The keys of the pages of a state or of what was read of it, oldest first.
pub(super) fn keys_of(state: &Item) -> Vec<String> {
    let paged = state.get(PAGED).and_then(|paged| paged.as_l().ok());
    let code = state.get("code").and_then(|code| code.as_s().ok());
    let (Some(paged), Some(code)) = (paged, code) else { return Vec::new() };
    (1..).zip(paged).map(|(number, _)| page_key(code, number)).collect()
}

/// Puts the entries of `pages` before those of `state`; fails where these are not the pages that the
/// state says.
pub(super) fn join(state: &mut Item, pages: Vec<Item>) -> Result<(), Failure> {
    let Some(AttributeValue::L(counts)) = state.get(PAGED) else { return Ok(()) };
    let mut whole = Vec::new();
    let held: Vec<AttributeValue> = pages
        .into_iter()
        .map(|mut page| match page.remove(HISTORY) {
            Some(AttributeValue::L(entries)) => {
                let count = number(entries.len());
                whole.extend(entries);
                count
            }
            _ => number(0),
        })
        .collect();
    if held != *counts {
        return Err(Failure::Defect("a page of a history is not there, or not whole".to_owned()));
    }
    if let Some(AttributeValue::L(hot)) = state.get_mut(HISTORY) {
        whole.append(hot);
        *hot = whole;
    }
    Ok(())
}

/// The write of page `place` of `code`, which is not there; or, to take the words out of it, of one
/// that is.
pub(super) fn write(
    table: &str,
    code: &DossierCode,
    place: usize,
    entries: Vec<AttributeValue>,
    is_new: bool,
) -> Result<TransactWriteItem, Failure> {
    let there = if is_new { "attribute_not_exists" } else { "attribute_exists" };
    let update = Update::builder()
        .table_name(table)
        .key("code", text(page_key(code.as_str(), place)))
        .update_expression("SET history = :entries")
        .condition_expression(format!("{there}(code)"))
        .expression_attribute_values(":entries", AttributeValue::L(entries))
        .build()
        .map_err(|error| Failure::Defect(error.to_string()))?;
    Ok(TransactWriteItem::builder().update(update).build())
}

/// What the store takes an element of a list to be, in bytes.
fn bytes(value: &AttributeValue) -> usize {
    let list = |list: &Vec<AttributeValue>| 3 + list.iter().map(bytes).sum::<usize>();
    let size = value
        .as_s()
        .map(String::len)
        .or_else(|_| value.as_n().map(|digits| digits.len() / 2 + 2))
        .or_else(|_| value.as_b().map(|blob| blob.as_ref().len()))
        .or_else(|_| value.as_l().map(list))
        .or_else(|_| {
            value.as_m().map(|map| {
                3 + map.iter().map(|(name, value)| name.len() + bytes(value)).sum::<usize>()
            })
        });
    // Whatever else there is takes a byte.
    1 + size.unwrap_or(1)
}
