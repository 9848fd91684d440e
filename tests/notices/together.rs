//! Two at the same thread: who loses comes again, and nobody counts what another has counted.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use domain::applicant::Phone;
use domain::id::SubjectCode;
use domain::notice::Notice;
use domain::thread::NoticeThread;
use jiff::SignedDuration;
use notify_applicant::{Desk, Limits};
use platform::Failure;
use platform::failure::Retry;
use platform::port::{MessageGateways, NoticeBook, Stored};

use super::*;
use crate::support::call::zalo_report;
use crate::support::teller::{LEASE, NobodyElse, pool};

/// A book in which another process is first, so many times.
struct Outrun<'a> {
    world: &'a World,
    times: AtomicU32,
}

impl NoticeBook for Outrun<'_> {
    async fn thread(&self, code: &SubjectCode) -> Result<Option<NoticeThread>, Failure> {
        self.world.notices.thread(code).await
    }

    async fn keep(&self, thread: &NoticeThread) -> Result<Stored, Failure> {
        if self.times.load(Ordering::Relaxed) > 0 {
            self.times.fetch_sub(1, Ordering::Relaxed);
            return Ok(Stored::AnotherWasFirst);
        }
        self.world.notices.keep(thread).await
    }
}

#[tokio::test]
async fn a_message_whose_every_step_is_lost_to_another_process_is_not_acknowledged() {
    let world = World::new().await;
    let code = submitted(&world).await;
    let message = changed(&world, &code, 1).await;
    let gateways = Scripted::pair([accepted("m1")], [accepted("s1")]);
    let book = Outrun { world: &world, times: u32::MAX.into() };
    let lost = tell(&world, &book, &gateways, &message, NOW).await.unwrap_err();
    assert_eq!(lost.retryable(), Retry::In(SignedDuration::from_secs(1)));
    assert_eq!((gateways.asked().len(), spent(&world, NOW).await), (0, 0), "nothing is counted");
    tell(&world, &world.notices, &gateways, &message, NOW).await.unwrap();
    assert_eq!((gateways.asked().len(), spent(&world, NOW).await), (1, 150));
}

/// What counts against the month of `now`, in đồng.
async fn spent(world: &World, now: &str) -> u64 {
    let phone: Phone = "0912345678".to_owned().try_into().unwrap();
    world.contacts.reach(&phone, None, at(now)).await.unwrap().spent_vnd
}

/// A gateway that does not answer before the message has arrived, was reported, and another process
/// has told the next change.
struct Slow<'a> {
    world: &'a World,
    next: String,
    inner: Scripted,
}

impl MessageGateways for Slow<'_> {
    async fn send(&self, provider: Provider, notice: &Notice, phone: &Phone) -> Verdict {
        zalo_report(self.world, &notice.id, "m1", NOW).await;
        let quick = Scripted::pair([accepted("m2")], [accepted("s2")]);
        tell(self.world, &self.world.notices, &quick, &self.next, NOW).await.unwrap();
        assert_eq!(quick.asked().len(), 1);
        self.inner.send(provider, notice, phone).await
    }

    fn has(&self, provider: Provider) -> bool {
        self.inner.has(provider)
    }
}

#[tokio::test]
async fn what_another_process_counted_while_a_gateway_was_slow_counts_once() {
    let world = World::new().await;
    let code = submitted(&world).await;
    let first = changed(&world, &code, 1).await;
    // The second change is not known to the first message's process.
    let early = Early { world: &world, dossier: world.dossier(&code).await };
    let next = moved(&world, &code, "request-supplement", NOW).await;
    let gateways = Slow { world: &world, next, inner: Scripted::pair([accepted("m1")], []) };
    tell_with(&early, (&world.notices, &world.contacts), &gateways, &world.catalogue, &first, NOW)
        .await
        .unwrap();
    let thread = world.notices.thread(&code.parse().unwrap()).await.unwrap().unwrap();
    assert_eq!(thread.notices().len(), 2);
    assert_eq!((spent(&world, NOW).await, thread.charge().vnd), (300, 300));
}

/// The dossier as it was at its submission.
struct Early<'a> {
    world: &'a World,
    dossier: domain::dossier::Dossier,
}

impl platform::port::DossierStore for Early<'_> {
    async fn dossier(
        &self,
        code: &domain::id::DossierCode,
    ) -> Result<Option<domain::dossier::Dossier>, Failure> {
        Ok(Some(self.dossier.clone()).filter(|dossier| dossier.code == *code))
    }

    async fn advance(
        &self,
        dossier: &domain::dossier::Dossier,
    ) -> Result<platform::port::Advance, Failure> {
        self.world.dossiers.advance(dossier).await
    }

    async fn assign(&self, dossier: &domain::dossier::Dossier) -> Result<Stored, Failure> {
        self.world.dossiers.assign(dossier).await
    }
}

/// A gateway whose answer comes after midnight.
struct Midnight {
    passed: AtomicBool,
    inner: Scripted,
}

impl MessageGateways for Midnight {
    async fn send(&self, provider: Provider, notice: &Notice, phone: &Phone) -> Verdict {
        self.passed.store(true, Ordering::Relaxed);
        self.inner.send(provider, notice, phone).await
    }

    fn has(&self, provider: Provider) -> bool {
        self.inner.has(provider)
    }
}

#[tokio::test]
async fn what_is_not_charged_is_given_back_to_the_month_in_which_it_was_counted() {
    let (eve, after) = ("2026-11-30T16:59:59.900Z", "2026-11-30T17:00:00.400Z");
    let world = World::new().await;
    let code = submitted(&world).await;
    let message = changed(&world, &code, 1).await;
    let gateways = Midnight {
        passed: false.into(),
        inner: Scripted::pair([declined(-118)], [accepted("s1")]),
    };
    let pool = &pool(&world.catalogue, eve);
    let desk = Desk {
        dossiers: &world.dossiers,
        feedback: &world.office.feedback,
        book: &world.notices,
        contacts: &world.contacts,
        gateways: &gateways,
        ledger: &NobodyElse,
        catalogue: &world.catalogue,
        pool,
        lease: LEASE,
        limits: Limits::Ignored,
        questions: None,
    };
    let clock = || at(if gateways.passed.load(Ordering::Relaxed) { after } else { eve });
    notify_applicant::tell(&message, &desk, clock).await.unwrap();
    assert_eq!(gateways.inner.asked().len(), 2);
    assert_eq!((spent(&world, eve).await, spent(&world, after).await), (0, 850));
}

/// A book in which the answer to the lease's write is lost, while a report of another notice comes.
struct Unheard<'a> {
    world: &'a World,
    lost: AtomicBool,
}

impl NoticeBook for Unheard<'_> {
    async fn thread(&self, code: &SubjectCode) -> Result<Option<NoticeThread>, Failure> {
        self.world.notices.thread(code).await
    }

    async fn keep(&self, thread: &NoticeThread) -> Result<Stored, Failure> {
        let stored = self.world.notices.keep(thread).await?;
        if thread.leased_until().is_some() && !self.lost.swap(true, Ordering::Relaxed) {
            zalo_report(self.world, &format!("{}/1", thread.code()), "m1", NOW).await;
            return Ok(Stored::AnotherWasFirst);
        }
        Ok(stored)
    }
}

#[tokio::test]
async fn a_lease_of_which_nobody_hears_is_ours_though_a_report_came_since() {
    let world = World::new().await;
    let code = submitted(&world).await;
    let gateways = Scripted::pair([accepted("m1"), accepted("m2")], []);
    tell(&world, &world.notices, &gateways, &changed(&world, &code, 1).await, NOW).await.unwrap();
    let next = moved(&world, &code, "request-supplement", NOW).await;
    let book = Unheard { world: &world, lost: false.into() };
    tell(&world, &book, &gateways, &next, NOW).await.unwrap();
    let thread = world.notices.thread(&code.parse().unwrap()).await.unwrap().unwrap();
    let states: Vec<&str> = thread.notices().iter().map(|notice| notice.state.name()).collect();
    assert_eq!((states, gateways.asked().len()), (vec!["delivered", "sent"], 2));
    assert_eq!(spent(&world, NOW).await, 300);
}
