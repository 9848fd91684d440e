//! Feedback from its sending to its publication: who sees and does what, what is counted once, and
//! where nothing of its author may appear.

mod central;
mod erased;
mod photos;
mod told;

use domain::upload::UploadState;
use futures::future::join_all;
use platform::port::Uploads;
use serde_json::{Value, json};

use crate::support::call::{Answer, Call};
use crate::support::log::Log;
use crate::support::teller::{accepted, send_codes};
use crate::support::world::{NOW, Scripted, World, at};

/// The agency that classifies, the competent one, and one that has nothing to do with it.
const DESK: &str = "H20.01";
const COMPETENT: &str = "H20.10";
const STRANGER: &str = "H20.05";

/// Planted in every field that its author fills in.
const NAME: &str = "Người Gửi Bí Mật";
const PHONE: &str = "0912345678";
const ADDRESS: &str = "99 Đường Không Ai Biết";
const WORDS: &str = "Đèn hỏng trước nhà bí mật số 77";
const PLACE: &str = "Ngõ bí mật 13";

fn body() -> Value {
    json!({
        "channel": "web", "category": "roads", "words": WORDS, "publish": true,
        "place": { "words": PLACE, "latitude": 10.45, "longitude": 105.63 },
        "author": { "fullName": NAME, "phone": PHONE, "address": ADDRESS },
    })
}

fn minute(after: i64) -> String {
    at(NOW).saturating_add(jiff::SignedDuration::from_mins(after)).unwrap().to_string()
}

async fn ask(world: &World, call: Call) -> Answer {
    call.at_its_function(world).await.into()
}

async fn ask_at(world: &World, call: Call, now: &str) -> Answer {
    call.at_its_function_on(world, at(now)).await.into()
}

fn sending(key: &str, body: &Value) -> Call {
    Call::new("POST /v1/feedback").nobody().header("idempotency-key", key).body(body)
}

fn moving(code: &str, key: &str, body: &Value) -> Call {
    let call = Call::new("POST /v1/desk/feedback/{code}/transitions").code(code);
    call.header("idempotency-key", key).body(body)
}

fn own(code: &str, key: &str, body: &Value) -> Call {
    let call = Call::new("POST /v1/own/{code}/feedback").code(code).proven(code);
    call.header("idempotency-key", key).body(body)
}

fn case(code: &str, agency: &str) -> Call {
    Call::new("GET /v1/desk/feedback/{code}").code(code).officer(agency)
}

async fn done(world: &World, call: Call) -> Value {
    let answer = ask(world, call).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.body
}

/// One that its author has sent and verified.
async fn received(world: &World) -> String {
    let answer = ask(world, sending("first", &body())).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    let code = answer.body["code"].as_str().unwrap().to_owned();
    let verified = done(world, own(&code, "v", &json!({ "action": "verify" }))).await;
    assert_eq!(verified["status"], "received");
    code
}

/// One that the competent agency has answered.
async fn answered(world: &World) -> String {
    let code = received(world).await;
    let route = json!({ "action": "route", "expectedVersion": 2, "agency": COMPETENT });
    done(world, moving(&code, "r", &route).officer(DESK)).await;
    let take_up = json!({ "action": "take-up" });
    done(world, moving(&code, "t", &take_up).officer(COMPETENT)).await;
    let answer = json!({ "action": "answer", "words": "Đèn đã được thay." });
    done(world, moving(&code, "a", &answer).officer(COMPETENT)).await;
    code
}

#[tokio::test]
async fn whoever_sends_feedback_proves_their_telephone_and_sees_it_through_to_its_end() {
    let world = World::new().await;
    let sent = ask(&world, sending("k", &body())).await;
    assert_eq!((sent.status, &sent.body["status"]), (201, &json!("unverified")));
    let code = sent.body["code"].as_str().unwrap().to_owned();
    assert_eq!(code, "H20.01.PA-261117-0001");
    // The one-time code goes the way of every other, to the telephone that the feedback names.
    let proof = Call::new("POST /v1/dossiers/{code}/proof").code(&code).nobody();
    let asked = ask(&world, proof).await;
    let gateways = Scripted::pair([accepted("m")], []);
    send_codes(&world, &gateways, NOW).await;
    let digits = gateways.messages()[0].fields["otp"].clone();
    let confirm = json!({ "proof": asked.body["proof"], "digits": digits });
    let confirm = Call::new("POST /v1/dossiers/{code}/proof/confirm").code(&code).body(&confirm);
    let token = done(&world, confirm).await["token"].as_str().unwrap().to_owned();
    let verify = Call::new("POST /v1/own/{code}/feedback").code(&code).nobody();
    let verify = verify
        .header("authorization", &format!("Bearer {token}"))
        .header("idempotency-key", "v")
        .body(&json!({ "action": "verify" }));
    let verified = done(&world, verify).await;
    assert_eq!(verified["dueAt"], "2026-11-30T10:00:00Z", "eight working days and a day off");
    let list = Call::new("GET /v1/desk/feedback").officer(DESK);
    let line = &done(&world, list).await["items"][0];
    assert_eq!((&line["code"], &line["version"]), (&json!(code), &json!(2)));
    let route = json!({ "action": "route", "expectedVersion": 2, "agency": COMPETENT });
    done(&world, moving(&code, "r", &route).officer(DESK)).await;
    let list = |agency: &str| Call::new("GET /v1/desk/feedback").officer(agency);
    assert_eq!(done(&world, list(DESK)).await["items"], json!([]));
    assert_eq!(done(&world, list(COMPETENT)).await["items"][0]["status"], "routed");
    done(&world, moving(&code, "t", &json!({ "action": "take-up" })).officer(COMPETENT)).await;
    let seen = done(&world, case(&code, COMPETENT)).await;
    assert_eq!(seen["author"]["fullName"], NAME);
    assert_eq!(seen["allowed"], json!(["return", "take-up", "answer"]));
    let answer = json!({ "action": "answer", "words": "Đèn đã được thay." });
    done(&world, moving(&code, "a", &answer).officer(COMPETENT)).await;
    let owns = done(&world, Call::new("GET /v1/own/{code}/feedback").code(&code).proven(&code));
    let owns = owns.await;
    assert_eq!(owns["history"][4]["words"], "Đèn đã được thay.");
    assert!(owns["history"][4].get("by").is_none() && owns.get("holder").is_none(), "{owns}");
    let publication = json!({ "title": "Đèn đường", "answer": "Đã thay đèn." });
    let publish = json!({ "action": "publish", "publication": publication });
    done(&world, moving(&code, "p", &publish).officer(COMPETENT)).await;
    let rate = json!({ "action": "rate", "satisfaction": "very-satisfied" });
    assert_eq!(done(&world, own(&code, "s", &rate)).await["status"], "closed");
    let again = ask(&world, own(&code, "s2", &rate)).await;
    assert_eq!((again.status, again.problem()), (422, "illegal-feedback-move"));
    let list = done(&world, Call::new("GET /v1/feedback").nobody()).await;
    assert_eq!(list["items"][0]["published"], publication);
    assert_eq!(list["items"][0]["satisfaction"], "very-satisfied");
}

#[tokio::test]
async fn nothing_of_the_author_stands_in_what_everybody_sees_in_logs_keys_and_states() {
    let log = Log::kept();
    let world = World::new().await;
    let code = answered(&world).await;
    let publication = json!({ "title": "Đèn đường", "answer": "Đã thay đèn." });
    let publish = json!({ "action": "publish", "publication": publication });
    done(&world, moving(&code, "p", &publish).officer(COMPETENT)).await;
    let track = Call::new("GET /v1/feedback/{code}").code(&code).nobody();
    let mut public = done(&world, track).await.to_string();
    public.push_str(&done(&world, Call::new("GET /v1/feedback").nobody()).await.to_string());
    let work = Call::new("GET /v1/desk/feedback").officer(COMPETENT);
    public.push_str(&done(&world, work).await.to_string());
    done(&world, case(&code, COMPETENT)).await;
    public.push_str(&format!("{:?}", log.lines()));
    let scan = |table: &str| world.client.scan().table_name(table).consistent_read(true).send();
    for table in ["FeedbackTable", "ProofsTable", "ReadsTable", "NoticesTable"] {
        for item in scan(table).await.unwrap().items.unwrap_or_default() {
            let key = item.get("code").and_then(|key| key.as_s().ok()).cloned();
            if !key.is_some_and(|key| key.starts_with("content#")) {
                public.push_str(&format!("{item:?}"));
            }
        }
    }
    for planted in [NAME, PHONE, "912345678", ADDRESS, WORDS, PLACE, "105.63", "Đèn đã được thay"]
    {
        assert!(!public.contains(planted), "{planted}");
    }
}

#[tokio::test]
async fn another_agencys_officer_reads_and_does_nothing_and_each_read_is_recorded() {
    let world = World::new().await;
    let code = received(&world).await;
    for agency in [STRANGER, COMPETENT] {
        let refused = ask(&world, case(&code, agency)).await;
        assert_eq!((refused.status, refused.problem()), (404, "feedback-not-found"));
        for action in ["route", "refuse", "take-up", "answer", "close", "join"] {
            let body = json!({ "action": action, "words": "thử" });
            let refused = ask(&world, moving(&code, action, &body).officer(agency)).await;
            assert_eq!(refused.status, 403, "{action} by {agency}");
        }
    }
    let before = world.count("ReadsTable").await;
    done(&world, case(&code, DESK)).await;
    assert_eq!(world.count("ReadsTable").await, before + 1);
    // A token for another code opens nothing, nor does an account's.
    let other = "H20.01.PA-261117-0777";
    let call = Call::new("GET /v1/own/{code}/feedback").code(&code).proven(other);
    assert_eq!(ask(&world, call).await.status, 401);
    let call = Call::new("GET /v1/own/{code}/feedback").code(&code).officer(DESK);
    assert_eq!(ask(&world, call).await.status, 401);
    // A token of a feedback opens no dossier.
    let dossier = Call::new("GET /v1/own/{code}/case").code(&code).proven(&code);
    assert_eq!(ask(&world, dossier).await.status, 404);
}

#[tokio::test]
async fn the_same_request_ten_times_at_once_is_one_feedback_and_another_under_its_key_none() {
    let world = World::new().await;
    let all = join_all((0..10).map(|_| ask(&world, sending("same", &body())))).await;
    let codes: Vec<&Value> =
        all.iter().filter(|one| one.status == 201).map(|one| &one.body["code"]).collect();
    assert!(!codes.is_empty() && codes.iter().all(|code| *code == codes[0]), "{codes:?}");
    let rest: Vec<u16> = all.iter().map(|one| one.status).filter(|one| *one != 201).collect();
    assert!(rest.iter().all(|status| *status == 503), "{rest:?}");
    let again = ask(&world, sending("same", &body())).await;
    assert_eq!((again.status, &again.body["code"]), (201, codes[0]));
    let mut other = body();
    other["words"] = "Việc khác".into();
    let refused = ask(&world, sending("same", &other)).await;
    assert_eq!((refused.status, refused.problem()), (422, "idempotency-key-reused"));
    let without = Call::new("POST /v1/feedback").nobody().body(&body());
    assert_eq!(ask(&world, without).await.problem(), "missing-idempotency-key");
}

#[tokio::test]
async fn of_two_officers_at_once_one_moves_it_and_who_asks_twice_is_answered_twice() {
    let world = World::new().await;
    let code = received(&world).await;
    let route = |to: &str| json!({ "action": "route", "expectedVersion": 2, "agency": to });
    let both = [(COMPETENT, "r1"), (STRANGER, "r2")]
        .map(|(to, key)| ask(&world, moving(&code, key, &route(to)).officer(DESK)));
    let both = join_all(both).await;
    let statuses: Vec<u16> = both.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| [200, 409, 503].contains(status)), "{statuses:?}");
    let winner = if statuses[0] == 200 { (COMPETENT, "r1") } else { (STRANGER, "r2") };
    let again = moving(&code, winner.1, &route(winner.0)).officer(DESK);
    assert_eq!(done(&world, again).await["version"], 3, "a repetition is no second move");
    let late = moving(&code, "r3", &route(COMPETENT)).officer(DESK);
    let late = ask(&world, late).await;
    assert_eq!((late.status, late.problem()), (409, "stale-version"));
    assert_eq!(late.body["currentVersion"], 3);
}

#[tokio::test]
async fn a_feedback_that_nobody_verified_is_nobodys_work_and_is_gone_after_a_day() {
    let world = World::new().await;
    let sent = ask(&world, sending("k", &body())).await;
    let code = sent.body["code"].as_str().unwrap().to_owned();
    let list = Call::new("GET /v1/desk/feedback").officer(DESK);
    assert_eq!(done(&world, list).await["items"], json!([]));
    assert_eq!(ask(&world, case(&code, DESK)).await.status, 404);
    let track = || Call::new("GET /v1/feedback/{code}").code(&code).nobody();
    assert_eq!(ask_at(&world, track(), &minute(24 * 60 - 1)).await.status, 200);
    assert_eq!(ask_at(&world, track(), &minute(24 * 60)).await.status, 404);
    let phone = world.office.feedback.phone(&code.parse().unwrap(), at(&minute(24 * 60))).await;
    assert!(phone.unwrap().is_none(), "no code goes to the telephone any more");
}

#[tokio::test]
async fn the_words_go_when_their_time_is_over_and_the_figures_stay() {
    let world = World::new().await;
    let code = answered(&world).await;
    done(&world, own(&code, "s", &json!({ "action": "rate", "satisfaction": "satisfied" }))).await;
    let key = code.parse().unwrap();
    let kept = world.office.feedback.whole(&key, at("2036-11-16T00:00:00Z")).await.unwrap();
    assert!(kept.is_some());
    let later = "2036-11-17T00:00:00Z";
    assert!(world.office.feedback.whole(&key, at(later)).await.unwrap().is_none());
    assert!(world.office.feedback.phone(&key, at(later)).await.unwrap().is_none());
    let state = world.office.feedback.feedback(&key, at(later)).await.unwrap().unwrap();
    assert_eq!((state.answered_in_time(), state.routed_in_time()), (Some(true), Some(true)));
    let late = ask_at(&world, case(&code, COMPETENT), later).await.body;
    assert_eq!((&late["contentGone"]["by"], late.get("words")), (&json!("expiry"), None));
}

#[tokio::test]
async fn an_operator_writes_down_what_was_said_and_nobody_else_may() {
    let world = World::new().await;
    let mut said = body();
    said["channel"] = "hotline".into();
    let write = || Call::new("POST /v1/desk/feedback").header("idempotency-key", "h").body(&said);
    let taken = ask(&world, write().clerk(DESK)).await;
    assert_eq!((taken.status, &taken.body["status"]), (201, &json!("received")));
    for (call, status) in [
        (write().officer(DESK), 403),
        (write().clerk(COMPETENT), 403),
        (write().portal(), 403),
        (write().nobody(), 401),
    ] {
        assert_eq!(ask(&world, call).await.status, status);
    }
    let by_web = ask(&world, sending("w", &said)).await;
    assert_eq!(by_web.broken(), ("channel", "known-value"));
    let mut web = said.clone();
    web["channel"] = "app".into();
    let call = Call::new("POST /v1/desk/feedback").header("idempotency-key", "a").body(&web);
    assert_eq!(ask(&world, call.clerk(DESK)).await.broken(), ("channel", "known-value"));
}

#[tokio::test]
async fn every_field_that_is_wrong_is_named_and_nothing_of_it_is_repeated() {
    let world = World::new().await;
    let mut ugly = body();
    ugly["words"] = "\u{202e}ngược".into();
    ugly["author"] = json!({ "fullName": "", "phone": "12", "address": " \u{200b} " });
    ugly["place"] = json!({ "words": "x".repeat(301), "latitude": 91.0 });
    let answer = ask(&world, sending("u", &ugly)).await;
    assert_eq!(answer.status, 400);
    let found: Vec<&str> = answer.body["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["field"].as_str().unwrap())
        .collect();
    for field in [
        "words",
        "author.fullName",
        "author.phone",
        "author.address",
        "place.words",
        "place.latitude",
        "place.longitude",
    ] {
        assert!(found.contains(&field), "{field}: {found:?}");
    }
    for (change, broken) in [
        (json!({ "category": "nonsense" }), ("category", "known-value")),
        (json!({ "unknown": 1 }), ("unknown", "unknown-field")),
        (json!({ "author": null, "category": "conduct" }), ("author", "required")),
        (
            json!({ "photos": [{ "upload": "x", "sha256": "y" }] }),
            ("photos[0].upload", "document-id"),
        ),
    ] {
        let mut wrong = body();
        for (name, value) in change.as_object().unwrap() {
            wrong[name] = value.clone();
        }
        let answer = ask(&world, sending("w", &wrong)).await;
        assert_eq!(answer.broken(), broken, "{change}: {}", answer.body);
    }
    let code = received(&world).await;
    for (body, broken) in [
        (json!({ "action": "route", "agency": "H20.99" }), ("agency", "known-agency")),
        (json!({ "action": "route" }), ("agency", "required")),
        (json!({ "action": "refuse" }), ("words", "required")),
        (json!({ "action": "refuse", "agency": DESK }), ("agency", "unknown-field")),
        (json!({ "action": "join", "with": code }), ("with", "known-value")),
        (json!({ "action": "join", "with": "H20.01.PA-261117-0999" }), ("with", "known-value")),
    ] {
        let answer = ask(&world, moving(&code, "m", &body).officer(DESK)).await;
        assert_eq!(answer.broken(), broken, "{body}: {}", answer.body);
    }
}

#[tokio::test]
async fn one_address_and_one_telephone_send_so_much_and_no_more() {
    let world = World::new().await;
    let from = |key: u32, address: &str| sending(&format!("k{key}"), &body()).source(address);
    let mut taken = 0;
    for key in 0..15 {
        let answer = ask(&world, from(key, &format!("203.0.113.{key}"))).await;
        taken += u32::from(answer.status == 201);
    }
    assert_eq!(taken, 10, "in the name of one telephone");
    let mut unnamed = body();
    unnamed["author"] = Value::Null;
    let (mut taken, mut last) = (0, 0);
    for key in 100..125 {
        let call = sending(&format!("k{key}"), &unnamed).source("198.51.100.7");
        last = ask(&world, call).await.status;
        taken += u32::from(last == 201);
    }
    assert_eq!((taken, last), (20, 429), "from one address");
}

#[tokio::test]
async fn its_author_adds_photographs_that_they_uploaded_and_nobody_elses() {
    let world = World::new().await;
    let code = received(&world).await;
    let sha256 = "0".repeat(64);
    let declared = json!({ "mediaType": "image/jpeg", "bytes": 100, "sha256": sha256 });
    let mut ids = Vec::new();
    for call in [
        Call::new("POST /v1/own/{code}/uploads").code(&code).proven(&code),
        Call::new("POST /v1/documents").citizen("087199000001"),
    ] {
        let asked = ask(&world, call.body(&declared)).await;
        assert_eq!(asked.status, 201, "{}", asked.body);
        ids.push(asked.body["id"].as_str().unwrap().to_owned());
    }
    let add = |key: &str, id: &str| {
        let photos = json!([{ "upload": id, "sha256": sha256 }]);
        own(&code, key, &json!({ "action": "add-photos", "photos": photos }))
    };
    let early = ask(&world, add("e", &ids[0])).await;
    assert_eq!((early.status, early.problem()), (409, "documents-under-inspection"));
    for id in &ids {
        let usable = UploadState::Usable {
            object_version: "v1".to_owned(),
            inspected_at: at(NOW),
            signature: None,
        };
        world.uploads.conclude(&id.parse().unwrap(), &usable).await.unwrap();
    }
    let others = ask(&world, add("o", &ids[1])).await;
    assert_eq!(others.broken(), ("photos[0].upload", "known-upload"));
    done(&world, add("p", &ids[0])).await;
    assert_eq!(done(&world, add("p", &ids[0])).await["version"], 3, "once");
    let seen = done(&world, case(&code, DESK)).await;
    assert_eq!(seen["photos"][0]["id"], json!(ids[0]));
    assert!(seen["photos"][0]["download"]["url"].as_str().unwrap().starts_with("https://"));
    let upload = world.uploads.upload(&ids[0].parse().unwrap()).await.unwrap().unwrap();
    assert_eq!(upload.claimed_by.map(|code| code.to_string()), Some(code));
}

#[tokio::test]
async fn without_a_name_it_is_received_at_once_and_nobody_ever_proves_to_be_its_author() {
    let world = World::new().await;
    let mut unnamed = body();
    unnamed["author"] = Value::Null;
    let sent = ask(&world, sending("k", &unnamed)).await;
    assert_eq!((sent.status, &sent.body["status"]), (201, &json!("received")));
    let code = sent.body["code"].as_str().unwrap().to_owned();
    let call = Call::new("GET /v1/own/{code}/feedback").code(&code).proven(&code);
    assert_eq!(ask(&world, call).await.status, 404);
    let rate = own(&code, "w", &json!({ "action": "withdraw" }));
    assert_eq!(ask(&world, rate).await.status, 403);
    let proof = Call::new("POST /v1/dossiers/{code}/proof").code(&code).nobody();
    assert_eq!(ask(&world, proof).await.status, 202, "as everybody is answered");
    let gateways = Scripted::pair([accepted("m")], []);
    send_codes(&world, &gateways, NOW).await;
    assert!(gateways.asked().is_empty(), "no telephone rings");
}

#[tokio::test]
async fn each_first_answer_is_counted_once_on_time_or_late_and_the_index_takes_it_from_there() {
    let world = World::new().await;
    let index = || Call::new("GET /v1/kpi/index").portal().query("period", "2026-11");
    let inputs = async || -> Value {
        let indexed: Answer = index().at_kpi(&world, at("2026-12-01T04:00:00Z")).await.into();
        let indexes = indexed.body["indexes"].as_array().unwrap();
        let rows = indexes.iter().flat_map(|index| index["rows"].as_array().unwrap());
        let mut all = rows.flat_map(|group| group["criteria"].as_array().unwrap());
        all.find(|row| row["CODE"] == "MDHL.1").unwrap()["trace"].clone()
    };
    assert_eq!(inputs().await["missing"][0]["why"], "not-declared");
    let code = answered(&world).await;
    // Sent again, and answered again after it was opened again: the first answer stays the one.
    let answer = json!({ "action": "answer", "words": "Đèn đã được thay." });
    done(&world, moving(&code, "a", &answer).officer(COMPETENT)).await;
    let reopen = json!({ "action": "reopen", "words": "Vẫn chưa sáng" });
    done(&world, own(&code, "o", &reopen)).await;
    done(&world, moving(&code, "a2", &answer).officer(COMPETENT)).await;
    // Another one, a second after its day.
    let mut unnamed = body();
    unnamed["author"] = Value::Null;
    let sent = ask(&world, sending("late", &unnamed)).await;
    let late = sent.body["code"].as_str().unwrap().to_owned();
    let after = "2026-11-30T10:00:01Z";
    for (agency, body) in [
        (DESK, json!({ "action": "route", "agency": COMPETENT })),
        (COMPETENT, json!({ "action": "take-up" })),
        (COMPETENT, answer),
    ] {
        let key = body["action"].as_str().unwrap().to_owned();
        let moved = ask_at(&world, moving(&late, &key, &body).officer(agency), after).await;
        assert_eq!(moved.status, 200, "{}", moved.body);
    }
    let expected = json!([
        { "input": "feedback-handled", "value": 1, "of": 2, "from": "feedback" },
    ]);
    assert_eq!(inputs().await["inputs"], expected);
    let national = Call::new("GET /v1/kpi/national").portal().query("period", "2026-11");
    let national: Answer = national.at_kpi(&world, at("2026-12-01T04:00:00Z")).await.into();
    let missing = national.body["missing"].as_array().unwrap();
    assert!(!missing.iter().any(|name| name.as_str().unwrap().starts_with("NTTDX")), "{missing:?}");
    let (first, last) = (jiff::civil::date(2026, 11, 27), jiff::civil::date(2026, 11, 30));
    let handled = world.office.feedback.handled(first, last).await.unwrap();
    assert_eq!((handled.len(), handled[0].in_time, handled[0].late), (1, 0, 1), "by its day");
}

#[tokio::test]
async fn who_classifies_sees_what_an_agency_has_not_answered_and_other_agencies_do_not() {
    let world = World::new().await;
    let code = received(&world).await;
    let route = json!({ "action": "route", "agency": COMPETENT });
    done(&world, moving(&code, "r", &route).officer(DESK)).await;
    let list =
        |by: &str, of: &str| Call::new("GET /v1/desk/feedback").officer(by).query("agency", of);
    for by in [DESK, COMPETENT] {
        let line = &done(&world, list(by, COMPETENT)).await["items"][0];
        assert_eq!((&line["code"], &line["status"]), (&json!(code), &json!("routed")), "{by}");
        assert_eq!(line["dueAt"], "2026-11-30T10:00:00Z");
    }
    assert_eq!(done(&world, list(DESK, STRANGER)).await["items"], json!([]));
    assert_eq!(ask(&world, list(STRANGER, COMPETENT)).await.status, 403);
    assert_eq!(ask(&world, list(DESK, "nowhere")).await.status, 400);
}
