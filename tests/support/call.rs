//! Calls to the HTTP functions as the gateway makes them, and what integrators send.

use std::future::ready;

use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use aws_lambda_events::encodings::Body;
use domain::calendar::date_of;
use domain::catalogue::Catalogue;
use jiff::Timestamp;
use platform::gateway::report::ZaloSigner;
use platform::http::HttpRequest;
use platform::paying::Till;
use platform::payment_platform::{PaymentPlatform, PaymentSettings};
use record_delivery::Reporters;
use serde_json::{Value, json};
use url::form_urlencoded;

use super::asker::Desk;
use super::desk::receiving;
use super::judge::served;
use super::world::{Kept, NOW, World, at, proof_key, public_url, shipped};

/// The agency of most tests.
pub const AGENCY: &str = "H20.03";
/// A certificate of origin: 4 office hours on-line.
pub const PROCEDURE: &str = "1.000382";
/// The applicant of most tests.
pub const CITIZEN: &str = "087199012345";

/// A good submission.
pub fn submission() -> Value {
    json!({
        "procedure": PROCEDURE,
        "agency": AGENCY,
        "channel": "online",
        "applicant": { "kind": "citizen", "fullName": "Trần Thị Mẫu", "idNumber": CITIZEN, "phone": "0912345678" },
        "documents": documents(PROCEDURE),
    })
}

/// What `procedure` requires, as a portal sends it.
pub fn documents(procedure: &str) -> Value {
    let code = procedure.parse().unwrap();
    let known = shipped().procedure(&code, date_of(at(NOW))).unwrap();
    let required = known.documents.iter().filter(|document| document.required);
    let sent = required.map(|document| {
        json!({
            "code": document.code,
            "name": "don-de-nghi.pdf",
            "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "url": "https://files.example/don-de-nghi.pdf"
        })
    });
    sent.collect()
}

/// A good submission for `procedure`.
pub fn submission_for(procedure: &str) -> Value {
    let mut body = submission();
    body["procedure"] = procedure.into();
    body["documents"] = documents(procedure);
    body
}

/// The payment platform of a deployment that has no account with it.
pub fn nobodys_platform() -> PaymentPlatform {
    let timeout = std::time::Duration::from_secs(1);
    PaymentPlatform::open(PaymentSettings { timeout, account: None }).unwrap()
}

/// The body of a transition with what an officer owes where it ends the work, hands its result over,
/// or confirms a payment: here a result on paper, taken at the counter, and the fee of
/// [`PROCEDURE`].
pub fn with_outcome(mut body: Value) -> Value {
    match body["action"].as_str() {
        Some("finish") => body["result"] = json!({ "kind": "paper" }),
        Some("return-result") => body["handover"] = json!({ "how": "in-person" }),
        Some("confirm-payment") => {
            body["payment"] = json!({ "reference": "BL 0417", "amountVnd": 60_000 });
        }
        _ => {}
    }
    body
}

/// What an answer says.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    pub status: u16,
    pub body: Value,
}

impl Answer {
    /// The last part of the problem type.
    pub fn problem(&self) -> &str {
        self.body["type"].as_str().unwrap_or_default().trim_start_matches("urn:motcua:problem:")
    }

    /// Field and rule of the first broken rule.
    pub fn broken(&self) -> (&str, &str) {
        let first = &self.body["errors"][0];
        (first["field"].as_str().unwrap_or_default(), first["rule"].as_str().unwrap_or_default())
    }

    /// The dossier's code.
    pub fn code(&self) -> String {
        self.body["code"].as_str().unwrap_or_else(|| panic!("no code in {}", self.body)).to_owned()
    }
}

impl From<ApiGatewayV2httpResponse> for Answer {
    fn from(response: ApiGatewayV2httpResponse) -> Self {
        let status = u16::try_from(response.status_code).unwrap();
        let media = response.headers.get("content-type").unwrap().to_str().unwrap();
        let body = match response.body {
            Some(Body::Text(text)) if status == 304 && text.is_empty() => Value::Null,
            Some(Body::Text(text)) if media.contains("json") => {
                serde_json::from_str(&text).unwrap()
            }
            Some(Body::Text(text)) => text.into(),
            other => panic!("the body is not text: {other:?}"),
        };
        assert_eq!(media == "application/problem+json", status >= 400, "{media}");
        assert!(
            media == "application/problem+json"
                || media == "application/json"
                || media.starts_with("text/")
        );
        Self { status, body }
    }
}

/// A call in the making.
#[derive(Clone)]
pub struct Call {
    route: String,
    path: Value,
    query: Vec<(String, String)>,
    headers: Value,
    claims: Option<Value>,
    body: Option<String>,
    id: String,
    source: String,
}

impl Call {
    pub fn new(route: &str) -> Self {
        Self {
            route: route.to_owned(),
            path: json!({}),
            query: Vec::new(),
            headers: json!({ "content-type": "application/json" }),
            claims: None,
            body: None,
            id: format!("request-{}", next_id()),
            source: "127.0.0.1".to_owned(),
        }
    }

    /// `POST /v1/dossiers` by the portal.
    pub fn submit(key: &str) -> Self {
        Self::new("POST /v1/dossiers").portal().header("idempotency-key", key).body(&submission())
    }

    /// `POST /v1/dossiers/{code}/transitions` by an officer of the agency.
    pub fn transition(code: &str, action: &str, expected_version: u64) -> Self {
        let body = json!({
            "action": action, "expectedVersion": expected_version, "reason": "theo quy định",
        });
        let call = Self::new("POST /v1/dossiers/{code}/transitions").code(code).officer(AGENCY);
        call.body(&with_outcome(body))
    }

    /// `POST /v1/dossiers/{code}/assignment` by an officer of the agency, who saw these numbers of
    /// version and assignment.
    pub fn assignment(code: &str, assignee: &str, (version, assignment): (u64, u64)) -> Self {
        Self::new("POST /v1/dossiers/{code}/assignment").code(code).officer(AGENCY).body(&json!({
            "assignee": assignee, "expectedVersion": version, "expectedAssignment": assignment,
        }))
    }

    /// The same, into this step.
    pub fn step(self, step: &str) -> Self {
        let mut body: Value = serde_json::from_str(self.body.as_deref().unwrap()).unwrap();
        body["step"] = step.into();
        self.body(&body)
    }

    pub fn code(mut self, code: &str) -> Self {
        self.path = json!({ "code": code });
        self
    }

    /// The gateway's id of the request.
    pub fn id(mut self, id: &str) -> Self {
        self.id = id.to_owned();
        self
    }

    /// The address that the gateway saw it come from.
    pub fn source(mut self, address: &str) -> Self {
        address.clone_into(&mut self.source);
        self
    }

    pub fn path(mut self, name: &str, value: &str) -> Self {
        self.path[name] = value.into();
        self
    }

    /// Sends the parameter with this value, in place of any sent before.
    pub fn query(mut self, name: &str, value: &str) -> Self {
        self.query.retain(|(sent, _)| sent != name);
        self.also(name, value)
    }

    /// Sends the parameter with this value, after any sent before.
    pub fn also(mut self, name: &str, value: &str) -> Self {
        self.query.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers[name] = value.into();
        self
    }

    pub fn without_header(mut self, name: &str) -> Self {
        self.headers.as_object_mut().unwrap().remove(name);
        self
    }

    pub fn body(mut self, body: &Value) -> Self {
        self.body = Some(body.to_string());
        self
    }

    pub fn raw(mut self, body: &str) -> Self {
        self.body = Some(body.to_owned());
        self
    }

    pub fn claims(mut self, claims: Value) -> Self {
        self.claims = Some(claims);
        self
    }

    pub fn nobody(mut self) -> Self {
        self.claims = None;
        self
    }

    /// Who has proved that the dossier `code` is theirs.
    pub fn proven(self, code: &str) -> Self {
        let until = at(NOW) + jiff::SignedDuration::from_mins(10);
        let token = proof_key().token(&code.parse().unwrap(), until);
        self.nobody().header("authorization", &format!("Bearer {token}"))
    }

    pub fn portal(self) -> Self {
        self.claims(json!({ "sub": "portal", "role": "portal" }))
    }

    pub fn administrator(self) -> Self {
        self.claims(json!({ "sub": "administrator-1", "role": "administrator" }))
    }

    pub fn auditor(self) -> Self {
        self.claims(json!({ "sub": "auditor-1", "role": "auditor" }))
    }

    pub fn officer(self, agency: &str) -> Self {
        self.claims(
            json!({ "sub": format!("officer@{agency}"), "role": "officer", "agency": agency }),
        )
    }

    /// The officer of the agency with this account.
    pub fn account(self, agency: &str, account: &str) -> Self {
        self.claims(json!({ "sub": account, "role": "officer", "agency": agency }))
    }

    /// An officer of the agency who also takes dossiers in.
    pub fn clerk(self, agency: &str) -> Self {
        self.claims(json!({
            "sub": format!("clerk@{agency}"), "role": "officer", "agency": agency, "counter": "true",
        }))
    }

    pub fn citizen(self, id_number: &str) -> Self {
        self.claims(json!({ "sub": "citizen-1", "role": "citizen", "id_number": id_number }))
    }

    /// The payload as the gateway makes it.
    pub fn payload(self) -> Value {
        let (method, path) = self.route.split_once(' ').unwrap();
        let mut context = json!({
            "accountId": "000000000000", "apiId": "api", "domainName": "localhost", "requestId": self.id,
            "routeKey": self.route, "stage": "$default", "time": "", "timeEpoch": 0,
            "http": { "method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": self.source },
        });
        if let Some(claims) = self.claims {
            context["authorizer"] = json!({ "jwt": { "claims": claims, "scopes": null } });
        }
        let mut event = json!({
            "version": "2.0", "routeKey": self.route, "rawPath": path,
            "rawQueryString": form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.query).finish(),
            "headers": self.headers, "pathParameters": self.path,
            "requestContext": context, "body": self.body, "isBase64Encoded": false,
        });
        // As the gateway does: what was sent more than once is joined, and without a query there is
        // no such field.
        for (name, value) in &self.query {
            let joined = match event["queryStringParameters"][name].as_str() {
                Some(before) => format!("{before},{value}"),
                None => value.clone(),
            };
            event["queryStringParameters"][name] = joined.into();
        }
        event
    }

    pub fn event(self) -> ApiGatewayV2httpRequest {
        serde_json::from_value(self.payload()).unwrap()
    }

    /// The answer of `submit-dossier` at `now`.
    pub async fn at_submit(
        self,
        intake: &impl platform::port::Intake,
        world: &World,
        now: Timestamp,
    ) -> Answer {
        let handler = |request| {
            submit_dossier::handle(
                request,
                (intake, &world.intake_gate),
                &world.claims,
                &world.catalogue,
                now,
            )
        };
        served(self.event(), handler).await.into()
    }

    /// The answer of `change-status` at `now`.
    pub async fn at_change(
        self,
        store: &impl platform::port::DossierStore,
        world: &World,
        now: Timestamp,
    ) -> Answer {
        let handler =
            |request| change_status::handle(request, store, &world.claims, &world.catalogue, now);
        served(self.event(), handler).await.into()
    }

    /// The answer of `publish-catalogue` at `now`.
    pub async fn at_publish(
        self,
        catalogue_store: &platform::dynamo::CatalogueStore,
        now: Timestamp,
    ) -> Answer {
        served(self.event(), |request| publish_catalogue::handle(request, catalogue_store, now))
            .await
            .into()
    }

    /// What `read-kpi` answers at `now`, as it is.
    pub async fn at_kpi(self, world: &World, now: Timestamp) -> ApiGatewayV2httpResponse {
        let tables = world.kpi_tables();
        served(self.event(), |request| read_kpi::handle(request, tables, &world.catalogue, now))
            .await
    }

    /// What `read-catalogue` answers at `now`, as it is.
    pub async fn at_catalogue(self, world: &World, now: Timestamp) -> ApiGatewayV2httpResponse {
        let handler = |request| ready(read_catalogue::handle(&request, &world.catalogue, now));
        served(self.event(), handler).await
    }

    /// What `upload-document` answers at `now`, as it is.
    pub async fn at_upload(self, world: &World, now: Timestamp) -> ApiGatewayV2httpResponse {
        let (uploads, bucket) = (&world.uploads, &world.bucket);
        let handler = |request| {
            upload_document::handle(request, (uploads, &world.gate), bucket, &world.catalogue, now)
        };
        served(self.event(), handler).await
    }

    /// The answer of `keep-preference`.
    pub async fn at_preference(self, world: &World) -> Answer {
        served(self.event(), |request| {
            keep_preference::handle(request, &world.contacts, &world.catalogue)
        })
        .await
        .into()
    }

    /// The answer of the function that the route belongs to, at [`NOW`].
    pub async fn at_its_function(self, world: &World) -> ApiGatewayV2httpResponse {
        self.at_its_function_on(world, at(NOW)).await
    }

    /// The same at `now`.
    pub async fn at_its_function_on(
        self,
        world: &World,
        now: Timestamp,
    ) -> ApiGatewayV2httpResponse {
        let (catalogue, event) = (&world.catalogue, self.event());
        let route = event.route_key.clone().unwrap_or_default();
        match route.as_str() {
            route
                if route.contains("/feedback") && !route.ends_with("/erasure")
                    || route.starts_with("POST") && route.ends_with("/satisfaction") =>
            {
                let (office, bucket) = (&world.office, &world.bucket);
                let handler =
                    |request| take_feedback::handle(request, office, bucket, catalogue, now);
                served(event, handler).await
            }
            route if route.contains("/v1/own/") => own(event, world, now).await,
            route if route.contains("/proof") => {
                let (proofs, gate) = (&world.proofs, &world.gate);
                let (queue, key) = (&world.asked, &proof_key());
                let office = prove_owner::Office { proofs, gate, queue, key };
                let handler = |request| prove_owner::handle(request, &office, catalogue, now);
                served(event, handler).await
            }
            "POST /v1/dossiers" => {
                served(event, |request| {
                    submit_dossier::handle(
                        request,
                        (&world.intake, &world.intake_gate),
                        &world.claims,
                        catalogue,
                        now,
                    )
                })
                .await
            }
            "POST /v1/dossiers/{code}/transitions" | "POST /v1/dossiers/{code}/assignment" => {
                served(event, |request| {
                    change_status::handle(request, &world.dossiers, &world.claims, catalogue, now)
                })
                .await
            }
            "POST /v1/dossiers/{code}/erasure" | "POST /v1/feedback/{code}/erasure" => {
                let eraser = &world.claims.keeper;
                served(event, |request| {
                    erase_content::handle(request, &world.erasures, eraser, now)
                })
                .await
            }
            "GET /v1/dossiers/{code}/case"
            | "GET /v1/dossiers/{code}/documents/{id}"
            | "GET /v1/dossiers/{code}/forms/{form}"
            | "GET /v1/dossiers/{code}/reads"
            | "GET /v1/reads"
            | "GET /v1/integrators/{name}/dossiers/{code}/case"
            | "GET /v1/integrators/{name}/dossiers/{code}/documents/{id}" => {
                let (tables, url) = (world.case_tables(), public_url());
                let doors = (&world.bucket, &url, &world.seal_key);
                served(event, |request| read_case::handle(request, &tables, doors, catalogue, now))
                    .await
            }
            "GET /v1/me/dossiers" | "POST /v1/search" => {
                let handler =
                    |request| find_dossier::handle(request, &world.finders, catalogue, now);
                served(event, handler).await
            }
            "POST /v1/documents" | "GET /v1/documents/{id}" => {
                let (uploads, bucket) = (&world.uploads, &world.bucket);
                let handler = |request| {
                    upload_document::handle(request, (uploads, &world.gate), bucket, catalogue, now)
                };
                served(event, handler).await
            }
            route if route.ends_with("/payments") || route.ends_with("/callbacks/payment") => {
                let gateway = &nobodys_platform();
                let (book, store) = (&world.payments, &world.dossiers);
                let till = Till { book, store, gateway, catalogue };
                served(event, |request| take_payment::handle(request, &till, now)).await
            }
            route if route.contains("/v1/dossiers") => {
                let tables = (&world.dossiers, &world.notices, &world.deliveries);
                served(event, |request| {
                    track_dossier::handle(request, tables, &world.gate, catalogue, now)
                })
                .await
            }
            route if route.contains("/v1/callbacks/") => {
                Self::heard(event, &world.notices, world, now).await
            }
            route if route.contains("/events") => {
                let queue = Kept::default();
                let receiving = receiving(world, &queue);
                let handler = |request| receive_event::handle(request, &receiving, catalogue, now);
                served(event, handler).await
            }
            route if route.contains("/v1/preference") => {
                served(event, |request| {
                    keep_preference::handle(request, &world.contacts, &world.catalogue)
                })
                .await
            }
            route if route.contains("/v1/documents") => {
                let (uploads, bucket) = (&world.uploads, &world.bucket);
                let handler = |request| {
                    upload_document::handle(request, (uploads, &world.gate), bucket, catalogue, now)
                };
                served(event, handler).await
            }
            route if route.contains("/v1/procedures") || route.contains("/v1/agencies") => {
                let handler = |request| ready(read_catalogue::handle(&request, catalogue, now));
                served(event, handler).await
            }
            route if route.contains("/tra-cuu") => {
                let storage = "https://documents.example";
                let tables = show_page::Tables {
                    dossiers: &world.dossiers,
                    feedback: &world.office.feedback,
                };
                served(event, |request| {
                    show_page::handle(
                        request,
                        (tables, &world.gate),
                        storage,
                        &world.catalogue,
                        now,
                    )
                })
                .await
            }
            route if route.contains("/v1/catalogue") => {
                served(event, |request| {
                    publish_catalogue::handle(request, &world.catalogue_store, now)
                })
                .await
            }
            _ => {
                let tables = world.kpi_tables();
                served(event, |request| read_kpi::handle(request, tables, catalogue, now)).await
            }
        }
    }

    /// The answer of `record-delivery` at `now`.
    pub async fn at_report(
        self,
        book: &impl platform::port::NoticeBook,
        world: &World,
        now: Timestamp,
    ) -> Answer {
        Self::heard(self.event(), book, world, now).await.into()
    }

    /// What `record-delivery` answers, which has gateways that take everything.
    async fn heard(
        event: ApiGatewayV2httpRequest,
        book: &impl platform::port::NoticeBook,
        world: &World,
        now: Timestamp,
    ) -> ApiGatewayV2httpResponse {
        let (reporters, desk) = (reporters(), Desk::new());
        let answering = desk.over(world, &world.contacts);
        let catalogue = &world.catalogue;
        let handler = |request| {
            record_delivery::handle(request, book, &answering, catalogue, &reporters, now)
        };
        served(event, handler).await
    }

    /// What `read-case` answers at `now`, as it is.
    pub async fn at_case(self, world: &World, now: Timestamp) -> ApiGatewayV2httpResponse {
        self.at_case_by(&world.catalogue, world, now).await
    }

    /// The same under another catalogue.
    pub async fn at_case_by(
        self,
        catalogue: &Catalogue,
        world: &World,
        now: Timestamp,
    ) -> ApiGatewayV2httpResponse {
        let (tables, url) = (world.case_tables(), public_url());
        let doors = (&world.bucket, &url, &world.seal_key);
        let handler = |request| read_case::handle(request, &tables, doors, catalogue, now);
        served(self.event(), handler).await
    }

    /// The answer of `erase-content` at `now`.
    pub async fn at_erasure(self, world: &World, now: Timestamp) -> Answer {
        self.at_erasure_over(&world.erasures, world, now).await
    }

    /// The same over other lines to the tables.
    pub async fn at_erasure_over(
        self,
        tables: &erase_content::Tables,
        world: &World,
        now: Timestamp,
    ) -> Answer {
        let eraser = &world.claims.keeper;
        let handler = |request| erase_content::handle(request, tables, eraser, now);
        served(self.event(), handler).await.into()
    }

    /// The answer of `find-dossier` at `now`.
    pub async fn at_find(self, world: &World, now: Timestamp) -> Answer {
        let handler =
            |request| find_dossier::handle(request, &world.finders, &world.catalogue, now);
        served(self.event(), handler).await.into()
    }

    /// The answer of `track-dossier` at [`NOW`].
    pub async fn at_track(self, world: &World) -> Answer {
        self.at_track_on(world, at(NOW)).await
    }

    /// The answer of `track-dossier` at `now`.
    pub async fn at_track_on(self, world: &World, now: Timestamp) -> Answer {
        let handler = |request| {
            let tables = (&world.dossiers, &world.notices, &world.deliveries);
            track_dossier::handle(request, tables, &world.gate, &world.catalogue, now)
        };
        served(self.event(), handler).await.into()
    }
}

/// The answer at a door of who has proved that a dossier is theirs, as the functions are wired.
async fn own(
    event: ApiGatewayV2httpRequest,
    world: &World,
    now: Timestamp,
) -> ApiGatewayV2httpResponse {
    let (catalogue, key) = (&world.catalogue, proof_key());
    let route = event.route_key.clone().unwrap_or_default();
    let proven = |request: HttpRequest| request.proven(&key, now);
    if route.contains("/uploads") {
        let (uploads, bucket) = (&world.uploads, &world.bucket);
        let handler = async |request| {
            upload_document::handle(
                proven(request)?,
                (uploads, &world.gate),
                bucket,
                catalogue,
                now,
            )
            .await
        };
        served(event, handler).await
    } else if route.contains("/transitions") {
        let handler = async |request| {
            let (store, claims) = (&world.dossiers, &world.claims);
            change_status::handle(proven(request)?, store, claims, catalogue, now).await
        };
        served(event, handler).await
    } else if route.ends_with("/history") || route.ends_with("/deadline") {
        let tables = (&world.dossiers, &world.notices, &world.deliveries);
        let handler = async |request| {
            track_dossier::handle(proven(request)?, tables, &world.gate, catalogue, now).await
        };
        served(event, handler).await
    } else {
        let (tables, url) = (world.case_tables(), public_url());
        let doors = (&world.bucket, &url, &world.seal_key);
        let handler = async |request| {
            read_case::handle(proven(request)?, &tables, doors, catalogue, now).await
        };
        served(event, handler).await
    }
}

/// What the tests' gateways sign and are known by.
pub const ZALO_APP: &str = "1234567890123456789";
pub const ZALO_SECRET: &str = "an account's secret";
pub const ESMS_SECRET: &str = "a-secret-in-an-address";
pub const SMS_SECRET: &str = "another-secret-in-an-address";

/// Who may report in the tests.
pub fn reporters() -> Reporters {
    Reporters {
        zalo: ZaloSigner { app_id: ZALO_APP.to_owned(), oa_secret: ZALO_SECRET.to_owned() },
        esms_secret: ESMS_SECRET.to_owned(),
        sms_secret: SMS_SECRET.to_owned(),
    }
}

/// What Zalo posts about a message that arrived, signed.
pub fn zalo_event(name: &str, message: &str, sent: Timestamp) -> Call {
    let timestamp = sent.as_millisecond().to_string();
    let body = json!({
        "event_name": "user_received_message", "app_id": ZALO_APP, "sender": { "id": "1" }, "recipient": { "id": "2" },
        "message": { "delivery_time": timestamp, "msg_id": message, "tracking_id": name }, "timestamp": timestamp,
    });
    signed(&body.to_string(), &timestamp)
}

/// A post signed as Zalo signs.
pub fn signed(body: &str, timestamp: &str) -> Call {
    use sha2::Digest;
    let digest = sha2::Sha256::digest(format!("{ZALO_APP}{body}{timestamp}{ZALO_SECRET}"));
    let mac = format!("mac={}", platform::wire::hex(digest));
    Call::new("POST /v1/callbacks/zalo").header("x-zevent-signature", &mac).raw(body)
}

/// What eSMS asks for about a message.
pub fn esms_event(name: &str, message: &str, status: &str, sent: &str) -> Call {
    let call = Call::new("GET /v1/callbacks/esms/{secret}").path("secret", ESMS_SECRET);
    let failed = if sent == "1" { "0" } else { "1" };
    [
        ("SMSID", message),
        ("RequestId", name),
        ("SendStatus", status),
        ("SendSuccess", sent),
        ("SendFailed", failed),
    ]
    .into_iter()
    .fold(call.query("TotalPrice", "850.0000"), |call, (name, value)| call.query(name, value))
}

/// Takes Zalo's report in, as of `now`.
pub async fn zalo_report(world: &World, name: &str, message: &str, now: &str) -> Answer {
    zalo_event(name, message, at(now)).at_report(&world.notices, world, at(now)).await
}

fn next_id() -> u64 {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// The integrator of the agency.
pub const SOURCE: &str = "urn:motcua:integrator:ecosys";

/// The principal of AWS that sends for it.
pub const SENDER: &str = "AIDAECOSYSORIGINS001X";

/// An integrator's submission of what happened at `time`.
pub fn submit_event(id: &str, time: &str, code: Option<&str>) -> Value {
    let mut data = submission();
    if let Some(code) = code {
        data["code"] = code.into();
    }
    json!({
        "specversion": "1.0", "id": id, "source": SOURCE, "type": platform::message::SUBMIT, "time": time,
        "datacontenttype": "application/json", "data": data,
    })
}

/// An integrator's transition of what happened at `time`.
pub fn transition_event(id: &str, time: &str, code: &str, action: &str) -> Value {
    json!({
        "specversion": "1.0", "id": id, "source": SOURCE, "type": platform::message::TRANSITION, "subject": code,
        "time": time, "data": { "action": action, "reason": "theo quy định" },
    })
}
