//! Tables: the only file that knows DynamoDB.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{AttributeValue, Put, ReturnValue, TransactWriteItem};
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::{self, rustls_provider::CryptoMode};
use domain::dossier::{Dossier, DossierStatus};
use domain::id::{AgencyCode, CommandId, DossierCode};
use domain::kpi::DossierFacts;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::de::DeserializeOwned;

use crate::Failure;
use crate::port::{Admission, Attempt, DossierStore, Ending, Intake, Lease, NoticeLedger, Stored};
use crate::record::{DossierRecord, KpiRecord, SubmissionReceipt, WorklistItem, work_key};

type Item = HashMap<String, AttributeValue>;

/// How often a transaction is tried again that met another one on the same item.
const CONFLICT_TRIES_MAX: u32 = 8;

/// Base of the pause between such tries, in milliseconds.
const CONFLICT_PAUSE_MS: u64 = 20;

/// The SDK's configuration from the environment, with `ring` for TLS: half the build time of the default, and no C
/// toolchain beyond a compiler.
pub async fn aws_config() -> aws_config::SdkConfig {
    let https = Builder::new().tls_provider(tls::Provider::Rustls(CryptoMode::Ring)).build_https();
    aws_config::defaults(aws_config::BehaviorVersion::latest()).http_client(https).load().await
}

/// A client, configured from the environment.
pub async fn client() -> Client {
    Client::new(&aws_config().await)
}

fn down<E>(error: SdkError<E>) -> Failure
where
    E: std::error::Error + aws_smithy_runtime_api::client::result::CreateUnhandledError + Send + Sync + 'static,
{
    // The SDK's own text says only "service error"; the cause beneath says which.
    if error.as_service_error().is_some() {
        Failure::unavailable("table", error.into_service_error())
    } else {
        Failure::unavailable("table", error)
    }
}

fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

fn number(value: impl ToString) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

fn read<T: DeserializeOwned>(item: Item) -> Result<T, Failure> {
    serde_dynamo::from_item(item).map_err(|error| Failure::Defect(format!("an item does not read: {error}")))
}

fn write(record: &impl serde::Serialize) -> Result<Item, Failure> {
    serde_dynamo::to_item(record).map_err(|error| Failure::Defect(format!("a record does not write: {error}")))
}

/// The dossiers table.
#[derive(Debug, Clone)]
pub struct Dossiers {
    client: Client,
    table: String,
}

impl Dossiers {
    /// Over `table`.
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    /// One page of an agency's dossiers in one status, by due date; at most `limit`, after `after` (the last line's
    /// [`WorklistPage::next`]).
    pub async fn worklist(
        &self,
        agency: &AgencyCode,
        status: DossierStatus,
        due_before: Option<Date>,
        limit: u32,
        after: Option<&str>,
    ) -> Result<WorklistPage, Failure> {
        let work = work_key(agency, status.is_closed());
        let prefix = format!("{:02}#", status.code());
        let start = after.and_then(|line| {
            let code = line.split_once('#')?.1;
            Some(HashMap::from([
                ("work".to_owned(), text(&work)),
                ("workDue".to_owned(), text(format!("{prefix}{line}"))),
                ("code".to_owned(), text(code)),
            ]))
        });
        // A bare date sorts before that date with a code behind it, and '~' after every date.
        let end = due_before.map_or_else(|| format!("{prefix}~"), |day| format!("{prefix}{day}"));
        let page = self
            .client
            .query()
            .table_name(&self.table)
            .index_name("by-work")
            .key_condition_expression("#work = :work AND workDue BETWEEN :first AND :end")
            .expression_attribute_names("#work", "work")
            .expression_attribute_values(":work", text(&work))
            .expression_attribute_values(":first", text(&prefix))
            .expression_attribute_values(":end", text(end))
            .set_exclusive_start_key(start)
            .limit(i32::try_from(limit).unwrap_or(i32::MAX));
        let page = page.send().await.map_err(down)?;
        let next = page
            .last_evaluated_key
            .and_then(|key| Some(key.get("workDue")?.as_s().ok()?.strip_prefix(&prefix)?.to_owned()));
        let items = page.items.unwrap_or_default().into_iter().map(read).collect::<Result<_, _>>()?;
        Ok(WorklistPage { items, next })
    }

    /// Every dossier of `agency` that is still to be settled.
    pub async fn open(&self, agency: &AgencyCode) -> Result<Vec<DossierFacts>, Failure> {
        self.facts("by-work", "work", work_key(agency, false)).await
    }

    /// Every dossier of the province received on `day`.
    pub async fn received_on(&self, day: Date) -> Result<Vec<DossierFacts>, Failure> {
        self.facts("by-received", "receivedOn", day.to_string()).await
    }

    /// Every dossier of the province settled, refused or withdrawn on `day`.
    pub async fn closed_on(&self, day: Date) -> Result<Vec<DossierFacts>, Failure> {
        self.facts("by-closed", "closedOn", day.to_string()).await
    }

    async fn facts(&self, index: &str, key: &str, value: String) -> Result<Vec<DossierFacts>, Failure> {
        let pages = self
            .client
            .query()
            .table_name(&self.table)
            .index_name(index)
            .key_condition_expression("#key = :value")
            .expression_attribute_names("#key", key)
            .expression_attribute_values(":value", text(value))
            .into_paginator()
            .items()
            .send()
            .try_collect()
            .await
            .map_err(down)?;
        pages.into_iter().map(read).collect()
    }
}

/// A page of a worklist.
#[derive(Debug)]
pub struct WorklistPage {
    /// The lines.
    pub items: Vec<WorklistItem>,
    /// Where the next page begins, if there may be one.
    pub next: Option<String>,
}

impl DossierStore for Dossiers {
    async fn dossier(&self, code: &DossierCode) -> Result<Option<Dossier>, Failure> {
        let found = self
            .client
            .get_item()
            .table_name(&self.table)
            .key("code", text(code.as_str()))
            .consistent_read(true)
            .send()
            .await
            .map_err(down)?;
        found.item.map(read).transpose()
    }

    async fn advance(&self, dossier: &Dossier) -> Result<Stored, Failure> {
        let mut fields = write(&DossierRecord::from(dossier))?;
        let Some(AttributeValue::L(mut history)) = fields.remove("history") else {
            return Err(Failure::Defect("a dossier has no history".to_owned()));
        };
        let newest = history.pop().into_iter().collect();
        let mut set = vec!["history = list_append(history, :newest)".to_owned()];
        let mut remove = Vec::new();
        let mut names = HashMap::new();
        let mut values = HashMap::from([
            (":newest".to_owned(), AttributeValue::L(newest)),
            (":before".to_owned(), number(dossier.version - 1)),
        ]);
        // Only what a command can change is written: the applicant and the papers stay as they were handed in.
        for name in MOVED {
            names.insert(format!("#{name}"), (*name).to_owned());
            match fields.remove(*name) {
                Some(value) => {
                    set.push(format!("#{name} = :{name}"));
                    values.insert(format!(":{name}"), value);
                }
                None => remove.push(format!("#{name}")),
            }
        }
        let mut update = format!("SET {}", set.join(", "));
        if !remove.is_empty() {
            update.push_str(&format!(" REMOVE {}", remove.join(", ")));
        }
        let outcome = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("code", text(dossier.code.as_str()))
            .update_expression(update)
            .condition_expression("#version = :before")
            .set_expression_attribute_names(Some(names))
            .set_expression_attribute_values(Some(values))
            .send()
            .await;
        match outcome {
            Ok(_) => Ok(Stored::Yes),
            Err(error) if error.as_service_error().is_some_and(|e| e.is_conditional_check_failed_exception()) => {
                Ok(Stored::AnotherWasFirst)
            }
            Err(error) => Err(down(error)),
        }
    }
}

/// What a command can change, besides adding to the history.
const MOVED: &[&str] = &[
    "version",
    "status",
    "receivedAt",
    "dueAt",
    "closedAt",
    "pausedAt",
    "statusBefore",
    "work",
    "workDue",
    "receivedOn",
    "closedOn",
];

/// Where dossiers are admitted: numbers and receipts, beside the dossiers table.
#[derive(Debug, Clone)]
pub struct Reception {
    client: Client,
    dossiers: String,
    intake: String,
}

impl Reception {
    /// Over the tables `dossiers` and `intake`.
    pub fn new(client: Client, dossiers: String, intake: String) -> Self {
        Self { client, dossiers, intake }
    }
}

fn receipt_key(key: &CommandId) -> AttributeValue {
    text(format!("receipt#{key}"))
}

impl Intake for Reception {
    async fn receipt(&self, key: &CommandId) -> Result<Option<SubmissionReceipt>, Failure> {
        let found = self
            .client
            .get_item()
            .table_name(&self.intake)
            .key("key", receipt_key(key))
            .consistent_read(true)
            .send()
            .await
            .map_err(down)?;
        found.item.map(read).transpose()
    }

    async fn next_sequence(&self, agency: &AgencyCode, day: Date) -> Result<u32, Failure> {
        let counted = self
            .client
            .update_item()
            .table_name(&self.intake)
            .key("key", text(format!("sequence#{agency}#{day}")))
            .update_expression("ADD #last :one")
            .expression_attribute_names("#last", "last")
            .expression_attribute_values(":one", number(1))
            .return_values(ReturnValue::UpdatedNew)
            .send()
            .await
            .map_err(down)?;
        let last = counted.attributes.and_then(|mut attributes| attributes.remove("last"));
        last.and_then(|last| last.as_n().ok()?.parse().ok())
            .ok_or_else(|| Failure::Defect("a counter does not count".to_owned()))
    }

    async fn admit(
        &self,
        dossier: &Dossier,
        key: &CommandId,
        receipt: &SubmissionReceipt,
    ) -> Result<Admission, Failure> {
        let mut kept = write(receipt)?;
        kept.insert("key".to_owned(), receipt_key(key));
        let put = |table: &str, item: Item, absent: &str| -> Result<TransactWriteItem, Failure> {
            let put = Put::builder()
                .table_name(table)
                .set_item(Some(item))
                .condition_expression("attribute_not_exists(#key)")
                .expression_attribute_names("#key", absent)
                .build()
                .map_err(|error| Failure::Defect(error.to_string()))?;
            Ok(TransactWriteItem::builder().put(put).build())
        };
        let puts =
            vec![put(&self.dossiers, write(&DossierRecord::from(dossier))?, "code")?, put(&self.intake, kept, "key")?];
        for attempt in 1..=CONFLICT_TRIES_MAX {
            let outcome = self.client.transact_write_items().set_transact_items(Some(puts.clone())).send().await;
            let error = match outcome {
                Ok(_) => return Ok(Admission::Admitted),
                Err(error) => error,
            };
            let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) = error.as_service_error()
            else {
                return Err(down(error));
            };
            let reason = |place: usize| {
                cancelled.cancellation_reasons().get(place).and_then(|reason| reason.code()).unwrap_or("None")
            };
            // The key is looked at first: where both exist, this very request was admitted before.
            if reason(1) == "ConditionalCheckFailed" {
                return Ok(Admission::KeyTaken);
            }
            if reason(0) == "ConditionalCheckFailed" {
                return Ok(Admission::CodeTaken);
            }
            if !(0..2).any(|place| reason(place) == "TransactionConflict") {
                return Err(down(error));
            }
            let pause = CONFLICT_PAUSE_MS * u64::from(attempt);
            tokio::time::sleep(std::time::Duration::from_millis(pause + fastrand::u64(0..=pause))).await;
        }
        Err(Failure::Held("the receipt"))
    }
}

/// The notices table.
#[derive(Debug, Clone)]
pub struct Notices {
    client: Client,
    table: String,
}

impl Notices {
    /// Over `table`.
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }
}

impl NoticeLedger for Notices {
    async fn lease(&self, notice: &str, now: Timestamp, until: Timestamp) -> Result<Lease, Failure> {
        let outcome = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("notice", text(notice))
            .update_expression("SET #state = :leased, leaseUntil = :until")
            .condition_expression("attribute_not_exists(#state) OR #state = :waiting")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":leased", text("leased"))
            .expression_attribute_values(":waiting", text("waiting"))
            .expression_attribute_values(":until", text(until.to_string()))
            .send()
            .await;
        match outcome {
            Ok(_) => return Ok(Lease::Ours),
            Err(error) if error.as_service_error().is_some_and(|e| e.is_conditional_check_failed_exception()) => {}
            Err(error) => return Err(down(error)),
        }
        let found = self
            .client
            .get_item()
            .table_name(&self.table)
            .key("notice", text(notice))
            .consistent_read(true)
            .send()
            .await
            .map_err(down)?;
        let item = found.item.unwrap_or_default();
        let field = |name: &str| item.get(name).and_then(|value| value.as_s().ok());
        if field("state").map(String::as_str) != Some("leased") {
            return Ok(Lease::Settled);
        }
        let held_until = field("leaseUntil").and_then(|until| until.parse::<Timestamp>().ok());
        if held_until.is_some_and(|held_until| now < held_until) {
            return Ok(Lease::HeldByAnother);
        }
        // One process alone may conclude that another died: the condition names the very lease that ran out.
        let left = held_until.map_or_else(String::new, |until| until.to_string());
        let outcome = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("notice", text(notice))
            .update_expression("SET #state = :unknown")
            .condition_expression("#state = :leased AND leaseUntil = :left")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":unknown", text("unknown"))
            .expression_attribute_values(":leased", text("leased"))
            .expression_attribute_values(":left", text(left))
            .send()
            .await;
        match outcome {
            Ok(_) => Ok(Lease::Abandoned),
            Err(error) if error.as_service_error().is_some_and(|e| e.is_conditional_check_failed_exception()) => {
                Ok(Lease::HeldByAnother)
            }
            Err(error) => Err(down(error)),
        }
    }

    async fn settle(
        &self,
        notice: &str,
        until: Timestamp,
        ending: &Ending,
        attempts: &[Attempt],
    ) -> Result<(), Failure> {
        let attempts = attempts
            .iter()
            .map(|attempt| {
                AttributeValue::M(HashMap::from([
                    ("channel".to_owned(), text(attempt.channel)),
                    ("code".to_owned(), text(&attempt.code)),
                    ("at".to_owned(), text(attempt.at.to_string())),
                ]))
            })
            .collect();
        let mut update =
            "SET #state = :state, attempts = list_append(if_not_exists(attempts, :none), :attempts)".to_owned();
        let mut values = HashMap::from([
            (":leased".to_owned(), text("leased")),
            (":until".to_owned(), text(until.to_string())),
            (":none".to_owned(), AttributeValue::L(Vec::new())),
            (":attempts".to_owned(), AttributeValue::L(attempts)),
        ]);
        let state = match ending {
            Ending::Sent { channel, message } => {
                update.push_str(", channel = :channel, message = :message");
                values.insert(":channel".to_owned(), text(*channel));
                values.insert(":message".to_owned(), text(message));
                "sent"
            }
            Ending::Refused => "refused",
            Ending::Unknown => "unknown",
            Ending::NotYet => "waiting",
        };
        values.insert(":state".to_owned(), text(state));
        self.client
            .update_item()
            .table_name(&self.table)
            .key("notice", text(notice))
            .update_expression(update)
            .condition_expression("#state = :leased AND leaseUntil = :until")
            .expression_attribute_names("#state", "state")
            .set_expression_attribute_values(Some(values))
            .send()
            .await
            .map_err(down)?;
        Ok(())
    }
}

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
