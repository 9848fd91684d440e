//! What each move does to the clock: the column of the table of moves, carried out.

use jiff::Timestamp;

use super::{Clock, Dossier, HistoryEntry, Rule};
use crate::calendar::{MissingYear, date_of};
use crate::deadline::{Pause, Promise, Run, Term};
use crate::law::{Law, OnSupplement};

/// The dates of a dossier after a move.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Dates {
    /// When it is due.
    pub(super) due: Option<Timestamp>,
    /// When it would be due without the apology; none where there was none, or where both dates agree.
    pub(super) original: Option<Timestamp>,
    /// Since when the clock stands still.
    pub(super) paused: Option<Timestamp>,
}

impl Dossier {
    /// What `rule` at `at` does to the dates. An apology changes them afterwards, by the day that it names.
    pub(super) fn dates_after(&self, rule: &Rule, at: Timestamp, law: &Law) -> Result<Dates, MissingYear> {
        let standing = Dates { due: self.due_at, original: self.original_due_at, paused: None };
        let Some(term) = self.term else {
            // Nothing is counted, and still the dossier waits for somebody.
            return Ok(Dates { paused: (rule.clock == Clock::Pauses).then_some(at), ..Dates::default() });
        };
        match rule.clock {
            Clock::Pauses => Ok(Dates { paused: Some(at), ..standing }),
            Clock::WaitsForPapers if law.rule_on(date_of(at)).supplement == OnSupplement::Restart => {
                Ok(Dates::default())
            }
            // Before receipt there is no date, and nothing that could stand still.
            Clock::WaitsForPapers => Ok(Dates { paused: self.due_at.map(|_| at), ..standing }),
            Clock::Starts | Clock::PapersCame if self.starts_clock(rule) => {
                let due = term.due(law.calendar_of(&self.agency), at)?;
                Ok(Dates { due: Some(due), ..Dates::default() })
            }
            Clock::PapersCame | Clock::GoesOn => self.going_on(term, at, law, standing),
            Clock::Starts | Clock::Promises | Clock::Stops | Clock::Untouched => Ok(standing),
        }
    }

    /// Whether `rule` counts the whole term from its own time on. Papers do so once the dossier was received, unless its
    /// clock has only stood still.
    pub(super) fn starts_clock(&self, rule: &Rule) -> bool {
        match rule.clock {
            Clock::Starts => true,
            Clock::PapersCame => self.received_at.is_some() && self.paused_at.is_none(),
            Clock::WaitsForPapers
            | Clock::Pauses
            | Clock::GoesOn
            | Clock::Promises
            | Clock::Stops
            | Clock::Untouched => false,
        }
    }

    /// The dates after the clock, if it stood still, goes on at `at`.
    fn going_on(&self, term: Term, at: Timestamp, law: &Law, standing: Dates) -> Result<Dates, MissingYear> {
        let (Some(paused), Some(mut run)) = (self.paused_at, self.run()) else {
            return Ok(standing);
        };
        run.pauses.push(Pause { from: paused, to: at });
        let calendar = law.calendar_of(&self.agency);
        let due = term.due_of(calendar, &run)?;
        let original = match run.promise.take() {
            Some(_) => Some(term.due_of(calendar, &run)?).filter(|original| *original != due),
            None => None,
        };
        Ok(Dates { due: Some(due), original, paused: None })
    }

    /// How the clock ran since the term began for the last time, told from the history; none before receipt, and where the
    /// procedure gives no date. A pause that has not ended is not in it.
    pub fn run(&self) -> Option<Run> {
        let begun = self.history.iter().rposition(|entry| entry.due_rule.is_some())?;
        let since = self.history.get(begun..).unwrap_or_default();
        // No move leads from one standstill into another, so that the entry after a pause ends it.
        let pauses = since.windows(2).filter_map(|pair| match pair {
            [stop, go] if stands_after(stop) && goes_on_after(go) => Some(Pause { from: stop.at, to: go.at }),
            _ => None,
        });
        let promise = since.iter().rfind(|entry| clock(entry) == Some(Clock::Promises));
        Some(Run {
            started: since.first()?.at,
            promise: promise.and_then(|letter| Some(Promise { at: letter.at, due: letter.due_at? })),
            pauses: pauses.collect(),
        })
    }
}

fn clock(entry: &HistoryEntry) -> Option<Clock> {
    entry.action.rule().map(|rule| rule.clock)
}

fn stands_after(entry: &HistoryEntry) -> bool {
    matches!(clock(entry), Some(Clock::Pauses | Clock::WaitsForPapers))
}

fn goes_on_after(entry: &HistoryEntry) -> bool {
    matches!(clock(entry), Some(Clock::GoesOn | Clock::PapersCame))
}
