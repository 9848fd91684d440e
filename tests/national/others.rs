//! The failures that other systems are known for, each by its name: none of them is ours.

use super::*;
use crate::subscribers::{beside, hook_id, with_hook};
use crate::support::hook::Hook;
use crate::support::national::LEASE;

#[tokio::test]
async fn pending_for_ever_nothing_stays_on_its_way_when_its_process_has_died() {
    let world = World::new().await;
    let national = National::new(&world).await;
    let code = with_moves(&world, "a", 2).await;
    // Owed, leased by a process that never comes back; its message is gone too.
    let mut line = domain::delivery::Delivery::begun(code.parse().unwrap(), portal_id());
    assert!(line.owe(3, after(10)) && line.start("dead", after(10), LEASE));
    line.advance();
    national.ledger.keep(&line).await.unwrap();
    national.minute(after(20)).await;
    assert_eq!(national.statuses(&code), [""; 0], "somebody may still be at it");
    // No message, no operator: the minute alone.
    let due = national.line(&code).await.due_at().expect("what is owed always has a time");
    national.minute(due).await;
    assert_eq!(national.statuses(&code), ["1", "2", "4"]);
    assert!(!national.line(&code).await.is_behind());
}

#[tokio::test]
async fn receipts_of_strangers_beside_ours_and_receipts_that_are_missing_acknowledge_only_ours() {
    let world = World::new().await;
    let national = National::new(&world).await;
    let (one, other) = (with_moves(&world, "a", 0).await, with_moves(&world, "b", 0).await);
    let all = [messages(&world, &one).await, messages(&world, &other).await].concat();
    let fault = json!({ "mode": "strangers", "service": "DongBoHoSoMC", "times": 1 });
    national.portal.fault(&fault).unwrap();
    taken(&national, &all, after(2)).await;
    for code in [&one, &other] {
        assert_eq!(national.line(code).await.acknowledged(), 0, "{code}");
    }
    // Nobody has to find out: the next times come by themselves.
    for minute in 1..8 {
        national.minute(after(60 * minute)).await;
    }
    for code in [&one, &other] {
        assert_eq!(national.statuses(code), ["1"], "{code}");
        assert!(!national.line(code).await.is_behind(), "{code}");
    }
}

#[tokio::test]
async fn failures_that_are_counted_are_also_tried_again_after_a_month_of_them() {
    let world = World::new().await;
    let national = National::new(&world).await;
    let code = with_moves(&world, "a", 1).await;
    let fault = json!({ "mode": "refuse-item", "dossier": code, "code": "-7" });
    national.portal.fault(&fault).unwrap();
    taken(&national, &messages(&world, &code).await, after(2)).await;
    let mut due = after(2);
    let mut tries = 0;
    while due < after(30 * 86_400) {
        let line = national.line(&code).await;
        assert!(line.tries() > tries, "{} tries at {due}", line.tries());
        (tries, due) = (line.tries(), line.due_at().unwrap());
        national.minute(due).await;
    }
    assert!(tries > 100, "{tries}");
    national.portal.mend();
    national.minute(national.line(&code).await.due_at().unwrap()).await;
    assert_eq!(national.statuses(&code), ["1", "2"]);
}

#[tokio::test]
async fn a_confirmation_that_dies_with_a_webhook_is_owed_until_somebody_has_it() {
    let world = World::new().await;
    let hook = Hook::new().await;
    let mut national = National::new(&world).await;
    national.catalogue = with_hook();
    national.systems = std::mem::take(&mut national.systems).with(beside(&hook));
    // The fee is paid while the webhook that has to hear of it is dead, and so is its process after
    // it has heard.
    let code = with_moves(&world, "a", 6).await;
    let paid = world.dossier(&code).await.version;
    assert_eq!(world.dossier(&code).await.history[6].action.name(), "confirm-payment");
    hook.answers(|_| None);
    taken(&national, &messages(&world, &code).await, after(10)).await;
    for hour in 1..72 {
        national.minute(after(3_600 * hour)).await;
    }
    assert!(national.line_of(&code, &hook_id()).await.is_behind());
    assert!(!national.line(&code).await.is_behind(), "the portal has had it for long");
    hook.mend();
    for hour in 72..75 {
        national.minute(after(3_600 * hour)).await;
    }
    let told = hook.posted();
    assert_eq!(told.last().unwrap().event()["data"]["version"], paid);
    assert_eq!(told.last().unwrap().event()["data"]["action"], "confirm-payment");
    assert_eq!(hook.ids().len(), 7);
}

#[tokio::test]
async fn a_retry_to_a_subscriber_says_what_the_first_try_said_whatever_came_later() {
    let world = World::new().await;
    let hook = Hook::new().await;
    let mut national = National::new(&world).await;
    national.catalogue = with_hook();
    national.systems = std::mem::take(&mut national.systems).with(beside(&hook));
    let code = with_moves(&world, "a", 1).await;
    hook.answers(|_| Some("503 Service Unavailable"));
    taken(&national, &messages(&world, &code).await, after(10)).await;
    let first = hook.posted()[0].body.clone();
    for second in 20..24 {
        moves_on(&world, &code, after(second)).await;
    }
    hook.mend();
    national.minute(national.line_of(&code, &hook_id()).await.due_at().unwrap()).await;
    assert_eq!(hook.posted()[0].body, first, "letter by letter");
    let dossier = world.dossier(&code).await;
    for (posted, entry) in hook.posted().iter().zip(&dossier.history) {
        assert_eq!(posted.event()["data"]["status"], json!(entry.status));
    }
}
