//! Feedback that was given at the national portal: here once, answered there once, and nothing of
//! its author on the way.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::catalogue::Catalogue;
use domain::dossier::CLOCK_SKEW_MAX;
use jiff::{SignedDuration, Timestamp};
use platform::Failure;
use platform::batch::Arrived;
use platform::catalogue::{Texts, UndecidedYears};
use platform::message::FEEDBACK;
use platform::national::Connected;
use platform::record::standing::EventState;
use reconcile_deliveries::{FeedbackStanding, Order, reconcile};

use super::*;
use crate::support::desk::{desk, record_of};
use crate::support::file;
use crate::support::national::{Mortal, National, portal_id};
use crate::support::teller::{woken, work};
use crate::support::world::Kept;

/// The portal as it sends, a system that has nothing to do with feedback, and who sends for it.
const PORTAL: &str = "urn:motcua:integrator:national-portal";
const OF_PORTAL: &str = "AROANATIONALPORTAL01X";
const JUSTICE: &str = "urn:motcua:integrator:justice";
const OF_JUSTICE: &str = "AROAJUSTICERECORDS01X";

/// The services of the portal, as the shipped catalogue names them.
const ANSWERS: &str = "DongBoKetQuaHoiDapGuiTuDVCQG";

/// The number that the feedback of these tests has at the portal.
const NUMBER: &str = "118309";

/// When its author gave it there: an hour before [`NOW`].
const GIVEN: &str = "2026-11-17T01:00:00Z";

const ANSWER: &str = "Phường đã nhắc nhở cán bộ và xin lỗi.";

fn given(id: &str, number: &str) -> Value {
    json!({
        "specversion": "1.0", "id": id, "source": PORTAL, "type": FEEDBACK, "time": GIVEN,
        "datacontenttype": "application/json",
        "data": {
            "number": number, "category": "conduct", "words": WORDS, "place": { "words": PLACE },
            "author": { "fullName": NAME, "phone": PHONE, "address": ADDRESS }, "publish": true,
        },
    })
}

/// Hears an event of this sender on the integrators' queue.
async fn hears(world: &World, event: &Value, sender: &str, now: Timestamp) -> Result<(), Failure> {
    let arrived = Arrived {
        body: event.to_string(),
        sender: Some(sender.to_owned()),
        attributes: BTreeMap::new(),
        age: SignedDuration::ZERO,
    };
    desk(world, &Kept::default()).receive(&arrived, &world.catalogue, now).await
}

async fn heard(world: &World, event: &Value) -> Result<(), Failure> {
    hears(world, event, OF_PORTAL, at(NOW)).await
}

/// The code that an event's record names.
async fn code_of(world: &World, id: &str) -> String {
    match record_of(world, PORTAL, id).await.unwrap().state {
        EventState::Applied { dossier, version: 1 } => dossier.to_string(),
        other => panic!("{id}: {other:?}"),
    }
}

/// One that was given at the portal, which knows its number.
async fn taken(world: &World, national: &National, number: &str) -> String {
    national.portal.give(number);
    heard(world, &given(number, number)).await.unwrap();
    code_of(world, number).await
}

async fn answered_here(world: &World, code: &str, words: &str) {
    let route = json!({ "action": "route", "agency": COMPETENT });
    done(world, moving(code, "r", &route).officer(DESK)).await;
    done(world, moving(code, "t", &json!({ "action": "take-up" })).officer(COMPETENT)).await;
    let answer = json!({ "action": "answer", "words": words });
    done(world, moving(code, "a", &answer).officer(COMPETENT)).await;
}

/// What the relay sends of a change, brought at `now`.
async fn brought(national: &National, code: &str, now: Timestamp) {
    for end in national.sync(&[woken(code)], now).await {
        end.unwrap();
    }
}

fn later(minutes: i64) -> Timestamp {
    at(&minute(minutes))
}

/// The words of each answer that the portal has.
fn answers(national: &National, number: &str) -> Vec<String> {
    let told = national.portal.feedback(number).unwrap();
    let each = told["answers"].as_array().unwrap().iter();
    each.map(|answer| answer["NOIDUNGTRALOI"].as_str().unwrap().to_owned()).collect()
}

async fn origin(world: &World, code: &str) -> Value {
    done(world, case(code, DESK)).await["origin"].clone()
}

/// The shipped catalogue with these terms of the portal's feedback.
fn agreed(fields: &Value) -> Arc<Catalogue> {
    let mut systems: Value = serde_json::from_str(&file("infra/data/systems.json")).unwrap();
    for (name, value) in fields.as_object().unwrap() {
        systems["systems"][0]["feedback"][name] = value.clone();
    }
    let changed = BTreeMap::from([("systems.json".to_owned(), systems.to_string())]);
    let texts = Texts::built_in().with(changed).unwrap();
    Arc::new(texts.assemble(UndecidedYears::Refused).unwrap())
}

#[tokio::test]
async fn what_was_given_at_the_portal_is_one_feedback_here_under_whichever_events_it_comes() {
    let world = World::new().await;
    heard(&world, &given("e1", NUMBER)).await.unwrap();
    let code = code_of(&world, "e1").await;
    assert_eq!(code, "H20.01.PA-261117-0001");
    let mut later_event = given("e0", NUMBER);
    later_event["time"] = "2026-11-16T22:00:00Z".into();
    for event in [given("e1", NUMBER), given("e2", NUMBER), later_event] {
        heard(&world, &event).await.unwrap();
        assert_eq!(code_of(&world, event["id"].as_str().unwrap()).await, code);
    }
    // Years later, when no receipt of a request is kept any more, it is known all the same.
    let mut late = given("e3", NUMBER);
    late["time"] = "2027-06-01T01:00:00Z".into();
    hears(&world, &late, OF_PORTAL, at("2027-06-01T02:00:00Z")).await.unwrap();
    assert_eq!(code_of(&world, "e3").await, code);
    let list = done(&world, Call::new("GET /v1/desk/feedback").officer(DESK)).await;
    assert_eq!(list["items"].as_array().unwrap().len(), 1, "{list}");
    let seen = done(&world, case(&code, DESK)).await;
    assert_eq!((&seen["channel"], &seen["status"]), (&json!("central"), &json!("received")));
    assert_eq!((&seen["filedAt"], &seen["receivedAt"]), (&json!(GIVEN), &json!(NOW)));
    assert_eq!(seen["author"]["fullName"], NAME);
    assert_eq!(
        (&seen["origin"]["source"], &seen["origin"]["number"]),
        (&json!(PORTAL), &json!(NUMBER))
    );
    assert_eq!(seen["origin"]["name"], "Cổng Dịch vụ công quốc gia");
    // Everybody else sees that there is a feedback, and not where it came from.
    let everybody = done(&world, Call::new("GET /v1/feedback/{code}").code(&code).nobody()).await;
    assert!(everybody.get("origin").is_none(), "{everybody}");
}

#[tokio::test]
async fn the_same_number_with_other_words_is_refused_and_another_number_is_another_feedback() {
    let world = World::new().await;
    heard(&world, &given("e1", NUMBER)).await.unwrap();
    let mut other = given("e2", NUMBER);
    other["data"]["words"] = "Một việc khác".into();
    let refused = heard(&world, &other).await.unwrap_err();
    assert!(matches!(refused, Failure::IdempotencyKeyReused), "{refused:?}");
    other["data"]["number"] = "118310".into();
    heard(&world, &other).await.unwrap();
    assert_eq!(code_of(&world, "e2").await, "H20.01.PA-261117-0002");
    // Who it was the portal may keep to itself, whatever the category asks of others.
    let mut unnamed = given("e3", "118311");
    unnamed["data"].as_object_mut().unwrap().remove("author");
    heard(&world, &unnamed).await.unwrap();
    let code = code_of(&world, "e3").await;
    let seen = done(&world, case(&code, DESK)).await;
    assert_eq!((&seen["status"], seen.get("author")), (&json!("received"), None));
}

#[tokio::test]
async fn nobody_else_brings_feedback_in_the_portals_name_or_without_an_agreement() {
    let world = World::new().await;
    let forged = hears(&world, &given("e1", NUMBER), OF_JUSTICE, at(NOW)).await.unwrap_err();
    assert!(matches!(forged, Failure::SenderNotProven), "{forged:?}");
    let mut of_justice = given("e1", NUMBER);
    of_justice["source"] = JUSTICE.into();
    let refused = hears(&world, &of_justice, OF_JUSTICE, at(NOW)).await.unwrap_err();
    assert!(matches!(refused, Failure::Forbidden), "{refused:?}");
    // Of the doors for people none takes the channel.
    let mut by_hand = body();
    by_hand["channel"] = "central".into();
    let call = sending("k", &by_hand);
    assert_eq!(ask(&world, call).await.status, 400);
    let call = Call::new("POST /v1/desk/feedback").header("idempotency-key", "h").body(&by_hand);
    assert_eq!(ask(&world, call.clerk(DESK)).await.status, 400);
    let list = done(&world, Call::new("GET /v1/desk/feedback").officer(DESK)).await;
    assert_eq!(list["items"], json!([]));
    // The same number of two systems is two things: the true one is taken.
    heard(&world, &given("e1", NUMBER)).await.unwrap();
}

#[tokio::test]
async fn a_forged_number_and_whatever_else_is_wrong_is_named_at_once_by_the_field() {
    let world = World::new().await;
    let fields = async |event: &Value, now: Timestamp| -> Vec<String> {
        match hears(&world, event, OF_PORTAL, now).await.unwrap_err() {
            Failure::Invalid(broken) => {
                let named = broken.iter();
                named.map(|broken| format!("{} {}", broken.field, broken.rule.slug())).collect()
            }
            other => panic!("{other:?}"),
        }
    };
    for number in ["", "Nguyễn Văn A", "118309 OR 1=1", "../118309", &"9".repeat(65)] {
        let broken = fields(&given("e1", number), at(NOW)).await;
        assert_eq!(broken, ["data.number format"], "{number}");
    }
    let mut wrong = given("e1", "x\u{1}");
    wrong["data"]["words"] = " ".into();
    wrong["data"]["author"]["phone"] = "113".into();
    wrong["data"]["place"]["latitude"] = 95.into();
    let broken = fields(&wrong, at(NOW)).await;
    let named = ["data.number", "data.words", "data.place.latitude", "data.place.longitude"];
    for field in named.into_iter().chain(["data.author.phone"]) {
        assert!(broken.iter().any(|broken| broken.starts_with(field)), "{field}: {broken:?}");
    }
    let mut unknown = given("e1", NUMBER);
    unknown["data"]["category"] = "weather".into();
    assert_eq!(fields(&unknown, at(NOW)).await, ["data.category known-value"]);
    let early = at(GIVEN).saturating_sub(CLOCK_SKEW_MAX + SignedDuration::from_secs(1)).unwrap();
    assert_eq!(fields(&given("e1", NUMBER), early).await, ["time not-in-the-future"]);
    let late = at("2027-03-01T00:00:00Z");
    assert_eq!(fields(&given("e9", NUMBER), late).await, ["time too-long-ago"]);
    // What a newer portal says besides is ignored.
    let mut ahead = given("e1", NUMBER);
    ahead["data"]["mood"] = "angry".into();
    heard(&world, &ahead).await.unwrap();
}

#[tokio::test]
async fn an_answer_given_here_is_at_the_portal_once_and_whole_and_officers_see_that_it_is() {
    let world = World::new().await;
    let national = National::new(&world).await;
    let code = taken(&world, &national, NUMBER).await;
    // That it was received and routed the portal has no printed service for.
    brought(&national, &code, later(1)).await;
    assert_eq!(origin(&world, &code).await["systems"], json!([]));
    answered_here(&world, &code, ANSWER).await;
    brought(&national, &code, later(5)).await;
    let told = national.portal.feedback(NUMBER).unwrap();
    let agency = world.catalogue.agency(&COMPETENT.parse().unwrap()).unwrap();
    let name = agency.name_on(domain::calendar::date_of(at(NOW)));
    let expected = json!({
        "HOIDAPID": NUMBER, "MADONVI": COMPETENT, "NGUOITRALOI": name, "CHUCVUNGUOITRALOI": "",
        "NGAYTRALOI": "17/11/2026", "NOIDUNGTRALOI": ANSWER, "TRALOIID": 1,
    });
    assert_eq!(told["answers"], json!([expected]));
    let seen = origin(&world, &code).await;
    assert_eq!(seen["inStep"], true);
    let line = &seen["systems"][0];
    assert_eq!((&line["system"], &line["acknowledged"]), (&json!("national-portal"), &json!(4)));
    // Whatever comes again or afterwards says it no second time.
    done(&world, moving(&code, "c", &json!({ "action": "close" })).officer(DESK)).await;
    for minutes in [6, 7] {
        brought(&national, &code, later(minutes)).await;
    }
    national.minute(later(10)).await;
    assert_eq!(answers(&national, NUMBER), [ANSWER]);
}

#[tokio::test]
async fn a_refusal_is_said_to_the_portal_and_what_agencies_say_to_each_other_is_not() {
    let world = World::new().await;
    let national = National::new(&world).await;
    let code = taken(&world, &national, NUMBER).await;
    let route = json!({ "action": "route", "agency": COMPETENT });
    done(&world, moving(&code, "r", &route).officer(DESK)).await;
    let back = json!({ "action": "return", "words": "Người này hay kiện, chuyển nơi khác." });
    done(&world, moving(&code, "b", &back).officer(COMPETENT)).await;
    let why = json!({ "action": "refuse", "words": "Không thuộc thẩm quyền của tỉnh." });
    done(&world, moving(&code, "x", &why).officer(DESK)).await;
    brought(&national, &code, later(5)).await;
    assert_eq!(answers(&national, NUMBER), ["Không thuộc thẩm quyền của tỉnh."]);
    // One that is joined to another has a name for what became of it, and no words of officers.
    let first = taken(&world, &national, "2").await;
    let second = taken(&world, &national, "3").await;
    let join = json!({ "action": "join", "with": first, "words": "Trùng, của hàng xóm ông ấy." });
    done(&world, moving(&second, "j", &join).officer(DESK)).await;
    brought(&national, &second, later(6)).await;
    assert_eq!(answers(&national, "3"), ["Đã gộp với phản ánh khác"]);
}

#[tokio::test]
async fn a_lost_answer_is_asked_for_before_it_is_said_again() {
    for mode in ["drop-after", "outage", "http-500", "strangers", "expire", "wrong-code"] {
        let world = World::new().await;
        let national = National::new(&world).await;
        let code = taken(&world, &national, NUMBER).await;
        answered_here(&world, &code, ANSWER).await;
        let fault = json!({ "mode": mode, "service": ANSWERS, "times": 1 });
        national.portal.fault(&fault).unwrap();
        brought(&national, &code, later(5)).await;
        for _ in 0..4 {
            if let Some(due) = national.line(&code).await.due_at() {
                national.minute(due).await;
            }
        }
        assert_eq!(answers(&national, NUMBER), [ANSWER], "{mode}");
        assert!(!national.line(&code).await.is_behind(), "{mode}");
    }
}

#[tokio::test]
async fn a_process_that_dies_between_call_and_record_says_no_answer_twice() {
    for after_the_write in [false, true] {
        let world = World::new().await;
        let national = National::new(&world).await;
        let code = taken(&world, &national, NUMBER).await;
        answered_here(&world, &code, ANSWER).await;
        let ledger = Mortal::new(&national.ledger, after_the_write);
        let ends = national.sync_over(&world.dossiers, &ledger, &[woken(&code)], later(5)).await;
        assert!(ends.iter().any(Result::is_err), "the message comes again");
        brought(&national, &code, later(6)).await;
        if let Some(due) = national.line(&code).await.due_at() {
            national.minute(due).await;
        }
        assert_eq!(answers(&national, NUMBER), [ANSWER], "{after_the_write}");
        assert!(!national.line(&code).await.is_behind());
    }
}

#[tokio::test]
async fn after_an_outage_of_a_day_the_portal_has_every_answer_once_and_in_order() {
    let world = World::new().await;
    let national = National::new(&world).await;
    national.portal.fault(&json!({ "mode": "outage" })).unwrap();
    let mut codes = Vec::new();
    for number in ["1", "2", "3"] {
        let code = taken(&world, &national, number).await;
        answered_here(&world, &code, ANSWER).await;
        brought(&national, &code, later(5)).await;
        codes.push(code);
    }
    // Its author is not content, and the same is said again.
    let first = codes[0].clone();
    let why = json!({ "action": "reopen", "words": "Chưa ai xin lỗi." });
    done(&world, own(&first, "o", &why)).await;
    let answer = json!({ "action": "answer", "words": ANSWER });
    done(&world, moving(&first, "a2", &answer).officer(COMPETENT)).await;
    let mut now = later(10);
    let seen = origin(&world, &first).await;
    assert_eq!(seen["inStep"], false);
    assert_eq!(seen["systems"][0]["lastError"]["kind"], "unavailable");
    for _ in 0..(24 * 6) {
        now = now.saturating_add(SignedDuration::from_mins(10)).unwrap();
        national.minute(now).await;
    }
    national.portal.mend();
    for _ in 0..30 {
        now = now.saturating_add(SignedDuration::from_mins(1)).unwrap();
        national.minute(now).await;
    }
    assert_eq!(answers(&national, "1"), [ANSWER, ANSWER]);
    for (number, code) in ["2", "3"].into_iter().zip(&codes[1..]) {
        assert_eq!(answers(&national, number), [ANSWER]);
        assert_eq!(origin(&world, code).await["inStep"], true);
    }
}

#[tokio::test]
async fn a_number_that_the_portal_does_not_know_is_refused_alone_and_shown_as_refused() {
    let world = World::new().await;
    let national = National::new(&world).await;
    heard(&world, &given("e1", "nobodys-1")).await.unwrap();
    let stranger = code_of(&world, "e1").await;
    let code = taken(&world, &national, NUMBER).await;
    for code in [&stranger, &code] {
        answered_here(&world, code, ANSWER).await;
    }
    for end in national.sync(&[woken(&stranger), woken(&code)], later(5)).await {
        end.unwrap();
    }
    assert_eq!(answers(&national, NUMBER), [ANSWER]);
    let seen = origin(&world, &stranger).await;
    let error = &seen["systems"][0]["lastError"];
    assert_eq!((&error["kind"], &error["code"]), (&json!("refused"), &json!("-4")));
    assert!(seen["systems"][0].get("dueAt").is_some(), "it is tried again");
}

/// How far the portal was when a night compared it, and what the night sent.
async fn night(world: &World, now: &str) -> (FeedbackStanding, Vec<String>) {
    night_of(world, Order::default(), now).await
}

/// The same, of a night with this order.
async fn night_of(world: &World, order: Order, now: &str) -> (FeedbackStanding, Vec<String>) {
    let queue = Kept::default();
    let tables = (&world.dossiers, &world.deliveries, &world.office.feedback);
    let connected = Connected { dvcqg: true, ..Connected::default() };
    let law = (&*world.catalogue, &connected);
    let mut outcome = reconcile(&order, tables, &queue, law, at(now)).await.unwrap();
    let sent = queue.sent.lock().unwrap().iter().map(ToString::to_string).collect();
    (outcome.systems.remove(&portal_id()).unwrap().feedback.unwrap(), sent)
}

async fn sends(national: &National, bodies: &[String], now: &str) {
    for end in national.sync(bodies, at(now)).await {
        end.unwrap();
    }
}

#[tokio::test]
async fn what_the_relay_lost_is_found_by_the_night_and_by_one_night_alone() {
    let world = World::new().await;
    let national = National::new(&world).await;
    let code = taken(&world, &national, NUMBER).await;
    answered_here(&world, &code, ANSWER).await;
    // One that was sent here owes nobody anything.
    answered(&world).await;
    let (standing, sent) = night(&world, "2026-11-17T19:30:00Z").await;
    assert_eq!(standing, FeedbackStanding { changed: 1, unknown: 1, ..Default::default() });
    sends(&national, &sent, "2026-11-17T19:31:00Z").await;
    assert_eq!(answers(&national, NUMBER), [ANSWER]);
    let (standing, sent) = night(&world, "2026-11-18T19:30:00Z").await;
    assert_eq!(standing, FeedbackStanding { changed: 1, in_step: 1, unknown: 0, asked: 1 });
    // It is asked, and has it.
    sends(&national, &sent, "2026-11-18T19:31:00Z").await;
    national.minute(at("2026-11-18T19:40:00Z")).await;
    assert_eq!(answers(&national, NUMBER), [ANSWER]);
    assert_eq!(national.line(&code).await.reopened(), 0);
}

#[tokio::test]
async fn of_what_was_erased_the_portal_hears_that_it_was_answered_and_not_with_which_words() {
    for is_lost in [false, true] {
        let world = World::new().await;
        let national = National::new(&world).await;
        let code = taken(&world, &national, NUMBER).await;
        answered_here(&world, &code, ANSWER).await;
        if is_lost {
            // It has the answer, and nobody here knows.
            let fault = json!({ "mode": "drop-after", "service": ANSWERS, "times": 1 });
            national.portal.fault(&fault).unwrap();
            brought(&national, &code, later(5)).await;
        }
        done(&world, moving(&code, "c", &json!({ "action": "close" })).officer(DESK)).await;
        let order = json!({ "number": "1", "issuer": "Thanh tra tỉnh", "reason": "Theo yêu cầu" });
        let erasure = Call::new("POST /v1/feedback/{code}/erasure").code(&code).administrator();
        done(&world, erasure.body(&order)).await;
        let due = if is_lost { national.line(&code).await.due_at().unwrap() } else { later(9) };
        brought(&national, &code, due).await;
        let expected = if is_lost { ANSWER } else { "Đã trả lời" };
        assert_eq!(answers(&national, NUMBER), [expected]);
        assert_eq!(origin(&world, &code).await["inStep"], true);
        let (standing, sent) = night(&world, "2026-11-17T19:30:00Z").await;
        assert_eq!((standing.in_step, standing.unknown), (1, 0));
        sends(&national, &sent, "2026-11-17T19:31:00Z").await;
        assert_eq!(answers(&national, NUMBER), [expected], "and is not asked for the words");
    }
}

#[tokio::test]
async fn a_night_says_how_much_it_asks_for_and_sends_what_nobody_knows_first() {
    let world = World::new().await;
    let national = National::new(&world).await;
    for number in ["1", "2"] {
        let code = taken(&world, &national, number).await;
        answered_here(&world, &code, ANSWER).await;
        brought(&national, &code, later(5)).await;
    }
    let lost = taken(&world, &national, "3").await;
    answered_here(&world, &lost, ANSWER).await;
    for (at_most, asked) in [(1, 0), (2, 1), (3, 2), (4, 2)] {
        let order = Order { at_most: Some(at_most), ..Order::default() };
        let (standing, sent) = night_of(&world, order, "2026-11-17T19:30:00Z").await;
        let expected = FeedbackStanding { changed: 3, in_step: 2, unknown: 1, asked };
        assert_eq!(standing, expected, "at most {at_most}");
        assert_eq!(sent.len(), 1 + asked);
        assert!(sent[0].contains(&lost), "{sent:?}");
    }
}

#[tokio::test]
async fn an_answer_that_the_portal_acknowledged_and_does_not_have_is_found_by_the_night() {
    for is_lost_at_once in [true, false] {
        let world = World::new().await;
        let national = National::new(&world).await;
        let code = taken(&world, &national, NUMBER).await;
        answered_here(&world, &code, ANSWER).await;
        if is_lost_at_once {
            let fault = json!({ "mode": "lost", "service": ANSWERS, "times": 1 });
            national.portal.fault(&fault).unwrap();
        }
        brought(&national, &code, later(5)).await;
        if !is_lost_at_once {
            assert_eq!(answers(&national, NUMBER), [ANSWER]);
            national.portal.lose_answers(NUMBER);
        }
        assert_eq!(origin(&world, &code).await["inStep"], true, "nobody knows yet");
        let (_, sent) = night(&world, "2026-11-17T19:30:00Z").await;
        // While it is away it is asked later, and not forgotten.
        let fault = json!({ "mode": "outage", "times": 1 });
        national.portal.fault(&fault).unwrap();
        let put_off = national.sync(&sent, at("2026-11-17T19:31:00Z")).await;
        assert!(matches!(put_off[..], [Err(Failure::HeldBack(_))]), "{put_off:?}");
        sends(&national, &sent, "2026-11-17T19:33:00Z").await;
        let line = national.line(&code).await;
        assert_eq!((line.reopened(), line.is_behind()), (1, true));
        national.minute(line.due_at().unwrap()).await;
        assert_eq!(answers(&national, NUMBER), [ANSWER]);
        assert_eq!(origin(&world, &code).await["inStep"], true);
    }
}

#[tokio::test]
async fn the_portal_tells_its_own_authors_unless_the_catalogue_has_us_tell_them() {
    let us = agreed(&json!({ "authorsToldBy": "us" }));
    for (world, expected) in [(World::new().await, 0), (World::of(us).await, 1)] {
        heard(&world, &given("e1", NUMBER)).await.unwrap();
        let code = code_of(&world, "e1").await;
        let gateways = Scripted::pair([accepted("m")], [accepted("s")]);
        work(&world, &gateways, &woken(&code), NOW).await.unwrap();
        assert_eq!(gateways.asked().len(), expected);
        // The night calls nobody for what another tells.
        let queue = Kept::default();
        let queues = repair_relay::Queues { notices: &queue, fetches: &Kept::default() };
        let (order, tables) = (repair_relay::Order::default(), world.repair_tables());
        let now = at("2026-11-17T19:00:00Z");
        let night = repair_relay::repair(&order, tables, &queues, &world.catalogue, now).await;
        assert_eq!(night.unwrap().feedback, 0);
    }
}

#[tokio::test]
async fn a_portal_that_takes_how_far_it_is_hears_of_each_step_in_order() {
    let world = World::of(agreed(&json!({ "progress": "CapNhatTienDoHoiDap" }))).await;
    let national = National::new(&world).await;
    let code = taken(&world, &national, NUMBER).await;
    brought(&national, &code, later(1)).await;
    answered_here(&world, &code, ANSWER).await;
    brought(&national, &code, later(5)).await;
    done(&world, moving(&code, "c", &json!({ "action": "close" })).officer(DESK)).await;
    brought(&national, &code, later(9)).await;
    let told = national.portal.feedback(NUMBER).unwrap();
    let said: Vec<&str> = told["progress"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| step["NOIDUNGTRALOI"].as_str().unwrap())
        .collect();
    let expected = ["Đã tiếp nhận", "Đã chuyển cơ quan có thẩm quyền", "Đang xử lý", "Đã kết thúc"];
    assert_eq!(said, expected);
    assert_eq!(answers(&national, NUMBER), [ANSWER]);
}

#[tokio::test]
async fn nothing_of_its_author_stands_in_logs_messages_records_and_the_ledger() {
    let log = Log::kept();
    let world = World::new().await;
    let national = National::new(&world).await;
    let code = taken(&world, &national, NUMBER).await;
    let mut broken = given("e2", "x y");
    broken["data"]["author"]["phone"] = "113".into();
    heard(&world, &broken).await.unwrap_err();
    answered_here(&world, &code, ANSWER).await;
    let fault = json!({ "mode": "drop-after", "service": ANSWERS, "times": 1 });
    national.portal.fault(&fault).unwrap();
    brought(&national, &code, later(5)).await;
    national.minute(national.line(&code).await.due_at().unwrap()).await;
    assert_eq!(answers(&national, NUMBER), [ANSWER]);
    let mut public = format!("{:?} {}", log.lines(), woken(&code));
    let scan = |table: &str| world.client.scan().table_name(table).consistent_read(true).send();
    for table in ["DeliveriesTable", "EventsTable", "FeedbackTable"] {
        for item in scan(table).await.unwrap().items.unwrap_or_default() {
            let key = item.get("code").and_then(|key| key.as_s().ok()).cloned();
            if !key.is_some_and(|key| key.starts_with("content#")) {
                public.push_str(&format!("{item:?}"));
            }
        }
    }
    for planted in [NAME, PHONE, "912345678", ADDRESS, WORDS, PLACE, ANSWER, "x y"] {
        assert!(!public.contains(planted), "{planted}");
    }
}
