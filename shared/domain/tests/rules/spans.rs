//! Weeks, months and whatever is longer than a day: each dossier once, by its last end.

use std::collections::BTreeMap;

use domain::calendar::{date_of, previous};
use domain::dossier::{Action, DossierStatus};
use domain::kpi::report::{Dimension, Selection, joined, report};
use domain::kpi::{
    DossierFacts, DueBasis, FigureKind, KpiCell, KpiRow, KpiRows, Rulings, broken_identities,
};
use domain::period::Period;
use domain::procedure::Channel;
use jiff::ToSpan;
use jiff::civil::Date;
use proptest::prelude::*;
use proptest::sample::Index;

use super::kpi::{facts, tally};
use super::properties::{cases, days_of, dossiers};
use super::world::{catalogue, day, law, played};

/// The rows of a time, put together from its days as the read side does.
fn rows_of(dossiers: &[DossierFacts], first: Date, last: Date, basis: DueBasis) -> KpiRows {
    let days = first.series(1.day()).take_while(|day| *day <= last);
    let rows = joined(
        first,
        &tally(dossiers, first, basis),
        days.map(|day| tally(dossiers, day, basis)),
        &tally(dossiers, last, basis),
    );
    assert_eq!(broken_identities(&rows), Vec::<String>::new(), "{first} to {last}");
    rows
}

/// The province's figures that are not zero, of a dossier that was handed in on Monday 2 March 2026
/// for five working days: due on the 9th.
#[track_caller]
fn check(history: &str, (first, last): (&str, &str), expected: &[(&str, u64)]) {
    let history = format!("submit 2026-03-02T07:30, receive 08:00, {history}");
    let dossier = facts(&played("5 working-day", Channel::Online, &history));
    let rows = rows_of(&[dossier], day(first), day(last), DueBasis::Original);
    assert!(!rows.keys().any(|cell| matches!(cell, KpiCell::TakenBack { .. })), "{rows:?}");
    let row = rows.get(&KpiCell::Province).copied().unwrap_or_default();
    let wanted = [
        "carried_over",
        "reopened",
        "sent_back",
        "resolved",
        "early",
        "on_time",
        "late",
        "in_process",
    ];
    let told =
        row.figures().into_iter().filter(|(name, _, count)| wanted.contains(name) && *count > 0);
    let told: Vec<(&str, u64)> = told.map(|(name, _, count)| (name, count)).collect();
    assert_eq!(told, expected, "{history} from {first} to {last}");
}

const SENT_BACK: &str =
    "finish 2026-03-09T09:00, send-back 2026-03-12T09:00, finish 2026-03-30T09:00";

#[test]
fn a_result_that_was_sent_back_counts_once_in_its_month_by_its_last_end() {
    check(
        SENT_BACK,
        ("2026-03-01", "2026-03-31"),
        &[("sent_back", 1), ("resolved", 1), ("late", 1)],
    );
}

#[test]
fn days_stay_as_they_were_published() {
    check(
        SENT_BACK,
        ("2026-03-09", "2026-03-09"),
        &[("carried_over", 1), ("resolved", 1), ("on_time", 1)],
    );
    check(
        SENT_BACK,
        ("2026-03-12", "2026-03-12"),
        &[("reopened", 1), ("sent_back", 1), ("in_process", 1)],
    );
    check(
        SENT_BACK,
        ("2026-03-30", "2026-03-30"),
        &[("carried_over", 1), ("resolved", 1), ("late", 1)],
    );
}

#[test]
fn an_end_before_the_time_belongs_to_the_time_before() {
    // The week of the first end has it, and keeps it; what comes later is that of the weeks after.
    check(SENT_BACK, ("2026-03-02", "2026-03-09"), &[("resolved", 1), ("on_time", 1)]);
    check(
        SENT_BACK,
        ("2026-03-10", "2026-03-20"),
        &[("reopened", 1), ("sent_back", 1), ("in_process", 1)],
    );
    check(
        SENT_BACK,
        ("2026-03-10", "2026-03-31"),
        &[("reopened", 1), ("sent_back", 1), ("resolved", 1), ("late", 1)],
    );
    check(
        SENT_BACK,
        ("2026-03-13", "2026-03-31"),
        &[("carried_over", 1), ("resolved", 1), ("late", 1)],
    );
}

#[test]
fn what_is_open_again_at_the_end_of_the_time_was_not_settled_in_it() {
    check(SENT_BACK, ("2026-03-02", "2026-03-20"), &[("sent_back", 1), ("in_process", 1)]);
}

#[test]
fn what_is_sent_back_twice_counts_by_the_third_end_alone() {
    let twice = format!("{SENT_BACK}, send-back 2026-03-31T09:00, finish 2026-03-31T15:00");
    check(&twice, ("2026-03-01", "2026-03-31"), &[("sent_back", 2), ("resolved", 1), ("late", 1)]);
    // Of the two ends that are taken back in this time only the second lies in it.
    check(
        &twice,
        ("2026-03-10", "2026-03-31"),
        &[("reopened", 1), ("sent_back", 2), ("resolved", 1), ("late", 1)],
    );
}

#[test]
fn a_share_of_what_was_in_time_is_of_dossiers_and_not_of_ends() {
    let history = format!("submit 2026-03-02T07:30, receive 08:00, {SENT_BACK}");
    let dossier = facts(&played("5 working-day", Channel::Online, &history));
    let rows = rows_of(&[dossier], day("2026-03-01"), day("2026-03-31"), DueBasis::Original);
    let told = report(
        &rows,
        Dimension::Agency,
        &Selection::default(),
        catalogue().register(),
        day("2026-03-31"),
    );
    assert_eq!(
        (told.total.on_time_share(), told.lines[0].figures.on_time_share()),
        (Some(0), Some(0))
    );
}

#[test]
fn what_an_officer_settled_and_got_back_in_a_month_is_not_his_in_that_month() {
    let history = format!("submit 2026-03-02T07:30, receive 08:00, {SENT_BACK}");
    let mut dossier = facts(&played("5 working-day", Channel::Online, &history));
    let last = dossier.history.len() - 1;
    dossier.history[last].by.id = "another".to_owned();
    let officers = |first, last| -> Vec<(String, u64, u64)> {
        let rows =
            rows_of(std::slice::from_ref(&dossier), day(first), day(last), DueBasis::Original)
                .into_iter();
        let of = rows.filter_map(|(cell, row)| match cell {
            KpiCell::Officer { officer, .. } => Some((officer, row.on_time, row.late)),
            KpiCell::Province | KpiCell::Work { .. } | KpiCell::TakenBack { .. } => None,
        });
        of.collect()
    };
    let first = dossier.history[2].by.id.clone();
    assert_eq!(officers("2026-03-01", "2026-03-31"), [("another".to_owned(), 0, 1)]);
    assert_eq!(officers("2026-03-01", "2026-03-09"), [(first, 1, 0)]);
}

// A day counts by the rule of its time; what it counted is taken back as it counted it.
#[test]
fn an_end_is_taken_back_as_its_day_counted_it() {
    let history = "submit 2026-03-02T07:30, receive 08:00, process 08:10, apologise 2026-03-06T06:30 for 2026-03-13, \
                   finish 2026-03-10T09:00, send-back 2026-03-12T09:00";
    let dossier = facts(&played("5 working-day", Channel::Online, history));
    let basis_on =
        |on: Date| if on < day("2026-03-11") { DueBasis::Original } else { DueBasis::Extended };
    let receive_by =
        |dossier: &DossierFacts, submitted| law().receive_by(&dossier.agency, submitted);
    let due_next = |dossier: &DossierFacts, day, due| law().is_due_next(&dossier.agency, day, due);
    let rulings = Rulings { basis_on: &basis_on, receive_by: &receive_by, due_next: &due_next };
    let rows = domain::kpi::tally([&dossier], day("2026-03-12"), &rulings);
    let taken: Vec<KpiRow> = rows
        .iter()
        .filter(|(cell, _)| matches!(cell, KpiCell::TakenBack { .. }))
        .map(|(_, row)| *row)
        .collect();
    let late = KpiRow { resolved: 1, late: 1, ..KpiRow::default() };
    assert_eq!(taken, [late, late], "of the work and of the officer");
}

// A day that is out of reach of later news stays as it is; nobody is counted less than nothing for
// it.
#[test]
fn what_its_day_never_counted_is_not_taken_back() {
    let history = format!("submit 2026-03-02T07:30, receive 08:00, {SENT_BACK}");
    let dossier = facts(&played("5 working-day", Channel::Online, &history));
    let (first, last) = (day("2026-03-10"), day("2026-03-31"));
    let days = first.series(1.day()).take_while(|day| *day <= last);
    let flows = days.map(|day| tally([&dossier], day, DueBasis::Original));
    let rows = joined(
        day("2026-03-01"),
        &tally([&dossier], first, DueBasis::Original),
        flows,
        &tally([&dossier], last, DueBasis::Original),
    );
    assert_eq!(broken_identities(&rows), Vec::<String>::new());
    let row = rows[&KpiCell::Province];
    assert_eq!((row.reopened, row.resolved, row.late, row.on_time), (1, 1, 1, 0));
}

#[test]
fn more_taken_back_than_reopened_is_found_out() {
    let history = format!("submit 2026-03-02T07:30, receive 08:00, {SENT_BACK}");
    let dossier = facts(&played("5 working-day", Channel::Online, &history));
    let mut rows = tally([&dossier], day("2026-03-12"), DueBasis::Original);
    assert_eq!(broken_identities(&rows), Vec::<String>::new());
    let taken =
        rows.iter_mut().find(|(cell, _)| matches!(cell, KpiCell::TakenBack { .. })).unwrap().1;
    taken.resolved += 1;
    assert_eq!(broken_identities(&rows).len(), 1);
}

/// What §6 says was settled from `first` to `last`, told from the histories alone: who is at an end
/// on `last`, by the end that holds.
fn settled(
    dossiers: &[DossierFacts],
    first: Date,
    last: Date,
    basis: DueBasis,
) -> BTreeMap<Option<String>, [u64; 3]> {
    let mut found: BTreeMap<Option<String>, [u64; 3]> = BTreeMap::new();
    for dossier in dossiers {
        let known: Vec<_> =
            dossier.history.iter().filter(|entry| date_of(entry.at) <= last).collect();
        let status = known.last().map(|entry| entry.status);
        if ![Some(DossierStatus::Finished), Some(DossierStatus::Returned)].contains(&status) {
            continue;
        }
        let end = known.iter().rfind(|entry| entry.action == Action::Finish).unwrap();
        if date_of(end.at) < first {
            continue;
        }
        let due = match basis {
            DueBasis::Original => end.original_due_at.or(end.due_at),
            DueBasis::Extended => end.due_at,
        };
        let class = match due.map(|due| date_of(end.at).cmp(&date_of(due))) {
            Some(std::cmp::Ordering::Less) => 0,
            Some(std::cmp::Ordering::Greater) => 2,
            _ => 1,
        };
        let officer =
            (end.by.role == domain::dossier::Role::Officer).then(|| Some(end.by.id.clone()));
        for who in [None].into_iter().chain(officer) {
            found.entry(who).or_default()[class] += 1;
        }
    }
    found
}

proptest! {
    #![proptest_config(cases(96))]

    #[test]
    fn any_time_counts_each_dossier_once_by_its_last_end(
        dossiers in dossiers(), from in any::<Index>(), to in any::<Index>(), extended in any::<bool>(),
    ) {
        let basis = if extended { DueBasis::Extended } else { DueBasis::Original };
        let days = days_of(&dossiers);
        let (from, to) = (*from.get(&days), *to.get(&days));
        let (first, last) = (from.min(to), from.max(to));
        let mut counted: BTreeMap<Option<String>, [u64; 3]> = BTreeMap::new();
        for (cell, row) in rows_of(&dossiers, first, last, basis) {
            let (whose, row) = match cell {
                KpiCell::Province => (None, row),
                KpiCell::Officer { officer, .. } => (Some(officer), row),
                KpiCell::Work { .. } | KpiCell::TakenBack { .. } => continue,
            };
            prop_assert_eq!(row.resolved, row.early + row.on_time + row.late);
            if row.resolved > 0 {
                counted.insert(whose, [row.early, row.on_time, row.late]);
            }
        }
        prop_assert_eq!(counted, settled(&dossiers, first, last, basis), "{} to {}", first, last);
    }

    #[test]
    fn however_a_time_is_cut_and_summed_up_it_comes_to_the_same(
        dossiers in dossiers(), from in any::<Index>(), to in any::<Index>(), cut in any::<Index>(),
    ) {
        let days = days_of(&dossiers);
        let (from, to) = (*from.get(&days), *to.get(&days));
        let (first, last) = (from.min(to), from.max(to));
        let span: Vec<Date> = first.series(1.day()).take_while(|day| *day <= last).collect();
        let cut = *cut.get(&span);
        // As months are stored: the flows of their days, nothing left out yet.
        let summed = |first: Date, last: Date| {
            let mut sum = KpiRows::new();
            for day in first.series(1.day()).take_while(|day| *day <= last) {
                for (cell, row) in tally(&dossiers, day, DueBasis::Original) {
                    sum.entry(cell).or_default().add_kind(FigureKind::Flow, &row);
                }
            }
            sum
        };
        let mut parts = vec![summed(cut, last)];
        if first < cut {
            parts.push(summed(first, previous(cut)));
        }
        let (opening, stocks) = (tally(&dossiers, first, DueBasis::Original), tally(&dossiers, last, DueBasis::Original));
        let joined = joined(first, &opening, parts, &stocks);
        prop_assert_eq!(joined, rows_of(&dossiers, first, last, DueBasis::Original));
    }
}

#[test]
fn after_each_time_comes_one_of_its_kind_and_before_that_the_time_itself() {
    for (time, next) in [
        ("2026-11-30", "2026-12-01"),
        ("2026-W53", "2027-W01"),
        ("2026-12", "2027-01"),
        ("2024-01", "2024-02"),
        ("2026-Q4", "2027-Q1"),
        ("2026-H2", "2027-H1"),
        ("2026", "2027"),
        ("2026-11-10..2026-11-12", "2026-11-13..2026-11-15"),
    ] {
        let time: Period = time.parse().unwrap();
        let after = time.after();
        assert_eq!((after.to_string().as_str(), after.before()), (next, time.clone()));
        assert_eq!(time.is_of_the_calendar(), !next.contains(".."), "{time}");
    }
}
