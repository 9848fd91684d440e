//! The settings of `read-kpi`.

use platform::entry::CatalogueSettings;

platform::settings! {
    /// The settings of `read-kpi`.
    pub struct Settings {
        /// Where the catalogue is read.
        catalogue: CatalogueSettings,
        /// The name of the table of figures.
        kpi_table: String = "KPI_TABLE",
        /// The name of the dossiers table.
        dossiers_table: String = "DOSSIERS_TABLE",
        /// The name of the deliveries table.
        deliveries_table: String = "DELIVERIES_TABLE",
        /// The name of the table of live figures.
        live_table: String = "LIVE_TABLE",
        /// The name of the notices table.
        notices_table: String = "NOTICES_TABLE",
        /// The name of the feedback table, of which the counts of answers are read.
        feedback_table: String = "FEEDBACK_TABLE",
    }
}
