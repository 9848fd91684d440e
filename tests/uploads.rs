//! Documents on their way in: asked for, uploaded past us, inspected.

use std::collections::BTreeMap;

use aws_lambda_events::apigw::ApiGatewayV2httpResponse;
use domain::signature::{SignatureFault, SignatureVerdict};
use inspect_document::MalwareScan;
use inspection::sha256;
use jiff::{SignedDuration, Timestamp};
use platform::Failure;
use platform::port::{Stored, Uploads};
use serde_json::{Value, json};

use crate::support::call::{AGENCY, Answer, CITIZEN, Call};
use crate::support::shelf::{PDF, Shelf, declared, notification, pdf};
use crate::support::world::{Death, Mortal, NOW, World, at};

/// The most bytes of a PDF, by the shipped catalogue.
const PDF_BYTES_MAX: usize = 20_000_000;

fn minutes(after: i64) -> Timestamp {
    at(NOW) + SignedDuration::from_mins(after)
}

fn ask(body: &Value) -> Call {
    Call::new("POST /v1/documents").citizen(CITIZEN).body(body)
}

async fn asked(world: &World, body: &Value) -> Answer {
    ask(body).at_upload(world, at(NOW)).await.into()
}

fn show(id: &str) -> Call {
    Call::new("GET /v1/documents/{id}").path("id", id).citizen(CITIZEN)
}

async fn shown(world: &World, id: &str) -> Value {
    let answer: Answer = show(id).at_upload(world, at(NOW)).await.into();
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.body
}

/// The id of a document that was asked for so.
async fn id_of(world: &World, body: &Value) -> String {
    let answer = asked(world, body).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer.body["id"].as_str().unwrap().to_owned()
}

async fn inspect(world: &World, shelf: &Shelf, body: &str) -> Result<(), Failure> {
    inspected(world, &world.uploads, shelf, body, MalwareScan::Optional).await
}

async fn inspected(
    world: &World,
    uploads: &impl Uploads,
    shelf: &Shelf,
    body: &str,
    scan: MalwareScan,
) -> Result<(), Failure> {
    let law = (&*world.catalogue, scan);
    inspect_document::inspect(body, uploads, shelf, law, minutes(1)).await
}

/// How a document ends of which this was declared, and that was uploaded.
async fn ends(world: &World, body: &Value, content: &[u8]) -> Value {
    let shelf = Shelf::default();
    let id = id_of(world, body).await;
    inspect(world, &shelf, &shelf.put(&id, "v1", content)).await.unwrap();
    let seen = shown(world, &id).await;
    seen["reason"]["rule"].as_str().map_or_else(|| seen["state"].clone(), Value::from)
}

#[tokio::test]
async fn an_address_binds_type_length_and_checksum_for_a_quarter_of_an_hour_and_names_no_file() {
    let world = World::new().await;
    let content = pdf("", 0);
    let answer = asked(&world, &declared(PDF, &content)).await;
    let (body, upload) = (&answer.body, &answer.body["upload"]);
    assert_eq!((answer.status, &body["state"]), (201, &json!("awaited")));
    let url = url::Url::parse(upload["url"].as_str().unwrap()).unwrap();
    assert_eq!(url.path(), format!("/documents/{}", body["id"].as_str().unwrap()));
    let query: BTreeMap<String, String> = url.query_pairs().into_owned().collect();
    let bound = "content-length;content-type;host;x-amz-checksum-sha256;x-amz-tagging";
    assert_eq!(query["X-Amz-SignedHeaders"], bound);
    assert_eq!(
        (query["X-Amz-Expires"].as_str(), query["X-Amz-Date"].as_str()),
        ("900", "20261117T020000Z")
    );
    let headers: BTreeMap<&str, &str> = upload["headers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|header| (header["name"].as_str().unwrap(), header["value"].as_str().unwrap()))
        .collect();
    let length = content.len().to_string();
    assert_eq!((headers["content-type"], headers["content-length"]), (PDF, length.as_str()));
    assert_eq!(headers["x-amz-tagging"], "claimed=no");
    assert_eq!(upload["expiresAt"], minutes(15).to_string());
    assert_eq!(body["keptUntil"], minutes(24 * 60).to_string());
}

#[tokio::test]
async fn what_the_catalogue_does_not_accept_is_refused_before_anything_is_uploaded() {
    let world = World::new().await;
    let of = |bytes: Value| json!({ "mediaType": PDF, "bytes": bytes, "sha256": sha256(b"") });
    for (body, broken) in [
        (of(json!(0)), ("bytes", "range")),
        (of(json!(PDF_BYTES_MAX + 1)), ("bytes", "range")),
        (of(json!(-1)), ("bytes", "format")),
        (
            json!({ "mediaType": "text/html", "bytes": 1, "sha256": sha256(b"") }),
            ("mediaType", "known-value"),
        ),
        (json!({ "mediaType": PDF, "bytes": 1, "sha256": "abc" }), ("sha256", "sha256")),
        (
            json!({ "mediaType": PDF, "bytes": 1, "sha256": sha256(b""), "name": "a.pdf" }),
            ("name", "unknown-field"),
        ),
    ] {
        let refused = asked(&world, &body).await;
        assert_eq!((refused.status, refused.broken()), (400, broken), "{}", refused.body);
    }
    assert_eq!(asked(&world, &of(json!(PDF_BYTES_MAX))).await.status, 201);
    assert_eq!(world.count("DocumentsTable").await, 1, "nothing is kept of what was refused");
}

#[tokio::test]
async fn a_type_that_the_catalogue_of_the_day_does_not_list_is_not_accepted() {
    let world = World::new().await;
    let before_all = at("2018-06-20T02:00:00Z");
    let call = ask(&declared(PDF, b"%PDF-")).at_upload(&world, before_all).await;
    let refused = Answer::from(call);
    assert_eq!((refused.status, refused.broken()), (400, ("mediaType", "document-type")));
}

#[tokio::test]
async fn citizens_officers_and_the_portal_may_ask_and_each_sees_only_their_own() {
    let world = World::new().await;
    let body = declared(PDF, &pdf("", 0));
    let own = id_of(&world, &body).await;
    let status = async |call: Call| Answer::from(call.at_upload(&world, at(NOW)).await).status;
    let neighbour = json!({ "sub": "citizen-2", "role": "citizen", "id_number": "087199000001" });
    for (call, expected) in [
        (ask(&body).portal(), 201),
        (ask(&body).officer(AGENCY), 201),
        (ask(&body).administrator(), 403),
        (ask(&body).auditor(), 403),
        (ask(&body).nobody(), 401),
        (show(&own), 200),
        (show(&own).claims(neighbour), 404),
        (show(&own).portal(), 404),
        (show(&own).officer(AGENCY), 404),
        (show(&"0".repeat(32)), 404),
        (show("to-khai.pdf"), 400),
    ] {
        assert_eq!(status(call).await, expected);
    }
}

#[tokio::test]
async fn what_was_uploaded_as_declared_is_usable() {
    let world = World::new().await;
    let content = pdf("", 0);
    assert_eq!(ends(&world, &declared(PDF, &content), &content).await, "usable");
}

#[tokio::test]
async fn what_is_not_what_was_declared_or_does_not_open_is_refused_by_its_rule() {
    let world = World::new().await;
    let (good, encrypted) = (pdf("", 0), pdf("/Encrypt 9 0 R ", 0));
    let page = [b"<html><script>", &good[..]].concat();
    let archive = [&good[..], b"PK\x05\x06", &[0; 18]].concat();
    let cut = good[..good.len() - 20].to_vec();
    let other = pdf("/Other 1 ", 0);
    let same_length = pdf("/Othex 1 ", 0);
    for (content, sent, rule) in [
        (&good, &b""[..], "empty-document"),
        (&good, &good[1..], "length-differs"),
        (&other, &same_length, "hash-differs"),
        (&page, &page, "polyglot"),
        (&archive, &archive, "polyglot"),
        (&cut, &cut, "truncated"),
        (&encrypted, &encrypted, "pdf-encrypted"),
    ] {
        assert_eq!(ends(&world, &declared(PDF, content), sent).await, rule);
    }
    assert_eq!(ends(&world, &declared("image/png", &good), &good).await, "wrong-type");
}

#[tokio::test]
async fn a_document_of_the_limit_is_usable_and_one_byte_more_never_is() {
    let world = World::new().await;
    let content = pdf("", PDF_BYTES_MAX);
    assert_eq!(ends(&world, &declared(PDF, &content), &content).await, "usable");
    // It cannot be asked for; nor does it pass where somebody gets it there all the same.
    let more = pdf("", PDF_BYTES_MAX + 1);
    assert_eq!(ends(&world, &declared(PDF, &content), &more).await, "too-large");
}

#[tokio::test]
async fn the_reason_is_said_in_the_reader_s_language() {
    let world = World::new().await;
    let (encrypted, shelf) = (pdf("/Encrypt 9 0 R ", 0), Shelf::default());
    let id = id_of(&world, &declared(PDF, &encrypted)).await;
    inspect(&world, &shelf, &shelf.put(&id, "v1", &encrypted)).await.unwrap();
    let text =
        |response: ApiGatewayV2httpResponse| Answer::from(response).body["reason"]["text"].clone();
    let rule = inspection::Rule::PdfEncrypted;
    for (language, expected) in [("vi", rule.vietnamese()), ("en", rule.english())] {
        let call = show(&id).header("accept-language", language);
        assert_eq!(text(call.at_upload(&world, at(NOW)).await), expected);
    }
}

#[tokio::test]
async fn the_verdict_binds_the_version_that_was_inspected_and_no_later_one_changes_it() {
    let world = World::new().await;
    let (content, shelf) = (pdf("", 0), Shelf::default());
    let id = id_of(&world, &declared(PDF, &content)).await;
    inspect(&world, &shelf, &shelf.put(&id, "first", &content)).await.unwrap();
    let swapped = shelf.put(&id, "second", b"#!/bin/sh");
    inspect(&world, &shelf, &swapped).await.unwrap();
    let kept = world.uploads.upload(&id.parse().unwrap()).await.unwrap().unwrap();
    let state = domain::upload::UploadState::Usable {
        object_version: "first".to_owned(),
        inspected_at: minutes(1),
        signature: Some(SignatureVerdict::Faulty { fault: SignatureFault::NoSignature }),
    };
    assert_eq!(kept.state, state);
    assert_eq!(*shelf.fetched.lock().unwrap(), 1, "what is decided is not looked at again");
}

#[tokio::test]
async fn a_message_that_comes_twice_and_an_inspection_that_dies_leave_one_verdict() {
    let world = World::new().await;
    let (content, shelf) = (pdf("", 0), Shelf::default());
    for death in [Death::Before, Death::After] {
        let id = id_of(&world, &declared(PDF, &content)).await;
        let message = shelf.put(&id, "v1", &content);
        let mortal = Mortal::new(world.uploads.clone(), death);
        let dies = inspected(&world, &mortal, &shelf, &message, MalwareScan::Optional).await;
        assert!(dies.is_err(), "the queue keeps the message");
        for _ in 0..2 {
            inspect(&world, &shelf, &message).await.unwrap();
            assert_eq!(shown(&world, &id).await["state"], "usable");
        }
    }
}

#[tokio::test]
async fn the_first_of_two_verdicts_stays() {
    let world = World::new().await;
    let content = pdf("", 0);
    let id = id_of(&world, &declared(PDF, &content)).await.parse().unwrap();
    let refused = |reason: &str| domain::upload::UploadState::Refused {
        reason: reason.to_owned(),
        inspected_at: minutes(1),
    };
    assert_eq!(world.uploads.conclude(&id, &refused("malware")).await.unwrap(), Stored::Yes);
    let second = world.uploads.conclude(&id, &refused("polyglot")).await.unwrap();
    assert_eq!(second, Stored::AnotherWasFirst);
    assert_eq!(world.uploads.upload(&id).await.unwrap().unwrap().state, refused("malware"));
}

#[tokio::test]
async fn what_the_platform_s_scanner_says_counts_and_where_it_must_speak_it_is_waited_for() {
    let world = World::new().await;
    let content = pdf("", 0);
    for (says, scan, ends) in [
        (None, MalwareScan::Optional, Ok("usable")),
        (None, MalwareScan::Required, Err("unavailable")),
        (Some("NO_THREATS_FOUND"), MalwareScan::Required, Ok("usable")),
        (Some("THREATS_FOUND"), MalwareScan::Optional, Ok("malware")),
        (Some("UNSUPPORTED"), MalwareScan::Required, Ok("not-scanned")),
        (Some("FAILED"), MalwareScan::Optional, Err("unavailable")),
    ] {
        let shelf = Shelf::scanned_as(says);
        let id = id_of(&world, &declared(PDF, &content)).await;
        let message = shelf.put(&id, "v1", &content);
        let outcome = inspected(&world, &world.uploads, &shelf, &message, scan).await;
        let seen = shown(&world, &id).await;
        let word = seen["reason"]["rule"].as_str().or(seen["state"].as_str()).unwrap();
        match ends {
            Ok(end) => assert_eq!((outcome.is_ok(), word), (true, end), "{says:?}"),
            Err(slug) => {
                assert_eq!(outcome.map_err(|failure| failure.slug()), Err(slug), "{says:?}");
                assert_eq!(word, "awaited", "{says:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_document_whose_time_has_ended_is_gone_for_its_owner_and_its_message_is_dropped() {
    let world = World::new().await;
    let id = id_of(&world, &declared(PDF, &pdf("", 0))).await;
    let status =
        async |after| Answer::from(show(&id).at_upload(&world, minutes(after)).await).status;
    assert_eq!((status(24 * 60 - 1).await, status(24 * 60).await), (200, 404));
    let unknown = notification(&"0".repeat(32), "v1").to_string();
    assert!(inspect(&world, &Shelf::default(), &unknown).await.is_ok());
}
