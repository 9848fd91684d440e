//! What is handed in and received by nobody: the morning names it, and in the end its applicant is
//! told.

use domain::dossier::Action;
use domain::notice::NoticeClass;
use remind_deadline::{Outcome, remind};
use rollup_kpi::Order;
use serde_json::{Value, json};

use crate::support::call::{AGENCY, CITIZEN, Call};
use crate::support::days::{few_agencies, night, province};
use crate::support::world::{Death, Mortal, World, at};

/// Tuesday 17 November 2026, 09:00 in Viet Nam: to be received on Wednesday.
const HANDED_IN: &str = "2026-11-17T02:00:00Z";
/// The mornings of the days after, 06:00 in Viet Nam.
const WEDNESDAY: &str = "2026-11-17T23:00:00Z";
const THURSDAY: &str = "2026-11-18T23:00:00Z";
const FRIDAY: &str = "2026-11-19T23:00:00Z";
/// Past midnight in Viet Nam, when the days before are counted.
const WEDNESDAY_NIGHT: &str = "2026-11-18T18:00:00Z";
const THURSDAY_NIGHT: &str = "2026-11-19T18:00:00Z";

async fn handed_in(world: &World) -> String {
    Call::submit("k").at_submit(&world.intake, world, at(HANDED_IN)).await.code()
}

async fn morning(world: &World, now: &str) -> Outcome {
    let (order, dossiers) = (remind_deadline::Order::default(), &world.dossiers);
    remind(&order, dossiers, dossiers, &world.catalogue, at(now)).await.unwrap()
}

/// How many wait too long, and whose applicants were told.
async fn found(world: &World, now: &str) -> (u64, u64) {
    let outcome = morning(world, now).await;
    (outcome.unreceived, outcome.announced)
}

async fn actions(world: &World, code: &str) -> Vec<Action> {
    world.dossier(code).await.history.iter().map(|entry| entry.action).collect()
}

#[tokio::test]
async fn the_morning_names_what_nobody_received_in_a_day_and_after_two_tells_the_applicant_once() {
    let world = World::new().await;
    let code = handed_in(&world).await;
    assert_eq!(found(&world, WEDNESDAY).await, (0, 0));
    let thursday = morning(&world, THURSDAY).await;
    assert_eq!((thursday.unreceived, thursday.announced), (1, 0));
    let listed = &thursday.by_agency[&AGENCY.parse().unwrap()].unreceived;
    assert_eq!(listed.iter().map(|code| code.as_str()).collect::<Vec<_>>(), [code.as_str()]);
    assert_eq!(actions(&world, &code).await, [Action::Submit]);

    assert_eq!(found(&world, FRIDAY).await, (1, 1));
    // A second run, and the mornings after, find it told.
    assert_eq!(found(&world, FRIDAY).await, (1, 0));
    assert_eq!(found(&world, "2026-11-22T23:00:00Z").await, (1, 0));
    assert_eq!(actions(&world, &code).await, [Action::Submit, Action::AnnounceDelay]);
    // The applicant reads that it waits and where to ask, in the history as in a message.
    let history = Call::new("GET /v1/dossiers/{code}/history").code(&code).citizen(CITIZEN);
    let seen = history.at_track(&world).await.body["history"][1].take();
    assert_eq!((&seen["action"], &seen["status"]), (&json!("announce-delay"), &json!(1)));
    assert!(seen["reason"].as_str().unwrap().contains("1022"), "{seen}");
    let template = world.catalogue.templates().after(Action::AnnounceDelay).unwrap();
    assert_eq!(template.class, NoticeClass::Information);
    // And it is received as ever.
    let receipt = Call::transition(&code, "receive", 2);
    let receipt = receipt.at_change(&world.dossiers, &world, at(FRIDAY)).await;
    assert_eq!(receipt.status, 200, "{}", receipt.body);
    assert_eq!(found(&world, "2026-11-22T23:00:00Z").await, (0, 0));
}

#[tokio::test]
async fn what_waits_for_the_applicant_is_late_for_nobody_and_begins_anew_with_the_documents() {
    let world = World::new().await;
    let code = handed_in(&world).await;
    let asked = Call::transition(&code, "request-supplement", 1);
    let body: Value = json!({
        "action": "request-supplement", "expectedVersion": 1, "reason": "Thiếu hóa đơn.",
    });
    let asked = asked.body(&body).at_change(&world.dossiers, &world, at(HANDED_IN)).await;
    assert_eq!(asked.status, 200, "{}", asked.body);
    assert_eq!(found(&world, FRIDAY).await, (0, 0));
    let came = Call::transition(&code, "supplement", 2);
    let came = came.at_change(&world.dossiers, &world, at("2026-11-20T02:00:00Z")).await;
    assert_eq!(came.status, 200, "{}", came.body);
    // Friday 09:00: to be received on Monday. Tuesday the 24th is off: told on Thursday.
    for (now, expected) in [
        ("2026-11-22T23:00:00Z", (0, 0)),
        ("2026-11-23T23:00:00Z", (1, 0)),
        ("2026-11-24T23:00:00Z", (1, 0)),
        ("2026-11-25T23:00:00Z", (1, 1)),
    ] {
        assert_eq!(found(&world, now).await, expected, "{now}");
    }
}

#[tokio::test]
async fn a_run_that_dies_around_its_write_tells_the_applicant_once_all_the_same() {
    for (death, announced_later) in [(Death::Before, 1), (Death::After, 0)] {
        let world = World::new().await;
        let code = handed_in(&world).await;
        let store = Mortal::new(world.dossiers.clone(), death);
        let run = async || {
            let order = remind_deadline::Order::default();
            remind(&order, &world.dossiers, &store, &world.catalogue, at(FRIDAY)).await.unwrap()
        };
        let died = run().await;
        assert_eq!((died.announced, died.failed), (0, 1));
        store.revive();
        let again = run().await;
        assert_eq!((again.announced, again.failed), (announced_later, 0));
        assert_eq!(actions(&world, &code).await, [Action::Submit, Action::AnnounceDelay]);
    }
}

#[tokio::test]
async fn no_officer_and_no_portal_announces_a_delay() {
    let world = World::new().await;
    let code = handed_in(&world).await;
    let body = json!({ "action": "announce-delay", "expectedVersion": 1, "reason": "vì" });
    for call in [Call::transition(&code, "", 0), Call::transition(&code, "", 0).portal()] {
        let answer = call.body(&body).at_change(&world.dossiers, &world, at(FRIDAY)).await;
        assert_eq!((answer.status, answer.problem()), (403, "forbidden"));
    }
    assert_eq!(actions(&world, &code).await, [Action::Submit]);
}

#[tokio::test]
async fn the_night_counts_what_waits_too_long() {
    let world = few_agencies().await;
    handed_in(&world).await;
    for (day, morning, late) in
        [("2026-11-18", WEDNESDAY_NIGHT, 0), ("2026-11-19", THURSDAY_NIGHT, 1)]
    {
        night(&world, &Order::default(), at(morning)).await.unwrap();
        let row = province(&world, day).await;
        assert_eq!((row.waiting, row.waiting_late), (1, late), "{day}");
    }
}
