//! Proving by a one-time code that a dossier is one's own: what the owner then sees and does, and
//! what nobody else learns, guesses or sets off.

use std::sync::Arc;

use futures::future::join_all;
use platform::port::Uploads;
use platform::proof::ProofId;
use serde_json::{Value, json};

use crate::support::call::{AGENCY, Answer, Call, submission};
use crate::support::log::Log;
use crate::support::meter::Meter;
use crate::support::seam::Mode;
use crate::support::teller::{accepted, declined, not_taken, send_codes, silent};
use crate::support::town::Town;
use crate::support::world::{NOW, Scripted, World, at, proof_key};
use crate::sweep::{CATALOGUE, caught_up, played};

/// Minutes after [`NOW`].
fn minute(after: i64) -> String {
    at(NOW).saturating_add(jiff::SignedDuration::from_mins(after)).unwrap().to_string()
}

async fn submitted(world: &World) -> String {
    Call::submit("owned").at_submit(&world.intake, world, at(NOW)).await.code()
}

fn asking(code: &str) -> Call {
    Call::asking_for_a_code(code)
}

async fn asked_at(world: &World, code: &str, now: &str) -> Answer {
    asking(code).at_its_function_on(world, at(now)).await.into()
}

fn confirming(code: &str, proof: &Value, digits: &str) -> Call {
    Call::confirming(code, proof, digits)
}

async fn confirmed_at(world: &World, call: Call, now: &str) -> Answer {
    call.at_its_function_on(world, at(now)).await.into()
}

/// The digits of a message, as its reader reads them.
fn digits_of(text: &str) -> String {
    let runs = text.split(|c: char| !c.is_ascii_digit());
    runs.into_iter().find(|run| run.len() == 6).unwrap().to_owned()
}

/// A code for `code` that was sent: by which gateways, the name of its proof, and its digits.
async fn sent(world: &World, code: &str) -> (Scripted, Value, String) {
    let gateways = Scripted::pair([accepted("m")], []);
    let proof = asked_at(world, code, NOW).await.body["proof"].clone();
    send_codes(world, &gateways, NOW).await;
    let digits = digits_of(&gateways.messages()[0].sms);
    (gateways, proof, digits)
}

/// A token for `code`, got as its owner gets it.
async fn token(world: &World, code: &str) -> String {
    let (_, proof, digits) = sent(world, code).await;
    let answer = confirming(code, &proof, &digits);
    let answer = confirmed_at(world, answer, NOW).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.body["token"].as_str().unwrap().to_owned()
}

fn own(method_and_rest: &str, code: &str, token: &str) -> Call {
    let (method, rest) = method_and_rest.split_once(' ').unwrap();
    let call = Call::new(&format!("{method} /v1/own/{{code}}{rest}")).code(code);
    call.header("authorization", &format!("Bearer {token}"))
}

async fn read(world: &World, call: Call) -> Answer {
    call.at_its_function(world).await.into()
}

#[tokio::test]
async fn the_owner_gets_a_code_on_their_telephone_and_with_it_sees_their_dossier_alone() {
    let world = World::new().await;
    let code = submitted(&world).await;
    let gateways = Scripted::pair([accepted("m")], []);
    let asked = asked_at(&world, &code, NOW).await;
    assert_eq!(asked.status, 202);
    assert_eq!(asked.body.as_object().unwrap().len(), 3, "{}", asked.body);
    send_codes(&world, &gateways, NOW).await;
    let [message] = &gateways.messages()[..] else { panic!("one message") };
    let digits = digits_of(&message.sms);
    assert_eq!(message.fields, [("otp", digits.clone())].into());
    assert!(!message.sms.contains(&code), "a locked screen does not say of which dossier");
    let spaced = format!(" {} {} ", &digits[..3], &digits[3..]);
    let answer = confirming(&code, &asked.body["proof"], &spaced);
    let answer = confirmed_at(&world, answer, NOW).await;
    assert_eq!((answer.status, &answer.body["sentTo"]), (200, &json!("09*****678")));
    let token = answer.body["token"].as_str().unwrap();
    for door in ["GET /history", "GET /deadline", "GET /case", "GET /reads"] {
        assert_eq!(read(&world, own(door, &code, token)).await.status, 200, "{door}");
    }
    let case = read(&world, own("GET /case", &code, token)).await;
    assert_eq!(case.body["applicant"]["fullName"], submission()["applicant"]["fullName"]);
    let reads = read(&world, own("GET /reads", &code, token)).await;
    assert_eq!(reads.body["items"][0]["role"], "citizen", "their own reads are recorded");
    let other = Call::submit("other").at_submit(&world.intake, &world, at(NOW)).await.code();
    for door in ["GET /history", "GET /case", "GET /reads", "POST /transitions"] {
        let call = own(door, &other, token).body(&json!({ "action": "withdraw" }));
        assert_eq!(read(&world, call).await.status, 401, "{door}");
    }
}

#[tokio::test]
async fn a_token_ends_after_half_an_hour_and_cannot_be_made_or_changed() {
    let world = World::new().await;
    let code = submitted(&world).await;
    let token = token(&world, &code).await;
    let door = |token: &str| own("GET /case", &code, token);
    for (after, status) in [(29, 200), (30, 401), (600, 401)] {
        let answer: Answer =
            door(&token).at_its_function_on(&world, at(&minute(after))).await.into();
        assert_eq!(answer.status, status, "after {after} minutes");
    }
    let (until, seal) = token.split_once('.').unwrap();
    let later = until.parse::<i64>().unwrap() + 3_600;
    let other = if seal.starts_with('0') { "1" } else { "0" };
    for forged in [
        format!("{later}.{seal}"),
        format!("{until}.{other}{}", &seal[1..]),
        format!("{until}."),
        seal.to_owned(),
        String::new(),
        "..".to_owned(),
    ] {
        assert_eq!(read(&world, door(&forged)).await.status, 401, "{forged}");
    }
    let without = Call::new("GET /v1/own/{code}/case").code(&code);
    assert_eq!(read(&world, without).await.status, 401);
    // An officer's own token is none for this door: the authorizer has not looked at it.
    let claimed = Call::new("GET /v1/own/{code}/case").code(&code).officer(AGENCY);
    assert_eq!(read(&world, claimed).await.status, 401);
}

#[tokio::test]
async fn whoever_asks_about_no_dossier_gets_the_same_answer_after_the_same_calls() {
    let meter = Meter::default();
    let world = World::metered(&meter).await;
    let code = submitted(&world).await;
    let gateways = Scripted::pair([accepted("m")], []);
    let mut seen = Vec::new();
    for asked in [code.as_str(), "H20.03-261117-9999", "H99.99-200101-0001"] {
        meter.read();
        let before = world.asked.sent.lock().unwrap().len();
        let mut answer = asked_at(&world, asked, NOW).await;
        assert!(answer.body["proof"].take().as_str().unwrap().parse::<ProofId>().is_ok());
        let sent = world.asked.sent.lock().unwrap().len() - before;
        seen.push((answer.status, answer.body, meter.read().calls, sent));
    }
    assert!(seen.iter().all(|one| *one == seen[0]), "{seen:?}");
    send_codes(&world, &gateways, NOW).await;
    assert_eq!(gateways.asked().len(), 1, "only the telephone of a dossier rings");
    // Nor can it be guessed whether there is one: without a message no digits count.
    let message = world.asked.sent.lock().unwrap()[1].clone();
    let proof = message["data"]["proof"].clone();
    let digits = proof_key().digits(&proof.as_str().unwrap().parse().unwrap());
    let refused =
        confirmed_at(&world, confirming("H20.03-261117-9999", &proof, &digits), NOW).await;
    assert_eq!((refused.status, refused.problem()), (401, "proof-refused"));
}

#[tokio::test]
async fn a_code_is_guessed_five_times_counts_for_ten_minutes_and_opens_once() {
    let world = World::new().await;
    let code = submitted(&world).await;
    let (gateways, proof, digits) = sent(&world, &code).await;
    let wrong = if digits == "000000" { "000001" } else { "000000" };
    for _ in 0..5 {
        let refused = confirmed_at(&world, confirming(&code, &proof, wrong), NOW).await;
        assert_eq!((refused.status, refused.problem()), (401, "proof-refused"));
    }
    let late = confirmed_at(&world, confirming(&code, &proof, &digits), NOW).await;
    assert_eq!(late.status, 401, "the sixth is not looked at, right or wrong");
    for broken in ["12345", "1234567", "12345a", "", "१२३४५६"] {
        let answer = confirmed_at(&world, confirming(&code, &proof, broken), NOW).await;
        assert_eq!((answer.status, answer.broken().0), (400, "digits"), "{broken}");
    }
    // The next one: at its end, of another dossier, and twice at once.
    let second = minute(2);
    let proof = asked_at(&world, &code, &second).await.body["proof"].clone();
    send_codes(&world, &gateways, &second).await;
    let digits = digits_of(&gateways.messages()[1].sms);
    let other = Call::submit("other").at_submit(&world.intake, &world, at(NOW)).await.code();
    let elsewhere = confirmed_at(&world, confirming(&other, &proof, &digits), &second).await;
    assert_eq!(elsewhere.status, 401);
    let over = confirmed_at(&world, confirming(&code, &proof, &digits), &minute(12)).await;
    assert_eq!(over.status, 401);
    let both = (0..4).map(|_| confirmed_at(&world, confirming(&code, &proof, &digits), &second));
    let mut statuses: Vec<u16> = join_all(both).await.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 401, 401, 401]);
}

#[tokio::test]
async fn whoever_asks_again_after_an_error_of_ours_gets_the_code_once_and_need_not_wait() {
    let world = World::new().await;
    let code = submitted(&world).await;
    let gateways = Scripted::pair([accepted("m")], []);
    let keyless = asking(&code).without_header("idempotency-key");
    assert_eq!(read(&world, keyless).await.problem(), "missing-idempotency-key");
    let ask = asking(&code);
    *world.asked.refusals.lock().unwrap() = 1;
    assert_eq!(read(&world, ask.clone()).await.status, 503);
    let first = read(&world, ask.clone()).await;
    assert_eq!(first.status, 202, "{first:?}");
    // However often, and after a minute, too: whoever lost our answer learns it.
    for after in [0, 0, 5] {
        let again: Answer = ask.clone().at_its_function_on(&world, at(&minute(after))).await.into();
        assert_eq!((again.status, &again.body), (202, &first.body));
    }
    send_codes(&world, &gateways, NOW).await;
    assert_eq!(gateways.asked().len(), 1, "one message");
    // Another request is another one, and all of those before were one of the five of the day.
    assert_eq!(asked_at(&world, &code, NOW).await.status, 429);
    for after in 10..14 {
        assert_eq!(asked_at(&world, &code, &minute(after)).await.status, 202, "{after}");
    }
    assert_eq!(asked_at(&world, &code, &minute(20)).await.status, 429);
    // The next day it is another request.
    let tomorrow: Answer = ask.at_its_function_on(&world, at(&minute(24 * 60))).await.into();
    assert_eq!(tomorrow.status, 202);
    assert_ne!(tomorrow.body["proof"], first.body["proof"]);
}

#[tokio::test]
async fn a_request_without_end_under_one_key_is_stopped_by_its_address() {
    let world = World::new().await;
    let code = submitted(&world).await;
    let ask = asking(&code);
    for _ in 0..20 {
        assert_eq!(read(&world, ask.clone()).await.status, 202);
    }
    let refused = read(&world, ask).await;
    assert_eq!((refused.status, &refused.body["limit"]), (429, &json!("codes-of-address")));
}

#[tokio::test]
async fn a_code_is_confirmed_again_under_its_key_with_the_same_token_and_under_no_other() {
    let world = World::new().await;
    let code = submitted(&world).await;
    let (_, proof, digits) = sent(&world, &code).await;
    let call = confirming(&code, &proof, &digits);
    let keyless = call.clone().without_header("idempotency-key");
    assert_eq!(read(&world, keyless).await.problem(), "missing-idempotency-key");
    let first = confirmed_at(&world, call.clone(), NOW).await;
    assert_eq!(first.status, 200, "{first:?}");
    // Its half hour goes on from the first time.
    let again = confirmed_at(&world, call.clone(), &minute(9)).await;
    assert_eq!((again.status, &again.body), (200, &first.body));
    let other = confirmed_at(&world, confirming(&code, &proof, &digits), NOW).await;
    assert_eq!((other.status, other.problem()), (401, "proof-refused"));
    let wrong = if digits == "000000" { "000001" } else { "000000" };
    let wrong = call.clone().body(&json!({ "proof": proof, "digits": wrong }));
    assert_eq!(confirmed_at(&world, wrong, NOW).await.status, 401, "the key opens nothing");
    assert_eq!(confirmed_at(&world, call, &minute(10)).await.status, 401, "the code is over");
}

#[test]
fn what_fails_before_a_code_is_sent_is_tried_again_and_nothing_is_once_it_may_be() {
    played(async || {
        for (called, mode, sent) in [
            ("UpdateItem ProofsTable", Mode::LostBefore, 1),
            ("UpdateItem ProofsTable", Mode::Repeated, 1),
            ("UpdateItem ContactsTable", Mode::LostBefore, 1),
            ("UpdateItem ContactsTable", Mode::KilledAfter, 1),
            ("gateway", Mode::KilledBefore, 0),
            ("gateway", Mode::KilledAfter, 1),
        ] {
            let town = Town::new(Arc::clone(&CATALOGUE), at(NOW));
            let code = town.answer(Call::submit("k")).await.code();
            town.quiet().await;
            assert_eq!(town.answer(asking(&code)).await.status, 202);
            // All that its client asks again by itself; of all else the first.
            let mut is_struck = false;
            town.seam.obey(move |crossing| {
                let strikes = crossing.called.starts_with(called) && !is_struck;
                is_struck |= strikes && mode != Mode::Repeated;
                if strikes { mode } else { Mode::Passes }
            });
            caught_up(&town).await;
            let phones = town.peers.have().phones;
            let codes = phones.iter().filter(|one| one.name.starts_with("PROOF")).count();
            assert_eq!(codes, sent, "{called}, {mode:?}");
        }
    });
}

#[tokio::test]
async fn a_dossier_a_number_and_an_address_have_so_many_codes_and_no_more() {
    let world = World::new().await;
    let code = submitted(&world).await;
    // Two at once, and within the minute: one.
    let both = (0..2).map(|_| asked_at(&world, &code, NOW));
    let mut answers = join_all(both).await;
    answers.sort_by_key(|answer| answer.status);
    assert_eq!([answers[0].status, answers[1].status], [202, 429]);
    let refused = &answers[1];
    assert_eq!(refused.problem(), "too-many-requests");
    let wait = refused.body["againInSeconds"].as_u64().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    for after in 1..5 {
        assert_eq!(asked_at(&world, &code, &minute(after)).await.status, 202, "{after}");
    }
    assert_eq!(asked_at(&world, &code, &minute(6)).await.status, 429, "five a day");
    // The same address, about other codes that nobody may have issued: twenty an hour.
    let mut taken = 0;
    for number in 1..40 {
        let other = format!("H20.03-261117-{:04}", 5_000 + number);
        taken += u32::from(asked_at(&world, &other, &minute(7)).await.status == 202);
    }
    assert!(taken <= 20, "{taken} from one address");
    // Other addresses are not kept from asking.
    let elsewhere = asking("H20.03-261117-8000").source("203.0.113.9");
    let elsewhere: Answer = elsewhere.at_its_function_on(&world, at(&minute(7))).await.into();
    assert_eq!(elsewhere.status, 202);
    // One number that has many dossiers.
    let gateways = Scripted::pair([accepted("m")], []);
    let world = World::new().await;
    for number in 0..12 {
        let key = format!("k{number}");
        let code = Call::submit(&key).at_submit(&world.intake, &world, at(NOW)).await.code();
        let asked = asking(&code).source(&format!("203.0.113.{number}"));
        let asked: Answer = asked.at_its_function(&world).await.into();
        assert_eq!(asked.status, 202);
    }
    send_codes(&world, &gateways, NOW).await;
    assert_eq!(gateways.asked().len(), 10, "ten a day and number");
}

#[tokio::test]
async fn a_message_that_comes_twice_late_or_after_its_sender_died_sends_nothing_twice() {
    let world = World::new().await;
    let code = submitted(&world).await;
    let gateways = Scripted::pair([accepted("m")], []);
    let proof = asked_at(&world, &code, NOW).await.body["proof"].clone();
    for _ in 0..3 {
        send_codes(&world, &gateways, NOW).await;
    }
    assert_eq!(gateways.asked().len(), 1);
    // Who died between the mark and the call has sent nothing, and nobody sends it later.
    let second = minute(2);
    let lost = asked_at(&world, &code, &second).await.body["proof"].clone();
    let id: ProofId = lost.as_str().unwrap().parse().unwrap();
    assert!(world.proofs.begin(&id, "09*****678", "who died").await.unwrap());
    send_codes(&world, &gateways, &second).await;
    assert_eq!(gateways.asked().len(), 1);
    // The next one comes, and the one before still counts.
    let third = minute(4);
    asked_at(&world, &code, &third).await;
    send_codes(&world, &gateways, &third).await;
    assert_eq!(gateways.asked().len(), 2);
    let digits = digits_of(&gateways.messages()[0].sms);
    let answer = confirmed_at(&world, confirming(&code, &proof, &digits), &third).await;
    assert_eq!(answer.status, 200);
    // A message that was held up until its code is over.
    let world = World::new().await;
    let code = submitted(&world).await;
    asked_at(&world, &code, NOW).await;
    send_codes(&world, &gateways, &minute(11)).await;
    assert_eq!(gateways.asked().len(), 2);
}

#[tokio::test]
async fn a_code_goes_at_night_and_by_the_next_way_where_one_takes_nothing() {
    let world = World::new().await;
    let code = submitted(&world).await;
    let night = "2026-11-17T17:30:00Z";
    for (zalo, esms, expected) in [
        (accepted("m"), accepted("n"), &["zalo"][..]),
        (declined(-118), accepted("n"), &["zalo", "esms"]),
        (not_taken(), accepted("n"), &["zalo", "esms"]),
        // It may have it: nobody pays twice for the same digits.
        (silent(), accepted("n"), &["zalo"]),
        (not_taken(), declined(104), &["zalo", "esms"]),
    ] {
        let world = World::new().await;
        let code = submitted(&world).await;
        let gateways = Scripted::pair([zalo], [esms]);
        asked_at(&world, &code, night).await;
        send_codes(&world, &gateways, night).await;
        let asked: Vec<&str> = gateways.asked().iter().map(|(name, _)| *name).collect();
        assert_eq!(asked, expected);
    }
    // Where nothing can be sent the queue is down, nobody is told that a code will come.
    *world.asked.refusals.lock().unwrap() = 1;
    assert_eq!(asked_at(&world, &code, night).await.status, 503);
}

/// An officer asks for a document of the dossier once more.
async fn wants_a_document_again(world: &World, code: &str) {
    let document = &submission()["documents"][0];
    let asked = json!({
        "action": "request-supplement", "expectedVersion": 1, "reason": "mờ",
        "askedFor": [{ "code": document["code"], "reason": "bản chụp mờ" }],
    });
    let officer = Call::transition(code, "request-supplement", 1).body(&asked);
    assert_eq!(officer.at_change(&world.dossiers, world, at(NOW)).await.status, 200);
}

/// The owner uploads it by their page; what they hand in then.
async fn uploaded(world: &World, code: &str, token: &str) -> Value {
    let declared =
        json!({ "mediaType": "application/pdf", "bytes": 100, "sha256": "0".repeat(64) });
    let upload = read(world, own("POST /uploads", code, token).body(&declared)).await;
    assert_eq!(upload.status, 201, "{upload:?}");
    let id = upload.body["id"].as_str().unwrap();
    let shown = read(world, own("GET /uploads/{id}", code, token).path("id", id)).await;
    assert_eq!(shown.body["state"], "awaited");
    let usable = domain::upload::UploadState::Usable {
        object_version: "v1".to_owned(),
        inspected_at: at(NOW),
        signature: None,
    };
    world.uploads.conclude(&id.parse().unwrap(), &usable).await.unwrap();
    json!({
        "action": "supplement", "expectedVersion": 2,
        "documents": [{
            "code": submission()["documents"][0]["code"], "upload": id, "sha256": "0".repeat(64),
        }],
    })
}

#[tokio::test]
async fn the_owner_hands_in_what_was_asked_for_and_nothing_else_by_a_code_alone() {
    let world = World::new().await;
    let code = submitted(&world).await;
    wants_a_document_again(&world, &code).await;
    let token = token(&world, &code).await;
    let withdrawn = json!({ "action": "withdraw", "expectedVersion": 2, "reason": "thôi" });
    let refused = read(&world, own("POST /transitions", &code, &token).body(&withdrawn)).await;
    assert_eq!((refused.status, refused.problem()), (403, "forbidden"));
    let case = read(&world, own("GET /case", &code, &token)).await;
    let next: Vec<&str> = case.body["next"]
        .as_array()
        .unwrap()
        .iter()
        .map(|next| next["action"].as_str().unwrap())
        .collect();
    assert_eq!(next, ["supplement"]);
    let brought = uploaded(&world, &code, &token).await;
    // By the page and by the portal on their behalf at once: one of them, and the other is told.
    let paged = own("POST /transitions", &code, &token).body(&brought);
    let mut ported = brought.clone();
    ported["documents"] = json!([submission()["documents"][0]]);
    let ported = Call::transition(&code, "supplement", 2).portal().body(&ported);
    let (one, other) = tokio::join!(
        read(&world, paged.clone()),
        ported.at_change(&world.dossiers, &world, at(NOW))
    );
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses[0], 200, "{one:?} {other:?}");
    assert!([409, 422].contains(&statuses[1]), "{one:?} {other:?}");
    let dossier = world.dossier(&code).await;
    assert_eq!(dossier.version, 3, "one supplement");
}

#[tokio::test]
async fn of_a_supplement_by_the_page_and_one_taken_at_the_counter_at_once_one_counts() {
    for _ in 0..5 {
        let world = World::new().await;
        let code = submitted(&world).await;
        wants_a_document_again(&world, &code).await;
        let token = token(&world, &code).await;
        let by_page = uploaded(&world, &code, &token).await;
        let mut at_counter = by_page.clone();
        at_counter["documents"] = json!([submission()["documents"][0]]);
        let officer = Call::transition(&code, "supplement", 2).body(&at_counter);
        let (page, counter) = tokio::join!(
            read(&world, own("POST /transitions", &code, &token).body(&by_page)),
            officer.at_change(&world.dossiers, &world, at(NOW))
        );
        let mut statuses = [page.status, counter.status];
        statuses.sort_unstable();
        assert_eq!(statuses[0], 200, "{page:?} {counter:?}");
        assert!([409, 422].contains(&statuses[1]), "{page:?} {counter:?}");
        let dossier = world.dossier(&code).await;
        assert_eq!(dossier.version, 3, "one supplement");
    }
}

#[tokio::test]
async fn digits_numbers_and_names_stand_in_no_log_message_or_row_of_a_proof() {
    let log = Log::kept();
    let world = World::new().await;
    let code = submitted(&world).await;
    let gateways = Scripted::pair([not_taken()], [accepted("m")]);
    let asked = asked_at(&world, &code, NOW).await;
    send_codes(&world, &gateways, NOW).await;
    let digits = digits_of(&gateways.messages()[0].sms);
    let answer = confirming(&code, &asked.body["proof"], &digits);
    let answer = confirmed_at(&world, answer, NOW).await;
    let token = answer.body["token"].as_str().unwrap();
    read(&world, own("GET /case", &code, token)).await;
    let mut kept = serde_json::to_string(&log.lines()).unwrap();
    kept.push_str(&serde_json::to_string(&*world.asked.sent.lock().unwrap()).unwrap());
    let rows = world.client.scan().table_name("ProofsTable").send().await.unwrap();
    kept.push_str(&format!("{:?}", rows.items));
    let told = submission()["applicant"].clone();
    let seal = token.split_once('.').unwrap().1;
    for secret in [digits.as_str(), seal, "912345678", "127.0.0.1"]
        .into_iter()
        .chain(["fullName", "idNumber"].map(|name| told[name].as_str().unwrap()))
    {
        assert!(!kept.contains(secret), "{secret} in {kept}");
    }
    assert!(kept.contains("one-time code sent"), "something was looked at");
}
