//! Codes that identify things, each a type that cannot hold nonsense. What people and systems write
//! goes through the text gate first: small letters, blanks and a typographer's dashes make no other
//! code.

mod number;

use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::{Violation, text};

pub use number::{BLOCK_DIGITS, CodeFormat, CodeGrammar, NoNumberLeft, SEQUENCE_DIGITS};

/// Gives a checked string type its conversions and its printing.
macro_rules! code_type {
    ($name:ident) => {
        impl $name {
            /// The code as it is written.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<$name> for String {
            fn from(code: $name) -> Self {
                code.0
            }
        }

        impl std::str::FromStr for $name {
            type Err = Violation;

            fn from_str(text: &str) -> Result<Self, Violation> {
                Self::try_from(text.to_owned())
            }
        }
    };
}

/// A code of capitals and digits, as it is meant.
fn written(text: &str) -> String {
    text::bare(text).to_ascii_uppercase()
}

/// The code of an authority (mã định danh).
///
/// Present grammar, left to right, at most 35 characters: `H20.12` (QĐ 20/2020/QĐ-TTg Đ.4). The
/// former grammar, right to left, `000.00.15.H58` (QCVN 102:2016), stays readable.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AgencyCode(String);
code_type!(AgencyCode);

impl TryFrom<String> for AgencyCode {
    type Error = Violation;

    fn try_from(text: String) -> Result<Self, Violation> {
        let text = written(&text);
        if text.len() <= 35 && (is_new_agency(&text) || is_old_agency(&text)) {
            return Ok(Self(text));
        }
        Err(Violation::new("agency", "agency-code", "must look like H20.12 or 000.00.15.H58"))
    }
}

/// Whether `group` is the code of a province or ministry: `H20`.
pub(crate) fn is_level_one(group: &str) -> bool {
    let bytes = group.as_bytes();
    bytes.len() == 3
        && (b'A'..=b'Y').contains(&bytes[0])
        && bytes[1..].iter().all(u8::is_ascii_digit)
}

fn is_new_agency(text: &str) -> bool {
    let mut groups = text.split('.');
    groups.next().is_some_and(is_level_one)
        && groups.all(|group| {
            !group.is_empty()
                && group.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase())
        })
}

impl AgencyCode {
    /// The code in the old grammar, right to left: `H58.15` is `000.00.15.H58`. A code that the old
    /// grammar has no room for stays as it is.
    pub fn right_to_left(&self) -> Self {
        let groups: Vec<&str> = self.0.split('.').collect();
        let group = |place: usize| groups.get(place).copied().unwrap_or("0");
        let old = format!("{:0>3}.{:0>2}.{:0>2}.{}", group(3), group(2), group(1), group(0));
        if groups.len() <= 4 && is_old_agency(&old) { Self(old) } else { self.clone() }
    }
}

fn is_old_agency(text: &str) -> bool {
    let groups: Vec<&str> = text.split('.').collect();
    let digits = |group: &str, count: usize| {
        group.len() == count && group.bytes().all(|byte| byte.is_ascii_digit())
    };
    matches!(groups[..], [four, three, two, one]
        if digits(four, 3) && digits(three, 2) && digits(two, 2) && is_level_one(one))
}

/// Code of a procedure (mã thủ tục hành chính): `1.005129`, or a province's own
/// `1.002835.000.00.00.H56`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ProcedureCode(String);
code_type!(ProcedureCode);

impl TryFrom<String> for ProcedureCode {
    type Error = Violation;

    fn try_from(text: String) -> Result<Self, Violation> {
        let text = written(&text);
        let bytes = text.as_bytes();
        let national = bytes.len() >= 8
            && bytes[0].is_ascii_digit()
            && bytes[1] == b'.'
            && bytes[2..8].iter().all(u8::is_ascii_digit);
        let local =
            || text.get(8..).and_then(|rest| rest.strip_prefix('.')).is_some_and(is_old_agency);
        if national && (bytes.len() == 8 || local()) {
            return Ok(Self(text));
        }
        Err(Violation::new(
            "procedure",
            "procedure-code",
            "must look like 1.005129 or 1.002835.000.00.00.H56",
        ))
    }
}

/// Code of a dossier (mã hồ sơ): agency, date, sequence of that day, e.g. `H20.12-261120-0001`.
///
/// Read in every grammar seen (TT 01/2018/TT-VPCP Đ.19; QĐ 20/2020; a ministry's `yyyyMMdd` with 7
/// digits), issued in one: see [`DossierCode::issue`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DossierCode(String);
code_type!(DossierCode);

impl TryFrom<String> for DossierCode {
    type Error = Violation;

    fn try_from(text: String) -> Result<Self, Violation> {
        let text = written(&text);
        let refused =
            || Violation::new("code", "dossier-code", "must look like H20.12-261120-0001");
        let mut parts = text.rsplitn(3, '-');
        let (Some(sequence), Some(date), Some(agency)) = (parts.next(), parts.next(), parts.next())
        else {
            return Err(refused());
        };
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let dated = matches!(date.len(), 6 | 8) && digits(date) && parse_date(date).is_some();
        let sequenced = (4..=7).contains(&sequence.len()) && digits(sequence);
        if !dated || !sequenced || AgencyCode::try_from(agency.to_owned()).is_err() {
            return Err(refused());
        }
        Ok(Self(text))
    }
}

impl DossierCode {
    /// The code of the `count`-th dossier, from 1, that `agency` takes in on `day`; a long sequence
    /// takes more digits, is never wrapped, and ends where it could not be read again.
    pub fn issue(
        format: CodeFormat,
        agency: &AgencyCode,
        day: Date,
        count: u32,
    ) -> Result<Self, NoNumberLeft> {
        let sequence = format.number(count).ok_or(NoNumberLeft)?;
        let (agency, date) = match format.grammar {
            CodeGrammar::LeftToRight => (agency.clone(), day.strftime("%y%m%d")),
            CodeGrammar::RightToLeft => (agency.right_to_left(), day.strftime("%y%m%d")),
            CodeGrammar::WholeYear => (agency.clone(), day.strftime("%Y%m%d")),
        };
        Ok(Self(format!(
            "{agency}-{date}-{sequence:0digits$}",
            digits = usize::from(format.digits)
        )))
    }

    /// Whether an integrator may give its dossier this number, so that it is never issued here as
    /// well.
    pub fn is_integrators(&self, format: CodeFormat) -> bool {
        let sequence = self.0.rsplit('-').next().unwrap_or_default();
        format.integrator_digit.is_none_or(|digit| sequence.starts_with(char::from(b'0' + digit)))
    }

    /// Whether `agency` took the dossier in, in whichever grammar its code is written.
    pub fn is_of(&self, agency: &AgencyCode) -> bool {
        self.agency_part() == agency.as_str()
            || self.agency_part() == agency.right_to_left().as_str()
    }

    /// The part before the date: the agency that took the dossier in.
    pub fn agency_part(&self) -> &str {
        self.0.rsplitn(3, '-').nth(2).unwrap_or_default()
    }

    /// The date written in the code.
    pub fn date(&self) -> Option<Date> {
        parse_date(self.0.rsplit('-').nth(1)?)
    }
}

fn parse_date(digits: &str) -> Option<Date> {
    let (year, rest) = digits.split_at_checked(digits.len().checked_sub(4)?)?;
    let year: i16 = match year.len() {
        2 => 2000 + year.parse::<i16>().ok()?,
        _ => year.parse().ok()?,
    };
    let (month, day) = rest.split_at_checked(2)?;
    Date::new(year, month.parse().ok()?, day.parse().ok()?).ok()
}

/// The permanent name of a leader's office, whatever its telephone number: `chairman`,
/// `van-phong-2`.
///
/// At most 24 characters, so that message ids made of it fit the 50 characters of SMS gateways.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
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
            "leader-key",
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
    /// The recipient.
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
        let refused =
            || Violation::new("code", "report-code", "must look like REPORT-2026-11-24-chairman");
        let rest = text.strip_prefix(REPORT).ok_or_else(refused)?;
        let (day, leader) = rest.split_at_checked(10).ok_or_else(refused)?;
        let morning: Date = day.parse().map_err(|_| refused())?;
        let leader =
            leader.strip_prefix('-').and_then(|leader| leader.parse().ok()).ok_or_else(refused)?;
        Ok(Self { morning, leader })
    }
}

/// What a thread of notices speaks of, as it is written: a dossier, or a leader's report of one
/// morning.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum SubjectCode {
    /// The code of a dossier.
    Dossier(DossierCode),
    /// The name of a leader's report.
    Report(ReportCode),
}

impl fmt::Display for SubjectCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dossier(code) => code.fmt(f),
            Self::Report(code) => code.fmt(f),
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
        Self::Dossier(code)
    }
}

impl From<ReportCode> for SubjectCode {
    fn from(code: ReportCode) -> Self {
        Self::Report(code)
    }
}

impl std::str::FromStr for SubjectCode {
    type Err = Violation;

    fn from_str(text: &str) -> Result<Self, Violation> {
        if text.starts_with(REPORT) {
            text.parse().map(Self::Report)
        } else {
            text.parse().map(Self::Dossier)
        }
    }
}

impl TryFrom<String> for SubjectCode {
    type Error = Violation;

    fn try_from(text: String) -> Result<Self, Violation> {
        text.parse()
    }
}

/// The permanent id of one command, by which a repetition is recognised.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CommandId(String);
code_type!(CommandId);

impl TryFrom<String> for CommandId {
    type Error = Violation;

    fn try_from(text: String) -> Result<Self, Violation> {
        if (1..=200).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Ok(Self(text));
        }
        Err(Violation::new(
            "Idempotency-Key",
            "command-id",
            "must be 1 to 200 visible ASCII characters",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn every_dossier_code_grammar_seen_in_the_field_is_read() {
        for code in [
            "000.00.15.H58-200101-0001",
            "H56.14-240229-10000",
            "H20-261120-0001",
            "G09.20-20260609-0092637",
            "H20.12.3A-261120-0001",
        ] {
            assert!(code.parse::<DossierCode>().is_ok(), "{code}");
        }
    }

    #[test]
    fn a_code_is_found_however_it_was_copied() {
        for text in [
            "h20.12-261120-0001",
            "H20.12\u{2013}261120\u{2011}0001",
            "\n H20.12-261120-0001 \r\n",
            "H20.12 - 261120 - 0001",
            "\u{feff}Ｈ２０．１２－２６１１２０－０００１\u{200b}",
        ] {
            assert_eq!(
                text.parse::<DossierCode>().as_ref().map(DossierCode::as_str),
                Ok("H20.12-261120-0001"),
                "{text}"
            );
        }
        assert_eq!(" h20.12 ".parse::<AgencyCode>().as_ref().map(AgencyCode::as_str), Ok("H20.12"));
        let local = "1.002835.000.00.00.h56\n".parse::<ProcedureCode>();
        assert_eq!(local.as_ref().map(ProcedureCode::as_str), Ok("1.002835.000.00.00.H56"));
    }

    #[test]
    fn what_is_not_a_dossier_code_is_refused() {
        for code in [
            "",
            "H20.12",
            "H20.12-261120-1",
            "H20.12-261120-12345678",
            "H20.12-261320-0001",
            "H20.12-230229-0001",
            "Z20.12-261120-0001",
            "H20.-261120-0001",
            "00.00.15.H58-200101-0001",
            "H20.12-26112-0001",
            "H20.12-261120-000á",
            "-261120-0001",
        ] {
            assert!(code.parse::<DossierCode>().is_err(), "{code}");
        }
    }

    const YEAR_SHORT: CodeFormat =
        CodeFormat { grammar: CodeGrammar::LeftToRight, digits: 4, integrator_digit: Some(9) };

    #[test]
    fn the_ten_thousandth_dossier_of_a_day_gets_a_fifth_digit() {
        let agency: AgencyCode = "H20.12".parse().unwrap();
        let free = CodeFormat { integrator_digit: None, ..YEAR_SHORT };
        let issued = |count| {
            DossierCode::issue(free, &agency, date(2026, 11, 20), count).unwrap().to_string()
        };
        assert_eq!(issued(1), "H20.12-261120-0001");
        assert_eq!(issued(10_000), "H20.12-261120-10000");
    }

    #[test]
    fn no_number_of_an_integrator_is_ever_issued() {
        let agency: AgencyCode = "H20.12".parse().unwrap();
        for digit in BLOCK_DIGITS {
            let format = CodeFormat { integrator_digit: Some(digit), ..YEAR_SHORT };
            let mut before = 0;
            for count in (1..=130_000).chain([999_999, 1_000_000, 8_000_000]) {
                let issued =
                    DossierCode::issue(format, &agency, date(2026, 11, 20), count).unwrap();
                assert!(!issued.is_integrators(format), "{issued}");
                let number: u32 = issued.as_str().rsplit('-').next().unwrap().parse().unwrap();
                assert!(number > before, "{issued} after {before}");
                before = number;
            }
        }
    }

    #[test]
    fn the_numbers_step_over_what_integrators_may_bring() {
        let agency: AgencyCode = "H20.12".parse().unwrap();
        let issued = |count| {
            DossierCode::issue(YEAR_SHORT, &agency, date(2026, 11, 20), count).unwrap().to_string()
        };
        for (count, expected) in
            [(8_999, "8999"), (9_000, "10000"), (88_999, "89999"), (89_000, "100000")]
        {
            assert_eq!(issued(count), format!("H20.12-261120-{expected}"));
        }
    }

    #[test]
    fn a_number_that_could_not_be_read_again_is_not_issued() {
        let agency: AgencyCode = "H20.12".parse().unwrap();
        for (digit, last) in [(None, 9_999_999), (Some(9), 8_888_999), (Some(1), 8_888_999)] {
            let format = CodeFormat { integrator_digit: digit, ..YEAR_SHORT };
            let issue = |count| DossierCode::issue(format, &agency, date(2026, 11, 20), count);
            assert!(issue(last).unwrap().to_string().parse::<DossierCode>().is_ok());
            assert_eq!((issue(last + 1), issue(u32::MAX)), (Err(NoNumberLeft), Err(NoNumberLeft)));
        }
    }

    #[test]
    fn a_dossier_code_is_issued_in_the_grammar_asked_for_and_read_again() {
        for (grammar, digits, agency, expected) in [
            (CodeGrammar::LeftToRight, 4, "H58.15", "H58.15-260109-0042"),
            (CodeGrammar::LeftToRight, 6, "H58.15", "H58.15-260109-000042"),
            (CodeGrammar::WholeYear, 7, "G09.20", "G09.20-20260109-0000042"),
            (CodeGrammar::RightToLeft, 4, "H58", "000.00.00.H58-260109-0042"),
            (CodeGrammar::RightToLeft, 4, "H58.15", "000.00.15.H58-260109-0042"),
            (CodeGrammar::RightToLeft, 4, "H58.15.3", "000.03.15.H58-260109-0042"),
            (CodeGrammar::RightToLeft, 4, "H58.15.3.7", "007.03.15.H58-260109-0042"),
            (CodeGrammar::RightToLeft, 4, "000.00.15.H58", "000.00.15.H58-260109-0042"),
            // No room in the old grammar: three digits, a letter, a fifth level.
            (CodeGrammar::RightToLeft, 4, "H20.101", "H20.101-260109-0042"),
            (CodeGrammar::RightToLeft, 4, "H20.3A", "H20.3A-260109-0042"),
            (CodeGrammar::RightToLeft, 4, "H20.1.2.3.4", "H20.1.2.3.4-260109-0042"),
        ] {
            let agency: AgencyCode = agency.parse().unwrap();
            let format = CodeFormat { grammar, digits, integrator_digit: None };
            let issued = DossierCode::issue(format, &agency, date(2026, 1, 9), 42).unwrap();
            assert_eq!(issued.as_str(), expected);
            assert_eq!(expected.parse(), Ok(issued.clone()));
            assert!(issued.is_of(&agency) && !issued.is_of(&"H99".parse().unwrap()), "{expected}");
        }
    }

    #[test]
    fn a_dossier_code_tells_its_agency_and_its_date() {
        let code: DossierCode = "000.00.15.H58-200229-0001".parse().unwrap();
        assert_eq!(code.agency_part(), "000.00.15.H58");
        assert_eq!(code.date(), Some(date(2020, 2, 29)));
    }

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
    }

    #[test]
    fn procedure_codes_are_national_or_of_a_province() {
        for good in ["1.005129", "2.000635", "1.002835.000.00.00.H56"] {
            assert!(good.parse::<ProcedureCode>().is_ok(), "{good}");
        }
        for bad in ["", "1.00512", "1.0051290", "1,005129", "1.002835.H56", "1.00é129"] {
            assert!(bad.parse::<ProcedureCode>().is_err(), "{bad}");
        }
    }
}
