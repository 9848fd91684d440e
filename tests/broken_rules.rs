//! What somebody is told whose request breaks rules: every field at once, and in both languages the
//! same bounds, codes and names, without a word of what was sent.

use platform::payload::Payload;
use platform::record::standing::EventState;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::support::call::{
    Answer, Call, SENDER, SOURCE, submission, submission_for, submit_event,
};
use crate::support::desk::{message, receiving, record_of, work};
use crate::support::judge::served;
use crate::support::world::{Kept, NOW, World, at};

/// Copies of an entry of civil status: one document, one item of the fee.
const COPIES: &str = "2.000635";
const COMMUNE: &str = "H20.101";

/// Each broken rule with its field.
fn rules(answer: &Answer) -> Vec<(&str, &str)> {
    named(answer, "rule")
}

/// Each broken field with what is said of it.
fn details(answer: &Answer) -> Vec<(&str, &str)> {
    named(answer, "detail")
}

fn named<'a>(answer: &'a Answer, what: &str) -> Vec<(&'a str, &'a str)> {
    let errors = answer.body["errors"].as_array();
    let errors = errors.unwrap_or_else(|| panic!("{}", answer.body)).iter();
    errors.map(|one| (one["field"].as_str().unwrap(), one[what].as_str().unwrap())).collect()
}

async fn submitted(world: &World, body: &Value, language: &str) -> Answer {
    let call = Call::submit("told").body(body).header("accept-language", language);
    call.at_submit(&world.intake, world, at(NOW)).await
}

/// A dossier for copies, received by the commune.
async fn received(world: &World) -> String {
    let mut body = submission_for(COPIES);
    body["agency"] = COMMUNE.into();
    let call = Call::submit("k").body(&body);
    let code = call.at_submit(&world.intake, world, at(NOW)).await.code();
    assert_eq!(
        moved(world, &code, &json!({ "action": "receive", "expectedVersion": 1 }), "en")
            .await
            .status,
        200
    );
    code
}

async fn moved(world: &World, code: &str, body: &Value, language: &str) -> Answer {
    let call = Call::new("POST /v1/dossiers/{code}/transitions").code(code).officer(COMMUNE);
    let call = call.body(body).header("accept-language", language);
    call.at_change(&world.dossiers, world, at(NOW)).await
}

#[tokio::test]
async fn each_missing_document_is_named_in_both_languages() {
    let world = World::new().await;
    let mut body = submission_for(COPIES);
    body["agency"] = COMMUNE.into();
    body["documents"] = json!([]);
    let (vi, en) = (submitted(&world, &body, "vi").await, submitted(&world, &body, "en").await);
    let known =
        world.catalogue.procedure(&COPIES.parse().unwrap(), domain::calendar::date_of(at(NOW)));
    let asked = known.unwrap().documents.iter().filter(|document| document.required);
    let asked: Vec<(&str, &str)> =
        asked.map(|document| (document.code.as_str(), document.name.as_str())).collect();
    assert!(!asked.is_empty());
    let in_vietnamese: Vec<String> = asked
        .iter()
        .map(|(code, name)| format!("thiếu tài liệu mà thủ tục bắt buộc phải có: {code} ({name})"))
        .collect();
    let in_english: Vec<String> =
        asked.iter().map(|(code, name)| format!("{code} is missing: {name}")).collect();
    let said = |answer: &Answer| -> Vec<String> {
        details(answer).into_iter().map(|(_, detail)| detail.to_owned()).collect()
    };
    assert_eq!((said(&vi), said(&en)), (in_vietnamese, in_english));
}

#[tokio::test]
async fn bounds_and_choices_are_said_in_both_languages() {
    let world = World::new().await;
    for (query, vi, en) in [
        (("limit", "1000"), "nằm ngoài khoảng cho phép: từ 1 đến 200", "must be 1 to 200"),
        (
            ("online", "perhaps"),
            "không thuộc các giá trị cho phép: chỉ có full, partial, information",
            "must be one of full, partial, information",
        ),
    ] {
        for (language, said) in [("vi", vi), ("en", en)] {
            let call = Call::new("GET /v1/procedures").query(query.0, query.1);
            let call = call.header("accept-language", language);
            let answer: Answer = call.at_catalogue(&world, at(NOW)).await.into();
            assert_eq!(details(&answer), [(query.0, said)], "{language}");
        }
    }
}

#[tokio::test]
async fn an_applicant_is_told_how_a_number_and_a_name_are_written() {
    let world = World::new().await;
    let mut body = submission();
    body["applicant"]["idNumber"] = "12".into();
    body["applicant"]["phone"] = "12".into();
    body["applicant"]["fullName"] = "123456".into();
    let answer = submitted(&world, &body, "vi").await;
    assert_eq!(
        details(&answer),
        [
            ("applicant.fullName", "họ và tên không hợp lệ: từ 1 đến 200 ký tự, có chữ cái"),
            (
                "applicant.idNumber",
                "không phải là số định danh của công dân: 12 chữ số; số khác thì idKind nêu loại"
            ),
            (
                "applicant.phone",
                "không phải là số điện thoại: 10 chữ số của số di động, 11 chữ số của số cố định bắt đầu bằng 02, hoặc số nước ngoài với mã nước sau dấu +"
            ),
        ]
    );
}

#[tokio::test]
async fn a_full_name_has_a_letter_of_some_script() {
    let world = World::new().await;
    for name in ["123456", "1", "12 3", "🙂", "!?", "٣"] {
        let mut body = submission();
        body["applicant"]["fullName"] = name.into();
        body["resultTo"] = json!({ "recipient": name, "address": "12 Lê Lợi", "province": "82" });
        let answer = submitted(&world, &body, "en").await;
        let both = [("applicant.fullName", "full-name"), ("resultTo.recipient", "full-name")];
        assert_eq!(rules(&answer), both, "{name}");
    }
    for (nth, name) in ["Đ", "O", "李", "Công ty 36", "นภา"].into_iter().enumerate() {
        let mut body = submission();
        body["applicant"]["fullName"] = name.into();
        let call = Call::submit(&format!("named{nth}")).body(&body);
        let answer = call.at_submit(&world.intake, &world, at(NOW)).await;
        assert_eq!(answer.status, 201, "{name}: {}", answer.body);
    }
}

#[tokio::test]
async fn an_officer_is_told_bounds_days_sums_and_what_there_is_to_choose() {
    let world = World::new().await;
    let code = received(&world).await;
    let long = "đ".repeat(301);
    for (body, vi, en) in [
        (
            json!({ "action": "withdraw", "expectedVersion": 2, "reason": long }),
            ("reason", "độ dài không hợp lệ: nhiều nhất 300 ký tự"),
            ("reason", "must be at most 300 characters"),
        ),
        (
            json!({ "action": "finish", "expectedVersion": 2, "result": { "kind": "none" } }),
            ("result.kind", "thủ tục không có loại kết quả này: chỉ có electronic, paper"),
            ("result.kind", "is no result of this procedure, which gives electronic, paper"),
        ),
        (
            json!({ "action": "apologise", "expectedVersion": 2, "reason": "x", "newDueOn": "2026-11-15" }),
            ("newDueOn", "ngày hẹn mới phải sau ngày hẹn hiện tại: sau ngày 18/11/2026"),
            ("newDueOn", "must lie after the present due date and not in the past"),
        ),
        (
            json!({ "action": "request-payment", "expectedVersion": 2, "fees": { "items": [{ "code": "TL" }], "amountVnd": 7 } }),
            ("fees.amountVnd", "khác với số tiền phải nộp: 8000 đồng"),
            ("fees.amountVnd", "the fees come to 8000 đồng"),
        ),
        (
            json!({ "action": "request-payment", "expectedVersion": 2, "fees": { "items": [{ "code": "xx" }] } }),
            ("fees.items[0].code", "thủ tục không có khoản phí, lệ phí này: chỉ có TL"),
            ("fees.items[0].code", "the procedure has no such item"),
        ),
        (
            json!({ "action": "request-payment", "expectedVersion": 2, "fees": { "items": [{ "code": "TL", "exemption": "zz", "reason": "x" }] } }),
            (
                "fees.items[0].exemption",
                "không có mức miễn, giảm này đang áp dụng cho hồ sơ: chỉ có NCC, HN",
            ),
            (
                "fees.items[0].exemption",
                "no such exemption is in force for this dossier on that day",
            ),
        ),
    ] {
        let answer = moved(&world, &code, &body, "vi").await;
        assert_eq!(details(&answer), [vi], "{body}");
        let answer = moved(&world, &code, &body, "en").await;
        assert_eq!(details(&answer), [en], "{body}");
    }
}

#[tokio::test]
async fn what_was_asked_for_and_is_missing_is_named_by_its_code_and_not_by_what_an_officer_wrote() {
    let world = World::new().await;
    let code = received(&world).await;
    let known = world.dossier(&code).await.documents[0].code.clone();
    let ask = json!({
        "action": "request-supplement", "expectedVersion": 2, "reason": "Mờ",
        "askedFor": [{ "code": known, "reason": "Canary ông Mẫu" }],
    });
    let asked = moved(&world, &code, &ask, "vi").await;
    assert_eq!(asked.status, 200, "{}", asked.body);
    let bring = json!({ "action": "supplement", "expectedVersion": 3 });
    let answer = moved(&world, &code, &bring, "vi").await;
    let said = format!("còn thiếu tài liệu đã được yêu cầu bổ sung: {known}");
    assert_eq!(details(&answer), [("documents", said.as_str())]);
}

#[tokio::test]
async fn who_uploads_is_told_the_types_and_the_most_bytes() {
    let world = World::new().await;
    let declared = |bytes: u64| {
        let body =
            json!({ "mediaType": "application/pdf", "bytes": bytes, "sha256": "0".repeat(64) });
        Call::new("POST /v1/documents").portal().body(&body).header("accept-language", "vi")
    };
    let answer: Answer = declared(30_000_000).at_upload(&world, at(NOW)).await.into();
    let said = "nằm ngoài khoảng cho phép: từ 1 đến 20000000 byte";
    assert_eq!(details(&answer), [("bytes", said)]);
}

#[tokio::test]
async fn missing_documents_are_named_beside_a_wrong_telephone_and_a_wrong_form_of_another_field() {
    let world = World::new().await;
    let mut body = submission_for(COPIES);
    body["agency"] = COMMUNE.into();
    body["documents"] = json!([]);
    body["applicant"]["phone"] = "12".into();
    let missing = ("documents", "required-document");
    let answer = submitted(&world, &body, "en").await;
    assert_eq!(rules(&answer), [("applicant.phone", "mobile-phone"), missing]);
    body["colour"] = "red".into();
    let answer = submitted(&world, &body, "en").await;
    let all = [("colour", "unknown-field"), ("applicant.phone", "mobile-phone"), missing];
    assert_eq!(rules(&answer), all);
    // Beside agencies that there are not, too.
    body.as_object_mut().unwrap().remove("colour");
    body["agency"] = "H20.999".into();
    let answer = submitted(&world, &body, "en").await;
    let all = [("applicant.phone", "mobile-phone"), ("agency", "known-agency"), missing];
    assert_eq!(rules(&answer), all);
}

#[tokio::test]
async fn of_what_could_not_be_read_nothing_more_is_said() {
    let world = World::new().await;
    let mut body = submission_for(COPIES);
    body["agency"] = COMMUNE.into();
    // One without a code may be the one that is owed.
    body["documents"][0].as_object_mut().unwrap().remove("code");
    let answer = submitted(&world, &body, "en").await;
    assert_eq!(rules(&answer), [("documents[0].code", "required")]);
    // Who does not say how it came may have brought paper.
    body["documents"] =
        json!([{ "code": submission_for(COPIES)["documents"][0]["code"], "paper": "copy" }]);
    body.as_object_mut().unwrap().remove("channel");
    let answer = submitted(&world, &body, "en").await;
    assert_eq!(rules(&answer), [("channel", "required")]);
    for nothing in ["[]", "7", "null", r#""a""#] {
        let call = Call::submit("nothing").raw(nothing);
        let answer = call.at_submit(&world.intake, &world, at(NOW)).await;
        assert_eq!(rules(&answer), [("body", "type")], "{nothing}");
    }
}

#[tokio::test]
async fn a_proof_is_asked_for_with_its_name_and_its_digits_in_one_answer() {
    let world = World::new().await;
    let code = received(&world).await;
    let confirmed = async |body: Value| -> Answer {
        let call = Call::confirming(&code, &Value::Null, "").body(&body);
        call.at_its_function_on(&world, at(NOW)).await.into()
    };
    let answer = confirmed(json!({})).await;
    assert_eq!(rules(&answer), [("proof", "required"), ("digits", "required")]);
    let answer = confirmed(json!({ "proof": "x", "digits": "1" })).await;
    assert_eq!(rules(&answer), [("proof", "format"), ("digits", "known-value")]);
}

#[tokio::test]
async fn an_item_that_there_is_not_and_a_reason_that_is_owed_are_named_together() {
    let world = World::new().await;
    let code = received(&world).await;
    let ask = |items: Value| json!({ "action": "request-payment", "expectedVersion": 2, "fees": { "items": items } });
    let answer = moved(&world, &code, &ask(json!([{ "code": "xx", "quantity": 3 }])), "en").await;
    let both = [("fees.items[0].reason", "reason-owed"), ("fees.items[0].code", "known-fee")];
    assert_eq!(rules(&answer), both);
    // Of what is counted wrongly no sum is said.
    let answer = moved(&world, &code, &ask(json!([{ "code": "TL", "quantity": 0 }])), "en").await;
    let both = [("fees.items[0].quantity", "range"), ("fees.items[0].reason", "reason-owed")];
    assert_eq!(rules(&answer), both);
}

/// An event that is pushed with a right signature.
async fn pushed(world: &World, event: &Value) -> Answer {
    let (body, id, seconds) =
        (event.to_string(), event["id"].as_str().unwrap(), at(NOW).as_second());
    let secret = world.seal_key.secret(SOURCE, 1);
    let call = Call::new("POST /v1/events")
        .nobody()
        .raw(&body)
        .header("webhook-id", id)
        .header("webhook-timestamp", &seconds.to_string())
        .header("webhook-signature", &secret.sign(id, seconds, body.as_bytes()));
    let queue = Kept::default();
    let receiving = receiving(world, &queue);
    let handler = |request| receive_event::handle(request, &receiving, &world.catalogue, at(NOW));
    served(call.event(), handler).await.into()
}

#[tokio::test]
async fn an_event_with_a_wrong_time_is_told_what_is_wrong_with_its_data_too() {
    let world = World::new().await;
    let mut event = submit_event("e1", "2026-11-16 03:00", None);
    event["data"]["applicant"]["phone"] = "12".into();
    event["data"]["procedure"] = "copies".into();
    event["data"]["channel"] = "fax".into();
    let answer = pushed(&world, &event).await;
    let mut all = rules(&answer);
    all.sort_unstable();
    assert_eq!(
        all,
        [
            ("data.applicant.phone", "mobile-phone"),
            ("data.channel", "known-value"),
            ("data.procedure", "procedure-code"),
            ("time", "format"),
        ]
    );
}

#[tokio::test]
async fn each_error_of_an_events_record_says_its_rule_and_nothing_that_was_sent() {
    let world = World::new().await;
    let mut event = submit_event("e1", "2026-11-16T01:00:00Z", None);
    event["data"]["applicant"]["phone"] = "Canary 417".into();
    event["data"]["documents"] = json!([]);
    let queue = Kept::default();
    work(&world, &queue, &message(&event.to_string(), Some(SENDER), at(NOW)), at(NOW)).await;
    let record = record_of(&world, SOURCE, "e1").await.unwrap();
    let EventState::Refused { errors, .. } = &record.state else { panic!("{record:?}") };
    assert!(errors.len() >= 2, "{errors:?}");
    for error in errors {
        let detail = error.detail.as_deref().unwrap();
        assert!(!detail.is_empty() && !detail.contains("417"), "{error:?}");
    }
    let phone = errors.iter().find(|error| error.rule == "mobile-phone").unwrap();
    assert!(phone.detail.as_deref().unwrap().contains("10 digits"), "{phone:?}");
}

/// An order of an operator.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Order {
    #[serde(rename = "first")]
    _first: String,
    #[serde(rename = "last")]
    _last: String,
}

#[test]
fn an_operator_is_told_each_field_that_is_wrong_and_which_there_are() {
    let payload: Payload = serde_json::from_str(r#"{"day": "2026-11-26", "last": 7}"#).unwrap();
    let told = payload.order::<Order>().unwrap_err().to_string();
    assert_eq!(
        told,
        "3 field(s) break rules: ? (unknown-field: one of first, last), last (type), first (required)"
    );
    assert!(!told.contains("day"), "{told}");
}
