//! Figures that were counted and do not hold: they are left out and named, everything else is
//! closed, and the next night counts them anew.

use aws_sdk_dynamodb::types::AttributeValue;
use count_agency::Ledger;
use platform::LogLine;
use rollup_kpi::Order;
use serde_json::{Value, json};

use crate::support::call::{AGENCY, Answer, Call};
use crate::support::cut::{Fate, line};
use crate::support::days::{
    counted_over, few_agencies, night, ordered, province, to_close, two_days,
};
use crate::support::log::Log;
use crate::support::world::{World, at};

const NIGHT: &str = "2026-11-19T01:00:00Z";
const MORNING: &str = "2026-11-19T02:00:00Z";

/// Tuesday and Wednesday are counted, and their close died before it published anything.
async fn counted_and_not_closed() -> World {
    let world = few_agencies().await;
    two_days(&world).await;
    let order = Order::days("2026-11-17".parse().unwrap(), "2026-11-18".parse().unwrap());
    let (ours, others): (Vec<String>, Vec<String>) = ordered(&world, &order, at(NIGHT))
        .await
        .unwrap()
        .into_iter()
        .partition(|message| message.contains(&format!("/{AGENCY}\"")));
    for message in &others {
        counted_over(&world.client, &world, message, at(NIGHT)).await.unwrap();
    }
    let client = line(&world.client, |call| {
        let publishes = call.body.contains("SET committed") && call.body.contains("agencies");
        if publishes { Fate::LostBefore } else { Fate::Passes }
    });
    counted_over(&client, &world, &ours[0], at(NIGHT)).await.unwrap_err();
    world
}

/// Sets a figure of the row of work on-line on `day`.
async fn spoil(world: &World, day: &str, figure: &str, count: u64) {
    let cell = AttributeValue::S(format!("work#{AGENCY}#1.000382#online"));
    let spoilt = world.client.update_item().table_name("KpiTable").key("cell", cell);
    let spoilt = spoilt.key("day", AttributeValue::S(day.to_owned()));
    let spoilt = spoilt
        .update_expression("SET #figure = :count")
        .condition_expression("attribute_exists(cell)")
        .expression_attribute_names("#figure", figure)
        .expression_attribute_values(":count", AttributeValue::N(count.to_string()));
    spoilt.send().await.unwrap();
}

async fn close(world: &World) {
    let (dossiers, figures) = (&world.dossiers, &world.figures);
    let (order, ledger) = (to_close(at(MORNING)), Ledger::default());
    count_agency::work_off(&order, dossiers, figures, &ledger, &world.catalogue, at(MORNING))
        .await
        .unwrap();
}

async fn shown(world: &World, period: &str) -> Value {
    let call = Call::new("GET /v1/kpi").officer(AGENCY).query("period", period);
    let answer: Answer = call.at_kpi(world, at(MORNING)).await.into();
    assert_eq!(answer.status, 200, "{period}: {}", answer.body);
    answer.body
}

fn in_doubt(first: &str, last: &str) -> Value {
    json!([{
        "agency": AGENCY, "since": MORNING, "reason": "internal", "first": first, "last": last,
    }])
}

#[tokio::test]
async fn a_row_that_does_not_add_up_is_left_out_and_named_and_the_other_days_are_closed() {
    let world = counted_and_not_closed().await;
    spoil(&world, "2026-11-17", "received", u64::MAX).await;
    let log = Log::kept();
    close(&world).await;
    assert_eq!(province(&world, "2026-11-18").await.resolved, 1);
    assert_eq!(province(&world, "2026-11-17").await.received, 1, "what came by post");
    let named = format!("2026-11-17 work#{AGENCY}#1.000382#online");
    let rows = log.of(LogLine::RowUnreadable);
    assert!(rows.iter().any(|line| line["key"] == *named), "{rows:?}");
    let doubts = log.of(LogLine::FiguresInDoubt);
    let [doubt] = &doubts[..] else { panic!("{doubts:?}") };
    assert_eq!(doubt["agency"], AGENCY);
    for period in ["2026-11-17", "2026-11-18", "2026-11-17..2026-11-18", "2026-11"] {
        let body = shown(&world, period).await;
        assert_eq!(
            (&body["beingCorrected"], &body["uncounted"]),
            (&json!(true), &in_doubt("2026-11-17", "2026-11-18")),
            "{period}"
        );
    }
    night(&world, &Order::default(), at("2026-11-20T01:00:00Z")).await.unwrap();
    let month = shown(&world, "2026-11").await;
    assert_eq!(
        (&month["total"]["figures"]["received"], month.get("uncounted")),
        (&json!(5), None),
        "counted anew by the next night"
    );
}

#[tokio::test]
async fn a_close_finds_the_morning_that_does_not_carry_over_what_the_evening_left_open() {
    let world = counted_and_not_closed().await;
    for (figure, count) in [("carriedOver", 1), ("inProcess", 0)] {
        spoil(&world, "2026-11-18", figure, count).await;
    }
    let log = Log::kept();
    close(&world).await;
    let errors = log.errors();
    let line =
        errors.iter().find(|line| line["message"] == "days do not agree with each other").unwrap();
    assert_eq!(
        (&line["agency"], &line["evening"], &line["morning"]),
        (&json!(AGENCY), &json!("2026-11-17"), &json!("2026-11-18"))
    );
    assert_eq!(
        shown(&world, "2026-11-17").await["uncounted"],
        in_doubt("2026-11-17", "2026-11-18")
    );
    night(&world, &Order::default(), at("2026-11-20T01:00:00Z")).await.unwrap();
    assert_eq!(province(&world, "2026-11-18").await.carried_over, 3);
    assert_eq!(shown(&world, "2026-11").await.get("uncounted"), None);
}

#[tokio::test]
async fn a_published_day_beside_the_one_that_is_closed_is_compared_too() {
    let world = few_agencies().await;
    two_days(&world).await;
    let order = |day: &str| Order { day: Some(day.parse().unwrap()), ..Order::default() };
    night(&world, &order("2026-11-17"), at(NIGHT)).await.unwrap();
    night(&world, &order("2026-11-18"), at(NIGHT)).await.unwrap();
    // Both are published; another count of the 18th finds nothing new, and the 17th is spoilt.
    let (ours, others): (Vec<String>, Vec<String>) =
        ordered(&world, &order("2026-11-18"), at(MORNING))
            .await
            .unwrap()
            .into_iter()
            .partition(|message| message.contains(&format!("/{AGENCY}\"")));
    counted_over(&world.client, &world, &ours[0], at(MORNING)).await.unwrap();
    for (figure, count) in [("received", 5), ("inProcess", 3)] {
        spoil(&world, "2026-11-17", figure, count).await;
    }
    for message in &others {
        counted_over(&world.client, &world, message, at(MORNING)).await.unwrap();
    }
    assert_eq!(
        shown(&world, "2026-11-18").await["uncounted"],
        in_doubt("2026-11-17", "2026-11-18")
    );
}
