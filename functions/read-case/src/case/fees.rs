//! What a case costs: each request for a payment with its items, and by what it was paid.

use domain::dossier::{Action, Dossier, DossierStatus, HistoryEntry};
use domain::payment::{Demand, FeeItem, ItemExemption, PaidHow};
use domain::procedure::{FeeKind, Procedure};
use jiff::Timestamp;
use serde::Serialize;

use super::answered;

/// What the procedure costs, and each request for a payment.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Fees<'a> {
    /// In whole đồng, by the version of the procedure that the dossier keeps.
    #[serde(skip_serializing_if = "Option::is_none")]
    fee_vnd: Option<u64>,
    requests: Vec<Payment<'a>>,
}

/// How far a request for a payment has come.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
enum PaymentState {
    /// The applicant has to pay now.
    Owed,
    /// It was paid, as somebody confirmed or the platform said.
    Paid,
    /// The work went on, or ended, without it.
    Dropped,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Payment<'a> {
    version: u64,
    asked_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    state: PaymentState,
    /// None where the request said no amounts.
    #[serde(skip_serializing_if = "Option::is_none")]
    amount_vnd: Option<u64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    items: Vec<ItemOfCase<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    confirmed_at: Option<Timestamp>,
    /// By what it was paid, where that was said.
    #[serde(skip_serializing_if = "Option::is_none")]
    receipt: Option<ReceiptOfCase<'a>>,
}

/// One item of what was asked for.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ItemOfCase<'a> {
    code: &'a str,
    name: &'a str,
    kind: FeeKind,
    unit_vnd: u64,
    quantity: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    exemption: Option<&'a ItemExemption>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    amount_vnd: u64,
}

impl<'a> ItemOfCase<'a> {
    fn of(item: &'a FeeItem) -> Self {
        Self {
            code: &item.code,
            name: &item.name,
            kind: item.kind,
            unit_vnd: item.unit_vnd,
            quantity: item.quantity,
            exemption: item.exemption.as_ref(),
            reason: item.reason.as_deref(),
            amount_vnd: item.amount_vnd,
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ReceiptOfCase<'a> {
    reference: &'a str,
    amount_vnd: u64,
    how: PaidHow,
}

fn waits_for_payment(status: DossierStatus) -> bool {
    status == DossierStatus::PaymentRequested
}

impl<'a> Fees<'a> {
    /// Those of `dossier` as far as its entries are `seen`.
    pub(super) fn of(
        dossier: &'a Dossier,
        seen: &[&'a HistoryEntry],
        procedure: Option<&Procedure>,
    ) -> Self {
        let asked = seen.iter().enumerate();
        let asked = asked.filter(|(_, entry)| entry.action == Action::RequestPayment);
        let requests = asked.map(|(place, entry)| {
            let actions = (Action::ConfirmPayment, Action::RequestPayment);
            let confirmed = answered(seen, place, actions);
            let left = seen.iter().skip(place);
            let waits = left.map(|entry| entry.status).all(waits_for_payment);
            let demand = dossier.demand_of(entry);
            Payment {
                version: entry.version,
                asked_at: entry.at,
                reason: entry.reason.as_deref(),
                state: match confirmed {
                    Some(_) => PaymentState::Paid,
                    None if waits => PaymentState::Owed,
                    None => PaymentState::Dropped,
                },
                amount_vnd: demand.map(Demand::amount_vnd),
                items: demand.map_or_else(Vec::new, |demand| {
                    demand.items.iter().map(ItemOfCase::of).collect()
                }),
                confirmed_at: confirmed.map(|confirmed| confirmed.at),
                receipt: confirmed.and_then(|entry| dossier.receipt_of(entry)).map(|receipt| {
                    ReceiptOfCase {
                        reference: &receipt.reference,
                        amount_vnd: receipt.amount_vnd,
                        how: receipt.how,
                    }
                }),
            }
        });
        Self { fee_vnd: procedure.map(|procedure| procedure.fee_vnd), requests: requests.collect() }
    }
}
