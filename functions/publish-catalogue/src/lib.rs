//! `PUT /v1/catalogue` and `GET /v1/catalogue`: an administrator puts agencies, procedures,
//! calendars, rules, texts and prices into force without a deployment.
//!
//! The files are checked as a whole, together with those that stay. A refused publication changes
//! nothing and names the line of each error. Every edition stays on record. An older one is
//! restored by publishing its files again, as long as that removes no agency, year or version of a
//! procedure that was added since.

mod settings;

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::calendar::date_of;
use domain::violation::{Fact, Unit};
use domain::{RuleName, Violation};
use inspection::TrustAnchors;
use jiff::Timestamp;
use platform::Failure;
use platform::catalogue::{Edition, UndecidedYears};
use platform::dynamo::CatalogueStore;
use platform::http::{HttpReply, HttpRequest};
use platform::live_catalogue::{Newest, newest};
use platform::parameters::{flag, number};
use platform::port::{CatalogueEditions, Stored};
use serde::{Deserialize, Serialize};

pub use settings::Settings;

/// Highest edition that can be asked for or expected: more than a province publishes in a thousand
/// years.
pub const EDITION_MAX: u64 = 1_000_000;

/// The body of `PUT /v1/catalogue`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Publication {
    /// The edition that the sender has seen; 0 before the first.
    expected_edition: u64,
    /// The text of each file that changes.
    files: BTreeMap<String, String>,
}

/// What is in force after a request.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct InForce {
    edition: u64,
    /// Whether this request changed the edition.
    published: bool,
    files: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    published_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    published_by: Option<String>,
}

/// What a request did to the edition in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Effect {
    Published,
    None,
}

/// Answers one HTTP request; failures become problem documents.
pub async fn handle(
    request: HttpRequest,
    catalogue_store: &CatalogueStore,
    now: Timestamp,
) -> Result<HttpReply, Failure> {
    let by = request.administrator()?;
    match request.route.as_str() {
        "GET /v1/catalogue" => show(&request, catalogue_store).await,
        "PUT /v1/catalogue" => publish(&request, by, catalogue_store, now).await,
        _ => Err(Failure::RouteNotFound),
    }
}

async fn show(
    request: &HttpRequest,
    catalogue_store: &CatalogueStore,
) -> Result<HttpReply, Failure> {
    let mut parameters = request.parameters();
    let asked = parameters.one("edition", number(EDITION_MAX));
    parameters.end()?;
    let found = match asked {
        None => catalogue_store.latest().await?,
        Some(asked) => {
            let found = catalogue_store.edition(asked).await?;
            Some(found.ok_or_else(|| {
                Violation::new("edition", RuleName::KnownEdition, "was never published")
            })?)
        }
    };
    HttpReply::json(200, &InForce::of(found, Effect::None))
}

async fn publish(
    request: &HttpRequest,
    by: String,
    catalogue_store: &CatalogueStore,
    now: Timestamp,
) -> Result<HttpReply, Failure> {
    let mut parameters = request.parameters();
    let dry_run = parameters.one("dryRun", flag).unwrap_or(false);
    parameters.end()?;
    let publication: Publication = request.json()?;
    if publication.expected_edition > EDITION_MAX {
        let bounds = Fact::between(0, EDITION_MAX, Unit::Number);
        return Err(Violation::unless("expectedEdition", RuleName::Range, bounds).into());
    }
    // As real dossiers need it: what a demonstration assumes does not mend a file. Where the latest
    // edition cannot be read, the one that functions go on with is mended.
    let Newest { latest: current, edition: held, texts: present, catalogue } =
        newest(catalogue_store, UndecidedYears::Refused).await?;
    let before = present.hashes();
    let texts = present.with(publication.files).map_err(Failure::CatalogueRefused)?;
    let next = texts.assemble(UndecidedYears::Refused).map_err(Failure::CatalogueRefused)?;
    let mut refused = texts.forgotten(&catalogue, &next, date_of(now));
    refused.extend(texts.located(&next.trusted_authorities().unreadable(is_certificate)));
    if !refused.is_empty() {
        return Err(Failure::CatalogueRefused(refused));
    }
    let files = texts.hashes();
    // The same again is in force already, whoever sends it, and whatever they have seen; unless it is
    // to take the place of an edition that cannot be read.
    if (files == before && held == current) || dry_run {
        let shown = catalogue_store.latest().await?;
        return HttpReply::json(200, &InForce { files, ..InForce::of(shown, Effect::None) });
    }
    if publication.expected_edition != current {
        return Err(Failure::StaleEdition { current });
    }
    let edition = Edition { edition: current + 1, files, published_at: now, published_by: by };
    if catalogue_store.publish(&edition, &texts).await? == Stored::AnotherWasFirst {
        // Our own write, where its answer was lost and the client has made it again.
        let stored = catalogue_store.edition(edition.edition).await?;
        if stored.as_ref() != Some(&edition) {
            return Err(Failure::StaleEdition { current: edition.edition });
        }
    }
    tracing::info!(edition = edition.edition, by = edition.published_by, "catalogue published");
    HttpReply::json(200, &InForce::of(Some(edition), Effect::Published))
}

/// Whether this is a certificate as the inspection reads it, in base64.
fn is_certificate(text: &str) -> bool {
    let read = STANDARD.decode(text).map(|der| TrustAnchors::from_certificates([der]));
    matches!(read, Ok(Ok(_)))
}

impl InForce {
    /// An edition; before the first, what is built in.
    fn of(edition: Option<Edition>, effect: Effect) -> Self {
        let published = effect == Effect::Published;
        match edition {
            Some(Edition { edition, files, published_at, published_by }) => Self {
                edition,
                published,
                files,
                published_at: Some(published_at),
                published_by: Some(published_by),
            },
            None => Self {
                edition: 0,
                published,
                files: platform::catalogue::Texts::built_in().hashes(),
                published_at: None,
                published_by: None,
            },
        }
    }
}
