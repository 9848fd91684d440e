//! The settings of `read-case`.

use domain::announcement::PublicUrl;
use platform::dynamo::DossierTables;
use platform::entry::CatalogueSettings;
use platform::proof::ProofKey;
use platform::seal::SealKey;

platform::settings! {
    /// The settings of `read-case`.
    pub struct Settings {
        /// Where the catalogue is read.
        catalogue: CatalogueSettings,
        /// The name of the documents table, which knows the copies of what other systems keep.
        documents_table: String = "DOCUMENTS_TABLE",
        /// The address of the documents bucket.
        documents_url: String = "DOCUMENTS_URL",
        /// The tables that hold dossiers.
        dossiers: DossierTables,
        /// The name of the reads table.
        reads_table: String = "READS_TABLE",
        /// The name of the deliveries table, which knows what is transferred to other systems.
        deliveries_table: String = "DELIVERIES_TABLE",
        /// Makes the secrets of integrators, who sign.
        seal_key: SealKey = "EVENTS_KEY",
        /// Where the citizen's page is found, for the QR codes of forms.
        public_url: PublicUrl = "PUBLIC_URL",
        /// Seals the tokens of applicants who have proved that a dossier is theirs.
        proof_key: ProofKey = "PROOF_KEY",
    }
}
