//! The settings of `publish-catalogue`.

platform::settings! {
    /// The settings of `publish-catalogue`.
    pub struct Settings {
        /// The name of the catalogue table.
        catalogue_table: String = "CATALOGUE_TABLE",
    }
}
