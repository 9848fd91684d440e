//! A process that dies between two calls.

use ingest_event::ingest;
use jiff::Timestamp;

use crate::support::call::{AGENCY, Call, submit_event, transition_event};
use crate::support::world::{Death, Mortal, NOW, World, at};

async fn submitted_code(world: &World) -> String {
    Call::submit("k").at_submit(&world.intake, world, at(NOW)).await.code()
}

#[tokio::test]
async fn a_submission_that_dies_before_it_is_stored_leaves_a_gap_and_nothing_else() {
    let world = World::new().await;
    let intake = Mortal::new(world.intake.clone(), Death::Before);
    let died = Call::submit("k").at_submit(&intake, &world, at(NOW)).await;
    assert_eq!((died.status, died.problem()), (503, "unavailable"));
    assert_eq!(world.count("DossiersTable").await, 0);
    intake.revive();
    let again = Call::submit("k").at_submit(&intake, &world, at(NOW)).await;
    assert_eq!((again.status, again.code()), (201, format!("{AGENCY}-261117-0002")));
}

#[tokio::test]
async fn a_submission_whose_answer_is_lost_is_answered_when_asked_again() {
    let world = World::new().await;
    let intake = Mortal::new(world.intake.clone(), Death::After);
    assert_eq!(Call::submit("k").at_submit(&intake, &world, at(NOW)).await.status, 503);
    intake.revive();
    let later: Timestamp = at("2026-11-17T02:05:00Z");
    let again = Call::submit("k").at_submit(&intake, &world, later).await;
    assert_eq!((again.status, again.code()), (201, format!("{AGENCY}-261117-0001")));
    assert_eq!(
        (again.body["submittedAt"].as_str(), world.count("DossiersTable").await),
        (Some(NOW), 1)
    );
}

#[tokio::test]
async fn a_transition_whose_answer_is_lost_is_answered_when_asked_again() {
    let world = World::new().await;
    let code = submitted_code(&world).await;
    let store = Mortal::new(world.dossiers.clone(), Death::After);
    let receive = Call::transition(&code, "receive", 1).header("idempotency-key", "r");
    assert_eq!(receive.clone().at_change(&store, &world, at(NOW)).await.status, 503);
    store.revive();
    let again = receive.at_change(&store, &world, at(NOW)).await;
    assert_eq!((again.status, &again.body["version"]), (200, &2.into()));
    assert_eq!(world.dossier(&code).await.history.len(), 2);
}

#[tokio::test]
async fn an_event_that_dies_halfway_is_taken_in_when_it_is_delivered_again() {
    let world = World::new().await;
    let code = "H20.03-261116-9001";
    let events = [
        submit_event("e1", "2026-11-16T03:00:00Z", Some(code)),
        transition_event("e2", "2026-11-16T04:00:00Z", code, "receive"),
    ];
    for death in [Death::Before, Death::After] {
        for event in &events {
            let store = Mortal::new(world.dossiers.clone(), death);
            let intake = Mortal::new(world.intake.clone(), death);
            let message = event.to_string();
            // The first delivery dies where the work was not done yet; the second always succeeds.
            let _died = ingest(&message, &store, &intake, &world.catalogue, at(NOW)).await;
            store.revive();
            intake.revive();
            ingest(&message, &store, &intake, &world.catalogue, at(NOW)).await.unwrap();
        }
    }
    assert_eq!((world.count("DossiersTable").await, world.dossier(code).await.version), (1, 2));
}
