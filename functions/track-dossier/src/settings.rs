//! The settings of `track-dossier`.

use platform::dynamo::DossierTables;
use platform::entry::CatalogueSettings;
use platform::gate::GateSettings;
use platform::proof::ProofKey;

platform::settings! {
    /// The settings of `track-dossier`.
    pub struct Settings {
        /// Where the catalogue is read.
        catalogue: CatalogueSettings,
        /// Where and how limits are counted.
        gate: GateSettings,
        /// The tables that hold dossiers.
        dossiers: DossierTables,
        /// The name of the notices table.
        notices_table: String = "NOTICES_TABLE",
        /// The name of the deliveries table.
        deliveries_table: String = "DELIVERIES_TABLE",
        /// Seals the tokens of applicants who have proved that a dossier is theirs.
        proof_key: ProofKey = "PROOF_KEY",
    }
}
