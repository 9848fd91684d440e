//! How long an applicant has for the papers that were asked for (`ThoiHanBoSung` in production systems).

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

use super::{Action, Dossier, DossierStatus, HistoryEntry, Refusal};
use crate::Violation;
use crate::calendar::{Calendar, MissingYear, date_of};
use crate::law::Law;

/// The last of the days that the law of the day on which papers were asked for gives; none where none are waited for.
pub(crate) fn last_day_for_papers(history: &[HistoryEntry], law: &Law) -> Option<Date> {
    let waiting = history.last().is_some_and(|entry| entry.status == DossierStatus::SupplementRequested);
    let asked = history.iter().rfind(|entry| entry.action == Action::RequestSupplement).filter(|_| waiting)?;
    let asked = date_of(asked.at);
    Some(asked.saturating_add(i64::from(law.rule_on(asked).supplement_calendar_days).days()))
}

/// Whether a time that ends on `last` is over on `day`: one that ends on a day off ends with the next working day (Bộ luật
/// Dân sự 2015 Đ.148.5).
pub(crate) fn is_over(last: Date, day: Date, calendar: &Calendar) -> Result<bool, MissingYear> {
    Ok(last < day && calendar.working_day_from(last)? < day)
}

impl Dossier {
    /// Nobody gives a dossier up for missing papers while they can still come, whoever it is.
    pub(super) fn check_expired(&self, at: Timestamp, law: &Law) -> Result<(), Refusal> {
        let calendar = law.calendar_of(&self.agency);
        let Some(last) = last_day_for_papers(&self.history, law) else {
            return Ok(());
        };
        if is_over(last, date_of(at), calendar)? {
            return Ok(());
        }
        // The day itself may lie in a year without a calendar: then it is not over before the last day is.
        let until = calendar.working_day_from(last).unwrap_or(last);
        let detail = format!("the applicant has until {until} for the papers");
        Err(Refusal::Invalid(Violation::new("action", "not-yet-expired", detail)))
    }
}
