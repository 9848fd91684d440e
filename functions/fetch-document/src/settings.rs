//! The settings of `fetch-document`.

use std::time::Duration;

use platform::dynamo::DossierTables;
use platform::entry::CatalogueSettings;
use platform::sqs::QueueSettings;

platform::settings! {
    /// The settings of `fetch-document`.
    pub struct Settings {
        /// Where the catalogue is read.
        catalogue: CatalogueSettings,
        /// The tables that hold dossiers.
        dossiers: DossierTables,
        /// The name of the documents table.
        documents_table: String = "DOCUMENTS_TABLE",
        /// The address of the documents bucket.
        documents_url: String = "DOCUMENTS_URL",
        /// How long one document may take to be fetched, and as long again to be put.
        document_timeout: Duration = "DOCUMENT_TIMEOUT_MS",
        /// The queue and its dead letters.
        queue: QueueSettings,
        /// How long the work on one message may take.
        record_timeout: Duration = "RECORD_TIMEOUT_MS",
    }
}
