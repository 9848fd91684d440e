//! Documents go straight to object storage, which takes what was signed and nothing else.

use inspection::sha256;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::call::{AGENCY, CITIZEN, submission};
use crate::support::shelf::pdf;
use crate::support::stack::Stack;

const DOCUMENTS: &str = "/v1/documents";

/// Asks for an address for this content.
pub async fn asked(stack: &Stack, token: &str, content: &[u8]) -> Value {
    let body = json!({
        "mediaType": "application/pdf", "bytes": content.len(), "sha256": sha256(content),
    });
    let answer = stack.call(Method::POST, DOCUMENTS, Some(token), None, body).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer.body
}

/// The document once it is inspected.
pub async fn inspected(stack: &Stack, token: &str, document: &Value) -> Value {
    let path = format!("{DOCUMENTS}/{}", document["id"].as_str().unwrap());
    stack
        .until("the verdict on a document", || async {
            let seen = stack.get(&path, Some(token)).await;
            assert_eq!(seen.status, 200, "{}", seen.body);
            (seen.body["state"] != "awaited").then_some(seen.body)
        })
        .await
}

#[tokio::test]
async fn what_was_signed_is_taken_and_inspected_and_other_content_is_refused_by_the_storage() {
    let stack = Stack::new();
    let token = stack.token(json!({ "role": "citizen", "idNumber": CITIZEN })).await;
    let content = pdf("", 0);
    let document = asked(&stack, &token, &content).await;
    let upload = &document["upload"];
    let mut other = content.clone();
    *other.last_mut().unwrap() = b' ';
    assert_eq!(stack.upload(upload, &other, &[]).await, 400, "another checksum");
    let as_page = [("content-type", "text/html")];
    assert_eq!(stack.upload(upload, &content, &as_page).await, 403, "another type");
    let as_claimed = [("x-amz-tagging", "claimed=yes")];
    assert_eq!(stack.upload(upload, &content, &as_claimed).await, 403, "another tag");
    assert_eq!(stack.upload(upload, &content[1..], &[]).await, 403, "another length");
    let (address, rest) = upload["url"].as_str().unwrap().split_once("X-Amz-Signature=").unwrap();
    let digit = if rest.starts_with('0') { '1' } else { '0' };
    let mut forged = upload.clone();
    forged["url"] = format!("{address}X-Amz-Signature={digit}{}", &rest[1..]).into();
    assert_eq!(stack.upload(&forged, &content, &[]).await, 403, "another signature");

    assert_eq!(stack.upload(upload, &content, &[]).await, 200);
    assert_eq!(inspected(&stack, &token, &document).await["state"], "usable");
}

#[tokio::test]
async fn what_a_citizen_uploads_and_hands_in_an_officer_fetches_byte_by_byte_and_the_owner_sees_it()
{
    let stack = Stack::new();
    let citizen = stack.token(json!({ "role": "citizen", "idNumber": CITIZEN })).await;
    let officer = stack.officer(AGENCY).await;
    let content = pdf("/Mark (handed in) ", 0);
    let document = asked(&stack, &citizen, &content).await;
    assert_eq!(stack.upload(&document["upload"], &content, &[]).await, 200);
    let mut body = submission();
    let first = body["documents"][0]["code"].clone();
    body["documents"][0] =
        json!({ "code": first, "upload": document["id"], "sha256": sha256(&content) });
    let key = format!("upload-{}", document["id"]).replace('"', "");
    // At once: while it is inspected the same request is sent again.
    let code = stack
        .until("the dossier", || async {
            let (token, body) = (Some(citizen.as_str()), body.clone());
            let answer = stack.call(Method::POST, "/v1/dossiers", token, Some(&key), body).await;
            if answer.problem() == "documents-under-inspection" {
                return None;
            }
            assert_eq!(answer.status, 201, "{}", answer.body);
            Some(answer.code())
        })
        .await;
    let path = format!("/v1/dossiers/{code}/documents/{}", document["id"].as_str().unwrap());
    let given = stack.get(&path, Some(&officer)).await;
    assert_eq!(given.status, 200, "{}", given.body);
    let url = given.body["url"].as_str().unwrap();
    // Without a token: the address is all that it takes.
    let fetched = stack.http.get(url).send().await.unwrap();
    assert_eq!(fetched.status(), 200);
    assert_eq!(fetched.bytes().await.unwrap(), content);
    let (address, rest) = url.split_once("X-Amz-Signature=").unwrap();
    let digit = if rest.starts_with('0') { '1' } else { '0' };
    let forged = format!("{address}X-Amz-Signature={digit}{}", &rest[1..]);
    assert_eq!(stack.http.get(forged).send().await.unwrap().status(), 403, "another signature");
    let bare = url.split_once('?').unwrap().0;
    assert_eq!(stack.http.get(bare).send().await.unwrap().status(), 403, "no signature");

    let reads = stack.get(&format!("/v1/dossiers/{code}/reads"), Some(&citizen)).await.body;
    assert_eq!(
        (&reads["items"][0]["what"], &reads["items"][0]["agency"]),
        (&json!("document"), &json!(AGENCY))
    );
}

#[tokio::test]
async fn what_does_not_open_is_refused_with_its_rule_after_the_upload() {
    let stack = Stack::new();
    let token = stack.portal().await;
    let encrypted = pdf("/Encrypt 9 0 R ", 0);
    let document = asked(&stack, &token, &encrypted).await;
    assert_eq!(stack.upload(&document["upload"], &encrypted, &[]).await, 200);
    let seen = inspected(&stack, &token, &document).await;
    assert_eq!(seen["reason"]["rule"], "pdf-encrypted", "{seen}");
}
