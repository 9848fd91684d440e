//! `GET /tra-cuu` and `/tra-cuu/{file}`: the citizen's page. It shows how far a dossier is, with or
//! without scripts; what its script shows besides comes from the doors that everybody has.
//!
//! What is not there, and what is no code, is answered in the same words after the same reads.

mod page;
mod pasted;
mod settings;

use domain::dossier::Progress;
use domain::id::DossierCode;
use domain::language::Language;
use platform::Failure;
use platform::dynamo::Dossiers;
use platform::http::{Caches, HttpReply, HttpRequest};

use page::{Looked, Texts};

pub use settings::Settings;

/// How long the page's own files may be kept before they are asked for again by their tag, in
/// seconds: a deployment is seen within five minutes.
const KEPT_SECONDS: u32 = 300;

/// Longest text that is looked at for a code, in characters: a whole address of ours, pasted.
const TYPED_CHARACTERS_MAX: usize = 300;

/// Looked for where somebody asks for what is no code: a code that is never issued, since numbers
/// of a day begin with 1.
const NOBODYS: &str = "H00-000101-0000";

/// Answers one HTTP request; failures become problem documents. `storage` is the origin to which
/// the page uploads documents.
pub async fn handle(
    request: HttpRequest,
    dossiers: &Dossiers,
    storage: &str,
) -> Result<HttpReply, Failure> {
    match request.route.as_str() {
        "GET /tra-cuu" => show(&request, dossiers, storage).await,
        "GET /tra-cuu/{file}" => {
            request.no_parameters()?;
            let (media_type, text) = file(request.path_text("file"))?;
            let known = request.header("if-none-match");
            let reply = HttpReply::text(media_type, text.to_owned());
            Ok(guarded(reply.kept_for(KEPT_SECONDS, Caches::Shared, known), storage))
        }
        _ => Err(Failure::RouteNotFound),
    }
}

/// One of the page's own files, with its type.
fn file(name: &str) -> Result<(&'static str, &'static str), Failure> {
    match name {
        "page.css" => Ok(("text/css; charset=utf-8", include_str!("../../../infra/web/page.css"))),
        "page.js" => {
            Ok(("text/javascript; charset=utf-8", include_str!("../../../infra/web/page.js")))
        }
        "owner.js" => {
            Ok(("text/javascript; charset=utf-8", include_str!("../../../infra/web/owner.js")))
        }
        "texts.json" => Ok(("application/json", page::TEXTS)),
        "mark.svg" => Ok(("image/svg+xml", include_str!("../../../infra/web/mark.svg"))),
        _ => Err(Failure::RouteNotFound),
    }
}

async fn show(
    request: &HttpRequest,
    dossiers: &Dossiers,
    storage: &str,
) -> Result<HttpReply, Failure> {
    // What else an address has is somebody's who passed it on, and no reason to show nothing.
    let language = match request.query("lang") {
        Some("en") => Language::En,
        Some(_) | None => Language::Vi,
    };
    let typed: String =
        request.query("ma").unwrap_or_default().chars().take(TYPED_CHARACTERS_MAX).collect();
    let texts = Texts::of(language)?;
    let typed = typed.trim();
    if typed.is_empty() {
        let html = texts.page(typed, &Looked::Nothing)?;
        let reply = HttpReply::text("text/html; charset=utf-8", html);
        let known = request.header("if-none-match");
        return Ok(guarded(reply.kept_for(KEPT_SECONDS, Caches::Shared, known), storage));
    }
    let found = progress(typed, dossiers).await?;
    let looked = found.as_ref().map_or(Looked::Missing, Looked::Found);
    let html = texts.page(typed, &looked)?;
    Ok(guarded(HttpReply::text("text/html; charset=utf-8", html), storage))
}

/// How far the dossier is whose code is in `typed`. The same is read where there is no code in it.
async fn progress(typed: &str, dossiers: &Dossiers) -> Result<Option<Progress>, Failure> {
    let code: DossierCode = match pasted::code(typed) {
        Some(code) => code,
        None => NOBODYS.parse()?,
    };
    dossiers.progress(&code).await
}

/// Adds what keeps the page to itself: nothing of others is loaded, nobody frames it, and no
/// address that it leads to learns where the reader came from.
fn guarded(reply: HttpReply, storage: &str) -> HttpReply {
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
         connect-src 'self' {storage}; form-action 'self'; base-uri 'none'; \
         frame-ancestors 'none'"
    );
    reply
        .with_header("content-security-policy", policy)
        .with_header("strict-transport-security", "max-age=31536000; includeSubDomains")
        .with_header("referrer-policy", "no-referrer")
        .with_header("x-frame-options", "DENY")
        .with_header("cross-origin-opener-policy", "same-origin")
        .with_header("permissions-policy", "camera=(self), geolocation=(), microphone=()")
}
