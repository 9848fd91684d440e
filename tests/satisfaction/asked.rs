//! The question after a result: who is asked, once, a day later, by which way, and who is not.

use jiff::SignedDuration;
use platform::port::{Contacts, NoticeBook};
use serde_json::{Value, json};

use super::*;
use crate::support::teller::{accepted, changed, declined, not_taken, woken, work, work_over};
use crate::support::world::{Death, Mortal, Scripted};

/// A day after [`NOW`], in the morning of Viet Nam.
const A_DAY_LATER: &str = "2026-11-18T02:00:00Z";

fn question(code: &str) -> String {
    format!("ASK-{code}")
}

fn both() -> Scripted {
    Scripted::pair([accepted("m")], [accepted("m")])
}

/// Every change of the dossier is told at `now`.
async fn told_at(world: &World, code: &str, now: &str) {
    let versions = world.dossier(code).await.history.len();
    for version in 1..=versions {
        work(world, &both(), &changed(world, code, version).await, now).await.unwrap();
    }
}

/// One whose result was handed over, of which its applicant was told.
async fn returned_and_told(world: &World, key: &str) -> String {
    let code = returned(world, key).await;
    told_at(world, &code, NOW).await;
    code
}

/// What becomes of the question at `now`: how it stands, why, and what was sent.
async fn woken_at(world: &World, gateways: &Scripted, code: &str, now: &str) -> (String, String) {
    work(world, gateways, &woken(&question(code)), now).await.unwrap();
    let notice = world.notice(&question(code), 1).await;
    let reason = notice.reason.as_ref().map(|reason| reason.name().to_owned());
    (notice.state.name().to_owned(), reason.unwrap_or_default())
}

#[tokio::test]
async fn a_day_after_the_return_one_message_asks_and_its_link_takes_the_answer() {
    let world = few_agencies().await;
    let code = returned_and_told(&world, "k").await;
    let gateways = both();
    let early = woken_at(&world, &gateways, &code, "2026-11-18T01:59:00Z").await;
    assert_eq!((early.0.as_str(), early.1.as_str()), ("waiting", "asked-later"));
    assert_eq!(gateways.asked(), []);
    let asked = woken_at(&world, &gateways, &code, A_DAY_LATER).await;
    assert_eq!(asked.0, "sent");
    woken_at(&world, &gateways, &code, "2026-11-18T03:00:00Z").await;
    let [message] = &gateways.messages()[..] else { panic!("one message: {:?}", gateways.asked()) };
    assert_eq!(message.id, format!("ASK-{code}/1"));
    let link = &message.fields["link"];
    let (address, token) = link.split_once('!').unwrap();
    assert_eq!(address, format!("https://motcua.example.vn/tra-cuu#{code}"));
    let bearer = format!("Bearer {token}");
    let answers = says_own(&code, "satisfied").nobody().header("authorization", &bearer);
    let answer = ask_at(&world, answers, LAST_MINUTE).await;
    assert_eq!((answer.status, &answer.body["counted"]), (200, &json!("now")));
    let late = says_own(&code, "satisfied").nobody().header("authorization", &bearer);
    assert_eq!(ask_at(&world, late, TOO_LATE).await.status, 401);
}

#[tokio::test]
async fn where_zalo_does_not_reach_an_sms_asks_in_one_part_for_a_reply() {
    let world = few_agencies().await;
    let code = returned_and_told(&world, "k").await;
    let gateways = Scripted::pair([declined(-118)], [accepted("m")]);
    woken_at(&world, &gateways, &code, A_DAY_LATER).await;
    let message = gateways.messages().pop().unwrap();
    let text = format!(
        "Mot Cua: {code} da tra ket qua. Hai long? Soan MOTCUA ma ho so roi 1-5 (5: rat hai long) gui 8088."
    );
    assert_eq!(message.sms, text);
    assert_eq!(gateways.asked().last().unwrap().0, "esms");
}

#[tokio::test]
async fn whoever_has_answered_by_then_is_not_asked() {
    let world = few_agencies().await;
    let code = returned_and_told(&world, "k").await;
    ask(&world, says(&code, "unsatisfied")).await;
    let gateways = both();
    let moot = woken_at(&world, &gateways, &code, A_DAY_LATER).await;
    assert_eq!(moot, ("refused".to_owned(), "moot".to_owned()));
    assert_eq!(gateways.asked(), []);
}

#[tokio::test]
async fn nobody_is_asked_who_wants_no_such_message_or_whose_content_is_gone() {
    let world = few_agencies().await;
    let code = returned_and_told(&world, "k").await;
    let body = json!({ "channels": [], "language": "vi", "legalOnly": true });
    let wish = Call::new("PUT /v1/preference").citizen(CITIZEN).body(&body);
    assert_eq!(wish.at_preference(&world).await.status, 200);
    let gateways = both();
    let wished = woken_at(&world, &gateways, &code, A_DAY_LATER).await;
    assert_eq!(wished, ("refused".to_owned(), "opted-out".to_owned()));
    let gone = returned_and_told(&world, "l").await;
    let order = json!({ "number": "1", "issuer": "Thanh tra tỉnh", "reason": "Theo yêu cầu" });
    let erase = Call::new("POST /v1/dossiers/{code}/erasure").code(&gone).administrator();
    assert_eq!(ask(&world, erase.body(&order)).await.status, 200);
    let nobody = woken_at(&world, &gateways, &gone, A_DAY_LATER).await;
    assert_eq!(nobody, ("refused".to_owned(), "not-listed".to_owned()));
    assert_eq!(gateways.asked(), []);
}

#[tokio::test]
async fn nothing_is_sent_to_a_number_where_no_message_arrives() {
    let world = few_agencies().await;
    let mut body = crate::support::call::submission();
    body["applicant"]["phone"] = "0277 385 1234".into();
    let call = Call::submit("landline").body(&body);
    let code = call.at_submit(&world.intake, &world, at(NOW)).await.code();
    for (version, action) in (1..).zip(TO_THE_END) {
        moved(&world, Call::transition(&code, action, version), NOW).await;
    }
    told_at(&world, &code, NOW).await;
    let gateways = both();
    let unreachable = woken_at(&world, &gateways, &code, A_DAY_LATER).await;
    assert_eq!(unreachable, ("refused".to_owned(), "land-line".to_owned()));
    assert_eq!(gateways.asked(), []);
}

#[tokio::test]
async fn the_question_is_the_first_thing_that_a_short_month_does_not_send() {
    let log = Log::kept();
    let world = few_agencies().await;
    let code = returned_and_told(&world, "k").await;
    // Three fifths of the month's money are spent, and notices still go out.
    world.contacts.reserve(None, 36_000_000, at(A_DAY_LATER)).await.unwrap();
    let gateways = both();
    let short = woken_at(&world, &gateways, &code, A_DAY_LATER).await;
    assert_eq!(short, ("refused".to_owned(), "budget".to_owned()));
    assert_eq!(gateways.asked(), []);
    let lines = format!("{:?}", log.lines());
    assert!(
        !lines.contains(&platform::LogLine::BudgetUsedUp.to_string()),
        "nobody is called for it"
    );
}

#[tokio::test]
async fn a_question_whose_answer_would_come_too_late_is_not_asked_nor_opened() {
    let world = few_agencies().await;
    let code = returned_and_told(&world, "k").await;
    let gateways = both();
    let late = woken_at(&world, &gateways, &code, "2026-12-02T02:00:00Z").await;
    assert_eq!(late, ("refused".to_owned(), "moot".to_owned()));
    // Of what we learn of too late there is no question at all.
    let old = returned(&world, "old").await;
    told_at(&world, &old, "2026-12-02T02:00:00Z").await;
    assert!(world.notices.thread(&question(&old).parse().unwrap()).await.unwrap().is_none());
    assert_eq!(gateways.asked(), []);
}

#[tokio::test]
async fn repeated_messages_open_one_question_and_none_of_what_was_not_returned() {
    let world = few_agencies().await;
    let finished = dossier(&world, "f", &TO_THE_END[..3], NOW).await;
    told_at(&world, &finished, NOW).await;
    assert!(world.notices.thread(&question(&finished).parse().unwrap()).await.unwrap().is_none());
    let code = returned(&world, "k").await;
    // The last message first, and all of them twice.
    let last = changed(&world, &code, 5).await;
    work(&world, &both(), &last, NOW).await.unwrap();
    for _ in 0..2 {
        told_at(&world, &code, NOW).await;
    }
    assert_eq!(world.count("NoticesTable").await, 3, "two dossiers and a question");
    let unknown = work(&world, &both(), &woken(&question(&finished)), NOW).await;
    assert!(unknown.is_err(), "no question was opened");
}

#[tokio::test]
async fn a_process_that_dies_around_the_opening_opens_it_once_when_its_message_comes_again() {
    for death in [Death::Before, Death::After] {
        let world = few_agencies().await;
        let code = returned(&world, "k").await;
        let book = Mortal::new(world.notices.clone(), death);
        let last = changed(&world, &code, 5).await;
        assert!(work_over(&world, &book, &both(), &last, NOW).await.is_err());
        let thread = world.notices.thread(&code.parse().unwrap()).await.unwrap();
        assert!(thread.is_none(), "it dies before the dossier's own thread is stored");
        book.revive();
        work_over(&world, &book, &both(), &last, NOW).await.unwrap();
        let gateways = both();
        assert_eq!(woken_at(&world, &gateways, &code, A_DAY_LATER).await.0, "sent");
        assert_eq!(gateways.asked().len(), 1);
    }
}

#[tokio::test]
async fn of_two_at_once_one_asks() {
    let world = few_agencies().await;
    let code = returned_and_told(&world, "k").await;
    let (gateways, message) = (both(), woken(&question(&code)));
    let both = join_all((0..2).map(|_| work(&world, &gateways, &message, A_DAY_LATER))).await;
    assert!(both.iter().any(Result::is_ok), "{both:?}");
    assert_eq!(gateways.asked().len(), 1);
}

#[tokio::test]
async fn on_the_eve_of_tet_at_night_the_question_waits_for_the_morning() {
    let world = few_agencies().await;
    let sunday = "2026-02-15T16:59:00Z";
    let code = dossier(&world, "k", &TO_THE_END, sunday).await;
    told_at(&world, &code, sunday).await;
    let gateways = both();
    let eve = woken_at(&world, &gateways, &code, "2026-02-16T16:59:00Z").await;
    assert_eq!(eve, ("waiting".to_owned(), "quiet-hours".to_owned()));
    assert_eq!(gateways.asked(), []);
}

#[tokio::test]
async fn a_gateway_that_is_away_is_asked_again_and_reports_settle_the_question() {
    let world = few_agencies().await;
    let code = returned_and_told(&world, "k").await;
    let gateways = Scripted::pair([not_taken(), accepted("m")], [accepted("m")]);
    let away = woken_at(&world, &gateways, &code, A_DAY_LATER).await;
    assert_eq!(away.0, "waiting");
    let later = at(A_DAY_LATER).saturating_add(SignedDuration::from_mins(5)).unwrap().to_string();
    assert_eq!(woken_at(&world, &gateways, &code, &later).await.0, "sent");
}

#[tokio::test]
async fn officers_do_not_find_the_question_among_the_notices_of_the_dossier() {
    let world = few_agencies().await;
    let code = returned_and_told(&world, "k").await;
    woken_at(&world, &both(), &code, A_DAY_LATER).await;
    let call = Call::new("GET /v1/dossiers/{code}/notices").code(&code).officer(AGENCY);
    let answer = ask(&world, call).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let notices: &Vec<Value> = answer.body["notices"].as_array().unwrap();
    assert_eq!(notices.len(), 5, "one for each move");
    assert!(!answer.body.to_string().contains("ASK-"), "{}", answer.body);
}

#[tokio::test]
async fn neither_link_nor_token_stands_in_a_log_or_a_table() {
    let log = Log::kept();
    let world = few_agencies().await;
    let code = returned_and_told(&world, "k").await;
    let gateways = both();
    woken_at(&world, &gateways, &code, A_DAY_LATER).await;
    let link = gateways.messages()[0].fields["link"].clone();
    let token = link.split_once('!').unwrap().1.to_owned();
    let mut seen = format!("{:?}", log.lines());
    for table in ["NoticesTable", "FeedbackTable", "ContactsTable", "ProofsTable"] {
        let scanned = world.client.scan().table_name(table).send().await.unwrap();
        seen.push_str(&format!("{:?}", scanned.items()));
    }
    assert!(!seen.contains(&token) && !seen.contains("tra-cuu"), "{seen}");
}
