//! The settings of `keep-preference`.

use platform::entry::CatalogueSettings;
use platform::keyed_hash::KeyedHash;

platform::settings! {
    /// The settings of `keep-preference`.
    pub struct Settings {
        /// Where the catalogue is read.
        catalogue: CatalogueSettings,
        /// The name of the contacts table.
        contacts_table: String = "CONTACTS_TABLE",
        /// The secret under which contacts are kept.
        contacts_key: KeyedHash = "CONTACTS_KEY",
    }
}
