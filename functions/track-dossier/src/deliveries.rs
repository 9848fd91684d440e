//! `GET /v1/dossiers/{code}/deliveries`: which other systems have which version, and why one has
//! not.

use domain::catalogue::Catalogue;
use domain::delivery::Delivery;
use domain::id::DossierCode;
use jiff::Timestamp;
use platform::line_standing::LineStanding;
use serde::Serialize;

/// Every line of the ledger about a dossier.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Shown<'a> {
    code: &'a DossierCode,
    /// Whether every system has all that it must have, and says so of what it has to process.
    in_step: bool,
    systems: Vec<LineStanding<'a>>,
}

impl<'a> Shown<'a> {
    /// The lines of `code` at `now`, with the names that their systems have then.
    pub(crate) fn of(
        code: &'a DossierCode,
        lines: &'a [Delivery],
        catalogue: &'a Catalogue,
        now: Timestamp,
    ) -> Self {
        let systems: Vec<LineStanding<'_>> =
            lines.iter().map(|line| LineStanding::of(line, catalogue, now)).collect();
        let open = LineStanding::is_transfer_open;
        Self {
            code,
            in_step: !lines.iter().any(Delivery::is_behind) && !systems.iter().any(open),
            systems,
        }
    }
}
