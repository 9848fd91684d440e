//! Letters of apology (phiếu xin lỗi và hẹn lại ngày trả kết quả; form 04 of TT 03/2025/TT-VPCP): the applicant is told
//! before the due date is missed why it will be, and gets a new one. The old date is kept beside it, because that is
//! the one that leaders count against.

use jiff::Timestamp;
use jiff::civil::Date;

use super::{Action, Command, Dossier, HistoryEntry, Refusal};
use crate::Violation;
use crate::calendar::{DayKind, date_of};
use crate::law::Law;

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
            (true, None) => {
                Err(Violation::new("newDueOn", "new-date-owed", "an apology owes the applicant a new date"))
            }
            (false, Some(_)) => Err(Violation::new("newDueOn", "apology-only", "only an apology gives a new date")),
            _ => Ok(()),
        }
    }
}

impl Dossier {
    /// How often the applicant was apologised to.
    pub fn apologies(&self) -> usize {
        apologies(&self.history)
    }

    /// The due date that an apology gives instead of the present one; none for any other command.
    ///
    /// A letter that comes too late, when the due date has passed, is still better than none; it does not make the
    /// dossier less late, since figures follow the original date.
    pub(super) fn promised(&self, command: &Command, at: Timestamp, law: &Law) -> Result<Option<Timestamp>, Refusal> {
        let Some(day) = command.new_due_on else {
            return Ok(None);
        };
        let broken = |field, rule, detail| Err(Refusal::Invalid(Violation::new(field, rule, detail)));
        if self.apologies() >= usize::from(law.rule_on(date_of(at)).extensions_max) {
            return broken("action", "apologies-max", "the applicant was given a new date before");
        }
        let Some(due) = self.due_at else {
            return broken("action", "no-due-date", "the dossier has no due date that could be missed");
        };
        let calendar = law.calendar_of(&self.agency);
        let promised = calendar.closing(day);
        if day <= date_of(due) || promised <= at {
            return broken("newDueOn", "after-due-date", "must lie after the present due date and not in the past");
        }
        // A year without a calendar is here the sender's choice and not a gap of ours: nobody can promise a day in it.
        if !calendar.kind(day).is_ok_and(DayKind::is_working) {
            return broken("newDueOn", "working-day", "is no day on which offices are known to be open");
        }
        Ok(Some(promised))
    }

    /// Puts `promised`, if there is one, in the place of the due date. The date that the term gave is kept beside it, also
    /// where the law allows a second letter: figures follow that one.
    pub(super) fn promise(&mut self, promised: Option<Timestamp>) {
        if promised.is_none() {
            return;
        }
        self.original_due_at = self.original_due_at.or(self.due_at);
        self.due_at = promised;
        if let Some(entry) = self.history.last_mut() {
            entry.original_due_at = self.original_due_at;
            entry.due_at = self.due_at;
        }
    }
}

/// How many letters of apology `history` holds.
pub fn apologies(history: &[HistoryEntry]) -> usize {
    history.iter().filter(|entry| entry.action == Action::Apologise).count()
}
