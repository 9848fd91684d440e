//! The settings of `submit-dossier`.

use platform::dynamo::DossierTables;
use platform::entry::CatalogueSettings;
use platform::gate::GateSettings;
use platform::keyed_hash::KeyedHash;

platform::settings! {
    /// The settings of `submit-dossier`.
    pub struct Settings {
        /// Where the catalogue is read.
        catalogue: CatalogueSettings,
        /// Where and how limits are counted.
        gate: GateSettings,
        /// The name of the documents table.
        documents_table: String = "DOCUMENTS_TABLE",
        /// The address of the documents bucket.
        documents_url: String = "DOCUMENTS_URL",
        /// The tables that hold dossiers.
        dossiers: DossierTables,
        /// The name of the intake table.
        intake_table: String = "INTAKE_TABLE",
        /// Hashes the numbers by which an applicant's dossiers are found.
        people: KeyedHash = "PEOPLE_KEY",
    }
}
