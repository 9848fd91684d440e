//! Days of a province, and what the night makes of them.

use std::collections::BTreeMap;

use domain::kpi::KpiRow;
use ingest_event::ingest;
use platform::record::KpiRecord;
use rollup_kpi::{Order, Outcome, roll_up};
use serde_json::Value;

use super::call::{AGENCY, submit_event, transition_event};
use super::world::{World, at};

/// The morning after everything.
pub const MORNING: &str = "2026-11-19T01:00:00Z";

/// Takes a dossier through `steps`, each an action and its time.
pub async fn happened(world: &World, number: u32, channel: &str, steps: &[(&str, &str)]) -> String {
    let day = steps[0].1[2..10].replace('-', "");
    let code = format!("{AGENCY}-{day}-{number}");
    let mut events: Vec<Value> = Vec::new();
    for (place, (action, time)) in steps.iter().enumerate() {
        let id = format!("{number}-{place}");
        let mut event =
            if place == 0 { submit_event(&id, time, Some(&code)) } else { transition_event(&id, time, &code, action) };
        if place == 0 {
            event["data"]["channel"] = channel.into();
        }
        events.push(event);
    }
    for event in events {
        let message = event.to_string();
        ingest(&message, &world.dossiers, &world.reception, &world.catalogue, at(MORNING)).await.unwrap();
    }
    code
}

pub async fn count(world: &World, day: &str) -> Outcome {
    let order = Order { day: Some(day.parse().unwrap()) };
    roll_up(&order, &world.dossiers, &world.figures, &world.catalogue, at(MORNING)).await.unwrap()
}

pub async fn rows(world: &World, day: &str) -> Vec<KpiRecord> {
    world.figures.of(day).await.unwrap()
}

pub async fn province(world: &World, day: &str) -> KpiRow {
    let found = world.figures.row(day, "province").await.unwrap();
    found.map(|row| row.figures).unwrap_or_default()
}

/// Everything that lies in the table of figures, as it lies there.
pub async fn everything(world: &World) -> BTreeMap<String, String> {
    let scanned = world.client.scan().table_name("KpiTable").consistent_read(true).into_paginator().items().send();
    let items = scanned.try_collect().await.unwrap().into_iter().map(|item| {
        let item: BTreeMap<String, Value> = serde_dynamo::from_item(item).unwrap();
        (format!("{} {}", item["day"], item["cell"]), serde_json::to_string(&item).unwrap())
    });
    items.collect()
}

/// A province's Tuesday and Wednesday.
pub async fn two_days(world: &World) {
    // A certificate of origin takes 4 office hours on-line, 8 at the counter.
    let early = [("", "2026-11-17T01:00:00Z"), ("receive", "2026-11-17T08:30:00Z"), ("finish", "2026-11-17T09:00:00Z")];
    let on_time =
        [("", "2026-11-17T01:10:00Z"), ("receive", "2026-11-17T01:20:00Z"), ("finish", "2026-11-17T02:00:00Z")];
    let late = [("", "2026-11-17T01:20:00Z"), ("receive", "2026-11-17T01:30:00Z"), ("finish", "2026-11-18T02:00:00Z")];
    let overdue =
        [("", "2026-11-17T01:30:00Z"), ("receive", "2026-11-17T01:40:00Z"), ("process", "2026-11-17T02:00:00Z")];
    let refused = [("", "2026-11-17T01:30:00Z"), ("refuse", "2026-11-17T01:40:00Z")];
    let waiting = [("", "2026-11-17T01:30:00Z")];
    happened(world, 9001, "online", &early).await;
    happened(world, 9002, "online", &on_time).await;
    happened(world, 9003, "online", &late).await;
    happened(world, 9004, "online", &overdue).await;
    happened(world, 9005, "online", &refused).await;
    happened(world, 9006, "online", &waiting).await;
    happened(world, 9007, "postal", &[("", "2026-11-17T01:30:00Z"), ("receive", "2026-11-17T01:40:00Z")]).await;
}
