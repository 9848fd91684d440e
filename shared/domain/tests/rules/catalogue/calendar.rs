//! The calendar: days, office hours, the exceptions of agencies, and years that are missing.

use super::*;
use crate::rules::world;

#[test]
fn a_day_under_another_year_is_refused() {
    refused("years.2026", "day-in-year", |files| {
        files.calendar["years"]["2026"]["off"] = json!(["2027-01-01"])
    });
    refused("years.2026", "day-in-year", |files| {
        files.calendar["years"]["2026"]["worked"] = json!(["2027-01-02"])
    });
}

#[test]
fn a_worked_weekday_is_refused() {
    refused("years.2026", "worked-weekend", |files| {
        files.calendar["years"]["2026"]["worked"] = json!(["2026-01-09"])
    });
}

#[test]
fn a_weekend_day_off_is_refused() {
    refused("years.2026", "off-weekday", |files| {
        files.calendar["years"]["2026"]["off"] = json!(["2026-01-11"])
    });
}

#[test]
fn a_day_both_off_and_worked_is_refused() {
    let found = wrong(|files| files.calendar["years"]["2026"]["worked"] = json!(["2026-01-01"]));
    assert!(found.contains(&("years".to_owned(), "off-or-worked")), "{found:?}");
}

#[test]
fn hours_that_do_not_run_forward_are_refused() {
    for slots in [
        json!([]),
        json!([["11:30", "07:00"]]),
        json!([["07:00", "07:00"]]),
        json!([["07:00", "13:30"], ["11:30", "17:00"]]),
        json!([["13:30", "17:00"], ["07:00", "11:30"]]),
    ] {
        refused("hours", "ordered-slots", |files| files.calendar["hours"][0]["slots"] = slots);
    }
}

#[test]
fn a_calendar_without_office_hours_is_refused() {
    refused("hours", "present", |files| files.calendar["hours"] = json!([]));
}

#[test]
fn office_hours_that_begin_twice_on_a_day_are_refused() {
    refused("hours", "unique-start", |files| {
        let again = files.calendar["hours"][0].clone();
        list(&mut files.calendar, "hours").push(again);
    });
}

#[test]
fn a_calendar_whose_first_days_have_no_office_hours_is_refused() {
    refused("hours", "cover-years", |files| {
        files.calendar["hours"][0]["validFrom"] = json!("2026-01-02")
    });
    assert_eq!(wrong(|files| files.calendar["hours"][0]["validFrom"] = json!("2026-01-01")), []);
}

// The government decides next year's days off in the autumn; the longest shipped term is 90 days.
#[test]
fn a_year_is_missed_as_soon_as_a_term_reaches_it_and_in_october_at_the_latest() {
    for (today, missing) in [
        ("2026-09-30", None),
        ("2026-10-01", Some(2027)),
        ("2026-12-31", Some(2027)),
        ("2025-12-01", None), // 2026 is there
    ] {
        let found = catalogue().missing_year(day(today)).map(|missing| missing.year);
        assert_eq!(found, missing, "{today}");
    }
    // Where all terms are short it is missed in October all the same.
    let short = assemble(good()).unwrap();
    for (today, missing) in
        [("2026-09-30", None), ("2026-10-01", Some(2027)), ("2026-12-31", Some(2027))]
    {
        assert_eq!(short.missing_year(day(today)).map(|missing| missing.year), missing, "{today}");
    }
}

#[test]
fn the_alarm_names_which_procedures_stop_being_received_on_which_day() {
    let stopped_by = |today: &str, on: &str| -> usize {
        let stops = catalogue().stopping(day(today));
        stops
            .iter()
            .filter(|(day_, _)| **day_ <= day(on))
            .map(|(_, procedures)| procedures.len())
            .sum()
    };
    let all =
        [("2026-11-26", "2026-11-26"), ("2026-11-26", "2026-12-15"), ("2026-11-26", "2026-12-28")];
    let counts = all.map(|(today, on)| stopped_by(today, on));
    assert_eq!(counts, [1, 9, 48]);
    // Each is named once, on its first day, and a year that is there stops nothing.
    let stops = catalogue().stopping(day("2026-10-01"));
    let codes: Vec<_> = stops.values().flatten().collect();
    let distinct: std::collections::BTreeSet<_> = codes.iter().collect();
    assert_eq!(codes.len(), distinct.len());
    assert!(catalogue().stopping(day("2025-12-01")).is_empty());
}

/// The good calendar with this exception of `agency`.
fn excepted(files: &mut Files, agency: &str, more: Value) {
    let mut exception = json!({"agency": agency, "reason": "a test", "source": "a test"});
    exception.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    files.calendar["exceptions"] = json!([exception]);
}

#[test]
fn an_agency_s_exception_that_contradicts_the_calendar_is_refused() {
    let field = "exceptions.H20.09";
    for (rule, more) in [
        ("off-working-day", json!({"off": ["2026-01-03"]})),
        ("off-working-day", json!({"off": ["2026-01-01"]})),
        ("worked-day-off", json!({"worked": ["2026-01-05"]})),
        ("worked-day-off", json!({"worked": ["2026-01-10"]})),
        ("known-year", json!({"off": ["2027-01-05"]})),
        ("known-year", json!({"worked": ["2025-01-04"]})),
        (
            "ordered-slots",
            json!({"hours": [{"validFrom": "2018-06-21", "slots": [], "handOverCutOff": "15:00"}]}),
        ),
    ] {
        refused(field, rule, |files| excepted(files, "H20.09", more));
    }
    refused("exceptions", "known-agency", |files| {
        excepted(files, "H20.77", json!({"off": ["2026-01-05"]}))
    });
}

#[test]
fn an_agency_s_exceptions_add_up_in_their_hours_too() {
    let hours = |from: &str| json!([{"validFrom": from, "slots": [["08:00", "12:00"]], "handOverCutOff": "11:00"}]);
    let two = |second: &str| {
        let exception = |from: &str| json!({"agency": "H20.09", "hours": hours(from), "reason": "a test", "source": "a test"});
        json!([exception("2018-06-21"), exception(second)])
    };
    let mut files = good();
    files.calendar["exceptions"] = two("2026-07-01");
    let law = assemble(files).unwrap();
    let calendar = law.law().calendar_of(&"H20.09".parse().unwrap());
    for morning in ["2026-03-02", "2026-07-02"] {
        let due = world::term("1 working-day")
            .unwrap()
            .due(calendar, world::at(&format!("{morning}T08:00")));
        assert!(world::local(due.unwrap()).ends_with("T12:00:00"), "{morning}");
    }
    refused("exceptions.H20.09", "unique-start", |files| {
        files.calendar["exceptions"] = two("2018-06-21")
    });
}

#[test]
fn an_agency_s_exception_needs_a_reason_and_a_source() {
    for word in ["reason", "source"] {
        refused("exceptions.H20.09", word, |files| {
            excepted(files, "H20.09", json!({"off": ["2026-01-05"]}));
            files.calendar["exceptions"][0][word] = json!("");
        });
    }
}

#[test]
fn an_agency_s_exception_is_read() {
    assert_eq!(
        wrong(|files| excepted(
            files,
            "H20.09",
            json!({"off": ["2026-01-05"], "worked": ["2026-01-03"]})
        )),
        []
    );
}

#[test]
fn a_provisional_calendar_adds_years_and_never_changes_a_decided_one() {
    let read = |text: &str| serde_json::from_str::<Calendar>(text).unwrap();
    let provisional = read(
        r#"{"years": {
            "2026": {"off": ["2026-03-02"], "worked": [], "source": "test"},
            "2027": {"off": ["2027-01-01"], "worked": [], "source": "test"}
        }, "hours": []}"#,
    );
    let completed = catalogue().calendar().clone().completed_by(provisional);
    for (date, kind) in [
        ("2026-03-02", Ok(DayKind::Working)),
        ("2026-11-24", Ok(DayKind::Holiday)),
        ("2027-01-01", Ok(DayKind::Holiday)),
        ("2027-01-04", Ok(DayKind::Working)),
        ("2028-01-03", Err(MissingYear { year: 2028 })),
    ] {
        assert_eq!(completed.kind(day(date)), kind, "{date}");
    }
    assert_eq!(completed.violations(), []);
}
