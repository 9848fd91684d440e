//! The HTTP door: API Gateway's payload (format 2.0) in, JSON or a problem document out.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use aws_lambda_events::encodings::Body;
use base64::Engine;
use domain::Violation;
use domain::calendar::date_of;
use domain::catalogue::Catalogue;
use domain::dossier::Actor;
use domain::id::DossierCode;
use domain::language::Language;
use futures::FutureExt;
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use crate::browser;
use crate::form::{Draft, Faults};
use crate::header::{names_pages, names_tag};
use crate::parameters::{self, Parameters};
use crate::payload::Payload;
use crate::problem::{self, Problem};
use crate::problem_page;
use crate::proof::ProofKey;
use crate::request::{Came, read_json};
use crate::wire::{self, hex};
use crate::{Failure, claims};

/// Largest request body, in bytes: fifty documents with long names fit five times.
pub const BODY_BYTES_MAX: usize = 256 * 1024;

/// A request, reduced to what the functions use.
#[derive(Debug)]
pub struct HttpRequest {
    /// Method and path template, e.g. `GET /v1/dossiers/{code}`.
    pub route: String,
    /// The gateway's id of this request.
    pub id: String,
    path: HashMap<String, String>,
    query: Vec<(String, String)>,
    headers: HashMap<String, String>,
    claims: HashMap<String, String>,
    proven: Option<Actor>,
    source: String,
    body: Result<Vec<u8>, Failure>,
}

impl From<ApiGatewayV2httpRequest> for HttpRequest {
    fn from(event: ApiGatewayV2httpRequest) -> Self {
        let query = parameters::sent(&event);
        let claims = event
            .request_context
            .authorizer
            .and_then(|authorizer| authorizer.jwt)
            .map(|jwt| jwt.claims);
        let text = event.body.unwrap_or_default();
        let body = if event.is_base64_encoded {
            base64::engine::general_purpose::STANDARD.decode(text).map_err(|_| Failure::Malformed)
        } else {
            Ok(text.into_bytes())
        };
        Self {
            route: event.request_context.route_key.or(event.route_key).unwrap_or_default(),
            id: event.request_context.request_id.unwrap_or_default(),
            path: event.path_parameters,
            query,
            headers: event
                .headers
                .iter()
                // What is no ASCII is seen by whoever judges the header, and not taken for missing.
                .map(|(name, value)| {
                    (
                        name.as_str().to_ascii_lowercase(),
                        String::from_utf8_lossy(value.as_bytes()).into_owned(),
                    )
                })
                .collect(),
            claims: claims.unwrap_or_default(),
            proven: None,
            source: event.request_context.http.source_ip.unwrap_or_default(),
            body,
        }
    }
}

impl HttpRequest {
    /// Who calls, as the authorizer proved it, and for which agencies the caller acts at `now`.
    pub fn actor(&self, catalogue: &Catalogue, now: Timestamp) -> Result<Actor, Failure> {
        if let Some(proven) = &self.proven {
            return Ok(proven.clone());
        }
        claims::actor(&self.claims, catalogue, date_of(now))
    }

    /// The applicant for whom the caller may act: themselves, or every applicant (`None`).
    pub fn applicant(
        &self,
        catalogue: &Catalogue,
    ) -> Result<Option<domain::applicant::IdNumber>, Failure> {
        claims::applicant(&self.claims, catalogue)
    }

    /// The account of the administrator who calls.
    pub fn administrator(&self) -> Result<String, Failure> {
        claims::administrator(&self.claims)
    }

    /// Whether an auditor calls.
    pub fn is_auditor(&self) -> Result<bool, Failure> {
        if self.proven.is_some() {
            return Ok(false);
        }
        claims::is_auditor(&self.claims)
    }

    /// The same request as that of the applicant who has proved by a one-time code that the dossier
    /// of its path is theirs, where it came by a door of such callers ([`OWN`]): under the route of
    /// everybody's door to the same. Every other request stays as it is.
    pub fn proven(mut self, key: &ProofKey, now: Timestamp) -> Result<Self, Failure> {
        let Some(route) = everybodys(&self.route) else { return Ok(self) };
        let code: DossierCode = self.path("code")?;
        let token = self.header("authorization").and_then(|sent| sent.strip_prefix("Bearer "));
        let token = token.ok_or(Failure::Unauthorized("no token of a proof"))?;
        self.proven = Some(key.proven(token, &code, now)?);
        self.route = route;
        Ok(self)
    }

    /// The same for who answers the question after a result, by the token of its message or by one of
    /// a proof. Only the door that takes the answer asks so.
    pub fn surveyed(mut self, key: &ProofKey, now: Timestamp) -> Result<Self, Failure> {
        let Some(route) = everybodys(&self.route) else { return Ok(self) };
        let code: DossierCode = self.path("code")?;
        let token = self.header("authorization").and_then(|sent| sent.strip_prefix("Bearer "));
        let asked = token.and_then(|token| key.surveyed(token, &code, now).ok());
        let Some(asked) = asked else { return self.proven(key, now) };
        (self.proven, self.route) = (Some(asked), route);
        Ok(self)
    }

    /// The same request as that of `actor`, who has proved themselves otherwise than by a token,
    /// under the route of everybody's door to the same.
    #[must_use]
    pub fn proven_as(self, actor: Actor, route: String) -> Self {
        Self { route, proven: Some(actor), ..self }
    }

    /// The address that the request came from, as the gateway saw it; personal data, which is
    /// stored and logged nowhere as it is.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Whether the caller has what `tag` names already (`If-None-Match`).
    pub fn has(&self, tag: &str) -> bool {
        self.header("if-none-match").is_some_and(|known| names_tag(known, tag))
    }

    /// Whether a browser went to this address, which asks for a page and shows no token; a program
    /// that asks for a form shows one.
    pub fn is_for_a_person(&self) -> bool {
        self.route.starts_with("GET ")
            && self.header_as_sent("authorization").is_none()
            && self.header("accept").is_some_and(names_pages)
    }

    /// A part of the path, read as a code.
    pub fn path<T: std::str::FromStr<Err = Violation>>(&self, name: &str) -> Result<T, Failure> {
        Ok(self.path.get(name).map_or("", String::as_str).parse::<T>()?)
    }

    /// A part of the path, unchanged.
    pub fn path_text(&self, name: &str) -> &str {
        self.path.get(name).map_or("", String::as_str)
    }

    /// The body as it came, byte by byte.
    pub fn raw_body(&self) -> Result<&[u8], Failure> {
        let body = self.body.as_ref().map_err(|_| Failure::Malformed)?;
        if body.len() > BODY_BYTES_MAX { Err(Failure::TooLarge) } else { Ok(body) }
    }

    /// The query parameters, to be read and ended.
    pub fn parameters(&self) -> Parameters<'_> {
        Parameters::of(&self.query)
    }

    /// Refuses every query parameter: this route has none.
    pub fn no_parameters(&self) -> Result<(), Failure> {
        self.parameters().end()
    }

    /// The first value of a query parameter of a caller who adds names of their own;
    /// [`HttpRequest::said_once`] refuses a second.
    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(sent, _)| sent == name).map(|(_, value)| value.as_str())
    }

    /// Refuses a repeated parameter among `names`; other names are ignored.
    pub fn said_once(&self, names: &[&'static str]) -> Result<(), Failure> {
        let own: Vec<(String, String)> =
            self.query.iter().filter(|(sent, _)| names.contains(&sent.as_str())).cloned().collect();
        let mut parameters = Parameters::of(&own);
        for name in names {
            parameters.one(name, |_| Ok(()));
        }
        parameters.end()
    }

    /// A header, by its name in lower case; none where it has no value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.header_as_sent(name).filter(|value| !value.is_empty())
    }

    /// The same, where a header without a value is another thing than none: who sends one meant to
    /// say something.
    pub fn header_as_sent(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.trim())
    }

    /// The body as JSON of type `T`, with all that came; `judge` is as in
    /// [`Draft::whole_or_all`].
    pub fn json_as_it_came<T: DeserializeOwned>(
        &self,
        judge: impl FnOnce(T, &Faults<'_>) -> Vec<Violation>,
    ) -> Result<Came<T>, Failure> {
        Came::read(self.declared_json()?, judge)
    }

    /// The body as JSON of type `T`; `judge` is as in [`Draft::whole_or_all`].
    pub fn json_judged<T: DeserializeOwned>(
        &self,
        judge: impl FnOnce(T) -> Vec<Violation>,
    ) -> Result<T, Failure> {
        Draft::of(self.declared_json()?)?.whole_or_all(|read, _| judge(read))
    }

    /// The body as JSON of type `T`.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        read_json(self.declared_json()?)
    }

    fn declared_json(&self) -> Result<&[u8], Failure> {
        self.body_declared(&["application/json"])
    }

    /// The body byte by byte, where it is declared as of one of these media types.
    pub fn body_declared(&self, types: &[&str]) -> Result<&[u8], Failure> {
        let media = self
            .header("content-type")
            .and_then(|value| value.split(';').next())
            .unwrap_or_default()
            .trim();
        if !types.iter().any(|known| media.eq_ignore_ascii_case(known)) {
            return Err(Failure::UnsupportedMediaType);
        }
        self.raw_body()
    }
}

/// How the doors begin of who has proved that one dossier is theirs. The gateway's authorizer knows
/// nothing of our tokens, so that they cannot be shown at the doors of everybody.
pub const OWN: &str = "/v1/own/{code}";

/// Everybody's door to what `route` is the proven applicant's door to; none for another route.
fn everybodys(route: &str) -> Option<String> {
    let (method, path) = route.split_once(' ')?;
    let rest = path.strip_prefix(OWN)?;
    let path = match rest.strip_prefix("/uploads") {
        Some(upload) => format!("/v1/documents{upload}"),
        None => format!("/v1/dossiers/{{code}}{rest}"),
    };
    Some(format!("{method} {path}"))
}

/// The caches that may keep an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caches {
    /// The cache of the caller alone.
    Own,
    /// Also those on the way, which give it to other callers.
    Shared,
}

impl Caches {
    /// The directive of `Cache-Control` (RFC 9111 §5.2.2).
    fn directive(self) -> &'static str {
        match self {
            Self::Own => "private",
            Self::Shared => "public",
        }
    }
}

/// A reply: a status and a body, JSON mostly.
#[derive(Debug)]
pub struct HttpReply {
    status: u16,
    content_type: &'static str,
    retry_after_seconds: Option<u32>,
    body: Body,
    headers: Vec<(&'static str, String)>,
    dossier: Option<DossierCode>,
}

impl HttpReply {
    /// An answer with `status` and `body` as JSON.
    pub fn json(status: u16, body: &impl Serialize) -> Result<Self, Failure> {
        Ok(Self::of(status, "application/json", Body::Text(wire::json(body)?)))
    }

    /// That what the caller has is what there is: 304.
    pub fn unchanged() -> Self {
        // An empty text and not no text: where the answer's body is null, the local gateway makes a
        // 500 of it.
        Self::of(304, "application/json", Body::Text(String::new()))
    }

    /// That what is asked for is at `location` for now: 302, with nothing else to read.
    pub fn elsewhere(location: String) -> Self {
        Self::of(302, "text/plain; charset=utf-8", Body::Text(String::new()))
            .with_header("location", location)
    }

    fn of(status: u16, content_type: &'static str, body: Body) -> Self {
        let headers = Vec::new();
        Self { status, content_type, retry_after_seconds: None, body, headers, dossier: None }
    }

    /// The same, with the dossier that was handed in or moved: the log line of the answer names it,
    /// so that a dossier can be followed from the door on.
    #[must_use]
    pub fn about(mut self, code: DossierCode) -> Self {
        self.dossier = Some(code);
        self
    }

    /// An answer of another text type.
    pub fn text(content_type: &'static str, body: String) -> Self {
        Self::of(200, content_type, Body::Text(body))
    }

    /// A page, in UTF-8, which may run what `template`, its source, holds and nothing else.
    pub fn page(template: &str, html: String) -> Self {
        Self::text("text/html; charset=utf-8", html)
            .with_header("content-security-policy", browser::policy_of(template))
    }

    /// An answer of bytes.
    pub fn bytes(content_type: &'static str, body: Vec<u8>) -> Self {
        Self::of(200, content_type, Body::Binary(body))
    }

    /// The same with one more header.
    #[must_use]
    pub fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Adds caching in `caches` for `seconds` and a tag: 304 if `known` is that tag.
    #[must_use]
    pub fn kept_for(mut self, seconds: u32, caches: Caches, known: Option<&str>) -> Self {
        let bytes: &[u8] = self.body.as_ref();
        let tag = format!("\"{}\"", hex(&Sha256::digest(bytes)[..16]));
        if known.is_some_and(|known| names_tag(known, &tag)) {
            self = Self { headers: self.headers, ..Self::unchanged() };
        }
        self.with_header("cache-control", format!("{}, max-age={seconds}", caches.directive()))
            .with_header("etag", tag)
    }

    fn problem(problem: &Problem, language: Language) -> Self {
        Self {
            status: problem.status,
            content_type: problem::CONTENT_TYPE,
            retry_after_seconds: problem.retry_after_seconds(),
            body: Body::Text(serde_json::to_string(problem).unwrap_or_default()),
            headers: vec![("content-language", language.name().to_owned())],
            dossier: None,
        }
    }

    /// What `problem` says, as a page for a person in front of a browser.
    fn problem_page(problem: &Problem, route: &str) -> Self {
        let (status, retry_after_seconds) = (problem.status, problem.retry_after_seconds());
        let page = Self::page(problem_page::TEMPLATE, problem_page::written(problem, route))
            .with_header("content-language", Language::Vi.name());
        Self { status, retry_after_seconds, ..page }
    }
}

impl From<HttpReply> for ApiGatewayV2httpResponse {
    fn from(reply: HttpReply) -> Self {
        let mut response = Self::default();
        response.status_code = i64::from(reply.status);
        response.is_base64_encoded = matches!(reply.body, Body::Binary(_));
        response.body = Some(reply.body);
        // What says nothing else is kept by nobody.
        let of_all = [("content-type", reply.content_type), ("cache-control", "no-store")];
        let of_all = of_all.into_iter().chain(browser::BOUNDS);
        let headers = of_all.map(|(name, value)| (name, value.to_owned())).chain(reply.headers);
        let retry = reply.retry_after_seconds.map(|seconds| ("retry-after", seconds.to_string()));
        for (name, value) in headers.chain(retry) {
            if let Ok(value) = value.parse() {
                response.headers.insert(name, value);
            }
        }
        response
    }
}

/// How much of a request's time is kept for its answer.
const ANSWER_IN: Duration = Duration::from_millis(500);

/// What `work` comes to, if it ends so long before `left` has passed that it can be answered; else
/// that its time is over, and that the same may be sent again. The work is dropped where it was: as
/// where a process dies, the next request with the same key finds what was stored.
pub async fn within<T>(
    left: Duration,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let time = left.saturating_sub(ANSWER_IN);
    let over = |_| Err(Failure::Held("the time of this request"));
    tokio::time::timeout(time, work).await.unwrap_or_else(over)
}

/// Answers a request of the API gateway. A payload that is not such a request is the fault of a
/// caller who bypassed the gateway.
pub async fn answer<F>(
    payload: &Payload,
    handler: impl FnOnce(HttpRequest) -> F,
) -> ApiGatewayV2httpResponse
where
    F: Future<Output = Result<HttpReply, Failure>>,
{
    match payload.read("a request of the gateway") {
        // Boxed, so that a function's own future does not hold all of the handler's.
        Ok(event) => Box::pin(serve(event, handler)).await,
        Err(failure) => {
            tracing::error!(reason = failure.slug(), cause = failure.chain(), "request failed");
            HttpReply::problem(&Problem::from(&failure), Language::En).into()
        }
    }
}

/// Answers one request through `handler`: failures and panics become problem documents, and each is
/// logged once, without the request's content.
pub async fn serve<F>(
    event: ApiGatewayV2httpRequest,
    handler: impl FnOnce(HttpRequest) -> F,
) -> ApiGatewayV2httpResponse
where
    F: Future<Output = Result<HttpReply, Failure>>,
{
    let request = HttpRequest::from(event);
    let (route, id) = (request.route.clone(), request.id.clone());
    let language = problem::preferred(request.header("accept-language"));
    let for_a_person = request.is_for_a_person();
    let outcome = AssertUnwindSafe(async { handler(request).await }).catch_unwind().await;
    let outcome =
        outcome.unwrap_or_else(|_| Err(Failure::Defect("the handler panicked".to_owned())));
    match outcome {
        Ok(reply) => {
            let dossier = reply.dossier.as_ref().map(DossierCode::as_str);
            tracing::info!(route, request = id, status = reply.status, dossier, "request answered");
            reply.into()
        }
        Err(failure) => {
            let reply = if for_a_person {
                let problem = Problem::written(&failure, Language::Vi).of_request(&id);
                HttpReply::problem_page(&problem, &route)
            } else {
                let problem = Problem::written(&failure, language).of_request(&id);
                HttpReply::problem(&problem, language)
            };
            if reply.status >= 500 {
                tracing::error!(
                    route,
                    request = id,
                    reason = failure.slug(),
                    cause = failure.chain(),
                    "request failed"
                );
            } else {
                tracing::info!(route, request = id, reason = failure.slug(), cause = %failure, "request refused");
            }
            reply.into()
        }
    }
}
