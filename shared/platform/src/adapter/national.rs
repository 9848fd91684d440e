//! The systems that must have dossiers of ours: the national portal's adapter, a province's service
//! bus, which takes the same items by another door, the public post, which gets orders, and
//! subscribers, which take the entries of histories.

mod dvcqg;
mod feedback;
mod history_entry;
mod item;
mod lgsp;
mod public;
mod session;
mod subscribers;
mod vnpost;

use std::time::Duration;

use domain::delivery::{Protocol, System};
use domain::dossier::HistoryEntry;
use domain::id::DossierCode;
use serde_json::Value;

pub use dvcqg::{Dvcqg, DvcqgSettings};
pub use history_entry::DOSSIER_ENTRY;
pub use item::{item, step};
pub use lgsp::{Lgsp, LgspSettings};
pub use public::{client, is_public};
pub use subscribers::{SubscriberSettings, Subscribers, WebhookHosts};
pub use vnpost::{Vnpost, VnpostSettings};

use super::gateway::{exchange, http_client};
use crate::Failure;
use crate::port::{Case, CaseSystems, Found, Receipts, Trouble, Verdict};

crate::settings! {
    /// The deployment's accounts with the systems that must have our dossiers; it may have none.
    pub struct NationalSettings {
        /// The time for one exchange.
        timeout: Duration = "NATIONAL_TIMEOUT_MS",
        /// The account with the national portal's adapter.
        dvcqg: Option<DvcqgSettings>,
        /// The account with a service bus.
        lgsp: Option<LgspSettings>,
        /// The account with the public post.
        vnpost: Option<VnpostSettings>,
    }
}

/// All of these systems, each where the deployment has an account.
#[derive(Debug, Default)]
pub struct NationalSystems {
    dvcqg: Option<Dvcqg>,
    lgsp: Option<Lgsp>,
    vnpost: Option<Vnpost>,
    subscribers: Option<Subscribers>,
}

impl NationalSystems {
    /// The systems with which the deployment has accounts.
    pub fn open(settings: NationalSettings) -> Result<Self, Failure> {
        let NationalSettings { timeout, dvcqg, lgsp, vnpost } = settings;
        let http = http_client(timeout)?;
        Ok(Self {
            dvcqg: dvcqg.map(|account| Dvcqg::new(http.clone(), account)),
            lgsp: lgsp.map(|account| Lgsp::new(http.clone(), account)),
            vnpost: vnpost.map(|account| Vnpost::new(http, account)),
            subscribers: None,
        })
    }

    /// The same with `subscribers` beside them.
    #[must_use]
    pub fn with(self, subscribers: Subscribers) -> Self {
        Self { subscribers: Some(subscribers), ..self }
    }

    /// The first of these alone, over this client.
    pub fn portal(http: reqwest::Client, account: DvcqgSettings) -> Self {
        Self { dvcqg: Some(Dvcqg::new(http, account)), ..Self::default() }
    }

    /// The second of these alone, over this client.
    pub fn bus(http: reqwest::Client, account: LgspSettings) -> Self {
        Self { lgsp: Some(Lgsp::new(http, account)), ..Self::default() }
    }
}

/// That nobody is asked, since there is no account.
fn no_account() -> Trouble {
    Trouble::Unavailable { code: "no-account".to_owned(), retry_after: None }
}

/// Which systems a deployment can reach.
#[derive(Debug, Clone, Default)]
pub struct Connected {
    /// The national portal's adapter.
    pub dvcqg: bool,
    /// A province's service bus.
    pub lgsp: bool,
    /// The public post, where the deployment has an account.
    pub vnpost: bool,
    /// Subscribers, with the hosts of their webhooks; none where they are not told.
    pub subscribers: Option<WebhookHosts>,
}

impl Connected {
    /// Whether the deployment has what it takes to reach `system`.
    pub fn has(&self, system: &System) -> bool {
        let subscriber = || self.subscribers.as_ref().is_some_and(|hosts| hosts.reach(system));
        is_reached(system, (self.dvcqg, self.lgsp, self.vnpost), subscriber)
    }
}

/// Whether `system` is reached where there is an account with the portal, with a bus, with the post,
/// or where it is such a subscriber.
fn is_reached(
    system: &System,
    (dvcqg, lgsp, vnpost): (bool, bool, bool),
    subscriber: impl FnOnce() -> bool,
) -> bool {
    match system.protocol {
        Protocol::Dvcqg => dvcqg,
        Protocol::Lgsp => lgsp,
        Protocol::Vnpost => vnpost,
        Protocol::Queue | Protocol::Webhook => subscriber(),
    }
}

impl CaseSystems for NationalSystems {
    fn has(&self, system: &System) -> bool {
        let subscriber = || self.subscribers.as_ref().is_some_and(|known| known.has(system));
        let accounts = (self.dvcqg.is_some(), self.lgsp.is_some(), self.vnpost.is_some());
        is_reached(system, accounts, subscriber)
    }

    async fn look_up(&self, system: &System, case: Case<'_>) -> Result<Found, Trouble> {
        let code = &case.dossier.code;
        match system.protocol {
            Protocol::Dvcqg => self.dvcqg.as_ref().ok_or_else(no_account)?.look_up(code).await,
            Protocol::Vnpost => {
                self.vnpost.as_ref().ok_or_else(no_account)?.look_up(system, case).await
            }
            Protocol::Lgsp | Protocol::Queue | Protocol::Webhook => Ok(Found::NotAsked),
        }
    }

    async fn put(
        &self,
        system: &System,
        known: bool,
        cases: &[Case<'_>],
    ) -> Result<Receipts, Trouble> {
        match system.protocol {
            Protocol::Dvcqg => self.dvcqg.as_ref().ok_or_else(no_account)?.put(known, cases).await,
            Protocol::Lgsp => self.lgsp.as_ref().ok_or_else(no_account)?.put(known, cases).await,
            Protocol::Vnpost => {
                self.vnpost.as_ref().ok_or_else(no_account)?.put(system, known, cases).await
            }
            // A subscriber gets no dossier, only what happened to it.
            Protocol::Queue | Protocol::Webhook => Ok(cases.iter().map(|_| Ok(())).collect()),
        }
    }

    async fn progress(
        &self,
        system: &System,
        steps: &[(Case<'_>, &HistoryEntry)],
    ) -> Result<Receipts, Trouble> {
        match system.protocol {
            Protocol::Dvcqg => self.dvcqg.as_ref().ok_or_else(no_account)?.progress(steps).await,
            // They have no such call: the status travels with the dossier, the result with its order.
            Protocol::Lgsp | Protocol::Vnpost => Ok(steps.iter().map(|_| Ok(())).collect()),
            Protocol::Queue | Protocol::Webhook => {
                self.subscribers.as_ref().ok_or_else(no_account)?.tell(system, steps).await
            }
        }
    }
}

/// Sends one request and says why there is no answer to read.
async fn asked(request: reqwest::RequestBuilder) -> Result<Value, Trouble> {
    exchange(request).await.map_err(trouble_of)
}

/// What is wrong where an exchange had no answer to read.
pub(super) fn trouble_of(verdict: Verdict) -> Trouble {
    match verdict {
        Verdict::NotTaken { instead, retry_after } => {
            // It read the request, and it is the request that is wrong.
            if ["http-400", "http-413", "http-422"].contains(&instead.as_str()) {
                Trouble::Refused { code: instead }
            } else {
                Trouble::Unavailable { code: instead, retry_after }
            }
        }
        Verdict::Unknown { instead } => Trouble::Unavailable { code: instead, retry_after: None },
        // No exchange ends so: these are what a gateway says in its answer.
        Verdict::Accepted { .. } | Verdict::Declined { .. } => no_account(),
    }
}

/// The `error_code` of an answer or of one of its items; none where there is none.
fn code_of(answer: &Value) -> Option<String> {
    text_of(answer.get("error_code")?)
}

/// A code or number, which vendors write as text or as a number.
fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(code) => Some(code.trim().to_owned()),
        Value::Number(code) => Some(code.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Whether `code` says that all is well.
fn is_success(code: &str) -> bool {
    !code.is_empty() && code.bytes().all(|byte| byte == b'0')
}

/// What became of each of the dossiers `sent`, in their order, by an `answer` that may list
/// receipts.
fn receipts(answer: &Value, sent: &[&DossierCode]) -> Result<Receipts, Trouble> {
    receipts_by("MaHoSo", answer, &sent.iter().map(|code| code.as_str()).collect::<Vec<_>>())
}

/// The same of what is named by `name`.
///
/// Where it lists any, one without a receipt was not taken, whatever the answer as a whole says: a
/// receipt that matches nothing, and one that is missing, are no acknowledgement.
fn receipts_by(name: &str, answer: &Value, sent: &[&str]) -> Result<Receipts, Trouble> {
    let Some(whole) = code_of(answer) else {
        return Err(Trouble::Unavailable { code: "no-code".to_owned(), retry_after: None });
    };
    let listed: Vec<(String, String)> = answer
        .get("result")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|item| Some((text_of(item.get(name)?)?, code_of(item)?)))
        .collect();
    if listed.is_empty() {
        return if is_success(&whole) {
            Ok(sent.iter().map(|_| Ok(())).collect())
        } else {
            Err(Trouble::Refused { code: whole })
        };
    }
    let strangers =
        listed.iter().filter(|(code, _)| sent.iter().all(|ours| *ours != code.as_str()));
    let strangers = strangers.count();
    if strangers > 0 {
        tracing::warn!(strangers, "receipts of what was not sent");
    }
    let mut left = listed;
    let each = sent.iter().map(|ours| {
        // One receipt for each item: a dossier with several has several, in their order.
        match left.iter().position(|(code, _)| code == ours) {
            Some(place) => {
                let (_, code) = left.remove(place);
                if is_success(&code) { Ok(()) } else { Err(code) }
            }
            None => Err("no-receipt".to_owned()),
        }
    });
    Ok(each.collect())
}
