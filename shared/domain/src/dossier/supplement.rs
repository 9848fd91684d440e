//! Until when and how often documents may be asked for (NĐ 61/2018 Đ.17, Đ.19.4), and how long an
//! applicant has for them (`ThoiHanBoSung` in production systems).

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

use super::{Action, Actor, Command, Dossier, DossierStatus, HistoryEntry, Refusal};
use crate::calendar::{Calendar, MissingYear, date_of};
use crate::deadline::passed_since_receipt;
use crate::document::{AskedDocument, DOCUMENTS_MAX, Document, DocumentsKeptBy, amount_violations};
use crate::eform::{FORM_BYTES_MAX, FORMS_BYTES_MAX, FilledForm, FormFields, form_too_large};
use crate::law::{LateRequest, Law};
use crate::violation::{Fact, Unit};
use crate::{RuleName, Violation};

/// The last of the days that the law of the day on which documents were asked for gives; none where
/// none are waited for.
pub(crate) fn last_day_for_supplement(history: &[HistoryEntry], law: &Law) -> Option<Date> {
    let waiting =
        history.last().is_some_and(|entry| entry.status == DossierStatus::SupplementRequested);
    let asked = history
        .iter()
        .rfind(|entry| entry.action == Action::RequestSupplement)
        .filter(|_| waiting)?;
    let asked = date_of(asked.at);
    Some(asked.saturating_add(i64::from(law.rule_on(asked).supplement_calendar_days).days()))
}

/// Whether a time that ends on `last` is over on `day`: one that ends on a day off ends with the
/// next working day (Bộ luật Dân sự 2015 Đ.148.5).
pub(crate) fn is_over(last: Date, day: Date, calendar: &Calendar) -> Result<bool, MissingYear> {
    Ok(last < day && calendar.working_day_from(last)? < day)
}

impl Command {
    /// What is wrong with the documents that it asks for or brings: their form, and that another
    /// action does neither.
    pub(super) fn check_documents(&self) -> Vec<Violation> {
        let mut found = Vec::new();
        if !self.asked_for.is_empty() && self.action != Action::RequestSupplement {
            let detail = "only a request for a supplement asks for documents";
            found.push(Violation::new("askedFor", RuleName::RequestOnly, detail));
        }
        if !self.documents.is_empty() && self.action != Action::Supplement {
            let detail = "only a supplement brings documents";
            found.push(Violation::new("documents", RuleName::SupplementOnly, detail));
        }
        if let Some(form) = &self.form {
            if self.action != Action::Supplement {
                let detail = "only a supplement brings a form";
                found.push(Violation::new("form", RuleName::SupplementOnly, detail));
            }
            if form.bytes() > FORM_BYTES_MAX {
                found.push(form_too_large());
            }
        }
        if self.asked_for.len() > DOCUMENTS_MAX {
            let detail = format!("at most {DOCUMENTS_MAX} documents are asked for at once");
            let most = Fact::at_most(DOCUMENTS_MAX, Unit::Documents);
            found.push(Violation::new("askedFor", RuleName::DocumentsMax, detail).about(most));
        }
        let asked = self.asked_for.iter().map(AskedDocument::violations);
        for (place, broken) in asked.enumerate().take(DOCUMENTS_MAX) {
            let outer = format!("askedFor[{place}]");
            found.extend(broken.into_iter().map(|violation| violation.within(&outer)));
        }
        let brought = self.documents.iter().map(Document::violations);
        for (place, broken) in brought.enumerate().take(DOCUMENTS_MAX) {
            let outer = format!("documents[{place}]");
            found.extend(broken.into_iter().map(|violation| violation.within(&outer)));
        }
        found.extend(amount_violations(&self.documents));
        found
    }
}

impl Dossier {
    /// The documents that came with `entry`, in their order; with the submission, those of it.
    pub fn documents_of(&self, entry: &HistoryEntry) -> impl Iterator<Item = &Document> {
        let version = entry.version;
        let brings = matches!(entry.action, Action::Submit | Action::Supplement);
        self.documents.iter().filter(move |document| brings && document.version == version)
    }

    /// The form that came with `entry`, if one did.
    pub fn form_of(&self, entry: &HistoryEntry) -> Option<&FilledForm> {
        let brings = matches!(entry.action, Action::Submit | Action::Supplement);
        self.forms.iter().find(|form| brings && form.version == entry.version)
    }

    /// How many documents `entry` asks for, or brings after the submission.
    pub fn documents_moved_by(&self, entry: &HistoryEntry) -> usize {
        let supplied = self.documents_of(entry).filter(|_| entry.action == Action::Supplement);
        entry.asked_for.len() + supplied.count()
    }

    /// What the request that is waited for asks for, in its order.
    pub fn documents_asked_for(&self) -> &[AskedDocument] {
        let waiting = self.status == DossierStatus::SupplementRequested;
        let requests = self.history.iter().rev().filter(|_| waiting);
        let mut requests = requests.filter(|entry| entry.action == Action::RequestSupplement);
        requests.next().map_or(&[], |entry| &entry.asked_for)
    }

    /// Refuses a supplement without a document that was asked for (NĐ 61/2018 Đ.19.4), each one by
    /// its code. Who takes in less answers for it with a reason: an officer or an integrator; and
    /// an integrator that keeps the documents itself sends none.
    pub(super) fn check_supplement(&self, command: &Command, by: &Actor) -> Result<(), Refusal> {
        if command.action != Action::Supplement {
            return Ok(());
        }
        let for_the_agency = matches!(by, Actor::Officer { .. } | Actor::Integrator { .. });
        let kept_elsewhere = self.documents_kept_by == DocumentsKeptBy::Sender
            && matches!(by, Actor::Integrator { .. });
        let mut found = Vec::new();
        let takes_less = kept_elsewhere || for_the_agency && command.reason.is_some();
        if !takes_less {
            let brought = |asked: &&AskedDocument| {
                command.documents.iter().all(|document| document.code != asked.code)
            };
            found.extend(self.documents_asked_for().iter().filter(brought).map(|asked| {
                let detail = format!("{} was asked for: {}", asked.code, asked.reason);
                // The reason is what an officer wrote.
                let which = Fact::code(&asked.code);
                Violation::new("documents", RuleName::AskedDocument, detail).about(which)
            }));
        }
        let all: Vec<Document> = self.documents.iter().chain(&command.documents).cloned().collect();
        found.extend(amount_violations(&all));
        let forms = self.forms.iter().map(|form| &form.fields).chain(&command.form);
        if forms.map(FormFields::bytes).sum::<usize>() > FORMS_BYTES_MAX {
            let detail =
                format!("the forms of a dossier may take {FORMS_BYTES_MAX} bytes together");
            let most = Fact::at_most(FORMS_BYTES_MAX, Unit::Bytes);
            found.push(Violation::new("form", RuleName::FormBytesMax, detail).about(most));
        }
        if found.is_empty() { Ok(()) } else { Err(Refusal::Invalid(found)) }
    }

    /// Whether documents that are asked for at `at` are asked for outside the bound of that day:
    /// once more than it allows, later after receipt, or when the due date has passed, which no
    /// request can undo. An error where a late request is not taken at all.
    pub(super) fn asks_late(
        &self,
        action: Action,
        at: Timestamp,
        law: &Law,
    ) -> Result<bool, Refusal> {
        let day = date_of(at);
        let Some(bound) =
            law.rule_on(day).supplement_bound.filter(|_| action == Action::RequestSupplement)
        else {
            return Ok(false);
        };
        let asked =
            self.history.iter().filter(|entry| entry.action == Action::RequestSupplement).count();
        let missed = self.original_due_at.or(self.due_at).is_some_and(|due| date_of(due) < day);
        let late = match self.received_at {
            _ if missed || asked >= usize::from(bound.times_max) => true,
            Some(received) => {
                let calendar = law.calendar_of(&self.agency);
                passed_since_receipt(calendar, received, day, bound.within_working_days)?
            }
            None => false,
        };
        if late && bound.late == LateRequest::Refused {
            let (days, times) = (bound.within_working_days, bound.times_max);
            let detail = format!(
                "documents are asked for within {days} working days from receipt, before the due date has passed, and at most {times} time(s)"
            );
            let broken = Violation::new("action", RuleName::SupplementBound, detail)
                .about(Fact::at_most(days, Unit::WorkingDays))
                .about(Fact::at_most(times, Unit::Times));
            return Err(Refusal::invalid(broken));
        }
        Ok(late)
    }

    /// The last day for documents that were asked for: of the time that the law gives, or the next
    /// working day; none where none are waited for.
    pub(super) fn supplement_until(&self, law: &Law) -> Option<Date> {
        self.until(&self.history, law)
    }

    /// The last day for the documents that `entry` asked for, as it was named then; none of any
    /// other entry.
    pub fn asked_until(&self, entry: &HistoryEntry, law: &Law) -> Option<Date> {
        let by_then = self.history.iter().take_while(|other| other.version <= entry.version);
        self.until(&by_then.cloned().collect::<Vec<_>>(), law)
    }

    fn until(&self, history: &[HistoryEntry], law: &Law) -> Option<Date> {
        let last = last_day_for_supplement(history, law)?;
        // That day may lie in a year without a calendar: then it is not before this one.
        Some(law.calendar_of(&self.agency).working_day_from(last).unwrap_or(last))
    }

    /// Refuses to close a dossier for missing documents while the time for them runs, whoever asks.
    pub(super) fn check_expired(&self, at: Timestamp, law: &Law) -> Result<(), Refusal> {
        let Some(last) = last_day_for_supplement(&self.history, law) else {
            return Ok(());
        };
        if is_over(last, date_of(at), law.calendar_of(&self.agency))? {
            return Ok(());
        }
        let until = self.supplement_until(law).unwrap_or(last);
        let detail = format!("the applicant has until {until} for the documents");
        let broken = Violation::new("action", RuleName::NotYetExpired, detail);
        Err(Refusal::invalid(broken.about(Fact::until(until))))
    }
}
