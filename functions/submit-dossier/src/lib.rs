//! `POST /v1/dossiers`: the portal or a citizen hands a dossier in and gets the slip with its code.

mod settings;

use domain::calendar::date_of;
use domain::catalogue::Catalogue;
use domain::id::CommandId;
use jiff::Timestamp;
use platform::Failure;
use platform::gate::AdmitsOnce;
use platform::http::{HttpReply, HttpRequest};
use platform::port::{Intake, UploadClaims};
use platform::request::SubmissionBody;
use platform::submission::{SubmissionRequest, command_id, submit};

pub use settings::Settings;

/// Answers one HTTP request; failures become problem documents.
pub async fn handle(
    request: HttpRequest,
    (intake, gate): (&impl Intake, &impl AdmitsOnce),
    uploads: &impl UploadClaims,
    catalogue: &Catalogue,
    now: Timestamp,
) -> Result<HttpReply, Failure> {
    let by = request.actor(catalogue, now)?;
    request.no_parameters()?;
    let given = CommandId::try_from(
        request.header("idempotency-key").ok_or(Failure::MissingIdempotencyKey)?.to_owned(),
    )?;
    // The key is the caller's own: another account may use the same one.
    let key =
        command_id(&["submit", by.signature().role.name(), &by.signature().id, given.as_str()])?;
    let day = date_of(now);
    let body = request.json_as_it_came(|read: SubmissionBody, faults| {
        read.violations(&by, catalogue, day, faults)
    })?;
    let submission = SubmissionRequest { body, key, by, at: None, code: None };
    let submitted = submit((intake, gate), uploads, catalogue, submission, now).await?;
    Ok(HttpReply::json(201, &submitted)?.about(submitted.code))
}
