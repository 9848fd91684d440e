//! What is published, and what an agency has to do.

use domain::agency::{Matter, Remit};
use domain::dossier::Actor;
use domain::feedback::FeedbackCode;
use domain::id::AgencyCode;
use domain::{RuleName, Violation};
use platform::Failure;
use platform::dynamo::{FeedbackLine, FeedbackTable, PublishedLine};
use platform::http::{HttpReply, HttpRequest};
use platform::parameters::{Parameters, number};
use serde::Serialize;

/// Lines of a page, unless asked otherwise.
const PAGE_DEFAULT: u32 = 50;

/// Most lines of a page.
const PAGE_MAX: u32 = 100;

/// A page, with where the next one begins.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Page<T> {
    items: Vec<T>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

/// The query of a list: how many, after which place.
fn asked(parameters: &mut Parameters<'_>) -> (u32, Option<String>) {
    let limit = parameters.one("limit", number(PAGE_MAX.into()));
    let after = parameters.one("cursor", |text| {
        let place = text.split_once('#').and_then(|(time, code)| {
            time.parse::<jiff::Timestamp>().ok()?;
            code.parse::<FeedbackCode>().ok()
        });
        let unknown = || Violation::new("", RuleName::Cursor, "must be a nextCursor as given");
        place.map(|_| text.to_owned()).ok_or_else(unknown)
    });
    (limit.unwrap_or(PAGE_DEFAULT), after)
}

/// Whether `lines` may go on, for a page of `limit`.
fn goes_on<T>(lines: &[T], limit: u32) -> bool {
    u32::try_from(lines.len()).is_ok_and(|count| count >= limit)
}

/// What everybody may read, the newest first.
pub(crate) async fn published(
    request: &HttpRequest,
    table: &FeedbackTable,
) -> Result<HttpReply, Failure> {
    let mut parameters = request.parameters();
    let (limit, after) = asked(&mut parameters);
    parameters.end()?;
    let items: Vec<PublishedLine> = table.published(limit, after.as_deref()).await?;
    let last = items.last().map(|line| line.place.clone());
    let next_cursor = last.filter(|_| goes_on(&items, limit));
    HttpReply::json(200, &Page { items, next_cursor })
}

/// What the officer's agency has to do, and those that it carries on for, what is due first first.
/// Who classifies feedback, the `desk`, may ask for another agency: they see to it that what they
/// routed is answered.
pub(crate) async fn worklist(
    request: &HttpRequest,
    table: &FeedbackTable,
    by: &Actor,
    desk: Option<&AgencyCode>,
) -> Result<HttpReply, Failure> {
    let mut parameters = request.parameters();
    let (limit, after) = asked(&mut parameters);
    let of: Option<AgencyCode> = parameters.one("agency", str::parse);
    parameters.end()?;
    let whole = Matter { procedure: None, ward: None };
    let agencies: Vec<&AgencyCode> = match (by, &of) {
        (Actor::Officer { .. }, Some(of)) => {
            let routes = desk.is_some_and(|desk| by.speaks_for(desk, whole));
            if !routes && !by.speaks_for(of, whole) {
                return Err(Failure::Forbidden);
            }
            vec![of]
        }
        (Actor::Officer { agency, predecessors, .. }, None) => {
            let carried_on = predecessors.iter().filter(|of| of.covers(of.agency(), whole));
            std::iter::once(agency).chain(carried_on.map(Remit::agency)).collect()
        }
        (
            Actor::Integrator { .. }
            | Actor::Portal { .. }
            | Actor::Citizen { .. }
            | Actor::Proven { .. }
            | Actor::System { .. },
            _,
        ) => return Err(Failure::Forbidden),
    };
    let (mut items, mut more) = (Vec::<FeedbackLine>::new(), false);
    for agency in agencies {
        let lines = table.worklist(agency, limit, after.as_deref()).await?;
        more |= goes_on(&lines, limit);
        items.extend(lines);
    }
    items.sort_by(|one, other| one.place.cmp(&other.place));
    let kept = usize::try_from(limit).unwrap_or(usize::MAX);
    more |= items.len() > kept;
    items.truncate(kept);
    let next_cursor = items.last().map(|line| line.place.clone()).filter(|_| more);
    HttpReply::json(200, &Page { items, next_cursor })
}
