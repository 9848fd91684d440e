//! Stand-ins for the message gateways, in one process on loopback.
//!
//! They answer as the vendors document, a file for each: every refusal comes with HTTP 200 and a code
//! in the body, and "accepted" does not mean "delivered".
//!
//! ```text
//! POST   /zalo/message/template                                      ZNS template message
//! POST   /zalo-login/v4/oa/access_token                              renewal of the account's tokens
//! POST   /speedsms/index.php/sms/send, /vnpt                         brandname SMS
//! POST   /esms/MainService.svc/json/SendMultipleMessage_V4_post_json/ customer-care SMS
//! GET    /messages   ?tracking= &phone= &gateway= &outcome= &limit=  what was received, and all counts
//! DELETE /messages                                                   a fresh day: nothing is known
//! POST   /zalo-oa/v3.0/oa/message/cs                                 what the official account answers
//! POST   /written   {"url", "from", "shortCode"?, "text", "id", "forged"?}  somebody writes to us
//! PUT    /behaviour  {"gateway", "phone"?, "code"?, "mode"?, "delayMs"?, "times"?, "retryAfter"?}
//! PUT    /behaviour  {"gateway", "phone"?, "reports": {"url", "delayMs"?, "copies"?, "statuses"?,
//!                     "outcome"?, "reverseEvery"?, "forged"?}}
//! DELETE /behaviour                                                  back to answering at once
//! GET    /behaviour, /health
//! ```
//!
//! There is no night rule by the clock (-133): a demonstration played at night shows the same as by
//! day; set the code to see it.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use hyper::body::Bytes;
use hyper::header::{HeaderMap, HeaderValue, RETRY_AFTER};
use hyper::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::http::{Answer, Dropped, Handler, Request};

mod behaviour;
mod esms;
mod ledger;
mod memory;
mod report;
mod sandbox;
mod speedsms;
mod vendor;
mod vnpt;
mod zalo;
mod zalo_login;
mod zalo_oa;

use behaviour::{BadBehaviour, Behaviour, Conduct, Mode, Reports};
use ledger::{Became, Entry, Ledger};
use memory::Memory;
use report::Postman;
use vendor::{GatewayName, Json, Vendor};

const ZALO: &str = "/zalo/message/template";
const ZALO_OA: &str = "/zalo-oa/v3.0/oa/message/cs";
const WRITTEN: &str = "/written";
const ZALO_LOGIN: &str = "/zalo-login/v4/oa/access_token";
const ESMS: &str = "/esms/MainService.svc/json/SendMultipleMessage_V4_post_json/";
const SPEEDSMS: &str = "/speedsms/index.php/sms/send";
const VNPT: &str = "/vnpt";

/// The account that the gateways know: keys, secrets and tokens, as the stack's settings have them.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub struct Account {
    zalo_app_id: String,
    zalo_app_secret: String,
    /// What a person brings by signing in; it works once.
    zalo_refresh_token: String,
    /// Taken besides those that were granted: for tests that ask the stand-in themselves.
    zalo_access_token: String,
    zalo_oa_secret: String,
    speedsms_token: String,
    vnpt_api_password: String,
}

/// What the gateways start with.
#[derive(Debug)]
pub struct Settings {
    /// The account that they know.
    pub account: Account,
    /// The names of Zalo's templates; [`registered_templates`] reads them.
    pub templates: BTreeSet<String>,
    /// ZNS messages a day before -144.
    pub daily_quota: u64,
    /// Where tokens and eSMS's RequestIds outlive a restart of the process, as a vendor's do; in the
    /// process alone without it. Messages, counts and reports still to be sent never do.
    pub memory: Option<PathBuf>,
    /// Where Zalo reports deliveries; empty for nowhere.
    pub zalo_webhook_url: String,
    /// Where eSMS does.
    pub esms_callback_url: String,
}

/// Why the gateways cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The memory cannot be read.
    #[error("the memory: {0}")]
    Memory(#[from] io::Error),
    /// Reports cannot go where they should.
    #[error(transparent)]
    Reports(#[from] BadBehaviour),
    /// There is no HTTP client.
    #[error("the HTTP client: {0}")]
    Client(#[from] reqwest::Error),
}

/// The names under which Zalo knows the texts of the catalogue's file. Zalo approves templates one
/// by one (-109 and -131); here those of the file are approved.
///
/// # Errors
/// If the file cannot be read.
pub fn registered_templates(path: &Path) -> io::Result<BTreeSet<String>> {
    let catalogue: Value = serde_json::from_slice(&std::fs::read(path)?)?;
    let mut names = BTreeSet::new();
    registered_in(&catalogue, &mut names);
    Ok(names)
}

/// Adds the names of all templates within `texts`: each text that Zalo sends has its own.
fn registered_in(texts: &Value, names: &mut BTreeSet<String>) {
    match texts {
        Value::Object(fields) => {
            let of_zalo = fields.get("zalo").and_then(Value::as_object);
            let own = of_zalo.into_iter().flat_map(Json::values).filter_map(Value::as_str);
            names.extend(own.map(str::to_owned));
            fields.values().for_each(|inner| registered_in(inner, names));
        }
        Value::Array(items) => items.iter().for_each(|inner| registered_in(inner, names)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// What changes with each request, behind one lock: the counts are exact, also under parallel
/// requests.
struct State {
    vendors: BTreeMap<&'static str, Box<dyn Vendor>>,
    ledger: Ledger,
    conduct: Conduct,
}

impl State {
    /// Writes down what became of a request.
    fn enter(
        &mut self,
        path: &str,
        body: &Bytes,
        outcome: Became,
        answered: bool,
        (code, message_id): (Option<i64>, Option<String>),
    ) -> Option<ledger::Message> {
        let vendor = self.vendors.get(path)?;
        let request = vendor.decode(body).unwrap_or_default();
        Some(self.ledger.enter(Entry {
            gateway: vendor.name(),
            phone: vendor.phone(&request),
            tracking: vendor.tracking(&request),
            outcome,
            code,
            answered,
            message_id,
            request: vendor.without_secrets(request),
        }))
    }
}

/// All gateways.
pub struct Gateways {
    state: Mutex<State>,
    postman: Postman,
}

impl Gateways {
    /// Gateways that know nothing yet but what their memory has.
    ///
    /// # Errors
    /// If the memory cannot be read, or reports would leave the machine.
    pub fn new(settings: Settings) -> Result<Self, StartError> {
        let Settings { account, templates, daily_quota, memory, .. } = settings;
        let memory = Memory::open(memory)?;
        let login = zalo_login::ZaloLogin::new(
            account.zalo_app_id.clone(),
            account.zalo_app_secret,
            account.zalo_refresh_token,
            memory.clone(),
        );
        let tokens = zalo_login::Tokens::new(memory.clone(), account.zalo_access_token);
        let vendors: BTreeMap<&'static str, Box<dyn Vendor>> = [
            (ZALO_OA, Box::new(zalo_oa::ZaloOa::new(tokens.clone())) as Box<dyn Vendor>),
            (ZALO, Box::new(zalo::Zalo::new(templates, daily_quota, tokens))),
            (ZALO_LOGIN, Box::new(login)),
            (ESMS, Box::new(esms::Esms::new(memory))),
            (SPEEDSMS, Box::new(speedsms::SpeedSms::new(&account.speedsms_token))),
            (VNPT, Box::new(vnpt::Vnpt::new(account.vnpt_api_password))),
        ]
        .into();
        let conduct = Conduct::new(vec![
            (GatewayName::Zalo, Reports::to(&settings.zalo_webhook_url)?),
            (GatewayName::Esms, Reports::to(&settings.esms_callback_url)?),
        ]);
        let postman = Postman::new(account.zalo_app_id, account.zalo_oa_secret)?;
        let state = Mutex::new(State { vendors, ledger: Ledger::default(), conduct });
        Ok(Self { state, postman })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How the request is met; none if there is no such door.
    fn behaviour(&self, path: &str, body: &Bytes) -> Option<Behaviour> {
        let mut state = self.state();
        let vendor = state.vendors.get(path)?;
        let phone = vendor.phone(&vendor.decode(body).unwrap_or_default());
        let name = vendor.name();
        Some(state.conduct.take(name, &phone))
    }

    async fn meet(&self, request: &Request) -> Result<Answer, Dropped> {
        let Some(behaviour) = self.behaviour(&request.path, &request.body) else {
            return Ok(Answer::not_found());
        };
        let fail = |outcome, answered| {
            self.state().enter(&request.path, &request.body, outcome, answered, (None, None))
        };
        match behaviour.mode() {
            Mode::Http500 => {
                fail(Became::Failed, true);
                Ok(Answer::last(StatusCode::INTERNAL_SERVER_ERROR))
            }
            Mode::Http429 => {
                fail(Became::Failed, true);
                Ok(turned_away(StatusCode::TOO_MANY_REQUESTS, &behaviour))
            }
            Mode::Http503 => {
                fail(Became::Failed, true);
                Ok(turned_away(StatusCode::SERVICE_UNAVAILABLE, &behaviour))
            }
            Mode::DropBefore => {
                fail(Became::Dropped, false);
                Err(Dropped)
            }
            Mode::Hang => {
                fail(Became::Hung, false);
                // The server drops this when the client leaves before.
                tokio::time::sleep(behaviour.delay()).await;
                Err(Dropped)
            }
            Mode::Ok | Mode::Slow | Mode::DropAfter => {
                let answer = self.act(&request.path, &request.body, &request.headers, &behaviour);
                // A slow gateway has done its work before it answers: whoever stops waiting does
                // not know.
                tokio::time::sleep(behaviour.delay()).await;
                let dropped = behaviour.mode() == Mode::DropAfter;
                if dropped { Err(Dropped) } else { answer.map(|answer| Answer::ok(&answer)) }
            }
        }
    }

    /// The vendor's decision, entered in the ledger; the report follows by itself.
    fn act(
        &self,
        path: &str,
        body: &Bytes,
        headers: &HeaderMap,
        behaviour: &Behaviour,
    ) -> Result<Value, Dropped> {
        let mut state = self.state();
        let answered = behaviour.mode() != Mode::DropAfter;
        let State { vendors, ledger, .. } = &mut *state;
        let vendor = vendors.get_mut(path).ok_or(Dropped)?;
        let before = ledger.accepted(vendor.name());
        let decided = match (behaviour.code(), vendor.decode(body)) {
            (Some(code), _) => Err(vendor::Refused(code)),
            (None, None) => Err(vendor.unreadable(body)),
            (None, Some(request)) => vendor.accept(&request, headers, before),
        };
        let accepted = match decided {
            Ok(accepted) => accepted,
            Err(refused) => {
                let answer = vendor.refused_answer(refused);
                state.enter(path, body, Became::Refused, answered, (Some(refused.0), None));
                return Ok(answer);
            }
        };
        let outcome = if accepted.trial { Became::Trial } else { Became::Accepted };
        let named = (None, Some(accepted.message_id));
        let message = state.enter(path, body, outcome, answered, named).ok_or(Dropped)?;
        let mut reports = state.conduct.reports(message.gateway, &message.phone);
        // eSMS takes the address with each message; a configured one wins, it is the test speaking.
        let callback = message.request.get("CallbackUrl").and_then(Value::as_str);
        if let (true, GatewayName::Esms, Some(url)) =
            (reports.url.is_empty(), message.gateway, callback)
        {
            reports =
                Reports::to(url).map(|to| Reports { url: to.url, ..reports }).unwrap_or_default();
        }
        if !accepted.trial && !reports.url.is_empty() {
            self.postman.report(&message, &reports);
        }
        Ok(accepted.answer)
    }

    /// Passes on what somebody writes; says how we answer the gateway.
    async fn pass_on(&self, body: &Bytes) -> Answer {
        let written = match serde_json::from_slice(body) {
            Ok(written) => written,
            Err(error) => {
                let told = json!({ "error": error.to_string() });
                return Answer::with(StatusCode::BAD_REQUEST, &told);
            }
        };
        match self.postman.pass_on(&written).await {
            Ok((status, body)) => Answer::ok(&json!({ "status": status, "body": body })),
            Err(error) => {
                let told = json!({ "error": error.to_string() });
                Answer::with(StatusCode::BAD_GATEWAY, &told)
            }
        }
    }

    fn forget(&self) {
        let mut state = self.state();
        state.ledger = Ledger::default();
        state.vendors.values_mut().for_each(|vendor| vendor.forget());
        self.postman.forget();
    }

    fn put(&self, body: &Bytes) -> Answer {
        let mut state = self.state();
        let document = serde_json::from_slice::<Value>(body).map_err(BadBehaviour::from);
        match document.and_then(|document| state.conduct.put(&document)) {
            Ok(()) => Answer::ok(&state.conduct.shown()),
            Err(error) => {
                Answer::with(StatusCode::BAD_REQUEST, &json!({ "error": error.to_string() }))
            }
        }
    }
}

fn turned_away(status: StatusCode, behaviour: &Behaviour) -> Answer {
    let answer = Answer::last(status);
    match behaviour.retry_after().map(HeaderValue::from_str) {
        Some(Ok(value)) => answer.and(RETRY_AFTER, value),
        Some(Err(_)) | None => answer,
    }
}

impl Handler for Gateways {
    async fn handle(&self, request: Request) -> Result<Answer, Dropped> {
        if request.method == Method::POST && request.path == WRITTEN {
            return Ok(self.pass_on(&request.body).await);
        }
        if request.method == Method::POST {
            return self.meet(&request).await;
        }
        Ok(match (&request.method, request.path.as_str()) {
            (&Method::GET, "/health") => Answer::ok(&json!({ "status": "ok" })),
            (&Method::GET, "/messages") => Answer::ok(&self.state().ledger.shown(&request.query)),
            (&Method::GET, "/behaviour") => Answer::ok(&self.state().conduct.shown()),
            (&Method::GET, ZALO) => {
                let state = self.state();
                let answer = state.vendors[ZALO].refused_answer(zalo::METHOD_UNSUPPORTED);
                Answer::ok(&answer)
            }
            (&Method::PUT, "/behaviour") => self.put(&request.body),
            (&Method::DELETE, "/messages") => {
                self.forget();
                Answer::ok(&json!({}))
            }
            (&Method::DELETE, "/behaviour") => {
                self.state().conduct.reset();
                Answer::ok(&json!({}))
            }
            (_, _) => Answer::not_found(),
        })
    }
}
