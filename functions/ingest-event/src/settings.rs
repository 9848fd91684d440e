//! The settings of `ingest-event`.

use std::time::Duration;

use jiff::SignedDuration;
use platform::dynamo::DossierTables;
use platform::entry::CatalogueSettings;
use platform::keyed_hash::KeyedHash;
use platform::seal::SealKey;
use platform::sqs::QueueSettings;

platform::settings! {
    /// The settings of `ingest-event`.
    pub struct Settings {
        /// Where the catalogue is read.
        catalogue: CatalogueSettings,
        /// The tables that hold dossiers.
        dossiers: DossierTables,
        /// The name of the intake table.
        intake_table: String = "INTAKE_TABLE",
        /// The name of the deliveries table.
        deliveries_table: String = "DELIVERIES_TABLE",
        /// The name of the feedback table.
        feedback_table: String = "FEEDBACK_TABLE",
        /// Hashes the numbers by which an applicant's dossiers are found.
        people: KeyedHash = "PEOPLE_KEY",
        /// The name of the events table.
        events_table: String = "EVENTS_TABLE",
        /// Seals who sent what is passed on.
        seal_key: SealKey = "EVENTS_KEY",
        /// How the addresses of the queues of replies begin; an integrator's name follows.
        replies_url_prefix: String = "REPLIES_URL_PREFIX",
        /// The queue and its dead letters.
        queue: QueueSettings,
        /// How long the work on one message may take.
        record_timeout: Duration = "RECORD_TIMEOUT_MS",
        /// How old an event may become that waits for an earlier one.
        patience: SignedDuration = "PATIENCE_S",
        /// How long an event waits for others that were sent with it.
        settle: SignedDuration = "SETTLE_S",
    }
}
