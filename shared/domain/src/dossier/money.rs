//! What a dossier's applicant owes: what each request for a payment asked for, and by what it was
//! paid.

use super::{Action, Actor, Command, Dossier, DossierState, DossierStatus, HistoryEntry, Refusal};
use crate::payment::{Demand, FeeReceipt, FeesAsked};
use crate::post::PostalItem;
use crate::violation::Fact;
use crate::{RuleName, Violation};

impl Command {
    /// That nothing but a request for a payment asks for fees, and nothing but confirming one says
    /// that it was paid; and what is wrong with either by itself.
    pub(super) fn check_money(&self) -> Vec<Violation> {
        let mut found = Vec::new();
        if let Some(fees) = &self.fees {
            if self.action != Action::RequestPayment {
                let detail = "only a request for a payment asks for fees";
                found.push(Violation::new("fees", RuleName::RequestPaymentOnly, detail));
            }
            found.extend(fees.violations().into_iter().map(|broken| broken.within("fees")));
        }
        if let Some(paid) = &self.payment {
            if self.action != Action::ConfirmPayment {
                let detail = "only confirming a payment says what was paid";
                found.push(Violation::new("payment", RuleName::ConfirmPaymentOnly, detail));
            }
            found.extend(paid.violations().into_iter().map(|broken| broken.within("payment")));
        }
        found
    }

    /// Whether `entry` of `dossier` asked for the fees of this command, or was paid as it says.
    pub(super) fn has_the_money_of(&self, entry: &HistoryEntry, dossier: &Dossier) -> bool {
        let nothing = FeesAsked::default();
        let asked = self.fees.as_ref().unwrap_or(&nothing);
        let as_asked = match dossier.demand_of(entry) {
            Some(demand) => demand.is_what_was_asked(asked),
            None => asked.chosen.is_empty(),
        };
        let as_paid = match (&self.payment, dossier.receipt_of(entry)) {
            (Some(paid), Some(receipt)) => receipt.says_the_same_as(paid),
            (None, None) => true,
            (Some(_), None) | (None, Some(_)) => false,
        };
        as_asked && as_paid
    }
}

impl DossierState {
    /// Adds what `command` asks for or says was paid, with the version of its entry.
    pub(super) fn keep_money(&mut self, fees: Option<FeesAsked>, paid: Option<FeeReceipt>) {
        let version = self.version;
        let demand = fees.filter(|fees| !fees.items.is_empty()).map(|fees| Demand {
            version,
            chosen: !fees.chosen.is_empty(),
            items: fees.items,
        });
        self.demands.extend(demand);
        self.receipts.extend(paid.map(|paid| FeeReceipt { version, ..paid }));
    }

    /// Why its demands and receipts cannot be those of its history.
    pub(super) fn impossible_money(&self) -> Option<&'static str> {
        let came_with = |version: u64, action: Action| {
            let mut entries = self.history.iter();
            entries.any(|entry| entry.version == version && entry.action == action)
        };
        let asked = |demand: &Demand| came_with(demand.version, Action::RequestPayment);
        if !self.demands.iter().all(asked) {
            return Some("fees were asked for by an entry that asks for none");
        }
        let paid = |receipt: &FeeReceipt| came_with(receipt.version, Action::ConfirmPayment);
        if !self.receipts.iter().all(paid) {
            return Some("fees were paid by an entry that confirms no payment");
        }
        None
    }
}

impl Dossier {
    /// The dossier after the post said where an order is: no move of it, and no version. None where
    /// that is no news, and where the content is gone. Fails where the number of the order is none.
    pub fn with_post(&self, heard: PostalItem) -> Result<Option<Self>, Violation> {
        let mut next = self.clone().into_state();
        let news = next.post.hear(heard)? && self.content_gone.is_none();
        Ok(news.then(|| Self::of(next)))
    }

    /// What `entry` asked the applicant to pay; none where it said no amounts, as in releases of
    /// before there were any.
    pub fn demand_of(&self, entry: &HistoryEntry) -> Option<&Demand> {
        self.demands.iter().find(|demand| demand.version == entry.version)
    }

    /// By what `entry` says that it was paid.
    pub fn receipt_of(&self, entry: &HistoryEntry) -> Option<&FeeReceipt> {
        self.receipts.iter().find(|receipt| receipt.version == entry.version)
    }

    /// What the applicant has to pay now; none while nothing is asked for, and where the last
    /// request said no amounts.
    pub fn owed(&self) -> Option<&Demand> {
        if self.status != DossierStatus::PaymentRequested {
            return None;
        }
        let asks = |entry: &&HistoryEntry| entry.action == Action::RequestPayment;
        self.history.iter().rfind(asks).and_then(|entry| self.demand_of(entry))
    }

    /// Refuses a confirmation by an officer that does not say what was paid, and one of another sum
    /// than is owed. The portal and an integrator may not know; what they leave out is not declared.
    pub(super) fn check_payment(&self, command: &Command, by: &Actor) -> Result<(), Refusal> {
        if command.action != Action::ConfirmPayment {
            return Ok(());
        }
        let Some(demand) = self.owed() else { return Ok(()) };
        let owed = demand.amount_vnd();
        match &command.payment {
            None if matches!(by, Actor::Officer { .. }) => {
                let detail = "must say what was paid, with the number of the receipt";
                Err(Refusal::invalid(Violation::new("payment", RuleName::PaymentOwed, detail)))
            }
            Some(paid) if paid.amount_vnd != owed => {
                let detail = format!("{owed} đồng are owed");
                let field = "payment.amountVnd";
                let broken = Violation::new(field, RuleName::AmountOwed, detail);
                Err(Refusal::invalid(broken.about(Fact::owed(owed))))
            }
            None | Some(_) => Ok(()),
        }
    }
}
