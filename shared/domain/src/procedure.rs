//! Administrative procedures (thủ tục hành chính): what may be asked for, and how long it may take.

mod fee;
mod form;

use std::collections::BTreeSet;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::agency::{Agency, AgencyLevel};
use crate::dated::ValidFrom;
use crate::id::{ProcedureCode, is_level_one};
use crate::outcome::ResultKind;
use crate::provenance::Trust;
use crate::retention::Retention;
use crate::term::{Term, TermUnit};
use crate::{RuleName, Violation};

pub use fee::{Exemption, Fee, FeeKind, UNIT_VND_MAX};
pub use form::ProcedureForm;

/// How a dossier comes in. National codes 1, 2, 3 (`KenhThucHien`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Channel {
    /// At the counter (trực tiếp).
    Counter,
    /// On the portal (trực tuyến).
    Online,
    /// By the public postal service (bưu chính công ích).
    Postal,
}

impl Channel {
    /// All channels, in the order of the report.
    pub const ALL: [Self; 3] = [Self::Online, Self::Counter, Self::Postal];

    /// The name in JSON and in addresses.
    pub fn name(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Online => "online",
            Self::Postal => "postal",
        }
    }

    /// The Vietnamese name for people.
    pub fn vietnamese(self) -> &'static str {
        match self {
            Self::Counter => "Trực tiếp",
            Self::Online => "Trực tuyến",
            Self::Postal => "Bưu chính công ích",
        }
    }

    /// Whether what comes by it is brought or sent to an agency, where somebody takes it in.
    pub fn is_brought(self) -> bool {
        match self {
            Self::Counter | Self::Postal => true,
            Self::Online => false,
        }
    }
}

/// How far a procedure can be done on-line (NĐ 42/2022).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum OnlineLevel {
    /// From start to end (toàn trình).
    Full,
    /// Partly on-line (một phần).
    Partial,
    /// Information only: it cannot be handed in on-line.
    Information,
}

impl OnlineLevel {
    /// Every level, the furthest first.
    pub const ALL: [Self; 3] = [Self::Full, Self::Partial, Self::Information];

    /// The name in the contract and the catalogue's files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Partial => "partial",
            Self::Information => "information",
        }
    }

    /// The Vietnamese name for people.
    pub fn vietnamese(self) -> &'static str {
        match self {
            Self::Full => "Toàn trình",
            Self::Partial => "Một phần",
            Self::Information => "Cung cấp thông tin",
        }
    }
}

/// The field of administration that a procedure belongs to (lĩnh vực).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// The field's code, e.g. `G15-HT`.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = r"^[A-Y]\d{2}-[0-9A-Z]+$")))]
    pub code: String,
    /// The field's name in Vietnamese.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = r"\S")))]
    pub name: String,
}

/// Terms by channel; none means the procedure gives no date.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Terms {
    counter: Option<Term>,
    online: Option<Term>,
    postal: Option<Term>,
}

/// A document that a procedure asks for (thành phần hồ sơ).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct DocumentRequirement {
    /// The document's code within the procedure.
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = CODE_BYTES_MAX)))]
    pub code: String,
    /// The document's name in Vietnamese.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = r"\S")))]
    pub name: String,
    /// Whether a dossier without it is incomplete.
    pub required: bool,
}

/// A step of the work on a dossier within the agency (bước của quy trình nội bộ).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Step {
    /// The step's code within the procedure: 1 to 64 visible ASCII characters, as lists are asked
    /// for by it.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = r"^[!-~]{1,64}$")))]
    pub code: String,
    /// The step's name in Vietnamese.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = r"\S")))]
    pub name: String,
    /// Who does it, in Vietnamese: a unit or a rank, and no person.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = r"\S")))]
    pub by: String,
    /// How much office time it may take, in hours.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 1_000)))]
    pub working_hours: u16,
}

/// One version of a procedure.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Procedure {
    /// The national or local code (mã TTHC).
    pub code: ProcedureCode,
    /// Its version: a dossier keeps the one it was submitted under.
    #[cfg_attr(feature = "schema", schemars(range(min = 1)))]
    pub version: u32,
    /// The procedure's name in Vietnamese.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = r"\S")))]
    pub name: String,
    /// The field of the procedure.
    pub field: Field,
    /// The tier that settles it.
    pub level: AgencyLevel,
    /// The level of the on-line service.
    pub online: OnlineLevel,
    /// The term for each channel.
    pub terms: Terms,
    /// What has to be handed in.
    #[cfg_attr(feature = "schema", schemars(length(min = 1)))]
    pub documents: Vec<DocumentRequirement>,
    /// What it may result in; an electronic document or one on paper where the file says nothing.
    #[serde(default = "any_document")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1), extend("uniqueItems" = true)))]
    pub results: Vec<ResultKind>,
    /// The steps of the work within the agency, in their order; none where it is not divided.
    #[serde(default)]
    pub steps: Vec<Step>,
    /// The electronic form; none where the procedure is applied for by documents alone.
    #[serde(default)]
    pub form: Option<ProcedureForm>,
    /// How long what was handed in is kept; as the rules of the day say where it says nothing.
    #[serde(default)]
    pub retention: Option<Retention>,
    /// The fee in whole đồng.
    pub fee_vnd: u64,
    /// The items that the fee is made of; one, where the file does not divide it.
    #[serde(default)]
    pub fees: Vec<Fee>,
    /// The first day on which this version is in force.
    pub valid_from: Date,
    /// How well this entry is vouched for.
    pub trust: Trust,
}

fn any_document() -> Vec<ResultKind> {
    vec![ResultKind::Electronic, ResultKind::Paper]
}

/// Longest code of a document or a step, in bytes: it is a key within its procedure.
const CODE_BYTES_MAX: usize = 64;

impl ValidFrom for Procedure {
    fn valid_from(&self) -> Date {
        self.valid_from
    }
}

impl Procedure {
    /// The rules that the entry breaks by itself; `place` is its position in the file, from 0.
    pub(crate) fn violations(&self, place: usize) -> Vec<Violation> {
        let mut found = Vec::new();
        let mut check = |field: &str, rule: RuleName, holds: bool, detail: &str| {
            if !holds {
                let field = format!("procedures[{place}].{field}");
                found.push(Violation::new(field, rule, format!("{}: {detail}", self.code)));
            }
        };
        check("version", RuleName::Version, self.version >= 1, "versions are counted from 1");
        check("name", RuleName::Name, !self.name.trim().is_empty(), "has no name");
        check(
            "field.code",
            RuleName::FieldCode,
            is_field_code(&self.field.code),
            "the code of its field must look like G15-HT",
        );
        check(
            "field.name",
            RuleName::Name,
            !self.field.name.trim().is_empty(),
            "its field has no name",
        );
        check(
            "documents",
            RuleName::Documents,
            !self.documents.is_empty(),
            "asks for no document: at least the application is one",
        );
        let kinds: BTreeSet<&ResultKind> = self.results.iter().collect();
        check(
            "results",
            RuleName::Results,
            !kinds.is_empty() && kinds.len() == self.results.len(),
            "names at least one kind of result, and each once",
        );
        for (nth, document) in self.documents.iter().enumerate() {
            let at = |field: &str| format!("documents[{nth}].{field}");
            let coded = (1..=CODE_BYTES_MAX).contains(&document.code.len());
            check(
                &at("code"),
                RuleName::DocumentCode,
                coded,
                "a document has a code of 1 to 64 bytes",
            );
            check(
                &at("name"),
                RuleName::Name,
                !document.name.trim().is_empty(),
                "a document has no name",
            );
        }
        for (nth, step) in self.steps.iter().enumerate() {
            let at = |field: &str| format!("steps[{nth}].{field}");
            let detail = "a step has a code of 1 to 64 visible ASCII characters";
            check(&at("code"), RuleName::StepCode, is_step_code(&step.code), detail);
            let others = self.steps.iter().take(nth);
            let unique = others.map(|other| &other.code).all(|other| *other != step.code);
            check(&at("code"), RuleName::UniqueCode, unique, "two steps have one code");
            for (field, name) in [("name", &step.name), ("by", &step.by)] {
                check(&at(field), RuleName::Name, !name.trim().is_empty(), "a step has no name");
            }
            let counted = Term::new(step.working_hours, TermUnit::WorkingHour).is_ok();
            check(&at("workingHours"), RuleName::Range, counted, "must be 1 to 1,000 hours");
        }
        found.extend(self.fee_violations(&format!("procedures[{place}]")));
        let code = self.code.as_str();
        let form = self.form.iter();
        found.extend(
            form.flat_map(|form| form.violations(&format!("procedures[{place}].form"), code)),
        );
        let kept = self.retention.iter();
        found.extend(
            kept.flat_map(|kept| kept.violations(&format!("procedures[{place}].retention"), code)),
        );
        found
    }

    /// Whether `other` is the same to everybody who applies; how well it is vouched for may have
    /// become clearer, the agency may divide its work otherwise, and an exemption from a fee has days
    /// of its own.
    pub(crate) fn says_the_same_as(&self, other: &Self) -> bool {
        let form = match (&other.form, &self.form) {
            (Some(theirs), Some(ours)) => Some(theirs.unvouched(ours)),
            (theirs, _) => theirs.clone(),
        };
        let retention = match (&other.retention, &self.retention) {
            (Some(theirs), Some(ours)) => Some(theirs.unvouched(ours)),
            (theirs, _) => theirs.clone(),
        };
        let (steps, fees) = (self.steps.clone(), self.fees.clone());
        self.unexempted_fees() == other.unexempted_fees()
            && *self == Self { trust: self.trust, steps, fees, form, retention, ..other.clone() }
    }

    /// The term for dossiers that come in by `channel`.
    pub fn term(&self, channel: Channel) -> Option<Term> {
        match channel {
            Channel::Counter => self.terms.counter,
            Channel::Online => self.terms.online,
            Channel::Postal => self.terms.postal,
        }
    }

    /// Whether a dossier may come in by `channel`.
    pub fn takes(&self, channel: Channel) -> bool {
        channel != Channel::Online || self.online != OnlineLevel::Information
    }

    /// Whether `agency` settles it, as far as its tier says: one of another tier has no power to.
    pub fn is_settled_by(&self, agency: &Agency) -> bool {
        agency.level == self.level
    }
}

/// Whether `code` can be that of a step: 1 to 64 visible ASCII characters.
pub fn is_step_code(code: &str) -> bool {
    (1..=CODE_BYTES_MAX).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Whether `code` is that of a field (mã lĩnh vực): `MX1X2-LV`, e.g. `G03-GD10` (TT 01/2018/TT-VPCP
/// Đ.20).
pub fn is_field_code(code: &str) -> bool {
    let Some((owner, field)) = code.split_once('-') else {
        return false;
    };
    is_level_one(owner)
        && !field.is_empty()
        && field.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase())
}
