//! Taking a dossier in: one set of rules for the HTTP door and the integrators' queue.

use domain::applicant::Phone;
use domain::calendar::date_of;
use domain::catalogue::Catalogue;
use domain::document::uploads_in;
use domain::dossier::{Actor, CLOCK_SKEW_MAX, DossierStatus, moment};
use domain::id::{CommandId, DossierCode};
use domain::limit::LimitName;
use domain::phone::Unreachable;
use domain::submission::Times;
use domain::upload::Claimable;
use domain::{RuleName, Violation};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

pub use crate::fingerprint::command_id;

use crate::Failure;
use crate::claiming::taken_violations;
use crate::fingerprint::{self, Fingerprint};
use crate::gate::AdmitsOnce;
use crate::port::{Admission, Intake, UploadClaims};
use crate::record::SubmissionReceipt;
use crate::request::{Came, SubmissionBody};

/// How long the same key gives the same answer: longer than any client or queue retries.
pub const RECEIPT_KEPT: SignedDuration = SignedDuration::from_hours(24 * 90);

/// How often another number is tried where integrators brought codes of their own before they had a
/// block of theirs. Each step is twice the last up to [`STEP_MAX`], so that a block of nine hundred
/// is passed at once and a longer one by those who come again.
const NUMBERS_TRIED_MAX: u32 = 20;

/// The most numbers that one attempt skips, so that codes placed on purpose cannot use up the
/// numbers of a day.
const STEP_MAX: u32 = 64;

/// A request to take a dossier in.
pub struct SubmissionRequest {
    /// The body of the request.
    pub body: Came<SubmissionBody>,
    /// The key, unique per caller and request.
    pub key: CommandId,
    /// The actor who hands it in.
    pub by: Actor,
    /// When it happened, if that is not now.
    pub at: Option<Timestamp>,
    /// The code, if the sender has issued one.
    pub code: Option<DossierCode>,
}

/// The receipt for the applicant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Receipt {
    /// The code of the dossier.
    pub code: DossierCode,
    /// The status, always the first one.
    pub status: DossierStatus,
    /// The national name of the status.
    pub status_name: &'static str,
    /// The time of submission.
    pub submitted_at: Timestamp,
    /// The version, always the first one.
    pub version: u64,
    /// Why the applicant gets no messages, if they have no telephone or its number cannot receive them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_reachable: Option<Unreachable>,
}

impl From<SubmissionReceipt> for Receipt {
    fn from(kept: SubmissionReceipt) -> Self {
        let status = DossierStatus::Registered;
        Self {
            code: kept.code,
            status,
            status_name: status.name(),
            submitted_at: kept.submitted_at,
            version: 1,
            not_reachable: kept.not_reachable,
        }
    }
}

/// Takes a dossier in, once: the same key and body give the same receipt, however often and however
/// many at a time.
pub async fn submit(
    (intake, gate): (&impl Intake, &impl AdmitsOnce),
    uploads: &impl UploadClaims,
    catalogue: &Catalogue,
    request: SubmissionRequest,
    now: Timestamp,
) -> Result<Receipt, Failure> {
    let now = moment(now);
    let asked = Asked::of(&request);
    // Before the receipt is read: what the dossier of this very request has claimed meanwhile is
    // not another's.
    let known = uploads.named(&request.body.read.uploads()).await?;
    // Before anything is judged: rules may have become stricter since it was answered.
    if let Some(kept) = intake.receipt(&request.key).await? {
        return asked.repeated(kept);
    }
    let account = request.by.signature().account();
    let claimable = Claimable { known: &known, account: &account, dossier: None, now };
    let claimed = request.at.map_or(now, moment);
    let at = claimed.min(now);
    let day = date_of(at);
    let submission = request.body.read.judged(&request.by, catalogue, day, &claimable)?;
    if !submission.may_be_handed_in_by(&request.by) {
        return Err(Failure::Forbidden);
    }
    if now.duration_until(claimed) > CLOCK_SKEW_MAX {
        return Err(Violation::new("time", RuleName::NotInTheFuture, "lies in the future").into());
    }
    let mut found = submission.violations(&request.by, catalogue, day);
    // The day in a code is that of the sender's clock, which may be past midnight while ours is
    // not.
    if let Some(code) = &request.code
        && (!code.is_of(&submission.agency) || code.date() != Some(date_of(claimed)))
    {
        found.push(Violation::new(
            "code",
            RuleName::CodeOfAgencyAndDay,
            "must begin with the agency and carry the day",
        ));
    }
    let format = catalogue.law().rule_on(day).dossier_code;
    if request.code.as_ref().is_some_and(|code| !code.is_integrators(format)) {
        let digit = format.integrator_digit.unwrap_or_default();
        found.push(Violation::new(
            "code",
            RuleName::CodeOfIntegrators,
            format!("must have a number that begins with {digit}"),
        ));
    }
    if !found.is_empty() {
        return Err(Failure::Invalid(found));
    }
    let phone = submission.applicant.phone.as_ref();
    let whose = (&request.by, phone);
    admit(gate, catalogue, whose, &request.key, now).await?;
    uploads.keep(uploads_in(&submission.documents)).await?;
    for tried in 0..NUMBERS_TRIED_MAX {
        let code = match &request.code {
            Some(code) => code.clone(),
            None => {
                let step = (1 << tried.saturating_sub(1)).min(STEP_MAX);
                let count = intake.next_sequence(&submission.agency, day, step).await?;
                DossierCode::issue(format, &submission.agency, day, count)
                    .map_err(|none| Failure::Defect(none.to_string()))?
            }
        };
        let receipt = SubmissionReceipt {
            request_hash: asked.first_form.clone().unwrap_or_default(),
            fingerprint: Some(asked.fingerprint.clone()),
            not_reachable: catalogue.telephones().unreachable(phone, day),
            code: code.clone(),
            submitted_at: at,
            expires_at: now.saturating_add(RECEIPT_KEPT).unwrap_or(now).as_second(),
        };
        let times = Times {
            at,
            recorded_at: now,
            claimed_at: Some(claimed).filter(|claimed| *claimed != at),
        };
        let dossier = submission.clone().into_dossier(
            code,
            request.key.clone(),
            &request.by,
            times,
            catalogue,
        );
        match intake.admit(&dossier, &request.key, &receipt).await? {
            Admission::Admitted => return Ok(receipt.into()),
            Admission::KeyTaken => {
                let kept =
                    intake.receipt(&request.key).await?.ok_or(Failure::Held("the receipt"))?;
                return asked.repeated(kept);
            }
            Admission::CodeTaken if request.code.is_some() => {
                return Err(Violation::new(
                    "code",
                    RuleName::CodeFree,
                    "is another dossier's code",
                )
                .into());
            }
            Admission::UploadsTaken(taken) => {
                return Err(Failure::Invalid(taken_violations(&submission.documents, &taken)));
            }
            Admission::CodeTaken => {}
        }
    }
    Err(Failure::Held("the number"))
}

/// Lets the submission through the limits of who hands in on-line: of an applicant's account, and of
/// the telephone whose owner will be told. Who comes to a counter, and who writes for an agency, is
/// served however often.
async fn admit(
    gate: &impl AdmitsOnce,
    catalogue: &Catalogue,
    (by, phone): (&Actor, Option<&Phone>),
    key: &CommandId,
    now: Timestamp,
) -> Result<(), Failure> {
    let limit = |name| catalogue.limits().on(name, date_of(now));
    match by {
        Actor::Citizen { .. } => {
            let own = limit(LimitName::SubmissionsOfAccount);
            gate.admit_once(own, &by.signature().account(), key, now).await?;
        }
        Actor::Portal { .. } => {}
        Actor::Officer { .. }
        | Actor::Integrator { .. }
        | Actor::Proven { .. }
        | Actor::System { .. } => return Ok(()),
    }
    // Neither of these two hands in without one.
    let Some(phone) = phone else { return Ok(()) };
    let of_number = limit(LimitName::SubmissionsOfTelephone);
    gate.admit_once(of_number, phone.zalo(), key, now).await
}

/// What was asked, in every form in which an answer to it may be kept.
struct Asked {
    fingerprint: Fingerprint,
    first_form: Option<String>,
}

impl Asked {
    fn of(request: &SubmissionRequest) -> Self {
        let (came, code) = (&request.body.came, request.code.as_ref());
        Self {
            fingerprint: Fingerprint::of(came, code),
            first_form: fingerprint::first_form(came, code),
        }
    }

    /// The answer that was kept, if it was to this.
    fn repeated(&self, kept: SubmissionReceipt) -> Result<Receipt, Failure> {
        let same = match &kept.fingerprint {
            None => self.first_form.as_ref() == Some(&kept.request_hash),
            Some(of) if of.form == fingerprint::FORM => *of == self.fingerprint,
            // Answered by a release after ours, which was taken back: the next one can tell.
            Some(_) if self.first_form.as_ref() != Some(&kept.request_hash) => {
                return Err(Failure::Held("the receipt"));
            }
            Some(_) => true,
        };
        if same { Ok(kept.into()) } else { Err(Failure::IdempotencyKeyReused) }
    }
}
