//! The code of a feedback.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{AgencyCode, CodeFormat, CodeGrammar, DossierCode, NoNumberLeft};
use crate::{RuleName, Violation};

/// The group that codes of feedback have behind their agency (phản ánh): no agency's code ends so.
pub const FEEDBACK_GROUP: &str = "PA";

/// The code of a feedback, e.g. `H20.01.PA-261120-0001`: in the grammar of dossiers, under a group
/// that no agency has. So proofs, uploads and records of reads know it, and no dossier has the same.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct FeedbackCode(DossierCode);

impl FeedbackCode {
    /// The agency under which the codes of `desk` are counted. Fails where its code is so long that
    /// there is no room.
    pub fn counted_under(desk: &AgencyCode) -> Result<AgencyCode, Violation> {
        AgencyCode::try_from(format!("{desk}.{FEEDBACK_GROUP}"))
    }

    /// The code of the `count`-th feedback, from 1, that `under` has on `day`.
    pub fn issue(under: &AgencyCode, day: Date, count: u32) -> Result<Self, NoNumberLeft> {
        let format =
            CodeFormat { grammar: CodeGrammar::LeftToRight, digits: 4, integrator_digit: None };
        DossierCode::issue(format, under, day, count).map(Self)
    }

    /// The code as everything knows it that dossiers and feedback share.
    pub fn shared(&self) -> &DossierCode {
        &self.0
    }

    /// The code as it is written.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The feedback that a shared code names; none where it is a dossier's.
    pub fn of(code: &DossierCode) -> Option<Self> {
        let last = code.agency_part().rsplit('.').next();
        (last == Some(FEEDBACK_GROUP)).then(|| Self(code.clone()))
    }
}

impl TryFrom<String> for FeedbackCode {
    type Error = Violation;

    fn try_from(text: String) -> Result<Self, Violation> {
        let detail = "must look like H20.01.PA-261120-0001";
        let refused = || Violation::new("code", RuleName::DossierCode, detail);
        let code = DossierCode::try_from(text).map_err(|_| refused())?;
        Self::of(&code).ok_or_else(refused)
    }
}

impl std::str::FromStr for FeedbackCode {
    type Err = Violation;

    fn from_str(text: &str) -> Result<Self, Violation> {
        Self::try_from(text.to_owned())
    }
}

impl From<FeedbackCode> for String {
    fn from(code: FeedbackCode) -> Self {
        code.0.into()
    }
}

impl std::fmt::Display for FeedbackCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
