//! The moves of a dossier, written down a second time: a table of the domain that were wrong would be
//! found by the scenario.

use super::WriteError;

/// The status in which the applicant owes documents, and from which a dossier goes back.
const SUPPLEMENT: u8 = 5;

/// Each action: the statuses in which it is legal, and where it leads; none for back to where the
/// dossier was.
const MOVES: [(&str, &[u8], Option<u8>); 15] = [
    ("receive", &[1], Some(2)),
    ("refuse", &[1], Some(3)),
    ("request-supplement", &[1, 2, 4], Some(SUPPLEMENT)),
    ("supplement", &[SUPPLEMENT], None),
    ("refuse-expired", &[SUPPLEMENT], Some(3)),
    ("process", &[2], Some(4)),
    ("request-payment", &[2, 4], Some(6)),
    ("confirm-payment", &[6], Some(4)),
    ("suspend", &[4], Some(8)),
    ("resume", &[8], Some(4)),
    ("finish", &[2, 4], Some(9)),
    ("return-result", &[9], Some(10)),
    ("recall", &[4, 6, 8], Some(4)),
    ("send-back", &[4, 6, 8, 9], Some(4)),
    ("withdraw", &[1, 2, 4, 5, 6, 8], Some(7)),
];

/// Whether the officer has to give a reason.
pub(super) fn owes_reason(action: &str) -> bool {
    ["refuse", "request-supplement", "refuse-expired", "suspend", "send-back"].contains(&action)
}

/// Whether the applicant does it.
pub(super) fn is_owned_by_applicant(action: &str) -> bool {
    ["supplement", "withdraw"].contains(&action)
}

/// Whether there is such an action.
pub(super) fn is_known(action: &str) -> bool {
    MOVES.iter().any(|(known, _, _)| *known == action)
}

/// Whether the action is legal in this status.
pub(super) fn is_legal(status: u8, action: &str) -> bool {
    MOVES.iter().any(|(known, allowed, _)| *known == action && allowed.contains(&status))
}

/// The status to which the actions lead a dossier that was handed in.
pub(super) fn follow<'a>(actions: impl Iterator<Item = &'a str>) -> Result<u8, WriteError> {
    let (mut status, mut before) = (1, 1);
    for action in actions {
        let found = MOVES.iter().find(|(known, _, _)| *known == action);
        let Some((_, _, target)) = found.filter(|(_, allowed, _)| allowed.contains(&status)) else {
            return Err(WriteError::Fault(format!("{action} in status {status}")));
        };
        let moved = target.unwrap_or(before);
        if moved == SUPPLEMENT {
            before = status;
        }
        status = moved;
    }
    Ok(status)
}
