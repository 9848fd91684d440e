//! The deployed stack: `infra/template.yaml` as it stands, each function under its own role.

mod frontend;
mod gateways;
mod matrix;
mod operators;
mod paying;
mod secrets;
mod uploading;

use std::time::Duration;

use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use platform::gateway::Gateway;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::call::{
    AGENCY, CITIZEN, documents, submission, submit_event, transition_event,
};
use crate::support::stack::{Stack, setting, unique, unique_phone};
use crate::support::world::at;

const DOSSIERS: &str = "/v1/dossiers";

/// Who has it calls `take-payment`, or kills it: the engine ends every process of a function with
/// one of them.
static TAKE_PAYMENT: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

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
    // As the contract wants it: where a table did not answer, the same is sent again.
    let sent = || async {
        let answer =
            stack.call(Method::POST, DOSSIERS, Some(&portal), Some(&key), body.clone()).await;
        (answer.status != 503).then_some(answer)
    };
    let calls = (0..100).map(|_| stack.until("an answer", sent));
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
    let early = stack.token(json!({ "role": "portal", "validInSeconds": 3_600 })).await;
    let for_another = stack.token(json!({ "role": "portal", "audience": "another" })).await;
    let by_another =
        stack.token(json!({ "role": "portal", "issuer": "https://another.example" })).await;
    let (head, signature) = good.rsplit_once('.').unwrap();
    let (_, claims) = head.split_once('.').unwrap();
    let turned: String = signature.chars().rev().collect();
    let headed = |header: Value| URL_SAFE_NO_PAD.encode(header.to_string());
    let unsigned = headed(json!({ "alg": "none", "typ": "JWT" }));
    // The public key as if it were a secret, and a key that the issuer does not have.
    let by_mac = headed(json!({ "alg": "HS256", "typ": "JWT" }));
    let by_stranger = headed(json!({ "alg": "RS256", "typ": "JWT", "kid": "stranger" }));
    let forged = [
        "nonsense".to_owned(),
        format!("{head}.{turned}"),
        format!("{unsigned}.{claims}."),
        format!("{unsigned}.{claims}.{signature}"),
        format!("{by_mac}.{claims}.{signature}"),
        format!("{by_stranger}.{claims}.{signature}"),
    ];
    let tokens = [expired, early, for_another, by_another].into_iter().chain(forged);
    for token in tokens.map(Some).chain([None]) {
        let token = token.as_deref();
        let answer = stack.call(Method::POST, DOSSIERS, token, Some("k"), submission()).await;
        assert_eq!(answer.status, 401, "{token:?}: {}", answer.body);
    }
    let taken = stack.get("/v1/dossiers/none/history", Some(&good)).await;
    assert_ne!(taken.status, 401, "the token that all of these are made of is one");
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
    // The submission came twice and is one change. Where the receipt was quick, one message says
    // both.
    let officer = stack.officer(AGENCY).await;
    let owed = stack.get(&format!("{DOSSIERS}/{code}/notices"), Some(&officer)).await;
    let owed = owed.body["notices"].as_array().unwrap().clone();
    let versions: Vec<u64> =
        owed.iter().map(|notice| notice["version"].as_u64().unwrap()).collect();
    assert_eq!(versions, [1, 2]);
    let merged = owed.iter().filter(|notice| notice["state"] == "merged").count();
    assert_eq!(stack.messages(&code).await.len(), 2 - merged, "{owed:?}");
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
async fn a_citizen_without_zalo_is_notified_by_sms() {
    let stack = Stack::new();
    let (body, phone) = somebody();
    stack.behave(json!({ "gateway": "zalo", "phone": phone, "code": -118 })).await;
    let portal = stack.portal().await;
    let slip = stack.call(Method::POST, DOSSIERS, Some(&portal), Some(&unique("sms")), body).await;
    let message = stack.told(&slip.code()).await;
    assert_eq!(message["gateway"], "esms", "{message}");
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
        let url = format!("{}/v1/callbacks/{door}", setting("API_URL"));
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
