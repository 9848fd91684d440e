//! Every five minutes: asks the payment platform what became of the attempts whose time has come.
//!
//! A payment whose return was lost is found so within minutes; one that counts is compared once more
//! in the night after it, and what is owed back is asked after until it was given back.

mod settings;

use domain::payment::online::{AttemptState, Came};
use jiff::{SignedDuration, Timestamp};
use platform::paying::{PLATFORM, Till};
use platform::port::{DossierStore, DuePayment, PaymentBook, PaymentGateway};
use platform::{Failure, LogLine};
use serde::{Deserialize, Serialize};

pub use settings::Settings;

/// The most payments that one run looks at: one question each, of which the platform answers some
/// a second.
const SEEN_MAX: usize = 200;

/// For how long a payment that is looked at is left alone by the next run.
const LEFT_ALONE: SignedDuration = SignedDuration::from_mins(5);

/// The schedule's payload, which has no fields.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {}

/// The answer of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// Payments whose time had come.
    pub due: usize,
    /// Payments that were asked after.
    pub asked: usize,
    /// Payments that count from now on.
    pub counted: usize,
    /// Whether the platform did not answer: the rest waits for the next run.
    pub away: bool,
}

/// Asks after what is due at `now`.
pub async fn settle<B: PaymentBook, S: DossierStore, G: PaymentGateway>(
    _order: &Order,
    till: &Till<'_, B, S, G>,
    now: Timestamp,
) -> Result<Outcome, Failure> {
    let due = till.book.due(now, SEEN_MAX).await?;
    let mut outcome = Outcome { due: due.len(), ..Outcome::default() };
    for payment in due {
        if !till.book.postpone(&payment, now, LEFT_ALONE).await? {
            continue;
        }
        outcome.asked += 1;
        match asked(till, &payment, now).await {
            Ok(counted) => outcome.counted += counted,
            Err(Failure::Unavailable { part: PLATFORM, source }) => {
                tracing::warn!(cause = %source, "{}", LogLine::PaymentPlatformAway);
                outcome.away = true;
                break;
            }
            // One that cannot be settled keeps no other from it.
            Err(failure) => {
                let (code, reason) = (&payment.code, failure.slug());
                tracing::error!(dossier = %code, reason, "a payment cannot be asked after");
            }
        }
    }
    let Outcome { due, asked, counted, away } = outcome;
    tracing::info!(due, asked, counted, away, "payments settled");
    Ok(outcome)
}

/// Asks after the attempts of one payment whose time has come; how many of them count from now on.
async fn asked<B: PaymentBook, S: DossierStore, G: PaymentGateway>(
    till: &Till<'_, B, S, G>,
    DuePayment { code, demand, .. }: &DuePayment,
    now: Timestamp,
) -> Result<usize, Failure> {
    let Some(payment) = till.book.payment(code, *demand).await? else { return Ok(0) };
    let due = payment.attempts.iter().filter(|it| it.ask_at().is_some_and(|at| at <= now));
    let references: Vec<String> = due.map(|attempt| attempt.reference.clone()).collect();
    let mut counted = 0;
    for reference in &references {
        let came = till.ask(code, *demand, reference, now).await?;
        counted += usize::from(came == Came::Counts);
    }
    if !till.gateway.refunds() {
        return Ok(counted);
    }
    let Some(payment) = till.book.payment(code, *demand).await? else { return Ok(counted) };
    for attempt in payment.attempts {
        if matches!(attempt.state, AttemptState::OwedBack | AttemptState::Refunding) {
            till.give_back(code, *demand, &attempt.reference, now).await?;
        }
    }
    Ok(counted)
}
