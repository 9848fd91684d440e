//! What each move does to the clock: the column of the table of moves, carried out.

use jiff::Timestamp;
use jiff::civil::Date;

use super::counted::has_changed;
use super::{Action, Clock, Dossier, HistoryEntry, Refusal, Rule};
use crate::calendar::{ClosedReceipt, MissingYear, date_of};
use crate::deadline::{Pause, Promise, Run, Term};
use crate::id::AgencyCode;
use crate::law::{Law, OnSupplement};
use crate::{RuleName, Violation};

/// The dates of a dossier after a move.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Dates {
    /// The due date; `None` where there is none.
    pub(crate) due: Option<Timestamp>,
    /// The due date that figures follow: without the apology, and before documents were asked for
    /// late. None where both agree.
    pub(crate) original: Option<Timestamp>,
    /// The start of the current pause; `None` while the clock runs.
    pub(crate) paused: Option<Timestamp>,
}

impl Dossier {
    /// What `rule` does to the dates; `history` ends with its entry. An apology changes them
    /// afterwards, by the day that it names.
    pub(super) fn dates_after(
        &self,
        rule: &Rule,
        history: &[HistoryEntry],
        law: &Law,
    ) -> Result<Dates, MissingYear> {
        let standing = Dates { due: self.due_at, original: self.original_due_at, paused: None };
        let Some(entry) = history.last() else {
            return Ok(standing);
        };
        let at = entry.at;
        if self.term.is_none() {
            // Nothing is counted, and still the dossier waits for somebody.
            return Ok(Dates {
                paused: match rule.clock {
                    Clock::Pauses => Some(at),
                    Clock::Untouched | Clock::Recounts => self.paused_at,
                    Clock::Starts
                    | Clock::WaitsForSupplement
                    | Clock::SupplementCame
                    | Clock::GoesOn
                    | Clock::Promises
                    | Clock::Stops => None,
                },
                ..Dates::default()
            });
        }
        let restarts = || law.rule_on(date_of(at)).supplement == OnSupplement::Restart;
        match rule.clock {
            Clock::Pauses => Ok(Dates { paused: Some(at), ..standing }),
            // The term will begin again, and what was missed stays missed.
            Clock::WaitsForSupplement if restarts() && entry.asked_late => {
                Ok(Dates { due: None, original: standing.original.or(standing.due), paused: None })
            }
            Clock::WaitsForSupplement if restarts() => Ok(Dates::default()),
            // Before receipt there is no date, and nothing that could stand still.
            Clock::WaitsForSupplement => Ok(Dates { paused: self.due_at.map(|_| at), ..standing }),
            Clock::Starts | Clock::SupplementCame if self.starts_clock(rule) => {
                recounted(history, law, &self.agency).map(|dates| dates.unwrap_or(standing))
            }
            Clock::SupplementCame | Clock::GoesOn if self.paused_at.is_some() => {
                recounted(history, law, &self.agency).map(|dates| dates.unwrap_or(standing))
            }
            Clock::Recounts => {
                let dates = redated(&self.history, date_of(at), law, &self.agency)?;
                Ok(Dates { paused: self.paused_at, ..dates.unwrap_or(standing) })
            }
            Clock::Starts
            | Clock::SupplementCame
            | Clock::GoesOn
            | Clock::Promises
            | Clock::Stops => Ok(standing),
            Clock::Untouched => Ok(Dates { paused: self.paused_at, ..standing }),
        }
    }

    /// Whether a move by `rule` counts the whole term from its own time. A supplement does so once
    /// the dossier was received, unless the clock was only paused.
    pub(super) fn starts_clock(&self, rule: &Rule) -> bool {
        match rule.clock {
            Clock::Starts => true,
            Clock::SupplementCame => self.received_at.is_some() && self.paused_at.is_none(),
            Clock::WaitsForSupplement
            | Clock::Pauses
            | Clock::GoesOn
            | Clock::Promises
            | Clock::Recounts
            | Clock::Stops
            | Clock::Untouched => false,
        }
    }

    /// Whether the due date, if there is one, was counted in a year that the government has not
    /// decided.
    pub fn is_due_provisional(&self, law: &Law) -> bool {
        let started = self.run(law).map(|run| run.started);
        let counted = started.zip(self.due_at);
        counted.is_some_and(|(started, due)| law.is_provisional(&self.agency, started, due))
    }

    /// How the clock ran since the last start of the term, read from the history. `None` before
    /// receipt and where the procedure gives no due date. A pause that has not ended is left out.
    pub fn run(&self, law: &Law) -> Option<Run> {
        run_of(&self.history, law)
    }
}

/// The dates that `history` of a dossier of `agency` gives by `law`, as far as the clock ran; none
/// where no term has begun.
pub(super) fn recounted(
    history: &[HistoryEntry],
    law: &Law,
    agency: &AgencyCode,
) -> Result<Option<Dates>, MissingYear> {
    let calendar = law.calendar_of(agency);
    let rule = history.iter().rev().find_map(|entry| entry.due_rule.as_ref());
    let term = rule.and_then(|rule| Term::new(rule.amount, rule.unit).ok());
    let (Some(term), Some(run), Some(figures_run)) =
        (term, run_of(history, law), original_run_of(history, law))
    else {
        return Ok(None);
    };
    let due = term.due_of(calendar, &run)?;
    let original = term.due_of(calendar, &figures_run)?;
    Ok(Some(Dates {
        due: Some(due),
        original: Some(original).filter(|original| *original != due),
        paused: None,
    }))
}

/// The dates that the calendar in force gives for the `history` of an open dossier of `agency`, if
/// it is another than the one they were counted in and gives others. What was counted by rules is
/// counted by the same rules again. `None` if the due date would move back to a day before `day`,
/// which could no longer be kept.
pub(crate) fn redated(
    history: &[HistoryEntry],
    day: Date,
    law: &Law,
    agency: &AgencyCode,
) -> Result<Option<Dates>, MissingYear> {
    let rule = Action::Redate.rule();
    let Some(last) =
        history.last().filter(|last| rule.is_some_and(|rule| rule.from.contains(&last.status)))
    else {
        return Ok(None);
    };
    let Some(given) = last.due_at else {
        return Ok(None);
    };
    if !has_changed(history, law.calendar_of(agency)) {
        return Ok(None);
    }
    let dates = recounted(history, law, agency)?;
    Ok(dates.filter(|dates| {
        let differs = (dates.due, dates.original) != (last.due_at, last.original_due_at);
        differs && dates.due.is_some_and(|due| due >= given || date_of(due) >= day)
    }))
}

impl Dossier {
    /// Refuses a redate whose count gives the date that the dossier has.
    pub(super) fn check_redated(&self, at: Timestamp, law: &Law) -> Result<(), Refusal> {
        if redated(&self.history, date_of(at), law, &self.agency)?.is_some() {
            return Ok(());
        }
        let detail = "the due date is what the calendar in force gives";
        Err(Refusal::invalid(Violation::new("action", RuleName::DateStands, detail)))
    }
}

fn run_of(history: &[HistoryEntry], law: &Law) -> Option<Run> {
    let begun = history.iter().rposition(|entry| entry.due_rule.is_some())?;
    let since = history.get(begun..).unwrap_or_default();
    let promise = since.iter().rfind(|entry| clock(entry) == Some(Clock::Promises));
    Some(Run {
        started: since.first()?.at,
        closed_receipt: reading(since),
        promise: promise.and_then(|letter| Some(Promise { at: letter.at, due: letter.due_at? })),
        pauses: pauses(since, law, |_| true),
    })
}

/// The run that figures follow: without what was promised, and begun before documents were asked
/// for late. Waiting for those gives nothing back.
fn original_run_of(history: &[HistoryEntry], law: &Law) -> Option<Run> {
    let first = history.iter().position(|entry| entry.due_rule.is_some())?;
    let late = history.iter().skip(first).position(|entry| entry.asked_late);
    let known = late.and_then(|late| history.get(..first + late)).unwrap_or(history);
    let begun = known.iter().rposition(|entry| entry.due_rule.is_some())?;
    let since = history.get(begun..).unwrap_or_default();
    Some(Run {
        started: since.first()?.at,
        closed_receipt: reading(since),
        promise: None,
        pauses: pauses(since, law, |stop| !stop.asked_late),
    })
}

/// How the start of the term at the head of `since` was read, if it came while offices were closed.
fn reading(since: &[HistoryEntry]) -> Option<ClosedReceipt> {
    since.first()?.counted_by.as_ref()?.closed_receipt
}

/// Every pause of `history` that has ended.
pub(super) fn pauses_of(history: &[HistoryEntry], law: &Law) -> Vec<Pause> {
    pauses(history, law, |_| true)
}

/// The pauses within `since` whose stopping entry is `wanted`.
fn pauses(since: &[HistoryEntry], law: &Law, wanted: impl Fn(&HistoryEntry) -> bool) -> Vec<Pause> {
    // No move leads from one standstill into another, so that the entry after a pause ends it, save
    // one that only counts anew, or does nothing to the clock.
    let still = [Some(Clock::Recounts), Some(Clock::Untouched)];
    let moves: Vec<&HistoryEntry> =
        since.iter().filter(|entry| !still.contains(&clock(entry))).collect();
    let pairs = moves.windows(2).filter_map(|pair| match pair {
        [stop, go] if stands_after(stop) && goes_on_after(go) && wanted(stop) => {
            let kept = go.counted_by.as_ref().and_then(|counted| counted.pauses);
            let by = kept.unwrap_or_else(|| law.pause_counting(go.at));
            Some(Pause { from: stop.at, to: go.at, by })
        }
        _ => None,
    });
    pairs.collect()
}

fn clock(entry: &HistoryEntry) -> Option<Clock> {
    entry.action.rule().map(|rule| rule.clock)
}

fn stands_after(entry: &HistoryEntry) -> bool {
    matches!(clock(entry), Some(Clock::Pauses | Clock::WaitsForSupplement))
}

fn goes_on_after(entry: &HistoryEntry) -> bool {
    matches!(clock(entry), Some(Clock::GoesOn | Clock::SupplementCame))
}
