//! The notices queue: tells the applicant what has changed, by Zalo and, where that fails, by SMS.
//!
//! A notice is leased before a gateway is called and settled after it. Where the answer stays away it is *unknown*
//! whether the applicant was told, and the notice is closed as such: it is never sent again blindly.

use domain::catalogue::Catalogue;
use domain::dossier::Dossier;
use domain::notice::{Notice, notice_id};
use jiff::{SignedDuration, Timestamp};
use platform::Failure;
use platform::gateway::codes::Treatment;
use platform::gateway::{Gateway, Verdict};
use platform::message::{CloudEvent, DOSSIER_CHANGED, DossierChanged};
use platform::port::{Attempt, DossierStore, Ending, Lease, NoticeLedger};
use platform::request::read_json;

/// Seconds until a gateway that is closed at night is asked again, at most: it opens at 06:00.
const MORNING_HOUR: i8 = 6;

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
    debug_assert_eq!(notice.id, notice_id(&dossier.code, event.data.version));

    let now = clock();
    let until = now.saturating_add(lease_length).unwrap_or(now);
    match ledger.lease(&notice.id, now, until).await? {
        Lease::Ours => {}
        Lease::Settled => return Ok(()),
        Lease::HeldByAnother => return Err(Failure::Held("the notice")),
        Lease::Abandoned => {
            tracing::error!(notice = notice.id, "a notice was begun and never settled: unknown");
            return Ok(());
        }
    }
    let mut attempts = Vec::new();
    let (ending, again) = carry(&notice, &dossier, gateways, &mut attempts, &clock).await;
    ledger.settle(&notice.id, until, &ending, &attempts).await?;
    match ending {
        Ending::Sent { channel, .. } => {
            tracing::info!(notice = notice.id, channel, "applicant told")
        }
        Ending::Refused => tracing::error!(notice = notice.id, "no channel reaches the applicant"),
        Ending::Unknown => tracing::error!(notice = notice.id, "whether the applicant was told is unknown"),
        Ending::NotYet => {}
    }
    again.map_or(Ok(()), Err)
}

/// Tries the first gateway, then the second. Besides the ending it gives the failure that makes the queue deliver the
/// message again, where that can help.
async fn carry(
    notice: &Notice,
    dossier: &Dossier,
    (first, second): (&impl Gateway, &impl Gateway),
    attempts: &mut Vec<Attempt>,
    clock: &(impl Fn() -> Timestamp + Sync),
) -> (Ending, Option<Failure>) {
    match ask(first, notice, dossier, attempts, clock).await {
        Step::End(ending, again) => (ending, again),
        Step::NextChannel => match ask(second, notice, dossier, attempts, clock).await {
            Step::End(ending, again) => (ending, again),
            Step::NextChannel => (Ending::Refused, None),
        },
    }
}

enum Step {
    End(Ending, Option<Failure>),
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
    let later = |failure| Step::End(Ending::NotYet, Some(failure));
    let unavailable = |why: &str| later(Failure::unavailable(G::CHANNEL, why.to_owned()));
    match verdict {
        Verdict::Accepted { message } => {
            record("accepted".to_owned());
            Step::End(Ending::Sent { channel: G::CHANNEL, message }, None)
        }
        Verdict::Unreachable => {
            record("unreachable".to_owned());
            unavailable("no connection")
        }
        Verdict::Unknown { instead } => {
            record(instead.clone());
            if G::REPEATABLE { unavailable(&instead) } else { Step::End(Ending::Unknown, None) }
        }
        Verdict::Declined { code } => {
            record(code.to_string());
            match gateway.treatment(code) {
                Treatment::Retry => unavailable("asks to try again"),
                Treatment::UntilMorning => later(Failure::Deferred { part: G::CHANNEL, seconds: until_morning(at) }),
                Treatment::NextChannel => Step::NextChannel,
                Treatment::AlarmAndNextChannel => {
                    tracing::error!(gateway = G::CHANNEL, code, "the gateway refuses us; an operator has to look");
                    Step::NextChannel
                }
                Treatment::AcceptedBefore => {
                    Step::End(Ending::Sent { channel: G::CHANNEL, message: notice.id.clone() }, None)
                }
            }
        }
    }
}

/// Seconds from `now` to the next 06:00 in Viet Nam.
fn until_morning(now: Timestamp) -> u32 {
    let today = domain::calendar::date_of(now);
    let opening = domain::calendar::instant(today, jiff::civil::time(MORNING_HOUR, 0, 0, 0));
    let wait = now.duration_until(opening).as_secs();
    u32::try_from(if wait > 0 { wait } else { wait + 24 * 60 * 60 }).unwrap_or(0)
}
