//! Taking feedback in: one path for the HTTP doors and the integrators' queue.

use domain::calendar::date_of;
use domain::catalogue::Catalogue;
use domain::dossier::Signature;
use domain::feedback::{Feedback, FeedbackCode, FeedbackRule, Filing};
use domain::upload::unclaimed_violation;
use domain::{RuleName, Violation};
use jiff::{SignedDuration, Timestamp};

use crate::Failure;
use crate::fingerprint::Fingerprint;
use crate::port::{Admission, FeedbackIntake};
use crate::record::FeedbackReceipt;

/// How often another number is tried where a code is taken.
const TRIES_MAX: u32 = 5;

/// The rule of the day on which something happens.
pub fn rule(catalogue: &Catalogue, now: Timestamp) -> Result<&FeedbackRule, Failure> {
    let detail = "the province takes no feedback here";
    let none = || Violation::new("category", RuleName::KnownValue, detail).into();
    // A desk that the province does not have classifies nothing.
    let rule = catalogue.feedback().on(date_of(now));
    rule.filter(|rule| catalogue.agency(&rule.desk).is_some()).ok_or_else(none)
}

/// Feedback that is to be taken in.
#[derive(Debug)]
pub struct NewFeedback {
    /// What is asked for.
    pub filing: Filing,
    /// Under which name its first entry stands.
    pub by: Signature,
    /// The request, so that another one under the same key is told apart.
    pub fingerprint: Fingerprint,
    /// For how long a repetition is recognised.
    pub kept: SignedDuration,
}

impl NewFeedback {
    /// Takes it in at `now`, once for each command; gives what the command was answered, whoever
    /// carried it out.
    pub async fn file(
        self,
        store: &impl FeedbackIntake,
        catalogue: &Catalogue,
        now: Timestamp,
    ) -> Result<FeedbackReceipt, Failure> {
        let Self { filing, by, fingerprint, kept } = self;
        let rule = rule(catalogue, now)?;
        let key = filing.command.clone();
        let under = FeedbackCode::counted_under(&rule.desk)
            .map_err(|_| Failure::Defect("the desk's code leaves no room".to_owned()))?;
        for _ in 0..TRIES_MAX {
            let count = store.next(&under, date_of(now)).await?;
            let code = FeedbackCode::issue(&under, date_of(now), count)
                .map_err(|none| Failure::Defect(none.to_string()))?;
            let rules = (rule, catalogue.law());
            let whole = Feedback::filed(filing.clone(), code, by.clone(), rules, now)?;
            let receipt = FeedbackReceipt {
                feedback: whole.0.code.clone(),
                fingerprint: fingerprint.clone(),
                status: whole.0.status,
                expires_at: now.saturating_add(kept).unwrap_or(now).as_second(),
            };
            match store.admit(&whole, &key, &receipt).await? {
                Admission::Admitted => return Ok(receipt),
                Admission::KeyTaken => {
                    let known = store.receipt(&key, now).await?;
                    return repeated(known.ok_or(Failure::Held("the receipt"))?, &fingerprint);
                }
                Admission::CodeTaken => {}
                Admission::UploadsTaken(taken) => {
                    let each = taken.iter().map(|_| unclaimed_violation().within("photos"));
                    return Err(Failure::Invalid(each.collect()));
                }
            }
        }
        Err(Failure::Held("the number"))
    }
}

/// The receipt that was kept, if it is of the same request.
pub fn repeated(
    kept: FeedbackReceipt,
    fingerprint: &Fingerprint,
) -> Result<FeedbackReceipt, Failure> {
    if kept.fingerprint == *fingerprint { Ok(kept) } else { Err(Failure::IdempotencyKeyReused) }
}
