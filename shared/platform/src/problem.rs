//! What a client reads when something fails: RFC 9457, from one closed set of types.

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::Failure;

/// Media type of a problem document.
pub const CONTENT_TYPE: &str = "application/problem+json";

/// Every problem type there is, with its HTTP status: `infra/openapi.yaml` lists the same, and a
/// test compares.
pub const TYPES: [(&str, u16); 19] = [
    ("malformed-body", 400),
    ("invalid-request", 400),
    ("missing-idempotency-key", 400),
    ("unauthorized", 401),
    ("forbidden", 403),
    ("dossier-not-found", 404),
    ("procedure-not-found", 404),
    ("route-not-found", 404),
    ("stale-version", 409),
    ("out-of-order", 409),
    ("stale-edition", 409),
    ("body-too-large", 413),
    ("unsupported-media-type", 415),
    ("idempotency-key-reused", 422),
    ("illegal-transition", 422),
    ("catalogue-refused", 422),
    ("internal", 500),
    ("calendar-missing", 500),
    ("unavailable", 503),
];

/// A problem document (RFC 9457).
#[derive(Debug, Serialize)]
pub struct Problem {
    /// The type, `urn:motcua:problem:<slug>`.
    #[serde(rename = "type")]
    pub kind: String,
    /// One short sentence, the same for every problem of this type.
    pub title: &'static str,
    /// The HTTP status code.
    pub status: u16,
    /// The gateway's id of the request, under which our logs have it; none where nothing was read
    /// as a request.
    #[serde(rename = "requestId", skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// What else helps the client to mend it.
    #[serde(flatten)]
    pub details: Map<String, Value>,
}

impl Problem {
    /// The same, of the request with this id.
    #[must_use]
    pub fn of_request(self, id: &str) -> Self {
        Self { request_id: Some(id.to_owned()).filter(|id| !id.is_empty()), ..self }
    }
}

impl From<&Failure> for Problem {
    fn from(failure: &Failure) -> Self {
        let slug = failure.slug();
        let details = match failure {
            Failure::Invalid(violations) => {
                let errors: Vec<Value> = violations
                    .iter()
                    .map(|violation| json!({ "field": violation.field, "rule": violation.rule, "detail": violation.detail }))
                    .collect();
                json!({ "errors": errors })
            }
            Failure::Stale { current, status } => {
                json!({ "currentVersion": current, "currentStatus": status })
            }
            Failure::Illegal { action, status, allowed } => json!({
                "action": action,
                "currentStatus": status,
                "currentStatusName": status.name(),
                "allowed": allowed,
            }),
            Failure::CatalogueRefused(misprints) => json!({ "misprints": misprints }),
            Failure::StaleEdition { current } => json!({ "currentEdition": current }),
            Failure::CalendarMissing { year } => json!({ "year": year }),
            Failure::Malformed
            | Failure::MissingIdempotencyKey
            | Failure::Unauthorized(_)
            | Failure::Forbidden
            | Failure::DossierNotFound
            | Failure::ProcedureNotFound
            | Failure::RouteNotFound
            | Failure::OutOfOrder
            | Failure::TooLarge
            | Failure::UnsupportedMediaType
            | Failure::IdempotencyKeyReused
            | Failure::Unavailable { .. }
            | Failure::Held(_)
            | Failure::HeldBack(_)
            | Failure::GivenUp(_)
            | Failure::Defect(_) => json!({}),
        };
        Self {
            kind: format!("urn:motcua:problem:{slug}"),
            title: title(slug),
            status: TYPES
                .iter()
                .find(|(known, _)| *known == slug)
                .map_or(500, |(_, status)| *status),
            request_id: None,
            details: details.as_object().cloned().unwrap_or_default(),
        }
    }
}

fn title(slug: &str) -> &'static str {
    match slug {
        "malformed-body" => "The body is not JSON.",
        "invalid-request" => "Some fields break a rule; each is listed with the rule.",
        "missing-idempotency-key" => "This request needs an Idempotency-Key header.",
        "unauthorized" => "Sign in first.",
        "forbidden" => "This account may not do this.",
        "dossier-not-found" => "There is no such dossier.",
        "procedure-not-found" => "There is no such procedure, or none in force.",
        "route-not-found" => "There is no such address.",
        "stale-version" => "The dossier has moved on; read it again before you decide.",
        "out-of-order" => "The dossier's history already reaches beyond the time of this event.",
        "body-too-large" => "The body is larger than this address takes.",
        "unsupported-media-type" => "The body must be declared as application/json.",
        "idempotency-key-reused" => "This Idempotency-Key was used for another request.",
        "illegal-transition" => "The dossier's status does not allow this action.",
        "catalogue-refused" => {
            "The files break rules; each place is listed with its line, and nothing was put into force."
        }
        "stale-edition" => {
            "The catalogue has moved on; look at the present edition before you publish."
        }
        "calendar-missing" => {
            "The due date lies in a year whose calendar has not been entered; it has been recorded."
        }
        "unavailable" => {
            "A part of the service does not answer at the moment; the same request can be sent again."
        }
        _ => "Something went wrong on our side; it has been recorded.",
    }
}
