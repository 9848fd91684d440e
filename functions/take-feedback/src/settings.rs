//! The settings of `take-feedback`.

use platform::entry::CatalogueSettings;
use platform::gate::GateSettings;
use platform::keyed_hash::KeyedHash;
use platform::proof::ProofKey;

platform::settings! {
    /// The settings of `take-feedback`.
    pub struct Settings {
        /// Where the catalogue is read.
        catalogue: CatalogueSettings,
        /// Where and how limits are counted.
        gate: GateSettings,
        /// The name of the deliveries table.
        deliveries_table: String = "DELIVERIES_TABLE",
        /// The name of the documents table.
        documents_table: String = "DOCUMENTS_TABLE",
        /// The name of the dossiers table, of which only states are read.
        dossiers_table: String = "DOSSIERS_TABLE",
        /// The address of the documents bucket.
        documents_url: String = "DOCUMENTS_URL",
        /// The name of the feedback table.
        feedback_table: String = "FEEDBACK_TABLE",
        /// The name of the notices table.
        notices_table: String = "NOTICES_TABLE",
        /// The secret under which dossiers have their applicants' numbers.
        people: KeyedHash = "PEOPLE_KEY",
        /// Reads tokens of authors.
        proof_key: ProofKey = "PROOF_KEY",
        /// The name of the reads table.
        reads_table: String = "READS_TABLE",
    }
}
