//! Days of a province, and what the night makes of them.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, LazyLock};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use count_agency::{Counted, Ledger};
use domain::catalogue::Catalogue;
use domain::kpi::{DueBasis, KpiRow};
use ingest_event::ingest;
use jiff::Timestamp;
use jiff::civil::Date;
use platform::Failure;
use platform::catalogue::{Texts, UndecidedYears};
use platform::dynamo::{Dossiers, Figures};
use platform::message::CloudEvent;
use platform::record::KpiRecord;
use rollup_kpi::Order;
use serde_json::Value;

use super::call::{AGENCY, submit_event, transition_event};
use super::file;
use super::world::{World, at};

/// The morning after everything.
pub const MORNING: &str = "2026-11-19T01:00:00Z";

/// The agencies of [`few_agencies`]: those of the integrators, the one above them, and some that
/// have ended.
const FEW: [&str; 10] =
    ["H20", "H20.03", "H20.05", "H20.09", "H20.10", "H20.101", "H20.12", "H58", "H58.03", "H58.09"];

/// The shipped catalogue with a handful of agencies: each of them costs a night some queries.
pub fn few_texts() -> Texts {
    let mut agencies: Value = serde_json::from_str(&file("infra/data/agencies.json")).unwrap();
    agencies["agencies"]
        .as_array_mut()
        .unwrap()
        .retain(|agency| FEW.contains(&agency["code"].as_str().unwrap()));
    Texts::built_in().with([("agencies.json".to_owned(), agencies.to_string())].into()).unwrap()
}

/// A world whose province has a handful of agencies.
pub async fn few_agencies() -> World {
    static CATALOGUE: LazyLock<Arc<Catalogue>> =
        LazyLock::new(|| Arc::new(few_texts().assemble(UndecidedYears::Refused).unwrap()));
    World::of(Arc::clone(&CATALOGUE)).await
}

/// Takes a dossier through `steps`, each an action and its time.
pub async fn happened(world: &World, number: u32, channel: &str, steps: &[(&str, &str)]) -> String {
    let day = steps[0].1[2..10].replace('-', "");
    let code = format!("{AGENCY}-{day}-{number}");
    let mut events: Vec<Value> = Vec::new();
    for (place, (action, time)) in steps.iter().enumerate() {
        let id = format!("{number}-{place}");
        let mut event = if place == 0 {
            submit_event(&id, time, Some(&code))
        } else {
            transition_event(&id, time, &code, action)
        };
        if place == 0 {
            event["data"]["channel"] = channel.into();
        }
        events.push(event);
    }
    for event in events {
        let message = event.to_string();
        ingest(&message, &world.dossiers, &world.intake, &world.catalogue, at(MORNING))
            .await
            .unwrap();
    }
    code
}

/// What a night came to, all of its messages together.
#[derive(Debug, PartialEq)]
pub struct Night {
    /// The first day that was counted for any agency.
    pub first: Date,
    /// The last.
    pub last: Date,
    pub changed: usize,
    pub corrected: usize,
    pub due_basis: DueBasis,
}

/// The messages of an order.
pub async fn ordered(world: &World, order: &Order, now: Timestamp) -> Result<Vec<String>, Failure> {
    replay::night::ordered(order, &world.figures, &world.catalogue, now).await
}

/// Orders days to be counted and works off the messages, as one invocation of the counter would.
pub async fn night(world: &World, order: &Order, now: Timestamp) -> Result<Night, Failure> {
    let nights =
        replay::night::night(order, (&world.dossiers, &world.figures), &world.catalogue, now)
            .await?;
    let (first, last) = (
        nights.iter().map(|n| n.first).min().unwrap(),
        nights.iter().map(|n| n.last).max().unwrap(),
    );
    let closed = nights.iter().filter_map(|night| night.closed.as_ref());
    let (changed, corrected) =
        closed.fold((0, 0), |sum, closed| (sum.0 + closed.changed, sum.1 + closed.corrected));
    // A count may go on to days that nobody has published.
    let mut published = last;
    while world.figures.count(&published.to_string()).await?.is_none() && published > first {
        published = published.yesterday().unwrap();
    }
    let due_basis = world.figures.count(&published.to_string()).await?.unwrap().due_basis;
    Ok(Night {
        first,
        last,
        changed: nights.iter().fold(changed, |sum, night| sum + night.changed),
        corrected: nights.iter().fold(corrected, |sum, night| sum + night.corrected),
        due_basis,
    })
}

/// Works off one message on the morning after everything.
pub async fn counted(world: &World, message: &str, ledger: &Ledger) -> Result<Counted, Failure> {
    count_agency::count(
        message,
        &world.dossiers,
        &world.figures,
        ledger,
        &world.catalogue,
        at(MORNING),
    )
    .await
}

/// Works off one message at `now` over another line to the tables.
pub async fn counted_over(
    client: &Client,
    world: &World,
    message: &str,
    now: Timestamp,
) -> Result<Counted, Failure> {
    let dossiers = Dossiers::new(client.clone(), "DossiersTable".to_owned());
    let figures = Figures::new(client.clone(), "KpiTable".to_owned());
    count_agency::count(message, &dossiers, &figures, &Ledger::default(), &world.catalogue, now)
        .await
}

/// The message that closes what was counted.
pub fn to_close(now: Timestamp) -> String {
    serde_json::to_string(&CloudEvent::close("2026-11-01".parse().unwrap(), now)).unwrap()
}

/// The items of the table of figures, to be put back by [`restore`].
pub async fn kept(world: &World) -> Vec<HashMap<String, AttributeValue>> {
    let scanned = world
        .client
        .scan()
        .table_name("KpiTable")
        .consistent_read(true)
        .into_paginator()
        .items()
        .send();
    scanned.try_collect().await.unwrap()
}

/// Makes the table of figures what it was.
pub async fn restore(world: &World, items: &[HashMap<String, AttributeValue>]) {
    forget(world).await;
    for item in items {
        world
            .client
            .put_item()
            .table_name("KpiTable")
            .set_item(Some(item.clone()))
            .send()
            .await
            .unwrap();
    }
}

/// Forgets every figure that was ever counted.
pub async fn forget(world: &World) {
    let table = "KpiTable";
    for mut item in kept(world).await {
        item.retain(|name, _| ["day", "cell"].contains(&name.as_str()));
        world.client.delete_item().table_name(table).set_key(Some(item)).send().await.unwrap();
    }
}

/// Counts Tuesday and Wednesday, the days of [`two_days`].
pub async fn count_both(world: &World) {
    for day in ["2026-11-17", "2026-11-18"] {
        count(world, day).await;
    }
}

/// A world with Tuesday and Wednesday, counted.
pub async fn two_days_counted() -> World {
    let world = few_agencies().await;
    two_days(&world).await;
    count_both(&world).await;
    world
}

/// A dossier of Tuesday that becomes known after it was counted.
pub async fn late_receipt(world: &World) {
    let steps = [("", "2026-11-17T03:00:00Z"), ("receive", "2026-11-17T03:30:00Z")];
    happened(world, 9021, "online", &steps).await;
}

pub async fn count(world: &World, day: &str) -> Night {
    let order = Order { day: Some(day.parse().unwrap()), ..Order::default() };
    night(world, &order, at(MORNING)).await.unwrap()
}

pub async fn rows(world: &World, day: &str) -> Vec<KpiRecord> {
    world.figures.of(day).await.unwrap()
}

pub async fn province(world: &World, day: &str) -> KpiRow {
    let found = world.figures.row(day, "province").await.unwrap();
    found.map(|row| row.figures).unwrap_or_default()
}

/// Everything that the table of figures publishes: rows, when they were counted, and what of them
/// was corrected.
pub async fn everything(world: &World) -> BTreeMap<String, String> {
    let items = kept(world).await.into_iter();
    // How it was counted is no figure.
    let days =
        items.map(|item| item["day"].as_s().unwrap().clone()).filter(|day| day.starts_with("20"));
    let mut found = BTreeMap::new();
    for day in days.collect::<BTreeSet<String>>() {
        for row in world.figures.of(&day).await.unwrap() {
            found.insert(format!("{day} {}", row.cell), serde_json::to_string(&row).unwrap());
        }
        if let Some(count) = world.figures.count(&day).await.unwrap() {
            found.insert(format!("{day} !count"), serde_json::to_string(&count).unwrap());
        }
        for correction in world.figures.corrections(&day).await.unwrap() {
            let (before, after) = (&correction.before, &correction.after);
            let name = format!("{day} !corrected {} {before:?} {after:?}", correction.of);
            found.insert(name, serde_json::to_string(&correction).unwrap());
        }
    }
    found
}

/// A province's Tuesday and Wednesday.
pub async fn two_days(world: &World) {
    // A certificate of origin takes 4 office hours on-line, 8 at the counter.
    let early = [
        ("", "2026-11-17T01:00:00Z"),
        ("receive", "2026-11-17T08:30:00Z"),
        ("finish", "2026-11-17T09:00:00Z"),
    ];
    let on_time = [
        ("", "2026-11-17T01:10:00Z"),
        ("receive", "2026-11-17T01:20:00Z"),
        ("finish", "2026-11-17T02:00:00Z"),
    ];
    let late = [
        ("", "2026-11-17T01:20:00Z"),
        ("receive", "2026-11-17T01:30:00Z"),
        ("finish", "2026-11-18T02:00:00Z"),
    ];
    let overdue = [
        ("", "2026-11-17T01:30:00Z"),
        ("receive", "2026-11-17T01:40:00Z"),
        ("process", "2026-11-17T02:00:00Z"),
    ];
    let refused = [("", "2026-11-17T01:30:00Z"), ("refuse", "2026-11-17T01:40:00Z")];
    let waiting = [("", "2026-11-17T01:30:00Z")];
    happened(world, 9001, "online", &early).await;
    happened(world, 9002, "online", &on_time).await;
    happened(world, 9003, "online", &late).await;
    happened(world, 9004, "online", &overdue).await;
    happened(world, 9005, "online", &refused).await;
    happened(world, 9006, "online", &waiting).await;
    happened(
        world,
        9007,
        "postal",
        &[("", "2026-11-17T01:30:00Z"), ("receive", "2026-11-17T01:40:00Z")],
    )
    .await;
}
