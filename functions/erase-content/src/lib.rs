//! `POST /v1/dossiers/{code}/erasure` and `POST /v1/feedback/{code}/erasure`: an administrator does
//! away with what was handed in or written, because somebody with the power to do so has ordered it.
//! The order is recorded first, among the reads of it; an erasure that cannot be recorded is not
//! made.

mod settings;

use std::str::FromStr;

use domain::dossier::{ContentGone, Dossier, GoneBy, Role, Signature};
use domain::feedback::FeedbackCode;
use domain::id::DossierCode;
use domain::violation::{Fact, Unit};
use domain::{RuleName, Violation, text};
use jiff::Timestamp;
use platform::Failure;
use platform::dynamo::{Dossiers, FeedbackTable, Reads, Removals};
use platform::http::{HttpReply, HttpRequest};
use platform::port::{DossierStore, Eraser};
use platform::record::{ErasureOrder, GoneSince, ReadOf, ReadRecord};
use platform::removal::{Removed, remove};
use serde::{Deserialize, Serialize};

pub use settings::Settings;

/// The most characters of an order's number, as offices write them.
const NUMBER_CHARACTERS_MAX: usize = 100;

/// The most characters of the name of who issued an order.
const ISSUER_CHARACTERS_MAX: usize = 200;

/// The tables that an erasure reads and writes.
#[derive(Debug)]
pub struct Tables {
    /// Where dossiers are read.
    pub dossiers: Dossiers,
    /// Where feedback is read, and what was written of it done away with.
    pub feedback: FeedbackTable,
    /// Where contents are done away with.
    pub removals: Removals,
    /// Where the order is recorded.
    pub reads: Reads,
}

/// The body: the order.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct OrderBody {
    number: String,
    issuer: String,
    reason: String,
}

/// What became of it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Erased<'a> {
    code: &'a DossierCode,
    /// An order may come after the time has ended.
    content_gone: GoneSince,
}

impl OrderBody {
    /// The cleaned order. Fails with every field that breaks a rule.
    fn judged(self) -> Result<ErasureOrder, Vec<Violation>> {
        let order = ErasureOrder {
            number: text::line(&self.number),
            issuer: text::line(&self.issuer),
            reason: text::remark(&self.reason),
        };
        let fields = [
            ("number", &order.number, NUMBER_CHARACTERS_MAX),
            ("issuer", &order.issuer, ISSUER_CHARACTERS_MAX),
            ("reason", &order.reason, text::REMARK_CHARACTERS_MAX),
        ];
        let broken = fields.into_iter().filter_map(|(field, given, most)| {
            if let Some(flaw) = text::flaw(given) {
                return Some(Violation::new(field, flaw.rule(), flaw.detail()));
            }
            let fits = text::says_something(given) && given.chars().count() <= most;
            let bounds = || Fact::between(1, most, Unit::Characters);
            (!fits).then(|| Violation::unless(field, RuleName::Length, bounds()))
        });
        let broken: Vec<Violation> = broken.collect();
        if broken.is_empty() { Ok(order) } else { Err(broken) }
    }
}

/// Answers one HTTP request; failures become problem documents.
pub async fn handle(
    request: HttpRequest,
    tables: &Tables,
    eraser: &impl Eraser,
    now: Timestamp,
) -> Result<HttpReply, Failure> {
    match request.route.as_str() {
        "POST /v1/dossiers/{code}/erasure" => of_dossier(&request, tables, eraser, now).await,
        "POST /v1/feedback/{code}/erasure" => of_feedback(&request, tables, eraser, now).await,
        _ => Err(Failure::RouteNotFound),
    }
}

/// What an administrator orders to be erased, and by what.
fn ordered<C>(request: &HttpRequest) -> Result<(C, (Signature, ErasureOrder)), Failure>
where
    C: FromStr<Err = Violation>,
{
    let id = request.administrator()?;
    request.no_parameters()?;
    let code: C = request.path("code")?;
    let judge = |body: OrderBody| body.judged().err().unwrap_or_default();
    let body: OrderBody = request.json_judged(judge)?;
    let order = body.judged().map_err(Failure::Invalid)?;
    Ok((code, (Signature { role: Role::Administrator, id, agency: None }, order)))
}

/// Records the order; without that nothing is erased.
async fn record(
    request: &HttpRequest,
    reads: &Reads,
    (by, order): (Signature, ErasureOrder),
    (code, version): (&DossierCode, u64),
    now: Timestamp,
) -> Result<(), Failure> {
    let what = (ReadOf::Erasure, version);
    let read = ReadRecord::new(code.clone(), by, what, &request.id, now).by_order(order);
    let unrecorded = |failure| Failure::unavailable("the record of reads", failure);
    reads.record(&read).await.map_err(unrecorded)
}

fn erased(
    request: &HttpRequest,
    code: &DossierCode,
    gone: Option<ContentGone>,
) -> Result<HttpReply, Failure> {
    let unmarked = || Failure::Defect("what is gone is not marked".to_owned());
    let content_gone = GoneSince::from(gone.ok_or_else(unmarked)?);
    let (dossier, request) = (code.as_str(), request.id.as_str());
    tracing::info!(dossier, request, "a content was erased on order");
    HttpReply::json(200, &Erased { code, content_gone })
}

async fn of_dossier(
    request: &HttpRequest,
    tables: &Tables,
    eraser: &impl Eraser,
    now: Timestamp,
) -> Result<HttpReply, Failure> {
    let (code, order) = ordered::<DossierCode>(request)?;
    let dossier = tables.dossiers.dossier(&code).await?.ok_or(Failure::DossierNotFound)?;
    // Asked before anything is recorded: of what has not ended nothing is erased.
    dossier.without_content(GoneBy::Order, now)?;
    record(request, &tables.reads, order, (&code, dossier.version), now).await?;
    let ordered = |_: &Dossier| Some(GoneBy::Order);
    let stores = (&tables.removals, eraser);
    let removed = remove(&tables.dossiers, stores, &code, ordered, now).await?;
    let Removed::Gone(dossier) = removed else {
        return Err(Failure::Defect("an order was not carried out".to_owned()));
    };
    erased(request, &code, dossier.content_gone)
}

async fn of_feedback(
    request: &HttpRequest,
    tables: &Tables,
    eraser: &impl Eraser,
    now: Timestamp,
) -> Result<HttpReply, Failure> {
    let (code, order) = ordered::<FeedbackCode>(request)?;
    let found = tables.feedback.feedback(&code, now).await?;
    let feedback = found.ok_or(Failure::FeedbackNotFound)?;
    // As of dossiers: what somebody still works on is refused before anything is recorded.
    feedback.without_content(now)?;
    record(request, &tables.reads, order, (code.shared(), feedback.version), now).await?;
    let stores = (&tables.removals, eraser);
    let gone = tables.feedback.erase(&code, stores, now).await?;
    erased(request, code.shared(), gone.content_gone)
}
