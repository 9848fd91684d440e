//! `GET /v1/dossiers/{code}/deadline`: the due date with each day up to it, so that the parties to
//! a dossier can check it with a wall calendar.

use domain::deadline::{DayReckoned, DueRule, Run};
use domain::dossier::{Action, Dossier};
use domain::id::DossierCode;
use domain::law::{Law, PauseRule};
use jiff::Timestamp;
use jiff::civil::Date;
use platform::Failure;
use serde::Serialize;

/// A due date with its explanation. Only the code is present where there is no due date: the
/// dossier was not received, waits for a supplement that restarts the term, or has none by its
/// procedure.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Deadline<'a> {
    code: &'a DossierCode,
    /// The due date; absent where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    due_at: Option<Timestamp>,
    /// Whether it was counted in a year that the government has not decided.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    due_provisional: bool,
    /// The date that figures follow, where it is another.
    #[serde(skip_serializing_if = "Option::is_none")]
    original_due_at: Option<Timestamp>,
    /// The time at which the clock was paused, if it is paused.
    #[serde(skip_serializing_if = "Option::is_none")]
    paused_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<Count>,
    #[serde(skip_serializing_if = "Option::is_none")]
    apology: Option<Apology<'a>>,
}

/// The term, counted day by day in the calendar that is in force now.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Count {
    rule: DueRule,
    /// From when it was counted: receipt, or the documents after which the term began again.
    started_at: Timestamp,
    /// The due date that the count gives.
    due_at: Timestamp,
    pauses: Vec<Stretch>,
    /// By which rule they were counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pause_rule: Option<PauseRule>,
    days: Vec<Day>,
}

/// A time in which the clock was paused.
#[derive(Serialize)]
struct Stretch {
    from: Timestamp,
    to: Timestamp,
}

/// One day, or half of one where hours are counted.
#[derive(Serialize)]
struct Day {
    date: Date,
    reckoning: &'static str,
    text: String,
}

/// A letter of apology with its new date.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Apology<'a> {
    at: Timestamp,
    /// The day that the letter promised.
    new_due_on: Date,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    /// Whether it no longer came before the due date.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    late: bool,
}

impl<'a> Deadline<'a> {
    /// The deadline of `dossier` by `law`.
    pub(crate) fn of(dossier: &'a Dossier, law: &Law) -> Result<Self, Failure> {
        let run = dossier.run(law).filter(|_| dossier.due_at.is_some());
        let count = run.map(|run| Count::of(dossier, &run, law)).transpose()?.flatten();
        // As long as the term has not begun again since.
        let letter = dossier.history.iter().rfind(|entry| entry.action == Action::Apologise);
        let letter = letter
            .filter(|letter| count.as_ref().is_some_and(|count| count.started_at <= letter.at));
        Ok(Self {
            code: &dossier.code,
            due_at: dossier.due_at,
            due_provisional: dossier.is_due_provisional(law),
            original_due_at: dossier.original_due_at,
            paused_at: dossier.paused_at,
            count,
            apology: letter.and_then(|letter| {
                let (new_due_on, reason) = (letter.new_due_on()?, letter.reason.as_deref());
                Some(Apology { at: letter.at, new_due_on, reason, late: letter.late_letter })
            }),
        })
    }
}

impl Count {
    fn of(dossier: &Dossier, run: &Run, law: &Law) -> Result<Option<Self>, Failure> {
        let Some(term) = dossier.term else {
            return Ok(None);
        };
        let explained = term.explained_of(law, &dossier.agency, run);
        let explained =
            explained.map_err(|missing| Failure::CalendarMissing { year: missing.year })?;
        Ok(Some(Self {
            rule: explained.rule,
            started_at: run.started,
            due_at: explained.due,
            pauses: run
                .pauses
                .iter()
                .map(|pause| Stretch { from: pause.from, to: pause.to })
                .collect(),
            pause_rule: explained.pauses,
            days: explained.days.iter().map(Day::of).collect(),
        }))
    }
}

impl Day {
    fn of(line: &DayReckoned) -> Self {
        Self { date: line.date, reckoning: line.reckoning.name(), text: line.to_string() }
    }
}
