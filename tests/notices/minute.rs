//! The minute that wakes what is due.

use super::*;
use domain::thread::NoticeReason;

#[tokio::test]
async fn one_agency_s_bulk_waits_for_its_place_and_another_s_notice_does_not() {
    let world = World::new().await;
    let code = submitted(&world).await;
    let agency = world.dossier(&code).await.into_state().agency;
    for _ in 0..600 {
        world.contacts.reserve(Some(&agency), 0, at(NOW)).await.unwrap();
    }
    let gateways = Scripted::pair([accepted("m1")], [accepted("s1")]);
    tell(&world, &world.notices, &gateways, &changed(&world, &code, 1).await, NOW).await.unwrap();
    assert_eq!(
        (
            gateways.asked().len(),
            world.notice(&code, 1).await.reason.as_ref().map(NoticeReason::name)
        ),
        (0, Some("agency-share"))
    );
    let wakes = minute(&world, "2026-11-17T02:01:00Z").await;
    // Its place is kept: it does not queue up again.
    for _ in 0..600 {
        world.contacts.reserve(Some(&agency), 0, at("2026-11-17T02:01:00Z")).await.unwrap();
    }
    tell(&world, &world.notices, &gateways, &wakes[0], "2026-11-17T02:01:00Z").await.unwrap();
    assert_eq!(gateways.asked().len(), 1);
    let other: domain::id::AgencyCode = "H20.09".parse().unwrap();
    // By a clock that is behind.
    assert_eq!(world.contacts.reserve(Some(&other), 0, at(NOW)).await.unwrap(), Some(1));
}

/// A thread of `agency` that waits since `minute` of an hour.
fn due_thread(agency: &str, minute: i64, number: u32) -> platform::dynamo::DueThread {
    platform::dynamo::DueThread {
        code: format!("{agency}-261117-{number:04}").parse().unwrap(),
        agency: agency.parse().unwrap(),
        wake_at: minute * 60_000,
        unsent_since: None,
    }
}

#[test]
fn the_minute_takes_the_agencies_in_turn() {
    let mut waiting: Vec<_> = (1..=50).map(|number| due_thread("H20.03", 1, number)).collect();
    waiting.extend((1..=2).map(|number| due_thread("H20.09", 2, number)));
    let woken: Vec<String> =
        wake_notices::in_turn(waiting, 6).iter().map(|thread| thread.code.to_string()).collect();
    let expected = [
        "H20.03-261117-0001",
        "H20.09-261117-0001",
        "H20.03-261117-0002",
        "H20.09-261117-0002",
        "H20.03-261117-0003",
        "H20.03-261117-0004",
    ];
    assert_eq!(woken, expected);
}

#[tokio::test]
async fn what_was_woken_is_left_alone_for_some_minutes_and_then_woken_again() {
    let world = World::new().await;
    let code = submitted(&world).await;
    let gateways = Scripted::pair([not_taken()], [not_taken()]);
    tell(&world, &world.notices, &gateways, &changed(&world, &code, 1).await, NOW).await.unwrap();
    assert_eq!(minute(&world, "2026-11-17T02:02:00Z").await.len(), 1);
    // The message is lost.
    assert_eq!(minute(&world, "2026-11-17T02:03:00Z").await.len(), 0);
    assert_eq!(minute(&world, "2026-11-17T02:07:00Z").await.len(), 1);
}

#[tokio::test]
async fn a_minute_whose_queue_refuses_fails_and_loses_nothing() {
    let world = World::new().await;
    let code = submitted(&world).await;
    let gateways = Scripted::pair([not_taken()], [not_taken()]);
    tell(&world, &world.notices, &gateways, &changed(&world, &code, 1).await, NOW).await.unwrap();
    let queue = Kept { refusals: 1.into(), ..Kept::default() };
    wake(&Order::default(), &world.notices, &queue, at("2026-11-17T02:02:00Z")).await.unwrap_err();
    assert_eq!(minute(&world, "2026-11-17T02:07:00Z").await.len(), 1);
}
