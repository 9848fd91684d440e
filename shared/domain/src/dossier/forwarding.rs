//! Work of several agencies on one dossier (phối hợp giải quyết): its owner forwards it to another
//! for its part of the work, and gets it back. There is one term and one owner: the clock goes on,
//! and the dossier is counted where it was handed in.

use super::{Action, Command, Custody, Dossier, Rule};
use crate::id::AgencyCode;
use crate::{RuleName, Violation};

impl Command {
    /// Passing on names an agency, and nothing else may.
    pub(super) fn check_to_agency(&self) -> Result<(), Violation> {
        match (self.action == Action::Forward, &self.to_agency) {
            (true, None) => Err(Violation::new(
                "toAgency",
                RuleName::AgencyOwed,
                "must say which agency takes the dossier over",
            )),
            (false, Some(_)) => Err(Violation::new(
                "toAgency",
                RuleName::ForwardOnly,
                "only forwarding names an agency",
            )),
            _ => Ok(()),
        }
    }
}

impl Dossier {
    /// Every handler that the dossier had, oldest first; a handler that had it twice occurs twice.
    pub fn handlers(&self) -> impl Iterator<Item = &AgencyCode> {
        self.history.iter().filter_map(|entry| entry.handler.as_ref())
    }

    /// The owner cannot forward the dossier to itself.
    pub(super) fn check_pass(&self, command: &Command) -> Result<(), Violation> {
        if command.to_agency.as_ref() == Some(&self.agency) {
            return Err(Violation::new(
                "toAgency",
                RuleName::AnotherAgency,
                "is the agency that the dossier belongs to",
            ));
        }
        Ok(())
    }

    /// The handler after `command`; `None` if the owner has custody.
    pub(super) fn handler_after(&self, rule: &Rule, command: &Command) -> Option<AgencyCode> {
        match rule.custody {
            Custody::AsBefore => self.handler.clone(),
            Custody::WithAnother => command.to_agency.clone(),
            Custody::WithOwner => None,
        }
    }
}
