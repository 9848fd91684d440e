//! The settings of `repair-relay`.

use platform::entry::CatalogueSettings;

platform::settings! {
    /// The settings of `repair-relay`.
    pub struct Settings {
        /// Where the catalogue is read.
        catalogue: CatalogueSettings,
        /// The name of the dossiers table.
        dossiers_table: String = "DOSSIERS_TABLE",
        /// The name of the notices table.
        notices_table: String = "NOTICES_TABLE",
        /// The name of the deliveries table.
        deliveries_table: String = "DELIVERIES_TABLE",
        /// The name of the feedback table.
        feedback_table: String = "FEEDBACK_TABLE",
        /// The name of the table of live figures.
        live_table: String = "LIVE_TABLE",
        /// The address of the queue of notices.
        notices_queue_url: String = "NOTICES_QUEUE_URL",
        /// The address of the queue of documents to be copied.
        fetches_queue_url: String = "FETCHES_QUEUE_URL",
    }
}
