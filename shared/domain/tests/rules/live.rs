//! The figures of this minute: what one dossier adds to which count, and what counts say at a time.

use std::collections::BTreeMap;

use domain::kpi::{DueBasis, LiveCount, LiveFigures, LiveNews, LiveShare};
use domain::procedure::Channel;
use jiff::{SignedDuration, Timestamp};

use super::kpi::facts;
use super::world::{at, day, played};

const RECEIVED: &str = "submit 2026-03-02T07:30, receive 08:00, process 08:10";

fn news(rest: &str) -> LiveNews {
    let dossier = played("5 working-day", Channel::Online, &format!("{RECEIVED}{rest}"));
    LiveNews::of_facts(&facts(&dossier)).unwrap()
}

fn counts(news: &LiveNews) -> Vec<String> {
    let share = news.share_after(&LiveShare::default());
    share.counts().iter().map(ToString::to_string).collect()
}

#[test]
fn counts_have_names_that_are_read_as_they_were_written() {
    let due = at("2026-03-09T17:00");
    for (count, name) in [
        (LiveCount::Received(day("2026-03-02")), "received#2026-03-02"),
        (LiveCount::Resolved(day("2026-03-09")), "resolved#2026-03-09"),
        (LiveCount::Due(due), "due#2026-03-09T10:00:00Z"),
        (LiveCount::First(due), "first#2026-03-09T10:00:00Z"),
        (LiveCount::Promised(due), "promised#2026-03-09T10:00:00Z"),
    ] {
        assert_eq!(count.to_string(), name);
        assert_eq!(name.parse::<LiveCount>().unwrap(), count);
    }
    for bad in ["", "received", "received#monday", "due#2026-03-09", "lost#2026-03-02"] {
        assert!(bad.parse::<LiveCount>().is_err(), "{bad}");
    }
}

#[test]
fn a_day_counts_until_the_day_after_it_and_open_work_as_long_as_it_is_open() {
    let (first, due) = (day("2026-03-02"), at("2026-03-02T17:00"));
    for (on, counts) in [("2026-03-02", true), ("2026-03-03", true), ("2026-03-04", false)] {
        assert_eq!(LiveCount::Received(first).counts_on(day(on)), counts, "{on}");
        assert_eq!(LiveCount::Resolved(first).counts_on(day(on)), counts, "{on}");
        for open in [LiveCount::Due(due), LiveCount::First(due), LiveCount::Promised(due)] {
            assert!(open.counts_on(day(on)), "{on}");
        }
    }
}

#[test]
fn a_dossier_counts_on_the_day_of_its_receipt_and_by_its_due_date_while_it_is_at_work() {
    let received = "received#2026-03-02";
    let apology = ", apologise 2026-03-04T06:30 for 2026-03-10";
    for (rest, expected) in [
        ("", vec![received, "due#2026-03-09T10:00:00Z"]),
        (apology, vec![received, "promised#2026-03-10T10:00:00Z", "first#2026-03-09T10:00:00Z"]),
        // Nobody's time runs.
        (", request-supplement 08:20", vec![received]),
        (", suspend 08:20", vec![received]),
        (", withdraw 08:20", vec![received]),
        (", finish 2026-03-04T08:00", vec![received, "resolved#2026-03-04"]),
    ] {
        assert_eq!(counts(&news(rest)), expected, "{rest}");
    }
    let waiting = played("5 working-day", Channel::Online, "submit 2026-03-02T07:30");
    assert_eq!(counts(&LiveNews::of_facts(&facts(&waiting)).unwrap()), Vec::<String>::new());
}

#[test]
fn a_page_without_the_receipt_counts_by_the_day_that_is_known_and_an_empty_one_is_no_news() {
    let dossier = played("5 working-day", Channel::Online, RECEIVED);
    let of = |entries: usize, received: Option<Timestamp>| {
        let name = (dossier.code.clone(), dossier.agency.clone());
        LiveNews::of(name, &dossier.history[entries..], received)
    };
    assert_eq!(of(3, None), None);
    let page = of(2, Some(at("2026-03-02T08:00"))).unwrap();
    assert_eq!(counts(&page), ["received#2026-03-02", "due#2026-03-09T10:00:00Z"]);
    assert_eq!(counts(&of(2, None).unwrap()), ["due#2026-03-09T10:00:00Z"]);
    assert_eq!((page.version, page.recorded_at), (3, dossier.history[2].recorded_at));
}

#[test]
fn due_dates_of_one_quarter_of_an_hour_are_one_count_which_ends_with_it() {
    let dossier = played("5 working-day", Channel::Online, RECEIVED);
    for (due, end) in [
        ("2026-03-09T10:00", "2026-03-09T10:00"),
        ("2026-03-09T10:01", "2026-03-09T10:15"),
        ("2026-03-09T10:14", "2026-03-09T10:15"),
        ("2026-03-09T10:15", "2026-03-09T10:15"),
    ] {
        let mut of = facts(&dossier);
        let last = of.history.last_mut().unwrap();
        (last.due_at, last.original_due_at) = (Some(at(due)), None);
        let share = LiveNews::of_facts(&of).unwrap().share_after(&LiveShare::default());
        assert_eq!((share.due, share.first_due), (Some(at(end)), None), "{due}");
    }
}

#[test]
fn handing_the_result_over_does_not_move_the_day_on_which_it_was_settled() {
    let history = format!("{RECEIVED}, finish 2026-03-04T08:00, return-result 2026-03-06T08:00");
    let dossier = played("5 working-day", Channel::Online, &history);
    let whole = LiveNews::of_facts(&facts(&dossier)).unwrap();
    let page = &dossier.history[4..];
    let page = LiveNews::of((dossier.code.clone(), dossier.agency.clone()), page, None).unwrap();
    let settled = |on: &str| LiveShare { resolved: Some(day(on)), ..LiveShare::default() };
    // The entry is at hand: whatever was counted before was counted wrong.
    assert_eq!(whole.share_after(&settled("2026-03-05")).resolved, Some(day("2026-03-04")));
    assert_eq!(page.share_after(&settled("2026-03-04")).resolved, Some(day("2026-03-04")));
    assert_eq!(page.share_after(&LiveShare::default()).resolved, Some(day("2026-03-06")));
}

#[test]
fn what_stands_at_a_time_is_what_was_received_and_settled_that_day_and_what_is_due_or_late() {
    let now = at("2026-03-09T10:00");
    let late = now - SignedDuration::from_secs(1);
    let (today, yesterday) = (day("2026-03-09"), day("2026-03-08"));
    let counts = BTreeMap::from([
        (LiveCount::Received(today), 3),
        (LiveCount::Received(yesterday), 100),
        (LiveCount::Resolved(today), 2),
        (LiveCount::Resolved(yesterday), 100),
        (LiveCount::Due(late), 5),
        (LiveCount::Due(now), 7),
        (LiveCount::Due(at("2026-03-10T08:00")), 11),
        (LiveCount::Due(at("2026-03-06T17:00")), 13),
        // Fallen below nothing: the night mends it.
        (LiveCount::Due(at("2026-03-09T17:00")), -4),
        (LiveCount::First(at("2026-03-05T17:00")), 17),
        (LiveCount::Promised(at("2026-03-09T17:00")), 17),
    ]);
    let figures = |basis| {
        let of = LiveFigures::of(&counts, basis, now);
        (of.received_today, of.resolved_today, of.due_today, of.overdue_now)
    };
    assert_eq!(figures(DueBasis::Original), (3, 2, 12, 18 + 17));
    assert_eq!(figures(DueBasis::Extended), (3, 2, 12 + 17, 18));
    let mut sum =
        LiveFigures { received_today: 1, resolved_today: 2, due_today: 3, overdue_now: 4 };
    sum.add(&LiveFigures {
        received_today: 10,
        resolved_today: 20,
        due_today: 30,
        overdue_now: 40,
    });
    let whole =
        LiveFigures { received_today: 11, resolved_today: 22, due_today: 33, overdue_now: 44 };
    assert_eq!(sum, whole);
}
