//! Payments through the platform: whatever is heard, how often and in whatever order, a demand is
//! paid once, and nothing is lost of what was paid besides.

use domain::payment::online::{
    ATTEMPTS_MAX, Attempt, AttemptState, Came, Heard, MOVES, OnlinePayment, OnlineState,
};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::world::at;

const OWED: u64 = 60_000;

fn now() -> Timestamp {
    at("2026-03-02T09:00")
}

fn later(hours: i64) -> Timestamp {
    now() + SignedDuration::from_hours(hours)
}

/// A payment with so many attempts, and what they are known by.
fn begun(attempts: usize) -> (OnlinePayment, Vec<String>) {
    let mut payment = OnlinePayment::of("H20.12-260302-0001".parse().unwrap(), 3, OWED);
    let references = (0..attempts).map(|_| payment.begin(now()).unwrap()).collect();
    (payment, references)
}

fn states(payment: &OnlinePayment) -> Vec<AttemptState> {
    payment.attempts.iter().map(|attempt| attempt.state).collect()
}

#[test]
fn the_table_of_moves_leads_onward_and_never_back() {
    for (from, targets) in MOVES {
        assert!(targets.iter().all(|to| *to > from), "{from:?}");
    }
    let rows: Vec<AttemptState> = MOVES.iter().map(|(from, _)| *from).collect();
    assert_eq!(rows, AttemptState::ALL);
}

#[test]
fn an_attempt_has_a_name_of_its_own_made_of_letters_and_digits() {
    let (payment, references) = begun(3);
    assert_eq!(references[0], "dvcH20122603020001177241680000001");
    assert!(references.windows(2).all(|pair| pair[0] != pair[1]));
    assert!(references.iter().all(|name| name.bytes().all(|it| it.is_ascii_alphanumeric())));
    assert_eq!((payment.version, payment.state()), (3, OnlineState::Pending));
    let (mut many, _) = begun(ATTEMPTS_MAX);
    assert_eq!(many.begin(now()).unwrap_err().rule.slug(), "attempts-max");
}

#[test]
fn an_attempt_that_the_platform_did_not_take_has_failed_and_no_other() {
    let (mut payment, references) = begun(2);
    let version = payment.version;
    payment.was_refused(&references[1]);
    assert_eq!(states(&payment), [AttemptState::Pending, AttemptState::Failed]);
    assert_eq!(payment.version, version + 1);
}

#[test]
fn what_counts_is_the_sum_that_is_owed_while_it_is_owed_and_once() {
    for (amount, owed, state, came) in [
        (OWED, true, OnlineState::Paid, Came::Counts),
        (OWED - 1, true, OnlineState::PaidTwice, Came::State(AttemptState::OwedBack)),
        (OWED + 1, true, OnlineState::PaidTwice, Came::State(AttemptState::OwedBack)),
        (OWED, false, OnlineState::PaidTwice, Came::State(AttemptState::OwedBack)),
    ] {
        let (mut payment, references) = begun(1);
        assert_eq!(payment.hear(&references[0], Heard::Paid(amount), owed, later(1)), came);
        assert_eq!(payment.state(), state);
        let counted = if came == Came::Counts { amount } else { 0 };
        assert_eq!((payment.counted_vnd(), payment.owed_back_vnd()), (counted, amount - counted));
    }
}

#[test]
fn what_is_paid_again_is_owed_back_whole_and_given_back_once() {
    let (mut payment, references) = begun(2);
    payment.hear(&references[0], Heard::Paid(OWED), true, later(1));
    payment.hear(&references[1], Heard::Paid(OWED), true, later(1));
    assert_eq!((payment.counted_vnd(), payment.owed_back_vnd()), (OWED, OWED));
    assert_eq!(payment.refund(&references[0]), None, "what counts is not given back");
    assert_eq!(payment.refund(&references[1]), Some(OWED));
    assert_eq!(payment.refund(&references[1]), None);
    assert_eq!(payment.state(), OnlineState::Refunding);
    payment.hear(&references[1], Heard::Refunded, false, later(30));
    payment.hear(&references[1], Heard::Refunded, false, later(31));
    assert_eq!((payment.counted_vnd(), payment.owed_back_vnd()), (OWED, 0));
    assert_eq!(payment.attempt(&references[1]).unwrap().refunded_vnd, OWED);
    assert_eq!(payment.state(), OnlineState::Paid);
}

#[test]
fn a_payment_that_counts_and_of_which_the_platform_says_something_else_is_a_difference() {
    for heard in [Heard::Nothing, Heard::Failed, Heard::Paid(OWED - 1)] {
        let (mut payment, references) = begun(1);
        payment.hear(&references[0], Heard::Paid(OWED), true, later(1));
        assert_eq!(payment.hear(&references[0], heard, false, later(20)), Came::Differs);
        assert_eq!(payment.state(), OnlineState::Paid);
    }
}

#[test]
fn the_platform_is_asked_soon_then_seldom_then_at_night_and_at_last_not_any_more() {
    let (mut payment, references) = begun(1);
    let asked_at = |payment: &OnlinePayment| payment.ask_at();
    let minutes = |minutes| Some(now() + SignedDuration::from_mins(minutes));
    assert_eq!(asked_at(&payment), minutes(2));
    for (asked, next) in [(2, 4), (4, 8), (8, 16), (120, 180)] {
        payment.hear(&references[0], Heard::Nothing, true, minutes(asked).unwrap());
        assert_eq!(asked_at(&payment), minutes(next), "asked after {asked} minutes");
    }
    payment.hear(&references[0], Heard::Nothing, true, later(24));
    assert_eq!(payment.state(), OnlineState::Failed);
    assert_eq!(asked_at(&payment), Some(at("2026-03-04T02:45")));
    payment.hear(&references[0], Heard::Nothing, true, later(24 * 7));
    assert_eq!(asked_at(&payment), None);
    // A payment is compared once more, in the night after it.
    let (mut payment, references) = begun(1);
    payment.hear(&references[0], Heard::Paid(OWED), true, later(30));
    assert_eq!(asked_at(&payment), Some(at("2026-03-04T02:45")));
    payment.hear(&references[0], Heard::Paid(OWED), false, at("2026-03-04T02:46"));
    assert_eq!(asked_at(&payment), None);
}

#[test]
fn a_payer_goes_on_with_what_they_began_for_a_quarter_of_an_hour() {
    let (mut payment, references) = begun(1);
    assert_eq!(payment.open(now()), None, "nobody has an address yet");
    let version = payment.version;
    payment.may_pay_at(&references[0], "https://pay.example/1".to_owned());
    assert_eq!(payment.version, version + 1);
    let open = |payment: &OnlinePayment, minutes| {
        let found = payment.open(now() + SignedDuration::from_mins(minutes));
        found.and_then(|attempt| attempt.address.clone())
    };
    assert_eq!(open(&payment, 14).as_deref(), Some("https://pay.example/1"));
    assert_eq!(open(&payment, 15), None);
    payment.hear(&references[0], Heard::Failed, true, now());
    assert_eq!(open(&payment, 1), None);
}

#[test]
fn what_is_stored_is_read_as_it_was() {
    let (mut payment, references) = begun(2);
    payment.may_pay_at(&references[0], "https://pay.example/1".to_owned());
    payment.hear(&references[1], Heard::Paid(OWED), true, later(1));
    let stored = serde_json::to_value(&payment).unwrap();
    assert_eq!(serde_json::from_value::<OnlinePayment>(stored).unwrap(), payment);
}

fn heard() -> impl Strategy<Value = Heard> {
    prop_oneof![
        1 => Just(Heard::Nothing),
        1 => Just(Heard::Failed),
        3 => Just(Heard::Paid(OWED)),
        1 => Just(Heard::Paid(OWED - 10_000)),
        1 => Just(Heard::Refunded),
    ]
}

/// The state in which an attempt ends that heard these answers, whatever their order.
fn end(attempt: &Attempt) -> (bool, bool) {
    (attempt.state == AttemptState::Refunded, attempt.state.holds_money())
}

proptest! {
    #[test]
    fn money_is_never_negative_counts_once_and_is_all_accounted_for(
        answers in prop::collection::vec((0_usize..3, heard(), any::<bool>(), any::<bool>()), 0..40),
    ) {
        let (mut payment, references) = begun(3);
        let mut is_owed = true;
        let mut counts = 0;
        for (number, (which, heard, confirmed, refund)) in answers.into_iter().enumerate() {
            // The dossier may be confirmed by hand meanwhile, and waits for nothing then.
            is_owed &= !confirmed;
            let now = later(i64::try_from(number).unwrap());
            let before = payment.clone();
            let came = payment.hear(&references[which], heard, is_owed, now);
            if came == Came::Counts {
                prop_assert!(is_owed);
                counts += 1;
                is_owed = false;
            }
            if refund {
                let owed_back = payment.owed_back_vnd();
                let given = payment.refund(&references[which]).unwrap_or(0);
                prop_assert!(given <= owed_back);
            }
            for (before, after) in before.attempts.iter().zip(&payment.attempts) {
                prop_assert!(after.state >= before.state, "no answer leads back");
                prop_assert!(after.refunded_vnd <= after.paid_vnd);
                prop_assert!(before.paid_vnd == 0 || after.paid_vnd == before.paid_vnd);
            }
            let paid: u64 = payment.attempts.iter().map(|attempt| attempt.paid_vnd).sum();
            let back: u64 = payment.attempts.iter().map(|attempt| attempt.refunded_vnd).sum();
            prop_assert_eq!(paid, payment.counted_vnd() + payment.owed_back_vnd() + back);
            prop_assert!([0, OWED].contains(&payment.counted_vnd()));
        }
        prop_assert!(counts <= 1, "a demand is paid once");
    }

    #[test]
    fn answers_that_come_late_twice_or_out_of_order_end_in_the_same_state(
        answers in prop::collection::vec((0_usize..2, heard()), 1..6).prop_shuffle(),
        order in prop::collection::vec(any::<prop::sample::Index>(), 6),
    ) {
        // Of one attempt the platform says one sum.
        let said = |which: usize, heard: Heard| match heard {
            Heard::Paid(_) if which == 0 => Heard::Paid(OWED),
            Heard::Paid(_) => Heard::Paid(OWED - 1),
            Heard::Nothing | Heard::Failed | Heard::Refunded => heard,
        };
        let answers: Vec<(usize, Heard)> =
            answers.into_iter().map(|(which, heard)| (which, said(which, heard))).collect();
        let play = |answers: &[(usize, Heard)]| {
            let (mut payment, references) = begun(2);
            let mut is_owed = true;
            for (which, heard) in answers {
                let came = payment.hear(&references[*which], *heard, is_owed, later(1));
                is_owed &= came != Came::Counts;
            }
            payment
        };
        let mut shuffled = answers.clone();
        for (place, index) in order.iter().enumerate() {
            let length = shuffled.len();
            shuffled.swap(place % length, index.index(length));
        }
        // And each twice.
        shuffled.extend(shuffled.clone());
        let (one, other) = (play(&answers), play(&shuffled));
        prop_assert_eq!(states(&one), states(&other));
        let ends = |payment: &OnlinePayment| payment.attempts.iter().map(end).collect::<Vec<_>>();
        prop_assert_eq!(ends(&one), ends(&other));
    }
}
