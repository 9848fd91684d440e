//! The live table: for each agency one item of counts, and for each dossier what it adds to them.
//!
//! Both are written in one transaction, under the version that the dossier's row had: so a change
//! that comes twice, late or after its process died counts once, and a change that never came is
//! made up for by the next one (ADR 103).

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{Put, TransactWriteItem, Update};
use domain::calendar::date_of;
use domain::id::{AgencyCode, DossierCode};
use domain::kpi::{LiveCount, LiveNews, LiveShare};
use futures::{StreamExt, TryStreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Cancelled, Item, down, number, read, rows, stored, text, write};
use crate::Failure;
use crate::port::Stored;
use crate::record::UNDER_WAY;

/// In the place of an agency: the counts, each under its agency's code.
const COUNTS: &str = "counts";

/// The attributes that name an item.
const KEYS: [&str; 2] = ["agency", "code"];

/// Dossiers of one transaction, which holds a hundred writes at most.
const TOGETHER: usize = 50;

/// Rows read at a time.
const READ_AT_ONCE: usize = 16;

/// How often somebody tries who meets another at the same agency, and the pause in milliseconds.
const TRIES_MAX: u32 = 8;
const PAUSE_MS: u64 = 10;

/// How long the row of a dossier is kept that adds to no present count: a change that comes late
/// still finds it.
const KEPT: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Since when a row must have been unchanged, so that one without a dossier at work is an error and
/// not a dossier that was received while the night read.
const SETTLED: SignedDuration = SignedDuration::from_hours(1);

/// Reads and writes the live table.
#[derive(Debug, Clone)]
pub struct LiveTable {
    client: Client,
    table: String,
}

/// The row of a dossier.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    agency: AgencyCode,
    code: DossierCode,
    version: u64,
    recorded_at: Timestamp,
    share: LiveShare,
    /// When it may be forgotten, in seconds since 1970; none of a dossier that is at work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expires_at: Option<i64>,
}

/// How the row of a dossier changes.
struct Change {
    row: Row,
    /// The version that the row had; 0 of one that is new.
    seen: u64,
    /// What the dossier added.
    had: LiveShare,
}

impl Change {
    /// What `one` changes of the row that is `known`; none where that is as new, or nothing is to be
    /// written of it.
    fn of(one: &LiveNews, known: Option<Row>) -> Option<Self> {
        let is_new = known.is_none();
        let (seen, had) = known.map(|row| (row.version, row.share)).unwrap_or_default();
        let share = one.share_after(&had);
        let is_known = seen == one.version && had == share;
        if seen > one.version || is_known || (is_new && share == LiveShare::default()) {
            return None;
        }
        let at = one.recorded_at;
        let forgotten = at.saturating_add(KEPT).unwrap_or(at).as_second();
        let row = Row {
            agency: one.agency.clone(),
            code: one.code.clone(),
            version: one.version,
            recorded_at: at,
            expires_at: share.due.is_none().then_some(forgotten),
            share,
        };
        Some(Self { row, seen, had })
    }

    /// Whether the counts stay as they are.
    fn moves_nothing(&self) -> bool {
        self.seen > 0 && self.row.share.counts() == self.had.counts()
    }
}

/// What the last night found of an agency's counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LiveDifference {
    /// When it was compared.
    pub compared_at: Timestamp,
    /// Dossiers whose last change had not been counted.
    pub missed: u64,
    /// Counts that were not the sum of the dossiers' rows.
    pub wrong: u64,
}

impl LiveDifference {
    /// Whether a dossier or a count differed at all.
    pub fn is_any(&self) -> bool {
        self.missed > 0 || self.wrong > 0
    }
}

/// The counts of an agency.
#[derive(Debug, Clone, Default)]
pub struct LiveCounts {
    /// How many dossiers each count has.
    pub counts: BTreeMap<LiveCount, i64>,
    /// What the last night found; none before the first.
    pub compared: Option<LiveDifference>,
    /// How often it was written.
    moves: u64,
}

impl LiveCounts {
    fn of(mut item: Item) -> Result<Self, Failure> {
        let moves = item.remove("moves").and_then(|moves| moves.as_n().ok()?.parse().ok());
        let compared = item.remove("compared").map(|found| match found.as_m() {
            Ok(found) => read(found.clone()),
            Err(_) => Err(Failure::Defect("what a night compared is no map".to_owned())),
        });
        let counts = item.into_iter().filter_map(|(name, value)| {
            Some((name.parse().ok()?, value.as_n().ok()?.parse().ok()?))
        });
        Ok(Self {
            counts: counts.collect(),
            compared: compared.transpose()?,
            moves: moves.unwrap_or_default(),
        })
    }
}

impl LiveTable {
    /// The table named `table`.
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    /// The counts of each agency that has any, as of a moment ago.
    pub async fn all(&self) -> Result<BTreeMap<AgencyCode, LiveCounts>, Failure> {
        let items = self.query(COUNTS, false).await?;
        let counts = items.into_iter().filter_map(|item| {
            let agency = item.get("code").and_then(|code| code.as_s().ok()?.parse().ok())?;
            Some(LiveCounts::of(item).map(|counts| (agency, counts)))
        });
        counts.collect()
    }

    /// The counts of `agency`; none before its first change.
    pub async fn of(&self, agency: &AgencyCode) -> Result<Option<LiveCounts>, Failure> {
        let got = self.client.get_item().table_name(&self.table);
        let got = got.set_key(Some(key(COUNTS, agency.as_str()))).consistent_read(true);
        got.send().await.map_err(down)?.item.map(LiveCounts::of).transpose()
    }

    /// Counts how dossiers stand now. What is known already, or older than what is known, changes
    /// nothing.
    pub async fn follow(&self, news: Vec<LiveNews>) -> Result<(), Failure> {
        let mut newest: BTreeMap<AgencyCode, BTreeMap<DossierCode, LiveNews>> = BTreeMap::new();
        for one in news {
            let known = newest.entry(one.agency.clone()).or_default();
            if known.get(&one.code).is_none_or(|known| known.version <= one.version) {
                known.insert(one.code.clone(), one);
            }
        }
        for (agency, news) in newest {
            let news: Vec<LiveNews> = news.into_values().collect();
            for some in news.chunks(TOGETHER) {
                self.follow_some(&agency, some).await?;
            }
        }
        Ok(())
    }

    async fn follow_some(&self, agency: &AgencyCode, news: &[LiveNews]) -> Result<(), Failure> {
        for tried in 1..=TRIES_MAX {
            let rows = stream::iter(news).map(|one| self.row(agency, &one.code));
            let rows: Vec<Option<Row>> = rows.buffered(READ_AT_ONCE).try_collect().await?;
            let changes = news.iter().zip(rows).filter_map(|(one, row)| Change::of(one, row));
            let (unmoved, moved): (Vec<_>, Vec<_>) = changes.partition(Change::moves_nothing);
            let noted = self.note(unmoved).await?;
            if self.count(agency, moved).await? && noted {
                return Ok(());
            }
            pause(tried).await;
        }
        Err(Failure::Held("the live figures"))
    }

    /// Writes the rows of dossiers that count as before, each by itself: with their versions, so
    /// that what comes late is known to be older. Whether nobody was first.
    async fn note(&self, changes: Vec<Change>) -> Result<bool, Failure> {
        let mut all = true;
        for change in changes {
            let row = write(&change.row)?;
            let put = self.client.put_item().table_name(&self.table).set_item(Some(row));
            let put = put
                .condition_expression("version = :seen")
                .expression_attribute_values(":seen", number(change.seen));
            all &= stored(put.send().await)? == Stored::Yes;
        }
        Ok(all)
    }

    /// Writes rows, and what they move in the counts of `agency`, all or nothing. Whether nobody was
    /// first.
    async fn count(&self, agency: &AgencyCode, changes: Vec<Change>) -> Result<bool, Failure> {
        if changes.is_empty() {
            return Ok(true);
        }
        let writes = self.writes(agency, &changes)?;
        let sent = self.client.transact_write_items().set_transact_items(Some(writes));
        let Err(error) = sent.send().await else { return Ok(true) };
        let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) =
            error.as_service_error()
        else {
            return Err(down(error));
        };
        let cancelled = Cancelled::of(cancelled);
        let was_first = (0..=TOGETHER).any(|place| cancelled.is_refused(place));
        if was_first || cancelled.is_conflict() { Ok(false) } else { Err(down(error)) }
    }

    fn writes(
        &self,
        agency: &AgencyCode,
        changes: &[Change],
    ) -> Result<Vec<TransactWriteItem>, Failure> {
        let mut moved: BTreeMap<LiveCount, i64> = BTreeMap::new();
        let mut writes = Vec::new();
        for Change { row, seen, had } in changes {
            for count in row.share.counts() {
                *moved.entry(count).or_default() += 1;
            }
            for count in had.counts() {
                *moved.entry(count).or_default() -= 1;
            }
            writes.push(self.put(row, *seen)?);
        }
        moved.retain(|_, by| *by != 0);
        let mut update = Update::builder()
            .table_name(&self.table)
            .set_key(Some(key(COUNTS, agency.as_str())))
            .expression_attribute_values(":one", number(1));
        let mut adds = vec!["moves :one".to_owned()];
        for (place, (count, by)) in moved.iter().enumerate() {
            adds.push(format!("#c{place} :c{place}"));
            update = update
                .expression_attribute_names(format!("#c{place}"), count.to_string())
                .expression_attribute_values(format!(":c{place}"), number(by));
        }
        let update = update.update_expression(format!("ADD {}", adds.join(", ")));
        let update = update.build().map_err(|error| Failure::Defect(error.to_string()))?;
        writes.push(TransactWriteItem::builder().update(update).build());
        Ok(writes)
    }

    fn put(&self, row: &Row, seen: u64) -> Result<TransactWriteItem, Failure> {
        let put = Put::builder().table_name(&self.table).set_item(Some(write(row)?));
        let put = if seen == 0 {
            put.condition_expression("attribute_not_exists(version)")
        } else {
            put.condition_expression("version = :seen")
                .expression_attribute_values(":seen", number(seen))
        };
        let put = put.build().map_err(|error| Failure::Defect(error.to_string()))?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    /// Compares what is counted of an agency with how its dossiers stand, and makes it equal;
    /// `unreadable` are dossiers that nobody can say anything of. None where there were no counts
    /// yet, so that there was nothing to differ.
    pub async fn settle(
        &self,
        agency: &AgencyCode,
        news: Vec<LiveNews>,
        unreadable: &BTreeSet<String>,
        now: Timestamp,
    ) -> Result<Option<LiveDifference>, Failure> {
        let had_counts = self.of(agency).await?.is_some();
        let (rows, today) = (self.rows(agency).await?, date_of(now));
        let before = |length| now.saturating_sub(length).unwrap_or(now);
        let mut named = BTreeSet::new();
        let mut missed = Vec::new();
        for one in news {
            named.insert(one.code.clone());
            let row = rows.get(&one.code);
            let had = row.map(|row| row.share.clone()).unwrap_or_default();
            let share = one.share_after(&had);
            let counts = |share: &LiveShare| -> Vec<LiveCount> {
                share.counts().into_iter().filter(|count| count.counts_on(today)).collect()
            };
            let is_newer = row.is_none_or(|row| row.version <= one.version);
            if is_newer && counts(&had) != counts(&share) {
                missed.push(one);
            }
        }
        for row in rows.into_values() {
            let is_gone = row.share.due.is_some()
                && row.recorded_at < before(SETTLED)
                && !named.contains(&row.code)
                && !unreadable.contains(row.code.as_str());
            if is_gone {
                missed.push(LiveNews::gone((row.code, row.agency), row.version, row.recorded_at));
            }
        }
        let late = missed.iter().filter(|one| one.recorded_at < before(UNDER_WAY)).count();
        self.follow(missed).await?;
        let missed = u64::try_from(late).unwrap_or(u64::MAX);
        let found = LiveDifference { compared_at: now, missed, wrong: 0 };
        let found = self.add_up(agency, found).await?;
        Ok(had_counts.then_some(found))
    }

    /// Makes the counts of an agency the sum of its dossiers' rows, and keeps what was `found`.
    async fn add_up(
        &self,
        agency: &AgencyCode,
        found: LiveDifference,
    ) -> Result<LiveDifference, Failure> {
        let today = date_of(found.compared_at);
        for tried in 1..=TRIES_MAX {
            // First the counts, then the rows: who writes both between makes our write fail.
            let stored_counts = self.of(agency).await?.unwrap_or_default();
            let mut sums: BTreeMap<LiveCount, i64> = BTreeMap::new();
            for row in self.rows(agency).await?.into_values() {
                for count in row.share.counts() {
                    if count.counts_on(today) {
                        *sums.entry(count).or_default() += 1;
                    }
                }
            }
            let known = |count: &LiveCount| stored_counts.counts.get(count).copied();
            let names: BTreeSet<&LiveCount> =
                stored_counts.counts.keys().chain(sums.keys()).collect();
            let differs = |count: &&&LiveCount| {
                count.counts_on(today)
                    && known(count).unwrap_or_default()
                        != sums.get(count).copied().unwrap_or_default()
            };
            let wrong = u64::try_from(names.iter().filter(differs).count()).unwrap_or(u64::MAX);
            let found = LiveDifference { wrong, ..found };
            let mut item: Item =
                sums.iter().map(|(count, sum)| (count.to_string(), number(sum))).collect();
            item.extend(key(COUNTS, agency.as_str()));
            item.insert("moves".to_owned(), number(stored_counts.moves + 1));
            let compared = aws_sdk_dynamodb::types::AttributeValue::M(write(&found)?);
            item.insert("compared".to_owned(), compared);
            let put = self.client.put_item().table_name(&self.table).set_item(Some(item));
            let put = match stored_counts.moves {
                0 => put.condition_expression("attribute_not_exists(moves)"),
                moves => put
                    .condition_expression("moves = :seen")
                    .expression_attribute_values(":seen", number(moves)),
            };
            match stored(put.send().await)? {
                Stored::Yes => return Ok(found),
                Stored::AnotherWasFirst => pause(tried).await,
            }
        }
        Err(Failure::Held("the live figures"))
    }

    async fn row(&self, agency: &AgencyCode, code: &DossierCode) -> Result<Option<Row>, Failure> {
        let got = self.client.get_item().table_name(&self.table);
        let got = got.set_key(Some(key(agency.as_str(), code.as_str()))).consistent_read(true);
        got.send().await.map_err(down)?.item.map(read).transpose()
    }

    async fn rows(&self, agency: &AgencyCode) -> Result<BTreeMap<DossierCode, Row>, Failure> {
        let items = self.query(agency.as_str(), true).await?;
        let found = items.into_iter().filter_map(|item| rows::readable::<Row>(item, &KEYS));
        Ok(found.map(|row| (row.code.clone(), row)).collect())
    }

    async fn query(&self, place: &str, consistent: bool) -> Result<Vec<Item>, Failure> {
        let query = self.client.query().table_name(&self.table);
        let query = query
            .key_condition_expression("agency = :agency")
            .expression_attribute_values(":agency", text(place))
            .consistent_read(consistent);
        query.into_paginator().items().send().try_collect().await.map_err(down)
    }
}

fn key(agency: &str, code: &str) -> Item {
    Item::from([("agency".to_owned(), text(agency)), ("code".to_owned(), text(code))])
}

/// Waits a little, longer each time and not as long as others do.
async fn pause(tried: u32) {
    let pause = PAUSE_MS * u64::from(tried);
    tokio::time::sleep(Duration::from_millis(pause + fastrand::u64(0..=pause))).await;
}
