//! `infra/openapi.yaml` and `infra/asyncapi.yaml` against the template and the code.

mod actions;
mod messages;
mod submissions;

use std::collections::{BTreeMap, BTreeSet};

use domain::dossier::{
    Action, DossierStatus, EXPECTED_VERSION_MAX, REMARK_CHARACTERS_MAX, RULES, VERSIONS_MAX,
};
use domain::feedback::{FeedbackAction, FeedbackStatus};
use domain::language::Language;
use domain::limit::{Exceeded, LimitName};
use domain::signature::SignatureFault;
use domain::submission::DOCUMENTS_MAX;
use domain::upload::{DocumentType, ScanRefusal};
use domain::{RuleName, Violation};
use platform::Failure;
use platform::catalogue::CatalogueError;
use platform::http::{BODY_BYTES_MAX, OWN};
use platform::message;
use platform::problem::{Problem, TYPES};
use platform::request::SubmissionBody;
use platform::submission::RECEIPT_KEPT;

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
            // The functions themselves judge the token of a proof.
            let own = route.contains(OWN);
            assert!(!(own && secured), "{route}: the authorizer knows nothing of such tokens");
            let security = match (secured, own) {
                (true, _) => json!([{ "oidc": [] }]),
                (false, true) => json!([{ "proof": [] }]),
                (false, false) => json!([]),
            };
            (route.to_owned(), security)
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
    for claim in ["iss", "aud", "exp", "sub", "role", "agency", "counter", "id_number", "id_kind"] {
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
        .filter(|rule| rule.is_legal_in(status, None))
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
        Failure::SenderNotProven,
        Failure::ProofRefused,
        Failure::TooOften(Exceeded {
            limit: LimitName::CodesOfDossier,
            until: "2026-11-27T17:00:00Z".parse().unwrap(),
            again_in_seconds: 41,
        }),
        Failure::DossierNotFound,
        Failure::DocumentNotFound,
        Failure::EventNotFound,
        Failure::FeedbackNotFound,
        Failure::IllegalMove {
            action: FeedbackAction::Answer,
            status: FeedbackStatus::Routed,
            allowed: vec![FeedbackAction::Return, FeedbackAction::TakeUp],
        },
        Failure::UnderInspection(BTreeSet::from(["5f0e1d2c3b4a59687766554433221100"
            .parse()
            .unwrap()])),
        Failure::FormNotFound,
        Failure::ProcedureNotFound,
        Failure::RouteNotFound,
        Failure::Stale { current: 3, status },
        Failure::StaleAssignment { current: 2 },
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
fn the_limits_of_the_code_are_the_documented_ones() {
    let documents = Documents::read();
    let limit = &documents.openapi["components"]["schemas"]["Problem"]["properties"]["limit"];
    let known: Vec<&str> = LimitName::ALL.into_iter().map(LimitName::name).collect();
    assert_eq!(words(&limit["enum"]), known);
    for name in LimitName::ALL {
        assert_eq!(serde_json::to_value(name).unwrap(), json!(name.name()));
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
    let elsewhere = ["out-of-order", "sender-not-proven"];
    let expected = TYPES.iter().map(|(slug, _)| *slug).filter(|slug| !elsewhere.contains(slug));
    assert_eq!(shown, expected.map(str::to_owned).collect());
}

#[test]
fn each_operation_says_what_happens_without_a_token_and_when_we_fail() {
    let documents = Documents::read();
    // What the gateways report has no form to be wrong in, and is known by a signature or an
    // address.
    let of_gateways =
        |route: &str| route.contains("/v1/callbacks/zalo") || route.contains("/v1/callbacks/esms");
    for (route, operation) in
        operations(&documents).into_iter().filter(|(route, _)| !of_gateways(route))
    {
        let statuses: BTreeSet<&str> =
            operation["responses"].as_object().unwrap().keys().map(String::as_str).collect();
        assert!(statuses.is_superset(&["400", "500", "503"].into()), "{route}: {statuses:?}");
        let secured = operation["security"] != json!([]);
        // Whose signature does not hold is nobody, and nobody who signs may do less than another.
        let signed =
            [" /v1/events", " /v1/events/{id}", " /v1/callbacks/payment", "/proof/confirm"]
                .iter()
                .any(|of_signers| route.ends_with(of_signers))
                || route.contains(" /v1/integrators/{name}/dossiers/");
        assert_eq!(
            (statuses.contains("401"), statuses.contains("403")),
            (secured || signed, secured),
            "{route}"
        );
        let takes_a_body = !operation["requestBody"].is_null();
        assert_eq!(
            (statuses.contains("413"), statuses.contains("415")),
            (takes_a_body, takes_a_body),
            "{route}"
        );
        // A payer who comes back names an attempt, which may be none of ours.
        let names_one = ["{code}", "{id}", "{secret}", "/callbacks/payment"]
            .iter()
            .any(|part| route.contains(part));
        // Whether there is such a dossier they say to nobody, or only to who has proved it is theirs.
        let silent = route.contains("/proof") || route == "POST /v1/own/{code}/uploads";
        assert_eq!(statuses.contains("404"), names_one && !silent, "{route}");
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
        (&documents.openapi, "DocumentBody"),
        (&documents.openapi, "TransitionBody"),
        (&documents.openapi, "PublicationBody"),
        (&documents.openapi, "PreferenceBody"),
        (&documents.openapi, "FeedbackBody"),
        (&documents.openapi, "FeedbackMoveBody"),
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
    for body in ["Submission", "Document", "Transition", "Publication"] {
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
fn the_documented_reasons_of_a_refused_document_are_those_of_the_inspection_and_the_scanner() {
    let documents = Documents::read();
    let schemas = &documents.openapi["components"]["schemas"];
    let reason = &schemas["UploadedDocument"]["properties"]["reason"]["properties"]["rule"];
    // What is wrong with a signature is asked of results alone.
    let of_content =
        inspection::Rule::ALL.iter().take_while(|rule| **rule != inspection::Rule::NoSignature);
    let of_scanner = ScanRefusal::ALL.iter().map(|refusal| refusal.name());
    let reasons: Vec<&str> = of_content.map(|rule| rule.name()).chain(of_scanner).collect();
    assert_eq!(words(&reason["enum"]), reasons);
    let of_signatures = inspection::Rule::ALL.iter().filter(|rule| !reasons.contains(&rule.name()));
    let of_signatures = of_signatures.chain([&inspection::Rule::TooComplex]);
    let faults: Vec<&str> = SignatureFault::ALL.iter().map(|fault| fault.rule().slug()).collect();
    assert_eq!(faults, of_signatures.map(|rule| rule.name()).collect::<Vec<_>>());
    assert_eq!(words(&schemas["SignatureFault"]["enum"]), faults);
    let stored = SignatureFault::ALL.iter().map(|fault| serde_json::to_value(fault).unwrap());
    assert_eq!(stored.collect::<Vec<_>>(), faults, "they are stored by these names");
    let kinds = DocumentType::ALL.map(DocumentType::media_type);
    assert_eq!(words(&schemas["DocumentType"]["enum"]), kinds);
    let inspected = inspection::Kind::ALL.iter().map(|kind| kind.media_type());
    assert_eq!(kinds.to_vec(), inspected.collect::<Vec<_>>(), "each can be inspected");
}
