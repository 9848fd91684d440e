//! Authorities that receive and settle dossiers, with the time in which each exists, its names, and
//! who comes after it.

mod heirs;

use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

pub use heirs::{Matter, Part, Remit};
pub(crate) use heirs::{Matters, carried_on_by, successor_violations};

use crate::dated::{ValidFrom, in_force};
use crate::id::AgencyCode;
use crate::row::{Lasting, RowChecks};
use crate::{RuleName, Violation, text};

/// Code of a unit of the lowest tier as statistics knows it (mã đơn vị hành chính cấp xã): five
/// digits, never reused.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(feature = "schema", schemars(extend("pattern" = r"^\d{5}$")))]
pub struct WardCode(String);

impl TryFrom<String> for WardCode {
    type Error = Violation;

    fn try_from(text: String) -> Result<Self, Violation> {
        let text = text::bare(&text);
        if text.len() == 5 && text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Ok(Self(text));
        }
        Err(Violation::new("ward", RuleName::WardCode, "must be five digits"))
    }
}

impl From<WardCode> for String {
    fn from(code: WardCode) -> Self {
        code.0
    }
}

impl fmt::Display for WardCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A name that an agency got after it had begun under another.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Rename {
    /// The first day on which it bears the name.
    pub from: Date,
    /// The agency's name in Vietnamese.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = r"\S")))]
    pub name: String,
}

impl ValidFrom for Rename {
    fn valid_from(&self) -> Date {
        self.from
    }
}

/// Tier of government. Districts ended on 1 July 2025 (NQ 202/2025/QH15) and stay readable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum AgencyLevel {
    /// The people's committee of a province.
    Province,
    /// A department of a province (sở).
    Department,
    /// A district, before 1 July 2025.
    District,
    /// A commune or ward (cấp xã).
    Commune,
}

impl AgencyLevel {
    /// Every tier, from the top.
    pub const ALL: [Self; 4] = [Self::Province, Self::Department, Self::District, Self::Commune];

    /// The name in the contract and the catalogue's files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Province => "province",
            Self::Department => "department",
            Self::District => "district",
            Self::Commune => "commune",
        }
    }

    /// The Vietnamese name for people.
    pub fn vietnamese(self) -> &'static str {
        match self {
            Self::Province => "Ủy ban nhân dân tỉnh",
            Self::Department => "Sở, ban, ngành",
            Self::District => "Cấp huyện",
            Self::Commune => "Cấp xã",
        }
    }
}

/// An authority that receives and settles dossiers.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Agency {
    /// The agency's code, never reused.
    pub code: AgencyCode,
    /// Its name in Vietnamese, from its first day on.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = r"\S")))]
    name: String,
    /// Names that it got later, oldest first.
    #[serde(default)]
    renamed: Vec<Rename>,
    /// The tier of the agency.
    pub level: AgencyLevel,
    /// The authority above it; `None` for a province.
    pub parent: Option<AgencyCode>,
    /// First day on which it takes dossiers in.
    pub valid_from: Date,
    /// Last such day; none while it exists.
    pub valid_to: Option<Date>,
    /// Who carries on after the last day: with everything, or with what no part of the division
    /// takes.
    pub successor: Option<AgencyCode>,
    /// Parts that others carry on with; the first that fits a dossier takes it.
    #[serde(default)]
    pub division: Vec<Part>,
}

impl Agency {
    /// What it is called on `day`; before its first day as on that.
    pub fn name_on(&self, day: Date) -> &str {
        in_force(&self.renamed, day).map_or(&self.name, |rename| &rename.name)
    }

    /// Days on which it gets a name: its first, and those of its renames.
    pub(crate) fn named_on(&self) -> impl Iterator<Item = Date> {
        [self.valid_from].into_iter().chain(self.renamed.iter().map(|rename| rename.from))
    }

    /// The rules that this entry breaks by itself; `at` is its position in the file.
    pub(crate) fn violations(&self, at: &str) -> Vec<Violation> {
        let mut row = RowChecks::of(at, self.code.as_str());
        row.check("name", RuleName::Name, !self.name.trim().is_empty(), "has no name");
        let mut before = self.valid_from;
        for (place, rename) in self.renamed.iter().enumerate() {
            let of = |field: &str| format!("renamed[{place}].{field}");
            row.check(&of("name"), RuleName::Name, !rename.name.trim().is_empty(), "has no name");
            let ordered =
                before < rename.from && self.valid_to.is_none_or(|last| rename.from <= last);
            row.check(
                &of("from"),
                RuleName::OrderedNames,
                ordered,
                "names follow each other between its first day and its last",
            );
            before = rename.from;
        }
        row.forward(self.lasting());
        row.found()
    }

    fn lasting(&self) -> Lasting {
        Lasting { first: self.valid_from, last: self.valid_to }
    }

    /// Whether the authority exists on `day`.
    pub fn exists_on(&self, day: Date) -> bool {
        self.lasting().covers(day)
    }

    /// Whether the agency's last day is before `day`.
    pub fn has_ended_by(&self, day: Date) -> bool {
        self.lasting().has_ended_by(day)
    }
}
