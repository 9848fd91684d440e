//! Who calls, as the gateway's JWT authorizer proved it. A token that did not pass the authorizer
//! proves nothing and is never looked at.

use std::collections::HashMap;

use domain::applicant::{ApplicantKind, IdNumber};
use domain::catalogue::Catalogue;
use domain::dossier::{ACCOUNT_CHARACTERS_MAX, Actor, Duty};
use domain::id::AgencyCode;
use jiff::civil::Date;

use crate::Failure;

/// The roles that the claim `role` may name.
#[derive(Debug, Clone, Copy)]
enum ClaimedRole {
    /// The portal, on applicants' behalf.
    Portal,
    /// An officer of an agency.
    Officer,
    /// An applicant who has signed in.
    Citizen,
    /// Who keeps the catalogue.
    Administrator,
    /// Who checks who has read what.
    Auditor,
}

/// Reads the actor from the claims `role`, `sub`, `agency` and `counter` (of an officer), and
/// `id_number` and `id_kind` (of a citizen). An officer acts for their agency and for those that it carries on for
/// on the day `today`.
pub fn actor(
    claims: &HashMap<String, String>,
    catalogue: &Catalogue,
    today: Date,
) -> Result<Actor, Failure> {
    let id = account(claims)?;
    match role(claims)? {
        ClaimedRole::Portal => Ok(Actor::Portal { id }),
        ClaimedRole::Officer => {
            let agency =
                present(claims, "agency").ok_or(Failure::Unauthorized("no claim agency"))?;
            let agency: AgencyCode = agency
                .parse()
                .map_err(|_| Failure::Unauthorized("the claim agency is no agency's code"))?;
            // Who speaks for nobody of this province reads and does nothing here, not even what
            // every officer may.
            catalogue.agency(&agency).ok_or(Failure::Forbidden)?;
            let predecessors = catalogue.register().predecessors(&agency, today);
            Ok(Actor::Officer { id, agency, predecessors, duty: duty(claims)? })
        }
        ClaimedRole::Citizen => Ok(Actor::Citizen { id, id_number: id_number(claims, catalogue)? }),
        ClaimedRole::Administrator | ClaimedRole::Auditor => Err(Failure::Forbidden),
    }
}

/// The applicant for whom the caller may act: a citizen for themselves; the portal for every
/// applicant (`None`). Other callers are refused.
pub fn applicant(
    claims: &HashMap<String, String>,
    catalogue: &Catalogue,
) -> Result<Option<IdNumber>, Failure> {
    match role(claims)? {
        ClaimedRole::Citizen => id_number(claims, catalogue).map(Some),
        ClaimedRole::Portal => Ok(None),
        ClaimedRole::Officer | ClaimedRole::Administrator | ClaimedRole::Auditor => {
            Err(Failure::Forbidden)
        }
    }
}

/// Reads the account of an administrator, who keeps the catalogue and sees no dossier.
pub fn administrator(claims: &HashMap<String, String>) -> Result<String, Failure> {
    let id = account(claims)?;
    match role(claims)? {
        ClaimedRole::Administrator => Ok(id),
        ClaimedRole::Portal
        | ClaimedRole::Officer
        | ClaimedRole::Citizen
        | ClaimedRole::Auditor => Err(Failure::Forbidden),
    }
}

/// Whether the caller is an auditor, who sees who has read what, and no dossier.
pub fn is_auditor(claims: &HashMap<String, String>) -> Result<bool, Failure> {
    account(claims)?;
    match role(claims)? {
        ClaimedRole::Auditor => Ok(true),
        ClaimedRole::Portal
        | ClaimedRole::Officer
        | ClaimedRole::Citizen
        | ClaimedRole::Administrator => Ok(false),
    }
}

fn present<'a>(claims: &'a HashMap<String, String>, name: &str) -> Option<&'a str> {
    claims.get(name).map(String::as_str).filter(|value| !value.is_empty())
}

fn role(claims: &HashMap<String, String>) -> Result<ClaimedRole, Failure> {
    match present(claims, "role").ok_or(Failure::Unauthorized("no claim role"))? {
        "portal" => Ok(ClaimedRole::Portal),
        "officer" => Ok(ClaimedRole::Officer),
        "citizen" => Ok(ClaimedRole::Citizen),
        "administrator" => Ok(ClaimedRole::Administrator),
        "auditor" => Ok(ClaimedRole::Auditor),
        // The issuer may know more roles than we do.
        _ => Err(Failure::Forbidden),
    }
}

/// The claim `counter`: missing for who takes nothing in.
fn duty(claims: &HashMap<String, String>) -> Result<Duty, Failure> {
    match present(claims, "counter") {
        Some("true") => Ok(Duty::Counter),
        Some("false") | None => Ok(Duty::Desk),
        Some(_) => Err(Failure::Unauthorized("the claim counter is neither true nor false")),
    }
}

/// The claim `sub`, which is stored in histories: taken unchanged, or refused.
fn account(claims: &HashMap<String, String>) -> Result<String, Failure> {
    let id = present(claims, "sub").ok_or(Failure::Unauthorized("no claim sub"))?;
    if id.chars().count() > ACCOUNT_CHARACTERS_MAX {
        return Err(Failure::Unauthorized("the claim sub is longer than 128 characters"));
    }
    if !id.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Failure::Unauthorized(
            "the claim sub holds something else than visible ASCII characters",
        ));
    }
    Ok(id.to_owned())
}

fn id_number(claims: &HashMap<String, String>, catalogue: &Catalogue) -> Result<IdNumber, Failure> {
    let number = present(claims, "id_number").ok_or(Failure::Unauthorized("no claim id_number"))?;
    let kind = present(claims, "id_kind");
    [ApplicantKind::Citizen, ApplicantKind::Business]
        .into_iter()
        .find_map(|of| catalogue.identities().read(of, kind, number).ok())
        .ok_or(Failure::Unauthorized("the claim id_number is no identity number"))
}
