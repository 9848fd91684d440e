//! The settings of `read-case`.

use platform::entry::CatalogueSettings;

platform::settings! {
    /// The settings of `read-case`.
    pub struct Settings {
        /// Where the catalogue is read.
        catalogue: CatalogueSettings,
        /// The address of the documents bucket.
        documents_url: String = "DOCUMENTS_URL",
        /// The name of the dossiers table.
        dossiers_table: String = "DOSSIERS_TABLE",
        /// The name of the reads table.
        reads_table: String = "READS_TABLE",
    }
}
