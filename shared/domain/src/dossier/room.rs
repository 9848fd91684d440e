//! How much a history may hold. A dossier is one item of the store, which takes so many bytes and
//! no more; whatever has come into it, there is always room left for the moves that bring it to its
//! end.

use super::{
    Assignment, Dossier, DossierStatus, HistoryEntry, Refusal, Replaced, Signature, StepTaken,
    VERSIONS_MAX,
};
use crate::deadline::DueRule;
use crate::payment::{Demand, FeeReceipt};
use crate::post::ResultTo;
use crate::{RuleName, Violation};

/// The most bytes of an item in the store: names and values of its attributes, with what lists and
/// maps take themselves.
pub const ITEM_BYTES_MAX: usize = 400 * 1024;

/// More than any one entry takes: a reason and a note of 1,200 bytes, the articles of a due date
/// (1,200), an account (1,024), and names, instants and codes.
const ENTRY_BYTES_MAX: usize = 6 * 1024;

/// More than everything takes that does not grow, save the documents: the applicant, codes,
/// instants, and the keys of the indexes.
const HEAD_BYTES_MAX: usize = 8 * 1024;

/// An instant in text, to the nanosecond.
const INSTANT: usize = 30;
/// The most bytes of a number.
const NUMBER: usize = 21;
/// The most bytes of what a date was counted by: two days, a mark, two names of rules.
const COUNTED_BY: usize = 160;
/// What a list or a map takes itself.
const NESTED: usize = 3;

/// What an attribute or an element takes.
fn named(name: &str, bytes: usize) -> usize {
    name.len() + bytes + 1
}

fn named_if<T>(name: &str, value: Option<&T>, bytes: impl Fn(&T) -> usize) -> usize {
    value.map_or(0, |value| named(name, bytes(value)))
}

fn full() -> Refusal {
    let detail = "the history is full: only what leads nearer to an end is taken";
    Refusal::invalid(Violation::new("version", RuleName::VersionsMax, detail))
}

impl HistoryEntry {
    /// The most bytes that it takes in the store.
    fn stored_bytes(&self) -> usize {
        // Each field by its name, so that a new one is thought of.
        let Self {
            version: _,
            action,
            status: _,
            at: _,
            recorded_at: _,
            claimed_at,
            by,
            command,
            reason,
            note,
            due_at,
            due_rule,
            original_due_at,
            counted_by,
            asked_late: _,
            late_letter: _,
            step_due_at,
            handler,
            asked_for,
            by_post: _,
            result,
        } = self;
        let rule = |DueRule { amount: _, unit: _, source }: &DueRule| {
            NESTED + named("amount", NUMBER) + named("unit", 16) + named("source", source.len())
        };
        // Of a document asked for: two names, and what its map takes.
        let asked_for = asked_for.iter().map(|asked| asked.bytes() + 16).sum::<usize>();
        let fields = [
            named("version", NUMBER),
            named("action", action.name().len()),
            named("status", NUMBER),
            named("at", INSTANT),
            named("recordedAt", INSTANT),
            named_if("claimedAt", claimed_at.as_ref(), |_| INSTANT),
            named("by", by.stored_bytes()),
            named("command", command.as_str().len()),
            named_if("reason", reason.as_ref(), String::len),
            named_if("note", note.as_ref(), String::len),
            named_if("dueAt", due_at.as_ref(), |_| INSTANT),
            named_if("dueRule", due_rule.as_ref(), rule),
            named_if("originalDueAt", original_due_at.as_ref(), |_| INSTANT),
            named_if("countedBy", counted_by.as_ref(), |_| COUNTED_BY),
            named("askedLate", 1),
            named("lateLetter", 1),
            named_if("stepDueAt", step_due_at.as_ref(), |_| INSTANT),
            named_if("handler", handler.as_ref(), |code| code.as_str().len()),
            named("askedFor", NESTED + asked_for),
            named("byPost", 1),
            named_if("result", result.as_ref(), |kind| kind.name().len()),
        ];
        NESTED + 1 + fields.into_iter().sum::<usize>()
    }
}

impl Assignment {
    /// The most bytes that it takes in the store.
    fn stored_bytes(&self) -> usize {
        let Self { number: _, version: _, at: _, by, command, agency, holder, step } = self;
        let taken = |StepTaken { code, working_hours: _, since: _, due_at: _ }: &StepTaken| {
            NESTED
                + named("code", code.len())
                + named("workingHours", NUMBER)
                + named("since", INSTANT)
                + named("dueAt", INSTANT)
        };
        let fields = [
            named("number", NUMBER),
            named("version", NUMBER),
            named("at", INSTANT),
            named("by", by.stored_bytes()),
            named("command", command.as_str().len()),
            named("agency", agency.as_str().len()),
            named_if("holder", holder.as_ref(), String::len),
            named_if("step", step.as_ref(), taken),
        ];
        NESTED + 1 + fields.into_iter().sum::<usize>()
    }
}

impl Signature {
    fn stored_bytes(&self) -> usize {
        let Self { role, id, agency } = self;
        NESTED
            + named("role", role.name().len())
            + named("id", id.len())
            + named_if("agency", agency.as_ref(), |code| code.as_str().len())
    }
}

impl Dossier {
    /// The most bytes that the dossier takes in the store.
    pub fn stored_bytes(&self) -> usize {
        // Of a document: five names, its version, and what its map takes.
        let documents = self.documents.iter().map(|document| document.bytes() + 64);
        let entries = self.history.iter().map(HistoryEntry::stored_bytes);
        let assignments = self.assignments.iter().map(Assignment::stored_bytes);
        let lists = documents.sum::<usize>() + entries.sum::<usize>() + assignments.sum::<usize>();
        let demands = self.demands.iter().map(Demand::stored_bytes).sum::<usize>();
        let receipts = self.receipts.iter().map(FeeReceipt::stored_bytes).sum::<usize>();
        let to = self.result_to.as_ref().map_or(0, ResultTo::stored_bytes);
        let corrected = self.corrected.iter().map(Replaced::stored_bytes).sum::<usize>();
        HEAD_BYTES_MAX + lists + demands + receipts + self.post.stored_bytes() + to + corrected
    }

    /// How many moves lead from here to the applicant having the result, where nothing else
    /// happens: documents come or a payment, it is received, settled, handed over.
    pub fn steps_to_end(&self) -> u64 {
        let steps = |status| match status {
            DossierStatus::Refused | DossierStatus::Withdrawn | DossierStatus::Returned => 0,
            DossierStatus::Finished => 1,
            DossierStatus::Received | DossierStatus::Processing => 2,
            DossierStatus::Registered
            | DossierStatus::PaymentRequested
            | DossierStatus::Suspended => 3,
            // Wherever it was before.
            DossierStatus::SupplementRequested => 4,
        };
        match (self.status, self.status_before) {
            (DossierStatus::SupplementRequested, Some(before)) => 1 + steps(before),
            (status, _) => steps(status),
        }
    }

    /// Whether `next`, the dossier after one more entry, still leaves room for the moves to its
    /// end. Those moves themselves are always taken, since their room was kept; but no room was
    /// kept for the documents that one may bring.
    pub(super) fn check_room(&self, next: &Self) -> Result<(), Refusal> {
        let steps = next.steps_to_end();
        // Forms are in the content's item alone, and bounded there.
        let brings_nothing = next.documents.len() == self.documents.len();
        if steps < self.steps_to_end() && brings_nothing {
            return Ok(());
        }
        if next.version > VERSIONS_MAX || !next.leaves_room() {
            return Err(full());
        }
        Ok(())
    }

    /// Refuses the dossier after one more assignment, where it leaves no room for the moves to its
    /// end.
    pub(super) fn check_room_beside(&self) -> Result<(), Refusal> {
        if self.leaves_room() { Ok(()) } else { Err(full()) }
    }

    /// Whether the moves from here to the end still fit the item.
    fn leaves_room(&self) -> bool {
        let steps = usize::try_from(self.steps_to_end()).unwrap_or(usize::MAX);
        let kept = steps.saturating_mul(ENTRY_BYTES_MAX);
        self.stored_bytes().saturating_add(kept) <= ITEM_BYTES_MAX
    }
}
