//! `GET /v1/integrators/{name}/dossiers/{code}/case` and `…/documents/{id}`: the case for a system
//! that has to process it, as long as it does. The request is signed as those to `/v1/events` are.

use domain::calendar::date_of;
use domain::catalogue::{Catalogue, Integrator};
use domain::delivery::{Delivery, System};
use domain::dossier::Dossier;
use domain::id::DossierCode;
use domain::upload::UploadId;
use domain::{RuleName, Violation};
use jiff::Timestamp;
use platform::Failure;
use platform::dynamo::{Deliveries, Dossiers};
use platform::http::HttpRequest;
use platform::port::{DeliveryLedger, DossierStore};
use platform::seal::SealKey;
use platform::webhook::Signed;

/// How the routes of integrators begin.
const OF_INTEGRATORS: &str = "GET /v1/integrators/{name}/dossiers/";

/// The request of an integrator as that of whom it acts for, where it came by a door of integrators,
/// is signed, and is about a dossier that is transferred to it. Every other request stays as it is.
pub(crate) async fn admitted(
    request: HttpRequest,
    (dossiers, ledger): (&Dossiers, &Deliveries),
    key: &SealKey,
    catalogue: &Catalogue,
    now: Timestamp,
) -> Result<HttpRequest, Failure> {
    let Some(what) = request.route.strip_prefix(OF_INTEGRATORS) else {
        return Ok(request);
    };
    let route = format!("GET /v1/dossiers/{what}");
    request.no_parameters()?;
    let source = Integrator::source_of(request.path_text("name"));
    if Integrator::name_in(&source).is_none() {
        let detail = "is not the name of an integrator";
        return Err(Violation::new("name", RuleName::KnownSource, detail).into());
    }
    let code: DossierCode = request.path("code")?;
    if what.contains("{id}") {
        request.path::<UploadId>("id")?;
    }
    let integrator = proven(&request, (&source, what), key, catalogue, now)?;
    let dossier = dossiers.dossier(&code).await?.ok_or(Failure::DossierNotFound)?;
    // Of a dossier that is not theirs they do not learn that there is one.
    if !is_transferred(&dossier, integrator, ledger, catalogue, now).await? {
        return Err(Failure::DossierNotFound);
    }
    let by = catalogue.acting(integrator, date_of(now));
    Ok(request.proven_as(by, route))
}

/// The integrator of the path, where one of its secrets signed what is asked for, and no body. Of a
/// name that nobody has, the answer is that of a wrong signature.
fn proven<'c>(
    request: &HttpRequest,
    (source, what): (&str, &str),
    key: &SealKey,
    catalogue: &'c Catalogue,
    now: Timestamp,
) -> Result<&'c Integrator, Failure> {
    let signed = Signed::read(|name| request.header(name))?;
    let integrator = catalogue.integrator(source);
    let integrator = integrator.ok_or(Failure::Unauthorized("no integrator of that source"))?;
    let keys = integrator.keys.numbers().iter();
    signed.prove(keys.map(|number| key.secret(&integrator.source, *number)), b"", now)?;
    let named = ["code", "id"].into_iter().fold(what.to_owned(), |named, part| {
        named.replace(&format!("{{{part}}}"), request.path_text(part))
    });
    if signed.id != named {
        return Err(Failure::Unauthorized("the webhook-id is that of another read"));
    }
    Ok(integrator)
}

/// Whether `dossier` is transferred to a system that the integrator is: by the ledger, which was
/// written before the system was told, and by the dossier as it is now, which may have moved on.
async fn is_transferred(
    dossier: &Dossier,
    integrator: &Integrator,
    ledger: &Deliveries,
    catalogue: &Catalogue,
    now: Timestamp,
) -> Result<bool, Failure> {
    let of = (&dossier.agency, &dossier.procedure);
    let is_theirs = |system: &&System| system.offer_of(of, &dossier.history).is_some();
    let systems = catalogue.systems().processed_by(&integrator.source, date_of(now));
    for system in systems.filter(is_theirs) {
        let line = ledger.line(&dossier.code, &system.id).await?;
        let transfer = line.as_ref().and_then(Delivery::transfer);
        if transfer.is_some_and(|transfer| transfer.state().may_be_read()) {
            return Ok(true);
        }
    }
    Ok(false)
}
