//! `infra/openapi.yaml` and `infra/asyncapi.yaml` against the template and the code.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use domain::applicant::Phone;
use domain::catalogue::Catalogue;
use domain::dossier::{
    Action, AlsoBy, By, Clock, Custody, DossierStatus, EXPECTED_VERSION_MAX, HistoryEntry,
    REMARK_CHARACTERS_MAX, RULES, Role, Rule, Signature, Target, VERSIONS_MAX,
};
use domain::language::Language;
use domain::submission::DOCUMENTS_MAX;
use domain::{RuleName, Violation};
use platform::Failure;
use platform::batch::Interruption;
use platform::catalogue::{CatalogueError, Texts, UndecidedYears};
use platform::http::BODY_BYTES_MAX;
use platform::message::{self, CloudEvent};
use platform::problem::{Problem, TYPES};
use platform::request::{SubmissionBody, read_json};
use platform::submission::RECEIPT_KEPT;
use refresh_token::Standing;
use relay_changes::ParkReason;

use super::*;

const PROBLEM: &str = "urn:motcua:problem:";

/// Operations by route.
fn operations(documents: &Documents) -> BTreeMap<String, &Value> {
    let paths = documents.openapi["paths"].as_object().unwrap().iter();
    let routes = paths.flat_map(|(path, item)| {
        let methods = item
            .as_object()
            .unwrap()
            .iter()
            .filter(|(method, _)| ["get", "post", "put"].contains(&method.as_str()));
        methods.map(move |(method, operation)| {
            (format!("{} {path}", method.to_uppercase()), operation)
        })
    });
    routes.collect()
}

/// Every answer of every operation: route, HTTP status, media type, what it holds.
fn answers(documents: &Documents) -> Vec<(String, u16, String, Value)> {
    let mut found = Vec::new();
    for (route, operation) in operations(documents) {
        for (status, response) in operation["responses"].as_object().unwrap() {
            let response = documents.follow(&documents.openapi, response);
            // A 304 has no body.
            for (media, content) in response["content"].as_object().into_iter().flatten() {
                found.push((
                    route.clone(),
                    status.parse().unwrap(),
                    media.clone(),
                    content.clone(),
                ));
            }
        }
    }
    found
}

/// The examples of a content, references followed.
fn examples(documents: &Documents, content: &Value) -> Vec<Value> {
    let many = content["examples"].as_object().into_iter().flatten();
    let many =
        many.map(|(_, example)| documents.follow(&documents.openapi, example)["value"].clone());
    content.get("example").cloned().into_iter().chain(many).collect()
}

#[test]
fn each_deployed_route_is_described_with_the_same_security_and_no_other() {
    let (template, documents) = (Template::read(), Documents::read());
    let deployed: BTreeMap<String, Value> = template
        .routes()
        .into_iter()
        .map(|(route, _, secured)| {
            (route.to_owned(), if secured { json!([{ "oidc": [] }]) } else { json!([]) })
        })
        .collect();
    let described: BTreeMap<String, Value> = operations(&documents)
        .into_iter()
        .map(|(route, operation)| (route, operation["security"].clone()))
        .collect();
    assert_eq!(described, deployed);
    let [(_, authorizer)] = template.of_type("AWS::ApiGatewayV2::Authorizer")[..] else {
        panic!("one authorizer")
    };
    assert_eq!(authorizer["Name"], "oidc");
    assert_eq!(template.0["Parameters"]["OidcAudience"]["Default"], "motcua");
    let scheme = &documents.openapi["components"]["securitySchemes"]["oidc"];
    for claim in ["iss", "aud", "exp", "sub", "role", "agency", "id_number", "id_kind"] {
        assert!(
            scheme["description"].as_str().unwrap().contains(&format!("| `{claim}` |")),
            "{claim}"
        );
    }
}

/// One failure of each kind.
fn failures() -> Vec<Failure> {
    let status = DossierStatus::Received;
    let allowed: Vec<Action> = RULES
        .iter()
        .filter(|rule| rule.is_legal_in(status, false))
        .map(|rule| rule.action)
        .collect();
    let illegal = |action| Failure::Illegal { action, status, allowed: allowed.clone() };
    vec![
        Failure::Malformed,
        Violation::new(
            "applicant.phone",
            RuleName::MobilePhone,
            "must be a Vietnamese telephone number",
        )
        .into(),
        Failure::MissingIdempotencyKey,
        Failure::Unauthorized("no claim sub"),
        Failure::Forbidden,
        Failure::DossierNotFound,
        Failure::ProcedureNotFound,
        Failure::RouteNotFound,
        Failure::Stale { current: 3, status },
        Failure::OutOfOrder,
        Failure::StaleEdition { current: 12 },
        Failure::TooLarge,
        Failure::UnsupportedMediaType,
        Failure::IdempotencyKeyReused,
        illegal(Action::ReturnResult),
        illegal(Action::Submit),
        Failure::CatalogueRefused(vec![CatalogueError {
            file: "agencies.json".into(),
            line: 12,
            rule: RuleName::KnownAgency,
            detail: "H20.12.3A: H20.99 is not listed".into(),
        }]),
        Failure::Defect(String::new()),
        Failure::CalendarMissing { year: 2027 },
        Failure::Held("the dossier"),
    ]
}

#[test]
fn the_problem_types_of_the_code_are_the_documented_ones_each_with_its_status() {
    let documents = Documents::read();
    let problem = &documents.openapi["components"]["schemas"]["Problem"];
    let types: Vec<String> = TYPES.iter().map(|(slug, _)| format!("{PROBLEM}{slug}")).collect();
    assert_eq!(words(&problem["properties"]["type"]["enum"]), types);
    let given: BTreeSet<&str> = failures().iter().map(Failure::slug).collect();
    assert_eq!(
        given,
        TYPES.iter().map(|(slug, _)| *slug).collect(),
        "failures() has one of each kind"
    );
    for (slug, status) in TYPES {
        let row = format!("| `{slug}` | {status} |");
        assert!(problem["description"].as_str().unwrap().contains(&row), "{row}");
        let example = &documents.openapi["components"]["examples"][slug]["value"];
        assert_eq!(
            (&example["type"], &example["status"]),
            (&json!(format!("{PROBLEM}{slug}")), &json!(status))
        );
    }
}

#[test]
fn each_failure_is_written_as_documented_and_says_nothing_twice() {
    let documents = Documents::read();
    let schema = documents.schema("Problem");
    for failure in failures() {
        let written =
            serde_json::to_string(&Problem::from(&failure).of_request("12bbbde9f2d2dac=")).unwrap();
        let problem: Value = serde_json::from_str(&written).unwrap();
        assert_eq!(problem.to_string().len(), written.len(), "a field stands twice in {written}");
        assert_eq!(fits(&schema, &problem), Ok(()), "{written}");
        let example = &documents.openapi["components"]["examples"][failure.slug()]["value"];
        let fields =
            |value: &Value| value.as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
        assert_eq!(
            (fields(&problem), &problem["title"]),
            (fields(example), &example["title"]),
            "{}",
            failure.slug()
        );
    }
}

#[test]
fn each_problem_has_a_title_in_vietnamese_and_in_english_and_is_the_same_problem_in_both() {
    for failure in failures() {
        let [vietnamese, english] =
            [Language::Vi, Language::En].map(|language| Problem::written(&failure, language));
        assert_eq!((vietnamese.kind, vietnamese.status), (english.kind, english.status));
        assert!(english.title.is_ascii(), "{}", english.title);
        assert!(!vietnamese.title.is_ascii(), "{}", vietnamese.title);
    }
}

#[test]
fn each_answer_shows_examples_of_its_own_status_and_each_problem_is_shown_somewhere() {
    let documents = Documents::read();
    let mut shown = BTreeSet::new();
    for (route, status, media, content) in answers(&documents) {
        let examples = examples(&documents, &content);
        assert!(!examples.is_empty(), "{route} {status} {media}: no example");
        for example in examples.iter().filter(|_| media == "application/problem+json") {
            assert_eq!(example["status"], status, "{route} {status}: {example}");
            shown.insert(example["type"].as_str().unwrap().trim_start_matches(PROBLEM).to_owned());
        }
    }
    // Only events carry a time of their own.
    let elsewhere = ["out-of-order"];
    let expected = TYPES.iter().map(|(slug, _)| *slug).filter(|slug| !elsewhere.contains(slug));
    assert_eq!(shown, expected.map(str::to_owned).collect());
}

#[test]
fn each_operation_says_what_happens_without_a_token_and_when_we_fail() {
    let documents = Documents::read();
    // What the gateways report has no form to be wrong in, and is known by a signature or an
    // address.
    let of_gateways =
        |route: &str| route.contains("/v1/reports/zalo") || route.contains("/v1/reports/esms");
    for (route, operation) in
        operations(&documents).into_iter().filter(|(route, _)| !of_gateways(route))
    {
        let statuses: BTreeSet<&str> =
            operation["responses"].as_object().unwrap().keys().map(String::as_str).collect();
        assert!(statuses.is_superset(&["400", "500", "503"].into()), "{route}: {statuses:?}");
        let secured = operation["security"] != json!([]);
        assert_eq!(
            (statuses.contains("401"), statuses.contains("403")),
            (secured, secured),
            "{route}"
        );
        let takes_a_body = !operation["requestBody"].is_null();
        assert_eq!(
            (statuses.contains("413"), statuses.contains("415")),
            (takes_a_body, takes_a_body),
            "{route}"
        );
        assert_eq!(statuses.contains("404"), route.contains("{code}"), "{route}");
    }
    let unavailable = &documents.openapi["components"]["responses"]["Unavailable"];
    assert!(!unavailable["headers"]["Retry-After"].is_null());
}

#[test]
fn each_example_in_the_documents_fits_its_schema() {
    let documents = Documents::read();
    let bodies = operations(&documents)
        .into_iter()
        .filter(|(_, operation)| !operation["requestBody"].is_null());
    let bodies = bodies.map(|(route, operation)| {
        let body = documents.follow(&documents.openapi, &operation["requestBody"]);
        (route, body["content"]["application/json"].clone())
    });
    for (place, content) in
        bodies.chain(answers(&documents).into_iter().map(|(route, _, _, content)| (route, content)))
    {
        let schema = documents.validator(&content["schema"]);
        for example in examples(&documents, &content) {
            assert_eq!(fits(&schema, &example), Ok(()), "{place}: {example}");
        }
    }
    for (name, message) in documents.asyncapi["components"]["messages"].as_object().unwrap() {
        let examples =
            message["examples"].as_array().unwrap_or_else(|| panic!("{name} has no example"));
        for example in examples {
            for part in ["payload", "headers"].into_iter().filter(|part| !message[*part].is_null())
            {
                let schema = documents.validator(&message[part]);
                assert_eq!(fits(&schema, &example[part]), Ok(()), "{name}: {part}");
            }
        }
    }
}

#[test]
fn what_a_client_or_integrator_sends_is_closed_in_every_part() {
    let documents = Documents::read();
    for (document, name) in [
        (&documents.openapi, "SubmissionBody"),
        (&documents.openapi, "Applicant"),
        (&documents.openapi, "Document"),
        (&documents.openapi, "TransitionBody"),
        (&documents.openapi, "PublicationBody"),
        (&documents.openapi, "PreferenceBody"),
        (&documents.asyncapi, "SubmitData"),
        (&documents.asyncapi, "TransitionData"),
        (&documents.asyncapi, "RollupOrder"),
        (&documents.asyncapi, "ReminderOrder"),
        (&documents.asyncapi, "WakeOrder"),
        (&documents.asyncapi, "RefreshOrder"),
    ] {
        let schema = &document["components"]["schemas"][name];
        assert_eq!(
            (&schema["type"], &schema["additionalProperties"]),
            (&json!("object"), &json!(false)),
            "{name}"
        );
    }
}

#[test]
fn the_documented_actions_are_the_table_of_legal_moves() {
    let documents = Documents::read();
    let schemas = &documents.openapi["components"]["schemas"];
    let names = |wanted: fn(&Rule) -> bool| -> Vec<&str> {
        RULES.iter().filter(|rule| wanted(rule)).map(|rule| rule.action.name()).collect()
    };
    assert_eq!(words(&schemas["Action"]["enum"]), names(|_| true));
    assert_eq!(
        words(&schemas["HistoryAction"]["enum"]),
        [vec!["submit"], names(|_| true)].concat()
    );
    let owed = |action: &str| {
        let body = json!({ "action": action, "expectedVersion": 1, "newDueOn": "2026-11-20", "toAgency": "H20.12" });
        let validator = documents.schema("TransitionBody");
        validator
            .iter_errors(&body)
            .any(|error| error.to_string().contains("\"reason\" is a required property"))
    };
    let reason_owed: Vec<&str> =
        names(|_| true).into_iter().filter(|action| owed(action)).collect();
    assert_eq!(reason_owed, names(|rule| rule.reason_owed));
    let statuses: Vec<&str> = DossierStatus::ALL.iter().map(|status| status.name()).collect();
    assert_eq!(words(&schemas["StatusName"]["enum"]), statuses);
    let operations = operations(&documents);
    let text = operations["POST /v1/dossiers/{code}/transitions"]["description"].as_str().unwrap();
    for rule in RULES {
        let from: Vec<String> = rule.from.iter().map(|status| status.code().to_string()).collect();
        let to = match rule.target {
            Target::To(status) => status.code().to_string(),
            Target::WhereItWas => "where it was".to_owned(),
            Target::Stays => "where it is".to_owned(),
        };
        let clock = match rule.clock {
            Clock::Starts => "starts",
            Clock::WaitsForSupplement => "waits for supplement",
            Clock::SupplementCame => "supplement came",
            Clock::Pauses => "stands still",
            Clock::GoesOn => "goes on",
            Clock::Promises => "another day",
            Clock::Recounts => "counted anew",
            Clock::Stops => "stops",
            Clock::Untouched => "",
        };
        let begin = format!("| `{}` | {} | {to} | {clock} |", rule.action.name(), from.join(", "))
            .replace("|  |", "| |");
        let row = text
            .lines()
            .find(|line| line.starts_with(&begin))
            .unwrap_or_else(|| panic!("no row {begin}"));
        assert_eq!(row.contains("| owed"), rule.reason_owed, "{row}");
        let by = match rule.by {
            By::Owner => "owner",
            By::Either => "either",
            By::Handler => "handler",
            By::Nobody => "nobody",
        };
        let lies = match rule.custody {
            Custody::AsBefore => "",
            Custody::WithAnother => ", begins it",
            Custody::WithOwner => ", ends it",
        };
        assert!(row.contains(&format!("| {by}{lies} |")), "{row}");
        let also_by = match rule.also_by {
            AlsoBy::Nobody => "| |",
            AlsoBy::Portal => "| portal |",
            AlsoBy::Applicant => "| portal, applicant |",
            AlsoBy::System => "| the schedule |",
        };
        assert!(row.ends_with(also_by), "{row}");
    }
}

#[test]
fn the_documented_limits_are_those_of_the_code() {
    let documents = Documents::read();
    let schemas = &documents.openapi["components"]["schemas"];
    assert_eq!(schemas["SubmissionBody"]["properties"]["documents"]["maxItems"], DOCUMENTS_MAX);
    assert!(
        schemas["Version"]["description"]
            .as_str()
            .unwrap()
            .contains(&format!("From {VERSIONS_MAX} on"))
    );
    for remark in ["Reason", "Note"] {
        assert_eq!(schemas[remark]["maxLength"], REMARK_CHARACTERS_MAX);
    }
    assert_eq!(
        schemas["TransitionBody"]["properties"]["expectedVersion"]["maximum"],
        EXPECTED_VERSION_MAX
    );
    assert_eq!(
        schemas["PublicationBody"]["properties"]["expectedEdition"]["maximum"],
        publish_catalogue::EDITION_MAX
    );
    assert_eq!(BODY_BYTES_MAX, 262_144);
    for body in ["Submission", "Transition", "Publication"] {
        let text =
            documents.openapi["components"]["requestBodies"][body]["description"].as_str().unwrap();
        assert!(text.contains("262,144 bytes"), "{body}");
    }
    let submit = &operations(&documents)["POST /v1/dossiers"]["description"];
    let days = RECEIPT_KEPT.as_hours() / 24;
    assert!(submit.as_str().unwrap().contains(&format!("for {days} days")));
}

#[test]
fn each_rule_is_documented_with_its_text_in_both_languages_and_no_other() {
    let documents = Documents::read();
    let schema = &documents.openapi["components"]["schemas"]["RuleName"];
    let slugs: Vec<&str> = RuleName::ALL.iter().map(|rule| rule.slug()).collect();
    assert_eq!(words(&schema["enum"]), slugs);
    let rows: Vec<String> = RuleName::ALL
        .iter()
        .map(|rule| {
            let text = |language| rule.text(language);
            format!("| `{rule}` | {} | {} |", text(Language::En), text(Language::Vi))
        })
        .collect();
    let description = schema["description"].as_str().unwrap();
    let documented: Vec<&str> =
        description.lines().filter(|line| line.starts_with("| `")).collect();
    assert_eq!(documented, rows);
}

fn good_submission() -> Value {
    let documents = Documents::read();
    let content = &documents.openapi["components"]["requestBodies"]["Submission"]["content"]["application/json"];
    content["examples"]["citizen"]["value"].clone()
}

static CATALOGUE: LazyLock<Catalogue> =
    LazyLock::new(|| Texts::built_in().assemble(UndecidedYears::Refused).unwrap());

fn taken_by_the_code(body: &Value) -> Result<(), Failure> {
    let body: SubmissionBody = read_json(body.to_string().as_bytes())?;
    body.judged(&CATALOGUE).map(|_| ())
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

#[test]
fn the_documented_message_types_are_those_of_the_code() {
    let documents = Documents::read();
    for (message, schema, kind) in [
        ("submit", "SubmitEvent", message::SUBMIT),
        ("transition", "TransitionEvent", message::TRANSITION),
        ("dossierChanged", "ChangedEvent", message::DOSSIER_CHANGED),
        ("noticesWake", "WakeEvent", message::NOTICES_WAKE),
        ("agencyCount", "AgencyCountEvent", message::AGENCY_COUNT),
    ] {
        assert_eq!(documents.asyncapi["components"]["messages"][message]["name"], kind);
        let envelope = &documents.asyncapi["components"]["schemas"][schema]["properties"];
        assert_eq!(
            (&envelope["type"]["const"], &envelope["specversion"]["const"]),
            (&json!(kind), &json!(message::SPEC_VERSION))
        );
    }
    let code = "H20.101-261116-0001".parse().unwrap();
    let entry = HistoryEntry {
        version: 1,
        action: Action::Submit,
        status: DossierStatus::Registered,
        at: "2026-11-16T01:12:45.318Z".parse().unwrap(),
        recorded_at: "2026-11-16T01:12:45.318Z".parse().unwrap(),
        claimed_at: None,
        by: Signature { role: Role::Portal, id: "portal".into(), agency: None },
        command: "1".parse().unwrap(),
        reason: Some("not for a queue".into()),
        note: Some("not for a queue".into()),
        due_at: None,
        due_rule: None,
        original_due_at: None,
        counted_by: None,
        asked_late: false,
        late_letter: false,
        handler: None,
    };
    let (agency, day) = ("H20.03".parse().unwrap(), "2026-11-16".parse().unwrap());
    let ordered =
        serde_json::to_value(CloudEvent::count("a run", &agency, (day, day), entry.at)).unwrap();
    assert_eq!(fits(&documents.schema("AgencyCountEvent"), &ordered), Ok(()));
    for woken in ["H20.101-261116-0001", "REPORT-2026-11-16-chairman"] {
        let mut event = CloudEvent::wake(&woken.parse().unwrap(), entry.at);
        for take_up in [false, true] {
            event.data.take_up = take_up;
            assert_eq!(
                fits(&documents.schema("WakeEvent"), &serde_json::to_value(&event).unwrap()),
                Ok(())
            );
        }
    }
    let told = serde_json::to_value(CloudEvent::changed(&code, &entry)).unwrap();
    assert_eq!(fits(&documents.schema("ChangedEvent"), &told), Ok(()));
    assert!(!told.to_string().contains("not for a queue"));
}

#[test]
fn each_queue_and_the_schedule_is_a_documented_channel() {
    let (template, documents) = (Template::read(), Documents::read());
    let name =
        |value: &Value| value["Fn::Sub"].as_str().unwrap().replace("${AWS::StackName}", "{stack}");
    let queues =
        template.of_type("AWS::SQS::Queue").into_iter().map(|(_, queue)| name(&queue["QueueName"]));
    let schedules = template
        .of_type("AWS::Scheduler::Schedule")
        .into_iter()
        .map(|(_, made)| name(&made["Name"]));
    let mut deployed: BTreeSet<String> = queues.chain(schedules).collect();
    // What lies here has the form that Lambda and the Scheduler give it.
    assert!(deployed.remove("{stack}-rollup-failures"));
    assert!(deployed.remove("{stack}-reminder-failures"));
    assert!(deployed.remove("{stack}-announcement-failures"));
    let channels = documents.asyncapi["channels"].as_object().unwrap();
    let described =
        channels.values().map(|channel| channel["address"].as_str().unwrap().to_owned()).collect();
    assert_eq!(deployed, described);
    for (schedule, order) in [
        ("NightlyRollup", "RollupOrder"),
        ("NightlyRepair", "RepairOrder"),
        ("MorningReminder", "ReminderOrder"),
        ("MorningAnnouncement", "AnnouncementOrder"),
        ("EveryMinuteWake", "WakeOrder"),
        ("QuarterHourlyRefresh", "RefreshOrder"),
    ] {
        let sent = template.properties(schedule)["Target"]["Input"].as_str().unwrap();
        assert_eq!(
            fits(&documents.schema(order), &serde_json::from_str(sent).unwrap()),
            Ok(()),
            "{schedule}"
        );
    }
}

#[test]
fn what_the_schedules_answer_is_documented() {
    let documents = Documents::read();
    let day = "2026-11-16".parse().unwrap();
    let counted = rollup_kpi::Outcome {
        first: day,
        last: day,
        agencies: 307,
        runs: vec!["a run".to_owned()],
    };
    let listed = remind_deadline::Pressing {
        due_soon: vec!["H20.03-261116-0001".parse().unwrap()],
        overdue: vec!["H20.03-261109-0007".parse().unwrap()],
    };
    let reminded = remind_deadline::Outcome {
        day,
        due_soon: 1,
        overdue: 2,
        apologies: 3,
        redated: 5,
        expired: 4,
        failed: 0,
        by_agency: [("H20.03".parse().unwrap(), listed)].into(),
    };
    let announced = announce_report::Outcome { day, working_day: true, opened: 1, known: 1 };
    let announced = serde_json::to_value(announced).unwrap();
    assert_eq!(fits(&documents.schema("AnnouncementOutcome"), &announced), Ok(()));
    let repaired = repair_relay::Outcome {
        since: "2026-11-13T19:00:00Z".parse().unwrap(),
        changed: 3,
        owed: 2,
        sent: 1,
    };
    assert_eq!(
        fits(&documents.schema("RepairOutcome"), &serde_json::to_value(repaired).unwrap()),
        Ok(())
    );
    let woken = wake_notices::Outcome { due: 2, woken: 1, oldest_unsent_seconds: 61 };
    assert_eq!(
        fits(&documents.schema("WakeOutcome"), &serde_json::to_value(woken).unwrap()),
        Ok(())
    );
    for standing in [
        Standing::Fresh,
        Standing::Renewed,
        Standing::ByAnother,
        Standing::Unanswered,
        Standing::SignInNeeded,
    ] {
        let outcome = refresh_token::Outcome {
            standing,
            access_until: Some("2026-11-17T02:40:00Z".parse().unwrap()),
        };
        assert_eq!(
            fits(&documents.schema("RefreshOutcome"), &serde_json::to_value(outcome).unwrap()),
            Ok(())
        );
    }
    let (counted, reminded) =
        (serde_json::to_value(counted).unwrap(), serde_json::to_value(reminded).unwrap());
    assert_eq!(fits(&documents.schema("RollupOutcome"), &counted), Ok(()));
    assert_eq!(fits(&documents.schema("ReminderOutcome"), &reminded), Ok(()));
    for list in ["dueSoon", "overdue"] {
        let schemas = &documents.asyncapi["components"]["schemas"];
        let most = &schemas["ReminderOutcome"]["properties"]["byAgency"]["additionalProperties"]["properties"]
            [list];
        assert_eq!(most["maxItems"], remind_deadline::LISTED_MAX, "{list}");
    }
}

/// Every schema of the document, with where it stands.
fn each_schema<'a>(
    place: &str,
    value: &'a Value,
    look: &mut impl FnMut(&str, &'a serde_json::Map<String, Value>),
) {
    match value {
        Value::Object(fields) => {
            look(place, fields);
            for (name, field) in fields
                .iter()
                .filter(|(name, _)| !["example", "examples", "value"].contains(&name.as_str()))
            {
                each_schema(&format!("{place}/{name}"), field, look);
            }
        }
        Value::Array(items) => {
            for (number, item) in items.iter().enumerate() {
                each_schema(&format!("{place}/{number}"), item, look);
            }
        }
        _ => {}
    }
}

// openapi-generator (Rust, Java, TypeScript), openapi-typescript, openapi-python-client and
// datamodel-code-generator make one plain type of an object, and something that nobody can use of
// what stands in `allOf`, `anyOf` or `oneOf`, or has no type.
#[test]
fn generators_find_a_plain_type_everywhere() {
    let documents = Documents::read();
    let conditional =
        |place: &str| ["/if", "/then", "/else"].iter().any(|part| place.contains(part));
    each_schema("", &documents.openapi, &mut |place, schema| {
        for many in ["allOf", "anyOf", "oneOf"] {
            assert!(!schema.contains_key(many), "{place}: {many}");
        }
        let of_values =
            schema.get("enum").is_some_and(Value::is_array) || schema.contains_key("const");
        assert!(
            !of_values || schema.contains_key("type") || conditional(place),
            "{place}: no type"
        );
    });
}

#[test]
fn an_event_owes_what_a_request_owes() {
    let documents = Documents::read();
    let of_requests = &documents.openapi["components"]["schemas"]["TransitionBody"];
    let of_events = &documents.asyncapi["components"]["schemas"]["TransitionData"];
    for part in ["if", "then", "else"] {
        assert!(of_requests[part].is_object());
        assert_eq!(of_requests[part], of_events[part], "{part}");
    }
}

#[test]
fn the_schema_and_the_code_take_and_refuse_the_same_new_dates() {
    let documents = Documents::read();
    let schema = documents.schema("TransitionBody");
    let body =
        |action: &str| json!({ "action": action, "expectedVersion": 1, "reason": "theo quy định" });
    for (promised, read) in [
        (json!("2026-11-20"), true),
        (json!("2026-02-30"), false),
        (json!("20261120"), false),
        (json!("2026-11-20T10:00:00Z"), false),
        (json!(""), false),
        (json!(20_261_120), false),
    ] {
        let mut sent = body("apologise");
        sent["newDueOn"] = promised;
        let code_says =
            read_json::<platform::request::TransitionBody>(sent.to_string().as_bytes()).is_ok();
        assert_eq!((fits(&schema, &sent).is_ok(), code_says), (read, read), "{sent}");
    }
    // Whether a date is owed, the domain decides; the schema says the same.
    let with = |action, promised: Value| {
        let mut sent = body(action);
        sent["newDueOn"] = promised;
        fits(&schema, &sent).is_ok()
    };
    assert!(fits(&schema, &body("apologise")).is_err() && !with("apologise", Value::Null));
    assert!(fits(&schema, &body("refuse")).is_ok() && with("refuse", Value::Null));
    assert!(!with("refuse", json!("2026-11-20")));
}

#[test]
fn the_schema_and_the_code_take_and_refuse_the_same_agencies_to_pass_on_to() {
    let documents = Documents::read();
    let schema = documents.schema("TransitionBody");
    let body =
        |action: &str, to: Value| json!({ "action": action, "expectedVersion": 1, "toAgency": to });
    for (to, read) in [
        (json!("H20.12"), true),
        (json!("000.00.15.H58"), true),
        (json!("H20,12"), false),
        (json!("H20."), false),
        (json!(""), false),
        (json!(12), false),
        (json!(["H20.12"]), false),
    ] {
        let sent = body("forward", to);
        let code_says =
            read_json::<platform::request::TransitionBody>(sent.to_string().as_bytes()).is_ok();
        assert_eq!((fits(&schema, &sent).is_ok(), code_says), (read, read), "{sent}");
    }
    // Whether an agency is owed, the domain decides; the schema says the same.
    let taken = |sent: Value| fits(&schema, &sent).is_ok();
    assert!(
        !taken(json!({ "action": "forward", "expectedVersion": 1 }))
            && !taken(body("forward", Value::Null))
    );
    assert!(taken(body("receive", Value::Null)) && !taken(body("receive", json!("H20.12"))));
}

#[test]
fn each_reason_of_a_dead_letter_is_documented_and_no_other() {
    let documents = Documents::read();
    let reasons = |schema: &str| -> BTreeSet<String> {
        let listed =
            &documents.asyncapi["components"]["schemas"][schema]["properties"]["reason"]["enum"];
        words(listed).into_iter().map(str::to_owned).collect()
    };
    let over_http = [
        "procedure-not-found",
        "missing-idempotency-key",
        "unauthorized",
        "route-not-found",
        "stale-edition",
        "body-too-large",
        "unsupported-media-type",
        "catalogue-refused",
    ];
    let of_commands = [
        "forbidden",
        "stale-version",
        "out-of-order",
        "idempotency-key-reused",
        "illegal-transition",
        "calendar-missing",
    ];
    let slugs = TYPES
        .iter()
        .map(|(slug, _)| *slug)
        .filter(|slug| !over_http.contains(slug))
        .chain(Interruption::ALL.map(Interruption::name));
    let events: BTreeSet<String> = slugs.map(str::to_owned).collect();
    assert_eq!(reasons("ParkedEventAttributes"), events);
    let of_events = events.into_iter().filter(|reason| !of_commands.contains(&reason.as_str()));
    let of_events: Vec<String> = of_events.collect();
    let counts =
        of_events.iter().filter(|reason| *reason != "dossier-not-found").cloned().collect();
    assert_eq!(reasons("ParkedCountAttributes"), counts);
    let notices = of_events.into_iter().chain(["given-up".to_owned()]).collect();
    assert_eq!(reasons("ParkedNoticeAttributes"), notices);
    let changes = ParkReason::ALL.map(|reason| reason.name().to_owned()).into();
    assert_eq!(reasons("ParkedChangeAttributes"), changes);
}

#[test]
fn each_known_integrator_has_a_source_as_documented() {
    let documents = Documents::read();
    let source = documents.schema("IntegratorSource");
    let integrators: Value = serde_json::from_str(&file("infra/data/integrators.json")).unwrap();
    for integrator in integrators["integrators"].as_array().unwrap() {
        assert_eq!(fits(&source, &integrator["source"]), Ok(()));
    }
}
