//! What becomes of changes that the relay lost: the night finds them in the histories, an operator
//! in the stream.

use aws_sdk_dynamodb::types::AttributeValue;
use domain::thread::{NoticeState, NoticeThread};
use platform::LogLine;
use platform::port::NoticeBook;
use repair_relay::{Order, Outcome, Queues, Tables, repair};
use serde_json::{Value, json};

use crate::support::bytes::image;
use crate::support::call::{AGENCY, Call, submission, submit_event, transition_event};
use crate::support::cut::{Fate, line};
use crate::support::log::Log;
use crate::support::root;
use crate::support::teller::{accepted, changed, tell};
use crate::support::template::yaml;
use crate::support::world::{Kept, NOW, Scripted, World, at};

/// The night after [`NOW`].
const NIGHT: &str = "2026-11-17T19:00:00Z";

async fn repaired(world: &World, order: &Order, queue: &Kept, now: &str) -> Outcome {
    let queues = Queues { notices: queue, fetches: &Kept::default() };
    repair(order, world.repair_tables(), &queues, &world.catalogue, at(now)).await.unwrap()
}

fn figures(outcome: &Outcome) -> [usize; 3] {
    [outcome.changed, outcome.owed, outcome.sent]
}

/// Dossiers that were handed in and received.
async fn received(world: &World, count: usize) -> Vec<String> {
    let mut codes = Vec::new();
    for place in 0..count {
        let mut body = submission();
        // A number of their own: a day's messages to one number are bounded.
        body["applicant"]["phone"] = format!("09123456{place:02}").into();
        let call = Call::submit(&format!("k{place}")).body(&body);
        let code = call.at_submit(&world.intake, world, at(NOW)).await.code();
        Call::transition(&code, "receive", 1).at_change(&world.dossiers, world, at(NOW)).await;
        codes.push(code);
    }
    codes
}

/// Brings every message that was sent to the notices.
async fn tell_all(world: &World, queue: &Kept, now: &str) {
    let gateways = Scripted::pair([accepted("m")], [accepted("s")]);
    let messages = std::mem::take(&mut *queue.sent.lock().unwrap());
    for message in messages {
        tell(world, &world.notices, &gateways, &message.to_string(), now).await.unwrap();
    }
}

#[tokio::test]
async fn a_relay_that_lost_everything_is_made_good_by_the_night_and_by_one_night_alone() {
    let world = World::new().await;
    let codes = received(&world, 15).await;
    assert_eq!(world.count("NoticesTable").await, 0);
    let queue = Kept::default();
    let log = Log::kept();
    assert_eq!(figures(&repaired(&world, &Order::default(), &queue, NIGHT).await), [15, 15, 15]);
    let owed = json!({ "message": LogLine::ChangesOwed.text(), "owed": 15, "sent": 15 });
    assert_eq!(log.errors(), [owed]);
    tell_all(&world, &queue, "2026-11-18T02:00:00Z").await;
    for code in &codes {
        for version in [1, 2] {
            let notice = world.notice(code, version).await;
            let told =
                matches!(notice.state, NoticeState::Sent { .. } | NoticeState::Merged { .. });
            assert!(told, "{code}/{version}: {:?}", notice.state);
        }
    }
    assert_eq!(
        figures(&repaired(&world, &Order::default(), &queue, "2026-11-18T19:00:00Z").await),
        [15, 0, 0]
    );
}

#[tokio::test]
async fn only_what_nobody_was_notified_of_is_owed() {
    let world = World::new().await;
    let codes = received(&world, 3).await;
    let gateways = Scripted::pair([accepted("m")], [accepted("s")]);
    // All of the first, half of the second, nothing of the third.
    tell(&world, &world.notices, &gateways, &changed(&world, &codes[0], 2).await, NOW)
        .await
        .unwrap();
    let told = world.notices.thread(&codes[0].parse().unwrap()).await.unwrap().unwrap();
    let mut row = json!(told);
    (row["code"], row["version"], row["noted"]) = (json!(codes[1]), json!(1), json!(1));
    row["n"].as_array_mut().unwrap().truncate(1);
    // The second notice, into which it was merged, is not there yet.
    row["n"][0]["s"] = json!("d");
    let half: NoticeThread = serde_json::from_value(row).unwrap();
    world.notices.keep(&half).await.unwrap();
    let queue = Kept::default();
    assert_eq!(figures(&repaired(&world, &Order::default(), &queue, NIGHT).await), [3, 2, 2]);
    assert_eq!(queue.subjects(), codes[1..].iter().cloned().collect());
}

#[tokio::test]
async fn what_may_still_be_on_its_way_is_left_alone_unless_an_operator_asks() {
    let world = World::new().await;
    received(&world, 1).await;
    let ten_minutes_later = "2026-11-17T02:10:00Z";
    let queue = Kept::default();
    assert_eq!(
        figures(&repaired(&world, &Order::default(), &queue, ten_minutes_later).await),
        [0, 0, 0]
    );
    let asked = Order { since: Some(at("2026-11-17T01:00:00Z")) };
    assert_eq!(figures(&repaired(&world, &asked, &queue, ten_minutes_later).await), [1, 1, 1]);
}

#[tokio::test]
async fn what_was_closed_days_ago_and_reported_today_is_owed_too() {
    let world = World::new().await;
    let code = format!("{AGENCY}-261105-9001");
    for event in [
        submit_event("e1", "2026-11-05T02:00:00Z", Some(&code)),
        transition_event("e2", "2026-11-05T03:00:00Z", &code, "refuse"),
    ] {
        let store = (&world.dossiers, &world.intake);
        ingest_event::ingest(&event.to_string(), store.0, store.1, &world.catalogue, at(NOW))
            .await
            .unwrap();
    }
    let queue = Kept::default();
    assert_eq!(figures(&repaired(&world, &Order::default(), &queue, NIGHT).await), [1, 1, 1]);
}

#[tokio::test]
async fn of_two_indexes_the_one_with_the_longer_history_is_believed() {
    let world = World::new().await;
    let code = received(&world, 1).await.remove(0);
    let act = async |action: &str, version: u64, now: &str| {
        let call = Call::transition(&code, action, version);
        assert_eq!(call.at_change(&world.dossiers, &world, at(now)).await.status, 200, "{action}");
    };
    act("finish", 2, "2026-11-17T03:00:00Z").await;
    let gateways = Scripted::pair([accepted("m")], [accepted("s")]);
    tell(&world, &world.notices, &gateways, &changed(&world, &code, 3).await, NOW).await.unwrap();
    let ended = world.client.query().table_name("DossiersTable").index_name("by-ended");
    let ended = ended
        .key_condition_expression("agency = :agency")
        .expression_attribute_values(":agency", AttributeValue::S(AGENCY.to_owned()));
    let items = ended.send().await.unwrap().items.unwrap();
    assert_eq!(items.len(), 1);
    let stale = json!({ "Items": [image(&items[0])], "Count": 1, "ScannedCount": 1 }).to_string();
    let stale: &'static str = Box::leak(stale.into_boxed_str());
    act("send-back", 3, "2026-11-17T04:00:00Z").await;
    // The index of what ended has not heard yet that it is open again.
    let client = line(&world.client, move |call| {
        let asked = call.body.contains("by-ended") && call.body.contains(&format!("{AGENCY}\""));
        if asked { Fate::Answered(stale) } else { Fate::Passes }
    });
    let dossiers = platform::dynamo::Dossiers::states(client, "DossiersTable".to_owned());
    let (order, queue) = (Order::default(), Kept::default());
    let tables = Tables { dossiers: &dossiers, ..world.repair_tables() };
    let queues = Queues { notices: &queue, fetches: &Kept::default() };
    let outcome = repair(&order, tables, &queues, &world.catalogue, at(NIGHT));
    assert_eq!(figures(&outcome.await.unwrap()), [1, 1, 1]);
}

#[tokio::test]
async fn an_older_night_is_looked_at_when_it_is_asked_for() {
    let world = World::new().await;
    received(&world, 2).await;
    let (queue, a_week_later) = (Kept::default(), "2026-11-24T19:00:00Z");
    assert_eq!(
        figures(&repaired(&world, &Order::default(), &queue, a_week_later).await),
        [0, 0, 0]
    );
    let asked = Order { since: Some(at(NOW)) };
    assert_eq!(figures(&repaired(&world, &asked, &queue, a_week_later).await), [2, 2, 2]);
}

#[tokio::test]
async fn a_time_that_is_still_to_come_is_no_order() {
    let world = World::new().await;
    let order = Order { since: Some(at(NIGHT)) };
    let refused = repair(
        &order,
        world.repair_tables(),
        &Queues { notices: &Kept::default(), fetches: &Kept::default() },
        &world.catalogue,
        at(NOW),
    )
    .await
    .unwrap_err();
    assert_eq!(refused.slug(), "invalid-request");
}

/// What Lambda leaves of a batch that it gave up.
fn given_up(first: u32, last: u32) -> String {
    json!({
        "requestContext": {
            "requestId": "316aa6d0-8154-xmpl-9af7-85d5f4a6bc81",
            "functionArn": "arn:aws:lambda:ap-southeast-1:123456789012:function:motcua-relay-changes",
            "condition": "RetryAttemptsExhausted", "approximateInvokeCount": 50,
        },
        "responseContext": { "statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled" },
        "version": "1.0", "timestamp": "2026-11-17T03:00:49.717Z",
        "DDBStreamBatchInfo": {
            "shardId": "shardId-00000001573689847184-864758bb", "startSequenceNumber": first.to_string(),
            "endSequenceNumber": last.to_string(), "approximateArrivalOfFirstRecord": "2026-11-17T02:00:19Z",
            "approximateArrivalOfLastRecord": "2026-11-17T02:00:20Z", "batchSize": 3,
            "streamArn": "arn:aws:dynamodb:ap-southeast-1:123456789012:table/motcua-dossiers/stream/2026-11-14T00:00:00.000",
        },
    })
    .to_string()
}

/// Runs the operators' tool against services in this state, and gives what it said and what it did.
async fn redriven(name: &str, letters: &[String], trimmed: bool, go: bool) -> (String, Value) {
    let mut asked = vec!["relay-failures", "--rate", "1000"];
    asked.extend(go.then_some("--go"));
    operated(name, letters, trimmed, &asked).await
}

/// The same for any arguments.
async fn operated(
    name: &str,
    letters: &[String],
    trimmed: bool,
    asked: &[&str],
) -> (String, Value) {
    let folder = std::env::temp_dir().join(format!("redrive-{}-{name}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let state = folder.join("aws.json");
    let stream = json!([
        [100, "H20.03-261117-0001"],
        [200, "H20.03-261117-0002"],
        [300, "H20.03-261117-0001"],
        [400, "H20.03-261117-0003"],
        [500, "H20.03-261117-0004"]
    ]);
    std::fs::write(
        &state,
        json!({ "letters": letters, "stream": stream, "trimmed": trimmed }).to_string(),
    )
    .unwrap();
    let mut tool = tokio::process::Command::new("python3");
    tool.arg(root().join("infra/redrive.py")).args(asked);
    tool.env("PYTHONPATH", root().join("tests/support/aws"))
        .env("FAKE_AWS", &state)
        .env("STACK_ENV", "/nowhere");
    let run = tool.output().await.unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let done: Value = serde_json::from_str(&std::fs::read_to_string(&state).unwrap()).unwrap();
    std::fs::remove_dir_all(folder).unwrap();
    (String::from_utf8(run.stdout).unwrap(), done)
}

/// The dossiers whose notices were woken, in order.
fn woken(done: &Value) -> Vec<String> {
    let sent = done["sent"].as_array().into_iter().flatten();
    let read = |sent: &Value| serde_json::from_str::<Value>(sent[1].as_str().unwrap()).unwrap();
    sent.map(|sent| read(sent)["data"]["code"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_batch_that_the_platform_gave_up_is_fetched_from_the_stream_once_for_each_dossier() {
    let (said, done) = redriven("range", &[given_up(200, 400)], false, true).await;
    assert_eq!(woken(&done), ["H20.03-261117-0002", "H20.03-261117-0001", "H20.03-261117-0003"]);
    assert_eq!((&done["deleted"], &done["invoked"]), (&json!([0]), &Value::Null));
    assert!(
        said.contains("batch RetryAttemptsExhausted") && said.contains("sent back 1/1"),
        "{said}"
    );
    assert!(done["sent"][0][0] == "motcua-notices", "{done}");
}

#[tokio::test]
async fn what_the_stream_has_forgotten_is_looked_for_in_the_histories() {
    for (name, letters, trimmed) in [
        ("trimmed", vec![given_up(200, 400)], true),
        // The last record is not there any more, or never was.
        ("short", vec![given_up(200, 900)], false),
    ] {
        let (said, done) = redriven(name, &letters, trimmed, true).await;
        let order = json!([["motcua-repair-relay", { "since": "2026-11-17T01:45:19Z" }]]);
        assert_eq!(
            (woken(&done).len(), &done["invoked"], &done["deleted"]),
            (0, &order, &json!([0])),
            "{name}"
        );
        assert!(said.contains("2 owed, 2 sent"), "{said}");
    }
}

#[tokio::test]
async fn a_night_that_could_not_compare_is_made_up_for() {
    let failed =
        json!({ "requestContext": { "condition": "RetriesExhausted" }, "requestPayload": {} })
            .to_string();
    let (_, done) = redriven("night", &[failed], false, true).await;
    assert_eq!(
        (&done["invoked"], &done["deleted"]),
        (&json!([["motcua-repair-relay", {}]]), &json!([0]))
    );
}

#[tokio::test]
async fn a_change_whose_very_key_cannot_be_read_stays_for_a_person() {
    let letters = [
        json!({ "code": "H20.03-261117-0001", "sequenceNumber": "100" }).to_string(),
        json!({ "code": "", "sequenceNumber": "200" }).to_string(),
    ];
    let (said, done) = redriven("parked", &letters, false, true).await;
    assert_eq!(
        (woken(&done), &done["deleted"]),
        (vec!["H20.03-261117-0001".to_owned()], &json!([0]))
    );
    assert!(said.contains("sent back 1/2"), "{said}");
}

#[tokio::test]
async fn without_a_queue_the_tool_shows_every_queue_of_dead_letters_and_changes_nothing() {
    let (said, done) = operated("all", &[given_up(200, 400)], false, &[]).await;
    let mappings = &yaml("infra/template.yaml")["Mappings"];
    let named = |mapping: &str| mappings[mapping].as_object().unwrap().values().cloned();
    for queue in named("Queues").chain(named("Failures")) {
        let name = queue["Name"].as_str().unwrap();
        assert!(said.lines().any(|line| line.starts_with(&format!("{name}: "))), "{name}: {said}");
    }
    assert_eq!(
        (&done["sent"], &done["deleted"], &done["invoked"]),
        (&Value::Null, &Value::Null, &Value::Null)
    );
}

#[tokio::test]
async fn a_dry_run_shows_what_it_would_do_and_does_nothing() {
    let (said, done) =
        redriven("dry", &[given_up(200, 400), given_up(200, 900)], false, false).await;
    assert_eq!(
        (&done["sent"], &done["deleted"], &done["invoked"]),
        (&Value::Null, &Value::Null, &Value::Null)
    );
    assert!(said.contains("1 of 2 name 3 dossier(s); 1 go by the histories"), "{said}");
    assert!(said.contains("dry run: 2 would be sent back"), "{said}");
}
