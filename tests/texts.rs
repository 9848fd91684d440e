//! What comes through the doors however it was copied, and what does not: one text gate for HTTP
//! and the integrators' queue.

use domain::document::DocumentContent;
use domain::dossier::Dossier;
use jiff::Timestamp;
use platform::Failure;
use platform::port::{Admission, Intake};
use platform::record::SubmissionReceipt;
use platform::submission::command_id;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::support::call::{AGENCY, Answer, CITIZEN, Call, submission, submission_for};
use crate::support::log::Log;
use crate::support::teller::{accepted, changed, tell};
use crate::support::world::{NOW, Scripted, World, at};

async fn submit(world: &World, key: &str, body: &Value) -> Answer {
    Call::submit(key).body(body).at_submit(&world.intake, world, at(NOW)).await
}

/// The good submission with another value in one place.
fn with(place: &str, value: impl Into<Value>) -> Value {
    let mut body = submission();
    *body.pointer_mut(place).unwrap() = value.into();
    body
}

fn with_business(id_number: &str) -> Value {
    let mut body = with("/applicant/kind", "business");
    body["applicant"]["idNumber"] = id_number.into();
    body
}

#[tokio::test]
async fn what_is_written_in_another_way_is_stored_in_one() {
    let world = World::new().await;
    let mut body = submission();
    body["agency"] = " h20.03\n".into();
    body["procedure"] = "1.000382\u{200b}".into();
    body["ward"] = " 29 869\n".into();
    body["applicant"]["fullName"] = "  Tra\u{302}\u{300}n\u{200b} Thị\tMẫu\u{feff}".into();
    body["applicant"]["idNumber"] = "087 199 012 345".into();
    body["applicant"]["phone"] = "\u{202a}0912\u{2011}345\u{2009}678\u{202c}".into();
    body["documents"][0]["url"] = " https://FILES.example/don-de-nghi.pdf\n".into();
    body["documents"][0]["name"] = "đơn\u{ad} đề nghị.pdf ".into();
    let answer = submit(&world, "k", &body).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    let dossier = world.dossier(&answer.code()).await;
    let applicant = dossier.applicant.as_ref().unwrap();
    assert_eq!((dossier.agency.as_str(), dossier.procedure.as_str()), (AGENCY, "1.000382"));
    assert_eq!(
        (applicant.full_name.reveal(), applicant.id_number.reveal()),
        ("Trần Thị Mẫu", CITIZEN)
    );
    assert_eq!(applicant.phone.as_ref().unwrap().reveal(), "+84912345678");
    assert_eq!(dossier.ward.clone().map(String::from).as_deref(), Some("29869"));
    let DocumentContent::Reference(kept) = &dossier.documents[0].content else { panic!("paper") };
    assert_eq!(kept.url, "https://files.example/don-de-nghi.pdf");
    assert_eq!(kept.name, "đơn đề nghị.pdf");
}

#[tokio::test]
async fn what_nobody_can_have_meant_is_refused_with_the_field_and_the_rule() {
    let world = World::new().await;
    for (body, field, rule) in [
        (with("/applicant/fullName", "\u{200b}"), "applicant.fullName", "full-name"),
        (with("/applicant/fullName", "Trần\u{0}"), "applicant.fullName", "text-control"),
        (with("/applicant/fullName", "\u{202e}nầrT"), "applicant.fullName", "text-direction"),
        (with("/applicant/fullName", "Tr\u{fffd}n"), "applicant.fullName", "text-damaged"),
        (
            with("/applicant/fullName", format!("a{}", "\u{301}".repeat(150))),
            "applicant.fullName",
            "text-marks",
        ),
        (with("/applicant/idNumber", "000000000000"), "applicant.idNumber", "id-number-zeros"),
        (with("/applicant/idNumber", "999199012345"), "applicant.idNumber", "citizen-id-province"),
        (with("/applicant/idNumber", "087999012345"), "applicant.idNumber", "citizen-id-century"),
        (with("/applicant/idNumber", "280123456"), "applicant.idNumber", "id-kind-in-force"),
        (with_business("0300588568"), "applicant.idNumber", "tax-code-check-digit"),
        (with_business("0300588569-000"), "applicant.idNumber", "tax-code-branch"),
        (with("/documents/0/name", "a\u{1b}.pdf"), "documents[0].name", "text-control"),
        (with("/documents/0/url", "https://\\evil"), "documents[0].url", "https-url"),
        (
            with("/documents/0/url", "https://169.254.169.254/latest"),
            "documents[0].url",
            "https-url",
        ),
        (
            with("/documents/0/url", "https://evil.example/a.pdf"),
            "documents[0].url",
            "document-host",
        ),
    ] {
        let answer = submit(&world, "k", &body).await;
        assert_eq!((answer.status, answer.broken()), (400, (field, rule)), "{}", answer.body);
    }
    assert_eq!(world.count("DossiersTable").await, 0);
}

#[tokio::test]
async fn a_foreigner_is_known_by_a_passport_where_the_procedure_takes_one() {
    let world = World::new().await;
    let mut marriage = submission_for("2.000806");
    marriage["agency"] = "H20.101".into();
    marriage["channel"] = "counter".into();
    marriage["applicant"]["idKind"] = "passport".into();
    marriage["applicant"]["idNumber"] = "c 1234567".into();
    let answer = submit(&world, "k1", &marriage).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    let number = world.dossier(&answer.code()).await.into_state().applicant.unwrap().id_number;
    assert_eq!((number.kind(), number.reveal()), ("passport", "C1234567"));
    let mut goods = submission();
    (goods["channel"], goods["applicant"]) = ("counter".into(), marriage["applicant"].clone());
    let answer = submit(&world, "k2", &goods).await;
    assert_eq!(answer.broken(), ("applicant.idNumber", "id-kind-of-procedure"), "{}", answer.body);
}

#[tokio::test]
async fn who_has_the_digits_of_another_kind_of_number_is_somebody_else() {
    let world = World::new().await;
    let mut body = submission_for("2.000806");
    (body["agency"], body["channel"]) = ("H20.101".into(), "counter".into());
    (body["applicant"]["idKind"], body["applicant"]["idNumber"]) =
        ("passport".into(), CITIZEN.into());
    let code = submit(&world, "k", &body).await.code();
    let history = |claims: Value| async {
        let call = Call::new("GET /v1/dossiers/{code}/history").code(&code).claims(claims);
        call.at_track(&world).await.status
    };
    let claims = json!({ "sub": "c", "role": "citizen", "id_number": CITIZEN });
    assert_eq!(history(claims.clone()).await, 403);
    let mut named = claims;
    named["id_kind"] = "passport".into();
    assert_eq!(history(named).await, 200);
}

#[tokio::test]
async fn one_key_gives_one_answer_however_the_same_letters_are_composed() {
    let world = World::new().await;
    let first = submit(&world, "k", &with("/applicant/fullName", "Nguyễn Thị Mẫu")).await;
    for again in [
        with("/applicant/fullName", "Nguye\u{302}\u{303}n Thi\u{323} Ma\u{302}\u{303}u"),
        with("/applicant/fullName", " Nguyễn  Thị Mẫu\u{200b}"),
    ] {
        assert_eq!(submit(&world, "k", &again).await, first);
    }
    let kept = world.dossier(&first.code()).await.into_state().applicant.unwrap().full_name;
    assert_eq!(kept.reveal(), "Nguyễn Thị Mẫu");
    let other = submit(&world, "k", &with("/applicant/fullName", "Nguyễn Thị Mậu")).await;
    assert_eq!((other.status, other.problem()), (422, "idempotency-key-reused"));
}

/// Keeps the answer that a release of before there were forms gave to `body` under the portal's
/// `key`, and gives its code.
async fn answered_by_an_earlier_release(world: &World, key: &str, body: &Value) -> String {
    let mut dossier =
        world.dossier(&submit(world, "any", &submission()).await.code()).await.into_state();
    dossier.code = format!("{AGENCY}-261117-0042").parse().unwrap();
    let applicant = &body["applicant"];
    let documents = body["documents"].as_array().unwrap().iter().map(|document| {
        format!(
            r#"{{"code":{},"name":{},"sha256":{},"url":{}}}"#,
            document["code"], document["name"], document["sha256"], document["url"],
        )
    });
    let documents = documents.collect::<Vec<_>>().join(",");
    // Written out as the structure of then was: in its order, with an address that is missing as
    // null.
    let then = format!(
        r#"[{{"procedure":{},"agency":{},"channel":{},"applicant":{{"kind":{},"fullName":{},"idNumber":{},"phone":{},"email":null}},"documents":[{}]}},null]"#,
        body["procedure"],
        body["agency"],
        body["channel"],
        applicant["kind"],
        applicant["fullName"],
        applicant["idNumber"],
        applicant["phone"],
        documents,
    );
    let hash = platform::wire::hex(Sha256::digest(then.as_bytes()));
    let receipt = SubmissionReceipt {
        request_hash: hash,
        fingerprint: None,
        not_reachable: None,
        code: dossier.code.clone(),
        submitted_at: dossier.submitted_at,
        expires_at: 4_000_000_000,
    };
    let key = command_id(&["submit", "portal", "portal", key]).unwrap();
    let dossier = Dossier::try_from(dossier).unwrap();
    assert_eq!(world.intake.admit(&dossier, &key, &receipt).await.unwrap(), Admission::Admitted);
    dossier.code.to_string()
}

#[tokio::test]
async fn an_answer_that_an_earlier_release_gave_is_given_again_though_the_rules_are_stricter_now() {
    let world = World::new().await;
    // Taken then, refused today.
    let body = with("/documents/0/url", "https://127.0.0.1/a.pdf");
    let code = answered_by_an_earlier_release(&world, "k", &body).await;
    let again = submit(&world, "k", &body).await;
    assert_eq!((again.status, again.code()), (201, code));
    let other = submit(&world, "k", &with("/documents/0/url", "https://127.0.0.1/b.pdf")).await;
    assert_eq!((other.status, other.problem()), (422, "idempotency-key-reused"));
    let new = submit(&world, "another", &body).await;
    assert_eq!((new.status, new.broken()), (400, ("documents[0].url", "https-url")));
}

#[tokio::test]
async fn a_body_behind_a_byte_order_mark_is_read() {
    let world = World::new().await;
    let call = Call::submit("k").raw(&format!("\u{feff}{}", submission()));
    assert_eq!(call.at_submit(&world.intake, &world, at(NOW)).await.status, 201);
}

async fn ingest(world: &World, message: &str, now: Timestamp) -> Result<(), Failure> {
    ingest_event::ingest(message, &world.dossiers, &world.intake, &world.catalogue, now).await
}

fn event(id: &str, kind: &str, subject: Option<&str>, data: Value) -> Value {
    json!({
        "specversion": "1.0", "id": id, "source": "urn:motcua:integrator:national-portal", "type": kind,
        "subject": subject, "time": NOW, "data": data,
    })
}

#[tokio::test]
async fn an_event_behind_a_byte_order_mark_and_with_blanks_around_its_subject_is_taken() {
    let world = World::new().await;
    let mut body = submission();
    body["code"] = format!(" {AGENCY}\u{2013}261117\u{2011}9000417\n").into();
    let submitted = event("e1", "vn.motcua.dossier.submit.v1", None, body);
    ingest(&world, &format!("\u{feff}{submitted}"), at(NOW)).await.unwrap();
    let code = format!("{AGENCY}-261117-9000417");
    let subject = format!("{} \n", code.to_lowercase());
    let received = event(
        "e2",
        "vn.motcua.dossier.transition.v1",
        Some(&subject),
        json!({ "action": "receive" }),
    );
    ingest(&world, &received.to_string(), at(NOW)).await.unwrap();
    assert_eq!(world.dossier(&code).await.version, 2);
}

#[tokio::test]
async fn an_event_that_names_itself_by_nothing_readable_is_refused() {
    let world = World::new().await;
    let long = "x".repeat(1_025);
    for (id, rule) in [
        ("\u{200b}", "required"),
        ("a\u{0}", "text-control"),
        ("\u{202e}a", "text-direction"),
        (&long, "length"),
    ] {
        let event = event(id, "vn.motcua.dossier.submit.v1", None, submission()).to_string();
        let refused = ingest(&world, &event, at(NOW)).await;
        let Err(Failure::Invalid(found)) = refused else { panic!("{id} is taken") };
        assert_eq!((found[0].field.as_str(), found[0].rule.slug()), ("id", rule));
    }
}

#[tokio::test]
async fn a_dossier_is_found_however_its_code_was_copied() {
    let world = World::new().await;
    let code = submit(&world, "k", &submission()).await.code();
    for written in [
        code.to_lowercase(),
        code.replace('-', "\u{2013}"),
        code.replace('-', "\u{2011}"),
        format!(" {code}\n"),
        format!("\u{feff}{}\u{200b}", code.replace('-', " - ")),
    ] {
        let found = Call::new("GET /v1/dossiers/{code}").code(&written).at_track(&world).await;
        assert_eq!(
            (found.status, found.body["code"].as_str()),
            (200, Some(code.as_str())),
            "{written:?}"
        );
        let call = Call::transition(&written, "receive", 9)
            .at_change(&world.dossiers, &world, at(NOW))
            .await;
        assert_eq!(call.problem(), "stale-version", "{written:?}");
    }
}

#[tokio::test]
async fn a_key_that_is_no_ascii_is_invalid_and_not_missing() {
    let world = World::new().await;
    let code = submit(&world, "k", &submission()).await.code();
    // Where none is owed, an empty one is a client's mistake: its repetitions would be no one's.
    for key in ["é", "a b", "", " "] {
        for call in [Call::transition(&code, "receive", 1), Call::assignment(&code, "me", (1, 0))] {
            let call = call.header("idempotency-key", key);
            let answer = call.at_change(&world.dossiers, &world, at(NOW)).await;
            let broken = ("Idempotency-Key", "command-id");
            assert_eq!((answer.status, answer.broken()), (400, broken), "{key}");
        }
    }
    for key in ["é", "khóa-1", "a b"] {
        let answer = submit(&world, key, &submission()).await;
        assert_eq!(
            (answer.status, answer.broken()),
            (400, ("Idempotency-Key", "command-id")),
            "{key}"
        );
    }
}

#[tokio::test]
async fn an_account_that_no_history_can_hold_is_nobody_s_and_the_log_says_why() {
    let world = World::new().await;
    for (sub, why) in [
        ("x".repeat(5_000), "longer than 128 characters"),
        ("x".repeat(129), "longer than 128 characters"),
        ("officer\u{7}".to_owned(), "visible ASCII"),
        ("officer 7".to_owned(), "visible ASCII"),
        ("cán-bộ".to_owned(), "visible ASCII"),
        (String::new(), "no claim sub"),
    ] {
        let log = Log::kept();
        let answer = Call::submit("k").claims(json!({ "sub": sub, "role": "portal" }));
        let answer = answer.at_submit(&world.intake, &world, at(NOW)).await;
        assert_eq!((answer.status, answer.problem()), (401, "unauthorized"));
        let lines = json!(log.lines()).to_string();
        assert!(lines.contains(why), "{why}: {lines}");
    }
    let longest = Call::submit("k").claims(json!({ "sub": "x".repeat(128), "role": "portal" }));
    assert_eq!(longest.at_submit(&world.intake, &world, at(NOW)).await.status, 201);
}

async fn steps(world: &World, call: Call) -> Vec<Value> {
    call.at_track(world).await.body["history"].as_array().unwrap().clone()
}

#[tokio::test]
async fn an_applicant_s_note_is_read_by_the_agencies_and_by_the_applicant_s_side() {
    let world = World::new().await;
    let code = submit(&world, "k", &submission()).await.code();
    let asked = json!({ "action": "request-supplement", "expectedVersion": 1, "reason": "Thiếu đơn", "note": "đã gọi" });
    let brought =
        json!({ "action": "supplement", "expectedVersion": 2, "note": "tôi gửi kèm\u{200b} đơn" });
    let change = |call: Call, body: Value| {
        let call = call.body(&body);
        let world = &world;
        async move { call.at_change(&world.dossiers, world, at(NOW)).await.status }
    };
    assert_eq!(change(Call::transition(&code, "", 1), asked).await, 200);
    assert_eq!(change(Call::transition(&code, "", 1).citizen(CITIZEN), brought).await, 200);
    let read = || Call::new("GET /v1/dossiers/{code}/history").code(&code);
    let seen = |steps: Vec<Value>| -> Vec<(Option<String>, Option<String>)> {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        steps[1..].iter().map(|step| (text(&step["note"]), text(&step["noteReaders"]))).collect()
    };
    let shown = |note: &str, readers: &str| (Some(note.to_owned()), Some(readers.to_owned()));
    let (office, theirs) =
        (shown("đã gọi", "agencies"), shown("tôi gửi kèm đơn", "agencies-and-applicant"));
    assert_eq!(seen(steps(&world, read().officer(AGENCY)).await), [office, theirs.clone()]);
    assert_eq!(seen(steps(&world, read().citizen(CITIZEN)).await), [(None, None), theirs.clone()]);
    assert_eq!(seen(steps(&world, read().portal()).await), [(None, None), theirs]);
}

#[tokio::test]
async fn who_cannot_be_notified_reads_so_in_the_slip_and_nobody_is_paid_to_try() {
    let world = World::new().await;
    for (number, phone, reason) in [
        (1, "0273 3872 582", "land-line"),
        (2, "0736188610", "no-mobile-range"),
        (3, "+1 202 555 0123", "foreign-number"),
    ] {
        let key = format!("k{number}");
        let answer = submit(&world, &key, &with("/applicant/phone", phone)).await;
        assert_eq!(
            (answer.status, answer.body["notReachable"].as_str()),
            (201, Some(reason)),
            "{}",
            answer.body
        );
        assert_eq!(
            submit(&world, &key, &with("/applicant/phone", phone)).await,
            answer,
            "a repetition says the same"
        );
        let code = answer.code();
        let gateways = Scripted::pair([accepted("m1")], [accepted("s1")]);
        tell(&world, &world.notices, &gateways, &changed(&world, &code, 1).await, NOW)
            .await
            .unwrap();
        assert!(gateways.asked().is_empty(), "{phone}");
        let notices = Call::new("GET /v1/dossiers/{code}/notices")
            .code(&code)
            .officer(AGENCY)
            .at_track(&world)
            .await;
        let life = &notices.body["notices"][0];
        assert_eq!(
            (life["state"].as_str(), life["reason"].as_str()),
            (Some("refused"), Some(reason))
        );
        assert_eq!(
            (life["ended"].as_bool(), notices.body["costVnd"].as_u64()),
            (Some(true), Some(0))
        );
    }
    assert_eq!(submit(&world, "k9", &submission()).await.body.get("notReachable"), None);
}
