//! Asking a system for what it has acknowledged: an acknowledgement may be false, and what was there
//! may be lost.

use std::collections::BTreeMap;

use domain::delivery::{BATCH_REQUESTS, Delivery, Grant, System};
use domain::dossier::{Dossier, DossierStatus};
use domain::id::DossierCode;
use jiff::{SignedDuration, Timestamp};
use platform::port::{Case, CaseSystems, DeliveryLedger, DossierStore, Found, Trouble};
use platform::{Failure, LogLine};

use crate::{Desk, WAIT_MAX};

impl<D: DossierStore, L: DeliveryLedger, S: CaseSystems> Desk<'_, D, L, S> {
    /// Asks `system` whether it has `dossiers` as it has acknowledged them, and reopens the lines of
    /// those that it has not. Returns those that could not be asked now: their messages come again.
    pub(crate) async fn check(
        &self,
        system: &System,
        dossiers: Vec<&Dossier>,
        clock: &(impl Fn() -> Timestamp + Sync),
    ) -> BTreeMap<DossierCode, Failure> {
        let mut failed = BTreeMap::new();
        let mut asked = Vec::new();
        for dossier in dossiers {
            match self.ledger.line(&dossier.code, &system.id).await {
                // What is behind is brought, and not asked for.
                Ok(line) => asked.extend(
                    line.filter(|line| !line.is_behind() && line.acknowledged() > 0)
                        .map(|line| (dossier, line)),
                ),
                Err(failure) => drop(failed.insert(dossier.code.clone(), failure)),
            }
        }
        if asked.is_empty() {
            return failed;
        }
        let codes: Vec<DossierCode> = asked.iter().map(|(one, _)| one.code.clone()).collect();
        match self.questions(system, asked, clock).await {
            Ok(postponed) => failed.extend(postponed),
            Err(failure) => {
                let why = failure.chain();
                let each = |code| (code, Failure::unavailable("the delivery ledger", why.clone()));
                failed.extend(codes.into_iter().map(each));
            }
        }
        failed
    }

    async fn questions(
        &self,
        system: &System,
        asked: Vec<(&Dossier, Delivery)>,
        clock: &(impl Fn() -> Timestamp + Sync),
    ) -> Result<BTreeMap<DossierCode, Failure>, Failure> {
        let (now, ceiling) = (clock(), system.requests_per_minute);
        let count = u32::try_from(asked.len()).unwrap_or(u32::MAX);
        let wanted = BATCH_REQUESTS.saturating_add(count);
        let (room, then) = match self.paced(system, |pace| pace.take(wanted, ceiling, now)).await? {
            Grant::Requests(requests) => {
                (requests.saturating_sub(BATCH_REQUESTS), SignedDuration::from_mins(1))
            }
            Grant::Probe => (1, SignedDuration::from_mins(1)),
            Grant::NotBefore(until) => (0, now.duration_until(until).min(WAIT_MAX)),
        };
        let room = usize::try_from(room).unwrap_or(usize::MAX);
        let mut postponed = BTreeMap::new();
        let mut away = None;
        for (place, (dossier, line)) in asked.into_iter().enumerate() {
            if place >= room || away.is_some() {
                postponed.insert(dossier.code.clone(), Failure::HeldBack(then));
                continue;
            }
            let case = Case { dossier, catalogue: self.catalogue };
            let has = match self.systems.look_up(system, case).await {
                Ok(Found::Absent) => Some(0),
                Ok(Found::Present(Some(status))) => has(dossier, &line, status),
                // Who wants nothing any more is asked nothing: those are subscribers.
                Ok(Found::Present(None) | Found::NotAsked) | Err(Trouble::Gone { .. }) => None,
                Err(Trouble::Refused { code }) => {
                    let (name, dossier) = (system.id.as_str(), dossier.code.as_str());
                    tracing::warn!(
                        system = name,
                        dossier,
                        code,
                        "a system says nothing of a dossier"
                    );
                    None
                }
                Err(Trouble::Unavailable { code, retry_after }) => {
                    away = Some((code, retry_after));
                    postponed.insert(dossier.code.clone(), Failure::HeldBack(then));
                    None
                }
            };
            if let Some(has) = has {
                // The template makes a metric of this line.
                let (name, code) = (system.id.as_str(), dossier.code.as_str());
                tracing::error!(system = name, dossier = code, "{}", LogLine::FalseAcknowledgement);
                let (seen, now) = (line.acknowledged(), clock());
                let reopen = |line: &mut Delivery| {
                    line.acknowledged() == seen && !line.is_behind() && line.reopen(has, now)
                };
                self.change(&dossier.code, system, reopen).await?;
            }
        }
        if room > 0 {
            match away {
                None => self.paced(system, |pace| pace.answered(ceiling)).await?,
                Some((code, retry_after)) => {
                    let (name, now, draw) = (system.id.as_str(), clock(), fastrand::u32(..));
                    tracing::warn!(system = name, code, "{}", LogLine::SystemAway);
                    self.paced(system, |pace| pace.failed(ceiling, retry_after, now, draw)).await?;
                }
            }
        }
        Ok(postponed)
    }
}

/// Up to which version the system has a dossier that it shows in `status`, where that is not what it
/// has acknowledged; 0 where it never was in that status.
fn has(dossier: &Dossier, line: &Delivery, status: DossierStatus) -> Option<u64> {
    // What it got was the dossier as it was by then: in the status of this entry or a later one.
    let (before, since): (Vec<_>, Vec<_>) =
        dossier.history.iter().partition(|entry| entry.version < line.acknowledged());
    if since.iter().any(|entry| entry.status == status) {
        return None;
    }
    Some(before.iter().rfind(|entry| entry.status == status).map_or(0, |entry| entry.version))
}
