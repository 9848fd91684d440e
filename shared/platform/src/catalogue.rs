//! Loads the catalogue from `infra/data`, as built into the binary.

use domain::calendar::Calendar;
use domain::catalogue::{Catalogue, CatalogueFiles};

use crate::Failure;
use crate::config::{self, BadSetting};

macro_rules! data {
    ($name:literal) => {
        serde_json::from_str(include_str!(concat!("../../../infra/data/", $name)))
            .map_err(|error| Failure::Defect(format!("{}: {error}", $name)))?
    };
}

/// What to do about years whose holidays the government has not decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UndecidedYears {
    /// A deadline that reaches into one is an error: what real dossiers need.
    Refused,
    /// They are taken as the law alone suggests: so that a demonstration in December has a January.
    Assumed,
}

impl UndecidedYears {
    /// What the setting `UNDECIDED_YEARS` says: `refused` or `assumed`.
    pub fn from_setting() -> Result<Self, BadSetting> {
        match config::text("UNDECIDED_YEARS")?.as_str() {
            "refused" => Ok(Self::Refused),
            "assumed" => Ok(Self::Assumed),
            _ => Err(BadSetting { name: "UNDECIDED_YEARS" }),
        }
    }
}

/// The catalogue; an error names the file, the line and the rule that it breaks.
pub fn load(undecided: UndecidedYears) -> Result<Catalogue, Failure> {
    let mut calendar: Calendar = data!("calendar.json");
    if undecided == UndecidedYears::Assumed {
        calendar = calendar.completed_by(data!("calendar.provisional.json"));
    }
    Catalogue::assemble(CatalogueFiles {
        agencies: data!("agencies.json"),
        procedures: data!("procedures.json"),
        calendar,
        rules: data!("rules.json"),
        templates: data!("templates.json"),
        integrators: data!("integrators.json"),
        notices: data!("notices.json"),
        providers: data!("providers.json"),
        codes: data!("codes.json"),
    })
    .map_err(Failure::Invalid)
}
