//! The settings of `read-catalogue`.

use platform::entry::CatalogueSettings;

platform::settings! {
    /// The settings of `read-catalogue`.
    pub struct Settings {
        /// Where the catalogue is read.
        catalogue: CatalogueSettings,
    }
}
