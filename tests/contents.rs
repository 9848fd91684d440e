//! What was handed in lies apart from the state that every move rewrites: small state, nothing of a
//! person in stream or index, and both read as one.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{AttributeValue, Capacity, ReturnConsumedCapacity};
use platform::port::DossierStore;
use serde_json::{Value, json};

use crate::support::bytes::{item_bytes, plain};
use crate::support::call::{AGENCY, CITIZEN, Call, submission, with_outcome};
use crate::support::world::{NOW, World, at};

type Item = HashMap<String, AttributeValue>;

/// A submission in which nothing personal occurs by chance elsewhere.
fn with_canaries() -> Value {
    let mut body = submission();
    body["applicant"]["fullName"] = "Canary Thị Mẫu".into();
    body["applicant"]["phone"] = "0981234567".into();
    body["applicant"]["email"] = "canary@example.vn".into();
    let documents = body["documents"].as_array_mut().unwrap();
    for (number, document) in documents.iter_mut().enumerate() {
        document["name"] = format!("canary-{number}.pdf").into();
        document["url"] = format!("https://files.example/canary-{number}").into();
    }
    body
}

/// What nobody may find outside the contents table, in any form in which it is stored.
const CANARIES: [&str; 4] = ["anary", CITIZEN, "981234567", "9f86d081884c7d65"];

async fn submitted(world: &World, key: &str) -> String {
    let call = Call::submit(key).body(&with_canaries());
    call.at_submit(&world.intake, world, at(NOW)).await.code()
}

async fn moved(world: &World, code: &str, body: &Value) {
    let call = Call::transition(code, "", 0).body(body);
    let call = match body["action"].as_str() {
        Some("supplement") => call.citizen(CITIZEN),
        _ => call,
    };
    let answer = call.at_change(&world.dossiers, world, at(NOW)).await;
    assert_eq!(answer.status, 200, "{body}: {}", answer.body);
}

/// Asks for the first document again.
fn request(version: u64) -> Value {
    let code = &submission()["documents"][0]["code"];
    json!({
        "action": "request-supplement", "expectedVersion": version, "reason": "Ảnh mờ",
        "askedFor": [{ "code": code, "reason": "Không đọc được" }],
    })
}

/// Brings the first document again.
fn supplement(version: u64) -> Value {
    let document = &with_canaries()["documents"][0];
    json!({ "action": "supplement", "expectedVersion": version, "documents": [document] })
}

async fn scanned(world: &World, table: &str, index: Option<&str>) -> Vec<Value> {
    let scan = world.client.scan().table_name(table).set_index_name(index.map(str::to_owned));
    let items = scan.send().await.unwrap().items.unwrap_or_default();
    items.iter().map(plain).collect()
}

#[tokio::test]
async fn neither_the_table_of_the_stream_nor_an_index_holds_anything_of_who_applies_or_of_documents()
 {
    let world = World::new().await;
    let code = submitted(&world, "k").await;
    moved(&world, &code, &request(1)).await;
    moved(&world, &code, &supplement(2)).await;
    let forward = json!({ "action": "forward", "expectedVersion": 5, "toAgency": "H20.12" });
    moved(&world, &code, &json!({ "action": "receive", "expectedVersion": 3 })).await;
    moved(&world, &code, &json!({ "action": "process", "expectedVersion": 4 })).await;
    moved(&world, &code, &forward).await;
    let closed = submitted(&world, "l").await;
    let refuse = json!({ "action": "refuse", "expectedVersion": 1, "reason": "Sai nơi nộp" });
    moved(&world, &closed, &refuse).await;
    let held = submitted(&world, "m").await;
    let order = json!({ "assignee": "officer-1", "expectedVersion": 1, "expectedAssignment": 0 });
    let assign = Call::new("POST /v1/dossiers/{code}/assignment").code(&held).officer(AGENCY);
    let assigned = assign.body(&order).at_change(&world.dossiers, &world, at(NOW)).await;
    assert_eq!(assigned.status, 200, "{}", assigned.body);
    let indexes = [
        "by-work",
        "by-handler",
        "by-holder",
        "by-ended",
        "by-applicant",
        "by-phone",
        "by-content",
    ];
    for index in [None].into_iter().chain(indexes.map(Some)) {
        let rows = scanned(&world, "DossiersTable", index).await;
        assert!(!rows.is_empty(), "{index:?} is empty");
        let text = serde_json::to_string(&rows).unwrap();
        for canary in CANARIES {
            assert!(!text.contains(canary), "{canary} in {index:?}");
        }
    }
    let contents = serde_json::to_string(&scanned(&world, "ContentsTable", None).await).unwrap();
    for canary in CANARIES {
        assert!(contents.contains(canary), "{canary} is a canary of nothing");
    }
}

/// Seven moves of a dossier, none of which brings anything: its result is on paper.
const MOVES: [&str; 7] =
    ["receive", "process", "suspend", "resume", "request-payment", "confirm-payment", "finish"];

/// What is stored of a dossier at one time.
struct Images {
    state: Item,
    content: Item,
}

impl Images {
    async fn of(world: &World, code: &str) -> Self {
        let get = async |table: &str| {
            let key = AttributeValue::S(code.to_owned());
            let got = world.client.get_item().table_name(table).key("code", key).send().await;
            got.unwrap().item.unwrap()
        };
        Self { state: get("DossiersTable").await, content: get("ContentsTable").await }
    }

    /// The one item that held both before ADR 48.
    fn whole(&self) -> Item {
        let mut whole = self.state.clone();
        whole.remove("contentVersion");
        let apart = self.content.clone().into_iter().filter(|(name, _)| name != "version");
        whole.extend(apart);
        whole
    }
}

/// What is stored of a dossier with so many documents after its submission, and after each of
/// [`MOVES`].
async fn images(world: &World, key: &str, documents: usize) -> Vec<Images> {
    let mut body = with_canaries();
    let one = body["documents"][3].clone();
    body["documents"].as_array_mut().unwrap().resize(documents, one);
    let call = Call::submit(key).body(&body);
    let code = call.at_submit(&world.intake, world, at(NOW)).await.code();
    let mut images = vec![Images::of(world, &code).await];
    for (version, action) in (1..).zip(MOVES) {
        let body = json!({ "action": action, "expectedVersion": version, "reason": "lý do" });
        moved(world, &code, &with_outcome(body)).await;
        images.push(Images::of(world, &code).await);
    }
    images
}

#[tokio::test]
async fn the_state_is_as_small_with_fifty_documents_as_with_four() {
    let world = World::new().await;
    let few = images(&world, "few", 4).await.pop().unwrap();
    let many = images(&world, "many", 50).await.pop().unwrap();
    let sizes = [item_bytes(&few.state), item_bytes(&many.state)];
    let contents = [item_bytes(&few.content), item_bytes(&many.content)];
    println!("a state after seven moves: {sizes:?} bytes, its content: {contents:?}");
    assert!(sizes[0].abs_diff(sizes[1]) < 8, "{sizes:?}");
    assert!(sizes[0] < 2 * 1024, "{sizes:?}");
}

/// Write units of one move: of the table, and of its indexes together.
#[derive(Clone, Copy, PartialEq)]
struct Units {
    table: f64,
    indexes: f64,
}

/// What the store takes for putting `after` where `before` is. An update is paid like this, by the
/// larger of its two images.
async fn units(world: &World, before: Item, after: Item) -> Units {
    let put = |item| world.client.put_item().table_name("DossiersTable").set_item(Some(item));
    put(before).send().await.unwrap();
    let put = put(after).return_consumed_capacity(ReturnConsumedCapacity::Indexes);
    let consumed = put.send().await.unwrap().consumed_capacity.unwrap();
    let part = |capacity: &Capacity| capacity.capacity_units().unwrap();
    let indexes = consumed.global_secondary_indexes().into_iter().flatten();
    Units {
        table: part(consumed.table().unwrap()),
        indexes: indexes.map(|(_, index)| part(index)).sum(),
    }
}

// The figures of ADR 48 and ADR 60: `cargo test -p tests --test motcua -- contents:: --nocapture` shows them.
#[tokio::test]
async fn a_move_costs_the_same_with_fifty_documents_as_with_four() {
    let world = World::new().await;
    let mut moves: Vec<Vec<Units>> = Vec::new();
    println!("write units, table + indexes   one item      apart");
    for (key, documents) in [("few", 4), ("many", 50)] {
        let images = images(&world, key, documents).await;
        let (mut sums, mut apart) = ([0.0, 0.0], Vec::new());
        for (action, pair) in MOVES.into_iter().zip(images.windows(2)) {
            let (before, after) = (&pair[0], &pair[1]);
            assert_eq!(before.content, after.content, "{action} writes the content");
            let one = units(&world, before.whole(), after.whole()).await;
            let two = units(&world, before.state.clone(), after.state.clone()).await;
            println!(
                "{documents:>3} documents, {action:<15} {:>4} + {:<4} {:>4} + {:<4}",
                one.table, one.indexes, two.table, two.indexes
            );
            let kibibytes = u32::try_from(item_bytes(&after.content) / 1024).unwrap();
            assert!(one.table - two.table >= f64::from(kibibytes), "{action} pays for the content");
            assert!(one.indexes == two.indexes, "{action}: an index has the content");
            sums[0] += one.table + one.indexes;
            sums[1] += two.table + two.indexes;
            apart.push(two);
        }
        let [one, two] = sums;
        println!("{documents:>3} documents, seven moves {one:>11} {two:>11}    {:.2}", two / one);
        moves.push(apart);
    }
    assert!(moves[0] == moves[1], "a move pays for documents");
    // ADR 60: a worklist takes two units where the status moves, and so does what has ended anew.
    let indexes: Vec<f64> = moves[0].iter().map(|units| units.indexes).collect();
    assert_eq!(indexes, [2.0, 2.0, 2.0, 2.0, 2.0, 2.0, 4.0]);
    let tables: f64 = moves[0].iter().map(|units| units.table).sum();
    assert!(tables <= 12.0, "{tables} units for the state");
}

#[tokio::test]
async fn a_dossier_that_is_read_while_supplements_come_is_always_of_one_version() {
    let world = World::new().await;
    let code = submitted(&world, "k").await;
    let first = with_canaries()["documents"].as_array().unwrap().len();
    let reading = async {
        loop {
            let dossier = world.dossiers.dossier(&code.parse().unwrap()).await.unwrap().unwrap();
            let brought =
                usize::try_from(dossier.version / 2 - u64::from(dossier.version % 2 == 0)).unwrap();
            assert_eq!(dossier.documents.len(), first + brought, "at {}", dossier.version);
            if dossier.version >= 13 {
                return;
            }
        }
    };
    let writing = async {
        for version in (1..13).step_by(2) {
            moved(&world, &code, &request(version)).await;
            moved(&world, &code, &supplement(version + 1)).await;
        }
    };
    tokio::join!(reading, writing);
}

#[tokio::test]
async fn a_dossier_of_before_contents_lay_apart_is_read_and_takes_a_supplement() {
    let world = World::new().await;
    let code = submitted(&world, "k").await;
    let dossier = world.dossier(&code).await;
    world.store_in_one_item(&dossier).await;
    assert_eq!(world.dossier(&code).await, dossier);
    moved(&world, &code, &request(1)).await;
    moved(&world, &code, &supplement(2)).await;
    let read = world.dossier(&code).await;
    assert_eq!(read.documents.len(), dossier.documents.len() + 1);
    assert_eq!(read.documents[..dossier.documents.len()], dossier.documents[..]);
    let case = Call::new("GET /v1/dossiers/{code}/case").code(&code).officer(AGENCY);
    let case: crate::support::call::Answer = case.at_case(&world, at(NOW)).await.into();
    assert_eq!(case.body["documents"].as_array().unwrap().last().unwrap()["version"], 3);
}
