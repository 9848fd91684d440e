//! `POST /v1/dossiers/{code}/transitions`: an officer, the portal or the applicant moves a dossier.

mod settings;

use domain::catalogue::Catalogue;
use domain::id::{CommandId, DossierCode};
use domain::upload::Claimable;
use jiff::Timestamp;
use platform::Failure;
use platform::http::{HttpReply, HttpRequest};
use platform::port::{DossierStore, UploadClaims};
use platform::request::TransitionBody;
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
    let by = request.actor(catalogue, now)?;
    request.no_parameters()?;
    let code: DossierCode = request.path("code")?;
    // Without a key of the client's each request is a command of its own, and its repetition is
    // stale.
    let name = match request.header("idempotency-key") {
        Some(key) => CommandId::try_from(key.to_owned())?.to_string(),
        None => request.id.clone(),
    };
    let signature = by.signature();
    let id = command_id(&["transition", signature.role.name(), &signature.id, &name])?;
    let body: TransitionBody<u64> =
        request.json_judged(|body: TransitionBody<u64>| body.violations(id.clone(), now))?;
    let known = uploads.named(&body.uploads()).await?;
    let account = signature.account();
    let claimable = Claimable { known: &known, account: &account, dossier: Some(&code), now };
    let command = body.command(id, None, &claimable)?;
    HttpReply::json(200, &change(store, uploads, catalogue, &code, command, &by, now).await?)
}
