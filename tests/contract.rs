//! What the HTTP doors answer.

use serde_json::{Value, json};

use crate::support::call::{AGENCY, Answer, CITIZEN, Call, submission};
use crate::support::log::Log;
use crate::support::world::{NOW, World, at};

async fn submitted(world: &World, key: &str) -> Answer {
    Call::submit(key).at_submit(&world.intake, world, at(NOW)).await
}

#[tokio::test]
async fn a_submission_gets_a_slip_with_its_code() {
    let world = World::new().await;
    let answer = submitted(&world, "k1").await;
    let slip = json!({
        "code": format!("{AGENCY}-261117-0001"), "status": 1, "statusName": "Mới đăng ký",
        "submittedAt": "2026-11-17T02:00:00Z", "version": 1,
    });
    assert_eq!((answer.status, answer.body), (201, slip));
}

#[tokio::test]
async fn the_same_key_and_body_get_the_same_reply_and_one_dossier() {
    let world = World::new().await;
    let first = submitted(&world, "k1").await;
    let later = at("2026-11-18T02:00:00Z");
    assert_eq!(Call::submit("k1").at_submit(&world.intake, &world, later).await, first);
    assert_eq!(world.count("DossiersTable").await, 1);
}

#[tokio::test]
async fn the_same_key_with_another_body_is_refused() {
    let world = World::new().await;
    submitted(&world, "k1").await;
    let mut other = submission();
    other["documents"][0]["name"] = "another.pdf".into();
    let answer = Call::submit("k1").body(&other).at_submit(&world.intake, &world, at(NOW)).await;
    assert_eq!((answer.status, answer.problem()), (422, "idempotency-key-reused"));
}

#[tokio::test]
async fn another_account_may_use_the_same_key() {
    let world = World::new().await;
    submitted(&world, "k1").await;
    let answer =
        Call::submit("k1").citizen(CITIZEN).at_submit(&world.intake, &world, at(NOW)).await;
    assert_eq!((answer.status, answer.code()), (201, format!("{AGENCY}-261117-0002")));
}

#[tokio::test]
async fn a_missing_key_is_refused() {
    let world = World::new().await;
    let call = Call::submit("k1").without_header("idempotency-key");
    let answer = call.at_submit(&world.intake, &world, at(NOW)).await;
    assert_eq!((answer.status, answer.problem()), (400, "missing-idempotency-key"));
}

#[tokio::test]
async fn who_may_hand_in_is_decided_by_proven_claims() {
    let world = World::new().await;
    let other = "087199054321";
    for (call, expected) in [
        (Call::submit("a").portal(), 201),
        (Call::submit("b").citizen(CITIZEN), 201),
        (Call::submit("c").citizen(other), 403),
        (Call::submit("d").officer(AGENCY), 403),
        (Call::submit("e").nobody(), 401),
        (
            Call::submit("f").nobody().header("authorization", "Bearer eyJhbGciOiJub25lIn0.e30."),
            401,
        ),
        (Call::submit("g").claims(json!({ "sub": "x" })), 401),
        (Call::submit("h").claims(json!({ "sub": "x", "role": "king" })), 403),
        (Call::submit("i").claims(json!({ "sub": "x", "role": "citizen" })), 401),
    ] {
        let answer = call.at_submit(&world.intake, &world, at(NOW)).await;
        assert_eq!(answer.status, expected, "{}", answer.body);
    }
}

/// What was brought to the counter of the agency.
fn brought() -> Value {
    let mut body = submission();
    body["channel"] = "counter".into();
    body
}

#[tokio::test]
async fn an_officer_of_the_counter_takes_in_what_is_brought_to_their_agency_under_their_name() {
    let world = World::new().await;
    let call = Call::submit("a").clerk(AGENCY).body(&brought());
    let slip = call.at_submit(&world.intake, &world, at(NOW)).await;
    assert_eq!(slip.status, 201, "{}", slip.body);
    let entry = &world.dossier(&slip.code()).await.history[0];
    let signed = serde_json::to_value(&entry.by).unwrap();
    let clerk = json!({ "role": "officer", "id": format!("clerk@{AGENCY}"), "agency": AGENCY });
    assert_eq!(signed, clerk);
    let history = || Call::new("GET /v1/dossiers/{code}/history").code(&slip.code());
    let first = history().citizen(CITIZEN).at_track(&world).await.body["history"][0].take();
    assert_eq!((&first["byRole"], &first["byAgency"]), (&json!("officer"), &json!(AGENCY)));
    assert_eq!(
        first["byAccount"],
        Value::Null,
        "who it was is nobody's business but their agency's"
    );
    let colleague = history().officer(AGENCY).at_track(&world).await;
    assert_eq!(colleague.body["history"][0]["byAccount"], format!("clerk@{AGENCY}"));
}

#[tokio::test]
async fn only_the_counter_of_the_agency_itself_takes_in_and_only_what_came_on_paper() {
    let world = World::new().await;
    let online = submission();
    let mut postal = brought();
    postal["channel"] = "postal".into();
    let claims = |counter: &str| json!({ "sub": "x", "role": "officer", "agency": AGENCY, "counter": counter });
    for (call, body, expected) in [
        (Call::submit("a").clerk(AGENCY), &postal, 201),
        (Call::submit("b").clerk(AGENCY), &online, 403),
        (Call::submit("c").clerk("H20.12"), &brought(), 403),
        (Call::submit("d").officer(AGENCY), &brought(), 403),
        (Call::submit("e").claims(claims("false")), &brought(), 403),
        (Call::submit("f").claims(claims("yes")), &brought(), 401),
    ] {
        let answer = call.body(body).at_submit(&world.intake, &world, at(NOW)).await;
        assert_eq!(answer.status, expected, "{}", answer.body);
    }
    assert_eq!(world.count("DossiersTable").await, 1);
}

/// A submission with one thing changed, and which field and rule the answer must name.
async fn refused(change: impl FnOnce(&mut Value), field: &str, rule: &str) {
    let world = World::new().await;
    let mut body = submission();
    change(&mut body);
    let answer = Call::submit("k").body(&body).at_submit(&world.intake, &world, at(NOW)).await;
    assert_eq!((answer.status, answer.problem()), (400, "invalid-request"), "{}", answer.body);
    assert_eq!(answer.broken(), (field, rule), "{}", answer.body);
    assert_eq!(world.count("DossiersTable").await, 0);
}

#[tokio::test]
async fn every_bad_field_is_named_with_its_rule() {
    refused(|body| body["colour"] = "red".into(), "colour", "unknown-field").await;
    refused(|body| body["applicant"]["age"] = 3.into(), "applicant.age", "unknown-field").await;
    refused(|body| body["procedure"] = 1.into(), "procedure", "type").await;
    refused(|body| body["procedure"] = "khai sinh".into(), "procedure", "procedure-code").await;
    refused(|body| body["procedure"] = "9.999999".into(), "procedure", "known-procedure").await;
    refused(|body| body["agency"] = "sở".into(), "agency", "agency-code").await;
    refused(|body| body["agency"] = "H01.99".into(), "agency", "known-agency").await;
    refused(|body| body["channel"] = "fax".into(), "channel", "known-value").await;
    refused(|body| body["applicant"]["phone"] = "113".into(), "applicant.phone", "mobile-phone")
        .await;
    refused(
        |body| body["applicant"]["phone"] = "0273387258".into(),
        "applicant.phone",
        "mobile-phone",
    )
    .await;
    refused(
        |body| body["applicant"]["idNumber"] = "123".into(),
        "applicant.idNumber",
        "citizen-id",
    )
    .await;
    let business = |body: &mut Value| {
        body["applicant"]["kind"] = "business".into();
        body["applicant"]["idNumber"] = "031234567".into();
    };
    refused(business, "applicant.idNumber", "business-id").await;
    refused(|body| body["applicant"]["fullName"] = " ".into(), "applicant.fullName", "full-name")
        .await;
    refused(|body| body["applicant"]["email"] = "nobody".into(), "applicant.email", "email").await;
    refused(|body| body["documents"][0]["sha256"] = "00".into(), "documents[0].sha256", "sha256")
        .await;
    refused(
        |body| body["documents"][0]["url"] = "file:///x".into(),
        "documents[0].url",
        "https-url",
    )
    .await;
    let many = |body: &mut Value| body["documents"] = vec![body["documents"][0].clone(); 51].into();
    refused(many, "documents", "documents-max").await;
    let long = |body: &mut Value| {
        body["documents"][0]["url"] = format!("https://files.example/{}", "x".repeat(2_020)).into();
        body["documents"] = vec![body["documents"][0].clone(); 50].into();
    };
    refused(long, "documents", "documents-bytes-max").await;
    refused(|body| drop(body.as_object_mut().unwrap().remove("agency")), "agency", "required")
        .await;
}

#[tokio::test]
async fn several_bad_fields_are_named_at_once() {
    let world = World::new().await;
    let mut body = submission();
    body["applicant"]["phone"] = "1".into();
    body["applicant"]["idNumber"] = "1".into();
    let answer = Call::submit("k").body(&body).at_submit(&world.intake, &world, at(NOW)).await;
    assert_eq!(answer.body["errors"].as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn an_agency_that_has_ended_names_its_successor() {
    let world = World::new().await;
    let ended =
        world.catalogue.agencies().find(|a| a.valid_to.is_some() && a.successor.is_some()).unwrap();
    let mut body = submission();
    body["agency"] = ended.code.as_str().into();
    let answer = Call::submit("k").body(&body).at_submit(&world.intake, &world, at(NOW)).await;
    assert_eq!(answer.broken(), ("agency", "agency-in-force"));
    let detail = answer.body["errors"][0]["detail"].as_str().unwrap();
    assert!(detail.contains(ended.successor.as_ref().unwrap().as_str()), "{detail}");
}

#[tokio::test]
async fn a_body_that_is_not_json_not_declared_or_too_large_is_refused() {
    let world = World::new().await;
    let large = "x".repeat(platform::http::BODY_BYTES_MAX + 1);
    for (call, status, problem) in [
        (Call::submit("a").raw("{"), 400, "malformed-body"),
        (Call::submit("b").raw(""), 400, "malformed-body"),
        (Call::submit("c").raw("{} {}"), 400, "malformed-body"),
        (Call::submit("c2").raw(" []"), 400, "invalid-request"),
        (Call::submit("d").raw(&large), 413, "body-too-large"),
        (Call::submit("e").header("content-type", "text/plain"), 415, "unsupported-media-type"),
        (Call::submit("f").header("content-type", "Application/JSON; charset=utf-8"), 201, ""),
    ] {
        let answer = call.at_submit(&world.intake, &world, at(NOW)).await;
        assert_eq!((answer.status, answer.problem()), (status, problem), "{}", answer.body);
    }
}

/// By which a certificate of origin is due.
fn rule_of_four_hours() -> Value {
    json!({ "amount": 4, "unit": "working-hour", "source": "NĐ 118/2025/NĐ-CP, read as NĐ 61/2018/NĐ-CP Đ.17" })
}

#[tokio::test]
async fn a_legal_action_gives_the_new_state() {
    let world = World::new().await;
    let code = submitted(&world, "k").await.code();
    let answer =
        Call::transition(&code, "receive", 1).at_change(&world.dossiers, &world, at(NOW)).await;
    // Received at 09:00 with a term of 4 office hours: due at 15:00, over the midday break.
    let state = json!({
        "code": code, "status": 2, "statusName": "Được tiếp nhận", "version": 2, "dueAt": "2026-11-17T08:00:00Z",
        "dueRule": rule_of_four_hours(),
    });
    assert_eq!((answer.status, answer.body), (200, state));
}

#[tokio::test]
async fn a_stale_version_is_answered_with_the_current_one() {
    let world = World::new().await;
    let code = submitted(&world, "k").await.code();
    Call::transition(&code, "receive", 1).at_change(&world.dossiers, &world, at(NOW)).await;
    let answer =
        Call::transition(&code, "process", 1).at_change(&world.dossiers, &world, at(NOW)).await;
    assert_eq!((answer.status, answer.problem()), (409, "stale-version"));
    assert_eq!(
        (&answer.body["currentVersion"], &answer.body["currentStatus"]),
        (&json!(2), &json!(2))
    );
}

#[tokio::test]
async fn an_illegal_action_names_the_status_and_what_is_allowed() {
    let world = World::new().await;
    let code = submitted(&world, "k").await.code();
    let answer =
        Call::transition(&code, "finish", 1).at_change(&world.dossiers, &world, at(NOW)).await;
    assert_eq!((answer.status, answer.problem()), (422, "illegal-transition"));
    assert_eq!(answer.body["currentStatus"], 1);
    assert_eq!(
        answer.body["allowed"],
        json!(["receive", "refuse", "request-supplement", "withdraw", "correct"])
    );
}

#[tokio::test]
async fn only_the_agency_and_where_the_law_says_so_the_applicant_may_act() {
    let world = World::new().await;
    let code = submitted(&world, "k").await.code();
    for (call, expected) in [
        (Call::transition(&code, "receive", 1).officer("H20.12"), 403),
        (Call::transition(&code, "receive", 1).portal(), 403),
        (Call::transition(&code, "receive", 1).citizen(CITIZEN), 403),
        (Call::transition(&code, "withdraw", 1).citizen("087199054321"), 403),
        (Call::transition(&code, "receive", 1).nobody(), 401),
        (Call::transition("H20.03-261117-9999", "receive", 1), 404),
        (Call::transition("nonsense", "receive", 1), 400),
        (Call::transition(&code, "withdraw", 1).citizen(CITIZEN), 200),
    ] {
        let answer = call.at_change(&world.dossiers, &world, at(NOW)).await;
        assert_eq!(answer.status, expected, "{}", answer.body);
    }
}

#[tokio::test]
async fn a_refusal_owes_a_reason() {
    let world = World::new().await;
    let code = submitted(&world, "k").await.code();
    let body = json!({ "action": "refuse", "expectedVersion": 1 });
    let answer = Call::transition(&code, "", 1)
        .body(&body)
        .at_change(&world.dossiers, &world, at(NOW))
        .await;
    assert_eq!((answer.status, answer.broken()), (400, ("reason", "reason-owed")));
}

#[tokio::test]
async fn a_repeated_command_with_its_key_is_answered_as_before() {
    let world = World::new().await;
    let code = submitted(&world, "k").await.code();
    let receive = Call::transition(&code, "receive", 1).header("idempotency-key", "r1");
    let first = receive.clone().at_change(&world.dossiers, &world, at(NOW)).await;
    Call::transition(&code, "process", 2).at_change(&world.dossiers, &world, at(NOW)).await;
    assert_eq!(receive.at_change(&world.dossiers, &world, at(NOW)).await, first);
    assert_eq!(world.dossier(&code).await.version, 3);
}

fn read(route: &'static str, code: &str) -> Call {
    Call::new(route).code(code)
}

#[tokio::test]
async fn the_public_sees_code_status_and_degree_of_completion_and_nothing_else() {
    let world = World::new().await;
    let code = submitted(&world, "k").await.code();
    Call::transition(&code, "receive", 1).at_change(&world.dossiers, &world, at(NOW)).await;
    let answer = read("GET /v1/dossiers/{code}", &code).at_track(&world).await;
    let seen = json!({
        "code": code, "status": 2, "statusName": "Được tiếp nhận",
        "completion": { "stepsDone": 1, "stepsTotal": 4, "closed": false },
    });
    assert_eq!((answer.status, answer.body), (200, seen));
    let missing = read("GET /v1/dossiers/{code}", "H20.03-261117-9999").at_track(&world).await;
    assert_eq!((missing.status, missing.problem()), (404, "dossier-not-found"));
}

#[tokio::test]
async fn the_history_is_for_the_owner_and_the_agency() {
    let world = World::new().await;
    let code = submitted(&world, "k").await.code();
    let noted = json!({ "action": "receive", "expectedVersion": 1, "note": "đã gọi điện" });
    Call::transition(&code, "", 1).body(&noted).at_change(&world.dossiers, &world, at(NOW)).await;
    let history = |call: Call| async { call.at_track(&world).await };
    let route = "GET /v1/dossiers/{code}/history";
    for (call, expected) in [
        (read(route, &code).officer(AGENCY), 200),
        (read(route, &code).citizen(CITIZEN), 200),
        (read(route, &code).portal(), 200),
        (read(route, &code).officer("H20.12"), 403),
        (read(route, &code).citizen("087199054321"), 403),
        (read(route, &code).nobody(), 401),
    ] {
        assert_eq!(history(call).await.status, expected);
    }
    let officer = history(read(route, &code).officer(AGENCY)).await.body;
    let owner = history(read(route, &code).citizen(CITIZEN)).await.body;
    assert_eq!(officer["history"][1]["note"], "đã gọi điện");
    assert_eq!(owner["history"][1]["note"], Value::Null);
    let text = officer.to_string();
    assert!(
        !text.contains("Trần") && !text.contains(CITIZEN) && !text.contains("912345678"),
        "{text}"
    );
}

#[tokio::test]
async fn the_worklist_is_the_agencys_own_paged_and_by_due_date() {
    let world = World::new().await;
    for number in 0..5 {
        let code = submitted(&world, &format!("k{number}")).await.code();
        if number % 2 == 0 {
            Call::transition(&code, "receive", 1).at_change(&world.dossiers, &world, at(NOW)).await;
        }
    }
    let mut codes = Vec::new();
    let mut call = Call::new("GET /v1/dossiers").officer(AGENCY).query("limit", "2");
    for _ in 0..10 {
        let page = call.clone().at_track(&world).await;
        assert_eq!(page.status, 200, "{}", page.body);
        codes
            .extend(page.body["items"].as_array().unwrap().iter().map(|item| item["code"].clone()));
        let Some(cursor) = page.body["nextCursor"].as_str() else { break };
        call = call.query("cursor", cursor);
    }
    let line = |sequence: u32| json!(format!("{AGENCY}-261117-{sequence:04}"));
    assert_eq!(codes, [2, 4, 1, 3, 5].map(line), "registered first, then received");
    let received =
        Call::new("GET /v1/dossiers").officer(AGENCY).query("status", "2").at_track(&world).await;
    assert_eq!(received.body["items"].as_array().map(Vec::len), Some(3));
    let due = |day: &str| {
        Call::new("GET /v1/dossiers").officer(AGENCY).query("status", "2").query("dueBefore", day)
    };
    assert_eq!(due("2026-11-17").at_track(&world).await.body["items"], json!([]));
    assert_eq!(
        due("2026-11-18").at_track(&world).await.body["items"].as_array().map(Vec::len),
        Some(3)
    );
    let elsewhere = Call::new("GET /v1/dossiers").officer("H20.12").at_track(&world).await;
    assert_eq!(elsewhere.body["items"], json!([]));
}

#[tokio::test]
async fn the_worklist_is_for_officers_and_takes_only_what_it_knows() {
    let world = World::new().await;
    let list = || Call::new("GET /v1/dossiers").officer(AGENCY);
    for (call, status, broken) in [
        (list().portal(), 403, ""),
        (list().nobody(), 401, ""),
        (list().query("status", "11"), 400, "status"),
        (list().query("limit", "0"), 400, "limit"),
        (list().query("limit", "201"), 400, "limit"),
        (list().query("dueBefore", "mai"), 400, "dueBefore"),
        (list().query("cursor", "x"), 400, "cursor"),
        // "2|2026-11-20#H20.03-261117-0001", beyond the end of the list asked for.
        (
            list()
                .query("cursor", "MnwyMDI2LTExLTIwI0gyMC4wMy0yNjExMTctMDAwMQ")
                .query("dueBefore", "2026-11-19"),
            400,
            "cursor",
        ),
        (list().query("phone", "0912345678"), 400, "phone"),
    ] {
        let answer = call.at_track(&world).await;
        assert_eq!((answer.status, answer.broken().0), (status, broken), "{}", answer.body);
    }
}

// NĐ 61/2018 Đ.17: the slip of receipt says when the result is due; here it says by which rule too.
#[tokio::test]
async fn whoever_receives_and_whoever_reads_the_history_is_shown_the_rule_behind_the_due_date() {
    let world = World::new().await;
    let code = submitted(&world, "k1").await.code();
    let receive = || Call::transition(&code, "receive", 1).header("idempotency-key", "r1");
    let rule = rule_of_four_hours();
    let answer = receive().at_change(&world.dossiers, &world, at(NOW)).await;
    assert_eq!((answer.status, &answer.body["dueRule"]), (200, &rule));
    let process =
        Call::transition(&code, "process", 2).at_change(&world.dossiers, &world, at(NOW)).await;
    assert_eq!((process.status, process.body.get("dueRule")), (200, None), "work starts no clock");
    assert_eq!(
        receive().at_change(&world.dossiers, &world, at(NOW)).await,
        answer,
        "a repetition says the same"
    );
    let history = Call::new("GET /v1/dossiers/{code}/history").code(&code).officer(AGENCY);
    let history = history.at_track(&world).await.body;
    assert_eq!(history["dueRule"], rule);
    let steps = history["history"].as_array().unwrap().iter();
    let named: Vec<Option<&Value>> = steps.map(|step| step.get("dueRule")).collect();
    assert_eq!(named, [None, Some(&rule), None]);
    Call::transition(&code, "request-supplement", 3)
        .at_change(&world.dossiers, &world, at(NOW))
        .await;
    let asked = Call::new("GET /v1/dossiers/{code}/history")
        .code(&code)
        .officer(AGENCY)
        .at_track(&world)
        .await
        .body;
    assert_eq!((asked.get("dueAt"), asked.get("dueRule")), (None, None), "no date, no rule");
}

#[tokio::test]
async fn a_due_date_in_a_year_without_a_calendar_names_the_year_and_changes_nothing() {
    let world = World::new().await;
    // An hour and a half before offices close for the year; a certificate of origin takes four.
    let evening = at("2026-12-31T08:30:00Z");
    let code = Call::submit("k1").at_submit(&world.intake, &world, evening).await.code();
    let log = Log::kept();
    let answer =
        Call::transition(&code, "receive", 1).at_change(&world.dossiers, &world, evening).await;
    assert_eq!(
        (answer.status, answer.problem(), &answer.body["year"]),
        (500, "calendar-missing", &json!(2027))
    );
    assert_eq!(world.dossier(&code).await.version, 1);
    let [line] = &log.errors()[..] else { panic!("one line is expected") };
    assert_eq!(line["cause"], "the working calendar has no data for 2027");
}
