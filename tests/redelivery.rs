//! What arrives twice, out of order, or as nonsense.

use std::sync::Barrier;
use std::time::Duration;

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use domain::dossier::{Action, HistoryEntry};
use ingest_event::ingest;
use platform::Failure;
use platform::batch::{self, Plan};
use platform::catalogue::{Texts, UndecidedYears};
use platform::failure::Retry;
use relay_changes::{Route, relay};
use serde_json::{Value, json};

use crate::support::call::{AGENCY, Call, submit_event, transition_event};
use crate::support::file;
use crate::support::world::{Kept, NOW, World, at};

const CODE: &str = "H20.03-261116-9001";

/// Longer than reading a change ever takes.
const RECORD_TIMEOUT: Duration = Duration::from_secs(60);

async fn take(world: &World, event: &Value) -> Result<(), Failure> {
    ingest(&event.to_string(), &world.dossiers, &world.reception, &world.catalogue, at(NOW)).await
}

#[tokio::test]
async fn an_event_delivered_twice_has_one_effect() {
    let world = World::new().await;
    let submit = submit_event("e1", "2026-11-16T03:00:00Z", Some(CODE));
    let receive = transition_event("e2", "2026-11-16T04:00:00Z", CODE, "receive");
    for _ in 0..2 {
        take(&world, &submit).await.unwrap();
        take(&world, &receive).await.unwrap();
    }
    let dossier = world.dossier(CODE).await;
    assert_eq!((world.count("DossiersTable").await, dossier.version), (1, 2));
    assert_eq!(dossier.received_at, Some(at("2026-11-16T04:00:00Z")), "the time of the happening");
}

#[tokio::test]
async fn an_event_that_overtakes_an_earlier_one_is_tried_again() {
    let world = World::new().await;
    let receive = transition_event("e2", "2026-11-16T04:00:00Z", CODE, "receive");
    let early = take(&world, &receive).await.unwrap_err();
    assert_eq!(early.retryable(), Retry::PerhapsSoon, "{early}");
    take(&world, &submit_event("e1", "2026-11-16T03:00:00Z", Some(CODE))).await.unwrap();
    take(&world, &receive).await.unwrap();
    assert_eq!(world.dossier(CODE).await.version, 2);
}

#[tokio::test]
async fn an_event_that_can_never_be_right_is_not_tried_again() {
    let world = World::new().await;
    let good = || submit_event("e1", "2026-11-16T03:00:00Z", Some(CODE));
    let broken = |change: fn(&mut Value)| {
        let mut event = good();
        change(&mut event);
        event
    };
    for event in [
        broken(|event| event["specversion"] = "0.3".into()),
        broken(|event| event["source"] = "urn:somebody".into()),
        broken(|event| event["type"] = "vn.motcua.dossier.eaten.v1".into()),
        broken(|event| event["time"] = "yesterday".into()),
        broken(|event| event["time"] = "2026-11-18T03:00:00Z".into()),
        broken(|event| event["data"]["code"] = "H20.12-261116-9001".into()),
        broken(|event| event["data"]["code"] = "H20.03-261115-9001".into()),
        broken(|event| event["data"]["applicant"]["phone"] = "113".into()),
        broken(|event| event["data"]["extra"] = true.into()),
        // The registry of land speaks for another agency.
        broken(|event| event["source"] = "urn:motcua:integrator:land-registry".into()),
    ] {
        let failure = take(&world, &event).await.unwrap_err();
        assert_eq!(failure.retryable(), Retry::Never, "{event}: {failure}");
    }
    assert_eq!(world.count("DossiersTable").await, 0);
}

#[tokio::test]
async fn a_code_that_another_dossier_has_is_refused() {
    let world = World::new().await;
    take(&world, &submit_event("e1", "2026-11-16T03:00:00Z", Some(CODE))).await.unwrap();
    let failure = take(&world, &submit_event("e2", "2026-11-16T03:00:00Z", Some(CODE))).await.unwrap_err();
    assert_eq!((failure.slug(), failure.retryable()), ("invalid-request", Retry::Never));
}

#[tokio::test]
async fn a_code_in_the_old_grammar_is_taken_from_its_agency_and_from_no_other() {
    let world = World::new().await;
    let brought = |code| submit_event(code, "2026-11-16T03:00:00Z", Some(code));
    take(&world, &brought("000.00.03.H20-261116-9001")).await.unwrap();
    let failure = take(&world, &brought("000.00.12.H20-261116-9001")).await.unwrap_err();
    assert_eq!(failure.slug(), "invalid-request");
    assert_eq!(world.count("DossiersTable").await, 1);
}

// A calendar takes days, a queue retries for hours: the message waits where the alarm shows it.
#[tokio::test]
async fn an_event_whose_due_date_has_no_calendar_is_parked_at_once_with_the_year() {
    let world = World::new().await;
    let code = "H20.03-261231-9001";
    let morning = at("2027-01-02T01:00:00Z");
    let take = |event: Value| {
        let world = &world;
        async move { ingest(&event.to_string(), &world.dossiers, &world.reception, &world.catalogue, morning).await }
    };
    take(submit_event("e1", "2026-12-31T08:00:00Z", Some(code))).await.unwrap();
    let failure = take(transition_event("e2", "2026-12-31T08:30:00Z", code, "receive")).await.unwrap_err();
    assert_eq!((failure.slug(), failure.retryable()), ("calendar-missing", Retry::Never));
    assert_eq!(failure.to_string(), "the working calendar has no data for 2027");
    assert_eq!(world.dossier(code).await.version, 1);
}

#[tokio::test]
async fn an_integrators_own_code_has_a_number_that_is_never_issued_here() {
    let world = World::new().await;
    for (number, is_theirs) in [("0001", false), ("8999", false), ("9000", true), ("89999", false), ("90000", true)] {
        let brought = submit_event(number, "2026-11-16T03:00:00Z", Some(&format!("{AGENCY}-261116-{number}")));
        let taken = take(&world, &brought).await;
        assert_eq!(taken.is_ok(), is_theirs, "{number}");
        assert!(taken.is_ok() || taken.unwrap_err().to_string().contains("code (code-of-integrators)"), "{number}");
    }
}

#[tokio::test]
async fn integrators_chose_among_all_numbers_before_they_had_a_block_and_theirs_are_passed_over() {
    let mut rules: Value = serde_json::from_str(&file("infra/data/rules.json")).unwrap();
    rules["rules"][2]["dossierCode"]["integratorDigit"] = Value::Null;
    let texts = Texts::built_in().with([("rules.json".to_owned(), rules.to_string())].into()).unwrap();
    let world = World::of(texts.assemble(UndecidedYears::Refused).unwrap().into()).await;
    let taken = format!("{AGENCY}-261117-0001");
    take(&world, &submit_event("e1", "2026-11-17T01:00:00Z", Some(&taken))).await.unwrap();
    let answer = Call::submit("k").at_submit(&world.reception, &world, at(NOW)).await;
    assert_eq!(answer.code(), format!("{AGENCY}-261117-0002"));
}

/// A stream record from one image to another; an absent image is a dossier that is not there.
fn stream(
    new: Option<&impl serde::Serialize>,
    old: Option<&impl serde::Serialize>,
) -> aws_lambda_events::dynamodb::Event {
    let record = json!({
        "eventID": "1", "eventName": "MODIFY", "eventVersion": "1.1", "eventSource": "aws:dynamodb",
        "awsRegion": "ap-southeast-1", "eventSourceARN": "arn", "dynamodb": { "SizeBytes": 0 },
    });
    let mut event: aws_lambda_events::dynamodb::Event = serde_json::from_value(json!({ "Records": [record] })).unwrap();
    if let Some(new) = new {
        event.records[0].change.new_image = serde_dynamo::to_item(new).unwrap();
    }
    if let Some(old) = old {
        event.records[0].change.old_image = serde_dynamo::to_item(old).unwrap();
    }
    event
}

async fn moved(world: &World) -> (domain::dossier::Dossier, domain::dossier::Dossier) {
    let code = Call::submit("k").at_submit(&world.reception, world, at(NOW)).await.code();
    let before = world.dossier(&code).await;
    Call::transition(&code, "receive", 1).at_change(&world.dossiers, world, at(NOW)).await;
    (before, world.dossier(&code).await)
}

async fn relayed(event: aws_lambda_events::dynamodb::Event, kept: &Kept) -> Result<(), Failure> {
    relay(event, &[Route { queue: kept, wants: |_| true }], kept, RECORD_TIMEOUT).await
}

#[tokio::test]
async fn each_history_entry_becomes_one_message_without_personal_data() {
    let world = World::new().await;
    let (before, after) = moved(&world).await;
    let (submitted, received) = (Kept::default(), Kept::default());
    relayed(stream(Some(&before), None::<&Value>), &submitted).await.unwrap();
    relayed(stream(Some(&after), Some(&before)), &received).await.unwrap();
    let code = before.code.as_str();
    let expected = json!([{
        "specversion": "1.0", "id": format!("{code}/2"), "source": "urn:motcua:dossiers",
        "type": "vn.motcua.dossier.changed.v1", "subject": code, "time": "2026-11-17T02:00:00Z",
        "data": { "schemaVersion": 1, "code": code, "version": 2, "status": 2, "action": "receive" },
    }]);
    assert_eq!(submitted.sent.lock().unwrap()[0]["id"], format!("{code}/1"));
    assert_eq!(Value::Array(received.sent.lock().unwrap().clone()), expected);
}

#[tokio::test]
async fn each_queue_hears_of_what_it_is_interested_in() {
    let world = World::new().await;
    let (_, after) = moved(&world).await;
    let (everything, receipts, failures) = (Kept::default(), Kept::default(), Kept::default());
    let routes = [
        Route { queue: &everything, wants: |_| true },
        Route { queue: &receipts, wants: |entry| entry.action == Action::Receive },
    ];
    relay(stream(Some(&after), None::<&Value>), &routes, &failures, RECORD_TIMEOUT).await.unwrap();
    let actions = |kept: &Kept| -> Vec<Value> {
        kept.sent.lock().unwrap().iter().map(|message| message["data"]["action"].clone()).collect()
    };
    assert_eq!(actions(&everything), ["submit", "receive"]);
    assert_eq!(actions(&receipts), ["receive"]);
}

#[tokio::test]
async fn a_change_relayed_twice_carries_the_same_id() {
    let world = World::new().await;
    let (before, after) = moved(&world).await;
    let kept = Kept::default();
    for _ in 0..2 {
        relayed(stream(Some(&after), Some(&before)), &kept).await.unwrap();
    }
    let sent = kept.sent.lock().unwrap();
    assert_eq!((sent.len(), &sent[0]), (2, &sent[1]));
}

#[tokio::test]
async fn a_relay_that_skipped_a_batch_catches_up() {
    let world = World::new().await;
    let (_, after) = moved(&world).await;
    let kept = Kept::default();
    relayed(stream(Some(&after), None::<&Value>), &kept).await.unwrap();
    assert_eq!(kept.sent.lock().unwrap().len(), 2, "both entries of a history never seen");
}

#[tokio::test]
async fn a_queue_that_does_not_take_the_message_fails_the_invocation() {
    let world = World::new().await;
    let (before, after) = moved(&world).await;
    let kept = Kept { refusals: 1.into(), ..Kept::default() };
    let failure = relayed(stream(Some(&after), Some(&before)), &kept).await.unwrap_err();
    assert_eq!(failure.retryable(), Retry::Yes);
    relayed(stream(Some(&after), Some(&before)), &kept).await.unwrap();
    assert_eq!(kept.sent.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn an_image_that_cannot_be_read_is_parked_and_its_neighbours_flow() {
    let world = World::new().await;
    let (before, after) = moved(&world).await;
    let mut event = stream(Some(&json!({ "code": "H20.03-261117-0001", "fullName": "Trần" })), None::<&Value>);
    event.records.extend(stream(Some(&after), Some(&before)).records);
    event.records.extend(stream(None::<&Value>, Some(&before)).records);
    let kept = Kept::default();
    relayed(event, &kept).await.unwrap();
    assert_eq!((kept.reasons(), kept.sent.lock().unwrap().len()), (vec!["unreadable-image".to_owned()], 1));
    assert!(!kept.parked.lock().unwrap()[0].0.contains("Trần"));
}

#[tokio::test]
async fn a_change_that_panics_in_one_consumer_is_parked_and_its_neighbours_flow() {
    let world = World::new().await;
    let (before, after) = moved(&world).await;
    let mut event = stream(Some(&before), None::<&Value>);
    event.records.extend(stream(Some(&after), Some(&before)).records);
    let kept = Kept::default();
    let wants = |entry: &HistoryEntry| if entry.action == Action::Submit { panic!("as the test wants") } else { true };
    relay(event, &[Route { queue: &kept, wants }], &kept, RECORD_TIMEOUT).await.unwrap();
    assert_eq!((kept.reasons(), kept.sent.lock().unwrap().len()), (vec!["panicked".to_owned()], 1));
}

#[tokio::test]
async fn a_change_that_never_ends_is_parked_and_its_neighbours_flow() {
    static GATE: Barrier = Barrier::new(2);
    let world = World::new().await;
    let (before, after) = moved(&world).await;
    let mut event = stream(Some(&before), None::<&Value>);
    event.records.extend(stream(Some(&after), Some(&before)).records);
    let kept = Kept::default();
    let wants = |entry: &HistoryEntry| entry.action != Action::Submit || GATE.wait().is_leader();
    relay(event, &[Route { queue: &kept, wants }], &kept, Duration::from_secs(1)).await.unwrap();
    GATE.wait();
    assert_eq!((kept.reasons(), kept.sent.lock().unwrap().len()), (vec!["timed-out".to_owned()], 1));
}

/// A queue event of these bodies, each received for the `receives`-th time.
fn batch_of(bodies: &[&str], receives: u32) -> SqsEvent {
    let record = |(place, body): (usize, &&str)| {
        json!({
            "messageId": format!("m{place}"), "receiptHandle": format!("r{place}"), "body": body, "awsRegion": "x",
            "attributes": { "ApproximateReceiveCount": receives.to_string() }, "messageAttributes": {},
            "eventSource": "aws:sqs", "eventSourceARN": "arn", "md5OfBody": "",
        })
    };
    let records: Vec<Value> = bodies.iter().enumerate().map(record).collect();
    serde_json::from_value(json!({ "Records": records })).unwrap()
}

/// Works a batch off with a worker that does what each body says.
async fn worked(bodies: &[&str], receives: u32, queue: &Kept) -> Vec<String> {
    let plan = Plan { width: 4, record_timeout: Duration::from_secs(60), receives_max: 9 };
    let work = |body: String| async move {
        match body.as_str() {
            "good" => Ok(()),
            "poison" => Err(Failure::Malformed),
            "early" => Err(Failure::DossierNotFound),
            "down" => Err(Failure::Held("the test")),
            "panic" => panic!("as the test wants"),
            "hang" => std::future::pending().await,
            other => unreachable!("{other}"),
        }
    };
    let SqsBatchResponse { batch_item_failures, .. } = batch::run(batch_of(bodies, receives), plan, queue, work).await;
    let mut failed: Vec<String> = batch_item_failures.into_iter().map(|failure| failure.item_identifier).collect();
    failed.sort();
    failed
}

#[tokio::test(start_paused = true)]
async fn poison_a_panic_and_a_hang_each_fail_alone() {
    let queue = Kept::default();
    let failed = worked(&["good", "poison", "panic", "hang", "down", "good"], 1, &queue).await;
    assert_eq!(failed, ["m2", "m3", "m4"], "to be delivered again; the poison is parked, the good are done");
    assert_eq!(queue.reasons(), ["malformed-body"]);
}

#[tokio::test(start_paused = true)]
async fn a_message_given_up_is_parked_with_its_reason() {
    let queue = Kept::default();
    assert_eq!(worked(&["panic", "hang", "down"], 9, &queue).await, Vec::<String>::new());
    let mut reasons = queue.reasons();
    reasons.sort();
    assert_eq!(reasons, ["panicked", "timed-out", "unavailable"]);
}

#[tokio::test(start_paused = true)]
async fn what_waits_for_an_earlier_event_waits_half_a_minute_and_no_longer() {
    let queue = Kept::default();
    let mut waited = 0;
    for receives in 1..=4 {
        assert_eq!(worked(&["early"], receives, &queue).await, ["m0"]);
        waited += queue.hidden.lock().unwrap().last().unwrap().1;
    }
    assert!((30..=38).contains(&waited), "{waited} s");
    assert_eq!((worked(&["early"], 5, &queue).await.len(), queue.reasons()), (0, vec!["dossier-not-found".to_owned()]));
}

#[tokio::test(start_paused = true)]
async fn a_message_that_cannot_be_parked_is_not_lost() {
    let queue = Kept { refusals: 1.into(), ..Kept::default() };
    assert_eq!(worked(&["poison"], 1, &queue).await, ["m0"]);
}
