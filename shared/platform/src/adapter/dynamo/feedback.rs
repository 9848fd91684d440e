//! The feedback table: of each feedback a state and, apart from it, what may tell of a person; the
//! receipts by which a repetition is known, and the counters of codes.

mod handled;
mod lines;
mod removal;
mod survey;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{AttributeValue, Put, ReturnValue, TransactWriteItem, Update};
use domain::applicant::Phone;
use domain::calendar::date_of;
use domain::feedback::{Feedback, FeedbackCode, FeedbackContent, FeedbackStatus};
use domain::id::{AgencyCode, CommandId};
use domain::upload::{UploadId, UploadedDocument};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

use super::uploads::claims;
use super::{Cancelled, Item, down, number, read, rows, text, write};
use crate::Failure;
use crate::port::{Admission, FeedbackIntake, Stored};
use crate::record::FeedbackReceipt;

pub use handled::HandledFeedback;
use handled::counted;
pub use lines::{ExpiredPhotos, FeedbackLine, MovedFeedback, PublishedLine};
pub use survey::{AnswersBy, Said, SurveyedDossier};

/// For how long a feedback waits until its author has proved their telephone.
pub const UNVERIFIED_KEPT: SignedDuration = SignedDuration::from_hours(24);

/// The key of every row.
const KEY: &[&str] = &["code"];

/// How often a transaction is tried that met another at one of its items.
const CONFLICT_TRIES_MAX: u32 = 6;

/// Milliseconds before the second try; each further one waits that much longer.
const CONFLICT_PAUSE_MS: u64 = 20;

/// The key of the index of what everybody may read: one list of the province, some a day.
const SHOWN: &str = "everybody";

/// Reads and writes the feedback table.
#[derive(Debug, Clone)]
pub struct FeedbackTable {
    client: Client,
    table: String,
    uploads: Option<String>,
}

fn content_key(code: &FeedbackCode) -> String {
    format!("content#{code}")
}

fn receipt_key(key: &CommandId) -> String {
    format!("receipt#{key}")
}

/// The key of the index of photographs that are kept for a time.
const PHOTOS: &str = "kept";

/// The state as it is stored: with the keys of the indexes that it is in.
fn state_of(feedback: &Feedback, content: &FeedbackContent) -> Result<Item, Failure> {
    let mut item = write(feedback)?;
    let work = match feedback.status {
        FeedbackStatus::Received => Some((&feedback.desk, feedback.routing_due_at)),
        FeedbackStatus::Routed | FeedbackStatus::InHandling | FeedbackStatus::Answered => {
            feedback.agency.as_ref().map(|agency| (agency, feedback.due_at))
        }
        FeedbackStatus::Unverified
        | FeedbackStatus::Closed
        | FeedbackStatus::Refused
        | FeedbackStatus::Joined
        | FeedbackStatus::Withdrawn => None,
    };
    if let Some((agency, due)) = work {
        let due = due.unwrap_or(feedback.filed_at);
        item.insert("work".to_owned(), text(agency.as_str()));
        item.insert("workDue".to_owned(), text(format!("{due:.3}#{}", feedback.code)));
    }
    if feedback.published.is_some() {
        let at = feedback.answered_at.unwrap_or(feedback.filed_at);
        item.insert("shown".to_owned(), text(SHOWN));
        item.insert("shownAt".to_owned(), text(format!("{at:.3}#{}", feedback.code)));
    }
    if let Some(end) = unverified_until(feedback) {
        item.insert("expiresAt".to_owned(), number(end.as_second()));
    }
    // The words go by themselves, and what names the photographs goes with them.
    if let Some(until) = feedback.content_until
        && !content.photos.is_empty()
    {
        let ids = content.photos.iter().map(|photo| text(photo.upload.as_str()));
        item.insert("photosOf".to_owned(), text(PHOTOS));
        item.insert("photosUntil".to_owned(), text(format!("{until:.3}")));
        item.insert("photoIds".to_owned(), AttributeValue::L(ids.collect()));
    }
    // Nobody is told of what nobody has proved to have sent.
    if let Some(last) = feedback.history.last()
        && (!feedback.anonymous || feedback.origin.is_some())
        && feedback.status != FeedbackStatus::Unverified
    {
        item.insert("movedOn".to_owned(), text(date_of(last.at).to_string()));
        item.insert("movedAt".to_owned(), text(last.at.to_string()));
    }
    Ok(item)
}

/// Until when it is there without a proof; none once it does not need one.
fn unverified_until(feedback: &Feedback) -> Option<Timestamp> {
    let waits = feedback.status == FeedbackStatus::Unverified;
    waits.then(|| feedback.filed_at.saturating_add(UNVERIFIED_KEPT).unwrap_or(feedback.filed_at))
}

fn content_of(feedback: &Feedback, content: &FeedbackContent) -> Result<Item, Failure> {
    let mut item = write(content)?;
    item.insert("code".to_owned(), text(content_key(&feedback.code)));
    if let Some(end) = unverified_until(feedback).or(feedback.content_until) {
        item.insert("expiresAt".to_owned(), number(end.as_second()));
    }
    Ok(item)
}

/// Whether the time of a row is over, though the table still has it.
fn is_over(item: &Item, now: Timestamp) -> bool {
    let end = item.get("expiresAt").and_then(|end| end.as_n().ok()?.parse::<i64>().ok());
    end.is_some_and(|end| end <= now.as_second())
}

impl FeedbackTable {
    /// The table named `table`.
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table, uploads: None }
    }

    /// The same, which claims photographs in the table of uploads of that name.
    #[must_use]
    pub fn claiming(self, uploads: String) -> Self {
        Self { uploads: Some(uploads), ..self }
    }

    async fn got(&self, key: &str, now: Timestamp) -> Result<Option<Item>, Failure> {
        let get = self.client.get_item().table_name(&self.table).key("code", text(key));
        let found = get.consistent_read(true).send().await.map_err(down)?.item;
        Ok(found.filter(|item| !is_over(item, now)))
    }

    /// The feedback with this code; none where there is none, or its time is over.
    pub async fn feedback(
        &self,
        code: &FeedbackCode,
        now: Timestamp,
    ) -> Result<Option<Feedback>, Failure> {
        self.got(code.as_str(), now).await?.map(read).transpose()
    }

    /// The same with what was written, as long as that is kept.
    pub async fn found(
        &self,
        code: &FeedbackCode,
        now: Timestamp,
    ) -> Result<Option<(Feedback, Option<FeedbackContent>)>, Failure> {
        let key = content_key(code);
        let (state, content) = tokio::try_join!(self.got(code.as_str(), now), self.got(&key, now))?;
        let Some(state) = state else { return Ok(None) };
        Ok(Some((read(state)?, content.map(read).transpose()?)))
    }

    /// The same; none, too, where the words are gone.
    pub async fn whole(
        &self,
        code: &FeedbackCode,
        now: Timestamp,
    ) -> Result<Option<(Feedback, FeedbackContent)>, Failure> {
        let found = self.found(code, now).await?;
        Ok(found.and_then(|(feedback, content)| Some((feedback, content?))))
    }

    /// The telephone to which one-time codes of this feedback go.
    pub async fn phone(
        &self,
        code: &FeedbackCode,
        now: Timestamp,
    ) -> Result<Option<Phone>, Failure> {
        let content = self.got(&content_key(code), now).await?;
        let content: Option<FeedbackContent> = content.map(read).transpose()?;
        Ok(content.and_then(|content| content.author).map(|author| author.phone))
    }

    fn put(&self, item: Item, before: Before) -> Result<TransactWriteItem, Failure> {
        let put = Put::builder().table_name(&self.table).set_item(Some(item));
        let put = match before {
            Before::Nothing => put.condition_expression("attribute_not_exists(code)"),
            Before::Something => put.condition_expression("attribute_exists(code)"),
            Before::Version(before) => put
                .condition_expression("#version = :before")
                .expression_attribute_names("#version", "version")
                .expression_attribute_values(":before", number(before)),
        };
        let put = put.build().map_err(|error| Failure::Defect(error.to_string()))?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    fn claims(
        &self,
        feedback: &Feedback,
        photos: &[UploadedDocument],
    ) -> Result<Vec<TransactWriteItem>, Failure> {
        claims(self.uploads.as_deref(), feedback.code.shared(), photos.iter())
    }

    /// Makes the writes of a transaction of which the last claim `photos`; which were refused, if
    /// any.
    async fn written(
        &self,
        writes: Vec<TransactWriteItem>,
        photos: &[UploadedDocument],
    ) -> Result<Option<Refused>, Failure> {
        let (count, first_claim) = (writes.len(), writes.len() - photos.len());
        for attempt in 1..=CONFLICT_TRIES_MAX {
            let writing = self.client.transact_write_items();
            let writing = writing.set_transact_items(Some(writes.clone())).send();
            let Err(error) = writing.await else { return Ok(None) };
            let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) =
                error.as_service_error()
            else {
                return Err(down(error));
            };
            let cancelled = Cancelled::of(cancelled);
            let places: Vec<usize> =
                (0..count).filter(|place| cancelled.is_refused(*place)).collect();
            if !places.is_empty() {
                let uploads = photos.iter().map(|photo| &photo.upload);
                let taken = cancelled.taken(first_claim, uploads).into_iter().collect();
                return Ok(Some(Refused { places, taken }));
            }
            if !cancelled.is_conflict() {
                return Err(down(error));
            }
            // Another transaction was at one of the items, most likely at the month's counts.
            let pause = CONFLICT_PAUSE_MS * u64::from(attempt);
            let pause = std::time::Duration::from_millis(pause + fastrand::u64(0..=pause));
            tokio::time::sleep(pause).await;
        }
        Err(Failure::Held("the feedback"))
    }

    /// Raises the count named `count` of the item with this key by one.
    fn raise(&self, key: String, count: String) -> Result<TransactWriteItem, Failure> {
        let raise = Update::builder()
            .table_name(&self.table)
            .key("code", text(key))
            .update_expression("ADD #count :one")
            .expression_attribute_names("#count", count)
            .expression_attribute_values(":one", number(1))
            .build()
            .map_err(|error| Failure::Defect(error.to_string()))?;
        Ok(TransactWriteItem::builder().update(raise).build())
    }

    /// Stores the next version, claiming those of its photographs from the place `new` on. Gives
    /// the photographs that another has claimed meanwhile where that is why it was not stored.
    pub async fn advance(
        &self,
        (feedback, content): &(Feedback, FeedbackContent),
        new: usize,
    ) -> Result<Result<Stored, Vec<UploadId>>, Failure> {
        let photos = content.photos.get(new..).unwrap_or_default();
        let mut writes = vec![
            self.put(state_of(feedback, content)?, Before::Version(feedback.version - 1))?,
            // What is gone does not come back with a move.
            self.put(content_of(feedback, content)?, Before::Something)?,
        ];
        if let Some((month, count)) = counted(feedback) {
            writes.push(self.raise(month, count)?);
        }
        writes.extend(self.claims(feedback, photos)?);
        Ok(match self.written(writes, photos).await? {
            None => Ok(Stored::Yes),
            Some(Refused { places, taken }) if !places.iter().any(|place| *place < 2) => Err(taken),
            Some(_) => Ok(Stored::AnotherWasFirst),
        })
    }

    /// Every feedback that was changed last on `day` and of which somebody is to be told. What cannot be
    /// read is left out and named in the log.
    pub async fn moved_on(&self, day: Date) -> Result<Vec<MovedFeedback>, Failure> {
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .index_name("by-moved")
            .key_condition_expression("movedOn = :day")
            .expression_attribute_values(":day", text(day.to_string()));
        rows::first(query, usize::MAX, KEY).await
    }

    /// At most `limit` of what the agency has to do, what is due first first, after the place
    /// `after`. What cannot be read is left out and named in the log.
    pub async fn worklist(
        &self,
        agency: &AgencyCode,
        limit: u32,
        after: Option<&str>,
    ) -> Result<Vec<FeedbackLine>, Failure> {
        self.listed("by-work", ("work", agency.as_str()), ("workDue", after), (limit, true)).await
    }

    /// At most `limit` of what is published, the newest first, after the place `after`.
    pub async fn published(
        &self,
        limit: u32,
        after: Option<&str>,
    ) -> Result<Vec<PublishedLine>, Failure> {
        self.listed("by-shown", ("shown", SHOWN), ("shownAt", after), (limit, false)).await
    }

    async fn listed<T: serde::de::DeserializeOwned>(
        &self,
        index: &str,
        (key, value): (&str, &str),
        (order, after): (&str, Option<&str>),
        (limit, forward): (u32, bool),
    ) -> Result<Vec<T>, Failure> {
        let start = after.and_then(|place| {
            let code = place.split_once('#')?.1;
            let named = [(key, value), (order, place), ("code", code)];
            let named = named.map(|(name, value)| (name.to_owned(), text(value)));
            Some(Item::from(named) as std::collections::HashMap<String, AttributeValue>)
        });
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .index_name(index)
            .key_condition_expression("#key = :key")
            .expression_attribute_names("#key", key)
            .expression_attribute_values(":key", text(value))
            .scan_index_forward(forward)
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .set_exclusive_start_key(start);
        let found = query.send().await.map_err(down)?.items.unwrap_or_default();
        Ok(found.into_iter().filter_map(|item| rows::readable(item, KEY)).collect())
    }
}

impl FeedbackIntake for FeedbackTable {
    async fn receipt(
        &self,
        key: &CommandId,
        now: Timestamp,
    ) -> Result<Option<FeedbackReceipt>, Failure> {
        self.got(&receipt_key(key), now).await?.map(read).transpose()
    }

    async fn next(&self, under: &AgencyCode, day: Date) -> Result<u32, Failure> {
        let counted = self
            .client
            .update_item()
            .table_name(&self.table)
            .key("code", text(format!("sequence#{under}#{day}")))
            .update_expression("ADD #last :one")
            .expression_attribute_names("#last", "last")
            .expression_attribute_values(":one", number(1))
            .return_values(ReturnValue::UpdatedNew);
        let answer = counted.send().await.map_err(down)?.attributes;
        let last = answer.and_then(|mut attributes| attributes.remove("last"));
        last.and_then(|last| last.as_n().ok()?.parse().ok())
            .ok_or_else(|| Failure::Defect("a counter does not count".to_owned()))
    }

    async fn admit(
        &self,
        (feedback, content): &(Feedback, FeedbackContent),
        key: &CommandId,
        receipt: &FeedbackReceipt,
    ) -> Result<Admission, Failure> {
        let mut kept = write(receipt)?;
        kept.insert("code".to_owned(), text(receipt_key(key)));
        let mut writes = vec![
            self.put(state_of(feedback, content)?, Before::Nothing)?,
            self.put(kept, Before::Nothing)?,
            self.put(content_of(feedback, content)?, Before::Nothing)?,
        ];
        writes.extend(self.claims(feedback, &content.photos)?);
        let Some(cancelled) = self.written(writes, &content.photos).await? else {
            return Ok(Admission::Admitted);
        };
        Ok(match cancelled {
            // The key first: where both exist, this very request was admitted before.
            Refused { places, .. } if places.contains(&1) => Admission::KeyTaken,
            Refused { places, .. } if places.contains(&0) || places.contains(&2) => {
                Admission::CodeTaken
            }
            Refused { taken, .. } => Admission::UploadsTaken(taken.into_iter().collect()),
        })
    }
}

/// What has to be at the place of a write.
#[derive(Clone, Copy)]
enum Before {
    Nothing,
    Something,
    Version(u64),
}

/// Why a transaction was cancelled: the places of the writes that were refused, and the photographs
/// among them.
struct Refused {
    places: Vec<usize>,
    taken: Vec<UploadId>,
}
