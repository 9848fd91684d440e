//! What a message is worked off with.

use std::sync::{Mutex, MutexGuard, PoisonError};

use domain::calendar::date_of;
use domain::catalogue::Catalogue;
use domain::notice::policy::NoticePolicy;
use domain::notice::pool::ProviderPool;
use domain::notice::{Notice, NoticeChannel, Provider};
use domain::thread::NoticeRecord;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use platform::config::Setting;
use platform::dynamo::FeedbackTable;
use platform::gateway::Verdict;
use platform::port::MessageGateways;

use crate::answer::Fault;
use crate::question::Questions;

/// Whether the policy's limits are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limits {
    /// Quiet hours, caps, shares and the coalescing time of the policy apply.
    Kept,
    /// None of them: a demonstration plays a month in a minute, at any hour.
    Ignored,
}

impl Setting for Limits {
    fn read(text: Option<&str>) -> Option<Self> {
        match text? {
            "kept" => Some(Self::Kept),
            "ignored" => Some(Self::Ignored),
            _ => None,
        }
    }
}

/// Everything that telling somebody takes.
pub struct Desk<'a, D, B, C, G, L> {
    /// Dossiers with their histories.
    pub dossiers: &'a D,
    /// Feedback with its history, and the telephones of its authors.
    pub feedback: &'a FeedbackTable,
    /// The threads of notices.
    pub book: &'a B,
    /// Preferences of addressees and what is known about their numbers.
    pub contacts: &'a C,
    /// The gateways that send messages.
    pub gateways: &'a G,
    /// What other systems have of dossiers, which may tell in our place.
    pub ledger: &'a L,
    /// Message texts, gateway codes, prices and the notice policy.
    pub catalogue: &'a Catalogue,
    /// Which SMS gateway is well at the moment, as this process has seen it.
    pub pool: &'a Mutex<ProviderPool>,
    /// For how long a gateway call is ours alone; longer than a call can take.
    pub lease: SignedDuration,
    /// Whether the policy's limits are kept.
    pub limits: Limits,
    /// What the question after a result takes; nobody is asked without it.
    pub questions: Option<&'a Questions<'a>>,
}

impl<D, B, C, G: MessageGateways, L> Desk<'_, D, B, C, G, L> {
    /// The policy of `day`, as this deployment wants it.
    pub(crate) fn policy(&self, day: Date) -> NoticePolicy {
        let ours =
            self.catalogue.providers().on(day).filter(|provider| self.gateways.has(*provider));
        let policy = self.catalogue.notice_policy(day).with_providers(ours);
        match self.limits {
            Limits::Kept => policy,
            Limits::Ignored => policy.without_limits(),
        }
    }

    /// The provider that sends `message` by `channel` now, and its price; `None` if no provider is
    /// available or none has a price.
    pub(crate) fn choose(
        &self,
        (channel, only): (NoticeChannel, Option<Provider>),
        notice: &NoticeRecord,
        message: &Notice,
        now: Timestamp,
    ) -> Option<(Provider, u64)> {
        let day = date_of(now);
        let price = |provider: Provider| self.catalogue.providers().price(provider, message, day);
        let may = |provider: Provider| {
            provider.channel() == channel
                && only.is_none_or(|only| only == provider)
                && notice.may_go_by(provider)
                && self.gateways.has(provider)
                && price(provider).is_some()
        };
        let chosen = match channel {
            NoticeChannel::Zalo => Some(Provider::Zalo).filter(|provider| may(*provider)),
            NoticeChannel::Sms => {
                let mut pool = self.well();
                pool.adopt(self.catalogue.providers().pool(channel, day));
                pool.choose(may, fastrand::u32(..), now)
            }
        }?;
        Some((chosen, price(chosen)?))
    }

    /// Learns how a call ended: who answers nothing, or declines us and not the number, is passed
    /// over in time; who asks to be left alone is left alone.
    pub(crate) fn judge(
        &self,
        provider: Provider,
        (verdict, fault): (&Verdict, Fault),
        took: SignedDuration,
        now: Timestamp,
    ) {
        let (serves, rest) = match verdict {
            Verdict::Accepted { .. } => (true, None),
            Verdict::Declined { .. } => (fault != Fault::Gateway, None),
            Verdict::NotTaken { retry_after, .. } => (false, *retry_after),
            Verdict::Unknown { .. } => (false, None),
        };
        self.well().learn(provider, serves, took, now);
        if let Some(rest) = rest {
            self.well().rest(provider, now.saturating_add(rest).unwrap_or(now));
        }
    }

    /// What another thread left half done by a panic is still a tally.
    fn well(&self) -> MutexGuard<'_, ProviderPool> {
        self.pool.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
