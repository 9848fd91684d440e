//! The gate that limits pass through (`domain::limit`): it counts who asks for what, and says when
//! they may again. Who they are is hidden by a key before it is counted.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, MutexGuard, PoisonError};

use domain::calendar::date_of;
use domain::id::CommandId;
use domain::limit::{Exceeded, Limit, LimitName, Limits};
use jiff::{SignedDuration, Timestamp};

use crate::config::Setting;
use crate::keyed_hash::KeyedHash;
use crate::port::Counts;
use crate::wire::hex;
use crate::{Failure, LogLine};

/// Look-ups from one address that a process counts together: who looks a code up now and then costs
/// no write, and of somebody who looks up hundreds so many are missed for each process.
const TOGETHER_MAX: u32 = 20;

/// The addresses that a process remembers in a window. With more it forgets them, and counts less.
const ADDRESSES_MAX: usize = 5_000;

/// Bytes of the hash by which a command is counted once: among a day's commands of one account no
/// two have the same.
const ONCE_BYTES: usize = 6;

/// By how many times every limit is wider here: 1 where people are served.
#[derive(Debug, Clone, Copy)]
pub struct Times(
    /// The factor, from 1.
    pub u32,
);

impl Setting for Times {
    fn read(text: Option<&str>) -> Option<Self> {
        u32::read(text).filter(|times| *times > 0).map(Self)
    }
}

crate::settings! {
    /// What a gate needs.
    pub struct GateSettings {
        /// The name of the table in which it is counted.
        table: String = "PROOFS_TABLE",
        /// Hides what is counted.
        key: KeyedHash = "LIMITS_KEY",
        /// By how many times limits are wider.
        times: Times = "LIMITS_TIMES",
    }
}

/// Whoever lets a command through at most so often, and the same one as often as it comes.
pub trait AdmitsOnce: Sync {
    /// Counts the command `once` of `whose`, if it was not before. Fails where that makes more than
    /// the limit; where it cannot be counted the command passes, and a person is called.
    fn admit_once(
        &self,
        limit: Limit,
        whose: &str,
        once: &CommandId,
        now: Timestamp,
    ) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// A gate that stands open: of doors whose senders have contracts.
#[derive(Debug, Clone, Copy)]
pub struct NoGate;

impl AdmitsOnce for NoGate {
    async fn admit_once(
        &self,
        _: Limit,
        _: &str,
        _: &CommandId,
        _: Timestamp,
    ) -> Result<(), Failure> {
        Ok(())
    }
}

/// Counts who asks for what.
#[derive(Debug)]
pub struct Gate<C> {
    counts: C,
    key: KeyedHash,
    times: u32,
    seen: Mutex<Seen>,
}

/// What a process knows of the look-ups in one window.
#[derive(Debug, Default)]
struct Seen {
    window: i64,
    addresses: HashMap<String, Tally>,
}

#[derive(Debug, Default, Clone, Copy)]
struct Tally {
    /// Look-ups that are not counted yet.
    uncounted: u32,
    /// That the address looks up too much, once this process knows.
    looked: Option<Exceeded>,
    /// That it looks up too much that is not there.
    missed: Option<Exceeded>,
}

impl<C: Counts> Gate<C> {
    /// A gate that counts by `counts`, hides by `key`, and is so many times wider.
    pub fn new(counts: C, key: KeyedHash, Times(times): Times) -> Self {
        Self { counts, key, times, seen: Mutex::default() }
    }

    /// The limit as it is here.
    fn here(&self, limit: Limit) -> Limit {
        limit.widened(self.times)
    }

    /// Under which name `whose` requests are counted in the window of `now`, and until when.
    fn count_of(&self, limit: Limit, whose: &str, now: Timestamp) -> (String, Timestamp) {
        let name = format!("{}#{}", self.key.of(limit.name.name(), whose), limit.window(now));
        // As long again as the window, for who asks why.
        let more = SignedDuration::from_mins(i64::from(limit.minutes));
        let until = limit.until(now);
        (name, until.saturating_add(more).unwrap_or(until))
    }

    async fn add(
        &self,
        limit: Limit,
        (whose, more): (&str, u32),
        now: Timestamp,
    ) -> Result<u64, Failure> {
        let (name, end) = self.count_of(limit, whose, now);
        self.counts.add(&name, more, end).await
    }

    /// Counts one request of `whose`. Fails where it is one too many, and where it cannot be
    /// counted.
    pub async fn admit(&self, limit: Limit, whose: &str, now: Timestamp) -> Result<(), Failure> {
        self.admit_or(limit, whose, now, || {}).await
    }

    /// The same; `first` is called where it is the first one too many in its window.
    pub async fn admit_or(
        &self,
        limit: Limit,
        whose: &str,
        now: Timestamp,
        first: impl FnOnce() + Send,
    ) -> Result<(), Failure> {
        let limit = self.here(limit);
        let count = self.add(limit, (whose, 1), now).await?;
        if count == u64::from(limit.most) + 1 {
            first();
        }
        Ok(limit.judge(count, now)?)
    }

    /// Counts the command `once` of `whose`, if it was not before: whatever came between, the same
    /// one counts once. Fails where that makes more than the limit, and where it cannot be counted.
    pub async fn admit_one(
        &self,
        limit: Limit,
        whose: &str,
        once: &CommandId,
        now: Timestamp,
    ) -> Result<(), Failure> {
        let limit = self.here(limit);
        match self.enter(limit, whose, once, now).await? {
            true => Ok(()),
            false => Err(limit.exceeded(now).into()),
        }
    }

    /// Whether the command `once` of `whose` is among as many as `limit` says, as it is here.
    async fn enter(
        &self,
        limit: Limit,
        whose: &str,
        once: &CommandId,
        now: Timestamp,
    ) -> Result<bool, Failure> {
        let (name, end) = self.count_of(limit, whose, now);
        let once = hex(&self.key.bytes_of("once", once.as_str())[..ONCE_BYTES]);
        self.counts.enter(&name, &once, limit.most, end).await
    }

    /// What `find` finds of a code that somebody at `source` looks up without an account, or nothing.
    /// Fails where nothing is found too often from there, and where anything is looked up far too
    /// often. Whoever cannot be counted is served, and a person is called.
    pub async fn look_up<T>(
        &self,
        limits: &Limits,
        source: &str,
        now: Timestamp,
        find: impl Future<Output = Result<Option<T>, Failure>> + Send,
    ) -> Result<Option<T>, Failure> {
        let day = date_of(now);
        let [all, misses] = [LimitName::LookUpsOfAddress, LimitName::MissesOfAddress]
            .map(|name| self.here(limits.on(name, day)));
        let address = self.key.of("address", &network(source));
        let before = self.tally(&address, all, now);
        if let Some(over) = before.looked.filter(|over| now < over.until) {
            return Err(in_vain(over));
        }
        let found = find.await?;
        let together = TOGETHER_MAX.min((all.most / 10).max(1));
        let uncounted = self.noted(&address, |tally| {
            tally.uncounted += 1;
            let whole = (tally.uncounted >= together).then_some(tally.uncounted);
            tally.uncounted = whole.map_or(tally.uncounted, |_| 0);
            whole
        });
        if let Some(more) = uncounted {
            let counted = self.add(all, (&address, more), now).await;
            if let Some(over) = judged(all, counted, now) {
                self.noted(&address, |tally| tally.looked = Some(over));
                return Err(in_vain(over));
            }
        }
        if found.is_some() {
            return Ok(found);
        }
        if let Some(over) = before.missed.filter(|over| now < over.until) {
            return Err(in_vain(over));
        }
        let counted = self.add(misses, (&address, 1), now).await;
        if let Some(over) = judged(misses, counted, now) {
            self.noted(&address, |tally| tally.missed = Some(over));
            return Err(in_vain(over));
        }
        tracing::info!("{}", LogLine::LookUpInVain);
        Ok(None)
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What this process knows of the address in the window of `now`.
    fn tally(&self, address: &str, limit: Limit, now: Timestamp) -> Tally {
        let mut seen = self.seen();
        let window = limit.window(now);
        if seen.window != window || seen.addresses.len() >= ADDRESSES_MAX {
            *seen = Seen { window, addresses: HashMap::new() };
        }
        seen.addresses.get(address).copied().unwrap_or_default()
    }

    fn noted<T>(&self, address: &str, note: impl FnOnce(&mut Tally) -> T) -> T {
        note(self.seen().addresses.entry(address.to_owned()).or_default())
    }
}

impl<C: Counts> AdmitsOnce for Gate<C> {
    async fn admit_once(
        &self,
        limit: Limit,
        whose: &str,
        once: &CommandId,
        now: Timestamp,
    ) -> Result<(), Failure> {
        match self.admit_one(limit, whose, once, now).await {
            settled @ (Ok(()) | Err(Failure::TooOften(_))) => settled,
            Err(failure) => {
                uncounted(self.here(limit), &failure);
                Ok(())
            }
        }
    }
}

/// That the limit is reached; nothing where that is not known.
fn judged(limit: Limit, counted: Result<u64, Failure>, now: Timestamp) -> Option<Exceeded> {
    match counted {
        Ok(count) => limit.judge(count, now).err(),
        Err(failure) => {
            uncounted(limit, &failure);
            None
        }
    }
}

fn uncounted(limit: Limit, failure: &Failure) {
    let (limit, cause) = (limit.name.name(), failure.chain());
    tracing::error!(limit, cause, "{}", LogLine::LimitNotCounted);
}

/// Nobody learns whether there is such a code; the line has no address.
fn in_vain(over: Exceeded) -> Failure {
    tracing::warn!(limit = over.limit.name(), "{}", LogLine::LookUpInVain);
    over.into()
}

/// By what requests from the source address `source` are counted together: an address of IPv4, and
/// of IPv6 the network of 64 bits that one line has (RFC 6177), since whoever has one has them all.
pub fn network(source: &str) -> String {
    let Ok(address) = source.parse::<IpAddr>() else { return source.to_owned() };
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let network = u128::from(address) & !u128::from(u64::MAX);
            format!("{}/64", Ipv6Addr::from(network))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_is_one_address_however_many_of_ipv6_it_uses() {
        for (source, counted) in [
            ("203.0.113.9", "203.0.113.9"),
            ("::ffff:203.0.113.9", "203.0.113.9"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
            ("2001:db8:1:2::", "2001:db8:1:2::/64"),
            ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
            ("", ""),
            ("unknown", "unknown"),
        ] {
            assert_eq!(network(source), counted);
        }
    }
}
