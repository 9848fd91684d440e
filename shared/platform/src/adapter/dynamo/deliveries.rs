//! The deliveries table: one line for each dossier and each system that must have it, the index by
//! which lines are found that are behind, and one item for each system with the rate at which it is
//! asked.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::delivery::{Delivery, Pace, SystemId, TransferState};
use domain::id::{AgencyCode, DossierCode, ProcedureCode};
use domain::thread::ToldCount;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Item, down, number, postponed, put_version, read, rows, stored, text, write};
use crate::Failure;
use crate::port::{Acknowledgements, DeliveryLedger, Stored};

/// The place of the item with a system's rate, which is no dossier's code.
const PACE: &str = "pace";

/// The key of a row.
const KEYS: &[&str] = &["code", "system"];

/// How many dossiers of one kind, received on one day, a system must have and has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InStep {
    /// The agency that owns them.
    pub agency: AgencyCode,
    /// The procedure applied for.
    pub procedure: ProcedureCode,
    /// Those that the system must have.
    pub owed: u64,
    /// Those of them of which it has all that it must have.
    pub in_step: u64,
}

/// The place of what the last night found of each system, which is no dossier's code.
const STANDING: &str = "standing";

/// How far a system was when a night compared it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SystemStanding {
    /// When it was compared.
    pub compared_at: Timestamp,
    /// Dossiers of which something was recorded in the week before, and that it must have.
    pub changed: u64,
    /// Of these, those of which it had all that it must have.
    pub in_step: u64,
    /// All that it was owed, however old.
    pub behind: u64,
    /// Since when the one of these that had waited longest; none where there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub behind_since: Option<Timestamp>,
    /// What it has to process and does not say that it has; none of a system that only has to know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transfers: Option<OpenTransfers>,
}

/// Dossiers that a system has to process, and of which it does not say that it has them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenTransfers {
    /// Those that it was offered and has not answered for.
    pub offered: u64,
    /// Of these, those for which the agreed time is over.
    pub overdue: u64,
    /// Those that it refused, and that nobody has mended or settled since.
    pub refused: u64,
}

/// The rows of a system and a day.
#[derive(Debug, Serialize, Deserialize)]
struct InStepDay {
    cells: Vec<InStep>,
}

/// The place of what the nights counted of who told applicants; behind it the day.
const TOLD: &str = "told";

/// How many changes of an agency's dossiers were told by whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToldOf {
    /// The agency that owns the dossiers.
    pub agency: AgencyCode,
    /// Its changes of the day.
    #[serde(flatten)]
    pub told: ToldCount,
}

/// Who told of the changes of a day, and when that was counted, in milliseconds since 1970.
#[derive(Debug, Serialize, Deserialize)]
struct ToldDay {
    counted: i64,
    cells: Vec<ToldOf>,
}

/// The place of the rows of a system, which is no dossier's code; behind it the day.
fn in_step_key(system: &SystemId) -> String {
    format!("in-step#{system}")
}

/// Reads and writes the deliveries table.
#[derive(Debug, Clone)]
pub struct Deliveries {
    client: Client,
    table: String,
}

/// A line that is due, as the index has it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DueDelivery {
    /// The dossier that is owed.
    pub code: DossierCode,
    /// The system that is owed it.
    pub system: SystemId,
    /// When it is to be tried, in milliseconds since 1970.
    pub due: i64,
    /// Since when the system is behind.
    #[serde(default)]
    pub behind_since: Option<Timestamp>,
}

/// How many dossiers a system is owed, and since when the one that has waited longest.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Behind {
    /// Lines that are behind.
    pub lines: u64,
    /// Since when the oldest of them is; none where none is.
    pub since: Option<Timestamp>,
}

impl Deliveries {
    /// The table named `table`.
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    /// The lines of `system` that are due by `now`, at most `limit`, the longest waiting first. An
    /// unreadable one is left out and named in the log.
    pub async fn due(
        &self,
        system: &SystemId,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<DueDelivery>, Failure> {
        let lines = self
            .client
            .query()
            .table_name(&self.table)
            .index_name("by-due")
            .key_condition_expression("#system = :system AND due <= :now")
            .expression_attribute_names("#system", "system")
            .expression_attribute_values(":system", text(system.as_str()))
            .expression_attribute_values(":now", number(now.as_millisecond()));
        rows::first(lines, limit, KEYS).await
    }

    /// How far `system` is behind, whenever its lines are due.
    pub async fn behind(&self, system: &SystemId) -> Result<Behind, Failure> {
        let mut behind = Behind::default();
        for line in self.looked_at_later(system).await? {
            // A line that only waits for the answer to a transfer has brought what it owed.
            if line.behind_since.is_none() {
                continue;
            }
            behind.lines += 1;
            let earlier = |since: Timestamp| line.behind_since.map_or(since, |own| own.min(since));
            behind.since = behind.since.map(earlier).or(line.behind_since);
        }
        Ok(behind)
    }

    /// How many dossiers `system` has to process and does not say that it has, however old. Each line
    /// that is looked at later is read for it.
    pub async fn open_transfers(
        &self,
        system: &SystemId,
        now: Timestamp,
    ) -> Result<OpenTransfers, Failure> {
        let mut open = OpenTransfers::default();
        for known in self.looked_at_later(system).await? {
            let line = self.line(&known.code, system).await?;
            let Some(transfer) = line.as_ref().and_then(Delivery::transfer) else {
                continue;
            };
            match transfer.state() {
                TransferState::Offered => {
                    open.offered += 1;
                    open.overdue += u64::from(transfer.is_overdue(now));
                }
                TransferState::Refused => open.refused += 1,
                TransferState::Taken | TransferState::GivenBack | TransferState::Over => {}
            }
        }
        Ok(open)
    }

    /// What the index has of `system`: each line that is behind, or that waits for an answer.
    async fn looked_at_later(&self, system: &SystemId) -> Result<Vec<DueDelivery>, Failure> {
        let mut pages = self
            .client
            .query()
            .table_name(&self.table)
            .index_name("by-due")
            .key_condition_expression("#system = :system")
            .expression_attribute_names("#system", "system")
            .expression_attribute_values(":system", text(system.as_str()))
            .into_paginator()
            .items()
            .send();
        let mut lines = Vec::new();
        while let Some(item) = pages.try_next().await.map_err(down)? {
            lines.extend(rows::readable::<DueDelivery>(item, KEYS));
        }
        Ok(lines)
    }

    /// Postpones a due line by `length`, unless it has changed since it was read. Returns whether
    /// the caller has to wake it.
    pub async fn postpone(
        &self,
        line: &DueDelivery,
        now: Timestamp,
        length: SignedDuration,
    ) -> Result<bool, Failure> {
        let key = key(line.code.as_str(), &line.system);
        postponed(&self.client, &self.table, key, ("due", line.due), (now, length)).await
    }

    /// Every line of a dossier, by system, as of the last completed write.
    pub async fn of(&self, code: &DossierCode) -> Result<Vec<Delivery>, Failure> {
        let mut pages = self
            .client
            .query()
            .table_name(&self.table)
            .consistent_read(true)
            .key_condition_expression("code = :code")
            .expression_attribute_values(":code", text(code.as_str()))
            .into_paginator()
            .items()
            .send();
        let mut found = Vec::new();
        while let Some(item) = pages.try_next().await.map_err(down)? {
            found.extend(rows::readable::<Delivery>(item, KEYS));
        }
        Ok(found)
    }

    /// Stores, over what is there, how far `system` is with what was received on `day`.
    pub async fn publish(
        &self,
        system: &SystemId,
        day: Date,
        cells: Vec<InStep>,
    ) -> Result<(), Failure> {
        let mut item = write(&InStepDay { cells })?;
        item.insert("code".to_owned(), text(in_step_key(system)));
        item.insert("system".to_owned(), text(day.to_string()));
        super::put(&self.client, &self.table, item).await
    }

    /// Stores, over what is there, how far `system` is as a whole.
    pub async fn publish_standing(
        &self,
        system: &SystemId,
        standing: &SystemStanding,
    ) -> Result<(), Failure> {
        let mut item = write(standing)?;
        item.extend(key(STANDING, system));
        super::put(&self.client, &self.table, item).await
    }

    /// How far each system was when a night compared it last, by its name.
    pub async fn standings(&self) -> Result<BTreeMap<SystemId, SystemStanding>, Failure> {
        let mut pages = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("code = :code")
            .expression_attribute_values(":code", text(STANDING))
            .into_paginator()
            .items()
            .send();
        let mut found = BTreeMap::new();
        while let Some(item) = pages.try_next().await.map_err(down)? {
            let system = item.get("system").and_then(|id| id.as_s().ok()?.parse().ok());
            found.extend(system.zip(rows::readable::<SystemStanding>(item, KEYS)));
        }
        Ok(found)
    }

    /// How far `system` is with what was received on each day from `first` to `last`; of a day that
    /// was not compared there is nothing.
    pub async fn in_step(
        &self,
        system: &SystemId,
        first: Date,
        last: Date,
    ) -> Result<BTreeMap<Date, Vec<InStep>>, Failure> {
        let days = self.days(&in_step_key(system), first, last).await?.into_iter();
        let read = days
            .filter_map(|(day, item)| Some((day, rows::readable::<InStepDay>(item, KEYS)?.cells)));
        Ok(read.collect())
    }

    /// Stores who told of the changes of `day` as it was counted at `now`, in the place of an earlier
    /// count and never of a later one.
    pub async fn publish_told(
        &self,
        day: Date,
        cells: Vec<ToldOf>,
        now: Timestamp,
    ) -> Result<Stored, Failure> {
        let counted = now.as_millisecond();
        let mut item = write(&ToldDay { counted, cells })?;
        item.insert("code".to_owned(), text(TOLD));
        item.insert("system".to_owned(), text(day.to_string()));
        let put = self.client.put_item().table_name(&self.table).set_item(Some(item));
        let put = put
            .condition_expression("attribute_not_exists(code) OR counted <= :counted")
            .expression_attribute_values(":counted", number(counted));
        stored(put.send().await)
    }

    /// Who told of the changes of each day from `first` to `last`; of a day that was not counted
    /// there is nothing.
    pub async fn told(
        &self,
        first: Date,
        last: Date,
    ) -> Result<BTreeMap<Date, Vec<ToldOf>>, Failure> {
        let days = self.days(TOLD, first, last).await?.into_iter();
        let read = days
            .filter_map(|(day, item)| Some((day, rows::readable::<ToldDay>(item, KEYS)?.cells)));
        Ok(read.collect())
    }

    /// The items at `place` of the days from `first` to `last`.
    async fn days(
        &self,
        place: &str,
        first: Date,
        last: Date,
    ) -> Result<Vec<(Date, Item)>, Failure> {
        let mut pages = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("code = :code AND #system BETWEEN :first AND :last")
            .expression_attribute_names("#system", "system")
            .expression_attribute_values(":code", text(place))
            .expression_attribute_values(":first", text(first.to_string()))
            .expression_attribute_values(":last", text(last.to_string()))
            .into_paginator()
            .items()
            .send();
        let mut found = Vec::new();
        while let Some(item) = pages.try_next().await.map_err(down)? {
            let day = item.get("system").and_then(|day| day.as_s().ok()?.parse().ok());
            found.extend(day.map(|day| (day, item)));
        }
        Ok(found)
    }

    async fn got(&self, code: &str, system: &SystemId) -> Result<Option<Item>, Failure> {
        let get = self.client.get_item().table_name(&self.table);
        let get = get.set_key(Some(key(code, system))).consistent_read(true);
        get.send().await.map(|found| found.item).map_err(down)
    }

    /// Puts `item` where nothing is, or in the place of the version before `version`.
    async fn put(&self, item: Item, version: u64) -> Result<Stored, Failure> {
        put_version(&self.client, &self.table, ("code", version), item).await
    }
}

fn key(code: &str, system: &SystemId) -> HashMap<String, AttributeValue> {
    HashMap::from([("code".to_owned(), text(code)), ("system".to_owned(), text(system.as_str()))])
}

impl Acknowledgements for Deliveries {
    async fn acknowledged(&self, code: &DossierCode, system: &SystemId) -> Result<u64, Failure> {
        Ok(self.line(code, system).await?.map_or(0, |line| line.acknowledged()))
    }
}

impl DeliveryLedger for Deliveries {
    async fn line(
        &self,
        code: &DossierCode,
        system: &SystemId,
    ) -> Result<Option<Delivery>, Failure> {
        self.got(code.as_str(), system).await?.map(read).transpose()
    }

    async fn keep(&self, line: &Delivery) -> Result<Stored, Failure> {
        let mut item = write(line)?;
        // Only what is behind has the key of the index: what is in step costs nothing there.
        if let Some(due) = line.due_at() {
            item.insert("due".to_owned(), number(due.as_millisecond()));
        }
        self.put(item, line.version()).await
    }

    async fn pace(&self, system: &SystemId) -> Result<Pace, Failure> {
        let found = self.got(PACE, system).await?.map(read).transpose()?;
        Ok(found.unwrap_or_default())
    }

    async fn keep_pace(&self, system: &SystemId, pace: &Pace) -> Result<Stored, Failure> {
        let mut item = write(pace)?;
        item.extend(key(PACE, system));
        self.put(item, pace.version()).await
    }
}
