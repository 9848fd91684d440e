//! Subscribers: each entry of a history, by ids and codes alone, on an integrator's queue of replies
//! or in a signed request to its webhook.

use std::collections::BTreeSet;
use std::sync::OnceLock;
use std::time::Duration;

use domain::catalogue::Integrator;
use domain::delivery::{Protocol, System, Webhook};
use domain::dossier::HistoryEntry;
use jiff::Timestamp;
use reqwest::{Client, Response, StatusCode};

use super::history_entry::entry_event;
use super::{no_account, public};
use crate::Failure;
use crate::config::Setting;
use crate::gateway::waited;
use crate::port::{Case, Receipts, Trouble};
use crate::seal::SealKey;
use crate::sqs::Replies;
use crate::webhook::{ID, SIGNATURE, TIMESTAMP};

crate::settings! {
    /// What a deployment needs where subscribers are told of changes.
    pub struct SubscriberSettings {
        /// How the addresses of the queues of replies begin; an integrator's name follows.
        replies_url_prefix: String = "REPLIES_URL_PREFIX",
        /// The key from which the secrets of webhooks are made.
        key: SealKey = "EVENTS_KEY",
        /// The hosts that webhooks may be on.
        hosts: WebhookHosts = "WEBHOOK_HOSTS",
        /// The time for one request.
        timeout: Duration = "WEBHOOK_TIMEOUT_MS",
    }
}

/// The hosts that the deployment lets webhooks be on, so that whoever publishes a catalogue cannot
/// have anything sent elsewhere.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WebhookHosts(BTreeSet<String>);

/// Names of hosts in lower case, with commas between them; none of them is no host.
impl Setting for WebhookHosts {
    fn read(text: Option<&str>) -> Option<Self> {
        let names = text.unwrap_or_default().split(',').map(str::trim);
        Some(Self(names.filter(|name| !name.is_empty()).map(str::to_owned).collect()))
    }
}

impl WebhookHosts {
    /// Whether `system` is a subscriber whom a deployment with these hosts can tell of changes.
    pub fn reach(&self, system: &System) -> bool {
        match system.protocol {
            Protocol::Queue => true,
            Protocol::Webhook => {
                let host = system.webhook.as_ref().and_then(Webhook::host);
                host.is_some_and(|host| self.0.contains(&host))
            }
            Protocol::Dvcqg | Protocol::Lgsp | Protocol::Vnpost => false,
        }
    }
}

/// Tells subscribers of changes.
#[derive(Debug)]
pub struct Subscribers {
    replies: Replies,
    key: SealKey,
    hosts: WebhookHosts,
    http: OnceLock<Client>,
    timeout: Duration,
    clock: fn() -> Timestamp,
}

impl Subscribers {
    /// Subscribers as `settings` say, their queues among `replies`; what is signed is signed at the
    /// time by `clock`.
    pub fn new(replies: Replies, settings: SubscriberSettings, clock: fn() -> Timestamp) -> Self {
        let SubscriberSettings { replies_url_prefix: _, key, hosts, timeout } = settings;
        Self { replies, key, hosts, http: OnceLock::new(), timeout, clock }
    }

    /// The same, with webhooks called by this client.
    #[must_use]
    pub fn over(self, http: Client) -> Self {
        Self { http: OnceLock::from(http), ..self }
    }

    pub(super) fn has(&self, system: &System) -> bool {
        self.hosts.reach(system)
    }

    /// Made when it is first needed: most deployments have no webhook.
    fn http(&self) -> Result<&Client, Failure> {
        if let Some(http) = self.http.get() {
            return Ok(http);
        }
        let made = public::client(self.timeout)?;
        Ok(self.http.get_or_init(|| made))
    }

    /// Tells `system` of entries, in this order. Where one fails those before it may have been
    /// taken, and come again under the same ids.
    pub(super) async fn tell(
        &self,
        system: &System,
        steps: &[(Case<'_>, &HistoryEntry)],
    ) -> Result<Receipts, Trouble> {
        let events = steps.iter().map(|(case, entry)| entry_event(system, *case, entry));
        let bodies = events.map(|(id, event)| (id, event.to_string()));
        match (&system.integrator, &system.webhook) {
            (Some(source), _) => {
                let name = Integrator::name_in(source).ok_or_else(no_account)?;
                let bodies: Vec<String> = bodies.map(|(_, body)| body).collect();
                let sent = self.replies.reply_all(name, &bodies).await;
                sent.map_err(|failure| ours("queue", &failure))?;
            }
            (None, Some(webhook)) => {
                for (id, body) in bodies {
                    self.post(system, webhook, (&id, body)).await?;
                }
            }
            (None, None) => return Err(no_account()),
        }
        Ok(steps.iter().map(|_| Ok(())).collect())
    }

    /// Sends one event, signed with every secret whose number the catalogue lists.
    async fn post(
        &self,
        system: &System,
        webhook: &Webhook,
        (id, body): (&str, String),
    ) -> Result<(), Trouble> {
        let now = (self.clock)().as_second();
        let secret = |key: &u32| self.key.subscriber_secret(system.id.as_str(), *key);
        let sign = |key: &u32| secret(key).sign(id, now, body.as_bytes());
        let signatures: Vec<String> = webhook.keys.numbers().iter().map(sign).collect();
        let http = self.http().map_err(|failure| ours("no-client", &failure))?;
        let request = http
            .post(&webhook.url)
            .header("content-type", "application/json")
            .header(ID, id)
            .header(TIMESTAMP, now)
            .header(SIGNATURE, signatures.join(" "))
            .body(body);
        // Of an answer only its status counts: nothing of its body is read.
        read(&request.send().await.map_err(|error| unanswered(&error))?)
    }
}

/// What the status of an answer says.
fn read(answer: &Response) -> Result<(), Trouble> {
    let status = answer.status();
    let code = format!("http-{}", status.as_u16());
    match status {
        taken if taken.is_success() => Ok(()),
        StatusCode::GONE => Err(Trouble::Gone { code }),
        // It read the event, and it is the event that it does not like.
        StatusCode::BAD_REQUEST
        | StatusCode::PAYLOAD_TOO_LARGE
        | StatusCode::UNPROCESSABLE_ENTITY => Err(Trouble::Refused { code }),
        _ => Err(Trouble::Unavailable { code, retry_after: waited(answer) }),
    }
}

/// Why there is no answer, without the address.
fn unanswered(error: &reqwest::Error) -> Trouble {
    let code = if error.is_timeout() {
        "timed-out"
    } else if error.is_connect() || error.is_builder() {
        "unreachable"
    } else {
        "broken-off"
    };
    Trouble::Unavailable { code: code.to_owned(), retry_after: None }
}

/// A failure on our side, for which the subscriber cannot be blamed.
fn ours(code: &str, failure: &Failure) -> Trouble {
    tracing::warn!(failure = failure.chain(), code, "a subscriber could not be told");
    Trouble::Unavailable { code: code.to_owned(), retry_after: None }
}
