//! A dossier that a ministry's system has to process: since when, until when, and what the system
//! says of it, in any order.

use domain::delivery::{Delivery, System, SystemId, TransferAnswer, TransferNews, TransferState};
use domain::dossier::Dossier;
use domain::procedure::Channel;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use serde_json::json;

use super::world::{AGENCY, HANDLER, at, named, played};

/// A system that has to process everything of `agencies`.
fn processing(agencies: &[&str]) -> System {
    serde_json::from_value(json!({
        "id": "ministry", "name": "Hệ thống của Bộ", "protocol": "queue",
        "integrator": "urn:motcua:integrator:ministry", "agencies": agencies,
        "requestsPerMinute": 60, "itemsPerRequest": 10, "connected": true,
        "transfer": {
            "integrator": "urn:motcua:integrator:ministry", "acknowledgeWithinHours": 24,
            "stillHere": ["apologise", "return-result"],
        },
        "validFrom": "2020-01-01", "trust": "unverified", "source": "a test",
    }))
    .unwrap()
}

fn dossier(rest: &str) -> Dossier {
    played("5 working-day", Channel::Online, &format!("submit 2026-03-02T08:00{rest}"))
}

fn line() -> Delivery {
    let system: SystemId = "ministry".parse().unwrap();
    Delivery::begun("H20.12-261117-0001".parse().unwrap(), system)
}

fn now() -> Timestamp {
    at("2026-03-02T09:00")
}

fn hours(hours: i64) -> Timestamp {
    now() + SignedDuration::from_hours(hours)
}

fn said(answer: TransferAnswer, at: Timestamp) -> TransferNews {
    let reason = (answer != TransferAnswer::Taken).then(|| "not-ours".to_owned());
    TransferNews::new(answer, None, reason, at).unwrap()
}

/// The version with which the dossier began to be with the system, and with which it was offered.
fn offer(rest: &str, agencies: &[&str]) -> Option<(u64, u64)> {
    let dossier = dossier(rest);
    let of = (&dossier.agency, &dossier.procedure);
    let offer = processing(agencies).offer_of(of, &dossier.history)?;
    Some((offer.begun, offer.offered))
}

/// A line of a dossier that was received, and is offered to the system.
fn offered() -> (System, Dossier, Delivery) {
    let (system, dossier) = (processing(&[AGENCY]), dossier(", receive 09:00"));
    let mut line = line();
    assert!(system.owe(&mut line, &dossier, now()));
    assert!(line.start("a", now(), SignedDuration::from_mins(1)));
    assert!(line.acknowledge(line.owed(), "a", now()));
    (system, dossier, line)
}

fn state(line: &Delivery) -> TransferState {
    line.transfer().expect("a transfer").state()
}

#[test]
fn a_dossier_is_the_systems_from_its_receipt_until_nothing_is_left_to_settle() {
    for (rest, expected) in [
        ("", None),
        (", request-supplement 09:00", None),
        (", receive 09:00", Some((2, 2))),
        (", receive 09:00, process 10:00, suspend 11:00", Some((2, 2))),
        (", receive 09:00, process 10:00, finish 11:00", None),
        (", receive 09:00, withdraw 10:00", None),
        (", refuse 09:00", None),
        // A result that was sent back is worked on again, as something new.
        (", receive 09:00, finish 11:00, send-back 2026-03-03T08:00", Some((4, 4))),
        // What came after it was asked for is offered with it.
        (", receive 09:00, request-supplement 10:00, supplement 11:00", Some((2, 4))),
    ] {
        assert_eq!(offer(rest, &[AGENCY]), expected, "{rest}");
    }
}

#[test]
fn a_dossier_that_is_forwarded_is_that_agencys_systems_and_comes_back_as_something_new() {
    let away = ", receive 09:00, process 10:00, forward 11:00";
    let back = format!("{away}, hand-back 2026-03-03T08:00");
    assert_eq!(offer(away, &[AGENCY]), None, "it is with another agency");
    assert_eq!(offer(away, &[HANDLER]), Some((4, 4)), "and there a system processes it");
    assert_eq!(offer(&back, &[AGENCY]), Some((5, 5)));
    assert_eq!(offer(&back, &[HANDLER]), None);
    assert_eq!(offer(away, &[AGENCY, HANDLER]), Some((2, 2)), "the same system all the while");
    // It has to hear of it too, from the first entry on; one that only wants to know has not.
    let system = processing(&[HANDLER]);
    assert_eq!(system.owed(&dossier(away)), 4);
    assert_eq!(System { transfer: None, ..system }.owed(&dossier(away)), 0);
}

#[test]
fn a_dossier_that_is_offered_is_not_in_step_until_the_system_says_that_it_has_it() {
    let (system, dossier, mut line) = offered();
    assert!(!line.is_behind() && !line.is_in_step(), "told of it, and no more");
    assert_eq!(line.due_at(), Some(hours(24)), "looked at when the agreed time is over");
    let taken =
        TransferNews::new(TransferAnswer::Taken, Some("HT-7".into()), None, hours(2)).unwrap();
    assert!(line.hear(&taken));
    assert!(!line.hear(&taken), "said twice");
    assert!(!system.owe(&mut line, &dossier, hours(3)), "a message that comes again");
    let transfer = line.transfer().unwrap();
    assert_eq!((transfer.taken_at(), transfer.reference()), (Some(hours(2)), Some("HT-7")));
    assert!(line.is_in_step() && line.due_at().is_none());
}

#[test]
fn a_transfer_that_nobody_acknowledges_calls_people_once_a_day_and_is_told_again() {
    let (_, _, mut line) = offered();
    assert!(!line.calls(hours(24) - SignedDuration::from_secs(1)));
    for day in 1..=3 {
        assert!(line.call(true, hours(24 * day)), "day {day}");
        assert!(!line.calls(hours(24 * day + 23)), "not twice a day");
        // The entry with which it was offered goes once more, and those behind it.
        assert_eq!((line.acknowledged(), line.is_behind()), (1, true));
        assert!(line.start("a", hours(24 * day), SignedDuration::from_mins(1)));
        assert!(line.acknowledge(2, "a", hours(24 * day)));
        assert_eq!(line.due_at(), Some(hours(24 * (day + 1))));
    }
    assert!(line.hear(&said(TransferAnswer::Taken, hours(80))));
    assert!(!line.calls(hours(1_000)) && line.due_at().is_none());
}

#[test]
fn an_answer_that_is_the_systems_own_door_s_says_that_it_has_the_dossier() {
    let (_, _, mut line) = offered();
    assert!(line.hear_answer(hours(1)));
    assert!(!line.hear_answer(hours(2)), "said twice");
    assert_eq!(line.transfer().unwrap().taken_at(), Some(hours(1)));
    // And nothing where it took only what came before.
    let (system, dossier) = (processing(&[AGENCY]), dossier(", receive 09:00"));
    let mut behind = Delivery::begun(line.code().clone(), line.system().clone());
    assert!(system.owe(&mut behind, &dossier, now()) && !behind.hear_answer(hours(1)));
}

#[test]
fn a_refusal_stays_open_until_something_new_comes_and_what_is_given_back_is_done_here() {
    let (system, _, mut line) = offered();
    assert!(line.hear(&said(TransferAnswer::Refused, hours(1))));
    assert_eq!((line.is_in_step(), line.transfer().unwrap().reason()), (false, Some("not-ours")));
    assert!(!line.calls(hours(24)) && line.calls(hours(25)), "a day after it was refused");
    assert!(line.call(true, hours(25)) && !line.is_behind(), "it has what it refuses");
    let completed = dossier(
        ", receive 09:00, request-supplement 2026-03-03T11:00, supplement 2026-03-03T12:00",
    );
    assert!(system.owe(&mut line, &completed, hours(28)));
    assert_eq!(state(&line), TransferState::Offered);
    assert_eq!(line.transfer().unwrap().until(), hours(52), "the time begins anew");
    // What it said before the documents came is no news of it.
    assert!(!line.hear(&said(TransferAnswer::Taken, hours(2))));
    assert!(line.hear(&said(TransferAnswer::GivenBack, hours(30))));
    assert!(!line.is_transfer_open() && !line.calls(hours(1_000)));
    assert!(!system.owe(&mut line, &completed, hours(31)), "not offered again by itself");
}

#[test]
fn a_dossier_that_is_withdrawn_in_flight_is_over_whatever_the_system_says_of_it_then() {
    let (system, _, mut line) = offered();
    let withdrawn = dossier(", receive 09:00, withdraw 10:00");
    assert!(system.owe(&mut line, &withdrawn, hours(1)));
    assert_eq!(state(&line), TransferState::Over);
    assert!(!line.calls(hours(1_000)));
    // Its word may have been on its way: it is kept, and changes nothing else.
    assert!(line.hear(&said(TransferAnswer::Taken, hours(1))));
    assert_eq!(state(&line), TransferState::Over);
    assert_eq!(line.transfer().unwrap().taken_at(), Some(hours(1)));
    assert!(!line.hear(&said(TransferAnswer::Refused, hours(2))));
}

#[test]
fn a_copy_of_the_dossier_that_is_older_than_what_is_known_begins_and_ends_nothing() {
    let (system, received, _) = offered();
    let withdrawn = dossier(", receive 09:00, withdraw 10:00");
    let mut line = line();
    system.owe(&mut line, &withdrawn, hours(1));
    assert!(line.transfer().is_none(), "nobody ever had to process it");
    assert!(!system.owe(&mut line, &received, hours(1)));
    assert!(line.transfer().is_none());
}

#[test]
fn a_row_that_no_longer_has_the_dossier_processed_ends_the_transfer() {
    let (system, dossier, mut line) = offered();
    let elsewhere = System { agencies: Some(vec!["H20.99".parse().unwrap()]), ..system.clone() };
    assert!(elsewhere.owe(&mut line, &dossier, hours(1)));
    assert_eq!(state(&line), TransferState::Over);
    let (_, _, mut line) = offered();
    assert!(System { transfer: None, ..system }.owe(&mut line, &dossier, hours(1)));
    assert_eq!(state(&line), TransferState::Over);
}

#[test]
fn a_system_that_lost_what_it_had_is_offered_it_again() {
    let (_, _, mut line) = offered();
    line.hear(&said(TransferAnswer::Taken, hours(1)));
    let day = SignedDuration::from_hours(24);
    assert!(!line.offer_again(2, day, hours(50)), "it has what it was offered");
    assert!(line.offer_again(1, day, hours(50)));
    assert_eq!(
        (state(&line), line.transfer().unwrap().until()),
        (TransferState::Offered, hours(74))
    );
}

#[test]
fn an_answer_names_everything_that_is_wrong_with_it() {
    let text = |text: &str| Some(text.to_owned());
    let new = |answer, reference, reason| TransferNews::new(answer, reference, reason, now());
    assert!(new(TransferAnswer::Taken, None, None).is_ok());
    for (reference, reason, expected) in [
        (None, None, vec![("reason", "required")]),
        (text(""), text("not ours"), vec![("reference", "format"), ("reason", "format")]),
        (text("số 7"), text("9"), vec![("reference", "format"), ("reason", "format")]),
        (
            text(&"7".repeat(65)),
            text(&"a".repeat(41)),
            vec![("reference", "format"), ("reason", "format")],
        ),
    ] {
        let found = new(TransferAnswer::Refused, reference, reason).unwrap_err();
        assert_eq!(named(&found), expected);
    }
}

proptest! {
    /// What a system says, in whatever order and however often it is heard, ends in the same.
    #[test]
    fn answers_end_in_the_same_in_every_order(
        answers in prop::collection::vec((0..3_usize, 0..6_i64), 1..6),
        seed in any::<u64>(),
    ) {
        let news: Vec<TransferNews> = answers
            .iter()
            .map(|(answer, minute)| {
                let at = now() + SignedDuration::from_mins(*minute);
                said(TransferAnswer::ALL[*answer], at)
            })
            .collect();
        let mut shuffled = news.clone();
        let turns = usize::try_from(seed % 7).unwrap() % shuffled.len();
        shuffled.rotate_left(turns);
        if seed % 2 == 0 {
            shuffled.reverse();
        }
        let end = |all: &[TransferNews]| {
            let (_, _, mut line) = offered();
            for one in all.iter().chain(all) {
                line.hear(one);
            }
            let transfer = line.transfer().unwrap();
            (transfer.state(), transfer.at(), transfer.taken_at())
        };
        prop_assert_eq!(end(&news), end(&shuffled));
    }
}
