//! The law at the doors: whose clock counts, and until when an applicant may bring his papers.

use ingest_event::ingest;
use platform::Failure;

use crate::support::call::{AGENCY, Call, submit_event};
use crate::support::world::{World, at};

/// Takes an integrator's submission in at `now` on our clock.
async fn pushed(world: &World, time: &str, code: &str, now: &str) -> Result<(), Failure> {
    let event = submit_event(&format!("{code} at {time}"), time, Some(code)).to_string();
    ingest(&event, &world.dossiers, &world.reception, &world.catalogue, at(now)).await.map(drop)
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
        ("yesterday's code of a sender who is past midnight", "2026-11-17T17:00:01Z", "261117", ours),
        ("tomorrow's code of a sender who is not", "2026-11-17T16:59:59Z", "261118", ours),
        ("more than five minutes ahead", "2026-11-17T17:05:01Z", "261118", ours),
    ] {
        let refused = pushed(&world, time, &code(day, 9002), now).await.unwrap_err();
        assert_eq!(refused.slug(), "invalid-request", "{why}");
    }
}

#[tokio::test]
async fn an_officer_who_gives_a_dossier_up_too_early_is_told_until_when_papers_can_come() {
    let world = World::new().await;
    let now = "2026-11-17T02:00:00Z";
    let code = Call::submit("k").at_submit(&world.reception, &world, at(now)).await.code();
    let asked = Call::transition(&code, "request-supplement", 1).at_change(&world.dossiers, &world, at(now)).await;
    assert_eq!(asked.status, 200);
    let early = Call::transition(&code, "refuse-expired", 2);
    let answer = early.at_change(&world.dossiers, &world, at("2026-12-17T02:00:00Z")).await;
    assert_eq!((answer.status, answer.problem()), (400, "invalid-request"));
    let broken = &answer.body["errors"][0];
    assert_eq!((&broken["field"], &broken["rule"]), (&"action".into(), &"not-yet-expired".into()), "{}", answer.body);
    assert!(broken["detail"].as_str().unwrap().contains("2026-12-17"), "{broken}");
    let in_time = Call::transition(&code, "refuse-expired", 2);
    assert_eq!(in_time.at_change(&world.dossiers, &world, at("2026-12-17T17:00:00Z")).await.status, 200);
}
