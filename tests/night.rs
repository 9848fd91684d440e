//! The night's count.

mod doubtful;
mod killed;
mod overlapping;
mod standing;

use count_agency::Ledger;
use domain::kpi::{DueBasis, FigureKind, KpiCell, KpiRow};
use futures::future::join_all;
use ingest_event::ingest;
use jiff::civil::Date;
use platform::catalogue::UndecidedYears;
use platform::{Failure, LogLine};
use rollup_kpi::Order;
use serde_json::{Value, json};

use crate::support::call::{AGENCY, submit_event, transition_event};
use crate::support::days::{
    MORNING, count, counted, everything, few_agencies, few_texts, forget, happened, late_receipt,
    night, ordered, province, rows, two_days, two_days_counted,
};
use crate::support::file;
use crate::support::log::Log;
use crate::support::world::{Kept, at};

#[tokio::test]
async fn a_day_is_counted_by_agency_and_procedure() {
    let world = few_agencies().await;
    two_days(&world).await;
    // Two channels and the province; integrators have no accounts of officers.
    assert_eq!(count(&world, "2026-11-17").await.changed, 3);
    let postal =
        KpiRow { submitted: 1, received: 1, digitised: 1, in_process: 1, ..KpiRow::default() };
    let online = KpiRow {
        submitted: 6,
        received: 4,
        digitised: 4,
        resolved: 2,
        early: 1,
        on_time: 1,
        refused_unreceived: 1,
        waiting: 1,
        in_process: 2,
        ..KpiRow::default()
    };
    let mut both = online;
    both.add(&postal);
    let cell = |channel: &str| format!("work#{AGENCY}#1.000382#{channel}").parse().unwrap();
    let found: Vec<(KpiCell, KpiRow)> =
        rows(&world, "2026-11-17").await.into_iter().map(|row| (row.cell, row.figures)).collect();
    assert_eq!(
        found,
        [(KpiCell::Province, both), (cell("online"), online), (cell("postal"), postal)]
    );
    count(&world, "2026-11-18").await;
    let wednesday = KpiRow {
        carried_over: 3,
        resolved: 1,
        late: 1,
        waiting: 1,
        in_process: 2,
        overdue: 1,
        ..KpiRow::default()
    };
    assert_eq!(province(&world, "2026-11-18").await, wednesday);
}

#[tokio::test]
async fn counting_a_day_again_changes_nothing() {
    let world = two_days_counted().await;
    let first = everything(&world).await;
    for day in ["2026-11-18", "2026-11-17", "2026-11-17"] {
        let outcome = count(&world, day).await;
        assert_eq!((outcome.changed, outcome.corrected), (0, 0), "{day}");
    }
    assert_eq!(everything(&world).await, first, "byte for byte");
    // In another order, split and all at once it comes to the same.
    let other = few_agencies().await;
    two_days(&other).await;
    count(&other, "2026-11-18").await;
    count(&other, "2026-11-17").await;
    assert_eq!(everything(&other).await, first);
}

#[tokio::test]
async fn a_late_event_is_in_the_next_count_of_its_day() {
    let world = few_agencies().await;
    count(&world, "2026-11-17").await;
    assert_eq!(rows(&world, "2026-11-17").await, []);
    two_days(&world).await;
    count(&world, "2026-11-17").await;
    assert_eq!(province(&world, "2026-11-17").await.received, 5);
}

#[tokio::test]
async fn a_night_counts_the_days_before_again_for_events_that_came_late() {
    let world = few_agencies().await;
    let tonight = || async { night(&world, &Order::default(), at(MORNING)).await.unwrap() };
    assert_eq!(tonight().await.changed, 0);
    two_days(&world).await;
    let outcome = tonight().await;
    assert_eq!((outcome.last.to_string().as_str(), outcome.changed), ("2026-11-18", 6));
    assert_eq!(outcome.corrected, 6, "the nights before had counted nothing there");
    assert_eq!(province(&world, "2026-11-17").await.received, 5);
    assert_eq!(tonight().await.changed, 0, "a second run finds nothing to change");
}

#[tokio::test]
async fn a_row_that_has_nothing_left_to_count_goes_away() {
    let world = few_agencies().await;
    two_days(&world).await;
    count(&world, "2026-11-17").await;
    let mut ghost = rows(&world, "2026-11-17").await[1].clone();
    ghost.cell = format!("work#{AGENCY}#1.005129#online").parse().unwrap();
    world.figures.put(&ghost).await.unwrap();
    // Ordered some minutes ago: no index lags for so long.
    let order = Order { day: Some("2026-11-17".parse().unwrap()), ..Order::default() };
    for message in ordered(&world, &order, at("2026-11-19T00:55:00Z")).await.unwrap() {
        counted(&world, &message, &Ledger::default()).await.unwrap();
    }
    assert_eq!(rows(&world, "2026-11-17").await.len(), 3);
}

#[tokio::test]
async fn the_schedule_counts_the_day_that_has_just_ended_in_viet_nam() {
    let world = few_agencies().await;
    // 00:30 in Viet Nam on the 19th is still the 18th in UTC.
    let now = at("2026-11-18T17:30:00Z");
    let order: Order = serde_json::from_str("{}").unwrap();
    let outcome = night(&world, &order, now).await.unwrap();
    assert_eq!(
        (outcome.first.to_string().as_str(), outcome.last.to_string().as_str()),
        ("2026-11-12", "2026-11-18")
    );
}

#[tokio::test]
async fn a_day_counts_against_the_due_date_that_its_rule_names() {
    let mut world = few_agencies().await;
    // Due on the 17th, promised for the 19th, settled on the 18th.
    let code = happened(
        &world,
        9008,
        "online",
        &[
            ("", "2026-11-16T08:30:00Z"),
            ("receive", "2026-11-16T08:40:00Z"),
            ("process", "2026-11-16T09:00:00Z"),
        ],
    );
    let code = code.await;
    let mut apology = transition_event("apology", "2026-11-16T09:10:00Z", &code, "apologise");
    apology["data"]["newDueOn"] = "2026-11-19".into();
    for event in [apology, transition_event("end", "2026-11-18T02:00:00Z", &code, "finish")] {
        let message = event.to_string();
        ingest(&message, &world.dossiers, &world.intake, &world.catalogue, at(MORNING))
            .await
            .unwrap();
    }
    let mut seen = Vec::new();
    for from in ["2026-11-19", "2026-11-18"] {
        let mut rules: Value = serde_json::from_str(&file("infra/data/rules.json")).unwrap();
        let list = rules["rules"].as_array_mut().unwrap();
        let mut extended = list.last().unwrap().clone();
        extended["validFrom"] = from.into();
        extended["kpiDue"] = "extended".into();
        list.push(extended);
        let texts =
            few_texts().with([("rules.json".to_owned(), rules.to_string())].into()).unwrap();
        world.catalogue = texts.assemble(UndecidedYears::Refused).unwrap().into();
        let outcome = count(&world, "2026-11-18").await;
        let figures = province(&world, "2026-11-18").await;
        seen.push((outcome.due_basis, figures.early, figures.late));
    }
    assert_eq!(seen, [(DueBasis::Original, 0, 1), (DueBasis::Extended, 1, 0)]);
}

#[tokio::test]
async fn days_that_have_not_come_or_do_not_follow_each_other_are_refused() {
    let world = few_agencies().await;
    let day = |day: &str| Some(day.parse().unwrap());
    for (order, broken) in [
        (Order { day: day("2026-11-20"), ..Order::default() }, ("day", "not-in-the-future")),
        (
            Order { first: day("2026-11-01"), last: day("2026-11-20"), ..Order::default() },
            ("last", "not-in-the-future"),
        ),
        (
            Order { first: day("2026-11-18"), last: day("2026-11-17"), ..Order::default() },
            ("first", "day-order"),
        ),
        (
            Order { first: day("2025-11-17"), last: day("2026-11-18"), ..Order::default() },
            ("first", "day-order"),
        ),
        (Order { first: day("2026-11-17"), ..Order::default() }, ("day", "one-order")),
        (
            Order { day: day("2026-11-17"), last: day("2026-11-18"), ..Order::default() },
            ("day", "one-order"),
        ),
    ] {
        match night(&world, &order, at(MORNING)).await.unwrap_err() {
            Failure::Invalid(found) => {
                assert_eq!((found[0].field.as_str(), found[0].rule.slug()), broken)
            }
            other => panic!("{other}"),
        }
    }
}

#[tokio::test]
async fn a_figure_that_moves_after_it_was_counted_leaves_a_correction_with_its_reason() {
    let world = two_days_counted().await;
    assert_eq!(world.figures.corrections("2026-11-17").await.unwrap(), []);
    // On the 20th an integrator reports a receipt of the 17th.
    let late = [("", "2026-11-17T03:00:00Z"), ("receive", "2026-11-17T03:30:00Z")];
    let now = at("2026-11-20T02:00:00Z");
    let code = format!("{AGENCY}-261117-9020");
    for (place, (action, time)) in late.iter().enumerate() {
        let event = match place {
            0 => submit_event("late-0", time, Some(&code)),
            _ => transition_event("late-1", time, &code, action),
        };
        ingest(&event.to_string(), &world.dossiers, &world.intake, &world.catalogue, now)
            .await
            .unwrap();
    }
    let order = Order { day: Some("2026-11-18".parse().unwrap()), ..Order::default() };
    let outcome = night(&world, &order, now).await.unwrap();
    // Its morning no longer agrees with the evening before, so that day is counted again too.
    assert_eq!((outcome.first.to_string().as_str(), outcome.corrected), ("2026-11-17", 4));
    let corrections = world.figures.corrections("2026-11-17").await.unwrap();
    let of_province =
        corrections.iter().find(|correction| correction.of == KpiCell::Province).unwrap();
    assert_eq!((of_province.before.received, of_province.after.received), (5, 6));
    assert_eq!((of_province.at, of_province.because.clone()), (now, vec![code.parse().unwrap()]));
    // Another run finds nothing more to say.
    let before = everything(&world).await;
    night(&world, &order, at("2026-11-20T03:00:00Z")).await.unwrap();
    assert_eq!(everything(&world).await, before);
}

#[tokio::test]
async fn an_earlier_day_counted_again_takes_the_days_after_it_along_until_they_agree() {
    let world = two_days_counted().await;
    late_receipt(&world).await;
    let outcome = count(&world, "2026-11-17").await;
    assert_eq!(
        (outcome.first.to_string().as_str(), outcome.last.to_string().as_str()),
        ("2026-11-17", "2026-11-18")
    );
    let (evening, morning) =
        (province(&world, "2026-11-17").await, province(&world, "2026-11-18").await);
    assert_eq!((evening.open(), morning.carried_over), (4, 4));
}

#[tokio::test]
async fn a_month_is_the_sum_of_its_days() {
    let world = two_days_counted().await;
    let mut sum = KpiRow::default();
    for day in ["2026-11-17", "2026-11-18"] {
        sum.add_kind(FigureKind::Flow, &province(&world, day).await);
    }
    assert_eq!(province(&world, "2026-11").await, sum);
    let counted = world.figures.count("2026-11").await.unwrap().unwrap();
    assert_eq!(
        (counted.first.to_string().as_str(), counted.last.to_string().as_str()),
        ("2026-11-17", "2026-11-18")
    );
}

#[tokio::test]
async fn days_counted_at_the_same_time_by_several_are_all_in_their_month() {
    let world = few_agencies().await;
    two_days(&world).await;
    let days = ["2026-11-15", "2026-11-16", "2026-11-17", "2026-11-18"];
    join_all(days.map(|day| count(&world, day))).await;
    assert_eq!(province(&world, "2026-11").await.received, 5);
    assert_eq!(province(&world, "2026-11").await.resolved, 3);
}

#[tokio::test]
async fn a_count_that_died_half_way_is_made_good_by_the_next() {
    let world = few_agencies().await;
    two_days(&world).await;
    let both = async || {
        count(&world, "2026-11-17").await;
        count(&world, "2026-11-18").await;
        everything(&world).await
    };
    let whole = both().await;
    let rows: Vec<Value> = whole.values().map(|item| serde_json::from_str(item).unwrap()).collect();
    let rows: Vec<&Value> = rows.iter().filter(|item| item["cell"].is_string()).collect();
    // As a run leaves the table that dies after so many of its writes: what came later is missing,
    // and no day is closed.
    for kept in 0..rows.len() {
        forget(&world).await;
        for item in &rows[..kept] {
            let item = serde_dynamo::to_item(item).unwrap();
            world
                .client
                .put_item()
                .table_name("KpiTable")
                .set_item(Some(item))
                .send()
                .await
                .unwrap();
        }
        assert_eq!(both().await, whole, "after {kept} writes");
    }
}

#[tokio::test]
async fn however_the_messages_of_a_night_come_its_rows_are_the_same() {
    let world = few_agencies().await;
    two_days(&world).await;
    let order = Order::default();
    night(&world, &order, at(MORNING)).await.unwrap();
    let plain = everything(&world).await;
    forget(&world).await;
    let mut messages = ordered(&world, &order, at(MORNING)).await.unwrap();
    messages.reverse();
    // Each comes twice, to another invocation.
    for message in messages.iter().flat_map(|message| [message, message]) {
        counted(&world, message, &Ledger::default()).await.unwrap();
    }
    assert_eq!(everything(&world).await, plain);
    forget(&world).await;
    let messages = ordered(&world, &order, at(MORNING)).await.unwrap();
    let ledger = Ledger::default();
    for outcome in join_all(messages.iter().map(|message| counted(&world, message, &ledger))).await
    {
        outcome.unwrap();
    }
    assert_eq!(everything(&world).await, plain, "all at once");
}

#[tokio::test]
async fn nobody_is_shown_a_day_before_its_last_agency_was_counted() {
    let world = few_agencies().await;
    two_days(&world).await;
    let order = Order { day: Some("2026-11-17".parse().unwrap()), ..Order::default() };
    let messages = ordered(&world, &order, at(MORNING)).await.unwrap();
    let (last, others) = messages.split_last().unwrap();
    let ledger = Ledger::default();
    for message in others {
        assert_eq!(counted(&world, message, &ledger).await.unwrap().closed, None);
    }
    assert_eq!(world.figures.count("2026-11-17").await.unwrap(), None);
    let closed = counted(&world, last, &ledger).await.unwrap().closed.unwrap();
    assert_eq!((closed.days, closed.changed), (1, 1));
    assert_eq!(province(&world, "2026-11-17").await.received, 5);
    // Delivered once more after the run was closed, it finds everything done.
    let again = counted(&world, last, &Ledger::default()).await.unwrap();
    assert_eq!((again.changed, again.closed.unwrap().changed), (0, 0));
}

#[tokio::test]
async fn a_long_time_is_counted_in_several_runs_and_comes_to_the_same() {
    let world = few_agencies().await;
    two_days(&world).await;
    let day = |day: &str| -> Date { day.parse().unwrap() };
    let queue = Kept::default();
    let order = Order::days(day("2026-10-01"), day("2026-11-18"));
    let planned = rollup_kpi::plan(&order, &world.figures, &queue, &world.catalogue, at(MORNING))
        .await
        .unwrap();
    assert_eq!((planned.runs.len(), planned.agencies), (2, 10));
    assert_eq!(queue.sent.lock().unwrap().len(), 20);
    night(&world, &order, at(MORNING)).await.unwrap();
    let month = world.figures.count("2026-10").await.unwrap().unwrap();
    assert_eq!((month.first, month.last, month.days), (day("2026-10-01"), day("2026-10-31"), 31));
    let november = province(&world, "2026-11").await;
    assert_eq!((november.received, november.resolved), (5, 3));
}

// What ended before the days that are counted can still have something happen to it on them.
#[tokio::test]
async fn a_result_that_is_fetched_weeks_later_counts_on_the_day_when_it_is_fetched() {
    let world = few_agencies().await;
    let steps = [
        ("", "2026-11-02T01:00:00Z"),
        ("receive", "2026-11-02T01:30:00Z"),
        ("finish", "2026-11-02T02:00:00Z"),
        ("return-result", "2026-11-17T03:00:00Z"),
    ];
    happened(&world, 9030, "counter", &steps).await;
    count(&world, "2026-11-17").await;
    assert_eq!(
        province(&world, "2026-11-17").await,
        KpiRow { returned: 1, returned_late: 1, ..KpiRow::default() }
    );
    count(&world, "2026-11-02").await;
    let then = province(&world, "2026-11-02").await;
    assert_eq!((then.resolved, then.returned), (1, 0));
}

// The government decides next year's days off in the autumn.
#[tokio::test]
async fn every_night_from_october_on_says_that_next_year_has_no_calendar() {
    let world = few_agencies().await;
    for (now, missing) in [
        ("2026-09-30T16:59:59Z", vec![]), // the last second of September in Viet Nam
        (
            "2026-09-30T17:30:00Z",
            vec![json!({ "message": LogLine::CalendarMissing.text(), "year": 2027 })],
        ),
        (
            "2026-12-30T17:30:00Z",
            vec![json!({ "message": LogLine::CalendarMissing.text(), "year": 2027 })],
        ),
    ] {
        let log = Log::kept();
        ordered(&world, &Order::default(), at(now)).await.unwrap();
        let said = log.errors().into_iter().filter(|line| line.get("procedures").is_none());
        assert_eq!(said.collect::<Vec<_>>(), missing, "{now}");
    }
}

// What the alarm is read for: of the shipped procedures one cannot be received any more on 26
// November 2026, nine on 15 December, forty-eight on the 28th.
#[tokio::test]
async fn the_night_names_the_procedures_that_stop_being_received_by_their_day() {
    let world = few_agencies().await;
    let log = Log::kept();
    ordered(&world, &Order::default(), at("2026-11-25T17:30:00Z")).await.unwrap();
    let lines: Vec<Value> =
        log.errors().into_iter().filter(|line| line.get("procedures").is_some()).collect();
    let by = |last: &str| -> u64 {
        let until = lines.iter().filter(|line| line["day"].as_str() <= Some(last));
        until.map(|line| line["count"].as_u64().unwrap()).sum()
    };
    assert_eq!([by("2026-11-26"), by("2026-12-15"), by("2026-12-28")], [1, 9, 48]);
    for line in &lines {
        assert_eq!(line["message"], "from this day on these procedures cannot be received");
        let codes = line["procedures"].as_str().unwrap().split(' ');
        assert_eq!(codes.count() as u64, line["count"].as_u64().unwrap(), "{line}");
    }
}
