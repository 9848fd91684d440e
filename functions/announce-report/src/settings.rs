//! The settings of `announce-report`.

use domain::announcement::PublicUrl;
use platform::entry::CatalogueSettings;

platform::settings! {
    /// The settings of `announce-report`.
    pub struct Settings {
        /// Where the catalogue is read.
        catalogue: CatalogueSettings,
        /// The name of the table of figures.
        kpi_table: String = "KPI_TABLE",
        /// The name of the notices table.
        notices_table: String = "NOTICES_TABLE",
        /// The address of the report page, for links in notices.
        public_url: PublicUrl = "PUBLIC_URL",
    }
}
