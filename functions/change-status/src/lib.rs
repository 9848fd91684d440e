//! `POST /v1/dossiers/{code}/transitions`: an officer, the portal or the applicant moves a dossier.

mod settings;

use domain::catalogue::Catalogue;
use domain::id::CommandId;
use jiff::Timestamp;
use platform::Failure;
use platform::http::{HttpReply, HttpRequest};
use platform::port::DossierStore;
use platform::request::TransitionBody;
use platform::submission::command_id;
use platform::transition::change;

pub use settings::Settings;

/// Answers one HTTP request; failures become problem documents.
pub async fn handle(
    request: HttpRequest,
    store: &impl DossierStore,
    catalogue: &Catalogue,
    now: Timestamp,
) -> Result<HttpReply, Failure> {
    let by = request.actor(catalogue, now)?;
    request.no_parameters()?;
    let code = request.path("code")?;
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
    let (command, found) = body.clone().command(id.clone(), None);
    if !found.is_empty() {
        return Err(Failure::Invalid(body.violations(id, now)));
    }
    HttpReply::json(200, &change(store, catalogue, &code, command, &by, now).await?)
}
