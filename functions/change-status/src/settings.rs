//! The settings of `change-status`.

use platform::entry::CatalogueSettings;

platform::settings! {
    /// The settings of `change-status`.
    pub struct Settings {
        /// Where the catalogue is read.
        catalogue: CatalogueSettings,
        /// The name of the documents table.
        documents_table: String = "DOCUMENTS_TABLE",
        /// The address of the documents bucket.
        documents_url: String = "DOCUMENTS_URL",
        /// The name of the dossiers table.
        dossiers_table: String = "DOSSIERS_TABLE",
    }
}
