//! What every HTTP door does alike, whoever stands behind it: parameters, tags, and who may come in
//! at all.

use std::time::Duration;

use aws_lambda_events::apigw::ApiGatewayV2httpResponse;
use aws_lambda_events::encodings::Body;
use platform::http::{self, HttpReply};
use platform::payload::Payload;
use serde_json::{Value, json};

use crate::support::call::{
    AGENCY, Answer, CITIZEN, Call, esms_event, submission, submit_event, transition_event,
};
use crate::support::log::Log;
use crate::support::world::{NOW, World, at};

/// Field and rule of every broken rule that the answer names, in order.
fn broken(answer: &Answer) -> Vec<(&str, &str)> {
    let errors = answer.body["errors"].as_array().unwrap_or_else(|| panic!("{}", answer.body));
    errors
        .iter()
        .map(|error| (error["field"].as_str().unwrap(), error["rule"].as_str().unwrap()))
        .collect()
}

async fn worklist(world: &World, parameters: &[(&str, &str)]) -> Answer {
    let list = Call::new("GET /v1/dossiers").officer(AGENCY);
    parameters.iter().fold(list, |call, (name, value)| call.also(name, value)).at_track(world).await
}

#[tokio::test]
async fn a_worklist_of_several_statuses_holds_each_of_them_in_their_order() {
    let world = World::new().await;
    for number in 0..3 {
        let slip =
            Call::submit(&format!("k{number}")).at_submit(&world.intake, &world, at(NOW)).await;
        for (version, action) in (1..).zip(["receive", "process"].iter().take(number)) {
            let moved = Call::transition(&slip.code(), action, version)
                .at_change(&world.dossiers, &world, at(NOW))
                .await;
            assert_eq!(moved.status, 200, "{}", moved.body);
        }
    }
    let statuses = |answer: &Answer| -> Vec<u64> {
        answer.body["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item["status"].as_u64().unwrap())
            .collect()
    };
    assert_eq!(statuses(&worklist(&world, &[("status", "4"), ("status", "2")]).await), [2, 4]);
    assert_eq!(
        statuses(&worklist(&world, &[("status", "4"), ("status", "9"), ("status", "1")]).await),
        [1, 4]
    );
    assert_eq!(statuses(&worklist(&world, &[]).await), [1, 2, 4]);
    let first = worklist(&world, &[("status", "4"), ("status", "2"), ("limit", "1")]).await;
    let cursor = first.body["nextCursor"].as_str().unwrap().to_owned();
    let second =
        worklist(&world, &[("status", "2"), ("status", "4"), ("limit", "1"), ("cursor", &cursor)])
            .await;
    assert_eq!((statuses(&first), statuses(&second)), (vec![2], vec![4]));
    let elsewhere = worklist(&world, &[("status", "1"), ("cursor", &cursor)]).await;
    assert_eq!(broken(&elsewhere), [("cursor", "cursor")]);
}

#[tokio::test]
async fn what_could_mean_two_things_is_refused_and_named() {
    let world = World::new().await;
    for (parameters, expected) in [
        (&[("status", "2,4")][..], &[("status", "national-status")][..]),
        (&[("status", "2"), ("status", "2")], &[("status", "once")]),
        (&[("status", "02")], &[("status", "national-status")]),
        (&[("limit", "3,200")], &[("limit", "range")]),
        (&[("limit", "3"), ("limit", "200")], &[("limit", "once")]),
        (&[("limit", "+3")], &[("limit", "range")]),
        (&[("dueBefore", "2026-11-20,2026-11-21")], &[("dueBefore", "date")]),
        (&[("dueBefore", "2026-11-20T00")], &[("dueBefore", "date")]),
        (
            &[
                ("status", "11"),
                ("limit", "0"),
                ("phone", "0912345678"),
                ("phone", "1"),
                ("Status", "2"),
            ],
            &[
                ("status", "national-status"),
                ("limit", "range"),
                ("phone", "unknown-field"),
                ("Status", "unknown-field"),
            ],
        ),
    ] {
        let answer = worklist(&world, parameters).await;
        assert_eq!(
            (answer.status, broken(&answer)),
            (400, expected.to_vec()),
            "{parameters:?}: {}",
            answer.body
        );
    }
    for (parameters, expected) in [
        (&[("period", "2026-10,2026-11")][..], &[("period", "period")][..]),
        (&[("period", "2026-10"), ("period", "2026-11")], &[("period", "once")]),
        (&[("period", "2026-11"), ("agency", "H20.03,H20.09")], &[("agency", "agency-code")]),
        (
            &[("period", "2026-11"), ("agency", "H20.03"), ("agency", "H20.09")],
            &[("agency", "once")],
        ),
        (&[("period", "2026-11"), ("field", "G15-TP07,G15-HT")], &[("field", "field-code")]),
        (&[], &[("period", "period")]),
        (
            &[
                ("by", "moon"),
                ("limit", "501"),
                ("channel", "fax"),
                ("agencies", "all"),
                ("colour", "red"),
            ],
            &[
                ("period", "period"),
                ("by", "known-value"),
                ("channel", "known-value"),
                ("agencies", "known-value"),
                ("limit", "range"),
                ("colour", "unknown-field"),
            ],
        ),
    ] {
        let call = Call::new("GET /v1/kpi").officer(AGENCY);
        let call = parameters.iter().fold(call, |call, (name, value)| call.also(name, value));
        let answer: Answer = call.at_kpi(&world, at(NOW)).await.into();
        assert_eq!(
            (answer.status, broken(&answer)),
            (400, expected.to_vec()),
            "{parameters:?}: {}",
            answer.body
        );
    }
}

#[tokio::test]
async fn a_gateways_report_that_says_something_twice_says_nothing_and_what_it_adds_is_ignored() {
    let world = World::new().await;
    let report = || {
        esms_event("H20.03-261117-0001/1", "s1", "5", "1")
            .query("telcoid", "1")
            .also("telcoid", "2")
    };
    let taken = report().at_report(&world.notices, &world, at(NOW)).await;
    assert_eq!(taken.status, 200, "{}", taken.body);
    for name in record_delivery::ESMS_PARAMETERS {
        let call = report().query(name, "5").also(name, "4");
        let answer = call.at_report(&world.notices, &world, at(NOW)).await;
        assert_eq!(
            (answer.status, broken(&answer)),
            (400, vec![(name, "once")]),
            "{}",
            answer.body
        );
    }
    let stranger = report().path("secret", "a-guess").also("SMSID", "s2");
    assert_eq!(stranger.at_report(&world.notices, &world, at(NOW)).await.status, 404);
}

#[tokio::test]
async fn without_the_raw_query_its_map_is_read_and_nothing_of_it_is_lost() {
    let world = World::new().await;
    let call =
        Call::new("GET /v1/dossiers").officer(AGENCY).query("limit", "3").also("limit", "200");
    let mut event = call.payload();
    event["rawQueryString"] = Value::Null;
    let tables = (&world.dossiers, &world.notices, &world.deliveries);
    let handler =
        |request| track_dossier::handle(request, tables, &world.gate, &world.catalogue, at(NOW));
    let answer: Answer = http::serve(serde_json::from_value(event).unwrap(), handler).await.into();
    assert_eq!((answer.status, broken(&answer)), (400, vec![("limit", "once")]));
}

#[tokio::test]
async fn an_officer_of_an_agency_that_the_province_does_not_have_reads_and_does_nothing() {
    let world = World::new().await;
    let code = Call::submit("k").at_submit(&world.intake, &world, at(NOW)).await.code();
    for stranger in ["H20.999", "H01.12", "000.00.15.H58"] {
        for call in [
            Call::new("GET /v1/kpi").query("period", "2026-11"),
            Call::new("GET /v1/kpi/index").query("period", "2026-11"),
            Call::new("GET /v1/kpi/national").query("period", "2026-11"),
            Call::new("GET /v1/dossiers"),
            Call::new("GET /v1/dossiers/{code}/history").code(&code),
            Call::new("GET /v1/dossiers/{code}/deadline").code(&code),
            Call::new("GET /v1/dossiers/{code}/notices").code(&code),
            Call::transition(&code, "receive", 1),
        ] {
            let route = call.clone().payload()["routeKey"].to_string();
            let answer: Answer = call.officer(stranger).at_its_function(&world).await.into();
            assert_eq!(
                (answer.status, answer.problem()),
                (403, "forbidden"),
                "{stranger}: {route}"
            );
        }
    }
}

/// The report of a month in which nothing happened, and its tag.
async fn report(world: &World, known: Option<&str>) -> (ApiGatewayV2httpResponse, String) {
    let mut call = Call::new("GET /v1/reports/{period}").path("period", "2026-11.csv");
    if let Some(known) = known {
        call = call.header("if-none-match", known);
    }
    let response = call.at_kpi(world, at(NOW)).await;
    let tag = response.headers.get("etag").unwrap().to_str().unwrap().to_owned();
    (response, tag)
}

#[tokio::test]
async fn whoever_knows_the_tag_is_answered_with_an_empty_text_and_not_with_none() {
    let world = World::new().await;
    let (first, tag) = report(&world, None).await;
    assert_eq!(first.status_code, 200);
    for known in [tag.clone(), format!("W/{tag}"), format!("\"other\", {tag}"), "*".to_owned()] {
        let (again, same) = report(&world, Some(&known)).await;
        assert_eq!((again.status_code, &same), (304, &tag), "{known}");
        // What the gateway gets: `"body": null` is answered with 500 by the one on a developer's
        // machine.
        let written = serde_json::to_value(&again).unwrap();
        assert_eq!(
            (&written["body"], &written["isBase64Encoded"]),
            (&json!(""), &json!(false)),
            "{known}"
        );
        assert_eq!(written["headers"]["cache-control"], "public, max-age=300");
    }
    for unknown in ["\"other\"", "nonsense", tag.trim_matches('"'), ""] {
        assert_eq!(report(&world, Some(unknown)).await.0.status_code, 200, "{unknown}");
    }
}

#[tokio::test]
async fn only_figures_may_be_kept_and_every_failure_is_forgotten() {
    let world = World::new().await;
    let kept = |response: &ApiGatewayV2httpResponse| {
        response.headers["cache-control"].to_str().unwrap().to_owned()
    };
    for call in [
        Call::submit("k"),
        Call::submit("k").raw("{"),
        Call::new("GET /v1/dossiers").officer(AGENCY),
        Call::new("GET /v1/preference").citizen(CITIZEN),
        Call::new("GET /v1/catalogue").administrator(),
        Call::new("GET /v1/kpi").officer(AGENCY),
        Call::new("GET /v1/reports/{period}").path("period", "never"),
        Call::new("GET /v1/callbacks/esms/{secret}").path("secret", "a-guess"),
    ] {
        let response = call.at_its_function(&world).await;
        assert_eq!(kept(&response), "no-store", "{response:?}");
    }
    let figures = Call::new("GET /v1/kpi")
        .officer(AGENCY)
        .query("period", "2026-11")
        .at_its_function(&world)
        .await;
    assert_eq!((figures.status_code, kept(&figures).as_str()), (200, "private, max-age=300"));
}

#[tokio::test]
async fn what_is_no_request_of_the_gateway_is_a_failure_of_ours_and_never_quoted() {
    let world = World::new().await;
    let log = Log::kept();
    for planted in [
        r#""planted-4711""#,
        r#"{"headers": "planted-4711"}"#,
        r#"["planted-4711"]"#,
        "4711",
        "null",
    ] {
        let payload: Payload = serde_json::from_str(planted).unwrap();
        let handler = |request| {
            submit_dossier::handle(
                request,
                (&world.intake, &world.intake_gate),
                &world.claims,
                &world.catalogue,
                at(NOW),
            )
        };
        let response = http::answer(&payload, handler).await;
        let Some(Body::Text(text)) = &response.body else { panic!("{response:?}") };
        assert_eq!(response.status_code, 500, "{planted}");
        assert!(text.contains("urn:motcua:problem:internal") && !text.contains("4711"), "{text}");
    }
    let errors = log.errors();
    assert_eq!(errors.len(), 5, "each is logged once");
    assert!(!format!("{errors:?}").contains("4711"), "{errors:?}");
}

/// Field and rule of everything that is wrong with an event; nothing where it is taken.
async fn told_of(message: &str) -> Vec<(String, &'static str)> {
    let world = World::new().await;
    let (store, intake) = (&world.dossiers, &world.intake);
    match ingest_event::ingest(message, store, intake, &world.catalogue, at(NOW)).await {
        Ok(()) => Vec::new(),
        Err(platform::Failure::Invalid(found)) => {
            found.into_iter().map(|broken| (broken.field, broken.rule.slug())).collect()
        }
        Err(other) => vec![(String::new(), other.slug())],
    }
}

fn named(expected: &[(&str, &'static str)]) -> Vec<(String, &'static str)> {
    expected.iter().map(|(field, rule)| ((*field).to_owned(), *rule)).collect()
}

#[tokio::test]
async fn an_event_is_answered_with_everything_that_is_wrong_with_its_envelope_and_its_data() {
    let required =
        ["specversion", "id", "source", "type", "time", "data"].map(|field| (field, "required"));
    assert_eq!(told_of("{}").await, named(&required));
    let mut event = submit_event("e1", "2026-11-17T01:00:00Z", Some("H20.03-261117-0001"));
    event["time"] = json!("yesterday");
    event["data"]["channel"] = json!("fax");
    // What a later version may have is no error.
    event["data"]["colour"] = json!("red");
    event["data"]["documentsWithSender"] = json!("perhaps");
    event["data"]["applicant"].as_object_mut().unwrap().remove("fullName");
    event["data"]["code"] = json!(7);
    let mut found = told_of(&event.to_string()).await;
    found.sort();
    let expected = [
        ("data.applicant.fullName", "required"),
        ("data.channel", "known-value"),
        ("data.code", "type"),
        ("data.documentsWithSender", "type"),
        ("time", "format"),
    ];
    assert_eq!(found, named(&expected));
    let mut event = transition_event("e2", "2026-11-17T01:00:00Z", "H20.03-261117-0001", "dance");
    event.as_object_mut().unwrap().remove("subject");
    assert_eq!(
        told_of(&event.to_string()).await,
        named(&[("subject", "required"), ("data.action", "known-value")])
    );
}

#[tokio::test]
async fn a_name_that_stands_twice_in_an_event_is_refused_at_every_depth_as_it_is_in_a_request() {
    let event = submit_event("e1", "2026-11-17T01:00:00Z", None).to_string();
    assert_eq!(told_of(&event).await, []);
    let phone = r#""phone":"0912345678""#;
    for (written, twice, field) in [
        (phone, format!(r#"{phone},"phone":"0987654321""#), "data.applicant.phone"),
        (
            r#""channel":"online""#,
            r#""channel":"online","channel":"counter""#.to_owned(),
            "data.channel",
        ),
        (r#""code":"DDN""#, r#""code":"DDN","code":"MCO""#.to_owned(), "data.documents[0].code"),
        (r#""id":"e1""#, r#""id":"e1","id":"e2""#.to_owned(), "id"),
        (r#""id":"e1""#, r#""id":"e1","extension":[{"a":1,"a":2}]"#.to_owned(), "extension[0].a"),
    ] {
        assert!(event.contains(written), "{written} is not in {event}");
        let event = event.replace(written, &twice);
        assert_eq!(told_of(&event).await, named(&[(field, "duplicate-field")]), "{twice}");
    }
    let body = crate::support::call::submission().to_string();
    let body = body.replace(phone, &format!(r#"{phone},"phone":"0987654321""#));
    let world = World::new().await;
    let answer = Call::submit("k").raw(&body).at_submit(&world.intake, &world, at(NOW)).await;
    assert_eq!((answer.status, answer.broken()), (400, ("applicant.phone", "duplicate-field")));
    let files = r#"{"expectedEdition": 0, "files": {"rules.json": "{}", "rules.json": "[]"}}"#;
    let put = Call::new("PUT /v1/catalogue")
        .administrator()
        .raw(files)
        .at_publish(&world.catalogue_store, at(NOW))
        .await;
    assert_eq!((put.status, put.broken()), (400, ("files.rules.json", "duplicate-field")));
}

#[tokio::test]
async fn an_empty_body_is_answered_with_every_field_that_it_lacks() {
    let world = World::new().await;
    for (call, fields) in [
        (Call::submit("k"), &["procedure", "agency", "channel", "applicant", "documents"][..]),
        (Call::transition("H20.03-261117-0001", "", 1), &["action", "expectedVersion"]),
        (Call::new("PUT /v1/preference").portal(), &["channels", "language", "legalOnly"]),
        (Call::new("PUT /v1/catalogue").administrator(), &["expectedEdition", "files"]),
    ] {
        let answer: Answer = call.raw("{}").at_its_function(&world).await.into();
        let expected: Vec<(&str, &str)> = fields.iter().map(|field| (*field, "required")).collect();
        assert_eq!((answer.status, broken(&answer)), (400, expected), "{}", answer.body);
    }
}

#[tokio::test]
async fn a_field_of_the_wrong_form_hides_no_broken_rule_of_another() {
    let world = World::new().await;
    let mut handed_in = submission();
    handed_in["channel"] = json!(7);
    handed_in["applicant"]["phone"] = json!("1");
    let applicant = json!({ "kind": "citizen", "idNumber": "1" });
    let channels = ["sms", "sms"];
    for (call, body, fields) in [
        (
            Call::submit("k"),
            handed_in,
            &[("channel", "type"), ("applicant.phone", "mobile-phone")][..],
        ),
        (
            Call::transition("H20.03-261117-0001", "", 1),
            json!({ "action": "refuse", "expectedVersion": "one", "toAgency": "H20.12" }),
            &[("expectedVersion", "type"), ("reason", "reason-owed"), ("toAgency", "forward-only")],
        ),
        (
            Call::new("PUT /v1/preference").portal(),
            json!({ "channels": channels, "language": 5, "legalOnly": true, "applicant": applicant }),
            &[
                ("language", "type"),
                ("applicant.idNumber", "citizen-id"),
                ("channels", "duplicate-channel"),
            ],
        ),
    ] {
        let answer: Answer = call.body(&body).at_its_function(&world).await.into();
        assert_eq!((answer.status, broken(&answer)), (400, fields.to_vec()), "{}", answer.body);
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_whose_time_runs_out_is_answered_with_what_to_do_before_its_process_is_ended() {
    let ten = Duration::from_secs(10);
    let answered = async |takes: Duration| {
        let work = async move {
            tokio::time::sleep(takes).await;
            HttpReply::json(200, &json!({}))
        };
        http::serve(Call::submit("k").event(), |_| http::within(ten, work)).await
    };
    assert_eq!(answered(Duration::from_secs(9)).await.status_code, 200);
    for takes in [ten, Duration::from_secs(3_600)] {
        let over = answered(takes).await;
        let retry = over.headers.get("retry-after").unwrap().clone();
        let over = Answer::from(over);
        assert_eq!(
            (over.status, over.problem(), retry.to_str().unwrap()),
            (503, "unavailable", "1")
        );
    }
}
