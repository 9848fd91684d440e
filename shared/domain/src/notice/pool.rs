//! Which of several providers carries the next message: by weight, less what is failing or slow at
//! the moment.
//!
//! Each process learns by itself: there are a handful of them, each makes some calls a second, and
//! a shared record would cost a write a message to know the same some seconds earlier.

use std::collections::{BTreeMap, VecDeque};

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use super::Provider;

/// When a provider is passed over, and how it comes back.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Failover {
    /// The number of calls kept per provider.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 1_000)))]
    pub window_calls: usize,
    /// The least number of calls for a judgement.
    #[cfg_attr(feature = "schema", schemars(range(min = 1)))]
    pub least_calls: usize,
    /// From this share of failed or slow calls on it is passed over, in percent.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 100)))]
    pub failures_percent: usize,
    /// A call that takes longer counts as failed, in milliseconds.
    #[cfg_attr(feature = "schema", schemars(range(min = 1)))]
    pub slow_ms: u32,
    /// For how long it is passed over, in seconds.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 86_400)))]
    pub rest_seconds: u32,
    /// Its share of its weight as it comes back, step by step, in percent.
    #[cfg_attr(feature = "schema", schemars(length(min = 1), inner(range(min = 1, max = 100))))]
    pub steps_percent: Vec<u32>,
    /// How many good calls in a row lead from one step to the next.
    #[cfg_attr(feature = "schema", schemars(range(min = 1)))]
    pub step_calls: u32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Health {
    Well,
    /// The provider is not asked before this time.
    Resting(Timestamp),
    /// Asked for this step's share; so many good calls so far.
    ComingBack {
        step: usize,
        good: u32,
    },
}

#[derive(Debug, Clone)]
struct Member {
    weight: u32,
    health: Health,
    /// Whether each of the last calls failed.
    calls: VecDeque<bool>,
}

/// The providers of one channel with their recent calls.
#[derive(Debug, Clone)]
pub struct ProviderPool {
    failover: Failover,
    members: BTreeMap<Provider, Member>,
}

impl ProviderPool {
    /// Providers with their weights; those of weight 0 are in reserve.
    pub fn new(failover: Failover, weights: impl IntoIterator<Item = (Provider, u32)>) -> Self {
        let member = |(provider, weight)| {
            (provider, Member { weight, health: Health::Well, calls: VecDeque::new() })
        };
        Self { failover, members: weights.into_iter().map(member).collect() }
    }

    /// Goes on by the terms of `terms`, with what is known of the health of those that stay.
    pub fn adopt(&mut self, terms: Self) {
        self.failover = terms.failover;
        self.members.retain(|provider, _| terms.members.contains_key(provider));
        for (provider, fresh) in terms.members {
            self.members.entry(provider).or_insert_with(|| fresh.clone()).weight = fresh.weight;
        }
    }

    /// Leaves `provider` alone until then, as it asks.
    pub fn rest(&mut self, provider: Provider, until: Timestamp) {
        if let Some(member) = self.members.get_mut(&provider) {
            member.health = match member.health {
                Health::Resting(longer) if longer > until => Health::Resting(longer),
                Health::Well | Health::Resting(_) | Health::ComingBack { .. } => {
                    Health::Resting(until)
                }
            };
            member.calls.clear();
        }
    }

    /// Chooses among the providers that `may` be asked at `now`; the same `draw` gives the same
    /// choice. A provider in reserve is asked if none with a weight may be, or if all of those
    /// rest. If all rest, one is asked all the same, since an attempt that may fail is better than
    /// none.
    pub fn choose(
        &self,
        may: impl Fn(Provider) -> bool,
        draw: u32,
        now: Timestamp,
    ) -> Option<Provider> {
        let allowed = || self.members.iter().filter(|(provider, _)| may(**provider));
        let by_weight = |member: &Member| u64::from(member.weight);
        let in_reserve = |member: &Member| u64::from(member.weight == 0);
        let awake = |member: &Member| self.percent(member, now);
        let ways: [&dyn Fn(&Member) -> u64; 4] = [
            &|member| by_weight(member) * awake(member),
            &|member| in_reserve(member) * awake(member),
            &by_weight,
            &in_reserve,
        ];
        ways.into_iter().find_map(|share| {
            let total: u64 = allowed().map(|(_, member)| share(member)).sum();
            let mut place = u64::from(draw).checked_rem(total)?;
            for (provider, member) in allowed() {
                if place < share(member) {
                    return Some(*provider);
                }
                place -= share(member);
            }
            None
        })
    }

    /// How much of its share a member gets at `now`, in percent.
    fn percent(&self, member: &Member, now: Timestamp) -> u64 {
        let percent =
            |step: usize| u64::from(self.failover.steps_percent.get(step).copied().unwrap_or(100));
        match &member.health {
            Health::Well => 100,
            Health::Resting(until) if now < *until => 0,
            Health::Resting(_) => percent(0),
            Health::ComingBack { step, .. } => percent(*step),
        }
    }

    /// Learns how a call ended at `now`: whether the provider `serves` us, and how long it `took`.
    /// What it has against a message is the message's affair.
    pub fn learn(
        &mut self,
        provider: Provider,
        serves: bool,
        took: SignedDuration,
        now: Timestamp,
    ) {
        let failover = &self.failover;
        let Some(member) = self.members.get_mut(&provider) else {
            return;
        };
        let failed = !serves || took > SignedDuration::from_millis(i64::from(failover.slow_ms));
        let rest = || {
            let length = SignedDuration::from_secs(i64::from(failover.rest_seconds));
            Health::Resting(now.saturating_add(length).unwrap_or(now))
        };
        member.health = match (&member.health, failed) {
            (Health::Well, _) => {
                member.calls.push_back(failed);
                if member.calls.len() > failover.window_calls {
                    member.calls.pop_front();
                }
                let failures = member.calls.iter().filter(|failed| **failed).count();
                let enough = member.calls.len() >= failover.least_calls;
                if enough && failures * 100 >= failover.failures_percent * member.calls.len() {
                    rest()
                } else {
                    Health::Well
                }
            }
            (Health::Resting(_) | Health::ComingBack { .. }, true) => rest(),
            (Health::Resting(_), false) => Health::ComingBack { step: 0, good: 1 },
            (Health::ComingBack { step, good }, false) => {
                let (step, good) =
                    if good + 1 >= failover.step_calls { (step + 1, 0) } else { (*step, good + 1) };
                let back = step >= failover.steps_percent.len();
                if back { Health::Well } else { Health::ComingBack { step, good } }
            }
        };
        if member.health != Health::Well {
            member.calls.clear();
        }
    }
}
