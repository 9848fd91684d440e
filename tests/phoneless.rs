//! Applicants without a telephone: taken in at the counter and by post, never told by a message and
//! never alarmed about; told from when on an officer writes a number down, and no longer than that.

use domain::thread::ToldCount;
use jiff::civil::date;
use platform::LogLine;
use platform::port::NoticeBook;
use repair_relay::{Order, Outcome, Queues, repair};
use serde_json::{Value, json};

use crate::support::call::{AGENCY, Answer, CITIZEN, Call, submission, submit_event};
use crate::support::log::Log;
use crate::support::national::National;
use crate::support::teller::{accepted, changed, send_codes, woken, work};
use crate::support::world::{Kept, NOW, Scripted, World, at};

/// Two o'clock in the night after [`NOW`].
const NIGHT: &str = "2026-11-17T19:00:00Z";

/// After the time in which changes become one message.
const SOON: &str = "2026-11-17T03:00:00Z";

/// A number that whoever had none has got since.
const PHONE: &str = "0987 654 321";

/// What `channel` brought of somebody without a telephone.
fn brought(channel: &str) -> Value {
    let mut body = submission();
    body["channel"] = channel.into();
    body["applicant"].as_object_mut().unwrap().remove("phone");
    body
}

async fn handed_in(world: &World, call: Call) -> Answer {
    call.at_submit(&world.intake, world, at(NOW)).await
}

async fn taken_in(world: &World) -> String {
    let slip = handed_in(world, Call::submit("k").clerk(AGENCY).body(&brought("counter"))).await;
    assert_eq!(slip.status, 201, "{}", slip.body);
    slip.code()
}

async fn moved(world: &World, code: &str, (action, version): (&str, u64)) {
    let answer = Call::transition(code, action, version).at_change(&world.dossiers, world, at(NOW));
    let answer = answer.await;
    assert_eq!(answer.status, 200, "{action}: {}", answer.body);
}

/// An officer writes the applicant down with this number, or without one.
async fn corrected(world: &World, code: &str, version: u64, phone: Option<&str>) -> Answer {
    let mut applicant = submission()["applicant"].take();
    applicant["phone"] = phone.into();
    let body = json!({ "action": "correct", "expectedVersion": version, "applicant": applicant });
    let call = Call::transition(code, "correct", version).body(&body);
    call.at_change(&world.dossiers, world, at(NOW)).await
}

/// How each notice of the dossier stands, as its officers read it.
async fn listed(world: &World, code: &str) -> Vec<(String, String)> {
    let read = Call::new("GET /v1/dossiers/{code}/notices").code(code).officer(AGENCY);
    let answer = read.at_track(world).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let notices = answer.body["notices"].as_array().unwrap();
    notices.iter().map(|notice| (text(&notice["state"]), text(&notice["reason"]))).collect()
}

/// The last change is announced at `now`; who was asked to tell of it.
async fn told_at(world: &World, code: &str, now: &str) -> Vec<(&'static str, String)> {
    let gateways = Scripted::pair([accepted("z1"), accepted("z2")], []);
    let last = world.dossier(code).await.history.len();
    work(world, &gateways, &changed(world, code, last).await, now).await.unwrap();
    gateways.asked()
}

async fn told(world: &World, code: &str) -> Vec<(&'static str, String)> {
    told_at(world, code, NOW).await
}

async fn night(world: &World) -> Outcome {
    let (queue, fetches) = (Kept::default(), Kept::default());
    let queues = Queues { notices: &queue, fetches: &fetches };
    let tables = world.repair_tables();
    repair(&Order::default(), tables, &queues, &world.catalogue, at(NIGHT)).await.unwrap()
}

/// The codes that an officer finds by a telephone number.
async fn found_by(world: &World, phone: &str) -> Vec<String> {
    let search = Call::new("POST /v1/search").officer(AGENCY).body(&json!({ "phone": phone }));
    let answer = search.at_find(world, at(NOW)).await;
    let items = answer.body["items"].as_array().unwrap().clone();
    items.iter().map(|item| item["code"].as_str().unwrap().to_owned()).collect()
}

fn unsent() -> (String, String) {
    ("refused".to_owned(), "no-phone".to_owned())
}

#[tokio::test]
async fn somebody_without_a_telephone_is_taken_in_at_the_counter_and_by_post() {
    let world = World::new().await;
    for (key, channel) in [("a", "counter"), ("b", "postal")] {
        let call = Call::submit(key).clerk(AGENCY).body(&brought(channel));
        let slip = handed_in(&world, call.clone()).await;
        assert_eq!(slip.status, 201, "{}", slip.body);
        assert_eq!(slip.body["notReachable"], "no-phone", "who takes it in is told");
        assert_eq!(handed_in(&world, call).await, slip, "a repetition says the same");
        let case = Call::new("GET /v1/dossiers/{code}/case").code(&slip.code()).officer(AGENCY);
        let case: Answer = case.at_case(&world, at(NOW)).await.into();
        assert_eq!(case.body["applicant"]["idNumber"], CITIZEN);
        assert_eq!(case.body["applicant"].get("phone"), None);
    }
    let own = Call::new("GET /v1/me/dossiers").citizen(CITIZEN).at_find(&world, at(NOW)).await;
    assert_eq!(own.body["items"].as_array().unwrap().len(), 2, "found by the identity number");
}

#[tokio::test]
async fn on_line_and_by_the_portal_a_telephone_is_owed_and_named_with_all_else_that_is_wrong() {
    let world = World::new().await;
    let (online, counter) = (brought("online"), brought("counter"));
    for (key, call) in [
        ("a", Call::submit("a").citizen(CITIZEN).body(&online)),
        ("b", Call::submit("b").portal().body(&online)),
        ("c", Call::submit("c").portal().body(&counter)),
        ("d", Call::submit("d").citizen(CITIZEN).body(&counter)),
    ] {
        let answer = handed_in(&world, call).await;
        let broken = (answer.status, answer.broken());
        assert_eq!(broken, (400, ("applicant.phone", "required")), "{key}: {}", answer.body);
    }
    let mut wrong = online;
    wrong["applicant"]["phone"] = Value::Null;
    wrong["applicant"]["idNumber"] = "12".into();
    wrong["resultTo"] = json!({ "address": "12 Lê Lợi", "province": "82" });
    let answer = handed_in(&world, Call::submit("e").portal().body(&wrong)).await;
    let errors = answer.body["errors"].as_array().unwrap();
    let named: Vec<&str> = errors.iter().map(|error| error["field"].as_str().unwrap()).collect();
    assert_eq!(named, ["applicant.idNumber", "applicant.phone"]);
    assert_eq!(world.count("DossiersTable").await, 0);
}

#[tokio::test]
async fn an_integrators_system_brings_who_has_no_telephone_from_a_counter_and_not_on_line() {
    let world = World::new().await;
    for (number, channel, taken) in
        [(1, "counter", true), (2, "postal", true), (3, "online", false)]
    {
        let code = format!("{AGENCY}-261117-900{number}");
        let mut event = submit_event(&format!("e{number}"), "2026-11-17T01:00:00Z", Some(&code));
        let mut data = brought(channel);
        data["code"] = code.clone().into();
        event["data"] = data;
        let outcome = ingest_event::ingest(
            &event.to_string(),
            &world.dossiers,
            &world.intake,
            &world.catalogue,
            at(NOW),
        )
        .await;
        match outcome {
            Ok(()) => assert!(taken, "{channel}"),
            Err(platform::Failure::Invalid(found)) => {
                let named: Vec<&str> = found.iter().map(|broken| broken.field.as_str()).collect();
                assert_eq!((taken, named), (false, vec!["data.applicant.phone"]), "{channel}");
            }
            Err(other) => panic!("{channel}: {other}"),
        }
    }
    assert_eq!(world.count("DossiersTable").await, 2);
}

#[tokio::test]
async fn nobody_is_asked_to_tell_them_and_their_officers_read_why() {
    let log = Log::kept();
    let world = World::new().await;
    let code = taken_in(&world).await;
    assert_eq!(told(&world, &code).await, []);
    moved(&world, &code, ("receive", 1)).await;
    assert_eq!(told(&world, &code).await, []);
    assert_eq!(listed(&world, &code).await, [unsent(), unsent()]);
    let read = Call::new("GET /v1/dossiers/{code}/notices").code(&code).officer(AGENCY);
    let answer = read.at_track(&world).await;
    assert_eq!((answer.body.get("phone"), &answer.body["costVnd"]), (None, &json!(0)));
    let thread = world.notices.thread(&code.parse().unwrap()).await.unwrap().unwrap();
    assert_eq!(thread.wake_at(), None, "nothing is waited for");
    let lines = format!("{:?}", log.lines());
    assert!(!lines.contains(LogLine::NoticeUnsent.text()), "it is no failure: {lines}");
    assert_eq!(log.errors(), Vec::<Value>::new());
}

#[tokio::test]
async fn the_night_wakes_nobody_for_them_and_counts_them_by_their_reason() {
    let world = World::new().await;
    let code = taken_in(&world).await;
    moved(&world, &code, ("receive", 1)).await;
    let first = night(&world).await;
    assert_eq!((first.owed, first.sent), (1, 1), "what no thread has looked at is looked at");
    told(&world, &code).await;
    let second = night(&world).await;
    assert_eq!((second.owed, second.sent), (0, 0), "and no more after that");
    let days = world.deliveries.told(date(2026, 11, 17), date(2026, 11, 17)).await.unwrap();
    let cells: Vec<&ToldCount> = days.values().flatten().map(|cell| &cell.told).collect();
    let [told] = &cells[..] else { panic!("one agency: {cells:?}") };
    assert_eq!((told.untold(), told.nobody["no-phone"]), (2, 2));
}

#[tokio::test]
async fn from_when_on_a_number_is_written_down_they_are_told_and_found_by_it() {
    let world = World::new().await;
    let code = taken_in(&world).await;
    assert_eq!(told(&world, &code).await, []);
    assert!(found_by(&world, PHONE).await.is_empty());
    let answer = corrected(&world, &code, 1, Some(PHONE)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(found_by(&world, PHONE).await, [code.as_str()]);
    assert_eq!(told(&world, &code).await.len(), 1, "of the correction, and not of what was before");
    moved(&world, &code, ("receive", 2)).await;
    assert_eq!(told_at(&world, &code, SOON).await.len(), 1);
    let states = listed(&world, &code).await;
    assert_eq!(states[0], unsent());
    assert!(states[1..].iter().all(|(state, _)| state == "sent"), "{states:?}");
}

#[tokio::test]
async fn a_number_that_is_a_strangers_is_taken_away_by_an_officer_and_gets_nothing_more() {
    let world = World::new().await;
    let code = handed_in(&world, Call::submit("k").portal()).await.code();
    assert_eq!(found_by(&world, "0912345678").await, [code.as_str()]);
    let theirs = Call::transition(&code, "correct", 1).citizen(CITIZEN);
    let mut applicant = submission()["applicant"].take();
    applicant["phone"] = Value::Null;
    let body = json!({ "action": "correct", "expectedVersion": 1, "applicant": applicant });
    let answer = theirs.body(&body).at_change(&world.dossiers, &world, at(NOW)).await;
    assert_eq!((answer.status, answer.broken()), (400, ("applicant.phone", "required")));
    let answer = corrected(&world, &code, 1, None).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert!(found_by(&world, "0912345678").await.is_empty(), "the index does not have it");
    assert_eq!(told(&world, &code).await, []);
    assert_eq!(listed(&world, &code).await.pop(), Some(unsent()));
}

#[tokio::test]
async fn who_asks_for_a_code_for_them_is_answered_as_for_a_dossier_that_is_not_there() {
    let world = World::new().await;
    let code = taken_in(&world).await;
    let gateways = Scripted::pair([accepted("m")], [accepted("s")]);
    let mut answers = Vec::new();
    for code in [&code, "H20.03-261117-0999"] {
        let asking = Call::asking_for_a_code(code).nobody();
        let asked: Answer = asking.at_its_function(&world).await.into();
        send_codes(&world, &gateways, NOW).await;
        let confirming = Call::confirming(code, &asked.body["proof"], "123456").nobody();
        let confirmed: Answer = confirming.at_its_function(&world).await.into();
        let fields: Vec<String> = asked.body.as_object().unwrap().keys().cloned().collect();
        let problem = confirmed.problem().to_owned();
        answers.push((asked.status, fields, confirmed.status, problem));
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!((answers[0].0, gateways.asked()), (202, Vec::new()));
}

#[tokio::test]
async fn they_are_not_asked_how_satisfied_they_are() {
    let world = World::new().await;
    let code = taken_in(&world).await;
    for step in [("receive", 1), ("process", 2), ("finish", 3), ("return-result", 4)] {
        moved(&world, &code, step).await;
    }
    assert_eq!(told(&world, &code).await, []);
    let question = format!("ASK-{code}").parse().unwrap();
    assert!(world.notices.thread(&question).await.unwrap().is_none(), "no question is opened");
    // Of somebody whose number was taken away since, it ends.
    let other = handed_in(&world, Call::submit("other").portal()).await.code();
    for step in [("receive", 1), ("process", 2), ("finish", 3), ("return-result", 4)] {
        moved(&world, &other, step).await;
    }
    let gateways = Scripted::pair(vec![accepted("z"); 5], []);
    work(&world, &gateways, &changed(&world, &other, 5).await, NOW).await.unwrap();
    let asked = gateways.asked().len();
    let mut state = world.dossier(&other).await.into_state();
    state.applicant.as_mut().unwrap().phone = None;
    world.overwrite(&state.try_into().unwrap()).await;
    let name = format!("ASK-{other}");
    work(&world, &gateways, &woken(&name), "2026-11-18T02:00:00Z").await.unwrap();
    let notice = world.notice(&name, 1).await;
    let reason = notice.reason.as_ref().map(|reason| reason.name().to_owned());
    assert_eq!((notice.state.name().to_owned(), reason.unwrap_or_default()), unsent());
    assert_eq!(gateways.asked().len(), asked);
}

#[tokio::test]
async fn a_result_by_post_needs_a_number_at_which_the_postman_calls() {
    let world = World::new().await;
    let mut body = brought("counter");
    body["resultTo"] = json!({ "address": "12 Lê Lợi", "province": "82" });
    let answer = handed_in(&world, Call::submit("a").clerk(AGENCY).body(&body)).await;
    assert_eq!((answer.status, answer.broken()), (400, ("resultTo.phone", "required")));
    body["resultTo"]["phone"] = PHONE.into();
    let answer = handed_in(&world, Call::submit("b").clerk(AGENCY).body(&body)).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    let code = answer.code();
    assert!(found_by(&world, PHONE).await.is_empty(), "it is not the applicant's");
    assert_eq!(told(&world, &code).await, [], "and nobody else is told in their place");
}

#[tokio::test]
async fn the_national_portal_gets_them_with_an_empty_number() {
    let world = World::new().await;
    let national = National::new(&world).await;
    let code = taken_in(&world).await;
    let done = national.sync(&[changed(&world, &code, 1).await], at(NOW)).await;
    assert!(done.iter().all(Result::is_ok), "{done:?}");
    assert_eq!(national.field(&code, "SoDienThoai"), "");
    assert_eq!(national.field(&code, "ChuHoSo"), "Trần Thị Mẫu");
}

#[tokio::test]
async fn their_receipt_has_no_line_for_a_telephone() {
    let world = World::new().await;
    let code = taken_in(&world).await;
    moved(&world, &code, ("receive", 1)).await;
    let page = |code: &str| {
        let form = Call::new("GET /v1/dossiers/{code}/forms/{form}").code(code).path("form", "01");
        form.officer(AGENCY)
    };
    let reply: Answer = page(&code).at_case(&world, at(NOW)).await.into();
    let html = reply.body.as_str().unwrap_or_default().to_owned();
    assert!(html.contains("Trần Thị Mẫu"), "{html}");
    assert!(!html.contains("Số điện thoại"), "{html}");
}
