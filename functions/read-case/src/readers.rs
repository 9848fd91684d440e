//! `GET /v1/dossiers/{code}/reads` and `GET /v1/reads`: who has read the case. Its owner sees
//! agencies and times, an auditor everything that is recorded.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::calendar::date_of;
use domain::catalogue::Catalogue;
use domain::dossier::{Role, account_violation};
use domain::feedback::FeedbackCode;
use domain::id::{AgencyCode, DossierCode};
use domain::upload::UploadId;
use domain::{RuleName, Violation};
use jiff::Timestamp;
use platform::Failure;
use platform::dynamo::{Dossiers, ReadPlace, ReadRange, Reads};
use platform::http::{HttpReply, HttpRequest};
use platform::parameters::{day, number};
use platform::record::{ErasureOrder, ReadOf, ReadRecord};
use serde::Serialize;

/// Reads of a page, unless asked otherwise.
const PAGE_DEFAULT: u32 = 50;
/// Most reads of a page.
const PAGE_MAX: u32 = 200;

/// A page of reads, newest first.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Page<'a> {
    /// The dossier, where all are of one.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'a DossierCode>,
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
    /// The dossier, in a list of several.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'a DossierCode>,
    /// The account that read.
    reader: &'a str,
    /// The uploaded document, where it was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    document: Option<&'a UploadId>,
    /// The order by which the content was erased, where it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    order: Option<&'a ErasureOrder>,
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
    let after = parameters.one("cursor", place);
    parameters.end()?;
    let code: DossierCode = request.path("code")?;
    // Of feedback an auditor alone is told, and of one without a read nothing.
    if !whole || FeedbackCode::of(&code).is_none() {
        let dossier = super::find(dossiers, request).await?;
        if !by.is_none_or(|by| by.is_on_applicants_side(&dossier)) {
            return Err(Failure::DossierNotFound);
        }
    }
    let page = reads
        .of(&code, limit.unwrap_or(PAGE_DEFAULT), after.as_ref().map(|p| p.read.as_str()))
        .await?;
    let line = |read| if whole { Line::for_auditor(read, None) } else { Line::for_owner(read) };
    let answer = Page {
        code: Some(&code),
        items: page.items.iter().map(line).collect(),
        next_cursor: page.next.as_ref().map(encode),
    };
    HttpReply::json(200, &answer)
}

/// All dossiers' reads, for an auditor: of an account, of a day, or of an account on a day; without
/// either, of today.
pub(crate) async fn audit(
    request: &HttpRequest,
    reads: &Reads,
    now: Timestamp,
) -> Result<HttpReply, Failure> {
    if !request.is_auditor()? {
        return Err(Failure::Forbidden);
    }
    let mut parameters = request.parameters();
    let officer = parameters.one("officer", account);
    let on = parameters.one("day", day);
    let limit = parameters.one("limit", number(PAGE_MAX.into()));
    let after = parameters.one("cursor", place);
    let range = match (officer, on) {
        (Some(id), Some(day)) => ReadRange::OfReaderOn(id, day),
        (Some(id), None) => ReadRange::OfReader(id),
        (None, day) => ReadRange::On(day.unwrap_or_else(|| date_of(now))),
    };
    if after.as_ref().is_some_and(|place| !range.holds(place)) {
        parameters.refuse("cursor", RuleName::Cursor, "belongs to a list of other reads");
    }
    parameters.end()?;
    let page = reads.among(&range, limit.unwrap_or(PAGE_DEFAULT), after.as_ref()).await?;
    let answer = Page {
        code: None,
        items: page.items.iter().map(|read| Line::for_auditor(read, Some(&read.code))).collect(),
        next_cursor: page.next.as_ref().map(encode),
    };
    HttpReply::json(200, &answer)
}

/// An account, as tokens have it.
fn account(text: &str) -> Result<String, Violation> {
    account_violation("", text).map_or_else(|| Ok(text.to_owned()), Err)
}

impl<'a> Line<'a> {
    fn for_owner(read: &'a ReadRecord) -> Self {
        let agency = read.by.agency.as_ref();
        Self { at: read.at, role: read.by.role, agency, what: read.what, audit: None }
    }

    /// With `code` where the list does not have it.
    fn for_auditor(read: &'a ReadRecord, code: Option<&'a DossierCode>) -> Self {
        let audit = Audit {
            code,
            reader: &read.by.id,
            document: read.document.as_ref(),
            order: read.order.as_ref(),
            version: read.version,
            request: &read.request,
        };
        Self { audit: Some(audit), ..Self::for_owner(read) }
    }
}

/// A cursor is for whoever may see the list, and tells no more than it: an account stands only in
/// that of a list of its reads.
fn encode(ReadPlace { code, read, reader }: &ReadPlace) -> String {
    let reader = reader.as_ref().map(|reader| format!("|{reader}")).unwrap_or_default();
    URL_SAFE_NO_PAD.encode(format!("{code}|{read}{reader}"))
}

/// The place that a cursor names. It widens no access: whose reads are listed is in the address.
fn place(cursor: &str) -> Result<ReadPlace, Violation> {
    let decoded = || {
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
        let mut parts = text.splitn(3, '|');
        let (code, read, reader) = (parts.next()?, parts.next()?, parts.next());
        let (at, _) = read.split_once('#')?;
        let whole = code.parse::<DossierCode>().is_ok() && at.parse::<Timestamp>().is_ok();
        whole.then(|| ReadPlace {
            code: code.to_owned(),
            read: read.to_owned(),
            reader: reader.map(str::to_owned),
        })
    };
    decoded().ok_or_else(|| Violation::new("", RuleName::Cursor, "must be a nextCursor as given"))
}
