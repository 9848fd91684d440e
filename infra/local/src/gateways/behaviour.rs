//! How the next requests are met, as `PUT /behaviour` asks.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use url::Url;

use super::sandbox;
use super::vendor::{GatewayName, canonical_phone};

/// What this server cannot do.
#[derive(Debug, thiserror::Error)]
pub enum BadBehaviour {
    /// The document is none of ours.
    #[error("{0}")]
    Unreadable(#[from] serde_json::Error),
    /// Nothing that this process knows about citizens may leave the machine.
    #[error("reports go to loopback only")]
    NotLoopback,
    /// The gateway has no delivery reports.
    #[error("only zalo and esms report deliveries")]
    NoReports,
}

/// What happens to a request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Mode {
    /// Acts and answers.
    #[default]
    Ok,
    /// Acts, and answers after a delay.
    Slow,
    /// Neither acts nor answers.
    Hang,
    /// Closes the connection without acting.
    DropBefore,
    /// Acts, then closes the connection.
    DropAfter,
    /// Neither acts nor says why.
    #[serde(rename = "http-500")]
    Http500,
    /// Turns the request away unread: too many.
    #[serde(rename = "http-429")]
    Http429,
    /// Turns the request away unread: not now.
    #[serde(rename = "http-503")]
    Http503,
}

/// How the next requests are met: for one phone or all, for some times or until changed.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Behaviour {
    gateway: GatewayName,
    phone: Option<String>,
    /// The vendor's code with which the request is refused.
    code: Option<i64>,
    #[serde(default)]
    mode: Mode,
    delay_ms: Option<u64>,
    times: Option<u32>,
    retry_after: Option<String>,
}

impl Behaviour {
    /// Acts and answers at once.
    pub(super) fn usual(gateway: GatewayName) -> Self {
        Self {
            gateway,
            phone: None,
            code: None,
            mode: Mode::Ok,
            delay_ms: None,
            times: None,
            retry_after: None,
        }
    }

    /// The same, refusing the request with the vendor's code.
    pub(super) fn refusing(self, code: i64) -> Self {
        Self { code: Some(code), ..self }
    }

    /// The same, meeting the request in this mode.
    pub(super) fn in_mode(self, mode: Mode) -> Self {
        Self { mode, ..self }
    }

    /// The code with which the request is refused, if any.
    pub(super) fn code(&self) -> Option<i64> {
        self.code.filter(|code| *code != 0)
    }

    /// What happens to the request.
    pub(super) fn mode(&self) -> Mode {
        self.mode
    }

    /// How long the answer waits; how long a hanging request waits for its client to leave.
    pub(super) fn delay(&self) -> Duration {
        let usual = match self.mode {
            Mode::Slow => 3_000,
            Mode::Hang => 120_000,
            Mode::Ok
            | Mode::DropBefore
            | Mode::DropAfter
            | Mode::Http500
            | Mode::Http429
            | Mode::Http503 => 0,
        };
        Duration::from_millis(self.delay_ms.unwrap_or(usual))
    }

    /// When to come back, as the header says it: seconds, or a date.
    pub(super) fn retry_after(&self) -> Option<&str> {
        self.retry_after.as_deref()
    }

    fn meets(&self, gateway: GatewayName, phone: &str) -> bool {
        let is_for = self.phone.as_deref().is_none_or(|wanted| wanted == phone);
        self.gateway == gateway && is_for && self.times != Some(0)
    }
}

/// What a report says became of the message.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Outcome {
    /// It arrived.
    #[default]
    Delivered,
    /// It did not.
    Failed,
}

/// Where delivery reports go and how badly. No address, no reports.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct Reports {
    /// The address; empty for no reports.
    pub(super) url: String,
    /// How long after the message they go, in milliseconds.
    pub(super) delay_ms: u64,
    /// More than one copy: both vendors repeat a report whose answer was late.
    pub(super) copies: usize,
    /// eSMS `SendStatus`, in the order sent: 7, 5 is "waiting, then done", 5, 7 the same out of
    /// order.
    pub(super) statuses: Vec<u8>,
    /// What the reports say became of the message.
    pub(super) outcome: Outcome,
    /// Holds back this many messages' reports and sends the newest first.
    pub(super) reverse_every: usize,
    /// Before each true report comes one that somebody else made up: another message's end, without
    /// our secrets.
    pub(super) forged: bool,
}

impl Default for Reports {
    fn default() -> Self {
        Self {
            url: String::new(),
            delay_ms: 0,
            copies: 1,
            statuses: vec![5],
            outcome: Outcome::Delivered,
            reverse_every: 1,
            forged: false,
        }
    }
}

impl Reports {
    /// Ordinary reports to `url`; none for an empty one.
    ///
    /// # Errors
    /// If the address is not on this machine.
    pub(super) fn to(url: &str) -> Result<Self, BadBehaviour> {
        Self { url: url.to_owned(), ..Self::default() }.checked()
    }

    fn checked(self) -> Result<Self, BadBehaviour> {
        let url = Url::parse(&self.url).ok();
        let host = url.as_ref().and_then(Url::host_str);
        let is_near = host.is_some_and(|host| ["127.0.0.1", "localhost", "[::1]"].contains(&host));
        let is_off = self.url.is_empty();
        if is_off || is_near { Ok(self) } else { Err(BadBehaviour::NotLoopback) }
    }
}

/// The second form of `PUT /behaviour`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ReportsRule {
    gateway: GatewayName,
    phone: Option<String>,
    reports: Reports,
}

/// The rules in force: one phone's before everybody's, the newest before the older.
#[derive(Debug, Default)]
pub(super) struct Conduct {
    started_with: Vec<(GatewayName, Reports)>,
    rules: Vec<Behaviour>,
    reports: BTreeMap<(GatewayName, Option<String>), Reports>,
}

impl Conduct {
    /// The conduct with these reports at the start.
    pub(super) fn new(started_with: Vec<(GatewayName, Reports)>) -> Self {
        let mut conduct = Self { started_with, ..Self::default() };
        conduct.reset();
        conduct
    }

    /// Back to answering at once, as started.
    pub(super) fn reset(&mut self) {
        self.rules.clear();
        let started_with = self.started_with.iter().cloned();
        self.reports = started_with.map(|(gateway, reports)| ((gateway, None), reports)).collect();
    }

    /// Puts one rule more into force.
    ///
    /// # Errors
    /// If the document asks for what this server cannot do.
    pub(super) fn put(&mut self, document: &Value) -> Result<(), BadBehaviour> {
        if document.get("reports").is_some() {
            let rule = ReportsRule::deserialize(document)?;
            if !matches!(rule.gateway, GatewayName::Zalo | GatewayName::Esms) {
                return Err(BadBehaviour::NoReports);
            }
            let phone = rule.phone.as_deref().map(canonical_phone);
            self.reports.insert((rule.gateway, phone), rule.reports.checked()?);
            return Ok(());
        }
        let mut rule = Behaviour::deserialize(document)?;
        rule.phone = rule.phone.as_deref().map(canonical_phone);
        self.rules.insert(0, rule);
        Ok(())
    }

    /// How the request that has come is met; one of the rule's times is used up.
    pub(super) fn take(&mut self, gateway: GatewayName, phone: &str) -> Behaviour {
        let met = self.rules.iter_mut().filter(|rule| rule.meets(gateway, phone));
        // The first of the smallest: of one phone's, or of everybody's, the newest.
        let Some(rule) = met.min_by_key(|rule| rule.phone.is_none()) else {
            return sandbox::met(gateway, phone).unwrap_or_else(|| Behaviour::usual(gateway));
        };
        rule.times = rule.times.map(|times| times - 1);
        rule.clone()
    }

    /// Where the reports about a message go.
    pub(super) fn reports(&self, gateway: GatewayName, phone: &str) -> Reports {
        if let Some(own) = self.reports.get(&(gateway, Some(phone.to_owned()))) {
            return own.clone();
        }
        let all = self.reports.get(&(gateway, None)).cloned().unwrap_or_default();
        sandbox::reported(phone, all)
    }

    /// The rules as they are shown.
    pub(super) fn shown(&self) -> Value {
        let reports = self.reports.iter().map(|((gateway, phone), reports)| {
            let mut shown = json!(reports);
            shown["gateway"] = json!(gateway);
            shown["phone"] = json!(phone);
            shown
        });
        json!({ "rules": self.rules, "reports": reports.collect::<Vec<_>>() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(documents: &[Value]) -> Conduct {
        let mut conduct = Conduct::default();
        for document in documents {
            conduct.put(document).unwrap();
        }
        conduct
    }

    #[test]
    fn one_phone_s_rule_goes_before_everybody_s_and_the_newest_before_the_older() {
        let mut conduct = with(&[
            json!({ "gateway": "zalo", "phone": "0912345678", "code": -118 }),
            json!({ "gateway": "zalo", "phone": "0912345678", "code": -119 }),
            json!({ "gateway": "zalo", "code": -100 }),
        ]);
        let mut code = |phone| conduct.take(GatewayName::Zalo, phone).code();
        assert_eq!((code("84912345678"), code("84987654321")), (Some(-119), Some(-100)));
    }

    #[test]
    fn a_rule_for_some_times_ends_with_them() {
        let rule = json!({ "gateway": "esms", "mode": "http-503", "times": 2 });
        let mut conduct = with(&[rule]);
        let modes = [(); 3].map(|()| conduct.take(GatewayName::Esms, "").mode());
        assert_eq!(modes, [Mode::Http503, Mode::Http503, Mode::Ok]);
    }

    #[test]
    fn reports_go_to_loopback_only_and_only_from_gateways_that_have_them() {
        let mut conduct = Conduct::default();
        let mut put = |gateway: &str, url: &str| {
            conduct.put(&json!({ "gateway": gateway, "reports": { "url": url } }))
        };
        assert!(put("zalo", "http://localhost:1/x").is_ok() && put("esms", "").is_ok());
        let away = put("zalo", "https://example.com/x");
        assert!(matches!(away, Err(BadBehaviour::NotLoopback)));
        assert!(matches!(put("vnpt", "http://localhost:1"), Err(BadBehaviour::NoReports)));
    }
}
