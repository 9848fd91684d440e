//! Agencies that do otherwise than all: their own days off, days worked and hours; and rules of the
//! clock on the day on which they change.

use std::collections::BTreeSet;

use domain::calendar::{Calendar, date_of};
use domain::deadline::{Term, TermUnit};
use domain::dossier::{Action, Decision, Refusal};
use domain::id::AgencyCode;
use domain::law::Law;
use domain::reminder::{Duty, duty, new_due_on};
use jiff::ToSpan;
use jiff::civil::Date;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::world::{
    AGENCY, OTHER_AGENCY, at, calendar, command, day, law, local, officer, only, played_under, term,
};

fn rules() -> Value {
    serde_json::from_str(include_str!("../../../../infra/data/rules.json")).unwrap()
}

fn shipped_calendar() -> Value {
    serde_json::from_str(include_str!("../../../../infra/data/calendar.json")).unwrap()
}

/// The shipped law with these exceptions of [`AGENCY`].
fn law_with(exceptions: &[Value]) -> Law {
    let mut calendar = shipped_calendar();
    let whole = |more: &Value| {
        let mut exception = json!({"agency": AGENCY, "reason": "a test", "source": "a test"});
        exception.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        exception
    };
    calendar["exceptions"] = exceptions.iter().map(whole).collect();
    Law::assemble(
        serde_json::from_value(calendar).unwrap(),
        serde_json::from_value(rules()).unwrap(),
    )
    .unwrap()
}

/// The shipped law, and from `from` on one that differs in `field`.
fn law_changed(from: &str, field: &str, value: Value) -> Law {
    let mut rules = rules();
    let list = rules["rules"].as_array_mut().unwrap();
    let mut newer = list.last().unwrap().clone();
    newer["validFrom"] = from.into();
    newer[field] = value;
    list.push(newer);
    Law::assemble(calendar().clone(), serde_json::from_value(rules).unwrap()).unwrap()
}

fn agency() -> AgencyCode {
    AGENCY.parse().unwrap()
}

#[track_caller]
fn check(exception: Value, of: &str, received: &str, expected: &str, elsewhere: &str) {
    let law = law_with(&[exception]);
    let other: AgencyCode = OTHER_AGENCY.parse().unwrap();
    let due = |agency: &AgencyCode| {
        local(term(of).unwrap().due(law.calendar_of(agency), at(received)).unwrap())
    };
    assert_eq!(
        (due(&agency()), due(&other)),
        (expected.to_owned(), elsewhere.to_owned()),
        "{of} from {received}"
    );
}

#[test]
fn an_agency_s_own_days_and_hours_count_for_its_dossiers_alone() {
    let early = json!({"hours": [
        {"validFrom": "2018-06-21", "slots": [["07:30", "11:30"], ["13:00", "16:00"]], "handOverCutOff": "14:00"}
    ]});
    for (exception, of, received, expected, elsewhere) in [
        // Off on the eve of the holidays of Tết 2026 (Friday 13 February).
        (
            json!({"off": ["2026-02-13"]}),
            "1 working-day",
            "2026-02-12T09:00",
            "2026-02-23T17:00:00",
            "2026-02-13T17:00:00",
        ),
        // It comes on the day off itself.
        (
            json!({"off": ["2026-02-13"]}),
            "1 working-day",
            "2026-02-13T09:00",
            "2026-02-24T17:00:00",
            "2026-02-23T17:00:00",
        ),
        // It works on a day of Tết.
        (
            json!({"worked": ["2026-02-18"]}),
            "1 working-day",
            "2026-02-13T09:00",
            "2026-02-18T17:00:00",
            "2026-02-23T17:00:00",
        ),
        // A Saturday that it alone makes up.
        (
            json!({"worked": ["2026-11-21"]}),
            "2 working-day",
            "2026-11-19T09:00",
            "2026-11-21T17:00:00",
            "2026-11-23T17:00:00",
        ),
        // A made-up Saturday (22 August 2026) on which it alone is off.
        (
            json!({"off": ["2026-08-22"]}),
            "1 working-day",
            "2026-08-21T09:00",
            "2026-08-24T17:00:00",
            "2026-08-22T17:00:00",
        ),
        // A Sunday worked.
        (
            json!({"worked": ["2026-11-22"]}),
            "1 working-day",
            "2026-11-20T09:00",
            "2026-11-22T17:00:00",
            "2026-11-23T17:00:00",
        ),
        // Works on the new holiday of 24 November.
        (
            json!({"worked": ["2026-11-24"]}),
            "2 working-day",
            "2026-11-20T09:00",
            "2026-11-24T17:00:00",
            "2026-11-25T17:00:00",
        ),
        // Calendar days count all days; the last one is moved off an agency's own day off.
        (
            json!({"off": ["2026-11-27"]}),
            "7 calendar-day",
            "2026-11-20T09:00",
            "2026-11-30T17:00:00",
            "2026-11-27T17:00:00",
        ),
        // … and stays on a Saturday that the agency works.
        (
            json!({"worked": ["2026-11-28"]}),
            "8 calendar-day",
            "2026-11-20T09:00",
            "2026-11-28T17:00:00",
            "2026-11-30T17:00:00",
        ),
        // A certificate of origin in four hours where offices close at 16:00.
        (
            early.clone(),
            "4 working-hour",
            "2026-11-19T14:00",
            "2026-11-20T09:30:00",
            "2026-11-20T08:00:00",
        ),
        (
            early.clone(),
            "4 working-hour",
            "2026-11-19T11:00",
            "2026-11-20T08:00:00",
            "2026-11-19T17:00:00",
        ),
        // The hour of handing over is the agency's own.
        (
            early.clone(),
            "1 working-day",
            "2026-11-18T14:00",
            "2026-11-19T16:00:00",
            "2026-11-19T17:00:00",
        ),
        (
            early.clone(),
            "1 working-day",
            "2026-11-18T14:01",
            "2026-11-20T16:00:00",
            "2026-11-19T17:00:00",
        ),
        (early, "1 working-day", "2026-11-18T15:01", "2026-11-20T16:00:00", "2026-11-20T17:00:00"),
    ] {
        check(exception, of, received, expected, elsewhere);
    }
}

#[test]
fn two_entries_of_one_agency_add_up_in_either_order() {
    let (first, second) = (json!({"off": ["2026-11-23"]}), json!({"worked": ["2026-11-21"]}));
    let (one, other) = (law_with(&[first.clone(), second.clone()]), law_with(&[second, first]));
    let mut today = day("2026-11-01");
    while today < day("2026-12-01") {
        let kind = |law: &Law| law.calendar_of(&agency()).kind(today);
        assert_eq!(kind(&one), kind(&other), "{today}");
        today = today.saturating_add(1.day());
    }
    assert!(one.calendar_of(&agency()).kind(day("2026-11-21")).unwrap().is_working());
    assert!(!one.calendar_of(&agency()).kind(day("2026-11-23")).unwrap().is_working());
}

#[test]
fn a_dossier_is_due_by_the_calendar_of_its_agency() {
    let law = law_with(&[json!({"off": ["2026-11-20"]})]);
    let dossier = played_under(&law, "1 working-day", "submit 2026-11-19T08:00, receive 09:00");
    assert_eq!(dossier.due_at.map(local), Some("2026-11-23T17:00:00".to_owned()));
    let promise = |on: &str| {
        let mut command = command("a-letter", Action::Apologise);
        command.new_due_on = Some(day(on));
        dossier.decide(command, &officer(AGENCY), &law, at("2026-11-19T10:00"))
    };
    let refused = matches!(promise("2026-11-24"), Err(Refusal::Invalid(found)) if only(&found).rule.slug() == "working-day");
    assert!(refused, "the 24th is a holiday for it too");
    assert!(matches!(promise("2026-11-25"), Ok(Decision::Moved(_))));
}

/// A dossier in process since `received`, under the shipped law.
fn in_process(received: &str, of: &str) -> domain::dossier::Dossier {
    played_under(law(), of, &format!("submit {received}, receive {received}, process {received}"))
}

#[test]
fn how_far_a_letter_moves_the_date_is_the_rule_of_its_day() {
    let law = law_changed("2026-11-19", "extensionWorkingDays", json!(5));
    let dossier = in_process("2026-11-10T09:00", "8 working-day");
    assert_eq!(dossier.due_at.map(date_of), Some(day("2026-11-20")));
    for (on, promised) in [("2026-11-18", "2026-11-26"), ("2026-11-19", "2026-11-30")] {
        assert_eq!(
            new_due_on(&dossier.history, day(on), &law, &agency()),
            Ok(Some(day(promised))),
            "{on}"
        );
    }
}

#[test]
fn how_often_a_date_may_be_moved_is_the_rule_of_the_day() {
    let law = law_changed("2026-11-19", "extensionsMax", json!(2));
    let dossier = in_process("2026-11-10T09:00", "8 working-day");
    let again = |on: &str, now: &str, dossier: &domain::dossier::Dossier| {
        let mut command = command(&format!("letter-for-{on}"), Action::Apologise);
        command.new_due_on = Some(day(on));
        dossier.decide(command, &officer(AGENCY), &law, at(now))
    };
    let Ok(Decision::Moved(once)) = again("2026-11-25", "2026-11-18T23:58:00", &dossier) else {
        panic!("the first")
    };
    let second = |now: &str| again("2026-11-30", now, &once);
    assert!(
        matches!(second("2026-11-18T23:59:59"), Err(Refusal::Invalid(found)) if only(&found).rule.slug() == "apologies-max")
    );
    assert!(matches!(second("2026-11-19T00:00:00"), Ok(Decision::Moved(_))));
}

#[test]
fn to_whom_the_morning_writes_is_the_province_s_choice() {
    let dossier = in_process("2026-11-10T09:00", "8 working-day");
    for (letter, soon, overdue) in
        [("every-due", true, true), ("overdue-only", false, true), ("off", false, false)]
    {
        let law = law_changed("2026-11-01", "letter", json!(letter));
        let owed = |on: &str| {
            duty(&dossier.history, day(on), &law, &agency()) == Ok(Some(Duty::Apologise))
        };
        assert_eq!((owed("2026-11-19"), owed("2026-11-23")), (soon, overdue), "{letter}");
    }
}

#[test]
fn a_term_is_short_by_the_rule_of_the_day() {
    let dossier = in_process("2026-11-10T09:00", "8 working-day");
    let owed = |law: &Law| {
        ["2026-11-18", "2026-11-19", "2026-11-20"]
            .map(|on| duty(&dossier.history, day(on), law, &agency()).unwrap().is_some())
    };
    assert_eq!(owed(super::world::law()), [false, true, true]);
    assert_eq!(
        owed(&law_changed("2026-11-19", "shortTermWorkingDays", json!(9))),
        [false, false, false]
    );
}

#[test]
fn how_long_documents_may_take_is_the_rule_of_the_day_on_which_they_were_asked_for() {
    let law = law_changed("2026-10-01", "supplementCalendarDays", json!(10));
    for (asked, last) in [("2026-09-30T23:59", "2026-10-30"), ("2026-10-01T00:00", "2026-10-12")] {
        let history = format!(
            "submit 2026-09-29T08:00, receive 2026-09-29T09:00, request-supplement {asked}"
        );
        let dossier = played_under(&law, "8 working-day", &history);
        let owed = |on: Date| duty(&dossier.history, on, &law, &agency());
        let after = day(last).saturating_add(1.day());
        assert_eq!(
            (owed(day(last)), owed(after)),
            (Ok(None), Ok(Some(Duty::RefuseExpired))),
            "{asked}"
        );
    }
}

fn a_day() -> impl Strategy<Value = Date> {
    (0_i64..330).prop_map(|days| day("2026-01-05").saturating_add(days.days()))
}

fn a_term() -> impl Strategy<Value = Term> {
    let unit = prop_oneof![
        Just(TermUnit::WorkingDay),
        Just(TermUnit::CalendarDay),
        Just(TermUnit::WorkingHour)
    ];
    (1_u16..20, unit).prop_map(|(amount, unit)| Term::new(amount, unit).unwrap())
}

/// The working days among `days` that all offices work, each once.
fn working(days: &[Date]) -> BTreeSet<String> {
    days.iter()
        .filter(|day| calendar().kind(**day).unwrap().is_working())
        .map(ToString::to_string)
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn a_change_of_the_calendar_after_the_due_date_does_not_move_it(
        received in a_day(), term in a_term(), hour in 0_i8..24, changed in prop::collection::vec(a_day(), 1..8)
    ) {
        let received = at(&format!("{received}T{hour:02}:30"));
        let Ok(due) = term.due(calendar(), received) else { return Ok(()) };
        let later: Vec<Date> = changed.into_iter().filter(|changed| *changed > date_of(due)).collect();
        let law = law_with(&[json!({"off": working(&later)})]);
        prop_assert_eq!(term.due(law.calendar_of(&agency()), received), Ok(due));
    }

    #[test]
    fn a_further_day_off_never_makes_a_dossier_due_earlier(
        received in a_day(), term in a_term(), hour in 0_i8..24, off in a_day()
    ) {
        let received = at(&format!("{received}T{hour:02}:30"));
        let law = law_with(&[json!({"off": working(&[off])})]);
        if let (Ok(before), Ok(after)) = (term.due(calendar(), received), term.due(law.calendar_of(&agency()), received)) {
            prop_assert!(after >= before);
        }
    }

    #[test]
    fn versions_of_the_calendar_commute(
        first in prop::collection::vec(a_day(), 0..6), second in prop::collection::vec(a_day(), 0..6),
        received in a_day(), term in a_term()
    ) {
        let (first, second) = (json!({"off": working(&first)}), json!({"off": working(&second)}));
        let (one, other) = (law_with(&[first.clone(), second.clone()]), law_with(&[second, first]));
        let received = at(&format!("{received}T09:00"));
        let due = |law: &Law| term.due(law.calendar_of(&agency()), received);
        prop_assert_eq!(due(&one), due(&other));
        // Who has no exceptions does not notice those of others.
        prop_assert_eq!(term.due(one.calendar_of(&OTHER_AGENCY.parse().unwrap()), received), term.due(calendar(), received));
    }

    #[test]
    fn years_can_be_entered_in_any_order(received in a_day(), term in a_term()) {
        let years: Value = shipped_calendar();
        let only = |keep: &dyn Fn(&str) -> bool| -> Calendar {
            let mut part = years.clone();
            part["years"].as_object_mut().unwrap().retain(|year, _| keep(year));
            serde_json::from_value(part).unwrap()
        };
        let (early, late) = (only(&|year| year < "2026"), only(&|year| year >= "2026"));
        let received = at(&format!("{received}T09:00"));
        let one = early.clone().completed_by(late.clone());
        prop_assert_eq!(term.due(&one, received), term.due(&late.completed_by(early), received));
    }
}
