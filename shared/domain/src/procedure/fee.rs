//! What a procedure costs (phí, lệ phí): its items, and who pays less or nothing, by rule and from
//! a day on.

use std::collections::BTreeSet;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{CODE_BYTES_MAX, Channel, Procedure, is_step_code};
use crate::provenance::Trust;
use crate::{RuleName, Violation};

/// The most that one unit of an item may cost, in đồng: a digit too many is more.
pub const UNIT_VND_MAX: u64 = 1_000_000_000_000;

/// Code of the one item of a procedure whose file does not divide its fee.
const WHOLE_FEE: &str = "fee";

/// What the law calls the item (Luật Phí và lệ phí 97/2015).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum FeeKind {
    /// What covers the cost of a service (phí).
    Charge,
    /// A fixed amount for what an authority does (lệ phí).
    Fee,
}

impl FeeKind {
    /// Every kind, in the order of the contract.
    pub const ALL: [Self; 2] = [Self::Charge, Self::Fee];
}

/// One item of what a procedure costs.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Fee {
    /// The item's code within the procedure: 1 to 64 visible ASCII characters.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = r"^[!-~]{1,64}$")))]
    pub code: String,
    /// The item's name in Vietnamese.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = r"\S")))]
    pub name: String,
    /// What the law calls it.
    pub kind: FeeKind,
    /// What one unit costs, in whole đồng; 1 to 1,000,000,000,000.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = UNIT_VND_MAX)))]
    pub amount_vnd: u64,
    /// Who pays less or nothing.
    #[serde(default)]
    pub exemptions: Vec<Exemption>,
}

/// A rule by which an applicant pays less of an item, or nothing (miễn, giảm).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Exemption {
    /// The rule's code within the item: 1 to 64 visible ASCII characters.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = r"^[!-~]{1,64}$")))]
    pub code: String,
    /// Whom it is for, in Vietnamese.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = r"\S")))]
    pub name: String,
    /// How much of the item is not paid, in percent; 1 to 100.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 100)))]
    pub percent: u8,
    /// The channel whose dossiers it holds for by itself; without one an officer has to see that it
    /// holds.
    #[serde(default)]
    pub channel: Option<Channel>,
    /// The first day on which it holds.
    pub valid_from: Date,
    /// The last day on which it holds; none where no end is decided.
    #[serde(default)]
    pub valid_until: Option<Date>,
    /// Where it is written.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = r"\S")))]
    pub source: String,
    /// How well it is vouched for.
    pub trust: Trust,
}

impl Exemption {
    /// Whether it is in force on `day`.
    pub fn holds_on(&self, day: Date) -> bool {
        self.valid_from <= day && self.valid_until.is_none_or(|last| day <= last)
    }

    fn violations(&self, at: &str, name: &str) -> Vec<Violation> {
        let mut found = Vec::new();
        let mut check = |field: &str, rule: RuleName, holds: bool, detail: &str| {
            if !holds {
                let field = format!("{at}.{field}");
                found.push(Violation::new(field, rule, format!("{name}: {detail}")));
            }
        };
        let coded = is_step_code(&self.code);
        let detail = "an exemption has a code of 1 to 64 visible ASCII characters";
        check("code", RuleName::FeeCode, coded, detail);
        let named = !self.name.trim().is_empty();
        check("name", RuleName::Name, named, "an exemption has no name");
        let share = (1..=100).contains(&self.percent);
        check("percent", RuleName::Range, share, "must be 1 to 100 percent");
        let ordered = self.valid_until.is_none_or(|last| self.valid_from <= last);
        check("validUntil", RuleName::ValidRange, ordered, "it ends before it begins");
        let sourced = !self.source.trim().is_empty();
        check("source", RuleName::Source, sourced, "an exemption has no source");
        found
    }
}

impl Fee {
    /// The rule that a dossier of `channel` is under on `day` without anybody having chosen one: the
    /// one that takes most off.
    pub fn own_exemption(&self, channel: Channel, day: Date) -> Option<&Exemption> {
        let by_itself = |rule: &&Exemption| rule.channel == Some(channel) && rule.holds_on(day);
        self.exemptions.iter().filter(by_itself).max_by_key(|rule| rule.percent)
    }

    /// The rule with this code that an officer may choose for a dossier of `channel` on `day`.
    pub fn exemption(&self, code: &str, channel: Channel, day: Date) -> Option<&Exemption> {
        self.exemptions_on(channel, day).find(|rule| rule.code == code)
    }

    /// The rules that an officer may choose from for a dossier of `channel` on `day`.
    pub fn exemptions_on(&self, channel: Channel, day: Date) -> impl Iterator<Item = &Exemption> {
        let may = move |rule: &&Exemption| {
            rule.holds_on(day) && rule.channel.is_none_or(|only| only == channel)
        };
        self.exemptions.iter().filter(may)
    }

    /// The item as it is to everybody; who is exempted may become known later.
    fn unexempted(&self) -> Self {
        Self { exemptions: Vec::new(), ..self.clone() }
    }

    fn violations(&self, at: &str, name: &str) -> Vec<Violation> {
        let mut found = Vec::new();
        let mut check = |field: &str, rule: RuleName, holds: bool, detail: &str| {
            if !holds {
                let field = format!("{at}.{field}");
                found.push(Violation::new(field, rule, format!("{name}: {detail}")));
            }
        };
        let detail = "an item of the fee has a code of 1 to 64 visible ASCII characters";
        check("code", RuleName::FeeCode, is_step_code(&self.code), detail);
        let named = !self.name.trim().is_empty();
        check("name", RuleName::Name, named, "an item of the fee has no name");
        let counted = (1..=UNIT_VND_MAX).contains(&self.amount_vnd);
        check("amountVnd", RuleName::Range, counted, "must be 1 to 1,000,000,000,000 đồng");
        let mut codes = BTreeSet::new();
        for (nth, exemption) in self.exemptions.iter().enumerate() {
            let at = format!("{at}.exemptions[{nth}]");
            found.extend(exemption.violations(&at, name));
            if !codes.insert(&exemption.code) {
                let detail = format!("{name}: two exemptions of an item have one code");
                found.push(Violation::new(format!("{at}.code"), RuleName::UniqueCode, detail));
            }
        }
        found
    }
}

impl Procedure {
    /// The items of what it costs: as its file divides them, else its fee as one; none where it is
    /// free.
    pub fn fee_items(&self) -> Vec<Fee> {
        if !self.fees.is_empty() || self.fee_vnd == 0 {
            return self.fees.clone();
        }
        vec![Fee {
            code: WHOLE_FEE.to_owned(),
            name: "Phí, lệ phí".to_owned(),
            kind: FeeKind::Fee,
            amount_vnd: self.fee_vnd,
            exemptions: Vec::new(),
        }]
    }

    /// Its items as they are to everybody who applies.
    pub(super) fn unexempted_fees(&self) -> Vec<Fee> {
        self.fees.iter().map(Fee::unexempted).collect()
    }

    /// The rules that its items break; `at` is its place in the file.
    pub(super) fn fee_violations(&self, at: &str) -> Vec<Violation> {
        let name = self.code.as_str();
        let mut found = Vec::new();
        let mut codes = BTreeSet::new();
        for (nth, fee) in self.fees.iter().enumerate() {
            let at = format!("{at}.fees[{nth}]");
            found.extend(fee.violations(&at, name));
            if !codes.insert(&fee.code) {
                let detail = format!("{name}: two items of the fee have one code");
                found.push(Violation::new(format!("{at}.code"), RuleName::UniqueCode, detail));
            }
        }
        let sum = self.fees.iter().try_fold(0_u64, |sum, fee| sum.checked_add(fee.amount_vnd));
        if !self.fees.is_empty() && sum != Some(self.fee_vnd) {
            let detail = format!("{name}: the items are not the fee of the procedure together");
            found.push(Violation::new(format!("{at}.fees"), RuleName::FeeSum, detail));
        }
        found
    }
}

const _: () = assert!(WHOLE_FEE.len() <= CODE_BYTES_MAX);
