//! What functions are asked to do: each with the province as it stands just before.

use inspection::sha256;
use jiff::SignedDuration;
use platform::account::Token;
use refresh_token::Order;
use serde_json::{Value, json};

use super::*;
use crate::matrix::{ACTORS, Asked, MATRIX, claims, question};
use crate::support::call::{
    AGENCY, CITIZEN, SENDER, SMS_SECRET, SOURCE, ZALO_APP, esms_event, signed, submission,
    submit_event, transition_event, with_outcome, zalo_event,
};
use crate::support::file;
use crate::support::shelf::{PDF, declared, pdf};

/// What is asked of a function, once.
#[derive(Clone)]
pub enum Act {
    /// A request.
    Asks(Call),
    /// A run of a schedule.
    Runs(&'static str),
    /// A batch of a queue.
    Delivers(&'static str),
    /// A batch of the stream.
    Relays,
}

impl Act {
    /// What of the template it is: a route, a schedule's function, a queue.
    pub fn door(&self) -> String {
        match self {
            Self::Asks(call) => call.clone().event().route_key.clone().unwrap(),
            Self::Runs(function) => (*function).to_owned(),
            Self::Delivers(queue) => (*queue).to_owned(),
            Self::Relays => "stream".to_owned(),
        }
    }
}

/// Everything that has an arm of its own in [`prepared`]; each other route is asked as the matrix
/// asks it.
pub const OPERATIONS: [&str; 70] = [
    "a submission",
    "a submission with an upload",
    "a receipt",
    "a result",
    "a forward",
    "a correction",
    "an assignment",
    "a payment is begun",
    "a payer comes back",
    "an upload is asked for",
    "a content is erased",
    "an edition is published",
    "a preference",
    "a search",
    "a look at a case",
    "a look at a document",
    "a look at a form",
    "a code is asked for",
    "a code is confirmed",
    "an owner hands in what is missing",
    "an owner asks for an upload",
    "an owner looks at their case",
    "an owner opens a document",
    "an event is pushed",
    "an event is asked after",
    "Zalo reports",
    "somebody writes to the account",
    "eSMS reports",
    "somebody writes to the short code",
    "an applicant says by SMS how it was",
    "an applicant says how it was",
    "an owner says how it was",
    "a change is told",
    "three changes are told",
    "a code is sent",
    "a woken notice is told",
    "a question is asked",
    "a change is brought",
    "three changes are brought",
    "an agency is counted",
    "an object is inspected",
    "a document is copied",
    "an integrator submits",
    "an integrator moves",
    "an integrator is wrong",
    "a system answers for a dossier",
    "a system reads a case",
    "two dossiers change",
    "rollup-kpi",
    "repair-relay",
    "reconcile-deliveries",
    "expire-content",
    "remind-deadline",
    "announce-report",
    "wake-notices",
    "wake-deliveries",
    "settle-payments",
    "refresh-token",
    "refresh-token with nobody signed in",
    "feedback is sent",
    "feedback is written down",
    "feedback is verified",
    "feedback is routed",
    "feedback is answered",
    "an author looks at their feedback",
    "feedback changes",
    "feedback is told",
    "feedback is erased",
    "feedback comes from another system",
    "an answer goes back to it",
];

/// Those in which a system has to process the dossier.
pub const TRANSFERRED: [&str; 2] = ["a system answers for a dossier", "a system reads a case"];

/// The feedback of these operations.
const FEEDBACK: &str = "H20.03.PA-261117-0001";

/// The dossier of most operations.
const CODE: &str = "H20.03-261117-0001";

/// What the integrator's dossier is called.
const BROUGHT: &str = "H20.03-261116-9001";

/// The moves after which a result was handed over.
const TO_THE_RETURN: [&str; 4] = ["receive", "process", "finish", "return-result"];

/// A request that has to go well, and everything that follows from it.
async fn done(town: &Town, call: Call) -> Answer {
    let answer = town.answer(call).await;
    assert!(answer.status < 400, "{answer:?}");
    town.quiet().await;
    answer
}

/// The dossier moves.
fn moves(action: &str, version: u64) -> Call {
    let key = format!("{action}-{version}");
    Call::transition(CODE, action, version).header("idempotency-key", &key)
}

/// A dossier that made these moves after it was handed in, and of which everybody knows.
async fn dossier(town: &Town, actions: &[&str]) {
    done(town, Call::submit("k").citizen(CITIZEN)).await;
    for (version, action) in (1..).zip(actions) {
        done(town, moves(action, version)).await;
    }
}

/// A document that its owner has uploaded; its id, and the bytes that it has.
async fn asked_for(town: &Town) -> (String, Vec<u8>) {
    let content = pdf("", 0);
    let call = Call::new("POST /v1/documents").citizen(CITIZEN).body(&declared(PDF, &content));
    let id = done(town, call).await.body["id"].as_str().unwrap().to_owned();
    (id, content)
}

/// The client has put the content there, and the bucket says so.
fn put(town: &Town, id: &str, content: &[u8]) {
    let said = town.world.claims.keeper.put(id, "v1", content);
    town.queues.put("DocumentsQueue", &said, "s3", json!({}));
}

/// A submission whose first document is an upload that is usable.
async fn with_upload(town: &Town) -> Call {
    let (id, content) = asked_for(town).await;
    put(town, &id, &content);
    town.quiet().await;
    let mut body = submission();
    let code = body["documents"][0]["code"].take();
    body["documents"][0] = json!({ "code": code, "upload": id, "sha256": sha256(&content) });
    Call::submit("k").citizen(CITIZEN).body(&body)
}

/// The id of the upload in the dossier.
async fn upload_of(town: &Town) -> String {
    let dossier = town.world.dossier(CODE).await;
    let body = serde_json::to_value(&dossier.documents).unwrap().to_string();
    let (_, rest) = body.split_once("\"upload\":\"").expect("no upload");
    rest.split_once('"').unwrap().0.to_owned()
}

/// Puts an integrator's event on its queue.
fn sends(town: &Town, event: &Value) {
    town.queues.put("IntegratorsQueue", &event.to_string(), SENDER, json!({}));
}

/// An event over HTTPS with the signature of its source.
fn pushed(town: &Town, event: &Value) -> Call {
    let (body, id) = (event.to_string(), event["id"].as_str().unwrap());
    signed_by_source(town, Call::new("POST /v1/events").nobody().raw(&body), id, &body)
}

fn signed_by_source(town: &Town, call: Call, id: &str, body: &str) -> Call {
    let seconds = town.now().as_second();
    let signature = town.world.seal_key.secret(SOURCE, 1).sign(id, seconds, body.as_bytes());
    call.header("webhook-id", id)
        .header("webhook-timestamp", &seconds.to_string())
        .header("webhook-signature", &signature)
}

/// While this is so, what is called `called` cannot be reached.
fn without(town: &Town, called: &'static str) {
    town.seam.obey(move |crossing| {
        let is_away = crossing.called.starts_with(called);
        if is_away { Mode::LostBefore } else { Mode::Passes }
    });
}

/// A code that was asked for and sent: the call that confirms it.
async fn code_sent(town: &Town) -> Call {
    dossier(town, &[]).await;
    let asked = Call::asking_for_a_code(CODE);
    let proof = done(town, asked).await.body["proof"].clone();
    let sent = town.peers.have().phones.last().unwrap().text.clone();
    let mut runs = sent.split(|c: char| !c.is_ascii_digit());
    let digits = runs.find(|run| run.len() == 6).unwrap();
    Call::confirming(CODE, &proof, digits)
}

/// The payment that was begun: its return.
async fn paid(town: &Town) -> Call {
    dossier(town, &["receive", "request-payment"]).await;
    let begun = Call::new("POST /v1/dossiers/{code}/payments").code(CODE).citizen(CITIZEN);
    let reference = done(town, begun).await.body["reference"].as_str().unwrap().to_owned();
    let paid = domain::payment::online::Heard::Paid(60_000);
    town.peers.outside.lock().unwrap().attempts.insert(reference.clone(), paid);
    let back = Call::new("GET /v1/callbacks/payment").nobody().query("data", &reference);
    back.query("responseCode", "00").query("secureCode", "good")
}

/// Half an hour after midnight, a schedule's run, and the counts that follow from it.
async fn night(town: &Town, counted: bool) {
    dossier(town, &["receive"]).await;
    town.clock.set(at("2026-11-17T17:30:00Z"));
    assert!(town.run("rollup-kpi").await);
    if counted {
        town.quiet().await;
    }
}

/// A dossier of which a stream's records were lost, a day later.
async fn forgotten(town: &Town) {
    dossier(town, &[]).await;
    assert_eq!(town.answer(moves("receive", 1)).await.status, 200);
    town.forget_changes();
    town.clock.set(at("2026-11-17T19:30:00Z"));
}

/// What somebody writes to the authorities.
fn said() -> Value {
    json!({
        "channel": "web", "category": "roads", "words": "Đèn hỏng",
        "author": { "fullName": "Trần Thị Mẫu", "phone": "0912345678", "address": "12 Lê Lợi" },
    })
}

fn sends_feedback() -> Call {
    Call::new("POST /v1/feedback").nobody().header("idempotency-key", "f").body(&said())
}

fn verifies() -> Call {
    let call = Call::new("POST /v1/own/{code}/feedback").code(FEEDBACK).proven(FEEDBACK);
    call.header("idempotency-key", "v").body(&json!({ "action": "verify" }))
}

/// What officers do with it, in this order.
const HANDLING: [&str; 3] = ["route", "take-up", "answer"];

fn desk_moves(action: &str) -> Call {
    let mut body = json!({ "action": action });
    match action {
        "route" => body["agency"] = AGENCY.into(),
        "answer" => body["words"] = "Đã thay đèn".into(),
        _ => {}
    }
    let call = Call::new("POST /v1/desk/feedback/{code}/transitions").code(FEEDBACK);
    call.header("idempotency-key", action).body(&body).officer(AGENCY)
}

/// A feedback that was verified, with so many of the moves of officers, each told.
async fn feedback(town: &Town, moves: usize) {
    done(town, sends_feedback()).await;
    done(town, verifies()).await;
    for action in HANDLING.into_iter().take(moves) {
        done(town, desk_moves(action)).await;
    }
}

/// What an integrator brings that was written to the authorities at its system.
fn given_elsewhere() -> Value {
    let mut event = submit_event("e1", "2026-11-16T03:00:00Z", None);
    event["type"] = platform::message::FEEDBACK.into();
    let author = said()["author"].take();
    event["data"] = json!({
        "number": "118309", "category": "roads", "words": "Đèn hỏng", "author": author,
    });
    event
}

/// The province just before `name`, and what is asked then.
pub async fn prepared(town: &Town, name: &str) -> Act {
    match name {
        "a submission" => Act::Asks(Call::submit("k").citizen(CITIZEN)),
        "a submission with an upload" => Act::Asks(with_upload(town).await),
        "a receipt" => {
            dossier(town, &[]).await;
            Act::Asks(moves("receive", 1))
        }
        "a result" => {
            dossier(town, &["receive", "process"]).await;
            let body = json!({ "action": "finish", "expectedVersion": 3 });
            Act::Asks(moves("finish", 3).body(&with_outcome(body)))
        }
        "a forward" => {
            dossier(town, &["receive"]).await;
            let body = json!({ "action": "forward", "expectedVersion": 2, "toAgency": "H20.12" });
            Act::Asks(moves("forward", 2).body(&body))
        }
        "a correction" => {
            dossier(town, &["receive"]).await;
            let mut applicant = submission()["applicant"].clone();
            applicant["phone"] = "0987654321".into();
            let to = json!({ "address": "12 Lê Lợi", "province": "82" });
            let body = json!({
                "action": "correct", "expectedVersion": 2, "applicant": applicant, "resultTo": to,
            });
            Act::Asks(moves("correct", 2).body(&body))
        }
        "an assignment" => {
            dossier(town, &["receive"]).await;
            Act::Asks(Call::assignment(CODE, "me", (2, 0)))
        }
        "a payment is begun" => {
            dossier(town, &["receive", "request-payment"]).await;
            let call = Call::new("POST /v1/dossiers/{code}/payments").code(CODE);
            Act::Asks(call.citizen(CITIZEN))
        }
        "a payer comes back" => Act::Asks(paid(town).await),
        "an upload is asked for" => {
            let body = declared(PDF, &pdf("", 0));
            Act::Asks(Call::new("POST /v1/documents").citizen(CITIZEN).body(&body))
        }
        "a content is erased" => {
            let call = with_upload(town).await;
            done(town, call).await;
            for (version, action) in (1..).zip(TO_THE_RETURN) {
                done(town, moves(action, version)).await;
            }
            let order = json!({ "number": "12", "issuer": "Thanh tra", "reason": "Nhầm" });
            let call = Call::new("POST /v1/dossiers/{code}/erasure").code(CODE).administrator();
            Act::Asks(call.body(&order))
        }
        "an edition is published" => {
            let text = file("infra/data/templates.json").replacen("hop le, da vao so", "da vao", 1);
            let body = json!({ "expectedEdition": 0, "files": { "templates.json": text } });
            Act::Asks(Call::new("PUT /v1/catalogue").administrator().body(&body))
        }
        "a preference" => {
            let applicant = json!({ "kind": "citizen", "idNumber": CITIZEN });
            let body = json!({
                "applicant": applicant, "channels": ["sms"], "language": "vi", "legalOnly": false,
            });
            Act::Asks(Call::new("PUT /v1/preference").citizen(CITIZEN).body(&body))
        }
        "a search" => {
            dossier(town, &[]).await;
            let body = json!({ "phone": "0912345678", "limit": 5 });
            Act::Asks(Call::new("POST /v1/search").officer(AGENCY).body(&body))
        }
        "a look at a case" => {
            dossier(town, &[]).await;
            Act::Asks(Call::new("GET /v1/dossiers/{code}/case").code(CODE).officer(AGENCY))
        }
        "a look at a document" => {
            let call = with_upload(town).await;
            done(town, call).await;
            let call = Call::new("GET /v1/dossiers/{code}/documents/{id}").code(CODE);
            Act::Asks(call.path("id", &upload_of(town).await).officer(AGENCY))
        }
        "a look at a form" => {
            dossier(town, &["receive"]).await;
            let call = Call::new("GET /v1/dossiers/{code}/forms/{form}").code(CODE);
            Act::Asks(call.path("form", "01").officer(AGENCY))
        }
        "a code is asked for" => {
            dossier(town, &[]).await;
            Act::Asks(Call::asking_for_a_code(CODE))
        }
        "a code is confirmed" => Act::Asks(code_sent(town).await),
        "an owner hands in what is missing" => {
            dossier(town, &["receive", "request-supplement"]).await;
            let body = json!({
                "action": "supplement", "expectedVersion": 3,
                "documents": submission()["documents"],
            });
            let call = Call::new("POST /v1/own/{code}/transitions").code(CODE).proven(CODE);
            Act::Asks(call.header("idempotency-key", "own").body(&body))
        }
        "an owner asks for an upload" => {
            dossier(town, &["receive", "request-supplement"]).await;
            let call = Call::new("POST /v1/own/{code}/uploads").code(CODE).proven(CODE);
            Act::Asks(call.body(&declared(PDF, &pdf("", 0))))
        }
        "an owner looks at their case" => {
            dossier(town, &[]).await;
            Act::Asks(Call::new("GET /v1/own/{code}/case").code(CODE).proven(CODE))
        }
        "an owner opens a document" => {
            let call = with_upload(town).await;
            done(town, call).await;
            let call = Call::new("GET /v1/own/{code}/documents/{id}").code(CODE);
            Act::Asks(call.path("id", &upload_of(town).await).proven(CODE))
        }
        "an event is pushed" => {
            let event = submit_event("e1", "2026-11-16T03:00:00Z", Some(BROUGHT));
            Act::Asks(pushed(town, &event))
        }
        "an event is asked after" => {
            let event = submit_event("e1", "2026-11-16T03:00:00Z", Some(BROUGHT));
            done(town, pushed(town, &event)).await;
            let call = Call::new("GET /v1/events/{id}").nobody().path("id", "e1");
            Act::Asks(signed_by_source(town, call.query("source", SOURCE), "e1", ""))
        }
        "Zalo reports" => {
            dossier(town, &[]).await;
            let sent = town.peers.have().phones[0].clone();
            Act::Asks(zalo_event(&sent.name, &sent.message, town.now()))
        }
        "somebody writes to the account" => {
            let timestamp = town.now().as_millisecond().to_string();
            let body = json!({
                "event_name": "user_send_text", "app_id": ZALO_APP, "sender": { "id": "7" },
                "recipient": { "id": "5417" }, "timestamp": timestamp,
                "message": { "msg_id": "m1", "text": "MOTCUA" },
            });
            Act::Asks(signed(&body.to_string(), &timestamp))
        }
        "eSMS reports" => {
            let applicant = json!({ "kind": "citizen", "idNumber": CITIZEN });
            let body = json!({
                "applicant": applicant, "channels": ["sms"], "language": "vi", "legalOnly": false,
            });
            done(town, Call::new("PUT /v1/preference").citizen(CITIZEN).body(&body)).await;
            dossier(town, &[]).await;
            let phones = town.peers.have().phones;
            let sent = phones.first().expect("nobody was told");
            assert_eq!(sent.provider.name(), "esms");
            Act::Asks(esms_event(&sent.name, &sent.message, "5", "1"))
        }
        "somebody writes to the short code" | "an applicant says by SMS how it was" => {
            let text = if name.starts_with("somebody") {
                dossier(town, &[]).await;
                format!("MOTCUA {CODE}")
            } else {
                dossier(town, &TO_THE_RETURN).await;
                format!("MOTCUA {CODE} 5")
            };
            let body = json!({ "id": "m1", "from": "0912345678", "to": "8088", "text": text });
            let call = Call::new("POST /v1/callbacks/sms/{secret}").nobody();
            Act::Asks(call.path("secret", SMS_SECRET).body(&body))
        }
        "an applicant says how it was" | "an owner says how it was" => {
            dossier(town, &TO_THE_RETURN).await;
            let call = if name.starts_with("an owner") {
                Call::new("POST /v1/own/{code}/satisfaction").code(CODE).proven(CODE)
            } else {
                Call::new("POST /v1/dossiers/{code}/satisfaction").code(CODE).citizen(CITIZEN)
            };
            Act::Asks(call.body(&json!({ "satisfaction": "satisfied" })))
        }
        "a change is told" => {
            assert_eq!(town.answer(Call::submit("k").citizen(CITIZEN)).await.status, 201);
            town.relay().await;
            Act::Delivers("NoticesQueue")
        }
        "three changes are told" | "three changes are brought" => {
            assert_eq!(town.answer(Call::submit("k").citizen(CITIZEN)).await.status, 201);
            for (version, action) in (1..).zip(["receive", "process"]) {
                assert_eq!(town.answer(moves(action, version)).await.status, 200);
            }
            town.relay().await;
            Act::Delivers(if name.ends_with("told") { "NoticesQueue" } else { "NationalQueue" })
        }
        "a code is sent" => {
            dossier(town, &[]).await;
            let asked = Call::asking_for_a_code(CODE);
            assert!(town.answer(asked).await.status < 400);
            Act::Delivers("NoticesQueue")
        }
        "a woken notice is told" => {
            without(town, "gateway");
            done(town, Call::submit("k").citizen(CITIZEN)).await;
            town.seam.rest();
            town.pass(SignedDuration::from_mins(10));
            assert!(town.run("wake-notices").await);
            assert_eq!(town.queues.on("NoticesQueue").len(), 1);
            Act::Delivers("NoticesQueue")
        }
        "a question is asked" => {
            dossier(town, &TO_THE_RETURN).await;
            town.pass(SignedDuration::from_hours(25));
            assert!(town.run("wake-notices").await);
            assert_eq!(town.queues.on("NoticesQueue").len(), 1);
            Act::Delivers("NoticesQueue")
        }
        "a change is brought" => {
            assert_eq!(town.answer(Call::submit("k").citizen(CITIZEN)).await.status, 201);
            town.relay().await;
            Act::Delivers("NationalQueue")
        }
        "an agency is counted" => {
            night(town, false).await;
            Act::Delivers("CountsQueue")
        }
        "an object is inspected" => {
            let (id, content) = asked_for(town).await;
            put(town, &id, &content);
            Act::Delivers("DocumentsQueue")
        }
        "a document is copied" => {
            let content = pdf("", 0);
            let url = "https://files.example/don-de-nghi.pdf";
            town.peers.hosts.lock().unwrap().insert(url.to_owned(), content.clone());
            let mut body = submission();
            for document in body["documents"].as_array_mut().unwrap() {
                document["sha256"] = sha256(&content).into();
            }
            let call = Call::submit("k").citizen(CITIZEN).body(&body);
            assert_eq!(town.answer(call).await.status, 201);
            town.relay().await;
            Act::Delivers("FetchesQueue")
        }
        "an integrator submits" => {
            sends(town, &submit_event("e1", "2026-11-16T03:00:00Z", Some(BROUGHT)));
            Act::Delivers("IntegratorsQueue")
        }
        "an integrator moves" => {
            sends(town, &submit_event("e1", "2026-11-16T03:00:00Z", Some(BROUGHT)));
            town.quiet().await;
            sends(town, &transition_event("e2", "2026-11-16T04:00:00Z", BROUGHT, "receive"));
            Act::Delivers("IntegratorsQueue")
        }
        "an integrator is wrong" => {
            let mut event = submit_event("e1", "2026-11-16T03:00:00Z", Some(BROUGHT));
            event["data"]["applicant"]["phone"] = "113".into();
            sends(town, &event);
            Act::Delivers("IntegratorsQueue")
        }
        "a system answers for a dossier" => {
            dossier(town, &["receive"]).await;
            let mut event = transition_event("e1", "2026-11-17T02:00:00Z", CODE, "");
            event["type"] = platform::message::TRANSFER.into();
            event["data"] = json!({ "answer": "taken", "reference": "CO-118" });
            sends(town, &event);
            Act::Delivers("IntegratorsQueue")
        }
        "a system reads a case" => {
            dossier(town, &["receive"]).await;
            let route = "GET /v1/integrators/{name}/dossiers/{code}/case";
            let call = Call::new(route).nobody().code(CODE).path("name", "ecosys");
            Act::Asks(signed_by_source(town, call, &format!("{CODE}/case"), ""))
        }
        // Of a document that it does not have it learns nothing, after the same calls.
        "GET /v1/integrators/{name}/dossiers/{code}/documents/{id}" => {
            dossier(town, &["receive"]).await;
            let (id, _) = asked_for(town).await;
            let signed = format!("{CODE}/documents/{id}");
            let call = Call::new(name).nobody().code(CODE).path("name", "ecosys").path("id", &id);
            Act::Asks(signed_by_source(town, call, &signed, ""))
        }
        "two dossiers change" => {
            for key in ["one", "other"] {
                assert_eq!(town.answer(Call::submit(key).citizen(CITIZEN)).await.status, 201);
            }
            Act::Relays
        }
        "rollup-kpi" => {
            dossier(town, &["receive"]).await;
            town.clock.set(at("2026-11-17T17:30:00Z"));
            Act::Runs("rollup-kpi")
        }
        "repair-relay" => {
            forgotten(town).await;
            Act::Runs("repair-relay")
        }
        "reconcile-deliveries" => {
            forgotten(town).await;
            Act::Runs("reconcile-deliveries")
        }
        "expire-content" => {
            let call = with_upload(town).await;
            done(town, call).await;
            for (version, action) in (1..).zip(["receive", "process", "finish", "return-result"]) {
                done(town, moves(action, version)).await;
            }
            town.clock.set(at("2031-11-18T02:00:00Z"));
            Act::Runs("expire-content")
        }
        "remind-deadline" => {
            dossier(town, &["receive"]).await;
            town.clock.set(at("2026-11-18T23:30:00Z"));
            Act::Runs("remind-deadline")
        }
        "announce-report" => {
            night(town, true).await;
            town.clock.set(at("2026-11-18T00:00:00Z"));
            Act::Runs("announce-report")
        }
        "wake-notices" => {
            without(town, "gateway");
            done(town, Call::submit("k").citizen(CITIZEN)).await;
            town.seam.rest();
            town.pass(SignedDuration::from_mins(10));
            Act::Runs("wake-notices")
        }
        "wake-deliveries" => {
            without(town, "portal");
            done(town, Call::submit("k").citizen(CITIZEN)).await;
            town.seam.rest();
            town.pass(SignedDuration::from_mins(30));
            Act::Runs("wake-deliveries")
        }
        "settle-payments" => {
            paid(town).await;
            town.pass(SignedDuration::from_mins(30));
            Act::Runs("settle-payments")
        }
        "refresh-token" => {
            town.peers.outside.lock().unwrap().tokens.insert("first".to_owned());
            let order = Order { refresh_token: Some(Token::new("first".to_owned())) };
            let (accounts, now) = (&town.world.accounts, town.now());
            refresh_token::refresh(order, accounts, &town.peers, now).await.unwrap();
            town.pass(SignedDuration::from_hours(24));
            Act::Runs("refresh-token")
        }
        "refresh-token with nobody signed in" => Act::Runs("refresh-token"),
        "feedback is sent" => Act::Asks(sends_feedback()),
        "feedback is written down" => {
            let call = Call::new("POST /v1/desk/feedback").header("idempotency-key", "h");
            let mut body = said();
            body["channel"] = "hotline".into();
            Act::Asks(call.body(&body).clerk(AGENCY))
        }
        "feedback is verified" => {
            done(town, sends_feedback()).await;
            Act::Asks(verifies())
        }
        "feedback is routed" => {
            feedback(town, 0).await;
            Act::Asks(desk_moves(HANDLING[0]))
        }
        "feedback is answered" => {
            feedback(town, 2).await;
            Act::Asks(desk_moves(HANDLING[2]))
        }
        "an author looks at their feedback" => {
            feedback(town, 3).await;
            Act::Asks(Call::new("GET /v1/own/{code}/feedback").code(FEEDBACK).proven(FEEDBACK))
        }
        "feedback changes" => {
            assert_eq!(town.answer(sends_feedback()).await.status, 201);
            assert_eq!(town.answer(verifies()).await.status, 200);
            Act::Relays
        }
        "feedback is told" => {
            feedback(town, 0).await;
            // Not the answer: what the law wants goes by another way, or once more and marked so,
            // where a gateway is away or nobody knows. `notices::doubt` asks that.
            for action in &HANDLING[..2] {
                assert_eq!(town.answer(desk_moves(action)).await.status, 200);
            }
            town.relay().await;
            Act::Delivers("NoticesQueue")
        }
        "feedback is erased" => {
            feedback(town, 3).await;
            done(town, desk_moves("close")).await;
            let order = json!({ "number": "12", "issuer": "Thanh tra", "reason": "Nhầm" });
            let call = Call::new("POST /v1/feedback/{code}/erasure").code(FEEDBACK);
            Act::Asks(call.administrator().body(&order))
        }
        "feedback comes from another system" => {
            sends(town, &given_elsewhere());
            Act::Delivers("IntegratorsQueue")
        }
        "an answer goes back to it" => {
            sends(town, &given_elsewhere());
            town.quiet().await;
            for action in HANDLING {
                assert_eq!(town.answer(desk_moves(action)).await.status, 200);
            }
            town.relay().await;
            Act::Delivers("NationalQueue")
        }
        route => asked_as_in_the_matrix(town, route).await,
    }
}

/// A route that has no arm of its own, asked by the first who may.
async fn asked_as_in_the_matrix(town: &Town, route: &str) -> Act {
    dossier(town, &["receive"]).await;
    let owner = CITIZEN;
    let (id, _) = asked_for(town).await;
    let asked = question(route, &Asked { code: CODE.to_owned(), document: id, owner });
    let row = MATRIX.iter().find(|(known, _)| *known == route).expect("it is in the matrix").1;
    let mut call = Call::new(route).header("idempotency-key", "matrix").body(&asked.body);
    for (name, value) in &asked.path {
        call = call.path(name, value);
    }
    for (name, value) in &asked.query {
        call = call.query(name, value);
    }
    if route.contains("/own/") {
        return Act::Asks(call.proven(CODE));
    }
    let answered = |wanted: &dyn Fn(u16) -> bool| {
        ACTORS.iter().zip(row).find(|(_, status)| wanted(*status)).map(|(actor, _)| actor)
    };
    // What nobody finds there is looked for all the same.
    let actor = answered(&|status| status < 400).or_else(|| answered(&|status| status == 404));
    let actor = actor.unwrap_or_else(|| panic!("{route} needs an arm of its own"));
    Act::Asks(match claims(actor, owner) {
        Some(mut claims) => {
            claims["sub"] = (*actor).into();
            call.claims(claims)
        }
        None => call.nobody(),
    })
}
