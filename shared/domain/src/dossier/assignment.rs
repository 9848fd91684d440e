//! In whose hands a dossier is (phân công thụ lý): officers of the agency that works it pass it
//! among themselves. This is the agency's own affair. It is no move of the table: the clock, the
//! status, the history that an applicant reads and the figures of what happened know nothing of it,
//! and it has a list and numbers of its own (ADR 51).

mod stored;

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    ACCOUNT_CHARACTERS_MAX, Actor, Custody, Dossier, DossierState, EXPECTED_VERSION_MAX,
    HistoryEntry, Refusal, Rule, Signature, StepTaken, moment,
};
use crate::id::{AgencyCode, CommandId};
use crate::law::Law;
use crate::procedure::Step;
use crate::violation::{Fact, Unit};
use crate::{RuleName, Violation};

/// The most assignments that a dossier keeps: far more than any desk makes, and few enough to leave
/// the item its room for the history.
pub const ASSIGNMENTS_MAX: usize = 100;

/// One entry of the list of those who held a dossier. Entry `n` has number `n`, counted from one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "stored::StoredAssignment", into = "stored::StoredAssignment")]
pub struct Assignment {
    /// Its place in the list, from 1.
    pub number: u64,
    /// The dossier's version at which it was made, from 1.
    pub version: u64,
    /// When it was made.
    pub at: Timestamp,
    /// The officer who made it.
    pub by: Signature,
    /// The id of the command.
    pub command: CommandId,
    /// The agency that had custody, among whose officers it was made.
    pub agency: AgencyCode,
    /// The account of the officer who holds the dossier from now on; none where it was given back.
    pub holder: Option<String>,
    /// The step that the dossier is in from now on, where its agency divides the work.
    pub step: Option<StepTaken>,
}

/// A request to put a dossier into an officer's hands, or out of them.
#[derive(Debug, Clone)]
pub struct Assign {
    /// Its name, so that a repetition is recognised.
    pub id: CommandId,
    /// The version that the sender saw, from 1.
    pub expected_version: u64,
    /// The number of the last assignment that the sender saw; 0 where there was none.
    pub expected_assignment: u64,
    /// The account of the officer who is to hold it; none to give it back.
    pub holder: Option<String>,
    /// The code of the step that it is to be in; none to leave it in the step that it is in.
    pub step: Option<String>,
}

/// The decision on an [`Assign`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Assigned {
    /// The dossier with one more assignment, not yet stored.
    Now(Box<Dossier>),
    /// It was carried out before, with the result in this entry.
    Before(Box<Assignment>),
}

/// What is known of a dossier's holder at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hold<'a> {
    /// The agency whose officer it is.
    pub agency: &'a AgencyCode,
    /// The account of the officer.
    pub holder: &'a str,
    /// Since when they hold it.
    pub since: Timestamp,
}

/// What is wrong with the text of an account, if anything is: tokens have no other
/// (`ACCOUNT_CHARACTERS_MAX`).
pub fn account_violation(field: &str, account: &str) -> Option<Violation> {
    let fits = (1..=ACCOUNT_CHARACTERS_MAX).contains(&account.len())
        && account.bytes().all(|byte| byte.is_ascii_graphic());
    let detail = format!("must be 1 to {ACCOUNT_CHARACTERS_MAX} visible ASCII characters");
    let bounds = Fact::between(1, ACCOUNT_CHARACTERS_MAX, Unit::Characters);
    (!fits).then(|| Violation::new(field, RuleName::Length, detail).about(bounds))
}

impl Assign {
    /// Every field that breaks a rule which the request can be judged by without the dossier.
    pub fn violations(&self) -> Vec<Violation> {
        let account = self.holder.as_deref().and_then(|to| account_violation("assignee", to));
        let mut found: Vec<Violation> = account.into_iter().collect();
        let mut range = |field: &str, least: u64, value: u64| {
            if !(least..=EXPECTED_VERSION_MAX).contains(&value) {
                let bounds = Fact::between(least, EXPECTED_VERSION_MAX, Unit::Number);
                found.push(Violation::unless(field, RuleName::Range, bounds));
            }
        };
        range("expectedVersion", 1, self.expected_version);
        range("expectedAssignment", 0, self.expected_assignment);
        found
    }

    /// Whether `made` is what this asks for.
    fn says_the_same_as(&self, made: &Assignment) -> bool {
        let step = made.step.as_ref().map(|step| step.code.as_str());
        self.holder == made.holder
            && (self.step.is_none() || self.step.as_deref() == step)
            && self.expected_version == made.version
            && self.expected_assignment.checked_add(1) == Some(made.number)
    }
}

impl Rule {
    /// Whether a move by this row takes the dossier out of its holder's hands: it goes to another
    /// agency or back from one, or there is nothing left to do.
    pub fn takes_from_holder(&self) -> bool {
        match self.custody {
            Custody::AsBefore => self.closes(),
            Custody::WithAnother | Custody::WithOwner => true,
        }
    }
}

/// Who holds a dossier with this history and these assignments, the last of each being the last
/// that is known; none where nobody does.
pub fn holder<'a>(history: &[HistoryEntry], assignments: &'a [Assignment]) -> Option<Hold<'a>> {
    let (last, taken) = (assignments.last()?, taken_at(history));
    let holder = last.holder.as_deref().filter(|_| last.version >= taken)?;
    let same = assignments
        .iter()
        .rev()
        .take_while(|made| made.holder.as_deref() == Some(holder) && made.version >= taken);
    let since = same.last().map_or(last.at, |first| first.at);
    Some(Hold { agency: &last.agency, holder, since })
}

/// The version at which the dossier last left the hands of whoever held it; 0 where it never did.
pub(super) fn taken_at(history: &[HistoryEntry]) -> u64 {
    let takes = |entry: &&HistoryEntry| entry.action.rule().is_some_and(Rule::takes_from_holder);
    history.iter().rfind(takes).map_or(0, |entry| entry.version)
}

/// The assignments of which it was known by `instant` that they had been made.
pub fn assignments_by(assignments: &[Assignment], instant: Timestamp) -> &[Assignment] {
    let known = assignments.iter().take_while(|made| made.at <= instant).count();
    assignments.get(..known).unwrap_or(assignments)
}

impl Dossier {
    /// Who holds the dossier now, if anybody does.
    pub fn holder(&self) -> Option<Hold<'_>> {
        holder(&self.history, &self.assignments)
    }

    /// How many assignments there were: what an [`Assign`] has to have seen.
    pub fn assignment(&self) -> u64 {
        self.assignments.last().map_or(0, |last| last.number)
    }

    /// Whether `by` may put the dossier into an officer's hands now: an officer of the agency that
    /// has custody, while there is something left to do.
    pub fn may_be_assigned_by(&self, by: &Actor) -> bool {
        self.is_at_desk_of(by) && !self.status.is_closed()
    }

    fn is_at_desk_of(&self, by: &Actor) -> bool {
        matches!(by, Actor::Officer { .. }) && by.speaks_for(self.desk(), self.matter())
    }

    /// Carries out `order` as `by`, or returns the reason against it. `steps` are those of the
    /// version of the procedure that the dossier keeps; the time of a step is counted by `law`;
    /// `now` is the time of recording. The order of the checks is that of [`Dossier::decide`].
    pub fn assign(
        &self,
        order: Assign,
        by: &Actor,
        (law, steps): (&Law, &[Step]),
        now: Timestamp,
    ) -> Result<Assigned, Refusal> {
        let now = moment(now);
        if !matches!(by, Actor::Officer { .. }) || !by.takes_part(self) {
            return Err(Refusal::NotAllowed);
        }
        if let Some(made) = self.assignments.iter().find(|made| made.command == order.id) {
            return if order.says_the_same_as(made) {
                Ok(Assigned::Before(Box::new(made.clone())))
            } else {
                Err(Refusal::CommandIdReused)
            };
        }
        let broken = order.violations();
        if !broken.is_empty() {
            return Err(Refusal::Invalid(broken));
        }
        if order.expected_version != self.version {
            return Err(Refusal::Stale { current: self.version, status: self.status });
        }
        if order.expected_assignment != self.assignment() {
            return Err(Refusal::Reassigned { current: self.assignment() });
        }
        // Only now: who handled it until just now has seen an old version, and is told so.
        if !self.is_at_desk_of(by) {
            return Err(Refusal::NotAllowed);
        }
        let step = self.check_assignable(&order, steps)?;
        let mut next = self.clone().into_state();
        next.assignments.push(self.made(order, by, (step, law), now));
        let next = Self::of(next);
        next.check_room_beside()?;
        Ok(Assigned::Now(Box::new(next)))
    }

    /// The step that `order` names, if it may be carried out.
    fn check_assignable<'a>(
        &self,
        order: &Assign,
        steps: &'a [Step],
    ) -> Result<Option<&'a Step>, Refusal> {
        let broken =
            |field, rule, detail| Err(Refusal::invalid(Violation::new(field, rule, detail)));
        if self.status.is_closed() {
            let detail = "the dossier has nothing left to settle: nobody holds it";
            return broken("status", RuleName::OpenDossier, detail);
        }
        let named = order.step.as_deref();
        let step = steps.iter().find(|step| Some(step.code.as_str()) == named);
        if named.is_some() && step.is_none() {
            let detail = "must be a step of the version of the procedure that the dossier keeps";
            let known = Fact::choices(steps.iter().map(|step| &step.code));
            let broken = Violation::new("step", RuleName::KnownStep, detail);
            return Err(Refusal::invalid(broken.about(known)));
        }
        let present = self.step().map(|now| now.step.code.as_str());
        let same_step = named.is_none() || named == present;
        if self.holder().map(|hold| hold.holder) == order.holder.as_deref() && same_step {
            let detail = "the dossier is in these hands already";
            return broken("assignee", RuleName::NothingChanges, detail);
        }
        if self.assignments.len() >= ASSIGNMENTS_MAX {
            let detail = "the dossier has been passed on too often";
            return broken("assignee", RuleName::AssignmentsMax, detail);
        }
        Ok(step)
    }

    fn made(
        &self,
        order: Assign,
        by: &Actor,
        (step, law): (Option<&Step>, &Law),
        now: Timestamp,
    ) -> Assignment {
        let last = self.history.last().map_or(Timestamp::MIN, |entry| entry.at);
        let before = self.assignments.last().map_or(Timestamp::MIN, |made| made.at);
        let at = now.max(last).max(before);
        Assignment {
            number: self.assignment() + 1,
            version: self.version,
            at,
            step: self.step_after(step, at, law),
            by: by.signature(),
            command: order.id,
            agency: self.desk().clone(),
            holder: order.holder,
        }
    }
}

impl DossierState {
    /// The agency that has custody: whose officers pass it among themselves.
    pub fn desk(&self) -> &AgencyCode {
        self.handler.as_ref().unwrap_or(&self.agency)
    }

    /// What no list of assignments says; none where this one may be.
    pub(super) fn impossible_assignments(&self) -> Option<&'static str> {
        let numbered = (1..).zip(&self.assignments).all(|(number, made)| made.number == number);
        if !numbered {
            return Some("the numbers of assignments are not 1, 2, 3 and so on");
        }
        let ordered = self.assignments.is_sorted_by_key(|made| (made.version, made.at));
        let known = self.assignments.iter().all(|made| (1..=self.version).contains(&made.version));
        (!ordered || !known).then_some("an assignment was made at a version that was not there")
    }
}

impl fmt::Display for Hold<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.agency, self.holder)
    }
}
