//! Examples that come by a queue, a stream or a schedule.

use std::collections::BTreeMap;

use aws_lambda_events::dynamodb::Event as StreamRecords;
use aws_lambda_events::sqs::{SqsEvent, SqsMessage};
use platform::batch::Arrived;
use platform::message::CloudEvent;
use relay_changes::Route;

use super::*;
use crate::support::desk::desk;
use crate::support::national::National;
use crate::support::shelf::Shelf;
use crate::support::teller::{accepted, work};
use crate::support::world::{Kept, Scripted, shipped};

/// The schemas of what integrators send.
const EVENTS: [&str; 9] = [
    "SubmitEvent",
    "TransitionEvent",
    "DocumentsEvent",
    "ResultEvent",
    "FeeEvent",
    "PostalEvent",
    "TransferEvent",
    "NationalEvent",
    "FeedbackEvent",
];

#[test]
fn each_queue_example_comes_from_the_queue_that_its_function_consumes() {
    let template = Template::read();
    for function in template.functions() {
        for mapping in template.triggers(&function, "SQS") {
            let queue = template.properties(named(&mapping["Queue"]));
            let suffix = queue["QueueName"]["Fn::Sub"]
                .as_str()
                .unwrap()
                .replace("${AWS::StackName}", ":motcua");
            for name in examples_of(function.name) {
                let batch: SqsEvent = event(&name);
                assert!(!batch.records.is_empty(), "{name} is empty");
                for record in batch.records {
                    let source = record.event_source_arn.unwrap();
                    assert!(source.ends_with(&suffix), "{name}: {source}");
                    assert!(
                        record.message_id.is_some() && record.receipt_handle.is_some(),
                        "{name}"
                    );
                    assert!(record.attributes.contains_key("ApproximateReceiveCount"), "{name}");
                }
            }
        }
    }
}

#[tokio::test]
async fn each_example_of_an_integrators_batch_ends_record_by_record_as_its_name_says() {
    let documents = Documents::read();
    let schemas = EVENTS.map(|name| documents.schema(name));
    for (name, reasons) in INGESTED {
        let world = World::new().await;
        let queue = Kept::default();
        let take = async |record: &SqsMessage| {
            let now = at("2026-11-16T02:21:04Z");
            let arrived = Arrived::of(record, now);
            let outcome = desk(&world, &queue).receive(&arrived, &world.catalogue, now).await;
            outcome.err().map_or("", |failure| failure.slug())
        };
        let handed_in: SqsEvent = event("ingest-event.submit");
        assert_eq!(take(&handed_in.records[0]).await, "");
        let batch: SqsEvent = event(name);
        let mut ends = Vec::new();
        for record in &batch.records {
            let body = record.body.as_deref().unwrap();
            let end = take(record).await;
            let fitting = serde_json::from_str::<Value>(body)
                .is_ok_and(|sent| schemas.iter().any(|schema| schema.is_valid(&sent)));
            // Who may act for whom is no question of form.
            let of_whom = ["forbidden", "sender-not-proven"].contains(&end);
            assert_eq!(fitting, end.is_empty() || of_whom, "{name}: {body}");
            ends.push(end);
        }
        assert_eq!(ends, reasons, "{name}");
    }
}

/// A dossier as it lies in the table.
async fn stored(world: &World) -> serde_dynamo::Item {
    let key = aws_sdk_dynamodb::types::AttributeValue::S(CODE.to_owned());
    let found =
        world.client.get_item().table_name("DossiersTable").key("code", key).send().await.unwrap();
    found.item.unwrap().into()
}

#[tokio::test]
async fn the_images_of_the_stream_examples_are_what_the_functions_store() {
    let world = World::new().await;
    let image = |name: &str, new: bool| {
        let change = event::<StreamRecords>(name).records.remove(0).change;
        if new { change.new_image } else { change.old_image }
    };
    answered(&world, "submit-dossier.citizen").await;
    let submitted = stored(&world).await;
    assert_eq!(image("relay-changes.insert", true), submitted);
    assert_eq!(image("relay-changes.modify", false), submitted);
    answered(&world, "change-status.receive").await;
    let received = stored(&world).await;
    assert_eq!(image("relay-changes.modify", true), received);
    assert_eq!(image("relay-changes.remove", false), received);
}

#[tokio::test]
async fn each_stream_example_is_relayed_as_its_name_says_and_so_becomes_the_notices_example() {
    let documents = Documents::read();
    let schema = documents.schema("ChangedEvent");
    let told = |name: &str| -> Vec<Value> {
        let batch: SqsEvent = event(name);
        batch
            .records
            .iter()
            .map(|record| serde_json::from_str(record.body.as_deref().unwrap()).unwrap())
            .collect()
    };
    let changes = told("notify-applicant.two-changes");
    assert_eq!(told("notify-applicant.changed"), changes[1..]);
    let feedback = "H20.01.PA-261116-0001".parse().unwrap();
    let woken = CloudEvent::wake(&feedback, at("2026-11-16T01:41:00Z"));
    let woken = [serde_json::to_value(woken).unwrap()];
    assert_eq!(fits(&documents.schema("WakeEvent"), &woken[0]), Ok(()));
    let cases: BTreeMap<&str, (&[Value], &[&str])> = BTreeMap::from([
        // Of four rows one is a state that is there.
        ("relay-changes.feedback", (&woken[..], &[][..])),
        ("relay-changes.insert", (&changes[..1], &[][..])),
        ("relay-changes.modify", (&changes[1..], &[])),
        // The oldest entries of a long history, put apart: they were told of when they were new.
        ("relay-changes.page", (&[], &[])),
        ("relay-changes.remove", (&[], &[])),
        ("relay-changes.unreadable", (&[], &["unreadable-image"])),
    ]);
    assert_eq!(examples_of("relay-changes"), cases.keys().map(|name| (*name).to_owned()).collect());
    for (name, (messages, reasons)) in cases {
        let (notices, failures) = (Kept::default(), Kept::default());
        let routes = [Route { queue: &notices, wants: |_| true, wants_feedback: true }];
        relay_changes::relay(event(name), &routes, &failures, std::time::Duration::from_secs(60))
            .await
            .unwrap();
        assert_eq!(
            (&notices.sent.lock().unwrap()[..], failures.reasons()),
            (messages, reasons.iter().map(|reason| (*reason).to_owned()).collect()),
            "{name}"
        );
        for message in messages.iter().filter(|message| message["source"] == "urn:motcua:dossiers")
        {
            assert_eq!(fits(&schema, message), Ok(()), "{name}");
        }
        for (body, _, _) in failures.parked.lock().unwrap().iter() {
            let body = serde_json::from_str(body).unwrap();
            assert_eq!(fits(&documents.schema("ParkedChange"), &body), Ok(()), "{name}");
        }
    }
}

#[tokio::test]
async fn each_notices_example_notifies_the_applicant_once_as_its_name_says() {
    let expected: BTreeMap<&str, &[&str]> = BTreeMap::from([
        ("notify-applicant.changed", &["H20.101-261116-0001/2"][..]),
        // Told of together, they are one message with the last state.
        ("notify-applicant.two-changes", &["H20.101-261116-0001/2"]),
        ("notify-applicant.wake", &["H20.101-261116-0001/2"]),
        // Of a proof that is forgotten by now.
        ("notify-applicant.proof", &[]),
        ("notify-applicant.not-json", &[]),
    ]);
    assert_eq!(
        examples_of("notify-applicant"),
        expected.keys().map(|name| (*name).to_owned()).collect()
    );
    for (name, notices) in expected {
        let world = World::new().await;
        answered(&world, "submit-dossier.citizen").await;
        answered(&world, "change-status.receive").await;
        let gateways = Scripted::pair([accepted("1")], [accepted("2")]);
        for record in event::<SqsEvent>(name).records {
            let body = record.body.unwrap();
            let told = work(&world, &gateways, &body, "2026-11-16T01:40:04Z").await;
            assert_eq!(told.is_err(), name.ends_with("not-json"), "{name}");
        }
        let told: Vec<(&str, String)> =
            notices.iter().map(|notice| ("zalo", (*notice).to_owned())).collect();
        assert_eq!(gateways.asked(), told, "{name}");
    }
}

#[tokio::test]
async fn each_national_example_brings_the_portal_up_to_its_dossier_as_its_name_says() {
    let expected: BTreeMap<&str, &[&str]> = BTreeMap::from([
        ("sync-national.changed", &[""][..]),
        ("sync-national.two-changes", &["", ""]),
        ("sync-national.wake", &[""]),
        ("sync-national.mixed-batch", &["", "malformed-body", "dossier-not-found"]),
    ]);
    assert_eq!(
        examples_of("sync-national"),
        expected.keys().map(|name| (*name).to_owned()).collect()
    );
    for (name, outcomes) in expected {
        let world = World::new().await;
        answered(&world, "submit-dossier.citizen").await;
        answered(&world, "change-status.receive").await;
        let national = National::new(&world).await;
        let records = event::<SqsEvent>(name).records;
        let bodies: Vec<String> = records.into_iter().filter_map(|record| record.body).collect();
        let ends = national.sync(&bodies, at("2026-11-16T01:40:04Z")).await;
        let ends: Vec<&str> = ends
            .iter()
            .map(|end| end.as_ref().map_or_else(|failure| failure.slug(), |()| ""))
            .collect();
        assert_eq!(ends, outcomes, "{name}");
        assert_eq!(national.line(CODE).await.acknowledged(), 2, "{name}");
        assert_eq!(national.statuses(CODE), ["1", "2"], "{name}");
    }
}

#[tokio::test]
async fn each_counts_example_counts_an_agency_or_is_refused_as_its_name_says() {
    let documents = Documents::read();
    let expected: BTreeMap<&str, &[&str]> = BTreeMap::from([
        ("count-agency.agency", &[""][..]),
        ("count-agency.mixed-batch", &["", "malformed-body", "invalid-request"]),
        ("count-agency.unknown-run", &["invalid-request"]),
    ]);
    assert_eq!(
        examples_of("count-agency"),
        expected.keys().map(|name| (*name).to_owned()).collect()
    );
    let now = at("2026-11-16T17:30:00Z");
    for (name, outcomes) in expected {
        let world = World::new().await;
        rollup_kpi::plan(
            &Default::default(),
            &world.figures,
            &Kept::default(),
            &world.catalogue,
            now,
        )
        .await
        .unwrap();
        let mut found = Vec::new();
        for record in event::<SqsEvent>(name).records {
            let (body, ledger) = (record.body.unwrap(), count_agency::Ledger::default());
            let counted = count_agency::count(
                &body,
                &world.dossiers,
                &world.figures,
                &ledger,
                &world.catalogue,
                now,
            )
            .await;
            found.push(counted.as_ref().map_or_else(|failure| failure.slug(), |_| ""));
            if counted.is_ok() {
                let sent = serde_json::from_str(&body).unwrap();
                assert_eq!(fits(&documents.schema("AgencyCountEvent"), &sent), Ok(()), "{name}");
            }
        }
        assert_eq!(found, outcomes, "{name}");
    }
}

#[tokio::test]
async fn each_example_of_the_bucket_is_inspected_or_refused_as_its_name_says() {
    let documents = Documents::read();
    let expected: BTreeMap<&str, &[&str]> = BTreeMap::from([
        ("inspect-document.uploaded", &[""][..]),
        ("inspect-document.connected", &[""]),
        ("inspect-document.mixed-batch", &["", "invalid-request", "invalid-request"]),
    ]);
    assert_eq!(
        examples_of("inspect-document"),
        expected.keys().map(|name| (*name).to_owned()).collect()
    );
    let world = World::new().await;
    let law = (&*world.catalogue, inspect_document::MalwareScan::Optional);
    for (name, outcomes) in expected {
        let mut found = Vec::new();
        for record in event::<SqsEvent>(name).records {
            let (body, contents) = (record.body.unwrap(), Shelf::default());
            let now = at("2026-11-16T01:40:06Z");
            let inspected =
                inspect_document::inspect(&body, &world.uploads, &contents, law, now).await;
            found.push(inspected.as_ref().map_or_else(|failure| failure.slug(), |_| ""));
            let sent: Value = serde_json::from_str(&body).unwrap();
            let fitting = fits(&documents.schema("BucketNotification"), &sent);
            assert_eq!(fitting.is_ok(), inspected.is_ok(), "{name}: {fitting:?}: {body}");
        }
        assert_eq!(found, outcomes, "{name}");
    }
}

#[tokio::test]
async fn each_example_of_the_fetches_is_taken_or_refused_as_its_name_says() {
    let documents = Documents::read();
    // The dossiers of the examples are in no table here.
    let expected = BTreeMap::from([
        ("fetch-document.submitted", "dossier-not-found"),
        ("fetch-document.unknown-type", "invalid-request"),
    ]);
    assert_eq!(
        examples_of("fetch-document"),
        expected.keys().map(|name| (*name).to_owned()).collect()
    );
    let (world, shelf) = (World::new().await, Shelf::default());
    for (name, outcome) in expected {
        let body = event::<SqsEvent>(name).records.remove(0).body.unwrap();
        let desk = fetch_document::Desk {
            dossiers: &world.dossiers,
            copies: &world.copies,
            sources: &platform::document_hosts::DocumentHosts::new(std::time::Duration::ZERO),
            shelves: &shelf,
            catalogue: &world.catalogue,
        };
        let fetched = fetch_document::fetch(&body, &desk, at("2026-11-16T01:12:46Z")).await;
        assert_eq!(fetched.unwrap_err().slug(), outcome, "{name}");
        let sent = serde_json::from_str(&body).unwrap();
        let fitting = fits(&documents.schema("ChangedEvent"), &sent);
        assert_eq!(fitting.is_ok(), outcome == "dossier-not-found", "{name}: {fitting:?}");
    }
}

#[test]
fn each_order_of_a_schedule_is_read_or_refused_as_its_name_says() {
    let documents = Documents::read();
    let day = || Some("2026-11-16".parse().unwrap());
    let (count, look) = (documents.schema("RollupOrder"), documents.schema("ReminderOrder"));
    let wake = documents.schema("WakeOrder");
    let refresh = documents.schema("RefreshOrder");
    let announcement = documents.schema("AnnouncementOrder");
    let announced = |order| serde_json::from_value::<announce_report::Order>(order).map(|_| None);
    let refreshed = |order| serde_json::from_value::<refresh_token::Order>(order).map(|_| None);
    let woken = |order| serde_json::from_value::<wake_notices::Order>(order).map(|_| None);
    let deliveries = documents.schema("DeliveriesOrder");
    let delivered = |order| serde_json::from_value::<wake_deliveries::Order>(order).map(|_| None);
    let settling = documents.schema("SettlingOrder");
    let settled = |order| serde_json::from_value::<settle_payments::Order>(order).map(|_| None);
    let reconciliation = documents.schema("ReconciliationOrder");
    let reconciled =
        |order| serde_json::from_value::<reconcile_deliveries::Order>(order).map(|_| None);
    let repair = documents.schema("RepairOrder");
    let repaired = |order| serde_json::from_value::<repair_relay::Order>(order).map(|_| None);
    let expiry = documents.schema("ExpiryOrder");
    let expired = |order| serde_json::from_value::<expire_content::Order>(order).map(|_| None);
    let counted = |order| serde_json::from_value::<rollup_kpi::Order>(order).map(|order| order.day);
    let looked =
        |order| serde_json::from_value::<remind_deadline::Order>(order).map(|order| order.day);
    for (name, schema, read, expected) in [
        ("wake-notices.minute", &wake, &woken as &dyn Fn(Value) -> serde_json::Result<_>, Ok(None)),
        ("wake-notices.unknown-field", &wake, &woken, Err(())),
        ("reconcile-deliveries.nightly", &reconciliation, &reconciled, Ok(None)),
        ("reconcile-deliveries.since", &reconciliation, &reconciled, Ok(None)),
        ("reconcile-deliveries.unknown-field", &reconciliation, &reconciled, Err(())),
        ("settle-payments.five-minutes", &settling, &settled, Ok(None)),
        ("settle-payments.unknown-field", &settling, &settled, Err(())),
        ("wake-deliveries.minute", &deliveries, &delivered, Ok(None)),
        ("wake-deliveries.unknown-field", &deliveries, &delivered, Err(())),
        ("announce-report.morning", &announcement, &announced, Ok(None)),
        ("announce-report.unknown-field", &announcement, &announced, Err(())),
        ("refresh-token.quarter-hour", &refresh, &refreshed, Ok(None)),
        ("refresh-token.signed-in", &refresh, &refreshed, Ok(None)),
        ("refresh-token.unknown-field", &refresh, &refreshed, Err(())),
        (
            "rollup-kpi.nightly",
            &count,
            &counted as &dyn Fn(Value) -> serde_json::Result<_>,
            Ok(None),
        ),
        ("rollup-kpi.day", &count, &counted, Ok(day())),
        ("rollup-kpi.several-days", &count, &counted, Ok(None)),
        ("rollup-kpi.close", &count, &counted, Ok(None)),
        ("rollup-kpi.unknown-field", &count, &counted, Err(())),
        ("remind-deadline.morning", &look, &looked, Ok(None)),
        ("remind-deadline.day", &look, &looked, Ok(day())),
        ("remind-deadline.unknown-field", &look, &looked, Err(())),
        ("repair-relay.nightly", &repair, &repaired, Ok(None)),
        ("repair-relay.since", &repair, &repaired, Ok(None)),
        ("repair-relay.unknown-field", &repair, &repaired, Err(())),
        ("expire-content.nightly", &expiry, &expired, Ok(None)),
        ("expire-content.a-few", &expiry, &expired, Ok(None)),
        ("expire-content.unknown-field", &expiry, &expired, Err(())),
    ] {
        let order = raw(name);
        assert_eq!(schema.is_valid(&order), expected.is_ok(), "{name}");
        assert_eq!(read(order).map_err(|_| ()), expected, "{name}");
    }
    let known = [
        "rollup-kpi",
        "remind-deadline",
        "announce-report",
        "wake-notices",
        "refresh-token",
        "repair-relay",
        "expire-content",
        "wake-deliveries",
        "reconcile-deliveries",
        "settle-payments",
    ];
    assert_eq!(known.map(|function| examples_of(function).len()), [5, 3, 2, 2, 3, 3, 3, 2, 3, 2]);
}

#[tokio::test]
async fn each_plain_payload_of_the_kit_is_right_and_fits_the_contract_but_for_the_broken_one() {
    let documents = Documents::read();
    let schemas = EVENTS.map(|name| documents.schema(name));
    let kit = file("docs/integrators.md");
    for name in names_in("events/integrators") {
        let body = file(&format!("events/integrators/{name}"));
        let judged = ingest_event::judge(&body, shipped(), at("2026-11-20T02:00:00Z")).await;
        let fits =
            schemas.iter().any(|schema| schema.is_valid(&serde_json::from_str(&body).unwrap()));
        let is_right = name != "broken.json";
        assert_eq!((judged.is_ok(), fits), (is_right, is_right), "{name}: {judged:?}");
        assert!(is_right || kit.contains(&format!("events/integrators/{name}")), "{name}");
    }
}
