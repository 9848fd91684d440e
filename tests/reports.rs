//! What the gateways report: signed or by the secret address, twice, late, out of order and forged.

use serde_json::json;

use crate::support::call::{Call, esms_event, signed, zalo_event, zalo_report};
use crate::support::teller::{accepted, changed, declined, silent, tell, woken};
use crate::support::world::{Death, Mortal, NOW, Scripted, World, at};

const SOON: &str = "2026-11-17T02:00:05Z";

/// A dossier of which `zalo` and `esms` were told as `gateways` say.
async fn told(world: &World, gateways: &Scripted) -> String {
    let code = Call::submit("k").at_submit(&world.reception, world, at(NOW)).await.code();
    tell(world, &world.notices, gateways, &changed(world, &code, 1).await, NOW).await.unwrap();
    code
}

async fn state(world: &World, code: &str) -> (&'static str, bool) {
    let state = world.notice(code, 1).await.state;
    (state.name(), state.is_end())
}

#[tokio::test]
async fn a_message_that_arrived_is_delivered_and_a_repeated_report_changes_nothing() {
    let world = World::new().await;
    let code = told(&world, &Scripted::pair([accepted("m1")], [accepted("s1")])).await;
    let answers = [
        zalo_report(&world, &format!("{code}/1"), "m1", SOON).await,
        zalo_report(&world, &format!("{code}/1"), "m1", SOON).await,
    ];
    assert_eq!(
        answers.map(|answer| (answer.status, answer.body["taken"].clone())),
        [(200, true.into()), (200, false.into())]
    );
    assert_eq!(state(&world, &code).await, ("delivered", true));
}

#[tokio::test]
async fn a_forged_report_is_turned_away_and_moves_nothing() {
    let world = World::new().await;
    let code = told(&world, &Scripted::pair([accepted("m1")], [accepted("s1")])).await;
    let real = || zalo_event(&format!("{code}/1"), "m1", at(SOON));
    let forged = [
        real().header("x-zevent-signature", &format!("mac={}", "0".repeat(64))),
        real().header("x-zevent-signature", "mac="),
        real().header("x-zevent-signature", "no mac"),
        real().without_header("x-zevent-signature"),
        real().raw(&json!({ "event_name": "user_received_message", "timestamp": "1" }).to_string()),
        real().raw("not JSON"),
    ];
    for call in forged {
        let answer = call.at_report(&world.notices, &world, at(SOON)).await;
        assert_eq!((answer.status, answer.problem()), (401, "unauthorized"));
    }
    assert_eq!(state(&world, &code).await, ("sent", false));
}

#[tokio::test]
async fn a_report_is_signed_over_its_very_bytes() {
    let world = World::new().await;
    let code = told(&world, &Scripted::pair([accepted("m1")], [accepted("s1")])).await;
    let time = at(SOON).as_millisecond();
    // Blanks, an escape and a number where others write text: signed as it stands.
    let body = format!(
        "{{ \"event_name\" : \"user_received_message\",\n \"timestamp\":{time}, \"message\": {{\"msg_id\":\"m1\", \"tracking_id\":\"{}\\/1\"}} }}",
        code
    );
    let answer = signed(&body, &time.to_string()).at_report(&world.notices, &world, at(SOON)).await;
    assert_eq!((answer.status, &answer.body["taken"]), (200, &true.into()));
}

#[tokio::test]
async fn an_old_report_sent_again_by_somebody_is_ignored() {
    let world = World::new().await;
    let code = told(&world, &Scripted::pair([accepted("m1")], [accepted("s1")])).await;
    let call = zalo_event(&format!("{code}/1"), "m1", at(SOON));
    let answer = call.at_report(&world.notices, &world, at("2026-11-18T02:00:06Z")).await;
    assert_eq!((answer.status, &answer.body["taken"]), (200, &false.into()));
    assert_eq!(state(&world, &code).await, ("sent", false));
}

#[tokio::test]
async fn what_zalo_tells_besides_is_answered_and_ignored() {
    let world = World::new().await;
    for event in ["follow", "unfollow", "user_send_text"] {
        let time = at(SOON).as_millisecond().to_string();
        let body = json!({ "event_name": event, "timestamp": time, "message": { "text": "xin chào" } }).to_string();
        let answer = signed(&body, &time).at_report(&world.notices, &world, at(SOON)).await;
        assert_eq!((answer.status, &answer.body["taken"]), (200, &false.into()), "{event}");
    }
}

#[tokio::test]
async fn a_report_of_a_message_that_nobody_sent_moves_nothing() {
    let world = World::new().await;
    let code = told(&world, &Scripted::pair([accepted("m1")], [accepted("s1")])).await;
    for (name, message) in [
        (format!("{code}/1"), "another"),
        (format!("{code}/2"), "m1"),
        ("H20.03-261117-9999/1".to_owned(), "m1"),
        ("nonsense".to_owned(), "m1"),
        (String::new(), "m1"),
    ] {
        let answer = zalo_report(&world, &name, message, SOON).await;
        assert_eq!((answer.status, &answer.body["taken"]), (200, &false.into()), "{name}");
    }
    assert_eq!(state(&world, &code).await, ("sent", false));
}

#[tokio::test]
async fn an_sms_is_delivered_failed_or_undecided_as_esms_says() {
    for (status, sent, expected) in [
        ("5", "1", "delivered"),
        ("5", "0", "refused"),
        ("4", "0", "refused"),
        ("1", "0", "sent"),
        ("2", "0", "sent"),
        ("7", "0", "sent"),
        ("99", "1", "sent"),
    ] {
        let world = World::new().await;
        let code = told(&world, &Scripted::pair([declined(-118)], [accepted("s1")])).await;
        let call = esms_event(&format!("{code}/1"), "s1", status, sent);
        assert_eq!(call.at_report(&world.notices, &world, at(SOON)).await.status, 200);
        assert_eq!(state(&world, &code).await.0, expected, "{status} {sent}");
    }
}

#[tokio::test]
async fn what_esms_says_of_a_failure_is_kept_as_a_code_and_never_as_free_text() {
    for (error, kept) in [("telco-17", "telco-17"), ("so 0912345678 bi chan", "status-5"), ("", "status-5")] {
        let world = World::new().await;
        let code = told(&world, &Scripted::pair([declined(-118)], [accepted("s1")])).await;
        let call = esms_event(&format!("{code}/1"), "s1", "5", "0").query("error_info", error);
        assert_eq!(call.at_report(&world.notices, &world, at(SOON)).await.status, 200);
        assert_eq!(world.notice(&code, 1).await.attempts.last().unwrap().code, kept, "{error}");
    }
}

#[tokio::test]
async fn esms_reports_by_the_secret_address_alone() {
    let world = World::new().await;
    let code = told(&world, &Scripted::pair([declined(-118)], [accepted("s1")])).await;
    for secret in ["", "a-secret-in-an-addres", "a-secret-in-an-address ", "A-SECRET-IN-AN-ADDRESS"] {
        let call = esms_event(&format!("{code}/1"), "s1", "5", "1").path("secret", secret);
        let answer = call.at_report(&world.notices, &world, at(SOON)).await;
        assert_eq!((answer.status, answer.problem()), (404, "route-not-found"), "{secret}");
    }
    assert_eq!(state(&world, &code).await, ("sent", false));
}

#[tokio::test]
async fn a_message_that_did_not_arrive_by_sms_goes_by_the_channel_that_remains() {
    let world = World::new().await;
    let code = Call::submit("k").at_submit(&world.reception, &world, at(NOW)).await.code();
    let id = world.dossier(&code).await.applicant.id_number;
    let sms_first = platform::dynamo::NoticePreference {
        channels: vec![domain::notice::NoticeChannel::Sms, domain::notice::NoticeChannel::Zalo],
        ..Default::default()
    };
    world.contacts.prefer(&id, &sms_first).await.unwrap();
    let gateways = Scripted::pair([accepted("m1")], [accepted("s1")]);
    tell(&world, &world.notices, &gateways, &changed(&world, &code, 1).await, NOW).await.unwrap();
    let call = esms_event(&format!("{code}/1"), "s1", "5", "0");
    call.at_report(&world.notices, &world, at(SOON)).await;
    tell(&world, &world.notices, &gateways, &woken(&code), SOON).await.unwrap();
    assert_eq!(gateways.asked(), [("esms", format!("{code}/1")), ("zalo", format!("{code}/1"))]);
}

#[tokio::test]
async fn an_end_is_never_moved_back_by_a_late_report() {
    let world = World::new().await;
    let code = told(&world, &Scripted::pair([declined(-118)], [accepted("s1")])).await;
    esms_event(&format!("{code}/1"), "s1", "5", "1").at_report(&world.notices, &world, at(SOON)).await;
    esms_event(&format!("{code}/1"), "s1", "5", "0").at_report(&world.notices, &world, at(SOON)).await;
    assert_eq!(state(&world, &code).await, ("delivered", true));
}

#[tokio::test]
async fn a_report_settles_what_was_unknown() {
    let world = World::new().await;
    let code = told(&world, &Scripted::pair([silent()], [accepted("s1")])).await;
    assert_eq!(state(&world, &code).await, ("unknown", false));
    // Whoever never heard the gateway's name for the message learns it from the report.
    zalo_report(&world, &format!("{code}/1"), "m1", SOON).await;
    assert_eq!(state(&world, &code).await, ("delivered", true));
}

#[tokio::test]
async fn a_report_that_never_comes_ends_the_wait_after_three_days() {
    let world = World::new().await;
    let gateways = Scripted::pair([accepted("m1")], [accepted("s1")]);
    let code = told(&world, &gateways).await;
    tell(&world, &world.notices, &gateways, &woken(&code), "2026-11-20T02:00:00Z").await.unwrap();
    let notice = world.notice(&code, 1).await;
    assert_eq!((notice.state.is_end(), notice.reason.as_deref()), (true, Some("no-report-came")));
}

#[tokio::test]
async fn a_report_whose_record_fails_is_answered_as_our_fault_and_taken_when_it_comes_again() {
    for death in [Death::Before, Death::After] {
        let world = World::new().await;
        let code = told(&world, &Scripted::pair([accepted("m1")], [accepted("s1")])).await;
        let book = Mortal::new(world.notices.clone(), death);
        let call = zalo_event(&format!("{code}/1"), "m1", at(SOON));
        assert_eq!(call.clone().at_report(&book, &world, at(SOON)).await.status, 503);
        book.revive();
        assert_eq!(call.at_report(&book, &world, at(SOON)).await.status, 200);
        assert_eq!(state(&world, &code).await, ("delivered", true));
    }
}
