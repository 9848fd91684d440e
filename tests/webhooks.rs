//! Events over HTTPS: a signature proves the source, and an event that is sent, recorded on the way
//! or played again has one effect.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::catalogue::Catalogue;
use jiff::{SignedDuration, Timestamp};
use platform::catalogue::{Texts, UndecidedYears};
use platform::record::standing::EventState;
use platform::webhook::Secret;
use serde_json::{Value, json};

use crate::support::call::{Answer, Call, SOURCE, submit_event, transition_event};
use crate::support::desk::{message, receiving, record_of, work};
use crate::support::file;
use crate::support::judge::served;
use crate::support::world::{Kept, NOW, World, at};

const CODE: &str = "H20.03-261116-9001";
/// The session under which the queue has what `receive-event` passes on.
const OURS: &str = "AROARECEIVEEVENT0001X:motcua-receive-event";
const JUSTICE: &str = "urn:motcua:integrator:justice";

fn submit() -> Value {
    submit_event("e1", "2026-11-16T03:00:00Z", Some(CODE))
}

/// What a request is signed with.
struct Signer {
    secrets: Vec<Secret>,
    sent: Timestamp,
}

impl Signer {
    fn of(world: &World, source: &str, keys: &[u32]) -> Self {
        let secrets = keys.iter().map(|key| world.seal_key.secret(source, *key)).collect();
        Self { secrets, sent: at(NOW) }
    }

    fn sign(&self, call: Call, id: &str, body: &str) -> Call {
        let seconds = self.sent.as_second();
        let signatures: Vec<String> =
            self.secrets.iter().map(|secret| secret.sign(id, seconds, body.as_bytes())).collect();
        call.header("webhook-id", id)
            .header("webhook-timestamp", &seconds.to_string())
            .header("webhook-signature", &signatures.join(" "))
    }

    fn push(&self, event: &Value) -> Call {
        let body = event.to_string();
        let call = Call::new("POST /v1/events").nobody().raw(&body);
        self.sign(call, event["id"].as_str().unwrap(), &body)
    }

    fn ask(&self, source: &str, id: &str) -> Call {
        let call = Call::new("GET /v1/events/{id}").nobody().path("id", id);
        self.sign(call.query("source", source), id, "")
    }
}

async fn answer_by(world: &World, queue: &Kept, catalogue: &Catalogue, call: Call) -> Answer {
    let receiving = receiving(world, queue);
    let handler = |request| receive_event::handle(request, &receiving, catalogue, at(NOW));
    served(call.event(), handler).await.into()
}

async fn answer(world: &World, queue: &Kept, call: Call) -> Answer {
    answer_by(world, queue, &world.catalogue, call).await
}

/// The answer with its `Location`.
async fn with_location(world: &World, queue: &Kept, call: Call) -> (Answer, String) {
    let receiving = receiving(world, queue);
    let handler = |request| receive_event::handle(request, &receiving, &world.catalogue, at(NOW));
    let response = served(call.event(), handler).await;
    let place = response.headers.get("location").map(|place| place.to_str().unwrap().to_owned());
    (response.into(), place.unwrap_or_default())
}

/// The catalogue in which ecosys signs with these secrets.
fn with_keys(keys: &[u32]) -> Arc<Catalogue> {
    let mut list: Value = serde_json::from_str(&file("infra/data/integrators.json")).unwrap();
    for integrator in list["integrators"].as_array_mut().unwrap() {
        if integrator["source"] == SOURCE {
            integrator["keys"] = json!(keys);
        }
    }
    let changed = BTreeMap::from([("integrators.json".to_owned(), list.to_string())]);
    let texts = Texts::built_in().with(changed).unwrap();
    Arc::new(texts.assemble(UndecidedYears::Refused).unwrap())
}

#[tokio::test]
async fn a_signed_event_is_taken_passed_on_and_decided_and_its_sender_sees_what_became_of_it() {
    let world = World::new().await;
    let queue = Kept::default();
    let signer = Signer::of(&world, SOURCE, &[1]);
    let (taken, place) = with_location(&world, &queue, signer.push(&submit())).await;
    assert_eq!((taken.status, &taken.body["state"]), (202, &json!("received")), "{}", taken.body);
    assert_eq!(place, "/v1/events/e1?source=urn%3Amotcua%3Aintegrator%3Aecosys");
    let passed_on = queue.passed_on.lock().unwrap().clone();
    let [(body, beside)] = &passed_on[..] else { panic!("one message") };
    assert_eq!(*body, submit().to_string(), "as it came");
    assert_eq!(beside["sender"], format!("signed:{SOURCE}"));
    // The queue says that we sent it; what is sealed beside it says who did.
    let mut sent = message(body, Some(OURS), at(NOW));
    for (name, value) in beside {
        sent["messageAttributes"][name] = json!({ "stringValue": value, "dataType": "String" });
    }
    work(&world, &queue, &sent, at(NOW)).await;
    assert_eq!(queue.reasons(), Vec::<String>::new());
    let seen = answer(&world, &queue, signer.ask(SOURCE, "e1")).await;
    assert_eq!(
        (seen.status, &seen.body["state"], &seen.body["dossier"], &seen.body["version"]),
        (200, &json!("applied"), &json!(CODE), &json!(1))
    );
    assert_eq!(seen.body["keptUntil"], "2026-12-17T02:00:00Z");
}

#[tokio::test]
async fn an_event_that_comes_again_is_answered_the_same_and_passed_on_no_more() {
    let world = World::new().await;
    let queue = Kept::default();
    let signer = Signer::of(&world, SOURCE, &[1]);
    let (_, place) = with_location(&world, &queue, signer.push(&submit())).await;
    let body = submit().to_string();
    let sealed = world.seal_key.seal(&domain::catalogue::Sender::Signed(SOURCE.into()), &body);
    let mut sent = message(&body, Some(OURS), at(NOW));
    sent["messageAttributes"] = json!({
        "sender": { "stringValue": format!("signed:{SOURCE}"), "dataType": "String" },
        "sender-seal": { "stringValue": sealed, "dataType": "String" },
    });
    work(&world, &queue, &sent, at(NOW)).await;
    for _ in 0..3 {
        let (again, same_place) = with_location(&world, &queue, signer.push(&submit())).await;
        assert_eq!((again.status, &same_place), (202, &place));
        assert_eq!(again.body["state"], "applied");
    }
    assert_eq!(queue.passed_on.lock().unwrap().len(), 1);
    let mut other = submit();
    other["data"]["applicant"]["fullName"] = "Lê Thị Khác".into();
    let refused = answer(&world, &queue, signer.push(&other)).await;
    assert_eq!((refused.status, refused.problem()), (422, "idempotency-key-reused"));
    assert_eq!(world.count("DossiersTable").await, 1);
}

#[tokio::test]
async fn what_is_changed_on_the_way_or_signed_by_another_is_nobodys() {
    let world = World::new().await;
    let queue = Kept::default();
    let own = Signer::of(&world, SOURCE, &[1]);
    let stranger = Signer::of(&world, JUSTICE, &[1]);
    let unlisted = Signer::of(&world, SOURCE, &[2]);
    let changed = submit().to_string().replace("9001", "9002");
    let mut nobodys = submit();
    nobodys["source"] = "urn:motcua:integrator:nobody".into();
    let id_of_another = own.sign(own.push(&submit()), "e2", &submit().to_string());
    for (what, call) in [
        ("another body", own.push(&submit()).raw(&changed)),
        ("another body", own.push(&submit()).raw(&format!("{} ", submit()))),
        ("another id", own.push(&submit()).header("webhook-id", "e2")),
        ("another time", own.push(&submit()).header("webhook-timestamp", "1794880801")),
        ("another's secret", stranger.push(&submit())),
        ("a secret that is not listed", unlisted.push(&submit())),
        ("an unknown source", own.push(&nobodys)),
        ("no signature", own.push(&submit()).without_header("webhook-signature")),
        ("no id", own.push(&submit()).without_header("webhook-id")),
        ("no time", own.push(&submit()).without_header("webhook-timestamp")),
        ("no number", own.push(&submit()).header("webhook-timestamp", "now")),
        ("another version", own.push(&submit()).header("webhook-signature", "v2,AAAA")),
    ] {
        let refused = answer(&world, &queue, call).await;
        assert_eq!((refused.status, refused.problem()), (401, "unauthorized"), "{what}");
    }
    // Signed by its own sender, and under another name than the event's.
    let refused = answer(&world, &queue, id_of_another).await;
    assert_eq!((refused.status, refused.broken()), (400, ("webhook-id", "same-id")));
    assert!(queue.passed_on.lock().unwrap().is_empty());
    assert_eq!(record_of(&world, SOURCE, "e1").await, None);
}

#[tokio::test]
async fn a_signature_holds_for_five_minutes_before_and_after_and_not_a_second_longer() {
    let world = World::new().await;
    let queue = Kept::default();
    for (seconds, status) in [(-301, 401), (-300, 202), (0, 202), (300, 202), (301, 401)] {
        let mut signer = Signer::of(&world, SOURCE, &[1]);
        signer.sent = at(NOW) + SignedDuration::from_secs(seconds);
        let taken = answer(&world, &queue, signer.push(&submit())).await;
        assert_eq!(taken.status, status, "{seconds} s");
    }
    for far in [i64::MIN, i64::MAX] {
        let call = Signer::of(&world, SOURCE, &[1]).push(&submit());
        let call = call.header("webhook-timestamp", &far.to_string());
        assert_eq!(answer(&world, &queue, call).await.status, 401);
    }
}

#[tokio::test]
async fn while_secrets_change_both_are_taken_and_afterwards_the_new_one_alone() {
    let world = World::new().await;
    for (listed, signed, status) in [
        (&[1][..], &[1][..], 202),
        (&[1], &[2], 401),
        (&[1, 2], &[1], 202),
        (&[1, 2], &[2], 202),
        (&[1, 2], &[1, 2], 202),
        (&[2], &[1, 2], 202),
        (&[2], &[1], 401),
        (&[], &[1], 401),
    ] {
        let catalogue = with_keys(listed);
        let call = Signer::of(&world, SOURCE, signed).push(&submit());
        let taken = answer_by(&world, &Kept::default(), &catalogue, call).await;
        assert_eq!(taken.status, status, "{listed:?} are listed, {signed:?} sign");
    }
}

#[tokio::test]
async fn an_event_of_another_is_like_one_that_there_never_was() {
    let world = World::new().await;
    let queue = Kept::default();
    let own = Signer::of(&world, SOURCE, &[1]);
    let stranger = Signer::of(&world, JUSTICE, &[1]);
    assert_eq!(answer(&world, &queue, own.push(&submit())).await.status, 202);
    let of_another = answer(&world, &queue, stranger.ask(JUSTICE, "e1")).await;
    let of_nobody = answer(&world, &queue, stranger.ask(JUSTICE, "e9")).await;
    let said = [of_another, of_nobody].map(|mut unseen| {
        assert_eq!((unseen.status, unseen.problem()), (404, "event-not-found"));
        unseen.body.as_object_mut().unwrap().remove("requestId");
        unseen.body
    });
    assert_eq!(said[0], said[1]);
    // Under the other's source only the other's secret proves anything.
    assert_eq!(answer(&world, &queue, stranger.ask(SOURCE, "e1")).await.status, 401);
    // What was signed for one event shows no other.
    let call = own.ask(SOURCE, "e1").path("id", "e9");
    assert_eq!(answer(&world, &queue, call).await.status, 401);
    assert_eq!(answer(&world, &queue, own.ask(SOURCE, "e1")).await.status, 200);
}

#[tokio::test]
async fn what_has_not_its_form_is_answered_at_once_with_every_broken_field_and_leaves_nothing() {
    let world = World::new().await;
    let queue = Kept::default();
    let signer = Signer::of(&world, SOURCE, &[1]);
    let mut event = transition_event("e2", "2026-11-16T04:00:00Z", CODE, "swallow");
    event["specversion"] = "0.3".into();
    event.as_object_mut().unwrap().remove("subject");
    let refused = answer(&world, &queue, signer.push(&event)).await;
    let broken: Vec<(&str, &str)> = refused.body["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| (error["field"].as_str().unwrap(), error["rule"].as_str().unwrap()))
        .collect();
    assert_eq!(
        broken,
        [
            ("specversion", "cloudevents-1.0"),
            ("subject", "required"),
            ("data.action", "known-value")
        ]
    );
    assert_eq!(record_of(&world, SOURCE, "e2").await, None);
    // Mended, it is taken under the same name.
    let mended = transition_event("e2", "2026-11-16T04:00:00Z", CODE, "receive");
    assert_eq!(answer(&world, &queue, signer.push(&mended)).await.status, 202);
    let large = format!("{}{}", submit(), " ".repeat(receive_event::EVENT_BYTES_MAX));
    let call = signer.sign(Call::new("POST /v1/events").nobody().raw(&large), "e1", &large);
    let refused = answer(&world, &queue, call).await;
    assert_eq!((refused.status, refused.problem()), (413, "body-too-large"));
}

#[tokio::test]
async fn an_event_that_could_not_be_passed_on_is_passed_on_when_it_comes_again() {
    let world = World::new().await;
    let queue = Kept::default();
    *queue.refusals.lock().unwrap() = 1;
    let signer = Signer::of(&world, SOURCE, &[1]);
    let first = answer(&world, &queue, signer.push(&submit())).await;
    assert_eq!((first.status, first.problem()), (503, "unavailable"));
    let again = answer(&world, &queue, signer.push(&submit())).await;
    assert_eq!((again.status, queue.passed_on.lock().unwrap().len()), (202, 1));
}

#[tokio::test]
async fn of_two_pushes_at_once_one_event_has_one_effect_and_of_two_events_one_name_has_one() {
    let world = World::new().await;
    let queue = Kept::default();
    let signer = Signer::of(&world, SOURCE, &[1]);
    let push = |event: &Value| answer(&world, &queue, signer.push(event));
    let (first, second) = futures::future::join(push(&submit()), push(&submit())).await;
    assert_eq!((first.status, second.status), (202, 202));
    let passed_on = std::mem::take(&mut *queue.passed_on.lock().unwrap());
    for (body, beside) in &passed_on {
        let mut sent = message(body, Some(OURS), at(NOW));
        for (name, value) in beside {
            sent["messageAttributes"][name] = json!({ "stringValue": value, "dataType": "String" });
        }
        work(&world, &queue, &sent, at(NOW)).await;
    }
    assert_eq!((world.count("DossiersTable").await, queue.reasons().len()), (1, 0));
    let (one, other) =
        ["receive", "withdraw"].map(|action| transition_event("e2", NOW, CODE, action)).into();
    let (one, other) = futures::future::join(push(&one), push(&other)).await;
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [202, 422]);
}

#[tokio::test]
async fn an_event_that_was_refused_is_judged_anew_when_it_is_sent_again_mended() {
    let world = World::new().await;
    let queue = Kept::default();
    let signer = Signer::of(&world, SOURCE, &[1]);
    let mut event = submit();
    event["data"]["applicant"]["phone"] = "113".into();
    let deliver = async |event: &Value| {
        let taken = answer(&world, &queue, signer.push(event)).await;
        assert_eq!((taken.status, &taken.body["state"]), (202, &json!("received")));
        let (body, beside) = queue.passed_on.lock().unwrap().pop().unwrap();
        let mut sent = message(&body, Some(OURS), at(NOW));
        for (name, value) in &beside {
            sent["messageAttributes"][name] = json!({ "stringValue": value, "dataType": "String" });
        }
        work(&world, &queue, &sent, at(NOW)).await;
        answer(&world, &queue, signer.ask(SOURCE, "e1")).await.body
    };
    let seen = deliver(&event).await;
    let error = &seen["errors"][0];
    assert_eq!((&seen["state"], &error["rule"]), (&json!("refused"), &json!("mobile-phone")));
    assert_eq!(error["field"], "data.applicant.phone");
    assert_eq!(deliver(&submit()).await["state"], "applied");
}

#[tokio::test]
async fn an_operator_sees_also_what_only_says_it_were_of_an_integrator() {
    let world = World::new().await;
    let queue = Kept::default();
    let ask = |id: &str| {
        let call = Call::new("GET /v1/integrators/{name}/events/{id}").administrator();
        call.path("name", "ecosys").path("id", id)
    };
    assert_eq!(answer(&world, &queue, ask("e1")).await.status, 404);
    let body = submit().to_string();
    work(&world, &queue, &message(&body, Some("AROAJUSTICERECORDS01X"), at(NOW)), at(NOW)).await;
    let seen = answer(&world, &queue, ask("e1")).await;
    assert_eq!((seen.status, &seen.body["problem"]), (200, &json!("sender-not-proven")));
    let signer = Signer::of(&world, SOURCE, &[1]);
    assert_eq!(answer(&world, &queue, signer.ask(SOURCE, "e1")).await.status, 404);
    assert_eq!(answer(&world, &queue, signer.push(&submit())).await.status, 202);
    let seen = answer(&world, &queue, ask("e1")).await;
    assert_eq!((seen.status, &seen.body["state"]), (200, &json!("received")));
    assert_eq!(
        record_of(&world, SOURCE, "e1").await.map(|record| record.state),
        Some(EventState::Received)
    );
}

#[test]
fn a_signature_is_that_of_the_published_example_of_standard_webhooks() {
    let secret = Secret::new(STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap());
    let signature =
        secret.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, br#"{"test": 2432232314}"#);
    assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

#[test]
fn the_secret_of_an_integrator_is_made_of_its_source_and_number_as_the_tool_makes_it() {
    let key = crate::support::desk::seal_key();
    let tool = std::process::Command::new("python3")
        .arg(crate::support::root().join("infra/integrator_secret.py"))
        .args([SOURCE, "--key", "2"])
        .env("EVENTS_KEY", "a key for senders in tests")
        .output()
        .unwrap();
    assert!(tool.status.success(), "{}", String::from_utf8_lossy(&tool.stderr));
    let printed = String::from_utf8(tool.stdout).unwrap();
    assert_eq!(printed.trim(), key.secret(SOURCE, 2).reveal());
    assert_ne!(key.secret(SOURCE, 1), key.secret(SOURCE, 2));
    assert_ne!(key.secret(SOURCE, 1), key.secret(JUSTICE, 1));
}
