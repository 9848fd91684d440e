//! A stand-in for the national payment platform, in one process on loopback.
//!
//! It takes what the protocol takes and nothing else: each message is signed over its fields, and a
//! name of an attempt is taken once. Fields and codes that no document confirms are ours.
//!
//! ```text
//! POST /api                INIT, GET_BILL, REFUND
//! POST /pay/{reference}    the payer pays: {"amount"?}, what is owed without one
//! POST /give-up/{reference}  the payer goes away
//! ```

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use hyper::{Method, StatusCode};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::hex;
use crate::http::{Answer, Dropped, Handler, Request};

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
}

#[derive(Default)]
struct State {
    bills: BTreeMap<String, Bill>,
    /// So many of the next requests are not answered.
    dropped: u32,
}

/// The platform, of one account.
pub struct PaymentPlatform {
    secret: String,
    state: Mutex<State>,
}

impl PaymentPlatform {
    /// A platform that shares this secret with the account.
    pub fn new(secret: &str) -> Self {
        Self { secret: secret.to_owned(), state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the connections of the next `times` requests without an answer; what they ask for is
    /// done.
    pub fn drop_answers(&self, times: u32) {
        self.state().dropped = times;
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
        fields.is_some_and(|fields| self.signature(&fields) == text("MaXacThuc"))
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
                let bill = Bill { owed, paid: 0, state: "Chờ thanh toán" };
                state.bills.insert(reference.to_owned(), bill);
                let address = format!("http://127.0.0.1/pay/{reference}");
                json!({ "error_code": "0", "urlThanhToan": address })
            }
            (Some("GET_BILL"), Some(bill), _) => json!({
                "MaLoi": "00", "MaThamChieu": reference, "TrangThai": bill.state,
                "SoTien": bill.paid.to_string(),
            }),
            (Some("REFUND"), Some(bill), Some(back)) if back == bill.paid => {
                bill.state = "Đã hoàn phí";
                json!({ "MaLoi": "00" })
            }
            // A name is taken once; what is not known is not asked after.
            _ => json!({ "error_code": "01", "MaLoi": "01" }),
        }
    }
}

impl Handler for PaymentPlatform {
    async fn handle(&self, request: Request) -> Result<Answer, Dropped> {
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let done = |known: bool| {
            let status = if known { StatusCode::NO_CONTENT } else { StatusCode::NOT_FOUND };
            Answer::with(status, &Value::Null)
        };
        let answer = match (&request.method, request.path.as_str()) {
            (&Method::POST, "/api") => Answer::ok(&self.answer(&body)),
            (&Method::POST, path) => match path.strip_prefix("/pay/") {
                Some(reference) => done(self.pay(reference, body["amount"].as_u64())),
                None => match path.strip_prefix("/give-up/") {
                    Some(reference) => done(self.give_up(reference)),
                    None => Answer::not_found(),
                },
            },
            _ => Answer::not_found(),
        };
        let mut state = self.state();
        if state.dropped > 0 {
            state.dropped -= 1;
            return Err(Dropped);
        }
        Ok(answer)
    }
}
