//! The notices queue: tells the applicant what has changed, by Zalo and, where that fails, by SMS.
//!
//! A notice is leased before a gateway is called and settled after it. Where the answer stays away it is *unknown*
//! whether the applicant was told, and the notice is closed as such: it is never sent again blindly.

use domain::calendar::{date_of, instant, next, time_of};
use domain::catalogue::Catalogue;
use domain::dossier::Dossier;
use domain::notice::Notice;
use jiff::{SignedDuration, Timestamp, civil};
use platform::Failure;
use platform::gateway::codes::Treatment;
use platform::gateway::{Gateway, Verdict};
use platform::message::{CloudEvent, DOSSIER_CHANGED, DossierChanged};
use platform::port::{Attempt, DossierStore, Ending, Lease, NoticeLedger};
use platform::request::read_json;

/// The hour in Viet Nam at which a gateway that is closed at night opens again.
const MORNING_HOUR: i8 = 6;
/// The hour from which such a gateway is closed.
const NIGHT_HOUR: i8 = 22;
/// Seconds over which what waited for the morning is spread, so that a night's messages do not leave in one second.
const MORNING_SPREAD_SECONDS: u32 = 600;
/// Seconds to wait where a gateway says it is closed and our clock says it is open: the two differ by a little.
const CLOCKS_DIFFER_SECONDS: u32 = 120;

/// Tells the applicant of one change. `lease_length` must exceed the time that two gateway calls can take.
pub async fn tell(
    message: &str,
    store: &impl DossierStore,
    ledger: &impl NoticeLedger,
    gateways: (&impl Gateway, &impl Gateway),
    catalogue: &Catalogue,
    lease_length: SignedDuration,
    clock: impl Fn() -> Timestamp + Sync,
) -> Result<(), Failure> {
    let event: CloudEvent<DossierChanged> = read_json(message.as_bytes())?;
    if event.kind != DOSSIER_CHANGED {
        return Err(domain::Violation::new("type", "known-type", "is not a type of event taken here").into());
    }
    let Some(template) = catalogue.template(event.data.action) else {
        return Ok(());
    };
    let dossier = store.dossier(&event.data.code).await?.ok_or(Failure::DossierNotFound)?;
    let place = usize::try_from(event.data.version.saturating_sub(1)).unwrap_or(usize::MAX);
    let entry = dossier.history.get(place).ok_or(Failure::DossierNotFound)?;
    let notice = Notice::compose(template, &dossier, entry);

    let now = clock();
    let until = now.saturating_add(lease_length).unwrap_or(now);
    let holder = format!("{:032x}", fastrand::u128(..));
    let skip_first = match ledger.lease(&notice.id, &holder, now, until).await? {
        Lease::Ours { first_channel_done } => first_channel_done,
        Lease::Settled => return Ok(()),
        Lease::HeldByAnother => return Err(Failure::Held("the notice")),
        Lease::Abandoned => {
            tracing::error!(notice = notice.id, "a notice was begun and never settled: unknown");
            return Ok(());
        }
    };
    let mut attempts = Vec::new();
    let (ending, again) = carry(&notice, &dossier, gateways, skip_first, &mut attempts, &clock).await;
    ledger.settle(&notice.id, &holder, &ending, &attempts).await?;
    match ending {
        Ending::Sent { channel, .. } => {
            tracing::info!(notice = notice.id, channel, "applicant told")
        }
        Ending::Refused => tracing::error!(notice = notice.id, "no channel reaches the applicant"),
        Ending::Unknown => tracing::error!(notice = notice.id, "whether the applicant was told is unknown"),
        Ending::NotYet { .. } => {}
    }
    again.map_or(Ok(()), Err)
}

/// Tries the first gateway, then the second. Once the second was asked the first is not asked again, whatever it would say
/// by now: the second may have the message. Besides the ending it gives the failure that makes the queue deliver the
/// message again, where that can help.
async fn carry(
    notice: &Notice,
    dossier: &Dossier,
    (first, second): (&impl Gateway, &impl Gateway),
    skip_first: bool,
    attempts: &mut Vec<Attempt>,
    clock: &(impl Fn() -> Timestamp + Sync),
) -> (Ending, Option<Failure>) {
    if !skip_first {
        match ask(first, notice, dossier, attempts, clock).await {
            Step::End(ending) => return (ending, None),
            Step::Later(failure) => return (Ending::NotYet { first_channel_done: false }, Some(failure)),
            Step::NextChannel => {}
        }
    }
    match ask(second, notice, dossier, attempts, clock).await {
        Step::End(ending) => (ending, None),
        Step::Later(failure) => (Ending::NotYet { first_channel_done: true }, Some(failure)),
        Step::NextChannel => (Ending::Refused, None),
    }
}

enum Step {
    End(Ending),
    Later(Failure),
    NextChannel,
}

async fn ask<G: Gateway>(
    gateway: &G,
    notice: &Notice,
    dossier: &Dossier,
    attempts: &mut Vec<Attempt>,
    clock: &(impl Fn() -> Timestamp + Sync),
) -> Step {
    let verdict = gateway.send(notice, &dossier.applicant.phone).await;
    let at = clock();
    let mut record = |code: String| attempts.push(Attempt { channel: G::CHANNEL, code, at });
    let unavailable = |why: &str| Step::Later(Failure::unavailable(G::CHANNEL, why.to_owned()));
    match verdict {
        Verdict::Accepted { message } => {
            record("accepted".to_owned());
            Step::End(Ending::Sent { channel: G::CHANNEL, message })
        }
        Verdict::NotTaken { instead } => {
            record(instead.clone());
            unavailable(&instead)
        }
        Verdict::Unknown { instead } => {
            record(instead.clone());
            if G::REPEATABLE { unavailable(&instead) } else { Step::End(Ending::Unknown) }
        }
        Verdict::Declined { code } => {
            record(code.to_string());
            match gateway.treatment(code) {
                Treatment::Retry => unavailable("asks to try again"),
                Treatment::UntilMorning => {
                    Step::Later(Failure::Deferred { part: G::CHANNEL, seconds: until_morning(at) })
                }
                Treatment::NextChannel => Step::NextChannel,
                Treatment::AlarmAndNextChannel => {
                    tracing::error!(gateway = G::CHANNEL, code, "the gateway refuses us; an operator has to look");
                    Step::NextChannel
                }
                Treatment::AcceptedBefore => {
                    Step::End(Ending::Sent { channel: G::CHANNEL, message: notice.id.clone() })
                }
            }
        }
    }
}

/// Seconds from `now` until a gateway that is closed at night is asked again.
fn until_morning(now: Timestamp) -> u32 {
    let (day, time) = (date_of(now), time_of(now));
    let opening = match time.hour() {
        hour if hour < MORNING_HOUR => instant(day, civil::time(MORNING_HOUR, 0, 0, 0)),
        hour if hour >= NIGHT_HOUR => instant(next(day), civil::time(MORNING_HOUR, 0, 0, 0)),
        _ => return CLOCKS_DIFFER_SECONDS,
    };
    // A part of a second is a whole one: too early is another refusal.
    let wait = u32::try_from(now.duration_until(opening).as_secs() + 1).unwrap_or(CLOCKS_DIFFER_SECONDS);
    wait + fastrand::u32(0..=MORNING_SPREAD_SECONDS)
}
