//! The end of what was written: its item goes by time or on order, and the photographs after it.

use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{Delete, TransactWriteItem, Update};
use domain::feedback::{Feedback, FeedbackCode};
use domain::upload::UploadId;
use jiff::Timestamp;

use super::super::{Cancelled, down, number, rows, stored, text, write};
use super::{ExpiredPhotos, FeedbackTable, KEY, PHOTOS, content_key};
use crate::Failure;
use crate::port::{Eraser, Removal, Stored};

/// Where a state says since when what was written is gone, by an order.
const GONE: &str = "contentGone";

/// The most attempts where other writers are faster: what is erased is over, so that hardly anybody
/// writes.
const DECIDED_MAX: u32 = 3;

impl FeedbackTable {
    /// Does away with what was written of the feedback `code`, on an order. The words go in the write
    /// that marks the state, the photographs after it: a process that dies in between leaves them to
    /// the night that finds what is over. Gives the feedback as it is then.
    pub async fn erase(
        &self,
        code: &FeedbackCode,
        stores: (&impl Removal, &impl Eraser),
        now: Timestamp,
    ) -> Result<Feedback, Failure> {
        for _ in 0..DECIDED_MAX {
            let feedback = self.feedback(code, now).await?.ok_or(Failure::FeedbackNotFound)?;
            let gone = feedback.without_content(now)?;
            if self.forget(&gone).await? == Stored::Yes {
                self.erase_photos(code, &self.photos_of(code).await?, stores).await?;
                return Ok(gone);
            }
        }
        Err(Failure::Held("the feedback"))
    }

    /// Does away with the photographs of a feedback whose words are gone.
    pub async fn erase_photos(
        &self,
        code: &FeedbackCode,
        photos: &[UploadId],
        (removals, eraser): (&impl Removal, &impl Eraser),
    ) -> Result<(), Failure> {
        for id in photos {
            // The row last: an object without a row would be found by nobody.
            eraser.erase(id).await?;
            removals.forget_upload(id).await?;
        }
        let update = self.client.update_item().table_name(&self.table);
        // The names last: what is in the index is looked at again.
        let update = update
            .key("code", text(code.as_str()))
            .update_expression("REMOVE photosOf, photosUntil, photoIds")
            .condition_expression("attribute_exists(code)");
        stored(update.send().await).map(drop)
    }

    /// Does away with what was written of `gone`, on order, and marks the state, in one write under
    /// the version that was judged. What names its photographs is over from then on, so that the
    /// next night finds those that are left.
    async fn forget(&self, gone: &Feedback) -> Result<Stored, Failure> {
        let mut state = write(gone)?;
        let mut value = |name: &str| {
            let missing = || Failure::Defect(format!("a feedback without words has no {name}"));
            state.remove(name).ok_or_else(missing)
        };
        let (mark, until) = (value(GONE)?, value("contentUntil")?);
        let over = gone.content_until.map_or_else(String::new, |until| format!("{until:.3}"));
        let mark = Update::builder()
            .table_name(&self.table)
            .key("code", text(gone.code.as_str()))
            .update_expression(format!(
                "SET {GONE} = :gone, contentUntil = :until, photosUntil = :over \
                 REMOVE published, shown, shownAt"
            ))
            // A move that was made meanwhile is judged first.
            .condition_expression("#version = :version")
            .expression_attribute_names("#version", "version")
            .expression_attribute_values(":version", number(gone.version))
            .expression_attribute_values(":gone", mark)
            .expression_attribute_values(":until", until)
            .expression_attribute_values(":over", text(over))
            .build()
            .map_err(|error| Failure::Defect(error.to_string()))?;
        let words = Delete::builder()
            .table_name(&self.table)
            .key("code", text(content_key(&gone.code)))
            .build()
            .map_err(|error| Failure::Defect(error.to_string()))?;
        let writing = self.client.transact_write_items();
        let writing = writing
            .transact_items(TransactWriteItem::builder().update(mark).build())
            .transact_items(TransactWriteItem::builder().delete(words).build());
        let Err(error) = writing.send().await else { return Ok(Stored::Yes) };
        if let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) =
            error.as_service_error()
        {
            let cancelled = Cancelled::of(cancelled);
            if cancelled.is_refused(0) || cancelled.is_conflict() {
                return Ok(Stored::AnotherWasFirst);
            }
        }
        Err(down(error))
    }

    /// The photographs that the state of a feedback that is over still names.
    async fn photos_of(&self, code: &FeedbackCode) -> Result<Vec<UploadId>, Failure> {
        let get = self.client.get_item().table_name(&self.table).key("code", text(code.as_str()));
        let found = get.consistent_read(true).send().await.map_err(down)?.item;
        let ids = found.and_then(|mut state| state.remove("photoIds"));
        let ids = ids.as_ref().and_then(|ids| ids.as_l().ok()).into_iter().flatten();
        Ok(ids.filter_map(|id| id.as_s().ok()?.parse().ok()).collect())
    }

    /// Feedback whose words are gone by `now` and whose photographs are not, at most `limit`, the
    /// longest over first. What cannot be read is left out and named in the log.
    pub async fn with_expired_photos(
        &self,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<ExpiredPhotos>, Failure> {
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .index_name("by-photos")
            .key_condition_expression("photosOf = :kept AND photosUntil < :now")
            .expression_attribute_values(":kept", text(PHOTOS))
            .expression_attribute_values(":now", text(format!("{now:.3}")));
        rows::first(query, limit, KEY).await
    }
}
