//! A command that is repeated, stale, broken or late.

use super::*;
use crate::rules::world;

#[test]
fn a_repeated_command_is_answered_with_its_own_entry_after_the_dossier_has_moved_on() {
    let received =
        moved(try_it(&in_status(DossierStatus::Registered), Action::Receive, &officer(AGENCY)));
    let mut dossier = received.clone();
    for (action, when) in [
        ("process", "2026-03-03T08:00"),
        ("finish", "2026-03-04T08:00"),
        ("return-result", "2026-03-05T08:00"),
    ] {
        dossier = after(&dossier, world::action(action), at(when));
    }
    let again = Command {
        expected_version: Some(1),
        at: Some(at("2026-03-02T09:00")),
        ..command("it", Action::Receive)
    };
    let answer = dossier.decide(again, &officer(AGENCY), law(), at("2026-03-06T08:00"));
    assert_eq!(answer, Ok(Decision::Repeated(Box::new(received.history[1].clone()))));
}

#[test]
fn a_repetition_by_somebody_who_may_not_is_shown_nothing() {
    let received =
        moved(try_it(&in_status(DossierStatus::Registered), Action::Receive, &officer(AGENCY)));
    assert_eq!(
        try_it(&received, Action::Receive, &officer(OTHER_AGENCY)),
        Err(Refusal::NotAllowed)
    );
}

#[test]
fn a_command_id_cannot_name_two_actions() {
    let received =
        moved(try_it(&in_status(DossierStatus::Registered), Action::Receive, &officer(AGENCY)));
    assert_eq!(try_it(&received, Action::Process, &officer(AGENCY)), Err(Refusal::CommandIdReused));
    let handed_in = in_status(DossierStatus::Registered);
    let name_of_submission = command(handed_in.history[0].command.as_str(), Action::Receive);
    assert_eq!(
        handed_in.decide(name_of_submission, &officer(AGENCY), law(), at_noon()),
        Err(Refusal::CommandIdReused)
    );
}

#[test]
fn a_command_id_cannot_say_two_things() {
    let received =
        moved(try_it(&in_status(DossierStatus::Registered), Action::Receive, &officer(AGENCY)));
    let said = command("it", Action::Receive);
    for other in [
        Command { reason: Some("another".to_owned()), ..said.clone() },
        Command { note: Some("another".to_owned()), ..said.clone() },
        Command { expected_version: Some(2), ..said.clone() },
        Command { expected_version: Some(u64::MAX), ..said.clone() },
    ] {
        let answer = received.decide(other, &officer(AGENCY), law(), at_noon());
        assert_eq!(answer, Err(Refusal::CommandIdReused));
    }
}

#[test]
fn a_sender_who_saw_another_version_is_shown_the_current_one() {
    let dossier = in_status(DossierStatus::Processing);
    for (expected, stale) in [(None, false), (Some(3), false), (Some(2), true), (Some(4), true)] {
        let order = Command { expected_version: expected, ..command("it", Action::Finish) };
        let answer = dossier.decide(order, &officer(AGENCY), law(), at_noon());
        let refusal =
            stale.then_some(Refusal::Stale { current: 3, status: DossierStatus::Processing });
        assert_eq!(answer.err(), refusal, "{expected:?}");
    }
}

#[test]
fn every_field_of_a_command_that_breaks_a_rule_is_named_at_once() {
    let order = Command {
        expected_version: Some(0),
        reason: Some(" ".to_owned()),
        note: Some("\u{fffd}".to_owned()),
        at: Some(at("2026-03-09T12:00")),
        new_due_on: Some(day("2026-03-30")),
        to_agency: Some(HANDLER.parse().unwrap()),
        ..command("it", Action::Refuse)
    };
    let answer =
        in_status(DossierStatus::Processing).decide(order, &officer(AGENCY), law(), at_noon());
    let Err(Refusal::Invalid(broken)) = answer else { panic!("{answer:?}") };
    let expected = [
        ("note", "text-damaged"),
        ("reason", "reason-owed"),
        ("time", "not-in-the-future"),
        ("expectedVersion", "range"),
        ("newDueOn", "apology-only"),
        ("toAgency", "forward-only"),
    ];
    assert_eq!(named(&broken), expected);
}

#[test]
fn a_version_that_no_dossier_ever_has_is_a_misprint_and_not_stale() {
    for expected in [0, EXPECTED_VERSION_MAX + 1, u64::MAX] {
        let order = Command { expected_version: Some(expected), ..command("it", Action::Finish) };
        let answer =
            in_status(DossierStatus::Processing).decide(order, &officer(AGENCY), law(), at_noon());
        let Err(Refusal::Invalid(broken)) = answer else { panic!("{expected}: {answer:?}") };
        assert_eq!(named(&broken), [("expectedVersion", "range")], "{expected}");
    }
}

#[test]
fn a_stale_sender_is_refused_as_stale_before_what_is_legal_now() {
    let order = Command { expected_version: Some(1), ..command("it", Action::Receive) };
    let answer =
        in_status(DossierStatus::Processing).decide(order, &officer(AGENCY), law(), at_noon());
    assert_eq!(answer, Err(Refusal::Stale { current: 3, status: DossierStatus::Processing }));
}

/// The last entry of the dossier is of 08:10; it is 12:00 when the command comes.
#[test]
fn the_claimed_time_of_an_event_is_believed_within_reason() {
    let refused = |field, rule, detail| Err(Refusal::invalid(Violation::new(field, rule, detail)));
    for (why, claimed, expected) in [
        ("none claimed: it happens as it comes", None, Ok("2026-03-02T12:00:00")),
        ("an earlier hour is kept", Some("2026-03-02T09:30"), Ok("2026-03-02T09:30:00")),
        (
            "the very instant of the last entry is kept",
            Some("2026-03-02T08:10"),
            Ok("2026-03-02T08:10:00"),
        ),
        (
            "a second before the last entry: a clock, set right",
            Some("2026-03-02T08:09:59"),
            Ok("2026-03-02T08:10:00"),
        ),
        ("two seconds", Some("2026-03-02T08:09:58"), Ok("2026-03-02T08:10:00")),
        ("twenty seconds", Some("2026-03-02T08:09:40"), Ok("2026-03-02T08:10:00")),
        (
            "five minutes before the last entry",
            Some("2026-03-02T08:05:00"),
            Ok("2026-03-02T08:10:00"),
        ),
        ("more is out of order", Some("2026-03-02T08:04:59.999"), Err(Refusal::OutOfOrder)),
        (
            "a clock that runs ahead is set back to ours",
            Some("2026-03-02T12:00:01"),
            Ok("2026-03-02T12:00:00"),
        ),
        ("five minutes ahead are a clock", Some("2026-03-02T12:05"), Ok("2026-03-02T12:00:00")),
        (
            "more is the future",
            Some("2026-03-02T12:05:01"),
            refused("time", RuleName::NotInTheFuture, "lies in the future"),
        ),
        (
            "tomorrow",
            Some("2026-03-03T08:00"),
            refused("time", RuleName::NotInTheFuture, "lies in the future"),
        ),
    ] {
        let order = Command { at: claimed.map(at), ..command("it", Action::Finish) };
        let answer =
            in_status(DossierStatus::Processing).decide(order, &officer(AGENCY), law(), at_noon());
        let time = answer.map(|decision| local(moved(Ok(decision)).history.last().unwrap().at));
        assert_eq!(time, expected.map(str::to_owned), "{why}");
    }
}

/// Its own entry is the receipt of 09:00, which the dossier was not in process before; it can be
/// withdrawn before the receipt as well.
#[test]
fn what_can_only_follow_its_senders_own_last_event_has_the_difference_of_two_clocks() {
    let sender = integrator(&[AGENCY]);
    let handed_in = played("5 working-day", Channel::Online, "submit 2026-03-02T07:30");
    let receipt =
        Command { at: Some(at("2026-03-02T09:00:00.457")), ..command("e1", Action::Receive) };
    let received = moved(handed_in.decide(receipt, &sender, law(), at_noon()));
    for (action, claimed, expected) in [
        (Action::Process, "2026-03-02T09:00:00", Ok("2026-03-02T09:00:00.457")),
        (Action::Process, "2026-03-02T08:59:58", Ok("2026-03-02T09:00:00.457")),
        (Action::Process, "2026-03-02T08:59:40", Ok("2026-03-02T09:00:00.457")),
        (Action::Process, "2026-03-02T08:55:00.457", Ok("2026-03-02T09:00:00.457")),
        (Action::Process, "2026-03-02T08:55:00", Err(Refusal::OutOfOrder)),
        (Action::Withdraw, "2026-03-02T09:00:00", Err(Refusal::OutOfOrder)),
        (Action::Receive, "2026-03-02T08:59:58", Err(Refusal::OutOfOrder)),
    ] {
        let order = Command { at: Some(at(claimed)), ..command("e2", action) };
        let answer = received.decide(order, &sender, law(), at_noon());
        let time = answer.map(|decision| local(moved(Ok(decision)).history.last().unwrap().at));
        assert_eq!(time, expected.map(str::to_owned), "{} at {claimed}", action.name());
    }
}

/// Both times are kept where they differ, so that nothing is lost of what a sender said.
#[test]
fn an_entry_keeps_the_claimed_time_beside_the_one_that_holds() {
    for (claimed, at_, kept) in [
        (None, "2026-03-02T12:00:00", None),
        (Some("2026-03-02T09:30"), "2026-03-02T09:30:00", None),
        (Some("2026-03-02T08:09:40"), "2026-03-02T08:10:00", Some("2026-03-02T08:09:40")),
        (Some("2026-03-02T12:04:00"), "2026-03-02T12:00:00", Some("2026-03-02T12:04:00")),
    ] {
        let order = Command { at: claimed.map(at), ..command("it", Action::Finish) };
        let next = moved(in_status(DossierStatus::Processing).decide(
            order,
            &officer(AGENCY),
            law(),
            at_noon(),
        ));
        let entry = next.history.last().unwrap();
        assert_eq!(
            (local(entry.at), entry.claimed_at.map(local)),
            (at_.to_owned(), kept.map(str::to_owned))
        );
    }
}

/// A sender whose clock has whole seconds reports what follows in the second in which the entry
/// before fell.
#[test]
fn instants_have_one_precision_and_a_sender_may_have_a_coarser_one() {
    let dossier = handed_in("5 working-day", Channel::Online, at("2026-03-02T08:00"));
    let by = officer(AGENCY);
    let order =
        Command { at: Some(at("2026-03-02T08:00:07.4567891")), ..command("one", Action::Receive) };
    let received = moved(dossier.decide(order, &by, law(), at_noon()));
    assert_eq!(local(received.history[1].at), "2026-03-02T08:00:07.457");
    let order = Command { at: Some(at("2026-03-02T08:00:07")), ..command("two", Action::Process) };
    let next = moved(received.decide(order, &by, law(), at("2026-03-02T12:00:00.0000001")));
    assert_eq!(next.history[2].at, received.history[1].at);
    assert_eq!(local(next.history[2].recorded_at), "2026-03-02T12:00:00");
}

#[test]
fn an_absurd_time_is_refused_like_any_other() {
    for (claimed, refusal) in [
        (Timestamp::MIN, Refusal::OutOfOrder),
        (
            Timestamp::MAX,
            Refusal::invalid(Violation::new(
                "time",
                RuleName::NotInTheFuture,
                "lies in the future",
            )),
        ),
    ] {
        let order = Command { at: Some(claimed), ..command("it", Action::Finish) };
        let answer =
            in_status(DossierStatus::Processing).decide(order, &officer(AGENCY), law(), at_noon());
        assert_eq!(answer, Err(refusal));
    }
}

#[test]
fn two_machines_whose_clocks_differ_do_not_turn_the_history_round() {
    let dossier = in_status(DossierStatus::Processing);
    let last = dossier.history.last().unwrap().at;
    let behind = last - SignedDuration::from_secs(2);
    let next =
        moved(dossier.decide(command("it", Action::Finish), &officer(AGENCY), law(), behind));
    let entry = next.history.last().unwrap();
    assert_eq!((entry.at, entry.recorded_at), (last, behind));
}
