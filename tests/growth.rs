//! A long history: a move costs what it cost when the dossier was young, and nothing of what happened
//! is lost, told twice or done twice, though its oldest part lies in pages of their own.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};

use aws_sdk_dynamodb::types::AttributeValue;
use domain::dossier::Dossier;
use platform::dynamo::Dossiers;
use platform::port::DossierStore;
use platform::record::is_page;
use relay_changes::{Route, relay};
use serde_json::{Value, json};

use crate::support::bytes::{item_bytes, plain};
use crate::support::call::{AGENCY, Answer, Call};
use crate::support::cut::{Fate, line};
use crate::support::meter::{Meter, UNIT};
use crate::support::world::{Kept, NOW, World, at, dossier_tables};

/// A remark as long as there may be, in letters of this country.
fn remark() -> String {
    "ế".repeat(300)
}

/// A move without words that need not be, or with as many as there may be.
#[derive(Clone, Copy)]
enum Words {
    Few,
    Many,
}

fn call(code: &str, action: &str, version: u64, words: Words) -> Call {
    let call = Call::transition(code, action, version);
    match words {
        Words::Few => call,
        Words::Many => call.body(&json!({
            "action": action, "expectedVersion": version, "reason": remark(), "note": remark(),
        })),
    }
}

/// The action that makes `version`: received, worked on, then suspended and resumed for ever.
fn action(version: u64) -> &'static str {
    match version {
        2 => "receive",
        3 => "process",
        even if even % 2 == 0 => "suspend",
        _ => "resume",
    }
}

async fn submitted(world: &World, key: &str) -> String {
    Call::submit(key).at_submit(&world.intake, world, at(NOW)).await.code()
}

async fn moved(world: &World, code: &str, version: u64, words: Words) -> Answer {
    let call = call(code, action(version), version - 1, words);
    call.at_change(&world.dossiers, world, at(NOW)).await
}

/// A dossier with so many entries.
async fn grown(world: &World, key: &str, versions: u64) -> String {
    let code = submitted(world, key).await;
    for version in 2..=versions {
        assert_eq!(moved(world, &code, version, Words::Few).await.status, 200, "{version}");
    }
    code
}

/// What the table holds of dossiers: states, and pages by their keys.
async fn stored(world: &World) -> Vec<(String, std::collections::HashMap<String, AttributeValue>)> {
    let scan = world.client.scan().table_name("DossiersTable").consistent_read(true);
    let items = scan.into_paginator().items().send().try_collect().await.unwrap();
    items.into_iter().map(|item| (item["code"].as_s().unwrap().clone(), item)).collect()
}

async fn pages(world: &World) -> usize {
    stored(world).await.iter().filter(|(key, _)| is_page(key)).count()
}

/// Write units of each move of a dossier to its hundredth entry, from the second entry on.
async fn units(words: Words) -> Vec<f64> {
    let meter = Meter::default();
    let world = World::metered(&meter).await;
    let code = submitted(&world, "k").await;
    let mut each = Vec::new();
    for version in 2..=100 {
        meter.read();
        assert_eq!(moved(&world, &code, version, words).await.status, 200, "{version}");
        each.push(meter.read().units().written as f64 / UNIT as f64);
    }
    each
}

fn mean(units: &[f64]) -> f64 {
    units.iter().sum::<f64>() / units.len() as f64
}

// The figures of ADR 62: `cargo test -p tests --test motcua -- growth:: --nocapture` shows them.
#[tokio::test]
async fn a_change_costs_at_a_hundred_entries_at_most_twice_what_it_cost_when_young() {
    let few = units(Words::Few).await;
    println!("few words: {few:?}");
    let (young, old) = (mean(&few[..4]), mean(&few[75..]));
    println!("few words: young {young}, at a hundred {old:.2}");
    // Receipt, work, and a pause with its end.
    assert_eq!(few[..4], [3.0, 3.0, 4.0, 4.0]);
    assert!(old <= 2.0 * young, "{old} after {young}");
    // One move of about eleven makes a page.
    let dear: Vec<f64> = few.iter().copied().filter(|units| *units > 5.0).collect();
    assert!(dear.len() <= 9 && dear.iter().all(|units| *units <= 12.0), "{few:?}");
}

#[tokio::test]
async fn a_change_with_the_longest_words_costs_at_a_hundred_entries_what_it_cost_at_twenty() {
    let many = units(Words::Many).await;
    println!("many words: {many:?}");
    let (young, old) = (mean(&many[..18]), mean(&many[81..]));
    println!("many words: at twenty {young:.2}, at a hundred {old:.2}");
    assert_eq!(many[..2], [5.0, 7.0]);
    assert!(old <= 1.1 * young && old < 16.0, "{old} after {young}");
}

#[tokio::test]
async fn a_long_history_is_read_whole_by_everybody_and_its_state_stays_small() {
    let world = World::new().await;
    let code = grown(&world, "k", 100).await;
    let dossier = world.dossier(&code).await;
    let versions: Vec<u64> = dossier.history.iter().map(|entry| entry.version).collect();
    assert_eq!(versions, (1..=100).collect::<Vec<_>>());
    let items = stored(&world).await;
    let sizes: Vec<usize> = items.iter().map(|(_, item)| item_bytes(item)).collect();
    assert!(items.len() > 4 && sizes.iter().all(|bytes| *bytes < 4 * 1_024), "{sizes:?}");
    let history = Call::new("GET /v1/dossiers/{code}/history").code(&code).officer(AGENCY);
    let history = history.at_track(&world).await.body["history"].take();
    assert_eq!(history.as_array().map(Vec::len), Some(100));
    // A count has the same entries without their words.
    let found = world.dossiers.open(&AGENCY.parse().unwrap()).await.unwrap();
    let mut counted = dossier.into_state().history;
    counted.iter_mut().for_each(|entry| (entry.reason, entry.note) = (None, None));
    assert_eq!((found.facts.len(), found.unreadable.len()), (1, 0));
    assert_eq!(found.facts[0].history, counted);
}

#[tokio::test]
async fn a_repeated_command_is_known_though_its_entry_lies_apart() {
    let world = World::new().await;
    let code = submitted(&world, "k").await;
    let first = call(&code, "receive", 1, Words::Few).header("idempotency-key", "receipt-1");
    let answer = first.clone().at_change(&world.dossiers, &world, at(NOW)).await;
    for version in 3..=60 {
        assert_eq!(moved(&world, &code, version, Words::Few).await.status, 200, "{version}");
    }
    assert!(pages(&world).await > 2);
    let again = first.clone().at_change(&world.dossiers, &world, at(NOW)).await;
    assert_eq!((again.status, &again.body), (200, &answer.body), "the answer of then");
    let other = call(&code, "receive", 1, Words::Many).header("idempotency-key", "receipt-1");
    let reused = other.at_change(&world.dossiers, &world, at(NOW)).await;
    assert_eq!((reused.status, reused.problem()), (422, "idempotency-key-reused"));
    assert_eq!(world.dossier(&code).await.version, 60);
}

/// The first version whose move makes a page.
async fn first_cut(world: &World) -> u64 {
    let code = submitted(world, "model").await;
    for version in 2.. {
        assert_eq!(moved(world, &code, version, Words::Few).await.status, 200, "{version}");
        if pages(world).await > 0 {
            return version;
        }
    }
    unreachable!("no move makes a page")
}

#[tokio::test]
async fn a_move_that_dies_around_its_page_is_made_once_when_it_is_asked_again() {
    let world = World::new().await;
    let cut = first_cut(&world).await;
    for lost_before in [true, false] {
        let code = grown(&world, &format!("k{lost_before}"), cut - 1).await;
        let before = pages(&world).await;
        let dies = AtomicBool::new(true);
        let client = line(&world.client, move |call| {
            if call.operation != "TransactWriteItems" || !dies.swap(false, Ordering::SeqCst) {
                return Fate::Passes;
            }
            if lost_before { Fate::LostBefore } else { Fate::LostAfter }
        });
        let dying = Dossiers::new(client, dossier_tables());
        let asked = call(&code, action(cut), cut - 1, Words::Few);
        let answer = asked.clone().at_change(&dying, &world, at(NOW)).await;
        assert_eq!(answer.status, 503, "{}", answer.body);
        // Either both the page and the move are there, or neither.
        let there = u64::from(!lost_before);
        assert_eq!(world.dossier(&code).await.version, cut - 1 + there);
        assert_eq!(pages(&world).await - before, usize::try_from(there).unwrap());
        let again = asked.at_change(&world.dossiers, &world, at(NOW)).await;
        assert_eq!(again.status, 200, "{}", again.body);
        assert_eq!(world.dossier(&code).await.version, cut);
        assert_eq!(pages(&world).await - before, 1);
    }
}

#[tokio::test]
async fn of_two_moves_at_once_where_a_page_is_due_one_is_made() {
    let world = World::new().await;
    let cut = first_cut(&world).await;
    for round in 0..5 {
        let code = grown(&world, &format!("k{round}"), cut - 1).await;
        let before = pages(&world).await;
        let asked = |account: &str| {
            let call = call(&code, action(cut), cut - 1, Words::Few).account(AGENCY, account);
            call.at_change(&world.dossiers, &world, at(NOW))
        };
        let (one, other) = tokio::join!(asked("officer-1"), asked("officer-2"));
        assert_eq!(BTreeSet::from([one.status, other.status]), [200, 409].into());
        assert_eq!(world.dossier(&code).await.version, cut);
        assert_eq!(pages(&world).await - before, 1);
    }
}

#[tokio::test]
async fn a_dossier_that_is_read_while_pages_are_made_is_always_whole() {
    let world = World::new().await;
    let code = submitted(&world, "k").await;
    let reading = async {
        loop {
            // Whoever reads it as a dossier has every entry from the first: else it does not read.
            let read = world.dossiers.dossier(&code.parse().unwrap()).await.unwrap().unwrap();
            let found = world.dossiers.open(&AGENCY.parse().unwrap()).await.unwrap();
            let counted = found.facts[0].history.iter().map(|entry| entry.version);
            assert!(counted.eq(1..=found.facts[0].history.len() as u64));
            if read.version >= 50 {
                return;
            }
        }
    };
    let writing = async {
        for version in 2..=50 {
            assert_eq!(moved(&world, &code, version, Words::Few).await.status, 200);
        }
    };
    tokio::join!(reading, writing);
}

#[tokio::test]
async fn a_history_that_an_earlier_release_stored_whole_is_put_apart_by_the_next_move() {
    let world = World::new().await;
    let code = grown(&world, "k", 60).await;
    let dossier: Dossier = world.dossier(&code).await;
    for (key, _) in stored(&world).await.into_iter().filter(|(key, _)| is_page(key)) {
        let key = AttributeValue::S(key);
        let gone = world.client.delete_item().table_name("DossiersTable").key("code", key);
        gone.send().await.unwrap();
    }
    world.overwrite(&dossier).await;
    assert_eq!((world.dossier(&code).await, pages(&world).await), (dossier.clone(), 0));
    assert_eq!(moved(&world, &code, 61, Words::Few).await.status, 200);
    let after = world.dossier(&code).await;
    assert_eq!((after.version, pages(&world).await), (61, 1));
    assert_eq!(after.history[..60], dossier.history[..]);
}

#[tokio::test]
async fn what_is_forgotten_is_forgotten_in_the_pages_too_and_the_history_stays() {
    let world = World::new().await;
    let code = submitted(&world, "k").await;
    for version in 2..=31 {
        assert_eq!(moved(&world, &code, version, Words::Many).await.status, 200, "{version}");
    }
    let end = Call::transition(&code, "finish", 31);
    assert_eq!(end.at_change(&world.dossiers, &world, at(NOW)).await.status, 200);
    let there = pages(&world).await;
    let order =
        json!({ "number": "12/QĐ-TTr", "issuer": "Thanh tra tỉnh", "reason": "Nhầm người" });
    let erasure = Call::new("POST /v1/dossiers/{code}/erasure").code(&code).administrator();
    assert_eq!(erasure.body(&order).at_erasure(&world, at(NOW)).await.status, 200);
    let items: Vec<Value> = stored(&world).await.iter().map(|(_, item)| plain(item)).collect();
    assert!(there > 5 && items.len() == there + 1, "{there} pages");
    assert!(!json!(items).to_string().contains('ế'), "words are left");
    let dossier = world.dossier(&code).await;
    assert!(dossier.applicant.is_none());
    assert_eq!(dossier.history.len(), 32);
    // What happens after it is put beside what happened before.
    let mut fetched = json!({ "action": "return-result", "expectedVersion": 32 });
    fetched["handover"] = json!({ "how": "in-person" });
    let fetched = Call::transition(&code, "return-result", 32).body(&fetched);
    let answer = fetched.at_change(&world.dossiers, &world, at(NOW)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(world.dossier(&code).await.version, 33);
}

#[tokio::test]
async fn a_dossier_whose_page_is_missing_is_an_error_for_itself_and_named_by_a_count() {
    let world = World::new().await;
    let code = grown(&world, "k", 40).await;
    let sound = submitted(&world, "l").await;
    let key = AttributeValue::S(format!("{code}#1"));
    let gone = world.client.delete_item().table_name("DossiersTable").key("code", key);
    gone.send().await.unwrap();
    let read = world.dossiers.dossier(&code.parse().unwrap()).await.unwrap_err();
    assert_eq!(read.to_string(), "a page of a history is not there, or not whole");
    let found = world.dossiers.open(&AGENCY.parse().unwrap()).await.unwrap();
    assert_eq!(found.unreadable, [code].into());
    assert_eq!(found.facts.iter().map(|facts| facts.code.as_str()).collect::<Vec<_>>(), [sound]);
}

#[tokio::test]
async fn the_relay_tells_each_entry_once_and_nothing_of_a_page() {
    let world = World::new().await;
    let code = submitted(&world, "k").await;
    let kept = Kept::default();
    let routes = [Route { queue: &kept, wants: |_| true, wants_feedback: true }];
    let timeout = std::time::Duration::from_secs(5);
    let mut known: std::collections::BTreeMap<String, Value> = std::collections::BTreeMap::new();
    for version in 1..=40 {
        if version > 1 {
            assert_eq!(moved(&world, &code, version, Words::Few).await.status, 200);
        }
        // What the stream carries: an image of each item that is another than before.
        for (key, item) in stored(&world).await {
            let image = plain(&item);
            let old = known.insert(key.clone(), image.clone());
            if old.as_ref() == Some(&image) {
                continue;
            }
            let mut event = crate::redelivery::stream(Some(&image), old.as_ref());
            event.records[0].change.keys = serde_dynamo::to_item(json!({ "code": key })).unwrap();
            relay(event, &routes, &kept, timeout).await.unwrap();
        }
    }
    assert!(kept.parked.lock().unwrap().is_empty());
    let told = kept.sent.lock().unwrap().clone();
    let versions: Vec<u64> =
        told.iter().map(|message| message["data"]["version"].as_u64().unwrap()).collect();
    assert_eq!(versions, (1..=40).collect::<Vec<_>>());
}
