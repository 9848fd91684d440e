//! The settings of `receive-event`.

use platform::entry::CatalogueSettings;
use platform::seal::SealKey;

platform::settings! {
    /// The settings of `receive-event`.
    pub struct Settings {
        /// Where the catalogue is read.
        catalogue: CatalogueSettings,
        /// The name of the events table.
        events_table: String = "EVENTS_TABLE",
        /// Seals who sent what is passed on, and makes the secrets of those who sign.
        seal_key: SealKey = "EVENTS_KEY",
        /// The address of the integrators' queue.
        queue_url: String = "INTEGRATORS_QUEUE_URL",
    }
}
