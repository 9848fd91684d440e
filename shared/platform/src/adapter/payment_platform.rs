//! The national payment platform: how a payment is begun, asked after and given back, and how its
//! messages are signed.

use std::time::Duration;

use domain::applicant::Applicant;
use domain::calendar::date_of;
use domain::payment::online::Heard;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::gateway::{exchange, http_client};
use super::national::trouble_of;
use crate::Failure;
use crate::gateway::Address;
use crate::port::{PaymentGateway, PaymentOrder, Trouble};
use crate::wire::hex;

/// The version of the protocol that is spoken (`PhienBan`).
const PROTOCOL: &str = "1.0.6";

/// What the platform calls each state of a payment.
const PAID: &str = "Đã thanh toán";
const CANCELLED: &str = "Hủy thanh toán";
const GIVEN_BACK: &str = "Đã hoàn phí";

crate::settings! {
    /// The account with the national payment platform. Names of fields that no document at hand
    /// confirms are settings.
    pub struct PaymentAccountSettings {
        /// The address of the platform.
        url: Address = "PAYMENT_URL",
        /// The code of our unit at the platform (`MaDoiTac`).
        partner: String = "PAYMENT_PARTNER",
        /// The secret with which both sides sign.
        secret: String = "PAYMENT_SECRET",
        /// The address that we call from, which is signed (`Ip`).
        ip: String = "PAYMENT_IP",
        /// The account that is paid into: its number, holder and bank, divided by `|`.
        account: String = "PAYMENT_ACCOUNT",
        /// The field of the answer that has the payer's address.
        address_field: String = "PAYMENT_ADDRESS_FIELD",
        /// The field of the answer that has the state of a payment.
        state_field: String = "PAYMENT_STATE_FIELD",
        /// The type of the message that asks for a refund, where there is one.
        refund_type: Option<String> = "PAYMENT_REFUND_TYPE",
    }
}

crate::settings! {
    /// How the payment platform is reached; a deployment may have no account with it.
    pub struct PaymentSettings {
        /// The time for one exchange.
        timeout: Duration = "PAYMENT_TIMEOUT_MS",
        /// The account, if there is one.
        account: Option<PaymentAccountSettings>,
    }
}

/// The national payment platform, where the deployment has an account.
pub struct PaymentPlatform {
    http: reqwest::Client,
    account: Option<PaymentAccountSettings>,
}

impl std::fmt::Debug for PaymentPlatform {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PaymentPlatform(***)")
    }
}

/// The SHA-256 of `fields` joined by `|` with the secret behind them.
fn signature(fields: &[&str], secret: &str) -> String {
    hex(Sha256::digest(format!("{}|{secret}", fields.join("|")).as_bytes()))
}

/// `yyyyMMddHHmmss` in Viet Nam, with 24 hours.
fn time_of(now: Timestamp) -> String {
    let zone = TimeZone::fixed(jiff::tz::offset(7));
    now.to_zoned(zone).strftime("%Y%m%d%H%M%S").to_string()
}

/// What an answer says in `field`, text or number.
fn said(answer: &Value, field: &str) -> Option<String> {
    match answer.get(field)? {
        Value::String(text) => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

fn unreadable(what: &str) -> Trouble {
    Trouble::Unavailable { code: what.to_owned(), retry_after: None }
}

impl PaymentPlatform {
    /// The platform by these settings.
    pub fn open(settings: PaymentSettings) -> Result<Self, Failure> {
        let PaymentSettings { timeout, account } = settings;
        Ok(Self { http: http_client(timeout)?, account })
    }

    /// The same over this client.
    pub fn over(http: reqwest::Client, account: PaymentAccountSettings) -> Self {
        Self { http, account: Some(account) }
    }

    fn account(&self) -> Result<&PaymentAccountSettings, Trouble> {
        self.account.as_ref().ok_or_else(|| unreadable("no-account"))
    }

    async fn post(&self, body: &Value) -> Result<Value, Trouble> {
        let request = self.http.post(self.account()?.url.to_string()).json(body);
        exchange(request).await.map_err(trouble_of)
    }
}

impl PaymentAccountSettings {
    /// The message that begins an attempt, signed.
    pub fn init(&self, order: PaymentOrder<'_>) -> Value {
        let PaymentOrder { reference, dossier, demand, catalogue, now } = order;
        let amount = demand.amount_vnd().to_string();
        let (time, partner) = (time_of(now), self.partner.as_str());
        let about = format!("Nop phi le phi ho so {}", dossier.code);
        let ip = self.ip.as_str();
        let signed = [
            "INIT", PROTOCOL, partner, reference, &amount, "PAY", "1", "1", "vi-VN", "VND",
            "PAYMENT", &about, &time, ip,
        ];
        let procedure = catalogue.procedure_of(dossier);
        let name = procedure.map_or("", |procedure| procedure.name.as_str());
        let agency = catalogue.agency(&dossier.agency);
        let agency = agency.map_or("", |agency| agency.name_on(date_of(now)));
        let mut account = self.account.splitn(3, '|');
        let mut part = || account.next().unwrap_or_default().to_owned();
        let (number, holder, bank) = (part(), part(), part());
        let items: Vec<Value> = demand
            .items
            .iter()
            .map(|item| {
                json!({
                    "MaPhiLePhi": item.code, "TenPhiLePhi": item.name,
                    "SoTien": item.amount_vnd.to_string(), "SoLuong": item.quantity.to_string(),
                })
            })
            .collect();
        let payer = |of: fn(&Applicant) -> &str| dossier.applicant.as_ref().map_or("", of);
        json!({
            "LoaiBanTin": "INIT", "PhienBan": PROTOCOL, "MaDoiTac": partner,
            "MaThamChieu": reference, "SoTien": amount, "LoaiHinhThanhToan": "PAY",
            "MaKenhThanhToan": "1", "MaThietBi": "1", "NgonNgu": "vi-VN", "MaTienTe": "VND",
            "MaNganHang": "PAYMENT", "ThongTinGiaoDich": about, "ThoiGianGD": time, "Ip": ip,
            "MaXacThuc": signature(&signed, &self.secret),
            "ThongTinBienLai": {
                "MaTTHC": dossier.procedure.as_str(), "TenTTHC": name,
                "MaDVC": format!("{}.01", dossier.procedure), "TenDVC": name,
                "MaDonVi": dossier.agency.as_str(), "TenDonVi": agency,
                "MaHoSo": dossier.code.as_str(), "TKThuHuong": number, "TenTKThuHuong": holder,
                "MaNHThuHuong": bank, "HoTenNguoiNop": payer(|person| person.full_name.reveal()),
                "SoCMNDNguoiNop": payer(|person| person.id_number.reveal()), "DiaChiNguoiNop": "",
                "NoiDungThanhToan": about, "PhiLePhi": items, "DSKhoanNop": [],
            },
        })
    }

    /// A message about an attempt that there is, signed.
    fn about(&self, kind: &str, reference: &str, now: Timestamp) -> Value {
        let (time, partner) = (time_of(now), self.partner.as_str());
        let signed = [kind, PROTOCOL, partner, reference, &time];
        json!({
            "LoaiBanTin": kind, "PhienBan": PROTOCOL, "MaDoiTac": partner,
            "MaThamChieu": reference, "ThoiGianGD": time,
            "MaXacThuc": signature(&signed, &self.secret),
        })
    }

    /// The state of a payment in an answer to a query.
    fn heard(&self, answer: &Value) -> Result<Heard, Trouble> {
        let code = said(answer, "MaLoi").ok_or_else(|| unreadable("no-code"))?;
        if code != "00" {
            return Err(Trouble::Refused { code });
        }
        let state = said(answer, &self.state_field);
        match state.as_deref() {
            Some(PAID) => {
                let amount = said(answer, "SoTien").and_then(|amount| amount.parse().ok());
                amount.map(Heard::Paid).ok_or_else(|| unreadable("no-amount"))
            }
            Some(CANCELLED) => Ok(Heard::Failed),
            Some(GIVEN_BACK) => Ok(Heard::Refunded),
            // Not paid, or waiting; and whatever else it may say is no payment.
            Some(_) => Ok(Heard::Nothing),
            None => Err(unreadable("no-state")),
        }
    }
}

impl PaymentGateway for PaymentPlatform {
    fn is_offered(&self) -> bool {
        self.account.is_some()
    }

    async fn start(&self, order: PaymentOrder<'_>) -> Result<String, Trouble> {
        let account = self.account()?;
        let answer = self.post(&account.init(order)).await?;
        let code = said(&answer, "error_code").ok_or_else(|| unreadable("no-code"))?;
        if code != "0" {
            return Err(Trouble::Refused { code });
        }
        let address = said(&answer, &account.address_field);
        // The payer's browser goes there: nothing but an encrypted page, or this machine's.
        let address = address.filter(|text| Address::try_from(without_query(text)).is_ok());
        address.ok_or_else(|| unreadable("no-address"))
    }

    async fn query(&self, reference: &str, now: Timestamp) -> Result<Heard, Trouble> {
        let account = self.account()?;
        let answer = self.post(&account.about("GET_BILL", reference, now)).await?;
        let named = said(&answer, "MaThamChieu");
        if named.is_some_and(|named| named != reference) {
            return Err(unreadable("another-reference"));
        }
        account.heard(&answer)
    }

    fn refunds(&self) -> bool {
        self.account.as_ref().is_some_and(|account| account.refund_type.is_some())
    }

    async fn refund(
        &self,
        reference: &str,
        amount_vnd: u64,
        now: Timestamp,
    ) -> Result<(), Trouble> {
        let account = self.account()?;
        let kind = account.refund_type.as_ref().ok_or_else(|| unreadable("no-refunds"))?;
        let mut message = account.about(kind, reference, now);
        message["SoTien"] = amount_vnd.to_string().into();
        let answer = self.post(&message).await?;
        match said(&answer, "MaLoi") {
            Some(code) if code == "00" => Ok(()),
            Some(code) => Err(Trouble::Refused { code }),
            None => Err(unreadable("no-code")),
        }
    }

    fn signed<'a>(&self, data: &'a str, code: &str, claimed: &str) -> Option<&'a str> {
        let account = self.account.as_ref()?;
        let expected = signature(&[data, code], &account.secret);
        let claimed = claimed.to_ascii_lowercase();
        let proven: bool = expected.as_bytes().ct_eq(claimed.as_bytes()).into();
        proven.then_some(data)
    }
}

fn without_query(address: &str) -> &str {
    address.split(['?', '#']).next().unwrap_or(address)
}
