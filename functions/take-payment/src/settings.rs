//! The settings of `take-payment`.

use platform::dynamo::DossierTables;
use platform::entry::CatalogueSettings;
use platform::payment_platform::PaymentSettings;

platform::settings! {
    /// The settings of `take-payment`.
    pub struct Settings {
        /// Where the catalogue is read.
        catalogue: CatalogueSettings,
        /// The tables that hold dossiers.
        dossiers: DossierTables,
        /// The name of the payments table.
        payments_table: String = "PAYMENTS_TABLE",
        /// The account with the payment platform.
        platform: PaymentSettings,
    }
}
