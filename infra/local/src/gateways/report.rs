//! Delivery reports, as Zalo and eSMS send them.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use reqwest::{Client, Request};
use serde_json::json;
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;
use url::Url;

use super::behaviour::{Outcome, Reports};
use super::ledger::Message;
use super::vendor::GatewayName;
use super::zalo_oa::Written;
use crate::hex;

/// eSMS tries five times; Zalo for 12 h, cut short here.
const ATTEMPTS: u32 = 5;

/// Zalo waits about two seconds.
const TIMEOUT: Duration = Duration::from_secs(2);

/// How many reports are under way at once: a vendor does not wait for one before it sends the next.
/// More would only queue in the emulator, past the time that Zalo waits.
const AT_ONCE: usize = 4;

/// The price on eSMS's own sample page, in đồng; a report carries it, nobody is charged.
const ESMS_PRICE_VND: u32 = 850;

/// Sends delivery reports later: those of one message in their order, those of several side by side.
#[derive(Debug, Clone)]
pub(super) struct Postman {
    app_id: String,
    oa_secret: String,
    client: Client,
    held: Arc<Mutex<BTreeMap<GatewayName, Vec<Vec<Request>>>>>,
    under_way: Arc<Semaphore>,
    /// Which day it is: what was to be sent on an earlier one is forgotten.
    day: Arc<AtomicU64>,
}

impl Postman {
    /// A postman who signs as this account.
    pub(super) fn new(app_id: String, oa_secret: String) -> Result<Self, reqwest::Error> {
        Ok(Self {
            app_id,
            oa_secret,
            client: crate::http::client(TIMEOUT)?,
            held: Arc::default(),
            under_way: Arc::new(Semaphore::new(AT_ONCE)),
            day: Arc::default(),
        })
    }

    /// Reports what became of a message. Nothing is sent for a Zalo message that did not arrive:
    /// Zalo has no report of a failure.
    pub(super) fn report(&self, message: &Message, reports: &Reports) {
        let mut requests = Vec::new();
        if reports.forged {
            requests.extend(self.forged(message, reports));
        }
        if message.gateway == GatewayName::Zalo {
            if reports.outcome == Outcome::Delivered {
                requests.extend(self.zalo(message, &reports.url, &self.oa_secret));
            }
        } else {
            let status = |status: &u8| self.esms(message, &reports.url, reports.outcome, *status);
            requests.extend(reports.statuses.iter().filter_map(status));
        }
        let copies =
            (0..reports.copies).flat_map(|_| requests.iter().filter_map(Request::try_clone));
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let waiting = held.entry(message.gateway).or_default();
        waiting.push(copies.collect());
        if waiting.len() >= reports.reverse_every {
            let requests = waiting.drain(..).rev().flatten().collect();
            let delay = Duration::from_millis(reports.delay_ms);
            tokio::spawn(self.clone().send(delay, requests, self.day.load(Ordering::Relaxed)));
        }
    }

    /// Forgets what is still to be sent.
    pub(super) fn forget(&self) {
        self.day.fetch_add(1, Ordering::Relaxed);
        self.held.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    async fn send(self, delay: Duration, requests: Vec<Request>, day: u64) {
        tokio::time::sleep(delay).await;
        for request in requests {
            let again = request.try_clone();
            if !self.arrived(request, day).await
                && let Some(again) = again
            {
                tokio::spawn(self.clone().repeat(again, day));
            }
        }
    }

    async fn repeat(self, request: Request, day: u64) {
        for attempt in 1..ATTEMPTS {
            tokio::time::sleep(Duration::from_millis(500 << (attempt - 1))).await;
            let Some(request) = request.try_clone() else { return };
            if self.arrived(request, day).await {
                return;
            }
        }
    }

    /// Whether the report was taken, or nobody cares any longer.
    async fn arrived(&self, request: Request, day: u64) -> bool {
        let Ok(_permit) = self.under_way.acquire().await else { return true };
        if self.day.load(Ordering::Relaxed) != day {
            return true;
        }
        let answer = self.client.execute(request).await;
        answer.is_ok_and(|answer| answer.status() == reqwest::StatusCode::OK)
    }

    /// By somebody who knows the message and the address of the door, and none of the secrets.
    fn forged(&self, message: &Message, reports: &Reports) -> Option<Request> {
        if message.gateway == GatewayName::Zalo {
            return self.zalo(message, &reports.url, "not the secret");
        }
        let (door, _) = reports.url.rsplit_once('/')?;
        self.esms(message, &format!("{door}/not-the-secret"), Outcome::Failed, 5)
    }

    /// Passes on what somebody wrote; the status and the body of what is answered.
    pub(super) async fn pass_on(
        &self,
        written: &Written,
    ) -> Result<(u16, serde_json::Value), reqwest::Error> {
        let (body, timestamp) = written.body(&self.app_id);
        let secret = if written.forged { "not the secret" } else { &self.oa_secret };
        let mut request = self.client.post(&written.url).header("content-type", "application/json");
        if written.short_code.is_none() {
            let mac = Sha256::digest(format!("{}{body}{timestamp}{secret}", self.app_id));
            request = request.header("x-zevent-signature", format!("mac={}", hex(&mac)));
        }
        let answer = request.body(body).send().await?;
        let status = answer.status().as_u16();
        Ok((status, answer.json().await.unwrap_or_default()))
    }

    fn zalo(&self, message: &Message, url: &str, secret: &str) -> Option<Request> {
        let timestamp = Timestamp::now().as_millisecond().to_string();
        let recipient: String = hex(&Sha256::digest(&message.phone)).chars().take(19).collect();
        let body = json!({
            "event_name": "user_received_message",
            "app_id": self.app_id,
            "sender": { "id": "oa-stand-in" },
            "recipient": { "id": recipient },
            "message": {
                "delivery_time": timestamp,
                "msg_id": message.message_id,
                "tracking_id": message.tracking,
            },
            "timestamp": timestamp,
        });
        let body = body.to_string();
        // Zalo, webhook: sha256(app_id + raw body + timestamp + OA secret key).
        let mac = Sha256::digest(format!("{}{body}{timestamp}{secret}", self.app_id));
        let request = self.client.post(url).header("content-type", "application/json");
        let signed = request.header("x-zevent-signature", format!("mac={}", hex(&mac)));
        signed.body(body).build().ok()
    }

    /// eSMS: a GET without a signature; 5 is final, then SendSuccess and SendFailed tell which.
    fn esms(&self, message: &Message, url: &str, outcome: Outcome, status: u8) -> Option<Request> {
        let is_final = status == 5;
        let delivered = is_final && outcome == Outcome::Delivered;
        let count = |yes: bool| u8::from(yes).to_string();
        let price = if delivered { ESMS_PRICE_VND } else { 0 };
        let national = message.phone.get(2..).unwrap_or_default();
        let mut url = Url::parse(url).ok()?;
        url.query_pairs_mut()
            .append_pair("SMSID", message.message_id.as_deref().unwrap_or_default())
            .append_pair("SendFailed", &count(is_final && !delivered))
            .append_pair("SendStatus", &status.to_string())
            .append_pair("SendSuccess", &count(delivered))
            .append_pair("TotalPrice", &format!("{price}.0000"))
            .append_pair("TotalReceiver", "1")
            .append_pair("TotalSent", &count(is_final))
            .append_pair("RequestId", &message.tracking)
            .append_pair("TypeId", "2")
            .append_pair("telcoid", "1")
            .append_pair("phonenumber", &format!("0{national}"));
        self.client.get(url).build().ok()
    }
}
