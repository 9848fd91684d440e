//! Who a province talks to: gateways, the national portal, the payment platform, the hosts of
//! documents, and who issues tokens; each behind the seam, each keeping what it got.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use domain::applicant::Phone;
use domain::delivery::{FeedbackTerms, System};
use domain::dossier::HistoryEntry;
use domain::feedback::ForeignNumber;
use domain::notice::{Notice, Provider};
use domain::payment::online::Heard;
use jiff::{SignedDuration, Timestamp};
use platform::Failure;
use platform::account::Token;
use platform::gateway::Verdict;
use platform::port::Verdict as Brought;
use platform::port::{
    AccountReplies, AccountUser, Case, CaseSystems, DocumentSources, FeedbackSystems, Found,
    MessageGateways, PaymentGateway, PaymentOrder, Receipts, Renewal, TokenIssuer, ToldStep,
    Trouble,
};

use crate::support::seam::Seam;

/// A message that a gateway has taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    pub provider: Provider,
    /// The name of the notice.
    pub name: String,
    /// The gateway's id of it.
    pub message: String,
    pub text: String,
}

/// What everybody outside has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outside {
    /// What phones received.
    pub phones: Vec<Sent>,
    /// What was replied in Zalo.
    pub replies: Vec<String>,
    /// Steps that the portal has, by dossier, each once.
    pub portal: BTreeMap<String, Vec<u64>>,
    /// Answers that the portal has, by the number of the feedback, each as often as it came.
    pub answers: BTreeMap<String, Vec<String>>,
    /// Attempts at the payment platform and what became of them.
    pub attempts: BTreeMap<String, Heard>,
    /// Refresh tokens that work.
    pub tokens: BTreeSet<String>,
    /// Names of messages of which a function could not know that they were taken.
    pub unsure: BTreeSet<String>,
}

/// Everybody outside, behind one seam.
#[derive(Default)]
pub struct Peers {
    pub seam: Seam,
    pub outside: Mutex<Outside>,
    /// What each address of a document gives.
    pub hosts: Mutex<BTreeMap<String, Vec<u8>>>,
}

impl Peers {
    /// What they have now.
    pub fn have(&self) -> Outside {
        self.outside.lock().unwrap().clone()
    }

    /// Makes them have this.
    pub fn restore(&self, outside: &Outside) {
        *self.outside.lock().unwrap() = outside.clone();
    }
}

impl MessageGateways for Peers {
    async fn send(&self, provider: Provider, notice: &Notice, _: &Phone) -> Verdict {
        let message = format!("{}-{}", provider.name(), notice.id);
        let does = || {
            let (name, text) = (notice.id.clone(), notice.sms.clone());
            let sent = Sent { provider, name, message: message.clone(), text };
            self.outside.lock().unwrap().phones.push(sent);
            Verdict::Accepted { message: Some(message.clone()) }
        };
        let lost = |done| match done {
            true => Verdict::Unknown { instead: "broken-off".to_owned() },
            false => Verdict::NotTaken { instead: "unreachable".to_owned(), retry_after: None },
        };
        let called = format!("gateway {}", provider.name());
        let already = !self.outside.lock().unwrap().unsure.insert(notice.id.clone());
        let verdict = self.seam.port(&called, true, does, lost).await;
        let is_known = matches!(verdict, Verdict::Accepted { .. } | Verdict::NotTaken { .. });
        if is_known && !already {
            self.outside.lock().unwrap().unsure.remove(&notice.id);
        }
        verdict
    }

    fn has(&self, provider: Provider) -> bool {
        [Provider::Zalo, Provider::Esms].contains(&provider)
    }
}

impl AccountReplies for Peers {
    async fn reply(&self, _: &AccountUser, text: &str) -> Brought {
        let does = || {
            self.outside.lock().unwrap().replies.push(text.to_owned());
            Brought::Accepted { message: Some("a reply".to_owned()) }
        };
        let lost = |done| match done {
            true => Brought::Unknown { instead: "broken-off".to_owned() },
            false => Brought::NotTaken { instead: "unreachable".to_owned(), retry_after: None },
        };
        self.seam.port("gateway reply", true, does, lost).await
    }
}

fn away(_: bool) -> Trouble {
    Trouble::Unavailable { code: "timed-out".to_owned(), retry_after: None }
}

impl CaseSystems for Peers {
    fn has(&self, system: &System) -> bool {
        system.id.as_str() == "national-portal"
    }

    async fn look_up(&self, _: &System, case: Case<'_>) -> Result<Found, Trouble> {
        let code = &case.dossier.code;
        let does = || {
            let known = self.outside.lock().unwrap().portal.contains_key(code.as_str());
            Ok(if known { Found::Present(None) } else { Found::Absent })
        };
        self.seam.port("portal look-up", false, does, |done| Err(away(done))).await
    }

    async fn put(&self, _: &System, _: bool, cases: &[Case<'_>]) -> Result<Receipts, Trouble> {
        let does = || {
            let mut outside = self.outside.lock().unwrap();
            for case in cases {
                outside.portal.entry(case.dossier.code.to_string()).or_default();
            }
            Ok(cases.iter().map(|_| Ok(())).collect())
        };
        self.seam.port("portal put", true, does, |done| Err(away(done))).await
    }

    async fn progress(
        &self,
        _: &System,
        steps: &[(Case<'_>, &HistoryEntry)],
    ) -> Result<Receipts, Trouble> {
        let does = || {
            let mut outside = self.outside.lock().unwrap();
            for (case, entry) in steps {
                let code = case.dossier.code.as_str();
                let known = outside.portal.get_mut(code).expect("steps of what it does not have");
                // It knows each step by its number, as ours are told apart.
                if !known.contains(&entry.version) {
                    known.push(entry.version);
                }
            }
            Ok(steps.iter().map(|_| Ok(())).collect())
        };
        self.seam.port("portal steps", true, does, |done| Err(away(done))).await
    }
}

impl FeedbackSystems for Peers {
    async fn answers(
        &self,
        _: &System,
        _: &FeedbackTerms,
        number: &ForeignNumber,
    ) -> Result<Vec<String>, Trouble> {
        let does = || {
            let outside = self.outside.lock().unwrap();
            Ok(outside.answers.get(number.as_str()).cloned().unwrap_or_default())
        };
        self.seam.port("portal answers", false, does, |done| Err(away(done))).await
    }

    async fn tell(&self, _: &System, told: ToldStep<'_>) -> Result<Result<(), String>, Trouble> {
        let does = || {
            let mut outside = self.outside.lock().unwrap();
            let known = outside.answers.entry(told.number.to_string()).or_default();
            known.push(told.words.to_owned());
            Ok(Ok(()))
        };
        self.seam.port("portal answer", true, does, |done| Err(away(done))).await
    }
}

impl PaymentGateway for Peers {
    fn is_offered(&self) -> bool {
        true
    }

    async fn start(&self, order: PaymentOrder<'_>) -> Result<String, Trouble> {
        let does = || {
            let mut outside = self.outside.lock().unwrap();
            outside.attempts.entry(order.reference.to_owned()).or_insert(Heard::Nothing);
            Ok(format!("https://pay.example/{}", order.reference))
        };
        self.seam.port("payment start", true, does, |done| Err(away(done))).await
    }

    async fn query(&self, reference: &str, _: Timestamp) -> Result<Heard, Trouble> {
        let does = || {
            let found = self.outside.lock().unwrap().attempts.get(reference).copied();
            found.ok_or(Trouble::Refused { code: "01".to_owned() })
        };
        self.seam.port("payment query", false, does, |done| Err(away(done))).await
    }

    fn refunds(&self) -> bool {
        false
    }

    async fn refund(&self, _: &str, _: u64, _: Timestamp) -> Result<(), Trouble> {
        panic!("nobody may be asked for money back")
    }

    fn signed<'a>(&self, data: &'a str, _: &str, signature: &str) -> Option<&'a str> {
        (signature == "good").then_some(data)
    }
}

impl DocumentSources for Peers {
    async fn fetch(&self, url: &str, bytes_max: u64) -> Result<Vec<u8>, Failure> {
        let down = |why| Failure::unavailable("the host of a document", why);
        let does = || {
            let found = self.hosts.lock().unwrap().get(url).cloned();
            let mut content = found.ok_or_else(|| down("answered 503"))?;
            content.truncate(usize::try_from(bytes_max).unwrap() + 1);
            Ok(content)
        };
        self.seam.port("host of a document", false, does, |_| Err(down("cut off"))).await
    }
}

impl TokenIssuer for Peers {
    async fn renew(&self, refresh: &Token) -> Renewal {
        let does = || {
            let mut outside = self.outside.lock().unwrap();
            if !outside.tokens.remove(refresh.reveal()) {
                return Renewal::Refused { code: -14014 };
            }
            let next = format!("{}'", refresh.reveal());
            outside.tokens.insert(next.clone());
            Renewal::Granted {
                access: Token::new(format!("access of {}", refresh.reveal())),
                lives: SignedDuration::from_hours(25),
                refresh: Token::new(next),
            }
        };
        let lost = |_| Renewal::Unanswered { instead: "timed-out".to_owned() };
        self.seam.port("token issuer", true, does, lost).await
    }
}
