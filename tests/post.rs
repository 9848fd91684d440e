//! Post: an integrator says where an order is, and whoever may see the dossier sees it.

mod orders;

use ingest_event::ingest;
use platform::Failure;
use platform::message::POSTAL;
use serde_json::{Value, json};

use crate::support::call::{AGENCY, Answer, CITIZEN, Call, transition_event};
use crate::support::world::{NOW, World, at};

/// A number that occurs nowhere else.
const ORDER: &str = "EM417000417VN";
const NEIGHBOUR: &str = "087199000001";

fn moved(id: &str, time: &str, code: &str, data: &Value) -> Value {
    let mut event = transition_event(id, time, code, "");
    event["type"] = POSTAL.into();
    event["data"] = data.clone();
    event
}

fn is_at(state: &str) -> Value {
    json!({ "order": ORDER, "what": "result", "state": state })
}

async fn take(world: &World, event: &Value) -> Result<(), Failure> {
    let message = event.to_string();
    ingest(&message, &world.dossiers, &world.intake, &world.catalogue, at(NOW)).await
}

async fn handed_in(world: &World) -> String {
    Call::submit("k").at_submit(&world.intake, world, at("2026-11-16T01:00:00Z")).await.code()
}

async fn case(world: &World, call: Call) -> Answer {
    call.at_case(world, at(NOW)).await.into()
}

fn of(code: &str) -> Call {
    Call::new("GET /v1/dossiers/{code}/case").code(code)
}

#[tokio::test]
async fn where_an_order_is_is_seen_by_its_applicant_whatever_order_the_events_come_in() {
    let world = World::new().await;
    let code = handed_in(&world).await;
    let before = case(&world, of(&code).citizen(CITIZEN)).await;
    assert_eq!(before.body["post"], json!([]));
    for (id, time, state) in [
        ("p1", "2026-11-16T03:00:00Z", "ordered"),
        ("p3", "2026-11-16T05:00:00Z", "out-for-delivery"),
        ("p2", "2026-11-16T04:00:00Z", "collected"),
        ("p3", "2026-11-16T05:00:00Z", "out-for-delivery"),
    ] {
        take(&world, &moved(id, time, &code, &is_at(state))).await.unwrap();
    }
    let item = json!({
        "order": ORDER, "what": "result", "state": "out-for-delivery",
        "at": "2026-11-16T05:00:00Z",
    });
    for call in [of(&code).citizen(CITIZEN), of(&code).officer(AGENCY)] {
        assert_eq!(case(&world, call).await.body["post"], json!([item]));
    }
    let own = Call::new("GET /v1/me/dossiers").citizen(CITIZEN).at_find(&world, at(NOW)).await;
    assert_eq!(own.body["items"][0]["post"], json!([item]));
    assert_eq!(case(&world, of(&code).citizen(NEIGHBOUR)).await.status, 404);
    let dossier = world.dossier(&code).await;
    assert_eq!((dossier.version, dossier.post.version), (1, 2), "no move, and nobody is told");
    let items = platform::dynamo::DossierItems::of(&dossier).unwrap();
    assert!(!format!("{:?}", items.state).contains(ORDER), "it lies with the content");
}

#[tokio::test]
async fn a_case_that_was_kept_is_old_once_the_post_has_moved() {
    let world = World::new().await;
    let code = handed_in(&world).await;
    take(&world, &moved("p1", "2026-11-16T03:00:00Z", &code, &is_at("ordered"))).await.unwrap();
    let first = of(&code).citizen(CITIZEN).at_case(&world, at(NOW)).await;
    let tag = first.headers["etag"].to_str().unwrap().to_owned();
    let known = || of(&code).citizen(CITIZEN).header("if-none-match", &tag);
    assert_eq!(case(&world, known()).await.status, 304);
    take(&world, &moved("p2", "2026-11-16T04:00:00Z", &code, &is_at("collected"))).await.unwrap();
    assert_eq!(case(&world, known()).await.status, 200);
}

#[tokio::test]
async fn an_order_of_another_agencys_dossier_or_without_its_form_is_refused_and_changes_nothing() {
    let world = World::new().await;
    let code = handed_in(&world).await;
    let good = is_at("ordered");
    for (change, expected) in [
        (json!({ "order": "" }), "data.order format"),
        (json!({ "order": "VN 1" }), "data.order format"),
        (json!({ "state": "lost" }), "data.state known-value"),
        (json!({ "what": "money" }), "data.what known-value"),
        (json!({ "order": null }), "data.order type"),
    ] {
        let mut data = good.clone();
        data.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let event = moved("p1", "2026-11-16T03:00:00Z", &code, &data);
        let Err(Failure::Invalid(broken)) = take(&world, &event).await else {
            panic!("{data}");
        };
        assert_eq!(format!("{} {}", broken[0].field, broken[0].rule), expected);
    }
    let ahead = moved("p1", "2026-11-17T02:06:00Z", &code, &good);
    assert!(matches!(take(&world, &ahead).await, Err(Failure::Invalid(_))), "it lies ahead");
    let mut stranger = moved("p1", "2026-11-16T03:00:00Z", &code, &good);
    stranger["source"] = "urn:motcua:integrator:land-registry".into();
    assert_eq!(take(&world, &stranger).await.unwrap_err().slug(), "forbidden");
    let nobody = moved("p1", "2026-11-16T03:00:00Z", "H20.03-261116-9999", &good);
    assert_eq!(take(&world, &nobody).await.unwrap_err().slug(), "dossier-not-found");
    assert!(world.dossier(&code).await.post.is_empty());
    // What a newer sender knows besides is ignored.
    let mut more = good;
    more["branch"] = "Mỹ Tho".into();
    take(&world, &moved("p1", "2026-11-16T03:00:00Z", &code, &more)).await.unwrap();
    assert_eq!(world.dossier(&code).await.post.items.len(), 1);
}
