//! What integrators are told of their events, on a queue of their own.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::catalogue::Catalogue;
use ingest_event::Desk;
use platform::batch;
use platform::catalogue::{Texts, UndecidedYears};
use serde_json::{Value, json};

use crate::support::call::{SENDER, submit_event, transition_event};
use crate::support::desk::{PLAN, desk, message, work};
use crate::support::file;
use crate::support::world::{Kept, NOW, World, at};

const CODE: &str = "H20.03-261116-9001";

fn submit() -> Value {
    submit_event("e1", "2026-11-16T03:00:00Z", Some(CODE))
}

/// The catalogue in which every integrator wants every outcome.
fn that_tells_all() -> Arc<Catalogue> {
    let mut list: Value = serde_json::from_str(&file("infra/data/integrators.json")).unwrap();
    for integrator in list["integrators"].as_array_mut().unwrap() {
        integrator["replies"] = "all".into();
    }
    let changed = BTreeMap::from([("integrators.json".to_owned(), list.to_string())]);
    let texts = Texts::built_in().with(changed).unwrap();
    Arc::new(texts.assemble(UndecidedYears::Refused).unwrap())
}

/// What the queue of replies has of the events worked off, without the envelopes.
async fn replied(world: &World, events: &[(&Value, &str)]) -> Vec<(String, Value)> {
    let queue = Kept::default();
    for (event, sender) in events {
        work(world, &queue, &message(&event.to_string(), Some(sender), at(NOW)), at(NOW)).await;
    }
    let replies = queue.replies.lock().unwrap();
    replies.iter().map(|(name, reply)| (name.clone(), reply["data"].clone())).collect()
}

#[tokio::test]
async fn every_refusal_is_reported_to_the_events_own_integrator_and_to_no_other() {
    let world = World::new().await;
    let mut broken = submit();
    broken["data"]["applicant"]["phone"] = "113".into();
    broken["data"]["applicant"]["fullName"] = "Lê Thị Bí Mật".into();
    let replies = replied(&world, &[(&broken, SENDER), (&submit(), SENDER)]).await;
    let told = json!({
        "schemaVersion": 1, "id": "e1", "source": "urn:motcua:integrator:ecosys",
        "state": "refused", "problem": "invalid-request",
        "errors": [{
            "field": "data.applicant.phone", "rule": "mobile-phone",
            "detail": "must be a telephone number: 10 digits of a mobile, 11 of a land line from 02, or a foreign number with its country code after +",
        }],
    });
    assert_eq!(replies, [("ecosys".to_owned(), told)]);
    // Whoever only writes another's name is not told, and nor is the other.
    let stranger = "AROAJUSTICERECORDS01X";
    let receive = transition_event("e2", "2026-11-16T04:00:00Z", CODE, "receive");
    assert_eq!(replied(&world, &[(&receive, stranger)]).await, []);
}

#[tokio::test]
async fn who_asks_for_every_outcome_is_told_what_was_applied_and_again_when_it_comes_again() {
    let world = World::of(that_tells_all()).await;
    let receive = transition_event("e2", "2026-11-16T04:00:00Z", CODE, "receive");
    let events = [(&submit(), SENDER), (&receive, SENDER), (&receive, SENDER)];
    let replies = replied(&world, &events).await;
    let applied = |id: &str, version: u64| {
        json!({
            "schemaVersion": 1, "id": id, "source": "urn:motcua:integrator:ecosys",
            "state": "applied", "dossier": CODE, "version": version,
        })
    };
    let expected = [applied("e1", 1), applied("e2", 2), applied("e2", 2)];
    assert_eq!(replies, expected.map(|reply| ("ecosys".to_owned(), reply)));
}

#[tokio::test]
async fn a_reply_that_cannot_be_sent_is_sent_when_the_event_comes_again() {
    let world = World::of(that_tells_all()).await;
    let queue = Kept::default();
    let deliver = async |event: &Value| {
        let desk: Desk<'_, _, _, _, _, _, _> = desk(&world, &queue);
        let batch = json!({ "Records": [message(&event.to_string(), Some(SENDER), at(NOW))] });
        let work = async |arrived| desk.receive(&arrived, &world.catalogue, at(NOW)).await;
        let batch = serde_json::from_value(batch).unwrap();
        batch::run(batch, PLAN, &desk, at(NOW), work).await.batch_item_failures.len()
    };
    *queue.refusals.lock().unwrap() = 1;
    assert_eq!(deliver(&submit()).await, 1, "it comes again");
    assert_eq!(deliver(&submit()).await, 0);
    assert_eq!(queue.replies.lock().unwrap().len(), 1);
    let mut broken = submit_event("e9", "2026-11-16T03:00:00Z", None);
    broken["data"]["applicant"]["phone"] = "113".into();
    *queue.refusals.lock().unwrap() = 1;
    assert_eq!((deliver(&broken).await, queue.reasons().len()), (1, 0), "not parked unreported");
    assert_eq!((deliver(&broken).await, queue.reasons().len()), (0, 1));
    assert_eq!(queue.replies.lock().unwrap().len(), 2);
}
