//! In which grammar dossier codes are issued, and which numbers.

use serde::Deserialize;

/// The first digits that integrators' numbers may have; 0 is taken by our own short numbers.
pub const BLOCK_DIGITS: std::ops::RangeInclusive<u8> = 1..=9;

/// The fewest and the most digits that a sequence can be written with and read again.
pub const SEQUENCE_DIGITS: std::ops::RangeInclusive<u8> = 4..=7;

/// How dossier codes are issued from a day on. Closed, so that whatever is issued can be read
/// again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CodeFormat {
    /// The order of the parts.
    pub grammar: CodeGrammar,
    /// The fewest digits of the sequence; more where the day needs them.
    #[cfg_attr(feature = "schema", schemars(range(min = *SEQUENCE_DIGITS.start(), max = *SEQUENCE_DIGITS.end())))]
    pub digits: u8,
    /// The first digit, 1 to 9, of the numbers that integrators give themselves and that are never
    /// issued here. Without it they choose among all numbers, and what they took is passed over.
    #[serde(default, rename = "integratorDigit")]
    #[cfg_attr(feature = "schema", schemars(range(min = *BLOCK_DIGITS.start(), max = *BLOCK_DIGITS.end())))]
    pub integrator_digit: Option<u8>,
}

impl CodeFormat {
    /// The `count`-th number that is issued here, from 1: those of integrators are left out. None
    /// where it would have more digits than can be read again.
    pub(super) fn number(self, count: u32) -> Option<u32> {
        let mut number = count;
        for digits in self.digits..=*SEQUENCE_DIGITS.end() {
            let block = 10_u32.pow(u32::from(digits).saturating_sub(1));
            // Every block of integrators that lies below has been stepped over.
            if self.integrator_digit.is_some_and(|first| number >= u32::from(first) * block) {
                number = number.checked_add(block)?;
            }
        }
        (number < 10_u32.pow(u32::from(*SEQUENCE_DIGITS.end()))).then_some(number)
    }
}

/// An agency has taken in as many dossiers on one day as there are numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the agency has no number left on this day")]
pub struct NoNumberLeft;

/// The grammars in which a dossier code can be issued.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum CodeGrammar {
    /// Agency from left to right: `H58.15-261120-0001` (QĐ 20/2020/QĐ-TTg).
    #[serde(rename = "{agency}-{yyMMdd}-{sequence}")]
    LeftToRight,
    /// Agency from right to left: `000.00.15.H58-200101-0001` (TT 01/2018/TT-VPCP Đ.19).
    #[serde(rename = "{agencyRightToLeft}-{yyMMdd}-{sequence}")]
    RightToLeft,
    /// The year in four digits, as a ministry has it: `G09.20-20260609-0092637`.
    #[serde(rename = "{agency}-{yyyyMMdd}-{sequence}")]
    WholeYear,
}
