//! The settings of `prove-owner`.

use platform::proof::ProofKey;

platform::settings! {
    /// The settings of `prove-owner`.
    pub struct Settings {
        /// The name of the proofs table.
        proofs_table: String = "PROOFS_TABLE",
        /// Makes one-time codes and seals tokens.
        proof_key: ProofKey = "PROOF_KEY",
        /// The address of the queue of notices, whose consumer sends the codes.
        notices_queue_url: String = "NOTICES_QUEUE_URL",
    }
}
