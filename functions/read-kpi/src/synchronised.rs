//! How many of the dossiers received in a time the national portal has, as the nights compared it.

use domain::catalogue::Catalogue;
use domain::delivery::Protocol;
use domain::index::Scope;
use domain::kpi::report::EndedAgencies;
use domain::register::Register;
use jiff::civil::Date;
use platform::Failure;
use platform::dynamo::{Deliveries, InStep};
use platform::gather::Gathered;

/// The rows of the counted days; none where a night did not compare one of them, or where nothing is
/// owed to the portal.
#[derive(Debug)]
pub(crate) struct Synchronised(Option<Vec<InStep>>);

impl Synchronised {
    /// Reads what was compared of the counted days of `gathered`.
    pub(crate) async fn of(
        gathered: &Gathered,
        ledger: &Deliveries,
        catalogue: &Catalogue,
    ) -> Result<Self, Failure> {
        let (Some(first), Some(last)) = (gathered.first, gathered.last) else {
            return Ok(Self(None));
        };
        let mut owed = catalogue.systems().on(last);
        let Some(portal) = owed.find(|system| system.protocol == Protocol::Dvcqg) else {
            return Ok(Self(None));
        };
        let days = ledger.in_step(&portal.id, first, last).await?;
        let whole = u32::try_from(days.len()).is_ok_and(|compared| compared == gathered.days);
        Ok(Self(whole.then(|| days.into_values().flatten().collect())))
    }

    /// Whether every counted day was compared.
    pub(crate) fn is_known(&self) -> bool {
        self.0.is_some()
    }

    /// How many the portal has in `scope`, and of how many that it must have; none where that is not
    /// known.
    pub(crate) fn within(
        &self,
        scope: Scope<'_>,
        register: &Register,
        last: Date,
    ) -> Option<(u64, u64)> {
        let ours = |row: &&InStep| {
            let Some(wanted) = scope.agency else { return true };
            *wanted == row.agency
                || match scope.ended {
                    EndedAgencies::AsCounted => false,
                    EndedAgencies::Merged => {
                        *wanted == register.shown_under(&row.agency, Some(&row.procedure), last)
                    }
                }
        };
        let rows = self.0.as_ref()?.iter().filter(ours);
        Some(rows.fold((0, 0), |(in_step, owed), row| (in_step + row.in_step, owed + row.owed)))
    }
}
