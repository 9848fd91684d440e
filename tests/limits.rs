//! How often somebody may ask: look-ups of codes without an account, submissions, uploads and
//! searches; what reaches a limit, what does not, and who is not kept from anything by others.

use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};
use platform::LogLine;
use platform::dynamo::CountTable;
use serde_json::{Value, json};

use crate::support::call::{AGENCY, Answer, CITIZEN, Call, submission};
use crate::support::judge::served;
use crate::support::log::Log;
use crate::support::meter::{Meter, UNIT};
use crate::support::shelf::{PDF, declared, pdf};
use crate::support::world::{Death, Mortal, NOW, World, at, gate, gate_over};

/// Who goes through codes in these tests, and their neighbour.
const ADDRESS: &str = "203.0.113.7";
const NEIGHBOUR: &str = "203.0.113.8";

/// 23:59 in Viet Nam on the eve of Tết 2026, and the first moment of the year.
const EVE_OF_TET: &str = "2026-02-16T16:59:00Z";
const TET: &str = "2026-02-16T17:00:00Z";

fn minutes(after: i64) -> Timestamp {
    at(NOW) + SignedDuration::from_mins(after)
}

fn look_up(code: &str) -> Call {
    Call::new("GET /v1/dossiers/{code}").code(code).source(ADDRESS)
}

async fn asked(world: &World, call: Call, now: Timestamp) -> Answer {
    call.at_its_function_on(world, now).await.into()
}

/// A code of the agency's day that nobody has, and so on with the next.
fn code(number: u32) -> String {
    format!("{AGENCY}-261117-{number:04}")
}

/// The limit that a refusal names.
#[track_caller]
fn limit(answer: &Answer) -> &str {
    assert_eq!((answer.status, answer.problem()), (429, "too-many-requests"), "{answer:?}");
    answer.body["limit"].as_str().unwrap()
}

#[tokio::test]
async fn of_400_codes_in_a_row_sixty_are_answered_in_vain_and_a_person_is_called() {
    let world = World::new().await;
    let log = Log::kept();
    let mut named = Vec::new();
    for number in 0..400 {
        let answer = asked(&world, look_up(&code(5_000 + number)), at(NOW)).await;
        named.push(if answer.status == 404 { "404".to_owned() } else { limit(&answer).to_owned() });
    }
    let of = |what: &str| named.iter().filter(|one| *one == what).count();
    assert_eq!(of("404"), 60);
    assert_eq!((of("misses-of-address"), of("look-ups-of-address")), (259, 81));
    // Each is a line that the metric counts, and 60 in a minute ring; none says from where.
    let lines = log.of(LogLine::LookUpInVain);
    assert_eq!(lines.len(), 400);
    assert!(!format!("{:?}", log.lines()).contains(ADDRESS));
    // The first says when; nobody else is kept from anything.
    let again = asked(&world, look_up(&code(5_000)), at(NOW)).await;
    assert_eq!(again.body["until"], "2026-11-17T02:10:00Z");
    let seconds = again.body["againInSeconds"].as_u64().unwrap();
    assert_eq!(seconds, 600);
    let elsewhere = look_up(&code(5_000)).source(NEIGHBOUR);
    assert_eq!(asked(&world, elsewhere, at(NOW)).await.status, 404);
    assert_eq!(asked(&world, look_up(&code(5_000)), minutes(10)).await.status, 404);
}

#[tokio::test]
async fn codes_that_there_are_are_listed_by_nobody_and_looked_up_by_a_whole_town_hall() {
    let world = World::new().await;
    let code = Call::submit("k").at_submit(&world.intake, &world, at(NOW)).await.code();
    // In 23 seconds, as it once went unnoticed.
    let log = Log::kept();
    let mut found = 0;
    for nth in 0..400 {
        let now = at(NOW) + SignedDuration::from_millis(nth * 57);
        found += u32::from(asked(&world, look_up(&code), now).await.status == 200);
    }
    assert_eq!(found, 319, "three hundred, and those that are counted together");
    assert_eq!(log.of(LogLine::LookUpInVain).len(), 81);
    // Whoever comes to another process of ours is known there once they are counted again.
    let next = World {
        gate: gate(&world.client, 1),
        ..World::over(world.client.clone(), world.catalogue.clone())
    };
    let mut more = 0;
    while asked(&next, look_up(&code), minutes(1)).await.status == 200 {
        more += 1;
    }
    assert_eq!(more, 19);
}

#[tokio::test]
async fn whoever_has_a_right_code_is_served_behind_the_address_of_somebody_who_guesses() {
    let world = World::new().await;
    let known = Call::submit("k").at_submit(&world.intake, &world, at(NOW)).await.code();
    for number in 0..100 {
        asked(&world, look_up(&code(6_000 + number)), at(NOW)).await;
    }
    assert_eq!(limit(&asked(&world, look_up(&code(6_000)), at(NOW)).await), "misses-of-address");
    assert_eq!(asked(&world, look_up(&known), at(NOW)).await.status, 200);
    // The other doors to codes are counted with it.
    let page = |typed: &str| Call::new("GET /tra-cuu").query("ma", typed).source(ADDRESS);
    assert_eq!(limit(&asked(&world, page(&code(6_001)), at(NOW)).await), "misses-of-address");
    assert_eq!(limit(&asked(&world, page("không phải mã"), at(NOW)).await), "misses-of-address");
    assert_eq!(asked(&world, page(&known), at(NOW)).await.status, 200);
    let front = Call::new("GET /tra-cuu").source(ADDRESS);
    assert_eq!(asked(&world, front, at(NOW)).await.status, 200, "the page itself is no look-up");
    let feedback = Call::new("GET /v1/feedback/{code}").code("H20.01.PA-261117-0001");
    let feedback = asked(&world, feedback.source(ADDRESS), at(NOW)).await;
    assert_eq!(limit(&feedback), "misses-of-address");
}

#[tokio::test]
async fn a_hit_costs_no_write_a_miss_one_and_what_is_no_code_the_same_as_a_code_of_nobody() {
    let meter = Meter::default();
    let world = World::metered(&meter).await;
    let known = Call::submit("k").at_submit(&world.intake, &world, at(NOW)).await.code();
    let page = |typed: &str| Call::new("GET /tra-cuu").query("ma", typed).source(ADDRESS);
    let cost = async |call: Call| {
        meter.read();
        let status = asked(&world, call, at(NOW)).await.status;
        let consumed = meter.read();
        (status, consumed.calls, consumed.units().written / UNIT)
    };
    assert_eq!(cost(look_up(&known)).await, (200, 1, 0));
    assert_eq!(cost(page(&known)).await, (200, 1, 0));
    assert_eq!(cost(look_up(&code(7_000))).await, (404, 2, 1));
    for typed in [code(7_001).as_str(), "hồ sơ của tôi", "H99.99-200101-0001", "<script>"] {
        assert_eq!(cost(page(typed)).await, (200, 2, 1), "{typed}");
    }
}

#[tokio::test]
async fn an_address_is_what_the_gateway_saw_and_of_ipv6_a_line_is_one() {
    let world = World::new().await;
    for nth in 0..60_u32 {
        let forged = format!("198.51.100.{nth}");
        let call = look_up(&code(8_000 + nth)).header("x-forwarded-for", &forged);
        let call = call.header("forwarded", &format!("for={forged}"));
        assert_eq!(asked(&world, call, at(NOW)).await.status, 404);
    }
    let call = look_up(&code(8_100)).header("x-forwarded-for", "198.51.100.250");
    assert_eq!(limit(&asked(&world, call, at(NOW)).await), "misses-of-address");
    for nth in 0..60_u32 {
        let call = look_up(&code(8_000 + nth)).source(&format!("2001:db8:1:2::{nth:x}"));
        assert_eq!(asked(&world, call, at(NOW)).await.status, 404);
    }
    let call = look_up(&code(8_100)).source("2001:db8:1:2:ffff::1");
    assert_eq!(limit(&asked(&world, call, at(NOW)).await), "misses-of-address");
    let call = look_up(&code(8_100)).source("2001:db8:1:3::1");
    assert_eq!(asked(&world, call, at(NOW)).await.status, 404);
}

fn submitting(key: &str) -> Call {
    Call::submit(key).citizen(CITIZEN)
}

/// The world in which submissions pass the limits as they are.
async fn strict() -> World {
    let world = World::new().await;
    World { intake_gate: gate(&world.client, 1), ..world }
}

async fn submitted(world: &World, call: Call, now: Timestamp) -> Answer {
    call.at_submit(&world.intake, world, now).await
}

/// With a telephone of its own.
fn by_phone(number: u32) -> Value {
    let mut body = submission();
    body["applicant"]["phone"] = format!("0912{number:06}").into();
    body
}

#[tokio::test]
async fn an_account_hands_in_thirty_a_day_and_the_same_request_again_is_none() {
    let world = strict().await;
    let mut first = None;
    for number in 0..30 {
        let call = submitting(&format!("k{number}")).body(&by_phone(number));
        let answer = submitted(&world, call, at(NOW)).await;
        assert_eq!(answer.status, 201, "{number}: {}", answer.body);
        first.get_or_insert(answer.body);
        // What breaks a rule is not handed in, and what comes again was.
        let broken = submitting(&format!("b{number}")).body(&json!({ "channel": "online" }));
        assert_eq!(submitted(&world, broken, at(NOW)).await.status, 400);
        let again = submitting("k0").body(&by_phone(0));
        assert_eq!(submitted(&world, again, at(NOW)).await.status, 201);
    }
    let before = world.count("DossiersTable").await;
    let refused = submitted(&world, submitting("k30").body(&by_phone(30)), at(NOW)).await;
    assert_eq!(limit(&refused), "submissions-of-account");
    assert_eq!(refused.body["until"], "2026-11-17T17:00:00Z");
    assert_eq!(world.count("DossiersTable").await, before, "nothing is stored of it");
    // The answer to what was handed in is still given, and another account hands in.
    let again = submitted(&world, submitting("k0").body(&by_phone(0)), at(NOW)).await;
    assert_eq!(Some(again.body), first);
    let other = json!({ "sub": "citizen-2", "role": "citizen", "id_number": CITIZEN });
    let other = submitting("k").claims(other).body(&by_phone(31));
    assert_eq!(submitted(&world, other, at(NOW)).await.status, 201);
    let tomorrow = submitting("k30").body(&by_phone(30));
    assert_eq!(submitted(&world, tomorrow, at("2026-11-17T17:00:00Z")).await.status, 201);
}

#[tokio::test]
async fn of_forty_at_once_thirty_are_taken_and_forty_times_one_is_one() {
    let world = strict().await;
    let calls = (0..40).map(|number| submitting(&format!("k{number}")).body(&by_phone(number)));
    let answers = join_all(calls.map(|call| submitted(&world, call, at(NOW)))).await;
    let taken = answers.iter().filter(|answer| answer.status == 201).count();
    let refused = answers.iter().filter(|answer| answer.status == 429).count();
    assert_eq!((taken, refused), (30, 10));
    let world = strict().await;
    let same = (0..40).map(|_| submitted(&world, submitting("k"), at(NOW)));
    for answer in join_all(same).await {
        assert_eq!(answer.status, 201, "{}", answer.body);
    }
    // It was counted once: twenty-nine are left.
    let more = (0..40).map(|number| submitting(&format!("m{number}")).body(&by_phone(number)));
    let answers = join_all(more.map(|call| submitted(&world, call, at(NOW)))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 29);
}

#[tokio::test]
async fn who_was_refused_at_a_minute_to_midnight_on_the_eve_of_tet_hands_in_with_the_year() {
    let world = strict().await;
    for number in 0..30 {
        let call = submitting(&format!("k{number}")).body(&by_phone(number));
        assert_eq!(submitted(&world, call, at(EVE_OF_TET)).await.status, 201);
    }
    let late = || submitting("late").body(&by_phone(40));
    let refused = submitted(&world, late(), at(EVE_OF_TET)).await;
    assert_eq!(limit(&refused), "submissions-of-account");
    assert_eq!(
        (&refused.body["until"], &refused.body["againInSeconds"]),
        (&json!(TET), &json!(60))
    );
    assert_eq!(submitted(&world, late(), at(TET)).await.status, 201);
}

#[tokio::test]
async fn who_died_between_count_and_dossier_has_lost_nothing() {
    let world = strict().await;
    for (death, key) in [(Death::Before, "before"), (Death::After, "after")] {
        let call = || submitting(key).body(&by_phone(0));
        let mut statuses = Vec::new();
        for _ in 0..3 {
            let mortal = Mortal::new(world.intake.clone(), death);
            statuses.push(call().at_submit(&mortal, &world, at(NOW)).await.status);
        }
        // What was stored before its process died is found by whoever comes again.
        let expected = if key == "before" { [503, 503, 503] } else { [503, 201, 201] };
        assert_eq!(statuses, expected);
        assert_eq!(submitted(&world, call(), at(NOW)).await.status, 201, "{key}");
    }
    let more = (0..40).map(|number| submitting(&format!("m{number}")).body(&by_phone(number)));
    let answers = join_all(more.map(|call| submitted(&world, call, at(NOW)))).await;
    assert_eq!(
        answers.iter().filter(|answer| answer.status == 201).count(),
        28,
        "two were counted"
    );
}

#[tokio::test]
async fn a_telephone_stands_in_fifty_dossiers_a_day_whoever_hands_them_in_and_the_counter_takes_more()
 {
    let world = strict().await;
    for number in 0..50 {
        let key = format!("k{number}");
        let account = json!({
            "sub": format!("citizen-{}", number % 7), "role": "citizen", "id_number": CITIZEN,
        });
        let call =
            if number % 2 == 0 { Call::submit(&key) } else { Call::submit(&key).claims(account) };
        assert_eq!(submitted(&world, call, at(NOW)).await.status, 201, "{number}");
    }
    let refused = submitted(&world, Call::submit("k50"), at(NOW)).await;
    assert_eq!(limit(&refused), "submissions-of-telephone");
    let other = Call::submit("k51").body(&by_phone(1));
    assert_eq!(
        submitted(&world, other, at(NOW)).await.status,
        201,
        "the portal itself has no limit"
    );
    // Whoever comes is served, also with the number of somebody who helps their street.
    let mut body = submission();
    body["channel"] = "counter".into();
    let counter = Call::submit("k52").clerk(AGENCY).body(&body);
    assert_eq!(submitted(&world, counter, at(NOW)).await.status, 201);
}

#[tokio::test]
async fn a_citizen_asks_for_a_hundred_uploads_a_day_and_the_portal_for_as_many_as_it_needs() {
    let world = World::new().await;
    let body = declared(PDF, &pdf("", 0));
    let ask = |call: Call| asked(&world, call.body(&body), at(NOW));
    let upload = || Call::new("POST /v1/documents");
    for _ in 0..100 {
        assert_eq!(ask(upload().citizen(CITIZEN)).await.status, 201);
    }
    assert_eq!(limit(&ask(upload().citizen(CITIZEN)).await), "uploads-of-account");
    assert_eq!(world.count("DocumentsTable").await, 100);
    for _ in 0..101 {
        assert_eq!(ask(upload().portal()).await.status, 201);
    }
    // Who has proved a telephone is an account of that dossier.
    let own = |code: &str| Call::new("POST /v1/own/{code}/uploads").code(code).proven(code);
    for _ in 0..100 {
        assert_eq!(ask(own(&code(1))).await.status, 201);
    }
    assert_eq!(limit(&ask(own(&code(1))).await), "uploads-of-account");
    assert_eq!(ask(own(&code(2))).await.status, 201);
}

#[tokio::test]
async fn an_officer_who_trawls_is_stopped_after_three_hundred_and_named_to_nobody_but_the_auditor()
{
    let world = World::new().await;
    let log = Log::kept();
    let search = |account: &str, number: u32| {
        let body = json!({ "phone": format!("0913{number:06}") });
        let call = Call::new("POST /v1/search").account(AGENCY, account).body(&body);
        asked(&world, call, at(NOW))
    };
    for number in 0..300 {
        assert_eq!(search("officer-1", number).await.status, 200);
    }
    assert_eq!(log.of(LogLine::SearchedTooOften).len(), 0);
    for number in 300..320 {
        assert_eq!(limit(&search("officer-1", number).await), "searches-of-account");
    }
    let [line] = &log.of(LogLine::SearchedTooOften)[..] else { panic!("one line a day") };
    assert_eq!(line["agency"], AGENCY);
    assert!(!format!("{:?}", log.lines()).contains("officer-1"));
    assert_eq!(search("officer-2", 0).await.status, 200, "a colleague goes on");
    // What is no search is not counted.
    let broken = Call::new("POST /v1/search").account(AGENCY, "officer-2").body(&json!({}));
    assert_eq!(asked(&world, broken, at(NOW)).await.status, 400);
}

#[tokio::test]
async fn where_nothing_can_be_counted_citizens_are_served_and_codes_searches_and_uploads_are_not() {
    let world = World::new().await;
    let nowhere = || CountTable::new(world.client.clone(), "NoSuchTable".to_owned());
    let blind = World {
        gate: gate_over(nowhere(), 1),
        intake_gate: gate_over(nowhere(), 1),
        ..World::over(world.client.clone(), world.catalogue.clone())
    };
    let log = Log::kept();
    let known = submitted(&blind, submitting("k"), at(NOW)).await.code();
    assert_eq!(log.of(LogLine::LimitNotCounted).len(), 2, "of the account and of the telephone");
    assert_eq!(asked(&blind, look_up(&known), at(NOW)).await.status, 200);
    assert_eq!(asked(&blind, look_up(&code(9_000)), at(NOW)).await.status, 404);
    assert_eq!(log.of(LogLine::LimitNotCounted).len(), 3);
    // What costs money, rings telephones or shows people is not given blindly.
    let proof = Call::asking_for_a_code(&known);
    assert_eq!(asked(&blind, proof, at(NOW)).await.status, 500);
    assert!(blind.asked.sent.lock().unwrap().is_empty());
    let upload = Call::new("POST /v1/documents").citizen(CITIZEN).body(&declared(PDF, &pdf("", 0)));
    assert_eq!(asked(&blind, upload, at(NOW)).await.status, 500);
    let finders = find_dossier::Tables { gate: gate_over(nowhere(), 1), ..blind.finders };
    let body = json!({ "phone": "0912345678" });
    let search = Call::new("POST /v1/search").officer(AGENCY).body(&body).event();
    let handler = |request| find_dossier::handle(request, &finders, &blind.catalogue, at(NOW));
    assert_eq!(served(search, handler).await.status_code, 500);
}

#[tokio::test]
async fn nothing_of_anybody_stands_in_what_is_counted_and_all_of_it_goes_by_itself() {
    let world = strict().await;
    asked(&world, look_up(&code(9_000)), at(NOW)).await;
    submitted(&world, submitting("a-key-of-mine"), at(NOW)).await;
    let body = json!({ "phone": "0912345678" });
    asked(&world, Call::new("POST /v1/search").officer(AGENCY).body(&body), at(NOW)).await;
    let upload = Call::new("POST /v1/documents").citizen(CITIZEN).body(&declared(PDF, &pdf("", 0)));
    asked(&world, upload, at(NOW)).await;
    let scanned = world.client.scan().table_name("ProofsTable").consistent_read(true).send().await;
    let items = scanned.unwrap().items.unwrap_or_default();
    assert_eq!(items.len(), 5);
    for item in &items {
        // A day's count is gone two days later at most, as ADR 89 says of codes.
        let end: i64 = item["expiresAt"].as_n().unwrap().parse().unwrap();
        assert!(end > at(NOW).as_second() && end <= minutes(2 * 1_440).as_second(), "{item:?}");
        assert!(item["proof"].as_s().unwrap().starts_with("count#"), "as the roles allow");
    }
    let all = format!("{items:?}");
    for planted in [ADDRESS, "912345678", CITIZEN, "citizen-1", "officer@", AGENCY, "a-key-of-mine"]
    {
        assert!(!all.contains(planted), "{planted}");
    }
}
