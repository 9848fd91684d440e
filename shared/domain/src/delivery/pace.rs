//! How fast a system is asked: at the rate that it takes, and hardly at all while it is away.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// Requests that one batch of dossiers may take besides those for its items: signing in, twice, and
/// a call that is repeated after it; a call for new dossiers, one for known ones, one for their
/// steps, and what is left of a list in each.
pub const BATCH_REQUESTS: u32 = 8;

/// The lowest rate, in requests a minute: one dossier can always go.
pub const PER_MINUTE_MIN: u32 = BATCH_REQUESTS + 1;

/// After how many failures in a row nobody but a probe asks any more.
const FAILURES_MAX: u32 = 3;

/// The time for which a rate is counted.
const WINDOW: SignedDuration = SignedDuration::from_mins(1);

/// How long a probe has for its answer, before another may go.
const PROBE: SignedDuration = SignedDuration::from_mins(2);

/// Seconds before the next probe, by how many have failed; the last stays.
const REST_SECONDS: [u32; 5] = [30, 60, 120, 300, 600];

/// How long what is owed is put off to a system that is switched off; nobody asks it then either.
const OFF: SignedDuration = SignedDuration::from_hours(6);

/// What one system takes just now. It is one item for all processes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Pace {
    version: u64,
    /// Requests a minute, adapted; none before the first answer, which means the ceiling.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    per_minute: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    window: Option<Timestamp>,
    #[serde(default)]
    used: u32,
    #[serde(default)]
    failures: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    resting_until: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    off_since: Option<Timestamp>,
}

/// What may be asked now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grant {
    /// So many requests, at least [`PER_MINUTE_MIN`] unless fewer were wanted.
    Requests(u32),
    /// One dossier, to see whether the system is back.
    Probe,
    /// Nothing before this time.
    NotBefore(Timestamp),
}

impl Pace {
    /// Takes as many of `wanted` requests as `ceiling` a minute and the present rate leave.
    pub fn take(&mut self, wanted: u32, ceiling: u32, now: Timestamp) -> Grant {
        if self.off_since.is_some() {
            return Grant::NotBefore(now.saturating_add(OFF).unwrap_or(now));
        }
        if let Some(until) = self.resting_until {
            if now < until {
                return Grant::NotBefore(until);
            }
            self.resting_until = Some(now.saturating_add(PROBE).unwrap_or(now));
            return Grant::Probe;
        }
        let started = self.window.filter(|window| window.duration_until(now) < WINDOW);
        if started.is_none() {
            (self.window, self.used) = (Some(now), 0);
        }
        let left = self.rate(ceiling).saturating_sub(self.used);
        // A remainder that one dossier may not fit in is left.
        if left < wanted.min(PER_MINUTE_MIN) {
            let window = self.window.unwrap_or(now);
            return Grant::NotBefore(window.saturating_add(WINDOW).unwrap_or(now));
        }
        let granted = wanted.min(left);
        self.used = self.used.saturating_add(granted);
        Grant::Requests(granted)
    }

    /// Records that the system answered: it may be asked a little more than before, up to `ceiling`
    /// requests a minute.
    pub fn answered(&mut self, ceiling: u32) {
        let faster = self.rate(ceiling).saturating_add((ceiling / 20).max(1)).min(ceiling);
        (self.per_minute, self.failures, self.resting_until) = (Some(faster), 0, None);
    }

    /// Records that the system did not answer or turned everybody away: half as much from now on,
    /// and after three times in a row nothing but a probe, spread by `draw`. Returns when it may be
    /// asked again; `asked` is how long it wants to be left alone, if it said so.
    pub fn failed(
        &mut self,
        ceiling: u32,
        asked: Option<SignedDuration>,
        now: Timestamp,
        draw: u32,
    ) -> Timestamp {
        self.per_minute = Some((self.rate(ceiling) / 2).max(PER_MINUTE_MIN));
        self.failures = self.failures.saturating_add(1);
        let step =
            usize::try_from(self.failures.saturating_sub(FAILURES_MAX)).unwrap_or(usize::MAX);
        let seconds = REST_SECONDS[step.min(REST_SECONDS.len() - 1)];
        let pause = SignedDuration::from_secs(i64::from(seconds + draw % (seconds / 4 + 1)));
        let pause = asked.map_or(pause, |asked| asked.max(pause));
        let until = now.saturating_add(pause).unwrap_or(now);
        if self.failures >= FAILURES_MAX || asked.is_some() {
            self.resting_until = Some(until);
        }
        until
    }

    /// Records that the system wants nothing any more: nobody asks it, not even a probe, until
    /// somebody switches it on. What is owed to it stays owed. Returns when it is looked at again.
    pub fn switch_off(&mut self, now: Timestamp) -> Timestamp {
        self.off_since.get_or_insert(now);
        now.saturating_add(OFF).unwrap_or(now)
    }

    /// Has the system asked again, as if it had never been away. Returns whether it was off.
    pub fn switch_on(&mut self) -> bool {
        let was_off = self.off_since.take().is_some();
        if was_off {
            (self.per_minute, self.failures, self.resting_until) = (None, 0, None);
        }
        was_off
    }

    /// Since when the system wants nothing any more; none while it does.
    pub fn off_since(&self) -> Option<Timestamp> {
        self.off_since
    }

    /// Requests a minute at most, now: between [`PER_MINUTE_MIN`] and `ceiling`.
    pub fn rate(&self, ceiling: u32) -> u32 {
        self.per_minute.unwrap_or(ceiling).min(ceiling).max(PER_MINUTE_MIN)
    }

    /// Until when nobody but a probe asks; none while the system answers.
    pub fn resting_until(&self) -> Option<Timestamp> {
        self.resting_until
    }

    /// How often it was stored, from 1; 0 where it is not stored yet.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// The same, as the next one to be stored.
    pub fn advance(&mut self) {
        self.version = self.version.saturating_add(1);
    }
}
