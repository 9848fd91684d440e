//! `POST /v1/documents` and `GET /v1/documents/{id}`: an address by which a document is uploaded
//! straight to object storage, and how far it has come. The content never passes through here.

mod settings;

use domain::RuleName;
use domain::calendar::date_of;
use domain::catalogue::Catalogue;
use domain::dossier::Actor;
use domain::id::DossierCode;
use domain::language::Language;
use domain::limit::LimitName;
use domain::signature::{SignatureVerdict, VerifiedSignature};
use domain::upload::{Declared, DocumentType, ScanRefusal, Upload, UploadId, UploadState};
use jiff::Timestamp;
use platform::Failure;
use platform::gate::Gate;
use platform::http::{HttpReply, HttpRequest};
use platform::objects::{Bucket, SignedUpload};
use platform::port::{Counts, Uploads};
use platform::problem::preferred;
use platform::wire::hex;
use ring::rand::{SecureRandom, SystemRandom};
use serde::{Deserialize, Serialize};

pub use settings::Settings;

/// The body of `POST /v1/documents`. No name: names of files tell of people.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct DocumentBody {
    media_type: DocumentType,
    bytes: u64,
    sha256: String,
}

impl From<DocumentBody> for Declared {
    fn from(DocumentBody { media_type, bytes, sha256 }: DocumentBody) -> Self {
        Self { media_type, bytes, sha256 }
    }
}

/// A document, as its owner sees it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown<'a> {
    id: &'a UploadId,
    state: &'static str,
    #[serde(flatten)]
    declared: &'a Declared,
    /// After it the document is gone unless a dossier has claimed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    kept_until: Option<Timestamp>,
    /// The dossier that has claimed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    dossier: Option<&'a DossierCode>,
    #[serde(skip_serializing_if = "Option::is_none")]
    upload: Option<SignedUpload>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Reason<'a>>,
    /// Whether it is signed as an electronic result has to be; none before it was inspected, and of
    /// what is no PDF.
    #[serde(skip_serializing_if = "Option::is_none")]
    signature: Option<Signed<'a>>,
}

/// What the inspection found of the signatures of a PDF.
#[derive(Serialize)]
#[serde(tag = "verdict", rename_all = "kebab-case")]
enum Signed<'a> {
    /// They hold; this is the last one.
    Verified(&'a VerifiedSignature),
    /// They do not, by this rule.
    Faulty { rule: RuleName, text: &'static str },
}

impl<'a> Signed<'a> {
    fn of(verdict: &'a SignatureVerdict, language: Language) -> Self {
        match verdict {
            SignatureVerdict::Verified(last) => Self::Verified(last),
            SignatureVerdict::Faulty { fault } => {
                Self::Faulty { rule: fault.rule(), text: fault.rule().text(language) }
            }
        }
    }
}

/// Why a document was refused.
#[derive(Serialize)]
struct Reason<'a> {
    rule: &'a str,
    text: &'static str,
}

/// Answers one HTTP request; failures become problem documents.
pub async fn handle(
    request: HttpRequest,
    (uploads, gate): (&impl Uploads, &Gate<impl Counts>),
    bucket: &Bucket,
    catalogue: &Catalogue,
    now: Timestamp,
) -> Result<HttpReply, Failure> {
    let by = request.actor(catalogue, now)?;
    request.no_parameters()?;
    match request.route.as_str() {
        "POST /v1/documents" => ask(&request, &by, (uploads, gate), bucket, catalogue, now).await,
        "GET /v1/documents/{id}" => show(&request, &by, uploads, now).await,
        _ => Err(Failure::RouteNotFound),
    }
}

async fn ask(
    request: &HttpRequest,
    by: &Actor,
    (uploads, gate): (&impl Uploads, &Gate<impl Counts>),
    bucket: &Bucket,
    catalogue: &Catalogue,
    now: Timestamp,
) -> Result<HttpReply, Failure> {
    let broken = |body: DocumentBody| {
        Declared::from(body).violations(catalogue.document_types(), date_of(now))
    };
    let declared: Declared = request.json_judged(broken)?.into();
    let found = declared.violations(catalogue.document_types(), date_of(now));
    if !found.is_empty() {
        return Err(Failure::Invalid(found));
    }
    match by {
        Actor::Citizen { .. } | Actor::Proven { .. } => {
            let limit = catalogue.limits().on(LimitName::UploadsOfAccount, date_of(now));
            gate.admit(limit, &by.signature().account(), now).await?;
        }
        // The portal acts for everybody, and an officer's work has as many pages as it has.
        Actor::Officer { .. }
        | Actor::Integrator { .. }
        | Actor::Portal { .. }
        | Actor::System { .. } => {}
    }
    let upload = Upload::asked(drawn()?, by.signature().account(), declared, now);
    // Signed first: without an address the row would be of no use.
    let signed = bucket.upload(&upload.id, &upload.declared, now).await?;
    uploads.open(&upload).await?;
    HttpReply::json(201, &Shown::of(&upload, Some(signed), Language::En))
}

async fn show(
    request: &HttpRequest,
    by: &Actor,
    uploads: &impl Uploads,
    now: Timestamp,
) -> Result<HttpReply, Failure> {
    let id: UploadId = request.path("id")?;
    let found = uploads.upload(&id).await?;
    let own = |upload: &Upload| upload.owner == by.signature().account() && upload.is_kept(now);
    let upload = found.filter(own).ok_or(Failure::DocumentNotFound)?;
    let language = preferred(request.header("accept-language"));
    HttpReply::json(200, &Shown::of(&upload, None, language))
}

impl<'a> Shown<'a> {
    fn of(upload: &'a Upload, signed: Option<SignedUpload>, language: Language) -> Self {
        let reason = match &upload.state {
            UploadState::Refused { reason, .. } => {
                Some(Reason { rule: reason, text: text(reason, language) })
            }
            UploadState::Awaited | UploadState::Usable { .. } => None,
        };
        Self {
            id: &upload.id,
            state: upload.state.name(),
            declared: &upload.declared,
            kept_until: upload.kept_until(),
            dossier: upload.claimed_by.as_ref(),
            upload: signed,
            reason,
            signature: upload.state.signature().map(|verdict| Signed::of(verdict, language)),
        }
    }
}

/// The sentence of the rule by which a document was refused.
fn text(reason: &str, language: Language) -> &'static str {
    let scanned = ScanRefusal::ALL.into_iter().find(|refusal| refusal.name() == reason);
    let broken = inspection::Rule::ALL.iter().find(|rule| rule.name() == reason);
    match (scanned, broken, language) {
        (Some(refusal), _, _) => refusal.text(language),
        (None, Some(rule), Language::Vi) => rule.vietnamese(),
        (None, Some(rule), Language::En) => rule.english(),
        // Of a later release, which was taken back.
        (None, None, Language::Vi) => "Tài liệu không được chấp nhận.",
        (None, None, Language::En) => "The document was refused.",
    }
}

/// An id that nobody can guess.
fn drawn() -> Result<UploadId, Failure> {
    let mut bytes = [0; 16];
    let drawn = SystemRandom::new().fill(&mut bytes);
    drawn.map_err(|_| Failure::Defect("the system gives no random bytes".to_owned()))?;
    Ok(hex(bytes).parse()?)
}
