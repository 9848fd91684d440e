//! The settings of `inspect-document`.

use std::time::Duration;

use platform::config::Setting;
use platform::entry::CatalogueSettings;
use platform::sqs::QueueSettings;

platform::settings! {
    /// The settings of `inspect-document`.
    pub struct Settings {
        /// Where the catalogue is read.
        catalogue: CatalogueSettings,
        /// The name of the documents table.
        documents_table: String = "DOCUMENTS_TABLE",
        /// The address of the documents bucket.
        documents_url: String = "DOCUMENTS_URL",
        /// Whether the platform's scanner has to have looked at a document.
        malware_scan: MalwareScan = "MALWARE_SCAN",
        /// The queue and its dead letters.
        queue: QueueSettings,
        /// How long the work on one message may take.
        record_timeout: Duration = "RECORD_TIMEOUT_MS",
    }
}

/// Whether a document waits for the verdict of the platform's scanner for malware.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MalwareScan {
    /// A verdict counts where there is one.
    Optional,
    /// Without a verdict a document is not usable.
    Required,
}

impl Setting for MalwareScan {
    fn read(text: Option<&str>) -> Option<Self> {
        match text? {
            "optional" => Some(Self::Optional),
            "required" => Some(Self::Required),
            _ => None,
        }
    }
}
