//! The settings of `find-dossier`.

use platform::dynamo::DossierTables;
use platform::entry::CatalogueSettings;
use platform::gate::GateSettings;
use platform::keyed_hash::KeyedHash;

platform::settings! {
    /// The settings of `find-dossier`.
    pub struct Settings {
        /// Where the catalogue is read.
        catalogue: CatalogueSettings,
        /// Where and how limits are counted.
        gate: GateSettings,
        /// The tables that hold dossiers.
        dossiers: DossierTables,
        /// The name of the reads table.
        reads_table: String = "READS_TABLE",
        /// Hashes the numbers by which an applicant's dossiers are found.
        people: KeyedHash = "PEOPLE_KEY",
    }
}
