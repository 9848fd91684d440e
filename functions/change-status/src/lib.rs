//! `POST /v1/dossiers/{code}/transitions` and `…/assignment`: an officer, the portal or the applicant
//! moves a dossier; officers pass it among themselves.

mod settings;

use domain::catalogue::Catalogue;
use domain::dossier::Signature;
use domain::id::{CommandId, DossierCode};
use domain::upload::Claimable;
use jiff::Timestamp;
use platform::Failure;
use platform::assignment::assign;
use platform::http::{HttpReply, HttpRequest};
use platform::port::{DossierStore, UploadClaims};
use platform::request::{AssignmentBody, TransitionBody};
use platform::submission::command_id;
use platform::transition::change;

pub use settings::Settings;

/// Answers one HTTP request; failures become problem documents.
pub async fn handle(
    request: HttpRequest,
    store: &impl DossierStore,
    uploads: &impl UploadClaims,
    catalogue: &Catalogue,
    now: Timestamp,
) -> Result<HttpReply, Failure> {
    match request.route.as_str() {
        "POST /v1/dossiers/{code}/transitions" => {
            transition(&request, (store, uploads), catalogue, now).await
        }
        "POST /v1/dossiers/{code}/assignment" => assignment(&request, store, catalogue, now).await,
        _ => Err(Failure::RouteNotFound),
    }
}

/// The name of a command: without a key of the client's each request is a command of its own, and
/// its repetition is stale.
fn named(request: &HttpRequest, kind: &str, by: &Signature) -> Result<CommandId, Failure> {
    let name = match request.header_as_sent("idempotency-key") {
        Some(key) => CommandId::try_from(key.to_owned())?.to_string(),
        None => request.id.clone(),
    };
    command_id(&[kind, by.role.name(), &by.id, &name])
}

async fn assignment(
    request: &HttpRequest,
    store: &impl DossierStore,
    catalogue: &Catalogue,
    now: Timestamp,
) -> Result<HttpReply, Failure> {
    let by = request.actor(catalogue, now)?;
    request.no_parameters()?;
    let (code, signature) = (request.path("code")?, by.signature());
    let id = named(request, "assignment", &signature)?;
    let body: AssignmentBody = request
        .json_judged(|body: AssignmentBody| body.order(id.clone(), &signature.id).violations())?;
    let order = body.order(id, &signature.id);
    let assigned = assign(store, catalogue, &code, order, &by, now).await?;
    Ok(HttpReply::json(200, &assigned)?.about(code))
}

async fn transition(
    request: &HttpRequest,
    (store, uploads): (&impl DossierStore, &impl UploadClaims),
    catalogue: &Catalogue,
    now: Timestamp,
) -> Result<HttpReply, Failure> {
    let by = request.actor(catalogue, now)?;
    request.no_parameters()?;
    let code: DossierCode = request.path("code")?;
    let signature = by.signature();
    let id = named(request, "transition", &signature)?;
    let body: TransitionBody<u64> = request
        .json_judged(|body: TransitionBody<u64>| body.violations(id.clone(), catalogue, now))?;
    let known = uploads.named(&body.uploads()).await?;
    let account = signature.account();
    let claimable = Claimable { known: &known, account: &account, dossier: Some(&code), now };
    let command = body.command(id, None, &claimable, catalogue)?;
    let moved = change(store, uploads, catalogue, &code, command, &by, now).await?;
    Ok(HttpReply::json(200, &moved)?.about(code))
}
