//! Letters of apology, and what a morning asks of an open dossier.

use domain::dossier::{Action, Actor, Command, Decision, Dossier, Refusal};
use domain::law::Law;
use domain::procedure::Channel;
use domain::reminder::{Duty, Lateness, duty, is_received_late, nearness, new_due_on};
use domain::violation::{Fact, Unit};
use domain::{RuleName, Violation};

use super::world::{
    AGENCY, after, at, calendar, command, day, law, law_changed, law_of, local, moved, named,
    officer, only, played, played_under, schedule,
};

/// Due on Monday 9 March 2026 after receipt on the 2nd.
const IN_PROCESS: &str = "submit 2026-03-02T07:30, receive 08:00, process 08:10";

fn letter(promised: &str) -> Command {
    Command {
        new_due_on: (promised != "-").then(|| day(promised)),
        ..command("letter", Action::Apologise)
    }
}

/// Answers: `in time`, `late` for a letter that is taken and marked, or the field and the rule.
fn answer_to(dossier: &Dossier, promised: &str, by: &Actor, law: &Law, when: &str) -> String {
    match dossier.decide(letter(promised), by, law, at(when)) {
        Ok(Decision::Moved(next)) => {
            let entry = next.history.last().unwrap();
            assert_eq!(entry.due_at.map(local), Some(local(at(&format!("{promised}T17:00")))));
            assert_eq!(entry.original_due_at.map(local), Some(local(at("2026-03-09T17:00"))));
            assert_eq!((next.due_at, next.original_due_at), (entry.due_at, entry.original_due_at));
            assert_eq!(
                (next.status, entry.status, next.apologies()),
                (dossier.status, dossier.status, 1)
            );
            assert_eq!(entry.reason.as_deref(), Some("Thiếu bản vẽ hiện trạng"));
            assert_eq!(entry.new_due_on(), Some(day(promised)));
            if entry.late_letter { "late".to_owned() } else { "in time".to_owned() }
        }
        Err(Refusal::Invalid(broken)) => {
            let broken = only(&broken);
            format!("{} {}", broken.field, broken.rule.slug())
        }
        other => panic!("{other:?}"),
    }
}

// NĐ 61/2018 Đ.19.9: a reason, a new date, a working day before the due date (Monday the 9th),
// once.
#[test]
fn a_letter_of_apology_comes_a_working_day_before_and_names_a_working_day_that_lies_ahead() {
    let refused = "action letter-notice";
    for (why, when, promised, of_officers, of_the_schedule) in [
        ("the day before", "2026-03-06T08:00", "2026-03-12", "in time", "in time"),
        ("the evening before", "2026-03-06T23:59", "2026-03-12", "in time", "in time"),
        ("the next working day is enough", "2026-03-06T08:00", "2026-03-10", "in time", "in time"),
        (
            "on the Saturday no working day is left",
            "2026-03-07T00:00",
            "2026-03-12",
            refused,
            "late",
        ),
        ("the due day itself", "2026-03-09T08:00", "2026-03-12", refused, "late"),
        ("too late, and still owed", "2026-03-11T08:00", "2026-03-12", refused, "late"),
        ("today, while offices are open", "2026-03-11T08:00", "2026-03-11", refused, "late"),
        ("no day", "2026-03-06T08:00", "-", "newDueOn new-date-owed", "newDueOn new-date-owed"),
        (
            "the due date itself",
            "2026-03-06T08:00",
            "2026-03-09",
            "newDueOn after-due-date",
            "newDueOn after-due-date",
        ),
        (
            "an earlier day",
            "2026-03-06T08:00",
            "2026-03-06",
            "newDueOn after-due-date",
            "newDueOn after-due-date",
        ),
        (
            "a Saturday",
            "2026-03-06T08:00",
            "2026-03-14",
            "newDueOn working-day",
            "newDueOn working-day",
        ),
        (
            "a holiday",
            "2026-03-06T08:00",
            "2026-04-30",
            "newDueOn working-day",
            "newDueOn working-day",
        ),
        (
            "a year without a calendar",
            "2026-03-06T08:00",
            "2031-03-03",
            "newDueOn working-day",
            "newDueOn working-day",
        ),
        ("thirty working days on", "2026-03-06T08:00", "2026-04-20", "in time", "in time"),
        (
            "thirty-one",
            "2026-03-06T08:00",
            "2026-04-21",
            "newDueOn extension-max",
            "newDueOn extension-max",
        ),
        (
            "months ahead",
            "2026-03-06T08:00",
            "2026-12-31",
            "newDueOn extension-max",
            "newDueOn extension-max",
        ),
        (
            "today, after closing",
            "2026-03-11T17:00",
            "2026-03-11",
            "newDueOn after-due-date",
            "newDueOn after-due-date",
        ),
        (
            "a day that has passed",
            "2026-03-11T08:00",
            "2026-03-10",
            "newDueOn after-due-date",
            "newDueOn after-due-date",
        ),
    ] {
        let dossier = played("5 working-day", Channel::Online, IN_PROCESS);
        for (by, expected) in [(officer(AGENCY), of_officers), (schedule(), of_the_schedule)] {
            assert_eq!(answer_to(&dossier, promised, &by, law(), when), expected, "{why}: {by:?}");
        }
    }
}

// What a law lets an agency promise is data: seven years ahead were taken before there was a bound.
#[test]
fn who_may_write_late_and_how_far_a_letter_reaches_is_the_rule_of_the_day() {
    let dossier = played("5 working-day", Channel::Online, IN_PROCESS);
    let bound = |notice: u8, most: u8, late: &str| serde_json::json!({"noticeWorkingDays": notice, "extensionWorkingDaysMax": most, "late": late});
    for (why, change, when, promised, expected) in [
        (
            "anybody",
            ("letterBound", bound(1, 30, "by-anybody")),
            "2026-03-09T08:00",
            "2026-03-12",
            "late",
        ),
        (
            "two days",
            ("letterBound", bound(2, 30, "by-schedule")),
            "2026-03-06T08:00",
            "2026-03-12",
            "action letter-notice",
        ),
        (
            "two days before",
            ("letterBound", bound(2, 30, "by-schedule")),
            "2026-03-05T08:00",
            "2026-03-12",
            "in time",
        ),
        (
            "no notice",
            ("letterBound", bound(0, 30, "by-schedule")),
            "2026-03-11T08:00",
            "2026-03-12",
            "in time",
        ),
        (
            "five days",
            ("letterBound", bound(1, 5, "by-schedule")),
            "2026-03-06T08:00",
            "2026-03-17",
            "newDueOn extension-max",
        ),
        (
            "the morning writes none, so officers do",
            ("letter", "off".into()),
            "2026-03-11T08:00",
            "2026-03-12",
            "late",
        ),
        (
            "no bound",
            ("letterBound", serde_json::Value::Null),
            "2026-03-11T08:00",
            "2026-12-31",
            "in time",
        ),
    ] {
        let law = law_changed(&[change]);
        assert_eq!(answer_to(&dossier, promised, &officer(AGENCY), &law, when), expected, "{why}");
    }
}

#[test]
fn a_dossier_is_apologised_for_once_even_after_its_term_began_again() {
    for rest in ["", ", request-supplement 2026-03-09T08:00, supplement 2026-03-10T08:00"] {
        let history = format!("{IN_PROCESS}, apologise 2026-03-06T08:00 for 2026-03-12{rest}");
        let dossier = played("5 working-day", Channel::Online, &history);
        let answer =
            dossier.decide(letter("2026-03-30"), &officer(AGENCY), law(), at("2026-03-11T08:00"));
        let refusal = Violation::new(
            "action",
            RuleName::ApologiesMax,
            "the applicant was given a new date before",
        )
        .about(Fact::at_most(1, Unit::Times));
        assert_eq!(answer, Err(Refusal::invalid(refusal)), "{rest}");
    }
}

/// Where a law allows two letters, figures still follow the date that the term gave.
#[test]
fn a_second_letter_leaves_the_original_date_and_moves_the_promised_one() {
    let law = law_of("restart", 2);
    let letters = format!(
        "{IN_PROCESS}, apologise 2026-03-06T08:00 for 2026-03-12, apologise 2026-03-11T08:00 for 2026-03-19"
    );
    for (why, rest, due, original) in [
        ("two letters", "", "2026-03-19", "2026-03-09"),
        (
            "and a pause of two days",
            ", suspend 2026-03-13T08:00, resume 2026-03-17T08:00",
            "2026-03-23",
            "2026-03-11",
        ),
    ] {
        let dossier = played_under(&law, "5 working-day", &format!("{letters}{rest}"));
        let closing = |text: &str| Some(at(&format!("{text}T17:00")));
        assert_eq!(
            (dossier.due_at, dossier.original_due_at),
            (closing(due), closing(original)),
            "{why}"
        );
        assert_eq!(
            (dossier.apologies(), dossier.history.last().unwrap().original_due_at),
            (2, closing(original))
        );
    }
}

// What was paused before the letter is in the date that it gives, what is paused after it moves
// both.
#[test]
fn a_pause_before_a_letter_is_not_given_back_twice() {
    let paused = format!("{IN_PROCESS}, suspend 2026-03-03T08:00, resume 2026-03-04T08:00");
    for (term, due, original) in [
        ("5 working-day", "2026-03-16T17:00", "2026-03-11T17:00"),
        ("8 calendar-day", "2026-03-16T17:00", "2026-03-12T17:00"),
    ] {
        let history = format!(
            "{paused}, apologise 2026-03-06T08:00 for 2026-03-13, suspend 2026-03-10T08:00, resume 2026-03-11T08:00"
        );
        let dossier = played(term, Channel::Online, &history);
        assert_eq!(
            (dossier.due_at, dossier.original_due_at),
            (Some(at(due)), Some(at(original))),
            "{term}"
        );
    }
}

#[test]
fn without_a_due_date_nothing_can_be_missed() {
    let answer = played("none", Channel::Online, IN_PROCESS).decide(
        letter("2026-03-30"),
        &officer(AGENCY),
        law(),
        at("2026-03-11T08:00"),
    );
    let Err(Refusal::Invalid(violation)) = answer else { panic!("{answer:?}") };
    assert_eq!(named(&violation), [("action", "no-due-date")]);
}

#[test]
fn nothing_but_an_apology_gives_a_new_date() {
    let order = Command { new_due_on: Some(day("2026-03-30")), ..command("it", Action::Finish) };
    let dossier = played("5 working-day", Channel::Online, IN_PROCESS);
    let answer = dossier.decide(order, &officer(AGENCY), law(), at("2026-03-06T08:00"));
    let Err(Refusal::Invalid(violation)) = answer else { panic!("{answer:?}") };
    assert_eq!(named(&violation), [("newDueOn", "apology-only")]);
}

#[test]
fn a_letter_repeated_is_answered_and_one_with_another_date_is_another() {
    let dossier = played("5 working-day", Channel::Online, IN_PROCESS);
    let tell = |dossier: &domain::dossier::Dossier, promised| {
        dossier.decide(letter(promised), &schedule(), law(), at("2026-03-06T08:00"))
    };
    let told = moved(tell(&dossier, "2026-03-12"));
    assert_eq!(
        tell(&told, "2026-03-12"),
        Ok(Decision::Repeated(Box::new(told.history[3].clone())))
    );
    assert_eq!(tell(&told, "2026-03-13"), Err(Refusal::CommandIdReused));
}

/// What a letter of Wednesday the 4th for Thursday the 12th has become: the date, and the one that
/// it excused.
#[test]
fn what_moves_the_date_moves_both_and_what_starts_it_again_leaves_one() {
    for (why, rest, due, original) in [
        ("work goes on", "recall 2026-03-09T08:00", "2026-03-12", "2026-03-09"),
        ("it ends", "finish 2026-03-11T08:00", "2026-03-12", "2026-03-09"),
        (
            "it ends and is sent back",
            "finish 2026-03-11T08:00, send-back 09:00",
            "2026-03-12",
            "2026-03-09",
        ),
        (
            "two days of pause",
            "suspend 2026-03-09T08:00, resume 2026-03-11T08:00",
            "2026-03-16",
            "2026-03-11",
        ),
        ("documents are asked for in time", "request-supplement 2026-03-05T08:00", "-", "-"),
        (
            "documents come, and the term begins again",
            "request-supplement 2026-03-05T08:00, supplement 2026-03-10T08:00",
            "2026-03-17",
            "-",
        ),
        (
            "documents are asked for too late",
            "request-supplement 2026-03-06T08:00",
            "-",
            "2026-03-09",
        ),
        (
            "late documents come, and the date before them is kept",
            "request-supplement 2026-03-06T08:00, supplement 2026-03-10T08:00",
            "2026-03-17",
            "2026-03-09",
        ),
    ] {
        let history = format!("{IN_PROCESS}, apologise 2026-03-04T08:00 for 2026-03-12, {rest}");
        let dossier = played("5 working-day", Channel::Online, &history);
        let closing = |text: &str| (text != "-").then(|| at(&format!("{text}T17:00")));
        assert_eq!(
            (dossier.due_at, dossier.original_due_at),
            (closing(due), closing(original)),
            "{why}"
        );
    }
}

/// A dossier due on Monday 9 March, looked at on several mornings.
#[test]
fn a_dossier_is_due_soon_from_the_working_day_before_and_overdue_from_the_day_after() {
    use Lateness::{DueSoon, Overdue};
    for (on, near) in [
        ("2026-03-02", None),
        ("2026-03-05", None),
        ("2026-03-06", Some(DueSoon)),
        ("2026-03-08", Some(DueSoon)),
        ("2026-03-09", Some(DueSoon)),
        ("2026-03-10", Some(Overdue)),
        ("2026-07-10", Some(Overdue)),
    ] {
        let plain = played("5 working-day", Channel::Online, IN_PROCESS);
        assert_eq!(nearness(&plain.history, day(on), calendar()), Ok(near), "{on}");
        assert_eq!(
            duty(&plain.history, day(on), law(), &plain.agency),
            Ok(near.map(|_| Duty::Apologise)),
            "{on}"
        );
        let told = played(
            "5 working-day",
            Channel::Online,
            "submit 2026-03-02T07:30, receive 08:00, apologise 09:00 for 2026-03-10",
        );
        assert_eq!(
            duty(&told.history, day(on), law(), &told.agency),
            Ok(None),
            "{on}: apologised before"
        );
    }
    for elsewhere in [
        "request-payment 08:20",
        "suspend 08:20",
        "request-supplement 08:20",
        "finish 08:20",
        "withdraw 08:20",
    ] {
        let dossier =
            played("5 working-day", Channel::Online, &format!("{IN_PROCESS}, {elsewhere}"));
        assert_eq!(
            nearness(&dossier.history, day("2026-03-20"), calendar()),
            Ok(None),
            "{elsewhere}"
        );
    }
    let endless = played("none", Channel::Online, IN_PROCESS);
    assert_eq!(nearness(&endless.history, day("2026-03-20"), calendar()), Ok(None));
}

// Tết 2026: Friday 13 February is the last working day, Monday the 23rd the next one.
#[test]
fn around_a_long_holiday_the_day_before_is_the_last_working_day() {
    let history = "submit 2026-02-09T07:30, receive 08:00";
    for (term, due) in [("5 working-day", "2026-02-23"), ("6 working-day", "2026-02-24")] {
        let dossier = played(term, Channel::Online, history);
        assert_eq!(dossier.due_at, Some(at(&format!("{due}T17:00"))));
        for (on, soon) in
            [("2026-02-12", ""), ("2026-02-13", "2026-02-23"), ("2026-02-16", "2026-02-23")]
        {
            let near = nearness(&dossier.history, day(on), calendar()).unwrap();
            assert_eq!(near.is_some(), soon == due, "{term} on {on}");
        }
    }
    let dossier = played("5 working-day", Channel::Online, history);
    assert_eq!(
        new_due_on(&dossier.history, day("2026-02-13"), law(), &dossier.agency),
        Ok(Some(day("2026-02-26")))
    );
}

#[test]
fn the_new_date_lies_three_working_days_behind_the_old_one_or_behind_a_late_letter() {
    let dossier = played("5 working-day", Channel::Online, IN_PROCESS);
    for (on, promised) in
        [("2026-03-06", "2026-03-12"), ("2026-03-09", "2026-03-12"), ("2026-03-20", "2026-03-25")]
    {
        assert_eq!(
            new_due_on(&dossier.history, day(on), law(), &dossier.agency),
            Ok(Some(day(promised))),
            "{on}"
        );
    }
    let december =
        played("5 working-day", Channel::Online, "submit 2026-12-22T07:30, receive 08:00");
    assert_eq!(
        duty(&december.history, day("2026-12-28"), law(), &december.agency),
        Ok(Some(Duty::Apologise))
    );
    let missing =
        new_due_on(&december.history, day("2026-12-28"), law(), &december.agency).unwrap_err();
    assert_eq!(missing.year, 2027);
}

// Thirty days from 2 March 2026 end on Wednesday 1 April; from 5 March on Saturday 4 April.
#[test]
fn documents_that_do_not_come_within_thirty_days_close_the_dossier() {
    for (why, asked, rest, on, expired) in [
        ("the same day", "2026-03-02T08:00", "", "2026-03-02", false),
        ("the thirtieth day", "2026-03-02T08:00", "", "2026-04-01", false),
        ("the thirty-first", "2026-03-02T08:00", "", "2026-04-02", true),
        ("asked at one minute to midnight", "2026-03-02T23:59", "", "2026-04-01", false),
        ("ends on a Saturday: Monday counts", "2026-03-05T08:00", "", "2026-04-06", false),
        ("and Tuesday does not", "2026-03-05T08:00", "", "2026-04-07", true),
        ("they came", "2026-03-02T08:00", ", supplement 2026-03-20T08:00", "2026-03-21", false),
        (
            "asked again: the later demand counts",
            "2026-03-02T08:00",
            ", supplement 2026-03-20T08:00, request-supplement 2026-03-20T09:00",
            "2026-04-02",
            false,
        ),
    ] {
        let history = format!("submit 2026-03-02T07:30, request-supplement {asked}{rest}");
        let dossier = played("5 working-day", Channel::Online, &history);
        let owed = expired.then_some(Duty::RefuseExpired);
        assert_eq!(duty(&dossier.history, day(on), law(), &dossier.agency), Ok(owed), "{why}");
    }
}

#[test]
fn nobody_gives_a_dossier_up_while_its_documents_can_still_come() {
    let integrator = super::world::integrator(&[AGENCY]);
    for by in [officer(AGENCY), integrator, schedule()] {
        for (asked, when, until) in [
            ("2026-03-02T08:00", "2026-03-02T08:01", "2026-04-01"),
            ("2026-03-02T08:00", "2026-04-01T23:59", "2026-04-01"),
            ("2026-03-02T08:00", "2026-04-02T00:00", ""),
            ("2026-03-05T08:00", "2026-04-06T10:00", "2026-04-06"), // the thirtieth day is a Saturday
            ("2026-03-05T08:00", "2026-04-07T10:00", ""),
            ("2026-12-10T08:00", "2026-12-31T10:00", "2027-01-09"), // nobody knows yet which day of 2027 is off
        ] {
            let history = format!("submit 2026-03-02T07:30, request-supplement {asked}");
            let dossier = played("5 working-day", Channel::Online, &history);
            let answer = dossier.decide(command("it", Action::RefuseExpired), &by, law(), at(when));
            let detail = format!("the applicant has until {until} for the documents");
            let refusal = until.parse().ok().map(|until| {
                let broken = Violation::new("action", RuleName::NotYetExpired, detail);
                Refusal::invalid(broken.about(Fact::until(until)))
            });
            assert_eq!(answer.err(), refusal, "asked {asked}, given up {when}");
        }
    }
}

#[test]
fn a_schedule_closes_what_was_never_completed() {
    let dossier = played(
        "5 working-day",
        Channel::Online,
        "submit 2026-03-02T07:30, request-supplement 08:00",
    );
    let order = command("it", Action::RefuseExpired);
    let closed = moved(dossier.decide(order, &schedule(), law(), at("2026-04-02T06:30")));
    let by = &closed.history.last().unwrap().by;
    assert_eq!((by.role.name(), by.id.as_str(), &by.agency), ("system", "remind-deadline", &None));
    assert_eq!(
        after(&dossier, Action::RefuseExpired, at("2026-04-02T06:30")).status,
        closed.status
    );
}

#[test]
fn a_short_term_gets_its_letter_only_when_it_has_run_out() {
    for (term, due_soon, overdue) in [
        ("1 working-day", "2026-03-03", "2026-03-04"),
        ("2 working-day", "2026-03-03", "2026-03-05"),
        ("4 working-hour", "2026-03-02", "2026-03-03"),
    ] {
        let dossier = played(term, Channel::Online, IN_PROCESS);
        assert_eq!(
            duty(&dossier.history, day(due_soon), law(), &dossier.agency),
            Ok(None),
            "{term}"
        );
        assert_eq!(
            duty(&dossier.history, day(overdue), law(), &dossier.agency),
            Ok(Some(Duty::Apologise)),
            "{term}"
        );
    }
    // Documents after which the time goes on start nothing: six days are no short term because they
    // came in its last two.
    let resuming = law_of("resume", 1);
    let history =
        format!("{IN_PROCESS}, request-supplement 2026-03-09T08:00, supplement 2026-03-09T16:00");
    let six = played_under(&resuming, "6 working-day", &history);
    assert_eq!(
        duty(&six.history, day("2026-03-09"), &resuming, &six.agency),
        Ok(Some(Duty::Apologise))
    );
    let three = played("3 working-day", Channel::Online, IN_PROCESS);
    assert_eq!(
        duty(&three.history, day("2026-03-04"), law(), &three.agency),
        Ok(Some(Duty::Apologise))
    );
}

// Eight office hours of reception: what comes on Monday at nine is to be received on Tuesday.
#[test]
fn a_dossier_that_nobody_receives_is_late_after_a_days_work_and_announced_after_two() {
    let agency = AGENCY.parse().unwrap();
    for (history, evening, late, owed) in [
        ("submit 2026-03-02T09:00", "2026-03-03", false, None),
        ("submit 2026-03-02T09:00", "2026-03-04", true, None),
        ("submit 2026-03-02T09:00", "2026-03-05", true, Some(Duty::AnnounceDelay)),
        // Of Friday before Tết, the days off do not count.
        ("submit 2026-02-13T23:59", "2026-02-23", false, None),
        ("submit 2026-02-13T23:59", "2026-02-24", true, None),
        ("submit 2026-02-13T23:59", "2026-02-25", true, Some(Duty::AnnounceDelay)),
        // It is received, or the applicant is waited for: nobody is late.
        ("submit 2026-03-02T09:00, receive 2026-03-05T08:00", "2026-03-06", false, None),
        ("submit 2026-03-02T09:00, request-supplement 10:00", "2026-03-06", false, None),
        // The time begins again with what was asked for, and so does what is owed.
        (
            "submit 2026-03-02T09:00, request-supplement 10:00, supplement 2026-03-05T09:00",
            "2026-03-06",
            false,
            None,
        ),
        ("submit 2026-03-02T09:00, announce-delay 2026-03-05T06:00", "2026-03-06", true, None),
        (
            "submit 2026-03-02T09:00, announce-delay 2026-03-05T06:00, \
             request-supplement 2026-03-05T10:00, supplement 2026-03-06T09:00",
            "2026-03-11",
            true,
            Some(Duty::AnnounceDelay),
        ),
    ] {
        let dossier = played("5 working-day", Channel::Online, history);
        let day = day(evening);
        let found = (
            is_received_late(&dossier.history, day, law(), &agency).unwrap(),
            duty(&dossier.history, day, law(), &agency).unwrap(),
        );
        assert_eq!(found, (late, owed), "{history} on {evening}");
    }
}

#[test]
fn a_receipt_whose_time_reaches_a_year_without_a_calendar_is_an_error_that_names_it() {
    let agency = AGENCY.parse().unwrap();
    let year = (2018..2040).rev().find(|year| calendar().years().any(|known| known == *year));
    let last = format!("{}-12-31T16:00", year.unwrap());
    let dossier = played("5 working-day", Channel::Online, &format!("submit {last}"));
    let day = day(&format!("{}-01-05", year.unwrap() + 1));
    let missing = is_received_late(&dossier.history, day, law(), &agency).unwrap_err();
    assert_eq!(missing.year, year.unwrap() + 1);
    assert_eq!(duty(&dossier.history, day, law(), &agency).unwrap_err(), missing);
}
