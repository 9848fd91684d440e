//! A subscriber that has lost what it had gets it again since a day.

use platform::Failure;
use platform::national::Connected;
use platform::port::DossierStore;
use reconcile_deliveries::{Order, Outcome, reconcile};

use super::*;
use crate::support::world::Kept;

/// Has `system` told again of everything recorded since `since`.
async fn replayed(
    national: &National,
    world: &World,
    (system, since): (&str, Timestamp),
    now: Timestamp,
) -> Result<Outcome, Failure> {
    let order: Order = serde_json::from_value(json!({ "replay": system, "since": since })).unwrap();
    let connected = Connected {
        dvcqg: true,
        lgsp: false,
        vnpost: false,
        subscribers: Some(WebhookHosts::read(Some(HOST)).unwrap()),
    };
    let tables = (&world.dossiers, &world.deliveries, &world.office.feedback);
    let queue = Kept::default();
    let law = (&*national.catalogue, &connected);
    let outcome = reconcile(&order, tables, &queue, law, now).await;
    assert!(queue.sent.lock().unwrap().is_empty(), "the minute's wake brings it");
    outcome
}

/// Everything that is owed, brought in the next minutes.
async fn minutes(national: &National, now: Timestamp) {
    for minute in 0..3 {
        national.minute(now + SignedDuration::from_mins(minute)).await;
    }
}

#[tokio::test]
async fn who_lost_its_data_gets_what_was_recorded_since_again_in_order_under_the_same_ids() {
    let world = World::new().await;
    let hook = Hook::new().await;
    let national = told(&world, &hook, &json!({})).await;
    let (old, new) = (with_moves(&world, "a", 1).await, with_moves(&world, "b", 1).await);
    for code in [&old, &new] {
        taken(&national, &messages(&world, code).await, after(10)).await;
    }
    for second in [100, 200] {
        moves_on(&world, &new, after(second)).await;
    }
    taken(&national, &messages(&world, &new).await, after(210)).await;
    let since = after(100);
    hook.mend();
    let outcome = replayed(&national, &world, ("hook", since), after(300)).await.unwrap();
    assert_eq!((outcome.replayed, outcome.systems.len()), (Some(1), 0));
    minutes(&national, after(300)).await;
    assert_eq!(hook.ids(), ids(&new, 3..=4));
    // A second time, from the beginning.
    hook.mend();
    let outcome = replayed(&national, &world, ("hook", at(NOW)), after(900)).await.unwrap();
    assert_eq!(outcome.replayed, Some(2));
    minutes(&national, after(900)).await;
    let got = hook.ids();
    for (code, last) in [(&old, 2), (&new, 4)] {
        let of_one: Vec<String> =
            got.iter().filter(|id| id.starts_with(code.as_str())).cloned().collect();
        assert_eq!(of_one, ids(code, 1..=last));
    }
    assert_eq!(national.ledger.behind(&hook_id()).await.unwrap().lines, 0);
}

#[tokio::test]
async fn a_replay_switches_a_subscriber_on_that_had_said_it_is_gone() {
    let world = World::new().await;
    let hook = Hook::new().await;
    let national = told(&world, &hook, &json!({})).await;
    let code = with_moves(&world, "a", 1).await;
    hook.answers(|_| Some("410 Gone"));
    taken(&national, &messages(&world, &code).await, after(10)).await;
    hook.mend();
    national.minute(after(100_000)).await;
    assert_eq!(hook.ids(), [""; 0]);
    replayed(&national, &world, ("hook", at(NOW)), after(100_060)).await.unwrap();
    minutes(&national, after(100_060)).await;
    assert_eq!(hook.ids(), ids(&code, 1..=2));
    assert!(!national.line_of(&code, &hook_id()).await.is_behind());
}

#[tokio::test]
async fn a_replay_that_overtakes_a_delivery_takes_its_lease_and_loses_nothing() {
    let world = World::new().await;
    let hook = Hook::new().await;
    let national = told(&world, &hook, &json!({})).await;
    let code = with_moves(&world, "a", 1).await;
    taken(&national, &messages(&world, &code).await, after(10)).await;
    moves_on(&world, &code, after(20)).await;
    // Somebody is at the line, and will report once it is reopened.
    let dossier = code.parse().unwrap();
    let mut line = national.ledger.line(&dossier, &hook_id()).await.unwrap().unwrap();
    assert!(line.owe(3, after(21)) && line.start("slow", after(21), SignedDuration::from_mins(9)));
    line.advance();
    national.ledger.keep(&line).await.unwrap();
    replayed(&national, &world, ("hook", at(NOW)), after(30)).await.unwrap();
    let mut line = national.ledger.line(&dossier, &hook_id()).await.unwrap().unwrap();
    assert!(!line.acknowledge(3, "slow", after(31)), "it is nobody's any more");
    hook.mend();
    minutes(&national, after(40)).await;
    assert_eq!(hook.ids(), ids(&code, 1..=3));
}

#[tokio::test]
async fn a_new_subscriber_gets_what_was_recorded_before_it_was_entered() {
    let world = World::new().await;
    let hook = Hook::new().await;
    let national = told(&world, &hook, &json!({})).await;
    let code = with_moves(&world, "a", 2).await;
    assert!(world.dossiers.dossier(&code.parse().unwrap()).await.unwrap().is_some());
    let outcome = replayed(&national, &world, ("hook", at(NOW)), after(60)).await.unwrap();
    assert_eq!(outcome.replayed, Some(1));
    minutes(&national, after(60)).await;
    assert_eq!(hook.ids(), ids(&code, 1..=3));
}

#[tokio::test]
async fn what_is_no_subscriber_gets_nothing_again() {
    let world = World::new().await;
    let hook = Hook::new().await;
    let national = told(&world, &hook, &json!({})).await;
    for system in ["national-portal", "nobody"] {
        let refused = replayed(&national, &world, (system, at(NOW)), after(60)).await.unwrap_err();
        assert_eq!(refused.slug(), "invalid-request", "{system}");
    }
    let ahead = replayed(&national, &world, ("hook", after(61)), after(60)).await;
    assert_eq!(ahead.unwrap_err().slug(), "invalid-request");
}
