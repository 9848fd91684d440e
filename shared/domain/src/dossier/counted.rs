//! What a date was counted by, kept beside it: which days and hours the calendar had then, and the
//! rules that were read. A date is counted anew where the calendar has changed since, and for no
//! other reason: a corrected rule or a release of ours moves nothing that was promised.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Clock, Dossier, DossierState, HistoryEntry, Rule};
use crate::calendar::{Calendar, CalendarMark, ClosedReceipt, date_of};
use crate::law::{Law, PauseCounting};

/// What the dates of an entry were counted by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CountedBy {
    /// The first day that the count looked at: of the first receipt.
    #[serde(rename = "f", alias = "from")]
    pub from: Date,
    /// The last: of the latest date, or of the entry.
    #[serde(rename = "u", alias = "to")]
    pub to: Date,
    /// What the agency's calendar had from `from` to `to`.
    #[serde(rename = "m", alias = "calendar")]
    pub calendar: CalendarMark,
    /// How a receipt while offices are closed was read, where the entry started the clock.
    #[serde(
        rename = "c",
        alias = "closedReceipt",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub closed_receipt: Option<ClosedReceipt>,
    /// How the pause that this entry ended was counted.
    #[serde(rename = "p", alias = "pauses", default, skip_serializing_if = "Option::is_none")]
    pub pauses: Option<PauseCounting>,
}

impl CountedBy {
    /// Whether `calendar` has the same days and hours as the one that was counted in.
    fn holds_in(&self, calendar: &Calendar) -> bool {
        calendar.mark(self.from, self.to) == self.calendar
    }
}

/// Whether `calendar` is another than the one in which the due date at the end of `history` was
/// counted.
///
/// Of a date that was given before this was kept, one thing is certain: it was a working day.
pub(super) fn has_changed(history: &[HistoryEntry], calendar: &Calendar) -> bool {
    match history.iter().rev().find_map(|entry| entry.counted_by.as_ref()) {
        Some(counted) => !counted.holds_in(calendar),
        None => history
            .last()
            .and_then(|last| last.due_at)
            .is_some_and(|due| calendar.kind(date_of(due)).is_ok_and(|kind| !kind.is_working())),
    }
}

impl Dossier {
    /// Keeps beside the dates of `next`, the state after a move by `rule`, what they were
    /// counted by.
    pub(super) fn keep_count(&self, rule: &Rule, next: &mut DossierState, law: &Law) {
        let calendar = law.calendar_of(&self.agency);
        let starts = self.starts_clock(rule);
        let (counts, ends_pause) = match rule.clock {
            Clock::Starts | Clock::SupplementCame if starts => (true, false),
            Clock::SupplementCame | Clock::GoesOn => {
                (self.paused_at.is_some(), self.paused_at.is_some())
            }
            Clock::Recounts => (true, false),
            // A letter leaves the count of the term as it was. Where that one no longer holds, the
            // morning has still to find it so.
            Clock::Promises => {
                let known = self.history.iter().any(|entry| entry.counted_by.is_some());
                (known && !has_changed(&self.history, calendar), false)
            }
            Clock::Starts
            | Clock::WaitsForSupplement
            | Clock::Pauses
            | Clock::Stops
            | Clock::Untouched => (false, false),
        };
        let begun = next.history.iter().find(|entry| entry.due_rule.is_some());
        let from = begun.map(|entry| date_of(entry.at));
        let (Some(from), Some(entry)) = (from.filter(|_| counts), next.history.last_mut()) else {
            return;
        };
        let Some(due) = entry.due_at else {
            return;
        };
        let latest = due.max(entry.original_due_at.unwrap_or(due)).max(entry.at);
        let to = date_of(latest);
        entry.counted_by = Some(CountedBy {
            from,
            to,
            calendar: calendar.mark(from, to),
            closed_receipt: starts.then(|| calendar.closed_receipt_on(date_of(entry.at))),
            pauses: ends_pause.then(|| law.pause_counting(entry.at)),
        });
    }
}
