//! The settings of `reconcile-deliveries`.

use platform::entry::CatalogueSettings;
use platform::national::WebhookHosts;

platform::settings! {
    /// The settings of `reconcile-deliveries`.
    pub struct Settings {
        /// Where the catalogue is read.
        catalogue: CatalogueSettings,
        /// The name of the dossiers table.
        dossiers_table: String = "DOSSIERS_TABLE",
        /// The name of the deliveries table.
        deliveries_table: String = "DELIVERIES_TABLE",
        /// The name of the feedback table.
        feedback_table: String = "FEEDBACK_TABLE",
        /// The address of the national queue.
        national_queue_url: String = "NATIONAL_QUEUE_URL",
        /// The address of the national portal; absent where it is not connected.
        national_url: Option<String> = "NATIONAL_URL",
        /// The address of the service bus; absent where none is connected.
        lgsp_url: Option<String> = "LGSP_URL",
        /// The address of the public post; absent where none is connected.
        vnpost_url: Option<String> = "VNPOST_URL",
        /// How the addresses of the queues of replies begin; absent where subscribers are not told.
        replies_url_prefix: Option<String> = "REPLIES_URL_PREFIX",
        /// The hosts that webhooks may be on.
        webhook_hosts: WebhookHosts = "WEBHOOK_HOSTS",
    }
}
