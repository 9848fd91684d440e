//! A count or a close that dies before or after any of its calls: whoever comes next makes it good,
//! and what was published can be read all the while.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_sdk_dynamodb::types::AttributeValue;
use count_agency::Ledger;
use jiff::Timestamp;
use rollup_kpi::Order;
use serde_json::Value;

use crate::support::call::{AGENCY, Call};
use crate::support::cut::{Fate, line};
use crate::support::days::{
    counted_over, everything, few_agencies, kept, late_receipt, night, ordered, restore, to_close,
    two_days, two_days_counted,
};
use crate::support::world::{World, at};

/// The night in which a receipt of the 17th has become known late.
const LATER: &str = "2026-11-20T01:00:00Z";
const NEXT: &str = "2026-11-21T01:00:00Z";

type Items = Vec<std::collections::HashMap<String, AttributeValue>>;

/// Tuesday and Wednesday are published, then something of Tuesday becomes known; the night has
/// counted every agency but the one that it concerns. Its message, and the table of figures as it
/// lies then.
async fn before_the_last() -> (World, String, Items) {
    let world = two_days_counted().await;
    late_receipt(&world).await;
    // Counted again from the 18th on: the 17th lies outside of the order.
    let order = Order::days("2026-11-18".parse().unwrap(), "2026-11-19".parse().unwrap());
    let messages = ordered(&world, &order, at(LATER)).await.unwrap();
    let (ours, others): (Vec<String>, Vec<String>) =
        messages.into_iter().partition(|message| message.contains(&format!("/{AGENCY}\"")));
    for message in &others {
        counted_over(&world.client, &world, message, at(LATER)).await.unwrap();
    }
    let items = kept(&world).await;
    (world, ours[0].clone(), items)
}

/// What officers are told of the days and of the month: the receipts of each, or that it was not
/// counted.
async fn told(world: &World) -> BTreeMap<&'static str, Value> {
    let mut told = BTreeMap::new();
    for period in ["2026-11-17", "2026-11-18", "2026-11-17..2026-11-18", "2026-11"] {
        let call = Call::new("GET /v1/kpi").officer(AGENCY).query("period", period);
        let answer: crate::support::call::Answer = call.at_kpi(world, at(LATER)).await.into();
        assert_eq!(answer.status, 200, "{period}: {}", answer.body);
        told.insert(period, answer.body["total"]["figures"].clone());
    }
    told
}

/// How many calls a whole message makes, and which of them write.
async fn calls(world: &World, message: &str) -> (usize, Vec<usize>) {
    let writes = Arc::new(std::sync::Mutex::new(Vec::new()));
    let (number, noted) = (Arc::new(AtomicUsize::new(0)), Arc::clone(&writes));
    let counter = Arc::clone(&number);
    let client = line(&world.client, move |call| {
        counter.fetch_add(1, Ordering::SeqCst);
        if call.writes() {
            noted.lock().unwrap().push(call.number);
        }
        Fate::Passes
    });
    counted_over(&client, world, message, at(LATER)).await.unwrap();
    let writes = writes.lock().unwrap().clone();
    (number.load(Ordering::SeqCst), writes)
}

/// Works the message off by a process that dies at call `place`.
async fn dies(world: &World, message: &str, place: usize, after: bool) {
    let client = line(&world.client, move |call| match call.number.cmp(&place) {
        std::cmp::Ordering::Less => Fate::Passes,
        std::cmp::Ordering::Equal if after => Fate::LostAfter,
        std::cmp::Ordering::Equal | std::cmp::Ordering::Greater => Fate::LostBefore,
    });
    counted_over(&client, world, message, at(LATER)).await.unwrap_err();
}

#[tokio::test]
async fn a_count_that_dies_at_any_call_is_made_good_by_its_message_and_the_published_days_stay_readable()
 {
    let (world, message, items) = before_the_last().await;
    let old = told(&world).await;
    let (calls, writes) = calls(&world, &message).await;
    let (whole, new) = (everything(&world).await, told(&world).await);
    assert!(calls > 30 && writes.len() > 10, "{calls} calls, {writes:?}");
    assert_ne!(old, new, "the correction is one");
    for place in 0..calls {
        for after in [false, true] {
            // What only reads dies before or after it alike.
            if after && !writes.contains(&place) {
                continue;
            }
            restore(&world, &items).await;
            dies(&world, &message, place, after).await;
            let between = told(&world).await;
            assert!(between == old || between == new, "at call {place}: {between:?}");
            counted_over(&world.client, &world, &message, at(LATER)).await.unwrap();
            assert_eq!(everything(&world).await, whole, "at call {place}, {after}");
        }
    }
}

#[tokio::test]
async fn a_count_that_dies_for_good_is_made_good_by_the_next_night() {
    let (world, message, items) = before_the_last().await;
    let (_, writes) = calls(&world, &message).await;
    night(&world, &Order::default(), at(NEXT)).await.unwrap();
    let figures = async |world: &World| -> BTreeMap<String, Value> {
        let rows = everything(world).await.into_iter().filter(|(name, _)| !name.contains('!'));
        rows.map(|(name, row)| (name, serde_json::from_str(&row).unwrap())).collect()
    };
    let whole = figures(&world).await;
    for place in writes {
        restore(&world, &items).await;
        dies(&world, &message, place, true).await;
        night(&world, &Order::default(), at(NEXT)).await.unwrap();
        assert_eq!(figures(&world).await, whole, "at call {place}");
        assert_eq!(told(&world).await.len(), 4);
    }
}

#[tokio::test]
async fn a_close_that_died_is_made_by_an_order_to_close_alone() {
    let (world, message, items) = before_the_last().await;
    let (_, writes) = calls(&world, &message).await;
    let (whole, new) = (everything(&world).await, told(&world).await);
    // The agency is struck off by one write, and all that follow are those of the close.
    let struck_off = Arc::new(AtomicUsize::new(usize::MAX));
    restore(&world, &items).await;
    let noted = Arc::clone(&struck_off);
    let client = line(&world.client, move |call| {
        if call.body.contains("DELETE remaining") {
            noted.store(call.number, Ordering::SeqCst);
        }
        Fate::Passes
    });
    counted_over(&client, &world, &message, at(LATER)).await.unwrap();
    let struck_off = struck_off.load(Ordering::SeqCst);
    let of_the_close: Vec<usize> = writes.into_iter().filter(|place| *place > struck_off).collect();
    assert!(of_the_close.len() > 5, "{of_the_close:?}");
    for place in of_the_close {
        restore(&world, &items).await;
        dies(&world, &message, place, false).await;
        let later: Timestamp = at("2026-11-20T01:10:00Z");
        let (dossiers, figures) = (&world.dossiers, &world.figures);
        let order = to_close(later);
        count_agency::work_off(
            &order,
            dossiers,
            figures,
            &Ledger::default(),
            &world.catalogue,
            later,
        )
        .await
        .unwrap();
        let names = |all: &BTreeMap<String, String>| all.keys().cloned().collect::<Vec<_>>();
        assert_eq!(
            (told(&world).await, names(&everything(&world).await)),
            (new.clone(), names(&whole)),
            "{place}"
        );
    }
}

#[tokio::test]
async fn a_night_that_dies_while_it_is_ordered_is_ordered_again_and_comes_to_the_same() {
    let world = few_agencies().await;
    two_days(&world).await;
    night(&world, &Order::default(), at("2026-11-19T01:00:00Z")).await.unwrap();
    let (whole, items) = (everything(&world).await, Items::new());
    let total = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&total);
    let plan = async |client: aws_sdk_dynamodb::Client| {
        let figures = platform::dynamo::Figures::new(client, "KpiTable".to_owned());
        replay::night::ordered(
            &Order::default(),
            &figures,
            &world.catalogue,
            at("2026-11-19T01:00:00Z"),
        )
        .await
    };
    restore(&world, &items).await;
    plan(line(&world.client, move |_| {
        counter.fetch_add(1, Ordering::SeqCst);
        Fate::Passes
    }))
    .await
    .unwrap();
    for place in 0..total.load(Ordering::SeqCst) {
        restore(&world, &items).await;
        let cut = move |number: usize| if number < place { Fate::Passes } else { Fate::LostAfter };
        plan(line(&world.client, move |call| cut(call.number))).await.unwrap_err();
        night(&world, &Order::default(), at("2026-11-19T01:00:00Z")).await.unwrap();
        assert_eq!(everything(&world).await, whole, "at call {place}");
    }
}
