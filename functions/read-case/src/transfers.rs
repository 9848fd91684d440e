//! To which systems the dossier of a case is transferred, for officers: who has it, and what they go
//! on doing themselves.

use domain::calendar::date_of;
use domain::catalogue::Catalogue;
use domain::delivery::{Delivery, System};
use domain::dossier::{Action, Actor, Dossier, Move};
use jiff::Timestamp;
use platform::Failure;
use platform::dynamo::Deliveries;
use platform::port::DeliveryLedger;
use platform::transfer_standing::{CaseTransfer, TransferStanding};

/// The lines of systems that have to process the dossier or had to, for an officer who takes part;
/// none for anybody else. Nothing is read where the catalogue has no such system for it.
pub(crate) async fn lines<'c>(
    by: &Actor,
    dossier: &Dossier,
    ledger: &Deliveries,
    catalogue: &'c Catalogue,
    now: Timestamp,
) -> Result<Vec<(&'c System, Delivery)>, Failure> {
    let officer = match by {
        Actor::Officer { .. } => by.takes_part(dossier),
        Actor::Integrator { .. }
        | Actor::Portal { .. }
        | Actor::Citizen { .. }
        | Actor::Proven { .. }
        | Actor::System { .. } => false,
    };
    let mut lines = Vec::new();
    for system in catalogue.systems().on(date_of(now)) {
        if officer && system.transfer.is_some() && system.owed(dossier) > 0 {
            let line = ledger.line(&dossier.code, &system.id).await?;
            lines.extend(line.map(|line| (system, line)));
        }
    }
    Ok(lines)
}

/// `tag` with how often the transfers have changed, which they do without the version.
pub(crate) fn with_lines(tag: String, lines: &[(&System, Delivery)]) -> String {
    let transferred = lines.iter().filter(|(_, line)| line.transfer().is_some());
    let versions: Vec<String> = transferred.map(|(_, line)| line.version().to_string()).collect();
    if versions.is_empty() {
        return tag;
    }
    format!("{}-t{}\"", tag.trim_end_matches('"'), versions.join("."))
}

/// The transfers at `now`, for who may make the moves `next`.
pub(crate) fn shown<'c>(
    lines: &[(&'c System, Delivery)],
    next: &[Move],
    now: Timestamp,
) -> Vec<CaseTransfer<'c>> {
    let next: Vec<Action> = next.iter().map(|of| of.action).collect();
    let shown = lines.iter().filter_map(|(system, line)| {
        let standing = TransferStanding::of(line, Some(system), now)?.for_moves(&next);
        Some(CaseTransfer { system: &system.id, name: &system.name, standing })
    });
    shown.collect()
}
