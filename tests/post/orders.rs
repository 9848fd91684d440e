//! Results by post: who wants theirs so says where to, and the post is asked to bring it, once.

use std::sync::Arc;

use domain::delivery::{Delivery, ErrorKind, SystemId};
use jiff::{SignedDuration, Timestamp};
use local::post::Post;
use platform::LogLine;
use platform::national::Connected;
use platform::port::DeliveryLedger;
use reconcile_deliveries::reconcile;

use super::*;
use crate::support::call::{submission, submit_event, with_outcome};
use crate::support::log::Log;
use crate::support::national::{Mortal, National};
use crate::support::teller::changed;
use crate::support::world::Kept;

/// Words of an address that occur nowhere else.
const STREET: &str = "417 đường Hoa Sữa, ấp Đông, xã Tân Khánh Trung";
const RECIPIENT: &str = "Lê Văn Canary";

/// The same day, so many minutes later.
fn after(minutes: i64) -> Timestamp {
    at(NOW) + SignedDuration::from_mins(minutes)
}

fn wanted() -> Value {
    json!({ "address": STREET, "province": "82" })
}

/// A dossier whose result is wanted at `to`, or not by post.
async fn handed_in_for(world: &World, key: &str, to: Option<&Value>) -> String {
    let mut body = submission();
    if let Some(to) = to {
        body["resultTo"] = to.clone();
    }
    let call = Call::submit(key).citizen(CITIZEN).body(&body);
    call.at_submit(&world.intake, world, at(NOW)).await.code()
}

/// Makes these moves, and gives the message about each entry of the history by then.
async fn moves(world: &World, code: &str, actions: &[&str], now: Timestamp) -> Vec<String> {
    for action in actions {
        let version = world.dossier(code).await.version;
        let mut body = with_outcome(json!({ "action": action, "expectedVersion": version }));
        if ["refuse", "withdraw", "send-back"].contains(action) {
            body["reason"] = "Thiếu thành phần hồ sơ".into();
        }
        let call = Call::transition(code, action, version).body(&body);
        let answer = call.at_change(&world.dossiers, world, now).await;
        assert_eq!(answer.status, 200, "{action}: {}", answer.body);
    }
    let mut all = Vec::new();
    for version in 1..=world.dossier(code).await.version {
        all.push(changed(world, code, usize::try_from(version).unwrap()).await);
    }
    all
}

const FINISHED: [&str; 3] = ["receive", "process", "finish"];

/// A post and what brings it our orders.
async fn post(world: &World) -> (National, Arc<Post>) {
    let mut national = National::new(world).await;
    let post = national.connect_post().await;
    (national, post)
}

async fn synced(national: &National, messages: &[String], now: Timestamp) {
    for end in national.sync(messages, now).await {
        end.unwrap();
    }
}

fn id() -> SystemId {
    "post".parse().unwrap()
}

async fn line(national: &National, code: &str) -> Delivery {
    national.line_of(code, &id()).await
}

#[tokio::test]
async fn a_result_that_is_wanted_by_post_is_ordered_once_with_the_address_that_was_given() {
    let world = World::new().await;
    let (national, post) = post(&world).await;
    let code = handed_in_for(&world, "a", Some(&wanted())).await;
    let before = moves(&world, &code, &FINISHED[..2], after(1)).await;
    synced(&national, &before, after(2)).await;
    assert_eq!(post.counts().calls, 0, "there is nothing to bring yet");
    let all = moves(&world, &code, &FINISHED[2..], after(3)).await;
    for minute in 4..7 {
        synced(&national, &all, after(minute)).await;
    }
    let orders = post.orders();
    let number = format!("{code}-4");
    assert_eq!(orders.keys().collect::<Vec<_>>(), [&number]);
    let expected = json!({
        "CustomerCode": "DT0087", "ItemCode": "HCC", "OrderNumber": number, "CODAmount": 0,
        "Sender": {
            "Province": "82", "District": "", "Address": "85 Nguyễn Huệ, phường Cao Lãnh",
            "Name": "Sở Công Thương", "Email": "", "Tel": "02773851431", "Desc": "",
        },
        "Description": format!("Kết quả giải quyết hồ sơ {code}"),
        "Receiver": {
            "Name": "Trần Thị Mẫu", "Address": STREET, "Tel": "0912345678", "Province": "82",
            "District": "", "Email": "",
        },
        "FlagConfig": 2,
    });
    assert_eq!(orders[&number], expected);
    let counts = post.counts();
    assert_eq!((counts.tokens, counts.asked_after, counts.sent), (1, 1, 1));
    let line = line(&national, &code).await;
    assert_eq!((line.owed(), line.acknowledged(), line.is_behind()), (4, 4, false));
}

#[tokio::test]
async fn without_the_wish_and_without_a_result_nothing_is_ordered() {
    let world = World::new().await;
    let (national, post) = post(&world).await;
    let to = wanted();
    let fetched = handed_in_for(&world, "a", None).await;
    let mut all = moves(&world, &fetched, &FINISHED, after(1)).await;
    let refused = handed_in_for(&world, "b", Some(&to)).await;
    all.extend(moves(&world, &refused, &["refuse"], after(1)).await);
    let withdrawn = handed_in_for(&world, "c", Some(&to)).await;
    all.extend(moves(&world, &withdrawn, &["receive", "withdraw"], after(1)).await);
    synced(&national, &all, after(2)).await;
    assert_eq!(post.counts().calls, 0);
    for code in [&fetched, &refused, &withdrawn] {
        let line = national.ledger.line(&code.parse().unwrap(), &id()).await.unwrap();
        assert!(line.is_none(), "{code}");
    }
}

#[tokio::test]
async fn a_lost_answer_a_call_that_comes_twice_and_a_token_that_expired_make_no_second_order() {
    let world = World::new().await;
    let (national, post) = post(&world).await;
    let faults = [
        json!({ "mode": "drop-after", "call": "PostOrder", "times": 1 }),
        json!({ "mode": "duplicate", "call": "PostOrder", "times": 1 }),
        json!({ "mode": "http-500", "call": "GetOrderTracking", "times": 1 }),
        json!({ "mode": "outage", "call": "GetToken", "times": 1 }),
    ];
    let mut sent = 0;
    for (place, fault) in faults.iter().enumerate() {
        let code = handed_in_for(&world, &format!("k{place}"), Some(&wanted())).await;
        let all = moves(&world, &code, &FINISHED, after(1)).await;
        post.expire();
        post.fault(fault).unwrap();
        synced(&national, &all, after(2)).await;
        // What failed before has slowed us down.
        for _ in 0..5 {
            if let Some(due) = line(&national, &code).await.due_at() {
                national.minute(due).await;
            }
        }
        assert!(!line(&national, &code).await.is_behind(), "{fault}");
        assert!(post.orders().contains_key(&format!("{code}-4")), "{fault}");
        sent += if fault["mode"] == "duplicate" { 2 } else { 1 };
        let counts = post.counts();
        assert_eq!((counts.orders, counts.sent), (place + 1, sent), "{fault}");
    }
}

#[tokio::test]
async fn an_outage_of_a_day_holds_up_nobody_else_and_ends_in_one_order() {
    let world = World::new().await;
    let (national, post) = post(&world).await;
    let code = handed_in_for(&world, "a", Some(&wanted())).await;
    let all = moves(&world, &code, &FINISHED, after(1)).await;
    post.fault(&json!({ "mode": "outage" })).unwrap();
    synced(&national, &all, after(2)).await;
    assert!(!national.line(&code).await.is_behind(), "the portal has it");
    let mut now = after(2);
    while now < after(24 * 60) {
        now =
            line(&national, &code).await.due_at().unwrap().max(now + SignedDuration::from_secs(1));
        national.minute(now).await;
    }
    let waits = line(&national, &code).await;
    assert_eq!(waits.last_error().map(|error| error.kind), Some(ErrorKind::Unavailable));
    assert_eq!((waits.behind_since(), post.counts().orders), (Some(after(2)), 0));
    post.mend();
    national.minute(waits.due_at().unwrap()).await;
    assert!(!line(&national, &code).await.is_behind());
    assert_eq!(post.orders().into_keys().collect::<Vec<_>>(), [format!("{code}-4")]);
}

#[tokio::test]
async fn a_process_that_dies_between_order_and_record_leaves_one_order() {
    for after_the_write in [false, true] {
        let world = World::new().await;
        let (national, post) = post(&world).await;
        let code = handed_in_for(&world, "a", Some(&wanted())).await;
        let all = moves(&world, &code, &FINISHED, after(1)).await;
        let ledger = Mortal::new(&national.ledger, after_the_write);
        let ends = national.sync_over(&world.dossiers, &ledger, &all, after(2)).await;
        assert!(ends.iter().any(Result::is_err), "the message comes again");
        synced(&national, &all, after(3)).await;
        for _ in 0..3 {
            let due = national.ledger.line(&code.parse().unwrap(), &id()).await.unwrap();
            if let Some(due) = due.and_then(|line| line.due_at()) {
                national.minute(due).await;
            }
        }
        assert!(!line(&national, &code).await.is_behind(), "{after_the_write}");
        let counts = post.counts();
        assert_eq!((counts.orders, counts.sent), (1, 1), "{after_the_write}");
    }
}

#[tokio::test]
async fn an_order_that_is_refused_is_tried_alone_and_people_are_told_without_the_address() {
    let world = World::new().await;
    let (national, post) = post(&world).await;
    let to = json!({ "recipient": RECIPIENT, "phone": "0987654321", "address": STREET, "province": "79" });
    let bad = handed_in_for(&world, "a", Some(&to)).await;
    let good = handed_in_for(&world, "b", Some(&to)).await;
    let mut all = moves(&world, &bad, &FINISHED, after(1)).await;
    all.extend(moves(&world, &good, &FINISHED, after(1)).await);
    let refuses = json!({ "mode": "refuse", "call": "PostOrder", "about": bad, "status": "17" });
    post.fault(&refuses).unwrap();
    let log = Log::kept();
    synced(&national, &all, after(2)).await;
    let refused = log.of(LogLine::CaseRefused);
    assert_eq!(refused.len(), 1);
    assert_eq!((&refused[0]["system"], &refused[0]["dossier"]), (&json!("post"), &json!(bad)));
    assert_eq!(refused[0]["code"], "17");
    let waits = line(&national, &bad).await;
    assert_eq!(waits.last_error().map(|error| error.kind), Some(ErrorKind::Refused));
    assert_eq!(post.orders().into_keys().collect::<Vec<_>>(), [format!("{good}-4")]);
    post.mend();
    national.minute(waits.due_at().unwrap()).await;
    let receiver = post.orders()[&format!("{bad}-4")]["Receiver"].clone();
    assert_eq!((&receiver["Name"], &receiver["Tel"]), (&json!(RECIPIENT), &json!("0987654321")));
    let ledger = serde_json::to_string(&line(&national, &bad).await).unwrap();
    let logged: String = log.lines().iter().map(ToString::to_string).collect();
    let states = platform::dynamo::DossierItems::of(&world.dossier(&bad).await).unwrap();
    for (place, text) in [
        ("the queue", all.concat()),
        ("the ledger", ledger),
        ("the log", logged),
        ("the state, its stream and its indexes", format!("{:?}", states.state)),
    ] {
        for word in ["Hoa Sữa", "Canary", "987654321"] {
            assert!(!text.contains(word), "{place} has {word}");
        }
    }
    assert!(format!("{:?}", states.content).contains("Hoa Sữa"), "it lies with the content");
}

#[tokio::test]
async fn a_result_after_another_has_an_order_of_its_own_and_one_that_was_fetched_has_none() {
    let world = World::new().await;
    let (national, post) = post(&world).await;
    let again = handed_in_for(&world, "a", Some(&wanted())).await;
    let all = moves(&world, &again, &FINISHED, after(1)).await;
    synced(&national, &all, after(2)).await;
    let all = moves(&world, &again, &["send-back"], after(3)).await;
    synced(&national, &all, after(4)).await;
    let all = moves(&world, &again, &["finish"], after(5)).await;
    post.fault(&json!({ "mode": "drop-after", "call": "PostOrder", "times": 1 })).unwrap();
    synced(&national, &all, after(6)).await;
    national.minute(line(&national, &again).await.due_at().unwrap()).await;
    let numbers = [4, 6].map(|version| format!("{again}-{version}"));
    assert_eq!(post.orders().into_keys().collect::<Vec<_>>(), numbers);
    assert_eq!(post.counts().sent, 2);
    post.fault(&json!({ "mode": "outage" })).unwrap();
    let fetched = handed_in_for(&world, "b", Some(&wanted())).await;
    let all = moves(&world, &fetched, &FINISHED, after(10)).await;
    synced(&national, &all, after(11)).await;
    // They came to the counter meanwhile.
    let all = moves(&world, &fetched, &["return-result"], after(12)).await;
    synced(&national, &all, after(13)).await;
    post.mend();
    assert!(!line(&national, &fetched).await.is_behind());
    assert_eq!(post.counts().orders, 2);
}

#[tokio::test]
async fn an_order_that_the_post_has_lost_is_found_by_the_night_and_placed_again() {
    let world = World::new().await;
    let (national, post) = post(&world).await;
    let code = handed_in_for(&world, "a", Some(&wanted())).await;
    // Of the last change the relay lost the message.
    let mut all = moves(&world, &code, &FINISHED, after(1)).await;
    all.pop();
    synced(&national, &all[..1], after(2)).await;
    let connected = Connected { vnpost: true, ..Connected::default() };
    let mut night = at("2026-11-17T19:30:00Z");
    for lost in [false, true] {
        if lost {
            post.lose(&format!("{code}-4"));
        }
        let (order, queue) = (reconcile_deliveries::Order::default(), Kept::default());
        let tables = (&world.dossiers, &world.deliveries, &world.office.feedback);
        let law = (&*world.catalogue, &connected);
        let outcome = reconcile(&order, tables, &queue, law, night).await.unwrap();
        assert_eq!(outcome.systems[&id()].changed, 1);
        let sent: Vec<String> =
            queue.sent.lock().unwrap().iter().map(ToString::to_string).collect();
        synced(&national, &sent, night).await;
        national.minute(night).await;
        assert_eq!(post.counts().orders, 1, "{lost}");
        night += SignedDuration::from_hours(24);
    }
    assert_eq!(line(&national, &code).await.reopened(), 1);
}

#[tokio::test]
async fn where_it_goes_is_seen_by_officers_and_the_applicant_with_the_order_and_what_the_post_says()
{
    let world = World::new().await;
    let to = json!({ "recipient": RECIPIENT, "address": STREET, "province": "82" });
    let code = handed_in_for(&world, "a", Some(&to)).await;
    let mut shown = json!({
        "recipient": RECIPIENT, "phone": "+84912345678", "address": STREET, "province": "82",
    });
    let own = || Call::new("GET /v1/own/{code}/case").code(&code).proven(&code);
    let readers = || [of(&code).citizen(CITIZEN), of(&code).officer(AGENCY), own()];
    for call in readers() {
        let answer: Answer = call.at_its_function(&world).await.into();
        assert_eq!(answer.body["resultTo"], shown);
    }
    moves(&world, &code, &FINISHED, at(NOW)).await;
    shown["order"] = format!("{code}-4").into();
    let number = shown["order"].clone();
    let data = json!({ "order": number, "what": "result", "state": "collected" });
    take(&world, &moved("p1", NOW, &code, &data)).await.unwrap();
    for call in readers() {
        let answer: Answer = call.at_its_function(&world).await.into();
        let (to, post) = (&answer.body["resultTo"], &answer.body["post"]);
        assert_eq!((to, &post[0]["order"]), (&shown, &number));
    }
    assert_eq!(case(&world, of(&code).citizen(NEIGHBOUR)).await.status, 404);
    let fetched = handed_in_for(&world, "b", None).await;
    let body = case(&world, of(&fetched).officer(AGENCY)).await.body;
    assert_eq!(body["resultTo"], Value::Null);
}

#[tokio::test]
async fn the_address_goes_with_the_content_and_nothing_is_ordered_any_more() {
    let world = World::new().await;
    let (national, post) = post(&world).await;
    let code = handed_in_for(&world, "a", Some(&wanted())).await;
    let all = moves(&world, &code, &FINISHED, after(1)).await;
    post.fault(&json!({ "mode": "outage" })).unwrap();
    synced(&national, &all, after(2)).await;
    let order =
        json!({ "number": "12/QĐ-TTr", "issuer": "Thanh tra tỉnh", "reason": "Nhầm người" });
    let erasure = Call::new("POST /v1/dossiers/{code}/erasure").code(&code).administrator();
    assert_eq!(erasure.body(&order).at_erasure(&world, after(3)).await.status, 200);
    let dossier = world.dossier(&code).await;
    assert_eq!((dossier.result_to.clone(), dossier.history[0].by_post), (None, true));
    post.mend();
    national.minute(line(&national, &code).await.due_at().unwrap()).await;
    assert_eq!(post.counts().orders, 0);
    assert!(!line(&national, &code).await.is_behind());
}

#[tokio::test]
async fn every_field_of_an_address_that_breaks_a_rule_is_named_and_an_integrators_too() {
    let world = World::new().await;
    let mut body = submission();
    let wrong = json!({ "recipient": "?", "phone": "12", "address": " ", "province": "Đồng Tháp" });
    for (to, expected) in [
        (
            wrong.clone(),
            vec![
                ("resultTo.recipient", "full-name"),
                ("resultTo.phone", "mobile-phone"),
                ("resultTo.address", "length"),
                ("resultTo.province", "format"),
            ],
        ),
        (json!({}), vec![("resultTo.address", "required"), ("resultTo.province", "required")]),
        (
            json!({ "address": "x".repeat(201), "province": "8" }),
            vec![("resultTo.address", "length"), ("resultTo.province", "format")],
        ),
        (
            json!({ "address": "a\u{1}b", "province": "82" }),
            vec![("resultTo.address", "text-control")],
        ),
        (
            json!({ "address": STREET, "province": "82", "district": "1" }),
            vec![("resultTo.district", "unknown-field")],
        ),
    ] {
        body["resultTo"] = to;
        let call = Call::submit("k").citizen(CITIZEN).body(&body);
        let answer = call.at_submit(&world.intake, &world, at(NOW)).await;
        assert_eq!((answer.status, answer.problem()), (400, "invalid-request"));
        let errors = answer.body["errors"].as_array().unwrap();
        let found: Vec<_> = errors
            .iter()
            .map(|error| (error["field"].as_str().unwrap(), error["rule"].as_str().unwrap()))
            .collect();
        assert_eq!(found, expected);
        assert!(!answer.body.to_string().contains("Hoa Sữa"));
    }
    let mut event = submit_event("e1", "2026-11-16T01:00:00Z", None);
    event["data"]["resultTo"] = wrong;
    let Err(Failure::Invalid(broken)) = take(&world, &event).await else { panic!("{event}") };
    assert_eq!((broken.len(), broken[0].field.as_str()), (4, "data.resultTo.recipient"));
    event["data"]["resultTo"] = wanted();
    take(&world, &event).await.unwrap();
}

/// An officer sets right where the result goes.
async fn wanted_at(world: &World, code: &str, to: &Value) -> Answer {
    let version = world.dossier(code).await.version;
    let body = json!({ "action": "correct", "expectedVersion": version, "resultTo": to });
    let call = Call::transition(code, "correct", version).body(&body);
    call.at_change(&world.dossiers, world, after(1)).await
}

#[tokio::test]
async fn whoever_moves_house_says_so_and_the_post_is_asked_to_go_there() {
    let world = World::new().await;
    let (national, post) = post(&world).await;
    let code = handed_in_for(&world, "a", Some(&wanted())).await;
    let other = json!({ "address": "9 đường Mai Vàng", "province": "79" });
    assert_eq!(wanted_at(&world, &code, &other).await.status, 200);
    let all = moves(&world, &code, &FINISHED, after(2)).await;
    synced(&national, &all, after(3)).await;
    let orders = post.orders();
    let order = orders.values().next().unwrap();
    let to = (&order["Receiver"]["Address"], &order["Receiver"]["Province"]);
    assert_eq!((orders.len(), to), (1, (&json!("9 đường Mai Vàng"), &json!("79"))));
    let late = wanted_at(&world, &code, &wanted()).await;
    assert_eq!((late.status, late.broken()), (400, ("resultTo", "result-is-there")));
}

#[tokio::test]
async fn a_wish_that_comes_later_is_heard_and_one_that_is_taken_back_is_none() {
    let world = World::new().await;
    let (national, post) = post(&world).await;
    let later = handed_in_for(&world, "a", None).await;
    assert_eq!(wanted_at(&world, &later, &wanted()).await.status, 200);
    let taken_back = handed_in_for(&world, "b", Some(&wanted())).await;
    assert_eq!(wanted_at(&world, &taken_back, &Value::Null).await.status, 200);
    let mut all = moves(&world, &later, &FINISHED, after(2)).await;
    all.extend(moves(&world, &taken_back, &FINISHED, after(2)).await);
    synced(&national, &all, after(3)).await;
    assert_eq!(post.orders().keys().collect::<Vec<_>>(), [&format!("{later}-5")]);
    assert!(!line(&national, &taken_back).await.is_behind());
}
