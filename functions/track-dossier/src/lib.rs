//! `GET /v1/dossiers…`: the public sees how far a dossier is, its owner and its agency see its history, an agency sees
//! its worklist.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::Violation;
use domain::deadline::DueRule;
use domain::dossier::{Actor, Completion, Dossier, DossierStatus, HistoryEntry};
use domain::id::{AgencyCode, DossierCode};
use jiff::civil::Date;
use platform::Failure;
use platform::dynamo::Dossiers;
use platform::http::{HttpReply, HttpRequest};
use platform::port::DossierStore;
use platform::record::WorklistItem;
use serde::Serialize;

/// Lines of a worklist page, unless asked otherwise.
const PAGE_DEFAULT: u32 = 50;
/// Most lines of a worklist page.
const PAGE_MAX: u32 = 200;

/// Statuses in which an agency has something to do, in the order of the worklist.
const OPEN: [DossierStatus; 6] = [
    DossierStatus::Registered,
    DossierStatus::Received,
    DossierStatus::Processing,
    DossierStatus::SupplementRequested,
    DossierStatus::PaymentRequested,
    DossierStatus::Suspended,
];

/// Answers one request.
pub async fn handle(request: HttpRequest, dossiers: &Dossiers) -> Result<HttpReply, Failure> {
    match request.route.as_str() {
        "GET /v1/dossiers/{code}" => {
            let dossier = find(dossiers, &request).await?;
            HttpReply::json(200, &Progress::of(&dossier))
        }
        "GET /v1/dossiers/{code}/history" => {
            let by = request.actor()?;
            let dossier = find(dossiers, &request).await?;
            if !by.may_read(&dossier) {
                return Err(Failure::Forbidden);
            }
            // An officer's note is for officers.
            let with_notes = by.speaks_for(&dossier.agency);
            HttpReply::json(200, &History::of(&dossier, with_notes))
        }
        "GET /v1/dossiers" => {
            let Actor::Officer { agency, .. } = request.actor()? else {
                return Err(Failure::Forbidden);
            };
            HttpReply::json(200, &worklist(dossiers, &agency, &WorklistQuery::read(&request)?).await?)
        }
        _ => Err(Failure::RouteNotFound),
    }
}

async fn find(dossiers: &Dossiers, request: &HttpRequest) -> Result<Dossier, Failure> {
    let code: DossierCode = request.path("code")?;
    dossiers.dossier(&code).await?.ok_or(Failure::DossierNotFound)
}

/// What everybody may see (TT 01/2018/TT-VPCP Đ.16.2.d): code and degree of completion.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Progress<'a> {
    code: &'a DossierCode,
    status: DossierStatus,
    status_name: &'static str,
    completion: Completion,
}

impl<'a> Progress<'a> {
    fn of(dossier: &'a Dossier) -> Self {
        let status = dossier.status;
        Self { code: &dossier.code, status, status_name: status.name(), completion: dossier.completion() }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct History<'a> {
    #[serde(flatten)]
    progress: Progress<'a>,
    version: u64,
    procedure: &'a str,
    agency: &'a AgencyCode,
    submitted_at: jiff::Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    received_at: Option<jiff::Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    due_at: Option<jiff::Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    due_rule: Option<&'a DueRule>,
    history: Vec<Step<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Step<'a> {
    version: u64,
    action: domain::dossier::Action,
    status: DossierStatus,
    status_name: &'static str,
    at: jiff::Timestamp,
    by_role: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    by_agency: Option<&'a AgencyCode>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    due_at: Option<jiff::Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    due_rule: Option<&'a DueRule>,
}

impl<'a> History<'a> {
    fn of(dossier: &'a Dossier, with_notes: bool) -> Self {
        let step = |entry: &'a HistoryEntry| Step {
            version: entry.version,
            action: entry.action,
            status: entry.status,
            status_name: entry.status.name(),
            at: entry.at,
            by_role: &entry.by.role,
            by_agency: entry.by.agency.as_ref(),
            reason: entry.reason.as_deref(),
            note: entry.note.as_deref().filter(|_| with_notes),
            due_at: entry.due_at,
            due_rule: entry.due_rule.as_ref(),
        };
        Self {
            progress: Progress::of(dossier),
            version: dossier.version,
            procedure: dossier.procedure.as_str(),
            agency: &dossier.agency,
            submitted_at: dossier.submitted_at,
            received_at: dossier.received_at,
            due_at: dossier.due_at,
            // The last that started the clock, as long as it runs.
            due_rule: dossier.due_at.and_then(|_| dossier.history.iter().rev().find_map(|e| e.due_rule.as_ref())),
            history: dossier.history.iter().map(step).collect(),
        }
    }
}

struct WorklistQuery {
    statuses: Vec<DossierStatus>,
    due_before: Option<Date>,
    limit: u32,
    /// Where to go on: a status, and the last line shown in it.
    after: Option<(DossierStatus, Option<String>)>,
}

impl WorklistQuery {
    fn read(request: &HttpRequest) -> Result<Self, Failure> {
        let mut found = Vec::new();
        for name in request.query_names().filter(|name| !["status", "dueBefore", "limit", "cursor"].contains(name)) {
            found.push(Violation::new(name, "unknown-field", "is not a parameter of this request"));
        }
        let status = |text: &str| DossierStatus::try_from(text.parse::<u8>().ok()?).ok();
        let mut read = |name: &'static str, rule: &'static str, detail: &'static str, ok: &dyn Fn(&str) -> bool| {
            let given = request.query(name)?;
            if !ok(given) {
                found.push(Violation::new(name, rule, detail));
                return None;
            }
            Some(given.to_owned())
        };
        let asked = read("status", "national-status", "must be a national status code, 1 to 10", &|text| {
            status(text).is_some()
        });
        let due_before = read("dueBefore", "date", "must be a date, YYYY-MM-DD", &|text| {
            text.len() == 10 && text.parse::<Date>().is_ok()
        });
        let limit = read("limit", "range", "must be 1 to 200", &|text| {
            text.parse().is_ok_and(|limit: u32| (1..=PAGE_MAX).contains(&limit))
        });
        let cursor = read("cursor", "cursor", "must be a nextCursor as given", &|text| decode(text).is_some());
        let due_before = due_before.and_then(|text| text.parse().ok());
        let after = cursor.and_then(|text| decode(&text));
        // A page of another list: the table would refuse to go on from beyond its end.
        if let (Some(end), Some((_, Some(line)))) = (due_before, &after)
            && line.split('#').next().and_then(|due| due.parse::<Date>().ok()).is_none_or(|due| due >= end)
        {
            found.push(Violation::new("cursor", "cursor", "belongs to a list with another dueBefore"));
        }
        if !found.is_empty() {
            return Err(Failure::Invalid(found));
        }
        Ok(Self {
            statuses: asked.and_then(|text| status(&text)).map_or_else(|| OPEN.to_vec(), |one| vec![one]),
            due_before,
            limit: limit.and_then(|text| text.parse().ok()).unwrap_or(PAGE_DEFAULT),
            after,
        })
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Worklist {
    items: Vec<WorklistItem>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

/// Fills one page, status after status.
async fn worklist(dossiers: &Dossiers, agency: &AgencyCode, query: &WorklistQuery) -> Result<Worklist, Failure> {
    let mut items: Vec<WorklistItem> = Vec::new();
    let mut after = query.after.clone();
    for status in &query.statuses {
        let start = match &after {
            Some((reached, _)) if status.code() < reached.code() => continue,
            Some((reached, line)) if reached == status => line.clone(),
            _ => None,
        };
        after = None;
        let room = query.limit - u32::try_from(items.len()).unwrap_or(query.limit).min(query.limit);
        if room == 0 {
            return Ok(Worklist { items, next_cursor: Some(encode(*status, None)) });
        }
        let page = dossiers.worklist(agency, *status, query.due_before, room, start.as_deref()).await?;
        items.extend(page.items);
        if let Some(line) = page.next {
            return Ok(Worklist { items, next_cursor: Some(encode(*status, Some(&line))) });
        }
    }
    Ok(Worklist { items, next_cursor: None })
}

fn encode(status: DossierStatus, line: Option<&str>) -> String {
    URL_SAFE_NO_PAD.encode(format!("{}|{}", status.code(), line.unwrap_or_default()))
}

/// Reads a cursor back. It holds no agency: whose worklist it is comes from the token alone.
fn decode(cursor: &str) -> Option<(DossierStatus, Option<String>)> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
    let (status, line) = text.split_once('|')?;
    let status = DossierStatus::try_from(status.parse::<u8>().ok()?).ok()?;
    if line.is_empty() {
        return Some((status, None));
    }
    let (due, code) = line.split_once('#')?;
    let whole = due.parse::<Date>().is_ok() && code.parse::<DossierCode>().is_ok();
    whole.then(|| (status, Some(line.to_owned())))
}
