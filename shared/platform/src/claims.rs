//! Who calls, as the gateway's JWT authorizer proved it. A token that did not pass the authorizer proves nothing
//! and is never looked at.

use std::collections::HashMap;

use domain::applicant::{ApplicantKind, IdNumber};
use domain::catalogue::Catalogue;
use domain::dossier::Actor;
use domain::id::AgencyCode;
use jiff::civil::Date;

use crate::Failure;

/// Reads the actor from the claims `role`, `sub`, `agency` (of an officer) and `id_number` (of a citizen). An officer acts
/// for his agency and for those that it carries on for on the day `today`.
pub fn actor(claims: &HashMap<String, String>, catalogue: &Catalogue, today: Date) -> Result<Actor, Failure> {
    let claim = |name: &str| claims.get(name).filter(|value| !value.is_empty()).ok_or(Failure::Unauthorized);
    let id = claim("sub")?.clone();
    match claim("role")?.as_str() {
        "portal" => Ok(Actor::Portal { id }),
        "officer" => {
            let agency: AgencyCode = claim("agency")?.parse().map_err(|_| Failure::Unauthorized)?;
            // Who speaks for nobody of this province reads and does nothing here, not even what every officer may.
            catalogue.agency(&agency).ok_or(Failure::Forbidden)?;
            let predecessors = catalogue.predecessors(&agency, today);
            Ok(Actor::Officer { id, agency, predecessors })
        }
        "citizen" => Ok(Actor::Citizen { id, id_number: id_number(claims)? }),
        _ => Err(Failure::Forbidden),
    }
}

/// Reads whose affairs the caller sees to: a citizen his own; the portal (none here) anybody's. Nobody else does.
pub fn applicant(claims: &HashMap<String, String>) -> Result<Option<IdNumber>, Failure> {
    match claims.get("role").map_or("", String::as_str) {
        "" => Err(Failure::Unauthorized),
        "citizen" => id_number(claims).map(Some),
        "portal" => Ok(None),
        _ => Err(Failure::Forbidden),
    }
}

fn id_number(claims: &HashMap<String, String>) -> Result<IdNumber, Failure> {
    let number = claims.get("id_number").ok_or(Failure::Unauthorized)?;
    [ApplicantKind::Citizen, ApplicantKind::Business]
        .into_iter()
        .find_map(|kind| IdNumber::parse(kind, number).ok())
        .ok_or(Failure::Unauthorized)
}

/// Reads the account of an administrator, who keeps the catalogue and sees no dossier.
pub fn administrator(claims: &HashMap<String, String>) -> Result<String, Failure> {
    let claim = |name: &str| claims.get(name).filter(|value| !value.is_empty()).ok_or(Failure::Unauthorized);
    let id = claim("sub")?.clone();
    if claim("role")? == "administrator" { Ok(id) } else { Err(Failure::Forbidden) }
}
