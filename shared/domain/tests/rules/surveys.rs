//! The question after a result: from when and until when, and which counts are shown.

use std::collections::BTreeSet;

use domain::dossier::{Action, DossierStatus};
use domain::id::QuestionCode;
use domain::satisfaction::{Satisfaction, Tally};
use domain::survey::{Returned, hidden_lines};
use domain::thread::{Content, NoticeThread};
use serde_json::{Value, json};

use super::world::{after, at, catalogue, catalogue_with, in_status};

fn hidden(counts: &[u64]) -> Vec<usize> {
    hidden_lines(counts, 5).into_iter().collect()
}

#[test]
fn no_count_below_the_least_is_shown_nor_found_by_subtraction() {
    assert_eq!(hidden(&[]), [0; 0]);
    assert_eq!(hidden(&[0, 7, 9]), [0; 0], "nothing is nobody's answer");
    assert_eq!(hidden(&[5, 6]), [0; 0]);
    assert_eq!(hidden(&[3, 9, 6]), [0, 2], "three would be what is left of the whole");
    assert_eq!(hidden(&[3, 4, 9]), [0, 1], "seven are left, and nobody tells whose");
    assert_eq!(hidden(&[1, 0, 1]), [0, 2]);
}

#[test]
fn what_is_left_of_the_whole_is_never_fewer_than_the_least() {
    for seed in 0..5_000_u64 {
        let counts: Vec<u64> = (0..6).map(|place| (seed / 3_u64.pow(place) * 7) % 11).collect();
        let hidden: BTreeSet<usize> = hidden_lines(&counts, 5);
        let sum: u64 = hidden.iter().map(|place| counts[*place]).sum();
        let shown = (0..6).filter(|place| !hidden.contains(place) && counts[*place] > 0).count();
        assert!(sum == 0 || sum >= 5 || shown == 0, "{counts:?}: {hidden:?}");
        for (place, count) in counts.iter().enumerate() {
            assert!(*count == 0 || *count >= 5 || hidden.contains(&place), "{counts:?}");
        }
    }
}

#[test]
fn a_level_has_one_digit_and_neither_side_is_not_satisfied() {
    let read = |digit| Satisfaction::of_digit(digit).map(Satisfaction::name);
    assert_eq!(read("1"), Some("very-unsatisfied"));
    assert_eq!(read("5"), Some("very-satisfied"));
    for none in ["", "0", "6", "05", "+5", "-1", "x", "５"] {
        assert_eq!(read(none), None, "{none}");
    }
    let mut tally = Tally::default();
    for (level, count) in Satisfaction::ALL.into_iter().zip([1, 3, 5, 7, 11]) {
        assert_eq!(Satisfaction::named(level.name()), Some(level));
        tally.add(level, count);
    }
    assert_eq!((tally.all(), tally.satisfied()), (27, 18));
}

#[test]
fn two_tallies_joined_have_what_either_has_of_each_level() {
    let of = |counts: [u64; 5]| {
        let mut tally = Tally::default();
        for (level, count) in Satisfaction::ALL.into_iter().zip(counts) {
            tally.add(level, count);
        }
        tally
    };
    let mut joined = of([1, 2, 3, 4, 5]);
    joined.join(&of([60, 50, 40, 30, 20]));
    assert_eq!(joined, of([61, 52, 43, 34, 25]));
    assert_eq!(Satisfaction::ALL.map(|level| joined.of(level)), [61, 52, 43, 34, 25]);
}

#[test]
fn only_a_result_that_was_handed_over_is_answered_to_in_its_time() {
    let finished = in_status(DossierStatus::Finished);
    let of = |dossier: &domain::dossier::Dossier| Returned::of(dossier.status, &dossier.history);
    assert_eq!(of(&finished), None);
    let given = after(&finished, Action::ReturnResult, at("2026-04-01T08:00"));
    let returned = of(&given).unwrap();
    let open = |now| catalogue().survey().open(Some(returned), at(now));
    assert!(open("2026-04-15T23:59").is_ok());
    assert_eq!(open("2026-04-16T00:00").unwrap_err().rule.slug(), "answers-until");
    let none = catalogue().survey().open(None, at("2026-04-01T08:00"));
    assert_eq!(none.unwrap_err().rule.slug(), "after-result");
}

#[test]
fn before_the_first_rule_nobody_is_asked_and_no_answer_counts() {
    let first = catalogue().survey();
    assert!(first.on("2025-12-31".parse().unwrap()).is_none());
    assert!(first.on("2026-01-01".parse().unwrap()).is_some());
}

#[test]
fn a_rule_out_of_its_ranges_is_refused_with_each_reason() {
    let mut file: Value =
        serde_json::from_str(include_str!("../../../../infra/data/notices.json")).unwrap();
    let mut bad = file["survey"][0].clone();
    for (field, value) in
        [("afterHours", 721), ("answersDays", 0), ("budgetPercent", 101), ("shownFrom", 0)]
    {
        bad[field] = json!(value);
    }
    bad["source"] = " ".into();
    file["survey"].as_array_mut().unwrap().push(bad);
    let file = serde_json::from_value(file).unwrap();
    let refused = catalogue_with(|files| files.notices = file).unwrap_err();
    let fields: BTreeSet<String> = refused.iter().map(|broken| broken.field.clone()).collect();
    for field in ["afterHours", "answersDays", "budgetPercent", "shownFrom", "source", "validFrom"]
    {
        assert!(fields.contains(&format!("survey[1].{field}")), "{field}: {fields:?}");
    }
}

#[test]
fn the_thread_of_a_question_waits_its_hours_is_read_as_it_was_and_is_nothing_of_the_dossiers() {
    let finished = in_status(DossierStatus::Finished);
    let given = after(&finished, Action::ReturnResult, at("2026-04-01T08:00"));
    let returned = Returned::of(given.status, &given.history).unwrap();
    let rule = catalogue().survey().on(returned.day()).unwrap();
    let (now, ask_from) = (at("2026-04-01T08:01"), rule.ask_from(&returned));
    assert_eq!(ask_from, at("2026-04-02T08:00"));
    let code = QuestionCode(given.code.clone());
    let mut thread = NoticeThread::asking(code, given.agency.clone(), &returned, (now, ask_from));
    thread.advance();
    assert_eq!((thread.due(at("2026-04-02T07:59")), thread.wake_at()), (None, Some(ask_from)));
    assert_eq!(thread.due(ask_from).map(|notice| &notice.content), Some(&Content::Question));
    let stored = serde_json::to_value(&thread).unwrap();
    assert_eq!(serde_json::from_value::<NoticeThread>(stored.clone()).unwrap(), thread);
    let mut of_the_dossier = stored;
    of_the_dossier["code"] = json!(given.code.to_string());
    assert!(serde_json::from_value::<NoticeThread>(of_the_dossier).is_err());
    // Nothing of the dossier's history is ever added to it.
    let policy = catalogue().notice_policy(returned.day());
    assert!(!thread.settle(&policy, at("2026-04-02T07:59")));
}

#[test]
fn the_budget_is_short_for_questions_from_its_share_on_and_for_notices_not_yet() {
    let day = "2026-11-17".parse().unwrap();
    let (policy, rule) = (catalogue().notice_policy(day), catalogue().survey().on(day).unwrap());
    assert!(!policy.budget_is_short(rule, 35_999_999));
    assert!(policy.budget_is_short(rule, 36_000_000));
    assert!(!policy.budget_is_spent(36_000_000));
}
