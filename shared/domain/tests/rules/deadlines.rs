//! When a dossier is due: examples that can be checked against a wall calendar, each with its
//! article.
//!
//! The calendar is the shipped one. In 2026, Tết is off from Monday 16 to Friday 20 February, the
//! Saturdays 10 January and 22 August are worked, and 24 November is off for the first time.

mod explained;
mod pauses;

use domain::calendar::{Calendar, DayKind, MissingYear};
use domain::deadline::{Pause, Run, Term, TermUnit};
use domain::law::PauseCounting;
use jiff::ToSpan;

use super::world::{at, calendar, day, law, local, term};

/// Receipt and due instant, both on a clock in Viet Nam.
type Example = (&'static str, &'static str, &'static str);

fn check(examples: &[Example]) {
    for (length, received, expected) in examples {
        let due = term(length).unwrap().due(calendar(), at(received)).map(local);
        assert_eq!(due, Ok(local(at(expected))), "{length} from {received}");
    }
}

fn check_missing(examples: &[(&str, &str, i16)]) {
    for (length, received, year) in examples {
        let due = term(length).unwrap().due(calendar(), at(received)).map(local);
        assert_eq!(due, Err(MissingYear { year: *year }), "{length} from {received}");
    }
}

// BLDS 2015 Đ.147.2: the first day of a term is the day after; NĐ 61/2018 Đ.17: counted from
// receipt.
#[test]
fn the_day_of_receipt_is_not_counted() {
    check(&[
        ("1 working-day", "2026-03-02T08:00", "2026-03-03T17:00"),
        ("2 working-day", "2026-03-02T08:00", "2026-03-04T17:00"),
        ("3 working-day", "2026-03-02T08:00", "2026-03-05T17:00"),
        ("5 working-day", "2026-03-02T08:00", "2026-03-09T17:00"), // over one weekend
        ("5 working-day", "2026-03-06T08:00", "2026-03-13T17:00"), // Friday to Friday
        ("10 working-day", "2026-03-02T08:00", "2026-03-16T17:00"),
        ("15 working-day", "2026-03-02T08:00", "2026-03-23T17:00"),
        ("30 working-day", "2026-03-09T08:00", "2026-04-20T17:00"),
        ("1 working-day", "2026-03-06T14:00", "2026-03-09T17:00"), // Friday to Monday
    ]);
}

// NĐ 61/2018 Đ.18: received after 15:00, handed over at the start of the next working day.
#[test]
fn what_comes_after_15_00_counts_as_received_on_the_next_working_day() {
    check(&[
        ("3 working-day", "2026-03-02T14:59", "2026-03-05T17:00"),
        ("3 working-day", "2026-03-02T15:00", "2026-03-05T17:00"), // at 15:00 is not after 15:00
        ("3 working-day", "2026-03-02T15:00:01", "2026-03-06T17:00"),
        ("3 working-day", "2026-03-02T15:01", "2026-03-06T17:00"),
        ("3 working-day", "2026-03-02T17:30", "2026-03-06T17:00"), // after closing, the same
        ("3 working-day", "2026-03-06T14:59", "2026-03-11T17:00"),
        ("3 working-day", "2026-03-06T15:01", "2026-03-12T17:00"), // Friday afternoon is Monday
        ("1 working-day", "2026-03-06T15:01", "2026-03-10T17:00"),
    ]);
}

// Đ.18: offices are closed, so nobody hands anything over: the next working day, and only one.
#[test]
fn what_comes_on_a_day_off_counts_as_received_on_the_next_working_day() {
    check(&[
        ("3 working-day", "2026-03-07T09:00", "2026-03-12T17:00"), // Saturday
        ("3 working-day", "2026-03-07T15:01", "2026-03-12T17:00"), // Saturday after 15:00, no later
        ("3 working-day", "2026-03-08T10:00", "2026-03-12T17:00"), // Sunday
        ("1 working-day", "2026-03-07T00:01", "2026-03-10T17:00"),
    ]);
}

// Practice of the systems in use: before opening and at lunch it is still the same day.
#[test]
fn the_hour_before_the_cut_off_does_not_matter_to_a_term_in_days() {
    check(&[
        ("3 working-day", "2026-03-02T06:59", "2026-03-05T17:00"),
        ("3 working-day", "2026-03-02T07:00", "2026-03-05T17:00"),
        ("3 working-day", "2026-03-02T11:30", "2026-03-05T17:00"),
        ("3 working-day", "2026-03-02T12:15", "2026-03-05T17:00"), // lunch
        ("3 working-day", "2026-03-02T13:30", "2026-03-05T17:00"),
    ]);
}

// Days are those of Viet Nam: midnight is 17:00 UTC of the day before.
#[test]
fn a_day_begins_at_midnight_in_viet_nam() {
    check(&[
        ("1 working-day", "2026-03-02T00:00", "2026-03-03T17:00"), // Sunday 17:00 UTC, Monday here
        ("1 working-day", "2026-03-02T23:59", "2026-03-04T17:00"), // Monday evening is Tuesday
        ("1 working-day", "2026-03-03T00:00", "2026-03-04T17:00"), // and so is Tuesday midnight
        ("1 working-day", "2026-03-03T00:01", "2026-03-04T17:00"),
        ("1 working-day", "2026-03-06T23:59", "2026-03-10T17:00"), // Friday night is Monday
    ]);
    let due = term("1 working-day")
        .unwrap()
        .due(calendar(), "2026-03-01T17:00:00Z".parse().unwrap())
        .unwrap();
    assert_eq!(due.to_string(), "2026-03-03T10:00:00Z");
}

// BLLĐ 2019 Đ.112; thông báo 9441/TB-BNV: Mùng 1 is 17 February 2026.
#[test]
fn the_days_of_tet_2026_do_not_count() {
    check(&[
        ("1 working-day", "2026-02-12T09:00", "2026-02-13T17:00"),
        ("1 working-day", "2026-02-13T14:59", "2026-02-23T17:00"), // ten days off between two working days
        ("1 working-day", "2026-02-13T15:01", "2026-02-24T17:00"),
        ("3 working-day", "2026-02-11T10:00", "2026-02-23T17:00"),
        ("5 working-day", "2026-02-09T08:00", "2026-02-23T17:00"),
        ("5 working-day", "2026-02-13T08:00", "2026-02-27T17:00"),
        ("5 working-day", "2026-02-13T16:00", "2026-03-02T17:00"),
        ("10 working-day", "2026-02-06T08:00", "2026-02-27T17:00"),
        ("20 working-day", "2026-02-02T08:00", "2026-03-09T17:00"),
    ]);
}

#[test]
fn what_comes_on_line_during_tet_counts_as_received_on_the_first_day_back() {
    check(&[
        ("1 working-day", "2026-02-16T09:00", "2026-02-24T17:00"),
        ("1 working-day", "2026-02-17T00:05", "2026-02-24T17:00"), // five minutes into Mùng 1
        ("1 working-day", "2026-02-20T16:00", "2026-02-24T17:00"), // the last day off, after 15:00
        ("1 working-day", "2026-02-21T08:00", "2026-02-24T17:00"), // the Saturday after
        ("1 working-day", "2026-02-23T08:00", "2026-02-24T17:00"), // the first day back itself
        ("10 calendar-day", "2026-02-18T09:00", "2026-03-05T17:00"),
    ]);
}

// 12729/VPCP-KGVX (2/1 swapped for 10/1), the yearly notices of 2019, 2024 and 2025.
#[test]
fn a_saturday_that_is_made_up_is_a_working_day() {
    check(&[
        ("1 working-day", "2026-01-09T08:00", "2026-01-10T17:00"), // due on the Saturday
        ("2 working-day", "2026-01-09T08:00", "2026-01-12T17:00"),
        ("1 working-day", "2026-01-09T15:30", "2026-01-12T17:00"), // handed over on the Saturday
        ("1 working-day", "2026-01-10T08:00", "2026-01-12T17:00"), // received on the Saturday
        ("1 working-day", "2026-01-10T15:30", "2026-01-13T17:00"), // which has a 15:00 too
        ("3 working-day", "2026-01-08T08:00", "2026-01-12T17:00"),
        ("1 working-day", "2026-01-17T08:00", "2026-01-20T17:00"), // the next Saturday is an ordinary one
        ("1 working-day", "2026-08-21T08:00", "2026-08-22T17:00"),
        ("1 working-day", "2026-08-22T14:00", "2026-08-24T17:00"),
        ("1 working-day", "2026-08-22T15:01", "2026-08-25T17:00"),
        ("5 working-day", "2026-08-20T08:00", "2026-08-26T17:00"),
        ("2 working-day", "2025-04-25T08:00", "2025-04-28T17:00"), // 26 April 2025
        ("2 working-day", "2024-05-03T08:00", "2024-05-06T17:00"), // 4 May 2024
        ("2 working-day", "2019-01-04T08:00", "2019-01-07T17:00"), // 5 January 2019
    ]);
}

// BLLĐ 2019 Đ.112: the other public holidays of 2026, with the days swapped for them.
#[test]
fn public_holidays_do_not_count() {
    check(&[
        ("1 working-day", "2025-12-31T08:00", "2026-01-05T17:00"), // 1 and 2 January
        ("1 working-day", "2025-12-31T16:00", "2026-01-06T17:00"),
        ("1 working-day", "2026-01-02T09:00", "2026-01-06T17:00"), // a Friday off, given for 10 January
        ("1 working-day", "2026-04-24T08:00", "2026-04-28T17:00"), // 27 April, for Giỗ Tổ on a Sunday
        ("2 working-day", "2026-04-28T08:00", "2026-05-04T17:00"), // 30 April and 1 May
        ("3 working-day", "2026-04-28T08:00", "2026-05-05T17:00"),
        ("1 working-day", "2026-04-29T15:30", "2026-05-05T17:00"),
        ("1 working-day", "2026-08-28T08:00", "2026-09-03T17:00"), // 31 August to 2 September
        ("3 working-day", "2026-08-28T08:00", "2026-09-07T17:00"),
    ]);
}

// NQ 28/2026/QH16 Đ.2: the day of Vietnamese culture.
#[test]
fn the_24th_of_november_is_off_from_2026_on() {
    check(&[
        ("1 working-day", "2026-11-23T08:00", "2026-11-25T17:00"),
        ("1 working-day", "2026-11-23T15:30", "2026-11-26T17:00"),
        ("1 working-day", "2026-11-24T08:00", "2026-11-26T17:00"),
        ("10 working-day", "2026-11-20T14:00", "2026-12-07T17:00"),
        ("1 calendar-day", "2026-11-23T08:00", "2026-11-25T17:00"),
        ("16 working-hour", "2026-11-23T13:30", "2026-11-26T11:30"),
        ("1 working-day", "2025-11-21T08:00", "2025-11-24T17:00"), // a Monday like any other in 2025
    ]);
}

#[test]
fn a_leap_day_is_a_day() {
    check(&[
        ("1 working-day", "2024-02-28T08:00", "2024-02-29T17:00"),
        ("2 working-day", "2024-02-28T08:00", "2024-03-01T17:00"),
        ("1 working-day", "2024-02-29T08:00", "2024-03-01T17:00"),
        ("1 working-day", "2024-02-29T15:30", "2024-03-04T17:00"),
        ("3 working-day", "2024-02-27T08:00", "2024-03-01T17:00"),
        ("1 calendar-day", "2024-02-28T08:00", "2024-02-29T17:00"),
        ("2 calendar-day", "2024-02-28T08:00", "2024-03-01T17:00"),
        ("2 calendar-day", "2023-02-27T08:00", "2023-03-01T17:00"), // and in 2023 there is none
    ]);
}

// BLDS 2015 Đ.148.5: a term that ends on a day off ends on the next working day.
#[test]
fn a_term_in_calendar_days_counts_days_off_but_never_ends_on_one() {
    check(&[
        ("1 calendar-day", "2026-03-02T08:00", "2026-03-03T17:00"),
        ("15 calendar-day", "2026-03-02T08:00", "2026-03-17T17:00"),
        ("5 calendar-day", "2026-03-02T08:00", "2026-03-09T17:00"), // would end on a Saturday
        ("6 calendar-day", "2026-03-02T08:00", "2026-03-09T17:00"), // on a Sunday
        ("7 calendar-day", "2026-03-02T08:00", "2026-03-09T17:00"), // on the Monday itself
        ("29 calendar-day", "2026-01-12T08:00", "2026-02-10T17:00"),
        ("30 calendar-day", "2026-01-19T08:00", "2026-02-23T17:00"), // on Mùng 2
        ("3 calendar-day", "2026-01-07T08:00", "2026-01-10T17:00"),  // on a Saturday that is worked
        ("1 calendar-day", "2024-12-31T08:00", "2025-01-02T17:00"),  // on New Year's day
    ]);
}

// NĐ 61/2018 Đ.18 knows no unit: a term in calendar days begins with the same hand-over.
#[test]
fn a_term_in_calendar_days_begins_on_the_day_of_the_hand_over_too() {
    check(&[
        ("3 calendar-day", "2026-03-02T15:00", "2026-03-05T17:00"),
        ("3 calendar-day", "2026-03-02T15:30", "2026-03-06T17:00"),
        ("3 calendar-day", "2026-03-07T09:00", "2026-03-12T17:00"), // received on a Saturday
        ("30 calendar-day", "2026-02-18T09:00", "2026-03-25T17:00"), // received on Mùng 2
    ]);
}

// A certificate of origin in 4 hours, counted within 07:00–11:30 and 13:30–17:00; there is no 15:00
// for hours.
#[test]
fn a_term_in_hours_runs_while_offices_are_open() {
    check(&[
        ("4 working-hour", "2026-03-02T07:00", "2026-03-02T11:00"),
        ("4 working-hour", "2026-03-02T07:30", "2026-03-02T11:30"), // to the last minute before lunch
        ("4 working-hour", "2026-03-02T08:00", "2026-03-02T14:00"), // over lunch
        ("4 working-hour", "2026-03-02T06:00", "2026-03-02T11:00"), // before opening
        ("4 working-hour", "2026-03-02T11:30", "2026-03-03T07:30"), // as lunch begins
        ("4 working-hour", "2026-03-02T12:00", "2026-03-03T07:30"), // at lunch
        ("4 working-hour", "2026-03-02T13:30", "2026-03-03T07:30"), // as it ends
        ("4 working-hour", "2026-03-02T14:45", "2026-03-03T08:45"),
        ("4 working-hour", "2026-03-02T15:30", "2026-03-03T09:30"), // after 15:00
        ("4 working-hour", "2026-03-02T17:00", "2026-03-03T11:00"), // at closing
        ("4 working-hour", "2026-03-02T20:00", "2026-03-03T11:00"), // after closing
        ("4 working-hour", "2026-03-06T16:00", "2026-03-09T10:00"), // over a weekend
        ("4 working-hour", "2026-03-07T10:00", "2026-03-09T11:00"), // on a Saturday
        ("4 working-hour", "2026-02-13T15:30", "2026-02-23T09:30"), // over Tết
        ("4 working-hour", "2026-01-09T15:30", "2026-01-10T09:30"), // into a Saturday that is worked
        ("4 working-hour", "2026-01-10T15:30", "2026-01-12T09:30"), // and out of it
        ("8 working-hour", "2026-03-02T07:00", "2026-03-02T17:00"), // a day is eight hours
        ("8 working-hour", "2026-03-02T09:20", "2026-03-03T09:20"),
        ("1 working-hour", "2026-03-02T11:00:30", "2026-03-02T14:00:30"),
    ]);
}

#[test]
fn the_last_days_of_the_last_known_year_can_still_be_counted_to() {
    check(&[
        ("1 working-day", "2026-12-30T08:00", "2026-12-31T17:00"),
        ("3 working-day", "2026-12-28T08:00", "2026-12-31T17:00"),
        ("3 calendar-day", "2026-12-27T08:00", "2026-12-31T17:00"), // a Sunday, received on the 28th
        ("4 working-hour", "2026-12-31T08:00", "2026-12-31T14:00"),
        ("2 working-day", "2024-12-31T08:00", "2025-01-03T17:00"),
    ]);
}

// The government decides each year's days off in the year before; nobody may guess them.
#[test]
fn a_year_without_a_calendar_is_an_error_that_names_it() {
    check_missing(&[
        ("1 working-day", "2026-12-31T08:00", 2027),
        ("1 working-day", "2026-12-31T15:01", 2027),
        ("5 working-day", "2026-12-28T08:00", 2027),
        ("1000 working-day", "2026-12-28T08:00", 2027),
        ("4 calendar-day", "2026-12-28T08:00", 2027),
        ("7 calendar-day", "2026-12-28T08:00", 2027),
        ("400 calendar-day", "2026-12-28T08:00", 2028), // 2027 is not asked: those days all count
        ("4 working-hour", "2026-12-31T14:00", 2027),
        ("1 working-day", "2027-01-04T08:00", 2027),
        ("4 working-hour", "2027-01-04T08:00", 2027),
        ("1 working-day", "2018-12-28T08:00", 2018), // before the first known year
        ("1 calendar-day", "2018-12-28T08:00", 2018),
    ]);
    assert_eq!(MissingYear { year: 2027 }.to_string(), "the working calendar has no data for 2027");
}

// Office hours are the agency's to set, from a day on (QĐ of each province; summer hours begin in
// April here).
#[test]
fn office_hours_and_the_hand_over_hour_are_those_of_the_day() {
    let calendar: Calendar = serde_json::from_str(
        r#"{
            "years": {"2026": {"off": [], "worked": [], "source": "test"}},
            "hours": [
                {"validFrom": "2026-04-01", "slots": [["06:30", "11:00"], ["13:00", "16:30"]], "handOverCutOff": "14:30"},
                {"validFrom": "2018-06-21", "slots": [["07:00", "11:30"], ["13:30", "17:00"]], "handOverCutOff": "15:00"}
            ]
        }"#,
    )
    .unwrap();
    for (length, received, expected) in [
        ("1 working-day", "2026-03-30T14:45", "2026-03-31T17:00"),
        ("2 working-day", "2026-03-30T14:45", "2026-04-01T16:30"),
        ("1 working-day", "2026-03-31T14:45", "2026-04-01T16:30"),
        ("1 working-day", "2026-04-01T14:30", "2026-04-02T16:30"),
        ("1 working-day", "2026-04-01T14:45", "2026-04-03T16:30"),
        ("4 working-hour", "2026-03-31T15:00", "2026-04-01T08:30"),
    ] {
        let due = term(length).unwrap().due(&calendar, at(received)).map(local);
        assert_eq!(due, Ok(local(at(expected))), "{length} from {received}");
    }
}

// NĐ 61/2018 Đ.18 speaks of the hours between 15:00 and closing alone; for the others there are two
// readings.
#[test]
fn what_comes_while_offices_are_closed_is_received_by_the_reading_of_its_day() {
    let calendar: Calendar = serde_json::from_str(
        r#"{
            "years": {"2026": {"off": ["2026-03-20"], "worked": [], "source": "test"}},
            "hours": [
                {"validFrom": "2018-06-21", "slots": [["07:00", "17:00"]], "handOverCutOff": "15:00"},
                {"validFrom": "2026-03-09", "slots": [["07:00", "17:00"]], "handOverCutOff": "15:00",
                 "closedReceipt": "counted-next-day"},
                {"validFrom": "2026-06-01", "slots": [["07:00", "17:00"]], "handOverCutOff": "15:00",
                 "closedReceipt": "received-next-day"}
            ]
        }"#,
    )
    .unwrap();
    for (length, received, expected) in [
        ("1 working-day", "2026-03-07T10:00", "2026-03-10T17:00"), // a Saturday of before: Tuesday
        ("1 working-day", "2026-03-14T10:00", "2026-03-16T17:00"), // Saturday: Monday
        ("1 working-day", "2026-03-15T23:00", "2026-03-16T17:00"), // Sunday
        ("1 working-day", "2026-03-20T10:00", "2026-03-23T17:00"), // a holiday
        ("1 working-day", "2026-03-16T17:01", "2026-03-17T17:00"), // after closing
        ("1 working-day", "2026-03-16T17:00", "2026-03-18T17:00"), // at closing it is still Đ.18
        ("1 working-day", "2026-03-16T15:01", "2026-03-18T17:00"), // after the hand-over hour
        ("1 working-day", "2026-03-16T15:00", "2026-03-17T17:00"),
        ("5 working-day", "2026-03-14T10:00", "2026-03-23T17:00"),
        ("3 calendar-day", "2026-03-14T10:00", "2026-03-17T17:00"),
        ("4 working-hour", "2026-03-14T10:00", "2026-03-16T11:00"), // hours never had a question
        ("1 working-day", "2026-06-06T10:00", "2026-06-09T17:00"),  // and again: Tuesday
    ] {
        let due = term(length).unwrap().due(&calendar, at(received)).map(local);
        assert_eq!(due, Ok(local(at(expected))), "{length} from {received}");
    }
}

#[test]
fn the_calendar_says_why_a_day_counts_or_does_not() {
    for (date, kind) in [
        ("2026-02-13", DayKind::Working),
        ("2026-02-14", DayKind::Weekend),
        ("2026-02-15", DayKind::Weekend),
        ("2026-02-16", DayKind::Holiday),
        ("2026-02-17", DayKind::Holiday),
        ("2026-02-20", DayKind::Holiday),
        ("2026-02-22", DayKind::Weekend),
        ("2026-02-23", DayKind::Working),
        ("2026-01-02", DayKind::Holiday),
        ("2026-01-10", DayKind::MadeUp),
        ("2026-08-22", DayKind::MadeUp),
        ("2026-11-24", DayKind::Holiday),
        ("2024-02-29", DayKind::Working),
        ("2024-05-04", DayKind::MadeUp),
        ("2019-05-04", DayKind::MadeUp),
    ] {
        assert_eq!(calendar().kind(day(date)), Ok(kind), "{date}");
        assert_eq!(kind.is_working(), matches!(kind, DayKind::Working | DayKind::MadeUp), "{date}");
    }
    for (date, year) in [("2018-12-31", 2018), ("2027-01-01", 2027)] {
        assert_eq!(calendar().kind(day(date)), Err(MissingYear { year }), "{date}");
    }
}

/// Counted by hand from domain note §3.6: weekdays of the year, less days off, plus worked
/// Saturdays.
#[test]
fn every_year_has_its_number_of_working_days() {
    for (year, weekdays, off, worked) in [
        (2019, 261, 11, 2),
        (2020, 262, 10, 0),
        (2021, 261, 11, 0),
        (2022, 260, 11, 0),
        (2023, 260, 11, 0),
        (2024, 262, 12, 1),
        (2025, 261, 12, 1),
        (2026, 261, 14, 2),
    ] {
        let first = day(&format!("{year}-01-01"));
        let first_counts = i64::from(calendar().kind(first).unwrap().is_working());
        let rest = calendar().working_days_between(first, day(&format!("{year}-12-31"))).unwrap();
        assert_eq!(first_counts + rest, weekdays - off + worked, "{year}");
    }
}

#[test]
fn a_term_is_one_to_a_thousand_units() {
    for (amount, good) in [(0, false), (1, true), (1_000, true), (1_001, false), (u16::MAX, false)]
    {
        assert_eq!(Term::new(amount, TermUnit::WorkingDay).is_ok(), good, "{amount}");
    }
}

#[test]
fn a_term_is_read_from_data_by_the_same_rule() {
    for (text, good) in [
        (r#"{"amount": 10, "unit": "working-day"}"#, true),
        (r#"{"amount": 4, "unit": "working-hour"}"#, true),
        (r#"{"amount": 0, "unit": "working-day"}"#, false),
        (r#"{"amount": -1, "unit": "working-day"}"#, false),
        (r#"{"amount": 1001, "unit": "calendar-day"}"#, false),
        (r#"{"amount": 10, "unit": "fortnight"}"#, false),
        (r#"{"amount": 10, "unit": "working-day", "from": "noon"}"#, false),
        (r#"{"amount": 2.5, "unit": "working-day"}"#, false),
    ] {
        let read = serde_json::from_str::<Term>(text);
        assert_eq!(read.is_ok(), good, "{text}");
        if let Ok(term) = read {
            assert_eq!(
                serde_json::to_value(term).unwrap(),
                serde_json::from_str::<serde_json::Value>(text).unwrap()
            );
        }
    }
}
