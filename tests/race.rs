//! Many at once.

use std::collections::BTreeSet;

use futures::future::join_all;
use serde_json::json;

use crate::support::call::{AGENCY, Answer, Call, submission, submit_event};
use crate::support::world::{NOW, World, at};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_hundred_identical_requests_at_once_make_one_dossier() {
    let world = World::new().await;
    let calls = (0..100).map(|_| Call::submit("same").at_submit(&world.reception, &world, at(NOW)));
    let answers: Vec<Answer> = join_all(calls).await;
    for answer in &answers {
        assert_eq!((answer.status, &answer.body), (201, &answers[0].body));
    }
    assert_eq!(world.count("DossiersTable").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_hundred_submissions_across_midnight_get_a_hundred_numbers() {
    let world = World::new().await;
    // Midnight in Viet Nam is 17:00 UTC.
    let sides = ["2026-11-16T16:59:59.999Z", "2026-11-16T17:00:00Z"];
    let world = &world;
    let calls = (0..100).map(|place| async move {
        Call::submit(&format!("k{place}")).at_submit(&world.reception, world, at(sides[place % 2])).await
    });
    let codes: BTreeSet<String> = join_all(calls).await.iter().map(Answer::code).collect();
    let day = |date: &str| (1..=50).map(|sequence| format!("{AGENCY}-{date}-{sequence:04}")).collect::<Vec<_>>();
    assert_eq!(codes, day("261116").into_iter().chain(day("261117")).collect());
}

#[tokio::test]
async fn a_block_of_codes_that_integrators_brought_is_passed() {
    let world = World::new().await;
    for sequence in 1..=120 {
        let code = format!("{AGENCY}-261117-{sequence:04}");
        let event = submit_event(&format!("e{sequence}"), "2026-11-17T01:00:00Z", Some(&code)).to_string();
        ingest_event::ingest(&event, &world.dossiers, &world.reception, &world.catalogue, at(NOW)).await.unwrap();
    }
    let codes = ["a", "b"].map(|key| Call::submit(key).at_submit(&world.reception, &world, at(NOW)));
    let codes: BTreeSet<String> = join_all(codes).await.iter().map(Answer::code).collect();
    assert_eq!(codes.len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_officers_at_once_one_wins_and_the_other_is_told() {
    let world = World::new().await;
    let code = Call::submit("k").at_submit(&world.reception, &world, at(NOW)).await.code();
    let calls = ["receive", "refuse", "request-supplement", "receive"]
        .map(|action| Call::transition(&code, action, 1).at_change(&world.dossiers, &world, at(NOW)));
    let mut statuses: Vec<u16> = join_all(calls).await.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409, 409, 409]);
    assert_eq!(world.dossier(&code).await.version, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_the_owner_s_recall_and_the_handler_s_hand_back_one_wins_and_the_other_is_told() {
    for _ in 0..10 {
        let world = World::new().await;
        let code = Call::submit("k").at_submit(&world.reception, &world, at(NOW)).await.code();
        Call::transition(&code, "receive", 1).at_change(&world.dossiers, &world, at(NOW)).await;
        let pass = json!({ "action": "pass-on", "expectedVersion": 2, "toAgency": "H20.12" });
        let passed = Call::transition(&code, "", 2).body(&pass).at_change(&world.dossiers, &world, at(NOW)).await;
        assert_eq!(passed.status, 200, "{}", passed.body);
        let calls = [("recall", AGENCY), ("hand-back", "H20.12")].map(|(action, agency)| {
            Call::transition(&code, action, 3).officer(agency).at_change(&world.dossiers, &world, at(NOW))
        });
        let mut statuses: Vec<u16> = join_all(calls).await.iter().map(|answer| answer.status).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409]);
        let dossier = world.dossier(&code).await;
        assert_eq!((dossier.version, dossier.handler), (4, None));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_same_key_with_different_bodies_at_once_makes_one_dossier() {
    let world = World::new().await;
    let bodies = ["a.pdf", "b.pdf", "c.pdf", "d.pdf"].map(|name| {
        let mut body = submission();
        body["documents"][0]["name"] = name.into();
        body
    });
    let calls = bodies.iter().map(|body| Call::submit("k").body(body).at_submit(&world.reception, &world, at(NOW)));
    let mut statuses: Vec<u16> = join_all(calls).await.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    assert_eq!((statuses, world.count("DossiersTable").await), (vec![201, 422, 422, 422], 1));
}
