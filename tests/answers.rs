//! Who asks by SMS or Zalo how far a dossier is, is answered once, and learns nothing of a person.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use platform::catalogue::{Texts, UndecidedYears};
use platform::gateway::Verdict;
use platform::port::{Contacts, Inquiries};
use serde_json::{Value, json};

use crate::support::asker::{Account, Desk, Ending, Ends};
use crate::support::call::{Answer, Call, SMS_SECRET, ZALO_APP, reporters, signed, submission};
use crate::support::file;
use crate::support::judge::served;
use crate::support::log::Log;
use crate::support::world::{NOW, Scripted, World, at};

/// The applicant's number, and one that is nobody's.
pub(crate) const OWN: &str = "84912345678";
pub(crate) const ANOTHER: &str = "84987654321";

/// What somebody wrote to the short code.
pub(crate) fn short(id: &str, from: &str, text: &str) -> Call {
    Call::new("POST /v1/callbacks/sms/{secret}")
        .nobody()
        .path("secret", SMS_SECRET)
        .body(&json!({ "id": id, "from": from, "to": "8088", "text": text }))
}

/// What somebody wrote to the official account at `sent`.
pub(crate) fn to_account(id: &str, user: &str, text: &str, sent: Timestamp) -> Call {
    let timestamp = sent.as_millisecond().to_string();
    let body = json!({
        "event_name": "user_send_text", "app_id": ZALO_APP, "sender": { "id": user },
        "recipient": { "id": "5417" }, "message": { "msg_id": id, "text": text },
        "timestamp": timestamp,
    });
    signed(&body.to_string(), &timestamp)
}

async fn hear_by<B: Inquiries + Contacts>(
    desk: &Desk,
    (world, book): (&World, &B),
    call: Call,
    now: Timestamp,
) -> Answer {
    let answering = desk.over(world, book);
    let reporters = reporters();
    let handler = |request| {
        let catalogue = &world.catalogue;
        record_delivery::handle(request, &world.notices, &answering, catalogue, &reporters, now)
    };
    served(call.event(), handler).await.into()
}

pub(crate) async fn hear(desk: &Desk, world: &World, call: Call, now: &str) -> Answer {
    hear_by(desk, (world, &world.contacts), call, at(now)).await
}

/// A dossier that was handed in and received, and is due.
async fn received(world: &World) -> String {
    let code = Call::submit("k").at_submit(&world.intake, world, at(NOW)).await.code();
    let receive = Call::transition(&code, "receive", 1).officer("H20.03");
    let moved = receive.at_change(&world.dossiers, world, at("2026-11-17T02:10:00Z")).await;
    assert_eq!(moved.status, 200, "{}", moved.body);
    code
}

pub(crate) fn texts_of(desk: &Desk) -> Vec<String> {
    desk.gateways.messages().into_iter().map(|notice| notice.sms).collect()
}

const ASKED: &str = "2026-11-17T03:00:00Z";

#[tokio::test]
async fn an_sms_with_a_code_is_answered_with_status_and_steps() {
    let (world, desk) = (World::new().await, Desk::new());
    let code = received(&world).await;
    let answer = hear(&desk, &world, short("m1", ANOTHER, &format!("motcua {code}")), ASKED).await;
    assert_eq!((answer.status, answer.body), (200, json!({ "taken": true })));
    assert_eq!(
        texts_of(&desk),
        [format!("Mot Cua: ho so {code}: Duoc tiep nhan, da qua 1/4 buoc.")]
    );
    // However it is typed, and in English for who asks for it.
    let typed = code.to_lowercase().replace(['.', '-'], " ").replace('0', "o");
    hear(&desk, &world, short("m2", ANOTHER, &format!("Motcua en {typed}")), ASKED).await;
    assert_eq!(
        texts_of(&desk)[1],
        format!("Mot Cua: file {code}: Duoc tiep nhan, 1 of 4 steps done.")
    );
}

#[tokio::test]
async fn the_due_date_goes_to_the_applicant_s_own_number_and_to_nobody_else() {
    let (world, desk) = (World::new().await, Desk::new());
    let code = received(&world).await;
    hear(&desk, &world, short("m1", OWN, &code), ASKED).await;
    let due = world.dossier(&code).await.due_at.unwrap();
    let day = domain::calendar::date_of(due).strftime("%d/%m/%Y").to_string();
    assert!(texts_of(&desk)[0].ends_with(&format!("hen tra {day}.")), "{:?}", texts_of(&desk));
    hear(&desk, &world, short("m2", ANOTHER, &code), ASKED).await;
    hear(&desk, &world, to_account("z1", OWN, &code, at(ASKED)), ASKED).await;
    let others = [texts_of(&desk)[1].clone(), desk.account.said()[0].1.clone()];
    assert!(others.iter().all(|text| text.contains(&code) && !text.contains(&day)), "{others:?}");
}

#[tokio::test]
async fn zalo_is_answered_by_the_account_with_marks_whatever_stands_around_the_code() {
    let (world, desk) = (World::new().await, Desk::new());
    let code = received(&world).await;
    for (id, text) in [("z1", format!("tracuu {code}")), ("z2", format!("cho hỏi hồ sơ {code} ạ"))]
    {
        let call = to_account(id, "2803", &text, at(ASKED));
        assert_eq!(hear(&desk, &world, call, ASKED).await.body, json!({ "taken": true }));
    }
    let text = format!("Hồ sơ {code}: Được tiếp nhận, đã qua 1/4 bước.");
    assert_eq!(desk.account.said(), vec![("2803".to_owned(), text); 2]);
    assert_eq!(desk.gateways.asked(), []);
}

#[tokio::test]
async fn an_unknown_code_and_one_that_is_none_have_the_same_answer() {
    let (world, desk) = (World::new().await, Desk::new());
    received(&world).await;
    for (id, text) in [
        ("m1", "MOTCUA H20.03-261117-9999"),
        ("m2", "MOTCUA H20.03-261317-0001"),
        ("m3", "MOTCUA 0912345678"),
        ("m4", "MOTCUA K99-261117-0001"),
    ] {
        hear(&desk, &world, short(id, ANOTHER, text), ASKED).await;
    }
    let said = texts_of(&desk);
    assert_eq!(said.len(), 4);
    assert!(
        said.iter().all(|text| *text == said[0] && text.contains("khong tim thay")),
        "{said:?}"
    );
}

#[tokio::test]
async fn a_message_that_comes_again_is_answered_once_also_if_it_comes_at_the_same_time() {
    let (world, desk) = (World::new().await, Desk::new());
    let code = received(&world).await;
    let call = || short("m1", ANOTHER, &code);
    let asked = futures::future::join_all((0..6).map(|_| hear(&desk, &world, call(), ASKED))).await;
    let taken = asked.iter().filter(|answer| answer.body["taken"] == true).count();
    assert_eq!((taken, texts_of(&desk).len()), (1, 1));
    // Hours later, too: gateways repeat for that long.
    hear(&desk, &world, call(), "2026-11-17T15:00:00Z").await;
    assert_eq!(texts_of(&desk).len(), 1);
    // The same name from the other channel is another message.
    hear(&desk, &world, to_account("m1", "2803", &code, at(ASKED)), ASKED).await;
    assert_eq!(desk.account.said().len(), 1);
}

#[tokio::test]
async fn a_sender_has_so_many_answers_a_day_and_others_have_theirs() {
    let (world, desk) = (World::new().await, Desk::new());
    let code = received(&world).await;
    for n in 0..12 {
        hear(&desk, &world, short(&format!("m{n}"), ANOTHER, &code), ASKED).await;
    }
    assert_eq!(texts_of(&desk).len(), 10, "as providers.json allows");
    hear(&desk, &world, short("n1", OWN, &code), ASKED).await;
    // The day of Viet Nam, which begins at 17:00 UTC.
    hear(&desk, &world, short("n2", ANOTHER, &code), "2026-11-17T16:59:59Z").await;
    assert_eq!(texts_of(&desk).len(), 11);
    hear(&desk, &world, short("n3", ANOTHER, &code), "2026-11-17T17:00:00Z").await;
    assert_eq!(texts_of(&desk).len(), 12);
}

#[tokio::test]
async fn who_is_not_understood_is_told_how_to_ask_once_an_hour() {
    let (world, desk) = (World::new().await, Desk::new());
    for (id, now) in [
        ("m1", "2026-11-17T03:00:00Z"),
        ("m2", "2026-11-17T03:00:01Z"),
        ("m3", "2026-11-17T03:59:59Z"),
        ("m4", "2026-11-17T04:00:00Z"),
    ] {
        hear(&desk, &world, short(id, ANOTHER, "xin chào"), now).await;
    }
    let said = texts_of(&desk);
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(said[0].contains("soan MOTCUA va ma ho so") && said[0].contains("8088"), "{said:?}");
    // What is understood is answered meanwhile.
    hear(&desk, &world, short("m5", ANOTHER, "MOTCUA 1234567"), "2026-11-17T04:00:01Z").await;
    assert_eq!(texts_of(&desk).len(), 3);
}

#[tokio::test]
async fn a_forged_message_is_answered_by_nobody() {
    let (world, desk) = (World::new().await, Desk::new());
    let code = received(&world).await;
    let guessed = short("m1", OWN, &code).path("secret", "a-guess");
    assert_eq!(hear(&desk, &world, guessed, ASKED).await.problem(), "route-not-found");
    let call = to_account("z1", "2803", &code, at(ASKED));
    let forged = call.header("x-zevent-signature", &format!("mac={}", "0".repeat(64)));
    assert_eq!(hear(&desk, &world, forged, ASKED).await.status, 401);
    // Signed, and played again two days later.
    let late = to_account("z2", "2803", &code, at("2026-11-15T03:00:00Z"));
    assert_eq!(hear(&desk, &world, late, ASKED).await.body, json!({ "taken": false }));
    // Of another short code.
    let other = json!({ "id": "m2", "from": OWN, "to": "8188", "text": code });
    let other = short("m2", OWN, "").body(&other);
    assert_eq!(hear(&desk, &world, other, ASKED).await.body, json!({ "taken": false }));
    assert_eq!((texts_of(&desk).len(), desk.account.said().len()), (0, 0));
    assert_eq!(world.count("ContactsTable").await, 0);
}

#[tokio::test]
async fn what_a_gateway_may_send_and_is_no_message_is_refused_by_field_and_rule() {
    let (world, desk) = (World::new().await, Desk::new());
    for (field, value, rule) in [
        ("id", json!(""), "format"),
        ("id", json!("ü"), "format"),
        ("from", json!("113"), "format"),
        ("from", json!(null), "type"),
        ("text", json!(5), "type"),
        ("extra", json!(1), "unknown-field"),
    ] {
        let mut body = json!({ "id": "m1", "from": OWN, "to": "8088", "text": "MOTCUA" });
        body[field] = value;
        let answer = hear(&desk, &world, short("m1", OWN, "").body(&body), ASKED).await;
        assert_eq!((answer.status, answer.broken()), (400, (field, rule)), "{}", answer.body);
    }
    // A land line, which gets no message, and the ugliest of texts.
    hear(&desk, &world, short("m1", "02733872345", "MOTCUA"), ASKED).await;
    assert_eq!(texts_of(&desk), Vec::<String>::new());
    let ugly = format!("\u{202e}\0{}👍\u{300}\u{300}-..--", "9".repeat(5_000));
    let answer = hear(&desk, &world, short("m2", OWN, &ugly), ASKED).await;
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn a_process_that_ends_leaves_a_message_answered_once_or_not_at_all() {
    for (ends, answered) in [
        (Ends::BeforeTakingUp, 1),
        (Ends::AfterTakingUp, 1),
        (Ends::BeforeAsking, 1),
        // Nobody knows whether the gateway was asked: whoever has no answer asks again.
        (Ends::AfterAsking, 0),
    ] {
        let (world, desk) = (World::new().await, Desk::new());
        let code = received(&world).await;
        let book = Ending { inner: &world.contacts, at: Mutex::new(Some(ends)) };
        let heard = async |now: &str| {
            hear_by(&desk, (&world, &book), short("m1", ANOTHER, &code), at(now)).await
        };
        assert_eq!(heard(ASKED).await.status, 503, "{ends:?}");
        for later in ["2026-11-17T03:01:00Z", "2026-11-17T03:02:00Z", "2026-11-17T04:00:00Z"] {
            assert_eq!(heard(later).await.status, 200, "{ends:?}");
        }
        assert_eq!(texts_of(&desk).len(), answered, "{ends:?}");
    }
}

#[tokio::test]
async fn an_answer_is_counted_against_the_month_and_what_is_not_taken_is_given_back() {
    let world = World::new().await;
    let code = received(&world).await;
    let spent = async || world.contacts.spent_vnd(at(ASKED)).await.unwrap();
    let not_taken = Verdict::NotTaken { instead: "unreachable".to_owned(), retry_after: None };
    let unknown = Verdict::Unknown { instead: "timed-out".to_owned() };
    let refused = Verdict::Declined { code: 101 };
    for (id, verdict, costs) in [("m1", not_taken, 0), ("m2", refused, 0), ("m3", unknown, 850)] {
        let desk = Desk { gateways: Scripted::pair([], [verdict]), ..Desk::new() };
        let before = spent().await;
        let answer = hear(&desk, &world, short(id, ANOTHER, &code), ASKED).await;
        assert_eq!(answer.body, json!({ "taken": false }));
        assert_eq!(spent().await - before, costs, "{id}");
        // Never asked again.
        hear(&desk, &world, short(id, ANOTHER, &code), "2026-11-17T05:00:00Z").await;
        assert_eq!(texts_of(&desk).len(), 1, "{id}");
    }
    let desk =
        Desk { account: Account::that_ends(Verdict::Declined { code: -216 }), ..Desk::new() };
    let before = spent().await;
    hear(&desk, &world, to_account("z1", "2803", &code, at(ASKED)), ASKED).await;
    assert_eq!(spent().await, before);
    let desk = Desk::new();
    hear(&desk, &world, to_account("z2", "2803", &code, at(ASKED)), ASKED).await;
    assert_eq!(spent().await - before, 55);
}

#[tokio::test]
async fn nobody_is_answered_once_the_month_s_budget_is_used_up() {
    let (world, desk) = (World::new().await, Desk::new());
    let code = received(&world).await;
    world.contacts.reserve(None, 10_000_000_000, at(ASKED)).await.unwrap();
    let answer = hear(&desk, &world, short("m1", ANOTHER, &code), ASKED).await;
    assert_eq!((answer.body, texts_of(&desk).len()), (json!({ "taken": false }), 0));
}

#[tokio::test]
async fn neither_the_sender_nor_the_applicant_nor_a_word_of_a_message_is_kept_or_logged() {
    let (world, desk) = (World::new().await, Desk::new());
    let code = received(&world).await;
    let canary = "Nguyễn Thị Chim Hoàng Yến 001203004005";
    let mut answers = Vec::new();
    let log = Log::kept();
    for (id, text) in [("m1", format!("{canary} {code}")), ("m2", canary.to_owned())] {
        answers.push(hear(&desk, &world, short(id, ANOTHER, &text), ASKED).await.body);
        let zalo = to_account(id, "2803555111", &text, at(ASKED));
        answers.push(hear(&desk, &world, zalo, ASKED).await.body);
    }
    let lines = log.lines();
    let rows = world.client.scan().table_name("ContactsTable").send().await.unwrap();
    let said: Vec<String> = texts_of(&desk)
        .into_iter()
        .chain(desk.account.said().into_iter().map(|(_, text)| text))
        .collect();
    let applicant = submission()["applicant"].clone();
    let name = applicant["fullName"].as_str().unwrap().to_owned();
    let everything = format!("{lines:?} {answers:?} {:?} {said:?}", rows.items);
    for planted in [
        "Chim",
        "001203004005",
        ANOTHER,
        "0987654321",
        "987654321",
        "2803555111",
        name.as_str(),
        "912345678",
    ] {
        assert!(!everything.contains(planted), "{planted}: {everything}");
    }
    assert!(lines.iter().any(|line| Value::to_string(line).contains("was answered")), "{lines:?}");
}

#[tokio::test]
async fn an_edition_of_before_there_were_answers_answers_nobody() {
    for (name, part) in [("templates.json", "answers"), ("providers.json", "inquiries")] {
        let mut text: Value = serde_json::from_str(&file(&format!("infra/data/{name}"))).unwrap();
        text.as_object_mut().unwrap().remove(part).unwrap();
        let changed = BTreeMap::from([(name.to_owned(), text.to_string())]);
        let texts = Texts::built_in().with(changed).unwrap();
        let catalogue = Arc::new(texts.assemble(UndecidedYears::Refused).unwrap());
        let (world, desk) = (World::of(catalogue).await, Desk::new());
        let code = received(&world).await;
        let answer = hear(&desk, &world, short("m1", OWN, &code), ASKED).await;
        assert_eq!((answer.status, answer.body), (200, json!({ "taken": false })), "{part}");
        assert_eq!(texts_of(&desk), Vec::<String>::new());
    }
}

/// A feedback that was written down by the hotline; its code.
async fn given(world: &World) -> String {
    let body = json!({
        "channel": "hotline", "category": "roads", "words": "Đèn hỏng",
        "author": { "fullName": "Trần Thị Mẫu", "phone": "0912345678", "address": "12 Lê Lợi" },
    });
    let call = Call::new("POST /v1/desk/feedback").header("idempotency-key", "h").body(&body);
    let answer: Answer = call.clerk("H20.01").at_its_function_on(world, at(NOW)).await.into();
    answer.code()
}

#[tokio::test]
async fn who_asks_for_a_feedback_is_told_how_far_it_is_and_by_when_it_is_answered() {
    let (world, desk) = (World::new().await, Desk::new());
    let code = given(&world).await;
    let run_together = code.replace(['.', '-'], "");
    let texts = [code.clone(), format!("motcua {}", code.to_lowercase()), run_together];
    for (place, text) in texts.iter().enumerate() {
        hear(&desk, &world, short(&format!("m{place}"), ANOTHER, text), ASKED).await;
    }
    let due = "Tra loi cham nhat ngay 30/11/2026.";
    let told = format!("Mot Cua: phan anh {code}: Da tiep nhan. {due}");
    assert_eq!(texts_of(&desk), vec![told; 3]);
    hear(&desk, &world, to_account("z1", "2803", &format!("tracuu {code}"), at(ASKED)), ASKED)
        .await;
    let told = format!("Phản ánh {code}: Đã tiếp nhận. Ngày trả lời chậm nhất: 30/11/2026.");
    assert_eq!(desk.account.said(), [("2803".to_owned(), told)]);
    // A digit behind it is no answer: nobody has proved to be its author.
    hear(&desk, &world, short("m8", OWN, &format!("{code} 5")), ASKED).await;
    assert!(texts_of(&desk)[3].contains("Da tiep nhan"));
    // Once it is over no day is said, and of none there is the answer is as of any other code.
    let refuse = json!({ "action": "refuse", "words": "Không thuộc thẩm quyền" });
    let call = Call::new("POST /v1/desk/feedback/{code}/transitions").code(&code);
    let call = call.header("idempotency-key", "r").body(&refuse).officer("H20.01");
    let refused: Answer = call.at_its_function_on(&world, at(NOW)).await.into();
    assert_eq!(refused.status, 200, "{}", refused.body);
    hear(&desk, &world, short("m9", ANOTHER, &format!("en {code}")), ASKED).await;
    assert_eq!(texts_of(&desk)[4], format!("Mot Cua: feedback {code}: Khong tiep nhan."));
    for (id, text) in [("n1", "H20.01.PA-261117-0777"), ("n2", "H20.03-261117-9999")] {
        hear(&desk, &world, short(id, ANOTHER, text), ASKED).await;
    }
    assert_eq!(texts_of(&desk)[5], texts_of(&desk)[6]);
}
