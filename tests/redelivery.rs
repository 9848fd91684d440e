//! What arrives twice, out of order, or as nonsense.

use std::sync::Barrier;
use std::time::Duration;

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use aws_sdk_dynamodb::Client;
use domain::dossier::{Action, HistoryEntry, Holds};
use ingest_event::ingest;
use jiff::SignedDuration;
use platform::Failure;
use platform::batch::{self, Arrived, Backoff, Plan};
use platform::catalogue::{Texts, UndecidedYears};
use platform::failure::Retry;
use platform::port::{DeadLetters, DossierStore};
use platform::{LogLine, cloud, dynamo};
use relay_changes::{Route, relay};
use serde_json::{Value, json};

use crate::support::call::{AGENCY, Call, submit_event, transition_event};
use crate::support::file;
use crate::support::log::Log;
use crate::support::world::{Kept, NOW, World, at, dossier_tables, people};

const CODE: &str = "H20.03-261116-9001";

/// Longer than reading a change ever takes.
const RECORD_TIMEOUT: Duration = Duration::from_secs(60);

async fn take(world: &World, event: &Value) -> Result<(), Failure> {
    ingest(&event.to_string(), &world.dossiers, &world.intake, &world.catalogue, at(NOW)).await
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
        broken(|event| event["type"] = "vn.motcua.dossier.submit.v2".into()),
        // The registry of land speaks for another agency.
        broken(|event| event["source"] = "urn:motcua:integrator:land-registry".into()),
    ] {
        let failure = take(&world, &event).await.unwrap_err();
        assert_eq!(failure.retryable(), Retry::Never, "{event}: {failure}");
    }
    assert_eq!(world.count("DossiersTable").await, 0);
}

#[tokio::test]
async fn all_that_is_wrong_with_an_event_is_named_however_its_type_is_spelled() {
    let world = World::new().await;
    for around in ["", " ", "\u{200b}", "\u{feff}"] {
        let mut event = transition_event("e1", "2026-11-16T03:00:00Z", CODE, "receive");
        event["type"] = format!("{around}{}{around}", platform::message::TRANSITION).into();
        event["data"]["reason"] = 7.into();
        event.as_object_mut().unwrap().remove("subject");
        let Failure::Invalid(broken) = take(&world, &event).await.unwrap_err() else {
            panic!("no violations")
        };
        let fields: Vec<&str> = broken.iter().map(|violation| violation.field.as_str()).collect();
        assert_eq!(fields, ["subject", "data.reason"], "{around:?}");
    }
}

#[tokio::test]
async fn fields_of_a_later_release_of_an_event_are_ignored_at_every_depth_and_counted() {
    let world = World::new().await;
    let log = Log::kept();
    let mut submit = submit_event("e1", "2026-11-16T03:00:00Z", Some(CODE));
    submit["data"]["colour"] = "red".into();
    submit["data"]["applicant"]["height"] = json!({ "unit": "cm" });
    submit["data"]["documents"][0]["pages"] = 3.into();
    take(&world, &submit).await.unwrap();
    let [line] = &log.of(LogLine::FieldsIgnored)[..] else { panic!("it is logged once") };
    assert_eq!((&line["fields"], &line["source"]), (&json!(3), &submit["source"]));
    // What is ignored is a part of the request all the same: without it it is another one.
    take(&world, &submit).await.unwrap();
    let without = submit_event("e1", "2026-11-16T03:00:00Z", Some(CODE));
    let refused = take(&world, &without).await.unwrap_err();
    assert_eq!(refused.slug(), "idempotency-key-reused");
    let mut receive = transition_event("e2", "2026-11-16T04:00:00Z", CODE, "receive");
    receive["data"]["desk"] = 7.into();
    take(&world, &receive).await.unwrap();
    assert_eq!(world.dossier(CODE).await.version, 2);
}

#[tokio::test]
async fn another_version_of_an_event_is_told_from_an_event_of_no_type() {
    let world = World::new().await;
    for (kind, rule) in [
        ("vn.motcua.dossier.submit.v2", "known-version"),
        ("vn.motcua.dossier.transition.v10", "known-version"),
        ("vn.motcua.dossier.eaten.v1", "known-type"),
        ("vn.motcua.dossier.submit", "known-type"),
        ("", "known-type"),
    ] {
        let mut event = submit_event("e1", "2026-11-16T03:00:00Z", Some(CODE));
        event["type"] = kind.into();
        let Failure::Invalid(broken) = take(&world, &event).await.unwrap_err() else {
            panic!("no violations")
        };
        let [broken] = &broken[..] else { panic!("{broken:?}") };
        assert_eq!((broken.field.as_str(), broken.rule.slug()), ("type", rule), "{kind}");
    }
}

#[tokio::test]
async fn each_line_about_a_message_says_each_thing_once() {
    let log = Log::kept();
    let message = |id: &str, body: &str| json!({ "messageId": id, "receiptHandle": id, "body": body, "attributes": { "ApproximateReceiveCount": "1" } });
    let records = [message("a", "never"), message("b", "never"), message("c", "later")];
    let event: SqsEvent = serde_json::from_value(json!({ "Records": records })).unwrap();
    let queue = Kept::default();
    *queue.refusals.lock().unwrap() = 1;
    let plan = Plan {
        width: 1,
        record_timeout: RECORD_TIMEOUT,
        receives_max: 11,
        patience: SignedDuration::from_hours(12),
    };
    batch::run(event, plan, &queue, at(NOW), async |arrived: Arrived| {
        Err(if arrived.body == "never" { Failure::Malformed } else { Failure::DossierNotFound })
    })
    .await;
    // To read the lines finds any key that a line has twice.
    let lines = log.lines();
    let told: Vec<(&str, &str)> = lines
        .iter()
        .map(|line| {
            let fields = &line["fields"];
            (fields["id"].as_str().unwrap(), fields["message"].as_str().unwrap())
        })
        .collect();
    let expected = [
        ("a", "message parked"),
        ("a", "message could not be parked"),
        ("b", "message parked"),
        ("c", "message will be tried again"),
    ];
    assert_eq!(told, expected);
}

#[tokio::test]
async fn a_code_that_another_dossier_has_is_refused() {
    let world = World::new().await;
    take(&world, &submit_event("e1", "2026-11-16T03:00:00Z", Some(CODE))).await.unwrap();
    let failure =
        take(&world, &submit_event("e2", "2026-11-16T03:00:00Z", Some(CODE))).await.unwrap_err();
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
        async move {
            ingest(&event.to_string(), &world.dossiers, &world.intake, &world.catalogue, morning)
                .await
        }
    };
    take(submit_event("e1", "2026-12-31T08:00:00Z", Some(code))).await.unwrap();
    let failure =
        take(transition_event("e2", "2026-12-31T08:30:00Z", code, "receive")).await.unwrap_err();
    assert_eq!((failure.slug(), failure.retryable()), ("calendar-missing", Retry::Never));
    assert_eq!(failure.to_string(), "the working calendar has no data for 2027");
    assert_eq!(world.dossier(code).await.version, 1);
}

#[tokio::test]
async fn an_integrators_own_code_has_a_number_that_is_never_issued_here() {
    let world = World::new().await;
    for (number, is_theirs) in
        [("0001", false), ("8999", false), ("9000", true), ("89999", false), ("90000", true)]
    {
        let brought = submit_event(
            number,
            "2026-11-16T03:00:00Z",
            Some(&format!("{AGENCY}-261116-{number}")),
        );
        let taken = take(&world, &brought).await;
        assert_eq!(taken.is_ok(), is_theirs, "{number}");
        assert!(
            taken.is_ok() || taken.unwrap_err().to_string().contains("code (code-of-integrators)"),
            "{number}"
        );
    }
}

#[tokio::test]
async fn integrators_chose_among_all_numbers_before_they_had_a_block_and_theirs_are_passed_over() {
    let mut rules: Value = serde_json::from_str(&file("infra/data/rules.json")).unwrap();
    rules["rules"][2]["dossierCode"]["integratorDigit"] = Value::Null;
    let texts =
        Texts::built_in().with([("rules.json".to_owned(), rules.to_string())].into()).unwrap();
    let world = World::of(texts.assemble(UndecidedYears::Refused).unwrap().into()).await;
    let taken = format!("{AGENCY}-261117-0001");
    take(&world, &submit_event("e1", "2026-11-17T01:00:00Z", Some(&taken))).await.unwrap();
    let answer = Call::submit("k").at_submit(&world.intake, &world, at(NOW)).await;
    assert_eq!(answer.code(), format!("{AGENCY}-261117-0002"));
}

/// A stream record from one image to another; an absent image is a dossier that is not there.
pub fn stream(
    new: Option<&impl serde::Serialize>,
    old: Option<&impl serde::Serialize>,
) -> aws_lambda_events::dynamodb::Event {
    let record = json!({
        "eventID": "1", "eventName": "MODIFY", "eventVersion": "1.1", "eventSource": "aws:dynamodb",
        "awsRegion": "ap-southeast-1", "eventSourceARN": "arn", "dynamodb": { "SizeBytes": 0 },
    });
    let mut event: aws_lambda_events::dynamodb::Event =
        serde_json::from_value(json!({ "Records": [record] })).unwrap();
    if let Some(new) = new {
        event.records[0].change.new_image = serde_dynamo::to_item(new).unwrap();
    }
    if let Some(old) = old {
        event.records[0].change.old_image = serde_dynamo::to_item(old).unwrap();
    }
    event
}

async fn moved(world: &World) -> (domain::dossier::Dossier, domain::dossier::Dossier) {
    let code = Call::submit("k").at_submit(&world.intake, world, at(NOW)).await.code();
    let before = world.dossier(&code).await;
    Call::transition(&code, "receive", 1).at_change(&world.dossiers, world, at(NOW)).await;
    (before, world.dossier(&code).await)
}

async fn relayed(event: aws_lambda_events::dynamodb::Event, kept: &Kept) -> Result<(), Failure> {
    relay(
        event,
        &[Route { queue: kept, wants: |_| true, wants_feedback: true }],
        kept,
        RECORD_TIMEOUT,
    )
    .await
    .map(drop)
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
        Route { queue: &everything, wants: |_| true, wants_feedback: true },
        Route {
            queue: &receipts,
            wants: |entry| entry.action == Action::Receive,
            wants_feedback: false,
        },
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
    let mut event =
        stream(Some(&json!({ "code": "H20.03-261117-0001", "fullName": "Trần" })), None::<&Value>);
    event.records.extend(stream(Some(&after), Some(&before)).records);
    event.records.extend(stream(None::<&Value>, Some(&before)).records);
    let kept = Kept::default();
    relayed(event, &kept).await.unwrap();
    assert_eq!(
        (kept.reasons(), kept.sent.lock().unwrap().len()),
        (vec!["unreadable-image".to_owned()], 1)
    );
    assert!(!kept.parked.lock().unwrap()[0].0.contains("Trần"));
}

#[tokio::test]
async fn a_change_that_panics_in_one_consumer_is_parked_and_its_neighbours_flow() {
    let world = World::new().await;
    let (before, after) = moved(&world).await;
    let mut event = stream(Some(&before), None::<&Value>);
    event.records.extend(stream(Some(&after), Some(&before)).records);
    let kept = Kept::default();
    let wants = |entry: &HistoryEntry| {
        if entry.action == Action::Submit { panic!("as the test wants") } else { true }
    };
    relay(event, &[Route { queue: &kept, wants, wants_feedback: true }], &kept, RECORD_TIMEOUT)
        .await
        .unwrap();
    assert_eq!((kept.reasons(), kept.sent.lock().unwrap().len()), (vec!["panicked".to_owned()], 1));
}

#[tokio::test]
async fn a_change_that_never_ends_is_parked_and_its_neighbours_flow() {
    // It is read with its neighbours, then alone; both threads wait for the test.
    static GATE: Barrier = Barrier::new(3);
    let world = World::new().await;
    let (before, after) = moved(&world).await;
    let mut event = stream(Some(&before), None::<&Value>);
    event.records.extend(stream(Some(&after), Some(&before)).records);
    let kept = Kept::default();
    let wants = |entry: &HistoryEntry| entry.action != Action::Submit || GATE.wait().is_leader();
    relay(
        event,
        &[Route { queue: &kept, wants, wants_feedback: true }],
        &kept,
        Duration::from_secs(1),
    )
    .await
    .unwrap();
    GATE.wait();
    assert_eq!(
        (kept.reasons(), kept.sent.lock().unwrap().len()),
        (vec!["timed-out".to_owned()], 1)
    );
}

/// A queue event of these bodies, each received for the `receives`-th time at [`NOW`], `age` after
/// it was sent.
fn batch_of(bodies: &[&str], receives: u32, age: SignedDuration) -> SqsEvent {
    let sent = (at(NOW) - age).as_millisecond().to_string();
    let record = |(place, body): (usize, &&str)| {
        json!({
            "messageId": format!("m{place}"), "receiptHandle": format!("r{place}"), "body": body, "awsRegion": "x",
            "attributes": { "ApproximateReceiveCount": receives.to_string(), "SentTimestamp": sent },
            "messageAttributes": {}, "eventSource": "aws:sqs", "eventSourceARN": "arn", "md5OfBody": "",
        })
    };
    let records: Vec<Value> = bodies.iter().enumerate().map(record).collect();
    serde_json::from_value(json!({ "Records": records })).unwrap()
}

/// As the integrators' queue is worked off.
const PLAN: Plan = Plan {
    width: 4,
    record_timeout: Duration::from_secs(60),
    receives_max: 11,
    patience: SignedDuration::from_hours(12),
};

/// Works a batch off with a worker that does what each body says.
async fn worked_at(
    bodies: &[&str],
    receives: u32,
    age: SignedDuration,
    queue: &impl Backoff,
) -> Vec<String> {
    let work = |Arrived { body, .. }: Arrived| async move {
        match body.as_str() {
            "good" => Ok(()),
            "poison" => Err(Failure::Malformed),
            "early" => Err(Failure::DossierNotFound),
            "held" => Err(Failure::HeldBack(SignedDuration::from_secs(240))),
            "down" => Err(Failure::Held("the test")),
            "panic" => panic!("as the test wants"),
            "hang" => std::future::pending().await,
            other => unreachable!("{other}"),
        }
    };
    let event = batch_of(bodies, receives, age);
    let SqsBatchResponse { batch_item_failures, .. } =
        batch::run(event, PLAN, queue, at(NOW), work).await;
    let mut failed: Vec<String> =
        batch_item_failures.into_iter().map(|failure| failure.item_identifier).collect();
    failed.sort();
    failed
}

/// The same of messages that are as old as their receives make them.
async fn worked(bodies: &[&str], receives: u32, queue: &impl Backoff) -> Vec<String> {
    worked_at(
        bodies,
        receives,
        SignedDuration::from_hours(if receives > 9 { 21 } else { 0 }),
        queue,
    )
    .await
}

#[tokio::test(start_paused = true)]
async fn poison_a_panic_and_a_hang_each_fail_alone() {
    let queue = Kept::default();
    let failed = worked(&["good", "poison", "panic", "hang", "down", "good"], 1, &queue).await;
    assert_eq!(
        failed,
        ["m2", "m3", "m4"],
        "to be delivered again; the poison is parked, the good are done"
    );
    assert_eq!(queue.reasons(), ["malformed-body"]);
}

#[tokio::test(start_paused = true)]
async fn a_message_given_up_is_parked_with_its_reason() {
    let queue = Kept::default();
    assert_eq!(worked(&["panic", "hang", "down"], 11, &queue).await, Vec::<String>::new());
    let mut reasons = queue.reasons();
    reasons.sort();
    assert_eq!(reasons, ["panicked", "timed-out", "unavailable"]);
}

#[tokio::test(start_paused = true)]
async fn what_was_held_back_often_within_a_minute_is_tried_again_soon_when_it_fails() {
    for (receives, age, most) in [(9, 20, 20), (9, 6, 10), (3, 3_600, 10)] {
        let queue = Kept::default();
        worked_at(&["down"], receives, SignedDuration::from_secs(age), &queue).await;
        let (_, seconds) = queue.hidden.lock().unwrap()[0].clone();
        assert!(seconds <= most, "{receives} receives in {age} s: hidden for {seconds} s");
    }
}

/// Receives a message that says `body` again and again, as soon as it is shown, until it is parked;
/// gives how often and for how long. Each time the function has had it for three seconds before it
/// is hidden.
async fn waited(body: &str) -> (u32, SignedDuration, Kept) {
    let queue = Kept { held_for: 3.into(), ..Kept::default() };
    let mut age = SignedDuration::ZERO;
    for receives in 1..1_000 {
        if worked_at(&[body], receives, age, &queue).await.is_empty() {
            return (receives, age, queue);
        }
        let hidden = queue.hidden.lock().unwrap();
        assert_eq!(
            hidden.len(),
            usize::try_from(receives).unwrap(),
            "the queue refuses to hide it so long"
        );
        age += SignedDuration::from_secs(i64::from(hidden.last().unwrap().1) + 3);
    }
    panic!("never parked");
}

#[tokio::test(start_paused = true)]
async fn what_waits_for_an_earlier_event_waits_for_hours_and_no_longer() {
    let (receives, age, queue) = waited("early").await;
    assert_eq!(queue.reasons(), ["dossier-not-found"]);
    assert!(
        (SignedDuration::from_hours(12)..SignedDuration::from_hours(13)).contains(&age),
        "{age}"
    );
    assert!(receives < 40, "{receives}");
    assert!(
        queue.hidden.lock().unwrap().iter().all(|(_, seconds)| *seconds <= 1_800 + 450),
        "it may come any time"
    );
}

#[tokio::test(start_paused = true)]
async fn what_fails_on_our_side_is_tried_for_twenty_hours_though_none_is_hidden_beyond_twelve() {
    let (receives, age, queue) = waited("down").await;
    assert_eq!((receives, queue.reasons()), (11, vec!["unavailable".to_owned()]));
    assert!(
        (SignedDuration::from_hours(20)..SignedDuration::from_hours(24)).contains(&age),
        "{age}"
    );
}

#[tokio::test(start_paused = true)]
async fn an_old_message_of_a_queue_that_stood_still_is_not_given_up_at_once() {
    let queue = Kept::default();
    let days = SignedDuration::from_hours(72);
    assert_eq!(worked_at(&["early", "down"], 1, days, &queue).await, ["m0", "m1"]);
    assert_eq!(worked_at(&["early"], 5, days, &queue).await.len(), 0);
}

#[tokio::test(start_paused = true)]
async fn what_waited_for_hours_has_its_time_for_our_failures_all_the_same() {
    let queue = Kept::default();
    assert_eq!(worked_at(&["down"], 30, SignedDuration::from_hours(10), &queue).await, ["m0"]);
    assert_eq!(queue.reasons(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn what_is_held_back_comes_again_when_it_may_be_decided() {
    let queue = Kept::default();
    assert_eq!(worked_at(&["held"], 50, SignedDuration::from_secs(60), &queue).await, ["m0"]);
    assert_eq!(*queue.hidden.lock().unwrap(), [("r0".to_owned(), 240)]);
}

/// A queue that takes no call.
struct Hanging;

impl DeadLetters for Hanging {
    async fn park_with(&self, _: &str, _: (&str, &str), _: &[(&str, &str)]) -> Result<(), Failure> {
        std::future::pending().await
    }
}

impl Backoff for Hanging {
    async fn hide(&self, _: &str, _: u32) -> Result<(), Failure> {
        std::future::pending().await
    }
}

#[tokio::test(start_paused = true)]
async fn a_queue_that_hangs_when_a_message_is_hidden_or_parked_holds_nobody_up() {
    let begun = tokio::time::Instant::now();
    assert_eq!(worked(&["down", "poison", "good", "hang"], 1, &Hanging).await, ["m0", "m1", "m3"]);
    assert!(begun.elapsed() <= PLAN.record_timeout + batch::SETTLED_WITHIN);
}

/// A table that takes the call and never answers.
async fn hanging_table() -> Client {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let mut open = Vec::new();
        while let Ok((taken, _)) = listener.accept().await {
            open.push(taken);
        }
    });
    let config =
        replay::tables::client(&endpoint).config().to_builder().timeout_config(cloud::timeouts());
    Client::from_conf(config.build())
}

#[tokio::test(start_paused = true)]
async fn a_table_that_hangs_is_unavailable_after_seconds() {
    let client = hanging_table().await;
    let dossiers = dynamo::Dossiers::new(client.clone(), dossier_tables());
    let begun = tokio::time::Instant::now();
    let failure = dossiers.dossier(&CODE.parse().unwrap()).await.unwrap_err();
    assert_eq!((failure.slug(), failure.retryable()), ("unavailable", Retry::Yes));
    assert!(begun.elapsed() <= cloud::timeouts().operation_timeout().unwrap());
}

#[tokio::test(start_paused = true)]
async fn a_message_whose_table_hangs_fails_alone_within_its_time() {
    let world = World::new().await;
    let hangs = hanging_table().await;
    let (store, intake) = (
        dynamo::Dossiers::new(hangs.clone(), dossier_tables()),
        dynamo::IntakeTable::new(hangs, dossier_tables(), "IntakeTable".to_owned(), people()),
    );
    let event = transition_event("e2", "2026-11-16T04:00:00Z", CODE, "receive").to_string();
    let queue = Kept::default();
    let plan = Plan { record_timeout: Duration::from_millis(1_900), ..PLAN };
    let (store, intake, catalogue) = (&store, &intake, &*world.catalogue);
    let work = |Arrived { body, age, .. }: Arrived| async move {
        let holds = Holds::settling(SignedDuration::from_mins(5));
        ingest_event::take(&body, (holds, age), store, intake, catalogue, at(NOW)).await
    };
    let begun = tokio::time::Instant::now();
    let batch = batch_of(&[&event], 1, SignedDuration::ZERO);
    let answer = batch::run(batch, plan, &queue, at(NOW), work).await;
    assert_eq!((answer.batch_item_failures.len(), queue.hidden.lock().unwrap().len()), (1, 1));
    assert!(begun.elapsed() <= plan.record_timeout + batch::SETTLED_WITHIN);
}

#[tokio::test(start_paused = true)]
async fn a_message_that_cannot_be_parked_is_not_lost() {
    let queue = Kept { refusals: 1.into(), ..Kept::default() };
    assert_eq!(worked(&["poison"], 1, &queue).await, ["m0"]);
}
