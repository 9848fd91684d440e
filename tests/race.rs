//! Many at once.

use std::collections::BTreeSet;

use futures::future::join_all;
use platform::port::Intake;
use serde_json::json;

use crate::support::call::{AGENCY, Answer, Call, submission};
use crate::support::world::{NOW, World, at};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_hundred_identical_requests_at_once_make_one_dossier() {
    let world = World::new().await;
    let calls = (0..100).map(|_| Call::submit("same").at_submit(&world.intake, &world, at(NOW)));
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
        Call::submit(&format!("k{place}"))
            .at_submit(&world.intake, world, at(sides[place % 2]))
            .await
    });
    let codes: BTreeSet<String> = join_all(calls).await.iter().map(Answer::code).collect();
    let day = |date: &str| {
        (1..=50).map(|sequence| format!("{AGENCY}-{date}-{sequence:04}")).collect::<Vec<_>>()
    };
    assert_eq!(codes, day("261116").into_iter().chain(day("261117")).collect());
}

#[tokio::test]
async fn a_block_of_codes_that_integrators_brought_is_passed() {
    let world = World::new().await;
    // As they were taken in before integrators had numbers of their own.
    let model = Call::submit("model").at_submit(&world.intake, &world, at(NOW)).await.code();
    for sequence in 2..=120 {
        world
            .plant("DossiersTable", &model, [("code", &format!("{AGENCY}-261117-{sequence:04}"))])
            .await;
    }
    let codes = ["a", "b"].map(|key| Call::submit(key).at_submit(&world.intake, &world, at(NOW)));
    let codes: BTreeSet<String> = join_all(codes).await.iter().map(Answer::code).collect();
    assert_eq!(codes.len(), 2);
}

#[tokio::test]
async fn codes_placed_at_doubling_distances_use_no_day_up() {
    let world = World::new().await;
    let model = Call::submit("model").at_submit(&world.intake, &world, at(NOW)).await.code();
    let placed: BTreeSet<String> =
        (0..20).map(|power| format!("{AGENCY}-261117-{:04}", 1_u32 << power)).collect();
    for code in placed.iter().filter(|code| **code != model) {
        world.plant("DossiersTable", &model, [("code", code)]).await;
    }
    for place in 0..40 {
        let answer =
            Call::submit(&format!("k{place}")).at_submit(&world.intake, &world, at(NOW)).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        let number: u32 = answer.code().rsplit('-').next().unwrap().parse().unwrap();
        assert!(number < 1_000 && !placed.contains(&answer.code()), "{}", answer.code());
    }
}

#[tokio::test]
async fn an_agency_that_has_no_number_left_says_so_and_stores_nothing() {
    let world = World::new().await;
    let day = "2026-11-17".parse().unwrap();
    world.intake.next_sequence(&AGENCY.parse().unwrap(), day, 8_888_999).await.unwrap();
    let answer = Call::submit("k").at_submit(&world.intake, &world, at(NOW)).await;
    assert_eq!((answer.status, answer.problem()), (500, "internal"));
    assert_eq!(world.count("DossiersTable").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_officers_at_once_one_wins_and_the_other_is_refused() {
    let world = World::new().await;
    let code = Call::submit("k").at_submit(&world.intake, &world, at(NOW)).await.code();
    let calls = ["receive", "refuse", "request-supplement", "receive"].map(|action| {
        Call::transition(&code, action, 1).at_change(&world.dossiers, &world, at(NOW))
    });
    let mut statuses: Vec<u16> = join_all(calls).await.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409, 409, 409]);
    assert_eq!(world.dossier(&code).await.version, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_the_owner_s_recall_and_the_handler_s_hand_back_one_wins_and_the_other_is_refused() {
    for _ in 0..10 {
        let world = World::new().await;
        let code = Call::submit("k").at_submit(&world.intake, &world, at(NOW)).await.code();
        Call::transition(&code, "receive", 1).at_change(&world.dossiers, &world, at(NOW)).await;
        let pass = json!({ "action": "forward", "expectedVersion": 2, "toAgency": "H20.12" });
        let passed = Call::transition(&code, "", 2)
            .body(&pass)
            .at_change(&world.dossiers, &world, at(NOW))
            .await;
        assert_eq!(passed.status, 200, "{}", passed.body);
        let calls = [("recall", AGENCY), ("hand-back", "H20.12")].map(|(action, agency)| {
            Call::transition(&code, action, 3).officer(agency).at_change(
                &world.dossiers,
                &world,
                at(NOW),
            )
        });
        let mut statuses: Vec<u16> =
            join_all(calls).await.iter().map(|answer| answer.status).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409]);
        let dossier = world.dossier(&code).await;
        assert_eq!((dossier.version, &dossier.handler), (4, &None));
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
    let calls = bodies
        .iter()
        .map(|body| Call::submit("k").body(body).at_submit(&world.intake, &world, at(NOW)));
    let mut statuses: Vec<u16> = join_all(calls).await.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    assert_eq!((statuses, world.count("DossiersTable").await), (vec![201, 422, 422, 422], 1));
}
