//! The life as the common design plays it: one table with an item for the dossier, one for each
//! entry of its history and one for each notice; an index over the status and one over the
//! gateway's id, with all attributes; a transaction for each move, and a record of idempotency
//! begun and ended around each command and each message.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, GlobalSecondaryIndex, KeySchemaElement,
    KeyType, Projection, ProjectionType, Put, ScalarAttributeType, TransactWriteItem,
};
use replay::tables::embedded;

use super::{Bill, LOOK_UPS, MOVES, Spent, http};
use crate::support::meter::Meter;

type Item = HashMap<String, AttributeValue>;

const TABLE: &str = "Single";

/// What a dossier's item holds besides its keys: applicant, documents and state.
const DOSSIER_BYTES: usize = 1_200;
/// What an entry of the history holds.
const ENTRY_BYTES: usize = 250;
/// What a notice holds: number, text, channel, times.
const NOTICE_BYTES: usize = 400;
/// What an answer that is kept for repetitions holds.
const ANSWER_BYTES: usize = 200;

fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

fn item(pk: &str, sk: &str, indexes: &[(&str, &str)], bytes: usize) -> Item {
    let mut item = Item::from([
        ("pk".to_owned(), text(pk)),
        ("sk".to_owned(), text(sk)),
        ("data".to_owned(), text("x".repeat(bytes))),
    ]);
    item.extend(indexes.iter().map(|(name, value)| ((*name).to_owned(), text(*value))));
    item
}

async fn create(client: &Client) {
    let names = ["pk", "sk", "status", "due", "message"];
    let key = |name: &str, kind: KeyType| {
        KeySchemaElement::builder().attribute_name(name).key_type(kind).build().unwrap()
    };
    let index = |name: &str, keys: Vec<KeySchemaElement>| {
        let all = Projection::builder().projection_type(ProjectionType::All).build();
        let index = GlobalSecondaryIndex::builder().index_name(name).set_key_schema(Some(keys));
        index.projection(all).build().unwrap()
    };
    let attributes = names.map(|name| {
        let kind = ScalarAttributeType::S;
        AttributeDefinition::builder().attribute_name(name).attribute_type(kind).build().unwrap()
    });
    client
        .create_table()
        .table_name(TABLE)
        .billing_mode(BillingMode::PayPerRequest)
        .set_attribute_definitions(Some(attributes.to_vec()))
        .set_key_schema(Some(vec![key("pk", KeyType::Hash), key("sk", KeyType::Range)]))
        .global_secondary_indexes(index(
            "by-status",
            vec![key("status", KeyType::Hash), key("due", KeyType::Range)],
        ))
        .global_secondary_indexes(index("by-message", vec![key("message", KeyType::Hash)]))
        .send()
        .await
        .unwrap();
}

struct Play {
    client: Client,
    meter: Meter,
    bill: Bill,
}

impl Play {
    fn book(&mut self, kind: &'static str, spent: Spent) {
        let spent = Spent { times: 1, consumed: self.meter.read(), ..spent };
        self.bill.entry(kind).or_default().add(&spent);
    }

    async fn put(&self, item: Item) {
        self.client.put_item().table_name(TABLE).set_item(Some(item)).send().await.unwrap();
    }

    async fn get(&self, pk: &str, sk: &str) {
        let get = self.client.get_item().table_name(TABLE).key("pk", text(pk)).key("sk", text(sk));
        get.consistent_read(true).send().await.unwrap();
    }

    async fn together(&self, items: Vec<Item>) {
        let writes = items.into_iter().map(|item| {
            let put = Put::builder().table_name(TABLE).set_item(Some(item)).build().unwrap();
            TransactWriteItem::builder().put(put).build()
        });
        let writes = Some(writes.collect());
        self.client.transact_write_items().set_transact_items(writes).send().await.unwrap();
    }

    /// A command or message that is worked off once: begun before, its answer kept after.
    async fn once(&self, key: &str, work: impl AsyncFn()) {
        let key = format!("once#{key}");
        self.put(item(&key, "-", &[], 60)).await;
        work().await;
        self.put(item(&key, "-", &[], ANSWER_BYTES)).await;
    }

    async fn told(&mut self, code: &str, version: usize) {
        // A stream and a queue as ours: the common design is not made worse than it is.
        self.book("relay", Spent { queue_requests: 1, invocations: 1, ..Spent::default() });
        let (sk, message) = (format!("notice#{version}"), format!("message-{version}"));
        self.once(&format!("notice#{version}"), async || {
            self.get(code, "dossier").await;
            self.put(item(code, &sk, &[("status", "pending"), ("due", "now")], NOTICE_BYTES)).await;
            self.put(item(code, &sk, &[("message", &message)], NOTICE_BYTES)).await;
        })
        .await;
        let sent =
            Spent { queue_requests: 2, invocations: 1, gateway_calls: 1, ..Spent::default() };
        self.book("notify", sent);
        let query = self.client.query().table_name(TABLE).index_name("by-message");
        let query = query.key_condition_expression("message = :message");
        query.expression_attribute_values(":message", text(&message)).send().await.unwrap();
        self.put(item(code, &sk, &[("message", &message)], NOTICE_BYTES + 20)).await;
        self.book("report", http());
    }
}

/// What the life costs there.
pub async fn life(code: &str) -> Bill {
    let meter = Meter::default();
    let client = meter.on(&embedded().await);
    create(&client).await;
    meter.read();
    let mut play = Play { client, meter, bill: Bill::new() };
    let dossier = |status: &str| {
        item(code, "dossier", &[("status", status), ("due", "2026-11-17")], DOSSIER_BYTES)
    };
    play.once("submit", async || {
        play.put(item("counter", "agency", &[], 8)).await;
        play.together(vec![dossier("1"), item(code, "entry#1", &[], ENTRY_BYTES)]).await;
    })
    .await;
    play.book("submit", http());
    play.told(code, 1).await;
    for (version, action) in (2..).zip(MOVES) {
        let entry = format!("entry#{version}");
        play.once(action, async || {
            play.get(code, "dossier").await;
            play.together(vec![dossier(action), item(code, &entry, &[], ENTRY_BYTES)]).await;
        })
        .await;
        play.book("move", http());
        play.told(code, version).await;
    }
    for _ in 0..LOOK_UPS {
        let query = play.client.query().table_name(TABLE);
        let query = query.key_condition_expression("pk = :code");
        query.expression_attribute_values(":code", text(code)).send().await.unwrap();
        play.book("look-up", http());
    }
    play.bill
}
