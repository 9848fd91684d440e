//! Who sent an event, and what became of it: each is taken under the name that its sender proves,
//! and recorded for 30 days.

use domain::catalogue::{Sender, SenderId};
use ingest_event::Desk;
use platform::Failure;
use platform::LogLine;
use platform::batch::{self, Arrived};
use platform::failure::Retry;
use platform::port::EventRecords;
use platform::record::standing::{
    BrokenField, EVENT_KEPT, EventName, EventRecord, EventState, WaitsFor,
};
use platform::seal::{SENDER as SENDER_NAME, SENDER_SEAL, SealKey};
use serde_json::{Value, json};

use crate::support::call::{SENDER, SOURCE, submit_event, transition_event};
use crate::support::desk::{PLAN, desk, message, record_of, sent_back, work};
use crate::support::log::Log;
use crate::support::world::{Death, Kept, Mortal, NOW, World, at};

const CODE: &str = "H20.03-261116-9001";
const LAND_REGISTRY: &str = "AROALANDREGISTRY0001X";
const OPERATOR: &str = "AROAOPERATORS0000001X:somebody-on-duty";

fn submit() -> Value {
    submit_event("e1", "2026-11-16T03:00:00Z", Some(CODE))
}

fn receive() -> Value {
    transition_event("e2", "2026-11-16T04:00:00Z", CODE, "receive")
}

/// Works off the event of `sender`; gives the reason for which it was parked, if it was.
async fn from(world: &World, event: &Value, sender: Option<&str>) -> Option<String> {
    let queue = Kept::default();
    work(world, &queue, &message(&event.to_string(), sender, at(NOW)), at(NOW)).await;
    queue.reasons().pop()
}

fn applied(version: u64) -> EventState {
    EventState::Applied { dossier: CODE.parse().unwrap(), version }
}

async fn state_of(world: &World, id: &str) -> Option<EventState> {
    record_of(world, SOURCE, id).await.map(|record| record.state)
}

#[tokio::test]
async fn of_two_senders_of_one_source_only_the_one_that_it_belongs_to_moves_its_dossiers() {
    let world = World::new().await;
    assert_eq!(from(&world, &submit(), Some(SENDER)).await, None);
    let log = Log::kept();
    let refused = from(&world, &receive(), Some(&format!("{LAND_REGISTRY}:session"))).await;
    assert_eq!(refused.as_deref(), Some("sender-not-proven"));
    assert_eq!(world.dossier(CODE).await.version, 1);
    let [line] = &log.of(LogLine::SenderNotProven)[..] else { panic!("it is logged once") };
    assert_eq!(line["source"], SOURCE);
    assert_eq!(line["sender"], format!("principal:{LAND_REGISTRY}:session"));
    // It is recorded, and not under the name of the event that it claims to be.
    assert_eq!(state_of(&world, "e2").await, None);
    let claimed = world.events.event(&EventName::claimed(SOURCE, "e2").unwrap()).await.unwrap();
    let refused = EventState::Refused { problem: "sender-not-proven".into(), errors: Vec::new() };
    assert_eq!(claimed.map(|record| record.state), Some(refused));
    assert_eq!(from(&world, &receive(), Some(SENDER)).await, None);
    assert_eq!(world.dossier(CODE).await.version, 2);
    assert_eq!(state_of(&world, "e2").await, Some(applied(2)));
}

#[tokio::test]
async fn a_message_without_a_sender_is_refused_like_one_of_a_stranger() {
    let world = World::new().await;
    for sender in [None, Some(""), Some("123456789012"), Some("AIDAECOSYSORIGINS001"), Some(SOURCE)]
    {
        let refused = from(&world, &submit(), sender).await;
        assert_eq!(refused.as_deref(), Some("sender-not-proven"), "{sender:?}");
    }
    assert_eq!(world.count("DossiersTable").await, 0);
}

#[tokio::test]
async fn every_session_of_a_role_is_the_role_and_a_role_of_a_similar_name_is_another() {
    let world = World::new().await;
    let mut event = submit();
    event["source"] = "urn:motcua:integrator:land-registry".into();
    for (sender, reason) in [
        (format!("{LAND_REGISTRY}:nightly"), "forbidden"),
        (LAND_REGISTRY.to_owned(), "forbidden"),
        (format!("{LAND_REGISTRY}X:nightly"), "sender-not-proven"),
        (format!("nightly:{LAND_REGISTRY}"), "sender-not-proven"),
    ] {
        // The land registry may not act for the agency of this dossier, whoever it is.
        assert_eq!(from(&world, &event, Some(&sender)).await.as_deref(), Some(reason), "{sender}");
    }
}

#[tokio::test]
async fn on_the_local_engine_which_names_one_account_for_everybody_each_source_is_believed() {
    let world = World::new().await;
    assert_eq!(from(&world, &submit(), Some("000000000000")).await, None);
    assert_eq!(world.count("DossiersTable").await, 1);
}

#[test]
fn only_what_aws_gives_one_principal_alone_can_be_entered_as_a_sender() {
    for id in ["AIDACKCEVSQ6C2EXAMPLE", "AROADBQP57FF2AEXAMPLE", "000000000000"] {
        assert!(SenderId::try_from(id.to_owned()).is_ok(), "{id}");
    }
    for id in [
        "",
        "123456789012",
        "AIDA",
        "AIDACKCEVSQ6C2EXAmPLE",
        "AKIAIOSFODNN7EXAMPLE",
        "AROADBQP57FF2AEXAMPLE:session",
        "arn:aws:iam::123456789012:role/x",
        "*",
    ] {
        assert!(SenderId::try_from(id.to_owned()).is_err(), "{id}");
    }
}

#[tokio::test]
async fn an_event_that_an_operator_sends_back_is_still_that_of_its_sender() {
    let world = World::new().await;
    let queue = Kept::default();
    let body = receive().to_string();
    let mut late = message(&body, Some(SENDER), at("2026-11-16T12:00:00Z"));
    late["attributes"]["ApproximateReceiveCount"] = "40".into();
    work(&world, &queue, &late, at(NOW)).await;
    assert_eq!(queue.reasons(), ["dossier-not-found"]);
    let given_up = EventState::Refused { problem: "dossier-not-found".into(), errors: Vec::new() };
    assert_eq!(state_of(&world, "e2").await, Some(given_up));
    assert_eq!(from(&world, &submit(), Some(SENDER)).await, None);
    // By the operator's own name it is nobody's.
    assert_eq!(
        from(&world, &receive(), Some(OPERATOR)).await.as_deref(),
        Some("sender-not-proven")
    );
    let back = sent_back(&body, OPERATOR, &queue, at(NOW));
    let answer = work(&world, &Kept::default(), &back, at(NOW)).await;
    assert!(answer.batch_item_failures.is_empty());
    assert_eq!(state_of(&world, "e2").await, Some(applied(2)));
}

#[tokio::test]
async fn a_seal_proves_one_sender_of_one_message_under_one_key() {
    let world = World::new().await;
    let body = submit().to_string();
    let other = submit_event("e9", "2026-11-16T03:00:00Z", Some(CODE)).to_string();
    let ours = Sender::Signed(SOURCE.to_owned());
    let stranger = Sender::Signed("urn:motcua:integrator:justice".to_owned());
    let key = &world.seal_key;
    let foreign = SealKey::new("another key than ours".to_owned());
    let cases = [
        (&ours, key.seal(&ours, &body), &body, true),
        (&ours, key.seal(&ours, &body), &other, false),
        (&ours, key.seal(&stranger, &body), &body, false),
        (&stranger, key.seal(&stranger, &body), &body, false),
        (&ours, foreign.seal(&ours, &body), &body, false),
        (&ours, String::new(), &body, false),
    ];
    for (place, (sender, seal, body, is_taken)) in cases.into_iter().enumerate() {
        let mut passed_on = message(body, Some(OPERATOR), at(NOW));
        for (name, value) in [(SENDER_NAME, sender.to_string()), (SENDER_SEAL, seal)] {
            passed_on["messageAttributes"][name] =
                json!({ "stringValue": value, "dataType": "String" });
        }
        let queue = Kept::default();
        work(&world, &queue, &passed_on, at(NOW)).await;
        assert_eq!(queue.reasons().is_empty(), is_taken, "{place}: {:?}", queue.reasons());
    }
    assert_eq!(world.count("DossiersTable").await, 1);
}

#[tokio::test]
async fn a_record_says_for_what_an_event_waits_and_what_it_did() {
    let world = World::new().await;
    let queue = Kept::default();
    let process = transition_event("e3", "2026-11-16T05:00:00Z", CODE, "process");
    let waits = |waits_for| Some(EventState::Waiting { waits_for });
    assert_eq!(state_of(&world, "e3").await, None);
    assert_eq!(from(&world, &process, Some(SENDER)).await, None);
    assert_eq!(state_of(&world, "e3").await, waits(WaitsFor::Dossier));
    assert_eq!(from(&world, &submit(), Some(SENDER)).await, None);
    assert_eq!(from(&world, &process, Some(SENDER)).await, None);
    assert_eq!(state_of(&world, "e3").await, waits(WaitsFor::EarlierEvent));
    let held = Desk {
        holds: domain::dossier::Holds::settling(jiff::SignedDuration::from_mins(5)),
        ..desk(&world, &queue)
    };
    let arrived = |event: &Value| {
        let sent = serde_json::from_value(message(&event.to_string(), Some(SENDER), at(NOW)));
        Arrived::of(&sent.unwrap(), at(NOW))
    };
    let failure = held.receive(&arrived(&receive()), &world.catalogue, at(NOW)).await.unwrap_err();
    assert!(matches!(failure, Failure::HeldBack(_)), "{failure}");
    assert_eq!(state_of(&world, "e2").await, waits(WaitsFor::Settling));
    assert_eq!(from(&world, &receive(), Some(SENDER)).await, None);
    assert_eq!(from(&world, &process, Some(SENDER)).await, None);
    assert_eq!(state_of(&world, "e1").await, Some(applied(1)));
    assert_eq!(state_of(&world, "e2").await, Some(applied(2)));
    assert_eq!(state_of(&world, "e3").await, Some(applied(3)));
}

#[tokio::test]
async fn a_record_names_every_broken_field_with_its_rule_and_nothing_that_was_sent() {
    let world = World::new().await;
    let mut event = submit();
    event["specversion"] = "0.3".into();
    event["data"]["applicant"]["phone"] = 113.into();
    event["data"]["channel"] = "carrier pigeon".into();
    event["data"]["documents"][0] = json!({ "Lê Thị Bí Mật": 1, "code": 7 });
    assert_eq!(from(&world, &event, Some(SENDER)).await.as_deref(), Some("invalid-request"));
    let record = record_of(&world, SOURCE, "e1").await.unwrap();
    let EventState::Refused { problem, errors } = &record.state else { panic!("{record:?}") };
    assert_eq!(problem, "invalid-request");
    let broken = |field: &str, rule: &str, detail: &str| BrokenField {
        field: field.into(),
        rule: rule.into(),
        detail: Some(detail.into()),
    };
    let channels = "is none of the known values: one of counter, online, postal";
    for named in [
        broken("specversion", "cloudevents-1.0", "must be CloudEvents 1.0"),
        broken("data.applicant.phone", "type", "has the wrong type"),
        broken("data.channel", "known-value", channels),
        broken("data.documents[0].code", "type", "has the wrong type"),
    ] {
        assert!(errors.contains(&named), "{named:?} is not in {errors:?}");
    }
    assert!(!format!("{record:?}").contains("Mật"));
}

#[tokio::test]
async fn an_event_of_longer_ago_than_its_sender_may_report_is_refused_with_the_limit() {
    let world = World::new().await;
    // Ninety days before it is read, to the second.
    for (time, reason) in
        [("2026-08-19T01:59:59Z", Some("invalid-request")), ("2026-08-19T02:00:00Z", None)]
    {
        let event = submit_event(time, time, None);
        assert_eq!(from(&world, &event, Some(SENDER)).await.as_deref(), reason, "{time}");
    }
    let record = record_of(&world, SOURCE, "2026-08-19T01:59:59Z").await.unwrap();
    let late = BrokenField {
        field: "time".into(),
        rule: "too-long-ago".into(),
        detail: Some("lies further back than the sender may report: at most 90 days".into()),
    };
    let refused = EventState::Refused { problem: "invalid-request".into(), errors: vec![late] };
    assert_eq!(record.state, refused);
}

#[tokio::test]
async fn a_record_is_kept_for_thirty_days_from_when_the_event_was_first_read() {
    let world = World::new().await;
    let queue = Kept::default();
    let (first, later) = (at(NOW), at("2026-11-17T09:00:00Z"));
    let waiting = message(&receive().to_string(), Some(SENDER), first);
    work(&world, &queue, &waiting, first).await;
    assert_eq!(from(&world, &submit(), Some(SENDER)).await, None);
    work(&world, &queue, &waiting, later).await;
    let record = record_of(&world, SOURCE, "e2").await.unwrap();
    assert_eq!(
        (record.received_at, record.since, record.expires_at),
        (first, later, (first + EVENT_KEPT).as_second())
    );
    assert_eq!(EVENT_KEPT, jiff::SignedDuration::from_hours(30 * 24));
}

#[tokio::test]
async fn a_process_that_dies_before_it_records_an_effect_records_the_same_when_it_comes_again() {
    for death in [Death::Before, Death::After] {
        let world = World::new().await;
        let records = Mortal::new(world.events.clone(), death);
        let queue = Kept::default();
        let Desk { store, intake, ledger, feedback, replies, key, holds, .. } =
            desk(&world, &queue);
        let (records, queue) = (&records, &queue);
        let mortal = Desk { store, intake, ledger, feedback, records, queue, replies, key, holds };
        for (version, event) in (1..).zip([submit(), receive()]) {
            let sent = message(&event.to_string(), Some(SENDER), at(NOW));
            let arrived = Arrived::of(&serde_json::from_value(sent).unwrap(), at(NOW));
            let died = mortal.receive(&arrived, &world.catalogue, at(NOW)).await.unwrap_err();
            assert_eq!(died.retryable(), Retry::Yes, "{died}");
            // The next process has another hour, and finds what was done.
            let later = at("2026-11-17T03:00:00Z");
            desk(&world, queue).receive(&arrived, &world.catalogue, later).await.unwrap();
            let id = event["id"].as_str().unwrap();
            assert_eq!(state_of(&world, id).await, Some(applied(version)));
        }
        assert_eq!(world.dossier(CODE).await.version, 2);
    }
}

#[tokio::test]
async fn an_event_is_not_parked_before_it_is_recorded_that_it_is_refused() {
    let world = World::new().await;
    let records = Mortal::new(world.events.clone(), Death::Before);
    let queue = Kept::default();
    let Desk { store, intake, ledger, feedback, replies, key, holds, .. } = desk(&world, &queue);
    let (records, queue) = (&records, &queue);
    let mortal = Desk { store, intake, ledger, feedback, records, queue, replies, key, holds };
    let mut event = submit();
    event["data"]["applicant"]["phone"] = "113".into();
    let batch = json!({ "Records": [message(&event.to_string(), Some(SENDER), at(NOW))] });
    let deliver = async || {
        let work = async |arrived| mortal.receive(&arrived, &world.catalogue, at(NOW)).await;
        let batch = serde_json::from_value(batch.clone()).unwrap();
        batch::run(batch, PLAN, &mortal, at(NOW), work).await.batch_item_failures.len()
    };
    assert_eq!((deliver().await, queue.reasons().len()), (1, 0));
    assert_eq!(state_of(&world, "e1").await, Some(EventState::Received));
    records.revive();
    assert_eq!((deliver().await, queue.reasons()), (0, vec!["invalid-request".to_owned()]));
}

#[tokio::test]
async fn of_two_deliveries_of_one_event_at_the_same_time_both_record_its_one_effect() {
    let world = World::new().await;
    for (version, event) in (1..).zip([submit(), receive()]) {
        let (first, second) = futures::future::join(
            from(&world, &event, Some(SENDER)),
            from(&world, &event, Some(SENDER)),
        )
        .await;
        assert_eq!((first, second), (None, None));
        assert_eq!(world.dossier(CODE).await.version, version);
        let id = event["id"].as_str().unwrap();
        assert_eq!(state_of(&world, id).await, Some(applied(version)));
    }
    assert_eq!(world.count("DossiersTable").await, 1);
}

#[tokio::test]
async fn another_event_under_a_name_that_was_used_is_refused_and_the_first_stays_applied() {
    let world = World::new().await;
    assert_eq!(from(&world, &submit(), Some(SENDER)).await, None);
    assert_eq!(from(&world, &receive(), Some(SENDER)).await, None);
    let mut other = submit();
    other["data"]["applicant"]["fullName"] = "Lê Thị Khác".into();
    let mut another = receive();
    another["data"]["action"] = "process".into();
    for event in [other, another] {
        let refused = from(&world, &event, Some(SENDER)).await;
        assert_eq!(refused.as_deref(), Some("idempotency-key-reused"), "{event}");
    }
    assert_eq!(state_of(&world, "e1").await, Some(applied(1)));
    assert_eq!(state_of(&world, "e2").await, Some(applied(2)));
    assert_eq!(world.dossier(CODE).await.version, 2);
}

#[tokio::test]
async fn events_of_a_source_that_tests_are_judged_recorded_and_change_nothing() {
    let world = World::new().await;
    let test = "urn:motcua:integrator:test";
    let of_test = |mut event: Value| {
        event["source"] = test.into();
        event
    };
    let mut broken = submit_event("e3", "2026-11-16T03:00:00Z", None);
    broken["data"]["applicant"]["phone"] = "113".into();
    for (event, reason) in [(submit(), None), (receive(), None), (broken, Some("invalid-request"))]
    {
        let parked = from(&world, &of_test(event), Some("AIDATESTSOURCES00001X")).await;
        assert_eq!(parked.as_deref(), reason);
    }
    for (id, is_right) in [("e1", true), ("e2", true), ("e3", false)] {
        let state = record_of(&world, test, id).await.unwrap().state;
        assert_eq!(state == EventState::Judged, is_right, "{id}: {state:?}");
    }
    assert_eq!(world.count("DossiersTable").await, 0);
    // Of the intake table neither: no number was taken.
    assert_eq!(world.count("IntakeTable").await, 0);
}

#[test]
fn a_stored_record_reads_as_it_was_written_whatever_state_it_has() {
    for state in [
        EventState::Received,
        EventState::Waiting { waits_for: WaitsFor::Forward },
        applied(7),
        EventState::Judged,
        EventState::Refused {
            problem: "invalid-request".into(),
            errors: vec![BrokenField {
                field: "data.code".into(),
                rule: "dossier-code".into(),
                detail: Some("a limit".into()),
            }],
        },
    ] {
        let record = EventRecord {
            event: EventName::of(SOURCE, "e1").unwrap().key,
            source: SOURCE.to_owned(),
            body: "0".repeat(64),
            received_at: at(NOW),
            expires_at: (at(NOW) + EVENT_KEPT).as_second(),
            since: at(NOW),
            state,
        };
        let item: serde_dynamo::Item = serde_dynamo::to_item(&record).unwrap();
        assert_eq!(serde_dynamo::from_item::<_, EventRecord>(item).unwrap(), record);
    }
}
