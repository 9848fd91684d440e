//! One system, and the dossiers that it may be owed: what is owed is stored, what may go goes, what
//! may not gets a time.

use std::collections::BTreeMap;

use domain::delivery::{BATCH_REQUESTS, Delivery, Grant, Pace, System, TransferTerms};
use domain::dossier::Dossier;
use domain::id::DossierCode;
use futures::{StreamExt, stream};
use jiff::Timestamp;
use platform::port::{Case, CaseSystems, DeliveryLedger, DossierStore, Stored};
use platform::{Failure, LogLine};

use crate::deliver::{Away, Delivered, End, Way};
use crate::{Desk, NEXT_TURN, WIDTH, holder};

/// Attempts to store a line or a rate that other writers change.
const STORED_MAX: u32 = 12;

/// A line that may go now, with what has not been stored of it yet.
struct Going<'a> {
    dossier: &'a Dossier,
    line: Delivery,
}

impl<D: DossierStore, L: DeliveryLedger, S: CaseSystems> Desk<'_, D, L, S> {
    /// Brings `system` what it is owed of `dossiers`. Returns those of which the ledger could not
    /// be written: their messages have to come again.
    pub(crate) async fn bring(
        &self,
        system: &System,
        dossiers: &[Dossier],
        clock: &(impl Fn() -> Timestamp + Sync),
    ) -> BTreeMap<DossierCode, Failure> {
        let now = clock();
        let looked_at: Vec<_> = stream::iter(dossiers)
            .map(|dossier| async move { (dossier, self.looked_at(system, dossier, now).await) })
            .buffered(WIDTH)
            .collect()
            .await;
        let (mut failed, mut going) = (BTreeMap::new(), Vec::new());
        for (dossier, looked_at) in looked_at {
            match looked_at {
                Ok(Some(line)) => going.push(Going { dossier, line }),
                Ok(None) => {}
                Err(failure) => drop(failed.insert(dossier.code.clone(), failure)),
            }
        }
        if going.is_empty() {
            return failed;
        }
        let codes: Vec<DossierCode> = going.iter().map(|one| one.dossier.code.clone()).collect();
        if let Err(failure) = self.round(system, going, clock).await {
            let why = failure.chain();
            let each = |code| (code, Failure::unavailable("the delivery ledger", why.clone()));
            failed.extend(codes.into_iter().map(each));
        }
        failed
    }

    /// The line of `dossier` where it may go now, with what is owed raised in it and not stored:
    /// the lease is stored with it. Of a line that may not go what is owed is stored here.
    async fn looked_at(
        &self,
        system: &System,
        dossier: &Dossier,
        now: Timestamp,
    ) -> Result<Option<Delivery>, Failure> {
        let stored = self.ledger.line(&dossier.code, &system.id).await?;
        if stored.is_none() && system.owed(dossier) == 0 {
            return Ok(None);
        }
        let mut line =
            stored.unwrap_or_else(|| Delivery::begun(dossier.code.clone(), system.id.clone()));
        let raised = system.owe(&mut line, dossier, now);
        if line.calls(now) {
            line = self.called(system, dossier, now).await?;
        }
        let due = line.due_at().is_some_and(|due| due <= now);
        // Where more is owed than this copy of the dossier has, it is older than what others have
        // read, and must not overwrite it.
        let newest = line.owed() <= dossier.version;
        if line.is_behind() && newest && due && line.leased_until(now).is_none() {
            return Ok(Some(line));
        }
        if raised {
            self.change(&dossier.code, system, |line| system.owe(line, dossier, now)).await?;
        }
        Ok(None)
    }

    /// The line after people were called for its transfer: once it is written down that they were,
    /// so that they are called once a day.
    async fn called(
        &self,
        system: &System,
        dossier: &Dossier,
        now: Timestamp,
    ) -> Result<Delivery, Failure> {
        let again = system.protocol.is_subscription();
        let calls = |line: &mut Delivery| system.owe(line, dossier, now) | line.call(again, now);
        self.change(&dossier.code, system, calls).await?;
        let line = self.ledger.line(&dossier.code, &system.id).await?;
        let line = line.unwrap_or_else(|| Delivery::begun(dossier.code.clone(), system.id.clone()));
        // Another may have ended it meanwhile.
        if let Some(transfer) = line.transfer().filter(|_| line.is_transfer_open()) {
            let (name, dossier, state) =
                (system.id.as_str(), dossier.code.as_str(), transfer.state());
            let (since, until) = (transfer.since(), transfer.until());
            // The template makes a metric of this line.
            tracing::error!(
                system = name,
                dossier,
                ?state,
                %since,
                %until,
                "{}",
                LogLine::TransferOverdue
            );
        }
        Ok(line)
    }

    /// One round: what may go is taken, sent and settled.
    async fn round(
        &self,
        system: &System,
        mut going: Vec<Going<'_>>,
        clock: &(impl Fn() -> Timestamp + Sync),
    ) -> Result<(), Failure> {
        let (now, ceiling) = (clock(), system.requests_per_minute);
        let wanted = cost(system, &going);
        let grant = self.paced(system, |pace| pace.take(wanted, ceiling, now)).await?;
        let (room, then) = match grant {
            Grant::Requests(requests) => {
                let fits = |count: &usize| cost(system, &going[..*count]) <= requests;
                let room = (1..=going.len()).rev().find(fits).unwrap_or(1);
                (room, now.saturating_add(NEXT_TURN).unwrap_or(now))
            }
            Grant::Probe => (1, now.saturating_add(NEXT_TURN).unwrap_or(now)),
            Grant::NotBefore(until) => (0, until),
        };
        for waiting in going.split_off(room) {
            let dossier = waiting.dossier;
            let put_off =
                |line: &mut Delivery| system.owe(line, dossier, now) | line.put_off(now, then);
            self.change(&dossier.code, system, put_off).await?;
        }
        if going.is_empty() {
            return Ok(());
        }
        // What failed before goes last: it may end the round.
        going.sort_by_key(|one| one.line.tries());
        let holder = holder();
        let mut taken = Vec::new();
        for mut one in going {
            let dossier = one.dossier;
            if one.line.start(&holder, now, self.lease) {
                one.line.advance();
                match self.ledger.keep(&one.line).await? {
                    Stored::Yes => taken.push(one),
                    // Whoever was first brings it, or finds what is owed here.
                    Stored::AnotherWasFirst => {
                        let owe = |line: &mut Delivery| system.owe(line, dossier, now);
                        self.change(&dossier.code, system, owe).await?;
                    }
                }
            }
        }
        let mut ways: Vec<Way<'_>> = taken
            .iter()
            .map(|one| {
                let case = Case { dossier: one.dossier, catalogue: self.catalogue };
                Way::new(case, &one.line, system)
            })
            .collect();
        let delivered = self.deliver(system, &mut ways, clock).await;
        self.settle(system, &taken, delivered, &holder, clock()).await
    }

    /// Stores how a round ended: the rate first, since it says when those may go again whom nobody
    /// answered.
    async fn settle(
        &self,
        system: &System,
        taken: &[Going<'_>],
        Delivered { ends, away }: Delivered,
        holder: &str,
        now: Timestamp,
    ) -> Result<(), Failure> {
        let (ceiling, draw) = (system.requests_per_minute, fastrand::u32(..));
        let (name, lines) = (system.id.as_str(), taken.len());
        let until = match &away {
            None => {
                self.paced(system, |pace| pace.answered(ceiling)).await?;
                now
            }
            Some(Away::Slow) => {
                tracing::warn!(system = name, "a subscriber is slow");
                self.paced(system, |pace| pace.answered(ceiling)).await?;
                now.saturating_add(NEXT_TURN).unwrap_or(now)
            }
            Some(Away::Gone { code }) => {
                let switched_off = |pace: &mut Pace| (pace.off_since(), pace.switch_off(now));
                let (off_since, until) = self.paced(system, switched_off).await?;
                if off_since.is_none() {
                    // The template makes a metric of this line.
                    tracing::error!(system = name, code, "{}", LogLine::SubscriberGone);
                }
                until
            }
            Some(Away::Silent { code, asked }) => {
                tracing::warn!(system = name, code, "{}", LogLine::SystemAway);
                self.paced(system, |pace| pace.failed(ceiling, *asked, now, draw)).await?
            }
        };
        let by_answer =
            system.transfer.as_ref().is_some_and(TransferTerms::is_acknowledged_by_answer);
        let mut brought = 0;
        for (one, end) in taken.iter().zip(ends) {
            let (code, owed) = (&one.dossier.code, one.line.owed());
            let changed = match &end {
                End::Has => {
                    brought += 1;
                    let has = |line: &mut Delivery| {
                        let acknowledged = line.acknowledge(owed, holder, now);
                        acknowledged | (acknowledged && by_answer && line.hear_answer(now))
                    };
                    self.change(code, system, has).await
                }
                End::Refused { taken, code: why } => {
                    // The template makes a metric of this line.
                    let dossier = code.as_str();
                    tracing::error!(system = name, dossier, code = why, "{}", LogLine::CaseRefused);
                    let draw = fastrand::u32(..);
                    let refused =
                        |line: &mut Delivery| line.refused((holder, *taken), why, now, draw);
                    self.change(code, system, refused).await
                }
                End::Away { taken, code: why } => {
                    let away =
                        |line: &mut Delivery| line.unavailable((holder, *taken), why, now, until);
                    self.change(code, system, away).await
                }
                End::NotThere => self.change(code, system, |line| line.reopen(0, now)).await,
            };
            changed?;
        }
        tracing::info!(system = name, lines, brought, "systems brought up to dossiers");
        Ok(())
    }

    /// Changes a stored line by `change`, again from what is stored by then where another was
    /// first.
    pub(crate) async fn change(
        &self,
        code: &DossierCode,
        system: &System,
        change: impl Fn(&mut Delivery) -> bool,
    ) -> Result<(), Failure> {
        for _ in 0..STORED_MAX {
            let stored = self.ledger.line(code, &system.id).await?;
            let mut line =
                stored.unwrap_or_else(|| Delivery::begun(code.clone(), system.id.clone()));
            if !change(&mut line) {
                return Ok(());
            }
            line.advance();
            if self.ledger.keep(&line).await? == Stored::Yes {
                return Ok(());
            }
        }
        Err(Failure::Held("a line of the delivery ledger"))
    }

    /// Changes how fast `system` is asked, and gives what the change gave.
    pub(crate) async fn paced<T>(
        &self,
        system: &System,
        change: impl Fn(&mut Pace) -> T,
    ) -> Result<T, Failure> {
        for _ in 0..STORED_MAX {
            let mut pace = self.ledger.pace(&system.id).await?;
            let given = change(&mut pace);
            pace.advance();
            if self.ledger.keep_pace(&system.id, &pace).await? == Stored::Yes {
                return Ok(given);
            }
        }
        Err(Failure::Held("the rate of a system"))
    }
}

/// Requests that bringing `going` takes at most.
fn cost(system: &System, going: &[Going<'_>]) -> u32 {
    if system.protocol.is_subscription() {
        let owed = |one: &Going<'_>| Way::steps(one.dossier, &one.line, system).count();
        let steps = u32::try_from(going.iter().map(owed).sum::<usize>()).unwrap_or(u32::MAX);
        return steps.div_ceil(system.items_per_request.max(1)).max(1);
    }
    let (mut requests, mut together, mut steps) = (BATCH_REQUESTS, 0_u32, 0_u32);
    for Going { dossier, line } in going {
        if Way::is_looked_up(line, system) {
            requests += 1;
        }
        if line.goes_alone() {
            requests += 1;
        } else {
            together += 1;
        }
        let owed = Way::steps(dossier, line, system).count();
        steps = steps.saturating_add(u32::try_from(owed).unwrap_or(u32::MAX));
    }
    let items = system.items_per_request.max(1);
    // What is left over of each list is among the requests of a batch.
    requests + together / items + steps / items
}
