//! The settings of `wake-notices`.

platform::settings! {
    /// The settings of `wake-notices`.
    pub struct Settings {
        /// The name of the notices table.
        notices_table: String = "NOTICES_TABLE",
        /// The address of the queue of notices.
        notices_queue_url: String = "NOTICES_QUEUE_URL",
    }
}
