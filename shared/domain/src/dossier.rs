//! A dossier (hồ sơ) and the one door through which it changes: [`Dossier::decide`].

mod actor;
mod apology;
mod assignment;
mod clock;
mod command;
mod compact;
mod content;
mod correction;
mod counted;
mod forwarding;
mod history;
mod money;
mod order;
mod progress;
mod result;
mod room;
mod sight;
mod state;
mod status;
mod step;
mod supplement;
mod waits_for;

use jiff::{SignedDuration, Timestamp, Unit};
use serde::{Deserialize, Serialize};

pub use crate::text::REMARK_CHARACTERS_MAX;
pub use actor::{ACCOUNT_CHARACTERS_MAX, Actor, Duty, NoteReaders, Role, Signature, Standing};
pub use apology::apologies;
pub use assignment::{
    ASSIGNMENTS_MAX, Assign, Assigned, Assignment, Hold, account_violation, assignments_by, holder,
};
use clock::Dates;
pub(crate) use clock::redated;
pub use command::Command;
pub use content::{ContentGone, GoneBy};
pub use correction::{Correction, Replaced};
pub use counted::CountedBy;
pub use history::{HistoryEntry, as_of, waiting_since};
pub use order::{Against, Allowed, Holds, LEFT_OUT, Lateness, TIMES, too_long_ago};
pub use progress::{Completion, Progress};
pub use room::ITEM_BYTES_MAX;
pub use sight::{Move, Need, Sight};
pub use state::Dossier;
pub use status::{Action, AlsoBy, By, Clock, Custody, DossierStatus, RULES, Rule, Target};
pub use step::{InStep, StepTaken, step};
pub(crate) use supplement::{is_over, last_day_for_supplement};
pub use waits_for::{Expected, WaitsFor};

use crate::agency::{Matter, WardCode};
use crate::applicant::Applicant;
use crate::calendar::MissingYear;
use crate::document::{Document, DocumentsKeptBy};
use crate::eform::FilledForm;
use crate::id::{AgencyCode, DossierCode, ProcedureCode};
use crate::law::Law;
use crate::outcome::{GivenResult, Handover, ResultDocument};
use crate::payment::{Demand, FeeReceipt};
use crate::post::{Post, ResultTo, ResultWish};
use crate::procedure::Channel;
use crate::term::Term;
use crate::{RuleName, Violation};

/// The most entries a history holds, save those that lead nearer to an end: see
/// [`Dossier::steps_to_end`].
pub const VERSIONS_MAX: u64 = 100;

/// Highest version that a sender can have seen: far above [`VERSIONS_MAX`], and a number that every
/// client can hold.
pub const EXPECTED_VERSION_MAX: u64 = 1_000_000;

/// How far a sender's clock may run ahead of ours, or behind the entry that its event follows.
pub const CLOCK_SKEW_MAX: SignedDuration = SignedDuration::from_mins(5);

/// `instant` in the one precision in which instants are kept and compared: milliseconds.
pub fn moment(instant: Timestamp) -> Timestamp {
    instant.round(Unit::Millisecond).unwrap_or(instant)
}

/// What a [`Dossier`] holds, to be read. Whoever changes a copy has no dossier yet: that is only
/// what [`Dossier::try_from`] takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DossierState {
    /// The code of the dossier.
    pub code: DossierCode,
    /// How many entries its history has.
    pub version: u64,
    /// The national status, 1 to 10.
    pub status: DossierStatus,
    /// The procedure applied for.
    pub procedure: ProcedureCode,
    /// The version of the procedure under which the dossier was submitted; it never changes.
    pub procedure_version: u32,
    /// How long it may take; none where the procedure gives no date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub term: Option<Term>,
    /// The owner: the agency that settles the dossier and answers for it; it never changes.
    pub agency: AgencyCode,
    /// The handler: the agency to which the dossier is forwarded, if it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handler: Option<AgencyCode>,
    /// The channel by which the dossier came.
    pub channel: Channel,
    /// The ward of the matter, if the applicant named one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ward: Option<WardCode>,
    /// The person or business that applies; none once the content is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub applicant: Option<Applicant>,
    /// The documents handed in; none where the content is gone.
    pub documents: Vec<Document>,
    /// The electronic results, oldest first: of each end of the work that gave one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub results: Vec<ResultDocument>,
    /// How results were handed over, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub handovers: Vec<Handover>,
    /// What the applicant was asked to pay, oldest first: of each request that said amounts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub demands: Vec<Demand>,
    /// By what it was paid, oldest first: of each confirmation that said so.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub receipts: Vec<FeeReceipt>,
    /// Where the result is wanted by post; none where it is not, and once the content is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result_to: Option<ResultTo>,
    /// What corrections replaced, oldest first; none once the content is gone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub corrected: Vec<Replaced>,
    /// What goes by post for it.
    #[serde(default, skip_serializing_if = "Post::is_empty")]
    pub post: Post,
    /// What was filled in, each time anew and whole, oldest first; none where there is no form.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub forms: Vec<FilledForm>,
    /// Who has the documents.
    #[serde(default, skip_serializing_if = "DocumentsKeptBy::is_us")]
    pub documents_kept_by: DocumentsKeptBy,
    /// When it was handed in (ngày nộp).
    pub submitted_at: Timestamp,
    /// When it was received (ngày tiếp nhận).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received_at: Option<Timestamp>,
    /// When it is due (ngày hẹn trả).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Timestamp>,
    /// The due date that figures follow, where it is another: the one without the apology, or
    /// before documents were asked for late.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub original_due_at: Option<Timestamp>,
    /// When it was settled, refused or withdrawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<Timestamp>,
    /// The start of the current pause: for a payment, a suspension, or a supplement after which the
    /// clock resumes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paused_at: Option<Timestamp>,
    /// The status before a supplement was requested; `None` in every other status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_before: Option<DossierStatus>,
    /// Since when the content is gone, and by what; none while it is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_gone: Option<ContentGone>,
    /// All entries, oldest first.
    pub history: Vec<HistoryEntry>,
    /// In whose hands it was, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub assignments: Vec<Assignment>,
}

/// The decision on a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// The dossier after one more entry, not yet stored.
    Moved(Box<Dossier>),
    /// The command was carried out before, with the result in this entry.
    Repeated(Box<HistoryEntry>),
}

/// Why a command is not carried out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The actor may not do this to this dossier.
    #[error("not allowed for this account")]
    NotAllowed,
    /// The command names another version than the current one.
    #[error("the dossier has moved on to version {current}")]
    Stale {
        /// The current version, from 1.
        current: u64,
        /// The current status, 1 to 10.
        status: DossierStatus,
    },
    /// The request to assign it names another assignment than the last.
    #[error("the dossier is in other hands since assignment {current}")]
    Reassigned {
        /// The number of the last assignment, from 1.
        current: u64,
    },
    /// The status does not allow it.
    #[error("{} is not allowed in status {}", action.name(), status.code())]
    Illegal {
        /// The action that was asked for.
        action: Action,
        /// The current status, 1 to 10.
        status: DossierStatus,
        /// What the actor may do instead.
        allowed: Vec<Action>,
    },
    /// Fields of the command break rules: every one of the form at once, then the first of what
    /// depends on the dossier.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Invalid(Vec<Violation>),
    /// A command with this id and another content was carried out before.
    #[error("the same command id was used for another command")]
    CommandIdReused,
    /// It happened before something that is already in the history.
    #[error("the history already reaches beyond the time of this event")]
    OutOfOrder,
    /// The due date needs a year without a calendar.
    #[error(transparent)]
    Calendar(#[from] MissingYear),
}

impl Refusal {
    /// One field breaks one rule.
    pub fn invalid(violation: Violation) -> Self {
        Self::Invalid(vec![violation])
    }
}

impl Dossier {
    /// Carries out `command` as `by`, or returns the reason against it. `now` is the time of
    /// recording; the law is that of the day of the event.
    pub fn decide(
        &self,
        command: Command,
        by: &Actor,
        law: &Law,
        now: Timestamp,
    ) -> Result<Decision, Refusal> {
        let (command, now) =
            (Command { at: command.at.map(moment), ..command.cleaned() }, moment(now));
        let illegal = || Refusal::Illegal {
            action: command.action,
            status: self.status,
            allowed: self.allowed_to(by),
        };
        let Some(rule) = command.action.rule() else {
            return Err(Refusal::invalid(Violation::new(
                "action",
                RuleName::KnownValue,
                "is none of the known values",
            )));
        };
        if !by.may_have(rule, self) {
            return Err(Refusal::NotAllowed);
        }
        // A repetition is answered before anything else is judged: by now the dossier may have
        // moved on.
        if let Some(entry) = self.history.iter().find(|entry| entry.command == command.id) {
            return if command.says_the_same_as(entry, self) {
                Ok(Decision::Repeated(Box::new(entry.clone())))
            } else {
                Err(Refusal::CommandIdReused)
            };
        }
        let mut broken = command.broken(rule, now);
        broken.extend(command.result_owed(by));
        if !broken.is_empty() {
            return Err(Refusal::Invalid(broken));
        }
        if command.expected_version.is_some_and(|expected| expected != self.version) {
            return Err(Refusal::Stale { current: self.version, status: self.status });
        }
        // Only now: who handled it until just now has seen an old version, and is told so.
        if !by.may(rule, self) {
            return Err(Refusal::NotAllowed);
        }
        if self.is_overtaken(rule, by, command.at) {
            return Err(Refusal::OutOfOrder);
        }
        if !rule.is_legal_in(self.status, self.handler.as_ref()) {
            return Err(illegal());
        }
        self.check_content(rule)?;
        self.check_pass(&command).map_err(Refusal::invalid)?;
        self.check_supplement(&command, by)?;
        self.check_handover(&command, by)?;
        self.check_payment(&command, by)?;
        let righted = self.righted(&command, by)?;
        let at = self.time_of(command.at, now)?;
        if rule.action == Action::RefuseExpired {
            self.check_expired(at, law)?;
        }
        if rule.action == Action::Redate {
            self.check_redated(at, law)?;
        }
        let promised = self.promised(&command, by, at, law)?;
        let asked_late = self.asks_late(rule.action, at, law)?;
        let mut next = self.moved(rule, command, (at, now), by.signature(), asked_late, law)?;
        next.correct(righted);
        next.promise(promised);
        self.keep_count(rule, &mut next, law);
        let next = Self::of(next);
        self.check_room(&next)?;
        // What is written of it from now on would be kept for ever.
        let next = match next.content_gone {
            Some(gone) => next.without_content(gone.by, gone.at)?,
            None => next,
        };
        Ok(Decision::Moved(Box::new(next)))
    }

    /// The facts that decide which successor acts when the owner or handler has ended.
    pub fn matter(&self) -> Matter<'_> {
        Matter { procedure: Some(&self.procedure), ward: self.ward.as_ref() }
    }

    /// When a command happened that is claimed for `claimed` and known at `now`: never before the
    /// entry that it follows.
    ///
    /// What arrives as it happens is never before the history, though two machines' clocks differ
    /// by a little; of what is claimed to have happened, a clock is set right that runs ahead of
    /// ours, or behind the entry before, by no more than [`CLOCK_SKEW_MAX`].
    fn time_of(&self, claimed: Option<Timestamp>, now: Timestamp) -> Result<Timestamp, Refusal> {
        let last = self.history.last().map_or(Timestamp::MIN, |entry| entry.at);
        let at = claimed.map_or(now.max(last), |claimed| claimed.min(now.max(last)));
        if at.duration_until(last) > CLOCK_SKEW_MAX {
            return Err(Refusal::OutOfOrder);
        }
        Ok(at.max(last))
    }

    /// What `by` may do now, in the order of the table.
    pub fn allowed_to(&self, by: &Actor) -> Vec<Action> {
        let legal =
            RULES.iter().filter(|rule| rule.is_legal_in(self.status, self.handler.as_ref()));
        let worked = legal.filter(|rule| !self.lacks_content_for(rule));
        worked.filter(|rule| by.may(rule, self)).map(|rule| rule.action).collect()
    }

    /// The state after one more entry: the one place where the version moves.
    fn moved(
        &self,
        rule: &Rule,
        command: Command,
        (at, now): (Timestamp, Timestamp),
        by: Signature,
        asked_late: bool,
        law: &Law,
    ) -> Result<DossierState, MissingYear> {
        let mut next = self.clone().into_state();
        next.status = match rule.target {
            Target::To(status) => status,
            Target::WhereItWas => self.status_before.unwrap_or(DossierStatus::Registered),
            Target::Stays => self.status,
        };
        next.version += 1;
        next.handler = self.handler_after(rule, &command);
        next.status_before = match rule.target {
            Target::Stays => self.status_before,
            Target::To(_) | Target::WhereItWas => {
                (rule.action == Action::RequestSupplement).then_some(self.status)
            }
        };
        next.closed_at = next.status.is_closed().then(|| self.closed_at.unwrap_or(at));
        if rule.action == Action::Receive {
            next.received_at = Some(at);
        }
        next.history.push(HistoryEntry {
            version: next.version,
            action: rule.action,
            status: next.status,
            at,
            recorded_at: now,
            claimed_at: command.at.filter(|claimed| *claimed != at),
            by,
            command: command.id,
            reason: command.reason,
            note: command.note,
            due_at: None,
            due_rule: self.term.filter(|_| self.starts_clock(rule)).map(|term| term.rule(law, at)),
            original_due_at: None,
            counted_by: None,
            asked_late,
            late_letter: false,
            step_due_at: None,
            handler: command.to_agency,
            asked_for: command.asked_for,
            by_post: matches!(command.correction.result_to, Some(ResultWish::ByPost(_))),
            result: command.result.as_ref().map(GivenResult::kind),
        });
        let version = next.version;
        let brought = command.documents.into_iter();
        next.documents.extend(brought.map(|document| Document { version, ..document }));
        if let Some(GivenResult::Electronic(document)) = command.result {
            next.results.push(ResultDocument { version, ..*document });
        }
        next.handovers.extend(command.handover.map(|handover| Handover { version, ..handover }));
        next.keep_money(command.fees, command.payment.map(FeeReceipt::from));
        next.forms.extend(command.form.map(|fields| FilledForm { version, fields }));
        let dates = self.dates_after(rule, &next.history, law)?;
        next.set_dates(dates);
        next.keep_step(law);
        Ok(next)
    }

    /// The status that the dossier had at `instant`, and the entry that gave it; none before it was
    /// handed in.
    pub fn as_of(&self, instant: Timestamp) -> Option<&HistoryEntry> {
        as_of(&self.history, instant)
    }

    /// How far the dossier is, in the steps a citizen knows: received, worked on, settled, handed
    /// over.
    pub fn completion(&self) -> Completion {
        Completion::of(self.status, &self.history)
    }
}

impl DossierState {
    /// Stores `dates` in the dossier and in its last entry.
    fn set_dates(&mut self, dates: Dates) {
        (self.due_at, self.original_due_at, self.paused_at) =
            (dates.due, dates.original, dates.paused);
        if let Some(entry) = self.history.last_mut() {
            (entry.due_at, entry.original_due_at) = (dates.due, dates.original);
        }
    }
}
