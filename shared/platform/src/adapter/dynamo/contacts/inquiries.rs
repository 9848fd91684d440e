//! Messages of people who ask, in the contacts table: which were taken up, and how many a sender
//! had answered on a day. The keys are keyed hashes; nothing of a message is kept.

use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::builders::UpdateBuilder;
use aws_sdk_dynamodb::types::{TransactWriteItem, Update};
use domain::calendar::date_of;
use jiff::{SignedDuration, Timestamp};

use super::super::{Cancelled, down, number, stored, text};
use super::{COUNTS_KEPT, ContactBook, after, month_key};
use crate::Failure;
use crate::port::{Asked, Inquiries, Limits, Stored, TakenUp};
use crate::wire::hex;

/// How often a message is taken up again where another message of its sender came between.
const TAKEN_UP_MAX: u32 = 4;

/// The kind of hash that names a message.
const MESSAGE: &str = "inquiry";

impl ContactBook {
    /// The name of a message within its channel.
    fn named(asked: &Asked) -> String {
        format!("{}/{}", asked.from.channel().name(), asked.id)
    }

    fn asker_key(&self, kind: &str, asked: &Asked) -> String {
        self.hash.of(kind, &format!("{}/{}", asked.from.channel().name(), asked.from.address()))
    }

    /// An update of the item with this key, which is forgotten some time after `now`.
    fn update_of(&self, key: String, kept: SignedDuration, now: Timestamp) -> UpdateBuilder {
        Update::builder()
            .table_name(&self.table)
            .key("contact", text(key))
            .expression_attribute_values(":expires", number(after(now, kept).as_second()))
    }

    fn taking_up(
        &self,
        asked: &Asked,
        limits: Limits,
        now: Timestamp,
    ) -> Result<Vec<TransactWriteItem>, Failure> {
        let until = after(now, limits.lease).as_millisecond();
        let key = self.hash.of(MESSAGE, &Self::named(asked));
        let message = self
            .update_of(key, COUNTS_KEPT, now)
            .update_expression("SET #state = :begun, heldUntil = :until, expiresAt = :expires")
            .condition_expression(
                "attribute_not_exists(contact) OR (#state = :begun AND heldUntil <= :now)",
            )
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":begun", text("begun"))
            .expression_attribute_values(":until", number(until))
            .expression_attribute_values(":now", number(now.as_millisecond()));
        let day = format!("{}#{}", self.asker_key("asker", asked), date_of(now));
        let day = self
            .update_of(day, COUNTS_KEPT, now)
            .update_expression("ADD #count :one SET expiresAt = :expires")
            .condition_expression("attribute_not_exists(#count) OR #count < :most")
            .expression_attribute_names("#count", "count")
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":most", number(limits.a_day));
        let again = limits.only_after.map(|wait| {
            self.update_of(self.asker_key("helped", asked), wait, now)
                .update_expression("SET heldUntil = :until, expiresAt = :expires")
                .condition_expression("attribute_not_exists(contact) OR heldUntil <= :now")
                .expression_attribute_values(":until", number(after(now, wait).as_millisecond()))
                .expression_attribute_values(":now", number(now.as_millisecond()))
        });
        let updates = [message, day].into_iter().chain(again).map(|update| {
            let update = update.build().map_err(|error| Failure::Defect(error.to_string()))?;
            Ok(TransactWriteItem::builder().update(update).build())
        });
        updates.collect()
    }
}

impl Inquiries for ContactBook {
    async fn take_up(
        &self,
        asked: &Asked,
        limits: Limits,
        now: Timestamp,
    ) -> Result<TakenUp, Failure> {
        for _ in 0..TAKEN_UP_MAX {
            let writes = self.taking_up(asked, limits, now)?;
            let transaction = self.client.transact_write_items().set_transact_items(Some(writes));
            let Err(error) = transaction.send().await else {
                let name = hex(&self.hash.bytes_of(MESSAGE, &Self::named(asked))[..16]);
                return Ok(TakenUp::Ours(name));
            };
            let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) =
                error.as_service_error()
            else {
                return Err(down(error));
            };
            let cancelled = Cancelled::of(cancelled);
            if cancelled.is_refused(0) {
                return Ok(TakenUp::Known);
            }
            if cancelled.is_refused(1) || cancelled.is_refused(2) {
                return Ok(TakenUp::Enough);
            }
            if !cancelled.is_conflict() {
                return Err(down(error));
            }
        }
        Err(Failure::Held("the messages of one sender"))
    }

    async fn asking(&self, asked: &Asked) -> Result<Stored, Failure> {
        let outcome = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("contact", text(self.hash.of(MESSAGE, &Self::named(asked))))
            .update_expression("SET #state = :asked")
            .condition_expression("#state = :begun")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":begun", text("begun"))
            .expression_attribute_values(":asked", text("asked"))
            .send()
            .await;
        stored(outcome)
    }

    async fn spent_vnd(&self, now: Timestamp) -> Result<u64, Failure> {
        self.counted(month_key(now)).await
    }
}
