//! The national indices: points of what was measured, and files that contradict themselves.

use domain::index::{
    Index, IndexFile, Indexes, Measure, Measures, Missing, Origin, Scope, ScoredIndex, score,
};
use domain::kpi::report::EndedAgencies;
use domain::kpi::{KpiCell, KpiRow, KpiRows};
use domain::period::Period;
use domain::procedure::Channel;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::world::{catalogue, day};

fn shipped() -> Value {
    serde_json::from_str(include_str!("../../../../infra/data/index.json")).unwrap()
}

fn indexes(file: Value) -> Indexes {
    let file: IndexFile = serde_json::from_value(file).unwrap();
    Indexes::assemble(file).unwrap()
}

fn november() -> Period {
    "2026-11".parse().unwrap()
}

/// The shipped indices with these declarations for the province's November.
fn declaring(declared: &[(&str, u64, u64)]) -> Indexes {
    let mut file = shipped();
    let entries = declared.iter().map(|(input, part, whole)| {
        json!({"period": "2026-11", "agency": null, "input": input, "part": part, "whole": whole, "source": "a test"})
    });
    file["declared"] = entries.collect();
    indexes(file)
}

fn the<'a>(indexes: &'a Indexes, code: &str) -> &'a Index {
    indexes.on(day("2026-11-30")).find(|index| index.code == code).unwrap()
}

/// Everything measured, a hundred of a hundred, save what is said.
fn measured(but: &[(Measure, u64)]) -> Measures {
    let full = Measure::ALL.iter().map(|measure| (*measure, 100));
    let none_behind = [(Measure::OnlineBehind, 0)];
    full.chain(none_behind).chain(but.iter().copied()).collect()
}

/// Points of a criterion, in hundredths.
fn points(scored: &ScoredIndex<'_>, code: &str) -> Option<u64> {
    let mut criteria = scored.groups.iter().flat_map(|group| &group.criteria);
    criteria.find(|found| found.criterion.code == code).unwrap().score
}

fn of_766(criterion: &str, but: &[(Measure, u64)], declared: &[(&str, u64, u64)]) -> Option<u64> {
    let indexes = declaring(declared);
    points(&score(the(&indexes, "QD-766"), &measured(but), &indexes, &november(), None), criterion)
}

fn of_circular(
    criterion: &str,
    but: &[(Measure, u64)],
    declared: &[(&str, u64, u64)],
) -> Option<u64> {
    let indexes = declaring(declared);
    points(
        &score(the(&indexes, "TT-01-2018"), &measured(but), &indexes, &november(), None),
        criterion,
    )
}

// §3.5: the groups of QĐ 766 and their weights.
#[test]
fn our_own_books_say_a_share_only_where_there_is_something_to_share() {
    type Told = fn(Measures, u64, u64) -> Measures;
    let told: [(&str, Told); 3] = [
        (domain::index::SYNCHRONISED, Measures::with_synchronised),
        (domain::index::FEEDBACK, Measures::with_feedback),
        (domain::index::SATISFIED, Measures::with_satisfied),
    ];
    for (input, with) in told {
        assert_eq!(with(measured(&[]), 3, 4).ledger(input), Some((3, 4)), "{input}");
        assert_eq!(with(measured(&[]), 0, 0).ledger(input), None, "{input}");
    }
}

#[test]
fn a_period_of_which_no_day_was_counted_knows_what_the_register_says_and_no_figure() {
    let scope = Scope { agency: None, ended: EndedAgencies::AsCounted };
    let known = Measures::not_counted(scope, catalogue().register(), day("2026-11-30"));
    assert!(!known.are_counted());
    assert!(known.get(Measure::Procedures).is_some());
    assert_eq!(known.get(Measure::ProceduresOnlineUsed), None);
    assert_eq!(known.get(Measure::Received), None);
}

#[test]
fn the_groups_weigh_what_the_decision_says_and_hundred_together() {
    let indexes = indexes(shipped());
    let index = the(&indexes, "QD-766");
    let weights: Vec<(&str, u64)> =
        index.groups.iter().map(|group| (group.code.as_str(), group.hundredths)).collect();
    let expected = [
        ("CKMB", 1800),
        ("TDGQ", 2000),
        ("TTTT", 1200),
        ("CLGQ", 1000),
        ("MDHL", 1800),
        ("MDSH", 2200),
    ];
    assert_eq!(weights, expected);
    assert_eq!(weights.iter().map(|(_, weight)| weight).sum::<u64>(), 10_000);
    let before: Vec<&str> =
        indexes.on(day("2022-06-22")).map(|index| index.code.as_str()).collect();
    assert_eq!(before, ["TT-01-2018"], "the decision was not there yet");
    assert_eq!(indexes.on(day("2018-06-20")).count(), 0);
}

#[test]
fn below_a_threshold_points_are_proportional_and_from_it_on_full() {
    for (online, expected) in
        [(0, 0), (1, 12), (25, 300), (49, 588), (50, 600), (51, 600), (100, 600)]
    {
        assert_eq!(
            of_766("TTTT.3", &[(Measure::ReceivedOnline, online)], &[]),
            Some(expected),
            "{online} of 100"
        );
    }
    // Hundredths are rounded half up: a third of 30 % of 6 points.
    for (paid, whole, expected) in
        [(1, 9, 222), (1, 7, 286), (3, 10, 600), (29_999, 100_000, 600), (29, 100, 580)]
    {
        let but = [(Measure::PaidOnline, paid), (Measure::Paid, whole)];
        assert_eq!(of_766("CLGQ.3", &but, &[]), Some(expected), "{paid} of {whole}");
    }
}

// More may be in time than was received, since some was carried over.
#[test]
fn no_criterion_gives_more_than_its_maximum() {
    assert_eq!(of_766("TDGQ.1", &[(Measure::InTime, 250)], &[]), Some(2000));
}

// §3.4: at 90 % of the feedback there is one point, at all of it there are two.
#[test]
fn steps_are_climbed_exactly_at_their_edges() {
    for (handled, expected) in [(0, 0), (89, 0), (90, 100), (99, 100), (100, 200)] {
        let declared = [("feedback-handled", handled, 100)];
        assert_eq!(of_circular("TT01.8", &[], &declared), Some(expected), "{handled} of 100");
    }
    assert_eq!(of_circular("TT01.8", &[], &[("feedback-handled", 89_999, 100_000)]), Some(0));
}

#[test]
fn on_line_work_has_two_points_only_where_all_of_it_holds() {
    for (procedures, dossiers, behind, expected) in [
        (20, 30, 0, 200),
        (19, 30, 0, 100),
        (20, 29, 0, 100),
        (20, 30, 1, 100),
        (20, 15, 0, 100),
        (20, 14, 0, 0),
    ] {
        let but = [
            (Measure::ProceduresOnline, procedures),
            (Measure::ReceivedOnline, dossiers),
            (Measure::OnlineBehind, behind),
        ];
        assert_eq!(
            of_circular("TT01.9", &but, &[]),
            Some(expected),
            "{procedures}, {dossiers}, {behind}"
        );
    }
}

// Two points a dossier for earlier than the law wants, one for in time, none for late; one decimal.
#[test]
fn the_time_taken_is_an_average_of_dossiers_with_one_decimal() {
    for (early, on_time, resolved, expected) in [
        (10, 0, 10, 200),
        (0, 10, 10, 100),
        (0, 0, 10, 0),
        (1, 1, 3, 100),
        (5, 3, 9, 140),
        (5, 4, 9, 160),
        (1, 0, 8, 30),
    ] {
        let but =
            [(Measure::Early, early), (Measure::OnTime, on_time), (Measure::Resolved, resolved)];
        assert_eq!(
            of_circular("TT01.1", &but, &[]),
            Some(expected),
            "{early} + {on_time} of {resolved}"
        );
    }
    assert_eq!(of_circular("TT01.3", &[], &[("contact-points", 151, 100)]), Some(150));
}

#[test]
fn what_nobody_gives_is_named_and_is_not_zero() {
    let indexes = declaring(&[("satisfied", 0, 100)]);
    let scored = score(
        the(&indexes, "QD-766"),
        &measured(&[(Measure::Paid, 0)]),
        &indexes,
        &november(),
        None,
    );
    assert_eq!(points(&scored, "MDHL.2"), Some(0), "nobody is satisfied");
    assert_eq!(points(&scored, "MDHL.1"), None, "nobody has said how much feedback was handled");
    assert_eq!(
        points(&scored, "CLGQ.3"),
        None,
        "nothing was paid, so no share of it was paid on-line"
    );
    let missing: Vec<(&str, &Missing)> =
        scored.missing().map(|(criterion, missing)| (criterion.code.as_str(), missing)).collect();
    assert!(missing.contains(&("MDHL.1", &Missing::NotDeclared("feedback-handled".to_owned()))));
    assert!(missing.contains(&("CLGQ.3", &Missing::NothingToMeasure(Measure::Paid))));
    let scorable = 2000 + 1200 + 200 + 1200 + 400;
    assert_eq!((scored.score, scored.scorable), (scorable - 1200, scorable));
    assert_eq!((scored.grade(), scored.grade_at_least()), (None, "Yếu"));
}

#[test]
fn a_whole_index_has_a_grade_at_the_edge_of_which_it_changes() {
    let all: Vec<(&str, u64, u64)> = [
        "procedures-published-in-time",
        "procedures-published-in-full",
        "dossiers-synchronised",
        "procedures-payable-online",
        "feedback-handled",
        "satisfied",
        "results-electronic",
        "data-reused",
        "digitisation-other",
    ]
    .map(|input| (input, 100, 100))
    .to_vec();
    // Ten points lie in each tenth of the other matters of digitisation.
    for (other, grade, points) in [(100, "Xuất sắc", 10_000), (0, "Xuất sắc", 9_000)] {
        let mut declared = all.clone();
        declared.retain(|(input, ..)| *input != "digitisation-other");
        declared.push(("digitisation-other", other, 100));
        let indexes = declaring(&declared);
        let scored = score(the(&indexes, "QD-766"), &measured(&[]), &indexes, &november(), None);
        assert_eq!((scored.score, scored.grade()), (points, Some(grade)));
        let late = measured(&[(Measure::InTime, 99)]);
        let less = score(the(&indexes, "QD-766"), &late, &indexes, &november(), None);
        assert_eq!(less.score, points - 20);
        assert_eq!(less.grade(), Some(if points == 9_000 { "Tốt" } else { grade }));
    }
}

#[test]
fn a_declaration_speaks_of_its_own_time_and_agency_alone() {
    let mut file = shipped();
    let entry = |period: &str, agency: Value, part: u64| json!({"period": period, "agency": agency, "input": "satisfied", "part": part, "whole": 100, "source": "a test"});
    file["declared"] =
        json!([entry("2026-11", Value::Null, 10), entry("2026-11", json!("H20.09"), 20)]);
    let indexes = indexes(file);
    let agency = "H20.09".parse().unwrap();
    let found = |period: &str, agency| {
        indexes
            .declared(&period.parse().unwrap(), agency, "satisfied")
            .map(|declared| declared.part)
    };
    assert_eq!(found("2026-11", None), Some(10));
    assert_eq!(found("2026-11", Some(&agency)), Some(20));
    assert_eq!(found("2026-11-01..2026-11-30", None), Some(10), "the same time by another name");
    for other in ["2026-10", "2026-Q4", "2026"] {
        assert_eq!(found(other, None), None, "{other}");
    }
    assert_eq!(found("2026-11", Some(&"H20.03".parse().unwrap())), None);
}

#[test]
fn every_score_shows_what_it_was_made_of_and_where_that_came_from() {
    let indexes = declaring(&[("satisfied", 90, 120)]);
    let scored = score(the(&indexes, "QD-766"), &measured(&[]), &indexes, &november(), None);
    let inputs = |code: &str| {
        let mut criteria = scored.groups.iter().flat_map(|group| &group.criteria);
        let found = criteria.find(|found| found.criterion.code == code).unwrap();
        found
            .inputs
            .iter()
            .map(|input| (input.name.as_str(), input.value, input.of, &input.origin))
            .collect::<Vec<_>>()
    };
    let declared = Origin::Declared("a test".to_owned());
    assert_eq!(inputs("MDHL.2"), [("satisfied", 90, Some(120), &declared)]);
    assert_eq!(
        inputs("TDGQ.1"),
        [("in-time", 100, None, &Origin::Figures), ("received", 100, None, &Origin::Figures)]
    );
    assert_eq!(inputs("TTTT.1")[0], ("procedures-online", 100, None, &Origin::Catalogue));
    // What our own books say goes before what was declared.
    let answered = measured(&[]).with_satisfied(3, 4);
    let scored = score(the(&indexes, "QD-766"), &answered, &indexes, &november(), None);
    let mut criteria = scored.groups.iter().flat_map(|group| &group.criteria);
    let found = criteria.find(|found| found.criterion.code == "MDHL.2").unwrap();
    assert_eq!(
        (found.inputs[0].value, found.inputs[0].of, &found.inputs[0].origin),
        (3, Some(4), &Origin::Survey)
    );
}

#[test]
fn measures_come_of_the_figures_and_of_the_catalogue() {
    let work = |agency: &str, procedure: &str, channel| KpiCell::Work {
        agency: agency.parse().unwrap(),
        procedure: procedure.parse().unwrap(),
        channel,
    };
    let online = KpiRow {
        received: 10,
        digitised: 7,
        resolved: 6,
        results_electronic: 4,
        early: 2,
        on_time: 3,
        late: 1,
        in_process: 4,
        overdue: 1,
        paid: 5,
        paid_online: 4,
        withdrawn: 1,
        carried_over: 1,
        ..KpiRow::default()
    };
    let counter = KpiRow { received: 30, resolved: 30, late: 30, ..KpiRow::default() };
    let rows = KpiRows::from([
        (work("H20.101", "1.001193", Channel::Online), online),
        (work("H20.03", "1.000382", Channel::Counter), counter),
    ]);
    let of = |agency: Option<&str>| {
        let agency = agency.map(|code| code.parse().unwrap());
        Measures::of(
            &rows,
            Scope { agency: agency.as_ref(), ended: EndedAgencies::AsCounted },
            catalogue().register(),
            day("2026-11-30"),
        )
    };
    let province = of(None);
    for (measure, expected) in [
        (Measure::Received, 40),
        (Measure::ReceivedOnline, 10),
        (Measure::Digitised, 7),
        (Measure::ToSettle, 41),
        (Measure::InTime, 3 + 2 + 3 + 1),
        (Measure::Late, 31),
        (Measure::Resolved, 36),
        (Measure::ResultsElectronic, 4),
        (Measure::OnlineBehind, 2),
        (Measure::Paid, 5),
        (Measure::PaidOnline, 4),
        (Measure::ProceduresOnlineUsed, 1),
    ] {
        assert_eq!(province.get(measure), Some(expected), "{}", measure.name());
    }
    let (all, commune) =
        (province.get(Measure::Procedures), of(Some("H20.101")).get(Measure::Procedures));
    assert!(commune > Some(0) && commune < all, "{commune:?} of {all:?}");
    assert_eq!(of(Some("H20.101")).get(Measure::Received), Some(10));
    assert_eq!(
        of(Some("H20.03")).get(Measure::Procedures),
        None,
        "which ones a department has, nobody says"
    );
}

#[test]
fn electronic_results_are_declared_until_december_2026_and_measured_from_then_on() {
    let counted = KpiRow { resolved: 8, on_time: 8, results_electronic: 6, ..KpiRow::default() };
    let rows = KpiRows::from([
        (KpiCell::Province, counted),
        (
            KpiCell::Work {
                agency: "H20.03".parse().unwrap(),
                procedure: "1.000382".parse().unwrap(),
                channel: Channel::Online,
            },
            counted,
        ),
    ]);
    let scope = Scope { agency: None, ended: EndedAgencies::AsCounted };
    for (last, period, points) in
        [("2026-11-30", "2026-11", None), ("2026-12-31", "2026-12", Some(450))]
    {
        let indexes = catalogue().indexes();
        let measures = Measures::of(&rows, scope, catalogue().register(), day(last));
        let index = indexes.on(day(last)).find(|index| index.code == "QD-766").unwrap();
        let scored = score(index, &measures, indexes, &period.parse().unwrap(), None);
        let digitisation = scored.groups.iter().find(|group| group.group.code == "MDSH").unwrap();
        let of_results = &digitisation.criteria[0];
        assert_eq!((of_results.criterion.code.as_str(), of_results.score), ("MDSH.1", points));
    }
}

#[test]
fn a_file_that_contradicts_itself_is_refused_with_the_rule() {
    let formula = |place: &str| format!("{place}/formula");
    let (progress, feedback) = ("/indexes/0/groups/1/criteria/0", "/indexes/1/groups/7/criteria/0");
    let declared = json!({"period": "2026-11", "input": "satisfied", "part": 95, "whole": 100, "source": "a test"});
    let declaring = |name: &str, value: Value| {
        let mut entry = declared.clone();
        entry[name] = value;
        json!([entry])
    };
    for (place, value, rule) in [
        ("/indexes/0/hundredths".to_owned(), json!(9_999), "weights"),
        ("/indexes/0/groups/0/hundredths".to_owned(), json!(1_900), "weights"),
        (format!("{progress}/hundredths"), json!(1_999), "weights"),
        ("/indexes/0/groups/1/code".to_owned(), json!("CKMB"), "unique-code"),
        (format!("{progress}/code"), json!("CKMB.1"), "unique-code"),
        (format!("{}/proportional/fullAt", formula(progress)), json!(0), "thresholds"),
        (format!("{}/proportional/fullAt", formula(progress)), json!(10_001), "thresholds"),
        (
            format!("{}/steps/rungs/1/when/0/at-least/share", formula(feedback)),
            json!(10_000),
            "thresholds",
        ),
        (format!("{}/steps/rungs/1/hundredths", formula(feedback)), json!(200), "thresholds"),
        (format!("{}/steps/rungs/0/hundredths", formula(feedback)), json!(150), "thresholds"),
        (format!("{}/steps/rungs/0/when", formula(feedback)), json!([]), "thresholds"),
        (
            "/indexes/1/groups/0/criteria/0/formula/average/of/0/hundredths".to_owned(),
            json!(300),
            "thresholds",
        ),
        ("/indexes/0/grades/1/from".to_owned(), json!(9_500), "grades"),
        ("/indexes/0/grades/4/from".to_owned(), json!(1), "grades"),
        ("/indexes/0/grades".to_owned(), json!([]), "grades"),
        ("/indexes/0/roundTo".to_owned(), json!(0), "round-to"),
        ("/indexes/0/source".to_owned(), json!(" "), "source"),
        ("/declared".to_owned(), json!([declared, declared]), "unique-declaration"),
        ("/declared".to_owned(), declaring("input", json!("weather")), "known-input"),
        ("/declared".to_owned(), declaring("part", json!(101)), "range"),
        ("/declared".to_owned(), declaring("whole", json!(0)), "range"),
        ("/declared".to_owned(), declaring("source", json!("")), "source"),
    ] {
        let mut spoilt = shipped();
        *spoilt.pointer_mut(&place).unwrap() = value;
        let found =
            Indexes::assemble(serde_json::from_value(spoilt).unwrap()).err().unwrap_or_default();
        assert!(
            found.iter().any(|violation| violation.rule.slug() == rule),
            "{place}: {rule} not among {found:?}"
        );
    }
    let mut twice = shipped();
    let again = twice["indexes"][0].clone();
    twice["indexes"].as_array_mut().unwrap().push(again);
    let found = Indexes::assemble(serde_json::from_value(twice).unwrap()).err().unwrap_or_default();
    assert_eq!(
        found.iter().map(|violation| violation.rule.slug()).collect::<Vec<_>>(),
        ["unique-start"]
    );
}

proptest! {
    #[test]
    fn more_in_time_never_costs_a_point_and_nothing_leaves_its_bounds(
        counts in proptest::collection::vec(0_u64..=1_000_000, Measure::ALL.len()),
        more in 0_u64..1_000,
        part in 0_u64..=1_000,
    ) {
        let indexes = declaring(&[("satisfied", part, 1_000), ("feedback-handled", part, 1_000)]);
        let known: Vec<(Measure, u64)> = Measure::ALL.iter().copied().zip(counts).collect();
        let raised = |sought: Measure| -> Measures {
            known.iter().map(|(measure, count)| (*measure, count + if *measure == sought { more } else { 0 })).collect()
        };
        for code in ["QD-766", "TT-01-2018"] {
            let of = |measures: &Measures| {
                let scored = score(the(&indexes, code), measures, &indexes, &november(), None);
                (scored.score, scored.scorable, scored.groups.iter().map(|group| group.score).sum::<u64>())
            };
            let before = of(&known.iter().copied().collect());
            prop_assert!(before.0 <= before.1 && before.0 == before.2);
            for sought in [Measure::InTime, Measure::ReceivedOnline, Measure::PaidOnline, Measure::Digitised, Measure::Early] {
                let after = of(&raised(sought));
                prop_assert!(after.0 >= before.0 && after.1 == before.1, "{code}: {}", sought.name());
            }
            let index = the(&indexes, code);
            let scored = score(index, &raised(Measure::Late), &indexes, &november(), None);
            for criterion in scored.groups.iter().flat_map(|group| &group.criteria) {
                prop_assert!(criterion.score.is_none_or(|score| score <= criterion.criterion.hundredths));
                prop_assert_eq!(criterion.score.is_none(), !criterion.missing.is_empty());
                prop_assert!(criterion.score.is_none_or(|score| score % index.round_to == 0));
            }
        }
    }
}

#[test]
fn a_procedure_without_a_fee_counts_neither_as_having_one_nor_as_paid_on_line() {
    let (scope, last) =
        (Scope { agency: None, ended: EndedAgencies::AsCounted }, day("2026-11-30"));
    let register = catalogue().register();
    let free_or_not = |fee: bool| {
        let mut codes: Vec<_> = register.procedures().map(|procedure| &procedure.code).collect();
        codes.dedup();
        codes.retain(|code| {
            register.procedure(code, last).is_some_and(|found| (found.fee_vnd > 0) == fee)
        });
        codes
    };
    let (with_fee, free) = (free_or_not(true), free_or_not(false));
    assert!(with_fee.len() > 1 && free.len() > 1, "the shipped catalogue has both");
    // A fee that a catalogue of before had may be paid of one that costs nothing now.
    let rows: KpiRows = [with_fee[0], free[0]]
        .map(|procedure| {
            let (agency, channel) = ("H20.03".parse().unwrap(), Channel::Online);
            let cell = KpiCell::Work { agency, procedure: procedure.clone(), channel };
            (cell, KpiRow { paid: 1, paid_online: 1, ..KpiRow::default() })
        })
        .into();
    let measures = Measures::of(&rows, scope, register, last);
    let count = u64::try_from(with_fee.len()).unwrap();
    assert_eq!(measures.get(Measure::ProceduresWithFee), Some(count));
    assert_eq!(measures.get(Measure::ProceduresPaidOnline), Some(1));
}
