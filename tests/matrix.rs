//! Who gets what at which door: every route of the document, asked by everybody whom we know, with
//! the claims that the authorizer passes on. `journey::matrix` asks the same through the gateway.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU32, Ordering};

use domain::upload::UploadState;
use futures::{StreamExt, stream};
use platform::port::Uploads;
use serde_json::{Value, json};

use crate::support::call::{
    AGENCY, Answer, CITIZEN, Call, ESMS_SECRET, PROCEDURE, SMS_SECRET, submission,
};
use crate::support::log::Log;
use crate::support::policy::keeps_a_browser_in_its_bounds;
use crate::support::template::yaml;
use crate::support::world::{NOW, World, at};

/// The agency that has the dossier now, forwarded by its owner.
const HANDLER: &str = "H20.12";
/// The agency that had it before, and handed it back.
const FORMER: &str = "H20.05";
/// An agency that has nothing to do with it.
const STRANGER: &str = "H20.09";
/// Another citizen than the owner of the dossier.
const NEIGHBOUR: &str = "087199000001";

/// Everybody, in the order of the columns.
pub const ACTORS: [&str; 12] = [
    "nobody",
    "owner",
    "neighbour",
    "clerk",
    "officer",
    "stranger",
    "handler",
    "former",
    "portal",
    "administrator",
    "auditor",
    "integrator",
];

/// The status of the answer to each of [`ACTORS`]. Of a move, 409 says that the caller might make
/// it: the request names an old version, so that nothing moves.
#[rustfmt::skip]
pub const MATRIX: [(&str, [u16; 12]); 69] = [
    //                                        none own  neig clrk offi strn hand form ptal adm  audi inte
    ("POST /v1/dossiers",                    [401, 201, 403, 201, 403, 403, 403, 403, 201, 403, 403, 403]),
    ("POST /v1/dossiers/{code}/transitions", [401, 403, 403, 409, 409, 403, 409, 409, 403, 403, 403, 403]),
    ("POST /v1/dossiers/{code}/assignment",  [401, 403, 403, 409, 409, 403, 409, 409, 403, 403, 403, 403]),
    ("GET /v1/dossiers",                     [401, 403, 403, 200, 200, 200, 200, 200, 403, 403, 403, 403]),
    ("GET /v1/dossiers/{code}",              [200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200]),
    ("GET /v1/dossiers/{code}/history",      [401, 200, 403, 200, 200, 403, 200, 200, 200, 403, 403, 403]),
    ("GET /v1/dossiers/{code}/deadline",     [401, 200, 403, 200, 200, 403, 200, 200, 200, 403, 403, 403]),
    ("GET /v1/dossiers/{code}/notices",      [401, 403, 403, 200, 200, 403, 200, 200, 403, 403, 403, 403]),
    ("GET /v1/dossiers/{code}/deliveries",   [401, 403, 403, 200, 200, 403, 200, 200, 403, 403, 403, 403]),
    ("POST /v1/dossiers/{code}/payments",    [401, 400, 404, 400, 400, 404, 400, 404, 400, 403, 403, 403]),
    ("GET /v1/dossiers/{code}/payments",     [401, 200, 404, 200, 200, 404, 200, 404, 200, 403, 403, 403]),
    ("GET /v1/dossiers/{code}/case",         [401, 200, 404, 200, 200, 404, 200, 200, 200, 403, 403, 403]),
    ("GET /v1/dossiers/{code}/documents/{id}", [401, 200, 404, 200, 200, 404, 200, 200, 200, 403, 403, 403]),
    // Of the receipt; a former handler knows that there is the dossier, and prints nothing of it.
    ("GET /v1/dossiers/{code}/forms/{form}", [401, 200, 404, 200, 200, 404, 200, 403, 200, 403, 403, 403]),
    ("GET /v1/dossiers/{code}/reads",        [401, 200, 404, 404, 404, 404, 404, 404, 200, 403, 200, 403]),
    // Of a dossier that has not ended: only who may order it is told so.
    ("POST /v1/dossiers/{code}/erasure",     [401, 403, 403, 403, 403, 403, 403, 403, 403, 400, 403, 403]),
    ("GET /v1/reads",                        [401, 403, 403, 403, 403, 403, 403, 403, 403, 403, 200, 403]),
    ("GET /v1/me/dossiers",                  [401, 200, 200, 403, 403, 403, 403, 403, 403, 403, 403, 403]),
    ("POST /v1/search",                      [401, 403, 403, 200, 200, 200, 200, 200, 403, 403, 403, 403]),
    ("POST /v1/documents",                   [401, 201, 201, 201, 201, 201, 201, 201, 201, 403, 403, 403]),
    // Of an upload that the owner of the dossier asked for.
    ("GET /v1/documents/{id}",               [401, 200, 404, 404, 404, 404, 404, 404, 404, 403, 403, 403]),
    // The integrators' own doors: no token counts there, only a signature.
    ("POST /v1/events",                      [401, 401, 401, 401, 401, 401, 401, 401, 401, 401, 401, 401]),
    ("GET /v1/events/{id}",                  [401, 401, 401, 401, 401, 401, 401, 401, 401, 401, 401, 401]),
    ("GET /v1/integrators/{name}/dossiers/{code}/case", [401, 401, 401, 401, 401, 401, 401, 401, 401, 401, 401, 401]),
    ("GET /v1/integrators/{name}/dossiers/{code}/documents/{id}", [401, 401, 401, 401, 401, 401, 401, 401, 401, 401, 401, 401]),
    ("GET /v1/integrators/{name}/events/{id}", [401, 403, 403, 403, 403, 403, 403, 403, 403, 404, 403, 403]),
    // The message gateways' own doors: no token counts there, only a signature or a secret.
    ("POST /v1/callbacks/zalo",              [401, 401, 401, 401, 401, 401, 401, 401, 401, 401, 401, 401]),
    ("GET /v1/callbacks/esms/{secret}",      [404, 404, 404, 404, 404, 404, 404, 404, 404, 404, 404, 404]),
    ("POST /v1/callbacks/sms/{secret}",      [404, 404, 404, 404, 404, 404, 404, 404, 404, 404, 404, 404]),
    ("GET /v1/callbacks/payment",            [401, 401, 401, 401, 401, 401, 401, 401, 401, 401, 401, 401]),
    ("GET /v1/kpi",                          [401, 403, 403, 200, 200, 200, 200, 200, 200, 403, 403, 403]),
    ("GET /v1/kpi/live",                     [401, 403, 403, 200, 200, 200, 200, 200, 200, 403, 403, 403]),
    ("GET /v1/kpi/index",                    [401, 403, 403, 200, 200, 200, 200, 200, 200, 403, 403, 403]),
    ("GET /v1/kpi/satisfaction",             [401, 403, 403, 200, 200, 200, 200, 200, 200, 403, 403, 403]),
    ("GET /v1/kpi/national",                 [401, 403, 403, 200, 200, 200, 200, 200, 200, 403, 403, 403]),
    ("GET /v1/reports",                      [200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200]),
    ("GET /v1/reports/{period}",             [200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200]),
    ("GET /v1/preference",                   [401, 200, 200, 403, 403, 403, 403, 403, 403, 403, 403, 403]),
    // Of the owner of the dossier, whom the body names.
    ("PUT /v1/preference",                   [401, 200, 403, 403, 403, 403, 403, 403, 200, 403, 403, 403]),
    ("GET /v1/catalogue",                    [401, 403, 403, 403, 403, 403, 403, 403, 403, 200, 403, 403]),
    ("PUT /v1/catalogue",                    [401, 403, 403, 403, 403, 403, 403, 403, 403, 200, 403, 403]),
    ("GET /v1/procedures",                   [200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200]),
    ("GET /v1/procedures/{code}",            [200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200]),
    ("GET /v1/agencies",                     [200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200]),
    // Whoever has a code asks, each here about another dossier that there is not; nobody has digits.
    ("POST /v1/dossiers/{code}/proof",       [202, 202, 202, 202, 202, 202, 202, 202, 202, 202, 202, 202]),
    ("POST /v1/dossiers/{code}/proof/confirm", [401, 401, 401, 401, 401, 401, 401, 401, 401, 401, 401, 401]),
    // The doors of who has proved it: no account's token counts there.
    ("GET /v1/own/{code}/history",           [401, 401, 401, 401, 401, 401, 401, 401, 401, 401, 401, 401]),
    ("GET /v1/own/{code}/deadline",          [401, 401, 401, 401, 401, 401, 401, 401, 401, 401, 401, 401]),
    ("GET /v1/own/{code}/case",              [401, 401, 401, 401, 401, 401, 401, 401, 401, 401, 401, 401]),
    ("GET /v1/own/{code}/reads",             [401, 401, 401, 401, 401, 401, 401, 401, 401, 401, 401, 401]),
    ("GET /v1/own/{code}/documents/{id}",    [401, 401, 401, 401, 401, 401, 401, 401, 401, 401, 401, 401]),
    ("POST /v1/own/{code}/transitions",      [401, 401, 401, 401, 401, 401, 401, 401, 401, 401, 401, 401]),
    ("POST /v1/own/{code}/uploads",          [401, 401, 401, 401, 401, 401, 401, 401, 401, 401, 401, 401]),
    ("GET /v1/own/{code}/uploads/{id}",      [401, 401, 401, 401, 401, 401, 401, 401, 401, 401, 401, 401]),
    // Each here sends another; who has a code sees the status.
    ("POST /v1/feedback",                    [201, 201, 201, 201, 201, 201, 201, 201, 201, 201, 201, 201]),
    ("GET /v1/feedback",                     [200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200]),
    ("GET /v1/feedback/{code}",              [404, 404, 404, 404, 404, 404, 404, 404, 404, 404, 404, 404]),
    ("POST /v1/feedback/{code}/erasure",     [401, 403, 403, 403, 403, 403, 403, 403, 403, 404, 403, 403]),
    // Of the desk alone, which none of these is.
    ("POST /v1/desk/feedback",               [401, 403, 403, 403, 403, 403, 403, 403, 403, 403, 403, 403]),
    ("GET /v1/desk/feedback",                [401, 403, 403, 200, 200, 200, 200, 200, 403, 403, 403, 403]),
    ("GET /v1/desk/feedback/{code}",         [401, 404, 404, 404, 404, 404, 404, 404, 404, 403, 403, 403]),
    ("GET /v1/desk/feedback/{code}/notices", [401, 404, 404, 404, 404, 404, 404, 404, 404, 403, 403, 403]),
    ("POST /v1/desk/feedback/{code}/transitions", [401, 404, 404, 404, 404, 404, 404, 404, 404, 403, 403, 403]),
    ("GET /v1/own/{code}/feedback",          [401, 401, 401, 401, 401, 401, 401, 401, 401, 401, 401, 401]),
    // Before the result: whose dossier it is learns that it is too early, and others nothing.
    ("POST /v1/dossiers/{code}/satisfaction", [401, 400, 404, 403, 403, 403, 403, 403, 400, 403, 403, 403]),
    ("POST /v1/own/{code}/satisfaction",     [401, 401, 401, 401, 401, 401, 401, 401, 401, 401, 401, 401]),
    ("POST /v1/own/{code}/feedback",         [401, 401, 401, 401, 401, 401, 401, 401, 401, 401, 401, 401]),
    ("GET /tra-cuu",                         [200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200]),
    ("GET /tra-cuu/{file}",                  [200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200, 200]),
];

/// The dossier that everybody asks about: one that went through [`MOVES`].
pub struct Asked {
    /// Its code.
    pub code: String,
    /// The id of the document that its owner uploaded for it.
    pub document: String,
    /// The number of the citizen whose it is.
    pub owner: &'static str,
}

/// The claims of each of [`ACTORS`] about a dossier of `owner`; none of nobody.
pub fn claims(actor: &str, owner: &str) -> Option<Value> {
    let officer = |agency: &str| json!({ "role": "officer", "agency": agency });
    Some(match actor {
        "nobody" => return None,
        "owner" => json!({ "role": "citizen", "id_number": owner }),
        "neighbour" => json!({ "role": "citizen", "id_number": NEIGHBOUR }),
        "clerk" => json!({ "role": "officer", "agency": AGENCY, "counter": "true" }),
        "officer" => officer(AGENCY),
        "stranger" => officer(STRANGER),
        "handler" => officer(HANDLER),
        "former" => officer(FORMER),
        // No token gives an integrator: their events come by the queue.
        role => json!({ "role": role }),
    })
}

/// What is asked of a route: its path parameters, query and body.
pub struct Question {
    pub path: Vec<(&'static str, String)>,
    pub query: Vec<(&'static str, &'static str)>,
    pub body: Value,
}

/// What is asked of `route` about a dossier. Nothing of it changes the dossier.
pub fn question(route: &str, about: &Asked) -> Question {
    let (mut path, mut query, mut body) = (Vec::new(), Vec::new(), Value::Null);
    if route.contains("{code}") {
        let of_procedure = route.contains("/procedures");
        let code = if of_procedure { PROCEDURE.to_owned() } else { about.code.clone() };
        path.push(("code", code));
    }
    if route == "POST /v1/dossiers/{code}/proof" {
        static NEXT: AtomicU32 = AtomicU32::new(1_000);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        path = vec![("code", format!("{STRANGER}-200101-{number}"))];
    }
    if route.contains("/feedback/") {
        path = vec![("code", "H20.01.PA-200101-9999".to_owned())];
    }
    if route.contains("{id}") {
        path.push(("id", about.document.clone()));
    }
    if route.contains("{name}") {
        path.push(("name", "ecosys".to_owned()));
    }
    if route.contains("{form}") {
        path.push(("form", "01".to_owned()));
    }
    match route {
        "POST /v1/dossiers" => {
            body = submission();
            body["channel"] = "counter".into();
            body["applicant"]["idNumber"] = about.owner.into();
        }
        "POST /v1/dossiers/{code}/transitions" => {
            body = json!({ "action": "suspend", "expectedVersion": 1, "reason": "chờ ý kiến" });
        }
        "POST /v1/dossiers/{code}/assignment" => {
            body = json!({ "assignee": "me", "expectedVersion": 1, "expectedAssignment": 0 });
        }
        "POST /v1/dossiers/{code}/erasure" | "POST /v1/feedback/{code}/erasure" => {
            body = json!({ "number": "1", "issuer": "Thanh tra tỉnh", "reason": "Theo yêu cầu" });
        }
        "POST /v1/documents" => body = upload(),
        "POST /v1/search" => body = json!({ "phone": "0912345678", "limit": 1 }),
        "POST /v1/dossiers/{code}/proof" => body = json!({}),
        "POST /v1/dossiers/{code}/proof/confirm" => {
            body = json!({ "proof": "0".repeat(32), "digits": "123456" });
        }
        "POST /v1/own/{code}/transitions" | "POST /v1/own/{code}/uploads" => body = json!({}),
        "PUT /v1/preference" => {
            body = json!({
                "applicant": { "kind": "citizen", "idNumber": about.owner },
                "channels": [], "language": "vi", "legalOnly": false,
            });
        }
        "POST /v1/feedback" => {
            body = json!({ "channel": "web", "category": "roads", "words": "Đèn đường hỏng" });
        }
        "POST /v1/desk/feedback" => {
            body = json!({ "channel": "hotline", "category": "roads", "words": "Đèn hỏng" });
        }
        "POST /v1/desk/feedback/{code}/transitions" => {
            body = json!({ "action": "take-up", "expectedVersion": 1 });
        }
        "POST /v1/own/{code}/feedback" => body = json!({ "action": "verify" }),
        "POST /v1/dossiers/{code}/satisfaction" | "POST /v1/own/{code}/satisfaction" => {
            body = json!({ "satisfaction": "satisfied" });
        }
        "PUT /v1/catalogue" => body = json!({ "expectedEdition": 0, "files": {} }),
        "POST /v1/callbacks/zalo" | "POST /v1/events" => body = json!({}),
        "GET /v1/events/{id}" => query.push(("source", "urn:motcua:integrator:ecosys")),
        "GET /tra-cuu/{file}" => path.push(("file", "page.js".to_owned())),
        "GET /v1/reports/{period}" => path.push(("period", "2026-11".to_owned())),
        "GET /v1/callbacks/esms/{secret}" => path.push(("secret", format!("not-{ESMS_SECRET}"))),
        "POST /v1/callbacks/sms/{secret}" => {
            path.push(("secret", format!("not-{SMS_SECRET}")));
            body = json!({ "id": "m1", "from": "0912345678", "to": "8088", "text": "MOTCUA" });
        }
        "GET /v1/kpi"
        | "GET /v1/kpi/index"
        | "GET /v1/kpi/national"
        | "GET /v1/kpi/satisfaction" => {
            query.push(("period", "2026-11"));
        }
        _ => {}
    }
    Question { path, query, body }
}

/// What is declared of a document before it is uploaded.
fn upload() -> Value {
    json!({ "mediaType": "application/pdf", "bytes": 100, "sha256": "0".repeat(64) })
}

/// Every cell whose answer is another than the table says, `at_once` of them asked at a time.
pub async fn differences(
    at_once: usize,
    ask: impl AsyncFn(&'static str, &'static str) -> u16,
) -> Vec<String> {
    let cells = MATRIX.into_iter().flat_map(|(route, row)| {
        ACTORS.into_iter().zip(row).map(move |(actor, expected)| (route, actor, expected))
    });
    let ask = &ask;
    let asked = stream::iter(cells).map(|(route, actor, expected)| async move {
        let status = ask(route, actor).await;
        (status != expected).then(|| format!("{route} by {actor}: {status} and not {expected}"))
    });
    let found: Vec<Option<String>> = asked.buffered(at_once).collect().await;
    found.into_iter().flatten().collect()
}

/// The moves that make a handler and a former handler: who, what, to whom.
pub const MOVES: [(&str, &str, &str); 4] = [
    (AGENCY, "receive", ""),
    (AGENCY, "forward", FORMER),
    (FORMER, "hand-back", ""),
    (AGENCY, "forward", HANDLER),
];

/// The body of one of [`MOVES`], made of a dossier of `version`.
pub fn moved(action: &str, version: u64, to: &str) -> Value {
    let mut body = json!({ "action": action, "expectedVersion": version });
    if !to.is_empty() {
        body["toAgency"] = to.into();
    }
    body
}

#[test]
fn each_route_of_the_document_has_a_row_in_the_matrix_and_each_row_a_route() {
    let document = yaml("infra/openapi.yaml");
    let mut routes = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        let methods = item.as_object().unwrap().keys().filter(|name| *name != "parameters");
        routes.extend(methods.map(|method| format!("{} {path}", method.to_uppercase())));
    }
    let rows: BTreeSet<String> = MATRIX.iter().map(|(route, _)| (*route).to_owned()).collect();
    assert_eq!(rows, routes);
    assert_eq!(rows.len(), MATRIX.len(), "a route has two rows");
}

/// The doors, with a dossier about which everybody asks.
struct Doors {
    world: World,
    about: Asked,
}

impl Doors {
    async fn new() -> Self {
        let world = World::new().await;
        let mut owner = claims("owner", CITIZEN).unwrap();
        owner["sub"] = "owner".into();
        let declared = Call::new("POST /v1/documents").claims(owner.clone()).body(&upload());
        let declared: Answer = declared.at_upload(&world, at(NOW)).await.into();
        let document = declared.body["id"].as_str().unwrap().to_owned();
        let (object_version, inspected_at) = ("v1".to_owned(), at(NOW));
        let found = UploadState::Usable { object_version, inspected_at, signature: None };
        world.uploads.conclude(&document.parse().unwrap(), &found).await.unwrap();
        let mut body = submission();
        let first = &body["documents"][0]["code"];
        body["documents"][0] =
            json!({ "code": first, "upload": document, "sha256": upload()["sha256"] });
        let submitted = Call::submit("k").claims(owner).body(&body);
        let code = submitted.at_submit(&world.intake, &world, at(NOW)).await.code();
        for (version, (agency, action, to)) in (1..).zip(MOVES) {
            let call = Call::transition(&code, action, version).officer(agency);
            let body = moved(action, version, to);
            let answer = call.body(&body).at_change(&world.dossiers, &world, at(NOW)).await;
            assert_eq!(answer.status, 200, "{action}: {}", answer.body);
        }
        Self { world, about: Asked { code, document, owner: CITIZEN } }
    }

    /// What `actor` asks at the door of `route`.
    fn call(&self, route: &str, actor: &str) -> Call {
        let Question { path, query, body } = question(route, &self.about);
        let mut call = Call::new(route).header("idempotency-key", actor);
        for (name, value) in path {
            call = call.path(name, &value);
        }
        for (name, value) in query {
            call = call.query(name, value);
        }
        if !body.is_null() {
            call = call.body(&body);
        }
        match claims(actor, CITIZEN) {
            Some(mut claims) => {
                claims["sub"] = actor.into();
                call.claims(claims)
            }
            None => call,
        }
    }
}

#[tokio::test]
async fn each_door_answers_everybody_as_the_matrix_says() {
    let doors = Doors::new().await;
    let ask = async |route: &str, actor: &str| {
        let answer = doors.call(route, actor).at_its_function(&doors.world).await;
        u16::try_from(answer.status_code).unwrap()
    };
    let found = differences(1, ask).await;
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[tokio::test]
async fn each_answer_to_anybody_keeps_a_browser_in_its_bounds() {
    let doors = Doors::new().await;
    for (route, _) in MATRIX {
        for actor in ACTORS {
            let call = doors.call(route, actor);
            let answer = call.clone().at_its_function(&doors.world).await;
            keeps_a_browser_in_its_bounds(route, &answer);
            let refused = call.query("colour", "red").raw("{").at_its_function(&doors.world).await;
            keeps_a_browser_in_its_bounds(route, &refused);
        }
    }
}

#[tokio::test]
async fn whatever_is_sent_each_line_of_the_log_is_one_object_and_repeats_none_of_it() {
    let doors = Doors::new().await;
    let log = Log::kept();
    let forged =
        "planted-4711\r\n{\"level\":\"ERROR\",\"fields\":{\"message\":\"forged\"}}\u{1b}[31m";
    for (route, _) in MATRIX {
        let sent = doors.call(route, "portal");
        let mut everywhere = sent.clone().query(forged, forged).raw(forged);
        for name in ["code", "id", "form", "period", "secret", "name"] {
            if route.contains(&format!("{{{name}}}")) {
                everywhere = everywhere.path(name, forged);
            }
        }
        let within = json!({ forged: forged, "reason": forged, "applicant": { "phone": forged } });
        // What a header may not hold, the gateway has refused.
        let of_header = "planted-4711 {} \u{e9}";
        for call in [
            everywhere,
            sent.clone().body(&within),
            sent.clone().claims(json!({ "sub": forged, "role": "officer", "agency": forged })),
            sent.clone().claims(json!({ "sub": "a", "role": "citizen", "id_number": forged })),
            sent.clone().claims(json!({ "sub": "a", "role": forged })),
            ["idempotency-key", "if-none-match", "accept-language", "webhook-id", "content-type"]
                .into_iter()
                .fold(sent, |call, name| call.header(name, of_header)),
        ] {
            call.at_its_function(&doors.world).await;
        }
    }
    let lines = log.lines();
    assert!(lines.len() >= MATRIX.len() * 5, "only {} lines were logged", lines.len());
    for line in lines {
        let text = line.to_string();
        assert!(!text.contains("4711") && !text.contains("forged"), "{text}");
    }
}
