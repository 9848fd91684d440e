//! The delivery ledger: what a system has is never lost, never invented, and never two processes'
//! business at a time.

use domain::delivery::{Delivery, ErrorKind, Grant, PER_MINUTE_MIN, Pace, SystemId};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

const CEILING: u32 = 600;

fn now() -> Timestamp {
    "2026-11-17T02:00:00Z".parse().unwrap()
}

fn after(seconds: i64) -> Timestamp {
    now() + SignedDuration::from_secs(seconds)
}

fn lease() -> SignedDuration {
    SignedDuration::from_mins(2)
}

fn line() -> Delivery {
    let system: SystemId = "national-portal".parse().unwrap();
    Delivery::begun("H20.12-261117-0001".parse().unwrap(), system)
}

/// A line of which `version` is owed and `holder` is at it.
fn started(version: u64, holder: &str) -> Delivery {
    let mut line = line();
    assert!(line.owe(version, now()));
    assert!(line.start(holder, now(), lease()));
    line
}

#[test]
fn a_line_is_behind_from_what_is_owed_first_until_it_is_acknowledged() {
    let mut line = line();
    assert!(!line.is_behind() && line.due_at().is_none() && !line.start("a", now(), lease()));
    assert!(line.owe(1, now()));
    assert!(line.owe(3, after(60)));
    assert!(!line.owe(2, after(61)), "a message of before changes nothing");
    assert_eq!((line.owed(), line.behind_since(), line.due_at()), (3, Some(now()), Some(now())));
    assert!(line.start("a", after(61), lease()));
    assert_eq!(line.acknowledged_at(), None);
    assert!(line.acknowledge(2, "a", after(62)));
    assert_eq!((line.acknowledged(), line.behind_since()), (2, Some(now())));
    assert_eq!(line.acknowledged_at(), Some(after(62)));
    assert_eq!(line.due_at(), Some(after(62)), "the rest is due at once");
    assert!(line.start("b", after(62), lease()) && line.acknowledge(3, "b", after(63)));
    assert_eq!((line.is_behind(), line.behind_since(), line.due_at()), (false, None, None));
}

#[test]
fn a_second_process_finds_the_line_taken_until_the_lease_is_over() {
    let mut line = started(1, "a");
    assert!(!line.start("b", after(119), lease()));
    assert!(line.start("b", after(120), lease()));
    assert_eq!(line.last_error().map(|error| error.kind), Some(ErrorKind::Unknown));
    // The first one wakes up: its word counts no more, and the second one's does.
    assert!(!line.acknowledge(1, "a", after(121)));
    assert!(!line.refused(("a", 0), "-2", after(121), 0));
    assert!(line.acknowledge(1, "b", after(122)));
}

#[test]
fn what_is_refused_is_tried_for_ever_with_pauses_that_grow_to_six_hours() {
    let (mut line, mut at, mut pauses) = (line(), 0, Vec::new());
    line.owe(1, now());
    for _ in 0..40 {
        assert!(line.start("a", after(at), lease()), "at {at}");
        assert!(line.refused(("a", 0), "-2", after(at), 0));
        let due = line.due_at().unwrap();
        pauses.push(after(at).duration_until(due).as_secs());
        at = now().duration_until(due).as_secs();
    }
    assert_eq!(pauses[..4], [60, 120, 240, 480]);
    assert!(pauses.is_sorted() && pauses.last() == Some(&21_600));
    assert!(line.goes_alone());
    // A new version may be right.
    assert!(line.owe(2, after(at - 60)));
    assert_eq!(line.due_at(), Some(after(at - 60)));
}

#[test]
fn a_new_change_makes_nobody_knock_sooner_at_a_system_that_is_away() {
    let mut line = started(1, "a");
    assert!(line.unavailable(("a", 0), "timed-out", after(5), after(600)));
    assert!(line.owe(2, after(6)));
    assert_eq!((line.due_at(), line.goes_alone()), (Some(after(600)), false));
}

#[test]
fn a_false_acknowledgement_is_taken_back_with_whoever_is_at_the_line() {
    let mut line = started(3, "a");
    assert!(line.acknowledge(3, "a", after(1)));
    assert!(!line.reopen(3, after(2)), "what is there is there");
    assert!(line.reopen(0, after(2)));
    assert_eq!((line.acknowledged(), line.reopened(), line.behind_since()), (0, 1, Some(after(2))));
    assert!(line.start("b", after(2), lease()));
    assert!(line.acknowledge(3, "b", after(3)) && line.owe(4, after(4)));
    assert!(line.start("c", after(4), lease()) && line.reopen(1, after(5)));
    assert!(!line.acknowledge(4, "c", after(6)), "it was sent before that was known");
    assert_eq!((line.acknowledged(), line.reopened()), (1, 2));
}

#[test]
fn a_stored_line_is_read_back_whole_and_names_no_text_of_the_other_side() {
    let mut line = started(2, "a");
    line.refused(("a", 1), "Họ tên Nguyễn Văn A không hợp lệ", after(1), 7);
    let code = &line.last_error().unwrap().code;
    assert!(code.is_ascii() && code.len() <= 40, "{code}");
    let stored = serde_json::to_value(&line).unwrap();
    assert_eq!(serde_json::from_value::<Delivery>(stored).unwrap(), line);
}

#[test]
fn an_outage_costs_one_probe_at_a_time_and_the_rate_comes_back_slowly() {
    let mut pace = Pace::default();
    assert_eq!(pace.take(10, CEILING, now()), Grant::Requests(10));
    for failure in 0..3 {
        let until = pace.failed(CEILING, None, after(failure), 0);
        assert!(until > after(failure));
    }
    assert_eq!(pace.rate(CEILING), 75);
    let until = pace.resting_until().unwrap();
    assert_eq!(pace.take(10, CEILING, after(10)), Grant::NotBefore(until));
    let mut probes = 0;
    for second in 0..86_400 {
        if pace.take(10, CEILING, after(second)) == Grant::Probe {
            assert!(matches!(pace.take(10, CEILING, after(second)), Grant::NotBefore(_)));
            pace.failed(CEILING, None, after(second), 0);
            probes += 1;
        }
    }
    assert!((100..200).contains(&probes), "{probes} probes in a day");
    pace.answered(CEILING);
    assert!(matches!(pace.take(10, CEILING, after(86_400)), Grant::Requests(_)));
    let mut rounds = 0;
    while pace.rate(CEILING) < CEILING {
        pace.answered(CEILING);
        rounds += 1;
    }
    assert!((15..30).contains(&rounds), "{rounds}");
}

#[test]
fn who_asks_to_be_left_alone_is_left_alone() {
    let mut pace = Pace::default();
    let until = pace.failed(CEILING, Some(SignedDuration::from_hours(1)), now(), 0);
    assert_eq!((until, pace.resting_until()), (after(3_600), Some(after(3_600))));
}

proptest! {
    #[test]
    fn in_no_minute_is_a_system_asked_more_than_its_ceiling(
        ceiling in PER_MINUTE_MIN..700,
        asks in prop::collection::vec((0_i64..30, 1_u32..60, 0_u8..8), 1..200),
    ) {
        let (mut pace, mut at, mut granted) = (Pace::default(), 0, Vec::new());
        for (pause, wanted, fate) in asks {
            at += pause;
            match pace.take(wanted, ceiling, after(at)) {
                Grant::Requests(count) => {
                    prop_assert!(count <= wanted && count >= wanted.min(PER_MINUTE_MIN));
                    granted.push((at, count));
                }
                Grant::Probe => granted.push((at, 1)),
                Grant::NotBefore(until) => prop_assert!(until > after(at)),
            }
            match fate {
                0 => drop(pace.failed(ceiling, None, after(at), u32::from(fate))),
                _ => pace.answered(ceiling),
            }
            // A window begins with what is asked first in it: of any minute two may have a part.
            let minute = granted.iter().filter(|(when, _)| at - *when < 60);
            prop_assert!(minute.map(|(_, count)| count).sum::<u32>() <= 2 * ceiling);
        }
    }

    #[test]
    fn whatever_happens_a_line_loses_nothing_and_invents_nothing(
        steps in prop::collection::vec((0_u8..8, 0_u64..12, 0_usize..3, 0_i64..200), 1..120),
    ) {
        let (mut line, mut at) = (line(), 0);
        let holders = ["a", "b", "c"];
        let mut at_it: Option<(&str, i64)> = None;
        for (step, version, who, pause) in steps {
            at += pause;
            let (holder, before) = (holders[who], line.clone());
            let held = at_it.is_some_and(|(who, _)| who == holder);
            match step {
                0 | 1 => drop(line.owe(version, after(at))),
                2 => {
                    let alone = at_it.is_none_or(|(_, until)| until <= at);
                    if line.start(holder, after(at), lease()) {
                        prop_assert!(alone, "two at a time");
                        prop_assert!(line.is_behind());
                        at_it = Some((holder, at + lease().as_secs()));
                    }
                }
                3 => {
                    if line.acknowledge(version, holder, after(at)) {
                        prop_assert!(held);
                        at_it = None;
                    }
                }
                4 => {
                    if line.refused((holder, version), "-2", after(at), 3) {
                        prop_assert!(held);
                        at_it = None;
                    }
                }
                5 => {
                    let until = after(at + 60);
                    if line.unavailable((holder, version), "timed-out", after(at), until) {
                        prop_assert!(held);
                        at_it = None;
                    }
                }
                6 => {
                    if line.put_off(after(at), after(at + 60)) {
                        prop_assert!(at_it.is_none_or(|(_, until)| until <= at));
                        at_it = None;
                    }
                }
                _ => {
                    if line.reopen(version, after(at)) {
                        at_it = None;
                    }
                }
            }
            prop_assert!(line.acknowledged() <= line.owed());
            prop_assert!(line.owed() >= before.owed());
            let taken_back = line.reopened() > before.reopened();
            prop_assert!(line.acknowledged() >= before.acknowledged() || taken_back);
            prop_assert_eq!(line.is_behind(), line.behind_since().is_some());
            // Who is behind has a time: nobody is forgotten.
            prop_assert_eq!(line.is_behind(), line.due_at().is_some());
        }
    }
}

#[test]
fn a_system_that_is_switched_off_is_asked_by_nobody_until_it_is_switched_on() {
    let mut pace = Pace::default();
    assert!(!pace.switch_on(), "nobody had switched it off");
    for _ in 0..4 {
        pace.failed(CEILING, None, now(), 0);
    }
    let until = pace.switch_off(now());
    assert_eq!(pace.switch_off(after(60)), until + SignedDuration::from_mins(1));
    assert_eq!(pace.off_since(), Some(now()), "since the first time");
    for days in [0, 1, 400] {
        let later = after(86_400 * days);
        let put_off = later + SignedDuration::from_hours(6);
        assert_eq!(pace.take(1, CEILING, later), Grant::NotBefore(put_off));
    }
    // A process that was answered before it knew.
    pace.answered(CEILING);
    assert!(pace.off_since().is_some());
    assert!(pace.switch_on());
    assert_eq!(pace.take(CEILING, CEILING, after(90)), Grant::Requests(CEILING));
    // What an earlier release has stored is of a system that is on.
    let stored: Pace = serde_json::from_str(r#"{"version": 3, "used": 2, "failures": 1}"#).unwrap();
    assert_eq!(stored.off_since(), None);
}

#[test]
fn what_is_replayed_is_owed_again_and_whoever_is_at_the_line_has_lost_it() {
    let mut line = started(5, "a");
    assert!(line.acknowledge(5, "a", after(1)));
    assert!(!line.replay(5, after(2)), "it has nothing behind its last version");
    assert!(line.replay(2, after(3)));
    assert_eq!((line.owed(), line.acknowledged(), line.reopened()), (5, 2, 0));
    assert_eq!((line.behind_since(), line.due_at()), (Some(after(3)), Some(after(3))));
    assert!(!line.replay(3, after(4)), "more is owed already");
    assert!(line.start("b", after(4), lease()));
    assert!(line.replay(0, after(5)));
    assert!(!line.acknowledge(5, "b", after(6)));
    assert_eq!(line.behind_since(), Some(after(3)), "since it was behind first");
    assert!(line.start("c", after(6), lease()) && line.acknowledge(5, "c", after(7)));
    assert!(!line.is_behind());
}
