//! Uploaded documents in a dossier: claimed with the submission or a supplement, once and by one,
//! and read by those who may see the case.

use domain::upload::UploadState;
use inspect_document::MalwareScan;
use inspection::sha256;
use jiff::{SignedDuration, Timestamp};
use platform::Failure;
use platform::claiming::Claiming;
use platform::port::{Keeper, Uploads};
use serde_json::{Value, json};

use crate::support::call::{
    AGENCY, Answer, CITIZEN, Call, submission, submit_event, transition_event,
};
use crate::support::judge::served;
use crate::support::shelf::{PDF, declared, pdf};
use crate::support::world::{Death, Mortal, NOW, World, at};

/// Another citizen.
const NEIGHBOUR: &str = "087199000001";
/// An agency that has nothing to do with the dossiers here.
const STRANGER: &str = "H20.09";

fn minutes(after: i64) -> Timestamp {
    at(NOW) + SignedDuration::from_mins(after)
}

/// A PDF unlike the others.
fn content(mark: &str) -> Vec<u8> {
    pdf(&format!("/Mark ({mark}) "), 0)
}

/// The id of a document that the citizen asked for.
async fn asked_for(world: &World, content: &[u8]) -> String {
    let call = Call::new("POST /v1/documents").citizen(CITIZEN).body(&declared(PDF, content));
    let answer: Answer = call.at_upload(world, at(NOW)).await.into();
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer.body["id"].as_str().unwrap().to_owned()
}

/// Inspects what the citizen has uploaded as `id`.
async fn inspect(world: &World, id: &str, content: &[u8]) {
    let law = (&*world.catalogue, MalwareScan::Optional);
    let message = world.claims.keeper.put(id, "v1", content);
    inspect_document::inspect(&message, &world.uploads, &world.claims.keeper, law, minutes(1))
        .await
        .unwrap();
}

/// A document that the citizen has uploaded and that is usable, as a body names it.
async fn usable(world: &World, mark: &str) -> Value {
    let content = content(mark);
    let id = asked_for(world, &content).await;
    inspect(world, &id, &content).await;
    json!({ "upload": id, "sha256": sha256(&content) })
}

/// A submission whose first document is `upload`.
fn with(upload: &Value) -> Value {
    let mut body = submission();
    let code = body["documents"][0]["code"].clone();
    body["documents"][0] = upload.clone();
    body["documents"][0]["code"] = code;
    body
}

fn submit(key: &str, body: &Value) -> Call {
    Call::submit(key).citizen(CITIZEN).body(body)
}

async fn submitted(world: &World, key: &str, body: &Value) -> Answer {
    submit(key, body).at_submit(&world.intake, world, at(NOW)).await
}

fn read(code: &str, upload: &Value) -> Call {
    let id = upload["upload"].as_str().unwrap();
    Call::new("GET /v1/dossiers/{code}/documents/{id}").path("code", code).path("id", id)
}

async fn answer(world: &World, call: Call) -> Answer {
    call.at_case(world, at(NOW)).await.into()
}

async fn case(world: &World, code: &str) -> Value {
    let call = Call::new("GET /v1/dossiers/{code}/case").code(code).officer(AGENCY);
    answer(world, call).await.body
}

#[tokio::test]
async fn an_officer_finds_an_uploaded_document_in_the_case_and_where_to_fetch_what_was_inspected() {
    let world = World::new().await;
    let upload = usable(&world, "a").await;
    let code = submitted(&world, "k", &with(&upload)).await.code();
    let shown = case(&world, &code).await["documents"][0].clone();
    let bytes = content("a").len();
    assert_eq!(
        shown,
        json!({
            "code": submission()["documents"][0]["code"], "version": 1,
            "inspection": "usable", "inspectedAt": minutes(1).to_string(),
            "source": {
                "kind": "upload", "id": upload["upload"], "sha256": upload["sha256"],
                "mediaType": PDF, "bytes": bytes,
            },
        })
    );
    let given = answer(&world, read(&code, &upload).officer(AGENCY)).await;
    assert_eq!(given.status, 200, "{}", given.body);
    assert_eq!(
        (&given.body["sha256"], &given.body["bytes"], &given.body["expiresAt"]),
        (&upload["sha256"], &json!(bytes), &json!("2026-11-17T02:01:00Z"))
    );
    let url = url::Url::parse(given.body["url"].as_str().unwrap()).unwrap();
    let query: std::collections::BTreeMap<_, _> = url.query_pairs().into_owned().collect();
    let named = format!("attachment; filename=\"{}.pdf\"", upload["upload"].as_str().unwrap());
    assert_eq!(
        (query["versionId"].as_str(), query["response-content-disposition"].as_str()),
        ("v1", named.as_str()),
        "a file, named by its id and not by who uploaded it"
    );
    assert_eq!(query["X-Amz-Expires"], "60");
}

#[tokio::test]
async fn an_address_is_given_to_those_who_see_the_case_and_each_is_recorded_before_it_is_given() {
    let world = World::new().await;
    let upload = usable(&world, "a").await;
    let code = submitted(&world, "k", &with(&upload)).await.code();
    let id = read(&code, &upload);
    let unknown = json!({ "upload": "0".repeat(32) });
    for (call, expected, reads) in [
        (id.clone().officer(AGENCY), 200, 1),
        (id.clone().citizen(CITIZEN), 200, 2),
        (id.clone().portal(), 200, 3),
        (id.clone().citizen(NEIGHBOUR), 404, 3),
        (id.clone().officer(STRANGER), 404, 3),
        (id.clone().auditor(), 403, 3),
        (id.clone().nobody(), 401, 3),
        (read(&code, &unknown).officer(AGENCY), 404, 3),
        (read(&code, &json!({ "upload": "to-khai.pdf" })).officer(AGENCY), 400, 3),
    ] {
        assert_eq!(answer(&world, call).await.status, expected);
        assert_eq!(world.count("ReadsTable").await, reads);
    }
    let reads = Call::new("GET /v1/dossiers/{code}/reads").code(&code).auditor();
    let listed = answer(&world, reads).await.body;
    for line in listed["items"].as_array().unwrap() {
        assert_eq!((&line["what"], &line["document"]), (&json!("document"), &upload["upload"]));
    }
}

#[tokio::test]
async fn a_document_that_the_case_shows_is_the_only_one_that_can_be_fetched_under_its_code() {
    let world = World::new().await;
    let (first, second) = (usable(&world, "a").await, usable(&world, "b").await);
    let code = submitted(&world, "k", &with(&first)).await.code();
    submitted(&world, "l", &with(&second)).await.code();
    let refused = answer(&world, read(&code, &second).officer(AGENCY)).await;
    assert_eq!((refused.status, refused.problem()), (404, "document-not-found"));
}

#[tokio::test]
async fn what_may_not_be_claimed_is_named_with_its_rule_beside_everything_else_that_is_wrong() {
    let world = World::new().await;
    let good = usable(&world, "a").await;
    let encrypted = pdf("/Encrypt 9 0 R ", 0);
    let refused = asked_for(&world, &encrypted).await;
    inspect(&world, &refused, &encrypted).await;
    let other = sha256(b"another");
    for (document, broken) in [
        (json!({ "upload": "0".repeat(32), "sha256": other }), ("upload", "known-upload")),
        (json!({ "upload": "a.pdf", "sha256": other }), ("upload", "document-id")),
        (json!({ "upload": good["upload"], "sha256": other }), ("sha256", "upload-sha256")),
        (json!({ "upload": good["upload"], "sha256": "A" }), ("sha256", "sha256")),
        (json!({ "upload": good["upload"] }), ("sha256", "required")),
        (json!({ "upload": refused, "sha256": sha256(&encrypted) }), ("upload", "usable-upload")),
        (
            json!({ "upload": good["upload"], "sha256": good["sha256"], "paper": "copy" }),
            ("upload", "document-content"),
        ),
    ] {
        let mut body = with(&document);
        let answer = submitted(&world, "k", &body).await;
        let field = format!("documents[0].{}", broken.0);
        assert_eq!((answer.status, answer.broken()), (400, (field.as_str(), broken.1)));
        body["applicant"]["phone"] = "1".into();
        let both = submitted(&world, "k", &body).await;
        assert_eq!(both.body["errors"].as_array().unwrap().len(), 2, "{}", both.body);
    }
    assert_eq!(world.count("DossiersTable").await, 0);
}

#[tokio::test]
async fn an_upload_of_another_account_is_as_unknown_as_one_that_does_not_exist() {
    let world = World::new().await;
    let upload = usable(&world, "a").await;
    let by_portal = Call::submit("k").body(&with(&upload));
    let refused = by_portal.at_submit(&world.intake, &world, at(NOW)).await;
    let unknown = json!({ "upload": "0".repeat(32), "sha256": upload["sha256"] });
    let nothing = submitted(&world, "k", &with(&unknown)).await;
    assert_eq!(refused.broken(), ("documents[0].upload", "known-upload"));
    assert_eq!(refused.body["errors"], nothing.body["errors"]);
}

#[tokio::test]
async fn a_document_under_inspection_holds_the_submission_up_for_seconds_and_then_it_passes() {
    let world = World::new().await;
    let bytes = content("a");
    let id = asked_for(&world, &bytes).await;
    let body = with(&json!({ "upload": id, "sha256": sha256(&bytes) }));
    let held = submitted(&world, "k", &body).await;
    assert_eq!((held.status, held.problem()), (409, "documents-under-inspection"));
    assert_eq!(held.body["uploads"], json!([id]));
    let payload = submit("k", &body).payload();
    let request = serde_json::from_value(payload).unwrap();
    let response = served(request, |request| {
        submit_dossier::handle(
            request,
            (&world.intake, &world.intake_gate),
            &world.claims,
            &world.catalogue,
            at(NOW),
        )
    })
    .await;
    assert_eq!(response.headers.get("retry-after").unwrap(), "1");
    inspect(&world, &id, &bytes).await;
    assert_eq!(submitted(&world, "k", &body).await.status, 201, "the same request again");
}

#[tokio::test]
async fn of_two_dossiers_that_name_one_document_the_first_has_it() {
    let world = World::new().await;
    let upload = usable(&world, "a").await;
    let code = submitted(&world, "k", &with(&upload)).await.code();
    let second = submitted(&world, "l", &with(&upload)).await;
    assert_eq!(second.broken(), ("documents[0].upload", "unclaimed-upload"));
    let again = submitted(&world, "k", &with(&upload)).await;
    assert_eq!((again.status, again.code()), (201, code), "the first request again");
}

#[tokio::test]
async fn of_dossiers_that_name_one_document_at_once_one_has_it_and_the_others_are_told_why() {
    let world = World::new().await;
    let upload = usable(&world, "a").await;
    let body = with(&upload);
    let keys: Vec<String> = (0..6).map(|number| format!("k{number}")).collect();
    let all = keys.iter().map(|key| submitted(&world, key, &body));
    let answers = futures::future::join_all(all).await;
    let (taken, refused): (Vec<_>, Vec<_>) =
        answers.into_iter().partition(|answer| answer.status == 201);
    assert_eq!(taken.len(), 1);
    for answer in refused {
        assert_eq!(answer.broken(), ("documents[0].upload", "unclaimed-upload"), "{}", answer.body);
    }
    assert_eq!(world.count("DossiersTable").await, 1);
}

#[tokio::test]
async fn one_request_that_comes_many_times_at_once_makes_one_dossier_with_its_document() {
    let world = World::new().await;
    let body = with(&usable(&world, "a").await);
    let all = (0..6).map(|_| submitted(&world, "k", &body));
    let codes: Vec<String> =
        futures::future::join_all(all).await.iter().map(Answer::code).collect();
    assert!(codes.iter().all(|code| *code == codes[0]), "{codes:?}");
    assert_eq!(world.count("DossiersTable").await, 1);
}

#[tokio::test]
async fn one_sheet_may_stand_for_two_documents_of_its_dossier() {
    let world = World::new().await;
    let upload = usable(&world, "a").await;
    let mut body = with(&upload);
    let code = body["documents"][1]["code"].clone();
    body["documents"][1] = upload.clone();
    body["documents"][1]["code"] = code;
    let code = submitted(&world, "k", &body).await.code();
    let shown = case(&world, &code).await;
    assert_eq!(shown["documents"][1]["source"], shown["documents"][0]["source"]);
}

#[tokio::test]
async fn what_a_dossier_has_claimed_has_no_end_and_its_owner_sees_whose_it_is() {
    let world = World::new().await;
    let upload = usable(&world, "a").await;
    let code = submitted(&world, "k", &with(&upload)).await.code();
    let id = upload["upload"].as_str().unwrap();
    let call = Call::new("GET /v1/documents/{id}").path("id", id).citizen(CITIZEN);
    let shown: Answer = call.at_upload(&world, minutes(60 * 24 * 365)).await.into();
    assert_eq!((shown.status, &shown.body["dossier"]), (200, &json!(code)));
    assert_eq!(shown.body.get("keptUntil"), None);
    let kept = world.claims.keeper.kept.lock().unwrap().clone();
    assert!(kept.contains(&(id.to_owned(), "v1".to_owned())), "the storage keeps its content");
}

/// A keeper that does not answer.
struct Broken;

impl Keeper for Broken {
    async fn keep(&self, _: &domain::upload::UploadId, _: &str) -> Result<(), Failure> {
        Err(Failure::unavailable("object storage", "answered 503"))
    }
}

#[tokio::test]
async fn without_the_storage_s_word_that_it_keeps_a_document_no_dossier_has_it() {
    let world = World::new().await;
    let body = with(&usable(&world, "a").await);
    let claims = Claiming { uploads: world.uploads.clone(), keeper: Broken };
    let request = serde_json::from_value(submit("k", &body).payload()).unwrap();
    let response = served(request, |request| {
        submit_dossier::handle(
            request,
            (&world.intake, &world.intake_gate),
            &claims,
            &world.catalogue,
            at(NOW),
        )
    })
    .await;
    assert_eq!(Answer::from(response).status, 503);
    assert_eq!(world.count("DossiersTable").await, 0);
    assert_eq!(submitted(&world, "k", &body).await.status, 201, "the same request again");
}

#[tokio::test]
async fn a_process_that_dies_around_the_claim_leaves_one_dossier_with_the_document_or_none() {
    for death in [Death::Before, Death::After] {
        let world = World::new().await;
        let upload = usable(&world, "a").await;
        let body = with(&upload);
        let mortal = Mortal::new(world.intake.clone(), death);
        let died = submit("k", &body).at_submit(&mortal, &world, at(NOW)).await;
        assert_eq!(died.status, 503);
        let claimed = |upload: domain::upload::Upload| upload.claimed_by.is_some();
        let id = upload["upload"].as_str().unwrap().parse().unwrap();
        let stored = world.count("DossiersTable").await == 1;
        assert_eq!(world.uploads.upload(&id).await.unwrap().is_some_and(claimed), stored);
        let again = submitted(&world, "k", &body).await;
        assert_eq!((again.status, world.count("DossiersTable").await), (201, 1));
        let kept = world.uploads.upload(&id).await.unwrap().unwrap();
        assert_eq!(kept.claimed_by.unwrap().as_str(), again.code());
    }
}

#[tokio::test]
async fn what_is_written_over_a_claimed_document_is_neither_inspected_nor_shown() {
    let world = World::new().await;
    let upload = usable(&world, "a").await;
    let code = submitted(&world, "k", &with(&upload)).await.code();
    let id = upload["upload"].as_str().unwrap();
    let swapped = world.claims.keeper.put(id, "v2", b"#!/bin/sh");
    let law = (&*world.catalogue, MalwareScan::Optional);
    inspect_document::inspect(&swapped, &world.uploads, &world.claims.keeper, law, minutes(2))
        .await
        .unwrap();
    let given = answer(&world, read(&code, &upload).officer(AGENCY)).await;
    assert!(given.body["url"].as_str().unwrap().contains("versionId=v1&"), "{}", given.body);
    let state = world.uploads.upload(&id.parse().unwrap()).await.unwrap().unwrap().state;
    assert!(matches!(state, UploadState::Usable { object_version, .. } if object_version == "v1"));
}

#[tokio::test]
async fn an_integrator_who_names_an_upload_is_told_that_there_is_none() {
    let world = World::new().await;
    let upload = usable(&world, "a").await;
    let mut event = submit_event("e1", NOW, None);
    let code = event["data"]["documents"][0]["code"].clone();
    event["data"]["documents"][0] = upload.clone();
    event["data"]["documents"][0]["code"] = code;
    let event = event.to_string();
    let taken =
        ingest_event::ingest(&event, &world.dossiers, &world.intake, &world.catalogue, at(NOW));
    let Err(Failure::Invalid(found)) = taken.await else { panic!("it was taken in") };
    assert_eq!(found[0].rule.slug(), "known-upload");
}

/// A dossier for which its documents were asked again.
async fn waiting(world: &World, key: &str) -> (String, Value) {
    let code = submitted(world, key, &submission()).await.code();
    let document = submission()["documents"][0]["code"].clone();
    let request = Call::transition(&code, "request-supplement", 1).body(&json!({
        "action": "request-supplement", "expectedVersion": 1, "reason": "Không đọc được",
        "askedFor": [{ "code": document, "reason": "Ảnh mờ" }],
    }));
    assert_eq!(request.at_change(&world.dossiers, world, at(NOW)).await.status, 200);
    (code, document)
}

/// A supplement of `upload` as the document `code`.
fn supplement(dossier: &str, (upload, code): (&Value, &Value), key: &str) -> Call {
    let mut document = upload.clone();
    document["code"] = code.clone();
    Call::transition(dossier, "supplement", 2)
        .citizen(CITIZEN)
        .header("idempotency-key", key)
        .body(&json!({ "action": "supplement", "expectedVersion": 2, "documents": [document] }))
}

async fn supplied(world: &World, call: Call) -> Answer {
    call.at_change(&world.dossiers, world, at(NOW)).await
}

#[tokio::test]
async fn a_supplement_brings_an_uploaded_document_and_its_repetition_is_answered_alike() {
    let world = World::new().await;
    let (code, document) = waiting(&world, "k").await;
    let upload = usable(&world, "a").await;
    let call = supplement(&code, (&upload, &document), "s");
    let first = supplied(&world, call.clone()).await;
    assert_eq!((first.status, &first.body["version"]), (200, &json!(3)), "{}", first.body);
    assert_eq!(supplied(&world, call).await, first);
    let shown = case(&world, &code).await;
    let brought = shown["documents"].as_array().unwrap().last().unwrap().clone();
    assert_eq!((&brought["version"], &brought["inspection"]), (&json!(3), &json!("usable")));
    assert_eq!(answer(&world, read(&code, &upload).officer(AGENCY)).await.status, 200);
}

#[tokio::test]
async fn a_supplement_cannot_bring_what_is_another_dossier_s_or_not_inspected() {
    let world = World::new().await;
    let (code, document) = waiting(&world, "k").await;
    let taken = usable(&world, "a").await;
    submitted(&world, "l", &with(&taken)).await.code();
    let refused = supplied(&world, supplement(&code, (&taken, &document), "s")).await;
    assert_eq!(refused.broken(), ("documents[0].upload", "unclaimed-upload"));
    let bytes = content("b");
    let id = asked_for(&world, &bytes).await;
    let early = json!({ "upload": id, "sha256": sha256(&bytes) });
    let held = supplied(&world, supplement(&code, (&early, &document), "s")).await;
    assert_eq!((held.status, held.problem()), (409, "documents-under-inspection"));
    inspect(&world, &id, &bytes).await;
    let came = supplied(&world, supplement(&code, (&early, &document), "s")).await;
    assert_eq!(came.status, 200, "{}", came.body);
}

#[tokio::test]
async fn of_two_supplements_at_once_with_one_document_each_one_moves_the_dossier() {
    let world = World::new().await;
    let (code, document) = waiting(&world, "k").await;
    let (first, second) = (usable(&world, "a").await, usable(&world, "b").await);
    let (one, other) = tokio::join!(
        supplied(&world, supplement(&code, (&first, &document), "s1")),
        supplied(&world, supplement(&code, (&second, &document), "s2")),
    );
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409], "{} {}", one.body, other.body);
    let loser = if one.status == 200 { &second } else { &first };
    let id = loser["upload"].as_str().unwrap().parse().unwrap();
    let left = world.uploads.upload(&id).await.unwrap().unwrap();
    assert_eq!(left.claimed_by, None, "what moved nothing has claimed nothing");
}

#[tokio::test]
async fn of_two_dossiers_whose_supplements_name_one_document_at_once_one_has_it() {
    let world = World::new().await;
    let ((first, document), (second, _)) = (waiting(&world, "k").await, waiting(&world, "l").await);
    let upload = usable(&world, "a").await;
    let (one, other) = tokio::join!(
        supplied(&world, supplement(&first, (&upload, &document), "s1")),
        supplied(&world, supplement(&second, (&upload, &document), "s2")),
    );
    let (taken, refused) = if one.status == 200 { (one, other) } else { (other, one) };
    assert_eq!(taken.status, 200);
    assert_eq!(refused.broken(), ("documents[0].upload", "unclaimed-upload"), "{}", refused.body);
}

#[tokio::test]
async fn a_supplement_of_an_integrator_that_names_an_upload_is_refused() {
    let world = World::new().await;
    let (code, document) = waiting(&world, "k").await;
    let upload = usable(&world, "a").await;
    let mut event = transition_event("e1", NOW, &code, "supplement");
    let mut named = upload.clone();
    named["code"] = document;
    event["data"]["documents"] = json!([named]);
    let event = event.to_string();
    let taken =
        ingest_event::ingest(&event, &world.dossiers, &world.intake, &world.catalogue, minutes(2));
    let Err(Failure::Invalid(found)) = taken.await else { panic!("it was taken in") };
    assert_eq!(
        (found[0].field.as_str(), found[0].rule.slug()),
        ("data.documents[0].upload", "known-upload")
    );
}
