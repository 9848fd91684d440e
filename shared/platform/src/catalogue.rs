//! Loads the catalogue from `infra/data`, as built into the binary.

use domain::catalogue::Catalogue;

use crate::Failure;

macro_rules! data {
    ($name:literal) => {
        serde_json::from_str(include_str!(concat!("../../../infra/data/", $name)))
            .map_err(|error| Failure::Defect(format!("{}: {error}", $name)))?
    };
}

/// The catalogue; an error names the file, the line and the rule that it breaks.
pub fn load() -> Result<Catalogue, Failure> {
    Catalogue::assemble(
        data!("agencies.json"),
        data!("procedures.json"),
        data!("calendar.json"),
        data!("templates.json"),
        data!("integrators.json"),
    )
    .map_err(Failure::Invalid)
}
