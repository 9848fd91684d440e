//! What citizens are told, by what, when and how often: the notices queue, the minute and the
//! gateways' reports.

mod doubt;
mod limits;
mod minute;
mod situations;
mod tellers;
mod together;
mod told;

use std::collections::BTreeMap;

use domain::notice::Provider;
use domain::notice::codes::Treatment;
use domain::thread::{NoticeReason, NoticeRecord};
use futures::future::join_all;
use platform::gateway::Verdict;
use platform::message::CloudEvent;
use platform::port::Contacts;
use serde_json::{Value, json};
use wake_notices::{Order, wake};

use crate::support::call::{Call, submission};
use crate::support::memory::Memory;
use crate::support::teller::{
    accepted, changed, declined, not_taken, sent_back, tell, tell_with, with_speedsms, woken,
};
use crate::support::world::{Kept, NOW, Scripted, World, at};

async fn submitted(world: &World) -> String {
    Call::submit("k").at_submit(&world.intake, world, at(NOW)).await.code()
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
async fn a_message_delivered_twice_notifies_the_applicant_once() {
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
async fn a_message_delivered_to_ten_processes_at_once_notifies_the_applicant_once() {
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
        (notice.state.name(), notice.reason.as_ref().map(NoticeReason::name), notice.cost_vnd()),
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
async fn each_listed_code_has_the_effect_that_the_table_says() {
    let world = World::new().await;
    let model = world.dossier(&submitted(&world).await).await;
    let catalogue = with_speedsms();
    for (number, (provider, code, ruling)) in (1..).zip(catalogue.codes().listed()) {
        let dossier = Memory::copy(&model, "H20.03", number);
        let (told, phone) = (
            dossier.code.clone().into(),
            dossier.applicant.as_ref().unwrap().phone.clone().unwrap(),
        );
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
async fn an_sms_gateway_that_has_no_account_of_ours_is_never_asked() {
    let world = World::new().await;
    let code = submitted(&world).await;
    let gateways = Scripted::new([(Provider::Zalo, vec![declined(-118)])]);
    tell(&world, &world.notices, &gateways, &changed(&world, &code, 1).await, NOW).await.unwrap();
    let message = moved(&world, &code, "request-supplement", NOW).await;
    tell(&world, &world.notices, &gateways, &message, NOW).await.unwrap();
    let ends = |notice: NoticeRecord| {
        (notice.state.name(), notice.reason.map(String::from).unwrap_or_default())
    };
    assert_eq!(ends(world.notice(&code, 1).await), ("refused", "no-channel".to_owned()));
    // What the law wants waits until we have an account.
    assert_eq!(ends(world.notice(&code, 2).await), ("waiting", "no-provider".to_owned()));
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
async fn an_officer_sees_that_nothing_was_sent_yet() {
    let world = World::new().await;
    let code = submitted(&world).await;
    let call = Call::new("GET /v1/dossiers/{code}/notices").code(&code).officer("H20.03");
    assert_eq!(call.at_track(&world).await.body["notices"], serde_json::json!([]));
}
