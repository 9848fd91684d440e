//! When and by whom applicants are told: quiet hours, retries, providers that fail, prices, and
//! ends that nothing moves back.

use domain::calendar::{date_of, instant, time_of};
use domain::dossier::{Action, HistoryEntry};
use domain::notice::policy::{NoticePolicy, Reach};
use domain::notice::pool::{Failover, ProviderPool};
use domain::notice::text::{Encoding, parts, segments};
use domain::notice::{
    DeliveryOutcome, DeliveryReport, NoticeChannel, NoticeClass, Provider, Wording,
};
use domain::procedure::Channel;
use domain::thread::{
    Answer, Call, DelayReason, NoticeRecord, NoticeState, NoticeThread, Routing, UnsentReason,
};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use serde_json::json;

use super::world::{at, catalogue, day, played};

const CHANNELS: [NoticeChannel; 2] = [NoticeChannel::Zalo, NoticeChannel::Sms];
const CLASSES: [NoticeClass; 2] = [NoticeClass::Legal, NoticeClass::Information];

fn policy() -> NoticePolicy {
    catalogue().notice_policy(day("2026-11-17"))
}

fn later(seconds: i64) -> Timestamp {
    at("2026-11-17T09:00").saturating_add(SignedDuration::from_secs(seconds)).unwrap()
}

// --------------------------------------------------------------------------------------------- quiet hours

#[track_caller]
fn quiet(class: NoticeClass, channel: NoticeChannel, time: &str, expected: bool) {
    let now = at(&format!("2026-02-13T{time}"));
    assert_eq!(
        policy().quiet_until(channel, class, now, 0).is_some(),
        expected,
        "{class:?} {channel:?} {time}"
    );
}

#[test]
fn nobody_is_written_to_between_nine_at_night_and_seven() {
    for channel in CHANNELS {
        for (time, expected) in [
            ("20:59:59", false),
            ("21:00:00", true),
            ("23:59:59", true),
            ("00:00:00", true),
            ("06:59:59", true),
            ("07:00:00", false),
            ("12:00:00", false),
        ] {
            quiet(NoticeClass::Information, channel, time, expected);
        }
    }
}

#[test]
fn what_the_law_wants_goes_by_zalo_until_zalo_itself_closes() {
    for (time, by_zalo, by_sms) in [
        ("21:00:00", false, true),
        ("21:59:59", false, true),
        ("22:00:00", true, true),
        ("05:59:59", true, true),
        ("06:00:00", false, true),
        ("07:00:00", false, false),
    ] {
        quiet(NoticeClass::Legal, NoticeChannel::Zalo, time, by_zalo);
        quiet(NoticeClass::Legal, NoticeChannel::Sms, time, by_sms);
    }
}

#[test]
fn on_the_eve_of_tet_at_one_minute_to_midnight_a_message_waits_for_the_first_morning_of_the_year() {
    let now = at("2026-02-16T23:59");
    let until = policy().quiet_until(NoticeChannel::Sms, NoticeClass::Information, now, 0).unwrap();
    assert_eq!(until, at("2026-02-17T07:00"));
}

proptest! {
    #[test]
    fn no_opening_lies_in_quiet_hours_or_more_than_ten_hours_and_ten_minutes_away(
        minutes in 0_i64..525_600, draw: u32, channel in 0..2_usize, class in 0..2_usize,
    ) {
        let now = at("2026-01-01T00:00").saturating_add(SignedDuration::from_mins(minutes)).unwrap();
        let (channel, class) = (CHANNELS[channel], CLASSES[class]);
        if let Some(until) = policy().quiet_until(channel, class, now, draw) {
            prop_assert_eq!(policy().quiet_until(channel, class, until, draw), None);
            let wait = now.duration_until(until);
            prop_assert!(wait > SignedDuration::ZERO && wait <= SignedDuration::from_mins(610), "{}", wait);
        }
    }

    #[test]
    fn what_waited_for_the_morning_does_not_leave_all_at_once(draws in prop::collection::vec(any::<u32>(), 200)) {
        let now = at("2026-11-17T22:30");
        let mut minutes: Vec<i64> = draws.iter().map(|draw| {
            let until = policy().quiet_until(NoticeChannel::Sms, NoticeClass::Legal, now, *draw).unwrap();
            at("2026-11-18T07:00").duration_until(until).as_mins()
        }).collect();
        minutes.sort_unstable();
        minutes.dedup();
        prop_assert!(minutes.len() >= 8 && minutes.iter().all(|minute| (0..=10).contains(minute)), "{:?}", minutes);
    }
}

// ------------------------------------------------------------------------------------------------- retries

#[test]
fn each_wait_is_twice_the_one_before_up_to_an_hour_and_a_quarter_longer_at_most() {
    for (failures, least) in
        [(1, 60), (2, 120), (3, 240), (4, 480), (5, 960), (6, 1_920), (7, 3_600), (40, 3_600)]
    {
        for draw in [0, 1, 12_345, u32::MAX] {
            let wait = policy().backoff(failures, draw).as_secs();
            assert!((least..=least + least / 4).contains(&wait), "after {failures}: {wait} s");
        }
        let draws = 0..=u32::try_from(least / 4).unwrap();
        let spread = draws.map(|draw| policy().backoff(failures, draw).as_secs());
        assert!(spread.eq(least..=least + least / 4), "each second of the quarter is drawn");
    }
}

#[test]
fn an_agency_s_message_waits_a_minute_for_each_share_before_it() {
    for (place, minutes) in [(1, 0), (600, 0), (601, 1), (1_200, 1), (1_201, 2), (60_001, 100)] {
        assert_eq!(policy().share_wait(place), SignedDuration::from_mins(minutes), "place {place}");
    }
}

// ----------------------------------------------------------------------------------------------- providers

fn failover() -> Failover {
    serde_json::from_value(json!({
        "windowCalls": 20, "leastCalls": 5, "failuresPercent": 50, "slowMs": 4000, "restSeconds": 120,
        "stepsPercent": [5, 25], "stepCalls": 5,
    }))
    .unwrap()
}

fn pool() -> ProviderPool {
    ProviderPool::new(
        failover(),
        [(Provider::Esms, 75), (Provider::Speedsms, 25), (Provider::Vnpt, 0)],
    )
}

const QUICK: SignedDuration = SignedDuration::from_millis(200);

/// How many of 10,000 messages a provider gets.
fn share(pool: &ProviderPool, provider: Provider, now: Timestamp) -> usize {
    (0..10_000).filter(|draw| pool.choose(|_| true, *draw, now) == Some(provider)).count()
}

fn calls(
    pool: &mut ProviderPool,
    answered: bool,
    took: SignedDuration,
    count: u32,
    now: Timestamp,
) {
    for _ in 0..count {
        pool.learn(Provider::Esms, answered, took, now);
    }
}

#[test]
fn messages_are_shared_out_by_weight_and_who_is_in_reserve_gets_none() {
    assert_eq!(share(&pool(), Provider::Esms, later(0)), 7_500);
    assert_eq!(share(&pool(), Provider::Speedsms, later(0)), 2_500);
    assert_eq!(share(&pool(), Provider::Vnpt, later(0)), 0);
}

#[test]
fn who_may_not_be_asked_is_not_and_where_nobody_may_nobody_is() {
    let pool = pool();
    for draw in 0..100 {
        let chosen = pool.choose(|provider| provider != Provider::Esms, draw, later(0));
        assert_eq!(chosen, Some(Provider::Speedsms));
        assert_eq!(pool.choose(|_| false, draw, later(0)), None);
    }
}

#[test]
fn four_failures_say_nothing_and_the_fifth_passes_a_provider_over() {
    let mut pool = pool();
    calls(&mut pool, false, QUICK, 4, later(0));
    assert_eq!(share(&pool, Provider::Esms, later(0)), 7_500);
    calls(&mut pool, false, QUICK, 1, later(0));
    assert_eq!(share(&pool, Provider::Esms, later(119)), 0);
    assert_eq!(share(&pool, Provider::Speedsms, later(119)), 10_000);
}

#[test]
fn one_failure_in_three_is_borne() {
    let mut pool = pool();
    for _ in 0..30 {
        calls(&mut pool, false, QUICK, 1, later(0));
        calls(&mut pool, true, QUICK, 2, later(0));
    }
    assert_eq!(share(&pool, Provider::Esms, later(0)), 7_500);
}

#[test]
fn who_answers_too_slowly_is_passed_over_like_who_does_not_answer() {
    let mut pool = pool();
    calls(&mut pool, true, SignedDuration::from_millis(4_000), 10, later(0));
    assert_eq!(share(&pool, Provider::Esms, later(0)), 7_500);
    calls(&mut pool, true, SignedDuration::from_millis(4_001), 10, later(0));
    assert_eq!(share(&pool, Provider::Esms, later(0)), 0);
}

#[test]
fn a_provider_comes_back_by_steps_and_one_failure_sends_it_to_rest_again() {
    let mut pool = pool();
    calls(&mut pool, false, QUICK, 5, later(0));
    let gets = |pool: &ProviderPool, of: u32, seconds| {
        (0..of)
            .filter(|draw| pool.choose(|_| true, *draw, later(seconds)) == Some(Provider::Esms))
            .count()
    };
    // A twentieth of 75 against 25, then a quarter, then all of it.
    assert_eq!(gets(&pool, 375 + 2_500, 120), 375);
    calls(&mut pool, true, QUICK, 5, later(121));
    assert_eq!(gets(&pool, 1_875 + 2_500, 121), 1_875);
    calls(&mut pool, true, QUICK, 5, later(122));
    assert_eq!(share(&pool, Provider::Esms, later(122)), 7_500);
    calls(&mut pool, false, QUICK, 5, later(200));
    calls(&mut pool, true, QUICK, 1, later(321));
    calls(&mut pool, false, QUICK, 1, later(322));
    assert_eq!(share(&pool, Provider::Esms, later(323)), 0);
}

#[test]
fn where_all_rest_the_reserve_is_asked_and_where_it_rests_too_one_is_asked_all_the_same() {
    let mut pool = pool();
    for provider in [Provider::Esms, Provider::Speedsms] {
        for _ in 0..5 {
            pool.learn(provider, false, QUICK, later(0));
        }
    }
    assert_eq!(share(&pool, Provider::Vnpt, later(1)), 10_000);
    assert_eq!(
        pool.choose(|provider| provider != Provider::Vnpt, 0, later(1)),
        Some(Provider::Esms)
    );
    for _ in 0..5 {
        pool.learn(Provider::Vnpt, false, QUICK, later(1));
    }
    assert_eq!(share(&pool, Provider::Esms, later(2)), 7_500);
}

#[test]
fn where_nobody_with_a_share_may_be_asked_the_reserve_is() {
    let only_vnpt = |provider| provider == Provider::Vnpt;
    assert_eq!(pool().choose(only_vnpt, 7, later(0)), Some(Provider::Vnpt));
}

#[test]
fn who_asks_to_be_left_alone_is_passed_over_until_then() {
    let mut pool = pool();
    pool.rest(Provider::Esms, later(600));
    pool.rest(Provider::Esms, later(60));
    assert_eq!(share(&pool, Provider::Esms, later(599)), 0);
    assert!(share(&pool, Provider::Esms, later(600)) > 0);
}

#[test]
fn another_edition_of_the_terms_changes_the_shares_and_keeps_what_is_known_of_health() {
    let mut pool = pool();
    calls(&mut pool, false, QUICK, 5, later(0));
    pool.adopt(ProviderPool::new(failover(), [(Provider::Esms, 50), (Provider::Vnpt, 50)]));
    assert_eq!(
        (share(&pool, Provider::Esms, later(1)), share(&pool, Provider::Vnpt, later(1))),
        (0, 10_000)
    );
    pool.adopt(ProviderPool::new(failover(), [(Provider::Speedsms, 50), (Provider::Vnpt, 50)]));
    assert_eq!(share(&pool, Provider::Speedsms, later(1)), 5_000);
}

proptest! {
    #[test]
    fn somebody_who_may_is_asked_whatever_happened(
        calls in prop::collection::vec((0..2_usize, any::<bool>(), 0_i64..9_000, 0_i64..600), 0..200), draw: u32,
    ) {
        let mut pool = pool();
        let mut now = later(0);
        for (provider, answered, millis, seconds) in calls {
            now = now.saturating_add(SignedDuration::from_secs(seconds)).unwrap();
            let provider = [Provider::Esms, Provider::Speedsms][provider];
            pool.learn(provider, answered, SignedDuration::from_millis(millis), now);
        }
        let chosen = pool.choose(|_| true, draw, now);
        prop_assert!(matches!(chosen, Some(Provider::Esms | Provider::Speedsms | Provider::Vnpt)), "{:?}", chosen);
    }
}

// ----------------------------------------------------------------------------------------- parts and prices

#[test]
fn an_sms_has_as_many_parts_as_its_alphabet_makes_it() {
    for (text, parts) in [
        ("a".to_owned(), 1),
        ("a".repeat(160), 1),
        ("a".repeat(161), 2),
        ("a".repeat(306), 2),
        ("a".repeat(307), 3),
        // A bracket takes two places of the alphabet.
        ("[".repeat(80), 1),
        ("[".repeat(81), 2),
        // One accent makes all of it UCS-2.
        ("ă".repeat(70), 1),
        ("ă".repeat(71), 2),
        ("ă".repeat(134), 2),
        ("ă".repeat(135), 3),
        (format!("{}ă", "a".repeat(69)), 1),
        (format!("{}ă", "a".repeat(70)), 2),
    ] {
        assert_eq!(segments(&text).count, parts, "{} characters", text.chars().count());
    }
}

/// The fewest parts of `text`: whole characters, and no part longer than one may be. Tried by every
/// way to cut.
fn fewest_parts(lengths: &[usize], alone: usize, together: usize) -> usize {
    if lengths.iter().sum::<usize>() <= alone {
        return usize::from(!lengths.is_empty());
    }
    let mut fewest = vec![0];
    for end in 1..=lengths.len() {
        let fits = |start: &usize| lengths[*start..end].iter().sum::<usize>() <= together;
        let before = (end.saturating_sub(together)..end)
            .filter(fits)
            .map(|start| fewest[start])
            .min()
            .unwrap();
        fewest.push(before + 1);
    }
    fewest[lengths.len()]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_text_takes_the_fewest_parts_that_tear_no_character_apart(
        septets in "[a-z{}€~]{0,330}", units in "[ồa🙂]{0,150}",
    ) {
        let lengths: Vec<usize> = septets.chars().map(|c| if "{}€~".contains(c) { 2 } else { 1 }).collect();
        prop_assert_eq!(segments(&septets).count, fewest_parts(&lengths, 160, 153));
        let lengths: Vec<usize> = units.chars().map(char::len_utf16).collect();
        prop_assert_eq!(parts(&units, Encoding::Ucs2), fewest_parts(&lengths, 70, 67));
    }

    #[test]
    fn a_shorter_filling_never_takes_more_parts(text in "[a-z{}~]{100,330}", from in 0_usize..100, length in 0_usize..200) {
        let kept: String = text.chars().enumerate()
            .filter(|(place, _)| !(from..from + length).contains(place)).map(|(_, c)| c).collect();
        prop_assert!(segments(&kept).count <= segments(&text).count);
    }
}

#[test]
fn every_shipped_text_is_one_part_and_costs_what_one_part_costs() {
    let dossier = played(
        "2 working-day",
        Channel::Online,
        "submit 2026-11-16T08:00, receive 2026-11-16T09:00",
    );
    for template in [Action::Submit, Action::Receive] {
        let entry = dossier.history.iter().find(|entry| entry.action == template).unwrap();
        for wording in [Wording::First, Wording::Repetition] {
            let notice = catalogue()
                .templates()
                .compose(&dossier, entry, wording, Default::default())
                .unwrap();
            assert_eq!(segments(&notice.sms).count, 1, "{}", notice.sms);
            let price =
                |provider| catalogue().providers().price(provider, &notice, day("2026-11-17"));
            assert_eq!((price(Provider::Zalo), price(Provider::Esms)), (Some(150), Some(850)));
        }
    }
}

#[test]
fn nothing_has_a_price_before_its_first_contract() {
    let dossier = played("2 working-day", Channel::Online, "submit 2026-11-16T08:00");
    let notice = catalogue()
        .templates()
        .compose(&dossier, &dossier.history[0], Wording::First, Default::default())
        .unwrap();
    assert_eq!(catalogue().providers().price(Provider::Esms, &notice, day("2018-06-20")), None);
}

// ------------------------------------------------------------------------------------------------- threads

/// A thread of one notice.
fn thread(class: NoticeClass) -> NoticeThread {
    let dossier = played("2 working-day", Channel::Online, "submit 2026-11-16T08:00");
    let mut thread = NoticeThread::new(dossier.code.clone(), dossier.agency.clone());
    let entries: &[HistoryEntry] = &dossier.history;
    thread.sync(entries, |_| Some(class), &policy(), later(0));
    thread
}

#[derive(Debug, Clone)]
enum Happening {
    Settle,
    Lease(u8),
    Conclude(u8, u8),
    Report(u8, bool),
    Refuse,
    PutOff,
    TakeUp,
    Admit,
}

fn a_happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        3 => Just(Happening::Settle),
        3 => (0..4_u8).prop_map(Happening::Lease),
        3 => (0..4_u8, 0..8_u8).prop_map(|(provider, answer)| Happening::Conclude(provider, answer)),
        2 => (0..4_u8, any::<bool>()).prop_map(|(provider, arrived)| Happening::Report(provider, arrived)),
        1 => Just(Happening::Refuse),
        1 => Just(Happening::PutOff),
        1 => Just(Happening::TakeUp),
        1 => Just(Happening::Admit),
    ]
}

fn an_answer(number: u8, now: Timestamp) -> Answer {
    match number {
        0 => Answer::Accepted { message: Some("m".to_owned()) },
        1 => Answer::Accepted { message: None },
        2 => Answer::Again { not_taken: true, after: None },
        3 => Answer::Again { not_taken: false, after: Some(SignedDuration::from_secs(30)) },
        4 => Answer::From(now.saturating_add(SignedDuration::from_hours(8)).unwrap()),
        5 => Answer::NextProvider,
        6 => Answer::NextChannel,
        _ => Answer::Unknown,
    }
}

fn provider(number: u8) -> Provider {
    Provider::ALL[usize::from(number)]
}

fn the(thread: &NoticeThread) -> &NoticeRecord {
    thread.notice(1).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn what_has_ended_is_never_moved_and_what_has_not_has_a_time(
        happenings in prop::collection::vec((a_happening(), 0_i64..200_000), 1..40), legal: bool, draw: u32,
    ) {
        let policy = policy();
        let mut thread = thread(if legal { NoticeClass::Legal } else { NoticeClass::Information });
        let mut now = later(0);
        for (happening, seconds) in happenings {
            now = now.saturating_add(SignedDuration::from_secs(seconds)).unwrap();
            let before = the(&thread).clone();
            match &happening {
                Happening::Settle => { thread.settle(&policy, now); }
                Happening::Lease(by) => {
                    let until = now.saturating_add(SignedDuration::from_mins(1)).unwrap();
                    thread.lease(1, ("me", provider(*by)), Some(850), (now, until));
                }
                Happening::Conclude(by, answer) => {
                    let answer = an_answer(*answer, now);
                    let wording = the(&thread).wording;
                    let call =
                        Call { holder: "me", provider: provider(*by), wording, price_vnd: Some(850) };
                    thread.conclude(1, &call, (&answer, "code"), &policy, (now, draw));
                }
                Happening::Report(by, arrived) => {
                    let outcome =
                        if *arrived { DeliveryOutcome::Delivered } else { DeliveryOutcome::Failed { code: "4".into() } };
                    let report = DeliveryReport {
                        provider: provider(*by), message: "m".into(), at: now, outcome, price: None,
                    };
                    thread.report((1, the(&thread).wording), &report, &policy, now);
                }
                Happening::Refuse => thread.refuse(1, UnsentReason::Budget, now),
                Happening::PutOff => thread.put_off(1, now, DelayReason::QuietHours, now),
                Happening::TakeUp => { thread.take_up(now); }
                Happening::Admit => thread.admit(1),
            }
            let notice = the(&thread);
            // An end is never left, and nothing but a report moves one: to the end that the message
            // arrived, or from unknown to the end that it did not.
            if before.state.is_end() && notice.state != before.state {
                let left_unknown = matches!(before.state, NoticeState::Unknown { .. });
                let merged = matches!(before.state, NoticeState::Merged { .. });
                let by_report = match happening {
                    Happening::Report(_, true) => notice.state == NoticeState::Delivered && !merged,
                    Happening::Report(_, false) => {
                        left_unknown && (notice.state == NoticeState::Refused || notice.is_left_unknown())
                    }
                    Happening::Conclude(..) => left_unknown && matches!(notice.state, NoticeState::Sent { .. }),
                    Happening::Settle
                    | Happening::Lease(_)
                    | Happening::Refuse
                    | Happening::PutOff
                    | Happening::TakeUp
                    | Happening::Admit => false,
                };
                prop_assert!(by_report, "{:?} moved {:?} to {:?}", happening, before.state, notice.state);
            }
            prop_assert!(before.state != NoticeState::Delivered || notice.state == NoticeState::Delivered);
            // Nothing that is open is forgotten: it has a time at which something looks at it
            // again, but where its message is in flight or a report may come.
            let comes_by_itself =
                matches!(notice.state, NoticeState::Leased { .. } | NoticeState::Sent { .. });
            prop_assert_eq!(thread.wake_at().is_none(), notice.state.is_end() || comes_by_itself);
            let mut stored = thread.clone();
            stored.advance();
            let read: NoticeThread =
                serde_json::from_value(serde_json::to_value(&stored).unwrap()).unwrap();
            prop_assert_eq!(read, stored, "a thread reads as it was stored");
            prop_assert!(notice.attempts.len() <= domain::thread::ATTEMPTS_MAX + 1);
        }
    }

    #[test]
    fn a_route_never_asks_a_channel_that_is_closed_quiet_or_out_of_reach(
        minutes in 0_i64..10_000, legal: bool, legal_only: bool, sent in 0_u32..12, spent in 0_u64..120_000_000,
        zalo_unreachable: bool, sms_first: bool, draw: u32,
    ) {
        let now = later(60 * minutes);
        let class = if legal { NoticeClass::Legal } else { NoticeClass::Information };
        let far = now.saturating_add(SignedDuration::from_hours(99)).unwrap();
        let reach = Reach {
            preferred: if sms_first { vec![NoticeChannel::Sms] } else { vec![] },
            legal_only,
            unreachable: if zalo_unreachable { vec![(NoticeChannel::Zalo, far)] } else { vec![] },
            sent_today: sent,
            spent_vnd: spent,
            ..Reach::default()
        };
        let thread = thread(class);
        match the(&thread).route(&policy(), &reach, now, draw) {
            Routing::Ask { channel, .. } => {
                prop_assert_eq!(policy().quiet_until(channel, class, now, draw), None);
                prop_assert!(channel != NoticeChannel::Zalo || !zalo_unreachable);
                prop_assert!(legal || (!legal_only && sent < 10 && spent < 60_000_000));
                prop_assert!(legal || !sms_first || channel == NoticeChannel::Sms);
            }
            Routing::Wait { until, reason } => {
                prop_assert!(until > now && [DelayReason::QuietHours, DelayReason::NumberCap].contains(&reason), "{:?}", reason);
                prop_assert!(time_of(until) >= "06:00:00".parse().unwrap());
                prop_assert!(until <= instant(date_of(now), "23:59:59".parse().unwrap())
                    .saturating_add(SignedDuration::from_hours(8)).unwrap());
            }
            Routing::Mend { .. } => prop_assert!(false, "nobody has turned us away"),
            // What the law wants always has a way here: SMS remains.
            Routing::Refuse { reason } => prop_assert!(!legal, "{:?}", reason),
        }
    }
}
