//! What the documents say of a submission, and what the code takes.

use std::sync::LazyLock;

use domain::applicant::Phone;
use domain::calendar::date_of;
use domain::catalogue::Catalogue;
use domain::dossier::{Actor, Duty};
use platform::catalogue::{Texts, UndecidedYears};
use platform::form::Faults;
use platform::request::read_json;

use super::*;
use crate::support::world::{NOW, at};
use crate::wiring::truth::BEYOND_THE_FORM;

fn good_submission() -> Value {
    let documents = Documents::read();
    let content = &documents.openapi["components"]["requestBodies"]["Submission"]["content"]["application/json"];
    content["examples"]["citizen"]["value"].clone()
}

static CATALOGUE: LazyLock<Catalogue> =
    LazyLock::new(|| Texts::built_in().assemble(UndecidedYears::Refused).unwrap());

fn taken_by_the_code(body: &Value) -> Result<(), Failure> {
    let read: SubmissionBody = read_json(body.to_string().as_bytes())?;
    // What is brought is taken in by an officer of the counter.
    let brought = ["counter", "postal"].map(Value::from).contains(&body["channel"]);
    let by = if brought {
        Actor::Officer {
            id: "clerk".to_owned(),
            agency: "H20.101".parse().unwrap(),
            predecessors: Vec::new(),
            duty: Duty::Counter,
        }
    } else {
        Actor::Portal { id: "portal".to_owned() }
    };
    // Whether there is an upload that it names, and what the catalogue of the day allows, is not for
    // a schema to say.
    let mut found = read.violations(&by, &CATALOGUE, date_of(at(NOW)), &Faults::NONE);
    let of_the_day = |rule: &str| {
        let others =
            ["paper-document", "documents-with-sender", "document-host", "id-kind-in-force"];
        BEYOND_THE_FORM.contains(&rule) || others.contains(&rule)
    };
    found.retain(|broken| !of_the_day(broken.rule.slug()));
    if found.is_empty() { Ok(()) } else { Err(Failure::Invalid(found)) }
}

#[test]
fn the_schema_and_the_code_take_and_refuse_the_same_submissions() {
    let schema = Documents::read().schema("SubmissionBody");
    let document = good_submission()["documents"][0].clone();
    let many = |count: usize| json!(vec![document.clone(); count]);
    let (long, control) = (|count: usize| json!("ă".repeat(count)), "a\u{1}b");
    let cases: Vec<(&str, Value)> = vec![
        ("/procedure", json!("1.002835.000.00.00.H56")),
        ("/procedure", json!("1.00119")),
        ("/procedure", json!(1.001193)),
        ("/agency", json!("000.00.15.H58")),
        ("/agency", json!("H20.12.3A")),
        ("/agency", json!("Z20.12")),
        ("/agency", json!("H20.")),
        ("/agency", json!(format!("H20.{}", "1".repeat(31)))),
        ("/agency", json!(format!("H20.{}", "1".repeat(32)))),
        (
            "/documents/0",
            json!({ "code": "TP01", "upload": "0f".repeat(16), "sha256": "0f".repeat(32) }),
        ),
        ("/documents/0", json!({ "code": "TP01", "upload": "0f".repeat(16) })),
        ("/documents/0", json!({ "code": "TP01", "upload": "a.pdf", "sha256": "0f".repeat(32) })),
        (
            "/documents/0",
            json!({ "code": "TP01", "upload": "0f".repeat(16), "sha256": "0f".repeat(32), "name": "a.pdf" }),
        ),
        (
            "/documents/0",
            json!({ "code": "TP01", "upload": "0f".repeat(16), "sha256": "0f".repeat(32), "paper": "copy" }),
        ),
        ("/channel", json!("postal")),
        ("/channel", json!("fax")),
        ("/applicant", json!(null)),
        ("/applicant/kind", json!("business")),
        ("/applicant/fullName", long(200)),
        ("/applicant/fullName", long(201)),
        ("/applicant/fullName", json!("")),
        ("/applicant/fullName", json!("  ")),
        ("/applicant/fullName", json!(control)),
        ("/applicant/idNumber", json!("08719000123")),
        ("/applicant/idNumber", json!("08719000123x")),
        ("/applicant/idNumber", json!(" 087190001234 ")),
        ("/applicant/email", json!(null)),
        ("/applicant/email", json!("a@b.c")),
        ("/applicant/email", json!("a@b")),
        ("/applicant/email", json!("a@b..c")),
        ("/applicant/email", json!("a@.b.c")),
        ("/applicant/email", json!("a@b.c.")),
        ("/applicant/email", json!("a@@b.c")),
        ("/applicant/email", json!("a b@c.d")),
        ("/applicant/email", json!("@b.c")),
        ("/documents", many(0)),
        ("/documents", many(DOCUMENTS_MAX)),
        ("/documents", many(DOCUMENTS_MAX + 1)),
        ("/documents/0/code", json!("")),
        ("/documents/0/code", long(64)),
        ("/documents/0/code", long(65)),
        ("/documents/0/name", long(255)),
        ("/documents/0/name", long(256)),
        ("/documents/0/name", json!(control)),
        (
            "/documents/0/sha256",
            json!("9F86D081884C7D659A2FEAA0C55AD015A3BF4F1B2B0B822CD15D6C15B0F00A08"),
        ),
        ("/documents/0/sha256", json!("")),
        ("/documents/0/url", json!("http://files.example.vn/a.pdf")),
        ("/documents/0/url", json!(format!("https://files.example.vn/{}", "a".repeat(2_023)))),
        ("/documents/0/url", json!(format!("https://files.example.vn/{}", "a".repeat(2_024)))),
        ("/documents/0/url", json!("https://\\evil")),
        ("/documents/0/url", json!("https://#")),
        ("/documents/0/url", json!("https://user:pass@files.example.vn/a.pdf")),
        ("/documents/0/url", json!("https://files.example.vn:8443/a.pdf")),
        ("/documents/0/url", json!("https://[::1]/a.pdf")),
        ("/resultTo", json!(null)),
        ("/resultTo", json!("12 Lê Lợi")),
        ("/resultTo", json!({ "address": "12 Lê Lợi", "province": "82" })),
        ("/resultTo", json!({ "address": "12 Lê Lợi" })),
        ("/resultTo", json!({ "province": "82" })),
        ("/resultTo/recipient", json!(null)),
        ("/resultTo/recipient", long(200)),
        ("/resultTo/recipient", long(201)),
        ("/resultTo/phone", json!(null)),
        ("/resultTo/phone", json!("12")),
        ("/resultTo/address", long(200)),
        ("/resultTo/address", long(201)),
        ("/resultTo/address", json!(" ")),
        ("/resultTo/address", json!(control)),
        ("/resultTo/province", json!(" 8 2 ")),
        ("/resultTo/province", json!("8")),
        ("/resultTo/province", json!("821")),
        ("/resultTo/province", json!(82)),
        ("/applicant/idNumber", json!("087 190 001 234")),
        ("/applicant/idNumber", json!("0300588569")),
        ("/applicant/idNumber", json!("280123456")),
    ];
    let (mut taken, mut refused) = (0, 0);
    for (place, value) in cases {
        let mut body = good_submission();
        *body.pointer_mut(place).unwrap() = value;
        let (schema_says, code_says) = (fits(&schema, &body), taken_by_the_code(&body));
        assert_eq!(
            schema_says.is_ok(),
            code_says.is_ok(),
            "{place}: {schema_says:?}, {code_says:?}: {body}"
        );
        *if code_says.is_ok() { &mut taken } else { &mut refused } += 1;
    }
    assert!(taken > 10 && refused > 20, "{taken} taken, {refused} refused");
}

#[test]
fn the_schema_and_the_code_miss_a_telephone_on_line_and_where_the_postman_has_none_to_call() {
    let schema = Documents::read().schema("SubmissionBody");
    let to = json!({ "address": "12 Lê Lợi", "province": "82" });
    let called = json!({ "address": "12 Lê Lợi", "province": "82", "phone": "0987 654 321" });
    let mut taken = 0;
    for channel in ["online", "counter", "postal"] {
        for phone in [json!(null), json!("0912 345 678")] {
            for result_to in [json!(null), to.clone(), called.clone()] {
                let mut body = good_submission();
                body["channel"] = channel.into();
                body["applicant"]["phone"] = phone.clone();
                body["resultTo"] = result_to;
                let (schema_says, code_says) = (fits(&schema, &body), taken_by_the_code(&body));
                assert_eq!(schema_says.is_ok(), code_says.is_ok(), "{code_says:?}: {body}");
                taken += usize::from(code_says.is_ok());
            }
        }
    }
    assert_eq!(taken, 3 + 2 * (3 + 2));
}

#[test]
fn the_schema_and_the_code_miss_and_mind_the_same_fields() {
    let schema = Documents::read().schema("SubmissionBody");
    for place in ["", "/applicant", "/documents/0"] {
        let good = good_submission();
        for field in good.pointer(place).unwrap().as_object().unwrap().keys() {
            let mut body = good.clone();
            body.pointer_mut(place).unwrap().as_object_mut().unwrap().remove(field);
            assert_eq!(
                fits(&schema, &body).is_ok(),
                taken_by_the_code(&body).is_ok(),
                "{place} without {field}"
            );
        }
        let mut body = good.clone();
        body.pointer_mut(place).unwrap()["colour"] = "red".into();
        assert!(
            fits(&schema, &body).is_err() && taken_by_the_code(&body).is_err(),
            "{place} with another field"
        );
    }
}

#[test]
fn the_schema_and_the_code_know_the_same_telephone_numbers() {
    let documents = Documents::read();
    let schema = documents
        .validator(&documents.openapi["components"]["schemas"]["Applicant"]["properties"]["phone"]);
    let (mut taken, mut refused) = (0, 0);
    for typed in [
        "\u{202a}0912000111\u{202c}",
        "0912\u{2011}000\u{2013}111",
        "0912\u{2009}000\u{202f}111\u{200b}",
        "\u{feff}0912\t000/111",
        "0273-3872-582",
        "+84 28 3822 1234",
        "0736188610",
        "+65 6123 4567",
        "0065 6123 4567",
        "+376 312345",
        "+912345678",
        "00912345678",
        "+84 4 3822 1234",
        "+8491234567",
        "+0 123 456 789",
        "+123456",
        "+1234567890123456",
        "0912345678",
        "+84912345678",
        "0084 912 345 678",
        "84.912.345.678",
        "(091) 234-5678",
        "+84 0912345678",
        "0168 123 4567",
        "+841681234567",
        "0199 345 6789",
        "0182 345 6789",
        "030 1234567",
        "0550000000",
        "0781234567",
        "0861234567",
        "",
        "0273 3872 582",
        "113",
        "+1 202 555 0123",
        "091234567",
        "09123456789",
        "09123456x8",
        "0212345678",
        "8412345678",
        "0612345678",
        "0161 345 6789",
        "0187 345 6789",
        "+0912345678",
        "0912345678, 0987654321",
        "0 9 1 2 3 4 5 6 7 8",
        "                                0912345678",
        "                               0912345678",
        "٠٩١٢٣٤٥٦٧٨",
    ] {
        let (schema_says, code_says) =
            (schema.is_valid(&json!(typed)), Phone::try_from(typed.to_owned()).is_ok());
        assert_eq!(schema_says, code_says, "{typed}");
        *if code_says { &mut taken } else { &mut refused } += 1;
    }
    assert!(taken > 10 && refused > 10, "{taken} taken, {refused} refused");
}
