//! `GET /v1/dossiers/{code}/reads`: who has read the case. Its owner sees agencies and times, an
//! auditor everything that is recorded.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::catalogue::Catalogue;
use domain::dossier::Role;
use domain::id::{AgencyCode, DossierCode};
use domain::{RuleName, Violation};
use jiff::Timestamp;
use platform::Failure;
use platform::dynamo::{Dossiers, Reads};
use platform::http::{HttpReply, HttpRequest};
use platform::parameters::number;
use platform::record::{ReadOf, ReadRecord};
use serde::Serialize;

/// Reads of a page, unless asked otherwise.
const PAGE_DEFAULT: u32 = 50;
/// Most reads of a page.
const PAGE_MAX: u32 = 200;

/// A page of reads, newest first.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Page<'a> {
    code: &'a DossierCode,
    items: Vec<Line<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

/// One read, as its reader may see it.
#[derive(Serialize)]
struct Line<'a> {
    at: Timestamp,
    role: Role,
    /// The agency in whose name an officer read; none for other readers.
    #[serde(skip_serializing_if = "Option::is_none")]
    agency: Option<&'a AgencyCode>,
    what: ReadOf,
    #[serde(flatten)]
    audit: Option<Audit<'a>>,
}

/// What an auditor sees besides.
#[derive(Serialize)]
struct Audit<'a> {
    /// The account that read.
    reader: &'a str,
    version: u64,
    request: &'a str,
}

pub(crate) async fn list(
    request: &HttpRequest,
    (dossiers, reads): (&Dossiers, &Reads),
    catalogue: &Catalogue,
    now: Timestamp,
) -> Result<HttpReply, Failure> {
    let whole = request.is_auditor()?;
    let by = if whole { None } else { Some(request.actor(catalogue, now)?) };
    let mut parameters = request.parameters();
    let limit = parameters.one("limit", number(PAGE_MAX.into()));
    let after = parameters.one("cursor", |text| {
        decode(text)
            .ok_or_else(|| Violation::new("", RuleName::Cursor, "must be a nextCursor as given"))
    });
    parameters.end()?;
    let dossier = super::find(dossiers, request).await?;
    if !by.is_none_or(|by| by.is_on_applicants_side_of(&dossier)) {
        return Err(Failure::DossierNotFound);
    }
    let page = reads.of(&dossier.code, limit.unwrap_or(PAGE_DEFAULT), after.as_deref()).await?;
    let line = |read| Line::of(read, whole);
    let answer = Page {
        code: &dossier.code,
        items: page.items.iter().map(line).collect(),
        next_cursor: page.next.map(|place| URL_SAFE_NO_PAD.encode(place)),
    };
    HttpReply::json(200, &answer)
}

impl<'a> Line<'a> {
    fn of(read: &'a ReadRecord, whole: bool) -> Self {
        let audit = Audit { reader: &read.by.id, version: read.version, request: &read.request };
        Self {
            at: read.at,
            role: read.by.role,
            agency: read.by.agency.as_ref(),
            what: read.what,
            audit: whole.then_some(audit),
        }
    }
}

/// The place that a cursor names. It widens no access: whose reads are listed is in the path.
fn decode(cursor: &str) -> Option<String> {
    let place = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
    let (at, _) = place.split_once('#')?;
    at.parse::<Timestamp>().is_ok().then_some(place)
}
