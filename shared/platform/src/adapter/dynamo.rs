//! Tables: the only room that knows DynamoDB. One file a table.

mod accounts;
mod catalogue_store;
mod change;
mod contacts;
mod contents;
mod copies;
mod counts;
mod deliveries;
mod dossiers;
mod events;
mod facts;
mod feedback;
mod figures;
mod intake_table;
mod live;
mod notices;
mod pages;
mod payments;
mod people;
mod proofs;
mod reads;
mod removals;
mod rows;
mod uploads;

use std::collections::{BTreeSet, HashMap};

pub use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_dynamodb::types::error::TransactionCanceledException;
use aws_smithy_runtime_api::client::result::CreateUnhandledError;
use domain::impossible::IMPOSSIBLE;
use domain::upload::UploadId;
use jiff::{SignedDuration, Timestamp};
use serde::de::DeserializeOwned;

use crate::Failure;
use crate::port::Stored;

pub use accounts::AccountTable;
pub use catalogue_store::CatalogueStore;
pub use contacts::{ContactBook, NoticePreference};
pub use contents::DossierItems;
pub use copies::CopyTable;
pub use counts::CountTable;
pub use deliveries::{
    Behind, Deliveries, DueDelivery, InStep, OpenTransfers, SystemStanding, ToldOf,
};
pub use dossiers::{Desk, DossierTables, Dossiers, Line, Outline, WorklistPage};
pub use events::EventTable;
pub use facts::{FACTS, Histories};
pub use feedback::{
    AnswersBy, ExpiredPhotos, FeedbackLine, FeedbackTable, HandledFeedback, MovedFeedback,
    PublishedLine, Said, SurveyedDossier, UNVERIFIED_KEPT,
};
pub use figures::{Claim, Closed, Consistency, Figures, StoredRow};
pub use intake_table::IntakeTable;
pub use live::{LiveCounts, LiveDifference, LiveTable};
pub use notices::{DueThread, Notices};
pub use payments::Payments;
pub use people::{People, Person, PersonPage, PersonPlace, PersonRow};
pub use proofs::ProofTable;
pub use reads::{ReadPlace, ReadRange, Reads, ReadsPage};
pub use removals::{ContentRow, Expiring, Removals};
pub use uploads::UploadTable;

/// The attributes of an item, by name.
pub type Item = HashMap<String, AttributeValue>;

/// What the SDK's error of any one operation can do: be a cause, carry a code, stand for the rest.
trait OperationError:
    std::error::Error + CreateUnhandledError + ProvideErrorMetadata + Send + Sync + 'static
{
}

impl<E> OperationError for E where
    E: std::error::Error + CreateUnhandledError + ProvideErrorMetadata + Send + Sync + 'static
{
}

/// Puts an item, whatever is there.
async fn put(client: &Client, table: &str, item: Item) -> Result<(), Failure> {
    client.put_item().table_name(table).set_item(Some(item)).send().await.map_err(down)?;
    Ok(())
}

/// Puts an item with a `version` where nothing is, or in the place of the version before its own;
/// `key` is an attribute that every item has.
async fn put_version(
    client: &Client,
    table: &str,
    (key, version): (&str, u64),
    item: Item,
) -> Result<Stored, Failure> {
    let put = client.put_item().table_name(table).set_item(Some(item));
    let put = if version <= 1 {
        put.condition_expression(format!("attribute_not_exists({key})"))
    } else {
        put.condition_expression("#version = :before")
            .expression_attribute_names("#version", "version")
            .expression_attribute_values(":before", number(version - 1))
    };
    stored(put.send().await)
}

/// Moves the time `attribute` of a row from `seen` to `length` after `now`, unless it has changed.
/// Returns whether it was moved: of two that try, one has.
async fn postponed(
    client: &Client,
    table: &str,
    key: Item,
    (attribute, seen): (&str, i64),
    (now, length): (Timestamp, SignedDuration),
) -> Result<bool, Failure> {
    let later = now.saturating_add(length).unwrap_or(now).as_millisecond();
    let outcome = client
        .update_item()
        .table_name(table)
        .set_key(Some(key))
        .update_expression(format!("SET {attribute} = :later"))
        .condition_expression(format!("{attribute} = :seen"))
        .expression_attribute_values(":later", number(later))
        .expression_attribute_values(":seen", number(seen))
        .send()
        .await;
    Ok(unless_refused(outcome)?.is_some())
}

fn down<E: OperationError>(error: SdkError<E>) -> Failure {
    // The SDK's own text says only "service error"; the cause beneath says which.
    if error.as_service_error().is_some() {
        if let Some(
            code @ ("ValidationException" | "AccessDeniedException" | "ResourceNotFoundException"),
        ) = error.code()
        {
            return Failure::Defect(format!("the table refuses the call: {code}"));
        }
        Failure::unavailable("table", error.into_service_error())
    } else {
        Failure::unavailable("table", error)
    }
}

/// What a conditional write answered; none where its condition did not hold.
fn unless_refused<T, E: OperationError>(
    outcome: Result<T, SdkError<E>>,
) -> Result<Option<T>, Failure> {
    match outcome {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if error.code() == Some("ConditionalCheckFailedException") => Ok(None),
        Err(error) => Err(down(error)),
    }
}

/// The same, where nothing of the answer is read.
fn stored<T, E: OperationError>(outcome: Result<T, SdkError<E>>) -> Result<Stored, Failure> {
    let answer = unless_refused(outcome)?;
    Ok(answer.map_or(Stored::AnotherWasFirst, |_| Stored::Yes))
}

/// Why a transaction was cancelled, write by write.
struct Cancelled<'a>(Vec<&'a str>);

impl<'a> Cancelled<'a> {
    fn of(exception: &'a TransactionCanceledException) -> Self {
        let reasons = exception.cancellation_reasons().iter();
        Self(reasons.map(|reason| reason.code().unwrap_or("None")).collect())
    }

    /// Whether the condition of the write at `place` did not hold.
    fn is_refused(&self, place: usize) -> bool {
        self.0.get(place).is_some_and(|code| *code == "ConditionalCheckFailed")
    }

    /// Whether another transaction was at one of the items.
    fn is_conflict(&self) -> bool {
        self.0.contains(&"TransactionConflict")
    }

    /// Of the uploads that the writes from `first` claim, those that could not be.
    fn taken<'b>(
        &self,
        first: usize,
        uploads: impl Iterator<Item = &'b UploadId>,
    ) -> BTreeSet<UploadId> {
        let claimed = (first..).zip(uploads);
        claimed.filter(|(place, _)| self.is_refused(*place)).map(|(_, id)| id.clone()).collect()
    }
}

fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

fn number(value: impl ToString) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

fn read<T: DeserializeOwned>(item: Item) -> Result<T, Failure> {
    serde_dynamo::from_item(item).map_err(|error: serde_dynamo::Error| {
        let error = error.to_string();
        // The decoder's own text may quote a value, which may be personal data; that of an
        // invariant quotes nothing.
        let why = if error.starts_with(IMPOSSIBLE) { format!(", {error}") } else { String::new() };
        Failure::Defect(format!("an item does not read as {}{why}", std::any::type_name::<T>()))
    })
}

fn write(record: &impl serde::Serialize) -> Result<Item, Failure> {
    serde_dynamo::to_item(record)
        .map_err(|error| Failure::Defect(format!("a record does not write: {error}")))
}
