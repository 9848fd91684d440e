//! What delivery reports do to a notice, and what they may state: in any order, twice, late, about
//! messages that nobody knows, and with prices that cannot be.

use domain::notice::price::StatedPrice;
use domain::notice::{DeliveryOutcome, DeliveryReport, NoticeClass, Provider, Wording};
use domain::thread::{Answer, AttemptOutcome, Reported};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::routes::{Telling, accepted, down, price, silent};
use super::world::at;

const DELIVERED: DeliveryOutcome = DeliveryOutcome::Delivered;

fn failed() -> DeliveryOutcome {
    DeliveryOutcome::Failed { code: "status-5".to_owned() }
}

/// An SMS that eSMS has accepted under a name, to somebody whom Zalo may still reach.
fn by_sms() -> Telling {
    let mut telling = Telling::new(NoticeClass::Legal);
    telling.call(Provider::Esms, &accepted(Provider::Esms));
    telling
}

fn states(telling: &mut Telling, outcome: DeliveryOutcome, price: &str) -> Option<String> {
    let report = DeliveryReport {
        provider: Provider::Esms,
        message: "m1".to_owned(),
        outcome,
        at: telling.now,
        price: StatedPrice::read(price),
    };
    telling.hears(Wording::First, &report).implausible.map(|stated| stated.to_string())
}

// ------------------------------------------------------------------------------------ failed, and then delivered

#[test]
fn delivered_after_failed_ends_it_while_nobody_else_was_asked() {
    let mut telling = by_sms();
    telling.report(Provider::Esms, "m1", failed());
    assert_eq!(telling.stands().0, "waiting");
    assert_eq!(telling.report(Provider::Esms, "m1", DELIVERED).reported, Reported::Applied);
    telling.after(5).goes(accepted);
    assert_eq!(
        (telling.stands(), telling.asked.as_slice()),
        (("delivered", "reported"), ["esms"].as_slice())
    );
    assert_eq!(telling.record(), [("esms", AttemptOutcome::Delivered, "delivered")]);
}

#[test]
fn delivered_after_failed_ends_it_though_no_channel_was_left() {
    let mut telling = Telling::without_zalo();
    telling.call(Provider::Esms, &accepted(Provider::Esms));
    telling.report(Provider::Esms, "m1", failed());
    telling.goes(accepted);
    assert_eq!(telling.stands().0, "refused");
    telling.report(Provider::Esms, "m1", DELIVERED);
    assert_eq!(telling.stands(), ("delivered", "reported"));
}

#[test]
fn delivered_after_failed_lets_nobody_be_asked_after_the_one_who_was_asked_meanwhile() {
    let mut telling = by_sms();
    telling.report(Provider::Esms, "m1", failed());
    let holder = telling.lease(Provider::Zalo);
    telling.report(Provider::Esms, "m1", DELIVERED);
    telling.conclude(&holder, Provider::Zalo, &down(Provider::Zalo));
    telling.after(120).goes(accepted);
    assert_eq!(
        (telling.stands().0, telling.asked.as_slice()),
        ("delivered", ["esms", "zalo"].as_slice())
    );
}

#[test]
fn failed_after_delivered_moves_nothing_in_any_order() {
    let mut telling = by_sms();
    for outcome in [failed(), DELIVERED, failed(), DELIVERED, failed()] {
        telling.report(Provider::Esms, "m1", outcome);
    }
    telling.goes(accepted);
    assert_eq!((telling.stands().0, telling.asked.as_slice()), ("delivered", ["esms"].as_slice()));
}

#[test]
fn who_may_have_it_and_says_that_it_did_not_arrive_is_not_asked_again() {
    let mut telling = Telling::without_zalo();
    telling.goes(silent);
    telling.report(Provider::Esms, "s1", failed());
    telling.after(5).goes(accepted);
    assert_eq!((telling.stands().0, telling.asked.as_slice()), ("refused", ["esms"].as_slice()));
}

// ------------------------------------------------------------------------------------------- whose message it is

#[test]
fn a_name_that_we_never_got_is_taken_while_the_call_has_none_and_only_once() {
    let mut telling = Telling::without_zalo();
    telling.goes(|_| (Answer::Accepted { message: None }, "124"));
    assert_eq!(telling.report(Provider::Esms, "s1", failed()).reported, Reported::Applied);
    assert_eq!(telling.report(Provider::Esms, "s2", DELIVERED).reported, Reported::Stranger);
    telling.goes(accepted);
    assert_eq!(telling.stands().0, "refused");
}

#[test]
fn a_name_that_we_never_got_is_not_taken_where_the_call_has_another() {
    let mut telling = by_sms();
    assert_eq!(telling.report(Provider::Esms, "s2", failed()).reported, Reported::Stranger);
    assert_eq!(telling.stands().0, "sent");
}

#[test]
fn a_report_of_the_first_wording_says_nothing_of_the_repetition() {
    let mut telling = Telling::without_zalo();
    telling.providers.push(Provider::Speedsms);
    telling.goes(silent).after(31);
    // It goes again by SpeedSMS, which says nothing afterwards; the first wording may lie with
    // eSMS.
    telling.goes(accepted);
    assert_eq!(telling.notice().wording, Wording::Repetition);
    let report = |wording, telling: &mut Telling| {
        let at = telling.now;
        let (provider, message) = (Provider::Esms, "s1".to_owned());
        telling.hears(
            wording,
            &DeliveryReport { provider, message, outcome: DELIVERED, at, price: None },
        )
    };
    assert_eq!(report(Wording::Repetition, &mut telling).reported, Reported::Stranger);
    assert_eq!(report(Wording::First, &mut telling).reported, Reported::Applied);
    assert_eq!(telling.stands().0, "delivered");
}

#[test]
fn a_report_ahead_of_the_answer_under_another_name_is_the_same_message_and_charged_once() {
    let mut telling = Telling::new(NoticeClass::Information);
    let holder = telling.lease(Provider::Esms);
    telling.report(Provider::Esms, "a name of its own", DELIVERED);
    telling.conclude(&holder, Provider::Esms, &accepted(Provider::Esms));
    assert_eq!(telling.record(), [("esms", AttemptOutcome::Delivered, "delivered")]);
    assert_eq!(telling.thread.charge().vnd, 850);
}

#[test]
fn a_report_dated_ahead_of_us_does_not_keep_later_notices_waiting() {
    let mut telling = Telling::new(NoticeClass::Information);
    telling.lease(Provider::Zalo);
    let (provider, message) = (Provider::Zalo, "m1".to_owned());
    let report =
        DeliveryReport { provider, message, outcome: DELIVERED, at: Timestamp::MAX, price: None };
    telling.hears(Wording::First, &report);
    assert_eq!(telling.notice().attempts[0].at, telling.now);
}

#[test]
fn an_answer_that_comes_after_its_maker_was_taken_for_dead_is_the_same_call() {
    let mut telling = Telling::new(NoticeClass::Legal);
    let holder = telling.lease(Provider::Zalo);
    let policy = telling.policy();
    telling.after(2);
    let now = telling.now;
    telling.thread.settle(&policy, now);
    telling.conclude(&holder, Provider::Zalo, &accepted(Provider::Zalo));
    assert_eq!(telling.record(), [("zalo", AttemptOutcome::Accepted, "accepted")]);
    assert_eq!((telling.stands().0, telling.thread.charge().vnd), ("sent", 150));
}

// -------------------------------------------------------------------------------------- what was left unknown

/// A service notice of which Zalo never said anything.
fn left_unknown() -> Telling {
    let mut telling = Telling::new(NoticeClass::Information);
    telling.goes(silent).after(31).goes(accepted);
    assert_eq!(telling.stands(), ("unknown", "left-unknown"));
    telling
}

#[test]
fn what_is_left_unknown_is_counted_until_a_report_settles_it() {
    let mut telling = left_unknown();
    assert_eq!(telling.thread.charge().left_unknown, 1);
    assert!(telling.after(60 * 11).report(Provider::Zalo, "m1", DELIVERED).settled);
    assert_eq!((telling.stands().0, telling.thread.charge().left_unknown), ("delivered", 0));
}

#[test]
fn what_is_left_unknown_and_did_not_arrive_ends_as_not_sent_and_asks_nobody_so_late() {
    let mut telling = Telling::new(NoticeClass::Information);
    telling.reach.preferred = vec![domain::notice::NoticeChannel::Sms];
    telling.goes(silent).after(24 * 60).goes(accepted);
    assert_eq!(telling.stands(), ("unknown", "left-unknown"));
    assert!(telling.report(Provider::Esms, "s1", failed()).settled);
    telling.after(60).goes(accepted);
    assert_eq!(
        (telling.stands(), telling.asked.as_slice()),
        (("refused", "status-5"), ["esms"].as_slice())
    );
}

#[test]
fn a_service_notice_in_doubt_is_asked_for_again_where_it_is_known_again() {
    let mut telling = Telling::new(NoticeClass::Information);
    telling.reach.preferred = vec![domain::notice::NoticeChannel::Sms];
    telling.goes(silent);
    for _ in 0..6 {
        telling.after(60).goes(silent);
    }
    telling.after(60).goes(|_| (Answer::Accepted { message: None }, "124"));
    assert_eq!(telling.record(), [("esms", AttemptOutcome::Accepted, "124")]);
    assert_eq!((telling.stands().0, telling.notice().cost_vnd()), ("sent", 850));
}

#[test]
fn whoever_died_before_the_call_in_the_evening_is_made_up_for_in_the_morning() {
    let mut telling = Telling::new(NoticeClass::Information);
    telling.reach.preferred = vec![domain::notice::NoticeChannel::Sms];
    telling.now = at("2026-11-17T20:59:30");
    telling.lease(Provider::Esms);
    telling.after(2).goes(accepted);
    assert_eq!(telling.stands(), ("waiting", "quiet-hours"));
    telling.now = at("2026-11-18T07:00");
    telling.goes(accepted);
    assert_eq!(
        (telling.stands().0, telling.asked.as_slice()),
        ("sent", ["esms", "esms"].as_slice())
    );
}

#[test]
fn an_account_that_refuses_a_notice_in_doubt_is_asked_again_when_it_may_be_mended() {
    let mut telling = Telling::without_zalo();
    telling.goes(silent).after(2).goes(|_| (Answer::NextProvider, "103"));
    assert_eq!(telling.stands(), ("unknown", "103"));
    telling.after(31).goes(|_| (Answer::Accepted { message: None }, "124"));
    assert_eq!((telling.stands().0, telling.notice().wording), ("sent", Wording::First));
}

// -------------------------------------------------------------------------------------------------- stated prices

#[test]
fn an_amount_is_read_as_vendors_write_it_and_never_as_another() {
    let dong = |amount| Some(StatedPrice::Vnd(amount));
    let unreadable = Some(StatedPrice::Unreadable);
    for (text, expected) in [
        ("850.0000", dong(850)),
        ("850", dong(850)),
        (" 850.00 ", dong(850)),
        ("0.0000", dong(0)),
        ("850.5", dong(851)),
        ("1,700.00", dong(1_700)),
        ("1,700", dong(1_700)),
        ("4,242,424", dong(4_242_424)),
        ("18446744073709551615", dong(u64::MAX)),
        ("18446744073709551616", dong(u64::MAX)),
        ("99999999999999999999999999999999999999", dong(u64::MAX)),
        ("", None),
        ("  ", None),
        // Thousands in one country, decimals in another.
        ("1.700", unreadable),
        ("850.000", unreadable),
        ("1.700,00", unreadable),
        ("17,00", unreadable),
        ("1,70,000", unreadable),
        ("1234,567", unreadable),
        (",700", unreadable),
        ("-850", unreadable),
        ("+850", unreadable),
        ("8.5e2", unreadable),
        ("0x352", unreadable),
        ("NaN", unreadable),
        ("Infinity", unreadable),
        ("850.", unreadable),
        (".5", unreadable),
        ("850.0.0", unreadable),
        ("850 đ", unreadable),
        ("８５０", unreadable),
        ("850\u{200b}", unreadable),
    ] {
        assert_eq!(StatedPrice::read(text), expected, "{text:?}");
    }
}

#[test]
fn a_price_near_the_list_s_is_what_the_message_has_cost() {
    for (stated, cost) in [("850.0000", 850), ("790.0000", 790), ("1275", 1_275), ("0.0000", 0)] {
        let mut telling = by_sms();
        assert_eq!(states(&mut telling, DELIVERED, stated), None);
        assert_eq!(telling.notice().cost_vnd(), cost, "{stated}");
    }
}

#[test]
fn a_price_that_cannot_be_is_recorded_and_reported_once_and_never_booked() {
    for stated in [
        "1,700.00",
        "1276",
        "4,242,424",
        "18446744073709551615",
        "99999999999999999999999",
        "-1",
        "1.700",
    ] {
        let mut telling = by_sms();
        let first = states(&mut telling, DELIVERED, stated);
        let kept = telling.notice().attempts[0].implausible_price.clone();
        assert!(first.is_some() && first == kept, "{stated}: {first:?}, {kept:?}");
        assert_eq!(states(&mut telling, DELIVERED, stated), None, "told twice");
        assert_eq!(
            (telling.notice().cost_vnd(), telling.thread.charge().vnd),
            (850, 850),
            "{stated}"
        );
    }
}

#[test]
fn two_parts_may_cost_what_one_may_not() {
    assert_eq!(StatedPrice::Vnd(1_700).believed(1_700, 150), Some(1_700));
    assert_eq!(StatedPrice::Vnd(1_700).believed(850, 150), None);
    // A list price that was never a price bounds nothing and overflows nothing.
    assert_eq!(StatedPrice::Vnd(u64::MAX).believed(u64::MAX / 2, 150), None);
}

#[test]
fn what_a_report_states_moves_no_budget() {
    let mut telling = by_sms();
    states(&mut telling, DELIVERED, "1275");
    assert_eq!((telling.notice().cost_vnd(), telling.thread.charge().vnd), (1_275, 850));
}

#[test]
fn sums_of_records_that_were_spoilt_before_stop_at_the_largest_number() {
    let mut telling = by_sms();
    telling.call(Provider::Zalo, &accepted(Provider::Zalo));
    telling.thread.advance();
    let mut spoilt = serde_json::to_value(&telling.thread).unwrap();
    let attempt = spoilt["n"][0]["q"][0].clone();
    spoilt["n"][0]["q"] = serde_json::json!([attempt, attempt]);
    for place in 0..2 {
        spoilt["n"][0]["q"][place]["$"] = u64::MAX.into();
    }
    telling.thread = serde_json::from_value(spoilt).unwrap();
    assert_eq!((telling.notice().cost_vnd(), telling.thread.charge().vnd), (u64::MAX, u64::MAX));
}

// ---------------------------------------------------------------------------------------------------- at random

#[derive(Debug, Clone)]
enum Happening {
    /// A process asks, where somebody may be asked, and it is answered so.
    Asks(u8),
    /// A process takes the lease and dies.
    Dies(u8),
    /// A report of a provider: about this message, that it arrived, in the wording of a repetition,
    /// for this price.
    Reports(u8, u8, bool, bool, u64),
    Later(i64),
}

fn a_happening() -> impl Strategy<Value = Happening> {
    let wild =
        prop_oneof![Just(0), Just(850), Just(1_275), Just(1_276), any::<u64>(), Just(u64::MAX)];
    prop_oneof![
        4 => (0..8_u8).prop_map(Happening::Asks),
        1 => (0..2_u8).prop_map(Happening::Dies),
        4 => (0..2_u8, 0..3_u8, any::<bool>(), any::<bool>(), wild).prop_map(
            |(by, message, arrived, repetition, price)| Happening::Reports(by, message, arrived, repetition, price)),
        3 => (1_i64..3_000).prop_map(Happening::Later),
    ]
}

fn an_answer(number: u8) -> (Answer, &'static str) {
    let answer = match number {
        0..=1 => Answer::Accepted { message: Some("m1".to_owned()) },
        2 => Answer::Accepted { message: None },
        3 => Answer::Again { not_taken: true, after: None },
        4 => Answer::Again { not_taken: false, after: None },
        5 => Answer::NextProvider,
        6 => Answer::NextChannel,
        _ => Answer::Unknown,
    };
    (answer, "code")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn reports_of_any_kind_book_no_more_than_the_calls_may_cost_and_nobody_is_notified_after_a_confirmed_delivery(
        happenings in prop::collection::vec(a_happening(), 1..50), legal: bool, sms_alone: bool,
    ) {
        let mut telling = Telling::new(if legal { NoticeClass::Legal } else { NoticeClass::Information });
        if sms_alone {
            telling.reach.preferred = vec![domain::notice::NoticeChannel::Sms];
        }
        let providers = [Provider::Zalo, Provider::Esms];
        let mut delivered_after = None;
        let mut first_asked = None;
        for happening in happenings {
            let asked = telling.asked.len();
            match happening {
                Happening::Asks(answer) => {
                    telling.goes(|_| an_answer(answer));
                }
                Happening::Dies(by) => {
                    let policy = telling.policy();
                    let now = telling.now;
                    telling.thread.settle(&policy, now);
                    let provider = providers[usize::from(by)];
                    let waits = telling.thread.due(telling.now).is_some_and(|notice| {
                        notice.may_go_by(provider) && !matches!(notice.state, domain::thread::NoticeState::Waiting {
                            pinned: Some(only), ..
                        } if only != provider)
                    });
                    if waits {
                        telling.lease(provider);
                    }
                }
                Happening::Reports(by, message, arrived, repetition, price) => {
                    let report = DeliveryReport {
                        provider: providers[usize::from(by)],
                        message: format!("m{message}"),
                        outcome: if arrived { DELIVERED } else { failed() },
                        at: telling.now.saturating_add(SignedDuration::from_hours(2)).unwrap(),
                        price: Some(StatedPrice::Vnd(price)),
                    };
                    telling.hears(repetition.into(), &report);
                }
                Happening::Later(minutes) => {
                    telling.after(minutes);
                }
            }
            if telling.asked.len() > asked {
                prop_assert_eq!(delivered_after, None, "asked after a confirmed delivery: {:?}", telling.record());
                first_asked = first_asked.or(Some(telling.now));
            }
            if telling.stands().0 == "delivered" {
                delivered_after = delivered_after.or(Some(telling.asked.len()));
            } else {
                prop_assert_eq!(delivered_after, None, "a delivery was taken back: {:?}", telling.record());
            }
            let listed: u64 = telling.asked.iter().map(|name| {
                let provider = Provider::ALL.into_iter().find(|provider| provider.name() == *name).unwrap();
                price(provider)
            }).sum();
            prop_assert!(telling.thread.charge().vnd <= listed, "{:?}", telling.record());
            prop_assert!(telling.notice().cost_vnd() * 100 <= listed * 150, "{:?}", telling.record());
            // No message is dated after its day, or the next one would wait for it.
            prop_assert!(telling.notice().attempts.iter().all(|call| call.at <= telling.now));
        }
    }

    #[test]
    fn who_knows_a_message_again_is_never_asked_for_it_when_it_may_have_forgotten(
        steps in prop::collection::vec((0_u8..8, 1_i64..700), 1..40), legal: bool,
    ) {
        let mut telling = Telling::new(if legal { NoticeClass::Legal } else { NoticeClass::Information });
        telling.reach.preferred = vec![domain::notice::NoticeChannel::Sms];
        telling.providers = vec![Provider::Esms];
        let mut first_doubt: Option<Timestamp> = None;
        for (answer, minutes) in steps {
            let (asked, doubt) = (telling.asked.len(), first_doubt);
            telling.goes(|_| an_answer(answer));
            if let Some(doubt) = doubt && telling.asked.len() > asked {
                prop_assert!(doubt.duration_until(telling.now) <= SignedDuration::from_hours(24), "{:?}", telling.record());
            }
            let doubted = telling.record().iter().any(|(_, outcome, _)| *outcome == AttemptOutcome::Unknown);
            first_doubt = if doubted { first_doubt.or(Some(telling.now)) } else { None };
            telling.after(minutes);
        }
    }
}
