//! `GET /v1/me/dossiers`: whoever has signed in sees what they have handed in, and what is expected
//! of them.

use domain::catalogue::Catalogue;
use domain::dossier::{Actor, Dossier, WaitsFor};
use domain::payment::Demand;
use domain::post::PostalItem;
use jiff::Timestamp;
use platform::Failure;
use platform::dynamo::Person;
use platform::http::{HttpReply, HttpRequest};
use platform::parameters::number;
use serde::Serialize;

use crate::{Line, PAGE_DEFAULT, PAGE_MAX, Page, Tables, encode, place};

/// One dossier of the caller.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Own<'a> {
    #[serde(flatten)]
    line: Line<'a>,
    /// What only the caller can do for it to go on.
    #[serde(skip_serializing_if = "Option::is_none")]
    waits_for: Option<WaitsFor<'a>>,
    /// What they have to pay now, in whole đồng; none where the request said no amounts.
    #[serde(skip_serializing_if = "Option::is_none")]
    owed_vnd: Option<u64>,
    /// What goes by post, and where it is.
    #[serde(skip_serializing_if = "<[PostalItem]>::is_empty")]
    post: &'a [PostalItem],
}

impl<'a> Own<'a> {
    fn of(dossier: &'a Dossier, catalogue: &'a Catalogue, now: Timestamp) -> Self {
        Self {
            line: Line::of(dossier, catalogue, now),
            waits_for: dossier.waits_for(catalogue.law()),
            owed_vnd: dossier.owed().map(Demand::amount_vnd),
            post: &dossier.post.items,
        }
    }
}

pub(crate) async fn list(
    request: &HttpRequest,
    tables: &Tables,
    catalogue: &Catalogue,
    now: Timestamp,
) -> Result<HttpReply, Failure> {
    let by = request.actor(catalogue, now)?;
    // The portal has nowhere to say whose it wants to see but the address, where it may not stand.
    let Actor::Citizen { id_number, .. } = &by else {
        return Err(Failure::Forbidden);
    };
    let mut parameters = request.parameters();
    let limit = parameters.one("limit", number(PAGE_MAX)).unwrap_or(PAGE_DEFAULT);
    let after = parameters.one("cursor", place);
    parameters.end()?;
    let person = Person::Applicant(id_number.clone());
    let page = tables.people.find(&person, limit, after.as_ref(), |_| true).await?;
    let dossiers = tables.dossiers.each(&page.codes).await?;
    let own = dossiers.iter().filter(|dossier| by.is_on_applicants_side(dossier));
    let items = own.map(|dossier| Own::of(dossier, catalogue, now)).collect();
    HttpReply::json(200, &Page { items, next_cursor: page.next.as_ref().map(encode) })
}
