//! The settings of `upload-document`.

use platform::entry::CatalogueSettings;
use platform::gate::GateSettings;
use platform::proof::ProofKey;

platform::settings! {
    /// The settings of `upload-document`.
    pub struct Settings {
        /// Where the catalogue is read.
        catalogue: CatalogueSettings,
        /// Where and how limits are counted.
        gate: GateSettings,
        /// The name of the documents table.
        documents_table: String = "DOCUMENTS_TABLE",
        /// The address of the documents bucket.
        documents_url: String = "DOCUMENTS_URL",
        /// Seals the tokens of applicants who have proved that a dossier is theirs.
        proof_key: ProofKey = "PROOF_KEY",
    }
}
