//! Electronic forms through the public doors: given as a schema, taken or refused with everything
//! that is wrong, kept with each version, shown in the case, and nowhere else.

use std::cell::Cell;

use aws_sdk_dynamodb::types::AttributeValue;
use platform::catalogue::{Texts, UndecidedYears};
use platform::port::DossierStore;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use crate::support::bytes::plain;
use crate::support::call::{Answer, CITIZEN, Call, submission_for, submit_event};
use crate::support::eform::filled;
use crate::support::file;
use crate::support::world::{NOW, World, at};

/// Births: the form is asked for and may be left out.
const BIRTH: &str = "1.001193";
/// Residence: the form is owed on-line.
const RESIDENCE: &str = "1.004222";
const COMMUNE: &str = "H20.101";

async fn told(world: &World, procedure: &str) -> Value {
    let call = Call::new("GET /v1/procedures/{code}").code(procedure);
    let answer: Answer = call.at_catalogue(world, at(NOW)).await.into();
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.body
}

/// The schemas that the catalogue's door gives, each with its procedure.
async fn schemas(world: &World) -> Vec<(String, Value)> {
    let list = Call::new("GET /v1/procedures").query("limit", "200");
    let list: Answer = list.at_catalogue(world, at(NOW)).await.into();
    let mut found = Vec::new();
    for item in list.body["items"].as_array().unwrap() {
        let code = item["code"].as_str().unwrap();
        let form = told(world, code).await["form"].take();
        if !form.is_null() {
            found.push((code.to_owned(), form["schema"].clone()));
        }
    }
    found
}

fn body(procedure: &str, form: Option<Value>) -> Value {
    let mut body = submission_for(procedure);
    body["agency"] = COMMUNE.into();
    if let Some(form) = form {
        body["form"] = form;
    }
    body
}

async fn submit(world: &World, key: &str, body: &Value) -> Answer {
    Call::submit(key).body(body).at_submit(&world.intake, world, at(NOW)).await
}

async fn case(world: &World, code: &str) -> Value {
    let call = Call::new("GET /v1/dossiers/{code}/case").code(code).officer(COMMUNE);
    let answer: Answer = call.at_case(world, at(NOW)).await.into();
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.body
}

fn birth() -> Value {
    json!({
        "relation": "parent",
        "child": {
            "fullName": "Canary Thị Bé", "sex": "female", "birthDate": "2026-11-01",
            "birthPlace": "Bệnh viện Sa Đéc",
        },
        "mother": { "fullName": "Trần Thị Mẫu", "birthYear": 1999, "idNumber": CITIZEN },
        "copies": 2,
    })
}

fn errors(answer: &Answer) -> Vec<(&str, &str)> {
    let errors = answer.body["errors"].as_array().into_iter().flatten();
    errors
        .map(|error| (error["field"].as_str().unwrap(), error["rule"].as_str().unwrap()))
        .collect()
}

#[tokio::test]
async fn six_procedures_and_more_give_a_schema_that_any_library_reads_and_we_take_what_fits_it() {
    let world = World::new().await;
    let schemas = schemas(&world).await;
    assert!(schemas.len() >= 6, "only {}", schemas.len());
    for (code, schema) in schemas {
        assert!(jsonschema::draft202012::meta::is_valid(&schema), "{code}");
        let library = jsonschema::draft202012::options()
            .should_validate_formats(true)
            .build(&schema)
            .unwrap();
        let form = filled(&schema);
        assert!(library.is_valid(&form), "{code}: {form}");
        let told = told(&world, &code).await;
        assert_eq!(
            (&told["form"]["trust"], &told["form"]["asOf"]),
            (&json!("unverified"), &json!("2026-11-27")),
            "{code}: a sketch, and says so"
        );
        let mut body = submission_for(&code);
        body["agency"] = told["agencies"][0]["code"].clone();
        body["form"] = form.clone();
        let answer = submit(&world, &code, &body).await;
        assert_eq!(answer.status, 201, "{code}: {}", answer.body);
        let stored = world.dossier(&answer.code()).await;
        let kept = serde_json::to_value(&stored.forms).unwrap();
        assert_eq!(kept, json!([{ "version": 1, "fields": form }]), "{code}");
    }
}

#[tokio::test]
async fn a_form_is_shown_to_be_filled_in_in_the_order_of_the_catalogue() {
    let world = World::new().await;
    let call = Call::new("GET /v1/procedures/{code}").code(BIRTH);
    let answer = call.at_catalogue(&world, at(NOW)).await;
    let Some(aws_lambda_events::encodings::Body::Text(text)) = answer.body else {
        panic!("no text");
    };
    let places = ["\"relation\":{", "\"child\":{", "\"mother\":{", "\"father\":{", "\"copies\":{"];
    let places = places.map(|field| text.find(field).unwrap_or_else(|| panic!("no {field}")));
    assert!(places.is_sorted(), "{places:?}");
}

#[tokio::test]
async fn every_broken_field_is_named_at_once_beside_whatever_else_is_wrong() {
    let world = World::new().await;
    let mut form = birth();
    form["child"]["sex"] = "x".into();
    form["child"]["birthDate"] = "01/11/2026".into();
    form["mother"].as_object_mut().unwrap().remove("fullName");
    form["mother"]["idNumber"] = "12".into();
    form["copies"] = 21.into();
    form["colour"] = "red".into();
    let of_form = [
        ("form.child.birthDate", "date"),
        ("form.child.sex", "known-value"),
        ("form.colour", "unknown-field"),
        ("form.copies", "range"),
        ("form.mother.idNumber", "format"),
        ("form.mother.fullName", "required"),
    ];
    let mut wrong = body(BIRTH, Some(form));
    let answer = submit(&world, "a", &wrong).await;
    assert_eq!((answer.status, errors(&answer)), (400, of_form.to_vec()));
    // Beside what the catalogue does not allow, what has no meaning, and what has another form.
    wrong["documents"].as_array_mut().unwrap().pop();
    let answer = submit(&world, "b", &wrong).await;
    assert_eq!(errors(&answer)[0], ("documents", "required-document"));
    assert_eq!(errors(&answer)[1..], of_form);
    wrong["applicant"]["phone"] = "12".into();
    let answer = submit(&world, "c", &wrong).await;
    assert_eq!(errors(&answer)[0], ("applicant.phone", "mobile-phone"));
    assert_eq!(errors(&answer)[1], ("documents", "required-document"));
    assert_eq!(errors(&answer)[2..], of_form);
    wrong["channel"] = "fax".into();
    wrong["applicant"]["age"] = 3.into();
    let answer = submit(&world, "d", &wrong).await;
    let all = errors(&answer);
    for one in [("channel", "known-value"), ("applicant.age", "unknown-field")] {
        assert!(all.contains(&one), "{all:?}");
    }
    for one in &of_form {
        assert!(all.contains(one), "{one:?} in {all:?}");
    }
    let in_vietnamese = Call::submit("e").body(&wrong).header("accept-language", "vi");
    let in_vietnamese = in_vietnamese.at_submit(&world.intake, &world, at(NOW)).await;
    assert_ne!(in_vietnamese.body["errors"], answer.body["errors"]);
}

#[tokio::test]
async fn what_is_no_object_is_no_form_and_null_is_none() {
    let world = World::new().await;
    for (place, form) in [json!([]), json!("a"), json!(7), json!(true)].into_iter().enumerate() {
        let answer = submit(&world, &format!("k{place}"), &body(BIRTH, Some(form.clone()))).await;
        assert_eq!((answer.status, errors(&answer)), (400, vec![("form", "type")]), "{form}");
    }
    let answer = submit(&world, "null", &body(BIRTH, Some(json!(null)))).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    let owed = submit(&world, "owed", &body(RESIDENCE, Some(json!(null)))).await;
    assert_eq!((owed.status, errors(&owed)), (400, vec![("form", "required")]));
    let none = submit(&world, "none", &body("1.000656", Some(json!({})))).await;
    assert_eq!((none.status, errors(&none)), (400, vec![("form", "procedure-form")]));
}

#[tokio::test]
async fn a_repetition_is_known_by_its_form_too() {
    let world = World::new().await;
    let first = submit(&world, "k", &body(BIRTH, Some(birth()))).await;
    let mut spaced = birth();
    spaced["child"]["fullName"] = "  Canary   Thị Bé ".into();
    let again = submit(&world, "k", &body(BIRTH, Some(spaced))).await;
    assert_eq!((again.status, again.code()), (201, first.code()));
    let mut other = birth();
    other["copies"] = 3.into();
    let other = submit(&world, "k", &body(BIRTH, Some(other))).await;
    assert_eq!((other.status, other.problem()), (422, "idempotency-key-reused"));
}

/// Asks for a document of the dossier at `version` and supplies it with `form`.
async fn supplemented(world: &World, code: &str, version: u64, form: &Value) -> Answer {
    let document = submission_for(BIRTH)["documents"][0].clone();
    let ask = json!({
        "action": "request-supplement", "expectedVersion": version, "reason": "Thiếu",
        "askedFor": [{ "code": document["code"], "reason": "Ảnh mờ" }],
    });
    let asked = Call::transition(code, "", 0).officer(COMMUNE).body(&ask);
    let asked = asked.at_change(&world.dossiers, world, at(NOW)).await;
    assert_eq!(asked.status, 200, "{}", asked.body);
    let bring = json!({
        "action": "supplement", "expectedVersion": version + 1, "documents": [document], "form": form,
    });
    let call = Call::transition(code, "", 0).citizen(CITIZEN).body(&bring);
    call.at_change(&world.dossiers, world, at(NOW)).await
}

#[tokio::test]
async fn a_supplement_brings_the_form_anew_and_the_case_shows_each_version() {
    let world = World::new().await;
    let code = submit(&world, "k", &body(BIRTH, Some(birth()))).await.code();
    let mut wrong = birth();
    wrong["copies"] = "two".into();
    let refused = supplemented(&world, &code, 1, &wrong).await;
    assert_eq!((refused.status, errors(&refused)), (400, vec![("form.copies", "type")]));
    let mut second = birth();
    second["child"]["fullName"] = "Canary Thị Bé Hai".into();
    let bring = json!({
        "action": "supplement", "expectedVersion": 2, "form": second,
        "documents": [submission_for(BIRTH)["documents"][0]],
    });
    let call = Call::transition(&code, "", 0).citizen(CITIZEN).body(&bring);
    let came = call.at_change(&world.dossiers, &world, at(NOW)).await;
    assert_eq!(came.status, 200, "{}", came.body);
    let seen = case(&world, &code).await;
    assert_eq!(
        seen["forms"],
        json!([
            { "version": 1, "at": NOW, "by": "portal", "fields": birth() },
            { "version": 3, "at": NOW, "by": "citizen", "fields": second },
        ])
    );
    assert_eq!(seen["formKeptBy"], "us");
    let receive = Call::transition(&code, "receive", 3).officer(COMMUNE);
    let body = json!({ "action": "receive", "expectedVersion": 3, "form": birth() });
    let receive = receive.body(&body).at_change(&world.dossiers, &world, at(NOW)).await;
    assert_eq!((receive.status, errors(&receive)), (400, vec![("form", "supplement-only")]));
}

#[tokio::test]
async fn whose_dossier_has_no_form_is_in_the_case() {
    let world = World::new().await;
    let paper = submit(&world, "k", &body(BIRTH, None)).await.code();
    let mut event = submit_event("e1", NOW, Some(&format!("{COMMUNE}-261117-9000001")));
    let data = body(RESIDENCE, None);
    for (name, value) in data.as_object().unwrap() {
        event["data"][name] = value.clone();
    }
    event["source"] = "urn:motcua:integrator:national-portal".into();
    let (text, now) = (event.to_string(), at(NOW));
    ingest_event::ingest(&text, &world.dossiers, &world.intake, &world.catalogue, now)
        .await
        .unwrap();
    let none = submit(&world, "none", &body("1.000656", None)).await.code();
    for (code, expected) in [
        (paper, json!("nobody")),
        (format!("{COMMUNE}-261117-9000001"), json!("sender")),
        (none, json!(null)),
    ] {
        let seen = case(&world, &code).await;
        assert_eq!((&seen["formKeptBy"], &seen["forms"]), (&expected, &json!([])), "{code}");
    }
}

#[tokio::test]
async fn what_was_filled_in_is_in_the_contents_alone() {
    let world = World::new().await;
    let code = submit(&world, "k", &body(BIRTH, Some(birth()))).await.code();
    assert_eq!(supplemented(&world, &code, 1, &birth()).await.status, 200);
    let scan = async |table: &str| {
        let items = world.client.scan().table_name(table).send().await.unwrap().items;
        let items: Vec<Value> = items.unwrap().iter().map(plain).collect();
        serde_json::to_string(&items).unwrap()
    };
    for canary in ["Canary Thị", "Sa Đéc", "birthPlace"] {
        assert!(!scan("DossiersTable").await.contains(canary), "{canary}");
        assert!(!scan("ReadsTable").await.contains(canary), "{canary}");
        assert!(scan("ContentsTable").await.contains(canary), "{canary} is a canary of nothing");
    }
    // A form moves the content's version like a document, so that both items are read as one.
    let key = AttributeValue::S(code.clone());
    let content = world.client.get_item().table_name("ContentsTable").key("code", key);
    let content = content.send().await.unwrap().item.unwrap();
    assert_eq!(content["version"], AttributeValue::N("3".to_owned()));
    let read = world.dossiers.dossier(&code.parse().unwrap()).await.unwrap().unwrap();
    assert_eq!(read.forms.iter().map(|form| form.version).collect::<Vec<_>>(), [1, 3]);
}

#[test]
fn a_broken_schema_refuses_the_edition_and_names_procedure_and_line() {
    let text = file("infra/data/procedures.json");
    let line = 1 + text.lines().position(|line| line.contains("\"copies\"")).unwrap();
    let broken =
        text.replacen("\"minimum\": 0, \"maximum\": 20", "\"minimum\": 30, \"maximum\": 20", 1);
    assert_ne!(broken, text);
    let texts = Texts::built_in().with([("procedures.json".to_owned(), broken)].into()).unwrap();
    let found = texts.assemble(UndecidedYears::Refused).unwrap_err();
    let found: Vec<_> = found
        .iter()
        .map(|one| (one.file.as_str(), one.line, one.rule.slug(), one.detail.as_str()))
        .collect();
    let detail = "1.001193: is more than maximum";
    assert_eq!(found, [("procedures.json", line, "range", detail)]);
}

/// Values that a field may be given in error, beside what it holds.
fn any_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(Value::from),
        (-3_i64..30).prop_map(Value::from),
        Just(json!(2.5)),
        "[a-zA-Z0-9-]{0,14}".prop_map(Value::from),
        Just(json!("2026-02-29")),
        Just(json!("2024-02-29")),
        Just(json!([])),
        Just(json!({})),
        Just(json!("ă".repeat(201))),
    ]
}

/// The places of a form, from the outside in.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    let inner: Vec<(String, &Value)> = match value {
        Value::Object(fields) => fields.iter().map(|(name, field)| (name.clone(), field)).collect(),
        Value::Array(items) => {
            items.iter().enumerate().map(|(place, item)| (place.to_string(), item)).collect()
        }
        _ => Vec::new(),
    };
    for (name, part) in inner {
        places(part, &format!("{at}/{name}"), found);
    }
}

// The subset means what JSON Schema means, or a portal's own check would lie to its user.
#[tokio::test]
async fn a_library_of_json_schema_and_the_door_take_and_refuse_the_same_forms() {
    let world = World::new().await;
    let catalogue = &world.catalogue;
    let day = domain::calendar::date_of(at(NOW));
    let (taken, refused) = (Cell::new(0_u32), Cell::new(0_u32));
    for (code, schema) in schemas(&world).await {
        let library = jsonschema::draft202012::options()
            .should_validate_formats(true)
            .build(&schema)
            .unwrap();
        let procedure = catalogue.procedure(&code.parse().unwrap(), day).unwrap();
        let whole = everything(&schema);
        let mut at = Vec::new();
        places(&whole, "", &mut at);
        let change = (prop::sample::select(at), any_value(), 0..3_u8);
        let mut runner = TestRunner::new(Config { cases: 300, ..Config::default() });
        runner
            .run(&prop::collection::vec(change, 0..3), |changes| {
                let mut form = whole.clone();
                for (place, value, how) in changes {
                    let Some(part) = form.pointer_mut(&place) else { continue };
                    match (how, part) {
                        (0, part) => *part = value,
                        (1, Value::Object(fields)) => {
                            let first = fields.keys().next().cloned();
                            first.map(|name| fields.remove(&name));
                        }
                        (1, Value::Array(items)) => drop(items.pop()),
                        (_, Value::Object(fields)) => drop(fields.insert("x".to_owned(), value)),
                        (_, Value::Array(items)) => items.push(value),
                        (_, part) => *part = value,
                    }
                }
                // What is no object is refused before its fields are judged.
                prop_assume!(form.is_object());
                let read: domain::eform::FormFields = serde_json::from_value(form.clone()).unwrap();
                let found = procedure.form_violations(&read.cleaned());
                let library_says = library.is_valid(&form);
                let counted = if library_says { &taken } else { &refused };
                counted.set(counted.get() + 1);
                prop_assert_eq!(library_says, found.is_empty(), "{}: {} {:?}", code, form, found);
                Ok(())
            })
            .unwrap();
    }
    let (taken, refused) = (taken.get(), refused.get());
    assert!(taken > 100 && refused > 100, "{taken} taken, {refused} refused");
}

/// A form with every field that the schema has.
fn everything(schema: &Value) -> Value {
    let mut schema = schema.clone();
    fn all_required(schema: &mut Value) {
        let names: Option<Vec<String>> =
            schema["properties"].as_object().map(|fields| fields.keys().cloned().collect());
        if let Some(names) = names {
            for name in &names {
                all_required(&mut schema["properties"][name]);
            }
            schema["required"] = json!(names);
        }
        if schema["type"] == "array" {
            schema["minItems"] = 1.into();
            all_required(&mut schema["items"]);
        }
    }
    all_required(&mut schema);
    filled(&schema)
}
