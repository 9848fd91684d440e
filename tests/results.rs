//! Results: given when the work ends, as a document whose signature holds or on paper; handed over,
//! and fetched by whom they are for.

use std::sync::Arc;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::catalogue::Catalogue;
use domain::kpi::{DossierFacts, DueBasis, KpiCell, Rulings, tally};
use domain::outcome::HandoverWay;
use domain::upload::UploadId;
use inspect_document::MalwareScan;
use inspection::sha256;
use jiff::Timestamp;
use platform::Failure;
use platform::port::Uploads;
use serde_json::{Value, json};

use crate::support::bytes;
use crate::support::call::{
    AGENCY, Answer, CITIZEN, Call, submission, submit_event, transition_event,
};
use crate::support::shelf::{PDF, declared, pdf};
use crate::support::signing::{
    anchor, catalogue_with, digits, intake, one_page, signed_by_a_stranger, signed_pdf,
    signed_too_late, trusting,
};
use crate::support::world::{Death, Mortal, NOW, World, at};

/// Another citizen than the owner of the dossiers here.
const NEIGHBOUR: &str = "087199000001";
/// An agency that had the dossier once, and handed it back.
const FORMER: &str = "H20.12";
/// A name that occurs nowhere else.
const CANARY: &str = "Canary Thị Nhận Hộ";

async fn world() -> World {
    World::of(trusting()).await
}

/// The id of a document that an officer uploaded, not inspected yet.
async fn uploaded(world: &World, media_type: &str, content: &[u8]) -> String {
    let call = Call::new("POST /v1/documents").officer(AGENCY);
    let answer: Answer =
        call.body(&declared(media_type, content)).at_upload(world, at(NOW)).await.into();
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer.body["id"].as_str().unwrap().to_owned()
}

async fn inspect(world: &World, id: &str, content: &[u8]) {
    let law = (&*world.catalogue, MalwareScan::Optional);
    let message = world.claims.keeper.put(id, "v1", content);
    inspect_document::inspect(&message, &world.uploads, &world.claims.keeper, law, at(NOW))
        .await
        .unwrap();
}

fn electronic(id: &str, content: &[u8]) -> Value {
    json!({ "kind": "electronic", "upload": id, "sha256": sha256(content) })
}

/// An electronic result of this content, inspected, as a body names it.
async fn result_of(world: &World, media_type: &str, content: &[u8]) -> Value {
    let id = uploaded(world, media_type, content).await;
    inspect(world, &id, content).await;
    electronic(&id, content)
}

/// A signed one.
async fn signed(world: &World) -> Value {
    result_of(world, PDF, &signed_pdf()).await
}

/// A dossier that was received.
async fn received(world: &World, key: &str) -> String {
    let code = Call::submit(key).at_submit(&world.intake, world, at(NOW)).await.code();
    let answer = moved(world, Call::transition(&code, "receive", 1)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    code
}

/// The end of the work on a dossier of this version, with this result.
fn finish(code: &str, version: u64, result: &Value) -> Call {
    let body = json!({ "action": "finish", "expectedVersion": version, "result": result });
    Call::transition(code, "finish", version).body(&body)
}

fn hand_over(code: &str, version: u64, handover: &Value) -> Call {
    let body =
        json!({ "action": "return-result", "expectedVersion": version, "handover": handover });
    Call::transition(code, "return-result", version).body(&body)
}

async fn moved(world: &World, call: Call) -> Answer {
    call.at_change(&world.dossiers, world, at(NOW)).await
}

async fn done(world: &World, call: Call) -> Answer {
    let answer = moved(world, call).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer
}

async fn answer(world: &World, call: Call) -> Answer {
    call.at_case(world, at(NOW)).await.into()
}

fn case(code: &str) -> Call {
    Call::new("GET /v1/dossiers/{code}/case").code(code)
}

/// What the case shows an officer of the agency of the results.
async fn results(world: &World, code: &str) -> Value {
    answer(world, case(code).officer(AGENCY)).await.body["results"].clone()
}

fn fetch(code: &str, result: &Value) -> Call {
    let id = result["upload"].as_str().unwrap();
    Call::new("GET /v1/dossiers/{code}/documents/{id}").path("code", code).path("id", id)
}

/// The dossier that has claimed the upload of this result.
async fn claimed_by(world: &World, result: &Value) -> Option<String> {
    let id: UploadId = result["upload"].as_str().unwrap().parse().unwrap();
    let upload = world.uploads.upload(&id).await.unwrap().unwrap();
    upload.claimed_by.map(|code| code.to_string())
}

#[tokio::test]
async fn a_signed_result_ends_the_work_and_the_applicant_fetches_what_the_officer_uploaded() {
    let world = world().await;
    let code = received(&world, "k").await;
    let content = signed_pdf();
    let result = result_of(&world, PDF, &content).await;
    let ended = done(&world, finish(&code, 2, &result)).await;
    assert_eq!((&ended.body["status"], &ended.body["result"]), (&json!(9), &json!("electronic")));
    assert_eq!(
        results(&world, &code).await[0]["result"],
        json!({
            "kind": "electronic", "holds": true,
            "document": {
                "id": result["upload"], "sha256": result["sha256"], "mediaType": PDF,
                "bytes": content.len(), "inspectedAt": NOW,
                "signature": {
                    "verdict": "verified", "signedAt": "2026-11-16T08:00:00Z",
                    "timeBasis": "signers-claim", "organisation": "Sở Tư pháp",
                    "issuer": "CA of the tests", "serial": "2a01",
                },
            },
        })
    );
    let given = answer(&world, fetch(&code, &result).citizen(CITIZEN)).await;
    assert_eq!((given.status, &given.body["sha256"]), (200, &json!(sha256(&content))));
    let url = given.body["url"].as_str().unwrap();
    assert!(url.contains("versionId=v1&") && url.contains("X-Amz-Expires=60"), "{url}");
    let reads = Call::new("GET /v1/dossiers/{code}/reads").code(&code).auditor();
    let reads = answer(&world, reads).await.body["items"].as_array().unwrap().clone();
    // Of one moment, in no order.
    let of_result = reads.iter().find(|read| read["what"] == "result").unwrap();
    assert_eq!(
        (&of_result["role"], &of_result["document"], reads.len()),
        (&json!("citizen"), &result["upload"], 2)
    );
}

#[tokio::test]
async fn a_result_is_fetched_by_its_owner_the_portal_and_officers_of_the_agency_and_by_nobody_else()
{
    let world = world().await;
    let code = received(&world, "k").await;
    let pass = json!({ "action": "forward", "expectedVersion": 2, "toAgency": FORMER });
    done(&world, Call::transition(&code, "forward", 2).body(&pass)).await;
    done(&world, Call::transition(&code, "hand-back", 3).officer(FORMER)).await;
    let result = signed(&world).await;
    done(&world, finish(&code, 4, &result)).await;
    let seen = answer(&world, case(&code).officer(FORMER)).await;
    assert_eq!((&seen.body["version"], &seen.body["results"]), (&json!(4), &json!([])));
    let reads = world.count("ReadsTable").await;
    for (call, expected, more) in [
        (fetch(&code, &result).citizen(CITIZEN), 200, 1),
        (fetch(&code, &result).portal(), 200, 2),
        (fetch(&code, &result).officer(AGENCY), 200, 3),
        (fetch(&code, &result).officer(FORMER), 404, 3),
        (fetch(&code, &result).officer("H20.09"), 404, 3),
        (fetch(&code, &result).citizen(NEIGHBOUR), 404, 3),
        (fetch(&code, &result).auditor(), 403, 3),
        (fetch(&code, &result).nobody(), 401, 3),
    ] {
        assert_eq!(answer(&world, call).await.status, expected);
        assert_eq!(world.count("ReadsTable").await, reads + more);
    }
}

#[tokio::test]
async fn a_pdf_whose_signature_does_not_hold_is_no_electronic_result_by_the_rule_that_it_breaks() {
    let world = world().await;
    let code = received(&world, "k").await;
    let good = signed_pdf();
    let mut changed = good.clone();
    let at_page = changed.windows(3).position(|part| part == b"842").unwrap();
    changed[at_page] = b'9';
    let mut broken = good.clone();
    // Within the certificates, which the structure does not hold together.
    let middle = digits(&broken).unwrap().start + 6;
    broken[middle] = if broken[middle] == b'0' { b'1' } else { b'0' };
    for (content, rule) in [
        (one_page(), "no-signature"),
        ([&good[..], b"\n"].concat(), "not-whole-file"),
        (changed, "content-changed"),
        (broken, "signature-unreadable"),
        (signed_by_a_stranger(), "untrusted-chain"),
        (signed_too_late(), "certificate-expired"),
        (pdf("/Encrypt 9 0 R ", 0), "usable-upload"),
    ] {
        let result = result_of(&world, PDF, &content).await;
        let refused = moved(&world, finish(&code, 2, &result)).await;
        assert_eq!((refused.status, refused.broken()), (400, ("result.upload", rule)), "{rule}");
        assert_eq!(claimed_by(&world, &result).await, None);
    }
    assert_eq!(world.dossier(&code).await.version, 2, "nothing moved");
    assert_eq!(done(&world, finish(&code, 2, &signed(&world).await)).await.status, 200);
}

#[tokio::test]
async fn where_the_catalogue_trusts_nobody_no_signature_holds() {
    let world = World::new().await;
    let code = received(&world, "k").await;
    let refused = moved(&world, finish(&code, 2, &signed(&world).await)).await;
    assert_eq!(refused.broken(), ("result.upload", "untrusted-chain"));
}

#[tokio::test]
async fn only_a_pdf_can_be_an_electronic_result_that_has_to_be_signed() {
    let world = world().await;
    let code = received(&world, "k").await;
    let image = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\0\0\0\0:~\x9bU\
        \0\0\0\0IEND\xaeB`\x82";
    let result = result_of(&world, "image/png", image).await;
    let refused = moved(&world, finish(&code, 2, &result)).await;
    assert_eq!((refused.status, refused.broken()), (400, ("result.upload", "result-type")));
}

/// The shipped catalogue, in which results need not be signed from that day on.
fn lenient_from(day: &str) -> Arc<Catalogue> {
    catalogue_with([intake(|file| {
        file["resultSignatures"].as_array_mut().unwrap().push(json!({
            "signature": "not-required", "validFrom": day, "source": "The tests",
            "trust": "unverified",
        }));
    })])
}

#[tokio::test]
async fn an_unsigned_result_is_electronic_from_the_day_on_which_the_catalogue_says_so() {
    for (day, expected) in [("2026-11-17", 200), ("2026-11-18", 400)] {
        let world = World::of(lenient_from(day)).await;
        let code = received(&world, "k").await;
        let result = result_of(&world, PDF, &one_page()).await;
        assert_eq!(moved(&world, finish(&code, 2, &result)).await.status, expected, "{day}");
    }
    let world = World::of(lenient_from("2026-11-17")).await;
    let code = received(&world, "k").await;
    done(&world, finish(&code, 2, &result_of(&world, PDF, &one_page()).await)).await;
    let shown = results(&world, &code).await[0]["result"]["document"]["signature"].clone();
    assert_eq!(shown, json!({ "verdict": "faulty", "fault": "no-signature" }), "it is shown so");
}

#[tokio::test]
async fn whoever_uploads_a_result_sees_beforehand_whether_its_signature_holds() {
    let world = world().await;
    let show = async |content: Vec<u8>, language: &str| {
        let id = uploaded(&world, PDF, &content).await;
        inspect(&world, &id, &content).await;
        let call = Call::new("GET /v1/documents/{id}").path("id", &id).officer(AGENCY);
        let call = call.header("accept-language", language);
        Answer::from(call.at_upload(&world, at(NOW)).await).body["signature"].clone()
    };
    assert_eq!(show(signed_pdf(), "vi").await["verdict"], "verified");
    for (language, text) in [("vi", "tệp không có chữ ký số"), ("en", "has no digital signature")]
    {
        let shown = show(one_page(), language).await;
        let rule = json!({ "verdict": "faulty", "rule": "no-signature", "text": text });
        assert_eq!(shown, rule);
    }
}

#[tokio::test]
async fn an_officer_says_with_the_end_of_the_work_what_came_of_it_and_later_how_it_was_handed_over()
{
    let world = world().await;
    let code = received(&world, "k").await;
    let next = async |version: &str| {
        let seen = answer(&world, case(&code).officer(AGENCY)).await;
        let next = seen.body["next"].as_array().unwrap().clone();
        let found = next.into_iter().find(|next| next["action"] == version).unwrap();
        found["needs"].clone()
    };
    let bare = |action: &str, version: u64| {
        let body = json!({ "action": action, "expectedVersion": version });
        Call::transition(&code, action, version).body(&body)
    };
    assert_eq!(next("finish").await, json!(["result"]));
    let refused = moved(&world, bare("finish", 2)).await;
    assert_eq!((refused.status, refused.broken()), (400, ("result", "result-owed")));
    let ended = done(&world, finish(&code, 2, &json!({ "kind": "paper" }))).await;
    assert_eq!(ended.body["result"], "paper");
    assert_eq!(next("return-result").await, json!(["handover"]));
    let refused = moved(&world, bare("return-result", 3)).await;
    assert_eq!((refused.status, refused.broken()), (400, ("handover", "handover-owed")));
    let online = moved(&world, hand_over(&code, 3, &json!({ "how": "online" }))).await;
    assert_eq!(online.broken(), ("handover.how", "online-handover"), "there is paper alone");
    let handover = json!({ "how": "in-person", "to": CANARY });
    done(&world, hand_over(&code, 3, &handover)).await;
    let shown = results(&world, &code).await;
    assert_eq!(shown[0]["result"], json!({ "kind": "paper", "holds": true }));
    assert_eq!((&shown[1]["handover"], shown[1].get("result")), (&handover, None));
}

#[tokio::test]
async fn what_is_wrong_with_a_result_is_named_at_once_beside_everything_else() {
    let world = world().await;
    let code = received(&world, "k").await;
    let good = signed(&world).await;
    let other = sha256(b"another");
    for (result, broken) in [
        (json!({ "kind": "scroll" }), ("result.kind", "known-value")),
        (json!({ "kind": "paper", "size": 1 }), ("result.size", "unknown-field")),
        (json!({}), ("result.kind", "required")),
        (json!({ "kind": "electronic", "sha256": other }), ("result.upload", "required")),
        (json!({ "kind": "electronic", "upload": good["upload"] }), ("result.sha256", "required")),
        (
            json!({ "kind": "electronic", "upload": good["upload"], "sha256": other }),
            ("result.sha256", "upload-sha256"),
        ),
        (
            json!({ "kind": "electronic", "upload": "0".repeat(32), "sha256": other }),
            ("result.upload", "known-upload"),
        ),
        (json!({ "kind": "paper", "sha256": other }), ("result.sha256", "result-content")),
        (json!({ "kind": "none", "upload": good["upload"] }), ("result.upload", "result-content")),
        (json!({ "kind": "none" }), ("result.kind", "result-of-procedure")),
    ] {
        let refused = moved(&world, finish(&code, 2, &result)).await;
        assert_eq!((refused.status, refused.broken()), (400, broken), "{}", refused.body);
    }
    let body = json!({
        "action": "process", "expectedVersion": 2, "note": "\u{202e}",
        "result": { "kind": "paper" }, "handover": { "how": "post", "to": " " },
    });
    let refused = moved(&world, Call::transition(&code, "process", 2).body(&body)).await;
    let rules: Vec<&str> = refused.body["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["rule"].as_str().unwrap())
        .collect();
    assert_eq!(refused.status, 400);
    for rule in ["full-name", "finish-only", "text-direction"] {
        assert!(rules.contains(&rule), "{rule}: {}", refused.body);
    }
    let body = json!({ "action": "process", "expectedVersion": 2, "handover": { "how": "post" } });
    let refused = moved(&world, Call::transition(&code, "process", 2).body(&body)).await;
    assert_eq!(refused.broken(), ("handover", "return-only"));
}

#[tokio::test]
async fn a_procedure_that_results_in_no_document_ends_without_one_and_owes_no_handover() {
    let mut file: Value =
        serde_json::from_str(&crate::support::file("infra/data/procedures.json")).unwrap();
    for procedure in file["procedures"].as_array_mut().unwrap() {
        procedure["results"] = json!(["none"]);
    }
    let text = ("procedures.json".to_owned(), file.to_string());
    let world = World::of(catalogue_with([text])).await;
    let code = received(&world, "k").await;
    let refused = moved(&world, finish(&code, 2, &json!({ "kind": "paper" }))).await;
    assert_eq!(refused.broken(), ("result.kind", "result-of-procedure"));
    done(&world, finish(&code, 2, &json!({ "kind": "none" }))).await;
    let body = json!({ "action": "return-result", "expectedVersion": 3 });
    done(&world, Call::transition(&code, "return-result", 3).body(&body)).await;
    assert_eq!(results(&world, &code).await[0]["result"]["kind"], "none");
}

async fn ingested(world: &World, event: &Value) -> Result<(), Failure> {
    let (dossiers, intake) = (&world.dossiers, &world.intake);
    ingest_event::ingest(&event.to_string(), dossiers, intake, &world.catalogue, at(NOW)).await
}

#[tokio::test]
async fn an_integrator_that_says_nothing_of_a_result_is_taken_at_its_word_and_the_case_says_so() {
    let world = world().await;
    let code = "H20.03-261116-9001";
    let event = |id: &str, hour: &str, action: &str| {
        transition_event(id, &format!("2026-11-16T{hour}:00:00Z"), code, action)
    };
    ingested(&world, &submit_event("e1", "2026-11-16T03:00:00Z", Some(code))).await.unwrap();
    ingested(&world, &event("e2", "04", "receive")).await.unwrap();
    let mut uploads = event("e3", "05", "finish");
    uploads["data"]["result"] = signed(&world).await;
    let refused = ingested(&world, &uploads).await;
    let Err(Failure::Invalid(found)) = refused else { panic!("it has no account to upload by") };
    assert_eq!(
        (found[0].field.as_str(), found[0].rule.slug()),
        ("data.result.upload", "known-upload")
    );
    for _ in 0..2 {
        ingested(&world, &event("e4", "06", "finish")).await.unwrap();
        ingested(&world, &event("e5", "07", "return-result")).await.unwrap();
    }
    let shown = results(&world, code).await;
    assert_eq!(shown[0]["result"], json!({ "kind": "not-declared", "holds": true }));
    assert_eq!((shown.as_array().unwrap().len(), shown[1].get("handover")), (2, None));
}

#[tokio::test]
async fn what_an_integrator_declares_is_kept_as_an_officer_s_word_is() {
    let world = world().await;
    let code = "H20.03-261116-9001";
    ingested(&world, &submit_event("e1", "2026-11-16T03:00:00Z", Some(code))).await.unwrap();
    let mut finish = transition_event("e2", "2026-11-16T05:00:00Z", code, "finish");
    ingested(&world, &transition_event("e0", "2026-11-16T04:00:00Z", code, "receive"))
        .await
        .unwrap();
    finish["data"]["result"] = json!({ "kind": "paper" });
    ingested(&world, &finish).await.unwrap();
    let mut given = transition_event("e3", "2026-11-16T06:00:00Z", code, "return-result");
    given["data"]["handover"] = json!({ "how": "post", "to": CANARY });
    ingested(&world, &given).await.unwrap();
    ingested(&world, &given).await.unwrap();
    let shown = results(&world, code).await;
    assert_eq!(shown[0]["result"]["kind"], "paper");
    assert_eq!(shown[1]["handover"], given["data"]["handover"]);
}

#[tokio::test]
async fn a_result_under_inspection_holds_the_end_of_the_work_up_for_seconds() {
    let world = world().await;
    let code = received(&world, "k").await;
    let content = signed_pdf();
    let id = uploaded(&world, PDF, &content).await;
    let call = finish(&code, 2, &electronic(&id, &content)).header("idempotency-key", "f");
    let held = moved(&world, call.clone()).await;
    assert_eq!((held.status, held.problem()), (409, "documents-under-inspection"));
    assert_eq!(held.body["uploads"], json!([id]));
    inspect(&world, &id, &content).await;
    done(&world, call).await;
}

#[tokio::test]
async fn a_result_that_was_sent_back_is_the_officers_alone_and_the_next_one_the_applicant_s() {
    let world = world().await;
    let code = received(&world, "k").await;
    let (first, second) = (signed(&world).await, signed(&world).await);
    done(&world, finish(&code, 2, &first)).await;
    done(&world, Call::transition(&code, "send-back", 3)).await;
    let status = async |call: Call| answer(&world, call).await.status;
    assert_eq!(status(fetch(&code, &first).citizen(CITIZEN)).await, 404);
    assert_eq!(status(fetch(&code, &first).portal()).await, 404);
    assert_eq!(status(fetch(&code, &first).officer(AGENCY)).await, 200);
    let shown = results(&world, &code).await;
    assert_eq!(shown[0]["result"]["holds"], false);
    done(&world, finish(&code, 4, &second)).await;
    assert_eq!(status(fetch(&code, &first).citizen(CITIZEN)).await, 404);
    assert_eq!(status(fetch(&code, &second).citizen(CITIZEN)).await, 200);
    let seen = answer(&world, case(&code).citizen(CITIZEN)).await.body["results"].clone();
    assert_eq!((seen[0]["result"].get("document"), &seen[0]["version"]), (None, &json!(3)));
    assert_eq!(seen[1]["result"]["document"]["id"], second["upload"]);
}

#[tokio::test]
async fn of_two_ends_of_the_work_at_once_one_gives_its_result_and_the_other_claims_nothing() {
    let world = world().await;
    let code = received(&world, "k").await;
    let (first, second) = (signed(&world).await, signed(&world).await);
    let (one, other) = tokio::join!(
        moved(&world, finish(&code, 2, &first)),
        moved(&world, finish(&code, 2, &second))
    );
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409], "{} {}", one.body, other.body);
    let (won, lost) = if one.status == 200 { (first, second) } else { (second, first) };
    assert_eq!(claimed_by(&world, &won).await, Some(code.clone()));
    assert_eq!(claimed_by(&world, &lost).await, None);
    assert_eq!(results(&world, &code).await[0]["result"]["document"]["id"], won["upload"]);
}

#[tokio::test]
async fn of_two_dossiers_that_give_one_document_at_once_one_has_it() {
    let world = world().await;
    let (one, other) = (received(&world, "k").await, received(&world, "l").await);
    let result = signed(&world).await;
    let (first, second) = tokio::join!(
        moved(&world, finish(&one, 2, &result)),
        moved(&world, finish(&other, 2, &result))
    );
    let (taken, refused) = if first.status == 200 { (first, second) } else { (second, first) };
    assert_eq!(taken.status, 200, "{}", taken.body);
    assert_eq!(refused.broken(), ("result.upload", "unclaimed-upload"), "{}", refused.body);
}

#[tokio::test]
async fn an_end_of_the_work_that_meets_a_supplement_comes_after_it_or_not_at_all() {
    let world = world().await;
    let document = submission()["documents"][0].clone();
    for turn in 0..4 {
        let code = received(&world, &format!("k{turn}")).await;
        let request = json!({
            "action": "request-supplement", "expectedVersion": 2, "reason": "Ảnh mờ",
            "askedFor": [{ "code": document["code"], "reason": "Không đọc được" }],
        });
        done(&world, Call::transition(&code, "request-supplement", 2).body(&request)).await;
        let result = signed(&world).await;
        let brings =
            json!({ "action": "supplement", "expectedVersion": 3, "documents": [document] });
        let supplement = Call::transition(&code, "supplement", 3).citizen(CITIZEN).body(&brings);
        let (came, ended) = tokio::join!(
            moved(&world, supplement),
            moved(&world, finish(&code, 3 + turn % 2, &result)),
        );
        assert_eq!(came.status, 200, "{}", came.body);
        let dossier = world.dossier(&code).await;
        let brought = dossier.documents.iter().filter(|document| document.version == 4).count();
        assert_eq!(brought, 1, "the supplement is whole");
        assert!([200, 409, 422].contains(&ended.status), "{}", ended.body);
        let given = dossier.results.iter().map(|result| result.version).collect::<Vec<_>>();
        assert_eq!(given, if ended.status == 200 { vec![5] } else { vec![] });
        let claimed = (ended.status == 200).then_some(code);
        assert_eq!(claimed_by(&world, &result).await, claimed);
    }
}

#[tokio::test]
async fn a_repeated_end_of_the_work_is_answered_alike_and_another_result_under_its_name_is_refused()
{
    let world = world().await;
    let code = received(&world, "k").await;
    let (first, second) = (signed(&world).await, signed(&world).await);
    let call = |result: &Value| finish(&code, 2, result).header("idempotency-key", "f");
    let once = done(&world, call(&first)).await;
    done(&world, Call::transition(&code, "send-back", 3)).await;
    assert_eq!(moved(&world, call(&first)).await, once);
    for other in [second.clone(), json!({ "kind": "paper" })] {
        let refused = moved(&world, call(&other)).await;
        assert_eq!((refused.status, refused.problem()), (422, "idempotency-key-reused"));
    }
    assert_eq!(claimed_by(&world, &second).await, None);
    done(&world, finish(&code, 4, &second)).await;
    let call = |to: &str| {
        let handover = json!({ "how": "online", "to": to });
        hand_over(&code, 5, &handover).header("idempotency-key", "h")
    };
    let once = done(&world, call(CANARY)).await;
    assert_eq!(moved(&world, call(CANARY)).await, once);
    assert_eq!(moved(&world, call("Somebody Else")).await.problem(), "idempotency-key-reused");
}

#[tokio::test]
async fn a_process_that_dies_around_the_end_of_the_work_leaves_all_of_it_or_nothing() {
    for death in [Death::Before, Death::After] {
        let world = world().await;
        let code = received(&world, "k").await;
        let result = signed(&world).await;
        let mortal = Mortal::new(world.dossiers.clone(), death);
        let call = finish(&code, 2, &result).header("idempotency-key", "f");
        assert_eq!(call.clone().at_change(&mortal, &world, at(NOW)).await.status, 503);
        let dossier = world.dossier(&code).await;
        let whole = (dossier.version == 3, dossier.results.len() == 1);
        assert!([(true, true), (false, false)].contains(&whole), "{whole:?}");
        assert_eq!(claimed_by(&world, &result).await, whole.0.then(|| code.clone()));
        done(&world, call).await;
        let dossier = world.dossier(&code).await;
        assert_eq!((dossier.version, dossier.results.len()), (3, 1));
        let call = hand_over(&code, 3, &json!({ "how": "online" })).header("idempotency-key", "h");
        mortal.revive();
        let mortal = Mortal::new(world.dossiers.clone(), death);
        assert_eq!(call.clone().at_change(&mortal, &world, at(NOW)).await.status, 503);
        done(&world, call).await;
        let dossier = world.dossier(&code).await;
        assert_eq!((dossier.version, dossier.handovers.len()), (4, 1));
    }
}

async fn scanned(world: &World, table: &str, index: Option<&str>) -> String {
    let scan = world.client.scan().table_name(table).set_index_name(index.map(str::to_owned));
    format!("{:?}", scan.send().await.unwrap().items.unwrap_or_default())
}

#[tokio::test]
async fn who_took_a_result_is_in_the_contents_table_and_in_the_case_and_nowhere_else() {
    let world = world().await;
    let code = received(&world, "k").await;
    let result = signed(&world).await;
    done(&world, finish(&code, 2, &result)).await;
    let answered = done(&world, hand_over(&code, 3, &json!({ "how": "post", "to": CANARY }))).await;
    assert!(!answered.body.to_string().contains("Canary"));
    let indexes = ["by-work", "by-handler", "by-holder", "by-ended", "by-applicant", "by-phone"];
    let sha256 = result["sha256"].as_str().unwrap();
    for index in [None].into_iter().chain(indexes.map(Some)) {
        let rows = scanned(&world, "DossiersTable", index).await;
        for canary in ["Canary", sha256, "Sở Tư pháp"] {
            assert!(!rows.contains(canary), "{canary} in {index:?}");
        }
    }
    for table in ["IntakeTable", "NoticesTable", "ReadsTable", "DocumentsTable"] {
        assert!(!scanned(&world, table, None).await.contains("Canary"), "{table}");
    }
    assert!(scanned(&world, "ContentsTable", None).await.contains("Canary"));
    let history = Call::new("GET /v1/dossiers/{code}/history").code(&code).citizen(CITIZEN);
    let history = history.at_track(&world).await;
    assert_eq!(history.body["history"][2]["result"], "electronic");
    assert!(!history.body.to_string().contains("Canary"));
    let dossier = world.dossier(&code).await;
    assert!(!format!("{dossier:?}").contains("Canary"), "and it is not printed");
}

#[tokio::test]
async fn a_dossier_of_before_contents_lay_apart_ends_with_a_result() {
    let world = world().await;
    let code = received(&world, "k").await;
    let dossier = world.dossier(&code).await;
    world.store_in_one_item(&dossier).await;
    let result = signed(&world).await;
    done(&world, finish(&code, 2, &result)).await;
    let read = world.dossier(&code).await;
    assert_eq!((read.documents.clone(), read.results.len()), (dossier.documents.clone(), 1));
    assert_eq!(answer(&world, fetch(&code, &result).citizen(CITIZEN)).await.status, 200);
}

#[tokio::test]
async fn the_night_reads_of_what_ended_that_its_result_is_electronic_and_of_paper_that_it_is_none()
{
    let world = world().await;
    let (signed_one, on_paper) = (received(&world, "k").await, received(&world, "l").await);
    done(&world, finish(&signed_one, 2, &signed(&world).await)).await;
    done(&world, finish(&on_paper, 2, &json!({ "kind": "paper" }))).await;
    let brought = |paper: Value| {
        let mut body = submission();
        body["channel"] = "counter".into();
        for document in body["documents"].as_array_mut().unwrap() {
            *document = json!({ "code": document["code"], "paper": paper });
        }
        Call::submit("m").body(&body)
    };
    let sheets = brought(json!("copy")).at_submit(&world.intake, &world, at(NOW)).await.code();
    done(&world, Call::transition(&sheets, "receive", 1)).await;
    let agency = AGENCY.parse().unwrap();
    let today = "2026-11-17".parse().unwrap();
    let mut facts = world.dossiers.ended(&agency, today, today).await.unwrap().facts;
    facts.extend(world.dossiers.open(&agency).await.unwrap().facts);
    let none = |_: &DossierFacts, _| None;
    let never = |_: &DossierFacts, _, _| false;
    let rulings =
        Rulings { basis_on: &|_| DueBasis::Original, receive_by: &none, due_next: &never };
    let row = tally(&facts, today, &rulings)[&KpiCell::Province];
    assert_eq!((row.resolved, row.results_electronic), (2, 1));
    assert_eq!((row.received, row.digitised), (3, 2), "sheets of paper are no files");
}

#[tokio::test]
async fn an_authority_without_a_readable_certificate_is_not_published_and_one_with_it_is() {
    let world = World::new().await;
    let publish = async |change: fn(&mut Value), edition: u64| {
        let (name, text) = intake(|file| {
            let mut row = anchor();
            change(&mut row);
            file["trustAnchors"] = json!([row]);
        });
        let body = json!({ "expectedEdition": edition, "files": { name: text } });
        let call = Call::new("PUT /v1/catalogue").administrator().body(&body);
        call.at_publish(&world.catalogue_store, Timestamp::from_second(1_763_000_000).unwrap())
            .await
    };
    let spoilt: fn(&mut Value) = |row| {
        let certificate = row["certificate"].as_str().unwrap().replace("MII", "MIJ");
        row["certificate"] = certificate.into();
    };
    let short: fn(&mut Value) = |row| row["certificate"] = "MIIB".into();
    for change in [spoilt, short] {
        let refused = publish(change, 0).await;
        assert_eq!(refused.status, 422, "{}", refused.body);
        let misprint = &refused.body["misprints"][0];
        assert_eq!(
            (&misprint["file"], &misprint["rule"]),
            (&json!("intake.json"), &json!("certificate"))
        );
    }
    assert_eq!(publish(|_| {}, 0).await.status, 200);
}

#[tokio::test]
async fn how_a_result_was_handed_over_is_one_write_unless_somebody_else_took_it() {
    let world = world().await;
    for (key, to, place) in
        [("own", None, "DossiersTable"), ("other", Some(CANARY), "ContentsTable")]
    {
        let code = received(&world, key).await;
        done(&world, finish(&code, 2, &json!({ "kind": "paper" }))).await;
        let handover = json!({ "how": "in-person", "to": to });
        let content = item(&world, "ContentsTable", &code).await["version"].clone();
        done(&world, hand_over(&code, 3, &handover)).await;
        let mut expected = json!([{ "version": 4, "how": "in-person" }]);
        expected[0].as_object_mut().unwrap().extend(to.map(|to| ("to".to_owned(), json!(to))));
        for table in ["DossiersTable", "ContentsTable"] {
            let there = item(&world, table, &code).await;
            let handovers = there.get("handovers");
            assert_eq!(handovers, Some(&expected).filter(|_| table == place), "{key}: {table}");
        }
        let is_as_before = item(&world, "ContentsTable", &code).await["version"] == content;
        assert_eq!(is_as_before, to.is_none(), "{key}");
    }
}

#[tokio::test]
async fn a_handover_that_an_earlier_release_put_into_the_content_is_read_there() {
    let world = world().await;
    let code = received(&world, "k").await;
    done(&world, finish(&code, 2, &json!({ "kind": "paper" }))).await;
    done(&world, hand_over(&code, 3, &json!({ "how": "in-person", "to": CANARY }))).await;
    // As one without a name stood there before ADR 117.
    let update = world.client.update_item().table_name("ContentsTable").key("code", text(&code));
    let update = update.update_expression("REMOVE handovers[0].#to");
    update.expression_attribute_names("#to", "to").send().await.unwrap();
    let handovers = world.dossier(&code).await.handovers.clone();
    let shown = handovers.iter().map(|it| (it.version, it.how, it.names_somebody()));
    assert_eq!(shown.collect::<Vec<_>>(), [(4, HandoverWay::InPerson, false)]);
}

fn text(code: &str) -> AttributeValue {
    AttributeValue::S(code.to_owned())
}

/// What `table` has of a dossier.
async fn item(world: &World, table: &str, code: &str) -> Value {
    let got = world.client.get_item().table_name(table).key("code", text(code)).send().await;
    bytes::plain(&got.unwrap().item.unwrap())
}
