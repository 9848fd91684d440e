//! The count against an oracle: the same figures by another method, SQL over the raw log of events.
//!
//! The oracle shares no code with the count: it has its own arithmetic of days and office time,
//! sees statuses as national codes, and reads the calendar and the rule of reception from the data
//! files itself.

mod histories;
mod ledger;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use domain::calendar::{date_of, time_of};
use domain::dossier::Action;
use domain::kpi::report::joined;
use domain::kpi::{DossierFacts, DueBasis, FigureKind, KpiCell, KpiRow, KpiRows, Rulings, tally};
use ingest_event::ingest;
use jiff::civil::{Date, Time, date};
use jiff::{SignedDuration, Timestamp, ToSpan};
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};
use rollup_kpi::Order;

use crate::support::call::{AGENCY, Call, submit_event, transition_event};
use crate::support::days::{MORNING, few_agencies, forget, happened, night, rows};
use crate::support::world::{World, at};
use histories::{Case, any_case, catalogue, choices};
use ledger::{Ledger, Lines, lines, names};

/// Sets of dossiers, each with a day.
const CASES: u32 = 2_000;

/// How often everything that must come up has to, so that it is no accident.
const SEEN_LEAST: u32 = 5;

/// How often each thing came up.
type Seen = BTreeMap<String, u32>;

/// The same cases in every run: what has to come up in them does so, or does not, by no chance.
fn always_the_same() -> TestRng {
    TestRng::deterministic_rng(RngAlgorithm::ChaCha)
}

#[test]
fn whatever_happens_the_count_of_a_day_is_what_sql_makes_of_the_log() {
    let ledger = RefCell::new(Ledger::new());
    let seen = RefCell::new(Seen::new());
    let law = catalogue().law();
    let receive_by = |dossier: &DossierFacts, submitted| law.receive_by(&dossier.agency, submitted);
    let due_next = |dossier: &DossierFacts, day, due| law.is_due_next(&dossier.agency, day, due);
    // A failing case is made smaller and printed whole, so no file of past failures is kept.
    let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
    let agreed = TestRunner::new_with_rng(config, always_the_same()).run(&any_case(), |case| {
        let basis_on = |_| case.basis;
        let rulings = Rulings { basis_on: &basis_on, receive_by: &receive_by, due_next: &due_next };
        let rows = tally(&case.dossiers, case.day, &rulings);
        ledger.borrow_mut().enter(&case.dossiers);
        let (counted, expected) = (lines(&rows), ledger.borrow().count(case.day, case.basis));
        if counted != expected {
            let differences = differences(&counted, &expected);
            return Err(TestCaseError::fail(format!(
                "{} by {:?}: {differences}",
                case.day, case.basis
            )));
        }
        let (told, taken_back) = settled(&case, &rulings);
        let expected = ledger.borrow().settled((case.since, case.day), case.basis);
        if told != expected {
            let differences = differences(&told, &expected);
            let Case { since, day, basis, .. } = case;
            return Err(TestCaseError::fail(format!(
                "{since} to {day} by {basis:?}: {differences}"
            )));
        }
        let mut seen = seen.borrow_mut();
        note(&case, &counted, &mut seen);
        for what in taken_back {
            *seen.entry(what.to_owned()).or_default() += 1;
        }
        Ok(())
    });
    agreed.unwrap_or_else(|failure| panic!("{failure}"));
    let seen = seen.into_inner();
    for what in must_come_up() {
        let times = seen.get(&what).copied().unwrap_or_default();
        assert!(times >= SEEN_LEAST, "{what} came up {times} times in {CASES} cases: {seen:#?}");
    }
}

/// Figures of which a time holds less than the sum of its days.
const NET: [&str; 6] = ["resolved", "early", "on_time", "late", "results_electronic", "reopened"];

/// These, of the time of a case, as its days come to; and which ends its reopenings took back.
fn settled(case: &Case, rulings: &Rulings<'_>) -> (Lines, BTreeSet<&'static str>) {
    let days = case.since.series(1.day()).take_while(|day| *day <= case.day);
    let flows: Vec<KpiRows> = days.map(|day| tally(&case.dossiers, day, rulings)).collect();
    let ends = flows.iter().flat_map(KpiRows::keys).filter_map(|cell| match cell {
        KpiCell::TakenBack { ended, .. } if *ended < case.since => {
            Some("settled before the time and sent back in it")
        }
        KpiCell::TakenBack { .. } => Some("settled and sent back in the time"),
        KpiCell::Province | KpiCell::Work { .. } | KpiCell::Officer { .. } => None,
    });
    let ends = ends.collect();
    let none = KpiRows::new();
    let told = lines(&joined(case.since, &none, flows, &none)).into_iter();
    (told.filter(|((_, figure), _)| NET.contains(figure)).collect(), ends)
}

/// Cell and figure, counted and expected, wherever they differ.
fn differences(counted: &Lines, expected: &Lines) -> String {
    let keys: BTreeSet<_> = counted.keys().chain(expected.keys()).collect();
    let told = |lines: &Lines, key| lines.get(key).copied().unwrap_or_default();
    let differing = keys.into_iter().filter(|key| told(counted, key) != told(expected, key));
    let said = differing.map(|key| {
        let (cell, figure) = key;
        format!(
            "{cell} {figure} is counted {} and SQL says {}",
            told(counted, key),
            told(expected, key)
        )
    });
    said.collect::<Vec<_>>().join("; ")
}

/// Notes what of [`must_come_up`] a case holds on its day.
fn note(case: &Case, counted: &Lines, seen: &mut Seen) {
    let mut saw = |what: &str| *seen.entry(what.to_owned()).or_default() += 1;
    for (cell, figure) in counted.keys() {
        saw(&format!("counted {figure}"));
        saw(&format!("{figure} by {:?}", case.basis));
        saw(cell.split('#').next().unwrap());
    }
    let merger = date(2025, 7, 1);
    for dossier in &case.dossiers {
        for entry in dossier.history.iter().filter(|entry| date_of(entry.at) == case.day) {
            saw(entry.action.name());
            let second = seconds_from_midnight(entry.at);
            if second.abs() <= 2 {
                saw(if second < 0 { "just before midnight" } else { "just after midnight" });
            }
            if entry.original_due_at.is_some() && entry.action == Action::Finish {
                saw("settled after an apology");
            }
            if date_of(entry.recorded_at) > case.day {
                saw("known only on a later day");
            }
            if entry.by.agency.as_ref().is_some_and(|agency| *agency != dossier.agency) {
                saw("done by another agency");
            }
        }
        if case.day == merger
            && dossier.agency.as_str() == "H58.12"
            && date_of(dossier.history[0].at) < merger
        {
            saw("carried on across the merger");
        }
    }
    for (days, what) in [(TET, "during Tết"), (MADE_UP, "on a made-up Saturday")] {
        if days.contains(&case.day) && !counted.is_empty() {
            saw(what);
        }
    }
}

const TET: &[Date] = &[
    date(2025, 1, 27),
    date(2025, 1, 28),
    date(2025, 1, 29),
    date(2025, 1, 30),
    date(2025, 1, 31),
    date(2026, 2, 16),
    date(2026, 2, 17),
    date(2026, 2, 18),
    date(2026, 2, 19),
    date(2026, 2, 20),
];
const MADE_UP: &[Date] = &[date(2025, 4, 26), date(2026, 1, 10), date(2026, 8, 22)];

/// Figures that depend on the date against which is counted.
const DATED: [&str; 6] = ["early", "on_time", "late", "overdue", "due_tomorrow", "returned_late"];

/// Every action, every figure, those that depend on a date by either, every kind of cell, and what
/// is easily counted wrong.
fn must_come_up() -> Vec<String> {
    let actions = domain::dossier::RULES.iter().map(|rule| rule.action.name().to_owned());
    let bases = [DueBasis::Original, DueBasis::Extended];
    let dated =
        bases.into_iter().flat_map(|basis| DATED.map(|name| format!("{name} by {basis:?}")));
    let figures = names().into_iter().map(|name| format!("counted {name}")).chain(dated);
    let others = [
        "submit",
        "province",
        "work",
        "officer",
        "taken-back",
        "settled before the time and sent back in it",
        "settled and sent back in the time",
        "just before midnight",
        "just after midnight",
        "settled after an apology",
        "known only on a later day",
        "done by another agency",
        "carried on across the merger",
        "during Tết",
        "on a made-up Saturday",
    ];
    actions.chain(figures).chain(others.map(str::to_owned)).collect()
}

/// Before midnight negative.
fn seconds_from_midnight(at: Timestamp) -> i64 {
    let seconds =
        i64::from((time_of(at) - Time::midnight()).total(jiff::Unit::Second).unwrap() as i32);
    if seconds > 43_200 { seconds - 86_400 } else { seconds }
}

/// The days of the histories that go through the queue, all before [`MORNING`].
const FIRST: Date = date(2026, 11, 12);
const LAST: Date = date(2026, 11, 18);

#[tokio::test]
async fn what_the_nights_wrote_is_what_sql_makes_of_the_table_day_by_day_and_for_the_month() {
    let world = few_agencies().await;
    let mut random = fastrand::Rng::with_seed(5);
    for number in 1..=25 {
        live(&world, number, &mut random).await;
    }
    late(&world).await;
    let mut ledger = Ledger::new();
    ledger.enter(&in_the_table(&world).await);
    let mut month = Lines::new();
    night(&world, &Order::days(FIRST, LAST), at(MORNING)).await.unwrap();
    for day in FIRST.series(1.day()).take_while(|day| *day <= LAST) {
        let expected = ledger.count(day, DueBasis::Original);
        let written: KpiRows = rows(&world, &day.to_string())
            .await
            .into_iter()
            .map(|row| (row.cell, row.figures))
            .collect();
        assert_eq!(
            lines(&written),
            expected,
            "{day}: {}",
            differences(&lines(&written), &expected)
        );
        for ((cell, figure), count) in expected {
            if cell.starts_with("taken-back#") || NET.contains(&figure) {
                continue;
            }
            let counts = match kind(figure) {
                FigureKind::Opening => day == FIRST,
                FigureKind::Flow => true,
                FigureKind::Stock => day == LAST,
            };
            if counts {
                *month.entry((cell, figure)).or_default() += count;
            }
        }
    }
    month.extend(ledger.settled((FIRST, LAST), DueBasis::Original));
    let told = platform::gather::gather(&"2026-11".parse().unwrap(), &world.figures).await.unwrap();
    assert_eq!(lines(&told.rows), month, "November: {}", differences(&lines(&told.rows), &month));
    for figure in ["received", "early", "late", "overdue", "paid", "returned_late", "sent_back"] {
        assert!(
            month.contains_key(&("province".to_owned(), figure)),
            "nothing was {figure} in November: {month:?}"
        );
    }
    assert!(
        month.keys().any(|(cell, _)| cell.starts_with("officer#")),
        "no officer settled anything"
    );
    // The same once the contents of what has ended are gone: from the histories that are left, in
    // SQL, and by another night.
    let counted = |ledger: &Ledger| -> Vec<Lines> {
        let days = FIRST.series(1.day()).take_while(|day| *day <= LAST);
        days.map(|day| ledger.count(day, DueBasis::Original)).collect()
    };
    let before = counted(&ledger);
    let ended = in_the_table(&world).await.len();
    let gone = expired_after_years(&world).await;
    assert!(gone > 5 && usize::try_from(gone).unwrap() < ended, "{gone} of {ended} are gone");
    ledger.enter(&in_the_table(&world).await);
    assert_eq!(counted(&ledger), before);
    forget(&world).await;
    night(&world, &Order::days(FIRST, LAST), at(MORNING)).await.unwrap();
    let told = platform::gather::gather(&"2026-11".parse().unwrap(), &world.figures).await.unwrap();
    assert_eq!(lines(&told.rows), month, "November: {}", differences(&lines(&told.rows), &month));
}

/// The dossiers as the table of states has them.
async fn in_the_table(world: &World) -> Vec<DossierFacts> {
    let scanned = world
        .client
        .scan()
        .table_name("DossiersTable")
        .consistent_read(true)
        .into_paginator()
        .items()
        .send();
    let items = scanned.try_collect().await.unwrap().into_iter();
    items.map(|item| serde_dynamo::from_item(item).unwrap()).collect()
}

/// Does away with every content whose time is over seven years later; how many those are.
async fn expired_after_years(world: &World) -> u64 {
    let tables = (&world.dossiers, &world.erasures.removals, &world.office.feedback);
    let (order, now) = (expire_content::Order::default(), at("2033-11-19T01:00:00Z"));
    let outcome =
        expire_content::expire(&order, tables, &world.claims.keeper, &world.catalogue, now);
    let outcome = outcome.await.unwrap();
    assert!(!outcome.more && outcome.failed == 0, "{outcome:?}");
    outcome.removed
}

fn kind(figure: &str) -> FigureKind {
    let all = KpiRow::default().figures().into_iter();
    all.filter(|(name, _, _)| *name == figure).map(|(_, kind, _)| kind).next().unwrap()
}

/// A dossier with a term of a working day that an officer settles on Monday, and whose result is fetched on Wednesday.
async fn late(world: &World) {
    let received = [("", "2026-11-12T01:00:00Z"), ("receive", "2026-11-12T01:10:00Z")];
    let code = happened(world, 9_100, "online", &received).await;
    for (action, version, now) in
        [("finish", 2, "2026-11-16T02:00:00Z"), ("return-result", 3, "2026-11-18T02:00:00Z")]
    {
        let answer = Call::transition(&code, action, version)
            .at_change(&world.dossiers, world, at(now))
            .await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }
}

/// A week of one dossier's life: its events through the integrators' queue, some of it done by an officer
/// at their desk.
async fn live(world: &World, number: u32, random: &mut fastrand::Rng) {
    let mut time =
        at("2026-11-11T17:00:00Z") + SignedDuration::from_secs(random.i64(0..4 * 86_400));
    let code = format!("{AGENCY}-{}-{}", date_of(time).strftime("%y%m%d"), 9_000 + number);
    let learnt = at(MORNING);
    let mut event = submit_event(&format!("{number}"), &time.to_string(), Some(&code));
    event["data"]["channel"] = random.choice(["online", "counter", "postal"]).unwrap().into();
    ingest(&event.to_string(), &world.dossiers, &world.intake, &world.catalogue, learnt)
        .await
        .unwrap();
    for step in 0..random.u32(3..14) {
        let pause = if random.bool() { random.i64(60..30_000) } else { random.i64(0..200_000) };
        time += SignedDuration::from_secs(pause);
        let dossier = world.dossier(&code).await;
        let may_end = random.u8(0..8) == 0;
        let Some(action) = random.choice(choices(&dossier, may_end)) else { break };
        if date_of(time) > LAST {
            break;
        }
        if random.bool() && action != Action::Apologise && action != Action::Forward {
            let call = Call::transition(&code, action.name(), dossier.version);
            call.at_change(&world.dossiers, world, time).await;
            continue;
        }
        let mut event =
            transition_event(&format!("{number}-{step}"), &time.to_string(), &code, action.name());
        match action {
            Action::Apologise => {
                event["data"]["newDueOn"] = (date_of(time) + 7.days()).to_string().into()
            }
            Action::Forward => event["data"]["toAgency"] = "H20.10".into(),
            _ => {}
        }
        // What is refused, an apology for a day off or handing back what lies elsewhere, changes nothing.
        let _ =
            ingest(&event.to_string(), &world.dossiers, &world.intake, &world.catalogue, learnt)
                .await;
    }
}
