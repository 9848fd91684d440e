//! What a dossier waits for from its applicant.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

use super::{Action, Dossier, DossierStatus};
use crate::law::Law;

/// What only the applicant can do for their dossier to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Expected {
    /// Documents were asked for (yêu cầu bổ sung).
    Documents,
    /// A fee was asked for (nghĩa vụ tài chính).
    Payment,
    /// The result is there and was not handed over (chưa trả kết quả).
    Collection,
}

/// What is expected of an applicant, and since when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WaitsFor<'a> {
    /// What the applicant has to do.
    pub what: Expected,
    /// When the agency asked, or had the result.
    pub since: Timestamp,
    /// The last day for documents, in Viet Nam; none for the rest, for which no rule sets one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
    /// The reason that the agency gave.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'a str>,
}

impl Dossier {
    /// What the dossier waits for from its applicant; none while it is an agency's turn, and after
    /// the end.
    pub fn waits_for(&self, law: &Law) -> Option<WaitsFor<'_>> {
        let (what, action) = match self.status {
            DossierStatus::SupplementRequested => (Expected::Documents, Action::RequestSupplement),
            DossierStatus::PaymentRequested => (Expected::Payment, Action::RequestPayment),
            DossierStatus::Finished => (Expected::Collection, Action::Finish),
            DossierStatus::Registered
            | DossierStatus::Received
            | DossierStatus::Refused
            | DossierStatus::Processing
            | DossierStatus::Withdrawn
            | DossierStatus::Suspended
            | DossierStatus::Returned => return None,
        };
        let asked = self.history.iter().rfind(|entry| entry.action == action)?;
        Some(WaitsFor {
            what,
            since: asked.at,
            until: self.supplement_until(law),
            reason: asked.reason.as_deref(),
        })
    }
}
