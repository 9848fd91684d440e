//! What the document allows, the code takes; what it refuses, the code refuses. Asked of the doors
//! themselves, with a great many bodies and parameters that are almost right.

use domain::notice::Provider;
use domain::thread::NoticeState;

use super::*;
use crate::support::call::{AGENCY, Answer, CITIZEN, Call, PROCEDURE, submission};
use crate::support::world::{NOW, World, at};

/// Rules that need more than the form: the catalogue, the dossier, the calendar, or what we gave
/// out before.
pub(super) const BEYOND_THE_FORM: [&str; 21] = [
    "known-agency",
    "agency-in-force",
    "agency-level",
    "known-procedure",
    "known-document",
    "required-document",
    "online-procedure",
    "known-edition",
    "documents-bytes-max",
    "document-type",
    "cursor",
    "period",
    "after-due-date",
    "working-day",
    "apologies-max",
    "no-due-date",
    "another-agency",
    "versions-max",
    "open-dossier",
    "nothing-changes",
    "assignments-max",
];

/// Values of every kind that somebody may send in the place of a good one.
fn values() -> Vec<Value> {
    let lengths = [35, 36, 40, 41, 64, 65, 200, 201, 254, 255, 256, 300, 301, 2_048, 2_049];
    let texts = [
        "",
        " ",
        "a",
        "ă",
        "\t",
        "\n",
        "a\nb",
        "\u{1}",
        "\u{7f}",
        "\u{85}",
        "\u{a0}",
        "\u{feff}",
        "\u{200b}",
        "\u{2028}",
        "-",
        ",",
        "null",
        "0",
        "1",
        "01",
        "1.0",
        "+1",
        "-1",
        "true",
        "receive",
        "submit",
        "online",
        "citizen",
        "sms",
        "vi",
        "H20",
        "H20.",
        "h20.12",
        "H20.12",
        "Z20",
        "H20.12,H20.03",
        "H20.12\n",
        "000.00.15.H58",
        "2026-11-20",
        "2026-02-29",
        "2024-02-29",
        "20261120",
        "2026-11-20T00:00:00Z",
        "2026-W47",
        "2026-13",
        "1.001193",
        "1.001193\n",
        "G15-HT",
        "https://",
        "https://a",
        "http://a.vn/b",
        "a@b.vn",
        "a@b",
        "0912345678",
        "087199012345",
        "0312345678",
        "0312345678-001",
        "\u{202e}abc",
        "\u{d7ff}",
        "\u{10ffff}",
    ];
    let numbers = [
        json!(0),
        json!(1),
        json!(-1),
        json!(1.0),
        json!(1.5),
        json!(1_000_000),
        json!(1_000_001),
        json!(1e20),
        json!(u64::MAX),
    ];
    let others = [
        json!(null),
        json!(true),
        json!([]),
        json!({}),
        json!([null]),
        json!({ "a": 1 }),
        json!(["sms"]),
        json!(["sms", "sms"]),
    ];
    let long =
        lengths.iter().flat_map(|length| [json!("a".repeat(*length)), json!("ă".repeat(*length))]);
    texts.iter().map(|text| json!(text)).chain(numbers).chain(others).chain(long).collect()
}

/// Every place in a body.
fn places(value: &Value, place: &str, found: &mut Vec<String>) {
    let inner: Vec<(String, &Value)> = match value {
        Value::Object(fields) => fields.iter().map(|(name, field)| (name.clone(), field)).collect(),
        Value::Array(items) => {
            items.iter().enumerate().map(|(number, item)| (number.to_string(), item)).collect()
        }
        _ => Vec::new(),
    };
    for (name, part) in inner {
        let place = format!("{place}/{name}");
        places(part, &place, found);
        found.push(place);
    }
}

/// Bodies that differ in one place from a good one: another value, nothing, or one field more.
fn almost(good: &Value) -> Vec<Value> {
    let mut found = Vec::new();
    places(good, "", &mut found);
    let mut bodies = vec![good.clone()];
    for place in found {
        for value in values() {
            let mut body = good.clone();
            *body.pointer_mut(&place).unwrap() = value;
            bodies.push(body);
        }
        let (outer, name) = place.rsplit_once('/').unwrap();
        let mut body = good.clone();
        if let Some(fields) = body.pointer_mut(outer).and_then(Value::as_object_mut) {
            fields.remove(name);
            bodies.push(body);
        }
        let mut body = good.clone();
        if let Some(fields) = body.pointer_mut(&place).and_then(Value::as_object_mut) {
            fields.insert("colour".to_owned(), json!("red"));
            bodies.push(body);
        }
    }
    bodies
}

/// Whether the answer gives the document the lie: what fits is refused for its form, or what does
/// not fit is not refused.
fn contradicts(allowed: bool, answer: &Answer) -> bool {
    let errors = answer.body["errors"].as_array().into_iter().flatten();
    let rules: Vec<&str> = errors.map(|error| error["rule"].as_str().unwrap()).collect();
    let for_its_form = rules.is_empty() || rules.iter().any(|rule| !BEYOND_THE_FORM.contains(rule));
    if allowed { answer.status == 400 && for_its_form } else { answer.status != 400 }
}

/// Fields whose text is cleaned before it is judged, by rules that no pattern says: their own tests
/// hold them to the document.
fn is_cleaned(place: &str) -> bool {
    ["/applicant/", "/documents/", "/reason", "/note", "/phone", "/handover/to"]
        .iter()
        .any(|part| place.starts_with(part))
}

/// The first place in which two bodies differ.
fn difference(good: &Value, body: &Value) -> String {
    let mut found = Vec::new();
    places(good, "", &mut found);
    found.into_iter().find(|place| good.pointer(place) != body.pointer(place)).unwrap_or_default()
}

/// Fails with every body of which document and code think differently.
async fn agree<F: Future<Output = Answer>>(schema: &str, good: &Value, sent: impl Fn(Value) -> F) {
    let schema = Documents::read().schema(schema);
    let (mut taken, mut differ) = (0, Vec::new());
    let bodies = almost(good);
    let many = bodies.len();
    for body in bodies {
        let (allowed, answer) = (fits(&schema, &body), sent(body.clone()).await);
        taken += usize::from(allowed.is_ok());
        let place = difference(good, &body);
        if contradicts(allowed.is_ok(), &answer)
            && !(body.pointer(&place).is_some_and(Value::is_string) && is_cleaned(&place))
        {
            differ.push(format!(
                "{place}: {:?}: {allowed:?}: {}",
                body.pointer(&place),
                answer.body
            ));
        }
    }
    assert!(differ.is_empty(), "{} of {many} bodies:\n{}", differ.len(), differ.join("\n"));
    assert!(taken > 5 && taken < many, "{taken} of {many} were taken");
}

#[tokio::test]
async fn the_document_and_the_door_agree_on_submissions() {
    let world = World::new().await;
    let mut good = submission();
    good["applicant"]["email"] = "a@b.vn".into();
    let number = std::cell::Cell::new(0);
    agree("SubmissionBody", &good, |body| {
        number.set(number.get() + 1);
        Call::submit(&format!("k{}", number.get())).body(&body).at_submit(
            &world.intake,
            &world,
            at(NOW),
        )
    })
    .await;
}

#[tokio::test]
async fn the_document_and_the_door_agree_on_transitions() {
    let world = World::new().await;
    let code = Call::submit("k").at_submit(&world.intake, &world, at(NOW)).await.code();
    let received =
        Call::transition(&code, "receive", 1).at_change(&world.dossiers, &world, at(NOW)).await;
    assert_eq!(received.status, 200, "{}", received.body);
    // Version 1 is stale, so that nothing moves; the form is judged before.
    let sent = |body: Value| {
        Call::transition(&code, "", 1).body(&body).at_change(&world.dossiers, &world, at(NOW))
    };
    for good in [
        json!({ "action": "refuse", "expectedVersion": 1, "reason": "x", "note": "y" }),
        json!({ "action": "apologise", "expectedVersion": 1, "reason": "x", "newDueOn": "2026-11-20" }),
        json!({ "action": "forward", "expectedVersion": 1, "toAgency": "H20.12" }),
        json!({ "action": "finish", "expectedVersion": 1, "result": { "kind": "paper", "upload": null } }),
        json!({ "action": "return-result", "expectedVersion": 1, "handover": { "how": "post", "to": "x" } }),
        json!({ "action": "receive", "expectedVersion": 1, "reason": null, "note": null, "newDueOn": null, "toAgency": null }),
    ] {
        agree("TransitionBody", &good, sent).await;
    }
    let schema = Documents::read().schema("TransitionBody");
    let actions = domain::dossier::RULES.map(|rule| rule.action.name());
    // The owner may never hand back, and nobody but the schedule counts a date anew or announces a
    // delay: they learn so before anything else.
    let of_others = ["hand-back", "redate", "announce-delay"];
    for action in actions.into_iter().filter(|action| !of_others.contains(action)) {
        for (reason, day, agency) in [None, Some(json!(null)), Some(json!("x")), Some(json!(" "))]
            .iter()
            .flat_map(|reason| {
                [None, Some(json!(null)), Some(json!("2026-11-20"))]
                    .map(|day| (reason.clone(), day))
            })
            .flat_map(|(reason, day)| {
                [None, Some(json!(null)), Some(json!("H20.12"))]
                    .map(|agency| (reason.clone(), day.clone(), agency))
            })
        {
            let mut body = json!({ "action": action, "expectedVersion": 1 });
            for (name, value) in [("reason", reason), ("newDueOn", day), ("toAgency", agency)] {
                if let Some(value) = value {
                    body[name] = value;
                }
            }
            let (allowed, answer) = (fits(&schema, &body), sent(body.clone()).await);
            assert!(!contradicts(allowed.is_ok(), &answer), "{body}: {allowed:?}: {}", answer.body);
        }
    }
}

#[tokio::test]
async fn the_document_and_the_door_agree_on_assignments() {
    let world = World::new().await;
    let code = Call::submit("k").at_submit(&world.intake, &world, at(NOW)).await.code();
    for assignee in ["me", "none", "officer-0b7c41d2aa53"] {
        // There are not so many assignments, so that nothing is assigned; the form is judged before.
        let good = json!({ "assignee": assignee, "expectedVersion": 1, "expectedAssignment": 7 });
        agree("AssignmentBody", &good, |body| {
            Call::assignment(&code, "", (1, 7)).body(&body).at_change(
                &world.dossiers,
                &world,
                at(NOW),
            )
        })
        .await;
    }
}

#[tokio::test]
async fn the_document_and_the_door_agree_on_preferences_and_publications() {
    let world = World::new().await;
    let good = json!({
        "applicant": { "kind": "citizen", "idNumber": CITIZEN }, "channels": ["sms"], "language": "vi", "legalOnly": true,
    });
    agree("PreferenceBody", &good, |body| {
        let call = Call::new("PUT /v1/preference");
        // Who names nobody speaks for themselves.
        let call = if body["applicant"].is_null() { call.citizen(CITIZEN) } else { call.portal() };
        call.body(&body).at_preference(&world)
    })
    .await;
    let good = json!({ "expectedEdition": 7, "files": { "rules.json": "{}" } });
    agree("PublicationBody", &good, |body| {
        Call::new("PUT /v1/catalogue")
            .administrator()
            .body(&body)
            .at_publish(&world.catalogue_store, at(NOW))
    })
    .await;
}

#[tokio::test]
async fn the_document_and_the_door_agree_on_searches() {
    let world = World::new().await;
    let person = json!({ "kind": "citizen", "idNumber": CITIZEN });
    for good in [
        json!({ "applicant": person, "phone": null, "limit": 5, "cursor": null }),
        json!({ "phone": "0912345678", "applicant": null, "limit": null, "cursor": "MXx8" }),
    ] {
        agree("SearchBody", &good, |body| {
            Call::new("POST /v1/search").officer(AGENCY).body(&body).at_find(&world, at(NOW))
        })
        .await;
    }
}

/// A parameter's text as its schema reads it.
fn as_typed(schema: &Value, text: &str) -> Value {
    let number = || {
        let plain = text == "0" || !text.trim_start_matches('-').starts_with('0');
        let digits = text.strip_prefix('-').unwrap_or(text);
        let whole = plain && !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        if whole { serde_json::from_str(text).ok() } else { None }
    };
    match schema["type"].as_str().unwrap_or_else(|| panic!("no type in {schema}")) {
        "integer" => number().unwrap_or_else(|| json!(text)),
        "boolean" => text.parse::<bool>().map_or_else(|_| json!(text), |flag| json!(flag)),
        _ => json!(text),
    }
}

#[tokio::test]
async fn the_document_and_the_doors_agree_on_every_parameter() {
    let (world, documents) = (World::new().await, Documents::read());
    let texts: Vec<String> =
        values().iter().filter_map(|value| value.as_str().map(str::to_owned)).collect();
    let more = [
        "2026",
        "2026-H2",
        "2026-H3",
        "2026-Q4",
        "2026-Q5",
        "2026-11",
        "2026-00",
        "2026-W00",
        "2026-W54",
        "2026-11-17",
    ]
    .into_iter()
    .chain([
        "2026-02-30",
        "2026-01-15..2026-02-20",
        "2026-01-15..",
        "20",
        "3",
        "10",
        "11",
        "200",
        "500",
        "501",
        "false",
        "agency",
    ])
    .chain([
        "officer", "moon", "G15-TP07", "g15-ht", "merged", "csv", "json", "html", "xlsx", "MXx8",
        "a b", "a+b", "1,2",
    ]);
    let texts: Vec<String> = texts.into_iter().chain(more.map(str::to_owned)).collect();
    let (mut differ, mut asked) = (Vec::new(), 0);
    for (path, item) in documents.openapi["paths"].as_object().unwrap() {
        let of_gateways = path.contains("/callbacks/zalo") || path.contains("{secret}");
        for (method, operation) in
            item.as_object().unwrap().iter().filter(|(method, _)| *method != "parameters")
        {
            let route = format!("{} {path}", method.to_uppercase());
            let own = operation["parameters"].as_array().into_iter().flatten();
            let all = item["parameters"].as_array().into_iter().flatten().chain(own);
            for parameter in all.map(|parameter| documents.follow(&documents.openapi, parameter)) {
                let (name, place) =
                    (parameter["name"].as_str().unwrap(), parameter["in"].as_str().unwrap());
                // Codes in a path are cleaned before they are read.
                if of_gateways || place == "header" || name == "code" {
                    continue;
                }
                let schema = documents.follow(&documents.openapi, &parameter["schema"]);
                let schema = if schema["type"] == "array" {
                    documents.follow(&documents.openapi, &schema["items"])
                } else {
                    schema
                };
                let validator = documents.validator(schema);
                for text in texts.iter().filter(|text| text.len() < 300) {
                    let of_procedure = path.contains("/procedures");
                    let code = if of_procedure { PROCEDURE } else { "H20.03-261117-0001" };
                    let call = Call::new(&route).path("code", code).path("period", "2026-11");
                    let call = call.path("id", &"0".repeat(32)).path("name", "ecosys");
                    let call = if path.contains("/catalogue") || path.contains("/integrators") {
                        call.administrator()
                    } else if path.contains("/v1/own/") {
                        call.proven(code)
                    } else if path == "/v1/reads" {
                        call.auditor()
                    } else if path == "/v1/me/dossiers" {
                        call.citizen(CITIZEN)
                    } else {
                        call.officer(AGENCY)
                    };
                    let call = if path.contains("/kpi") && name != "period" {
                        call.query("period", "2026-11")
                    } else {
                        call
                    };
                    let call = if path.contains("/v1/events") && name != "source" {
                        call.query("source", "urn:motcua:integrator:ecosys")
                    } else {
                        call
                    };
                    let call = if place == "path" {
                        call.path(name, text)
                    } else {
                        call.query(name, text)
                    };
                    let call = call.body(&json!({ "expectedEdition": 0, "files": {} }));
                    let response = call.at_its_function(&world).await;
                    asked += 1;
                    let allowed = validator.is_valid(&as_typed(schema, text));
                    // What is answered may be a workbook.
                    let taken = response.status_code < 400;
                    if if taken { !allowed } else { contradicts(allowed, &Answer::from(response)) }
                    {
                        differ
                            .push(format!("{route}: {name}={text:?}: the document says {allowed}"));
                    }
                }
            }
        }
    }
    assert!(differ.is_empty(), "{} of {asked}:\n{}", differ.len(), differ.join("\n"));
    assert!(asked > 1_000, "only {asked}");
}

/// The state after `state` in the order of their declaration; none after the last. A new state does
/// not compile until it is here.
fn next_state(state: &NoticeState) -> Option<NoticeState> {
    let now = at(NOW);
    Some(match state {
        NoticeState::Waiting { .. } => NoticeState::Leased {
            holder: String::new(),
            until: now,
            provider: Provider::Zalo,
            price_vnd: None,
        },
        NoticeState::Leased { .. } => {
            NoticeState::Sent { report_until: None, provider: Provider::Zalo }
        }
        NoticeState::Sent { .. } => {
            NoticeState::Unknown { settle_at: None, provider: Provider::Zalo }
        }
        NoticeState::Unknown { .. } => NoticeState::Held { until: now },
        NoticeState::Held { .. } => NoticeState::Delivered,
        NoticeState::Delivered => NoticeState::Refused,
        NoticeState::Refused => NoticeState::Expired,
        NoticeState::Expired => NoticeState::Merged { into: 2 },
        NoticeState::Merged { .. } => NoticeState::ToldElsewhere,
        NoticeState::ToldElsewhere => return None,
    })
}

#[test]
fn the_documented_states_of_a_notice_are_those_that_there_are() {
    let first = NoticeState::Waiting { not_before: at(NOW), pinned: None };
    let states = std::iter::successors(Some(first), next_state);
    let names: BTreeSet<String> = states.map(|state| state.name().to_owned()).collect();
    let documents = Documents::read();
    let life = &documents.openapi["components"]["schemas"]["NoticeLife"];
    let documented = life["properties"]["state"]["enum"].as_array().unwrap();
    let documented = documented.iter().map(|name| name.as_str().unwrap().to_owned());
    assert_eq!(documented.collect::<BTreeSet<_>>(), names);
}
