//! Where the result of a case is wanted by post.

use domain::applicant::{FullName, Phone};
use domain::dossier::{Actor, Dossier};
use domain::post::{ProvinceNumber, ResultTo};
use serde::Serialize;

/// Who gets the result by post, and where.
#[derive(Serialize)]
pub(super) struct SentTo<'a> {
    recipient: &'a FullName,
    phone: &'a Phone,
    address: &'a str,
    province: &'a ProvinceNumber,
    /// The number under which the post is asked to bring it; none while there is nothing to bring.
    #[serde(skip_serializing_if = "Option::is_none")]
    order: Option<String>,
}

impl<'a> SentTo<'a> {
    /// For officers and the applicant's side: a system that sees the dossier whole does not send the
    /// result home. None where it is not wanted by post.
    pub(super) fn of(dossier: &'a Dossier, by: &Actor) -> Option<Self> {
        let officer = match by {
            Actor::Officer { .. } => true,
            Actor::Integrator { .. }
            | Actor::Portal { .. }
            | Actor::Citizen { .. }
            | Actor::Proven { .. }
            | Actor::System { .. } => false,
        };
        let shown = officer || by.is_on_applicants_side(dossier);
        let to = dossier.result_to.as_ref().filter(|_| shown)?;
        let order = dossier.postal_order().map(|order| order.number);
        Some(Self { order, ..Self::without_order(to) })
    }

    /// Where it is wanted, or was.
    pub(super) fn without_order(to: &'a ResultTo) -> Self {
        let ResultTo { recipient, phone, address, province } = to;
        Self { recipient, phone, address: address.reveal(), province, order: None }
    }
}
