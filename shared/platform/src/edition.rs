//! Which of several versions of a figure is shown: every writer numbers its writes, and the numbers
//! that are committed and published count.
//!
//! An agency's rows are written by its counts, everything of the province by its closes. A count
//! claims the next number, writes rows under it and commits it; a close publishes, in one write,
//! what every agency has committed (ADR 26). A claim that another one has replaced is void,
//! whenever its writes arrive.

use std::collections::{BTreeMap, BTreeSet};

use domain::id::AgencyCode;
use domain::kpi::KpiCell;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// The age at which another writer's claim may be replaced: longer than a message can take.
const PATIENCE: SignedDuration = SignedDuration::from_secs(30);

/// How far one writer is taken.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// The last number that is taken; 0 is what was written before there were numbers.
    pub upto: u64,
    /// Numbers up to it that are void.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub void: BTreeSet<u64>,
}

impl Mark {
    /// Whether what was written under `version` is taken.
    pub fn takes(&self, version: u64) -> bool {
        version <= self.upto && !self.void.contains(&version)
    }
}

/// How far one writer has come.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Writer {
    /// The number that was claimed last.
    #[serde(default)]
    pub claimed: u64,
    /// The number that was committed last. While it is another than the one claimed, a count is
    /// under way, or died.
    #[serde(default)]
    pub committed: u64,
    /// Numbers of claims that others took over.
    #[serde(default)]
    pub void: BTreeSet<u64>,
    /// The run that claimed last.
    #[serde(default)]
    pub by: String,
    /// The time of that claim.
    #[serde(default)]
    pub at: Option<Timestamp>,
}

impl Writer {
    /// What of this writer is committed.
    pub fn mark(&self) -> Mark {
        let void = self.void.iter().copied().filter(|version| *version < self.committed).collect();
        Mark { upto: self.committed, void }
    }

    /// Whether a claim was neither committed nor taken over.
    pub fn is_open(&self) -> bool {
        self.claimed != self.committed
    }

    /// Whether the run `by` may claim the next number at `now`: there is no other open claim, or it
    /// is too old to be in use.
    pub fn is_free(&self, by: &str, now: Timestamp) -> bool {
        let old = self.at.is_none_or(|at| now.duration_since(at) >= PATIENCE);
        !self.is_open() || self.by == by || old
    }
}

/// What is known of the counts of one agency.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgencyState {
    /// How far its counts have come.
    #[serde(flatten)]
    pub writer: Writer,
    /// Days of which a row was to be changed since everything was closed. Recorded before the first
    /// of them is.
    #[serde(default)]
    pub days: BTreeSet<Date>,
    /// Those of them that had been published.
    #[serde(default)]
    pub corrects: BTreeSet<Date>,
    /// Why it could not be counted; none once it was.
    #[serde(default)]
    pub trouble: Option<Trouble>,
    /// Dossiers that its last count left out, because they could not be read.
    #[serde(default)]
    pub unreadable: BTreeSet<String>,
}

impl AgencyState {
    /// Published days that wait for a close that takes this agency further than `mark`.
    pub fn correcting(&self, mark: &Mark) -> impl Iterator<Item = Date> {
        let waits = self.writer.claimed != mark.upto;
        self.corrects.iter().copied().filter(move |_| waits)
    }
}

/// Why the days of an agency could not be counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    /// The run whose message was given up.
    pub run: String,
    /// The kind of failure, as in the `reason` of the parked message.
    pub reason: String,
    /// The detail of the failure.
    pub detail: String,
    /// The time at which it was given up.
    pub at: Timestamp,
    /// The first day that was to be counted.
    pub first: Date,
    /// The last day, included in the range.
    pub last: Date,
}

/// What is published: how far the province's own figures are taken, and those of each agency. One
/// item, written by each close.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// The claims of the closes; the number committed last is the edition of all figures.
    #[serde(flatten)]
    pub writer: Writer,
    /// How far each agency is taken; none of whom nothing was ever closed.
    #[serde(default)]
    pub agencies: BTreeMap<AgencyCode, Mark>,
}

impl Head {
    /// How far the writer of a cell of the day or month `name` is taken.
    pub fn mark(&self, name: &str, cell: &KpiCell) -> Mark {
        // Months are summed up by the close, every cell of them.
        match cell.agency().filter(|_| !is_month(name)) {
            Some(agency) => self.of(agency),
            None => self.writer.mark(),
        }
    }

    /// How far an agency is taken.
    pub fn of(&self, agency: &AgencyCode) -> Mark {
        self.agencies.get(agency).cloned().unwrap_or_default()
    }
}

/// Whether a name of the figures is that of a month (`2026-11`) and not of a day.
pub fn is_month(name: &str) -> bool {
    name.len() == "2026-11".len()
}

/// A value with its versions, oldest first: the newest, and those before it that may still be
/// shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Versions<T>(Vec<(u64, T)>);

impl<T> Default for Versions<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Clone> Versions<T> {
    /// What `mark` takes of it: the newest that it does.
    pub fn shown(&self, mark: &Mark) -> Option<&T> {
        self.0.iter().rev().find(|(version, _)| mark.takes(*version)).map(|(_, value)| value)
    }

    /// Every value, oldest first.
    pub fn all(&self) -> impl Iterator<Item = &T> {
        self.0.iter().map(|(_, value)| value)
    }

    /// With `value` as the newest, written under `version`; without what `closed` no longer shows,
    /// and what is `void`.
    #[must_use]
    pub fn with(&self, closed: &Mark, void: &BTreeSet<u64>, version: u64, value: T) -> Self {
        let shown = self
            .0
            .iter()
            .rev()
            .map(|(known, _)| *known)
            .find(|known| closed.takes(*known))
            .unwrap_or_default();
        let kept = self
            .0
            .iter()
            .filter(|(known, _)| (shown..version).contains(known) && !void.contains(known));
        Self(kept.cloned().chain([(version, value)]).collect())
    }

    /// The form in which it is stored.
    pub fn stored(&self) -> Option<Stored<T>> {
        let kept = |(version, value): &(u64, T)| Kept { version: *version, value: value.clone() };
        let mut versions = self.0.iter().rev().map(kept);
        let newest = versions.next()?;
        Some(Stored { newest, earlier: versions.collect() })
    }
}

/// One version of a value.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Kept<T> {
    /// Under which number it was written; 0 before there were numbers.
    #[serde(default)]
    pub version: u64,
    /// The value of the version.
    #[serde(flatten)]
    pub value: T,
}

/// The stored form of versions: the newest one at the top level, as if it were the only one.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Stored<T> {
    #[serde(flatten)]
    newest: Kept<T>,
    #[serde(default = "Vec::new", skip_serializing_if = "Vec::is_empty")]
    earlier: Vec<Kept<T>>,
}

impl<T> From<Stored<T>> for Versions<T> {
    fn from(stored: Stored<T>) -> Self {
        let versions = stored.earlier.into_iter().chain([stored.newest]);
        let mut versions: Vec<(u64, T)> = versions.map(|kept| (kept.version, kept.value)).collect();
        versions.sort_unstable_by_key(|(version, _)| *version);
        Self(versions)
    }
}
