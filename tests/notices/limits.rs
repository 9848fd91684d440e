//! Quiet hours, merging, caps, budgets and an applicant's choice: what bounds the messages.

use domain::thread::{Charge, NoticeReason};

use super::*;
use crate::support::call::{AGENCY, CITIZEN};
use crate::support::log::Log;

#[tokio::test]
async fn nobody_is_woken_at_night_and_what_waited_leaves_when_it_ends() {
    // 21:30, and 23:59 on the eve of Tết, in Viet Nam; a service notice waits for seven.
    for (night, opening) in [
        ("2026-11-17T14:30:00Z", "2026-11-18T00:00:00Z"),
        ("2026-02-16T16:59:00Z", "2026-02-17T00:00:00Z"),
    ] {
        let world = World::new().await;
        let code = submitted(&world).await;
        let gateways = Scripted::pair([accepted("m1")], [accepted("s1")]);
        tell(&world, &world.notices, &gateways, &changed(&world, &code, 1).await, night)
            .await
            .unwrap();
        assert_eq!((gateways.asked().len(), state(&world, &code, 1).await), (0, "waiting"));
        let early = at(opening) - jiff::SignedDuration::from_secs(1);
        assert!(minute(&world, &early.to_string()).await.is_empty());
        let late = at(opening) + jiff::SignedDuration::from_secs(600);
        for message in minute(&world, &late.to_string()).await {
            tell(&world, &world.notices, &gateways, &message, &late.to_string()).await.unwrap();
        }
        assert_eq!((gateways.asked().len(), state(&world, &code, 1).await), (1, "sent"));
    }
}

#[tokio::test]
async fn what_the_law_wants_may_go_by_zalo_until_zalo_closes() {
    let world = World::new().await;
    let code = submitted(&world).await;
    let gateways = Scripted::pair([accepted("m1")], [accepted("s1")]);
    tell(&world, &world.notices, &gateways, &changed(&world, &code, 1).await, NOW).await.unwrap();
    let evening = "2026-11-17T14:59:59Z";
    let message = moved(&world, &code, "request-supplement", evening).await;
    tell(&world, &world.notices, &gateways, &message, evening).await.unwrap();
    assert_eq!(gateways.asked().last().unwrap(), &("zalo", format!("{code}/2")));
    let closed = "2026-11-17T15:00:00Z";
    moved(&world, &code, "supplement", closed).await;
    let message = moved(&world, &code, "refuse", closed).await;
    tell(&world, &world.notices, &gateways, &message, closed).await.unwrap();
    assert_eq!(state(&world, &code, 4).await, "waiting");
}

#[tokio::test]
async fn a_gateway_whose_clock_is_behind_ours_is_asked_again_in_minutes_and_not_in_the_evening() {
    let world = World::new().await;
    let code = submitted(&world).await;
    let gateways = Scripted::pair([declined(-133), accepted("m1")], [accepted("s1")]);
    tell(
        &world,
        &world.notices,
        &gateways,
        &changed(&world, &code, 1).await,
        "2026-11-18T00:00:00Z",
    )
    .await
    .unwrap();
    assert!(minute(&world, "2026-11-18T00:01:59Z").await.is_empty());
    assert_eq!(minute(&world, "2026-11-18T00:02:00Z").await.len(), 1);
}

#[tokio::test]
async fn a_quota_of_the_day_lets_a_service_notice_wait_and_what_the_law_wants_go_by_sms() {
    let world = World::new().await;
    let code = submitted(&world).await;
    let gateways = Scripted::pair([declined(-144)], [accepted("s1")]);
    tell(&world, &world.notices, &gateways, &changed(&world, &code, 1).await, NOW).await.unwrap();
    assert!(minute(&world, "2026-11-17T23:59:59Z").await.is_empty());
    let message = moved(&world, &code, "request-supplement", NOW).await;
    tell(&world, &world.notices, &gateways, &message, NOW).await.unwrap();
    assert_eq!(gateways.asked().last().unwrap(), &("esms", format!("{code}/2")));
}

#[tokio::test]
async fn several_changes_within_minutes_become_one_message_with_the_last_state() {
    let world = World::new().await;
    let code = submitted(&world).await;
    let gateways = Scripted::pair([accepted("m1")], [accepted("s1")]);
    tell(&world, &world.notices, &gateways, &changed(&world, &code, 1).await, NOW).await.unwrap();
    for (action, now) in [
        ("receive", "2026-11-17T02:00:30Z"),
        ("process", "2026-11-17T02:01:00Z"),
        ("suspend", "2026-11-17T02:02:00Z"),
    ] {
        let message = moved(&world, &code, action, now).await;
        tell(&world, &world.notices, &gateways, &message, now).await.unwrap();
    }
    assert_eq!(gateways.asked().len(), 1, "the first left at once");
    let wakes = minute(&world, "2026-11-17T02:03:00Z").await;
    tell(&world, &world.notices, &gateways, &wakes[0], "2026-11-17T02:03:00Z").await.unwrap();
    assert_eq!(gateways.asked().last().unwrap(), &("zalo", format!("{code}/4")));
    assert_eq!(gateways.asked().len(), 2);
    assert_eq!(gateways.messages()[1].fields["status"], "Dừng xử lý");
    assert_eq!(
        (state(&world, &code, 2).await, state(&world, &code, 3).await),
        ("merged", "merged")
    );
}

#[tokio::test]
async fn what_the_law_wants_is_neither_held_back_nor_merged() {
    let world = World::new().await;
    let code = submitted(&world).await;
    let gateways = Scripted::pair([accepted("m1")], [accepted("s1")]);
    tell(&world, &world.notices, &gateways, &changed(&world, &code, 1).await, NOW).await.unwrap();
    let night = "2026-11-17T16:00:00Z";
    for action in ["request-supplement", "supplement", "refuse"] {
        let message = moved(&world, &code, action, night).await;
        tell(&world, &world.notices, &gateways, &message, night).await.unwrap();
    }
    let morning = "2026-11-18T00:30:00Z";
    for _ in 0..2 {
        tell(&world, &world.notices, &gateways, &woken(&code), morning).await.unwrap();
    }
    // Only what the law does not ask for is merged: that the documents came.
    let told: Vec<String> = gateways.asked().into_iter().map(|(_, name)| name).collect();
    assert_eq!(told, [format!("{code}/1"), format!("{code}/2"), format!("{code}/4")]);
}

#[tokio::test]
async fn a_number_gets_no_more_service_notices_a_day_than_its_cap() {
    let world = World::new().await;
    let phone = world
        .dossier(&submitted(&world).await)
        .await
        .into_state()
        .applicant
        .unwrap()
        .phone
        .unwrap();
    for _ in 0..10 {
        world
            .contacts
            .count(Some(&phone), Charge { services: 1, ..Charge::default() }, at(NOW))
            .await
            .unwrap();
    }
    let code = Call::submit("another").at_submit(&world.intake, &world, at(NOW)).await.code();
    let gateways = Scripted::pair([accepted("m1")], [accepted("s1")]);
    tell(&world, &world.notices, &gateways, &changed(&world, &code, 1).await, NOW).await.unwrap();
    assert_eq!(
        (
            gateways.asked().len(),
            world.notice(&code, 1).await.reason.as_ref().map(NoticeReason::name)
        ),
        (0, Some("number-cap"))
    );
    let message = moved(&world, &code, "request-supplement", NOW).await;
    tell(&world, &world.notices, &gateways, &message, NOW).await.unwrap();
    assert_eq!(gateways.asked(), [("zalo", format!("{code}/2"))]);
}

#[tokio::test]
async fn when_the_month_s_money_is_spent_only_what_the_law_wants_is_sent() {
    let world = World::new().await;
    let code = submitted(&world).await;
    let phone = world.dossier(&code).await.into_state().applicant.unwrap().phone.unwrap();
    world
        .contacts
        .count(Some(&phone), Charge { vnd: 60_000_000, ..Charge::default() }, at(NOW))
        .await
        .unwrap();
    let gateways = Scripted::pair([accepted("m1")], [accepted("s1")]);
    tell(&world, &world.notices, &gateways, &changed(&world, &code, 1).await, NOW).await.unwrap();
    assert_eq!((state(&world, &code, 1).await, gateways.asked().len()), ("refused", 0));
    let message = moved(&world, &code, "request-supplement", NOW).await;
    tell(&world, &world.notices, &gateways, &message, NOW).await.unwrap();
    assert_eq!(gateways.asked(), [("zalo", format!("{code}/2"))]);
    // In December there is money again.
    let december = "2026-12-01T02:00:00Z";
    let message = moved(&world, &code, "supplement", december).await;
    tell(&world, &world.notices, &gateways, &message, december).await.unwrap();
    assert_eq!(gateways.asked().last().unwrap(), &("zalo", format!("{code}/3")));
}

#[tokio::test]
async fn what_is_left_of_the_month_s_money_is_divided_and_who_has_had_a_share_waits_for_nobody_else()
 {
    let world = World::new().await;
    let code = submitted(&world).await;
    let agency = AGENCY.parse().unwrap();
    let gateways = Scripted::pair([accepted("m1")], [accepted("s1")]);
    tell(&world, &world.notices, &gateways, &changed(&world, &code, 1).await, NOW).await.unwrap();
    assert_eq!(world.contacts.agency_spent(&agency, at(NOW)).await.unwrap(), 0, "not yet counted");
    // Seven tenths are spent; a tenth of what is left is 1,800,000.
    let spent = Charge { vnd: 42_000_000, ..Charge::default() };
    world.contacts.count(None, spent, at(NOW)).await.unwrap();
    let second = Call::submit("second").at_submit(&world.intake, &world, at(NOW)).await.code();
    let message = changed(&world, &second, 1).await;
    tell(&world, &world.notices, &gateways, &message, NOW).await.unwrap();
    assert_eq!(state(&world, &second, 1).await, "sent");
    let counted = world.contacts.agency_spent(&agency, at(NOW)).await.unwrap();
    assert!((1..1_000).contains(&counted), "the price of one message: {counted}");
    world.contacts.count_agency(&agency, 1_800_000 - counted, at(NOW)).await.unwrap();
    let third = Call::submit("third").at_submit(&world.intake, &world, at(NOW)).await.code();
    let log = Log::kept();
    let message = changed(&world, &third, 1).await;
    tell(&world, &world.notices, &gateways, &message, NOW).await.unwrap();
    let refused = world.notice(&third, 1).await;
    assert_eq!(refused.reason.as_ref().map(NoticeReason::name), Some("budget-share"));
    let [line] = &log.of(platform::LogLine::BudgetShareUsedUp)[..] else { panic!("one line") };
    assert_eq!(line["agency"], AGENCY);
    // Another agency's applicants are told, and everybody what the law requires.
    let mut body = submission();
    body["agency"] = "H20.05".into();
    let other = Call::submit("other").body(&body).at_submit(&world.intake, &world, at(NOW)).await;
    let other = other.code();
    let message = changed(&world, &other, 1).await;
    tell(&world, &world.notices, &gateways, &message, NOW).await.unwrap();
    assert_eq!(state(&world, &other, 1).await, "sent");
    let message = moved(&world, &third, "request-supplement", NOW).await;
    tell(&world, &world.notices, &gateways, &message, NOW).await.unwrap();
    assert_eq!(state(&world, &third, 2).await, "sent");
    // With the month everything begins anew.
    let december = at("2026-12-01T02:00:00Z");
    assert_eq!(world.contacts.agency_spent(&agency, december).await.unwrap(), 0);
}

/// What the applicant of most tests chooses about how to be notified.
async fn preferring(world: &World, preference: Value) {
    let said = Call::new("PUT /v1/preference")
        .citizen(CITIZEN)
        .body(&preference)
        .at_preference(world)
        .await;
    assert_eq!((said.status, &said.body), (200, &preference));
    let shown = Call::new("GET /v1/preference").citizen(CITIZEN).at_preference(world).await;
    assert_eq!(shown.body, preference);
}

#[tokio::test]
async fn what_the_portal_keeps_for_somebody_is_his_and_nobody_elses() {
    let world = World::new().await;
    let preference = json!({ "channels": ["sms"], "language": "vi", "legalOnly": true });
    let mut body = preference.clone();
    body["applicant"] = json!({ "kind": "citizen", "idNumber": CITIZEN });
    assert_eq!(
        Call::new("PUT /v1/preference").portal().body(&body).at_preference(&world).await.status,
        200
    );
    let show = |id| Call::new("GET /v1/preference").citizen(id).at_preference(&world);
    assert_eq!(show(CITIZEN).await.body, preference);
    let nothing_said = json!({ "channels": [], "language": "vi", "legalOnly": false });
    assert_eq!(show("087199054321").await.body, nothing_said);
    // People stand in the table under a keyed hash.
    let kept = format!(
        "{:?}",
        world.client.scan().table_name("ContactsTable").send().await.unwrap().items
    );
    assert!(!kept.contains(CITIZEN), "{kept}");
}

#[tokio::test]
async fn an_applicant_is_notified_by_the_channel_and_in_the_language_of_their_choice() {
    let world = World::new().await;
    let code = submitted(&world).await;
    preferring(&world, json!({ "channels": ["sms"], "language": "en", "legalOnly": false })).await;
    let gateways = Scripted::pair([accepted("m1")], [accepted("s1")]);
    tell(&world, &world.notices, &gateways, &changed(&world, &code, 1).await, NOW).await.unwrap();
    assert_eq!(gateways.asked(), [("esms", format!("{code}/1"))]);
    assert!(gateways.messages()[0].sms.contains("your file"));
}

#[tokio::test]
async fn an_applicant_who_opted_out_still_gets_what_the_law_wants_by_a_channel_that_remains() {
    let world = World::new().await;
    let code = submitted(&world).await;
    preferring(&world, json!({ "channels": ["zalo"], "language": "vi", "legalOnly": true })).await;
    let gateways = Scripted::pair([declined(-141)], [accepted("s1")]);
    tell(&world, &world.notices, &gateways, &changed(&world, &code, 1).await, NOW).await.unwrap();
    assert_eq!(
        (
            gateways.asked().len(),
            world.notice(&code, 1).await.reason.as_ref().map(NoticeReason::name)
        ),
        (0, Some("opted-out"))
    );
    let message = moved(&world, &code, "request-supplement", NOW).await;
    tell(&world, &world.notices, &gateways, &message, NOW).await.unwrap();
    assert_eq!(gateways.asked(), [("zalo", format!("{code}/2")), ("esms", format!("{code}/2"))]);
}
