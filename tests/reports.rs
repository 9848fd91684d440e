//! What the gateways report: signed or by the secret address, twice, late, out of order and forged.

mod esms;
mod prices;

use domain::thread::NoticeReason;
use platform::LogLine;
use platform::port::Contacts;
use serde_json::json;

use crate::support::call::{Call, esms_event, signed, zalo_event, zalo_report};
use crate::support::log::Log;
use crate::support::teller::{accepted, changed, declined, silent, tell, woken};
use crate::support::world::{Death, Mortal, NOW, Scripted, World, at};

const SOON: &str = "2026-11-17T02:00:05Z";

/// A dossier of which `zalo` and `esms` were told as `gateways` say.
async fn told(world: &World, gateways: &Scripted) -> String {
    let code = Call::submit("k").at_submit(&world.intake, world, at(NOW)).await.code();
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
async fn what_zalo_reports_besides_is_answered_and_ignored() {
    let world = World::new().await;
    for event in ["follow", "unfollow", "user_send_text"] {
        let time = at(SOON).as_millisecond().to_string();
        let body =
            json!({ "event_name": event, "timestamp": time, "message": { "text": "xin chào" } })
                .to_string();
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
async fn an_end_is_never_moved_back_by_a_late_report() {
    let world = World::new().await;
    let code = told(&world, &Scripted::pair([declined(-118)], [accepted("s1")])).await;
    esms_event(&format!("{code}/1"), "s1", "5", "1")
        .at_report(&world.notices, &world, at(SOON))
        .await;
    esms_event(&format!("{code}/1"), "s1", "5", "0")
        .at_report(&world.notices, &world, at(SOON))
        .await;
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
    assert_eq!(
        (notice.state.is_end(), notice.reason.as_ref().map(NoticeReason::name)),
        (true, Some("no-report-came"))
    );
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

/// What eSMS says of `s1`, as these fields.
async fn esms_says(
    world: &World,
    code: &str,
    fields: &[(&str, &str)],
) -> crate::support::call::Answer {
    let call = Call::new("GET /v1/callbacks/esms/{secret}")
        .path("secret", crate::support::call::ESMS_SECRET);
    let call = call.query("SMSID", "s1").query("RequestId", &format!("{code}/1"));
    let call = fields.iter().fold(call, |call, (name, value)| call.query(name, value));
    call.at_report(&world.notices, world, at(SOON)).await
}

/// A dossier of which eSMS was told, under the name `s1`.
async fn notified_by_sms(world: &World) -> String {
    told(world, &Scripted::pair([declined(-118)], [accepted("s1")])).await
}

#[tokio::test]
async fn what_zalo_writes_as_a_number_is_read() {
    let world = World::new().await;
    let code =
        told(&world, &Scripted::pair([accepted("9007199254740993")], [accepted("s1")])).await;
    let time = at(SOON).as_millisecond();
    let body = format!(
        r#"{{"event_name":"user_received_message","timestamp":{time},"message":{{"msg_id":9007199254740993,"tracking_id":"{code}/1","delivery_time":{time}}}}}"#
    );
    let answer = signed(&body, &time.to_string()).at_report(&world.notices, &world, at(SOON)).await;
    assert_eq!((answer.status, &answer.body["taken"]), (200, &true.into()));
}

#[tokio::test]
async fn what_zalo_signs_and_is_no_report_of_ours_is_answered_and_ignored() {
    let world = World::new().await;
    let code = told(&world, &Scripted::pair([accepted("m1")], [accepted("s1")])).await;
    let time = at(SOON).as_millisecond().to_string();
    for message in [
        json!(null),
        json!("m1"),
        json!([]),
        json!({ "msg_id": 1.5, "tracking_id": format!("{code}/1") }),
        json!({ "msg_id": ["m1"], "tracking_id": format!("{code}/1") }),
        json!({ "msg_id": "", "tracking_id": format!("{code}/1") }),
        json!({ "msg_id": "m".repeat(101), "tracking_id": format!("{code}/1") }),
        json!({ "msg_id": "m1", "tracking_id": { "code": code } }),
        json!({ "msg_id": "m1", "tracking_id": -1 }),
    ] {
        let body =
            json!({ "event_name": "user_received_message", "timestamp": time, "message": message })
                .to_string();
        let answer = signed(&body, &time).at_report(&world.notices, &world, at(SOON)).await;
        assert_eq!((answer.status, &answer.body["taken"]), (200, &false.into()), "{message}");
    }
    assert_eq!(state(&world, &code).await, ("sent", false));
}

#[tokio::test]
async fn a_report_dated_ahead_does_not_live_for_ever() {
    let world = World::new().await;
    let code = told(&world, &Scripted::pair([accepted("m1")], [accepted("s1")])).await;
    for (dated, taken) in [
        ("9999-12-30T00:00:00Z", false),
        ("2027-11-17T02:00:05Z", false),
        ("2026-11-17T02:05:06Z", false),
        // Zalo's clock may be a little ahead of ours.
        ("2026-11-17T02:05:05Z", true),
    ] {
        let call = zalo_event(&format!("{code}/1"), "m1", at(dated));
        let answer = call.at_report(&world.notices, &world, at(SOON)).await;
        assert_eq!((answer.status, &answer.body["taken"]), (200, &taken.into()), "{dated}");
    }
}

#[tokio::test]
async fn near_the_end_of_the_month_s_budget_one_line_is_logged_and_after_it_another() {
    for (spent, line) in [
        (47_000_000, None),
        (48_000_000, Some(LogLine::BudgetNearlyUsedUp)),
        (60_000_000, Some(LogLine::BudgetUsedUp)),
    ] {
        let world = World::new().await;
        let phone = "0987654321".to_owned().try_into().unwrap();
        let charge = domain::thread::Charge { vnd: spent, ..Default::default() };
        world.contacts.count(Some(&phone), charge, at(NOW)).await.unwrap();
        let log = Log::kept();
        told(&world, &Scripted::pair([accepted("m1")], [accepted("s1")])).await;
        for of_budget in [LogLine::BudgetNearlyUsedUp, LogLine::BudgetUsedUp] {
            let times = usize::from(line == Some(of_budget));
            assert_eq!(log.of(of_budget).len(), times, "{of_budget} at {spent}");
        }
    }
}

#[tokio::test]
async fn what_gateways_accept_decline_and_report_is_logged_with_the_fields_that_the_metrics_read() {
    let world = World::new().await;
    let log = Log::kept();
    let code = told(&world, &Scripted::pair([declined(-118)], [accepted("s1")])).await;
    let not_taken = &log.of(LogLine::NoticeNotTaken)[..];
    let [line] = not_taken else { panic!("{not_taken:?}") };
    assert_eq!((&line["provider"], &line["code"]), (&"zalo".into(), &"-118".into()));
    let accepted = &log.of(LogLine::NoticeAccepted)[..];
    let [line] = accepted else { panic!("{accepted:?}") };
    assert_eq!(
        (&line["provider"], &line["seconds"], &line["deferred"]),
        (&"esms".into(), &0.into(), &false.into())
    );
    let call = esms_event(&format!("{code}/1"), "s1", "5", "1");
    assert_eq!(call.at_report(&world.notices, &world, at(SOON)).await.status, 200);
    let recorded = &log.of(LogLine::ReportRecorded)[..];
    let [line] = recorded else { panic!("{recorded:?}") };
    assert_eq!((&line["provider"], &line["settled"]), (&"esms".into(), &false.into()));
}

#[tokio::test]
async fn what_is_left_unknown_is_counted_and_shown_until_a_report_settles_it() {
    let world = World::new().await;
    let gateways = Scripted::pair([silent()], [accepted("s1")]);
    let code = told(&world, &gateways).await;
    let shown = || {
        Call::new("GET /v1/dossiers/{code}/notices").code(&code).officer("H20.03").at_track(&world)
    };
    assert_eq!(shown().await.body["leftUnknown"], 0);
    let log = Log::kept();
    for _ in 0..2 {
        tell(&world, &world.notices, &gateways, &woken(&code), "2026-11-17T02:30:00Z")
            .await
            .unwrap();
    }
    let lines = log.of(LogLine::NoticeLeftUnknown);
    let counted: Vec<_> = lines.iter().map(|line| line["left_unknown"].clone()).collect();
    assert_eq!(counted, [1], "counted once");
    assert_eq!(shown().await.body["leftUnknown"], 1);
    let answer = zalo_report(&world, &format!("{code}/1"), "m1", "2026-11-17T09:30:00Z").await;
    assert_eq!(answer.body["taken"], true);
    assert_eq!(
        (state(&world, &code).await, shown().await.body["leftUnknown"].clone()),
        (("delivered", true), 0.into())
    );
}

#[tokio::test]
async fn no_ugly_report_fails_us_or_moves_a_notice_that_it_does_not_name() {
    let world = World::new().await;
    let code = notified_by_sms(&world).await;
    let name = format!("{code}/1");
    let time = at(SOON).as_millisecond().to_string();
    let event = |message: serde_json::Value| {
        json!({ "event_name": "user_received_message", "timestamp": time, "message": message })
            .to_string()
    };
    let deep = format!("{}1{}", "[".repeat(200), "]".repeat(200));
    let twice = format!(
        r#"{{"timestamp":"{time}","timestamp":"{time}","event_name":"user_received_message"}}"#
    );
    let signed_bodies = [
        event(json!({ "msg_id": "m1", "tracking_id": format!("{name}\u{200b}") })),
        event(json!({ "msg_id": "m1", "tracking_id": format!("{code}/18446744073709551616") })),
        event(json!({ "msg_id": "m1", "tracking_id": format!("{code}/-1") })),
        event(json!({ "msg_id": "m1", "tracking_id": format!("{name}/r/r") })),
        event(json!({ "msg_id": "m1", "tracking_id": "x".repeat(50_000) })),
        event(json!({ "msg_id": true, "tracking_id": name })),
        event(json!({ "msg_id": "m1", "tracking_id": name, "delivery_time": "9".repeat(400) })),
        event(json!({ "msg_id": "\u{0}", "tracking_id": name })),
        event(json!({})),
        twice,
        format!(r#"{{"timestamp":"{time}","event_name":["user_received_message"]}}"#),
        format!(r#"{{"timestamp":"{time}","event_name":null,"message":{deep}}}"#),
        format!(r#"{{"timestamp":"{time}"}}"#),
        format!("\u{feff}{}", event(json!({ "msg_id": "m1", "tracking_id": name }))),
        "[]".to_owned(),
        "null".to_owned(),
        String::new(),
    ];
    for body in signed_bodies {
        let answer = signed(&body, &time).at_report(&world.notices, &world, at(SOON)).await;
        assert!([200, 400, 401].contains(&answer.status), "{}: {body:.80}", answer.status);
        assert_ne!(answer.body["taken"], true, "{body:.80}");
    }
    for odd in ["", "-1", "1e3", "99999999999999999999", "١", "1.5"] {
        let answer = signed(&event(json!({})).replace(&time, odd), odd)
            .at_report(&world.notices, &world, at(SOON))
            .await;
        assert!([200, 401].contains(&answer.status), "{odd}");
    }
    let long = "x".repeat(5_000);
    let queries: [&[(&str, &str)]; 12] = [
        &[("SMSID", ""), ("SendStatus", "5"), ("SendSuccess", "1")],
        &[("SMSID", long.as_str()), ("SendStatus", "5"), ("SendSuccess", "1")],
        &[("SMSID", "s1\n"), ("RequestId", "%2e%2e/1"), ("SendStatus", "5"), ("SendSuccess", "1")],
        &[("RequestId", "H20.03-261117-0001/0"), ("SendStatus", "5"), ("SendSuccess", "1")],
        &[("RequestId", long.as_str()), ("SendStatus", "5"), ("SendSuccess", "1")],
        &[("SendStatus", "5"), ("SendSuccess", "18446744073709551616")],
        &[("SendStatus", "5"), ("SendSuccess", "-1"), ("SendFailed", "NaN")],
        &[("SendStatus", "٥"), ("SendSuccess", "1")],
        &[("SendStatus", long.as_str()), ("SendSuccess", "1")],
        &[("SendStatus", "5,5"), ("SendSuccess", "1,1")],
        &[("SendStatus", "7"), ("SendSuccess", "1"), ("TotalPrice", long.as_str())],
        &[
            ("SMSID", "another"),
            ("SendStatus", "5"),
            ("SendSuccess", "1"),
            ("TotalPrice", "4,242,424"),
        ],
    ];
    for fields in queries {
        let answer = esms_says(&world, &code, fields).await;
        assert_eq!((answer.status, &answer.body["taken"]), (200, &false.into()), "{fields:.60?}");
    }
    for twice in [("SendStatus", "4"), ("SMSID", "s1"), ("TotalPrice", "850")] {
        let call = esms_event(&name, "s1", "5", "1").also(twice.0, twice.1);
        assert_eq!(call.at_report(&world.notices, &world, at(SOON)).await.status, 400, "{twice:?}");
    }
    assert_eq!(state(&world, &code).await, ("sent", false));
    let answer = esms_says(
        &world,
        &code,
        &[("SendStatus", "5"), ("SendSuccess", "1"), ("TotalPrice", &long)],
    )
    .await;
    assert_eq!((answer.status, state(&world, &code).await), (200, ("delivered", true)));
    let kept = world.notice(&code, 1).await.attempts.last().unwrap().implausible_price.clone();
    assert_eq!(kept.as_deref(), Some("unreadable"));
}
