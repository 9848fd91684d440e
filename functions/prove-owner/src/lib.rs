//! `POST /v1/dossiers/{code}/proof` and `…/proof/confirm`: an applicant without an account proves
//! that a dossier is theirs, by a one-time code that is sent to the telephone of the dossier.
//!
//! Nothing here reads a dossier: whatever code is asked about, the same calls are made and the same
//! is answered. Whether there is such a dossier, and whose telephone it has, `notify-applicant` sees.
//!
//! Both are commands with a key of their sender: the same one again is counted, sent and used up
//! once, however often an error of ours came between.

mod settings;

use domain::calendar::date_of;
use domain::catalogue::Catalogue;
use domain::id::{CommandId, DossierCode};
use domain::limit::LimitName;
use domain::violation::Fact;
use domain::{RuleName, Violation};
use jiff::Timestamp;
use platform::Failure;
use platform::dynamo::ProofTable;
use platform::fingerprint::command_id;
use platform::gate::{Gate, network};
use platform::http::{HttpReply, HttpRequest};
use platform::message::CloudEvent;
use platform::port::{Counts, MessageSender};
use platform::proof::{CODE_COUNTS, ProofId, ProofKey, ProofRecord, TOKEN_COUNTS};
use platform::wire;
use serde::{Deserialize, Serialize};

pub use settings::Settings;

/// What it takes to prove a telephone.
#[derive(Debug)]
pub struct Office<'a, C, Q> {
    /// The codes that were asked for.
    pub proofs: &'a ProofTable,
    /// Counts who asks and guesses how often.
    pub gate: &'a Gate<C>,
    /// The queue of notices, whose consumer sends the codes.
    pub queue: &'a Q,
    /// Makes codes and seals tokens.
    pub key: &'a ProofKey,
}

/// What is answered to whoever asks for a code.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Asked<'a> {
    proof: &'a ProofId,
    /// Until when the code counts, if one comes.
    expires_at: Timestamp,
    /// In how many seconds another may be asked for.
    again_in_seconds: i64,
}

/// The body of a confirmation.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Confirmation {
    proof: ProofId,
    digits: String,
}

/// What is answered to whoever has the right code.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Confirmed {
    token: String,
    expires_at: Timestamp,
    /// The telephone that the code was sent to, masked.
    sent_to: String,
}

/// Answers one HTTP request; failures become problem documents.
pub async fn handle(
    request: HttpRequest,
    office: &Office<'_, impl Counts, impl MessageSender>,
    catalogue: &Catalogue,
    now: Timestamp,
) -> Result<HttpReply, Failure> {
    match request.route.as_str() {
        "POST /v1/dossiers/{code}/proof" => ask(&request, office, catalogue, now).await,
        "POST /v1/dossiers/{code}/proof/confirm" => confirm(&request, office, catalogue, now).await,
        _ => Err(Failure::RouteNotFound),
    }
}

/// The name of a command that its sender's key gives it beside what it is about.
fn command(request: &HttpRequest, [kind, code, day]: [&str; 3]) -> Result<CommandId, Failure> {
    let given = request.header("idempotency-key").ok_or(Failure::MissingIdempotencyKey)?;
    let given = CommandId::try_from(given.to_owned())?;
    command_id(&[kind, code, day, given.as_str()])
}

async fn ask(
    request: &HttpRequest,
    Office { proofs, gate, queue, key }: &Office<'_, impl Counts, impl MessageSender>,
    catalogue: &Catalogue,
    now: Timestamp,
) -> Result<HttpReply, Failure> {
    request.no_parameters()?;
    let code: DossierCode = request.path("code")?;
    let limit = |name| catalogue.limits().on(name, date_of(now));
    let day = date_of(now).to_string();
    let command = command(request, ["proof", code.as_str(), &day])?;
    // The address first: who is over their own limit uses up nobody's else. Every request of it, since
    // what is counted once for its key could be repeated without end.
    let address = network(request.source());
    gate.admit(limit(LimitName::CodesOfAddress), &address, now).await?;
    let in_a_row = limit(LimitName::CodesInARow);
    gate.admit_one(in_a_row, code.as_str(), &command, now).await?;
    gate.admit_one(limit(LimitName::CodesOfDossier), code.as_str(), &command, now).await?;
    let expires_at = now.saturating_add(CODE_COUNTS).unwrap_or(now);
    let record = ProofRecord {
        proof: key.proof(&command),
        code,
        expires_at: expires_at.as_second(),
        tries: 0,
        sent_to: None,
    };
    let expires_at = proofs.open(&record).await?;
    // Nothing is owed by the row: where this fails nobody is told that a code will come. Whether it
    // was sent by a request before is for its consumer to know.
    queue.send_all(&[wire::json(&CloudEvent::asked(&record.proof, now))?]).await?;
    let again_in_seconds = i64::from(in_a_row.minutes) * 60;
    HttpReply::json(202, &Asked { proof: &record.proof, expires_at, again_in_seconds })
}

async fn confirm(
    request: &HttpRequest,
    Office { proofs, gate, key, .. }: &Office<'_, impl Counts, impl MessageSender>,
    catalogue: &Catalogue,
    now: Timestamp,
) -> Result<HttpReply, Failure> {
    request.no_parameters()?;
    let code: DossierCode = request.path("code")?;
    let by = command(request, ["confirm", code.as_str(), ""])?;
    let body: Confirmation = request.json_judged(|body: Confirmation| broken(&body))?;
    let found = broken(&body);
    if !found.is_empty() {
        return Err(Failure::Invalid(found));
    }
    let Confirmation { proof, digits } = body;
    let limit = catalogue.limits().on(LimitName::GuessesOfAddress, date_of(now));
    gate.admit(limit, &network(request.source()), now).await?;
    let guessed = proofs.guess(&proof, (&code, &by), now).await?.ok_or(Failure::ProofRefused)?;
    let digits: String = digits.split_whitespace().collect();
    if !key.is_right(&proof, &digits) {
        return Err(Failure::ProofRefused);
    }
    let used_at = proofs.used(&proof, &by, now).await?.ok_or(Failure::ProofRefused)?;
    let expires_at = used_at.saturating_add(TOKEN_COUNTS).unwrap_or(used_at);
    let token = key.token(&code, expires_at);
    let sent_to = guessed.sent_to.unwrap_or_default();
    HttpReply::json(200, &Confirmed { token, expires_at, sent_to })
}

/// What is wrong with a confirmation as a form; whether it is right is another question.
fn broken(body: &Confirmation) -> Vec<Violation> {
    let digits = body.digits.split_whitespace().collect::<String>();
    let six = digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_digit());
    let wrong = || {
        let six = Fact::said("6 chữ số", "six digits");
        Violation::unless("digits", RuleName::KnownValue, six)
    };
    (!six).then(wrong).into_iter().collect()
}
