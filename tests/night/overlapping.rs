//! Counts and closes that overlap, each in the one order in which the older would win if it could.

use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use count_agency::{Counted, Ledger};
use futures::join;
use jiff::Timestamp;
use platform::Failure;
use platform::dynamo::Figures;
use platform::gather::gather;
use rollup_kpi::Order;

use crate::support::call::AGENCY;
use crate::support::cut::{Fate, Gate, TableCall, line};
use crate::support::days::{
    MORNING, count, counted_over, few_agencies, happened, ordered, province, to_close, two_days,
};
use crate::support::world::{World, at};

const NIGHT: &str = "2026-11-19T02:00:00Z";
/// Long after the night: nobody works under a claim of then any more.
const NOON: &str = "2026-11-19T05:00:00Z";

/// The message of the agency that has dossiers, of an order for the 17th, once every other agency
/// was counted for it.
async fn last_message(world: &World, now: &str) -> String {
    let order = Order { day: Some("2026-11-17".parse().unwrap()), ..Order::default() };
    let mut ours = None;
    for message in ordered(world, &order, at(now)).await.unwrap() {
        if message.contains(&format!("/{AGENCY}\"")) {
            ours = Some(message);
        } else {
            counted_over(&world.client, world, &message, at(now)).await.unwrap();
        }
    }
    ours.unwrap()
}

/// A line on which the first call that is `meant` waits at the gate.
fn gated(
    world: &World,
    meant: impl Fn(&TableCall) -> bool + Send + Sync + 'static,
) -> (Arc<Gate>, Client) {
    let gate = Arc::new(Gate::default());
    let kept = Arc::clone(&gate);
    let client =
        line(&world.client, move |call| if meant(call) { kept.fate() } else { Fate::Passes });
    (gate, client)
}

fn claims_agency(call: &TableCall) -> bool {
    call.body.contains("SET claimed") && call.body.contains("corrects")
}

fn writes_row(call: &TableCall) -> bool {
    call.operation == "PutItem" && call.body.contains("work#")
}

fn publishes(call: &TableCall) -> bool {
    call.body.contains("SET committed") && call.body.contains("agencies")
}

async fn another_receipt(world: &World, number: u32) {
    happened(
        world,
        number,
        "online",
        &[("", "2026-11-17T03:00:00Z"), ("receive", "2026-11-17T03:30:00Z")],
    )
    .await;
}

async fn received(world: &World) -> u64 {
    province(world, "2026-11-17").await.received
}

/// Two messages of one agency: the first is held up at a call until the second, that knows of one
/// dossier more, has counted and closed.
async fn held_up_at(meant: fn(&TableCall) -> bool) -> (World, Result<Counted, Failure>) {
    let world = few_agencies().await;
    two_days(&world).await;
    let (first, second) = (last_message(&world, MORNING).await, last_message(&world, NIGHT).await);
    let (gate, client) = gated(&world, meant);
    let (outcome, ()) = join!(counted_over(&client, &world, &first, at(MORNING)), async {
        gate.reached().await;
        another_receipt(&world, 9022).await;
        counted_over(&world.client, &world, &second, at(NOON)).await.unwrap();
        assert_eq!(received(&world).await, 6);
        gate.open();
    });
    (world, outcome)
}

#[tokio::test]
async fn a_count_that_read_before_another_began_writes_nothing_of_what_it_read() {
    let (world, outcome) = held_up_at(claims_agency).await;
    outcome.unwrap();
    assert_eq!(received(&world).await, 6, "the older count did not win");
    assert_eq!(count(&world, "2026-11-17").await.changed, 0, "and left nothing behind");
}

#[tokio::test]
async fn rows_that_come_after_a_later_count_took_over_are_never_shown() {
    let (world, outcome) = held_up_at(writes_row).await;
    outcome.unwrap();
    assert_eq!(received(&world).await, 6);
    assert_eq!(count(&world, "2026-11-17").await.changed, 0);
}

#[tokio::test]
async fn a_close_that_was_overtaken_does_not_publish_its_older_sum() {
    let (world, outcome) = held_up_at(publishes).await;
    outcome.unwrap();
    assert_eq!(received(&world).await, 6, "the older sum did not win");
    assert_eq!(province(&world, "2026-11").await.received, 6);
    assert_eq!(count(&world, "2026-11-17").await.changed, 0);
}

#[tokio::test]
async fn two_closes_at_once_publish_each_sum_once() {
    let world = few_agencies().await;
    two_days(&world).await;
    let message = last_message(&world, MORNING).await;
    counted_over(&world.client, &world, &message, at(MORNING)).await.unwrap();
    another_receipt(&world, 9022).await;
    let message = last_message(&world, NIGHT).await;
    let (gate, client) =
        gated(&world, |call| call.body.contains("SET claimed") && call.body.contains("!closed"));
    let (outcome, ()) = join!(counted_over(&client, &world, &message, at(NIGHT)), async {
        gate.reached().await;
        close(&world, at(NIGHT)).await;
        assert_eq!(received(&world).await, 6);
        gate.open();
    });
    outcome.unwrap();
    assert_eq!(received(&world).await, 6);
    let corrections = world.figures.corrections("2026-11-17").await.unwrap();
    let of_province = corrections.iter().filter(|correction| correction.of.agency().is_none());
    assert_eq!(of_province.count(), 1);
}

async fn close(world: &World, now: Timestamp) {
    let (dossiers, figures, ledger) = (&world.dossiers, &world.figures, Ledger::default());
    count_agency::work_off(&to_close(now), dossiers, figures, &ledger, &world.catalogue, now)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_dossier_that_ends_between_the_two_readings_counts_once_and_as_it_ended() {
    let world = few_agencies().await;
    two_days(&world).await;
    let order = Order { day: Some("2026-11-18".parse().unwrap()), ..Order::default() };
    let messages = ordered(&world, &order, at(MORNING)).await.unwrap();
    let message =
        messages.iter().find(|message| message.contains(&format!("/{AGENCY}\""))).unwrap().clone();
    let (gate, client) = gated(&world, |call| call.body.contains("by-ended"));
    let (outcome, ()) = join!(counted_over(&client, &world, &message, at(MORNING)), async {
        gate.reached().await;
        // Open when the first index was read, ended when the second is.
        let end = crate::support::call::transition_event(
            "end",
            "2026-11-18T09:00:00Z",
            &format!("{AGENCY}-261117-9004"),
            "finish",
        );
        let (dossiers, intake) = (&world.dossiers, &world.intake);
        ingest_event::ingest(&end.to_string(), dossiers, intake, &world.catalogue, at(MORNING))
            .await
            .unwrap();
        gate.open();
    });
    outcome.unwrap();
    for message in messages.iter().filter(|other| **other != message) {
        counted_over(&world.client, &world, message, at(MORNING)).await.unwrap();
    }
    let wednesday = province(&world, "2026-11-18").await;
    assert_eq!((wednesday.carried_over, wednesday.resolved, wednesday.open()), (3, 2, 1));
}

/// An index that has not heard of what ended.
fn lagging(world: &World) -> Client {
    line(&world.client, |call| {
        if call.body.contains("by-ended") {
            Fate::Answered(r#"{"Items":[],"Count":0,"ScannedCount":0}"#)
        } else {
            Fate::Passes
        }
    })
}

#[tokio::test]
async fn a_dossier_that_neither_index_shows_moves_no_published_figure_while_the_index_may_lag() {
    let world = few_agencies().await;
    two_days(&world).await;
    count(&world, "2026-11-17").await;
    let before = province(&world, "2026-11-17").await;
    let message = last_message(&world, NIGHT).await;
    let outcome = counted_over(&lagging(&world), &world, &message, at(NIGHT)).await;
    assert!(matches!(outcome, Err(Failure::Held("an index of the dossiers"))), "{outcome:?}");
    // The queue delivers it again; by then the index has caught up.
    assert_eq!(counted_over(&world.client, &world, &message, at(NIGHT)).await.unwrap().changed, 0);
    assert_eq!(province(&world, "2026-11-17").await, before);
}

#[tokio::test]
async fn what_is_missing_for_longer_than_any_index_lags_is_gone() {
    let world = few_agencies().await;
    two_days(&world).await;
    count(&world, "2026-11-17").await;
    let message = last_message(&world, NIGHT).await;
    counted_over(&lagging(&world), &world, &message, at("2026-11-19T02:02:00Z")).await.unwrap();
    assert_eq!(province(&world, "2026-11-17").await.resolved, 0);
}

#[tokio::test]
async fn whoever_reads_while_two_editions_are_published_is_shown_one_of_them_whole() {
    let world = few_agencies().await;
    two_days(&world).await;
    count(&world, "2026-11-17").await;
    let (gate, client) = gated(&world, |call| call.operation == "Query");
    let reader = Figures::new(client, "KpiTable".to_owned());
    let period = "2026-11-17".parse().unwrap();
    let (gathered, ()) = join!(gather(&period, &reader), async {
        gate.reached().await;
        for number in [9022, 9023] {
            another_receipt(&world, number).await;
            count(&world, "2026-11-17").await;
        }
        gate.open();
    });
    let received = gathered.unwrap().rows[&domain::kpi::KpiCell::Province].received;
    assert_eq!(received, 7, "what the first edition showed is gone by now");
}
