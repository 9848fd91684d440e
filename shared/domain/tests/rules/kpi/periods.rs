//! Periods by name, and what they are compared with.

use super::*;

#[test]
fn a_period_is_read_by_its_name() {
    for (name, first, last) in [
        ("2026-11-17", "2026-11-17", "2026-11-17"),
        ("2026-11", "2026-11-01", "2026-11-30"),
        ("2024-02", "2024-02-01", "2024-02-29"),
        ("2026-Q1", "2026-01-01", "2026-03-31"),
        ("2026-Q4", "2026-10-01", "2026-12-31"),
        ("2026-H1", "2026-01-01", "2026-06-30"),
        ("2026-H2", "2026-07-01", "2026-12-31"),
        ("2024", "2024-01-01", "2024-12-31"),
        ("2026-W01", "2025-12-29", "2026-01-04"),
        ("2026-W53", "2026-12-28", "2027-01-03"),
        ("2026-01-15..2026-02-20", "2026-01-15", "2026-02-20"),
        ("2023-07-01..2024-06-30", "2023-07-01", "2024-06-30"),
    ] {
        let period: Period = name.parse().unwrap();
        assert_eq!(
            (period.first(), period.last(), period.to_string().as_str()),
            (day(first), day(last), name)
        );
    }
}

#[test]
fn what_names_no_period_of_a_year_at_most_is_refused() {
    for name in [
        "",
        "26",
        "2026-13",
        "2026-00",
        "2026-1",
        "2026-Q5",
        "2026-Q0",
        "2026-Q01",
        "2026-H3",
        "2026-W54",
        "2025-W53",
        "2026-W1",
        "2026-02-30",
        "2026-11-17..",
        "..2026-11-17",
        "2026-11-18..2026-11-17",
        "2026-01-01..2027-01-02",
        "2026-11-17T00:00",
        " 2026",
        "2026-+1",
        "+026",
        "năm 2026",
    ] {
        assert_eq!(
            name.parse::<Period>().map_err(|violation| violation.rule.slug()),
            Err("period"),
            "{name}"
        );
    }
}

#[test]
fn the_period_before_is_of_the_same_kind() {
    for (name, before) in [
        ("2026-03-01", "2026-02-28"),
        ("2026-03", "2026-02"),
        ("2026-01", "2025-12"),
        ("2026-Q1", "2025-Q4"),
        ("2026-H1", "2025-H2"),
        ("2025", "2024"),
        ("2026-W01", "2025-W52"),
        ("2026-01-11..2026-01-20", "2026-01-01..2026-01-10"),
    ] {
        assert_eq!(name.parse::<Period>().unwrap().before().to_string(), before, "before {name}");
    }
}

#[test]
fn a_time_is_compared_with_one_of_as_many_working_days() {
    for (name, counted, like_it) in [
        // Days: the working day before, over a week-end and over Tết (16 to 20 February).
        ("2026-03-03", "2026-03-03", Some("2026-03-02")),
        ("2026-03-02", "2026-03-02", Some("2026-02-27")),
        ("2026-02-23", "2026-02-23", Some("2026-02-13")),
        ("2026-03-01", "2026-03-01", None),
        // 24 November is a day off: 17 working days of 25, and October had 17 on the 23rd.
        ("2026-11", "2026-11-25", Some("2026-10-01..2026-10-23")),
        ("2026-11", "2026-11-02", Some("2026-10-01")),
        ("2026-11", "2026-11-01", None),
        ("2026-11", "2026-11-30", Some("2026-10")),
        // Of its 22 working days October had 21 by the 29th; September has 20.
        ("2026-10", "2026-10-29", None),
        ("2026-10", "2026-10-28", Some("2026-09")),
        ("2026-W47", "2026-11-18", Some("2026-11-09..2026-11-11")),
        ("2026-Q4", "2026-10-02", Some("2026-07-01..2026-07-02")),
        ("2026", "2026-01-06", Some("2025-01-01..2025-01-03")),
        // Ranges: as many working days up to the day before.
        ("2026-11-16..2026-11-20", "2026-11-20", Some("2026-W46")),
        ("2026-11-16..2026-11-20", "2026-11-17", Some("2026-11-12..2026-11-15")),
        ("2026-11-14..2026-11-15", "2026-11-15", None),
    ] {
        let period: Period = name.parse().unwrap();
        let found = period.like_it(day(counted), catalogue().calendar()).unwrap();
        assert_eq!(
            found.map(|period| period.to_string()).as_deref(),
            like_it,
            "{name} counted to {counted}"
        );
    }
    let unknown: Period = "2016-05".parse().unwrap();
    assert!(
        unknown.like_it(day("2016-05-10"), catalogue().calendar()).is_err(),
        "nobody knows its working days"
    );
}
