//! A stand-in for the national payment platform, in one process on loopback.
//!
//! It takes what the protocol takes and nothing else: each message is signed over its fields, and a
//! name of an attempt is taken once. Fields and codes that no document confirms are ours.
//!
//! ```text
//! POST   /api                 INIT, GET_BILL, REFUND
//! POST   /pay/{reference}     the payer pays: {"amount"?}, what is owed without one
//! POST   /give-up/{reference} the payer goes away
//! GET    /bills/{reference}   what it knows of an attempt
//! PUT    /fault  {"mode", "message"?, "about"?, "code"?, "times"?, "delayMs"?}
//! GET    /fault               what is wrong today, and how often yet
//! DELETE /fault               back to answering
//! GET    /health
//! ```
//!
//! Who pays or goes away is answered with what their browser brings to our address.

mod fault;

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use hyper::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::faults::Faults;
use crate::hex;
use crate::http::{Answer, Dropped, Handler, Request};
use fault::{Fault, Mode};

/// The fields that are signed of each message, in their order.
const SIGNED: [(&str, &[&str]); 3] = [
    (
        "INIT",
        &[
            "LoaiBanTin",
            "PhienBan",
            "MaDoiTac",
            "MaThamChieu",
            "SoTien",
            "LoaiHinhThanhToan",
            "MaKenhThanhToan",
            "MaThietBi",
            "NgonNgu",
            "MaTienTe",
            "MaNganHang",
            "ThongTinGiaoDich",
            "ThoiGianGD",
            "Ip",
        ],
    ),
    ("GET_BILL", &["LoaiBanTin", "PhienBan", "MaDoiTac", "MaThamChieu", "ThoiGianGD"]),
    ("REFUND", &["LoaiBanTin", "PhienBan", "MaDoiTac", "MaThamChieu", "ThoiGianGD"]),
];

/// What it knows of an attempt.
#[derive(Debug, Clone)]
struct Bill {
    owed: u64,
    paid: u64,
    state: &'static str,
    /// How often it was asked after.
    asked: u64,
}

#[derive(Default)]
struct State {
    bills: BTreeMap<String, Bill>,
    faults: Faults<Fault>,
}

/// The account that the platform knows.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub struct PaymentAccount {
    payment_partner: String,
    payment_secret: String,
}

/// The platform, of one account.
pub struct PaymentPlatform {
    /// Nobody else's messages are taken; none where a test leaves it open.
    partner: Option<String>,
    secret: String,
    /// Where payers find it.
    address: String,
    state: Mutex<State>,
}

impl PaymentPlatform {
    /// A platform that shares this secret with the account.
    pub fn new(secret: &str) -> Self {
        let (partner, address) = (None, "http://127.0.0.1".to_owned());
        Self { partner, secret: secret.to_owned(), address, state: Mutex::default() }
    }

    /// A platform of this account, whose payers find it at `address`.
    pub fn of(account: PaymentAccount, address: &str) -> Self {
        let PaymentAccount { payment_partner, payment_secret: secret } = account;
        let (partner, address) = (Some(payment_partner), address.to_owned());
        Self { partner, secret, address, state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the connections of the next `times` messages without an answer; what they ask for is
    /// done.
    pub fn drop_answers(&self, times: u32) {
        self.state().faults.add(Fault::so_often(Mode::DropAfter, times));
    }

    /// The payer of an attempt pays so many đồng. Whether there is such an attempt.
    pub fn pay(&self, reference: &str, amount: Option<u64>) -> bool {
        let mut state = self.state();
        let Some(bill) = state.bills.get_mut(reference) else { return false };
        bill.paid = amount.unwrap_or(bill.owed);
        bill.state = "Đã thanh toán";
        true
    }

    /// The payer of an attempt goes away. Whether there is such an attempt.
    pub fn give_up(&self, reference: &str) -> bool {
        let mut state = self.state();
        let Some(bill) = state.bills.get_mut(reference) else { return false };
        bill.state = "Hủy thanh toán";
        true
    }

    /// The signature of a return for this attempt.
    pub fn secure_code(&self, data: &str, code: &str) -> String {
        self.signature(&[data, code])
    }

    fn signature(&self, fields: &[&str]) -> String {
        hex(&Sha256::digest(format!("{}|{}", fields.join("|"), self.secret).as_bytes()))
    }

    fn is_signed(&self, message: &Value) -> bool {
        let text = |name: &str| message[name].as_str().unwrap_or_default();
        let row = SIGNED.iter().find(|(kind, _)| *kind == text("LoaiBanTin"));
        let fields =
            row.map(|(_, fields)| fields.iter().map(|name| text(name)).collect::<Vec<_>>());
        let known = self.partner.as_deref().is_none_or(|partner| partner == text("MaDoiTac"));
        known && fields.is_some_and(|fields| self.signature(&fields) == text("MaXacThuc"))
    }

    fn answer(&self, message: &Value) -> Value {
        if !self.is_signed(message) {
            return json!({ "error_code": "97", "MaLoi": "97" });
        }
        let reference = message["MaThamChieu"].as_str().unwrap_or_default();
        let amount = message["SoTien"].as_str().and_then(|text| text.parse::<u64>().ok());
        let mut state = self.state();
        match (message["LoaiBanTin"].as_str(), state.bills.get_mut(reference), amount) {
            (Some("INIT"), None, Some(owed)) => {
                let bill = Bill { owed, paid: 0, state: "Chờ thanh toán", asked: 0 };
                state.bills.insert(reference.to_owned(), bill);
                let address = format!("{}/pay/{reference}", self.address);
                json!({ "error_code": "0", "urlThanhToan": address })
            }
            (Some("GET_BILL"), Some(bill), _) => {
                bill.asked += 1;
                json!({
                    "MaLoi": "00", "MaThamChieu": reference, "TrangThai": bill.state,
                    "SoTien": bill.paid.to_string(),
                })
            }
            (Some("REFUND"), Some(bill), Some(back)) if back == bill.paid => {
                bill.state = "Đã hoàn phí";
                json!({ "MaLoi": "00" })
            }
            // A name is taken once; what is not known is not asked after.
            _ => json!({ "error_code": "01", "MaLoi": "01" }),
        }
    }

    /// What the browser of a payer brings to the address of ours.
    fn way_back(&self, reference: &str, code: &str) -> Answer {
        let secure = self.secure_code(reference, code);
        let back = json!({ "data": reference, "responseCode": code, "secureCode": secure });
        Answer::ok(&back)
    }

    fn bill(&self, reference: &str) -> Answer {
        let state = self.state();
        let Some(bill) = state.bills.get(reference) else { return Answer::not_found() };
        let Bill { owed, paid, state, asked } = bill;
        Answer::ok(&json!({ "owedVnd": owed, "paidVnd": paid, "state": state, "asked": asked }))
    }

    /// A message, as today's faults have it.
    async fn message(&self, message: &Value) -> Result<Answer, Dropped> {
        let fault = self.state().faults.met(|fault| fault.meets(message));
        let Some(fault) = fault else { return Ok(Answer::ok(&self.answer(message))) };
        match fault.mode {
            Mode::Outage => Err(Dropped),
            Mode::Http500 => {
                Ok(Answer::with(StatusCode::INTERNAL_SERVER_ERROR, &json!({ "error": "500" })))
            }
            Mode::WrongCode => {
                let code = fault.code();
                Ok(Answer::ok(&json!({ "error_code": code, "MaLoi": code })))
            }
            Mode::Slow => {
                let answer = self.answer(message);
                tokio::time::sleep(fault.delay()).await;
                Ok(Answer::ok(&answer))
            }
            Mode::DropAfter => {
                self.answer(message);
                Err(Dropped)
            }
            Mode::Lost => {
                let answer = self.answer(message);
                let reference = message["MaThamChieu"].as_str().unwrap_or_default();
                self.state().bills.remove(reference);
                Ok(Answer::ok(&answer))
            }
            Mode::Duplicate => {
                let first = self.answer(message);
                self.answer(message);
                Ok(Answer::ok(&first))
            }
        }
    }
}

impl Handler for PaymentPlatform {
    async fn handle(&self, request: Request) -> Result<Answer, Dropped> {
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let path: Vec<&str> = request.path.trim_start_matches('/').split('/').collect();
        Ok(match (&request.method, path.as_slice()) {
            (&Method::POST, ["api"]) => return self.message(&body).await,
            (&Method::POST, ["pay", reference]) if self.pay(reference, body["amount"].as_u64()) => {
                self.way_back(reference, "00")
            }
            (&Method::POST, ["give-up", reference]) if self.give_up(reference) => {
                self.way_back(reference, "01")
            }
            (&Method::GET, ["bills", reference]) => self.bill(reference),
            (&Method::PUT, ["fault"]) => self.state().faults.put(&request.body),
            (&Method::GET, ["fault"]) => Answer::ok(&json!(self.state().faults)),
            (&Method::DELETE, ["fault"]) => {
                self.state().faults.mend();
                Answer::with(StatusCode::NO_CONTENT, &Value::Null)
            }
            (&Method::GET, ["health"]) => Answer::ok(&json!({})),
            _ => Answer::not_found(),
        })
    }
}
