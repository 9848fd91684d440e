//! The settings of `relay-changes`.

use std::time::Duration;

platform::settings! {
    /// The settings of `relay-changes`.
    pub struct Settings {
        /// The address of the queue of notices.
        notices_queue_url: String = "NOTICES_QUEUE_URL",
        /// The address of the queue of changes that could not be relayed.
        failures_queue_url: String = "FAILURES_QUEUE_URL",
        /// How long one change may take to be read.
        record_timeout: Duration = "RECORD_TIMEOUT_MS",
    }
}
