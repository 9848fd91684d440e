//! `GET /tra-cuu` and `/tra-cuu/{file}`: the citizen's page. It shows how far a dossier or a feedback
//! is, with or without scripts; what its script shows besides comes from the doors that everybody
//! has.
//!
//! What is not there, and what is no code, is answered in the same words after the same calls.

mod page;
mod pasted;
mod settings;

use std::str::FromStr;

use domain::catalogue::Catalogue;
use domain::dossier::Progress;
use domain::feedback::Feedback;
use domain::id::{DossierCode, FeedbackCode};
use domain::language::Language;
use domain::violation::{Fact, Unit};
use domain::{RuleName, Violation};
use jiff::Timestamp;
use platform::Failure;
use platform::browser::policy_of_files;
use platform::dynamo::{Dossiers, FeedbackTable};
use platform::gate::Gate;
use platform::http::{Caches, HttpReply, HttpRequest};
use platform::parameters::named;
use platform::port::Counts;

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

/// What is looked up: of both the states alone.
#[derive(Debug, Clone, Copy)]
pub struct Tables<'a> {
    /// Dossiers, by their codes.
    pub dossiers: &'a Dossiers,
    /// Feedback, by its codes.
    pub feedback: &'a FeedbackTable,
}

/// Answers one HTTP request; failures become problem documents. `storage` is the origin to which
/// the page uploads documents.
pub async fn handle(
    request: HttpRequest,
    doors: (Tables<'_>, &Gate<impl Counts>),
    storage: &str,
    catalogue: &Catalogue,
    now: Timestamp,
) -> Result<HttpReply, Failure> {
    match request.route.as_str() {
        "GET /tra-cuu" => show(&request, doors, storage, catalogue, now).await,
        "GET /tra-cuu/{file}" => {
            request.no_parameters()?;
            let PageFile(media_type, text) = request.path("file")?;
            let known = request.header("if-none-match");
            let reply = HttpReply::text(media_type, text.to_owned());
            Ok(guarded(reply.kept_for(KEPT_SECONDS, Caches::Shared, known), storage))
        }
        _ => Err(Failure::RouteNotFound),
    }
}

/// One of the page's own files: its type and its text.
struct PageFile(&'static str, &'static str);

impl FromStr for PageFile {
    type Err = Violation;

    fn from_str(name: &str) -> Result<Self, Violation> {
        let script = "text/javascript; charset=utf-8";
        Ok(match name {
            "page.css" => {
                Self("text/css; charset=utf-8", include_str!("../../../infra/web/page.css"))
            }
            "page.js" => Self(script, include_str!("../../../infra/web/page.js")),
            "owner.js" => Self(script, include_str!("../../../infra/web/owner.js")),
            "author.js" => Self(script, include_str!("../../../infra/web/author.js")),
            "texts.json" => Self("application/json", page::TEXTS),
            "mark.svg" => Self("image/svg+xml", include_str!("../../../infra/web/mark.svg")),
            _ => {
                let detail = "must be the name of a file of the page";
                return Err(Violation::new("file", RuleName::KnownValue, detail));
            }
        })
    }
}

async fn show(
    request: &HttpRequest,
    (tables, gate): (Tables<'_>, &Gate<impl Counts>),
    storage: &str,
    catalogue: &Catalogue,
    now: Timestamp,
) -> Result<HttpReply, Failure> {
    let mut parameters = request.parameters();
    let languages = [("vi", Language::Vi), ("en", Language::En)];
    // A page in Vietnamese tells more than a refusal of a language that there is not.
    let language = |text: &str| Ok(named(&languages)(text).unwrap_or(Language::Vi));
    let language = parameters.one("lang", language).unwrap_or(Language::Vi);
    let typed = parameters.one("ma", typed).unwrap_or_default();
    parameters.end_of_page()?;
    let texts = Texts::of(language)?;
    let typed = typed.trim();
    if typed.is_empty() {
        let html = texts.page(typed, &Looked::Nothing)?;
        let reply = HttpReply::text("text/html; charset=utf-8", html);
        let known = request.header("if-none-match");
        return Ok(guarded(reply.kept_for(KEPT_SECONDS, Caches::Shared, known), storage));
    }
    let (limits, find) = (catalogue.limits(), found(typed, tables, now));
    let found = gate.look_up(limits, request.source(), now, find).await?;
    let looked = match &found {
        None => Looked::Missing,
        Some(Found::Dossier(progress)) => Looked::Found(progress),
        Some(Found::Feedback(feedback)) => Looked::Feedback(feedback),
    };
    let html = texts.page(typed, &looked)?;
    Ok(guarded(HttpReply::text("text/html; charset=utf-8", html), storage))
}

/// What was typed into the field, whatever it is, unless it is far too long to hold a code.
fn typed(text: &str) -> Result<String, Violation> {
    if text.chars().count() <= TYPED_CHARACTERS_MAX {
        return Ok(text.to_owned());
    }
    let most = Fact::at_most(TYPED_CHARACTERS_MAX, Unit::Characters);
    Err(Violation::unless("", RuleName::Length, most))
}

/// What has the code that was typed.
enum Found {
    Dossier(Progress),
    Feedback(Box<Feedback>),
}

/// What has the code that is in `typed`. The same is read where there is no code in it.
async fn found(
    typed: &str,
    Tables { dossiers, feedback }: Tables<'_>,
    now: Timestamp,
) -> Result<Option<Found>, Failure> {
    let code: DossierCode = match pasted::code(typed) {
        Some(code) => code,
        None => NOBODYS.parse()?,
    };
    if let Some(code) = FeedbackCode::of(&code) {
        let found = feedback.feedback(&code, now).await?;
        return Ok(found.map(|feedback| Found::Feedback(Box::new(feedback))));
    }
    Ok(dossiers.progress(&code).await?.map(Found::Dossier))
}

/// Adds what keeps the page to itself: nothing of others is loaded, nobody frames it, and no
/// address that it leads to learns where the reader came from.
fn guarded(reply: HttpReply, storage: &str) -> HttpReply {
    reply
        .with_header("content-security-policy", policy_of_files(storage))
        .with_header("x-frame-options", "DENY")
        .with_header("cross-origin-opener-policy", "same-origin")
        .with_header("permissions-policy", "camera=(self), geolocation=(), microphone=()")
}
