//! What a thread of notices speaks of: a dossier, a feedback, the question after a result, or the
//! report that a leader gets.

use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{DossierCode, FeedbackCode};
use crate::{RuleName, Violation};

/// The permanent name of a leader's office, whatever its telephone number: `chairman`,
/// `van-phong-2`.
///
/// At most 24 characters, so that message ids made of it fit the 50 characters of SMS gateways.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(feature = "schema", schemars(extend("pattern" = r"^[a-z][a-z0-9-]{0,23}$")))]
pub struct LeaderKey(String);
code_type!(LeaderKey);

impl TryFrom<String> for LeaderKey {
    type Error = Violation;

    fn try_from(text: String) -> Result<Self, Violation> {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if text.len() <= 24
            && text.starts_with(|first: char| first.is_ascii_lowercase())
            && text.bytes().all(plain)
        {
            return Ok(Self(text));
        }
        Err(Violation::new(
            "key",
            RuleName::LeaderKey,
            "must be 1 to 24 of a to z, 0 to 9 and -, a letter first",
        ))
    }
}

/// The name of one leader's report of one morning: `REPORT-2026-11-24-chairman`. No agency code
/// starts like this, and so no dossier code.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ReportCode {
    /// The day of the report's morning.
    pub morning: Date,
    /// The leader who gets the report.
    pub leader: LeaderKey,
}

const REPORT: &str = "REPORT-";

impl fmt::Display for ReportCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{REPORT}{}-{}", self.morning, self.leader)
    }
}

impl std::str::FromStr for ReportCode {
    type Err = Violation;

    fn from_str(text: &str) -> Result<Self, Violation> {
        let refused = || {
            Violation::new(
                "code",
                RuleName::ReportCode,
                "must look like REPORT-2026-11-24-chairman",
            )
        };
        let rest = text.strip_prefix(REPORT).ok_or_else(refused)?;
        let (day, leader) = rest.split_at_checked(10).ok_or_else(refused)?;
        let morning: Date = day.parse().map_err(|_| refused())?;
        let leader =
            leader.strip_prefix('-').and_then(|leader| leader.parse().ok()).ok_or_else(refused)?;
        Ok(Self { morning, leader })
    }
}

/// The name of the one question after the result of a dossier: `ASK-H20.12-261120-0001`. No agency
/// code starts like this, and so no dossier code.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct QuestionCode(pub DossierCode);

const QUESTION: &str = "ASK-";

impl fmt::Display for QuestionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{QUESTION}{}", self.0)
    }
}

/// What a thread of notices speaks of, as it is written: a dossier, a feedback, the question after a
/// result, or a leader's report of one morning.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum SubjectCode {
    /// The code of a dossier.
    Dossier(DossierCode),
    /// The code of a feedback.
    Feedback(FeedbackCode),
    /// The name of a leader's report.
    Report(ReportCode),
    /// The name of the question after a result.
    Question(QuestionCode),
}

impl fmt::Display for SubjectCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dossier(code) => code.fmt(f),
            Self::Feedback(code) => code.fmt(f),
            Self::Report(code) => code.fmt(f),
            Self::Question(code) => code.fmt(f),
        }
    }
}

impl From<SubjectCode> for String {
    fn from(code: SubjectCode) -> Self {
        code.to_string()
    }
}

impl From<DossierCode> for SubjectCode {
    fn from(code: DossierCode) -> Self {
        match FeedbackCode::of(&code) {
            Some(feedback) => Self::Feedback(feedback),
            None => Self::Dossier(code),
        }
    }
}

impl From<FeedbackCode> for SubjectCode {
    fn from(code: FeedbackCode) -> Self {
        Self::Feedback(code)
    }
}

impl From<ReportCode> for SubjectCode {
    fn from(code: ReportCode) -> Self {
        Self::Report(code)
    }
}

impl From<QuestionCode> for SubjectCode {
    fn from(code: QuestionCode) -> Self {
        Self::Question(code)
    }
}

impl std::str::FromStr for SubjectCode {
    type Err = Violation;

    fn from_str(text: &str) -> Result<Self, Violation> {
        if text.starts_with(REPORT) {
            text.parse().map(Self::Report)
        } else if let Some(dossier) = text.strip_prefix(QUESTION) {
            dossier.parse().map(QuestionCode).map(Self::Question)
        } else {
            text.parse::<DossierCode>().map(Self::from)
        }
    }
}

impl TryFrom<String> for SubjectCode {
    type Error = Violation;

    fn try_from(text: String) -> Result<Self, Violation> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn a_report_s_code_is_read_again_and_is_never_a_dossier_s() {
        let text = "REPORT-2026-11-24-chairman";
        let code: SubjectCode = text.parse().unwrap();
        assert!(
            matches!(&code, SubjectCode::Report(report) if report.morning == date(2026, 11, 24))
        );
        assert_eq!(code.to_string(), text);
        assert!(text.parse::<DossierCode>().is_err());
        // A leader's key may look like the end of a dossier's code.
        for odd in ["REPORT-2026-11-24-a-261124-0001", "REPORT-2026-11-24-h20"] {
            assert!(
                odd.parse::<DossierCode>().is_err() && odd.parse::<SubjectCode>().is_ok(),
                "{odd}"
            );
        }
        for bad in [
            "REPORT-",
            "REPORT-2026-11-24",
            "REPORT-2026-11-24-",
            "REPORT-2026-11-31-a",
            "REPORT-2026-11-24-A",
        ] {
            assert!(bad.parse::<SubjectCode>().is_err(), "{bad}");
        }
        assert!(matches!("H20.12-261120-0001".parse(), Ok(SubjectCode::Dossier(_))));
        assert!(matches!("H20.01.PA-261120-0001".parse(), Ok(SubjectCode::Feedback(_))));
    }

    #[test]
    fn a_question_s_code_is_read_again_and_is_never_a_dossier_s() {
        let text = "ASK-H20.12-261120-0001";
        let code: SubjectCode = text.parse().unwrap();
        assert!(
            matches!(&code, SubjectCode::Question(QuestionCode(of)) if of.as_str() == &text[4..])
        );
        assert_eq!(code.to_string(), text);
        for odd in [text, "ASK-261120-0001", "ASK-ASK-H20.12-261120-0001", "ASK-"] {
            assert!(odd.parse::<DossierCode>().is_err(), "{odd}");
        }
        assert!("ASK-ASK-H20.12-261120-0001".parse::<SubjectCode>().is_err());
    }
}
