//! The code of a dossier, in every grammar seen.

use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{AgencyCode, CodeFormat, CodeGrammar, NoNumberLeft, written};
use crate::{RuleName, Violation};

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
            || Violation::new("code", RuleName::DossierCode, "must look like H20.12-261120-0001");
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::BLOCK_DIGITS;
    use jiff::civil::date;

    const YEAR_SHORT: CodeFormat =
        CodeFormat { grammar: CodeGrammar::LeftToRight, digits: 4, integrator_digit: Some(9) };

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
    fn a_dossier_code_names_its_agency_and_its_date() {
        let code: DossierCode = "000.00.15.H58-200229-0001".parse().unwrap();
        assert_eq!(code.agency_part(), "000.00.15.H58");
        assert_eq!(code.date(), Some(date(2020, 2, 29)));
    }
}
