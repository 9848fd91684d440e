//! The fees that a transition asks for and the payment that it confirms, as clients write them.

use domain::payment::{FeeChoice, FeesAsked, FeesPaid, PaidHow};
use serde::Deserialize;

/// What `request-payment` asks for.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct FeesBody {
    #[serde(default)]
    items: Vec<ChoiceBody>,
    #[serde(default)]
    amount_vnd: Option<u64>,
}

/// One item of it.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct ChoiceBody {
    code: String,
    #[serde(default = "one")]
    quantity: u32,
    #[serde(default)]
    exemption: Option<String>,
    #[serde(default)]
    reason: Option<String>,
}

fn one() -> u32 {
    1
}

/// What `confirm-payment` says was paid.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct PaymentBody {
    reference: String,
    amount_vnd: u64,
}

impl FeesBody {
    pub(super) fn asked(self) -> FeesAsked {
        let choice = |ChoiceBody { code, quantity, exemption, reason }| FeeChoice {
            code,
            quantity,
            exemption,
            reason,
        };
        FeesAsked {
            chosen: self.items.into_iter().map(choice).collect(),
            amount_vnd: self.amount_vnd,
            items: Vec::new(),
        }
    }
}

impl PaymentBody {
    pub(super) fn paid(self) -> FeesPaid {
        let Self { reference, amount_vnd } = self;
        FeesPaid { reference, amount_vnd, how: PaidHow::Confirmed }
    }
}
