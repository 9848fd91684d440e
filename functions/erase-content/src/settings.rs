//! The settings of `erase-content`.

use platform::dynamo::DossierTables;

platform::settings! {
    /// The settings of `erase-content`.
    pub struct Settings {
        /// The name of the documents table.
        documents_table: String = "DOCUMENTS_TABLE",
        /// The address of the documents bucket.
        documents_url: String = "DOCUMENTS_URL",
        /// The tables that hold dossiers.
        dossiers: DossierTables,
        /// The name of the feedback table.
        feedback_table: String = "FEEDBACK_TABLE",
        /// The name of the reads table.
        reads_table: String = "READS_TABLE",
    }
}
