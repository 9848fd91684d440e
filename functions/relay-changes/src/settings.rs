//! The settings of `relay-changes`.

use std::time::Duration;

platform::settings! {
    /// The settings of `relay-changes`.
    pub struct Settings {
        /// The address of the queue of notices.
        notices_queue_url: String = "NOTICES_QUEUE_URL",
        /// The address of the queue of dossiers whose documents may have to be copied.
        fetches_queue_url: String = "FETCHES_QUEUE_URL",
        /// The address of the queue of what other systems must have; absent where none is
        /// connected.
        national_queue_url: Option<String> = "NATIONAL_QUEUE_URL",
        /// The address of the queue of changes that could not be relayed.
        failures_queue_url: String = "FAILURES_QUEUE_URL",
        /// The name of the table of live figures.
        live_table: String = "LIVE_TABLE",
        /// How long one change may take to be read.
        record_timeout: Duration = "RECORD_TIMEOUT_MS",
    }
}
