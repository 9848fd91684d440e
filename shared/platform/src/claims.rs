//! Who calls, as the gateway's JWT authorizer proved it. A token that did not pass the authorizer
//! proves nothing and is never looked at.

use std::collections::HashMap;

use domain::applicant::{ApplicantKind, IdNumber};
use domain::catalogue::Catalogue;
use domain::dossier::Actor;
use domain::id::AgencyCode;
use jiff::civil::Date;

use crate::Failure;

/// Longest account, in characters. OpenID Connect allows 255 (Core §2), of which issuers use some
/// 40; each entry of a history keeps one, and a history has to fit its item.
pub const ACCOUNT_CHARACTERS_MAX: usize = 128;

/// Reads the actor from the claims `role`, `sub`, `agency` (of an officer), and `id_number` and
/// `id_kind` (of a citizen). An officer acts for their agency and for those that it carries on for
/// on the day `today`.
pub fn actor(
    claims: &HashMap<String, String>,
    catalogue: &Catalogue,
    today: Date,
) -> Result<Actor, Failure> {
    let id = account(claims)?;
    match role(claims)? {
        "portal" => Ok(Actor::Portal { id }),
        "officer" => {
            let agency =
                present(claims, "agency").ok_or(Failure::Unauthorized("no claim agency"))?;
            let agency: AgencyCode = agency
                .parse()
                .map_err(|_| Failure::Unauthorized("the claim agency is no agency's code"))?;
            // Who speaks for nobody of this province reads and does nothing here, not even what
            // every officer may.
            catalogue.agency(&agency).ok_or(Failure::Forbidden)?;
            let predecessors = catalogue.predecessors(&agency, today);
            Ok(Actor::Officer { id, agency, predecessors })
        }
        "citizen" => Ok(Actor::Citizen { id, id_number: id_number(claims, catalogue)? }),
        _ => Err(Failure::Forbidden),
    }
}

/// The applicant for whom the caller may act: a citizen for themselves; the portal for every
/// applicant (`None`). Other callers are refused.
pub fn applicant(
    claims: &HashMap<String, String>,
    catalogue: &Catalogue,
) -> Result<Option<IdNumber>, Failure> {
    match role(claims)? {
        "citizen" => id_number(claims, catalogue).map(Some),
        "portal" => Ok(None),
        _ => Err(Failure::Forbidden),
    }
}

/// Reads the account of an administrator, who keeps the catalogue and sees no dossier.
pub fn administrator(claims: &HashMap<String, String>) -> Result<String, Failure> {
    let id = account(claims)?;
    if role(claims)? == "administrator" { Ok(id) } else { Err(Failure::Forbidden) }
}

fn present<'a>(claims: &'a HashMap<String, String>, name: &str) -> Option<&'a str> {
    claims.get(name).map(String::as_str).filter(|value| !value.is_empty())
}

fn role(claims: &HashMap<String, String>) -> Result<&str, Failure> {
    present(claims, "role").ok_or(Failure::Unauthorized("no claim role"))
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
