//! Several agencies and one dossier: forwarding it and back, and carrying on for an agency that has
//! ended.

use std::collections::BTreeMap;

use domain::applicant::{Applicant, ApplicantKind, FullName, IdNumber, Phone};
use domain::dossier::Actor;
use domain::id::CommandId;
use domain::procedure::Channel;
use domain::submission::{DocumentsKeptBy, Submission};
use jiff::Timestamp;
use platform::catalogue::{Texts, UndecidedYears};
use platform::port::{Admission, Intake};
use platform::record::SubmissionReceipt;
use serde_json::{Value, json};

use crate::support::call::{
    AGENCY, Answer, CITIZEN, Call, PROCEDURE, submission, submission_for, transition_event,
    with_outcome,
};
use crate::support::file;
use crate::support::world::{NOW, World, at};

/// The agency that the dossiers here are forwarded to.
const HANDLER: &str = "H20.12";
/// An agency that has nothing to do with them.
const STRANGER: &str = "H20.09";

async fn received(world: &World, key: &str) -> String {
    let code = Call::submit(key).at_submit(&world.intake, world, at(NOW)).await.code();
    assert_eq!(
        act(world, AGENCY, &code, json!({ "action": "receive", "expectedVersion": 1 }))
            .await
            .status,
        200
    );
    code
}

async fn act(world: &World, agency: &str, code: &str, body: Value) -> Answer {
    act_at(world, agency, code, body, at(NOW)).await
}

async fn act_at(world: &World, agency: &str, code: &str, body: Value, now: Timestamp) -> Answer {
    Call::transition(code, "", 1)
        .officer(agency)
        .body(&body)
        .at_change(&world.dossiers, world, now)
        .await
}

fn step(action: &str, version: u64) -> Value {
    let body = json!({ "action": action, "expectedVersion": version, "reason": "theo quy định" });
    with_outcome(body)
}

fn forward(version: u64, to: &str) -> Value {
    json!({ "action": "forward", "expectedVersion": version, "toAgency": to })
}

async fn history(world: &World, agency: &str, code: &str) -> Answer {
    history_at(world, agency, code, NOW).await
}

async fn history_at(world: &World, agency: &str, code: &str, now: &str) -> Answer {
    Call::new("GET /v1/dossiers/{code}/history")
        .code(code)
        .officer(agency)
        .at_track_on(world, at(now))
        .await
}

/// The whole worklist of an agency, `limit` lines a page.
async fn worklist(
    world: &World,
    agency: &str,
    limit: u32,
    query: &[(&str, &str)],
    now: &str,
) -> Vec<Value> {
    let mut call = Call::new("GET /v1/dossiers").officer(agency).query("limit", &limit.to_string());
    for (name, value) in query {
        call = call.query(name, value);
    }
    let mut lines = Vec::new();
    for _ in 0..200 {
        let page = call.clone().at_track_on(world, at(now)).await;
        assert_eq!(page.status, 200, "{}", page.body);
        let items = page.body["items"].as_array().unwrap();
        assert!(items.len() <= limit as usize, "{items:?}");
        lines.extend(items.iter().cloned());
        let Some(cursor) = page.body["nextCursor"].as_str() else { return lines };
        call = call.query("cursor", cursor);
    }
    panic!("the worklist does not end");
}

/// Code, owner and handler of each line of a worklist; a dot for what a line does not say.
fn told(lines: &[Value]) -> Vec<String> {
    let word = |line: &Value, field: &str| line[field].as_str().unwrap_or(".").to_owned();
    lines
        .iter()
        .map(|line| ["code", "agency", "handler"].map(|field| word(line, field)).join(" "))
        .collect()
}

#[tokio::test]
async fn a_dossier_is_forwarded_worked_on_and_handed_back_and_both_agencies_see_it() {
    let world = World::new().await;
    let code = received(&world, "k").await;
    let due = world.dossier(&code).await.due_at;
    assert_eq!(act(&world, AGENCY, &code, forward(2, HANDLER)).await.body["status"], 4);

    let all = |agency| worklist(&world, agency, 50, &[], NOW);
    assert_eq!(told(&all(AGENCY).await), [format!("{code} . {HANDLER}")]);
    assert_eq!(told(&all(HANDLER).await), [format!("{code} {AGENCY} .")]);
    assert_eq!(told(&all(STRANGER).await), Vec::<String>::new());

    for (who, what, status) in [
        (STRANGER, step("suspend", 3), 403),
        (HANDLER, step("finish", 3), 403),
        (HANDLER, forward(3, STRANGER), 403),
        (AGENCY, step("hand-back", 3), 403),
        (AGENCY, forward(3, STRANGER), 422),
        (HANDLER, step("suspend", 3), 200),
        (AGENCY, step("resume", 4), 200),
        (HANDLER, step("request-supplement", 5), 200),
        (AGENCY, step("supplement", 6), 200),
        (HANDLER, step("hand-back", 7), 200),
        (HANDLER, step("suspend", 8), 403),
        (AGENCY, step("finish", 8), 200),
    ] {
        let answer = act(&world, who, &code, what.clone()).await;
        assert_eq!(answer.status, status, "{who} {what}: {}", answer.body);
    }
    assert_eq!(told(&all(HANDLER).await), Vec::<String>::new(), "it is no work of theirs any more");
    for agency in [AGENCY, HANDLER] {
        let told = history(&world, agency, &code).await;
        assert_eq!((told.status, told.body.get("handler")), (200, None), "{agency}");
        let steps = told.body["history"].as_array().unwrap();
        let handlers: Vec<Option<&str>> =
            steps.iter().map(|step| step["handler"].as_str()).collect();
        assert_eq!(handlers.iter().flatten().collect::<Vec<_>>(), [&HANDLER], "{agency}");
        assert_eq!(
            (steps[2]["handler"].as_str(), steps[7]["byAgency"].as_str()),
            (Some(HANDLER), Some(HANDLER))
        );
    }
    assert_eq!(history(&world, STRANGER, &code).await.status, 403);
    assert!(due.is_some() && world.dossier(&code).await.handler.is_none());
}

#[tokio::test]
async fn whoever_works_on_it_reads_the_officers_notes_and_where_it_lies() {
    let world = World::new().await;
    let code = received(&world, "k").await;
    let mut body = forward(2, HANDLER);
    body["note"] = "xin ý kiến".into();
    act(&world, AGENCY, &code, body).await;
    for (call, note) in [
        (Call::new("GET /v1/dossiers/{code}/history").officer(AGENCY), json!("xin ý kiến")),
        (Call::new("GET /v1/dossiers/{code}/history").officer(HANDLER), json!("xin ý kiến")),
        (Call::new("GET /v1/dossiers/{code}/history").citizen(CITIZEN), Value::Null),
    ] {
        let told = call.code(&code).at_track(&world).await.body;
        assert_eq!((&told["history"][2]["note"], &told["handler"]), (&note, &json!(HANDLER)));
    }
}

#[tokio::test]
async fn it_is_forwarded_only_to_another_agency_that_exists() {
    let world = World::new().await;
    let code = received(&world, "k").await;
    for (to, rule) in [
        ("H99", "known-agency"),
        ("H20.16", "agency-in-force"),
        ("H58.03", "agency-in-force"),
        (AGENCY, "another-agency"),
        ("sở", "format"),
    ] {
        let answer = act(&world, AGENCY, &code, forward(2, to)).await;
        assert_eq!(
            (answer.status, answer.broken()),
            (400, ("toAgency", rule)),
            "{to}: {}",
            answer.body
        );
    }
    let ended = act(&world, AGENCY, &code, forward(2, "H20.16")).await;
    assert!(
        ended.body["errors"][0]["detail"].as_str().unwrap().contains("its successor is H20.12"),
        "{}",
        ended.body
    );
    let other = json!({ "action": "process", "expectedVersion": 2, "toAgency": HANDLER });
    assert_eq!(act(&world, AGENCY, &code, other).await.broken(), ("toAgency", "forward-only"));
    let nobody = json!({ "action": "forward", "expectedVersion": 2 });
    assert_eq!(act(&world, AGENCY, &code, nobody).await.broken(), ("toAgency", "agency-owed"));
    assert_eq!(world.dossier(&code).await.version, 2);
}

#[tokio::test]
async fn a_pass_and_a_hand_back_that_are_sent_again_are_answered_as_before() {
    let world = World::new().await;
    let code = received(&world, "k").await;
    let send = |agency: &str, body: &Value| {
        let call = Call::transition(&code, "", 1)
            .officer(agency)
            .header("idempotency-key", "same")
            .body(body);
        call.at_change(&world.dossiers, &world, at(NOW))
    };
    let passed = send(AGENCY, &forward(2, HANDLER)).await;
    assert_eq!((passed.status, send(AGENCY, &forward(2, HANDLER)).await), (200, passed.clone()));
    let elsewhere = send(AGENCY, &forward(2, STRANGER)).await;
    assert_eq!((elsewhere.status, elsewhere.problem()), (422, "idempotency-key-reused"));
    let back = send(HANDLER, &step("hand-back", 3)).await;
    assert_eq!(
        (back.status, send(HANDLER, &step("hand-back", 3)).await),
        (200, back),
        "though it is not theirs now"
    );
    assert_eq!(send(AGENCY, &forward(2, HANDLER)).await, passed);
    assert_eq!(world.dossier(&code).await.version, 4);
}

#[tokio::test]
async fn a_dossier_that_is_forwarded_counts_once_and_for_its_owner() {
    let world = World::new().await;
    let code = received(&world, "k").await;
    act(&world, AGENCY, &code, forward(2, HANDLER)).await;
    let order = rollup_kpi::Order {
        day: Some("2026-11-17".parse().unwrap()),
        ..rollup_kpi::Order::default()
    };
    let counted =
        crate::support::days::night(&world, &order, at("2026-11-17T18:00:00Z")).await.unwrap();
    assert_eq!(counted.changed, 2, "one of the owner, one of the province");
    let rows = world.figures.of("2026-11-17").await.unwrap();
    let work = format!("work#{AGENCY}#{PROCEDURE}#online");
    assert_eq!(
        (rows[1].cell.to_string(), rows[1].figures.in_process, rows[0].figures.received),
        (work, 1, 1)
    );
}

// Each page is cut somewhere else; nothing is left out and nothing comes twice.
#[tokio::test]
async fn a_worklist_shows_every_dossier_once_however_it_is_paged() {
    let world = World::new().await;
    let mut expected = BTreeMap::new();
    for number in 0..3 {
        let own = received(&world, &format!("own-{number}")).await;
        expected.insert(own, ". .".to_owned());
        let mut body = submission();
        body["agency"] = STRANGER.into();
        let call = Call::submit(&format!("passed-{number}")).body(&body);
        let code = call.at_submit(&world.intake, &world, at(NOW)).await.code();
        act(&world, STRANGER, &code, step("receive", 1)).await;
        assert_eq!(act(&world, STRANGER, &code, forward(2, AGENCY)).await.status, 200);
        if number == 2 {
            act(&world, AGENCY, &code, step("suspend", 3)).await;
        }
        expected.insert(code, format!("{STRANGER} ."));
    }
    let left = received(&world, "left").await;
    act(&world, AGENCY, &left, forward(2, HANDLER)).await;
    expected.insert(left, format!(". {HANDLER}"));
    let old = left_by_a_predecessor(&world, "H58.03", "H58.03-250630-0001").await;
    expected.insert(old.clone(), "H58.03 .".to_owned());
    let whole: Vec<String> = expected.iter().map(|(code, rest)| format!("{code} {rest}")).collect();
    // The predecessor's dossier has no due date.
    let dated: Vec<String> = whole.iter().filter(|line| !line.starts_with(&old)).cloned().collect();
    let suspended: Vec<String> =
        whole.iter().filter(|line| line.starts_with("H20.09-261117-0003")).cloned().collect();
    for limit in [1, 2, 3, 4, 50] {
        for (query, wanted) in [
            (&[][..], &whole),
            (&[("dueBefore", "2026-12-31")], &dated),
            (&[("status", "8")], &suspended),
            (&[("status", "8"), ("dueBefore", "2026-12-31")], &suspended),
            (&[("status", "9")], &Vec::new()),
        ] {
            let mut lines = told(&worklist(&world, AGENCY, limit, query, NOW).await);
            lines.sort();
            assert_eq!(&lines, wanted, "{limit} a page, {query:?}");
        }
    }
}

#[tokio::test]
async fn a_cursor_opens_no_other_agency_s_desk() {
    let world = World::new().await;
    for number in 0..2 {
        let code = received(&world, &format!("k{number}")).await;
        act(&world, AGENCY, &code, forward(2, HANDLER)).await;
    }
    let list = |agency: &str| Call::new("GET /v1/dossiers").officer(agency).query("limit", "1");
    let page = list(HANDLER).at_track(&world).await;
    let cursor = page.body["nextCursor"].as_str().unwrap().to_owned();
    assert_eq!(list(HANDLER).query("cursor", &cursor).at_track(&world).await.status, 200);
    let answer = list(STRANGER).query("cursor", &cursor).at_track(&world).await;
    assert_eq!((answer.status, answer.broken()), (400, ("cursor", "cursor")));
}

/// A dossier that was handed in at an agency on its last day and has lain there since.
async fn left_by_a_predecessor(world: &World, agency: &str, code: &str) -> String {
    let submission = Submission {
        procedure: "1.001193".parse().unwrap(),
        agency: agency.parse().unwrap(),
        channel: Channel::Counter,
        ward: None,
        applicant: Applicant {
            kind: ApplicantKind::Citizen,
            full_name: FullName::try_from("Trần Thị Mẫu".to_owned()).unwrap(),
            id_number: IdNumber::try_from(CITIZEN.to_owned()).unwrap(),
            phone: Some(Phone::try_from("0912345678".to_owned()).unwrap()),
            email: None,
        },
        documents: Vec::new(),
        form: None,
        result_to: None,
        kept_by: DocumentsKeptBy::Us,
    };
    let (key, then) =
        (CommandId::try_from(format!("old-{code}")).unwrap(), at("2025-02-28T02:00:00Z"));
    let portal = Actor::Portal { id: "portal".to_owned() };
    let dossier = submission.into_dossier(
        code.parse().unwrap(),
        key.clone(),
        &portal,
        then.into(),
        &world.catalogue,
    );
    let receipt = SubmissionReceipt {
        request_hash: String::new(),
        fingerprint: None,
        not_reachable: None,
        code: dossier.code.clone(),
        submitted_at: then,
        expires_at: 4_000_000_000,
    };
    assert_eq!(world.intake.admit(&dossier, &key, &receipt).await.unwrap(), Admission::Admitted);
    code.to_owned()
}

// NQ 202/2025/QH15: Tiền Giang became part of Đồng Tháp on 1 July 2025, which begins at 17:00 UTC
// on 30 June.
#[tokio::test]
async fn from_the_day_of_the_merger_the_successor_s_officers_carry_on() {
    let world = World::new().await;
    let mut body = submission_for("2.000004");
    body["agency"] = "H58.03".into();
    let call = Call::submit("k").body(&body);
    let code = call.at_submit(&world.intake, &world, at("2025-06-27T02:00:00Z")).await.code();
    let (before, after) = ("2025-06-30T16:59:59.999Z", "2025-06-30T17:00:00Z");
    let read = |now: &'static str| {
        Call::new("GET /v1/dossiers/{code}/history")
            .code(&code)
            .officer(AGENCY)
            .at_track_on(&world, at(now))
    };
    assert_eq!(told(&worklist(&world, AGENCY, 50, &[], before).await), Vec::<String>::new());
    assert_eq!(read(before).await.status, 403);
    assert_eq!(act_at(&world, AGENCY, &code, step("receive", 1), at(before)).await.status, 403);

    assert_eq!(told(&worklist(&world, AGENCY, 50, &[], after).await), [format!("{code} H58.03 .")]);
    assert_eq!(read(after).await.status, 200);
    assert_eq!(act_at(&world, AGENCY, &code, step("receive", 1), at(after)).await.status, 200);
    let dossier = world.dossier(&code).await;
    assert_eq!(
        (dossier.agency.as_str(), dossier.code.as_str()),
        ("H58.03", code.as_str()),
        "it stays what it was"
    );
    assert_eq!(dossier.history[1].by.agency.as_ref().map(|agency| agency.as_str()), Some(AGENCY));
    let stranger = act_at(&world, HANDLER, &code, step("process", 2), at(after)).await;
    assert_eq!(stranger.status, 403);

    let back_to_itself = act_at(&world, AGENCY, &code, forward(2, AGENCY), at(after)).await;
    assert_eq!(back_to_itself.broken(), ("toAgency", "another-agency"), "{}", back_to_itself.body);
    assert_eq!(act_at(&world, AGENCY, &code, forward(2, HANDLER), at(after)).await.status, 200);
    assert_eq!(
        told(&worklist(&world, HANDLER, 50, &[], after).await),
        [format!("{code} H58.03 .")]
    );
}

// Tiền Giang: planning into finance on 1 March 2025, and finance into that of Đồng Tháp on 1 July.
#[tokio::test]
async fn a_successor_s_successor_carries_on_for_both() {
    let world = World::new().await;
    let code = left_by_a_predecessor(&world, "H58.06", "H58.06-250228-0001").await;
    for (now, first, second) in [
        ("2025-02-28T16:59:59Z", 0, 0),
        ("2025-02-28T17:00:00Z", 1, 0),
        ("2025-06-30T16:59:59Z", 1, 0),
        ("2025-06-30T17:00:00Z", 0, 1),
    ] {
        for (agency, lines) in [("H58.05", first), ("H20.05", second)] {
            let found = told(&worklist(&world, agency, 50, &[], now).await);
            assert_eq!(found, vec![format!("{code} H58.06 ."); lines], "{agency} at {now}");
        }
    }
    let (early, late) = (at("2025-06-30T16:59:59Z"), at("2025-06-30T17:00:00Z"));
    assert_eq!(act_at(&world, "H20.05", &code, step("receive", 1), early).await.status, 403);
    assert_eq!(act_at(&world, "H20.05", &code, step("receive", 1), late).await.status, 200);
}

#[tokio::test]
async fn what_one_predecessor_had_from_another_stands_once_in_their_successor_s_worklist() {
    let world = World::new().await;
    // Both became the department of agriculture and environment on 1 July 2025, one after a detour.
    let code = left_by_a_predecessor(&world, "H58.12", "H58.12-250630-0001").await;
    let june = at("2025-06-27T02:00:00Z");
    act_at(&world, "H58.12", &code, step("receive", 1), june).await;
    assert_eq!(act_at(&world, "H58.12", &code, forward(2, "H20.12"), june).await.status, 200);
    let seen = |now| worklist(&world, "H20.12", 50, &[], now);
    assert_eq!(
        told(&seen("2025-06-27T03:00:00Z").await),
        [format!("{code} H58.12 .")],
        "forwarded to it"
    );
    assert_eq!(
        told(&seen("2025-07-01T03:00:00Z").await),
        [format!("{code} H58.12 .")],
        "and its own to carry on"
    );
    let finish =
        act_at(&world, "H20.12", &code, step("finish", 3), at("2025-07-01T03:00:00Z")).await;
    assert_eq!(finish.status, 200, "owner and handler are one by now: {}", finish.body);
}

#[tokio::test]
async fn an_integrator_carries_on_like_its_agencies_officers() {
    let world = World::new().await;
    let code = left_by_a_predecessor(&world, "H58.03", "H58.03-250630-0001").await;
    let event = transition_event("e1", "2025-06-30T10:00:00Z", &code, "receive").to_string();
    let take = |now: &str| {
        ingest_event::ingest(&event, &world.dossiers, &world.intake, &world.catalogue, at(now))
    };
    assert_eq!(take("2025-06-30T16:59:59Z").await.unwrap_err().slug(), "forbidden");
    take("2025-06-30T17:00:00Z").await.unwrap();
    assert_eq!(world.dossier(&code).await.version, 2);
}

/// The department of industry and trade of Tiền Giang as if it had been divided: one procedure to
/// agriculture, one ward to finance, the rest to industry and trade as it was.
async fn divided() -> World {
    let mut agencies: Value = serde_json::from_str(&file("infra/data/agencies.json")).unwrap();
    let ended = agencies["agencies"]
        .as_array_mut()
        .unwrap()
        .iter_mut()
        .find(|agency| agency["code"] == "H58.03")
        .unwrap();
    ended["division"] = json!([
        { "successor": "H20.12", "procedures": ["2.000004"] },
        { "successor": "H20.05", "wards": ["28249"] },
    ]);
    let texts = Texts::built_in()
        .with([("agencies.json".to_owned(), agencies.to_string())].into())
        .unwrap();
    World::of(texts.assemble(UndecidedYears::Refused).unwrap().into()).await
}

#[tokio::test]
async fn what_a_divided_agency_left_lies_with_the_heir_of_its_procedure_or_ward_alone() {
    let world = divided().await;
    let heirs = ["H20.12", "H20.05", AGENCY];
    let mut codes = Vec::new();
    for (procedure, ward) in [("2.000004", None), ("1.012789", Some("28249")), ("1.012789", None)] {
        let mut body = submission_for(procedure);
        body["agency"] = "H58.03".into();
        if let Some(ward) = ward {
            body["ward"] = ward.into();
        }
        let call = Call::submit(&format!("k{}", codes.len())).body(&body);
        codes.push(call.at_submit(&world.intake, &world, at("2025-06-27T02:00:00Z")).await.code());
    }
    let after = "2025-07-01T02:00:00Z";
    for (heir, code) in heirs.iter().zip(&codes) {
        for limit in [1, 50] {
            let seen = told(&worklist(&world, heir, limit, &[], after).await);
            assert_eq!(seen, [format!("{code} H58.03 .")], "{heir}, {limit} a page");
        }
        for other in heirs.iter().filter(|other| *other != heir) {
            assert_eq!(
                act_at(&world, other, code, step("receive", 1), at(after)).await.status,
                403,
                "{other}"
            );
            assert_eq!(history_at(&world, other, code, after).await.status, 403, "{other}");
        }
        assert_eq!(
            act_at(&world, heir, code, step("receive", 1), at(after)).await.status,
            200,
            "{heir}"
        );
        let to_itself = act_at(&world, heir, code, forward(2, heir), at(after)).await;
        assert_eq!(to_itself.broken(), ("toAgency", "another-agency"), "{heir}");
    }
    // Another heir of the same agency is another agency, and gets what is forwarded to it.
    assert_eq!(
        act_at(&world, "H20.12", &codes[0], forward(2, AGENCY), at(after)).await.status,
        200
    );
    let seen = told(&worklist(&world, AGENCY, 50, &[], after).await);
    assert!(seen.len() == 2 && seen.iter().any(|line| line.starts_with(&codes[0])), "{seen:?}");
}

#[tokio::test]
async fn a_divided_agency_names_all_of_its_successors_to_who_hands_in_there() {
    let world = divided().await;
    let mut body = submission();
    body["agency"] = "H58.03".into();
    let answer = Call::submit("k").body(&body).at_submit(&world.intake, &world, at(NOW)).await;
    let detail = answer.body["errors"][0]["detail"].as_str().unwrap();
    assert!(detail.ends_with("its successors are H20.03, H20.05, H20.12"), "{detail}");
}

#[tokio::test]
async fn a_ward_is_five_digits() {
    let world = World::new().await;
    for ward in ["", "2986", "298690", "2986a", "٢٩٨٦٩"] {
        let mut body = submission();
        body["ward"] = ward.into();
        let answer = Call::submit("k").body(&body).at_submit(&world.intake, &world, at(NOW)).await;
        assert_eq!((answer.status, answer.broken()), (400, ("ward", "ward-code")), "{ward}");
    }
}
