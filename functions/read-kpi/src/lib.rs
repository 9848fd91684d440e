//! `GET /v1/kpi`, `/v1/kpi/index`, `/v1/kpi/satisfaction`, `/v1/kpi/national`, `/v1/reports` and `/v1/reports/{period}`:
//! the night's figures, put together by what people ask for; and `/v1/kpi/live`, how the day goes.
//!
//! What is read are stored days and months, so that an answer takes a dozen queries for a year. The
//! province is counted on its own every night; where the sum of what was read is another, no figure
//! is shown.

mod answer;
mod attention;
mod chart;
mod handled;
mod index;
mod late;
mod live;
mod national;
mod page;
mod published;
mod settings;
mod sheet;
mod standing;
mod survey;
mod synchronised;
mod table;
mod told;

use domain::calendar::previous;
use domain::catalogue::Catalogue;
use domain::dossier::Actor;
use domain::index::Scope;
use domain::kpi::report::{Dimension, EndedAgencies, Selection, report};
use domain::period::Period;
use domain::procedure::{Channel, is_field_code};
use domain::{RuleName, Violation};
use jiff::Timestamp;
use platform::Failure;
use platform::dynamo::{
    AnswersBy, Deliveries, Dossiers, FeedbackTable, Figures, LiveTable, Notices,
};
use platform::gather::{Gathered, gather, trend};
use platform::http::{Caches, HttpReply, HttpRequest};
use platform::parameters::{Parameters, flag, named, number};

use handled::Handled;
use live::Live;
use published::{Named, Time};
pub use settings::Settings;
use sheet::ByteOrderMark;
use survey::{Surveyed, whole_months};
use synchronised::Synchronised;
use told::Telling;

/// How long a client may keep an answer before asking again with its tag, in seconds. Figures
/// change once a night, and when a day is ordered to be counted again.
const KEPT_SECONDS: u32 = 300;

/// Lines of a page, without a word and at most.
const LIMIT: usize = 100;
const LIMIT_MAX: u64 = 500;

/// How long a client may keep the figures of the day, in seconds: a wall of screens costs what one
/// costs.
const LIVE_KEPT_SECONDS: u32 = 15;

/// The tables that are read.
#[derive(Debug, Clone, Copy)]
pub struct Tables<'a> {
    /// The figures of whole days, as the nights counted them.
    pub figures: &'a Figures,
    /// States of dossiers, of which late ones are listed.
    pub dossiers: &'a Dossiers,
    /// What other systems have.
    pub ledger: &'a Deliveries,
    /// Feedback, of which the counts of answers are read.
    pub feedback: &'a FeedbackTable,
    /// The figures of the day.
    pub live: &'a LiveTable,
    /// Threads of notices, of which those that wait are read.
    pub notices: &'a Notices,
}

/// Answers one HTTP request; failures become problem documents.
pub async fn handle(
    request: HttpRequest,
    Tables { figures, dossiers, ledger, feedback, live, notices }: Tables<'_>,
    catalogue: &Catalogue,
    now: Timestamp,
) -> Result<HttpReply, Failure> {
    match request.route.as_str() {
        "GET /v1/kpi" => {
            let actor = request.actor(catalogue, now)?;
            kpi(&request, &actor, figures, (catalogue, now)).await
        }
        "GET /v1/kpi/live" => {
            let actor = request.actor(catalogue, now)?;
            request.no_parameters()?;
            let live = Live::of(&actor, (live, notices, ledger), catalogue, now).await?;
            let tag = request.header("if-none-match");
            Ok(HttpReply::json(200, &live)?.kept_for(LIVE_KEPT_SECONDS, Caches::Own, tag))
        }
        "GET /v1/kpi/index" => {
            let actor = request.actor(catalogue, now)?;
            index_of(&request, &actor, (figures, ledger, feedback), (catalogue, now)).await
        }
        "GET /v1/kpi/satisfaction" => {
            let actor = request.actor(catalogue, now)?;
            satisfaction_of(&request, &actor, (figures, feedback), (catalogue, now)).await
        }
        "GET /v1/kpi/national" => {
            let actor = request.actor(catalogue, now)?;
            national_of(&request, &actor, (figures, ledger, feedback), (catalogue, now)).await
        }
        "GET /v1/reports" => {
            request.no_parameters()?;
            let list = published::list(figures, catalogue, now).await?;
            let known = request.header("if-none-match");
            Ok(HttpReply::page(published::TEMPLATE, list).kept_for(
                KEPT_SECONDS,
                Caches::Shared,
                known,
            ))
        }
        "GET /v1/reports/{period}" => {
            page_of(&request, (figures, dossiers, ledger, feedback), catalogue, now).await
        }
        _ => Err(Failure::RouteNotFound),
    }
}

/// How agencies count that have ended.
fn ended(parameters: &mut Parameters<'_>) -> EndedAgencies {
    let ways = EndedAgencies::ALL.map(|way| (way.name(), way));
    parameters.one("agencies", named(&ways)).unwrap_or_default()
}

/// The code of a field, as the catalogue writes it.
fn field(text: &str) -> Result<String, Violation> {
    let known = is_field_code(text).then(|| text.to_owned());
    known.ok_or_else(|| Violation::new("field", RuleName::FieldCode, "must look like G15-HT"))
}

/// Who reads figures beyond the published report, which is what citizens have.
fn reads_figures(actor: &Actor) -> bool {
    match actor {
        Actor::Officer { .. } | Actor::Portal { .. } => true,
        Actor::Citizen { .. }
        | Actor::Proven { .. }
        | Actor::Integrator { .. }
        | Actor::System { .. } => false,
    }
}

async fn kpi(
    request: &HttpRequest,
    actor: &Actor,
    figures: &Figures,
    (catalogue, now): (&Catalogue, Timestamp),
) -> Result<HttpReply, Failure> {
    let mut parameters = request.parameters();
    let period = parameters.owed("period", str::parse::<Period>);
    let dimension = parameters.one("by", Dimension::named);
    let selection = Selection {
        agency: parameters.one("agency", str::parse),
        procedure: parameters.one("procedure", str::parse),
        field: parameters.one("field", field),
        channel: parameters
            .one("channel", named(&Channel::ALL.map(|channel| (channel.name(), channel)))),
        ended: ended(&mut parameters),
    };
    let limit = parameters.one("limit", number(LIMIT_MAX));
    let cursor = parameters.one("cursor", |text| Ok(text.to_owned()));
    let period = parameters.end_with(period)?;
    let dimension = dimension.unwrap_or(Dimension::Agency);
    // How an officer works is their agency's affair.
    let of_officers = dimension == Dimension::Officer;
    let own =
        matches!(actor, Actor::Officer { agency, .. } if selection.agency.as_ref() == Some(agency));
    if !reads_figures(actor) || of_officers && !own {
        return Err(Failure::Forbidden);
    }
    let gathered = gather(&period, figures).await?;
    let found = report(&gathered.rows, dimension, &selection, catalogue.register(), period.last());
    let page = (limit.unwrap_or(LIMIT), cursor.as_deref());
    let answer = answer::Answer::of(&period, &gathered, dimension, &selection, &found, page, now);
    Ok(HttpReply::json(200, &answer)?.kept_for(
        KEPT_SECONDS,
        Caches::Own,
        request.header("if-none-match"),
    ))
}

/// In which of `forms` figures are written, the first unless asked otherwise, and how CSV begins.
fn form<T: Copy>(
    parameters: &mut Parameters<'_>,
    forms: &[(&'static str, T)],
) -> (T, ByteOrderMark) {
    let form = parameters.one("format", named(forms)).unwrap_or(forms[0].1);
    let mark = match parameters.one("bom", flag) {
        Some(true) => ByteOrderMark::Written,
        Some(false) | None => ByteOrderMark::LeftOut,
    };
    (form, mark)
}

/// The forms of the national report.
#[derive(Clone, Copy)]
enum NationalForm {
    Json,
    Csv,
}

/// The forms of the published report.
#[derive(Clone, Copy)]
enum ReportForm {
    Page,
    Csv,
    /// CSV as a spreadsheet opens it, with a byte order mark.
    CsvFile,
    Workbook,
}

async fn index_of(
    request: &HttpRequest,
    actor: &Actor,
    (figures, ledger, feedback): (&Figures, &Deliveries, &FeedbackTable),
    (catalogue, now): (&Catalogue, Timestamp),
) -> Result<HttpReply, Failure> {
    let mut parameters = request.parameters();
    let period = parameters.owed("period", str::parse::<Period>);
    let (agency, ended) = (parameters.one("agency", str::parse), ended(&mut parameters));
    let period = parameters.end_with(period)?;
    if !reads_figures(actor) {
        return Err(Failure::Forbidden);
    }
    let gathered = gather(&period, figures).await?;
    let synchronised = Synchronised::of(&gathered, ledger, catalogue).await?;
    let handled = Handled::of(&period, feedback).await?;
    let scope = Scope { agency: agency.as_ref(), ended };
    let surveyed = Surveyed::of(&period, AnswersBy::Agency, feedback, catalogue).await?;
    let own = (&synchronised, &handled, surveyed);
    let indexed = index::indexed(&period, &gathered, own, scope, (catalogue, now));
    Ok(HttpReply::json(200, &indexed)?.kept_for(
        KEPT_SECONDS,
        Caches::Own,
        request.header("if-none-match"),
    ))
}

async fn satisfaction_of(
    request: &HttpRequest,
    actor: &Actor,
    (figures, feedback): (&Figures, &FeedbackTable),
    (catalogue, now): (&Catalogue, Timestamp),
) -> Result<HttpReply, Failure> {
    let mut parameters = request.parameters();
    let period = parameters.owed("period", |text| text.parse::<Period>().and_then(whole_months));
    let ways = AnswersBy::ALL.map(|by| (by.name(), by));
    let by = parameters.one("by", named(&ways)).unwrap_or(AnswersBy::Agency);
    let ended = ended(&mut parameters);
    let period = parameters.end_with(period)?;
    if !reads_figures(actor) {
        return Err(Failure::Forbidden);
    }
    let gathered = gather(&period, figures).await?;
    let surveyed = Surveyed::of(&period, by, feedback, catalogue).await?;
    let answer = surveyed.answer(&period, &gathered, (by, ended), (catalogue, now));
    Ok(HttpReply::json(200, &answer)?.kept_for(
        KEPT_SECONDS,
        Caches::Own,
        request.header("if-none-match"),
    ))
}

async fn national_of(
    request: &HttpRequest,
    actor: &Actor,
    (figures, ledger, feedback): (&Figures, &Deliveries, &FeedbackTable),
    (catalogue, now): (&Catalogue, Timestamp),
) -> Result<HttpReply, Failure> {
    let mut parameters = request.parameters();
    let period = parameters.owed("period", str::parse::<Period>);
    let ended = ended(&mut parameters);
    let (form, mark) =
        form(&mut parameters, &[("json", NationalForm::Json), ("csv", NationalForm::Csv)]);
    let period = parameters.end_with(period)?;
    if !reads_figures(actor) {
        return Err(Failure::Forbidden);
    }
    let gathered = gather(&period, figures).await?;
    let synchronised = Synchronised::of(&gathered, ledger, catalogue).await?;
    let standings = standing::standings(&period, ledger, catalogue).await?;
    let telling = Telling::of(&period, ended, (ledger, catalogue)).await?;
    let handled = Handled::of(&period, feedback).await?;
    let own = (&synchronised, &handled, standings, telling);
    let national = national::national(&period, &gathered, own, ended, (catalogue, now));
    let doubts = page::doubts(&gathered, catalogue);
    let reply = match form {
        NationalForm::Csv => {
            HttpReply::text("text/csv; charset=utf-8", national::csv(&national, doubts, mark)?)
                .with_header("content-disposition", file_name(&period, "quoc-gia.csv"))
        }
        NationalForm::Json => HttpReply::json(200, &national)?,
    };
    Ok(reply.kept_for(KEPT_SECONDS, Caches::Own, request.header("if-none-match")))
}

/// The report of a period, as the ending of its address asks for it, or `format`: `html`, `csv`
/// (`bom=true` for spreadsheets that need it) or `xlsx`.
async fn page_of(
    request: &HttpRequest,
    (figures, dossiers, ledger, feedback): (&Figures, &Dossiers, &Deliveries, &FeedbackTable),
    catalogue: &Catalogue,
    now: Timestamp,
) -> Result<HttpReply, Failure> {
    let named: Named = request.path("period")?;
    let is_plain = request.no_parameters().is_ok();
    let mut parameters = request.parameters();
    let period = match named.time {
        Time::Latest => {
            parameters.end()?;
            let newest = HttpReply::elsewhere(named.newest(figures, now).await?);
            return Ok(
                newest.with_header("cache-control", format!("public, max-age={KEPT_SECONDS}"))
            );
        }
        Time::Of(ref period) => period.clone(),
    };
    let selection = Selection { ended: ended(&mut parameters), ..Selection::default() };
    let forms =
        [("html", ReportForm::Page), ("csv", ReportForm::Csv), ("xlsx", ReportForm::Workbook)];
    let (form, mark) = match named.form {
        Some(form) => (form, ByteOrderMark::Written),
        None => form(&mut parameters, &forms),
    };
    parameters.end()?;
    let gathered = gather(&period, figures).await?;
    let by = |dimension| {
        report(&gathered.rows, dimension, &selection, catalogue.register(), period.last())
    };
    let satisfaction = Surveyed::of(&period, AnswersBy::Agency, feedback, catalogue)
        .await?
        .section(&period, &gathered, selection.ended, catalogue);
    let reply = match form {
        ReportForm::Page => {
            let compared = compared(&period, &gathered, figures, catalogue, &selection).await?;
            let trend = trend(&period, &gathered, figures).await?;
            let late = late::list(&period, &gathered, dossiers, &selection, catalogue, now).await?;
            let (before, after) = (period.before(), period.after());
            let has_before = published::is_begun(&before, figures, now).await?;
            let has_after = published::is_begun(&after, figures, now).await?;
            let navigation = published::Navigation {
                before: has_before.then_some(&before),
                after: has_after.then_some(&after),
            };
            let parts = page::PageParts {
                navigation,
                by: &by,
                compared: compared.as_ref(),
                trend: &trend,
                late: late.as_ref(),
                others: (
                    &standing::standings(&period, ledger, catalogue).await?,
                    &Telling::of(&period, selection.ended, (ledger, catalogue)).await?,
                ),
                satisfaction,
            };
            let page = page::page(&period, &gathered, parts, (catalogue, &selection), now)?;
            HttpReply::page(page::TEMPLATE, page)
        }
        ReportForm::Csv | ReportForm::CsvFile => {
            let doubts = page::doubts(&gathered, catalogue);
            let besides = (satisfaction.as_ref(), doubts);
            let csv = sheet::csv(&period, &gathered, &by(Dimension::Agency), besides, mark)?;
            HttpReply::text("text/csv; charset=utf-8", csv)
                .with_header("content-disposition", file_name(&period, "csv"))
        }
        ReportForm::Workbook => {
            let kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
            let sheets = [Dimension::Agency, Dimension::Field, Dimension::Procedure]
                .map(|by_| (by_, by(by_)));
            let doubts = page::doubts(&gathered, catalogue);
            let besides = (satisfaction.as_ref(), doubts.as_deref());
            let workbook = sheet::xlsx(&period, &gathered, besides, &sheets)?;
            HttpReply::bytes(kind, workbook)
                .with_header("content-disposition", file_name(&period, "xlsx"))
        }
    };
    // What a caller composes has more addresses than a cache on the way has room for.
    let caches = if is_plain && period.is_of_the_calendar() { Caches::Shared } else { Caches::Own };
    Ok(reply.kept_for(KEPT_SECONDS, caches, request.header("if-none-match")))
}

/// The time that a report is compared with; none where nothing like it was counted whole.
async fn compared(
    period: &Period,
    gathered: &Gathered,
    figures: &Figures,
    catalogue: &Catalogue,
    selection: &Selection,
) -> Result<Option<page::Compared>, Failure> {
    // With a gap in it, or begun in the middle, a time is like no other.
    let (Some(first), Some(last)) = (gathered.first, gathered.last) else {
        return Ok(None);
    };
    let counted = Period::between(first, last);
    if first != period.first() || !gathered.is_whole(&counted) {
        return Ok(None);
    }
    // Of a year without a calendar nobody knows the working days: then nothing is compared.
    let calendar = catalogue.calendar();
    let Ok(Some(like_it)) = period.like_it(last, calendar) else {
        return Ok(None);
    };
    let working_days =
        |span: &Period| calendar.working_days_between(previous(span.first()), span.last());
    let (Ok(its), Ok(ours)) = (working_days(&like_it), working_days(&counted)) else {
        return Ok(None);
    };
    let earlier = gather(&like_it, figures).await?;
    if !earlier.is_whole(&like_it) {
        return Ok(None);
    }
    let total =
        report(&earlier.rows, Dimension::Agency, selection, catalogue.register(), like_it.last())
            .total;
    Ok(Some(page::Compared { period: like_it, total, working_days: (its, ours) }))
}

fn file_name(period: &Period, ending: &str) -> String {
    format!("attachment; filename=\"mot-cua-{}.{ending}\"", period.to_string().replace("..", "_"))
}
