//! In which step (bước) of its procedure a dossier is at its desk, and when that step is due.
//!
//! Steps are an agency's own division of the work, as assignments are (ADR 51): no status, no due
//! date of the dossier and no notice follows them. A step begins with an assignment that names it
//! and goes on through later ones that do not; it ends with the next step, and when the dossier
//! leaves the desk.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::assignment::taken_at;
use super::clock::pauses_of;
use super::{Assignment, Dossier, DossierState, DossierStatus, HistoryEntry};
use crate::deadline::{Run, Term, TermUnit};
use crate::law::Law;
use crate::procedure::Step;

/// The step of an assignment, as the procedure had it when it began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StepTaken {
    /// Its code within the procedure.
    pub code: String,
    /// How much office time it may take, in hours.
    pub working_hours: u16,
    /// The time of the assignment that began it.
    pub since: Timestamp,
    /// When it is due as of the assignment; none while the dossier waits for somebody outside, and
    /// where the calendar does not reach so far.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Timestamp>,
}

/// The step that a dossier is in at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InStep<'a> {
    /// The step, with its due date as of the assignment.
    pub step: &'a StepTaken,
    /// When it is due; none while the dossier waits for somebody outside, and where the calendar
    /// does not reach so far.
    pub due_at: Option<Timestamp>,
}

impl InStep<'_> {
    /// Whether its time is over at `now`.
    pub fn is_overdue(&self, now: Timestamp) -> bool {
        self.due_at.is_some_and(|due| due < now)
    }
}

/// The step of a dossier with this history and these assignments, the last of each being the last
/// that is known; none before the first, and since the dossier left the desk.
pub fn step<'a>(history: &[HistoryEntry], assignments: &'a [Assignment]) -> Option<InStep<'a>> {
    let made = assignments.last().filter(|made| made.version >= taken_at(history))?;
    let step = made.step.as_ref()?;
    let moved = history.last().filter(|entry| entry.version > made.version);
    Some(InStep { step, due_at: moved.map_or(step.due_at, |entry| entry.step_due_at) })
}

/// Whether the dossier waits for its applicant or for another body: a step's time does not run.
fn waits_outside(status: DossierStatus) -> bool {
    match status {
        DossierStatus::SupplementRequested
        | DossierStatus::PaymentRequested
        | DossierStatus::Suspended => true,
        DossierStatus::Registered
        | DossierStatus::Received
        | DossierStatus::Refused
        | DossierStatus::Processing
        | DossierStatus::Withdrawn
        | DossierStatus::Finished
        | DossierStatus::Returned => false,
    }
}

impl Dossier {
    /// The step that the dossier is in now, if its agency divides the work and it is at the desk.
    pub fn step(&self) -> Option<InStep<'_>> {
        step(&self.history, &self.assignments)
    }

    /// What an assignment at `at` that names `named`, one of `steps`, or none, makes of the step: a
    /// new one begins, or the present one goes on.
    pub(super) fn step_after(
        &self,
        named: Option<&Step>,
        at: Timestamp,
        law: &Law,
    ) -> Option<StepTaken> {
        let present = self.step();
        let goes_on = present.filter(|now| named.is_none_or(|named| named.code == now.step.code));
        if let Some(now) = goes_on {
            return Some(StepTaken { due_at: now.due_at, ..now.step.clone() });
        }
        let named = named?;
        let begun = StepTaken {
            code: named.code.clone(),
            working_hours: named.working_hours,
            since: at,
            due_at: None,
        };
        let due_at = self.step_due(&begun, law);
        Some(StepTaken { due_at, ..begun })
    }
}

impl DossierState {
    /// Writes into the last entry when the step is due after it, where the dossier is in one still.
    pub(super) fn keep_step(&mut self, law: &Law) {
        let due =
            step(&self.history, &self.assignments).and_then(|now| self.step_due(now.step, law));
        if let Some(entry) = self.history.last_mut() {
            entry.step_due_at = due;
        }
    }

    /// When `step` is due by what has happened so far: its hours of office time from its beginning,
    /// and as many as the dossier has waited for somebody outside since.
    fn step_due(&self, step: &StepTaken, law: &Law) -> Option<Timestamp> {
        if waits_outside(self.status) {
            return None;
        }
        let mut pauses = pauses_of(&self.history, law);
        pauses.retain(|pause| pause.to > step.since);
        for pause in &mut pauses {
            pause.from = pause.from.max(step.since);
        }
        let run = Run { pauses, ..Run::from(step.since) };
        let term = Term::new(step.working_hours, TermUnit::WorkingHour).ok()?;
        term.due_of(law.calendar_of(self.desk()), &run).ok()
    }
}
