//! `POST` and `GET /v1/dossiers/{code}/payments`: what is owed is paid through the payment platform,
//! and its payer sees how far that is. `GET /v1/callbacks/payment`: the platform sends the payer back.
//!
//! The last address is public. What it says counts for nothing: where the platform signed it, the
//! platform is asked.

mod settings;

use domain::dossier::{Dossier, Sight};
use domain::id::DossierCode;
use domain::payment::Demand;
use domain::payment::online::{Attempt, OnlinePayment, OnlineState};
use jiff::Timestamp;
use platform::Failure;
use platform::http::{HttpReply, HttpRequest};
use platform::paying::{Begun, Till};
use platform::port::{DossierStore, PaymentBook, PaymentGateway};
use serde::Serialize;

pub use settings::Settings;

/// Answers one HTTP request; failures become problem documents.
pub async fn handle<B: PaymentBook, S: DossierStore, G: PaymentGateway>(
    request: HttpRequest,
    till: &Till<'_, B, S, G>,
    now: Timestamp,
) -> Result<HttpReply, Failure> {
    match request.route.as_str() {
        "POST /v1/dossiers/{code}/payments" => begin(&request, till, now).await,
        "GET /v1/dossiers/{code}/payments" => list(&request, till, now).await,
        "GET /v1/callbacks/payment" => came_back(&request, till, now).await,
        _ => Err(Failure::RouteNotFound),
    }
}

/// The dossier, for whoever may see all of it: to others there is none.
async fn seen<B: PaymentBook, S: DossierStore, G: PaymentGateway>(
    request: &HttpRequest,
    till: &Till<'_, B, S, G>,
    now: Timestamp,
) -> Result<Dossier, Failure> {
    let by = request.actor(till.catalogue, now)?;
    request.no_parameters()?;
    let code: DossierCode = request.path("code")?;
    let dossier = till.store.dossier(&code).await?.ok_or(Failure::DossierNotFound)?;
    match by.sight_of(&dossier) {
        Some(Sight::Whole) => Ok(dossier),
        Some(Sight::UpTo(_)) | None => Err(Failure::DossierNotFound),
    }
}

/// Where the payer goes on.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Started {
    reference: String,
    amount_vnd: u64,
    address: String,
}

async fn begin<B: PaymentBook, S: DossierStore, G: PaymentGateway>(
    request: &HttpRequest,
    till: &Till<'_, B, S, G>,
    now: Timestamp,
) -> Result<HttpReply, Failure> {
    let dossier = seen(request, till, now).await?;
    let Begun { reference, amount_vnd, address } = till.begin(dossier, now).await?;
    HttpReply::json(200, &Started { reference, amount_vnd, address })
}

/// What was asked for, and how far its payment on-line is.
#[derive(Serialize)]
struct Payments {
    items: Vec<Line>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    /// The version of the dossier with which it was asked for.
    version: u64,
    amount_vnd: u64,
    /// Whether the dossier waits for it now.
    owed: bool,
    state: OnlineState,
    owed_back_vnd: u64,
    attempts: Vec<Tried>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Tried {
    reference: String,
    started_at: Timestamp,
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    paid_at: Option<Timestamp>,
    paid_vnd: u64,
    refunded_vnd: u64,
}

impl From<&Attempt> for Tried {
    fn from(attempt: &Attempt) -> Self {
        Self {
            reference: attempt.reference.clone(),
            started_at: attempt.started_at,
            state: attempt.state.name(),
            paid_at: attempt.paid_at,
            paid_vnd: attempt.paid_vnd,
            refunded_vnd: attempt.refunded_vnd,
        }
    }
}

impl Line {
    fn of(demand: &Demand, payment: Option<&OnlinePayment>, owed: bool) -> Self {
        let attempts = payment.map_or(&[][..], |payment| &payment.attempts);
        Self {
            version: demand.version,
            amount_vnd: demand.amount_vnd(),
            owed,
            state: payment.map_or(OnlineState::Requested, OnlinePayment::state),
            owed_back_vnd: payment.map_or(0, OnlinePayment::owed_back_vnd),
            attempts: attempts.iter().map(Tried::from).collect(),
        }
    }
}

async fn list<B: PaymentBook, S: DossierStore, G: PaymentGateway>(
    request: &HttpRequest,
    till: &Till<'_, B, S, G>,
    now: Timestamp,
) -> Result<HttpReply, Failure> {
    let dossier = seen(request, till, now).await?;
    let owed = dossier.owed().map(|demand| demand.version);
    let mut items = Vec::new();
    for demand in &dossier.demands {
        let payment = till.book.payment(&dossier.code, demand.version).await?;
        items.push(Line::of(demand, payment.as_ref(), owed == Some(demand.version)));
    }
    HttpReply::json(200, &Payments { items })
}

/// What the page of a portal shows whoever comes back.
#[derive(Serialize)]
struct Back {
    dossier: DossierCode,
    state: OnlineState,
}

async fn came_back<B: PaymentBook, S: DossierStore, G: PaymentGateway>(
    request: &HttpRequest,
    till: &Till<'_, B, S, G>,
    now: Timestamp,
) -> Result<HttpReply, Failure> {
    let mut parameters = request.parameters();
    let text = |text: &str| Ok(text.to_owned());
    let [data, code, claimed] = ["data", "responseCode", "secureCode"]
        .map(|name| parameters.one(name, text).unwrap_or_default());
    // The platform may say more with it.
    parameters.end_of_page()?;
    let signed = till.gateway.signed(&data, &code, &claimed);
    let reference = signed.ok_or(Failure::Unauthorized("no signature of the platform's"))?;
    let (code, demand) = till.book.named(reference).await?.ok_or(Failure::DossierNotFound)?;
    till.ask(&code, demand, reference, now).await?;
    let payment = till.book.payment(&code, demand).await?;
    let state = payment.as_ref().map_or(OnlineState::Requested, OnlinePayment::state);
    if request.is_for_a_person() {
        // The citizen's page, beside this door; a code behind the mark stays in the browser.
        return Ok(HttpReply::elsewhere(format!("../../tra-cuu#{code}")));
    }
    HttpReply::json(200, &Back { dossier: code, state })
}
