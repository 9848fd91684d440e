//! The deployed stack: `infra/template.yaml` as it stands, each function under its own role.

use std::time::Duration;

use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::dossier::Dossier;
use domain::notice::codes::Treatment;
use domain::notice::{Language, Notice, Provider};
use platform::account::Token;
use platform::gateway::esms::Esms;
use platform::gateway::speedsms::SpeedSms;
use platform::gateway::vnpt::Vnpt;
use platform::gateway::zalo::{Zalo, ZaloLogin};
use platform::gateway::{Address, Gateway, Verdict, http_client};
use platform::port::{Renewal, TokenIssuer};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::time::timeout;

use crate::support::call::{
    AGENCY, CITIZEN, Call, PROCEDURE, documents, submission, submit_event, transition_event,
};
use crate::support::stack::{Stack, setting, unique, unique_phone};
use crate::support::world::{FixedToken, NOW, World, at};
use crate::support::{file, root};

const DOSSIERS: &str = "/v1/dossiers";

/// A submission by somebody whose phone no other test uses.
fn somebody() -> (Value, String) {
    let (mut body, phone) = (submission(), unique_phone());
    body["applicant"]["phone"] = phone.as_str().into();
    (body, format!("84{}", &phone[1..]))
}

#[tokio::test]
async fn a_dossier_lives_its_whole_life_and_the_citizen_hears_of_every_step() {
    let stack = Stack::new();
    let (portal, officer) = (stack.portal().await, stack.officer(AGENCY).await);
    let (body, phone) = somebody();
    let slip = stack.call(Method::POST, DOSSIERS, Some(&portal), Some(&unique("life")), body).await;
    assert_eq!(slip.status, 201, "{}", slip.body);
    let code = slip.code();
    for (version, action) in (1..).zip(["receive", "process", "finish", "return-result"]) {
        let answer = stack.act(&officer, &code, action, version).await;
        assert_eq!(answer.status, 200, "{action}: {}", answer.body);
    }
    let seen = stack.get(&format!("{DOSSIERS}/{code}"), None).await;
    let done = json!({ "stepsDone": 4, "stepsTotal": 4, "closed": true });
    assert_eq!((&seen.body["status"], &seen.body["completion"]), (&json!(10), &done));
    let history = stack.get(&format!("{DOSSIERS}/{code}/history"), Some(&officer)).await;
    assert_eq!(history.body["history"].as_array().map(Vec::len), Some(5));
    let case = stack.get(&format!("{DOSSIERS}/{code}/case"), Some(&officer)).await;
    assert_eq!(
        (case.status, &case.body["applicant"]["idNumber"], &case.body["next"]),
        (200, &json!(CITIZEN), &json!([]))
    );
    let auditor = stack.token(json!({ "role": "auditor" })).await;
    let reads = stack.get(&format!("{DOSSIERS}/{code}/reads"), Some(&auditor)).await;
    let read = &reads.body["items"][0];
    assert_eq!((&read["agency"], &read["version"]), (&json!(AGENCY), &json!(5)), "{}", reads.body);
    let reader = format!("/v1/reads?officer={}", read["reader"].as_str().unwrap());
    let audited = stack.get(&reader, Some(&auditor)).await;
    let codes: Vec<&Value> =
        audited.body["items"].as_array().unwrap().iter().map(|read| &read["code"]).collect();
    assert!(codes.contains(&&json!(code)), "{}", audited.body);
    let found = json!({ "phone": phone, "limit": 1 });
    let found = stack.call(Method::POST, "/v1/search", Some(&officer), None, found).await;
    assert_eq!((found.status, &found.body["items"][0]["code"]), (200, &json!(code)));
    let citizen = stack.token(json!({ "role": "citizen", "idNumber": CITIZEN })).await;
    let own = stack.get("/v1/me/dossiers?limit=50", Some(&citizen)).await;
    assert_eq!(own.status, 200, "{}", own.body);
    let notices = stack.until("the last notice", || async {
        let seen = stack.get(&format!("{DOSSIERS}/{code}/notices"), Some(&officer)).await;
        assert_eq!(crate::notices::too_fine(&seen.body), Vec::<String>::new());
        let notices = seen.body["notices"].as_array().cloned().unwrap_or_default();
        let said = |notice: &Value| {
            ["sent", "delivered", "merged"].contains(&notice["state"].as_str().unwrap())
        };
        (notices.len() == 5 && notices.iter().all(said)).then_some(notices)
    });
    // Steps that follow each other at once are told of together, by the last.
    let (merged, sent): (Vec<Value>, Vec<Value>) =
        notices.await.into_iter().partition(|notice| notice["state"] == "merged");
    assert!(sent.iter().any(|notice| notice["version"] == 5), "{sent:?}");
    for notice in merged {
        assert!(
            notice["mergedInto"].as_u64() > notice["version"].as_u64()
                && notice["class"] == "information"
        );
    }
    let messages = stack.messages(&code).await;
    assert_eq!(messages.len(), sent.len(), "each once");
    // The contract's times have milliseconds at most.
    let fine = |text: &str| {
        text.contains('T')
            && text.rsplit_once('.').is_some_and(|(_, rest)| rest.len() > "123Z".len())
    };
    for notice in &sent {
        let attempts = notice["attempts"]
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|attempt| attempt.as_object().unwrap());
        for (name, value) in notice.as_object().unwrap().iter().chain(attempts) {
            assert!(!value.as_str().is_some_and(fine), "{name}: {value}");
        }
    }
    let text = format!("{messages:?}");
    assert!(!text.contains("Trần") && !text.contains(CITIZEN), "{text}");
}

#[tokio::test]
async fn a_hundred_identical_requests_through_the_gateway_make_one_dossier() {
    let stack = Stack::new();
    let (portal, key) = (stack.portal().await, unique("hundred"));
    let (body, _) = somebody();
    let calls = (0..100)
        .map(|_| stack.call(Method::POST, DOSSIERS, Some(&portal), Some(&key), body.clone()));
    let answers = futures::future::join_all(calls).await;
    for answer in &answers {
        assert_eq!((answer.status, &answer.body), (201, &answers[0].body));
    }
}

#[tokio::test]
async fn everybody_finds_a_procedure_what_it_needs_and_the_agencies_of_a_day() {
    let stack = Stack::new();
    let found = stack.get("/v1/procedures?search=khai%20sinh", None).await;
    assert_eq!(found.status, 200, "{}", found.body);
    let code = found.body["items"][0]["code"].as_str().unwrap();
    let told = stack.get(&format!("/v1/procedures/{code}"), None).await;
    assert_eq!((told.status, &told.body["code"]), (200, &json!(code)), "{}", told.body);
    let then = stack.get("/v1/agencies?day=2025-06-30", None).await;
    assert_eq!((then.status, &then.body["day"]), (200, &json!("2025-06-30")));
}

#[tokio::test]
async fn only_a_token_of_the_issuer_opens_the_door() {
    let stack = Stack::new();
    let good = stack.portal().await;
    let expired = stack.token(json!({ "role": "portal", "ttlSeconds": -60 })).await;
    let (head, signature) = good.rsplit_once('.').unwrap();
    let turned: String = signature.chars().rev().collect();
    let tampered = format!("{head}.{turned}");
    for token in [None, Some("nonsense"), Some(expired.as_str()), Some(tampered.as_str())] {
        let answer = stack.call(Method::POST, DOSSIERS, token, Some("k"), submission()).await;
        assert_eq!(answer.status, 401, "{}", answer.body);
    }
}

#[tokio::test]
async fn the_gateway_passes_claims_on_and_the_functions_obey_them() {
    let stack = Stack::new();
    let (body, _) = somebody();
    let owner = stack.token(json!({ "role": "citizen", "idNumber": CITIZEN })).await;
    let other = stack.token(json!({ "role": "citizen", "idNumber": "087199054321" })).await;
    let refused = stack
        .call(Method::POST, DOSSIERS, Some(&other), Some(&unique("claims")), body.clone())
        .await;
    assert_eq!((refused.status, refused.problem()), (403, "forbidden"));
    let slip =
        stack.call(Method::POST, DOSSIERS, Some(&owner), Some(&unique("claims")), body).await;
    assert_eq!(slip.status, 201, "{}", slip.body);
    let history = format!("{DOSSIERS}/{}/history", slip.code());
    assert_eq!(stack.get(&history, Some(&owner)).await.status, 200);
    assert_eq!(stack.get(&history, Some(&other)).await.status, 403);
    let elsewhere = stack.officer("H20.12").await;
    assert_eq!(stack.act(&elsewhere, &slip.code(), "receive", 1).await.status, 403);
    let list = stack
        .get(&format!("{DOSSIERS}?status=1&limit=200"), Some(&stack.officer(AGENCY).await))
        .await;
    let listed =
        list.body["items"].as_array().unwrap().iter().any(|item| item["code"] == slip.body["code"]);
    assert!(listed, "{}", list.body);
}

// Ninety days reach into a year that the government has not decided yet, from October on.
#[tokio::test]
async fn a_due_date_that_one_function_counts_is_explained_day_by_day_by_the_other() {
    let stack = Stack::new();
    let (portal, officer) = (stack.portal().await, stack.officer("H20.09").await);
    let (mut body, _) = somebody();
    for (field, value) in [
        ("procedure", json!("2.002039")),
        ("agency", json!("H20.09")),
        ("channel", json!("counter")),
    ] {
        body[field] = value;
    }
    body["documents"] = documents("2.002039");
    let slip = stack.call(Method::POST, DOSSIERS, Some(&portal), Some(&unique("far")), body).await;
    assert_eq!(slip.status, 201, "{}", slip.body);
    let received = stack.act(&officer, &slip.code(), "receive", 1).await;
    assert_eq!(received.status, 200, "{}", received.body);
    let explained =
        stack.get(&format!("{DOSSIERS}/{}/deadline", slip.code()), Some(&officer)).await;
    assert_eq!(explained.status, 200, "{}", explained.body);
    let due = &received.body["dueAt"];
    assert!(due.is_string(), "{}", received.body);
    assert_eq!((&explained.body["dueAt"], &explained.body["count"]["dueAt"]), (due, due));
    assert_eq!(explained.body["dueProvisional"], received.body["dueProvisional"]);
}

#[tokio::test]
async fn a_functions_role_allows_what_it_needs_and_nothing_else() {
    let stack = Stack::new();
    let tables = stack.tables_as(setting("CHANGE_STATUS_ROLE")).await;
    let key = || AttributeValue::S("nobody".to_owned());
    let read =
        tables.get_item().table_name(setting("DOSSIERS_TABLE")).key("code", key()).send().await;
    assert!(read.is_ok(), "{read:?}");
    let refused = |code: Option<&str>| assert_eq!(code, Some("AccessDeniedException"));
    let put =
        tables.put_item().table_name(setting("DOSSIERS_TABLE")).item("code", key()).send().await;
    refused(put.unwrap_err().code());
    let scan = tables.scan().table_name(setting("DOSSIERS_TABLE")).send().await;
    refused(scan.unwrap_err().code());
    let elsewhere =
        tables.get_item().table_name(setting("NOTICES_TABLE")).key("code", key()).send().await;
    refused(elsewhere.unwrap_err().code());
}

#[tokio::test]
async fn an_integrators_events_are_taken_in_even_when_they_overtake_each_other() {
    let stack = Stack::new();
    let yesterday = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(30);
    let time = |minutes: i64| (yesterday + jiff::SignedDuration::from_mins(minutes)).to_string();
    let day = domain::calendar::date_of(yesterday).strftime("%y%m%d").to_string();
    let code = format!("{AGENCY}-{day}-{}", 900_000 + std::process::id() % 70_000);
    let mut submit = submit_event(&unique("e"), &time(0), Some(&code));
    submit["data"]["applicant"]["phone"] = unique_phone().into();
    // The receipt is on its way before the submission.
    stack.push(&transition_event(&unique("e"), &time(5), &code, "receive").to_string()).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    stack.push(&submit.to_string()).await;
    stack.push(&submit.to_string()).await;
    let seen = stack.until("the receipt of the dossier", || async {
        let seen = stack.get(&format!("{DOSSIERS}/{code}"), None).await;
        (seen.body["status"] == 2).then_some(seen)
    });
    assert_eq!(seen.await.body["completion"]["stepsDone"], 1);
    stack.told(&format!("{code}/2")).await;
    assert_eq!(stack.messages(&code).await.len(), 2, "the submission came twice and was told once");
}

#[tokio::test]
async fn poison_on_the_integrators_queue_lands_beside_it_with_its_reason() {
    let stack = Stack::new();
    let (junk, stranger, person) = (unique("junk"), unique("stranger"), unique("person"));
    let mut event = submit_event(&stranger, "2026-11-16T03:00:00Z", None);
    event["source"] = "urn:somebody:else".into();
    let mut bad_phone = submit_event(&person, "2026-11-16T03:00:00Z", None);
    bad_phone["data"]["applicant"]["phone"] = "113".into();
    stack.push(&format!("not json at all: {junk}")).await;
    stack.push(&event.to_string()).await;
    stack.push(&bad_phone.to_string()).await;
    assert_eq!(stack.parked("INTEGRATOR_DLQ_URL", &junk).await, "malformed-body");
    assert_eq!(stack.parked("INTEGRATOR_DLQ_URL", &stranger).await, "invalid-request");
    assert_eq!(stack.parked("INTEGRATOR_DLQ_URL", &person).await, "invalid-request");
}

#[tokio::test]
async fn stale_illegal_and_oversized_requests_are_refused_through_the_gateway_too() {
    let stack = Stack::new();
    let (portal, officer) = (stack.portal().await, stack.officer(AGENCY).await);
    let (body, _) = somebody();
    let code = stack
        .call(Method::POST, DOSSIERS, Some(&portal), Some(&unique("refused")), body.clone())
        .await
        .code();
    let illegal = stack.act(&officer, &code, "finish", 1).await;
    assert_eq!(
        (illegal.status, illegal.problem(), &illegal.body["status"]),
        (422, "illegal-transition", &json!(422))
    );
    assert_eq!(stack.act(&officer, &code, "receive", 1).await.status, 200);
    let stale = stack.act(&officer, &code, "process", 1).await;
    assert_eq!(
        (stale.status, stale.problem(), &stale.body["currentVersion"]),
        (409, "stale-version", &json!(2))
    );
    let mut large = body;
    large["applicant"]["fullName"] = "x".repeat(platform::http::BODY_BYTES_MAX).into();
    let refused =
        stack.call(Method::POST, DOSSIERS, Some(&portal), Some(&unique("large")), large).await;
    assert_eq!((refused.status, refused.problem()), (413, "body-too-large"));
}

#[tokio::test]
async fn a_citizen_without_zalo_is_told_by_sms() {
    let stack = Stack::new();
    let (body, phone) = somebody();
    stack.behave(json!({ "gateway": "zalo", "phone": phone, "code": -118 })).await;
    let portal = stack.portal().await;
    let slip = stack.call(Method::POST, DOSSIERS, Some(&portal), Some(&unique("sms")), body).await;
    let message = stack.told(&slip.code()).await;
    assert_eq!(message["gateway"], "esms", "{message}");
}

/// A notice about a fresh dossier whose applicant has this phone.
async fn a_notice(phone: &str) -> (Notice, Dossier) {
    let world = World::new().await;
    let mut body = submission();
    body["applicant"]["phone"] = phone.into();
    let answer =
        Call::submit(&unique("n")).body(&body).at_submit(&world.reception, &world, at(NOW)).await;
    let dossier = world.dossier(&answer.code()).await;
    let composed =
        world.catalogue.templates().compose(&dossier, &dossier.history[0], false, Language::Vi);
    let mut notice = composed.unwrap();
    notice.id = unique("H20.03-261117-0001/1");
    (notice, dossier)
}

fn codes() -> domain::notice::codes::Codes {
    domain::notice::codes::Codes::assemble(
        serde_json::from_str(&file("infra/data/codes.json")).unwrap(),
    )
    .unwrap()
}

fn stand_in(door: &str) -> Address {
    Address::try_from(format!("{}/{door}", setting("GATEWAYS_URL")).as_str()).unwrap()
}

fn zalo(token: &str) -> Zalo<FixedToken> {
    let http = http_client(Duration::from_millis(1_500)).unwrap();
    Zalo { http, url: stand_in("zalo"), tokens: FixedToken(Token::new(token)) }
}

fn esms() -> Esms {
    Esms {
        http: http_client(Duration::from_millis(1_500)).unwrap(),
        url: stand_in("esms"),
        api_key: setting("ESMS_API_KEY").to_owned(),
        secret_key: setting("ESMS_SECRET_KEY").to_owned(),
        brandname: setting("ESMS_BRANDNAME").to_owned(),
        callback_url: None,
    }
}

#[tokio::test]
async fn zalos_documented_answers_are_understood() {
    let stack = Stack::new();
    let gateway = zalo(setting("ZALO_ACCESS_TOKEN"));
    for (behaviour, expected, treatment) in [
        (json!({ "code": -118 }), Verdict::Declined { code: -118 }, Some(Treatment::NextChannel)),
        (json!({ "code": -133 }), Verdict::Declined { code: -133 }, Some(Treatment::UntilMorning)),
        (json!({ "code": -100 }), Verdict::Declined { code: -100 }, Some(Treatment::Doubtful)),
        (
            json!({ "code": -1241 }),
            Verdict::Declined { code: -1241 },
            Some(Treatment::AlarmAndNextChannel),
        ),
        (json!({ "mode": "slow" }), Verdict::Unknown { instead: "timed-out".into() }, None),
        (json!({ "mode": "hang" }), Verdict::Unknown { instead: "timed-out".into() }, None),
        (json!({ "mode": "drop-after" }), Verdict::Unknown { instead: "broken-off".into() }, None),
        (json!({ "mode": "http-500" }), Verdict::Unknown { instead: "http-500".into() }, None),
    ] {
        let phone = unique_phone();
        let (notice, dossier) = a_notice(&phone).await;
        let mut told = behaviour.clone();
        told["gateway"] = "zalo".into();
        told["phone"] = format!("84{}", &phone[1..]).into();
        stack.behave(told).await;
        assert_eq!(gateway.send(&notice, &dossier.applicant.phone).await, expected, "{behaviour}");
        if let (Verdict::Declined { code }, Some(treatment)) = (expected, treatment) {
            assert_eq!(codes().ruling(Provider::Zalo, code).treatment, treatment);
        }
    }
    let (notice, dossier) = a_notice(&unique_phone()).await;
    assert!(matches!(
        gateway.send(&notice, &dossier.applicant.phone).await,
        Verdict::Accepted { .. }
    ));
    let stranger = zalo("").send(&notice, &dossier.applicant.phone).await;
    assert_eq!(stranger, Verdict::Declined { code: -124 });
}

fn speedsms(token: &str) -> SpeedSms {
    SpeedSms {
        http: http_client(Duration::from_millis(1_500)).unwrap(),
        url: stand_in("speedsms"),
        token: token.to_owned(),
        sender: "MOTCUA".to_owned(),
    }
}

fn vnpt(password: &str) -> Vnpt {
    Vnpt {
        http: http_client(Duration::from_millis(1_500)).unwrap(),
        url: stand_in("vnpt"),
        label_id: "1".to_owned(),
        contract_id: "2".to_owned(),
        template_id: "3".to_owned(),
        agent_id: "4".to_owned(),
        api_user: "province".to_owned(),
        api_password: password.to_owned(),
        user_name: "province".to_owned(),
    }
}

async fn asked(provider: Provider, notice: &Notice, dossier: &Dossier) -> Verdict {
    let phone = &dossier.applicant.phone;
    match provider {
        Provider::Zalo => zalo(setting("ZALO_ACCESS_TOKEN")).send(notice, phone).await,
        Provider::Esms => esms().send(notice, phone).await,
        Provider::Speedsms => speedsms(setting("SPEEDSMS_TOKEN")).send(notice, phone).await,
        Provider::Vnpt => vnpt(setting("VNPT_API_PASSWORD")).send(notice, phone).await,
    }
}

#[tokio::test]
async fn every_listed_code_of_every_gateway_is_read_from_its_answer() {
    let stack = Stack::new();
    let phone = unique_phone();
    let (notice, dossier) = a_notice(&phone).await;
    let mut codes: Vec<(Provider, i32)> =
        codes().listed().map(|(provider, code, _)| (provider, code)).collect();
    // VNPT's are not known, but for that 0 is a yes; SpeedSMS's -1 is ours.
    codes.retain(|(_, code)| *code != -1);
    codes.extend([(Provider::Speedsms, 300), (Provider::Vnpt, 7)]);
    assert!(codes.len() > 90, "only {codes:?}");
    for (provider, code) in codes {
        let told = json!({ "gateway": provider.name(), "phone": format!("84{}", &phone[1..]), "code": code, "times": 1 });
        stack.behave(told).await;
        assert_eq!(
            asked(provider, &notice, &dossier).await,
            Verdict::Declined { code },
            "{}",
            provider.name()
        );
    }
}

#[tokio::test]
async fn each_gateway_takes_a_good_message_and_what_happens_on_the_way_is_told_apart() {
    let stack = Stack::new();
    for provider in Provider::ALL {
        for (mode, expected) in [
            ("ok", None),
            ("slow", Some("timed-out")),
            ("hang", Some("timed-out")),
            ("drop-before", Some("broken-off")),
            ("drop-after", Some("broken-off")),
            ("http-500", Some("http-500")),
        ] {
            let phone = unique_phone();
            let (notice, dossier) = a_notice(&phone).await;
            let number = format!("84{}", &phone[1..]);
            stack
                .behave(json!({ "gateway": provider.name(), "phone": number, "mode": mode }))
                .await;
            let verdict = asked(provider, &notice, &dossier).await;
            match expected {
                None => assert!(
                    matches!(verdict, Verdict::Accepted { .. }),
                    "{}: {verdict:?}",
                    provider.name()
                ),
                Some(instead) => {
                    assert_eq!(
                        verdict,
                        Verdict::Unknown { instead: instead.into() },
                        "{} {mode}",
                        provider.name()
                    );
                }
            }
        }
        for (mode, seconds) in [("http-429", 90), ("http-503", 30)] {
            let phone = unique_phone();
            let (notice, dossier) = a_notice(&phone).await;
            let (number, wait) = (format!("84{}", &phone[1..]), seconds.to_string());
            let turning_away = json!({
                "gateway": provider.name(), "phone": number, "mode": mode, "retryAfter": wait,
            });
            stack.behave(turning_away).await;
            let retry_after = Some(jiff::SignedDuration::from_secs(seconds));
            let expected = Verdict::NotTaken { instead: mode.to_owned(), retry_after };
            assert_eq!(asked(provider, &notice, &dossier).await, expected, "{}", provider.name());
        }
    }
}

#[tokio::test]
async fn a_gateway_that_does_not_know_us_says_so() {
    let (notice, dossier) = a_notice(&unique_phone()).await;
    let phone = &dossier.applicant.phone;
    assert_eq!(
        speedsms("a stranger's").send(&notice, phone).await,
        Verdict::Declined { code: 101 }
    );
    assert_eq!(vnpt("a stranger's").send(&notice, phone).await, Verdict::Declined { code: 1 });
}

#[tokio::test]
async fn zalo_renews_a_token_once_and_the_old_way_in_is_closed() {
    let login = |secret: &str| ZaloLogin {
        http: http_client(Duration::from_millis(1_500)).unwrap(),
        url: stand_in("zalo-login"),
        app_id: setting("ZALO_APP_ID").to_owned(),
        secret_key: secret.to_owned(),
    };
    // The deployed function has signed in with this one when the stack came up.
    let used =
        login(setting("ZALO_APP_SECRET")).renew(&Token::new(setting("ZALO_REFRESH_TOKEN"))).await;
    assert_eq!(used, Renewal::Refused { code: -14020 });
    let unknown = login(setting("ZALO_APP_SECRET")).renew(&Token::new("made up")).await;
    assert_eq!(unknown, Renewal::Refused { code: -14014 });
    let stranger = login("not the secret").renew(&Token::new("made up")).await;
    assert_eq!(stranger, Renewal::Refused { code: -14003 });
    let nowhere = ZaloLogin { url: Address::try_from("http://127.0.0.1:9").unwrap(), ..login("x") };
    assert_eq!(
        nowhere.renew(&Token::new("r")).await,
        Renewal::Unanswered { instead: "unreachable".to_owned() }
    );
}

#[tokio::test]
async fn esms_recognises_a_message_sent_twice() {
    let gateway = esms();
    let (notice, dossier) = a_notice(&unique_phone()).await;
    let first = gateway.send(&notice, &dossier.applicant.phone).await;
    assert!(matches!(first, Verdict::Accepted { .. }), "{first:?}");
    let second = gateway.send(&notice, &dossier.applicant.phone).await;
    assert_eq!(second, Verdict::Declined { code: 124 });
    assert_eq!(codes().ruling(Provider::Esms, 124).treatment, Treatment::AcceptedBefore);
}

/// Answers every delivery report with 200 until one holds `mark`, and gives its head and body.
async fn reported(listener: TcpListener, mark: String) -> String {
    loop {
        let (mut report, _) = listener.accept().await.unwrap();
        let mut bytes = vec![0; 16_384];
        let mut read = 0;
        while let Ok(Ok(more)) =
            timeout(Duration::from_millis(300), report.read(&mut bytes[read..])).await
        {
            if more == 0 {
                break;
            }
            read += more;
        }
        report.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.unwrap();
        let text = String::from_utf8_lossy(&bytes[..read]).into_owned();
        if text.contains(&mark) {
            return text;
        }
    }
}

#[tokio::test]
async fn the_gateways_report_deliveries_as_their_vendors_do() {
    let stack = Stack::new();
    let mut reports = Vec::new();
    for gateway in ["zalo", "esms"] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/{gateway}", listener.local_addr().unwrap());
        stack.behave(json!({ "gateway": gateway, "reports": { "url": url } })).await;
        let (notice, dossier) = a_notice(&unique_phone()).await;
        let verdict = match gateway {
            "zalo" => {
                zalo(setting("ZALO_ACCESS_TOKEN")).send(&notice, &dossier.applicant.phone).await
            }
            _ => esms().send(&notice, &dossier.applicant.phone).await,
        };
        let Verdict::Accepted { message: Some(message) } = verdict else {
            panic!("{gateway}: {verdict:?}")
        };
        let report = timeout(Duration::from_secs(60), reported(listener, message)).await;
        reports.push(report.unwrap_or_else(|_| panic!("{gateway} reports nothing")));
    }
    // Zalo signs what it posts; eSMS asks by GET, without a signature.
    assert!(
        reports[0].starts_with("POST /zalo ")
            && reports[0].to_lowercase().contains("x-zevent-signature: mac=")
    );
    assert!(reports[0].contains("user_received_message"), "{}", reports[0]);
    assert!(
        reports[1].starts_with("GET /esms?") && reports[1].contains("SendStatus=5"),
        "{}",
        reports[1]
    );
}

#[tokio::test]
async fn a_delivered_message_is_known_as_such_though_its_report_comes_late_thrice_out_of_order_and_forged()
 {
    let stack = Stack::new();
    let (portal, officer) = (stack.portal().await, stack.officer(AGENCY).await);
    let doors =
        [("zalo", "zalo".to_owned()), ("esms", format!("esms/{}", setting("ESMS_REPORT_SECRET")))];
    for (gateway, door) in doors {
        let (body, phone) = somebody();
        if gateway == "esms" {
            stack.behave(json!({ "gateway": "zalo", "phone": phone, "code": -118 })).await;
        }
        let url = format!("{}/v1/reports/{door}", setting("API_URL"));
        let reports =
            json!({ "url": url, "delayMs": 700, "copies": 3, "statuses": [5, 7], "forged": true });
        stack.behave(json!({ "gateway": gateway, "phone": phone, "reports": reports })).await;
        let slip =
            stack.call(Method::POST, DOSSIERS, Some(&portal), Some(&unique("report")), body).await;
        let path = format!("{DOSSIERS}/{}/notices", slip.code());
        let delivered = stack.until("the delivery", || async {
            let seen = stack.get(&path, Some(&officer)).await;
            (seen.body["notices"][0]["state"] == "delivered").then_some(seen)
        });
        let notice = delivered.await.body["notices"][0].clone();
        let attempts = notice["attempts"].as_array().unwrap();
        assert_eq!(
            attempts.iter().filter(|attempt| attempt["outcome"] == "delivered").count(),
            1,
            "{notice}"
        );
        assert_eq!(attempts.last().unwrap()["provider"], gateway);
        assert_eq!(stack.messages(&slip.code()).await.len(), 1);
    }
}

/// What the operators' tool says to these arguments.
async fn redrive(arguments: &[&str]) -> String {
    let tool = root().join("infra/redrive.py");
    let run =
        tokio::process::Command::new("python").arg(tool).args(arguments).output().await.unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    String::from_utf8(run.stdout).unwrap()
}

#[tokio::test]
async fn an_event_given_up_too_early_is_sent_back_by_its_reason_and_nothing_else_is() {
    let stack = Stack::new();
    let yesterday = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(30);
    let time = |minutes: i64| (yesterday + jiff::SignedDuration::from_mins(minutes)).to_string();
    let day = domain::calendar::date_of(yesterday).strftime("%y%m%d").to_string();
    let code = format!("{AGENCY}-{day}-{}", 9_000_000 + std::process::id() % 700_000);
    let junk = unique("junk");
    stack.push(&format!("not json at all: {junk}")).await;
    // It is waited for for half a minute.
    stack.push(&transition_event(&unique("e"), &time(5), &code, "receive").to_string()).await;
    assert_eq!(stack.parked("INTEGRATOR_DLQ_URL", &code).await, "dossier-not-found");
    let mut submit = submit_event(&unique("e"), &time(0), Some(&code));
    submit["data"]["applicant"]["phone"] = unique_phone().into();
    stack.push(&submit.to_string()).await;
    let status =
        async || stack.get(&format!("{DOSSIERS}/{code}"), None).await.body["status"].clone();
    stack.until("the dossier", || async { (status().await == 1).then_some(()) }).await;
    let shown = redrive(&["integrators-events", "--reason", "dossier-not-found"]).await;
    assert!(
        shown.contains("dossier-not-found") && shown.contains("dry run: 1 would be sent back"),
        "{shown}"
    );
    assert!(!shown.contains("Trần") && !shown.contains(CITIZEN), "{shown}");
    assert_eq!(
        stack.parked("INTEGRATOR_DLQ_URL", &code).await,
        "dossier-not-found",
        "a dry run changes nothing"
    );
    let sent =
        redrive(&["integrators-events", "--reason", "dossier-not-found", "--rate", "100", "--go"])
            .await;
    assert!(sent.contains("sent back 1/1"), "{sent}");
    stack.until("the receipt", || async { (status().await == 2).then_some(()) }).await;
    assert_eq!(
        stack.parked("INTEGRATOR_DLQ_URL", &junk).await,
        "malformed-body",
        "what was not asked for stays"
    );
}

/// A procedure that this run alone knows.
fn a_procedure_of_this_run() -> (String, Value) {
    let mut file: Value = serde_json::from_str(&file("infra/data/procedures.json")).unwrap();
    let code = format!("9.{:06}", std::process::id() % 1_000_000);
    let list = file["procedures"].as_array_mut().unwrap();
    let mut another = list.iter().find(|procedure| procedure["code"] == PROCEDURE).unwrap().clone();
    another["code"] = code.as_str().into();
    list.push(another);
    (code, file)
}

#[tokio::test]
async fn what_an_administrator_publishes_is_in_force_without_a_deployment() {
    let stack = Stack::new();
    let administrator = stack.token(json!({ "role": "administrator" })).await;
    let (code, procedures) = a_procedure_of_this_run();
    let (mut body, _) = somebody();
    body["procedure"] = code.as_str().into();
    let portal = stack.portal().await;
    let key = unique("to-come");
    let submit = || stack.call(Method::POST, DOSSIERS, Some(&portal), Some(&key), body.clone());
    assert_eq!(submit().await.broken(), ("procedure", "known-procedure"));
    let put = async |files: Value, token: &str| {
        let seen = stack.get("/v1/catalogue", Some(&administrator)).await;
        let body = json!({ "expectedEdition": seen.body["edition"], "files": files });
        stack.call(Method::PUT, "/v1/catalogue", Some(token), None, body).await
    };
    let good = json!({ "procedures.json": procedures.to_string() });
    assert_eq!(put(good.clone(), &stack.officer(AGENCY).await).await.status, 403);
    let bad = put(
        json!({ "procedures.json": procedures.to_string(), "rules.json": "{" }),
        &administrator,
    )
    .await;
    assert_eq!(
        (bad.status, &bad.body["misprints"][0]["file"]),
        (422, &json!("rules.json")),
        "{}",
        bad.body
    );
    assert_eq!(
        submit().await.broken(),
        ("procedure", "known-procedure"),
        "a bad set is not in force"
    );
    let published = put(good, &administrator).await;
    assert_eq!(
        (published.status, &published.body["published"]),
        (200, &json!(true)),
        "{}",
        published.body
    );
    let taken = stack.until("the new edition", || async {
        let answer = submit().await;
        (answer.status == 201).then_some(answer)
    });
    assert!(taken.await.code().starts_with(AGENCY));
}

#[tokio::test]
async fn a_gateway_that_is_not_there_was_certainly_not_reached() {
    let (notice, dossier) = a_notice(&unique_phone()).await;
    let nowhere = Zalo { url: Address::try_from("http://127.0.0.1:9").unwrap(), ..zalo("x") };
    assert_eq!(
        nowhere.send(&notice, &dossier.applicant.phone).await,
        Verdict::NotTaken { instead: "unreachable".into(), retry_after: None }
    );
}

#[tokio::test]
async fn whoever_knows_the_tag_of_a_report_gets_304_and_nothing_else_through_the_gateway() {
    let stack = Stack::new();
    let path = "/v1/reports/2024-02?format=csv";
    let first = stack.ask(Method::GET, path, None, ("accept", "text/csv")).await;
    assert_eq!(first.status(), 200);
    let tag = first.headers()["etag"].to_str().unwrap().to_owned();
    for known in [tag.clone(), format!("W/{tag}"), format!("\"other\", {tag}"), "*".to_owned()] {
        let again = stack.ask(Method::GET, path, None, ("if-none-match", &known)).await;
        let said = (again.status().as_u16(), again.headers()["etag"].to_str().unwrap().to_owned());
        assert_eq!(
            (said, again.text().await.unwrap().as_str()),
            ((304, tag.clone()), ""),
            "{known}"
        );
    }
    let other = stack.ask(Method::GET, path, None, ("if-none-match", "\"other\"")).await;
    assert_eq!(other.status(), 200);
}

#[tokio::test]
async fn a_parameter_that_comes_twice_is_refused_through_the_gateway_and_a_list_is_read() {
    let stack = Stack::new();
    let officer = stack.officer(AGENCY).await;
    for (query, broken) in [
        ("limit=3&limit=200", ("limit", "once")),
        ("limit=3,200", ("limit", "range")),
        ("limit=3%2C200", ("limit", "range")),
        ("status=2,4", ("status", "national-status")),
        ("colour=red", ("colour", "unknown-field")),
    ] {
        let answer = stack.get(&format!("{DOSSIERS}?{query}"), Some(&officer)).await;
        assert_eq!((answer.status, answer.broken()), (400, broken), "{query}: {}", answer.body);
    }
    let two = stack.get(&format!("{DOSSIERS}?status=2&status=4&limit=1"), Some(&officer)).await;
    assert_eq!(two.status, 200, "{}", two.body);
    let kpi =
        stack.get("/v1/kpi?period=2026-10,2026-11&agency=H20.03,H20.09", Some(&officer)).await;
    let broken: Vec<&Value> =
        kpi.body["errors"].as_array().unwrap().iter().map(|error| &error["field"]).collect();
    assert_eq!((kpi.status, broken), (400, vec![&json!("period"), &json!("agency")]));
}

#[tokio::test]
async fn what_is_no_route_is_answered_by_the_gateway_itself_as_the_contract_says() {
    let stack = Stack::new();
    for (method, path) in
        [(Method::DELETE, DOSSIERS), (Method::PATCH, "/v1/kpi"), (Method::GET, "/v2/dossiers")]
    {
        let answer = stack.ask(method.clone(), path, None, ("accept", "*/*")).await;
        let (status, text) = (answer.status().as_u16(), answer.text().await.unwrap());
        let body: Value = serde_json::from_str(&text)
            .unwrap_or_else(|_| panic!("{method} {path}: {status} {text}"));
        assert_eq!((status, body), (404, json!({ "message": "Not Found" })), "{method} {path}");
    }
    let head = stack.ask(Method::HEAD, "/v1/reports/2024-02", None, ("accept", "*/*")).await;
    assert_eq!(head.status(), 404);
    // Nobody's page may read our answers: there is no CORS, and gateways differ in how they say so.
    let preflight =
        stack.ask(Method::OPTIONS, DOSSIERS, None, ("origin", "https://evil.example")).await;
    assert!([403, 404].contains(&preflight.status().as_u16()), "{preflight:?}");
    assert!(!preflight.headers().contains_key("access-control-allow-origin"), "{preflight:?}");
    assert!(preflight.json::<Value>().await.unwrap()["message"].is_string());
}

/// What a function logs and answers when it is invoked with `payload`, its Runtime API being ours.
async fn invoked(function: &str, settings: &[(&str, &str)], payload: &str) -> (String, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let program = root().join("target/debug").join(function);
    let mut command = tokio::process::Command::new(&program);
    command.env_clear().envs(settings.iter().copied()).envs([
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
        ("AWS_LAMBDA_FUNCTION_NAME", function),
        ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
        ("AWS_LAMBDA_LOG_GROUP_NAME", "test"),
        ("AWS_LAMBDA_LOG_STREAM_NAME", "test"),
        ("AWS_LAMBDA_RUNTIME_API", address.as_str()),
        ("AWS_REGION", "ap-southeast-1"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
    ]);
    command
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .kill_on_drop(true);
    let mut process =
        command.spawn().unwrap_or_else(|error| panic!("{}: {error}", program.display()));
    let mut asked = String::new();
    // It asks for work, and then tells what came of it.
    for answer in [
        format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\
             lambda-runtime-aws-request-id: 1\r\nlambda-runtime-deadline-ms: 4102444800000\r\n\
             lambda-runtime-invoked-function-arn: arn\r\n\r\n{payload}",
            payload.len()
        ),
        "HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".to_owned(),
    ] {
        let (mut stream, _) =
            timeout(Duration::from_secs(30), listener.accept()).await.unwrap().unwrap();
        asked = whole_request(&mut stream).await;
        stream.write_all(answer.as_bytes()).await.unwrap();
        stream.shutdown().await.unwrap();
    }
    process.start_kill().unwrap();
    let ended = process.wait_with_output().await.unwrap();
    (String::from_utf8_lossy(&[ended.stdout, ended.stderr].concat()).into_owned(), asked)
}

/// A request with its body, as far as it says how long that is.
async fn whole_request(stream: &mut tokio::net::TcpStream) -> String {
    let (mut text, mut part) = (String::new(), [0; 4096]);
    loop {
        let read = timeout(Duration::from_secs(30), stream.read(&mut part)).await.unwrap().unwrap();
        text.push_str(&String::from_utf8_lossy(&part[..read]));
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let head = head.to_ascii_lowercase();
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok());
        if read == 0 || body.len() >= length.unwrap_or(0) {
            return text;
        }
    }
}

#[tokio::test]
async fn a_token_that_is_invoked_in_the_wrong_form_stands_in_no_log_and_no_answer() {
    let settings = [
        ("ACCOUNTS_TABLE", "accounts"),
        ("GATEWAY_TIMEOUT_MS", "1000"),
        ("ZALO_LOGIN_URL", "http://localhost:9"),
        ("ZALO_APP_ID", "1"),
        ("ZALO_APP_SECRET", "secret"),
    ];
    for payload in [
        r#""planted-4711""#,
        r#"["planted-4711"]"#,
        r#"{"planted-4711": 1}"#,
        r#"{"refreshToken": ["planted-4711"]}"#,
    ] {
        let (log, told) = invoked("refresh-token", &settings, payload).await;
        assert!(told.starts_with("POST") && told.contains("/error"), "{payload}: {told}");
        assert!(told.contains("break rules"), "{payload}: {told}");
        assert!(!log.contains("4711") && !told.contains("4711"), "{payload}: {log}\n{told}");
    }
}
