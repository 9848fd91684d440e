//! The settings of `show-page`.

use platform::dynamo::DossierTables;
use platform::entry::CatalogueSettings;
use platform::gate::GateSettings;

platform::settings! {
    /// The settings of `show-page`.
    pub struct Settings {
        /// Where the catalogue is read.
        catalogue: CatalogueSettings,
        /// Where and how limits are counted.
        gate: GateSettings,
        /// The tables that hold dossiers; of them the states alone are read.
        dossiers: DossierTables,
        /// The name of the feedback table; of it, too.
        feedback_table: String = "FEEDBACK_TABLE",
        /// Where documents are uploaded to: the one other place that the page may send to.
        storage_origin: String = "STORAGE_ORIGIN",
    }
}
