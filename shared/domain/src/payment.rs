//! What an applicant is asked to pay, and that it was paid: items and sums in whole đồng, made from
//! the fees of the procedure.

pub mod online;

use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::procedure::{Channel, Fee, FeeKind, Procedure};
use crate::violation::{Fact, Unit};
use crate::{RuleName, Violation, text};

/// The most items of one demand: no procedure has as many fees.
pub const ITEMS_MAX: usize = 10;

/// The most units of an item: copies of one document.
pub const QUANTITY_MAX: u32 = 1_000;

/// Longest reason of a choice, in characters.
pub const CHOICE_REASON_CHARACTERS_MAX: usize = 200;

/// Longest reference of a payment, in characters.
pub const REFERENCE_CHARACTERS_MAX: usize = 100;

/// One item that an officer chose to ask for.
#[derive(Clone, PartialEq, Eq)]
pub struct FeeChoice {
    /// The code of the item within the procedure.
    pub code: String,
    /// How many units, 1 to 1,000.
    pub quantity: u32,
    /// The code of the exemption that holds; none for that of the channel, if there is one.
    pub exemption: Option<String>,
    /// Why it is not one unit at the full price.
    pub reason: Option<String>,
}

/// What a request for a payment asks for.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct FeesAsked {
    /// What was chosen; nothing where each item of the procedure is asked for once.
    pub chosen: Vec<FeeChoice>,
    /// The sum that its sender expects in đồng; none where they leave it to us.
    pub amount_vnd: Option<u64>,
    /// The items with their prices, once they were made from the catalogue.
    pub items: Vec<FeeItem>,
}

/// That a demand was paid, as whoever confirms it says.
#[derive(Clone, PartialEq, Eq)]
pub struct FeesPaid {
    /// The number of the payment, as the payer's receipt has it.
    pub reference: String,
    /// What was paid, in whole đồng.
    pub amount_vnd: u64,
    /// By which way it was paid.
    pub how: PaidHow,
}

/// By which way something was paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PaidHow {
    /// At a counter, by transfer, or elsewhere: somebody confirmed it.
    Confirmed,
    /// Through the payment platform, which was asked.
    Online,
}

/// The exemption that an item is under, as it was on the day.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemExemption {
    /// Its code within the item.
    pub code: String,
    /// Whom it is for, in Vietnamese.
    pub name: String,
    /// How much is not paid, in percent; 1 to 100.
    pub percent: u8,
}

/// One item of a demand, stored in few bytes (ADR 61): most lie in a state, which every move writes.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeeItem {
    /// The item's code within the procedure.
    #[serde(rename = "c")]
    pub code: String,
    /// The item's name in Vietnamese, as it was on the day.
    #[serde(rename = "n")]
    pub name: String,
    /// What the law calls it.
    #[serde(rename = "k")]
    pub kind: FeeKind,
    /// What one unit costs, in whole đồng.
    #[serde(rename = "u")]
    pub unit_vnd: u64,
    /// How many units, 1 to 1,000.
    #[serde(rename = "q", default = "one", skip_serializing_if = "is_one")]
    pub quantity: u32,
    /// The exemption that it is under.
    #[serde(rename = "x", default, skip_serializing_if = "Option::is_none")]
    pub exemption: Option<ItemExemption>,
    /// Why it is not one unit at the full price, where an officer chose so.
    #[serde(rename = "w", default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What is owed for it, in whole đồng.
    #[serde(rename = "d")]
    pub amount_vnd: u64,
}

fn one() -> u32 {
    1
}

fn is_one(quantity: &u32) -> bool {
    *quantity == 1
}

/// What an applicant was asked to pay by one entry of the history.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Demand {
    /// The version of the dossier with which it was asked for, from 1.
    #[serde(rename = "v")]
    pub version: u64,
    /// Whether an officer chose the items.
    #[serde(rename = "o", default, skip_serializing_if = "std::ops::Not::not")]
    pub chosen: bool,
    /// The items, at least one.
    #[serde(rename = "i")]
    pub items: Vec<FeeItem>,
}

/// That a demand was paid.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeeReceipt {
    /// The version of the dossier with which it was confirmed, from 1.
    #[serde(rename = "v")]
    pub version: u64,
    /// The number of the payment, as the payer's receipt has it.
    #[serde(rename = "r")]
    pub reference: String,
    /// What was paid, in whole đồng.
    #[serde(rename = "d")]
    pub amount_vnd: u64,
    /// By which way it was paid.
    #[serde(rename = "h")]
    pub how: PaidHow,
}

/// Why somebody pays less says something about them.
impl fmt::Debug for Demand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Demand(version {}, ***)", self.version)
    }
}

/// A reference may be typed in by hand.
impl fmt::Debug for FeeReceipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FeeReceipt(version {}, {:?}, ***)", self.version, self.how)
    }
}

impl Demand {
    /// What is owed for all items together, in whole đồng.
    pub fn amount_vnd(&self) -> u64 {
        self.items.iter().fold(0, |sum, item| sum.saturating_add(item.amount_vnd))
    }

    /// Whether `asked` asks for the same, at whatever prices.
    pub fn is_what_was_asked(&self, asked: &FeesAsked) -> bool {
        let alike = |(choice, item): (&FeeChoice, &FeeItem)| {
            choice.code == item.code
                && choice.quantity == item.quantity
                && choice.reason == item.reason
                && choice.exemption.as_ref().is_none_or(|code| {
                    item.exemption.as_ref().is_some_and(|given| given.code == *code)
                })
        };
        self.chosen != asked.chosen.is_empty()
            && (!self.chosen
                || self.items.len() == asked.chosen.len()
                    && asked.chosen.iter().zip(&self.items).all(alike))
            && asked.amount_vnd.is_none_or(|amount| amount == self.amount_vnd())
    }

    /// The most bytes that it takes in the store.
    pub fn stored_bytes(&self) -> usize {
        // Names of the fields, numbers and maps of an item take less than 250.
        let exemption = |given: &ItemExemption| given.code.len() + given.name.len();
        let item = |item: &FeeItem| {
            item.code.len()
                + item.name.len()
                + item.reason.as_ref().map_or(0, String::len)
                + item.exemption.as_ref().map_or(0, exemption)
                + 250
        };
        self.items.iter().map(item).sum::<usize>() + 50
    }
}

/// Of no version yet.
impl From<FeesPaid> for FeeReceipt {
    fn from(FeesPaid { reference, amount_vnd, how }: FeesPaid) -> Self {
        Self { version: 1, reference, amount_vnd, how }
    }
}

impl FeeReceipt {
    /// Whether both say the same, whenever they were recorded.
    pub fn says_the_same_as(&self, paid: &FeesPaid) -> bool {
        (&self.reference, self.amount_vnd, self.how) == (&paid.reference, paid.amount_vnd, paid.how)
    }

    /// The most bytes that it takes in the store.
    pub fn stored_bytes(&self) -> usize {
        self.reference.len() + 100
    }
}

impl FeesPaid {
    /// The same through the text gate.
    #[must_use]
    pub fn cleaned(self) -> Self {
        Self { reference: text::line(&self.reference), ..self }
    }

    /// What is wrong with it, whatever is owed.
    pub fn violations(&self) -> Vec<Violation> {
        if let Some(flaw) = text::flaw(&self.reference) {
            return vec![Violation::new("reference", flaw.rule(), flaw.detail())];
        }
        if !(1..=REFERENCE_CHARACTERS_MAX).contains(&self.reference.chars().count()) {
            let bounds = Fact::between(1, REFERENCE_CHARACTERS_MAX, Unit::Characters);
            return vec![Violation::unless("reference", RuleName::Length, bounds)];
        }
        Vec::new()
    }
}

impl FeeChoice {
    fn cleaned(self) -> Self {
        let reason = self.reason.as_deref().map(text::remark).filter(|reason| !reason.is_empty());
        Self {
            code: text::line(&self.code),
            exemption: self.exemption.as_deref().map(text::line),
            reason,
            ..self
        }
    }

    fn violations(&self, at: &str) -> Vec<Violation> {
        let mut found = Vec::new();
        if !(1..=QUANTITY_MAX).contains(&self.quantity) {
            let bounds = Fact::between(1, QUANTITY_MAX, Unit::Number);
            found.push(Violation::unless("quantity", RuleName::Range, bounds));
        }
        let flaw = self.reason.as_deref().and_then(text::flaw);
        if let Some(flaw) = flaw {
            found.push(Violation::new("reason", flaw.rule(), flaw.detail()));
        }
        let long = |reason: &String| reason.chars().count() > CHOICE_REASON_CHARACTERS_MAX;
        if flaw.is_none() && self.reason.as_ref().is_some_and(long) {
            let most = Fact::at_most(CHOICE_REASON_CHARACTERS_MAX, Unit::Characters);
            found.push(Violation::unless("reason", RuleName::Length, most));
        }
        let given = self.reason.as_deref().is_some_and(text::says_something) || flaw.is_some();
        let owed = self.exemption.is_some() || self.quantity != 1;
        if owed && !given {
            let detail = "another number than one, or an exemption, owes a reason";
            found.push(Violation::new("reason", RuleName::ReasonOwed, detail));
        }
        found.into_iter().map(|broken| broken.within(at)).collect()
    }
}

impl FeesAsked {
    /// The same through the text gate.
    #[must_use]
    pub fn cleaned(self) -> Self {
        Self { chosen: self.chosen.into_iter().map(FeeChoice::cleaned).collect(), ..self }
    }

    /// What is wrong with it, whatever the procedure costs.
    pub fn violations(&self) -> Vec<Violation> {
        let mut found = Vec::new();
        if self.chosen.len() > ITEMS_MAX {
            let most = Fact::at_most(ITEMS_MAX, Unit::Items);
            found.push(Violation::unless("items", RuleName::ItemCount, most));
            return found;
        }
        for (nth, choice) in self.chosen.iter().enumerate() {
            found.extend(choice.violations(&format!("items[{nth}]")));
            let before = self.chosen.iter().take(nth);
            if before.into_iter().any(|other| other.code == choice.code) {
                let detail = "the item is asked for twice";
                let field = format!("items[{nth}].code");
                found.push(Violation::new(field, RuleName::UniqueCode, detail));
            }
        }
        found
    }

    /// The same with the items that a dossier of `channel` under `procedure` owes on `day`, at the
    /// prices of the catalogue. Fails with each choice that the procedure does not have, and where
    /// the sum is not the one that was expected.
    pub fn priced(
        self,
        procedure: Option<&Procedure>,
        channel: Channel,
        day: Date,
    ) -> Result<Self, Vec<Violation>> {
        let fees = procedure.map(Procedure::fee_items).unwrap_or_default();
        let mut found = Vec::new();
        let items = if self.chosen.is_empty() {
            let all = fees.iter().take(ITEMS_MAX);
            all.map(|fee| {
                let exemption = fee.own_exemption(channel, day).map(ItemExemption::from);
                FeeItem::of(fee, 1, exemption, None)
            })
            .collect()
        } else {
            let chosen = self.chosen.iter().enumerate();
            let chosen = chosen.map(|(nth, choice)| choice.priced(&fees, (channel, day), nth));
            let priced = chosen.filter_map(|item| item.map_err(|broken| found.push(broken)).ok());
            priced.collect()
        };
        let priced = Self { items, ..self };
        let sum = priced.sum_vnd();
        if found.is_empty() && priced.amount_vnd.is_some_and(|expected| expected != sum) {
            let detail = format!("the fees come to {sum} đồng");
            let broken = Violation::new("amountVnd", RuleName::AmountOwed, detail);
            found.push(broken.about(Fact::owed(sum)));
        }
        if found.is_empty() { Ok(priced) } else { Err(found) }
    }

    /// What its items come to, in whole đồng.
    pub fn sum_vnd(&self) -> u64 {
        self.items.iter().fold(0, |sum, item| sum.saturating_add(item.amount_vnd))
    }
}

impl FeeChoice {
    fn priced(
        &self,
        fees: &[Fee],
        (channel, day): (Channel, Date),
        nth: usize,
    ) -> Result<FeeItem, Violation> {
        let Some(fee) = fees.iter().find(|fee| fee.code == self.code) else {
            let detail = "the procedure has no such item";
            let broken = Violation::new(format!("items[{nth}].code"), RuleName::KnownFee, detail);
            return Err(broken.about(Fact::choices(fees.iter().map(|fee| &fee.code))));
        };
        let exemption = match &self.exemption {
            None => fee.own_exemption(channel, day),
            Some(code) => {
                let rule = fee.exemption(code, channel, day).ok_or_else(|| {
                    let field = format!("items[{nth}].exemption");
                    let detail = "no such exemption is in force for this dossier on that day";
                    let known = fee.exemptions_on(channel, day).map(|rule| &rule.code);
                    Violation::new(field, RuleName::KnownExemption, detail)
                        .about(Fact::choices(known))
                })?;
                Some(rule)
            }
        };
        let exemption = exemption.map(ItemExemption::from);
        Ok(FeeItem::of(fee, self.quantity, exemption, self.reason.clone()))
    }
}

impl From<&crate::procedure::Exemption> for ItemExemption {
    fn from(rule: &crate::procedure::Exemption) -> Self {
        Self { code: rule.code.clone(), name: rule.name.clone(), percent: rule.percent }
    }
}

impl FeeItem {
    /// So many units of `fee` under `exemption`. Of a part of a đồng nothing is taken off.
    fn of(
        fee: &Fee,
        quantity: u32,
        exemption: Option<ItemExemption>,
        reason: Option<String>,
    ) -> Self {
        let full = fee.amount_vnd.saturating_mul(u64::from(quantity));
        let percent = exemption.as_ref().map_or(0, |given| u64::from(given.percent.min(100)));
        let off = full.saturating_mul(percent) / 100;
        Self {
            code: fee.code.clone(),
            name: fee.name.clone(),
            kind: fee.kind,
            unit_vnd: fee.amount_vnd,
            quantity,
            exemption,
            reason,
            amount_vnd: full.saturating_sub(off),
        }
    }
}
