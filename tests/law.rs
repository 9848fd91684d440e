//! The law at the doors: whose clock counts, and until when an applicant may bring their documents.

use ingest_event::ingest;
use platform::Failure;
use serde_json::{Value, json};

use crate::support::call::{AGENCY, Answer, CITIZEN, Call, submission_for, submit_event};
use crate::support::world::{World, at};

/// The ward that the example events are of.
const COMMUNE: &str = "H20.101";

/// Takes an integrator's submission in at `now` on our clock.
async fn pushed(world: &World, time: &str, code: &str, now: &str) -> Result<(), Failure> {
    let event = submit_event(&format!("{code} at {time}"), time, Some(code)).to_string();
    ingest(&event, &world.dossiers, &world.intake, &world.catalogue, at(now)).await.map(drop)
}

// Midnight in Viet Nam is 17:00 UTC; a sender's clock may run up to five minutes ahead of ours.
#[tokio::test]
async fn a_code_carries_the_day_of_the_senders_clock_though_ours_is_not_there_yet() {
    let world = World::new().await;
    let code = |day: &str, number: u32| format!("{AGENCY}-{day}-{number}");
    let ours = "2026-11-17T16:59:58Z";
    pushed(&world, "2026-11-17T17:00:01Z", &code("261118", 9001), ours).await.unwrap();
    let kept = world.dossier(&code("261118", 9001)).await;
    assert_eq!(kept.submitted_at, at(ours), "and still nothing happens after we learned of it");
    for (why, time, day, now) in [
        (
            "yesterday's code of a sender who is past midnight",
            "2026-11-17T17:00:01Z",
            "261117",
            ours,
        ),
        ("tomorrow's code of a sender who is not", "2026-11-17T16:59:59Z", "261118", ours),
        ("more than five minutes ahead", "2026-11-17T17:05:01Z", "261118", ours),
    ] {
        let refused = pushed(&world, time, &code(day, 9002), now).await.unwrap_err();
        assert_eq!(refused.slug(), "invalid-request", "{why}");
    }
}

#[tokio::test]
async fn an_officer_who_gives_a_dossier_up_too_early_is_shown_until_when_documents_can_come() {
    let world = World::new().await;
    let now = "2026-11-17T02:00:00Z";
    let code = Call::submit("k").at_submit(&world.intake, &world, at(now)).await.code();
    let asked = Call::transition(&code, "request-supplement", 1)
        .at_change(&world.dossiers, &world, at(now))
        .await;
    assert_eq!(asked.status, 200);
    let early = Call::transition(&code, "refuse-expired", 2);
    let answer = early.at_change(&world.dossiers, &world, at("2026-12-17T02:00:00Z")).await;
    assert_eq!((answer.status, answer.problem()), (400, "invalid-request"));
    let broken = &answer.body["errors"][0];
    assert_eq!(
        (&broken["field"], &broken["rule"]),
        (&"action".into(), &"not-yet-expired".into()),
        "{}",
        answer.body
    );
    assert!(broken["detail"].as_str().unwrap().contains("2026-12-17"), "{broken}");
    let in_time = Call::transition(&code, "refuse-expired", 2);
    assert_eq!(
        in_time.at_change(&world.dossiers, &world, at("2026-12-17T17:00:00Z")).await.status,
        200
    );
}

/// The answer of the deadline's door to `call`.
async fn deadline(world: &World, call: Call) -> Answer {
    call.at_track(world).await
}

/// Each day of a count, as `date reckoning`.
fn days(answer: &Answer) -> Vec<String> {
    let days = answer.body["count"]["days"].as_array().unwrap().iter();
    let told = |day: &Value| {
        [&day["date"], &day["reckoning"]].map(|word| word.as_str().unwrap().to_owned()).join(" ")
    };
    days.map(told).collect()
}

// A birth is registered in one working day: received on Friday 20 November 2026 after 15:00, paid
// two days later than asked, after closing, apologised for; the 24th is a holiday from 2026 on.
#[tokio::test]
async fn a_deadline_explains_itself_after_a_pause_and_an_apology() {
    let world = World::new().await;
    let ask = |code: &str| Call::new("GET /v1/dossiers/{code}/deadline").code(code);
    let mut body = submission_for("1.001193");
    body["agency"] = COMMUNE.into();
    let submitted = Call::submit("k")
        .body(&body)
        .at_submit(&world.intake, &world, at("2026-11-20T01:00:00Z"))
        .await;
    let code = submitted.code();
    let before = deadline(&world, ask(&code).officer(COMMUNE)).await;
    assert_eq!(
        (before.status, &before.body),
        (200, &json!({ "code": code })),
        "there is nothing to count yet"
    );
    let promise = json!({
        "action": "apologise", "expectedVersion": 5, "reason": "Chờ xác minh.", "newDueOn": "2026-12-01",
    });
    for (version, action, time) in [
        (1, "receive", "2026-11-20T08:30:00Z"),
        (2, "process", "2026-11-20T08:40:00Z"),
        (3, "request-payment", "2026-11-23T02:00:00Z"),
        (4, "confirm-payment", "2026-11-25T10:30:00Z"),
        (5, "apologise", "2026-11-25T10:40:00Z"),
    ] {
        let call = Call::transition(&code, action, version).officer(COMMUNE);
        let call = if action == "apologise" { call.body(&promise) } else { call };
        let answer = call.at_change(&world.dossiers, &world, at(time)).await;
        assert_eq!(answer.status, 200, "{action}: {}", answer.body);
    }
    let told = deadline(&world, ask(&code).officer(COMMUNE)).await;
    assert_eq!(told.status, 200, "{}", told.body);
    let expected = [
        "2026-11-20 after-hand-over",
        "2026-11-21 off",
        "2026-11-22 off",
        "2026-11-23 received",
        "2026-11-24 off",
        "2026-11-25 counted",
        "2026-11-26 given-back",
    ];
    assert_eq!(days(&told), expected);
    let pause = json!([{ "from": "2026-11-23T02:00:00Z", "to": "2026-11-25T10:30:00Z" }]);
    assert_eq!(told.body["count"]["pauses"], pause);
    assert_eq!(
        told.body["count"]["pauseRule"]["count"], "closings",
        "the rule by which it was counted is named"
    );
    assert_eq!(told.body["count"]["days"][4]["text"], "holiday");
    assert_eq!(told.body["count"]["startedAt"], "2026-11-20T08:30:00Z");
    assert_eq!(told.body["count"]["dueAt"], told.body["originalDueAt"]);
    assert_eq!(
        (&told.body["dueAt"], &told.body["originalDueAt"]),
        (&json!("2026-12-01T10:00:00Z"), &json!("2026-11-26T10:00:00Z"))
    );
    assert_eq!(told.body["apology"]["newDueOn"], "2026-12-01");
}

#[tokio::test]
async fn a_deadline_is_shown_to_those_who_may_read_the_history() {
    let world = World::new().await;
    let code =
        Call::submit("k").at_submit(&world.intake, &world, at("2026-11-17T02:00:00Z")).await.code();
    let ask = || Call::new("GET /v1/dossiers/{code}/deadline").code(&code);
    for (who, call, status) in [
        ("the agency", ask().officer(AGENCY), 200),
        ("the portal", ask().portal(), 200),
        ("the applicant", ask().citizen(CITIZEN), 200),
        ("another agency", ask().officer("H20.09"), 403),
        ("another citizen", ask().citizen("087085005678"), 403),
        ("nobody", ask().nobody(), 401),
    ] {
        assert_eq!(deadline(&world, call).await.status, status, "{who}");
    }
}
