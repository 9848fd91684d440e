//! A request to move a dossier, and what is wrong with it before the dossier is asked.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;

use super::{
    Action, CLOCK_SKEW_MAX, Correction, Dossier, EXPECTED_VERSION_MAX, HistoryEntry,
    REMARK_CHARACTERS_MAX, Rule,
};
use crate::document::{AskedDocument, Document};
use crate::eform::FormFields;
use crate::id::{AgencyCode, CommandId};
use crate::outcome::{GivenResult, Handover};
use crate::payment::{FeesAsked, FeesPaid};
use crate::violation::{Fact, Unit};
use crate::{RuleName, Violation, text};

/// A request to move a dossier.
#[derive(Clone)]
pub struct Command {
    /// Its name, so that a repetition is recognised.
    pub id: CommandId,
    /// The action to carry out.
    pub action: Action,
    /// The version that the sender saw; none where the sender cannot know it (an integrator).
    pub expected_version: Option<u64>,
    /// The reason given to the applicant.
    pub reason: Option<String>,
    /// A note; [`Actor::may_read_note`] decides who reads it.
    pub note: Option<String>,
    /// When it happened, as the sender claims; none where it happens as it arrives.
    pub at: Option<Timestamp>,
    /// The day that an apology promises instead of the present due date.
    pub new_due_on: Option<Date>,
    /// The agency that the dossier is forwarded to.
    pub to_agency: Option<AgencyCode>,
    /// The documents that a request for a supplement asks for; it may ask for something else.
    pub asked_for: Vec<AskedDocument>,
    /// The documents that a supplement brings.
    pub documents: Vec<Document>,
    /// The result that finishing gives.
    pub result: Option<GivenResult>,
    /// How the result is handed over that is returned.
    pub handover: Option<Handover>,
    /// The fees that a request for a payment asks for; none where an officer leaves all to the
    /// catalogue.
    pub fees: Option<FeesAsked>,
    /// What was paid, where a payment is confirmed.
    pub payment: Option<FeesPaid>,
    /// The form that a supplement brings, whole, in place of the one before.
    pub form: Option<FormFields>,
    /// What a correction sets right.
    pub correction: Correction,
}

/// What officers write may name people.
impl fmt::Debug for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Command({} of version {:?} at {:?})",
            self.action.name(),
            self.expected_version,
            self.at
        )
    }
}

/// A remark through the text gate; none where nothing of it is left.
fn cleaned(remark: Option<&str>) -> Option<String> {
    remark.map(text::remark).filter(|remark| !remark.is_empty())
}

impl Command {
    pub(super) fn cleaned(self) -> Self {
        Self {
            reason: cleaned(self.reason.as_deref()),
            note: cleaned(self.note.as_deref()),
            asked_for: self.asked_for.into_iter().map(AskedDocument::cleaned).collect(),
            documents: self.documents.into_iter().map(Document::cleaned).collect(),
            form: self.form.map(FormFields::cleaned),
            fees: self.fees.map(FeesAsked::cleaned),
            payment: self.payment.map(FeesPaid::cleaned),
            ..self
        }
    }

    /// Whether `entry` of `dossier` is what this command asks for.
    pub(super) fn says_the_same_as(&self, entry: &HistoryEntry, dossier: &Dossier) -> bool {
        self.action == entry.action
            && self.new_due_on == entry.new_due_on()
            && self.to_agency == entry.handler
            && self.has_the_result_of(entry, dossier)
            // Of what is gone, nobody can tell any more.
            && (dossier.content_gone.is_some() || self.has_the_content_of(entry, dossier))
            && self.expected_version.is_none_or(|expected| expected.checked_add(1) == Some(entry.version))
    }

    /// Whether `entry` of `dossier` has the words, documents and form of this command.
    fn has_the_content_of(&self, entry: &HistoryEntry, dossier: &Dossier) -> bool {
        let came: Vec<&Document> = dossier.documents_of(entry).collect();
        // An entry of before there was a text gate is compared as if it had gone through it.
        self.reason == cleaned(entry.reason.as_deref())
            && self.note == cleaned(entry.note.as_deref())
            && self.asked_for == entry.asked_for
            && self.has_the_money_of(entry, dossier)
            // What is in the first entry came by no command.
            && self.documents.len() == came.len()
            && self.documents.iter().zip(came).all(|(given, kept)| given.is_like(kept))
            && self.form.as_ref() == dossier.form_of(entry).map(|form| &form.fields)
            && self.has_the_correction_of(entry, dossier)
    }

    /// Every field that breaks a rule which the command can be judged by without the dossier.
    pub fn violations(self, now: Timestamp) -> Vec<Violation> {
        self.action.rule().map_or_else(Vec::new, |rule| self.cleaned().broken(rule, now))
    }

    pub(super) fn broken(&self, rule: &Rule, now: Timestamp) -> Vec<Violation> {
        let mut broken = Vec::new();
        for (field, remark) in [("reason", &self.reason), ("note", &self.note)] {
            let flaw = remark.as_deref().and_then(text::flaw);
            if let Some(flaw) = flaw {
                broken.push(Violation::new(field, flaw.rule(), flaw.detail()));
            }
            let fits =
                remark.as_ref().is_none_or(|text| text.chars().count() <= REMARK_CHARACTERS_MAX);
            if flaw.is_none() && !fits {
                let most = Fact::at_most(REMARK_CHARACTERS_MAX, Unit::Characters);
                broken.push(Violation::unless(field, RuleName::Length, most));
            }
        }
        // A reason that the gate refused was given.
        let given = self
            .reason
            .as_deref()
            .is_some_and(|reason| text::flaw(reason).is_some() || text::says_something(reason));
        if rule.reason_owed && !given {
            let detail = format!("{} owes the applicant a reason", rule.action.name());
            broken.push(Violation::new("reason", RuleName::ReasonOwed, detail));
        }
        if self.at.is_some_and(|at| now.duration_until(at) > CLOCK_SKEW_MAX) {
            let detail = "lies in the future";
            broken.push(Violation::new("time", RuleName::NotInTheFuture, detail));
        }
        let known = self
            .expected_version
            .is_none_or(|expected| (1..=EXPECTED_VERSION_MAX).contains(&expected));
        if !known {
            let bounds = Fact::between(1, EXPECTED_VERSION_MAX, Unit::Number);
            broken.push(Violation::unless("expectedVersion", RuleName::Range, bounds));
        }
        broken.extend(self.check_new_due_on().err());
        broken.extend(self.check_to_agency().err());
        broken.extend(self.check_documents());
        broken.extend(self.check_result());
        broken.extend(self.check_money());
        broken.extend(self.check_correction());
        broken
    }
}
