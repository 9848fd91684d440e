//! What the time of an event is held against: the table, and its twin, written from decisions 24, 34
//! and 75.

use domain::dossier::{Against, Allowed, Lateness, TIMES, too_long_ago};
use jiff::SignedDuration;

use super::*;

const BACK_DAYS: u16 = 30;

/// What is allowed, in milliseconds, and what becomes of an event beyond it.
fn twin(against: Against) -> (i64, Lateness) {
    match against {
        Against::OurClock => (5 * 60_000, Lateness::NotInTheFuture),
        Against::FirstRead => (30 * 86_400_000, Lateness::TooLongAgo),
        Against::OwnLast => (0, Lateness::OutOfOrder),
        Against::OwnLastThatItFollows | Against::AnybodysLast => (5 * 60_000, Lateness::OutOfOrder),
    }
}

/// What becomes of an event of a time that differs by so many milliseconds; none where it is taken.
fn becomes_of(against: Against, millis: i64) -> Option<Lateness> {
    let apart = SignedDuration::from_millis(millis);
    let sender = integrator(&[AGENCY]);
    let noon = at_noon();
    let handed_in = played("5 working-day", Channel::Online, "submit 2026-03-02T07:30");
    let decided = |dossier: &Dossier, action, claimed| {
        let order = Command { at: Some(claimed), ..command("it", action) };
        match dossier.decide(order, &sender, law(), noon) {
            Ok(_) => None,
            Err(Refusal::OutOfOrder) => Some(Lateness::OutOfOrder),
            Err(Refusal::Invalid(broken)) => {
                assert_eq!(broken[0].rule, RuleName::NotInTheFuture);
                Some(Lateness::NotInTheFuture)
            }
            Err(other) => panic!("{other:?}"),
        }
    };
    let own = at("2026-03-02T09:00");
    let receipt = Command { at: Some(own), ..command("e1", Action::Receive) };
    let received = || moved(handed_in.decide(receipt.clone(), &sender, law(), noon));
    match against {
        Against::OurClock => decided(&handed_in, Action::Receive, noon + apart),
        Against::FirstRead => too_long_ago(noon - apart, noon, BACK_DAYS).map(|broken| {
            assert_eq!((broken.field.as_str(), broken.rule), ("time", RuleName::TooLongAgo));
            assert!(broken.detail.contains("30 days"), "{}", broken.detail);
            Lateness::TooLongAgo
        }),
        // A withdrawal needs no receipt before it.
        Against::OwnLast => decided(&received(), Action::Withdraw, own - apart),
        Against::OwnLastThatItFollows => decided(&received(), Action::Process, own - apart),
        Against::AnybodysLast => {
            decided(&handed_in, Action::Receive, at("2026-03-02T07:30") - apart)
        }
    }
}

#[test]
fn a_time_may_differ_from_each_other_as_the_table_says_and_not_by_a_millisecond_more() {
    for (against, allowed, lateness) in TIMES {
        let (millis, of_twin) = twin(against);
        assert_eq!(lateness, of_twin, "{against:?}");
        assert_eq!(against.allowed(BACK_DAYS), SignedDuration::from_millis(millis));
        assert_eq!(allowed == Allowed::Nothing, millis == 0, "{against:?}");
        assert_eq!(becomes_of(against, millis), None, "{against:?}");
        assert_eq!(becomes_of(against, millis + 1), Some(lateness), "{against:?}");
    }
}

#[test]
fn each_time_that_an_event_is_held_against_has_one_row() {
    for (place, (against, _, _)) in TIMES.iter().enumerate() {
        assert!(TIMES[..place].iter().all(|(before, _, _)| before != against), "{against:?}");
    }
}
