//! The settings of `notify-applicant`.

use domain::announcement::PublicUrl;
use platform::dynamo::DossierTables;
use platform::entry::CatalogueSettings;
use platform::gateway::GatewaySettings;
use platform::keyed_hash::KeyedHash;
use platform::proof::ProofKey;
use platform::sqs::QueueSettings;

use crate::Limits;

platform::settings! {
    /// The settings of `notify-applicant`.
    pub struct Settings {
        /// Where the catalogue is read.
        catalogue: CatalogueSettings,
        /// The tables that hold dossiers.
        dossiers: DossierTables,
        /// The name of the notices table.
        notices_table: String = "NOTICES_TABLE",
        /// The name of the contacts table.
        contacts_table: String = "CONTACTS_TABLE",
        /// The secret under which contacts are kept.
        contacts_key: KeyedHash = "CONTACTS_KEY",
        /// The name of the accounts table.
        accounts_table: String = "ACCOUNTS_TABLE",
        /// The name of the deliveries table: what other systems have, which may tell in our place.
        deliveries_table: String = "DELIVERIES_TABLE",
        /// The name of the proofs table, with the one-time codes that were asked for.
        proofs_table: String = "PROOFS_TABLE",
        /// The name of the feedback table: what authors are told, and their telephones.
        feedback_table: String = "FEEDBACK_TABLE",
        /// Makes the one-time codes.
        proof_key: ProofKey = "PROOF_KEY",
        /// Where the page is that takes an answer to the question after a result.
        public_url: PublicUrl = "PUBLIC_URL",
        /// The accounts with gateways.
        gateways: GatewaySettings,
        /// The queue and its dead letters.
        queue: QueueSettings,
        /// Whether the policy's limits are kept.
        limits: Limits = "LIMITS",
    }
}
