//! The settings of `expire-content`.

use platform::dynamo::DossierTables;
use platform::entry::CatalogueSettings;

platform::settings! {
    /// The settings of `expire-content`.
    pub struct Settings {
        /// Where the catalogue is read.
        catalogue: CatalogueSettings,
        /// The name of the documents table.
        documents_table: String = "DOCUMENTS_TABLE",
        /// The address of the documents bucket.
        documents_url: String = "DOCUMENTS_URL",
        /// The name of the feedback table.
        feedback_table: String = "FEEDBACK_TABLE",
        /// The tables that hold dossiers.
        dossiers: DossierTables,
    }
}
