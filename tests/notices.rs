//! What citizens are told, by what, when and how often: the notices queue, the minute and the
//! gateways' reports.

use std::collections::BTreeMap;

use domain::id::SubjectCode;
use domain::notice::Provider;
use domain::notice::codes::Treatment;
use domain::thread::{Charge, NoticeRecord, NoticeThread};
use futures::future::join_all;
use platform::Failure;
use platform::gateway::Verdict;
use platform::message::CloudEvent;
use platform::port::{Contacts, NoticeBook, Stored};
use serde_json::{Value, json};
use wake_notices::{Order, wake};

use crate::support::call::{CITIZEN, Call, submission};
use crate::support::memory::Memory;
use crate::support::teller::{
    accepted, changed, declined, not_taken, sent_back, silent, tell, tell_with, with_speedsms,
    woken,
};
use crate::support::world::{Death, Kept, Mortal, NOW, Scripted, World, at};

async fn submitted(world: &World) -> String {
    Call::submit("k").at_submit(&world.reception, world, at(NOW)).await.code()
}

/// Moves the dossier on at `now` and gives the message about it.
async fn moved(world: &World, code: &str, action: &str, now: &str) -> String {
    let dossier = world.dossier(code).await;
    let answer = Call::transition(code, action, dossier.version)
        .at_change(&world.dossiers, world, at(now))
        .await;
    assert_eq!(answer.status, 200, "{action}: {:?}", answer.body);
    changed(world, code, usize::try_from(dossier.version).unwrap() + 1).await
}

async fn state(world: &World, code: &str, version: u64) -> &'static str {
    world.notice(code, version).await.state.name()
}

/// What the minute of `now` wakes.
async fn minute(world: &World, now: &str) -> Vec<String> {
    let queue = Kept::default();
    wake(&Order::default(), &world.notices, &queue, at(now)).await.unwrap();
    queue.sent.into_inner().unwrap().iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn a_message_delivered_twice_tells_the_applicant_once() {
    let world = World::new().await;
    let code = submitted(&world).await;
    let message = changed(&world, &code, 1).await;
    let gateways = Scripted::pair([accepted("m1")], [accepted("s1")]);
    for _ in 0..2 {
        tell(&world, &world.notices, &gateways, &message, NOW).await.unwrap();
    }
    assert_eq!(gateways.asked(), [("zalo", format!("{code}/1"))]);
    let notice = world.notice(&code, 1).await;
    assert_eq!((notice.state.name(), notice.cost_vnd()), ("sent", 150));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_message_delivered_to_ten_processes_at_once_tells_the_applicant_once() {
    let world = World::new().await;
    let code = submitted(&world).await;
    let message = changed(&world, &code, 1).await;
    let gateways = Scripted::pair([accepted("m1")], [accepted("s1")]);
    join_all((0..10).map(|_| tell(&world, &world.notices, &gateways, &message, NOW))).await;
    assert_eq!(gateways.asked().len(), 1);
}

#[tokio::test]
async fn a_lost_message_is_made_up_for_by_the_next() {
    let world = World::new().await;
    let code = submitted(&world).await;
    let message = moved(&world, &code, "request-supplement", NOW).await;
    let gateways = Scripted::pair([accepted("m1")], [accepted("s1")]);
    // Nobody ever heard of version 1.
    tell(&world, &world.notices, &gateways, &message, NOW).await.unwrap();
    assert_eq!(state(&world, &code, 1).await, "merged");
    assert_eq!(gateways.asked(), [("zalo", format!("{code}/2"))]);
}

#[tokio::test]
async fn what_zalo_cannot_deliver_goes_by_sms_at_once_and_zalo_is_not_asked_again_for_a_month() {
    let world = World::new().await;
    let code = submitted(&world).await;
    let gateways = Scripted::pair([declined(-118), accepted("m1")], [accepted("s1")]);
    tell(&world, &world.notices, &gateways, &changed(&world, &code, 1).await, NOW).await.unwrap();
    let first = format!("{code}/1");
    assert_eq!(gateways.asked(), [("zalo", first.clone()), ("esms", first)]);
    let (later, much_later) = ("2026-12-17T01:00:00Z", "2026-12-17T03:00:00Z");
    let message = moved(&world, &code, "request-supplement", later).await;
    tell(&world, &world.notices, &gateways, &message, later).await.unwrap();
    assert_eq!(gateways.asked().last().unwrap(), &("esms", format!("{code}/2")));
    moved(&world, &code, "supplement", much_later).await;
    let message = moved(&world, &code, "refuse", much_later).await;
    tell(&world, &world.notices, &gateways, &message, much_later).await.unwrap();
    assert_eq!(gateways.asked().last().unwrap(), &("zalo", format!("{code}/4")));
}

#[tokio::test]
async fn a_notice_that_no_channel_takes_is_refused_with_the_last_code() {
    let world = World::new().await;
    let code = submitted(&world).await;
    let gateways = Scripted::pair([declined(-139)], [declined(99)]);
    tell(&world, &world.notices, &gateways, &changed(&world, &code, 1).await, NOW).await.unwrap();
    let notice = world.notice(&code, 1).await;
    assert_eq!(
        (notice.state.name(), notice.reason.as_deref(), notice.cost_vnd()),
        ("refused", Some("99"), 0)
    );
    assert!(minute(&world, "2026-12-17T02:00:00Z").await.is_empty());
}

#[tokio::test]
async fn a_gateway_that_cannot_be_reached_is_asked_again_when_the_time_has_come() {
    let world = World::new().await;
    let code = submitted(&world).await;
    let gateways = Scripted::pair([not_taken(), accepted("m1")], [accepted("s1")]);
    tell(&world, &world.notices, &gateways, &changed(&world, &code, 1).await, NOW).await.unwrap();
    assert!(minute(&world, "2026-11-17T02:00:59Z").await.is_empty());
    let wakes = minute(&world, "2026-11-17T02:01:16Z").await;
    assert_eq!(wakes.len(), 1);
    tell(&world, &world.notices, &gateways, &wakes[0], "2026-11-17T02:01:16Z").await.unwrap();
    assert_eq!(gateways.asked().len(), 2);
    assert_eq!(state(&world, &code, 1).await, "sent");
}

#[tokio::test]
async fn a_gateway_that_asks_for_patience_is_obeyed() {
    let world = World::new().await;
    let code = submitted(&world).await;
    let busy = Verdict::NotTaken {
        instead: "http-429".to_owned(),
        retry_after: Some(jiff::SignedDuration::from_mins(20)),
    };
    let gateways = Scripted::pair([busy, accepted("m1")], [accepted("s1")]);
    tell(&world, &world.notices, &gateways, &changed(&world, &code, 1).await, NOW).await.unwrap();
    assert!(minute(&world, "2026-11-17T02:19:59Z").await.is_empty());
    assert_eq!(minute(&world, "2026-11-17T02:20:00Z").await.len(), 1);
}

#[tokio::test]
async fn what_no_gateway_takes_for_a_day_goes_to_the_operators_and_on_when_they_send_it_back() {
    let world = World::new().await;
    let code = submitted(&world).await;
    let down = Scripted::pair([not_taken()], [not_taken()]);
    let message = changed(&world, &code, 1).await;
    tell(&world, &world.notices, &down, &message, NOW).await.unwrap();
    let mut now = at(NOW);
    let given_up = loop {
        now += jiff::SignedDuration::from_mins(10);
        let wakes = minute(&world, &now.to_string()).await;
        let mut outcomes = Vec::new();
        for wake in &wakes {
            outcomes.push(tell(&world, &world.notices, &down, wake, &now.to_string()).await);
        }
        if let Some(Err(failure)) = outcomes.into_iter().next() {
            break failure;
        }
        assert!(now < at("2026-11-20T00:00:00Z"), "never given up");
    };
    assert_eq!(
        (given_up.slug(), given_up.to_string().as_str()),
        ("given-up", "the notice was given up: zalo unreachable")
    );
    assert!(now >= at("2026-11-18T02:00:00Z"), "given up before a day was over: {now}");
    assert_eq!(state(&world, &code, 1).await, "held");
    // Where parking failed, SQS delivers the message that gave up once more; a day later an
    // operator sends it back, and nothing but an operator does.
    let up = Scripted::pair([accepted("m1")], [accepted("s1")]);
    let morning = "2026-11-19T02:00:00Z";
    let again = tell(&world, &world.notices, &up, &message, &now.to_string()).await;
    assert_eq!((again.unwrap_err().slug(), up.asked().len()), ("given-up", 0));
    tell(&world, &world.notices, &up, &woken(&code), morning).await.unwrap();
    assert_eq!((up.asked().len(), state(&world, &code, 1).await), (0, "held"));
    tell(&world, &world.notices, &up, &sent_back(&code), morning).await.unwrap();
    assert_eq!((up.asked().len(), state(&world, &code, 1).await), (1, "sent"));
}

#[tokio::test]
async fn what_nobody_sends_back_expires_before_the_dead_letters_are_forgotten() {
    let world = World::new().await;
    let code = submitted(&world).await;
    let message = changed(&world, &code, 1).await;
    let down = Scripted::pair([not_taken()], [not_taken()]);
    tell(&world, &world.notices, &down, &message, NOW).await.unwrap();
    let given_up = tell(&world, &world.notices, &down, &woken(&code), "2026-11-18T08:00:00Z").await;
    assert_eq!(given_up.unwrap_err().slug(), "given-up");
    tell(&world, &world.notices, &down, &woken(&code), "2026-12-01T08:00:00Z").await.unwrap();
    assert_eq!(state(&world, &code, 1).await, "expired");
}

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
    assert_eq!((notice.state.is_end(), notice.reason.as_deref()), (true, Some("left-unknown")));
    assert_eq!(gateways.asked().len(), 1);
}

#[tokio::test]
async fn what_the_law_wants_is_told_again_by_the_other_channel_and_says_so() {
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
        // Delivered again while the lease still runs, and woken after it.
        for now in ["2026-11-17T02:00:30Z", "2026-11-17T02:01:00Z", "2026-11-17T02:04:00Z"] {
            tell(&world, &book, &gateways, &message, now).await.unwrap();
        }
        assert_eq!(gateways.asked().len(), 1);
        let expected = if death == Death::Before { "unknown" } else { "sent" };
        assert_eq!(state(&world, &code, 1).await, expected);
    }
}

#[tokio::test]
async fn nobody_is_woken_at_night_and_what_waited_leaves_when_it_ends() {
    // 21:30, and 23:59 on the eve of Tết, in Viet Nam; a service notice waits for seven.
    for (night, opening) in [
        ("2026-11-17T14:30:00Z", "2026-11-18T00:00:00Z"),
        ("2026-02-16T16:59:00Z", "2026-02-17T00:00:00Z"),
    ] {
        let world = World::new().await;
        let code = submitted(&world).await;
        let gateways = Scripted::pair([accepted("m1")], [accepted("s1")]);
        tell(&world, &world.notices, &gateways, &changed(&world, &code, 1).await, night)
            .await
            .unwrap();
        assert_eq!((gateways.asked().len(), state(&world, &code, 1).await), (0, "waiting"));
        let early = at(opening) - jiff::SignedDuration::from_secs(1);
        assert!(minute(&world, &early.to_string()).await.is_empty());
        let late = at(opening) + jiff::SignedDuration::from_secs(600);
        for message in minute(&world, &late.to_string()).await {
            tell(&world, &world.notices, &gateways, &message, &late.to_string()).await.unwrap();
        }
        assert_eq!((gateways.asked().len(), state(&world, &code, 1).await), (1, "sent"));
    }
}

#[tokio::test]
async fn what_the_law_wants_may_go_by_zalo_until_zalo_closes() {
    let world = World::new().await;
    let code = submitted(&world).await;
    let gateways = Scripted::pair([accepted("m1")], [accepted("s1")]);
    tell(&world, &world.notices, &gateways, &changed(&world, &code, 1).await, NOW).await.unwrap();
    let evening = "2026-11-17T14:59:59Z";
    let message = moved(&world, &code, "request-supplement", evening).await;
    tell(&world, &world.notices, &gateways, &message, evening).await.unwrap();
    assert_eq!(gateways.asked().last().unwrap(), &("zalo", format!("{code}/2")));
    let closed = "2026-11-17T15:00:00Z";
    moved(&world, &code, "supplement", closed).await;
    let message = moved(&world, &code, "refuse", closed).await;
    tell(&world, &world.notices, &gateways, &message, closed).await.unwrap();
    assert_eq!(state(&world, &code, 4).await, "waiting");
}

#[tokio::test]
async fn a_gateway_whose_clock_is_behind_ours_is_asked_again_in_minutes_and_not_in_the_evening() {
    let world = World::new().await;
    let code = submitted(&world).await;
    let gateways = Scripted::pair([declined(-133), accepted("m1")], [accepted("s1")]);
    tell(
        &world,
        &world.notices,
        &gateways,
        &changed(&world, &code, 1).await,
        "2026-11-18T00:00:00Z",
    )
    .await
    .unwrap();
    assert!(minute(&world, "2026-11-18T00:01:59Z").await.is_empty());
    assert_eq!(minute(&world, "2026-11-18T00:02:00Z").await.len(), 1);
}

#[tokio::test]
async fn a_quota_of_the_day_lets_a_service_notice_wait_and_what_the_law_wants_go_by_sms() {
    let world = World::new().await;
    let code = submitted(&world).await;
    let gateways = Scripted::pair([declined(-144)], [accepted("s1")]);
    tell(&world, &world.notices, &gateways, &changed(&world, &code, 1).await, NOW).await.unwrap();
    assert!(minute(&world, "2026-11-17T23:59:59Z").await.is_empty());
    let message = moved(&world, &code, "request-supplement", NOW).await;
    tell(&world, &world.notices, &gateways, &message, NOW).await.unwrap();
    assert_eq!(gateways.asked().last().unwrap(), &("esms", format!("{code}/2")));
}

#[tokio::test]
async fn several_changes_within_minutes_become_one_message_with_the_last_state() {
    let world = World::new().await;
    let code = submitted(&world).await;
    let gateways = Scripted::pair([accepted("m1")], [accepted("s1")]);
    tell(&world, &world.notices, &gateways, &changed(&world, &code, 1).await, NOW).await.unwrap();
    for (action, now) in [
        ("receive", "2026-11-17T02:00:30Z"),
        ("process", "2026-11-17T02:01:00Z"),
        ("suspend", "2026-11-17T02:02:00Z"),
    ] {
        let message = moved(&world, &code, action, now).await;
        tell(&world, &world.notices, &gateways, &message, now).await.unwrap();
    }
    assert_eq!(gateways.asked().len(), 1, "the first left at once");
    let wakes = minute(&world, "2026-11-17T02:03:00Z").await;
    tell(&world, &world.notices, &gateways, &wakes[0], "2026-11-17T02:03:00Z").await.unwrap();
    assert_eq!(gateways.asked().last().unwrap(), &("zalo", format!("{code}/4")));
    assert_eq!(gateways.asked().len(), 2);
    assert_eq!(gateways.messages()[1].fields["status"], "Dừng xử lý");
    assert_eq!(
        (state(&world, &code, 2).await, state(&world, &code, 3).await),
        ("merged", "merged")
    );
}

#[tokio::test]
async fn what_the_law_wants_is_neither_held_back_nor_merged() {
    let world = World::new().await;
    let code = submitted(&world).await;
    let gateways = Scripted::pair([accepted("m1")], [accepted("s1")]);
    tell(&world, &world.notices, &gateways, &changed(&world, &code, 1).await, NOW).await.unwrap();
    let night = "2026-11-17T16:00:00Z";
    for action in ["request-supplement", "supplement", "refuse"] {
        let message = moved(&world, &code, action, night).await;
        tell(&world, &world.notices, &gateways, &message, night).await.unwrap();
    }
    let morning = "2026-11-18T00:30:00Z";
    for _ in 0..2 {
        tell(&world, &world.notices, &gateways, &woken(&code), morning).await.unwrap();
    }
    // Only what the law does not ask for is merged: that the documents came.
    let told: Vec<String> = gateways.asked().into_iter().map(|(_, name)| name).collect();
    assert_eq!(told, [format!("{code}/1"), format!("{code}/2"), format!("{code}/4")]);
}

#[tokio::test]
async fn a_number_gets_no_more_service_notices_a_day_than_its_cap() {
    let world = World::new().await;
    let phone = world.dossier(&submitted(&world).await).await.into_state().applicant.phone;
    for _ in 0..10 {
        world
            .contacts
            .count(Some(&phone), Charge { services: 1, ..Charge::default() }, at(NOW))
            .await
            .unwrap();
    }
    let code = Call::submit("another").at_submit(&world.reception, &world, at(NOW)).await.code();
    let gateways = Scripted::pair([accepted("m1")], [accepted("s1")]);
    tell(&world, &world.notices, &gateways, &changed(&world, &code, 1).await, NOW).await.unwrap();
    assert_eq!(
        (gateways.asked().len(), world.notice(&code, 1).await.reason.as_deref()),
        (0, Some("number-cap"))
    );
    let message = moved(&world, &code, "request-supplement", NOW).await;
    tell(&world, &world.notices, &gateways, &message, NOW).await.unwrap();
    assert_eq!(gateways.asked(), [("zalo", format!("{code}/2"))]);
}

#[tokio::test]
async fn when_the_month_s_money_is_spent_only_what_the_law_wants_is_sent() {
    let world = World::new().await;
    let code = submitted(&world).await;
    let phone = world.dossier(&code).await.into_state().applicant.phone;
    world
        .contacts
        .count(Some(&phone), Charge { vnd: 60_000_000, ..Charge::default() }, at(NOW))
        .await
        .unwrap();
    let gateways = Scripted::pair([accepted("m1")], [accepted("s1")]);
    tell(&world, &world.notices, &gateways, &changed(&world, &code, 1).await, NOW).await.unwrap();
    assert_eq!((state(&world, &code, 1).await, gateways.asked().len()), ("refused", 0));
    let message = moved(&world, &code, "request-supplement", NOW).await;
    tell(&world, &world.notices, &gateways, &message, NOW).await.unwrap();
    assert_eq!(gateways.asked(), [("zalo", format!("{code}/2"))]);
    // In December there is money again.
    let december = "2026-12-01T02:00:00Z";
    let message = moved(&world, &code, "supplement", december).await;
    tell(&world, &world.notices, &gateways, &message, december).await.unwrap();
    assert_eq!(gateways.asked().last().unwrap(), &("zalo", format!("{code}/3")));
}

/// What the applicant of most tests says about how he wants to be told.
async fn preferring(world: &World, preference: Value) {
    let said = Call::new("PUT /v1/preference")
        .citizen(CITIZEN)
        .body(&preference)
        .at_preference(world)
        .await;
    assert_eq!((said.status, &said.body), (200, &preference));
    let shown = Call::new("GET /v1/preference").citizen(CITIZEN).at_preference(world).await;
    assert_eq!(shown.body, preference);
}

#[tokio::test]
async fn what_the_portal_keeps_for_somebody_is_his_and_nobody_elses() {
    let world = World::new().await;
    let preference = json!({ "channels": ["sms"], "language": "vi", "legalOnly": true });
    let mut body = preference.clone();
    body["applicant"] = json!({ "kind": "citizen", "idNumber": CITIZEN });
    assert_eq!(
        Call::new("PUT /v1/preference").portal().body(&body).at_preference(&world).await.status,
        200
    );
    let show = |id| Call::new("GET /v1/preference").citizen(id).at_preference(&world);
    assert_eq!(show(CITIZEN).await.body, preference);
    let nothing_said = json!({ "channels": [], "language": "vi", "legalOnly": false });
    assert_eq!(show("087199054321").await.body, nothing_said);
    // People stand in the table under a keyed hash.
    let kept = format!(
        "{:?}",
        world.client.scan().table_name("ContactsTable").send().await.unwrap().items
    );
    assert!(!kept.contains(CITIZEN), "{kept}");
}

#[tokio::test]
async fn each_listed_code_has_the_effect_that_the_table_says() {
    let world = World::new().await;
    let model = world.dossier(&submitted(&world).await).await;
    let catalogue = with_speedsms();
    for (number, (provider, code, ruling)) in (1..).zip(catalogue.codes().listed()) {
        let dossier = Memory::copy(&model, "H20.03", number);
        let (told, phone) = (dossier.code.clone().into(), dossier.applicant.phone.clone());
        let message =
            serde_json::to_string(&CloudEvent::changed(&dossier.code, &dossier.history[0]))
                .unwrap();
        let memory = Memory::of([dossier], BTreeMap::new());
        let answer = (provider, vec![declined(code)]);
        let gateways = match provider {
            Provider::Zalo => Scripted::new([answer, (Provider::Esms, vec![accepted("s1")])]),
            // An SMS gateway is asked where Zalo cannot.
            Provider::Esms | Provider::Speedsms | Provider::Vnpt => {
                Scripted::new([(Provider::Zalo, vec![declined(-119)]), answer])
            }
        };
        tell_with(&memory, (&memory, &memory), &gateways, &catalogue, &message, NOW).await.unwrap();
        let carried = gateways.asked().iter().any(|(by, _)| *by == provider.name());
        let notice = memory.told(&told).notice(1).unwrap().clone();
        let expected = match (provider, ruling.treatment) {
            (
                Provider::Zalo,
                Treatment::NextChannel | Treatment::AlarmAndNextChannel | Treatment::RefreshToken,
            ) => "sent",
            (_, Treatment::NextChannel | Treatment::AlarmAndNextChannel) => "refused",
            (_, Treatment::AcceptedBefore) => "sent",
            // Zalo sends what comes again once more, so that nothing but time or a report can tell.
            (Provider::Zalo, Treatment::Doubtful) => "unknown",
            // Again later: in a minute, in the morning, tomorrow, or when somebody has mended our
            // account.
            _ => "waiting",
        };
        assert_eq!(
            (carried, notice.state.name()),
            (true, expected),
            "{} {code}: {notice:?}",
            provider.name()
        );
        let reach = memory.reach(&phone, None, at(NOW)).await.unwrap();
        let remembered =
            reach.unreachable.iter().any(|(channel, _)| *channel == provider.channel());
        assert_eq!(remembered, ruling.remember_days.is_some(), "{} {code}", provider.name());
    }
}

#[tokio::test]
async fn an_applicant_is_told_by_the_channel_and_in_the_language_of_his_choice() {
    let world = World::new().await;
    let code = submitted(&world).await;
    preferring(&world, json!({ "channels": ["sms"], "language": "en", "legalOnly": false })).await;
    let gateways = Scripted::pair([accepted("m1")], [accepted("s1")]);
    tell(&world, &world.notices, &gateways, &changed(&world, &code, 1).await, NOW).await.unwrap();
    assert_eq!(gateways.asked(), [("esms", format!("{code}/1"))]);
    assert!(gateways.messages()[0].sms.contains("your file"));
}

#[tokio::test]
async fn an_applicant_who_opted_out_still_gets_what_the_law_wants_by_a_channel_that_remains() {
    let world = World::new().await;
    let code = submitted(&world).await;
    preferring(&world, json!({ "channels": ["zalo"], "language": "vi", "legalOnly": true })).await;
    let gateways = Scripted::pair([declined(-141)], [accepted("s1")]);
    tell(&world, &world.notices, &gateways, &changed(&world, &code, 1).await, NOW).await.unwrap();
    assert_eq!(
        (gateways.asked().len(), world.notice(&code, 1).await.reason.as_deref()),
        (0, Some("opted-out"))
    );
    let message = moved(&world, &code, "request-supplement", NOW).await;
    tell(&world, &world.notices, &gateways, &message, NOW).await.unwrap();
    assert_eq!(gateways.asked(), [("zalo", format!("{code}/2")), ("esms", format!("{code}/2"))]);
}

#[tokio::test]
async fn one_agency_s_bulk_waits_for_its_place_and_another_s_notice_does_not() {
    let world = World::new().await;
    let code = submitted(&world).await;
    let agency = world.dossier(&code).await.into_state().agency;
    for _ in 0..600 {
        world.contacts.place(&agency, at(NOW)).await.unwrap();
    }
    let gateways = Scripted::pair([accepted("m1")], [accepted("s1")]);
    tell(&world, &world.notices, &gateways, &changed(&world, &code, 1).await, NOW).await.unwrap();
    assert_eq!(
        (gateways.asked().len(), world.notice(&code, 1).await.reason.as_deref()),
        (0, Some("agency-share"))
    );
    let wakes = minute(&world, "2026-11-17T02:01:00Z").await;
    // Its place is kept: it does not queue up again.
    for _ in 0..600 {
        world.contacts.place(&agency, at("2026-11-17T02:01:00Z")).await.unwrap();
    }
    tell(&world, &world.notices, &gateways, &wakes[0], "2026-11-17T02:01:00Z").await.unwrap();
    assert_eq!(gateways.asked().len(), 1);
    let other: domain::id::AgencyCode = "H20.09".parse().unwrap();
    assert_eq!(world.contacts.place(&other, at(NOW)).await.unwrap(), 1);
}

/// A thread of `agency` that waits since `minute` of an hour.
fn sleeper(agency: &str, minute: i64, number: u32) -> platform::dynamo::DueThread {
    platform::dynamo::DueThread {
        code: format!("{agency}-261117-{number:04}").parse().unwrap(),
        agency: agency.parse().unwrap(),
        wake_at: minute * 60_000,
        unsent_since: None,
    }
}

#[test]
fn the_minute_takes_the_agencies_in_turn() {
    let mut waiting: Vec<_> = (1..=50).map(|number| sleeper("H20.03", 1, number)).collect();
    waiting.extend((1..=2).map(|number| sleeper("H20.09", 2, number)));
    let woken: Vec<String> =
        wake_notices::in_turn(waiting, 6).iter().map(|sleeper| sleeper.code.to_string()).collect();
    let expected = [
        "H20.03-261117-0001",
        "H20.09-261117-0001",
        "H20.03-261117-0002",
        "H20.09-261117-0002",
        "H20.03-261117-0003",
        "H20.03-261117-0004",
    ];
    assert_eq!(woken, expected);
}

#[tokio::test]
async fn what_was_woken_is_left_alone_for_some_minutes_and_then_woken_again() {
    let world = World::new().await;
    let code = submitted(&world).await;
    let gateways = Scripted::pair([not_taken()], [not_taken()]);
    tell(&world, &world.notices, &gateways, &changed(&world, &code, 1).await, NOW).await.unwrap();
    assert_eq!(minute(&world, "2026-11-17T02:02:00Z").await.len(), 1);
    // The message is lost.
    assert_eq!(minute(&world, "2026-11-17T02:03:00Z").await.len(), 0);
    assert_eq!(minute(&world, "2026-11-17T02:07:00Z").await.len(), 1);
}

#[tokio::test]
async fn a_minute_whose_queue_refuses_fails_and_loses_nothing() {
    let world = World::new().await;
    let code = submitted(&world).await;
    let gateways = Scripted::pair([not_taken()], [not_taken()]);
    tell(&world, &world.notices, &gateways, &changed(&world, &code, 1).await, NOW).await.unwrap();
    let queue = Kept { refusals: 1.into(), ..Kept::default() };
    wake(&Order::default(), &world.notices, &queue, at("2026-11-17T02:02:00Z")).await.unwrap_err();
    assert_eq!(minute(&world, "2026-11-17T02:07:00Z").await.len(), 1);
}

#[tokio::test]
async fn an_sms_gateway_that_has_no_account_of_ours_is_never_asked() {
    let world = World::new().await;
    let code = submitted(&world).await;
    let gateways = Scripted::new([(Provider::Zalo, vec![declined(-118)])]);
    tell(&world, &world.notices, &gateways, &changed(&world, &code, 1).await, NOW).await.unwrap();
    let message = moved(&world, &code, "request-supplement", NOW).await;
    tell(&world, &world.notices, &gateways, &message, NOW).await.unwrap();
    let ends = |notice: NoticeRecord| (notice.state.name(), notice.reason.unwrap_or_default());
    assert_eq!(ends(world.notice(&code, 1).await), ("refused", "no-channel".to_owned()));
    // What the law wants waits until we have an account.
    assert_eq!(ends(world.notice(&code, 2).await), ("waiting", "no-provider".to_owned()));
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

#[tokio::test]
async fn an_officer_sees_why_a_notice_did_or_did_not_arrive_and_no_number() {
    let world = World::new().await;
    let code = submitted(&world).await;
    let gateways = Scripted::pair([declined(-118)], [accepted("s1")]);
    tell(&world, &world.notices, &gateways, &changed(&world, &code, 1).await, NOW).await.unwrap();
    let ask = || Call::new("GET /v1/dossiers/{code}/notices").code(&code);
    let answer = ask().officer("H20.03").at_track(&world).await;
    assert_eq!(answer.status, 200);
    let notice = &answer.body["notices"][0];
    assert_eq!((&notice["state"], &notice["costVnd"]), (&"sent".into(), &850.into()));
    let attempts: Vec<(&str, &str)> = notice["attempts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|attempt| (attempt["provider"].as_str().unwrap(), attempt["code"].as_str().unwrap()))
        .collect();
    assert_eq!(attempts, [("zalo", "-118"), ("esms", "accepted")]);
    assert!(
        !answer
            .body
            .to_string()
            .contains(&submission()["applicant"]["phone"].as_str().unwrap()[3..8])
    );
    let id = submission()["applicant"]["idNumber"].as_str().unwrap().to_owned();
    for stranger in [ask().officer("H20.09"), ask().citizen(&id), ask().portal()] {
        assert_eq!(stranger.at_track(&world).await.status, 403);
    }
}

/// The times in an answer that are finer than a millisecond, or not in UTC.
pub(crate) fn too_fine(answer: &Value) -> Vec<String> {
    match answer {
        Value::String(text) => {
            let is_time = text.parse::<jiff::Timestamp>().is_ok();
            let finer = text.split_once('.').is_some_and(|(_, rest)| rest.len() > "123Z".len());
            if is_time && (finer || !text.ends_with('Z')) { vec![text.clone()] } else { Vec::new() }
        }
        Value::Array(list) => list.iter().flat_map(too_fine).collect(),
        Value::Object(map) => map.values().flat_map(too_fine).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => Vec::new(),
    }
}

#[tokio::test]
async fn every_time_of_a_dossier_s_notices_is_as_fine_as_the_contract_says() {
    let world = World::new().await;
    let code = submitted(&world).await;
    let gateways = Scripted::pair([declined(-118)], [accepted("s1")]);
    let message = changed(&world, &code, 1).await;
    // As the clock gives it; what is counted from it, such as the next attempt, is no finer.
    tell(&world, &world.notices, &gateways, &message, "2026-11-17T02:00:00.123Z").await.unwrap();
    let call = Call::new("GET /v1/dossiers/{code}/notices").code(&code).officer("H20.03");
    let answer = call.at_track(&world).await;
    assert!(answer.body.to_string().contains("2026-11-17T02:00:00.123Z"), "{}", answer.body);
    assert_eq!(too_fine(&answer.body), Vec::<String>::new());
}

#[tokio::test]
async fn an_officer_sees_that_nothing_was_told_yet() {
    let world = World::new().await;
    let code = submitted(&world).await;
    let call = Call::new("GET /v1/dossiers/{code}/notices").code(&code).officer("H20.03");
    assert_eq!(call.at_track(&world).await.body["notices"], serde_json::json!([]));
}
