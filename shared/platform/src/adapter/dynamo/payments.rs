//! The payments table: one item for each demand that somebody tried to pay through the platform, one
//! for the name of each attempt, and the index by which payments are found that are to be asked
//! after. It holds codes, sums and times, and nobody's name.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};
use domain::dossier::Dossier;
use domain::id::DossierCode;
use domain::payment::online::OnlinePayment;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use super::{Cancelled, Dossiers, Item, down, number, postponed, read, rows, text, write};
use crate::Failure;
use crate::port::{Advance, DuePayment, PaymentBook, Stored};

/// The key of a row.
const KEY: &str = "payment";

/// The one key of the index `by-ask`. A province's busiest minute asks after some dozens; a key
/// takes a thousand writes a second.
const ASK: &str = "open";

/// Reads and writes the payments table, and moves dossiers with it.
#[derive(Debug, Clone)]
pub struct Payments {
    client: Client,
    table: String,
    dossiers: Dossiers,
}

/// Whose attempt a name is.
#[derive(Deserialize)]
struct Named {
    code: DossierCode,
    demand: u64,
}

/// A row of the index.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Asked {
    code: DossierCode,
    demand: u64,
    ask_at: i64,
}

fn key(code: &DossierCode, demand: u64) -> String {
    format!("{code}#{demand}")
}

fn name_key(reference: &str) -> String {
    format!("attempt#{reference}")
}

impl Payments {
    /// The table named `table`, beside these dossiers.
    pub fn new(client: Client, table: String, dossiers: Dossiers) -> Self {
        Self { client, table, dossiers }
    }

    /// The write of `payment` over the stored version `before`.
    fn put(&self, payment: &OnlinePayment, before: u64) -> Result<TransactWriteItem, Failure> {
        let mut item = write(payment)?;
        item.insert(KEY.to_owned(), text(key(&payment.code, payment.demand)));
        if let Some(at) = payment.ask_at() {
            item.insert("ask".to_owned(), text(ASK));
            item.insert("askAt".to_owned(), number(at.as_millisecond()));
        }
        let put = Put::builder().table_name(&self.table).set_item(Some(item));
        let put = if before == 0 {
            put.condition_expression("attribute_not_exists(#key)")
                .expression_attribute_names("#key", KEY)
        } else {
            put.condition_expression("#version = :before")
                .expression_attribute_names("#version", "version")
                .expression_attribute_values(":before", number(before))
        };
        let put = put.build().map_err(|error| Failure::Defect(error.to_string()))?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    /// The write of the name of an attempt of `payment`.
    fn name(&self, payment: &OnlinePayment, reference: &str) -> Result<TransactWriteItem, Failure> {
        let put = Put::builder()
            .table_name(&self.table)
            .item(KEY, text(name_key(reference)))
            .item("code", text(payment.code.as_str()))
            .item("demand", number(payment.demand))
            .condition_expression("attribute_not_exists(#key)")
            .expression_attribute_names("#key", KEY)
            .build()
            .map_err(|error| Failure::Defect(error.to_string()))?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    async fn got(&self, key: String) -> Result<Option<Item>, Failure> {
        let get = self.client.get_item().table_name(&self.table).key(KEY, text(key));
        get.consistent_read(true).send().await.map(|found| found.item).map_err(down)
    }
}

impl PaymentBook for Payments {
    async fn payment(
        &self,
        code: &DossierCode,
        demand: u64,
    ) -> Result<Option<OnlinePayment>, Failure> {
        self.got(key(code, demand)).await?.map(read).transpose()
    }

    async fn named(&self, reference: &str) -> Result<Option<(DossierCode, u64)>, Failure> {
        let found: Option<Named> = self.got(name_key(reference)).await?.map(read).transpose()?;
        Ok(found.map(|named| (named.code, named.demand)))
    }

    async fn keep(
        &self,
        payment: &OnlinePayment,
        before: u64,
        begins: Option<&str>,
    ) -> Result<Stored, Failure> {
        let mut writes = vec![self.put(payment, before)?];
        if let Some(reference) = begins {
            writes.push(self.name(payment, reference)?);
        }
        let transaction = self.client.transact_write_items().set_transact_items(Some(writes));
        let Err(error) = transaction.send().await else { return Ok(Stored::Yes) };
        if let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) =
            error.as_service_error()
        {
            let cancelled = Cancelled::of(cancelled);
            if cancelled.is_refused(0) || cancelled.is_refused(1) || cancelled.is_conflict() {
                return Ok(Stored::AnotherWasFirst);
            }
        }
        Err(down(error))
    }

    async fn settle(
        &self,
        payment: &OnlinePayment,
        before: u64,
        dossier: &Dossier,
    ) -> Result<Stored, Failure> {
        let beside = vec![self.put(payment, before)?];
        match self.dossiers.advance_with(dossier, beside).await? {
            Advance::Stored => Ok(Stored::Yes),
            Advance::AnotherWasFirst => Ok(Stored::AnotherWasFirst),
            Advance::UploadsTaken(_) => {
                Err(Failure::Defect("a payment brought a document".to_owned()))
            }
        }
    }

    async fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<DuePayment>, Failure> {
        let payments = self
            .client
            .query()
            .table_name(&self.table)
            .index_name("by-ask")
            .key_condition_expression("ask = :open AND askAt <= :now")
            .expression_attribute_values(":open", text(ASK))
            .expression_attribute_values(":now", number(now.as_millisecond()));
        let found = rows::first::<Asked>(payments, limit, &[KEY]).await?;
        let due = |Asked { code, demand, ask_at }| DuePayment { code, demand, ask_at };
        Ok(found.into_iter().map(due).collect())
    }

    async fn postpone(
        &self,
        due: &DuePayment,
        now: Timestamp,
        length: SignedDuration,
    ) -> Result<bool, Failure> {
        let row = Item::from([(KEY.to_owned(), AttributeValue::S(key(&due.code, due.demand)))]);
        postponed(&self.client, &self.table, row, ("askAt", due.ask_at), (now, length)).await
    }
}
