//! The settings of `record-delivery`.

use platform::config::AddressSecret;
use platform::entry::CatalogueSettings;
use platform::gateway::{Address, GatewaySettings};
use platform::keyed_hash::KeyedHash;

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
        esms_report_secret: AddressSecret = "ESMS_REPORT_SECRET",
        /// The secret in the path of the short code's call-backs.
        sms_inbound_secret: AddressSecret = "SMS_INBOUND_SECRET",
        /// The name of the dossiers table, of which only states are read.
        dossiers_table: String = "DOSSIERS_TABLE",
        /// The name of the feedback table: states for those who ask, and counts of answers after a result.
        feedback_table: String = "FEEDBACK_TABLE",
        /// The secret under which dossiers have their applicants' numbers.
        people: KeyedHash = "PEOPLE_KEY",
        /// The name of the contacts table.
        contacts_table: String = "CONTACTS_TABLE",
        /// The secret under which contacts are kept.
        contacts_key: KeyedHash = "CONTACTS_KEY",
        /// The name of the accounts table.
        accounts_table: String = "ACCOUNTS_TABLE",
        /// Where the official account answers.
        zalo_oa_url: Address = "ZALO_OA_URL",
        /// The accounts with gateways.
        gateways: GatewaySettings,
    }
}
