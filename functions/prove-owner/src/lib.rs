//! `POST /v1/dossiers/{code}/proof` and `…/proof/confirm`: an applicant without an account proves
//! that a dossier is theirs, by a one-time code that is sent to the telephone of the dossier.
//!
//! Nothing here reads a dossier: whatever code is asked about, the same calls are made and the same
//! is answered. Whether there is such a dossier, and whose telephone it has, `notify-applicant` sees.

mod settings;

use domain::calendar::date_of;
use domain::id::DossierCode;
use domain::{RuleName, Violation};
use jiff::{SignedDuration, Timestamp};
use platform::Failure;
use platform::dynamo::ProofTable;
use platform::http::{HttpReply, HttpRequest};
use platform::message::CloudEvent;
use platform::port::MessageSender;
use platform::proof::{CODE_COUNTS, ProofId, ProofKey, ProofRecord, TOKEN_COUNTS};
use platform::wire::{self, hex};
use ring::rand::{SecureRandom, SystemRandom};
use serde::{Deserialize, Serialize};

pub use settings::Settings;

/// Codes of one dossier in a day. With five guesses each, somebody who tries all of them every day
/// of a year has one chance in a hundred; and no telephone rings more often than this.
const OF_DOSSIER_A_DAY_MAX: u64 = 5;

/// Codes asked for by one source address in an hour: a household, or a counter with one line.
const OF_ADDRESS_AN_HOUR_MAX: u64 = 20;

/// Guesses from one source address in an hour.
const GUESSES_OF_ADDRESS_AN_HOUR_MAX: u64 = 60;

/// Seconds between two codes of one dossier: an SMS takes some of them.
const BETWEEN_CODES_SECONDS: i64 = 60;

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
    proofs: &ProofTable,
    queue: &impl MessageSender,
    key: &ProofKey,
    now: Timestamp,
) -> Result<HttpReply, Failure> {
    match request.route.as_str() {
        "POST /v1/dossiers/{code}/proof" => ask(&request, proofs, queue, key, now).await,
        "POST /v1/dossiers/{code}/proof/confirm" => confirm(&request, proofs, key, now).await,
        _ => Err(Failure::RouteNotFound),
    }
}

/// Counts the request in windows of `seconds`. Fails where it is more than `most` in this one.
async fn admit(
    proofs: &ProofTable,
    (what, seconds, most): (&str, i64, u64),
    now: Timestamp,
) -> Result<(), Failure> {
    let second = now.as_second();
    let window = second.div_euclid(seconds);
    let length = SignedDuration::from_secs(2 * seconds);
    if proofs.count(&format!("{what}#{seconds}#{window}"), length, now).await? <= most {
        return Ok(());
    }
    let left = (window + 1) * seconds - second;
    Err(Failure::TooOften { again_in_seconds: u32::try_from(left).unwrap_or(u32::MAX) })
}

async fn ask(
    request: &HttpRequest,
    proofs: &ProofTable,
    queue: &impl MessageSender,
    key: &ProofKey,
    now: Timestamp,
) -> Result<HttpReply, Failure> {
    request.no_parameters()?;
    let code: DossierCode = request.path("code")?;
    // The address first: who is over their own limit uses up nobody's else.
    let address = key.hidden("address", request.source());
    admit(proofs, (&address, 3_600, OF_ADDRESS_AN_HOUR_MAX), now).await?;
    admit(proofs, (code.as_str(), BETWEEN_CODES_SECONDS, 1), now).await?;
    let today = format!("{code}#{}", date_of(now));
    let day = SignedDuration::from_hours(48);
    if proofs.count(&today, day, now).await? > OF_DOSSIER_A_DAY_MAX {
        return Err(Failure::TooOften { again_in_seconds: 3_600 });
    }
    let expires_at = now.saturating_add(CODE_COUNTS).unwrap_or(now);
    let record = ProofRecord {
        proof: drawn()?,
        code,
        expires_at: expires_at.as_second(),
        tries: 0,
        sent_to: None,
    };
    proofs.open(&record).await?;
    // Nothing is owed by the row: where this fails nobody is told that a code will come.
    queue.send_all(&[wire::json(&CloudEvent::asked(&record.proof, now))?]).await?;
    let again_in_seconds = BETWEEN_CODES_SECONDS;
    HttpReply::json(202, &Asked { proof: &record.proof, expires_at, again_in_seconds })
}

async fn confirm(
    request: &HttpRequest,
    proofs: &ProofTable,
    key: &ProofKey,
    now: Timestamp,
) -> Result<HttpReply, Failure> {
    request.no_parameters()?;
    let code: DossierCode = request.path("code")?;
    let body: Confirmation = request.json_judged(|body: Confirmation| broken(&body))?;
    let found = broken(&body);
    if !found.is_empty() {
        return Err(Failure::Invalid(found));
    }
    let Confirmation { proof, digits } = body;
    let address = key.hidden("guesses", request.source());
    admit(proofs, (&address, 3_600, GUESSES_OF_ADDRESS_AN_HOUR_MAX), now).await?;
    let guessed = proofs.guess(&proof, &code, now).await?.ok_or(Failure::ProofRefused)?;
    let digits: String = digits.split_whitespace().collect();
    if !key.is_right(&proof, &digits) || !proofs.used(&proof, now).await? {
        return Err(Failure::ProofRefused);
    }
    let expires_at = now.saturating_add(TOKEN_COUNTS).unwrap_or(now);
    let token = key.token(&code, expires_at);
    let sent_to = guessed.sent_to.unwrap_or_default();
    HttpReply::json(200, &Confirmed { token, expires_at, sent_to })
}

/// What is wrong with a confirmation as a form; whether it is right is another question.
fn broken(body: &Confirmation) -> Vec<Violation> {
    let digits = body.digits.split_whitespace().collect::<String>();
    let six = digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_digit());
    let wrong = || Violation::new("digits", RuleName::KnownValue, "must be six digits");
    (!six).then(wrong).into_iter().collect()
}

/// A name that nobody can guess, and from which with our key the code is made.
fn drawn() -> Result<ProofId, Failure> {
    let mut bytes = [0; 16];
    let drawn = SystemRandom::new().fill(&mut bytes);
    drawn.map_err(|_| Failure::Defect("the system gives no random bytes".to_owned()))?;
    Ok(hex(bytes).parse()?)
}
