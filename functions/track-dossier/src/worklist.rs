//! `GET /v1/dossiers`: the worklist of an officer's agency, or of one of its officers.

use std::collections::VecDeque;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::agency::{Matter, Remit};
use domain::calendar::date_of;
use domain::catalogue::Catalogue;
use domain::dossier::{DossierStatus, account_violation};
use domain::id::{AgencyCode, DossierCode};
use domain::procedure::is_step_code;
use domain::{RuleName, Violation};
use futures::future::try_join_all;
use jiff::Timestamp;
use jiff::civil::Date;
use platform::Failure;
use platform::dynamo::{Desk, Dossiers};
use platform::http::HttpRequest;
use platform::parameters::{day, number};
use platform::record::{StepOfWork, WorklistItem};
use serde::Serialize;

/// Lines of a worklist page, unless asked otherwise.
const PAGE_DEFAULT: u32 = 50;
/// Most lines of a worklist page.
const PAGE_MAX: u32 = 200;

/// Most pages of the table that one answer looks through for what is asked for: what it does not
/// come to, the next page of the worklist does.
const LOOKED_THROUGH_MAX: u32 = 20;

/// Parts of a worklist that are looked at side by side, once the first of an answer did not fill it:
/// of what is due soon most statuses have nothing.
const LOOKED_AT_ONCE: usize = 6;

/// Statuses in which an agency has something to do, in the order of the worklist.
const OPEN: [DossierStatus; 6] = [
    DossierStatus::Registered,
    DossierStatus::Received,
    DossierStatus::Processing,
    DossierStatus::SupplementRequested,
    DossierStatus::PaymentRequested,
    DossierStatus::Suspended,
];

/// What is asked of a worklist.
pub(crate) struct WorklistQuery {
    /// In the order of the national codes; none asks for every open one.
    statuses: Vec<DossierStatus>,
    due_before: Option<Date>,
    assignee: Option<Assignee>,
    /// The code of a step.
    step: Option<String>,
    overdue: Option<StepOverdue>,
    limit: u32,
    after: Option<Place>,
}

/// Whose dossiers are asked for.
enum Assignee {
    /// Those that nobody holds.
    Nobody,
    /// Those that this account holds.
    Account(String),
}

/// That only dossiers are asked for whose step was due before this time.
struct StepOverdue(Timestamp);

/// Where a worklist goes on: the desk, by its name in a cursor, a status, and the last line shown
/// in it.
#[derive(Clone)]
struct Place {
    desk: String,
    status: DossierStatus,
    line: Option<String>,
}

impl WorklistQuery {
    /// Reads the query of the officer with this `account`, who asks at `now`.
    pub(crate) fn read(
        request: &HttpRequest,
        account: &str,
        now: Timestamp,
    ) -> Result<Self, Failure> {
        let mut parameters = request.parameters();
        let mut statuses = parameters.each("status", status);
        statuses.sort_unstable();
        let due_before = parameters.one("dueBefore", day);
        let assignee = parameters.one("assignee", |text| assignee(text, account));
        let step = parameters.one("step", step);
        let overdue = parameters.one("stepOverdue", |text| overdue(text, now));
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
        let limit = limit.unwrap_or(PAGE_DEFAULT);
        Ok(Self { statuses, due_before, assignee, step, overdue, limit, after })
    }

    /// The parts of which the worklist consists, in order. The table finds lines by due date within
    /// one status only; without one it gives a desk's open dossiers in one go.
    fn stretches<'a>(
        &'a self,
        agencies: &'a [AgencyCode],
    ) -> Vec<(Desk<'a>, Option<DossierStatus>)> {
        let statuses: Vec<Option<DossierStatus>> = match (&self.statuses[..], self.due_before) {
            ([], Some(_)) => OPEN.map(Some).to_vec(),
            ([], None) => vec![None],
            (asked, _) => asked.iter().copied().map(Some).collect(),
        };
        let open = statuses.iter().filter(|status| !status.is_some_and(DossierStatus::is_closed));
        if let Some(Assignee::Account(account)) = &self.assignee {
            let held = agencies.iter().map(|agency| Desk::Holder(agency, account));
            return held.flat_map(|desk| open.clone().map(move |status| (desk, *status))).collect();
        }
        let in_hand = self.assignee.is_some() || self.step.is_some() || self.overdue.is_some();
        let all = statuses.iter();
        let all = all.filter(|status| !in_hand || !status.is_some_and(DossierStatus::is_closed));
        let own = agencies
            .iter()
            .map(Desk::Owner)
            .flat_map(|desk| all.clone().map(move |status| (desk, *status)));
        // Nothing that is closed is forwarded.
        let forwarded = agencies.iter().map(Desk::Handler);
        own.chain(forwarded.flat_map(|desk| open.clone().map(move |status| (desk, *status))))
            .collect()
    }
}

impl WorklistQuery {
    /// Whether a line at a desk is one of those that are asked for. What another agency has custody
    /// of is in nobody's hands here, and for nobody here to take.
    fn wants(
        &self,
        item: &WorklistItem,
        covered: impl Fn(&AgencyCode, &WorklistItem) -> bool,
    ) -> bool {
        let here = item.handler.as_ref().is_none_or(|handler| covered(handler, item));
        let held = match self.assignee {
            Some(Assignee::Nobody) => item.held_by.is_none() && here,
            Some(Assignee::Account(_)) | None => true,
        };
        held && self.wants_step(item.step.as_ref(), here)
    }

    /// Whether a dossier in this step is one of those that are asked for. The steps of another
    /// agency's work are its own.
    fn wants_step(&self, now: Option<&StepOfWork>, here: bool) -> bool {
        let now = now.filter(|_| here);
        let code = self.step.as_ref();
        code.is_none_or(|code| now.is_some_and(|now| now.code == *code))
            && self.overdue.as_ref().is_none_or(|StepOverdue(by)| {
                now.and_then(|now| now.due_at).is_some_and(|due| due < *by)
            })
    }
}

fn step(text: &str) -> Result<String, Violation> {
    let unknown = || {
        let detail = "must be the code of a step, 1 to 64 visible ASCII characters";
        Violation::new("", RuleName::StepCode, detail)
    };
    is_step_code(text).then(|| text.to_owned()).ok_or_else(unknown)
}

fn overdue(text: &str, now: Timestamp) -> Result<StepOverdue, Violation> {
    let unknown = || Violation::new("", RuleName::KnownValue, "must be true");
    (text == "true").then_some(StepOverdue(now)).ok_or_else(unknown)
}

fn assignee(text: &str, own: &str) -> Result<Assignee, Violation> {
    match text {
        "none" => Ok(Assignee::Nobody),
        "me" => Ok(Assignee::Account(own.to_owned())),
        account => account_violation("", account)
            .map_or_else(|| Ok(Assignee::Account(account.to_owned())), Err),
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

/// A page of a worklist.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Worklist {
    items: Vec<WorklistItem>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

/// Fills one page, desk after desk: what belongs to `agencies`, then what others have forwarded to
/// them. The first is the one that asks, the others those that it carries on for, in all or in a
/// part of their dossiers.
pub(crate) async fn worklist(
    dossiers: &Dossiers,
    remits: &[Remit],
    query: &WorklistQuery,
    catalogue: &Catalogue,
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
    let mut looked_through = 0;
    // First pages of the parts that follow, as far as they were looked at already.
    let mut ahead = VecDeque::new();
    let stretches = stretches.get(first..).unwrap_or_default();
    for (place, (desk, status)) in stretches.iter().copied().enumerate() {
        loop {
            let shown = u32::try_from(items.len()).unwrap_or(query.limit);
            let room = query.limit.saturating_sub(shown);
            if room == 0 || looked_through == LOOKED_THROUGH_MAX {
                let (status, line) = match start.take() {
                    Some((status, line)) => (status, Some(line)),
                    None => (status.unwrap_or(DossierStatus::Registered), None),
                };
                let place = Place { desk: name(desk, agencies), status, line };
                return Ok(Worklist { items, next_cursor: Some(encode(&place)) });
            }
            let after = start.take();
            if after.is_none() && ahead.is_empty() && place > 0 {
                let next = stretches.iter().skip(place).take(LOOKED_AT_ONCE);
                let pages = next.map(|(desk, status)| {
                    dossiers.worklist(*desk, *status, query.due_before, room, None)
                });
                ahead.extend(try_join_all(pages).await?);
            }
            let known = if after.is_none() { ahead.pop_front() } else { None };
            let page = match known {
                // Others may have taken of its room since it was read.
                Some(page) => page.shortened_to(usize::try_from(room).unwrap_or(usize::MAX)),
                None => {
                    dossiers.worklist(desk, status, query.due_before, room, after.as_ref()).await?
                }
            };
            looked_through += 1;
            // What one of the agencies has forwarded to another of them stands at its owner's desk
            // already.
            let lines = page.items.into_iter().filter(|item| match desk {
                Desk::Owner(owner) => covered(owner, item),
                Desk::Holder(agency, _) => covered(agency, item),
                Desk::Handler(handler) => {
                    covered(handler, item)
                        && item.agency.as_ref().is_none_or(|owner| !covered(owner, item))
                }
            });
            let lines = lines.filter(|item| query.wants(item, covered));
            items.extend(lines.map(|item| seen_by(agencies, item, catalogue)));
            start = page.next;
            if start.is_none() {
                break;
            }
        }
    }
    Ok(Worklist { items, next_cursor: None })
}

/// A line as the asking agency sees it, without the agency's own code.
fn seen_by(agencies: &[AgencyCode], item: WorklistItem, catalogue: &Catalogue) -> WorklistItem {
    let other = |agency: &AgencyCode| Some(agency) != agencies.first();
    let owner = item.agency.as_ref().or(agencies.first());
    let due_provisional = owner
        .zip(item.due_at)
        .is_some_and(|(owner, due)| catalogue.law().is_provisional(owner, item.submitted_at, due));
    // Within an agency everybody may know who holds what.
    let held_by = item.held_by.as_ref().and_then(|key| key.split_once('#'));
    let holder = held_by.filter(|(agency, _)| agencies.iter().any(|own| own.as_str() == *agency));
    // What another agency has custody of is in its step, and none of its officers' business here.
    let custodian = item.handler.as_ref().or(owner);
    let here = custodian.is_some_and(|agency| agencies.contains(agency));
    let procedure = catalogue.procedure(&item.procedure, date_of(item.submitted_at));
    WorklistItem {
        status_name: item.status.name(),
        procedure_name: procedure.map(|procedure| procedure.name.clone()),
        step: item.step.filter(|_| here),
        holder: holder.map(|(_, account)| account.to_owned()),
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
        // Not whose: an account does not stand in an address.
        Desk::Holder(agency, _) => format!("by:{agency}"),
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
