//! What counts, the morning and reports read of many dossiers: an index says which, and the items
//! say what happened to them.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};

use aws_sdk_dynamodb::Client;
use domain::dossier::Action;
use platform::Failure;
use platform::dynamo::Dossiers;
use serde_json::{Value, json};

use crate::support::bytes;
use crate::support::call::{AGENCY, Call};
use crate::support::cut::{Fate, TableCall, line};
use crate::support::world::{NOW, World, at, dossier_tables};

fn over(client: Client) -> Dossiers {
    Dossiers::new(client, dossier_tables())
}

async fn submitted(world: &World, key: &str) -> String {
    Call::submit(key).at_submit(&world.intake, world, at(NOW)).await.code()
}

async fn moved(world: &World, code: &str, action: &str, version: u64) {
    let call = Call::transition(code, action, version);
    assert_eq!(call.at_change(&world.dossiers, world, at(NOW)).await.status, 200, "{action}");
}

/// What the table has of `code`, as an answer to a batch that asks for it.
async fn image(world: &World, code: &str) -> Value {
    let code = aws_sdk_dynamodb::types::AttributeValue::S(code.to_owned());
    let get = world.client.get_item().table_name("DossiersTable").key("code", code);
    let item = get.send().await.unwrap().item.unwrap();
    bytes::image(&item)
}

fn said(answer: &Value) -> Fate {
    Fate::Answered(Box::leak(answer.to_string().into_boxed_str()))
}

/// A table that leaves out of an answer whatever it is asked for.
fn left_out(call: &TableCall) -> Fate {
    let asked: Value = serde_json::from_str(&call.body).unwrap();
    said(&json!({ "Responses": {}, "UnprocessedKeys": asked["RequestItems"] }))
}

/// The codes and the last actions of what an agency has open.
async fn open(dossiers: &Dossiers) -> Result<BTreeSet<(String, Action)>, Failure> {
    let facts = dossiers.open(&AGENCY.parse().unwrap()).await?.facts;
    Ok(facts
        .into_iter()
        .map(|facts| (facts.code.to_string(), facts.history.last().unwrap().action))
        .collect())
}

#[tokio::test]
async fn more_dossiers_than_a_batch_takes_are_all_read_once() {
    let world = World::new().await;
    let model = submitted(&world, "k").await;
    let day = model.rsplit_once('-').unwrap().0.to_owned();
    let mut expected = BTreeSet::from([(model.clone(), Action::Submit)]);
    for number in 100..330 {
        let code = format!("{day}-0{number}");
        let line = format!("01#2026-11-20#{code}");
        world.plant("DossiersTable", &model, [("code", &code), ("workDue", &line)]).await;
        expected.insert((code, Action::Submit));
    }
    let found = world.dossiers.open(&AGENCY.parse().unwrap()).await.unwrap();
    assert_eq!((found.facts.len(), found.unreadable.len()), (231, 0));
    assert_eq!(open(&world.dossiers).await.unwrap(), expected);
    assert_eq!(world.dossiers.open_each(&AGENCY.parse().unwrap()).await.unwrap().len(), 231);
}

#[tokio::test]
async fn what_the_table_leaves_out_of_a_batch_is_asked_for_again() {
    let world = World::new().await;
    let code = submitted(&world, "k").await;
    let first = AtomicBool::new(true);
    let client = line(&world.client, move |call| {
        let again = call.operation == "BatchGetItem" && first.swap(false, Ordering::SeqCst);
        if again { left_out(call) } else { Fate::Passes }
    });
    assert_eq!(open(&over(client)).await.unwrap(), [(code, Action::Submit)].into());
}

#[tokio::test]
async fn a_table_that_never_answers_a_batch_whole_is_an_outage_and_no_province_without_dossiers() {
    let world = World::new().await;
    submitted(&world, "k").await;
    let client = line(&world.client, |call| match call.operation.as_str() {
        "BatchGetItem" => left_out(call),
        _ => Fate::Passes,
    });
    let failure = open(&over(client)).await.unwrap_err();
    assert!(matches!(failure, Failure::Unavailable { part: "table", .. }), "{failure}");
}

/// Of a batch that may lag, `stale` is the answer; of one that may not, that of the table.
fn lagging(world: &World, stale: Value) -> Client {
    line(&world.client, move |call| {
        let lags = call.operation == "BatchGetItem" && call.body.contains(r#"Read":false"#);
        if lags { said(&json!({ "Responses": { "DossiersTable": stale } })) } else { Fate::Passes }
    })
}

#[tokio::test]
async fn an_item_that_lags_behind_its_own_row_is_read_as_of_the_last_write() {
    let world = World::new().await;
    let code = submitted(&world, "k").await;
    // A copy that has not heard of the dossier yet, and one that has not heard of its receipt.
    let unheard = lagging(&world, json!([]));
    assert_eq!(open(&over(unheard)).await.unwrap(), [(code.clone(), Action::Submit)].into());
    let before = image(&world, &code).await;
    moved(&world, &code, "receive", 1).await;
    let older = lagging(&world, json!([before]));
    assert_eq!(open(&over(older)).await.unwrap(), [(code.clone(), Action::Receive)].into());
    let before = image(&world, &code).await;
    moved(&world, &code, "finish", 2).await;
    let (agency, today) = (AGENCY.parse().unwrap(), "2026-11-17".parse().unwrap());
    let ended = over(lagging(&world, json!([before]))).ended(&agency, today, today).await.unwrap();
    assert_eq!(ended.facts[0].history.last().unwrap().action, Action::Finish);
}

#[tokio::test]
async fn a_dossier_that_moves_on_behind_the_index_is_read_as_it_is() {
    let world = World::new().await;
    let code = submitted(&world, "k").await;
    let row = json!({ "code": { "S": code }, "version": { "N": "1" } });
    let rows = json!({ "Items": [row], "Count": 1, "ScannedCount": 1 });
    moved(&world, &code, "receive", 1).await;
    moved(&world, &code, "finish", 2).await;
    // The index still has it among what is open.
    let client =
        line(
            &world.client,
            move |call| {
                if call.body.contains("by-work") { said(&rows) } else { Fate::Passes }
            },
        );
    assert_eq!(open(&over(client)).await.unwrap(), [(code, Action::Finish)].into());
}
