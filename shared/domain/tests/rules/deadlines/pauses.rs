//! What a clock that stood still gives back.

use super::*;

/// Receipt, begin and end of a pause, due date after it.
type Paused = (&'static str, &'static str, &'static str, &'static str, &'static str);

fn check_paused(examples: &[Paused]) {
    check_paused_by(PauseCounting::Closings, examples);
}

fn check_paused_by(by: PauseCounting, examples: &[Paused]) {
    for (length, received, from, to, expected) in examples {
        let pauses = vec![Pause { from: at(from), to: at(to), by }];
        let due = term(length)
            .unwrap()
            .due_of(calendar(), &Run { pauses, ..Run::from(at(received)) })
            .map(local);
        assert_eq!(due, Ok(local(at(expected))), "{length} from {received}, paused {from} to {to}");
    }
}

// Office time: a working day is lost where the clock stands still as offices close.
#[test]
fn the_working_days_at_whose_closing_the_clock_stood_still_are_given_back() {
    check_paused(&[
        (
            "5 working-day",
            "2026-03-02T08:00",
            "2026-03-03T09:00",
            "2026-03-03T16:59",
            "2026-03-09T17:00",
        ),
        (
            "5 working-day",
            "2026-03-02T08:00",
            "2026-03-03T16:59",
            "2026-03-03T17:00",
            "2026-03-10T17:00",
        ),
        (
            "5 working-day",
            "2026-03-02T08:00",
            "2026-03-03T17:00",
            "2026-03-03T17:01",
            "2026-03-09T17:00",
        ), // worked to the end
        (
            "5 working-day",
            "2026-03-02T08:00",
            "2026-03-03T23:59",
            "2026-03-04T00:01",
            "2026-03-09T17:00",
        ),
        (
            "5 working-day",
            "2026-03-02T08:00",
            "2026-03-03T09:00",
            "2026-03-05T09:00",
            "2026-03-11T17:00",
        ),
        (
            "5 working-day",
            "2026-03-02T08:00",
            "2026-03-06T09:00",
            "2026-03-08T09:00",
            "2026-03-10T17:00",
        ), // Friday
        (
            "5 working-day",
            "2026-03-02T08:00",
            "2026-03-06T09:00",
            "2026-03-09T09:00",
            "2026-03-10T17:00",
        ),
        (
            "5 working-day",
            "2026-03-02T08:00",
            "2026-03-06T17:05",
            "2026-03-09T06:00",
            "2026-03-09T17:00",
        ), // a weekend
        (
            "5 working-day",
            "2026-02-06T08:00",
            "2026-02-11T09:00",
            "2026-02-12T09:00",
            "2026-02-23T17:00",
        ), // into Tết
        (
            "5 working-day",
            "2026-02-06T08:00",
            "2026-02-13T09:00",
            "2026-02-23T09:00",
            "2026-02-23T17:00",
        ), // over Tết
        (
            "5 working-day",
            "2026-02-06T08:00",
            "2026-02-14T09:00",
            "2026-02-23T06:59",
            "2026-02-13T17:00",
        ), // in Tết
        (
            "5 working-day",
            "2025-12-31T08:00",
            "2026-01-08T09:00",
            "2026-01-09T09:00",
            "2026-01-10T17:00",
        ),
        (
            "5 working-day",
            "2026-03-02T08:00",
            "2026-03-10T09:00",
            "2026-03-12T09:00",
            "2026-03-11T17:00",
        ), // late already
    ]);
}

// What a tester found: nights gave days back, and a whole working day gave none.
#[test]
fn a_night_gives_no_day_back_and_four_nights_give_none() {
    check_paused(&[
        (
            "5 working-day",
            "2026-03-02T08:00",
            "2026-03-02T17:01",
            "2026-03-03T06:59",
            "2026-03-09T17:00",
        ),
        (
            "5 working-day",
            "2026-03-02T08:00",
            "2026-03-09T07:01",
            "2026-03-09T16:59",
            "2026-03-09T17:00",
        ), // back in time
        (
            "5 calendar-day",
            "2026-03-02T08:00",
            "2026-03-02T17:01",
            "2026-03-03T06:59",
            "2026-03-09T17:00",
        ),
        (
            "3 calendar-day",
            "2026-03-02T08:00",
            "2026-03-02T17:01",
            "2026-03-03T06:59",
            "2026-03-05T17:00",
        ),
        (
            "4 working-hour",
            "2026-03-02T16:00",
            "2026-03-02T17:01",
            "2026-03-03T06:59",
            "2026-03-03T10:00",
        ),
    ]);
    let nights = ["2026-03-03", "2026-03-04", "2026-03-05", "2026-03-06"].map(|evening| {
        let morning = day(evening) + 1.day();
        let by = PauseCounting::Closings;
        Pause { from: at(&format!("{evening}T17:01")), to: at(&format!("{morning}T06:59")), by }
    });
    let run = Run { pauses: nights.into(), ..Run::from(at("2026-03-02T08:00")) };
    let due = term("5 working-day").unwrap().due_of(calendar(), &run).map(local);
    assert_eq!(due, Ok(local(at("2026-03-09T17:00"))));
    // A payment that is asked for after closing on the due Friday and confirmed before opening on
    // Monday.
    check_paused(&[(
        "4 working-day",
        "2026-03-02T08:00",
        "2026-03-06T17:05",
        "2026-03-09T06:00",
        "2026-03-06T17:00",
    )]);
}

// The practice before: by dates.
#[test]
fn where_a_rule_counts_pauses_by_dates_each_midnight_gives_a_day_back() {
    check_paused_by(
        PauseCounting::Dates,
        &[
            (
                "5 working-day",
                "2026-03-02T08:00",
                "2026-03-03T09:00",
                "2026-03-03T16:59",
                "2026-03-09T17:00",
            ),
            (
                "5 working-day",
                "2026-03-02T08:00",
                "2026-03-03T23:59",
                "2026-03-04T00:01",
                "2026-03-10T17:00",
            ),
            (
                "5 working-day",
                "2026-03-02T08:00",
                "2026-03-06T09:00",
                "2026-03-08T09:00",
                "2026-03-09T17:00",
            ),
            (
                "5 working-day",
                "2026-03-02T08:00",
                "2026-03-06T09:00",
                "2026-03-09T09:00",
                "2026-03-10T17:00",
            ),
            (
                "5 calendar-day",
                "2026-03-02T08:00",
                "2026-03-03T17:01",
                "2026-03-04T06:59",
                "2026-03-09T17:00",
            ),
            (
                "3 calendar-day",
                "2026-03-02T08:00",
                "2026-03-02T17:01",
                "2026-03-03T06:59",
                "2026-03-06T17:00",
            ),
        ],
    );
}

// The same for all days; BLDS 2015 Đ.148.5 moves the last one off a day off, once.
#[test]
fn the_calendar_days_that_stood_still_are_given_back_and_those_off_before_the_end_are_not() {
    check_paused(&[
        (
            "15 calendar-day",
            "2026-03-02T08:00",
            "2026-03-03T09:00",
            "2026-03-03T16:00",
            "2026-03-17T17:00",
        ),
        (
            "15 calendar-day",
            "2026-03-02T08:00",
            "2026-03-06T09:00",
            "2026-03-09T09:00",
            "2026-03-20T17:00",
        ),
        (
            "15 calendar-day",
            "2026-03-02T08:00",
            "2026-03-05T09:00",
            "2026-03-09T09:00",
            "2026-03-23T17:00",
        ), // Saturday
        (
            "15 calendar-day",
            "2026-01-29T08:00",
            "2026-02-09T09:00",
            "2026-02-12T09:00",
            "2026-02-23T17:00",
        ), // into Tết
        (
            "15 calendar-day",
            "2026-02-26T08:00",
            "2026-02-27T09:00",
            "2026-03-02T09:00",
            "2026-03-16T17:00",
        ), // two months
        (
            "15 calendar-day",
            "2026-03-02T08:00",
            "2026-03-03T09:00",
            "2026-05-06T09:00",
            "2026-05-20T17:00",
        ), // 64 days
        // The fifteenth day is Mùng 1; five days later it is still Tết, and the day back is the
        // same.
        (
            "15 calendar-day",
            "2026-02-02T08:00",
            "2026-02-03T09:00",
            "2026-02-08T09:00",
            "2026-02-23T17:00",
        ),
        (
            "15 calendar-day",
            "2026-02-02T08:00",
            "2026-02-03T09:00",
            "2026-02-10T09:00",
            "2026-02-24T17:00",
        ),
        // The fifth day is a Saturday: two days more are the Monday that it was moved to.
        (
            "5 calendar-day",
            "2026-03-02T08:00",
            "2026-03-03T09:00",
            "2026-03-05T09:00",
            "2026-03-09T17:00",
        ),
    ]);
}

// Due on Friday 20 March. The days given back would end on the day off before the Monday on which
// work goes on, or has not yet.
#[test]
fn what_was_overdue_as_the_clock_was_paused_stays_so_whatever_day_off_the_pause_leads_to() {
    let due = |from, to, due| ("15 calendar-day", "2026-03-05T08:00", from, to, due);
    check_paused(&[
        due("2026-03-21T09:00", "2026-03-22T09:00", "2026-03-20T17:00"),
        due("2026-03-21T09:00", "2026-03-23T09:00", "2026-03-20T17:00"),
        due("2026-03-21T09:00", "2026-03-24T09:00", "2026-03-23T17:00"),
        // Not yet overdue: the Friday itself is lost and given back.
        due("2026-03-20T09:00", "2026-03-22T09:00", "2026-03-23T17:00"),
    ]);
}

#[test]
fn the_office_time_that_stood_still_is_given_back() {
    check_paused(&[
        (
            "4 working-hour",
            "2026-03-02T08:00",
            "2026-03-02T09:00",
            "2026-03-02T10:00",
            "2026-03-02T15:00",
        ),
        (
            "4 working-hour",
            "2026-03-02T08:00",
            "2026-03-02T11:00",
            "2026-03-02T14:30",
            "2026-03-02T15:30",
        ), // lunch
        (
            "4 working-hour",
            "2026-03-02T08:00",
            "2026-03-02T09:00",
            "2026-03-03T09:00",
            "2026-03-03T14:00",
        ),
        (
            "4 working-hour",
            "2026-03-06T10:30",
            "2026-03-06T16:00",
            "2026-03-09T08:00",
            "2026-03-09T08:30",
        ), // weekend
        (
            "4 working-hour",
            "2026-03-02T08:00",
            "2026-03-02T11:40",
            "2026-03-02T13:20",
            "2026-03-02T14:00",
        ), // in lunch
        (
            "4 working-hour",
            "2026-03-02T07:30",
            "2026-03-02T09:00",
            "2026-03-02T09:30",
            "2026-03-02T14:00",
        ), // at a border
    ]);
}

// NĐ 61/2018 Đ.18: what comes after 15:00 is received on the next working day, and until then
// nothing can be lost.
#[test]
fn a_pause_before_the_day_of_receipt_costs_nothing() {
    check_paused(&[
        (
            "5 working-day",
            "2026-02-13T16:00",
            "2026-02-13T16:10",
            "2026-02-23T09:00",
            "2026-03-02T17:00",
        ),
        (
            "5 working-day",
            "2026-02-13T16:00",
            "2026-02-13T16:10",
            "2026-02-24T17:00",
            "2026-03-03T17:00",
        ),
        (
            "5 working-day",
            "2026-03-07T09:00",
            "2026-03-07T10:00",
            "2026-03-08T10:00",
            "2026-03-16T17:00",
        ),
        (
            "9 calendar-day",
            "2026-02-13T16:00",
            "2026-02-13T16:10",
            "2026-02-23T09:00",
            "2026-03-04T17:00",
        ),
        (
            "9 calendar-day",
            "2026-02-13T16:00",
            "2026-02-13T16:10",
            "2026-02-24T17:00",
            "2026-03-05T17:00",
        ),
        (
            "4 working-hour",
            "2026-02-14T10:00",
            "2026-02-14T10:10",
            "2026-02-23T07:30",
            "2026-02-23T11:30",
        ),
    ]);
}

#[test]
fn time_given_back_into_a_year_without_a_calendar_is_an_error_that_names_it() {
    let pauses = vec![Pause {
        from: at("2026-12-21T08:00"),
        to: at("2026-12-22T17:30"),
        by: PauseCounting::Closings,
    }];
    for (length, received) in [
        ("8 working-day", "2026-12-21T08:00"),
        ("10 calendar-day", "2026-12-21T08:00"),
        ("72 working-hour", "2026-12-21T07:00"),
    ] {
        let run = Run { pauses: pauses.clone(), ..Run::from(at(received)) };
        assert!(term(length).unwrap().due(calendar(), at(received)).is_ok(), "{length}");
        let moved = term(length).unwrap().due_of(calendar(), &run);
        assert_eq!(moved, Err(MissingYear { year: 2027 }), "{length}");
    }
}
