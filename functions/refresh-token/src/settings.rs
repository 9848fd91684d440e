//! The settings of `refresh-token`.

use std::time::Duration;

use platform::gateway::Address;

platform::settings! {
    /// The settings of `refresh-token`.
    pub struct Settings {
        /// The name of the accounts table.
        accounts_table: String = "ACCOUNTS_TABLE",
        /// The time for one exchange with Zalo.
        timeout: Duration = "GATEWAY_TIMEOUT_MS",
        /// Base address of Zalo's sign-in.
        zalo_login_url: Address = "ZALO_LOGIN_URL",
        /// The id of our application at Zalo.
        zalo_app_id: String = "ZALO_APP_ID",
        /// The secret of our application at Zalo.
        zalo_app_secret: String = "ZALO_APP_SECRET",
    }
}
