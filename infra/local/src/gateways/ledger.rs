//! What was received, and the counts of everything.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

use super::vendor::{GatewayName, Json, canonical_phone};

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Became {
    /// The message is taken.
    Accepted,
    /// The vendor refused it with a code.
    Refused,
    /// It was checked and answered, and reaches nobody.
    Trial,
    /// An answer without a code of the vendor's: `http-…`.
    Failed,
    /// The connection was closed without acting.
    Dropped,
    /// Nobody acted, and nobody answered.
    Hung,
}

impl Became {
    const ALL: [Self; 6] =
        [Self::Accepted, Self::Refused, Self::Trial, Self::Failed, Self::Dropped, Self::Hung];

    fn name(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Refused => "refused",
            Self::Trial => "trial",
            Self::Failed => "failed",
            Self::Dropped => "dropped",
            Self::Hung => "hung",
        }
    }
}

/// One request as it arrived, and what became of it.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Message {
    /// Its place among all of the day, from 1.
    pub(super) seq: usize,
    /// Which gateway received it.
    pub(super) gateway: GatewayName,
    /// When, in UTC, to the millisecond.
    pub(super) received_at: String,
    /// To whom, as `84…`.
    pub(super) phone: String,
    /// The sender's name for it; empty without one.
    pub(super) tracking: String,
    /// What became of it.
    pub(super) outcome: Became,
    /// The code with which it was refused.
    pub(super) code: Option<i64>,
    /// False: the sender never got an answer; together with `accepted` it is the case that must not
    /// be sent again.
    pub(super) answered: bool,
    /// The vendor's name for the message.
    pub(super) message_id: Option<String>,
    /// The request, without its secrets.
    pub(super) request: Json,
}

/// A message before it has its place.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) gateway: GatewayName,
    pub(super) phone: String,
    pub(super) tracking: String,
    pub(super) outcome: Became,
    pub(super) code: Option<i64>,
    pub(super) answered: bool,
    pub(super) message_id: Option<String>,
    pub(super) request: Json,
}

/// Everything that was received on one day.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    messages: Vec<Message>,
    counts: BTreeMap<(GatewayName, Became), u64>,
}

impl Ledger {
    /// How many messages the gateway has taken.
    pub(super) fn accepted(&self, gateway: GatewayName) -> u64 {
        self.count(gateway, Became::Accepted)
    }

    fn count(&self, gateway: GatewayName, outcome: Became) -> u64 {
        self.counts.get(&(gateway, outcome)).copied().unwrap_or(0)
    }

    /// Writes a request down.
    pub(super) fn enter(&mut self, entry: Entry) -> Message {
        let message = Message {
            seq: self.messages.len() + 1,
            gateway: entry.gateway,
            received_at: format!("{:.3}", Timestamp::now()),
            phone: entry.phone,
            tracking: entry.tracking,
            outcome: entry.outcome,
            code: entry.code,
            answered: entry.answered,
            message_id: entry.message_id,
            request: entry.request,
        };
        self.messages.push(message.clone());
        *self.counts.entry((message.gateway, message.outcome)).or_default() += 1;
        message
    }

    /// The messages that `query` asks for, and the counts of all.
    pub(super) fn shown(&self, query: &str) -> Value {
        let pairs = url::form_urlencoded::parse(query.as_bytes());
        let asked: BTreeMap<String, String> = pairs.into_owned().collect();
        let same = |name: &str, found: &str| asked.get(name).is_none_or(|wanted| wanted == found);
        let phone = asked.get("phone").map(|phone| canonical_phone(phone));
        let limit = asked.get("limit").and_then(|limit| limit.parse().ok());
        let is_asked_for = |message: &&Message| {
            same("tracking", &message.tracking)
                && same("gateway", json!(message.gateway).as_str().unwrap_or_default())
                && same("outcome", message.outcome.name())
                && phone.as_ref().is_none_or(|phone| *phone == message.phone)
        };
        let found = self.messages.iter().filter(is_asked_for).take(limit.unwrap_or(usize::MAX));
        let counts: BTreeMap<GatewayName, BTreeMap<&str, u64>> =
            GatewayName::ALL.into_iter().map(|gateway| (gateway, self.tally(gateway))).collect();
        json!({ "counts": counts, "messages": found.collect::<Vec<_>>() })
    }

    fn tally(&self, gateway: GatewayName) -> BTreeMap<&'static str, u64> {
        let mut tally: BTreeMap<&str, u64> = Became::ALL
            .into_iter()
            .map(|outcome| (outcome.name(), self.count(gateway, outcome)))
            .collect();
        let received = tally.values().sum();
        tally.insert("received", received);
        tally
    }
}
