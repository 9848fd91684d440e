//! The settings of `record-delivery`.

use platform::entry::CatalogueSettings;

platform::settings! {
    /// The settings of `record-delivery`.
    pub struct Settings {
        /// Where the catalogue is read.
        catalogue: CatalogueSettings,
        /// The name of the notices table.
        notices_table: String = "NOTICES_TABLE",
        /// The id of our application at Zalo.
        zalo_app_id: String = "ZALO_APP_ID",
        /// The secret with which Zalo signs reports.
        zalo_oa_secret: String = "ZALO_OA_SECRET",
        /// The secret in the path of eSMS' call-backs.
        esms_report_secret: String = "ESMS_REPORT_SECRET",
    }
}
