//! The settings of `rollup-kpi`.

use platform::entry::CatalogueSettings;

platform::settings! {
    /// The settings of `rollup-kpi`.
    pub struct Settings {
        /// Where the catalogue is read.
        catalogue: CatalogueSettings,
        /// The name of the table of figures.
        kpi_table: String = "KPI_TABLE",
        /// The address of the queue of counts.
        counts_queue_url: String = "COUNTS_QUEUE_URL",
    }
}
