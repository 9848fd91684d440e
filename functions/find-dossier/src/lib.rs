//! `GET /v1/me/dossiers` and `POST /v1/search`: the dossiers of a person, for themselves, and for
//! the officers of the agencies that have them. A hit of a search that cannot be recorded is not
//! shown.

mod own;
mod search;
mod settings;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::calendar::date_of;
use domain::catalogue::Catalogue;
use domain::dossier::{Dossier, DossierStatus};
use domain::id::{AgencyCode, DossierCode, ProcedureCode};
use domain::{RuleName, Violation};
use jiff::Timestamp;
use platform::Failure;
use platform::dynamo::{CountTable, Dossiers, People, PersonPlace, Reads};
use platform::gate::Gate;
use platform::http::{HttpReply, HttpRequest};
use serde::Serialize;

pub use settings::Settings;

/// Lines of a page, unless asked otherwise.
const PAGE_DEFAULT: usize = 20;
/// Most lines of a page: each is a dossier that is read whole.
const PAGE_MAX: u64 = 50;

/// What the function reads, and where it records what it has shown.
pub struct Tables {
    /// Finds dossiers by person.
    pub people: People,
    /// Reads what was found.
    pub dossiers: Dossiers,
    /// Takes the record of each hit.
    pub reads: Reads,
    /// Counts how often each officer searches.
    pub gate: Gate<CountTable>,
}

/// Answers one HTTP request; failures become problem documents.
pub async fn handle(
    request: HttpRequest,
    tables: &Tables,
    catalogue: &Catalogue,
    now: Timestamp,
) -> Result<HttpReply, Failure> {
    match request.route.as_str() {
        "GET /v1/me/dossiers" => own::list(&request, tables, catalogue, now).await,
        "POST /v1/search" => search::find(&request, tables, catalogue, now).await,
        _ => Err(Failure::RouteNotFound),
    }
}

/// One page of dossiers, the newest submission first.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Page<T> {
    items: Vec<T>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

/// What each line says of a dossier.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Line<'a> {
    code: &'a DossierCode,
    version: u64,
    status: DossierStatus,
    status_name: &'static str,
    procedure: &'a ProcedureCode,
    /// As the version of the procedure says that the dossier keeps.
    #[serde(skip_serializing_if = "Option::is_none")]
    procedure_name: Option<&'a str>,
    agency: &'a AgencyCode,
    /// As on the day of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    agency_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    handler: Option<&'a AgencyCode>,
    submitted_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    received_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    due_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    due_provisional: bool,
}

impl<'a> Line<'a> {
    fn of(dossier: &'a Dossier, catalogue: &'a Catalogue, now: Timestamp) -> Self {
        let agency = catalogue.agency(&dossier.agency);
        Self {
            code: &dossier.code,
            version: dossier.version,
            status: dossier.status,
            status_name: dossier.status.name(),
            procedure: &dossier.procedure,
            procedure_name: catalogue.procedure_of(dossier).map(|kept| kept.name.as_str()),
            agency: &dossier.agency,
            agency_name: agency.map(|agency| agency.name_on(date_of(now))),
            handler: dossier.handler.as_ref(),
            submitted_at: dossier.submitted_at,
            received_at: dossier.received_at,
            due_at: dossier.due_at,
            due_provisional: dossier.is_due_provisional(catalogue.law()),
        }
    }
}

fn encode(PersonPlace { code, submitted_at }: &PersonPlace) -> String {
    URL_SAFE_NO_PAD.encode(format!("{code}|{submitted_at}"))
}

/// The place that a cursor names. It widens no access: whose dossiers are listed comes from the
/// token or the body.
fn place(cursor: &str) -> Result<PersonPlace, Violation> {
    let decoded = || {
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
        let (code, submitted_at) = text.split_once('|')?;
        let whole =
            code.parse::<DossierCode>().is_ok() && submitted_at.parse::<Timestamp>().is_ok();
        whole.then(|| PersonPlace { code: code.to_owned(), submitted_at: submitted_at.to_owned() })
    };
    decoded()
        .ok_or_else(|| Violation::new("cursor", RuleName::Cursor, "must be a nextCursor as given"))
}
