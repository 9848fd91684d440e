//! Answers that never came: what is unknown, and what is asked again.

use domain::id::SubjectCode;
use domain::thread::{NoticeReason, NoticeThread};
use jiff::SignedDuration;
use platform::Failure;
use platform::failure::Retry;
use platform::port::{NoticeBook, Stored};

use super::*;
use crate::support::teller::silent;
use crate::support::world::{Death, Mortal};

#[tokio::test]
async fn an_answer_that_never_came_is_unknown_and_a_service_notice_is_left_so() {
    let world = World::new().await;
    let code = submitted(&world).await;
    let gateways = Scripted::pair([silent()], [accepted("s1")]);
    tell(&world, &world.notices, &gateways, &changed(&world, &code, 1).await, NOW).await.unwrap();
    assert_eq!(state(&world, &code, 1).await, "unknown");
    for now in ["2026-11-17T02:29:59Z", "2026-11-17T02:30:00Z", "2026-11-18T02:30:00Z"] {
        tell(&world, &world.notices, &gateways, &woken(&code), now).await.unwrap();
    }
    let notice = world.notice(&code, 1).await;
    assert_eq!(
        (notice.state.is_end(), notice.reason.as_ref().map(NoticeReason::name)),
        (true, Some("left-unknown"))
    );
    assert_eq!(gateways.asked().len(), 1);
}

#[tokio::test]
async fn what_the_law_wants_is_sent_again_by_the_other_channel_and_says_so() {
    let world = World::new().await;
    let code = submitted(&world).await;
    let quiet = Scripted::pair([accepted("m1")], [accepted("s1")]);
    tell(&world, &world.notices, &quiet, &changed(&world, &code, 1).await, NOW).await.unwrap();
    let message = moved(&world, &code, "request-supplement", NOW).await;
    let gateways = Scripted::pair([silent()], [accepted("s1")]);
    tell(&world, &world.notices, &gateways, &message, NOW).await.unwrap();
    tell(&world, &world.notices, &gateways, &woken(&code), "2026-11-17T02:29:59Z").await.unwrap();
    assert_eq!(gateways.asked().len(), 1, "not before its time");
    tell(&world, &world.notices, &gateways, &woken(&code), "2026-11-17T02:30:00Z").await.unwrap();
    assert_eq!(gateways.asked(), [("zalo", format!("{code}/2")), ("esms", format!("{code}/2/r"))]);
    assert!(gateways.messages()[1].sms.starts_with("Nhac lai: "));
    // Once is enough, whatever becomes of that.
    let silence = Scripted::pair([silent()], [silent()]);
    for now in ["2026-11-17T03:30:00Z", "2026-11-20T03:30:00Z", "2026-11-24T03:30:00Z"] {
        tell(&world, &world.notices, &silence, &woken(&code), now).await.unwrap();
    }
    assert_eq!(silence.asked().len(), 0);
    assert!(world.notice(&code, 2).await.state.is_end());
}

#[tokio::test]
async fn an_sms_gateway_that_recognises_a_repetition_is_asked_again_under_the_same_name() {
    let world = World::new().await;
    let code = submitted(&world).await;
    let gateways = Scripted::pair([declined(-118)], [silent(), declined(124)]);
    tell(&world, &world.notices, &gateways, &changed(&world, &code, 1).await, NOW).await.unwrap();
    tell(&world, &world.notices, &gateways, &woken(&code), "2026-11-17T02:02:30Z").await.unwrap();
    let name = format!("{code}/1");
    assert_eq!(gateways.asked(), [("zalo", name.clone()), ("esms", name.clone()), ("esms", name)]);
    assert_eq!(state(&world, &code, 1).await, "sent");
}

#[tokio::test]
async fn a_notice_whose_sender_died_after_the_call_is_unknown_and_not_sent_again() {
    for death in [Death::Before, Death::After] {
        let world = World::new().await;
        let code = submitted(&world).await;
        let message = changed(&world, &code, 1).await;
        let gateways = Scripted::pair([accepted("m1")], [accepted("s1")]);
        let book = Mortal::new(world.notices.clone(), death);
        tell(&world, &book, &gateways, &message, NOW).await.unwrap_err();
        book.revive();
        // Delivered again while the lease still runs, and after it.
        let again = tell(&world, &book, &gateways, &message, "2026-11-17T02:00:30Z").await;
        match death {
            Death::Before => {
                let wait = again.unwrap_err().retryable();
                assert_eq!(wait, Retry::In(SignedDuration::from_secs(5)), "it comes again soon");
            }
            Death::After => again.unwrap(),
        }
        for now in ["2026-11-17T02:01:00Z", "2026-11-17T02:04:00Z"] {
            tell(&world, &book, &gateways, &message, now).await.unwrap();
        }
        assert_eq!(gateways.asked().len(), 1);
        let expected = if death == Death::Before { "unknown" } else { "sent" };
        assert_eq!(state(&world, &code, 1).await, expected);
    }
}

/// A book in which a report is written between the call and its record.
struct Overtaken<'a> {
    world: &'a World,
    reports: std::sync::Mutex<u32>,
}

impl NoticeBook for Overtaken<'_> {
    async fn thread(&self, code: &SubjectCode) -> Result<Option<NoticeThread>, Failure> {
        self.world.notices.thread(code).await
    }

    async fn keep(&self, thread: &NoticeThread) -> Result<Stored, Failure> {
        let record = thread.notices().iter().any(|notice| notice.accepted_at().is_some());
        let first = record && std::mem::take(&mut *self.reports.lock().unwrap()) > 0;
        if first {
            crate::support::call::zalo_report(
                self.world,
                &format!("{}/1", thread.code()),
                "m1",
                NOW,
            )
            .await;
        }
        self.world.notices.keep(thread).await
    }
}

#[tokio::test]
async fn a_report_that_is_faster_than_the_gateway_s_answer_is_not_lost() {
    let world = World::new().await;
    let code = submitted(&world).await;
    let book = Overtaken { world: &world, reports: 1.into() };
    let gateways = Scripted::pair([accepted("m1")], [accepted("s1")]);
    tell(&world, &book, &gateways, &changed(&world, &code, 1).await, NOW).await.unwrap();
    let notice = world.notice(&code, 1).await;
    assert_eq!((notice.state.name(), gateways.asked().len()), ("delivered", 1));
}
