//! The settings of `reconcile-deliveries`.

use platform::entry::CatalogueSettings;

platform::settings! {
    /// The settings of `reconcile-deliveries`.
    pub struct Settings {
        /// Where the catalogue is read.
        catalogue: CatalogueSettings,
        /// The name of the dossiers table.
        dossiers_table: String = "DOSSIERS_TABLE",
        /// The name of the deliveries table.
        deliveries_table: String = "DELIVERIES_TABLE",
        /// The address of the national queue.
        national_queue_url: String = "NATIONAL_QUEUE_URL",
        /// The address of the national portal; absent where it is not connected.
        national_url: Option<String> = "NATIONAL_URL",
        /// The address of the service bus; absent where none is connected.
        lgsp_url: Option<String> = "LGSP_URL",
    }
}
