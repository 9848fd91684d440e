//! The settings of `prove-owner`.

use platform::entry::CatalogueSettings;
use platform::gate::GateSettings;
use platform::proof::ProofKey;

platform::settings! {
    /// The settings of `prove-owner`.
    pub struct Settings {
        /// Where the catalogue is read.
        catalogue: CatalogueSettings,
        /// Where and how limits are counted.
        gate: GateSettings,
        /// The name of the proofs table.
        proofs_table: String = "PROOFS_TABLE",
        /// Makes one-time codes and seals tokens.
        proof_key: ProofKey = "PROOF_KEY",
        /// The address of the queue of notices, whose consumer sends the codes.
        notices_queue_url: String = "NOTICES_QUEUE_URL",
    }
}
