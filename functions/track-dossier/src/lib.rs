//! `GET /v1/dossiers…`: the public sees how far a dossier is, its owner and the agencies that work
//! on it see its history, an agency sees its worklist.

mod deadline;
mod notices;
mod settings;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::agency::{Matter, Remit};
use domain::catalogue::Catalogue;
use domain::deadline::DueRule;
use domain::document::AskedDocument;
use domain::dossier::{
    Action, Actor, Completion, Dossier, DossierStatus, HistoryEntry, NoteReaders, Role,
};
use domain::id::{AgencyCode, DossierCode};
use domain::law::Law;
use domain::{RuleName, Violation};
use jiff::Timestamp;
use jiff::civil::Date;
use platform::Failure;
use platform::dynamo::{Desk, Dossiers};
use platform::http::{HttpReply, HttpRequest};
use platform::parameters::{day, number};
use platform::port::{DossierStore, NoticeBook};
use platform::record::WorklistItem;
use serde::Serialize;

use deadline::Deadline;
use notices::Notices;

pub use settings::Settings;

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

/// Answers one HTTP request; failures become problem documents.
pub async fn handle(
    request: HttpRequest,
    (dossiers, book): (&Dossiers, &impl NoticeBook),
    catalogue: &Catalogue,
    now: Timestamp,
) -> Result<HttpReply, Failure> {
    match request.route.as_str() {
        "GET /v1/dossiers/{code}" => {
            request.no_parameters()?;
            let dossier = find(dossiers, &request).await?;
            HttpReply::json(200, &Progress::of(&dossier))
        }
        "GET /v1/dossiers/{code}/history" => {
            let by = request.actor(catalogue, now)?;
            request.no_parameters()?;
            let dossier = find(dossiers, &request).await?;
            if !by.may_read(&dossier) {
                return Err(Failure::Forbidden);
            }
            HttpReply::json(200, &History::of(&dossier, &by, catalogue.law()))
        }
        "GET /v1/dossiers/{code}/deadline" => {
            let by = request.actor(catalogue, now)?;
            request.no_parameters()?;
            let dossier = find(dossiers, &request).await?;
            if !by.may_read(&dossier) {
                return Err(Failure::Forbidden);
            }
            HttpReply::json(200, &Deadline::of(&dossier, catalogue.law())?)
        }
        "GET /v1/dossiers/{code}/notices" => {
            let by = request.actor(catalogue, now)?;
            request.no_parameters()?;
            let dossier = find(dossiers, &request).await?;
            if !by.takes_part(&dossier) {
                return Err(Failure::Forbidden);
            }
            let thread = book.thread(&dossier.code.clone().into()).await?;
            HttpReply::json(200, &Notices::of(&dossier, thread.as_ref()))
        }
        "GET /v1/dossiers" => {
            let Actor::Officer { agency, predecessors, .. } = request.actor(catalogue, now)? else {
                return Err(Failure::Forbidden);
            };
            let remits: Vec<Remit> =
                std::iter::once(Remit::whole(agency)).chain(predecessors).collect();
            HttpReply::json(
                200,
                &worklist(dossiers, &remits, &WorklistQuery::read(&request)?, catalogue.law())
                    .await?,
            )
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
        Self {
            code: &dossier.code,
            status,
            status_name: status.name(),
            completion: dossier.completion(),
        }
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
    #[serde(skip_serializing_if = "Option::is_none")]
    handler: Option<&'a AgencyCode>,
    submitted_at: jiff::Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    received_at: Option<jiff::Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    due_at: Option<jiff::Timestamp>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    due_provisional: bool,
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
    #[serde(skip_serializing_if = "Option::is_none")]
    claimed_at: Option<jiff::Timestamp>,
    by_role: Role,
    #[serde(skip_serializing_if = "Option::is_none")]
    by_agency: Option<&'a AgencyCode>,
    #[serde(skip_serializing_if = "Option::is_none")]
    handler: Option<&'a AgencyCode>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    asked_late: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    late_letter: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    /// The documents that the applicant was asked for, each with the reason.
    #[serde(skip_serializing_if = "<[AskedDocument]>::is_empty")]
    asked_for: &'a [AskedDocument],
    /// The codes of the documents that came with a supplement.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    documents: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note_readers: Option<NoteReaders>,
    #[serde(skip_serializing_if = "Option::is_none")]
    due_at: Option<jiff::Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    due_rule: Option<&'a DueRule>,
}

impl<'a> History<'a> {
    /// The history with the notes that `by` may read.
    fn of(dossier: &'a Dossier, by: &Actor, law: &Law) -> Self {
        let note = |entry: &'a HistoryEntry| {
            entry.note.as_deref().filter(|_| by.may_read_note(entry, dossier))
        };
        let supplied = |entry: &'a HistoryEntry| {
            let came = dossier.documents_of(entry).map(|document| document.code.as_str());
            came.filter(|_| entry.action == Action::Supplement).collect()
        };
        let step = |entry: &'a HistoryEntry| Step {
            version: entry.version,
            action: entry.action,
            status: entry.status,
            status_name: entry.status.name(),
            at: entry.at,
            claimed_at: entry.claimed_at,
            by_role: entry.by.role,
            by_agency: entry.by.agency.as_ref(),
            handler: entry.handler.as_ref(),
            asked_late: entry.asked_late,
            late_letter: entry.late_letter,
            reason: entry.reason.as_deref(),
            asked_for: &entry.asked_for,
            documents: supplied(entry),
            note: note(entry),
            note_readers: note(entry).map(|_| entry.by.note_readers()),
            due_at: entry.due_at,
            due_rule: entry.due_rule.as_ref(),
        };
        Self {
            progress: Progress::of(dossier),
            version: dossier.version,
            procedure: dossier.procedure.as_str(),
            agency: &dossier.agency,
            handler: dossier.handler.as_ref(),
            submitted_at: dossier.submitted_at,
            received_at: dossier.received_at,
            due_at: dossier.due_at,
            due_provisional: dossier.is_due_provisional(law),
            // The last that started the clock, as long as it runs.
            due_rule: dossier
                .due_at
                .and_then(|_| dossier.history.iter().rev().find_map(|e| e.due_rule.as_ref())),
            history: dossier.history.iter().map(step).collect(),
        }
    }
}

struct WorklistQuery {
    /// In the order of the national codes; none asks for every open one.
    statuses: Vec<DossierStatus>,
    due_before: Option<Date>,
    limit: u32,
    after: Option<Place>,
}

/// Where a worklist goes on: the desk, by its name in a cursor, a status, and the last line shown
/// in it.
#[derive(Clone)]
struct Place {
    desk: String,
    status: DossierStatus,
    line: Option<String>,
}

impl WorklistQuery {
    fn read(request: &HttpRequest) -> Result<Self, Failure> {
        let mut parameters = request.parameters();
        let mut statuses = parameters.each("status", status);
        statuses.sort_unstable();
        let due_before = parameters.one("dueBefore", day);
        let limit = parameters.one("limit", number(PAGE_MAX.into()));
        let after = parameters.one("cursor", |text| {
            decode(text).ok_or_else(|| {
                Violation::new("", RuleName::Cursor, "must be a nextCursor as given")
            })
        });
        // A page of another list: the table would refuse to go on from beyond its end.
        if let (Some(end), Some(line)) =
            (due_before, after.as_ref().and_then(|place| place.line.as_ref()))
            && line
                .split('#')
                .next()
                .and_then(|due| due.parse::<Date>().ok())
                .is_none_or(|due| due >= end)
        {
            parameters.refuse(
                "cursor",
                RuleName::Cursor,
                "belongs to a list with another dueBefore",
            );
        }
        parameters.end()?;
        Ok(Self { statuses, due_before, limit: limit.unwrap_or(PAGE_DEFAULT), after })
    }

    /// The parts of which the worklist consists, in order. The table finds lines by due date within
    /// one status only; without one it gives a desk's open dossiers in one go.
    fn stretches<'a>(&self, agencies: &'a [AgencyCode]) -> Vec<(Desk<'a>, Option<DossierStatus>)> {
        let statuses: Vec<Option<DossierStatus>> = match (&self.statuses[..], self.due_before) {
            ([], Some(_)) => OPEN.map(Some).to_vec(),
            ([], None) => vec![None],
            (asked, _) => asked.iter().copied().map(Some).collect(),
        };
        let own = agencies
            .iter()
            .map(Desk::Owner)
            .flat_map(|desk| statuses.iter().map(move |status| (desk, *status)));
        // Nothing that is closed is forwarded.
        let open = statuses.iter().filter(|status| !status.is_some_and(DossierStatus::is_closed));
        let forwarded = agencies.iter().map(Desk::Handler);
        own.chain(forwarded.flat_map(|desk| open.clone().map(move |status| (desk, *status))))
            .collect()
    }
}

fn status(text: &str) -> Result<DossierStatus, Violation> {
    let known = DossierStatus::ALL.into_iter().find(|status| status.code().to_string() == text);
    known.ok_or_else(|| {
        Violation::new(
            "status",
            RuleName::NationalStatus,
            "must be a national status code, 1 to 10",
        )
    })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Worklist {
    items: Vec<WorklistItem>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

/// Fills one page, desk after desk: what belongs to `agencies`, then what others have forwarded to
/// them. The first is the one that asks, the others those that it carries on for, in all or in a
/// part of their dossiers.
async fn worklist(
    dossiers: &Dossiers,
    remits: &[Remit],
    query: &WorklistQuery,
    law: &Law,
) -> Result<Worklist, Failure> {
    let agencies: Vec<AgencyCode> = remits.iter().map(|remit| remit.agency().clone()).collect();
    let agencies = agencies.as_slice();
    let covered = |agency: &AgencyCode, item: &WorklistItem| {
        let matter = Matter { procedure: Some(&item.procedure), ward: item.ward.as_ref() };
        remits.iter().any(|remit| remit.covers(agency, matter))
    };
    let stretches = query.stretches(agencies);
    let reached = |place: &Place| {
        let here = |(desk, status): &(Desk<'_>, Option<DossierStatus>)| {
            name(*desk, agencies) == place.desk
                && status.is_none_or(|status| status == place.status)
        };
        stretches.iter().position(here)
    };
    let (first, mut start) = match &query.after {
        None => (0, None),
        Some(place) => {
            let other =
                || Violation::new("cursor", RuleName::Cursor, "belongs to another worklist");
            let line = place.line.clone().map(|line| (place.status, line));
            (reached(place).ok_or_else(other)?, line)
        }
    };
    let mut items: Vec<WorklistItem> = Vec::new();
    for (desk, status) in stretches.into_iter().skip(first) {
        let room = query.limit.saturating_sub(u32::try_from(items.len()).unwrap_or(query.limit));
        if room == 0 {
            let place = Place {
                desk: name(desk, agencies),
                status: status.unwrap_or(DossierStatus::Registered),
                line: None,
            };
            return Ok(Worklist { items, next_cursor: Some(encode(&place)) });
        }
        let page =
            dossiers.worklist(desk, status, query.due_before, room, start.take().as_ref()).await?;
        // What one of the agencies has forwarded to another of them stands at its owner's desk
        // already.
        let lines = page.items.into_iter().filter(|item| match desk {
            Desk::Owner(owner) => covered(owner, item),
            Desk::Handler(handler) => {
                covered(handler, item)
                    && item.agency.as_ref().is_none_or(|owner| !covered(owner, item))
            }
        });
        items.extend(lines.map(|item| seen_by(agencies, item, law)));
        if let Some((status, line)) = page.next {
            let place = Place { desk: name(desk, agencies), status, line: Some(line) };
            return Ok(Worklist { items, next_cursor: Some(encode(&place)) });
        }
    }
    Ok(Worklist { items, next_cursor: None })
}

/// A line as the asking agency sees it, without the agency's own code.
fn seen_by(agencies: &[AgencyCode], item: WorklistItem, law: &Law) -> WorklistItem {
    let other = |agency: &AgencyCode| Some(agency) != agencies.first();
    let owner = item.agency.as_ref().or(agencies.first());
    let due_provisional = owner
        .zip(item.due_at)
        .is_some_and(|(owner, due)| law.is_provisional(owner, item.submitted_at, due));
    WorklistItem {
        agency: item.agency.filter(other),
        handler: item.handler.filter(other),
        due_provisional,
        ..item
    }
}

/// What a cursor calls a desk: nothing for the agency's own.
fn name(desk: Desk<'_>, agencies: &[AgencyCode]) -> String {
    match desk {
        Desk::Owner(agency) if Some(agency) == agencies.first() => String::new(),
        Desk::Owner(agency) => format!("of:{agency}"),
        Desk::Handler(agency) => format!("to:{agency}"),
    }
}

fn encode(place: &Place) -> String {
    let line = place.line.as_deref().unwrap_or_default();
    URL_SAFE_NO_PAD.encode(format!("{}|{line}|{}", place.status.code(), place.desk))
}

/// Decodes a cursor. It widens no access: whose worklist is read comes from the token alone.
fn decode(cursor: &str) -> Option<Place> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
    let (status, rest) = text.split_once('|')?;
    let (line, desk) = rest.split_once('|').unwrap_or((rest, ""));
    let status = DossierStatus::try_from(status.parse::<u8>().ok()?).ok()?;
    let place = |line| Place { desk: desk.to_owned(), status, line };
    if line.is_empty() {
        return Some(place(None));
    }
    let (due, code) = line.split_once('#')?;
    let whole = due.parse::<Date>().is_ok() && code.parse::<DossierCode>().is_ok();
    whole.then(|| place(Some(line.to_owned())))
}
