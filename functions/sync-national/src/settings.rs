//! The settings of `sync-national`.

use platform::dynamo::DossierTables;
use platform::entry::CatalogueSettings;
use platform::national::{NationalSettings, SubscriberSettings};
use platform::sqs::QueueSettings;

platform::settings! {
    /// The settings of `sync-national`.
    pub struct Settings {
        /// Where the catalogue is read.
        catalogue: CatalogueSettings,
        /// The tables that hold dossiers.
        dossiers: DossierTables,
        /// The name of the deliveries table.
        deliveries_table: String = "DELIVERIES_TABLE",
        /// The name of the feedback table.
        feedback_table: String = "FEEDBACK_TABLE",
        /// The accounts with the systems.
        systems: NationalSettings,
        /// What it takes to tell subscribers; absent where they are not told.
        subscribers: Option<SubscriberSettings>,
        /// The queue and its dead letters.
        queue: QueueSettings,
    }
}
