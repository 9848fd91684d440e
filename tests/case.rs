//! What was handed in, in the hands of those who decide on it and of its owner; and who has read
//! it.

use aws_lambda_events::apigw::ApiGatewayV2httpResponse;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::support::call::{
    AGENCY, Answer, CITIZEN, Call, PROCEDURE, submission, submission_for, submit_event,
    with_outcome,
};
use crate::support::world::{NOW, World, at};

/// The agency that the dossiers here are forwarded to.
const HANDLER: &str = "H20.12";
/// An agency that has nothing to do with them.
const STRANGER: &str = "H20.09";
/// Another citizen.
const NEIGHBOUR: &str = "087199000001";

fn minutes(after: i64) -> Timestamp {
    at(NOW) + SignedDuration::from_mins(after)
}

async fn handed_in(world: &World) -> String {
    Call::submit("k").at_submit(&world.intake, world, at(NOW)).await.code()
}

async fn act(world: &World, agency: &str, code: &str, (action, version): (&str, u64)) {
    let reason = "thiếu giấy chứng sinh";
    let mut body = json!({ "action": action, "expectedVersion": version, "reason": reason });
    if action == "forward" {
        body["toAgency"] = HANDLER.into();
    }
    let call = Call::transition(code, action, version).officer(agency).body(&with_outcome(body));
    let answer = call.at_change(&world.dossiers, world, at(NOW)).await;
    assert_eq!(answer.status, 200, "{agency} {action}: {}", answer.body);
}

fn case(code: &str) -> Call {
    Call::new("GET /v1/dossiers/{code}/case").code(code)
}

fn reads(code: &str) -> Call {
    Call::new("GET /v1/dossiers/{code}/reads").code(code)
}

async fn answer(world: &World, call: Call) -> Answer {
    call.at_case(world, at(NOW)).await.into()
}

async fn reads_recorded(world: &World) -> usize {
    world.count("ReadsTable").await
}

fn header<'a>(response: &'a ApiGatewayV2httpResponse, name: &str) -> &'a str {
    response.headers.get(name).map_or("", |value| value.to_str().unwrap())
}

#[tokio::test]
async fn an_officer_reads_what_was_handed_in_and_what_they_may_do_next() {
    let world = World::new().await;
    let code = handed_in(&world).await;
    act(&world, AGENCY, &code, ("receive", 1)).await;
    let seen = answer(&world, case(&code).officer(AGENCY)).await;
    let (sent, body) = (submission(), &seen.body);
    assert_eq!((seen.status, &body["version"], &body["status"]), (200, &json!(2), &json!(2)));
    assert_eq!(
        body["applicant"],
        json!({
            "kind": "citizen", "fullName": sent["applicant"]["fullName"], "idKind": "citizen-id",
            "idNumber": CITIZEN, "phone": "+84912345678",
        })
    );
    let documents = sent["documents"].as_array().unwrap().iter().map(|document| {
        json!({
            "code": document["code"], "name": document["name"], "version": 1, "inspection": "not-ours",
            "source": { "kind": "reference", "url": document["url"], "sha256": document["sha256"] },
        })
    });
    assert_eq!(body["documents"], documents.collect::<Value>());
    assert_eq!((&body["procedure"], &body["procedureVersion"]), (&json!(PROCEDURE), &json!(1)));
    let needs = |action: &str| {
        let next = body["next"].as_array().unwrap().iter();
        next.clone().find(|next| next["action"] == action).map(|next| next["needs"].clone())
    };
    assert_eq!(needs("process"), Some(json!([])));
    assert_eq!(needs("request-supplement"), Some(json!(["reason"])));
    assert_eq!(needs("apologise"), Some(json!(["reason", "newDueOn"])));
    assert_eq!(needs("forward"), Some(json!(["toAgency"])));
    assert_eq!(needs("receive"), None, "it is received");
}

#[tokio::test]
async fn who_has_the_documents_is_in_the_case() {
    let world = World::new().await;
    let ours = handed_in(&world).await;
    let theirs = format!("{AGENCY}-261117-9000001");
    let mut event = submit_event("e1", NOW, Some(&theirs));
    (event["data"]["documents"], event["data"]["documentsWithSender"]) = (json!([]), true.into());
    let (event, now) = (event.to_string(), at(NOW));
    ingest_event::ingest(&event, &world.dossiers, &world.intake, &world.catalogue, now)
        .await
        .unwrap();
    for (code, has) in [(ours, "us"), (theirs, "sender")] {
        let seen = answer(&world, case(&code).officer(AGENCY)).await;
        assert_eq!((seen.status, &seen.body["documentsKeptBy"]), (200, &json!(has)), "{code}");
    }
}

#[tokio::test]
async fn of_a_document_on_paper_the_case_says_what_it_is_and_who_took_it() {
    let world = World::new().await;
    let mut body = submission();
    body["channel"] = "counter".into();
    let code = body["documents"][0]["code"].clone();
    body["documents"][0] = json!({ "code": code, "paper": "original" });
    let dossier = Call::submit("k").body(&body).at_submit(&world.intake, &world, at(NOW)).await;
    let seen = answer(&world, case(&dossier.code()).officer(AGENCY)).await;
    assert_eq!(
        seen.body["documents"][0],
        json!({
            "code": code, "version": 1,
            "source": { "kind": "paper", "form": "original", "receivedBy": { "role": "portal" } },
        })
    );
}

#[tokio::test]
async fn a_supplement_brings_what_was_asked_for_and_the_case_and_the_history_show_both() {
    let world = World::new().await;
    let code = handed_in(&world).await;
    let document = submission()["documents"][1].clone();
    let asked = json!([{ "code": document["code"], "reason": "Ảnh chụp không đọc được" }]);
    let change = async |call: Call, body: Value| {
        call.body(&body).at_change(&world.dossiers, &world, at(NOW)).await
    };
    let officer = || Call::transition(&code, "", 0).officer(AGENCY);
    let citizen = || Call::transition(&code, "", 0).citizen(CITIZEN);
    let mut request = json!({
        "action": "request-supplement", "expectedVersion": 1, "reason": "Thiếu giấy tờ",
        "askedFor": [{ "code": "XX", "reason": "Không có" }],
    });
    let refused = change(officer(), request.clone()).await;
    assert_eq!(refused.broken(), ("askedFor[0].code", "known-document"));
    request["askedFor"] = asked.clone();
    assert_eq!(change(officer(), request).await.status, 200);

    let seen = answer(&world, case(&code).citizen(CITIZEN)).await.body;
    assert_eq!(seen["supplements"][0]["askedFor"], asked);
    let next = seen["next"].as_array().unwrap().iter();
    let needs: Vec<_> = next.filter(|next| next["action"] == "supplement").collect();
    assert_eq!(needs, [&json!({ "action": "supplement", "needs": ["documents"] })]);

    let mut brought = json!({ "action": "supplement", "expectedVersion": 2 });
    let refused = change(citizen(), brought.clone()).await;
    assert_eq!(refused.broken(), ("documents", "asked-document"));
    for (document, expected) in [
        (json!({ "code": "XX", "paper": "copy" }), ("documents", "asked-document")),
        (
            json!({ "code": document["code"], "paper": "copy" }),
            ("documents[0].paper", "paper-document"),
        ),
        (
            json!({ "code": document["code"], "name": "a", "sha256": document["sha256"], "url": "https://evil.example/a" }),
            ("documents[0].url", "document-host"),
        ),
        (json!({ "code": document["code"], "name": "a" }), ("documents[0].sha256", "required")),
    ] {
        brought["documents"] = json!([document]);
        assert_eq!(change(citizen(), brought.clone()).await.broken(), expected, "{document}");
    }
    brought["documents"] = json!([document]);
    let came = change(citizen(), brought).await;
    assert_eq!(came.status, 200, "{}", came.body);

    let seen = answer(&world, case(&code).officer(AGENCY)).await.body;
    let versions: Vec<_> = seen["documents"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|shown| shown["code"] == document["code"])
        .map(|shown| shown["version"].as_u64().unwrap())
        .collect();
    assert_eq!(versions, [1, 3]);
    let history = Call::new("GET /v1/dossiers/{code}/history").code(&code).citizen(CITIZEN);
    let history = history.at_track(&world).await.body["history"].take();
    assert_eq!(history[1]["askedFor"], asked);
    assert_eq!(history[2]["documents"], json!([document["code"]]));
}

#[tokio::test]
async fn what_was_asked_for_and_what_came_is_in_the_case() {
    let world = World::new().await;
    let code = handed_in(&world).await;
    act(&world, AGENCY, &code, ("receive", 1)).await;
    act(&world, AGENCY, &code, ("request-supplement", 2)).await;
    let asked = answer(&world, case(&code).officer(AGENCY)).await.body["supplements"].take();
    let expected = json!({
        "version": 3, "askedAt": NOW, "askedBy": AGENCY, "reason": "thiếu giấy chứng sinh",
    });
    assert_eq!(asked, json!([expected]));
    act(&world, AGENCY, &code, ("supplement", 3)).await;
    act(&world, AGENCY, &code, ("process", 4)).await;
    act(&world, AGENCY, &code, ("finish", 5)).await;
    let seen = answer(&world, case(&code).citizen(CITIZEN)).await.body;
    let came = json!({ "version": 4, "at": NOW, "by": "officer" });
    assert_eq!(seen["supplements"][0]["came"], came);
    assert_eq!(
        (&seen["results"][0]["action"], &seen["results"][0]["version"]),
        (&json!("finish"), &json!(6))
    );
}

#[tokio::test]
async fn owner_portal_and_the_agencies_see_the_case_and_to_others_it_is_an_unknown_code() {
    let world = World::new().await;
    let code = handed_in(&world).await;
    act(&world, AGENCY, &code, ("receive", 1)).await;
    act(&world, AGENCY, &code, ("forward", 2)).await;
    let seen = case(&code);
    for call in [
        seen.clone().citizen(CITIZEN),
        seen.clone().portal(),
        seen.clone().officer(AGENCY),
        seen.clone().officer(HANDLER),
    ] {
        assert_eq!(answer(&world, call).await.status, 200);
    }
    let unknown = |call: Call| call.id("same");
    for who in [|call: Call| call.citizen(NEIGHBOUR), |call: Call| call.officer(STRANGER)] {
        let hidden = answer(&world, unknown(who(case(&code)))).await;
        let absent = answer(&world, unknown(who(case("H20.03-261117-9999")))).await;
        assert_eq!((hidden.status, hidden.problem()), (404, "dossier-not-found"));
        assert_eq!(hidden, absent);
    }
    for call in [case(&code).administrator(), case(&code).auditor()] {
        assert_eq!(answer(&world, call).await.status, 403);
    }
    assert_eq!(answer(&world, case(&code).nobody()).await.status, 401);
    assert_eq!(reads_recorded(&world).await, 4, "of those who saw it, and of no others");
}

#[tokio::test]
async fn who_handed_it_back_sees_nothing_later_and_who_did_nothing_sees_nothing() {
    let world = World::new().await;
    let code = handed_in(&world).await;
    act(&world, AGENCY, &code, ("receive", 1)).await;
    act(&world, AGENCY, &code, ("forward", 2)).await;
    act(&world, HANDLER, &code, ("hand-back", 3)).await;
    act(&world, AGENCY, &code, ("request-supplement", 4)).await;
    let former = answer(&world, case(&code).officer(HANDLER)).await.body;
    assert_eq!((&former["version"], &former["status"]), (&json!(4), &json!(4)));
    assert_eq!((&former["supplements"], &former["next"]), (&json!([]), &json!([])));

    let other = Call::submit("other").at_submit(&world.intake, &world, at(NOW)).await.code();
    act(&world, AGENCY, &other, ("receive", 1)).await;
    act(&world, AGENCY, &other, ("forward", 2)).await;
    act(&world, AGENCY, &other, ("recall", 3)).await;
    assert_eq!(answer(&world, case(&other).officer(HANDLER)).await.status, 404);
}

#[tokio::test]
async fn the_tag_is_the_version_and_what_is_known_is_neither_shown_nor_recorded() {
    let world = World::new().await;
    let code = handed_in(&world).await;
    let first = case(&code).officer(AGENCY).at_case(&world, at(NOW)).await;
    assert_eq!(
        (header(&first, "etag"), header(&first, "cache-control")),
        ("\"1\"", "private, no-store")
    );
    assert_eq!(header(&first, "vary"), "authorization", "another in the same browser asks anew");
    let again = case(&code).officer(AGENCY).header("if-none-match", "\"1\"");
    let known = again.clone().at_case(&world, at(NOW)).await;
    assert_eq!((known.status_code, header(&known, "etag")), (304, "\"1\""));
    assert_eq!(Answer::from(known).body, Value::Null);
    assert_eq!(reads_recorded(&world).await, 1);
    act(&world, AGENCY, &code, ("receive", 1)).await;
    assert_eq!(answer(&world, again).await.body["version"], 2);
    // A stranger learns nothing from a tag.
    let guessed = case(&code).officer(STRANGER).header("if-none-match", "\"2\"");
    assert_eq!(answer(&world, guessed).await.status, 404);
}

#[tokio::test]
async fn a_read_that_cannot_be_recorded_is_not_answered() {
    let world = World::new().await;
    let code = handed_in(&world).await;
    world.client.delete_table().table_name("ReadsTable").send().await.unwrap();
    let refused = answer(&world, case(&code).officer(AGENCY)).await;
    assert_eq!((refused.status, refused.problem()), (503, "unavailable"));
    assert!(!refused.body.to_string().contains(CITIZEN), "{}", refused.body);
}

#[tokio::test]
async fn the_owner_sees_agency_and_time_of_each_read_and_an_auditor_everything_but_the_content() {
    let world = World::new().await;
    let code = handed_in(&world).await;
    let by = |call: Call, id: &str, after| call.id(id).at_case(&world, minutes(after));
    assert_eq!(by(case(&code).officer(AGENCY), "r1", 1).await.status_code, 200);
    assert_eq!(by(case(&code).citizen(CITIZEN), "r2", 2).await.status_code, 200);
    let own = answer(&world, reads(&code).citizen(CITIZEN)).await.body;
    let citizen = json!({ "at": "2026-11-17T02:02:00Z", "role": "citizen", "what": "case" });
    let officer = json!({
        "at": "2026-11-17T02:01:00Z", "role": "officer", "agency": AGENCY, "what": "case",
    });
    assert_eq!(own, json!({ "code": code, "items": [citizen, officer] }));

    let page = answer(&world, reads(&code).citizen(CITIZEN).query("limit", "1")).await.body;
    let cursor = URL_SAFE_NO_PAD.decode(page["nextCursor"].as_str().unwrap()).unwrap();
    let cursor = String::from_utf8(cursor).unwrap();
    for hidden in ["r1", "r2", "officer", "citizen-1"] {
        assert!(!cursor.contains(hidden), "the owner's cursor tells {hidden}: {cursor}");
    }

    let first = answer(&world, reads(&code).auditor().query("limit", "1")).await.body;
    let cursor = first["nextCursor"].as_str().unwrap();
    let rest = reads(&code).auditor().query("limit", "1").query("cursor", cursor);
    let audited = answer(&world, rest).await.body["items"][0].take();
    let mut expected = officer;
    expected["reader"] = format!("officer@{AGENCY}").into();
    expected["version"] = 1.into();
    expected["request"] = "r1".into();
    assert_eq!(audited, expected);

    for call in [
        reads(&code).citizen(NEIGHBOUR),
        reads(&code).officer(AGENCY),
        reads("H20.03-261117-9999").auditor(),
    ] {
        assert_eq!(answer(&world, call).await.status, 404);
    }
    assert_eq!(reads_recorded(&world).await, 2, "who looks at the list has read no content");
}

#[tokio::test]
async fn what_is_recorded_of_a_read_holds_nothing_of_what_was_read() {
    let world = World::new().await;
    let code = handed_in(&world).await;
    for call in [case(&code).officer(AGENCY), case(&code).citizen(CITIZEN)] {
        assert_eq!(answer(&world, call).await.status, 200);
    }
    let rows = world.client.scan().table_name("ReadsTable").send().await.unwrap();
    let rows = format!("{:?}", rows.items.unwrap());
    assert!(rows.contains(&code) && rows.contains("citizen-1"));
    let sent = submission();
    let (person, document) = (&sent["applicant"], &sent["documents"][0]);
    for personal in [&person["fullName"], &person["idNumber"], &document["name"], &document["url"]]
    {
        assert!(!rows.contains(personal.as_str().unwrap()), "{personal}");
    }
    assert!(!rows.contains("912345678"), "the telephone number");
}

/// The codes and requests of a list of reads over all dossiers.
async fn audited(world: &World, query: &[(&str, &str)]) -> Vec<String> {
    let mut call = Call::new("GET /v1/reads").auditor().query("limit", "1");
    for (name, value) in query {
        call = call.query(name, value);
    }
    let mut found = Vec::new();
    for _ in 0..20 {
        let page = answer(world, call.clone()).await;
        assert_eq!(page.status, 200, "{}", page.body);
        let word = |read: &Value, field: &str| read[field].as_str().unwrap().to_owned();
        let items = page.body["items"].as_array().unwrap();
        found.extend(items.iter().map(|read| word(read, "request") + " " + &word(read, "code")));
        let Some(cursor) = page.body["nextCursor"].as_str() else { return found };
        call = call.query("cursor", cursor);
    }
    panic!("the list does not end");
}

#[tokio::test]
async fn an_auditor_lists_what_an_officer_read_and_what_was_read_on_a_day_of_viet_nam() {
    let world = World::new().await;
    let one = handed_in(&world).await;
    let two = Call::submit("two").at_submit(&world.intake, &world, at(NOW)).await.code();
    // The last is on the next day in Viet Nam, and on the same one in the clock of the table.
    let seen = [
        (case(&one).officer(AGENCY), "r1", at("2026-11-17T02:01:00Z")),
        (case(&two).citizen(CITIZEN), "r2", at("2026-11-17T02:02:00Z")),
        (case(&two).officer(AGENCY), "r3", at("2026-11-17T17:00:00Z")),
    ];
    for (call, id, when) in seen {
        assert_eq!(call.id(id).at_case(&world, when).await.status_code, 200);
    }
    let (officer, r1) = (format!("officer@{AGENCY}"), format!("r1 {one}"));
    let (r2, r3) = (format!("r2 {two}"), format!("r3 {two}"));
    let tuesday = ("day", "2026-11-17");
    assert_eq!(audited(&world, &[("officer", &officer)]).await, [r3.clone(), r1.clone()]);
    assert_eq!(audited(&world, &[("officer", &officer), tuesday]).await, std::slice::from_ref(&r1));
    assert_eq!(audited(&world, &[tuesday]).await, [r2.clone(), r1.clone()]);
    assert_eq!(audited(&world, &[("day", "2026-11-18")]).await, [r3]);
    assert_eq!(audited(&world, &[]).await, [r2, r1], "today");
    let refused = answer(&world, Call::new("GET /v1/reads").officer(AGENCY)).await;
    assert_eq!((refused.status, refused.problem()), (403, "forbidden"));
}

#[tokio::test]
async fn a_page_goes_on_in_its_own_list_of_reads_alone() {
    let world = World::new().await;
    let code = handed_in(&world).await;
    for id in ["r1", "r2"] {
        let call = case(&code).officer(AGENCY).id(id);
        assert_eq!(call.at_case(&world, at(NOW)).await.status_code, 200);
    }
    let call = Call::new("GET /v1/reads").auditor().query("limit", "1");
    let first = answer(&world, call.clone()).await;
    let cursor = first.body["nextCursor"].as_str().unwrap();
    for (name, value) in [("day", "2026-11-18"), ("officer", "somebody-else")] {
        let strange = call.clone().query(name, value).query("cursor", cursor);
        let refused = answer(&world, strange).await;
        assert_eq!((refused.status, refused.broken()), (400, ("cursor", "cursor")), "{name}");
    }
}

#[tokio::test]
async fn a_case_says_what_its_agencies_and_documents_are_called() {
    let world = World::new().await;
    let code = handed_in(&world).await;
    let seen = answer(&world, case(&code).citizen(CITIZEN)).await.body;
    let named: Vec<&str> = seen["documents"]
        .as_array()
        .unwrap()
        .iter()
        .map(|document| seen["documentNames"][document["code"].as_str().unwrap()].as_str().unwrap())
        .collect();
    assert!(!named.is_empty() && named.iter().all(|name| name.len() > 3), "{named:?}");
    let agency = seen["agencyNames"][AGENCY].as_str().unwrap();
    assert!(agency.starts_with("Sở"), "{agency}");
}

#[tokio::test]
async fn a_letter_that_the_law_takes_no_more_is_not_offered() {
    let world = World::new().await;
    let call = Call::submit("k").body(&submission_for("1.013831"));
    let code = call.at_submit(&world.intake, &world, at(NOW)).await.code();
    act(&world, AGENCY, &code, ("receive", 1)).await;
    let offered = async || {
        let seen = answer(&world, case(&code).officer(AGENCY)).await.body;
        let next = seen["next"].as_array().unwrap().clone();
        next.iter().any(|next| next["action"] == "apologise")
    };
    assert!(offered().await);
    let body = json!({
        "action": "apologise", "expectedVersion": 2, "reason": "Chờ xác minh",
        "newDueOn": "2026-12-01",
    });
    let call = Call::transition(&code, "apologise", 2).officer(AGENCY).body(&body);
    let answer = call.at_change(&world.dossiers, &world, at(NOW)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert!(!offered().await);
}
