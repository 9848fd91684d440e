//! `POST /v1/dossiers/{code}/transitions`: an officer, the portal or the applicant moves a dossier.

mod settings;

use domain::Violation;
use domain::catalogue::Catalogue;
use domain::dossier::Command;
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
    let all = |command: Command, mut found: Vec<Violation>| {
        // A field that is missing is named once.
        let named: Vec<String> = found.iter().map(|missing| missing.field.clone()).collect();
        let broken = command.violations(now).into_iter();
        found.extend(broken.filter(|violation| !named.contains(&violation.field)));
        found
    };
    let read = |body: TransitionBody<u64>| body.command(id.clone(), None);
    let body = request.json_judged(|body| {
        let (command, found) = read(body);
        all(command, found)
    })?;
    let (command, found) = read(body);
    if !found.is_empty() {
        return Err(Failure::Invalid(all(command, found)));
    }
    HttpReply::json(200, &change(store, catalogue, &code, command, &by, now).await?)
}
