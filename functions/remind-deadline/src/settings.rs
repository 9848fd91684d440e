//! The settings of `remind-deadline`.

use platform::dynamo::DossierTables;
use platform::entry::CatalogueSettings;

platform::settings! {
    /// The settings of `remind-deadline`.
    pub struct Settings {
        /// Where the catalogue is read.
        catalogue: CatalogueSettings,
        /// The tables that hold dossiers.
        dossiers: DossierTables,
    }
}
