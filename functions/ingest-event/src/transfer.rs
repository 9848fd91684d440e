//! What a system says of a dossier that was transferred to it: written down in its line of the
//! delivery ledger, and nothing of the dossier moves.

use domain::calendar::date_of;
use domain::catalogue::Catalogue;
use domain::delivery::{Delivery, System, TransferAnswer, TransferNews};
use domain::dossier::{CLOCK_SKEW_MAX, Dossier};
use domain::id::DossierCode;
use domain::{RuleName, Violation};
use jiff::Timestamp;
use platform::inbound::{self, TransferBody};
use platform::message::{CloudEvent, read_data};
use platform::port::{DeliveryLedger, DossierStore, Stored};
use platform::record::standing::EventState;
use platform::{Failure, LogLine};
use serde_json::Value;

/// Attempts to store a line that other writers change.
const STORED_MAX: u32 = 12;

/// Hears what `source` says of a dossier. It waits while the dossier may still be transferred: who
/// has it from elsewhere may answer before we have offered it.
pub(crate) async fn heard(
    event: &CloudEvent<Value>,
    source: &str,
    (store, ledger): (&impl DossierStore, &impl DeliveryLedger),
    catalogue: &Catalogue,
    now: Timestamp,
) -> Result<EventState, Failure> {
    let code = inbound::dossier_of(event)?;
    let body: TransferBody = read_data(&event.data)?;
    let wrong = |found: Vec<Violation>| {
        Failure::Invalid(found.into_iter().map(|broken| broken.within("data")).collect())
    };
    let news = body.at(event.time).map_err(wrong)?;
    if now.duration_until(event.time) > CLOCK_SKEW_MAX {
        let broken = Violation::new("time", RuleName::NotInTheFuture, "lies in the future");
        return Err(broken.into());
    }
    let dossier = store.dossier(&code).await?.ok_or(Failure::DossierNotFound)?;
    let systems: Vec<&System> = catalogue.systems().processed_by(source, date_of(now)).collect();
    if systems.is_empty() {
        return Err(Failure::Forbidden);
    }
    let mut known = false;
    for system in &systems {
        known |= answered((system, &dossier), &news, ledger, now).await?;
    }
    if known {
        return Ok(EventState::Applied { dossier: code, version: dossier.version });
    }
    let may_come = !dossier.status.is_closed();
    // As long as it may still be received, or forwarded to an agency of the system's.
    if may_come && systems.iter().any(|system| may_be_offered(system, &dossier)) {
        return Err(Failure::NotForwarded);
    }
    let detail = "was not transferred to the sender";
    Err(Violation::new("subject", RuleName::Transferred, detail).into())
}

/// Whether the dossier may still be offered to the system, as far as anybody can tell.
fn may_be_offered(system: &System, dossier: &Dossier) -> bool {
    let of_procedure =
        system.procedures.as_ref().is_none_or(|all| all.contains(&dossier.procedure));
    system.connected && of_procedure
}

/// Writes down what `system` said, and begins the transfer where the relay was not as fast. Returns
/// whether the dossier was transferred to it at all.
async fn answered(
    (system, dossier): (&System, &Dossier),
    news: &TransferNews,
    ledger: &impl DeliveryLedger,
    now: Timestamp,
) -> Result<bool, Failure> {
    for _ in 0..STORED_MAX {
        let stored = ledger.line(&dossier.code, &system.id).await?;
        let mut line =
            stored.unwrap_or_else(|| Delivery::begun(dossier.code.clone(), system.id.clone()));
        let raised = system.owe(&mut line, dossier, now);
        let news_of_it = line.hear(news);
        if line.transfer().is_none() {
            return Ok(false);
        }
        if !(raised | news_of_it) {
            return Ok(true);
        }
        line.advance();
        if ledger.keep(&line).await? == Stored::Yes {
            if news_of_it {
                report(system, &dossier.code, news);
            }
            return Ok(true);
        }
    }
    Err(Failure::Held("a line of the delivery ledger"))
}

/// Says what a system answered; a person is called where somebody has to see why.
fn report(system: &System, code: &DossierCode, news: &TransferNews) {
    let (system, dossier, answer) = (system.id.as_str(), code.as_str(), news.answer());
    match answer {
        TransferAnswer::Taken => {
            tracing::info!(system, dossier, "a transferred dossier is taken");
        }
        TransferAnswer::Refused | TransferAnswer::GivenBack => {
            // The template makes a metric of this line.
            tracing::warn!(system, dossier, ?answer, "{}", LogLine::TransferRefused);
        }
    }
}
