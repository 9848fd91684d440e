//! What a system says of a dossier that was transferred to it, as its integrator writes it.

use domain::Violation;
use domain::delivery::{TransferAnswer, TransferNews};
use domain::text;
use jiff::Timestamp;
use serde::Deserialize;

/// The data of the event "a system answers for a dossier that was transferred to it".
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TransferBody {
    answer: TransferAnswer,
    #[serde(default)]
    reference: Option<String>,
    #[serde(default)]
    reason: Option<String>,
}

impl TransferBody {
    /// What it says, of the moment `at`. Fails with everything that is wrong with it.
    pub fn at(self, at: Timestamp) -> Result<TransferNews, Vec<Violation>> {
        let clean = |given: Option<String>| given.map(|given| text::line(&given));
        TransferNews::new(self.answer, clean(self.reference), clean(self.reason), at)
    }
}
