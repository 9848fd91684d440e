//! Each file under `events/` is a real payload of its function's trigger, and gets the answer that
//! its name says.

mod events;

use std::collections::{BTreeSet, HashMap};
use std::future::ready;

use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use domain::signature::{SignatureVerdict, TimeBasis, VerifiedSignature};
use domain::upload::{Declared, DocumentType, Upload, UploadId, UploadState};
use jiff::Timestamp;
use platform::paying::Till;
use platform::port::{Stored, Uploads};
use serde::de::DeserializeOwned;

use super::*;
use crate::support::asker::Desk;
use crate::support::call::{Answer, nobodys_platform, reporters};
use crate::support::desk::receiving;
use crate::support::judge::served;
use crate::support::world::{Kept, World, at, proof_key, public_url};

/// What each HTTP example is answered: the status, and the problem or the broken field with its
/// rule.
const ANSWERS: [(&str, u16, &str); 179] = [
    ("receive-event.submit", 202, ""),
    ("receive-event.transition", 202, ""),
    ("receive-event.unsigned", 401, "unauthorized"),
    ("receive-event.forged", 401, "unauthorized"),
    ("receive-event.another-secret", 401, "unauthorized"),
    ("receive-event.too-late", 401, "unauthorized"),
    ("receive-event.broken", 400, "subject required"),
    ("receive-event.other-id", 400, "webhook-id same-id"),
    ("receive-event.show", 200, ""),
    ("receive-event.show-unknown", 404, "event-not-found"),
    ("receive-event.show-without-source", 400, "source required"),
    ("receive-event.operator", 200, ""),
    ("receive-event.by-officer", 403, "forbidden"),
    ("submit-dossier.citizen", 201, ""),
    ("submit-dossier.upload", 201, ""),
    ("submit-dossier.form", 201, ""),
    ("submit-dossier.broken-form", 400, "form.child.birthDate date"),
    ("submit-dossier.counter", 201, ""),
    ("submit-dossier.counter-by-officer", 201, ""),
    ("submit-dossier.no-phone", 201, ""),
    ("submit-dossier.by-desk-officer", 403, "forbidden"),
    ("submit-dossier.business", 201, ""),
    ("submit-dossier.postal", 201, ""),
    ("submit-dossier.result-by-post", 201, ""),
    ("submit-dossier.broken-address", 400, "resultTo.province format"),
    ("submit-dossier.bad-phone", 400, "applicant.phone mobile-phone"),
    ("submit-dossier.bad-id-number", 400, "applicant.idNumber business-id"),
    ("submit-dossier.unknown-field", 400, "applicant.dateOfBirth unknown-field"),
    ("submit-dossier.wrong-type", 400, "documents type"),
    ("submit-dossier.not-json", 400, "malformed-body"),
    ("submit-dossier.not-declared-json", 415, "unsupported-media-type"),
    ("submit-dossier.no-key", 400, "missing-idempotency-key"),
    ("submit-dossier.unknown-procedure", 400, "procedure known-procedure"),
    ("submit-dossier.dissolved-agency", 400, "agency agency-in-force"),
    ("submit-dossier.another-person", 403, "forbidden"),
    ("submit-dossier.no-claims", 401, "unauthorized"),
    ("change-status.receive", 200, ""),
    ("change-status.refuse", 200, ""),
    ("change-status.request-supplement", 200, ""),
    ("change-status.supplement-by-citizen", 200, ""),
    ("change-status.correct", 200, ""),
    ("change-status.correct-nothing", 400, "applicant correction-owed"),
    ("change-status.apologise", 200, ""),
    ("change-status.apologise-without-date", 400, "newDueOn new-date-owed"),
    ("change-status.date-without-apology", 400, "newDueOn apology-only"),
    ("change-status.forward", 200, ""),
    ("change-status.hand-back", 200, ""),
    ("change-status.forward-to-nobody", 400, "toAgency agency-owed"),
    ("change-status.forward-to-dissolved-agency", 400, "toAgency agency-in-force"),
    ("change-status.agency-without-forward", 400, "toAgency forward-only"),
    ("change-status.finish", 200, ""),
    ("change-status.finish-signed", 200, ""),
    ("change-status.finish-without-result", 400, "result result-owed"),
    ("change-status.return-result", 200, ""),
    ("change-status.handover-without-return", 400, "handover return-only"),
    ("change-status.illegal", 422, "illegal-transition"),
    ("change-status.stale", 409, "stale-version"),
    ("change-status.other-agency", 403, "forbidden"),
    ("change-status.no-reason", 400, "reason reason-owed"),
    ("change-status.unknown-action", 400, "action known-value"),
    ("change-status.no-version", 400, "expectedVersion required"),
    ("change-status.no-claims", 401, "unauthorized"),
    ("change-status.assign", 200, ""),
    ("change-status.assign-by-stranger", 403, "forbidden"),
    ("change-status.assign-stale", 409, "stale-assignment"),
    ("erase-content.order", 200, ""),
    ("erase-content.open-dossier", 400, "code ended-dossier"),
    ("erase-content.unknown-feedback", 404, "feedback-not-found"),
    ("erase-content.by-officer", 403, "forbidden"),
    ("erase-content.no-number", 400, "number required"),
    ("take-feedback.web", 201, ""),
    ("take-feedback.without-name", 400, "author required"),
    ("take-feedback.hotline", 201, ""),
    ("take-feedback.hotline-by-another-agency", 403, "forbidden"),
    ("take-feedback.published", 200, ""),
    ("take-feedback.worklist", 200, ""),
    ("take-feedback.unknown", 404, "feedback-not-found"),
    ("take-feedback.no-feedback", 400, "code dossier-code"),
    ("take-feedback.satisfaction-too-early", 400, "satisfaction after-result"),
    ("take-feedback.satisfaction-by-another-citizen", 404, "dossier-not-found"),
    ("take-payment.payments", 200, ""),
    ("take-payment.nothing-owed", 400, "code nothing-owed"),
    ("take-payment.by-another-citizen", 404, "dossier-not-found"),
    ("take-payment.forged-return", 401, "unauthorized"),
    ("track-dossier.public", 200, ""),
    ("track-dossier.bad-code", 400, "code dossier-code"),
    ("track-dossier.history", 200, ""),
    ("track-dossier.history-by-citizen", 200, ""),
    ("track-dossier.deadline", 200, ""),
    ("track-dossier.deadline-by-citizen", 200, ""),
    ("track-dossier.worklist", 200, ""),
    ("track-dossier.worklist-of-mine", 200, ""),
    ("track-dossier.notices", 200, ""),
    ("track-dossier.notices-by-citizen", 403, "forbidden"),
    ("track-dossier.deliveries", 200, ""),
    ("track-dossier.deliveries-by-citizen", 403, "forbidden"),
    ("record-delivery.zalo-delivered", 200, ""),
    ("record-delivery.zalo-follow", 200, ""),
    ("record-delivery.zalo-replayed", 200, ""),
    ("record-delivery.zalo-forged", 401, "unauthorized"),
    ("record-delivery.zalo-unsigned", 401, "unauthorized"),
    ("record-delivery.esms-delivered", 200, ""),
    ("record-delivery.esms-wild-price", 200, ""),
    ("record-delivery.esms-failed", 200, ""),
    ("record-delivery.esms-pending", 200, ""),
    ("record-delivery.esms-wrong-secret", 404, "route-not-found"),
    ("record-delivery.sms-asked", 200, ""),
    ("record-delivery.sms-without-text", 400, "text required"),
    ("record-delivery.sms-wrong-secret", 404, "route-not-found"),
    ("record-delivery.zalo-asked", 200, ""),
    ("track-dossier.worklist-bad-query", 400, "status national-status"),
    ("keep-preference.sms-alone", 200, ""),
    ("keep-preference.by-portal", 200, ""),
    ("keep-preference.show", 200, ""),
    ("keep-preference.portal-names-nobody", 400, "applicant required"),
    ("keep-preference.channel-twice", 400, "channels duplicate-channel"),
    ("keep-preference.another-person", 403, "forbidden"),
    ("keep-preference.by-officer", 403, "forbidden"),
    ("read-kpi.month", 200, ""),
    ("read-kpi.by-citizen", 403, "forbidden"),
    ("read-kpi.another-agencys-officers", 403, "forbidden"),
    ("read-kpi.live", 200, ""),
    ("read-kpi.index", 200, ""),
    ("read-kpi.index-unknown-parameter", 400, "by unknown-field"),
    ("read-kpi.satisfaction", 200, ""),
    ("read-kpi.satisfaction-of-a-day", 400, "period whole-months"),
    ("read-kpi.national", 200, ""),
    ("read-kpi.national-bad-format", 400, "format known-value"),
    ("read-kpi.report", 200, ""),
    ("read-kpi.reports", 200, ""),
    ("read-kpi.report-bad-period", 400, "period period"),
    ("read-case.case", 200, ""),
    ("read-case.case-by-citizen", 200, ""),
    ("read-case.case-by-stranger", 404, "dossier-not-found"),
    ("read-case.document", 200, ""),
    ("read-case.result", 200, ""),
    ("read-case.document-unknown", 404, "document-not-found"),
    ("read-case.form", 200, ""),
    ("read-case.form-without-occasion", 404, "form-not-found"),
    ("read-case.reads", 200, ""),
    ("read-case.reads-by-auditor", 200, ""),
    ("read-case.reads-of-an-officer", 200, ""),
    ("read-case.reads-by-officer", 403, "forbidden"),
    ("find-dossier.own", 200, ""),
    ("find-dossier.own-by-officer", 403, "forbidden"),
    ("find-dossier.search", 200, ""),
    ("find-dossier.search-by-phone", 200, ""),
    ("find-dossier.search-without-number", 400, "applicant one-person"),
    ("find-dossier.search-by-citizen", 403, "forbidden"),
    ("upload-document.ask", 201, ""),
    ("upload-document.ask-too-large", 400, "bytes range"),
    ("upload-document.ask-a-page", 400, "mediaType known-value"),
    ("upload-document.by-auditor", 403, "forbidden"),
    ("upload-document.show-unknown", 404, "document-not-found"),
    ("upload-document.show-bad-id", 400, "id document-id"),
    ("read-catalogue.procedures", 200, ""),
    ("read-catalogue.procedures-bad-level", 400, "level known-value"),
    ("read-catalogue.procedure", 200, ""),
    ("read-catalogue.procedure-bad-code", 400, "code procedure-code"),
    ("read-catalogue.procedure-unknown", 404, "procedure-not-found"),
    ("read-catalogue.agencies", 200, ""),
    ("read-catalogue.agencies-bad-day", 400, "day date"),
    ("prove-owner.ask", 202, ""),
    ("prove-owner.confirm-wrong", 401, "proof-refused"),
    ("prove-owner.confirm-no-digits", 400, "digits known-value"),
    ("track-dossier.own-without-token", 401, "unauthorized"),
    ("read-case.own-forged", 401, "unauthorized"),
    ("show-page.found", 200, ""),
    ("show-page.file", 200, ""),
    ("show-page.file-unknown", 400, "file known-value"),
    ("publish-catalogue.longer-quiet-hours", 200, ""),
    ("publish-catalogue.dry-run", 200, ""),
    ("publish-catalogue.bad-hour", 422, "catalogue-refused"),
    ("publish-catalogue.unknown-file", 422, "catalogue-refused"),
    ("publish-catalogue.stale", 409, "stale-edition"),
    ("publish-catalogue.no-edition", 400, "expectedEdition required"),
    ("publish-catalogue.by-officer", 403, "forbidden"),
    ("publish-catalogue.show", 200, ""),
    ("publish-catalogue.show-unknown-edition", 400, "edition known-edition"),
];

/// Rules and problems that a schema of the body cannot know.
const BEYOND_THE_SCHEMA: [&str; 12] = [
    "satisfaction after-result",
    "author required",
    "subject required",
    "webhook-id same-id",
    "code ended-dossier",
    "form.child.birthDate date",
    "procedure known-procedure",
    "agency agency-in-force",
    "toAgency agency-in-force",
    "applicant required",
    "bytes range",
    "missing-idempotency-key",
];

/// Examples that need a dossier which has been received.
const OF_A_RECEIVED_DOSSIER: [&str; 10] = [
    "change-status.apologise",
    "change-status.finish",
    "change-status.finish-signed",
    "change-status.finish-without-result",
    "change-status.return-result",
    "change-status.forward",
    "change-status.forward-to-dissolved-agency",
    "change-status.hand-back",
    "read-case.form",
    "read-case.result",
];

/// What becomes of each record of each example for `ingest-event`: the reason of the failure, or
/// nothing.
const INGESTED: [(&str, &[&str]); 14] = [
    ("ingest-event.submit", &[""]),
    ("ingest-event.submit-without-code", &[""]),
    ("ingest-event.national", &[""]),
    ("ingest-event.feedback", &[""]),
    ("ingest-event.transition", &[""]),
    ("ingest-event.refuse", &[""]),
    ("ingest-event.forward", &["", ""]),
    ("ingest-event.not-json", &["malformed-body"]),
    ("ingest-event.bad-phone", &["invalid-request"]),
    ("ingest-event.unknown-type", &["invalid-request"]),
    ("ingest-event.unknown-source", &["invalid-request"]),
    ("ingest-event.other-agency", &["forbidden"]),
    ("ingest-event.other-sender", &["sender-not-proven"]),
    ("ingest-event.mixed-batch", &["", "malformed-body", ""]),
];

/// The dossier of the examples: handed in by its applicant, then received.
const CODE: &str = "H20.101-261116-0001";

fn event<T: DeserializeOwned>(name: &str) -> T {
    serde_json::from_str(&file(&format!("events/{name}.json")))
        .unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn raw(name: &str) -> Value {
    event(name)
}

/// The files of payloads; what integrators send is in a folder of its own, without envelopes.
fn payloads() -> BTreeSet<String> {
    let mut names = names_in("events");
    assert!(names.remove("integrators"));
    names
}

/// Names of a function's examples.
fn examples_of(function: &str) -> BTreeSet<String> {
    let names = payloads().into_iter();
    let names = names.map(|name| {
        name.strip_suffix(".json").unwrap_or_else(|| panic!("{name} is no JSON file")).to_owned()
    });
    names.filter(|name| name.split('.').next() == Some(function)).collect()
}

async fn answered(world: &World, name: &str) -> Answer {
    let request: ApiGatewayV2httpRequest = event(name);
    let now = Timestamp::from_millisecond(request.request_context.time_epoch).unwrap();
    let answer = match name.split('.').next().unwrap() {
        "submit-dossier" => {
            served(request, |request| {
                submit_dossier::handle(
                    request,
                    (&world.intake, &world.intake_gate),
                    &world.claims,
                    &world.catalogue,
                    now,
                )
            })
            .await
        }
        "change-status" => {
            served(request, |request| {
                change_status::handle(
                    request,
                    &world.dossiers,
                    &world.claims,
                    &world.catalogue,
                    now,
                )
            })
            .await
        }
        "keep-preference" => {
            served(request, |request| {
                keep_preference::handle(request, &world.contacts, &world.catalogue)
            })
            .await
        }
        "read-kpi" => {
            let tables = world.kpi_tables();
            served(request, |request| read_kpi::handle(request, tables, &world.catalogue, now))
                .await
        }
        "read-case" => {
            let (tables, key, url) = (world.case_tables(), proof_key(), public_url());
            let doors = (&world.bucket, &url, &world.seal_key);
            served(request, async |request| {
                let request = request.proven(&key, now)?;
                read_case::handle(request, &tables, doors, &world.catalogue, now).await
            })
            .await
        }
        "upload-document" => {
            let (uploads, bucket) = (&world.uploads, &world.bucket);
            served(request, |request| {
                upload_document::handle(
                    request,
                    (uploads, &world.gate),
                    bucket,
                    &world.catalogue,
                    now,
                )
            })
            .await
        }
        "erase-content" => {
            served(request, |request| {
                erase_content::handle(request, &world.erasures, &world.claims.keeper, now)
            })
            .await
        }
        "find-dossier" => {
            served(request, |request| {
                find_dossier::handle(request, &world.finders, &world.catalogue, now)
            })
            .await
        }
        "read-catalogue" => {
            let handler = |request| ready(read_catalogue::handle(&request, &world.catalogue, now));
            served(request, handler).await
        }
        "prove-owner" => {
            let (proofs, gate) = (&world.proofs, &world.gate);
            let (queue, key) = (&world.asked, &proof_key());
            let office = prove_owner::Office { proofs, gate, queue, key };
            let handler = |request| prove_owner::handle(request, &office, &world.catalogue, now);
            served(request, handler).await
        }
        "show-page" => {
            let storage = "https://documents.example";
            let tables =
                show_page::Tables { dossiers: &world.dossiers, feedback: &world.office.feedback };
            served(request, |request| {
                show_page::handle(request, (tables, &world.gate), storage, &world.catalogue, now)
            })
            .await
        }
        "publish-catalogue" => {
            served(request, |request| {
                publish_catalogue::handle(request, &world.catalogue_store, now)
            })
            .await
        }
        "record-delivery" => {
            let (reporters, desk) = (reporters(), Desk::new());
            let answering = desk.over(world, &world.contacts);
            let (book, catalogue) = (&world.notices, &world.catalogue);
            let handler = |request| {
                record_delivery::handle(request, book, &answering, catalogue, &reporters, now)
            };
            served(request, handler).await
        }
        "receive-event" => {
            let queue = Kept::default();
            let receiving = receiving(world, &queue);
            let handler =
                |request| receive_event::handle(request, &receiving, &world.catalogue, now);
            served(request, handler).await
        }
        "take-feedback" => {
            let (office, bucket) = (&world.office, &world.bucket);
            served(request, |request| {
                take_feedback::handle(request, office, bucket, &world.catalogue, now)
            })
            .await
        }
        "take-payment" => {
            let gateway = &nobodys_platform();
            let till = Till {
                book: &world.payments,
                store: &world.dossiers,
                gateway,
                catalogue: &world.catalogue,
            };
            served(request, |request| take_payment::handle(request, &till, now)).await
        }
        "track-dossier" => {
            let (tables, key) = ((&world.dossiers, &world.notices, &world.deliveries), proof_key());
            served(request, async |request| {
                let request = request.proven(&key, now)?;
                track_dossier::handle(request, tables, &world.gate, &world.catalogue, now).await
            })
            .await
        }
        other => panic!("{other} has no HTTP door"),
    };
    answer.into()
}

#[test]
fn each_function_has_examples_and_each_example_has_a_function() {
    let functions = names_in("functions");
    let of = |name: &String| name.split('.').next().unwrap().to_owned();
    assert_eq!(payloads().iter().map(of).collect::<BTreeSet<_>>(), functions);
    let by_http = [
        "submit-dossier",
        "change-status",
        "track-dossier",
        "record-delivery",
        "publish-catalogue",
        "keep-preference",
        "read-kpi",
        "read-case",
        "find-dossier",
        "read-catalogue",
        "prove-owner",
        "show-page",
        "upload-document",
        "erase-content",
        "receive-event",
        "take-feedback",
        "take-payment",
    ];
    let http: BTreeSet<String> = by_http.into_iter().flat_map(examples_of).collect();
    assert_eq!(http, ANSWERS.iter().map(|(name, _, _)| (*name).to_owned()).collect());
    assert_eq!(
        examples_of("ingest-event"),
        INGESTED.iter().map(|(name, _)| (*name).to_owned()).collect()
    );
}

#[test]
fn each_http_example_comes_by_a_deployed_route_of_its_function() {
    let template = Template::read();
    let routes: HashMap<&str, (&str, bool)> = template
        .routes()
        .into_iter()
        .map(|(route, function, secured)| (route, (template.function(function).name, secured)))
        .collect();
    for (name, _, _) in ANSWERS {
        let example = raw(name);
        let route = example["routeKey"].as_str().unwrap();
        let (function, secured) = routes.get(route).unwrap_or_else(|| panic!("{name}: {route}"));
        assert!(name.starts_with(&format!("{function}.")), "{name} comes by a route of {function}");
        let part = |name: &str| example["pathParameters"][name].as_str().unwrap_or_default();
        assert_eq!(
            example["rawPath"].as_str().unwrap(),
            route
                .split_once(' ')
                .unwrap()
                .1
                .replace("{code}", part("code"))
                .replace("{id}", part("id"))
                .replace("{form}", part("form"))
                .replace("{name}", part("name"))
                .replace("{secret}", part("secret"))
                .replace("{period}", part("period"))
                .replace("{file}", part("file")),
            "{name}"
        );
        let context = &example["requestContext"];
        assert_eq!(
            (&context["routeKey"], &context["http"]["path"]),
            (&example["routeKey"], &example["rawPath"]),
            "{name}"
        );
        let claims = context["authorizer"]["jwt"]["claims"].is_object();
        assert_eq!(claims, *secured && !name.ends_with("no-claims"), "{name}");
    }
}

/// The documents of the examples, uploaded and usable: the citizen's, and the officer's signed
/// result.
async fn uploaded(world: &World) {
    let body =
        |name: &str| serde_json::from_str::<Value>(raw(name)["body"].as_str().unwrap()).unwrap();
    let now = at("2026-11-16T01:10:00Z");
    let signed = SignatureVerdict::Verified(VerifiedSignature {
        signed_at: now,
        time_basis: TimeBasis::SignersClaim,
        organisation: Some("Ủy ban nhân dân phường Mỹ Ngãi".to_owned()),
        issuer: Some("CA of the examples".to_owned()),
        serial: "2a01".to_owned(),
    });
    let handed_in = body("submit-dossier.upload")["documents"][0].take();
    let result = body("change-status.finish-signed")["result"].take();
    for (named, owner, signature) in [
        (handed_in, "citizen#citizen-5b0c7d1e94aa", None),
        (result, "officer#officer-f1f5b576685a", Some(signed)),
    ] {
        let declared = Declared {
            media_type: DocumentType::Pdf,
            bytes: 204_800,
            sha256: named["sha256"].as_str().unwrap().to_owned(),
        };
        let id: UploadId = named["upload"].as_str().unwrap().parse().unwrap();
        let upload = Upload::asked(id.clone(), owner.to_owned(), declared, now);
        world.uploads.open(&upload).await.unwrap();
        let object_version = "1".to_owned();
        let usable = UploadState::Usable { object_version, inspected_at: now, signature };
        assert_eq!(world.uploads.conclude(&id, &usable).await.unwrap(), Stored::Yes);
    }
}

#[tokio::test]
async fn each_http_example_gets_the_answer_that_its_name_says_in_the_documented_form() {
    let documents = Documents::read();
    for (name, status, says) in ANSWERS {
        let world = World::new().await;
        uploaded(&world).await;
        let first = match name {
            "read-case.document" => "submit-dossier.upload",
            _ => "submit-dossier.citizen",
        };
        if !name.starts_with("submit-dossier") {
            assert_eq!(answered(&world, first).await.code(), CODE);
        }
        if name == "change-status.supplement-by-citizen" {
            let asked = answered(&world, "change-status.request-supplement").await;
            assert_eq!(asked.status, 200, "{}", asked.body);
        }
        if OF_A_RECEIVED_DOSSIER.contains(&name) {
            let received =
                crate::support::call::Call::transition(CODE, "receive", 1).officer("H20.101");
            assert_eq!(
                received
                    .at_change(&world.dossiers, &world, at("2026-11-16T01:20:00Z"))
                    .await
                    .status,
                200
            );
        }
        if ["receive-event.show", "receive-event.operator"].contains(&name) {
            assert_eq!(answered(&world, "receive-event.submit").await.status, 202);
        }
        if name == "erase-content.order" {
            let refused = answered(&world, "change-status.refuse").await;
            assert_eq!(refused.status, 200, "{}", refused.body);
        }
        if name == "read-case.result" {
            assert_eq!(answered(&world, "change-status.finish-signed").await.status, 200);
        }
        if name == "change-status.return-result" {
            assert_eq!(answered(&world, "change-status.finish").await.status, 200);
        }
        if name == "change-status.hand-back" {
            assert_eq!(answered(&world, "change-status.forward").await.status, 200);
        }
        let answer = answered(&world, name).await;
        let said = match answer.problem() {
            "invalid-request" => format!("{} {}", answer.broken().0, answer.broken().1),
            problem => problem.to_owned(),
        };
        assert_eq!((answer.status, said.as_str()), (status, says), "{name}: {}", answer.body);

        let example = raw(name);
        let (method, path) = example["routeKey"].as_str().unwrap().split_once(' ').unwrap();
        let operation = &documents.openapi["paths"][path][method.to_lowercase()];
        let response =
            documents.follow(&documents.openapi, &operation["responses"][status.to_string()]);
        let media = match &answer.body {
            Value::String(_) => "text/html; charset=utf-8",
            _ if status < 400 => "application/json",
            _ => "application/problem+json",
        };
        let schema = documents.validator(&response["content"][media]["schema"]);
        assert_eq!(fits(&schema, &answer.body), Ok(()), "{name}: {}", answer.body);
        if let Some(Ok(sent)) = example["body"].as_str().map(serde_json::from_str::<Value>) {
            let body = documents.follow(&documents.openapi, &operation["requestBody"]);
            let fitting =
                fits(&documents.validator(&body["content"]["application/json"]["schema"]), &sent);
            assert_eq!(
                fitting.is_ok(),
                status != 400 || BEYOND_THE_SCHEMA.contains(&says),
                "{name}: {fitting:?}"
            );
        }
    }
}

#[test]
fn the_people_of_the_examples_are_invented() {
    let plain = names_in("events/integrators").into_iter();
    let plain = plain.map(|name| format!("integrators/{name}"));
    for name in payloads().into_iter().chain(plain) {
        let text = file(&format!("events/{name}"));
        assert!(text.len() < 8 * 1024, "{name} is too long to be read");
        for host in
            text.split("https://").skip(1).map(|rest| rest.split(['/', '"', '\\']).next().unwrap())
        {
            assert!(host.ends_with(".example.vn"), "{name} points at {host}");
        }
    }
}
