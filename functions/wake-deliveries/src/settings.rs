//! The settings of `wake-deliveries`.

use platform::entry::CatalogueSettings;

platform::settings! {
    /// The settings of `wake-deliveries`.
    pub struct Settings {
        /// Where the catalogue is read.
        catalogue: CatalogueSettings,
        /// The name of the deliveries table.
        deliveries_table: String = "DELIVERIES_TABLE",
        /// The address of the national queue.
        national_queue_url: String = "NATIONAL_QUEUE_URL",
    }
}
