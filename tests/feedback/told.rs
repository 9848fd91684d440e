//! What the author of a feedback is told, by the same threads as applicants: once, in order, at a
//! decent hour, and with nothing of what they wrote.

use aws_lambda_events::dynamodb::Event;
use platform::failure::Retry;
use relay_changes::{Route, relay};
use repair_relay::{Order, Outcome, Queues, repair};

use super::*;
use crate::support::call::zalo_report;
use crate::support::teller::{declined, not_taken, silent, woken, work};
use crate::support::world::Kept;

/// The night after [`NOW`].
const NIGHT: &str = "2026-11-17T19:00:00Z";

/// Has everything told that is to be told at `now`.
async fn tell(world: &World, gateways: &Scripted, code: &str, now: &str) {
    work(world, gateways, &woken(code), now).await.unwrap();
}

fn ready() -> Scripted {
    Scripted::pair([accepted("m")], [accepted("s")])
}

/// The state of each notice, with what it says.
async fn states(world: &World, code: &str) -> Vec<(String, String)> {
    let call = Call::new("GET /v1/desk/feedback/{code}/notices").code(code).officer(DESK);
    let told = done(world, call).await;
    let of = |notice: &Value, name: &str| notice[name].as_str().unwrap().to_owned();
    let notices = told["notices"].as_array().unwrap().iter();
    notices.map(|notice| (of(notice, "news"), of(notice, "state"))).collect()
}

fn each(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(news, state)| ((*news).to_owned(), (*state).to_owned())).collect()
}

async fn written_down(world: &World, body: &Value) -> String {
    let call = Call::new("POST /v1/desk/feedback").header("idempotency-key", "h").body(body);
    let taken = ask(world, call.clerk(DESK)).await;
    assert_eq!(taken.status, 201, "{}", taken.body);
    taken.body["code"].as_str().unwrap().to_owned()
}

fn by_hotline() -> Value {
    let mut said = body();
    said["channel"] = "hotline".into();
    said
}

#[tokio::test]
async fn an_author_hears_of_the_receipt_the_agency_and_the_answer_and_nobody_reads_their_words() {
    let world = World::new().await;
    let gateways = Scripted::pair([declined(-118)], [accepted("s")]);
    let code = received(&world).await;
    tell(&world, &gateways, &code, &minute(1)).await;
    let route = json!({ "action": "route", "agency": COMPETENT });
    done(&world, moving(&code, "r", &route).officer(DESK)).await;
    tell(&world, &gateways, &code, &minute(10)).await;
    done(&world, moving(&code, "t", &json!({ "action": "take-up" })).officer(COMPETENT)).await;
    tell(&world, &gateways, &code, &minute(20)).await;
    let answer = json!({ "action": "answer", "words": "Đèn đã được thay." });
    done(&world, moving(&code, "a", &answer).officer(COMPETENT)).await;
    tell(&world, &gateways, &code, &minute(30)).await;
    done(&world, moving(&code, "c", &json!({ "action": "close" })).officer(DESK)).await;
    tell(&world, &gateways, &code, &minute(40)).await;
    let by_sms: Vec<String> =
        gateways.messages().into_iter().skip(1).map(|message| message.sms).collect();
    let agency = domain::notice::text::unaccented(
        world
            .catalogue
            .agency(&COMPETENT.parse().unwrap())
            .unwrap()
            .name_on(domain::calendar::date_of(at(NOW))),
    );
    assert_eq!(
        by_sms,
        [
            format!("Mot Cua: da tiep nhan phan anh {code} cua Ong/Ba. Han tra loi: 30/11/2026."),
            format!("Mot Cua: phan anh {code} da chuyen {agency} xu ly. Han tra loi: 30/11/2026."),
            format!(
                "Mot Cua: phan anh {code} da co tra loi ngay 17/11/2026. Xem tren trang tra cuu."
            ),
            format!("Mot Cua: phan anh {code} da ket thuc ngay 17/11/2026. Cam on Ong/Ba."),
        ]
    );
    let everything = format!("{:?}", gateways.messages());
    for planted in [NAME, PHONE, "912345678", ADDRESS, WORDS, PLACE, "Đèn đã được thay"] {
        assert!(!everything.contains(planted), "{planted}");
    }
    let expected =
        [("received", "sent"), ("routed", "sent"), ("answered", "sent"), ("closed", "sent")];
    assert_eq!(states(&world, &code).await, each(&expected));
}

#[tokio::test]
async fn a_refusal_a_return_a_reopening_and_a_withdrawal_are_told_and_a_rating_is_not() {
    let gateways = ready();
    let world = World::new().await;
    let code = received(&world).await;
    let why = json!({ "action": "refuse", "words": "Không thuộc thẩm quyền." });
    done(&world, moving(&code, "x", &why).officer(DESK)).await;
    tell(&world, &gateways, &code, NOW).await;
    // What the law wants goes, and says what the receipt would have.
    assert_eq!(states(&world, &code).await, each(&[("received", "merged"), ("refused", "sent")]));
    let world = World::new().await;
    let code = answered(&world).await;
    let why = json!({ "action": "reopen", "words": "Đèn lại hỏng." });
    done(&world, own(&code, "o", &why)).await;
    let why = json!({ "action": "return", "words": "Không thuộc thẩm quyền." });
    done(&world, moving(&code, "b", &why).officer(COMPETENT)).await;
    done(&world, own(&code, "w", &json!({ "action": "withdraw" }))).await;
    tell(&world, &gateways, &code, NOW).await;
    tell(&world, &gateways, &code, &minute(5)).await;
    let expected = [
        ("received", "merged"),
        ("routed", "merged"),
        ("answered", "sent"),
        ("reopened", "merged"),
        ("returned", "merged"),
        ("withdrawn", "sent"),
    ];
    assert_eq!(states(&world, &code).await, each(&expected));
    let world = World::new().await;
    let code = answered(&world).await;
    done(&world, own(&code, "s", &json!({ "action": "rate", "satisfaction": "satisfied" }))).await;
    tell(&world, &gateways, &code, NOW).await;
    let told = states(&world, &code).await;
    assert_eq!(told.last().unwrap(), &("answered".to_owned(), "sent".to_owned()));
}

#[tokio::test]
async fn nobody_is_told_before_the_telephone_is_proved_nor_who_did_not_say_who_they_are() {
    let world = World::new().await;
    let gateways = ready();
    let sent = ask(&world, sending("k", &body())).await;
    let unverified = sent.body["code"].as_str().unwrap().to_owned();
    tell(&world, &gateways, &unverified, NOW).await;
    // A day later it is gone, and a message about it may still come.
    tell(&world, &gateways, &unverified, &minute(24 * 60)).await;
    let mut unnamed = body();
    unnamed.as_object_mut().unwrap().remove("author");
    let sent = ask(&world, sending("n", &unnamed)).await;
    assert_eq!((sent.status, &sent.body["status"]), (201, &json!("received")));
    tell(&world, &gateways, sent.body["code"].as_str().unwrap(), NOW).await;
    assert_eq!((gateways.asked().len(), world.count("NoticesTable").await), (0, 0));
    // Who called was asked for their number by an officer.
    let code = written_down(&world, &by_hotline()).await;
    tell(&world, &gateways, &code, NOW).await;
    assert_eq!(states(&world, &code).await, each(&[("received", "sent")]));
}

#[tokio::test]
async fn a_message_that_comes_ten_times_ten_at_once_or_out_of_order_tells_once() {
    let world = World::new().await;
    let gateways = ready();
    let code = received(&world).await;
    let message = woken(&code);
    let all = join_all((0..10).map(|_| work(&world, &gateways, &message, NOW))).await;
    assert!(all.iter().any(Result::is_ok));
    for lost in all.into_iter().filter_map(Result::err) {
        assert!(matches!(lost.retryable(), Retry::In(_)), "{lost}");
    }
    tell(&world, &gateways, &code, NOW).await;
    assert_eq!(gateways.asked(), [("zalo", format!("{code}/2"))]);
    // The message about the route is lost, that about the answer tells both.
    let route = json!({ "action": "route", "agency": COMPETENT });
    done(&world, moving(&code, "r", &route).officer(DESK)).await;
    done(&world, moving(&code, "t", &json!({ "action": "take-up" })).officer(COMPETENT)).await;
    tell(&world, &gateways, &code, &minute(5)).await;
    tell(&world, &gateways, &code, &minute(6)).await;
    let expected = [("received", "sent"), ("routed", "sent")];
    assert_eq!(states(&world, &code).await, each(&expected));
    assert_eq!(gateways.asked().len(), 2);
}

#[tokio::test]
async fn what_a_gateway_may_have_sent_is_settled_by_its_report_and_never_sent_blindly_again() {
    let world = World::new().await;
    let gateways = Scripted::pair([silent()], [accepted("s")]);
    let code = received(&world).await;
    tell(&world, &gateways, &code, NOW).await;
    tell(&world, &gateways, &code, &minute(1)).await;
    assert_eq!(gateways.asked().len(), 1);
    assert_eq!(states(&world, &code).await, each(&[("received", "unknown")]));
    let report = zalo_report(&world, &format!("{code}/2"), "m", &minute(2)).await;
    assert_eq!((report.status, &report.body["taken"]), (200, &json!(true)));
    assert_eq!(states(&world, &code).await, each(&[("received", "delivered")]));
    let again = zalo_report(&world, &format!("{code}/2"), "m", &minute(3)).await;
    assert_eq!(again.body["taken"], false);
}

#[tokio::test]
async fn what_is_received_at_a_minute_to_midnight_before_tet_is_told_in_the_morning_with_its_day() {
    let (eve, morning) = ("2026-02-16T16:59:00Z", "2026-02-17T00:10:01Z");
    let world = World::new().await;
    let call = Call::new("POST /v1/desk/feedback").header("idempotency-key", "tet");
    let taken = ask_at(&world, call.body(&by_hotline()).clerk(DESK), eve).await;
    assert_eq!(taken.status, 201, "{}", taken.body);
    let code = taken.body["code"].as_str().unwrap().to_owned();
    let gateways = ready();
    tell(&world, &gateways, &code, eve).await;
    assert_eq!(gateways.asked().len(), 0);
    tell(&world, &gateways, &code, morning).await;
    let due = world.office.feedback.feedback(&code.parse().unwrap(), at(eve)).await.unwrap();
    let due = domain::calendar::date_of(due.unwrap().due_at.unwrap());
    assert!(due > jiff::civil::date(2026, 3, 1), "{due}: eight working days after the holidays");
    let said = gateways.messages()[0].fields["date"].clone();
    assert_eq!(said, due.strftime("%d/%m/%Y").to_string());
}

#[tokio::test]
async fn officers_see_what_was_told_without_the_number_and_strangers_see_nothing() {
    let world = World::new().await;
    let code = received(&world).await;
    tell(&world, &Scripted::pair([declined(-118)], [not_taken()]), &code, NOW).await;
    let call = || Call::new("GET /v1/desk/feedback/{code}/notices").code(&code);
    let told = done(&world, call().officer(DESK)).await;
    assert_eq!((&told["code"], &told["phone"]), (&json!(code), &json!("09*****678")));
    let attempts = told["notices"][0]["attempts"].as_array().unwrap();
    assert_eq!(attempts.len(), 2, "{told}");
    assert!(told["notices"][0].get("action").is_none());
    for stranger in [call().officer(STRANGER), call().officer(COMPETENT)] {
        let refused = ask(&world, stranger).await;
        assert_eq!((refused.status, refused.problem()), (404, "feedback-not-found"));
    }
    for (stranger, status) in [(call().nobody(), 401), (call().proven(&code), 401)] {
        assert_eq!(ask(&world, stranger).await.status, status);
    }
    let dossier = Call::new("GET /v1/dossiers/{code}/notices").code(&code).officer(DESK);
    assert_eq!(dossier.at_its_function(&world).await.status_code, 404);
}

#[tokio::test]
async fn what_is_told_after_the_number_is_forgotten_ends_unsent_and_says_so() {
    let world = World::new().await;
    let code = answered(&world).await;
    done(&world, own(&code, "s", &json!({ "action": "rate", "satisfaction": "satisfied" }))).await;
    let gateways = ready();
    tell(&world, &gateways, &code, "2036-11-17T02:00:00Z").await;
    assert_eq!(gateways.asked().len(), 0);
    let notice = world.notice(&code, 5).await;
    let reason = notice.reason.map(String::from);
    assert_eq!((notice.state.name(), reason.as_deref()), ("refused", Some("not-listed")));
}

/// What the relay sends of the row with this key.
async fn relayed(key: &str, event_name: &str) -> Vec<Value> {
    let event: Event = serde_json::from_value(json!({ "Records": [{
        "eventID": "1", "eventName": event_name, "eventVersion": "1.1",
        "eventSource": "aws:dynamodb", "awsRegion": "ap-southeast-1", "eventSourceARN": "arn",
        "dynamodb": {
            "ApproximateCreationDateTime": 1_795_000_000.0, "SizeBytes": 0, "SequenceNumber": "1",
            "Keys": { "code": { "S": key } }, "StreamViewType": "KEYS_ONLY",
        },
    }]}))
    .unwrap();
    let (notices, fetches) = (Kept::default(), Kept::default());
    let routes = [
        Route { queue: &notices, wants: |_| true, wants_feedback: true },
        Route { queue: &fetches, wants: |_| true, wants_feedback: false },
    ];
    let within = std::time::Duration::from_secs(5);
    relay(event, &routes, &notices, within).await.unwrap();
    assert!(fetches.sent.lock().unwrap().is_empty() && notices.parked.lock().unwrap().is_empty());
    notices.sent.into_inner().unwrap()
}

#[tokio::test]
async fn of_a_changed_feedback_the_relay_says_its_code_alone_and_of_other_rows_nothing() {
    let code = "H20.01.PA-261117-0001";
    let said = relayed(code, "MODIFY").await;
    assert_eq!(said[0]["data"], json!({ "schemaVersion": 1, "code": code }));
    assert_eq!(said, relayed(code, "MODIFY").await, "a repetition has the same id");
    assert_eq!(said.len(), 1);
    for (key, event) in [
        (code, "REMOVE"),
        ("content#H20.01.PA-261117-0001", "MODIFY"),
        ("receipt#9f86", "INSERT"),
        ("sequence#H20.01.PA#2026-11-17", "MODIFY"),
        ("handled#2026-11", "MODIFY"),
    ] {
        assert_eq!(relayed(key, event).await, Vec::<Value>::new(), "{key} {event}");
    }
}

async fn repaired(world: &World, queue: &Kept, now: &str) -> Outcome {
    let queues = Queues { notices: queue, fetches: &Kept::default() };
    let order = Order::default();
    repair(&order, world.repair_tables(), &queues, &world.catalogue, at(now)).await.unwrap()
}

#[tokio::test]
async fn what_the_relay_lost_of_feedback_is_found_by_the_night_and_by_one_night_alone() {
    let world = World::new().await;
    let code = answered(&world).await;
    // Neither has anybody to be told.
    ask(&world, sending("k", &body())).await;
    let mut unnamed = body();
    unnamed.as_object_mut().unwrap().remove("author");
    ask(&world, sending("n", &unnamed)).await;
    let queue = Kept::default();
    assert_eq!(repaired(&world, &queue, NIGHT).await.feedback, 1);
    let said = std::mem::take(&mut *queue.sent.lock().unwrap());
    assert_eq!(said[0]["data"]["code"], code.as_str());
    let gateways = ready();
    work(&world, &gateways, &said[0].to_string(), "2026-11-18T02:00:00Z").await.unwrap();
    assert_eq!(gateways.asked(), [("zalo", format!("{code}/5"))]);
    // A move of which nothing is told is known, too.
    let publication = json!({ "title": "Đèn đường", "answer": "Đã thay đèn." });
    let publish = json!({ "action": "publish", "publication": publication });
    let publish = moving(&code, "p", &publish).officer(COMPETENT);
    ask_at(&world, publish, "2026-11-18T02:10:00Z").await;
    work(&world, &gateways, &woken(&code), "2026-11-18T02:11:00Z").await.unwrap();
    assert_eq!(repaired(&world, &queue, "2026-11-18T19:00:00Z").await.feedback, 0);
    assert_eq!(gateways.asked().len(), 1);
}

#[test]
fn each_news_is_told_as_the_page_of_notices_says_or_is_silent_for_a_reason() {
    let page = crate::support::file("docs/notices.md");
    let (_, table) = page.split_once("## What authors of feedback are told").unwrap();
    let rows = table.lines().filter_map(|line| {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [news, template, channel, class] = cells[..] else { return None };
        let news = news.strip_prefix('`')?.split_once('`')?.0;
        assert_eq!(channel, "Zalo, else SMS", "{news}");
        Some([news, template, class].map(str::to_owned))
    });
    let listed: Vec<[String; 3]> = rows.collect();
    let shipped = crate::support::file("infra/data/templates.json");
    let shipped: Value = serde_json::from_str(&shipped).unwrap();
    let templates = shipped["feedbackTexts"]["templates"].as_array().unwrap().iter();
    let of = |value: &Value| value.as_str().unwrap().to_owned();
    let shipped =
        templates.map(|row| [of(&row["news"]), of(&row["zalo"]["vi"]), of(&row["class"])]);
    assert_eq!(listed, shipped.collect::<Vec<_>>());
}

#[tokio::test]
async fn an_author_who_wants_nothing_but_what_the_law_wants_hears_of_the_answer_alone_in_their_words()
 {
    let world = World::new().await;
    let mut wished = by_hotline();
    (wished["language"], wished["legalOnly"]) = ("en".into(), true.into());
    let code = written_down(&world, &wished).await;
    let gateways = Scripted::pair([declined(-118)], [accepted("s")]);
    tell(&world, &gateways, &code, NOW).await;
    assert_eq!(gateways.asked().len(), 0);
    let notice = world.notice(&code, 1).await;
    assert_eq!(notice.reason.map(String::from).as_deref(), Some("opted-out"));
    let route = json!({ "action": "route", "agency": COMPETENT });
    done(&world, moving(&code, "r", &route).officer(DESK)).await;
    done(&world, moving(&code, "t", &json!({ "action": "take-up" })).officer(COMPETENT)).await;
    let answer = json!({ "action": "answer", "words": "Đèn đã được thay." });
    done(&world, moving(&code, "a", &answer).officer(COMPETENT)).await;
    tell(&world, &gateways, &code, &minute(5)).await;
    let said = gateways.messages().last().unwrap().sms.clone();
    let expected = format!("Mot Cua: your feedback {code} was answered on 17/11/2026.");
    assert!(said.starts_with(&expected), "{said}");
}
