//! What becomes of a due date when the calendar is changed after it was given, and of one that was
//! counted in a year nobody has decided.

use domain::calendar::{Calendar, date_of};
use domain::dossier::{Action, Decision, Dossier, Refusal};
use domain::kpi::DueBasis;
use domain::law::Law;
use domain::procedure::Channel;
use domain::reminder::{Duty, Lateness, duty, duty_made_up, nearness};
use domain::{RuleName, Violation};
use jiff::ToSpan;
use jiff::civil::Date;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use super::kpi::{facts, tally};
use super::world::{
    AGENCY, at, command, day, law, local, moved, officer, played, played_under, schedule,
};

/// The shipped law under a calendar in which the year `year` is changed.
fn law_of(year: &str, change: impl FnOnce(&mut Value)) -> Law {
    let mut calendar: Value =
        serde_json::from_str(include_str!("../../../../infra/data/calendar.json")).unwrap();
    change(&mut calendar["years"][year]);
    let calendar: Calendar = serde_json::from_value(calendar).unwrap();
    Law::assemble(
        calendar,
        serde_json::from_str(include_str!("../../../../infra/data/rules.json")).unwrap(),
    )
    .unwrap()
}

/// The calendar as it was before 24 November 2026 became a day off.
fn before_the_decision() -> Law {
    law_of("2026", |year| year["off"].as_array_mut().unwrap().retain(|day| day != "2026-11-24"))
}

fn with_2027(provisional: bool, off: &[&str]) -> Law {
    law_of("2027", |year| {
        *year = json!({"off": off, "worked": [], "provisional": provisional, "source": "a test"});
    })
}

/// The dossier after the morning of `when` counted its date anew.
fn redated(dossier: &Dossier, law: &Law, when: &str) -> Dossier {
    let id = format!("redate-{}", dossier.version);
    moved(dossier.decide(command(&id, Action::Redate), &schedule(), law, at(when)))
}

const IN_PROCESS: &str = "submit 2026-11-17T07:30, receive 08:00, process 08:10";

// The example: received on the 17th, five working days, and the 24th becomes a day off.
#[test]
fn a_day_off_that_is_decided_after_receipt_moves_the_date_and_is_no_apology() {
    let dossier = played_under(&before_the_decision(), "5 working-day", IN_PROCESS);
    assert_eq!(
        dossier.due_at.map(local),
        Some("2026-11-24T17:00:00".to_owned()),
        "as it was promised"
    );
    let agency = &dossier.agency;
    // Without the new date Monday's morning would write a letter for the 24th.
    assert_eq!(duty(&dossier.history, day("2026-11-23"), law(), agency), Ok(Some(Duty::Redate)));
    let moved = redated(&dossier, law(), "2026-11-19T06:30");
    let entry = moved.history.last().unwrap();
    assert_eq!(moved.due_at.map(local), Some("2026-11-25T17:00:00".to_owned()));
    assert_eq!(
        (entry.due_at, entry.original_due_at, moved.original_due_at),
        (moved.due_at, None, None)
    );
    assert_eq!(
        (moved.apologies(), moved.status, entry.status),
        (0, dossier.status, dossier.status)
    );
    assert_eq!((entry.by.role.name(), entry.due_rule.as_ref()), ("system", None));
    assert!(entry.reason.is_some());
    let received_after = played("5 working-day", Channel::Online, IN_PROCESS);
    assert_eq!(
        moved.due_at, received_after.due_at,
        "the same as one that was received after the publication"
    );
    assert_eq!(nearness(&moved.history, day("2026-11-20"), law().calendar()), Ok(None));
    assert_eq!(
        nearness(&moved.history, day("2026-11-23"), law().calendar()),
        Ok(Some(Lateness::DueSoon))
    );
    for basis in [DueBasis::Original, DueBasis::Extended] {
        let finished = super::world::after(&moved, Action::Finish, at("2026-11-25T09:00"));
        let rows = tally([&facts(&finished)], day("2026-11-25"), basis);
        assert!(rows.values().all(|row| (row.on_time, row.late) == (1, 0)), "{rows:?}");
    }
}

#[test]
fn a_second_morning_finds_the_date_right_and_nobody_else_counts_it_anew() {
    let dossier = played_under(&before_the_decision(), "5 working-day", IN_PROCESS);
    let moved = redated(&dossier, law(), "2026-11-19T06:30");
    assert_eq!(duty(&moved.history, day("2026-11-20"), law(), &moved.agency), Ok(None));
    let again =
        moved.decide(command("again", Action::Redate), &schedule(), law(), at("2026-11-20T06:30"));
    let stands = Violation::new(
        "action",
        RuleName::DateStands,
        "the due date is what the calendar in force gives",
    );
    assert_eq!(again, Err(Refusal::invalid(stands)));
    let repeated = moved.decide(
        command("redate-3", Action::Redate),
        &schedule(),
        law(),
        at("2026-11-20T06:30"),
    );
    assert!(matches!(repeated, Ok(Decision::Repeated(_))));
    let by_hand = dossier.decide(
        command("by-hand", Action::Redate),
        &officer(AGENCY),
        law(),
        at("2026-11-19T06:30"),
    );
    assert_eq!(by_hand, Err(Refusal::NotAllowed));
}

/// Everything that a history can hold is in the date that is counted anew.
#[test]
fn pauses_documents_and_promises_are_in_the_date_that_is_counted_anew() {
    for (why, rest, due, original) in [
        ("a pause before", "suspend 2026-11-18T08:00, resume 2026-11-19T08:00", "2026-11-26", "-"),
        ("in the midst of a pause", "suspend 2026-11-18T08:00", "2026-11-25", "-"),
        (
            "documents asked for in time",
            "request-supplement 2026-11-18T08:00, supplement 2026-11-19T08:00",
            "2026-11-27",
            "-",
        ),
        (
            "a promised day that is off now",
            "apologise 2026-11-19T08:00 for 2026-11-30",
            "2026-11-30",
            "2026-11-25",
        ),
        (
            "documents asked for late",
            "request-supplement 2026-11-23T08:00, supplement 2026-11-23T09:00",
            "2026-12-01",
            "2026-11-25",
        ),
        ("forwarded", "forward 2026-11-18T08:00", "2026-11-25", "-"),
    ] {
        let dossier =
            played_under(&before_the_decision(), "5 working-day", &format!("{IN_PROCESS}, {rest}"));
        let moved = redated(&dossier, law(), "2026-11-23T10:00");
        let closing = |text: &str| (text != "-").then(|| at(&format!("{text}T17:00")));
        assert_eq!(
            (moved.due_at, moved.original_due_at),
            (closing(due), closing(original)),
            "{why}"
        );
        assert_eq!(
            (moved.paused_at, moved.status, &moved.handler),
            (dossier.paused_at, dossier.status, &dossier.handler)
        );
    }
}

#[test]
fn a_pause_that_a_new_date_falls_into_is_given_back_whole() {
    let dossier = played_under(
        &before_the_decision(),
        "5 working-day",
        &format!("{IN_PROCESS}, suspend 2026-11-18T08:00"),
    );
    let moved = redated(&dossier, law(), "2026-11-19T06:30");
    let resumed = super::world::after(&moved, Action::Resume, at("2026-11-20T08:00"));
    assert_eq!(resumed.due_at.map(local), Some("2026-11-27T17:00:00".to_owned()));
}

#[test]
fn a_promised_day_that_becomes_a_day_off_is_the_next_working_day() {
    for term in ["5 working-day", "5 calendar-day", "30 working-hour"] {
        let history = format!("{IN_PROCESS}, apologise 2026-11-18T08:00 for 2026-12-02");
        let dossier = played(term, Channel::Online, &history);
        let law =
            law_of("2026", |year| year["off"].as_array_mut().unwrap().push("2026-12-02".into()));
        let moved = redated(&dossier, &law, "2026-11-20T06:30");
        assert_eq!(moved.due_at.map(local), Some("2026-12-03T17:00:00".to_owned()), "{term}");
        assert_eq!(
            (moved.original_due_at, moved.apologies()),
            (dossier.original_due_at, 1),
            "{term}"
        );
    }
}

#[test]
fn a_date_that_would_come_out_past_stays_and_so_does_that_of_a_closed_dossier() {
    // A day that was off is worked after all.
    let dossier = played("5 working-day", Channel::Online, IN_PROCESS);
    let earlier = before_the_decision();
    for (on, owed) in [("2026-11-24", Some(Duty::Redate)), ("2026-11-25", None)] {
        let found = duty(&dossier.history, day(on), &earlier, &dossier.agency).unwrap();
        assert_eq!(found.filter(|duty| *duty == Duty::Redate), owed, "{on}");
    }
    // A morning that is made up for counts as of today.
    for (today, owed) in [("2026-11-24", Some(Duty::Redate)), ("2026-11-25", None)] {
        let of = day("2026-11-23");
        let found =
            duty_made_up(&dossier.history, of, day(today), &earlier, &dossier.agency).unwrap();
        assert_eq!(found.filter(|duty| *duty == Duty::Redate), owed, "made up on {today}");
    }
    for end in ["finish", "withdraw", "request-supplement"] {
        let dossier = played_under(
            &earlier,
            "5 working-day",
            &format!("{IN_PROCESS}, {end} 2026-11-18T08:00"),
        );
        assert_eq!(
            duty(&dossier.history, day("2026-11-19"), law(), &dossier.agency),
            Ok(None),
            "{end}"
        );
    }
}

#[test]
fn a_year_that_is_not_decided_is_counted_in_and_marked_and_counted_anew_once_it_is() {
    let guess = with_2027(true, &["2027-01-01"]);
    let decided = with_2027(false, &["2027-01-01", "2027-01-04"]);
    let dossier = played_under(&guess, "5 working-day", "submit 2026-12-28T07:30, receive 08:00");
    assert_eq!(dossier.due_at.map(local), Some("2027-01-05T17:00:00".to_owned()));
    let (received, due) = (dossier.received_at.unwrap(), dossier.due_at.unwrap());
    assert!(guess.is_provisional(&dossier.agency, received, due));
    let told = dossier.term.unwrap().explained(&guess, received).unwrap();
    assert!(told.provisional);
    let days: Vec<String> = told.days.iter().map(|line| format!("{} {line}", line.date)).collect();
    assert!(days.contains(&"2026-12-31 counted 3 of 5".to_owned()), "{days:?}");
    assert!(days.contains(&"2027-01-01 holiday, by a provisional calendar".to_owned()), "{days:?}");
    assert!(
        days.contains(&"2027-01-05 counted 5 of 5, by a provisional calendar".to_owned()),
        "{days:?}"
    );
    let moved = redated(&dossier, &decided, "2026-12-30T06:30");
    assert_eq!(moved.due_at.map(local), Some("2027-01-06T17:00:00".to_owned()));
    assert!(
        !decided.is_provisional(&dossier.agency, received, moved.due_at.unwrap()),
        "and marked no longer"
    );
    // Dates within the decided years are marked by nobody.
    assert!(!guess.is_provisional(&dossier.agency, received, at("2026-12-31T17:00")));
}

/// A rule of counting that a publication corrects in its place.
#[derive(Debug, Clone, Copy)]
enum Corrected {
    Pauses,
    ClosedReceipt,
}

/// The law with the calendar of `calendar` and one rule corrected.
fn corrected(which: Corrected, calendar: &Law) -> Law {
    let read = |text| serde_json::from_str::<Value>(text).unwrap();
    let mut rules = read(include_str!("../../../../infra/data/rules.json"));
    let mut days = read(include_str!("../../../../infra/data/calendar.json"));
    match which {
        Corrected::Pauses => {
            for rule in rules["rules"].as_array_mut().unwrap() {
                rule["pauses"]["count"] = "dates".into();
            }
        }
        Corrected::ClosedReceipt => {
            for hours in days["hours"].as_array_mut().unwrap() {
                hours["closedReceipt"] = "counted-next-day".into();
            }
        }
    }
    let is_off = |off: &Value| {
        let off: Date = off.as_str().unwrap().parse().unwrap();
        !calendar.calendar().kind(off).unwrap().is_working()
    };
    days["years"]["2026"]["off"].as_array_mut().unwrap().retain(is_off);
    let days: Calendar = serde_json::from_value(days).unwrap();
    Law::assemble(days, serde_json::from_value(rules).unwrap()).unwrap()
}

/// Received on a Saturday, and paused from Tuesday evening to Wednesday morning.
const BY_BOTH_RULES: &str = "submit 2026-11-14T09:00, receive 09:10, process 09:20, \
                             suspend 2026-11-17T17:30, resume 2026-11-18T06:00";

// The notice says that the calendar changed. A corrected rule is no such change.
#[test]
fn a_corrected_rule_of_pauses_or_of_closed_hours_moves_no_date_that_was_given() {
    let before = before_the_decision();
    for which in [Corrected::Pauses, Corrected::ClosedReceipt] {
        let dossier = played_under(&before, "5 working-day", BY_BOTH_RULES);
        let law = corrected(which, &before);
        let counted_now = played_under(&law, "5 working-day", BY_BOTH_RULES).due_at;
        assert_ne!(dossier.due_at, counted_now, "{which:?}: or this would show nothing");
        let owed = duty(&dossier.history, day("2026-11-18"), &law, &dossier.agency);
        assert_eq!(owed, Ok(None), "{which:?}");
        let order = command("by-the-rule", Action::Redate);
        let asked = dossier.decide(order, &schedule(), &law, at("2026-11-19T06:30"));
        assert!(matches!(asked, Err(Refusal::Invalid(_))), "{which:?}: {asked:?}");
    }
}

#[test]
fn a_calendar_changed_along_with_a_rule_moves_the_date_by_the_calendar_alone() {
    for which in [Corrected::Pauses, Corrected::ClosedReceipt] {
        let dossier = played_under(&before_the_decision(), "6 working-day", BY_BOTH_RULES);
        let moved = redated(&dossier, &corrected(which, law()), "2026-11-19T06:30");
        let by_the_calendar = played("6 working-day", Channel::Online, BY_BOTH_RULES).due_at;
        assert_eq!((moved.due_at, moved.due_at > dossier.due_at), (by_the_calendar, true));
    }
}

// A release that counts otherwise: the date in the history is none that we would give today.
#[test]
fn a_release_of_ours_that_counts_otherwise_moves_no_date() {
    let mut state = played("5 working-day", Channel::Online, IN_PROCESS).into_state();
    let given = at("2026-11-26T17:00");
    assert!(state.due_at < Some(given));
    state.due_at = Some(given);
    for entry in state.history.iter_mut().filter(|entry| entry.due_at.is_some()) {
        entry.due_at = Some(given);
    }
    let dossier: Dossier = state.try_into().unwrap();
    assert_eq!(duty(&dossier.history, day("2026-11-19"), law(), &dossier.agency), Ok(None));
}

/// The dossier as a release stored it that did not keep what dates were counted by.
fn of_before(dossier: Dossier) -> Dossier {
    let mut state = dossier.into_state();
    for entry in &mut state.history {
        entry.counted_by = None;
    }
    state.try_into().unwrap()
}

#[test]
fn of_a_date_given_before_calendars_were_kept_only_one_on_a_day_off_is_counted_anew() {
    let on_a_day_off = of_before(played_under(&before_the_decision(), "5 working-day", IN_PROCESS));
    let agency = &on_a_day_off.agency;
    let owed = |dossier: &Dossier| duty(&dossier.history, day("2026-11-19"), law(), agency);
    assert_eq!(owed(&on_a_day_off), Ok(Some(Duty::Redate)));
    let moved = redated(&on_a_day_off, law(), "2026-11-19T06:30");
    assert_eq!(moved.due_at.map(local), Some("2026-11-25T17:00:00".to_owned()));
    let over_it = of_before(played_under(&before_the_decision(), "6 working-day", IN_PROCESS));
    assert_eq!(over_it.due_at.map(local), Some("2026-11-25T17:00:00".to_owned()));
    assert_eq!(owed(&over_it), Ok(None), "who counted otherwise, a calendar or we, is not known");
}

// Marks are stored: what is written today has to be found again by every later release.
#[test]
fn the_mark_of_a_known_year_is_what_it_was() {
    let mark = |from, to| serde_json::to_value(law().calendar().mark(day(from), day(to))).unwrap();
    assert_eq!(mark("2025-01-01", "2025-12-31"), "58c972d740a7be78");
    assert_ne!(mark("2026-11-23", "2026-11-24"), mark("2026-11-23", "2026-11-23"));
    let before = before_the_decision();
    assert_ne!(
        before.calendar().mark(day("2026-11-23"), day("2026-11-25")),
        law().calendar().mark(day("2026-11-23"), day("2026-11-25"))
    );
}

fn a_day() -> impl Strategy<Value = Date> {
    (0_i64..90).prop_map(|days| day("2026-09-01").saturating_add(days.days()))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(128) })]

    // Whatever days become days off, and whatever happened to the dossier: after one morning its
    // date is what a dossier would have that had been counted in that calendar from the beginning,
    // and no due date lies on a day off.
    #[test]
    fn after_the_morning_a_date_is_what_the_calendar_in_force_gives(
        term in select(vec!["3 working-day", "8 working-day", "12 calendar-day", "20 working-hour"]),
        rest in select(vec![
            "", "suspend 2026-09-08T08:00, resume 2026-09-10T18:00", "suspend 2026-09-08T08:00",
            "request-payment 2026-09-07T09:00, confirm-payment 2026-09-07T18:00",
            "request-supplement 2026-09-08T08:00, supplement 2026-09-09T08:00", "forward 2026-09-07T09:00",
        ]),
        off in prop::collection::vec(a_day(), 0..8),
    ) {
        let separator = if rest.is_empty() { "" } else { ", " };
        let history = format!("submit 2026-09-07T07:30, receive 08:00, process 08:10{separator}{rest}");
        let later: Vec<String> = off
            .iter()
            .filter(|off| **off > day("2026-09-10") && law().calendar().kind(**off).unwrap().is_working())
            .map(ToString::to_string)
            .collect::<std::collections::BTreeSet<_>>()
            .into_iter()
            .collect();
        let changed = law_of("2026", |year| year["off"].as_array_mut().unwrap().extend(later.into_iter().map(Value::from)));
        let before = played(term, Channel::Online, &history);
        let expected = played_under(&changed, term, &history).due_at;
        let owed = duty(&before.history, day("2026-09-10"), &changed, &before.agency).unwrap();
        let after = if owed == Some(Duty::Redate) { redated(&before, &changed, "2026-09-11T06:30") } else { before.clone() };
        prop_assert_eq!(after.due_at, expected);
        prop_assert!(changed.calendar().kind(date_of(after.due_at.unwrap())).unwrap().is_working());
        let again = duty(&after.history, day("2026-09-11"), &changed, &after.agency).unwrap();
        prop_assert_ne!(again, Some(Duty::Redate));
        prop_assert_eq!(owed == Some(Duty::Redate), before.due_at != expected);
    }
}
