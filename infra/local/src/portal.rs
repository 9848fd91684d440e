//! A stand-in for the national portal's adapter and for a service bus, in one process on loopback.
//!
//! It takes what the protocol takes and nothing else: names, codes and times are checked letter by
//! letter, a refusal comes with HTTP 200 and a code in the body. Codes other than 0 are ours, since
//! no list of them was seen.
//!
//! ```text
//! POST   /session                                    signing in
//! POST   /call                                       the services
//! POST   /SynsTTHCC/DongBoHoSoMC  ?MaDinhDanhDV= &isUpdating=   the service bus
//! GET    /dossiers                                   status and number of steps of each
//! GET    /dossiers/{code}                            what it has of a dossier
//! DELETE /dossiers/{code}                            it loses one, and says nothing
//! PUT    /feedback/{number}                          somebody gives feedback, which has this number
//! GET    /feedback/{number}                          what it was told of it
//! DELETE /feedback/{number}                          it loses what it was told, and says nothing
//! GET    /counts                                     how often it was asked for what
//! PUT    /fault  {"mode", "service"?, "dossier"?, "code"?, "times"?, "delayMs"?, "retryAfter"?}
//! DELETE /fault                                      back to answering
//! DELETE /dossiers                                   nothing is known any more
//! GET    /health
//! ```

mod fault;
mod feedback;
mod items;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use hyper::header::{HeaderValue, RETRY_AFTER};
use hyper::{Method, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::faults::Faults;
use crate::http::{Answer, Dropped, Handler, Request};
use fault::{Fault, Mode};
use feedback::FeedbackBook;

/// The account that the portal knows.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub struct PortalAccount {
    national_user: String,
    national_password: String,
    national_unit: String,
    national_dstcode: String,
}

impl PortalAccount {
    /// The account of tests and of the local stack, with this password.
    pub fn local(password: &str) -> Self {
        Self {
            national_user: "province".to_owned(),
            national_password: password.to_owned(),
            national_unit: "000.00.00.H20".to_owned(),
            national_dstcode: "VN:GOV:000.00.00.G22:vpcpdvcprovider".to_owned(),
        }
    }
}

/// How often it was asked for what, and what it noticed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    /// Requests of any kind, those that met a fault too.
    pub requests: u64,
    /// Sessions that were opened.
    pub sign_ins: u64,
    /// Dossiers that were asked for.
    pub look_ups: u64,
    /// Dossiers that were taken, new and known.
    pub puts: u64,
    /// Steps that were taken, each once.
    pub steps: u64,
    /// Steps that it had already.
    pub repeated: u64,
    /// Steps that came behind a later one.
    pub disorders: u64,
    /// Items that were refused for themselves.
    pub refused: u64,
    /// Dossiers that it has.
    pub dossiers: usize,
}

/// What it has of a dossier.
#[derive(Debug, Clone, Serialize)]
struct Kept {
    item: Value,
    steps: Vec<Value>,
}

#[derive(Default)]
struct State {
    sessions: BTreeSet<String>,
    dossiers: BTreeMap<String, Kept>,
    feedback: FeedbackBook,
    counts: Counts,
    faults: Faults<Fault>,
    /// A call that was held back, to be carried out behind the next one.
    late: Option<Value>,
}

/// The portal.
pub struct Portal {
    account: PortalAccount,
    state: Mutex<State>,
}

/// The code of a receipt, and nothing of what was sent.
fn receipt(dossier: &str, code: &str) -> Value {
    receipt_of("MaHoSo", dossier, code)
}

/// The same of what is named by `name`.
fn receipt_of(name: &str, number: &str, code: &str) -> Value {
    json!({ name: number, "error_code": code, "message": if code == "0" { "OK" } else { "Error" } })
}

/// The name and number by which an item is told apart.
fn named(item: &Value) -> (&'static str, String) {
    let name = if item.get("HOIDAPID").is_some() { "HOIDAPID" } else { "MaHoSo" };
    (name, item[name].as_str().unwrap_or_default().to_owned())
}

fn refused(code: &str) -> Value {
    json!({ "error_code": code, "message": "Error", "result": [] })
}

/// There is no such session.
const NO_SESSION: &str = "-5";
/// There is no such service.
const NO_SERVICE: &str = "-6";
/// The dossier is known already.
const KNOWN: &str = "-3";
/// The dossier is not known.
const UNKNOWN: &str = "-4";

impl Portal {
    /// A portal that knows nothing but this account.
    pub fn new(account: PortalAccount) -> Self {
        Self { account, state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Meets the next requests as `document` asks, as `PUT /fault` does.
    ///
    /// # Errors
    /// If it is no fault of ours.
    pub fn fault(&self, document: &Value) -> Result<(), serde_json::Error> {
        self.state().faults.ask(document)
    }

    /// Back to answering.
    pub fn mend(&self) {
        self.state().faults.mend();
    }

    /// Ends every session.
    pub fn expire(&self) {
        self.state().sessions.clear();
    }

    /// Loses a dossier that it has acknowledged.
    pub fn lose(&self, code: &str) {
        self.state().dossiers.remove(code);
    }

    /// Somebody gives feedback at it, which has this number from then on.
    pub fn give(&self, number: &str) {
        self.state().feedback.give(number);
    }

    /// Loses what it was told of a feedback.
    pub fn lose_answers(&self, number: &str) {
        self.state().feedback.lose(number);
    }

    /// What it was told of a feedback, `answers` and `progress`, each in the order in which they
    /// came; none of a number that was not given at it.
    pub fn feedback(&self, number: &str) -> Option<Value> {
        self.state().feedback.of(number).map(|given| json!(given))
    }

    /// How often it was asked for what.
    pub fn counts(&self) -> Counts {
        let state = self.state();
        Counts { dossiers: state.dossiers.len(), ..state.counts.clone() }
    }

    /// What it has of a dossier: `item` as it came last, and `steps` in the order in which they
    /// came; none where it does not have it.
    pub fn dossier(&self, code: &str) -> Option<Value> {
        let state = self.state();
        let kept = state.dossiers.get(code)?;
        Some(json!({ "item": kept.item, "steps": kept.steps }))
    }

    /// The status of each dossier, and how many steps it has.
    fn listed(&self) -> Value {
        let state = self.state();
        let each = state.dossiers.iter().map(|(code, kept)| {
            let shown = json!({ "status": kept.item["TrangThaiHoSo"], "steps": kept.steps.len() });
            (code.clone(), shown)
        });
        Value::Object(each.collect())
    }

    fn sign_in(&self, request: &Request) -> Answer {
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let account = &self.account;
        let sent = request.headers.get("dstcode").and_then(|value| value.to_str().ok());
        let known = body["username"] == account.national_user.as_str()
            && body["password"] == account.national_password.as_str()
            && sent == Some(&account.national_dstcode);
        if !known {
            return Answer::ok(&json!({ "session": "", "error_code": "-1" }));
        }
        let mut state = self.state();
        state.counts.sign_ins += 1;
        let session = format!("session-{}", state.counts.sign_ins);
        state.sessions.insert(session.clone());
        // As a number here, as text elsewhere: both were seen.
        Answer::ok(&json!({ "session": session, "error_code": 0 }))
    }

    fn call(&self, request: &Request, fault: Option<&Fault>) -> Value {
        let Ok(body) = serde_json::from_slice::<Value>(&request.body) else {
            return refused("-1");
        };
        let mut state = self.state();
        let session = body["session"].as_str().unwrap_or_default();
        let ours = body["madonvi"] == self.account.national_unit.as_str();
        if !state.sessions.contains(session) || !ours {
            return refused(NO_SESSION);
        }
        state.act(body, fault)
    }

    /// The service bus: the same items, without a session.
    fn bus(&self, request: &Request, fault: Option<&Fault>) -> Value {
        let query: BTreeMap<String, String> =
            url::form_urlencoded::parse(request.query.as_bytes()).into_owned().collect();
        let unit = query.get("MaDinhDanhDV").map(String::as_str);
        let updating = query.get("isUpdating").cloned().unwrap_or_default();
        let data = serde_json::from_slice::<Value>(&request.body).unwrap_or_default();
        if unit != Some(&self.account.national_unit) || !data.is_array() {
            return refused("-1");
        }
        let body = json!({ "service": "DongBoHoSoMC", "isUpdating": updating, "data": data });
        self.state().act(body, fault)
    }

    fn on_feedback(&self, method: &Method, number: &str) -> Answer {
        match *method {
            Method::PUT => self.give(number),
            Method::DELETE => self.lose_answers(number),
            _ => {
                let known = self.feedback(number);
                return known.map_or_else(Answer::not_found, |kept| Answer::ok(&kept));
            }
        }
        Answer::ok(&json!({}))
    }

    async fn met(&self, request: &Request) -> Result<Answer, Dropped> {
        let fault = {
            let mut state = self.state();
            state.counts.requests += 1;
            state.faults.met(|fault| fault.meets(request))
        };
        let fault = fault.as_ref();
        let mode = fault.map(|fault| fault.mode);
        match mode {
            Some(Mode::Outage) => return Err(Dropped),
            Some(Mode::Http500) => return Ok(Answer::last(StatusCode::INTERNAL_SERVER_ERROR)),
            Some(Mode::Http429) => {
                let answer = Answer::last(StatusCode::TOO_MANY_REQUESTS);
                let after = fault.and_then(|fault| fault.retry_after.as_deref());
                return Ok(match after.map(HeaderValue::from_str) {
                    Some(Ok(value)) => answer.and(RETRY_AFTER, value),
                    Some(Err(_)) | None => answer,
                });
            }
            Some(Mode::WrongCode) => {
                let code = fault.and_then(|fault| fault.code.as_deref()).unwrap_or("-99");
                return Ok(Answer::ok(&refused(code)));
            }
            Some(Mode::Expire) => self.expire(),
            Some(
                Mode::Slow
                | Mode::DropAfter
                | Mode::Lost
                | Mode::Duplicate
                | Mode::Late
                | Mode::RefuseItem
                | Mode::Strangers,
            )
            | None => {}
        }
        let answer = match request.path.as_str() {
            "/session" => self.sign_in(request),
            "/call" => Answer::ok(&self.call(request, fault)),
            _ => Answer::ok(&self.bus(request, fault)),
        };
        if let Some(fault) = fault {
            tokio::time::sleep(fault.delay()).await;
        }
        // It has done its work: whoever stops waiting does not know.
        if mode == Some(Mode::DropAfter) { Err(Dropped) } else { Ok(answer) }
    }
}

impl State {
    /// Carries a call out, as `fault` lets it.
    fn act(&mut self, body: Value, fault: Option<&Fault>) -> Value {
        let mode = fault.map(|fault| fault.mode);
        let refuse = fault.filter(|fault| fault.mode == Mode::RefuseItem);
        let answer = match mode {
            Some(Mode::Lost) => {
                let data = body["data"].as_array().into_iter().flatten().map(named);
                let receipts: Vec<Value> =
                    data.map(|(name, number)| receipt_of(name, &number, "0")).collect();
                json!({ "error_code": "0", "message": "", "result": receipts })
            }
            Some(Mode::Late) => {
                let (dossiers, feedback) = (self.dossiers.clone(), self.feedback.clone());
                let answer = Self { dossiers, feedback, ..Self::default() }.serve(&body, None);
                self.late = Some(body);
                return answer;
            }
            Some(Mode::Duplicate) => {
                let answer = self.serve(&body, None);
                self.serve(&body, None);
                answer
            }
            Some(Mode::Strangers) => {
                self.serve(&body, None);
                json!({ "error_code": "0", "result": [receipt("H99-000000-0000", "0")] })
            }
            Some(
                Mode::Outage
                | Mode::Http500
                | Mode::Http429
                | Mode::WrongCode
                | Mode::Expire
                | Mode::Slow
                | Mode::DropAfter
                | Mode::RefuseItem,
            )
            | None => self.serve(&body, refuse),
        };
        if let Some(late) = self.late.take() {
            self.serve(&late, None);
        }
        answer
    }

    fn serve(&mut self, body: &Value, refuse: Option<&Fault>) -> Value {
        let data = body["data"].as_array().cloned().unwrap_or_default();
        let receipts: Vec<Value> = match body["service"].as_str() {
            Some("TraCuuHoSo") => {
                self.counts.look_ups += 1;
                let found = body["mahoso"].as_str().and_then(|code| self.dossiers.get(code));
                let found = found.map(|kept| {
                    let item = &kept.item;
                    json!({ "MaHoSo": item["MaHoSo"], "TrangThaiHoSo": item["TrangThaiHoSo"] })
                });
                return json!({ "error_code": "00", "result": Vec::from_iter(found) });
            }
            Some("DongBoHoSoMC") => {
                let updating = match body["isUpdating"].as_str() {
                    Some("True") => true,
                    Some("False") => false,
                    Some(_) | None => return refused("-1"),
                };
                data.into_iter().map(|item| self.put(updating, item, refuse)).collect()
            }
            Some(feedback::ASKED) => {
                self.counts.look_ups += 1;
                let answers = self.feedback.asked(body["cauhoiid"].as_str().unwrap_or_default());
                return json!({ "error_code": 0, "result": answers });
            }
            Some(service @ (feedback::ANSWERS | feedback::PROGRESS)) => {
                let told = |item: &Value| {
                    let (name, number) = named(item);
                    let refused = refuse.filter(|fault| fault.is_about(&number));
                    let code = match refused {
                        Some(fault) => fault.code.as_deref().unwrap_or("-9"),
                        None => self.feedback.take(service, item).err().unwrap_or("0"),
                    };
                    receipt_of(name, &number, code)
                };
                data.iter().map(told).collect()
            }
            Some("CapNhatTienDoHoSoMC") => {
                data.into_iter().map(|step| self.step(step, refuse)).collect()
            }
            Some(_) | None => return refused(NO_SERVICE),
        };
        let bad = receipts.iter().filter(|receipt| receipt["error_code"] != "0");
        self.counts.refused += bad.clone().count() as u64;
        let whole = match bad.clone().next() {
            Some(first) if bad.count() == receipts.len() => first["error_code"].clone(),
            Some(_) | None => "0".into(),
        };
        json!({ "error_code": whole, "message": "", "result": receipts })
    }

    fn put(&mut self, updating: bool, item: Value, refuse: Option<&Fault>) -> Value {
        let code = item["MaHoSo"].as_str().unwrap_or_default().to_owned();
        let known = self.dossiers.contains_key(&code);
        let verdict = match items::dossier(&item) {
            Err(flaw) => flaw,
            Ok(()) if refuse.is_some_and(|fault| fault.is_about(&code)) => {
                return receipt(
                    &code,
                    refuse.and_then(|fault| fault.code.as_deref()).unwrap_or("-9"),
                );
            }
            Ok(()) if known && !updating => KNOWN,
            Ok(()) if !known && updating => UNKNOWN,
            Ok(()) => {
                let steps = self.dossiers.remove(&code).map(|kept| kept.steps).unwrap_or_default();
                self.dossiers.insert(code.clone(), Kept { item, steps });
                self.counts.puts += 1;
                "0"
            }
        };
        receipt(&code, verdict)
    }

    fn step(&mut self, step: Value, refuse: Option<&Fault>) -> Value {
        let code = step["MaHoSo"].as_str().unwrap_or_default().to_owned();
        if refuse.is_some_and(|fault| fault.is_about(&code)) {
            return receipt(&code, refuse.and_then(|fault| fault.code.as_deref()).unwrap_or("-9"));
        }
        let verdict = match (items::step(&step), self.dossiers.get_mut(&code)) {
            (Err(flaw), _) => flaw,
            (Ok(()), None) => UNKNOWN,
            (Ok(()), Some(kept)) if kept.steps.contains(&step) => {
                self.counts.repeated += 1;
                "0"
            }
            (Ok(()), Some(kept)) => {
                let at = |step: &Value| step["ThoiDiemXuLy"].as_str().map(str::to_owned);
                if kept.steps.last().is_some_and(|last| at(last) > at(&step)) {
                    self.counts.disorders += 1;
                }
                kept.steps.push(step);
                self.counts.steps += 1;
                "0"
            }
        };
        receipt(&code, verdict)
    }
}

impl Handler for Portal {
    async fn handle(&self, request: Request) -> Result<Answer, Dropped> {
        if let Some(number) = request.path.strip_prefix("/feedback/") {
            return Ok(self.on_feedback(&request.method, number));
        }
        let named = request.path.strip_prefix("/dossiers/");
        Ok(match (&request.method, request.path.as_str(), named) {
            (&Method::POST, "/session" | "/call" | "/SynsTTHCC/DongBoHoSoMC", _) => {
                return self.met(&request).await;
            }
            (&Method::GET, _, Some(code)) => {
                self.dossier(code).map_or_else(Answer::not_found, |kept| Answer::ok(&kept))
            }
            (&Method::DELETE, _, Some(code)) => {
                self.lose(code);
                Answer::ok(&json!({}))
            }
            (&Method::GET, "/dossiers", _) => Answer::ok(&self.listed()),
            (&Method::GET, "/counts", _) => Answer::ok(&json!(self.counts())),
            (&Method::GET, "/health", _) => Answer::ok(&json!({ "status": "ok" })),
            (&Method::PUT, "/fault", _) => self.state().faults.put(&request.body),
            (&Method::DELETE, "/fault", _) => {
                self.mend();
                Answer::ok(&json!({}))
            }
            (&Method::DELETE, "/dossiers", _) => {
                *self.state() = State::default();
                Answer::ok(&json!({}))
            }
            (_, _, _) => Answer::not_found(),
        })
    }
}
