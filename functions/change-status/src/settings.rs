//! The settings of `change-status`.

use platform::dynamo::DossierTables;
use platform::entry::CatalogueSettings;
use platform::keyed_hash::KeyedHash;
use platform::proof::ProofKey;

platform::settings! {
    /// The settings of `change-status`.
    pub struct Settings {
        /// Where the catalogue is read.
        catalogue: CatalogueSettings,
        /// The name of the documents table.
        documents_table: String = "DOCUMENTS_TABLE",
        /// The address of the documents bucket.
        documents_url: String = "DOCUMENTS_URL",
        /// The tables that hold dossiers.
        dossiers: DossierTables,
        /// Hashes the numbers by which an applicant's dossiers are found.
        people: KeyedHash = "PEOPLE_KEY",
        /// Seals the tokens of applicants who have proved that a dossier is theirs.
        proof_key: ProofKey = "PROOF_KEY",
    }
}
