//! What is certain about a number besides how it is written.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::provenance::Trust;
use crate::{RuleName, Violation};

/// A check that a kind of number asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub(super) enum Check {
    /// Province or country, and century of birth, are such as there are.
    CitizenNumber,
    /// The tenth digit follows from the nine before it, and there is no branch 000.
    TaxCode,
    /// There is a digit in it.
    Digit,
    /// The scheme of an organisation is one of 01 to 99 (QĐ 20/2020/QĐ-TTg Đ.6).
    Scheme,
}

impl Check {
    pub(super) fn passes(
        self,
        number: &str,
        citizens: &CitizenNumbers,
        tax_codes: &TaxCodes,
    ) -> Result<(), Violation> {
        let broken = |rule, detail: &str| Err(Violation::new("idNumber", rule, detail));
        match self {
            Self::CitizenNumber if !citizens.knows_place(number) => broken(
                RuleName::CitizenIdProvince,
                "begins with the code of no province and no country",
            ),
            Self::CitizenNumber if citizens.born(number).is_none() => {
                broken(RuleName::CitizenIdCentury, "has a fourth digit that stands for no century")
            }
            Self::TaxCode if !tax_codes.is_made_so(number) => broken(
                RuleName::TaxCodeCheckDigit,
                "has another tenth digit than its first nine give",
            ),
            Self::TaxCode if number.ends_with("-000") => {
                broken(RuleName::TaxCodeBranch, "names a branch 000, which there is not")
            }
            Self::Digit if !number.bytes().any(|byte| byte.is_ascii_digit()) => {
                broken(RuleName::IdNumberDigit, "has no digit")
            }
            Self::Scheme if number.get(1..3) == Some("00") => {
                broken(RuleName::OrganisationScheme, "has a scheme 00, which there is not")
            }
            Self::CitizenNumber | Self::TaxCode | Self::Digit | Self::Scheme => Ok(()),
        }
    }
}

/// The highest code of a country: as a province's it has three digits.
const COUNTRY_MAX: u16 = 999;

/// How citizens' numbers are made: three digits of the place where the birth was registered, one of
/// century and sex, two of the year, and six that mean nothing (NĐ 137/2015/NĐ-CP Đ.13).
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CitizenNumbers {
    /// Codes of provinces, also of those that have ended: a number is for life.
    #[cfg_attr(feature = "schema", schemars(length(min = 1), inner(regex(pattern = r"^\d{3}$"))))]
    provinces: BTreeSet<String>,
    /// First code of a country, for who was registered abroad.
    #[cfg_attr(feature = "schema", schemars(range(max = COUNTRY_MAX)))]
    countries_from: u16,
    /// The last country code.
    #[cfg_attr(feature = "schema", schemars(range(max = COUNTRY_MAX)))]
    countries_to: u16,
    /// The first year of the century by the fourth digit.
    #[cfg_attr(feature = "schema", schemars(extend("minProperties" = 1, "propertyNames" = {"pattern": r"^\d$"}, "additionalProperties" = {"type": "integer", "minimum": 1800, "maximum": 2900, "multipleOf": 100})))]
    centuries: BTreeMap<String, i16>,
    /// The source of the entry.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = r"\S")))]
    source: String,
    /// How well it is vouched for.
    #[serde(rename = "trust")]
    _trust: Trust,
}

impl CitizenNumbers {
    pub(super) fn violations(&self) -> Vec<Violation> {
        let mut found = Vec::new();
        let mut check = |field: &str, rule, holds: bool, detail: &str| {
            if !holds {
                found.push(Violation::new(format!("citizenNumber.{field}"), rule, detail));
            }
        };
        let digits = |text: &str, count: usize| {
            text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit())
        };
        check("provinces", RuleName::Province, !self.provinces.is_empty(), "names no province");
        check(
            "provinces",
            RuleName::Province,
            self.provinces.iter().all(|code| digits(code, 3)),
            "a province has three digits",
        );
        check(
            "countriesTo",
            RuleName::Country,
            self.countries_from <= self.countries_to && self.countries_to <= COUNTRY_MAX,
            "countries have three digits and do not end before they begin",
        );
        check("centuries", RuleName::Century, !self.centuries.is_empty(), "names no century");
        check(
            "centuries",
            RuleName::Century,
            self.centuries.keys().all(|digit| digits(digit, 1)),
            "a century has one digit",
        );
        let years =
            self.centuries.values().all(|year| (1800..=2900).contains(year) && year % 100 == 0);
        check(
            "centuries",
            RuleName::Century,
            years,
            "a century begins with a year that ends in 00",
        );
        check("source", RuleName::Source, !self.source.trim().is_empty(), "a source is left out");
        found
    }

    fn knows_place(&self, number: &str) -> bool {
        let Some(place) = number.get(..3) else { return false };
        let country = place
            .parse::<u16>()
            .is_ok_and(|code| (self.countries_from..=self.countries_to).contains(&code));
        country || self.provinces.contains(place)
    }

    /// The year of birth; none where the century is none.
    pub(super) fn born(&self, number: &str) -> Option<i16> {
        let century = self.centuries.get(number.get(3..4)?)?;
        Some(century + number.get(4..6)?.parse::<i16>().ok()?)
    }
}

/// How tax codes of enterprises are made: the tenth digit checks the first nine.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TaxCodes {
    /// By what each of the first nine digits is multiplied; the tenth is ten less the rest of the
    /// sum by eleven.
    #[cfg_attr(feature = "schema", schemars(length(equal = 9), inner(range(min = 1, max = 100))))]
    weights: Vec<u32>,
    /// The source of the entry.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = r"\S")))]
    source: String,
    /// How well it is vouched for.
    #[serde(rename = "trust")]
    _trust: Trust,
}

impl TaxCodes {
    pub(super) fn violations(&self) -> Vec<Violation> {
        let mut found = Vec::new();
        let mut check = |field: &str, rule, holds: bool, detail: &str| {
            if !holds {
                found.push(Violation::new(format!("taxCode.{field}"), rule, detail));
            }
        };
        let nine =
            self.weights.len() == 9 && self.weights.iter().all(|weight| (1..=100).contains(weight));
        check("weights", RuleName::Weights, nine, "must be nine numbers of 1 to 100");
        check("source", RuleName::Source, !self.source.trim().is_empty(), "a source is left out");
        found
    }

    fn is_made_so(&self, number: &str) -> bool {
        let digits: Vec<u32> = number.chars().take(10).filter_map(|c| c.to_digit(10)).collect();
        let [first @ .., check] = digits.as_slice() else { return false };
        let sum: u32 = first.iter().zip(&self.weights).map(|(digit, weight)| digit * weight).sum();
        // Where the rest is nought no digit fits, and no code is given.
        first.len() == self.weights.len() && 10 - sum % 11 == *check
    }
}
