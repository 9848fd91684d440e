//! A report is charged, deferred, left in doubt, given up and taken up again like a dossier's
//! notice.

use domain::applicant::Phone;
use domain::notice::policy::Reach;
use domain::thread::{NoticeReason, NoticeRecord};
use jiff::SignedDuration;
use platform::port::Contacts;

use super::*;
use crate::support::teller::{not_taken, sent_back};
use crate::support::world::{Death, Mortal};

const REPORT: &str = "REPORT-2026-11-18-chairman";

/// A world in which the chairman's report of the Wednesday was ordered at `now`.
async fn ordered(now: &str) -> World {
    let world = with_leaders(&json!([leader("chairman", "0912345671")])).await;
    counted(&world, "2026-11-17", "2026-11-17").await;
    announced(&world, now).await.unwrap();
    world
}

/// What is known of the chairman's number.
async fn reach(world: &World) -> Reach {
    let phone = Phone::try_from("0912345671".to_owned()).unwrap();
    world.contacts.reach(&phone, None, at(SEVEN)).await.unwrap()
}

fn stands(notice: &NoticeRecord) -> (&str, &str) {
    (notice.state.name(), notice.reason.as_ref().map_or("", NoticeReason::name))
}

#[tokio::test]
async fn a_report_is_paid_for_by_the_month_and_counts_as_one_message_of_the_number_s_day() {
    let world = ordered(SEVEN).await;
    told(&world, SEVEN).await;
    let known = reach(&world).await;
    assert_eq!((known.spent_vnd, known.sent_today), (150, 1));
}

#[tokio::test]
async fn a_report_that_waits_for_the_end_of_the_quiet_hours_takes_no_place_and_is_not_late() {
    let five = "2026-11-17T22:00:00Z";
    let world = ordered(five).await;
    told(&world, five).await;
    let agency = "H20".parse().unwrap();
    assert_eq!(world.contacts.reserve(Some(&agency), 0, at(five)).await.unwrap(), Some(1));
    let thread = world.notices.thread(&REPORT.parse().unwrap()).await.unwrap().unwrap();
    assert_eq!(thread.unsent_since(), thread.wake_at());
    assert!(thread.unsent_since().unwrap() >= at(SEVEN));
}

#[tokio::test]
async fn a_report_that_zalo_does_not_take_for_two_hours_goes_by_sms() {
    let world = ordered(SEVEN).await;
    let gateways = Scripted::pair([not_taken()], [accepted("s1")]);
    for minute in 0..180 {
        let now = at(SEVEN) + SignedDuration::from_mins(minute);
        tell_all(&world, &gateways, &now.to_string()).await;
        let by_sms = gateways.asked().iter().any(|(provider, _)| *provider == "esms");
        assert!(!by_sms || minute >= 120, "left after {minute} minutes");
    }
    assert_eq!(gateways.asked().last().unwrap(), &("esms", format!("{REPORT}/1")));
    assert_eq!(stands(&world.notice(REPORT, 1).await).0, "sent");
}

#[tokio::test]
async fn a_report_that_nobody_took_for_a_day_is_given_up_and_taken_up_again_by_an_operator_alone() {
    let world = ordered(SEVEN).await;
    let down = Scripted::pair([not_taken()], [not_taken()]);
    let given_up = 'days: {
        for ten_minutes in 0..200 {
            let now = (at(SEVEN) + SignedDuration::from_mins(10 * ten_minutes)).to_string();
            for message in woken(&world, &now).await {
                if let Err(failure) = tell(&world, &world.notices, &down, &message, &now).await {
                    break 'days failure;
                }
            }
        }
        panic!("never given up");
    };
    assert_eq!((given_up.slug(), world.notice(REPORT, 1).await.state.name()), ("given-up", "held"));
    let up = Scripted::pair([accepted("m1")], [accepted("s1")]);
    let friday = "2026-11-20T02:00:00Z";
    for (message, state, asked) in [
        (crate::support::teller::woken(REPORT), "held", 0),
        (sent_back(REPORT), "sent", 1),
        (sent_back(REPORT), "sent", 1),
    ] {
        tell(&world, &world.notices, &up, &message, friday).await.unwrap();
        assert_eq!((world.notice(REPORT, 1).await.state.name(), up.asked().len()), (state, asked));
    }
}

#[tokio::test]
async fn what_a_cut_off_call_to_a_leader_cost_is_counted_though_he_was_struck_off_meanwhile() {
    let mut world = ordered(SEVEN).await;
    let gateways = Scripted::pair([accepted("m1")], [accepted("s1")]);
    let book = Mortal::new(world.notices.clone(), Death::Before);
    // Zalo's yes is never recorded.
    tell(&world, &book, &gateways, &woken(&world, SEVEN).await[0], SEVEN).await.unwrap_err();
    assert_eq!(reach(&world).await.spent_vnd, 150, "counted before the call");
    world.catalogue = with_leaders(&json!([])).await.catalogue;
    let message = crate::support::teller::woken(REPORT);
    for later in ["2026-11-18T00:02:00Z", "2026-11-18T00:33:00Z"] {
        tell(&world, &world.notices, &gateways, &message, later).await.unwrap();
    }
    assert_eq!((reach(&world).await.spent_vnd, gateways.asked().len()), (150, 1));
    assert_eq!(stands(&world.notice(REPORT, 1).await), ("unknown", "left-unknown"));
}
