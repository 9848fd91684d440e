//! What each move does to the clock.

use super::*;
use crate::rules::world;

/// What the table of moves says of the clock, in the words of the domain note.
const CLOCK: &str = "
receive              starts             counted from receipt
refuse               stops
request-supplement   waits-for-supplement   given up, or waits
supplement           supplement-came        begins again, or goes on
refuse-expired       stops
process              untouched
request-payment      pauses
confirm-payment      goes-on
suspend              pauses
resume               goes-on
finish               stops
return-result        untouched
recall               goes-on
send-back            goes-on
apologise            promises           another day
withdraw             stops
forward              untouched          one term
hand-back            untouched
redate               recounts           in the calendar in force
announce-delay       untouched
correct              untouched
";

#[test]
fn the_table_of_moves_says_what_each_does_to_the_clock() {
    let said: Vec<(&str, Clock)> =
        RULES.iter().map(|rule| (rule.action.name(), rule.clock)).collect();
    let expected = CLOCK.trim().lines().map(|row| {
        let mut cells = row.split_whitespace();
        let (action, clock) = (cells.next().unwrap(), cells.next().unwrap());
        (action, world::clock(clock))
    });
    assert_eq!(said, expected.collect::<Vec<_>>());
}

/// What each history leaves on the dossier: due, received, closed, paused since.
#[test]
fn every_move_does_to_the_clock_what_the_law_says() {
    // 5 working days from Monday 2 March 2026 are Monday 9 March.
    for (why, history, due, received, closed, paused) in [
        ("handing in starts nothing", "", "-", "-", "-", "-"),
        // NĐ 61/2018 Đ.17–18: the clock starts when the complete dossier is received.
        (
            "receipt starts the clock",
            "receive 08:00",
            "2026-03-09T17:00",
            "2026-03-02T08:00",
            "-",
            "-",
        ),
        (
            "work does not move it",
            "receive 08:00, process 10:00",
            "2026-03-09T17:00",
            "2026-03-02T08:00",
            "-",
            "-",
        ),
        ("refusal closes without a date", "refuse 08:00", "-", "-", "2026-03-02T08:00", "-"),
        // Đ.19.4: the term is counted again from the beginning once the dossier is complete.
        (
            "asking for documents takes the date away",
            "receive 08:00, request-supplement 09:00",
            "-",
            "2026-03-02T08:00",
            "-",
            "-",
        ),
        (
            "the supplement starts the term anew and receipt stays what it was",
            "receive 08:00, request-supplement 09:00, supplement 2026-03-11T10:00",
            "2026-03-18T17:00",
            "2026-03-02T08:00",
            "-",
            "-",
        ),
        (
            "a supplement after the hand-over hour counts from the next day",
            "receive 08:00, request-supplement 09:00, supplement 2026-03-11T15:30",
            "2026-03-19T17:00",
            "2026-03-02T08:00",
            "-",
            "-",
        ),
        (
            "a supplement before receipt starts nothing",
            "request-supplement 08:00, supplement 2026-03-04T10:00",
            "-",
            "-",
            "-",
            "-",
        ),
        (
            "documents that never come close the dossier",
            "receive 08:00, request-supplement 09:00, refuse-expired 2026-04-02T10:00",
            "-",
            "2026-03-02T08:00",
            "2026-04-02T10:00",
            "-",
        ),
        // Domain note §2.2: waiting for a payment and a suspension stand still.
        (
            "a demand for payment stops the clock",
            "receive 08:00, request-payment 2026-03-03T09:00",
            "2026-03-09T17:00",
            "2026-03-02T08:00",
            "-",
            "2026-03-03T09:00",
        ),
        (
            "payment gives back the three days that it took",
            "receive 08:00, request-payment 2026-03-03T09:00, confirm-payment 2026-03-06T16:00",
            "2026-03-12T17:00",
            "2026-03-02T08:00",
            "-",
            "-",
        ),
        (
            "a suspension of two weeks moves the date two weeks",
            "receive 08:00, process 08:10, suspend 2026-03-04T09:00, resume 2026-03-18T09:00",
            "2026-03-23T17:00",
            "2026-03-02T08:00",
            "-",
            "-",
        ),
        (
            "a suspension within a day moves nothing",
            "receive 08:00, process 08:10, suspend 2026-03-04T09:00, resume 2026-03-04T16:00",
            "2026-03-09T17:00",
            "2026-03-02T08:00",
            "-",
            "-",
        ),
        (
            "a correction while it is suspended neither ends nor shortens that",
            "receive 08:00, process 08:10, suspend 2026-03-04T09:00, correct 2026-03-09T09:00, resume 2026-03-18T09:00",
            "2026-03-23T17:00",
            "2026-03-02T08:00",
            "-",
            "-",
        ),
        (
            "a suspended dossier that was corrected is still suspended since then",
            "receive 08:00, process 08:10, suspend 2026-03-04T09:00, correct 2026-03-09T09:00",
            "2026-03-09T17:00",
            "2026-03-02T08:00",
            "-",
            "2026-03-04T09:00",
        ),
        (
            "the supplement after a correction starts the term anew",
            "receive 08:00, request-supplement 09:00, correct 10:00, supplement 2026-03-11T10:00",
            "2026-03-18T17:00",
            "2026-03-02T08:00",
            "-",
            "-",
        ),
        (
            "a correction of a finished dossier does not close it a second time",
            "receive 08:00, finish 2026-03-05T09:00, correct 2026-03-06T09:00",
            "2026-03-09T17:00",
            "2026-03-02T08:00",
            "2026-03-05T09:00",
            "-",
        ),
        (
            "recalling a suspended dossier gives the time back like resuming it",
            "receive 08:00, process 08:10, suspend 2026-03-04T09:00, recall 2026-03-05T09:00",
            "2026-03-10T17:00",
            "2026-03-02T08:00",
            "-",
            "-",
        ),
        (
            "sending an unpaid dossier back gives the time back",
            "receive 08:00, request-payment 2026-03-04T09:00, send-back 2026-03-05T09:00",
            "2026-03-10T17:00",
            "2026-03-02T08:00",
            "-",
            "-",
        ),
        (
            "two pauses add up",
            "receive 08:00, process 08:10, suspend 2026-03-03T09:00, resume 2026-03-04T09:00, \
             request-payment 2026-03-05T09:00, confirm-payment 2026-03-06T09:00",
            "2026-03-11T17:00",
            "2026-03-02T08:00",
            "-",
            "-",
        ),
        (
            "withdrawing a suspended dossier leaves the date as it was",
            "receive 08:00, process 08:10, suspend 2026-03-04T09:00, withdraw 2026-03-18T09:00",
            "2026-03-09T17:00",
            "2026-03-02T08:00",
            "2026-03-18T09:00",
            "-",
        ),
        (
            "finishing closes",
            "receive 08:00, finish 2026-03-05T09:00",
            "2026-03-09T17:00",
            "2026-03-02T08:00",
            "2026-03-05T09:00",
            "-",
        ),
        (
            "handing the result over does not close a second time",
            "receive 08:00, finish 2026-03-05T09:00, return-result 2026-03-06T09:00",
            "2026-03-09T17:00",
            "2026-03-02T08:00",
            "2026-03-05T09:00",
            "-",
        ),
        (
            "sending back opens what was closed and keeps the date",
            "receive 08:00, finish 2026-03-05T09:00, send-back 2026-03-06T09:00",
            "2026-03-09T17:00",
            "2026-03-02T08:00",
            "-",
            "-",
        ),
        (
            "finishing again closes at the later time",
            "receive 08:00, finish 2026-03-05T09:00, send-back 2026-03-06T09:00, finish 2026-03-10T09:00",
            "2026-03-09T17:00",
            "2026-03-02T08:00",
            "2026-03-10T09:00",
            "-",
        ),
    ] {
        let separator = if history.is_empty() { "" } else { ", " };
        let dossier = played(
            "5 working-day",
            Channel::Online,
            &format!("submit 2026-03-02T07:30{separator}{history}"),
        );
        let instants = |texts: [&str; 4]| texts.map(|text| (text != "-").then(|| local(at(text))));
        let found = [dossier.due_at, dossier.received_at, dossier.closed_at, dossier.paused_at];
        assert_eq!(
            found.map(|instant| instant.map(local)),
            instants([due, received, closed, paused]),
            "{why}"
        );
        assert_eq!(
            dossier.history.last().unwrap().due_at,
            dossier.due_at,
            "{why}: the history says so too"
        );
    }
}

/// What a supplement does where the remaining time goes on. 5 working days from Monday 2 March 2026
/// are Monday 9 March.
#[test]
fn where_the_law_says_so_the_remaining_time_goes_on_after_a_supplement() {
    let law = law_that_resumes_from("2026-03-03");
    for (why, history, due, paused) in [
        (
            "documents asked for stop the clock and leave the date",
            "receive 08:00, request-supplement 2026-03-03T09:00",
            Some("2026-03-09T17:00"),
            Some("2026-03-03T09:00"),
        ),
        (
            "the supplement gives back the working days that passed",
            "receive 08:00, request-supplement 2026-03-03T09:00, supplement 2026-03-11T10:00",
            Some("2026-03-17T17:00"),
            None,
        ),
        (
            "documents that come the same day move nothing",
            "receive 08:00, process 08:10, request-supplement 2026-03-04T09:00, supplement 2026-03-04T16:00",
            Some("2026-03-09T17:00"),
            None,
        ),
        (
            "asked for the day before, the old rule holds to the end",
            "receive 08:00, request-supplement 09:00, supplement 2026-03-11T10:00",
            Some("2026-03-18T17:00"),
            None,
        ),
        (
            "before receipt there is nothing to go on with",
            "request-supplement 2026-03-03T09:00, supplement 2026-03-04T10:00",
            None,
            None,
        ),
        (
            "and receipt afterwards counts the whole term",
            "request-supplement 2026-03-03T09:00, supplement 2026-03-04T10:00, receive 2026-03-05T08:00",
            Some("2026-03-12T17:00"),
            None,
        ),
        (
            "a supplement and a suspension add up",
            "receive 08:00, process 08:10, request-supplement 2026-03-03T09:00, supplement 2026-03-04T10:00, \
             suspend 2026-03-05T09:00, resume 2026-03-06T09:00",
            Some("2026-03-11T17:00"),
            None,
        ),
        (
            "documents that never come leave the date as it was",
            "receive 08:00, request-supplement 2026-03-03T09:00, refuse-expired 2026-04-03T10:00",
            Some("2026-03-09T17:00"),
            None,
        ),
    ] {
        let dossier =
            played_under(&law, "5 working-day", &format!("submit 2026-03-02T07:30, {history}"));
        let expected = [due, paused].map(|text| text.map(|text| local(at(text))));
        assert_eq!(
            [dossier.due_at, dossier.paused_at].map(|instant| instant.map(local)),
            expected,
            "{why}"
        );
    }
}

#[test]
fn the_entry_that_starts_the_clock_names_the_rule_and_no_other_does() {
    let history = "submit 2026-03-02T07:30, receive 08:00, process 08:10, request-supplement 09:00, \
                   supplement 2026-03-04T09:00, suspend 10:00, resume 2026-03-06T10:00, finish 11:00";
    let dossier = played("5 calendar-day", Channel::Counter, history);
    let rule = DueRule {
        amount: 5,
        unit: TermUnit::CalendarDay,
        source:
            "NĐ 118/2025/NĐ-CP, read as NĐ 61/2018/NĐ-CP Đ.17, Đ.18; BLDS 2015 Đ.147.2, Đ.148.5"
                .to_owned(),
    };
    let named: Vec<_> = dossier.history.iter().map(|entry| entry.due_rule.as_ref()).collect();
    assert_eq!(named, [None, Some(&rule), None, None, Some(&rule), None, None, None]);
    // NĐ 118/2025 replaces NĐ 61/2018 on 1 July 2025.
    for (day, decree) in
        [("2025-06-30", "NĐ 61/2018/NĐ-CP Đ.17, Đ.18"), ("2025-07-01", "NĐ 118/2025/NĐ-CP")]
    {
        let dossier = played(
            "5 working-day",
            Channel::Counter,
            &format!("submit {day}T07:30, receive 08:00"),
        );
        let source = &dossier.history[1].due_rule.as_ref().unwrap().source;
        assert!(source.starts_with(decree), "{day}: {source}");
    }
    let without = played("none", Channel::Counter, history);
    assert!(without.history.iter().all(|entry| entry.due_rule.is_none()));
    let resumed = played_under(&law_that_resumes_from("2026-01-01"), "5 working-day", history);
    let named: Vec<_> =
        resumed.history.iter().filter(|entry| entry.due_rule.is_some()).map(|e| e.action).collect();
    assert_eq!(named, [Action::Receive], "where the time goes on nothing is counted anew");
}

#[test]
fn a_procedure_without_a_term_never_gets_a_due_date() {
    let history = "submit 2026-03-02T07:30, receive 08:00, process 08:10, request-supplement 09:00, \
                   supplement 2026-03-04T09:00, suspend 10:00, resume 2026-03-06T10:00, request-payment 10:30, \
                   confirm-payment 11:00, finish 2026-03-09T08:00";
    let dossier = played("none", Channel::Counter, history);
    assert!(dossier.history.iter().all(|entry| entry.due_at.is_none()));
}

#[test]
fn a_due_date_in_a_year_without_a_calendar_is_not_guessed() {
    let dossier = handed_in("5 working-day", Channel::Online, at("2026-12-28T08:00"));
    let answer = dossier.decide(
        command("it", Action::Receive),
        &officer(AGENCY),
        law(),
        at("2026-12-28T09:00"),
    );
    assert_eq!(answer, Err(Refusal::Calendar(MissingYear { year: 2027 })));
    assert_eq!(answer.unwrap_err().to_string(), "the working calendar has no data for 2027");
}
