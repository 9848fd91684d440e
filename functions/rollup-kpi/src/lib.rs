//! The night: orders the count of its days, by one message per agency.
//!
//! Nothing is counted here. A run is stored with its agencies before the first message leaves. Each
//! agency that is counted is removed from it, and the message that removes the last one closes the
//! days (`count-agency`). A run that lost a message is not closed, so that no partly counted day is
//! published; the next night counts its days again, and an order can close what was counted.

mod settings;

use std::collections::BTreeSet;

use domain::calendar::{date_of, next, previous};
use domain::catalogue::Catalogue;
use domain::id::{AgencyCode, ProcedureCode};
use domain::{RuleName, Violation};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use platform::dynamo::{Consistency, Figures};
use platform::message::CloudEvent;
use platform::port::MessageSender;
use platform::record::CountRun;
use platform::wire;
use platform::{Failure, LogLine};
use serde::{Deserialize, Serialize};

pub use settings::Settings;

/// Days that a night without an order counts again besides the one that has just ended: integrators
/// report what happened days ago, and a message may be tried again for the better part of a day.
const TRAILING_DAYS: i64 = 6;

/// How many days back a night looks for days that are still to be counted, or to be closed.
const OWED_DAYS: i64 = 34;

/// How many days back an order to close looks for runs that were not.
const CLOSED_DAYS: i64 = 366;

/// The most days of one run; a longer time is several runs, so that no message takes long.
const RUN_DAYS_MAX: i32 = 35;

/// The most days of one order: a leap year.
const ORDER_DAYS_MAX: i32 = 366;

/// The payload: of the schedule, or of an operator.
#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {
    /// The one day to count; if absent, yesterday in Viet Nam and the days before it again.
    #[serde(default)]
    pub day: Option<Date>,
    /// The first of several days to count, with `last`.
    #[serde(default)]
    pub first: Option<Date>,
    /// The last day of a range; `day` is its first.
    #[serde(default)]
    pub last: Option<Date>,
    /// Nothing is to be counted: what was counted is to be closed.
    #[serde(default)]
    pub close: bool,
}

impl Order {
    /// The days from `first` to `last`.
    pub fn days(first: Date, last: Date) -> Self {
        Self { first: Some(first), last: Some(last), ..Self::default() }
    }

    /// The first and the last day to count, on `today`.
    fn span(&self, today: Date) -> Result<(Date, Date), Violation> {
        let (first, last) = match (self.day, self.first, self.last) {
            (None, None, None) => {
                (previous(today).saturating_sub(TRAILING_DAYS.days()), previous(today))
            }
            (Some(day), None, None) => (day, day),
            (None, Some(first), Some(last)) => (first, last),
            _ => {
                return Err(Violation::new(
                    "day",
                    RuleName::OneOrder,
                    "stands alone, or first and last stand together",
                ));
            }
        };
        if self.close && *self != (Self { close: true, ..Self::default() }) {
            return Err(Violation::new("close", RuleName::OneOrder, "stands alone"));
        }
        if last > today {
            let field = if self.day.is_some() { "day" } else { "last" };
            return Err(Violation::new(field, RuleName::NotInTheFuture, "lies in the future"));
        }
        if first > last || (last - first).get_days() >= ORDER_DAYS_MAX {
            let detail = format!("first and last span 1 to {ORDER_DAYS_MAX} days");
            return Err(Violation::new("first", RuleName::DayOrder, detail));
        }
        Ok((first, last))
    }
}

/// The answer to an order.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    /// The first day to be counted.
    pub first: Date,
    /// The last day, included in the range.
    pub last: Date,
    /// Agencies ordered to be counted.
    pub agencies: usize,
    /// The runs, by name: each closes its days when its last agency was counted.
    pub runs: Vec<String>,
}

fn words(codes: &BTreeSet<&ProcedureCode>) -> String {
    codes.iter().map(|code| code.as_str()).collect::<Vec<_>>().join(" ")
}

/// Orders the days that `order` names to be counted.
pub async fn plan(
    order: &Order,
    figures: &Figures,
    queue: &impl MessageSender,
    catalogue: &Catalogue,
    now: Timestamp,
) -> Result<Outcome, Failure> {
    let today = date_of(now);
    // Logged every night, before anything can fail.
    if let Some(missing) = catalogue.missing_year(today) {
        tracing::error!(year = missing.year, "{}", LogLine::CalendarMissing);
        for (day, procedures) in catalogue.stopping(today) {
            let (count, codes) = (procedures.len(), words(&procedures));
            tracing::error!(%day, count, procedures = codes, "from this day on these procedures cannot be received");
        }
    }
    if let Some(year) = catalogue.provisional_next_year(today) {
        tracing::warn!(
            year,
            "next year's calendar is provisional: every date counted in it will be counted anew"
        );
    }
    let (mut first, last) = order.span(today)?;
    if order.close {
        return close(queue, today, now).await;
    }
    if *order == Order::default() {
        first = first.min(owed_since(figures, today).await?);
    }
    // Agencies that have ended, too: their dossiers stay theirs.
    let agencies = catalogue.agencies().filter(|agency| agency.valid_from <= last);
    let agencies: BTreeSet<AgencyCode> = agencies.map(|agency| agency.code.clone()).collect();
    let mut runs = Vec::new();
    let mut from = first;
    loop {
        let to = last.min(from.saturating_add((RUN_DAYS_MAX - 1).days()));
        let id = format!("{from}..{to}@{}", now.as_millisecond());
        let run = CountRun {
            id,
            first: from,
            last: to,
            remaining: agencies.clone(),
            unreadable: BTreeSet::new(),
        };
        figures.begin(&run).await?;
        let orders =
            agencies.iter().map(|agency| CloudEvent::count(&run.id, agency, (from, to), now));
        let bodies = orders.map(|order| wire::json(&order));
        queue.send_all(&bodies.collect::<Result<Vec<_>, _>>()?).await?;
        runs.push(run.id);
        if to >= last {
            break;
        }
        from = next(to);
    }
    let agencies = agencies.len();
    tracing::info!(%first, %last, agencies, runs = runs.len(), "days ordered to be counted");
    Ok(Outcome { first, last, agencies, runs })
}

/// Orders a close of what was counted.
async fn close(
    queue: &impl MessageSender,
    today: Date,
    now: Timestamp,
) -> Result<Outcome, Failure> {
    let since = today.saturating_sub(CLOSED_DAYS.days());
    let order = CloudEvent::close(since, now);
    queue.send_all(&[wire::json(&order)?]).await?;
    tracing::info!(by = order.data.by, "what was counted is ordered to be closed");
    Ok(Outcome { first: since, last: today, agencies: 0, runs: vec![order.data.by] })
}

/// The first of the last days that an agency could not be counted on, of which corrections wait, or
/// that was not published though a day before it was; `today` where there is none.
async fn owed_since(figures: &Figures, today: Date) -> Result<Date, Failure> {
    let since = today.saturating_sub(OWED_DAYS.days());
    let closed = figures.closed().await?;
    let mut owed = today;
    for (agency, state) in figures.agencies(Consistency::Strong).await? {
        let waits = state.writer.claimed != closed.head().of(&agency).upto;
        let waiting = state.days.first().copied().filter(|_| waits);
        let uncounted = state.trouble.map(|trouble| trouble.first);
        owed = waiting.into_iter().chain(uncounted).fold(owed, Date::min);
    }
    let mut began = false;
    for day in since.series(1.day()).take_while(|day| *day < owed) {
        let counted = closed.count(&day.to_string()).await?.is_some();
        if began && !counted {
            return Ok(day);
        }
        began |= counted;
    }
    Ok(owed.max(since))
}
