//! The settings of `count-agency`.

use std::time::Duration;

use platform::entry::CatalogueSettings;
use platform::sqs::QueueSettings;

platform::settings! {
    /// The settings of `count-agency`.
    pub struct Settings {
        /// Where the catalogue is read.
        catalogue: CatalogueSettings,
        /// The name of the dossiers table.
        dossiers_table: String = "DOSSIERS_TABLE",
        /// The name of the table of figures.
        kpi_table: String = "KPI_TABLE",
        /// The queue and its dead letters.
        queue: QueueSettings,
        /// How long the work on one message may take.
        record_timeout: Duration = "RECORD_TIMEOUT_MS",
    }
}
