//! The notices table: one thread for each dossier and each report of a morning, and the index by
//! which threads are found that wait for a time.

use aws_sdk_dynamodb::Client;
use domain::id::{AgencyCode, DossierCode, SubjectCode};
use domain::thread::NoticeThread;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use super::{Item, down, number, postponed, put_version, read, rows, text, write};
use crate::Failure;
use crate::port::{NoticeBook, Stored};

/// The one key of the index `by-wake`. A province's busiest minute wakes some hundred threads; a
/// key takes a thousand writes a second.
const WAKE: &str = "due";

/// Reads and writes the notices table.
#[derive(Debug, Clone)]
pub struct Notices {
    client: Client,
    table: String,
}

/// A thread that is due.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DueThread {
    /// The dossier or report of the thread.
    pub code: SubjectCode,
    /// The agency of the thread.
    pub agency: AgencyCode,
    /// When it is to be woken, in milliseconds since 1970.
    pub wake_at: i64,
    /// Since when the oldest unsent notice could have been sent, in milliseconds since 1970.
    #[serde(default)]
    pub unsent_since: Option<i64>,
}

impl Notices {
    /// The table named `table`.
    pub fn new(client: Client, table: String) -> Self {
        Self { client, table }
    }

    /// The threads due by `now`, at most `limit`, the longest waiting first. An unreadable one is
    /// left out and named in the log.
    pub async fn due_threads(
        &self,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<DueThread>, Failure> {
        let threads = self
            .client
            .query()
            .table_name(&self.table)
            .index_name("by-wake")
            .key_condition_expression("wake = :due AND wakeAt <= :now")
            .expression_attribute_values(":due", text(WAKE))
            .expression_attribute_values(":now", number(now.as_millisecond()));
        rows::first(threads, limit, &["code"]).await
    }

    /// Postpones the thread's waking by `length`, unless it has changed since it was read. Returns
    /// whether the caller has to wake it.
    pub async fn postpone(
        &self,
        thread: &DueThread,
        now: Timestamp,
        length: SignedDuration,
    ) -> Result<bool, Failure> {
        let key = Item::from([("code".to_owned(), text(thread.code.to_string()))]);
        let seen = ("wakeAt", thread.wake_at);
        postponed(&self.client, &self.table, key, seen, (now, length)).await
    }
}

impl Notices {
    /// The last history entry that the thread of a dossier knows, and the thread; 0 and none where
    /// there is no thread. One that cannot be read is named in the log, with what it knows.
    pub async fn looked_at(
        &self,
        code: &DossierCode,
    ) -> Result<(u64, Option<NoticeThread>), Failure> {
        let got = self.client.get_item().table_name(&self.table).key("code", text(code.as_str()));
        let Some(item) = got.send().await.map_err(down)?.item else { return Ok((0, None)) };
        let noted = item.get("noted").and_then(|noted| noted.as_n().ok()?.parse().ok());
        Ok((noted.unwrap_or_default(), rows::readable(item, &["code"])))
    }
}

impl Notices {
    async fn got(
        &self,
        code: &SubjectCode,
        consistent: bool,
    ) -> Result<Option<NoticeThread>, Failure> {
        let get = self.client.get_item().table_name(&self.table);
        let get = get.key("code", text(code.to_string())).consistent_read(consistent);
        get.send().await.map_err(down)?.item.map(read).transpose()
    }
}

impl NoticeBook for Notices {
    async fn thread(&self, code: &SubjectCode) -> Result<Option<NoticeThread>, Failure> {
        self.got(code, true).await
    }

    async fn recent_thread(&self, code: &SubjectCode) -> Result<Option<NoticeThread>, Failure> {
        self.got(code, false).await
    }

    async fn keep(&self, thread: &NoticeThread) -> Result<Stored, Failure> {
        let mut item = write(thread)?;
        if let Some(wake_at) = thread.wake_at() {
            item.insert("wake".to_owned(), text(WAKE));
            item.insert("wakeAt".to_owned(), number(wake_at.as_millisecond()));
        }
        if let Some(since) = thread.unsent_since() {
            item.insert("unsentSince".to_owned(), number(since.as_millisecond()));
        }
        put_version(&self.client, &self.table, ("code", thread.version()), item).await
    }
}
