//! Letters of apology (phiếu xin lỗi và hẹn lại ngày trả kết quả; form 04 of TT 03/2025/TT-VPCP):
//! before a due date is missed, the applicant learns the reason and gets a new date. The old date
//! is kept beside it, since figures count against it.

use jiff::Timestamp;
use jiff::civil::Date;

use super::{Action, Actor, Command, Dossier, DossierState, HistoryEntry, Refusal};
use crate::calendar::{DayKind, date_of};
use crate::law::{LateLetter, Law, LetterPolicy};
use crate::violation::{Fact, Unit};
use crate::{RuleName, Violation};

/// The content of a letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Promised {
    due: Timestamp,
    /// Whether the letter no longer comes before the due date.
    late: bool,
}

impl HistoryEntry {
    /// The day that an apology named; none for any other action.
    pub fn new_due_on(&self) -> Option<Date> {
        self.due_at.filter(|_| self.action == Action::Apologise).map(date_of)
    }
}

impl Command {
    /// An apology names a new day, and nothing else may.
    pub(super) fn check_new_due_on(&self) -> Result<(), Violation> {
        match (self.action == Action::Apologise, self.new_due_on) {
            (true, None) => Err(Violation::new(
                "newDueOn",
                RuleName::NewDateOwed,
                "an apology owes the applicant a new date",
            )),
            (false, Some(_)) => Err(Violation::new(
                "newDueOn",
                RuleName::ApologyOnly,
                "only an apology gives a new date",
            )),
            _ => Ok(()),
        }
    }
}

impl Dossier {
    /// How often the applicant was apologised to.
    pub fn apologies(&self) -> usize {
        apologies(&self.history)
    }

    /// What an apology by `by` at `at` promises instead of the present due date; none for any other
    /// command.
    ///
    /// Its day has to be one on which offices will be open, and is by convention promised until
    /// they close.
    pub(super) fn promised(
        &self,
        command: &Command,
        by: &Actor,
        at: Timestamp,
        law: &Law,
    ) -> Result<Option<Promised>, Refusal> {
        let Some(day) = command.new_due_on else {
            return Ok(None);
        };
        let broken = |field, rule, detail: String, fact: Option<Fact>| {
            let broken = Violation::new(field, rule, detail);
            Err(Refusal::invalid(Violation { facts: fact.into_iter().collect(), ..broken }))
        };
        let (today, rule) = (date_of(at), law.rule_on(date_of(at)));
        if self.apologies() >= usize::from(rule.extensions_max) {
            return broken(
                "action",
                RuleName::ApologiesMax,
                "the applicant was given a new date before".to_owned(),
                Some(Fact::at_most(rule.extensions_max, Unit::Times)),
            );
        }
        let Some(due) = self.due_at else {
            return broken(
                "action",
                RuleName::NoDueDate,
                "the dossier has no due date that could be missed".to_owned(),
                None,
            );
        };
        let (calendar, due_on) = (law.calendar_of(&self.agency), date_of(due));
        let promised = calendar.closing(day);
        if day <= due_on || promised <= at {
            let detail = "must lie after the present due date and not in the past".to_owned();
            let fact = Fact::after(due_on);
            return broken("newDueOn", RuleName::AfterDueDate, detail, Some(fact));
        }
        // A year without a calendar is here the sender's choice and not a gap of ours: nobody can
        // promise a day in it.
        if !calendar.kind(day).is_ok_and(DayKind::is_working) {
            let detail = "is no day on which offices are known to be open".to_owned();
            return broken("newDueOn", RuleName::WorkingDay, detail, None);
        }
        let Some(bound) = rule.letter_bound else {
            return Ok(Some(Promised { due: promised, late: false }));
        };
        let most = bound.extension_working_days_max;
        if !calendar
            .working_days_between(due_on.max(today), day)
            .is_ok_and(|added| added <= i64::from(most))
        {
            let detail = format!(
                "lies more than {most} working days behind the present due date, or behind a late letter"
            );
            let fact = Fact::at_most(most, Unit::WorkingDays);
            return broken("newDueOn", RuleName::ExtensionMax, detail, Some(fact));
        }
        let notice = bound.notice_working_days;
        let late = !calendar.has_working_days(today, due_on, notice)?;
        let allowed = match (bound.late, by) {
            (LateLetter::ByAnybody, _) | (LateLetter::BySchedule, Actor::System { .. }) => true,
            (
                LateLetter::BySchedule,
                Actor::Officer { .. }
                | Actor::Integrator { .. }
                | Actor::Portal { .. }
                | Actor::Citizen { .. }
                | Actor::Proven { .. },
            ) => rule.letter == LetterPolicy::Off,
        };
        if late && !allowed {
            let detail =
                format!("an apology comes at least {notice} working day(s) before the due date");
            let fact = Fact::at_least(notice, Unit::WorkingDays);
            return broken("action", RuleName::LetterNotice, detail, Some(fact));
        }
        Ok(Some(Promised { due: promised, late }))
    }
}

impl DossierState {
    /// Puts `promised`, if there is something, in the place of the due date. The date that the term
    /// gave is kept beside it, also where the law allows a second letter: figures follow that one.
    pub(super) fn promise(&mut self, promised: Option<Promised>) {
        let Some(Promised { due, late }) = promised else {
            return;
        };
        self.original_due_at = self.original_due_at.or(self.due_at);
        self.due_at = Some(due);
        if let Some(entry) = self.history.last_mut() {
            entry.original_due_at = self.original_due_at;
            entry.due_at = self.due_at;
            entry.late_letter = late;
        }
    }
}

/// How many letters of apology `history` holds.
pub fn apologies(history: &[HistoryEntry]) -> usize {
    history.iter().filter(|entry| entry.action == Action::Apologise).count()
}
