//! Every night: does away with what was handed in, once the catalogue does not want it kept any
//! longer. What figures need stays.
//!
//! Dossiers are found by the month in which they ended, oldest first, and leave that index when
//! nothing of their content is left. So a night that failed, or that had too much to do, is made up
//! for by the next, and what a process left behind is found again. A failure for one dossier is
//! counted and stops no other.
//!
//! The words of feedback go by the table's time to live; its photographs go here.

mod settings;

use domain::calendar::date_of;
use domain::catalogue::Catalogue;
use domain::dossier::{Dossier, GoneBy};
use domain::law::KNOWN_FROM;
use domain::violation::{Fact, Unit};
use domain::{RuleName, Violation};
use futures::{StreamExt, stream};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use platform::Failure;
use platform::dynamo::{ContentRow, ExpiredPhotos, FeedbackTable, Removals};
use platform::port::{DossierStore, Eraser};
use platform::record::{GOING, month_key};
use platform::removal::{Removed, remove};
use serde::{Deserialize, Serialize};

pub use settings::Settings;

/// The most contents that one run does away with: with a handful of documents each they take half of
/// the function's time. The rest is the next run's.
pub const REMOVED_MAX: u32 = 5_000;

/// The most dossiers that may fail in one run: then a table or the storage is down, and each further
/// one would only say so again.
const FAILED_MAX: u64 = 50;

/// Rows of the index that are read at once.
const PAGE: u32 = 100;

/// Contents done away with at the same time.
const WIDTH: usize = 8;

/// The payload: of the schedule, or of an operator.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Order {
    /// The most contents to do away with, 1 to [`REMOVED_MAX`]; that many if absent.
    #[serde(default)]
    pub at_most: Option<u32>,
}

/// The answer of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    /// The day as of which it was decided, in Viet Nam.
    pub day: Date,
    /// Contents that are gone now.
    pub removed: u64,
    /// Feedback whose photographs are gone now.
    pub feedback: u64,
    /// Dossiers and feedback for which it failed; the log has each reason.
    pub failed: u64,
    /// Whether there may be more to do away with: the next run goes on.
    pub more: bool,
}

impl Outcome {
    /// Fails if anything failed for a dossier, so that the run is repeated and, if that does not
    /// help, an alarm goes off: somebody's data is kept longer than it may be.
    pub fn settled(self) -> Result<Self, Failure> {
        Failure::none_failed(self.failed).map(|()| self)
    }
}

/// Does away with every content whose time has ended by `now`.
pub async fn expire(
    order: &Order,
    (store, removals, feedback): (&impl DossierStore, &Removals, &FeedbackTable),
    eraser: &impl Eraser,
    catalogue: &Catalogue,
    now: Timestamp,
) -> Result<Outcome, Failure> {
    let at_most = order.at_most.unwrap_or(REMOVED_MAX);
    if !(1..=REMOVED_MAX).contains(&at_most) {
        let bounds = Fact::between(1, REMOVED_MAX, Unit::Number);
        return Err(Violation::unless("atMost", RuleName::Range, bounds).into());
    }
    let day = date_of(now);
    let mut outcome = Outcome { day, removed: 0, feedback: 0, failed: 0, more: false };
    let expired = |dossier: &Dossier| {
        let until = catalogue.content_until(dossier);
        until.is_some_and(|until| until < day).then_some(GoneBy::Expiry)
    };
    let is_due = |row: &ContentRow| {
        let version = (&row.procedure, row.procedure_version);
        let until = catalogue.kept_until(version, row.ended_on);
        row.content_gone.is_some() || until.is_some_and(|until| until < day)
    };
    'months: for month in months(catalogue, day) {
        let mut after = None;
        loop {
            let page = removals.of_month(&month, PAGE, after).await?;
            let mut due: Vec<ContentRow> = page.rows.into_iter().filter(&is_due).collect();
            let left = u64::from(at_most).saturating_sub(outcome.removed);
            let left = usize::try_from(left).unwrap_or(usize::MAX);
            outcome.more = due.len() > left;
            due.truncate(left);
            let mut done = stream::iter(due.iter().map(async |row| {
                let removed = remove(store, (removals, eraser), &row.code, expired, now).await;
                (&row.code, removed)
            }))
            .buffer_unordered(WIDTH);
            while let Some((code, removed)) = done.next().await {
                match removed {
                    Ok(Removed::Gone(_)) => outcome.removed += 1,
                    // It has moved meanwhile: the index is a little behind the table.
                    Ok(Removed::Kept) => {}
                    Err(failure) => {
                        let (dossier, cause) = (code.as_str(), failure.chain());
                        tracing::error!(dossier, cause, "a content could not be done away with");
                        outcome.failed += 1;
                    }
                }
            }
            drop(done);
            let enough = outcome.removed >= u64::from(at_most) || outcome.failed >= FAILED_MAX;
            if outcome.more || enough {
                outcome.more = true;
                break 'months;
            }
            after = page.next;
            if after.is_none() {
                break;
            }
        }
    }
    photographs(feedback, (removals, eraser), at_most, &mut outcome, now).await?;
    let Outcome { removed, feedback, failed, more, .. } = outcome;
    tracing::info!(%day, removed, feedback, failed, more, "contents that have expired looked at");
    Ok(outcome)
}

/// Does away with the photographs of feedback whose words are gone, at most of `at_most`.
async fn photographs(
    table: &FeedbackTable,
    (removals, eraser): (&Removals, &impl Eraser),
    at_most: u32,
    outcome: &mut Outcome,
    now: Timestamp,
) -> Result<(), Failure> {
    let limit = usize::try_from(at_most).unwrap_or(usize::MAX);
    let expired = table.with_expired_photos(now, limit).await?;
    outcome.more |= expired.len() >= limit;
    for ExpiredPhotos { code, photo_ids } in expired {
        match table.erase_photos(&code, &photo_ids, (removals, eraser)).await {
            Ok(()) => outcome.feedback += 1,
            Err(failure) => {
                let (feedback, cause) = (code.as_str(), failure.chain());
                tracing::error!(feedback, cause, "photographs could not be done away with");
                outcome.failed += 1;
                if outcome.failed >= FAILED_MAX {
                    break;
                }
            }
        }
    }
    Ok(())
}

/// What was begun to be done away with, and the months in which dossiers can have ended whose
/// content is not kept on `day` any more, oldest first.
fn months(catalogue: &Catalogue, day: Date) -> impl Iterator<Item = String> {
    let months = catalogue.last_expired_end(day).into_iter().flat_map(|last| {
        KNOWN_FROM.series(1.month()).take_while(move |month| *month <= last).map(month_key)
    });
    [GOING.to_owned()].into_iter().chain(months)
}
