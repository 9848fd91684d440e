//! The settings of `track-dossier`.

use platform::entry::CatalogueSettings;

platform::settings! {
    /// The settings of `track-dossier`.
    pub struct Settings {
        /// Where the catalogue is read.
        catalogue: CatalogueSettings,
        /// The name of the dossiers table.
        dossiers_table: String = "DOSSIERS_TABLE",
        /// The name of the notices table.
        notices_table: String = "NOTICES_TABLE",
    }
}
