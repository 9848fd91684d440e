//! How much of what was handed in an actor may see, and what they may do next.

use jiff::Timestamp;
use serde::Serialize;

use super::{Action, Actor, Clock, Custody, Dossier, HistoryEntry, RULES, Rule};
use crate::calendar::date_of;
use crate::id::AgencyCode;
use crate::law::Law;

/// How much of a dossier's content an actor may see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sight {
    /// All of it: the applicant's side, the owner and the present handler.
    Whole,
    /// What there was at this version: a former handler, whose part of the work ended with it.
    UpTo(u64),
}

/// What a move needs beside the version that it follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Need {
    /// The reason that is owed to the applicant.
    Reason,
    /// The day that an apology promises.
    NewDueOn,
    /// The agency that takes the dossier over.
    ToAgency,
    /// The documents that were asked for.
    Documents,
    /// The result that the work gave.
    Result,
    /// How the result was handed over.
    Handover,
    /// What was paid, with the number of the receipt.
    Payment,
    /// The applicant as they are, where the result goes, or both.
    Correction,
}

/// A move that an actor may make now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Move {
    /// The action of its row.
    pub action: Action,
    /// What the command has to carry.
    pub needs: Vec<Need>,
}

impl Rule {
    /// What a command by this row has to carry, from its columns.
    pub fn needs(&self) -> Vec<Need> {
        let columns = [
            (self.reason_owed, Need::Reason),
            (self.clock == Clock::Promises, Need::NewDueOn),
            (self.custody == Custody::WithAnother, Need::ToAgency),
        ];
        columns.into_iter().filter(|(owed, _)| *owed).map(|(_, need)| need).collect()
    }
}

/// One pass that has ended: who had the dossier, and the entries from the forwarding to the end.
struct Pass<'a> {
    handler: &'a AgencyCode,
    entries: &'a [HistoryEntry],
}

impl Dossier {
    /// What `by` may do at `now`, in the order of the table, with what each move needs. A letter that
    /// the law of the day takes no more is left out.
    pub fn next_moves(&self, by: &Actor, law: &Law, now: Timestamp) -> Vec<Move> {
        let mut allowed = self.allowed_to(by);
        let letters = usize::from(law.rule_on(date_of(now)).extensions_max);
        if self.due_at.is_none() || self.apologies() >= letters {
            allowed.retain(|action| *action != Action::Apologise);
        }
        let rules = RULES.iter().filter(|rule| allowed.contains(&rule.action));
        let asked = !self.documents_asked_for().is_empty();
        let of_state = |action: Action| match action {
            Action::Supplement if asked => Some(Need::Documents),
            Action::Finish => Some(Need::Result),
            Action::ReturnResult if self.owes_handover() => Some(Need::Handover),
            Action::ConfirmPayment if self.owed().is_some() => Some(Need::Payment),
            Action::Correct => Some(Need::Correction),
            Action::Submit
            | Action::Receive
            | Action::Refuse
            | Action::RequestSupplement
            | Action::Supplement
            | Action::RefuseExpired
            | Action::Process
            | Action::RequestPayment
            | Action::ConfirmPayment
            | Action::Suspend
            | Action::Resume
            | Action::ReturnResult
            | Action::Recall
            | Action::SendBack
            | Action::Apologise
            | Action::Withdraw
            | Action::Forward
            | Action::HandBack
            | Action::Redate
            | Action::AnnounceDelay => None,
        };
        rules
            .map(|rule| {
                let needs = rule.needs().into_iter().chain(of_state(rule.action)).collect();
                Move { action: rule.action, needs }
            })
            .collect()
    }

    fn ended_passes(&self) -> impl DoubleEndedIterator<Item = Pass<'_>> {
        let begun = self.history.iter().enumerate();
        begun.filter_map(|(place, entry)| {
            let entries = self.history.get(place..)?;
            let handler = entry.handler.as_ref()?;
            let ends = |entry: &HistoryEntry| {
                entry.action.rule().is_some_and(|rule| rule.custody == Custody::WithOwner)
            };
            let end = entries.iter().position(ends)?;
            Some(Pass { handler, entries: entries.get(..=end)? })
        })
    }
}

impl Actor {
    /// How much of the content the actor may see; none for a stranger, and for an agency from which
    /// the dossier was taken back before it did anything.
    ///
    /// A handler's work is what its officers signed, or the handing back; an integrator signs for no
    /// agency, so that its moves alone do not count.
    pub fn sight_of(&self, dossier: &Dossier) -> Option<Sight> {
        let speaks = |agency: &AgencyCode| self.speaks_for(agency, dossier.matter());
        if speaks(&dossier.agency)
            || dossier.handler.as_ref().is_some_and(speaks)
            || self.is_on_applicants_side(dossier)
        {
            return Some(Sight::Whole);
        }
        let worked = |pass: &Pass<'_>| {
            let by_them = |entry: &HistoryEntry| {
                entry.action == Action::HandBack
                    || entry.by.agency.as_ref().is_some_and(|of| of == pass.handler || speaks(of))
            };
            pass.entries.iter().skip(1).any(by_them)
        };
        let mut theirs = dossier.ended_passes().filter(|pass| speaks(pass.handler));
        let last = theirs.rfind(worked)?;
        last.entries.last().map(|end| Sight::UpTo(end.version))
    }
}
