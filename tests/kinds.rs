//! Events that say what happened, and not which move it is: documents, result and fee.

use domain::dossier::{Action, DossierStatus};
use ingest_event::ingest;
use platform::Failure;
use platform::message::{DOCUMENTS, FEE, RESULT};
use serde_json::{Value, json};

use crate::support::call::{SOURCE, documents, submit_event, transition_event};
use crate::support::world::{NOW, World, at};

const CODE: &str = "H20.03-261116-9001";

async fn take(world: &World, event: &Value) -> Result<(), Failure> {
    ingest(&event.to_string(), &world.dossiers, &world.intake, &world.catalogue, at(NOW)).await
}

/// An event of this type that happened at this hour.
fn happened(kind: &str, hour: u32, data: &Value) -> Value {
    json!({
        "specversion": "1.0", "id": format!("{kind} {hour}"), "source": SOURCE, "type": kind,
        "subject": CODE, "time": format!("2026-11-16T{hour:02}:00:00Z"), "data": data,
    })
}

/// A dossier that was moved so, an hour a step from three o'clock on.
async fn moved(world: &World, steps: &[Value]) {
    take(world, &submit_event("e1", "2026-11-16T02:00:00Z", Some(CODE))).await.unwrap();
    for (hour, data) in (3..).zip(steps) {
        let mut event = transition_event(
            &format!("e{hour}"),
            &format!("2026-11-16T{hour:02}:00:00Z"),
            CODE,
            "",
        );
        event["data"] = data.clone();
        take(world, &event).await.unwrap();
    }
}

#[tokio::test]
async fn a_fee_that_was_paid_confirms_the_payment_and_its_reference_and_amount_stay_with_it() {
    let world = World::new().await;
    let steps = ["receive", "process", "request-payment"].map(|action| json!({ "action": action }));
    moved(&world, &steps).await;
    let data = json!({ "reference": "BL-2026-000417", "amountVnd": 80_000, "note": "tại quầy" });
    let paid = happened(FEE, 6, &data);
    for _ in 0..2 {
        take(&world, &paid).await.unwrap();
    }
    let dossier = world.dossier(CODE).await;
    let last = dossier.history.last().unwrap();
    assert_eq!((dossier.version, dossier.status), (5, DossierStatus::Processing));
    assert_eq!(last.action, Action::ConfirmPayment);
    assert_eq!(last.note.as_deref(), Some("Biên lai BL-2026-000417: 80000 đồng. tại quầy"));
}

#[tokio::test]
async fn documents_that_came_are_the_supplement_and_a_result_ends_the_work() {
    let world = World::new().await;
    let code = documents("1.000382")[0]["code"].clone();
    let asked = json!({
        "action": "request-supplement", "reason": "theo quy định",
        "askedFor": [{ "code": code, "reason": "mờ" }],
    });
    let steps = [json!({ "action": "receive" }), json!({ "action": "process" }), asked];
    moved(&world, &steps).await;
    let data = json!({ "documents": [documents("1.000382")[0]] });
    take(&world, &happened(DOCUMENTS, 6, &data)).await.unwrap();
    assert_eq!(world.dossier(CODE).await.status, DossierStatus::Processing);
    take(&world, &happened(RESULT, 7, &json!({ "result": { "kind": "paper" } }))).await.unwrap();
    let dossier = world.dossier(CODE).await;
    let did: Vec<Action> = dossier.history.iter().map(|entry| entry.action).collect();
    assert_eq!(did[4..], [Action::Supplement, Action::Finish]);
    assert!(dossier.history[5].result.is_some());
}

#[tokio::test]
async fn what_such_an_event_owes_and_does_not_have_is_named_and_what_it_has_besides_is_ignored() {
    let world = World::new().await;
    for (kind, data, expected) in [
        (DOCUMENTS, json!({}), &[("data.documents", "required")][..]),
        (RESULT, json!({ "result": null }), &[("data.result", "required")]),
        (FEE, json!({}), &[("data.reference", "required"), ("data.amountVnd", "required")]),
        (
            FEE,
            json!({ "reference": 7, "amountVnd": -1 }),
            &[("data.reference", "type"), ("data.amountVnd", "type")],
        ),
        (
            FEE,
            json!({ "reference": "x".repeat(101), "amountVnd": 1 }),
            &[("data.reference", "length")],
        ),
        // Which move it is, the type says.
        (
            FEE,
            json!({ "action": "withdraw" }),
            &[("data.reference", "required"), ("data.amountVnd", "required")],
        ),
    ] {
        let refused = take(&world, &happened(kind, 6, &data)).await.unwrap_err();
        let Failure::Invalid(broken) = refused else { panic!("{kind} {data}: {refused}") };
        let broken: Vec<(&str, &str)> = broken
            .iter()
            .map(|violation| (violation.field.as_str(), violation.rule.slug()))
            .collect();
        assert_eq!(broken, expected, "{kind} {data}");
    }
    let mut without_dossier = happened(RESULT, 6, &json!({ "result": { "kind": "paper" } }));
    without_dossier.as_object_mut().unwrap().remove("subject");
    let Failure::Invalid(broken) = take(&world, &without_dossier).await.unwrap_err() else {
        panic!("no violations")
    };
    assert_eq!(broken[0].field, "subject");
}
