//! A stand-in for the public post (VNPost), in one process on loopback.
//!
//! It takes orders with the fields that are in print, each checked, and one order of a number. Where
//! the calls are, how a token is carried and what `Status` says is nowhere in print: these are ours.
//!
//! ```text
//! POST   /GetToken          {"customerKey", "secretKey"}
//! POST   /GetOrderTracking  {"CustomerCode", "OrderNumber"}
//! POST   /PostOrder         the order
//! GET    /orders            the orders that it has, by number
//! DELETE /orders/{number}   it loses one, and says nothing
//! GET    /counts            how often it was asked for what
//! PUT    /fault  {"mode", "call"?, "about"?, "status"?, "times"?}
//! DELETE /fault             back to answering
//! GET    /health
//! ```

mod fault;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use hyper::header::AUTHORIZATION;
use hyper::{Method, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::faults::Faults;
use crate::http::{Answer, Dropped, Handler, Request};
use fault::{Fault, Mode};

/// It did what it was asked to.
const DONE: &str = "1";
/// It has an order of that number.
const KNOWN: &str = "2";
/// It has no order of that number.
const UNKNOWN: &str = "404";
/// There is no such token, or no such account.
const NOBODY: &str = "401";
/// A field is missing or has the wrong form.
const FLAW: &str = "400";

/// The account that the post knows.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub struct PostAccount {
    vnpost_customer: String,
    vnpost_user: String,
    vnpost_secret: String,
}

impl PostAccount {
    /// The account of tests and of the local stack, with this secret.
    pub fn local(secret: &str) -> Self {
        Self {
            vnpost_customer: "DT0087".to_owned(),
            vnpost_user: "province".to_owned(),
            vnpost_secret: secret.to_owned(),
        }
    }
}

/// How often it was asked for what.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PostCounts {
    /// Calls of any kind, those that met a fault too.
    pub calls: u64,
    /// Tokens that it gave.
    pub tokens: u64,
    /// Orders that it was asked after.
    pub asked_after: u64,
    /// Orders that were sent, those too that it refused.
    pub sent: u64,
    /// Orders that it has.
    pub orders: usize,
}

#[derive(Default)]
struct State {
    tokens: BTreeSet<String>,
    orders: BTreeMap<String, Value>,
    counts: PostCounts,
    faults: Faults<Fault>,
}

/// The post, of one account.
pub struct Post {
    account: PostAccount,
    state: Mutex<State>,
}

fn said(status: &str) -> Value {
    json!({ "Status": status, "Message": if status == DONE { "OK" } else { "Error" } })
}

impl Post {
    /// A post without orders that knows nobody but this account.
    pub fn new(account: PostAccount) -> Self {
        Self { account, state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Meets the next calls as `document` asks, as `PUT /fault` does.
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

    /// Ends every token.
    pub fn expire(&self) {
        self.state().tokens.clear();
    }

    /// Loses an order that it has taken.
    pub fn lose(&self, number: &str) {
        self.state().orders.remove(number);
    }

    /// The orders that it has, by number.
    pub fn orders(&self) -> BTreeMap<String, Value> {
        self.state().orders.clone()
    }

    /// How often it was asked for what.
    pub fn counts(&self) -> PostCounts {
        let state = self.state();
        PostCounts { orders: state.orders.len(), ..state.counts.clone() }
    }

    fn token(&self, body: &Value) -> Value {
        let account = &self.account;
        let known = body["customerKey"] == account.vnpost_user.as_str()
            && body["secretKey"] == account.vnpost_secret.as_str();
        if !known {
            return said(NOBODY);
        }
        let mut state = self.state();
        state.counts.tokens += 1;
        let token = format!("token-{}", state.counts.tokens);
        state.tokens.insert(token.clone());
        json!({ "Status": DONE, "Message": "OK", "Token": token })
    }

    /// Carries a call out.
    fn act(&self, request: &Request, body: &Value) -> Value {
        if request.path == "/GetToken" {
            return self.token(body);
        }
        let carried = request.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let token = carried.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
        let mut state = self.state();
        let ours = body["CustomerCode"] == self.account.vnpost_customer.as_str();
        if !state.tokens.contains(token) || !ours {
            return said(NOBODY);
        }
        let number = body["OrderNumber"].as_str().unwrap_or_default().to_owned();
        let has = state.orders.contains_key(&number);
        if request.path == "/GetOrderTracking" {
            state.counts.asked_after += 1;
            return said(if has { DONE } else { UNKNOWN });
        }
        state.counts.sent += 1;
        if !is_order(body) {
            return said(FLAW);
        }
        if has {
            return said(KNOWN);
        }
        state.orders.insert(number, body.clone());
        said(DONE)
    }

    fn met(&self, request: &Request) -> Result<Answer, Dropped> {
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let fault = {
            let mut state = self.state();
            state.counts.calls += 1;
            state.faults.met(|fault| fault.meets(&request.path, &body))
        };
        let Some(fault) = fault else { return Ok(Answer::ok(&self.act(request, &body))) };
        match fault.mode {
            Mode::Outage => Err(Dropped),
            Mode::Http500 => Ok(Answer::last(StatusCode::INTERNAL_SERVER_ERROR)),
            Mode::Refuse => Ok(Answer::ok(&said(fault.status()))),
            Mode::DropAfter => {
                self.act(request, &body);
                Err(Dropped)
            }
            Mode::Duplicate => {
                self.act(request, &body);
                Ok(Answer::ok(&self.act(request, &body)))
            }
        }
    }
}

/// Whether an order has what the protocol wants of it, letter by letter.
fn is_order(body: &Value) -> bool {
    let filled = |value: &Value| value.as_str().is_some_and(|text| !text.trim().is_empty());
    let texts = |value: &Value, names: &[&str]| names.iter().all(|name| value[*name].is_string());
    let (sender, receiver) = (&body["Sender"], &body["Receiver"]);
    let telephone = |value: &Value| {
        let digits = |text: &str| text.len() >= 9 && text.bytes().all(|byte| byte.is_ascii_digit());
        value.as_str().is_some_and(|text| digits(text.trim_start_matches('+')))
    };
    let wanted = [&body["ItemCode"], &body["OrderNumber"], &body["Description"]];
    let places = [sender, receiver].into_iter().all(|place| {
        let named = ["Name", "Address", "Province"].iter().all(|name| filled(&place[*name]));
        named && telephone(&place["Tel"]) && texts(place, &["District", "Email"])
    });
    wanted.into_iter().all(filled)
        && places
        && sender["Desc"].is_string()
        && body["CODAmount"].is_u64()
        && body["FlagConfig"] == 2
}

impl Handler for Post {
    async fn handle(&self, request: Request) -> Result<Answer, Dropped> {
        let named = request.path.strip_prefix("/orders/");
        Ok(match (&request.method, request.path.as_str(), named) {
            (&Method::POST, "/GetToken" | "/GetOrderTracking" | "/PostOrder", _) => {
                return self.met(&request);
            }
            (&Method::GET, "/orders", _) => Answer::ok(&json!(self.orders())),
            (&Method::DELETE, _, Some(number)) => {
                self.lose(number);
                Answer::ok(&json!({}))
            }
            (&Method::GET, "/counts", _) => Answer::ok(&json!(self.counts())),
            (&Method::GET, "/health", _) => Answer::ok(&json!({ "status": "ok" })),
            (&Method::PUT, "/fault", _) => self.state().faults.put(&request.body),
            (&Method::DELETE, "/fault", _) => {
                self.mend();
                Answer::ok(&json!({}))
            }
            (_, _, _) => Answer::not_found(),
        })
    }
}
